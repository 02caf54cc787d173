// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ServiceLevel} from "../../contracts/libraries/ServiceLevel.sol";

/// What a tenant gets back of an hour. `available` and `booked` are as wide as in a sample (36 bits) and the calendar, or wider.
contract ServiceLevelProofs {
    uint256 private constant Q = 1e6;

    function check_lossWithinRentAndPenalty(uint40 available, uint32 booked, uint32 sla, uint32 penalty) external pure {
        unchecked {
            if (!_valid(booked, sla, penalty)) return;
            assert(ServiceLevel.loss(available, booked, sla, penalty) <= Q + penalty);
        }
    }

    function check_noLossFromTheSlaOn(uint40 available, uint32 booked, uint32 sla, uint32 penalty) external pure {
        unchecked {
            if (!_valid(booked, sla, penalty)) return;
            if (available * Q < uint256(sla) * booked * 1000) return;
            assert(ServiceLevel.loss(available, booked, sla, penalty) == 0);
        }
    }

    function check_lossIsTheFloorOfTheFormula(uint40 available, uint32 booked, uint32 sla, uint32 penalty)
        external
        pure
    {
        unchecked {
            if (!_valid(booked, sla, penalty)) return;
            uint256 promised = uint256(sla) * booked * 1000;
            if (available * Q >= promised) return;
            uint256 exact = (Q + penalty) * (promised - available * Q);
            uint256 loss = ServiceLevel.loss(available, booked, sla, penalty);
            assert(loss * promised <= exact);
            assert(exact < (loss + 1) * promised);
        }
    }

    function check_moreAvailableNeverLosesMore(
        uint40 available,
        uint40 more,
        uint32 booked,
        uint32 sla,
        uint32 penalty
    ) external pure {
        if (!_valid(booked, sla, penalty) || more < available) return;
        uint256 loss = ServiceLevel.loss(available, booked, sla, penalty);
        assert(ServiceLevel.loss(more, booked, sla, penalty) <= loss);
    }

    function _valid(uint256 booked, uint256 sla, uint256 penalty) private pure returns (bool) {
        unchecked {
            return booked != 0 && sla != 0 && sla <= Q && penalty <= 10 * Q;
        }
    }
}
