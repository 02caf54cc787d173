// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// A quantity of tokens and two index values in one word: an account's balance and checkpoints, or the supply and the
/// indices. From the highest bit: flags 8, day 16, tokens 88, cash 72, reserve 72.
type TokenAccount is uint256;

using TokenAccountLib for TokenAccount global;

/// @title TokenAccountLib: reads and writes the parts of a TokenAccount.
/// @notice A cluster has less than 2^26 units, so its tokens need 86 bits; an index needs 69 (see RevenueIndex).
library TokenAccountLib {
    uint256 internal constant MAX_TOKENS = type(uint88).max;
    uint256 private constant INDEX_MASK = type(uint72).max;
    uint256 private constant INDICES_MASK = type(uint144).max;
    uint256 private constant TOKENS_MASK = MAX_TOKENS << 144;

    function tokens(TokenAccount self) internal pure returns (uint256) {
        return (TokenAccount.unwrap(self) & TOKENS_MASK) >> 144;
    }

    function cash(TokenAccount self) internal pure returns (uint256) {
        return (TokenAccount.unwrap(self) >> 72) & INDEX_MASK;
    }

    function reserve(TokenAccount self) internal pure returns (uint256) {
        return TokenAccount.unwrap(self) & INDEX_MASK;
    }

    /// @notice Both index values at once, to compare or to copy.
    function indices(TokenAccount self) internal pure returns (uint256) {
        return TokenAccount.unwrap(self) & INDICES_MASK;
    }

    function flags(TokenAccount self) internal pure returns (uint256) {
        return TokenAccount.unwrap(self) >> 248;
    }

    /// @notice Days since 1970 of the last revenue; in the supply's word only.
    function day(TokenAccount self) internal pure returns (uint256) {
        return uint16(TokenAccount.unwrap(self) >> 232);
    }

    /// @notice The same with another quantity of tokens, at most `MAX_TOKENS`.
    function withTokens(TokenAccount self, uint256 tokens_) internal pure returns (TokenAccount) {
        return TokenAccount.wrap((TokenAccount.unwrap(self) & ~TOKENS_MASK) | (tokens_ << 144));
    }

    /// @notice The same with both index values as `indices` gives them.
    function withIndices(TokenAccount self, uint256 indices_) internal pure returns (TokenAccount) {
        return TokenAccount.wrap((TokenAccount.unwrap(self) & ~INDICES_MASK) | indices_);
    }

    /// @notice The same with both indices grown.
    function grown(TokenAccount self, uint256 cashStep, uint256 reserveStep) internal pure returns (TokenAccount) {
        return TokenAccount.wrap(TokenAccount.unwrap(self) + ((cashStep << 72) | reserveStep));
    }

    function withFlags(TokenAccount self, uint256 flags_) internal pure returns (TokenAccount) {
        return TokenAccount.wrap((TokenAccount.unwrap(self) & (type(uint256).max >> 8)) | (flags_ << 248));
    }

    function withDay(TokenAccount self, uint256 day_) internal pure returns (TokenAccount) {
        return TokenAccount.wrap((TokenAccount.unwrap(self) & ~(uint256(type(uint16).max) << 232)) | (day_ << 232));
    }
}
