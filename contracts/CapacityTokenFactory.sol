// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CapacityToken} from "./CapacityToken.sol";
import {ICapacityTokenFactory} from "./interfaces/ICapacityTokenFactory.sol";
import {ICapacityToken} from "./interfaces/ICapacityToken.sol";

/// @title CapacityTokenFactory
/// @notice Trust: the contracts and coins around every token are fixed at deployment; nobody can change a token.
contract CapacityTokenFactory is ICapacityTokenFactory {
    address private immutable _registry;
    address private immutable _router;
    address private immutable _vault;
    address private immutable _compliance;
    address private immutable _metadata;
    address private immutable _cash;
    address private immutable _reserve;

    constructor(ICapacityToken.Around memory around) {
        _registry = around.registry;
        _router = around.router;
        _vault = around.vault;
        _compliance = around.compliance;
        _metadata = around.metadata;
        _cash = around.cash;
        _reserve = around.reserve;
    }

    /// @inheritdoc ICapacityTokenFactory
    function create(uint256 clusterId, uint256 policy, string calldata name, string calldata symbol)
        external
        returns (address)
    {
        if (msg.sender != _registry) revert CapacityTokenFactory_NotRegistry(msg.sender);
        ICapacityToken.Around memory around =
            ICapacityToken.Around(_registry, _router, _vault, _compliance, _metadata, _cash, _reserve);
        return address(new CapacityToken(around, clusterId, policy, name, symbol));
    }
}
