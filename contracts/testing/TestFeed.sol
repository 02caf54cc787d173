// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPriceFeed} from "../interfaces/external/IPriceFeed.sol";

/// @title TestFeed: a price feed that says what it is told.
/// @notice For local chains only: anyone may set its answer.
contract TestFeed is IPriceFeed {
    /// @notice The feed has another answer.
    event AnswerSet(int256 answer, uint256 updatedAt);
    /// @notice The feed has another answer, which never ages.
    event AnswerKept(int256 answer);

    /// @inheritdoc IPriceFeed
    uint8 public immutable decimals;
    int256 private _answer;
    uint256 private _updatedAt;
    bool private _isKept;

    constructor(uint8 decimals_, int256 answer) {
        decimals = decimals_;
        set(answer, block.timestamp);
    }

    /// @notice Answer this from now on, given at `updatedAt`.
    function set(int256 answer, uint256 updatedAt) public {
        (_answer, _updatedAt, _isKept) = (answer, updatedAt, false);
        emit AnswerSet(answer, updatedAt);
    }

    /// @notice Answer this from now on, given just now whenever somebody asks.
    function keep(int256 answer) external {
        (_answer, _isKept) = (answer, true);
        emit AnswerKept(answer);
    }

    /// @inheritdoc IPriceFeed
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        uint256 updatedAt = _isKept ? block.timestamp : _updatedAt;
        return (1, _answer, updatedAt, updatedAt, 1);
    }
}
