// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Base64} from "solady/utils/Base64.sol";
import {LibString} from "solady/utils/LibString.sol";
import {ICapacityMetadata} from "./interfaces/ICapacityMetadata.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ICapacityToken} from "./interfaces/ICapacityToken.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {IMetricsOracle} from "./interfaces/IMetricsOracle.sol";
import {CapacityCard} from "./libraries/CapacityCard.sol";
import {ServiceLevel} from "./libraries/ServiceLevel.sol";

/// @title CapacityMetadata
/// @notice Trust: nobody; what it says follows from the other contracts. Texts that an operator chose are escaped, but
/// they are the operator's words. Liveness: none needed.
contract CapacityMetadata is ICapacityMetadata {
    uint256 private constant Q = 1e6;
    uint256 private constant HOUR = 3600;
    uint256 private constant WAD = 1e18;
    uint256 private constant DAYS = 30;

    /// @inheritdoc ICapacityMetadata
    uint256 public constant LOOKBACK = 168;
    ICapacityRegistry private immutable _registry;
    ILeaseMarket private immutable _market;
    IMetricsOracle private immutable _oracle;

    constructor(ICapacityRegistry registry, ILeaseMarket market, IMetricsOracle oracle) {
        _registry = registry;
        _market = market;
        _oracle = oracle;
    }

    /// @inheritdoc ICapacityMetadata
    function figures(uint256 clusterId) external view returns (Figures memory) {
        return _figures(clusterId, _registry.clusterOf(clusterId), _registry.termsOf(clusterId));
    }

    /// @inheritdoc ICapacityMetadata
    function uri(uint256 clusterId) external view returns (string memory) {
        string memory json = CapacityCard.json(_face(clusterId));
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }

    /// @inheritdoc ICapacityMetadata
    function card(uint256 clusterId) external view returns (string memory svg) {
        return CapacityCard.svg(_face(clusterId));
    }

    function _face(uint256 clusterId) private view returns (CapacityCard.Face memory face) {
        ICapacityRegistry.Cluster memory cluster = _registry.clusterOf(clusterId);
        ICapacityRegistry.Terms memory terms = _registry.termsOf(clusterId);
        ICapacityToken token = ICapacityToken(cluster.token);
        face.clusterId = clusterId;
        face.timestamp = block.timestamp;
        face.kind = uint256(terms.kind);
        face.name = token.name();
        face.symbol = token.symbol();
        face.sku = LibString.fromSmallString(terms.sku);
        face.region = LibString.fromSmallString(terms.region);
        face.cash = _coin(token.cash());
        face.reserve = _coin(token.reserve());
        face.figures = _figures(clusterId, cluster, terms);
    }

    function _figures(
        uint256 clusterId,
        ICapacityRegistry.Cluster memory cluster,
        ICapacityRegistry.Terms memory terms
    ) private view returns (Figures memory figures_) {
        uint256 hour = block.timestamp / HOUR;
        figures_.units = cluster.attested;
        figures_.sellable = cluster.sellable;
        figures_.booked = _market.bookedAt(clusterId, hour);
        figures_.price = _price(clusterId, terms.pricing, figures_);
        if (figures_.booked != 0) {
            figures_.remaining =
                _market.sumBooked(clusterId, hour, hour + terms.pricing.horizonHours) / figures_.booked;
        }
        (figures_.cash, figures_.reserve) = ICapacityToken(cluster.token).trailingRevenue(DAYS);
        _addMeasured(clusterId, cluster.genesis, terms.service, figures_);
    }

    /// The price of the next part of a unit in the current hour, rounded up.
    function _price(uint256 clusterId, ICapacityRegistry.Pricing memory pricing, Figures memory now_)
        private
        view
        returns (uint256)
    {
        if (now_.units == 0) return 0;
        uint256 multiple = uint256(pricing.low) * now_.units + uint256(pricing.high - pricing.low) * now_.booked;
        uint256 divisor = WAD * Q * now_.units;
        return (_market.baseOf(clusterId) * multiple + divisor - 1) / divisor;
    }

    function _addMeasured(
        uint256 clusterId,
        uint256 genesis,
        ICapacityRegistry.Service memory service,
        Figures memory figures_
    ) private view {
        figures_.served = Q;
        (uint256 hour, IMetricsOracle.Record memory record) = _lastFinal(clusterId, genesis);
        if (hour == 0) return;
        figures_.hour = hour;
        figures_.bookedThen = _market.bookedAt(clusterId, hour);
        figures_.measured = record.measured;
        figures_.work = record.work;
        figures_.energy = record.energy;
        uint256 covered = _market.coveredAt(clusterId, hour);
        if (covered == 0) return;
        uint256 loss = ServiceLevel.loss(record.available, covered, service.sla, service.penalty);
        figures_.served = loss < Q ? Q - loss : 0;
    }

    /// The last hour with a final record; 0 for none.
    function _lastFinal(uint256 clusterId, uint256 genesis)
        private
        view
        returns (uint256 hour, IMetricsOracle.Record memory record)
    {
        // A report of an hour can not be final before the finality has passed since the hour's end.
        hour = (block.timestamp - _oracle.finality()) / HOUR;
        uint256 begin = hour > genesis + LOOKBACK ? hour - LOOKBACK : genesis;
        while (hour > begin) {
            record = _oracle.recordOf(clusterId, --hour);
            if (record.isFinal) return (hour, record);
        }
        return (0, record);
    }

    function _coin(address coin) private view returns (CapacityCard.Coin memory) {
        return CapacityCard.Coin(IERC20Metadata(coin).symbol(), IERC20Metadata(coin).decimals());
    }
}
