// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Samples: the one-word layout of a measured hour, as it is signed and as it is stored.
/// @notice From the highest bit: cluster 32, hour 24, working 36, available 36, measured 20, energy 44, work 64. A
/// stored record replaces the cluster, which is its key, by the time on the market clock from which it is final.
library Samples {
    uint256 private constant TOP = 224;

    function cluster(uint256 word) internal pure returns (uint256) {
        return word >> TOP;
    }

    /// @notice Of a stored record: the market clock from which it is final.
    function finalAt(uint256 word) internal pure returns (uint256) {
        return word >> TOP;
    }

    function hour(uint256 word) internal pure returns (uint256) {
        return (word >> 200) & type(uint24).max;
    }

    function working(uint256 word) internal pure returns (uint256) {
        return (word >> 164) & (2 ** 36 - 1);
    }

    function available(uint256 word) internal pure returns (uint256) {
        return (word >> 128) & (2 ** 36 - 1);
    }

    function measured(uint256 word) internal pure returns (uint256) {
        return (word >> 108) & (2 ** 20 - 1);
    }

    function energy(uint256 word) internal pure returns (uint256) {
        return (word >> 64) & (2 ** 44 - 1);
    }

    function work(uint256 word) internal pure returns (uint256) {
        return word & type(uint64).max;
    }

    /// @notice The sample of an hour in which nothing was measured.
    function zeroSample(uint256 cluster_, uint256 hour_) internal pure returns (uint256) {
        return (cluster_ << TOP) | (hour_ << 200);
    }

    /// @notice The record that keeps a sample: everything but the cluster. Of a record, the same with another
    /// `finalAt`.
    function toRecord(uint256 word, uint256 finalAt_) internal pure returns (uint256) {
        return (word & (2 ** TOP - 1)) | (finalAt_ << TOP);
    }

    /// @notice The record of an hour that was closed as zero.
    function zeroRecord(uint256 hour_, uint256 finalAt_) internal pure returns (uint256) {
        return (finalAt_ << TOP) | (hour_ << 200);
    }
}
