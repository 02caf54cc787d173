// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title CapacityTokenFactory: deploys one CapacityToken per cluster, for the registry.
/// @notice Keeps the token's bytecode out of the registry, which would not fit beside it.
interface ICapacityTokenFactory {
    /// @notice Only the registry deploys tokens.
    error CapacityTokenFactory_NotRegistry(address caller);

    /// @notice Deploy the token of a cluster.
    /// @dev Only the registry.
    /// @param policy The policy that says who may receive the token.
    /// @return token Address of the new token.
    function create(uint256 clusterId, uint256 policy, string calldata name, string calldata symbol)
        external
        returns (address token);
}
