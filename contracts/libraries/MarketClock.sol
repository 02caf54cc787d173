// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title MarketClock: seconds that were not paused, now and at any time since it started.
/// @notice Every change between running and paused is kept; at even positions the clock starts to run, at odd ones it
/// stops.
library MarketClock {
    struct Change {
        uint64 at;
        uint64 clock;
    }

    struct Clock {
        // The latest change, and whether it stopped the clock: all that "now" needs, in one slot.
        Change latest;
        bool stopped;
        Change[] changes;
    }

    /// @notice Start the clock at zero.
    function start(Clock storage self) internal {
        _push(self, 0, false);
    }

    /// @notice Stop a running clock, or run a stopped one.
    function toggle(Clock storage self) internal {
        _push(self, now_(self), !self.stopped);
    }

    /// @notice The clock at this block.
    function now_(Clock storage self) internal view returns (uint256) {
        return _read(self.latest, self.stopped, block.timestamp);
    }

    /// @notice The clock as it stood at `timestamp`; 0 before it started.
    function at(Clock storage self, uint256 timestamp) internal view returns (uint256) {
        uint256 low;
        uint256 high = self.changes.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (self.changes[middle].at <= timestamp) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return 0;
        return _read(self.changes[low - 1], low % 2 == 0, timestamp);
    }

    function _read(Change memory change, bool stopped, uint256 timestamp) private pure returns (uint256) {
        return stopped ? change.clock : change.clock + timestamp - change.at;
    }

    function _push(Clock storage self, uint256 clock, bool stopped) private {
        Change memory change = Change(uint64(block.timestamp), uint64(clock));
        self.latest = change;
        self.stopped = stopped;
        self.changes.push(change);
    }
}
