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
        uint64 latestAt;
        uint64 latestClock;
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
        return _read(self.latestAt, self.latestClock, self.stopped, block.timestamp);
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
        Change memory change = self.changes[low - 1];
        return _read(change.at, change.clock, low % 2 == 0, timestamp);
    }

    function _read(uint256 changedAt, uint256 clock, bool stopped, uint256 timestamp) private pure returns (uint256) {
        return stopped ? clock : clock + timestamp - changedAt;
    }

    function _push(Clock storage self, uint256 clock, bool stopped) private {
        self.latestAt = uint64(block.timestamp);
        self.latestClock = uint64(clock);
        self.stopped = stopped;
        self.changes.push(Change(uint64(block.timestamp), uint64(clock)));
    }
}
