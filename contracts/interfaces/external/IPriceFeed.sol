// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What Wellhead needs of a price feed: Chainlink's aggregator interface.
interface IPriceFeed {
    /// @notice Digits after the point of an answer.
    function decimals() external view returns (uint8);

    /// @notice The latest answer.
    /// @return roundId Its round.
    /// @return answer The price.
    /// @return startedAt When the round began, unix time.
    /// @return updatedAt When the answer was given, unix time.
    /// @return answeredInRound The round in which it was given.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
