// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title RevenueIndex: spreads one currency's revenue over all tokens, to the last fraction.
/// @notice Amounts are ledger integers of 2^-shift of the currency's smallest unit. The index is ledger per 1e-18
/// token, so that balance times index growth is exact. The ledger's total stays below 2^128, and with it everything
/// that any account can be owed; as at least one whole token exists whenever the index moves, the index stays below
/// 2^128 / 1e18 < 2^69.
///
/// A backlog vests linearly: what of it has vested counts as arrived, second by second, whether anybody wrote that down
/// or not. A new backlog joins what has not vested, and both end at the mean of their ends weighted by amount and
/// rounded down, so dust can not put off what is under way.
library RevenueIndex {
    struct Ledger {
        uint128 total;
        uint128 carried;
        uint128 unvested;
        uint64 since;
        uint64 until;
        uint256 held;
    }

    /// @notice Seconds over which a backlog vests.
    uint256 internal constant VESTING = 24 hours;

    /// @notice Binary digits after the ledger's point that leave room for 2^coinsLog2 whole coins.
    function shiftFor(uint256 decimals, uint256 coinsLog2) internal pure returns (uint256) {
        return 128 - coinsLog2 - (Math.log2(10 ** decimals) + 1);
    }

    /// @notice Take in `amount` smallest units for `supply` tokens of 1e-18; `backlog` of them vest.
    /// @param vests Whether something vested, or may have, until now.
    /// @return step Growth of the index. What it does not express is carried; what exceeds the ledger's bound is held.
    /// @return vestsOn Whether something vests from now on.
    function add(Ledger storage self, uint256 amount, uint256 backlog, uint256 supply, uint256 shift, bool vests)
        internal
        returns (uint256 step, bool vestsOn)
    {
        uint256 total = self.total;
        uint256 room = (type(uint128).max - total) >> shift;
        if (amount > room) {
            self.held += amount - room;
            amount = room;
            if (backlog > amount) backlog = amount;
        }
        uint256 carried = self.carried + ((amount - backlog) << shift);
        if (vests || backlog != 0) {
            uint256 vested;
            (vested, vestsOn) = _vest(self, backlog << shift);
            carried += vested;
        }
        if (supply != 0) {
            step = carried / supply;
            carried %= supply;
        }
        self.total = uint128(total + (amount << shift));
        self.carried = uint128(carried);
    }

    /// @notice Take in `amount` smallest units that vest with what vests already, to the same end. What has vested must
    /// have been written in this block; something must vest still.
    function join(Ledger storage self, uint256 amount, uint256 shift) internal {
        uint256 total = self.total;
        uint256 room = (type(uint128).max - total) >> shift;
        if (amount > room) {
            self.held += amount - room;
            amount = room;
        }
        self.total = uint128(total + (amount << shift));
        self.unvested += uint128(amount << shift);
    }

    /// @notice Growth of the index since it was last written, as far as a backlog has vested.
    function growth(Ledger storage self, uint256 supply) internal view returns (uint256 step) {
        if (supply != 0) step = (self.carried + _vested(self)) / supply;
    }

    /// @notice Ledger that has not vested yet.
    function unvestedNow(Ledger storage self) internal view returns (uint256) {
        return self.unvested - _vested(self);
    }

    /// Take out what has vested, and let `more` join the rest.
    function _vest(Ledger storage self, uint256 more) private returns (uint256 vested, bool vestsOn) {
        vested = _vested(self);
        uint256 rest = self.unvested - vested;
        uint256 all = rest + more;
        self.unvested = uint128(all);
        self.since = uint64(block.timestamp);
        if (more != 0) {
            uint256 left = rest == 0 ? 0 : self.until - block.timestamp;
            self.until = uint64(block.timestamp + (rest * left + more * VESTING) / all);
        }
        vestsOn = all != 0;
    }

    function _vested(Ledger storage self) private view returns (uint256) {
        (uint256 since, uint256 until) = (self.since, self.until);
        if (block.timestamp >= until) return self.unvested;
        return uint256(self.unvested) * (block.timestamp - since) / (until - since);
    }
}
