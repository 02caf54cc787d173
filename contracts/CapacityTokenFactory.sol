// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CapacityToken} from "./CapacityToken.sol";
import {ICapacityTokenFactory} from "./interfaces/ICapacityTokenFactory.sol";
import {IVault} from "./interfaces/IVault.sol";

/// @title CapacityTokenFactory
/// @notice Trust: the registry, router, vault and coins of every token are fixed at deployment; nobody can change a
/// token.
contract CapacityTokenFactory is ICapacityTokenFactory {
    address private immutable _registry;
    address private immutable _router;
    IVault private immutable _vault;
    address private immutable _cash;
    address private immutable _reserve;

    constructor(address registry, address router, IVault vault, address cash, address reserve) {
        _registry = registry;
        _router = router;
        _vault = vault;
        _cash = cash;
        _reserve = reserve;
    }

    /// @inheritdoc ICapacityTokenFactory
    function create(uint256 clusterId, string calldata name, string calldata symbol) external returns (address) {
        if (msg.sender != _registry) revert CapacityTokenFactory_NotRegistry(msg.sender);
        return address(new CapacityToken(clusterId, name, symbol, _registry, _router, _vault, _cash, _reserve));
    }
}
