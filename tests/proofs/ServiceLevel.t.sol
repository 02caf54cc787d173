// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ServiceLevel} from "../../contracts/libraries/ServiceLevel.sol";

/// What a tenant gets back of an hour. `available` is as wide as in a sample (36 bits) or wider, `covered` holds the
/// unit-seconds of more units than the calendar.
contract ServiceLevelProofs {
    uint256 private constant Q = 1e6;
    uint256 private constant HOUR = 3600;

    function check_lossWithinRentAndPenalty(uint40 available, uint48 covered, uint32 sla, uint32 penalty) external pure {
        unchecked {
            if (!_valid(covered, sla, penalty)) return;
            assert(ServiceLevel.loss(available, covered, sla, penalty) <= Q + penalty);
        }
    }

    function check_noLossFromTheSlaOn(uint40 available, uint48 covered, uint32 sla, uint32 penalty) external pure {
        unchecked {
            if (!_valid(covered, sla, penalty)) return;
            if (available * Q * HOUR < uint256(sla) * covered * 1000) return;
            assert(ServiceLevel.loss(available, covered, sla, penalty) == 0);
        }
    }

    function check_lossIsTheFloorOfTheFormula(uint40 available, uint48 covered, uint32 sla, uint32 penalty)
        external
        pure
    {
        unchecked {
            if (!_valid(covered, sla, penalty)) return;
            uint256 promised = uint256(sla) * covered * 1000;
            if (available * Q * HOUR >= promised) return;
            uint256 exact = (Q + penalty) * (promised - available * Q * HOUR);
            uint256 loss = ServiceLevel.loss(available, covered, sla, penalty);
            assert(loss * promised <= exact);
            assert(exact < (loss + 1) * promised);
        }
    }

    function check_moreAvailableNeverLosesMore(
        uint40 available,
        uint40 more,
        uint48 covered,
        uint32 sla,
        uint32 penalty
    ) external pure {
        if (!_valid(covered, sla, penalty) || more < available) return;
        uint256 loss = ServiceLevel.loss(available, covered, sla, penalty);
        assert(ServiceLevel.loss(more, covered, sla, penalty) <= loss);
    }

    function _valid(uint256 covered, uint256 sla, uint256 penalty) private pure returns (bool) {
        unchecked {
            return covered != 0 && sla != 0 && sla <= Q && penalty <= 10 * Q;
        }
    }
}
