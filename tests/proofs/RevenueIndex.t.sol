// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {RevenueIndex} from "../../contracts/libraries/RevenueIndex.sol";
import {Time} from "./Time.sol";

/// One currency's ledger in any state that it can be in: the total counts what is carried and unvested; supplies are
/// those of at least one whole token, or none; both shifts in use.
contract RevenueIndexProofs {
    using RevenueIndex for RevenueIndex.Ledger;

    RevenueIndex.Ledger private _ledger;

    uint256 private constant CASH_SHIFT = 68;
    uint256 private constant RESERVE_SHIFT = 76;
    uint256 private constant UNIT = 1e18;

    struct State {
        uint128 total;
        uint128 carried;
        uint128 unvested;
        uint64 since;
        uint64 until;
        uint64 timestamp;
        uint88 supply;
    }

    function check_addConserves_cash(State memory state, uint64 amount, uint64 backlog) external {
        _addConserves(state, amount, backlog, CASH_SHIFT);
    }

    function check_addConserves_reserve(State memory state, uint64 amount, uint64 backlog) external {
        _addConserves(state, amount, backlog, RESERVE_SHIFT);
    }

    /// What exceeds the ledger is held, and nothing reverts.
    function check_addHolds(State memory state, uint128 amount, uint128 backlog) external {
        unchecked {
            if (!_enter(state) || backlog > amount) return;
            _ledger.add(amount, backlog, state.supply, CASH_SHIFT, true);
            assert(_ledger.total >= state.total);
            assert(_ledger.held + ((_ledger.total - state.total) >> CASH_SHIFT) == amount);
        }
    }

    /// The index is a function of time: whether anybody wrote it down in between makes no difference to its growth by
    /// more than what one step can not express, which is carried.
    function check_growthIsWhatAddWrites(State memory state) external {
        if (!_enter(state)) return;
        uint256 growth = _ledger.growth(state.supply);
        uint256 unvested = _ledger.unvestedNow();
        (uint256 step, bool vestsOn) = _ledger.add(0, 0, state.supply, CASH_SHIFT, true);
        assert(step == growth);
        assert(_ledger.unvested == unvested && _ledger.unvestedNow() == unvested);
        assert(vestsOn == (unvested != 0));
        assert(_ledger.growth(state.supply) == 0);
    }

    function check_vestingOnlyRises(State memory state, uint64 later) external {
        if (!_enter(state) || later < state.timestamp) return;
        uint256 unvested = _ledger.unvestedNow();
        assert(unvested <= state.unvested);
        Time.warp(later);
        uint256 less = _ledger.unvestedNow();
        assert(less <= unvested);
        assert(later < state.until || less == 0);
    }

    /// The end lies between the old one and that of a backlog alone; a speck can not put off what is under way.
    function check_endBetweenEnds(State memory state, uint56 backlog) external {
        unchecked {
            if (!_enter(state) || !_hasRoom(state, backlog, CASH_SHIFT) || backlog == 0) return;
            uint256 rest = _ledger.unvestedNow();
            uint256 fresh = uint256(state.timestamp) + RevenueIndex.VESTING;
            _ledger.add(backlog, backlog, state.supply, CASH_SHIFT, true);
            assert(_ledger.until <= fresh);
            assert(_ledger.until >= (rest == 0 ? fresh : state.until));
            assert(_ledger.since == state.timestamp);
            assert(_ledger.unvested == rest + (uint256(backlog) << CASH_SHIFT));
        }
    }

    function check_joinVestsWithTheRest_cash(State memory state, uint128 amount) external {
        _joinVestsWithTheRest(state, amount, CASH_SHIFT);
    }

    function check_joinVestsWithTheRest_reserve(State memory state, uint128 amount) external {
        _joinVestsWithTheRest(state, amount, RESERVE_SHIFT);
    }

    /// What joins a backlog that was just written vests with it, to its end: nothing of it has vested, and the index
    /// stands still. What exceeds the ledger is held, and nothing reverts.
    function _joinVestsWithTheRest(State memory state, uint256 amount, uint256 shift) private {
        unchecked {
            if (!_enter(state) || state.since != state.timestamp || state.until <= state.timestamp) return;
            uint256 growth = _ledger.growth(state.supply);
            _ledger.join(amount, shift);
            uint256 more = _ledger.total - state.total;
            assert(_ledger.held + (more >> shift) == amount && more >> shift << shift == more);
            assert(_ledger.held == 0 || type(uint128).max - _ledger.total < 1 << shift);
            assert(_ledger.unvestedNow() == state.unvested + more);
            assert(_ledger.growth(state.supply) == growth);
            assert(_ledger.carried == state.carried);
            assert(_ledger.since == state.since && _ledger.until == state.until);
        }
    }

    function _addConserves(State memory state, uint256 amount, uint256 backlog, uint256 shift) private {
        unchecked {
            if (!_enter(state) || backlog > amount || !_hasRoom(state, amount, shift)) return;
            uint256 before = uint256(state.carried) + state.unvested;
            (uint256 step,) = _ledger.add(amount, backlog, state.supply, shift, true);
            assert(step * state.supply + _ledger.carried + _ledger.unvested == before + (amount << shift));
            assert(state.supply == 0 || _ledger.carried < state.supply);
            assert(state.supply == 0 || step < 2 ** 69);
            assert(_ledger.total == state.total + (amount << shift));
            assert(_ledger.held == 0);
        }
    }

    function _enter(State memory state) private returns (bool) {
        unchecked {
            if (uint256(state.carried) + state.unvested > state.total) return false;
            if (state.supply != 0 && (state.supply < UNIT || state.supply >= 2 ** 26 * UNIT)) return false;
            if (state.since > state.timestamp || state.timestamp >= 2 ** 40) return false;
            // Nothing ends later than a backlog that had just come.
            if (state.until > uint256(state.since) + RevenueIndex.VESTING) return false;
            _ledger.total = state.total;
            _ledger.carried = state.carried;
            _ledger.unvested = state.unvested;
            _ledger.since = state.since;
            _ledger.until = state.until;
            Time.warp(state.timestamp);
            return true;
        }
    }

    function _hasRoom(State memory state, uint256 amount, uint256 shift) private pure returns (bool) {
        unchecked {
            return amount <= (type(uint128).max - state.total) >> shift;
        }
    }
}
