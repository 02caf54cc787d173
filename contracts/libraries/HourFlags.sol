// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {LibBit} from "solady/utils/LibBit.sol";

/// @title HourFlags: a bitmap over hours that finds the next flagged one.
library HourFlags {
    struct Flags {
        mapping(uint256 word => uint256 bits) words;
    }

    /// @notice Flag an hour.
    function set(Flags storage self, uint256 hour) internal {
        self.words[hour >> 8] |= 1 << (hour & 255);
    }

    /// @notice Whether an hour is flagged.
    function get(Flags storage self, uint256 hour) internal view returns (bool) {
        return (self.words[hour >> 8] >> (hour & 255)) & 1 != 0;
    }

    /// @notice The first flagged hour from `from` on; `limit` when there is none below it.
    function next(Flags storage self, uint256 from, uint256 limit) internal view returns (uint256 hour) {
        hour = from;
        while (hour < limit) {
            uint256 bits = self.words[hour >> 8] >> (hour & 255);
            if (bits != 0) {
                hour += LibBit.ffs(bits);
                return hour < limit ? hour : limit;
            }
            hour = (hour | 255) + 1;
        }
        return limit;
    }
}
