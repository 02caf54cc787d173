// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// A quantity of tokens and two index values in one word: an account's balance and checkpoints, or the supply and the
/// indices. From the highest bit: tokens 96, cash 80, reserve 80.
type TokenAccount is uint256;

using TokenAccountLib for TokenAccount global;

/// @title TokenAccountLib: reads and writes the parts of a TokenAccount.
library TokenAccountLib {
    uint256 private constant INDEX_MASK = type(uint80).max;

    function pack(uint256 tokens_, uint256 cash_, uint256 reserve_) internal pure returns (TokenAccount) {
        return TokenAccount.wrap((tokens_ << 160) | (cash_ << 80) | reserve_);
    }

    function tokens(TokenAccount self) internal pure returns (uint256) {
        return TokenAccount.unwrap(self) >> 160;
    }

    function cash(TokenAccount self) internal pure returns (uint256) {
        return (TokenAccount.unwrap(self) >> 80) & INDEX_MASK;
    }

    function reserve(TokenAccount self) internal pure returns (uint256) {
        return TokenAccount.unwrap(self) & INDEX_MASK;
    }

    /// @notice Both index values at once, to compare or to copy.
    function indices(TokenAccount self) internal pure returns (uint256) {
        return TokenAccount.unwrap(self) & type(uint160).max;
    }

    /// @notice The same index values with another quantity of tokens, at most 2^96 - 1.
    function withTokens(TokenAccount self, uint256 tokens_) internal pure returns (TokenAccount) {
        return TokenAccount.wrap((tokens_ << 160) | self.indices());
    }
}
