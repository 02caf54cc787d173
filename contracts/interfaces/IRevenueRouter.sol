// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title RevenueRouter: splits earned rent between operator, reporters, holders' cash and holders' bitcoin.
/// @notice Every part is the floor of its share of the cluster's cumulative revenue, so distributing once late gives
/// everybody the same as distributing often. What the floors leave, less than four units, waits in the router's claim
/// in the vault, and so does the bitcoin part.
interface IRevenueRouter {
    /// @notice Revenue was split; amounts in stablecoin units. `remainder` is the operator's alone, on top of
    /// `operator`.
    event Distributed(
        uint256 indexed clusterId, uint256 operator, uint256 remainder, uint256 reporters, uint256 cash, uint256 bitcoin
    );

    /// @notice Accrue a cluster, collect what it earned and split it.
    /// @dev Anyone may call, at any time. Does nothing when nothing was earned.
    /// @return distributed Stablecoin units that left the market, the operator's remainder included.
    function distribute(uint256 clusterId) external returns (uint256 distributed);

    /// @notice Stablecoin units of a cluster that were split since its registration, without remainders.
    function totalOf(uint256 clusterId) external view returns (uint256);

    /// @notice Stablecoin units of a cluster that the floors of the four parts leave for later distributions; below 4.
    function carriedOf(uint256 clusterId) external view returns (uint256);

    /// @notice Stablecoin units of a cluster that wait to be turned into bitcoin.
    function bitcoinPendingOf(uint256 clusterId) external view returns (uint256);
}
