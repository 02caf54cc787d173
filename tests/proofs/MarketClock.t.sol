// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MarketClock} from "../../contracts/libraries/MarketClock.sol";
import {Time} from "./Time.sol";

/// The clock over four changes, the start counted, at any times.
/// @custom:halmos --solver-timeout-branching 500
contract MarketClockProofs {
    using MarketClock for MarketClock.Clock;

    MarketClock.Clock private _clock;

    uint256 private constant CHANGES = 4;

    function check_countsRunningSeconds(uint40[4] memory times, uint40 now_) external {
        uint256 running = _run(times, now_);
        assert(_clock.now_() == running);
    }

    function check_atThePresentIsNow(uint40[4] memory times, uint40 now_) external {
        _run(times, now_);
        assert(_clock.at(now_) == _clock.now_());
    }

    /// Between any two times, the past included, it never runs back, nor faster than time.
    function check_monotone(uint40[4] memory times, uint40 now_, uint40 earlier, uint40 later) external {
        _run(times, now_);
        if (earlier > later || later > now_) return;
        uint256 first = _clock.at(earlier);
        uint256 second = _clock.at(later);
        assert(first <= second);
        assert(second - first <= later - earlier);
    }

    /// From its second change to its third it stands still.
    function check_standsStillWhilePaused(uint40[4] memory times, uint40 now_, uint40 paused) external {
        _run(times, now_);
        if (paused < times[1] || paused > times[2]) return;
        assert(_clock.at(paused) == _clock.at(times[1]));
    }

    function check_zeroBeforeItsStart(uint40[4] memory times, uint40 now_, uint40 before) external {
        _run(times, now_);
        if (before >= times[0]) return;
        assert(_clock.at(before) == 0);
    }

    /// Start at the first time and change at each of the others; returns the seconds that ran until `now_`.
    function _run(uint40[4] memory times, uint40 now_) private returns (uint256 running) {
        for (uint256 i; i < CHANGES; ++i) {
            uint256 next = i + 1 < CHANGES ? times[i + 1] : now_;
            if (next < times[i]) revert(); // out of order: nothing to show
            Time.warp(times[i]);
            if (i == 0) _clock.start();
            else _clock.toggle();
            if (i % 2 == 0) running += next - times[i];
        }
        Time.warp(now_);
    }
}
