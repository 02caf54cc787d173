// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title CapacityCalendar: units booked per hour, with range-add, range-max and range-sum.
/// @notice Hours are `unix time / 3600`, ranges are [from, to). Eight hours share a slot, 32 bits each, so a range
/// costs one slot for every eight hours. The caller keeps every hour at or below 2^32 - 1 units and never removes more
/// than it added.
library CapacityCalendar {
    struct Calendar {
        mapping(uint256 word => uint256 lanes) words;
    }

    uint256 private constant LANES = 8;
    uint256 private constant LANE_BITS = 32;
    uint256 private constant LANE_MASK = type(uint32).max;
    /// One unit in each of the eight lanes.
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;

    /// @notice Book `units` more in every hour of [from, to).
    function add(Calendar storage self, uint256 from, uint256 to, uint256 units) internal {
        for (uint256 hour = from; hour < to;) {
            (uint256 mask, uint256 next) = _span(hour, to);
            self.words[hour / LANES] += (ONES & mask) * units;
            hour = next;
        }
    }

    /// @notice Units booked in one hour.
    function at(Calendar storage self, uint256 hour) internal view returns (uint256) {
        return (self.words[hour / LANES] >> ((hour % LANES) * LANE_BITS)) & LANE_MASK;
    }

    /// @notice Most units booked in any hour of [from, to); 0 for an empty range.
    function peak(Calendar storage self, uint256 from, uint256 to) internal view returns (uint256 most) {
        for (uint256 hour = from; hour < to;) {
            (uint256 mask, uint256 next) = _span(hour, to);
            for (uint256 lanes = self.words[hour / LANES] & mask; lanes != 0; lanes >>= LANE_BITS) {
                uint256 lane = lanes & LANE_MASK;
                if (lane > most) most = lane;
            }
            hour = next;
        }
    }

    /// @notice Sum of the units booked over the hours of [from, to).
    function sum(Calendar storage self, uint256 from, uint256 to) internal view returns (uint256 total) {
        for (uint256 hour = from; hour < to;) {
            (uint256 mask, uint256 next) = _span(hour, to);
            for (uint256 lanes = self.words[hour / LANES] & mask; lanes != 0; lanes >>= LANE_BITS) {
                total += lanes & LANE_MASK;
            }
            hour = next;
        }
    }

    /// The lanes of the word of `hour` that lie in [hour, to), and the first hour after them.
    function _span(uint256 hour, uint256 to) private pure returns (uint256 mask, uint256 next) {
        uint256 lane = hour % LANES;
        next = hour - lane + LANES;
        mask = type(uint256).max << (lane * LANE_BITS);
        if (to < next) {
            mask &= type(uint256).max >> ((next - to) * LANE_BITS);
            next = to;
        }
    }
}
