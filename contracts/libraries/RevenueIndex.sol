// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title RevenueIndex: spreads one currency's revenue over all tokens, to the last fraction.
/// @notice Amounts are ledger integers of 2^-shift of the currency's smallest unit. The index is ledger per 1e-18
/// token, so that balance times index growth is exact. The ledger's total stays below 2^128, and with it everything
/// that any account can be owed; as at least one whole token exists whenever the index moves, the index stays below
/// 2^128 / 1e18 < 2^80.
library RevenueIndex {
    struct Ledger {
        uint128 total;
        uint128 carried;
        uint256 held;
    }

    /// @notice Binary digits after the ledger's point that leave room for 2^coinsLog2 whole coins.
    function shiftFor(uint256 decimals, uint256 coinsLog2) internal pure returns (uint256) {
        return 128 - coinsLog2 - (Math.log2(10 ** decimals) + 1);
    }

    /// @notice Take in `amount` smallest units for `supply` tokens of 1e-18.
    /// @return step Growth of the index. What it does not express is carried; what exceeds the ledger's bound is held.
    function add(Ledger storage self, uint256 amount, uint256 supply, uint256 shift) internal returns (uint256 step) {
        if (amount == 0) return 0;
        uint256 total = self.total;
        uint256 room = (type(uint128).max - total) >> shift;
        if (amount > room) {
            self.held += amount - room;
            amount = room;
        }
        uint256 carried = self.carried + (amount << shift);
        if (supply != 0) {
            step = carried / supply;
            carried %= supply;
        }
        self.total = uint128(total + (amount << shift));
        self.carried = uint128(carried);
    }
}
