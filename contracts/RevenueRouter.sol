// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ICapacityToken} from "./interfaces/ICapacityToken.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {IRevenueRouter} from "./interfaces/IRevenueRouter.sol";
import {IVault} from "./interfaces/IVault.sol";

/// @title RevenueRouter
/// @notice Trust: nobody; the split is fixed in each cluster's terms. Liveness: `distribute` needs any caller.
contract RevenueRouter is IRevenueRouter {
    struct Routed {
        uint128 total;
        uint128 bitcoinPending;
    }

    struct Parts {
        uint256 operator;
        uint256 reporters;
        uint256 cash;
        uint256 bitcoin;
    }

    uint256 private constant Q = 1e6;

    ICapacityRegistry private immutable _registry;
    ILeaseMarket private immutable _market;
    IVault private immutable _vault;
    address private immutable _oracle;
    address private immutable _cash;

    mapping(uint256 clusterId => Routed) private _routed;

    constructor(ICapacityRegistry registry, ILeaseMarket market, IVault vault, address oracle, address cash) {
        _registry = registry;
        _market = market;
        _vault = vault;
        _oracle = oracle;
        _cash = cash;
    }

    /// @inheritdoc IRevenueRouter
    function distribute(uint256 clusterId) external returns (uint256 distributed) {
        (uint256 earned, uint256 remainder) = _market.collect(clusterId);
        distributed = earned + remainder;
        if (distributed == 0) return 0;

        (address operator, address token, ICapacityRegistry.Split memory split) = _registry.payeesOf(clusterId);
        Routed memory routed = _routed[clusterId];
        Parts memory before = _parts(routed.total, split);
        Parts memory parts = _parts(routed.total + earned, split);
        parts.operator -= before.operator;
        parts.reporters -= before.reporters;
        parts.cash -= before.cash;
        parts.bitcoin -= before.bitcoin;
        _routed[clusterId] = Routed(uint128(routed.total + earned), uint128(routed.bitcoinPending + parts.bitcoin));
        emit Distributed(clusterId, parts.operator, remainder, parts.reporters, parts.cash, parts.bitcoin);

        address[] memory payees = new address[](3);
        uint256[] memory amounts = new uint256[](3);
        (payees[0], payees[1], payees[2]) = (operator, _oracle, token);
        (amounts[0], amounts[1], amounts[2]) = (parts.operator + remainder, parts.reporters, parts.cash);
        _vault.moveBatch(_cash, payees, amounts);
        if (parts.cash != 0) ICapacityToken(token).addRevenue(parts.cash, 0);
    }

    /// @inheritdoc IRevenueRouter
    function totalOf(uint256 clusterId) external view returns (uint256) {
        return _routed[clusterId].total;
    }

    /// @inheritdoc IRevenueRouter
    function carriedOf(uint256 clusterId) external view returns (uint256) {
        (,, ICapacityRegistry.Split memory split) = _registry.payeesOf(clusterId);
        uint256 total = _routed[clusterId].total;
        Parts memory parts = _parts(total, split);
        return total - parts.operator - parts.reporters - parts.cash - parts.bitcoin;
    }

    /// @inheritdoc IRevenueRouter
    function bitcoinPendingOf(uint256 clusterId) external view returns (uint256) {
        return _routed[clusterId].bitcoinPending;
    }

    /// The floors of the four shares of a cumulative revenue.
    function _parts(uint256 total, ICapacityRegistry.Split memory split) private pure returns (Parts memory) {
        uint256 cash = Q - split.operator - split.reporters - split.bitcoin;
        return Parts({
            operator: total * split.operator / Q,
            reporters: total * split.reporters / Q,
            cash: total * cash / Q,
            bitcoin: total * split.bitcoin / Q
        });
    }
}
