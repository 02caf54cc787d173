// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title CapacityMetadata: what a cluster's token says of itself, as a JSON document and as a card.
/// @notice Prices and bookings are those of the latest block; what was measured is of the last hour with a final
/// record.
interface ICapacityMetadata {
    /// @notice The figures of a cluster.
    /// @param units Units attested.
    /// @param sellable Units open to new bookings.
    /// @param booked Units booked in the current hour.
    /// @param price Marginal price of a unit in the current hour, stablecoin units per unit-hour, rounded up; 0 while
    /// there are no units.
    /// @param remaining Weighted average remaining lease term: unit-hours booked from the current hour on, by units
    /// booked in it, hours, rounded down; 0 when nothing is booked.
    /// @param hour The last hour with a final record, of the last `LOOKBACK` hours that can have one; 0 for none. The
    /// next figures are of this hour, and 0 without it unless they say otherwise.
    /// @param bookedThen Units booked in it.
    /// @param measured Measured utilization, millionths of the units attested then.
    /// @param served Fraction served, millionths; 1e6 when nothing was booked.
    /// @param work Work done: GFLOP, or tokens.
    /// @param energy Energy used, joules; 0 for not measured.
    /// @param cash Revenue per unit since the beginning of the day 30 days ago, stablecoin units, rounded down.
    /// @param reserve The same in bitcoin units.
    struct Figures {
        uint256 units;
        uint256 sellable;
        uint256 booked;
        uint256 price;
        uint256 remaining;
        uint256 hour;
        uint256 bookedThen;
        uint256 measured;
        uint256 served;
        uint256 work;
        uint256 energy;
        uint256 cash;
        uint256 reserve;
    }

    /// @notice Hours that are looked back on for a final record: after so many without a report anyone may close one.
    function LOOKBACK() external view returns (uint256);

    /// @notice The figures of a cluster.
    /// @dev Reverts for an unknown cluster, like the other functions.
    function figures(uint256 clusterId) external view returns (Figures memory);

    /// @notice The ERC-7572 document of a cluster's token, as a data URI; its `image` is the card. Its `properties`
    /// hold the figures exactly: money in whole coins and shares as parts of 1, both as decimal strings; times in unix
    /// seconds; null where there is nothing to say. Valid JSON and UTF-8 whatever the texts hold.
    function uri(uint256 clusterId) external view returns (string memory);

    /// @notice The card of a cluster: an SVG picture, 480 by 300 points, that follows the viewer's light or dark mode.
    /// Well-formed whatever the texts hold; its numbers are rounded.
    function card(uint256 clusterId) external view returns (string memory svg);
}
