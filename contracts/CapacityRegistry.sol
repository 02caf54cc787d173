// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ICapacityToken} from "./interfaces/ICapacityToken.sol";
import {ICapacityTokenFactory} from "./interfaces/ICapacityTokenFactory.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {IMetricsOracle} from "./interfaces/IMetricsOracle.sol";
import {IRevenueRouter} from "./interfaces/IRevenueRouter.sol";
import {MarketClock} from "./libraries/MarketClock.sol";

/// @title CapacityRegistry
/// @notice Trust: a quorum of reporters says which hardware exists; nobody else can create units. The authority admits
/// operators, pauses, and can replace an operator whose key is lost; it can not change a cluster's terms or units. An
/// operator can close its units to new bookings at any time and retire units that nobody has booked. Liveness: a mint
/// needs a quorum, and reports that are not older than the finality allows; everything else needs its caller alone.
contract CapacityRegistry is ICapacityRegistry, AccessManaged, EIP712 {
    using MarketClock for MarketClock.Clock;

    /// A cluster in storage: what prices and bookings read is in the first slot.
    struct Entry {
        uint32 attested;
        uint32 sellable;
        uint32 genesis;
        address operator;
        address token;
        uint32 attestations;
        Terms terms;
    }

    /// @inheritdoc ICapacityRegistry
    uint256 public constant MAX_UNITS = 2 ** 26 - 1;
    /// @inheritdoc ICapacityRegistry
    uint256 public constant OFF_BOOK_TOLERANCE = 20_000;
    uint256 private constant Q = 1e6;
    uint256 private constant HOUR = 3600;
    uint256 private constant UNIT = 1e18;
    uint256 private constant TWO_YEARS_HOURS = 17_520;
    bytes32 private constant ATTESTATION_TYPEHASH =
        keccak256("Attestation(uint256 clusterId,uint256 units,uint256 number,bytes32 evidence)");

    ICapacityTokenFactory private immutable _factory;
    IMetricsOracle private immutable _oracle;
    ILeaseMarket private immutable _market;
    IRevenueRouter private immutable _router;

    /// @inheritdoc ICapacityRegistry
    uint256 public clusterCount;
    MarketClock.Clock private _clock;
    mapping(uint256 clusterId => Entry) private _clusters;

    modifier whenRunning() {
        if (_clock.stopped) revert CapacityRegistry_Paused();
        _;
    }

    constructor(
        address authority,
        ICapacityTokenFactory factory,
        IMetricsOracle oracle,
        ILeaseMarket market,
        IRevenueRouter router
    ) AccessManaged(authority) EIP712("Wellhead CapacityRegistry", "1") {
        _factory = factory;
        _oracle = oracle;
        _market = market;
        _router = router;
        _clock.start();
    }

    /// @inheritdoc ICapacityRegistry
    function register(Terms calldata terms, string calldata name, string calldata symbol)
        external
        restricted
        whenRunning
        returns (uint256 clusterId)
    {
        _validate(terms);
        _validateName(bytes(name).length, bytes(symbol).length);
        clusterId = ++clusterCount;
        Entry storage entry = _clusters[clusterId];
        entry.genesis = uint32(block.timestamp / HOUR);
        entry.operator = msg.sender;
        entry.terms = terms;
        entry.token = _factory.create(clusterId, terms.policy, name, symbol);
        emit ClusterRegistered(clusterId, msg.sender, entry.token, entry.genesis, name, symbol, terms);
    }

    /// @inheritdoc ICapacityRegistry
    function mint(
        uint256 clusterId,
        uint256 units,
        uint256 number,
        bytes32 evidence,
        IMetricsOracle.Signature[] calldata signatures
    ) external whenRunning {
        Entry storage entry = _ownEntry(clusterId);
        if (units == 0 || units > MAX_UNITS - entry.attested) {
            revert CapacityRegistry_InvalidUnits(units, MAX_UNITS - entry.attested);
        }
        if (number != entry.attestations) revert CapacityRegistry_AttestationNumber(entry.attestations, number);
        uint256 signers =
            _oracle.requireQuorum(attestationDigest(clusterId, units, number, evidence), signatures);
        entry.attestations = uint32(number + 1); // used, before a coin is asked
        // The units are about to change, and with them who shares revenue and what a booked fraction means: account for
        // the past first. What then waits and vests is what the new units bring their part of.
        _router.accrueAndDistribute(clusterId);
        _market.updateBase(clusterId);
        _requireCurrent(clusterId);
        _router.topUp(clusterId, msg.sender, units);

        uint256 attested = entry.attested + units;
        uint256 sellable = entry.sellable + units;
        entry.attested = uint32(attested);
        entry.sellable = uint32(sellable);
        emit Attested(clusterId, units, attested, sellable, evidence, signers);
        ICapacityToken(entry.token).mint(msg.sender, units * UNIT);
    }

    /// @inheritdoc ICapacityRegistry
    function setSellable(uint256 clusterId, uint256 sellable) external {
        Entry storage entry = _ownEntry(clusterId);
        if (sellable > entry.attested) revert CapacityRegistry_SellableAboveAttested(sellable, entry.attested);
        entry.sellable = uint32(sellable);
        emit SellableSet(clusterId, sellable);
    }

    /// @inheritdoc ICapacityRegistry
    function retire(uint256 clusterId, uint256 units) external {
        Entry storage entry = _ownEntry(clusterId);
        if (units == 0 || units > entry.attested) revert CapacityRegistry_InvalidUnits(units, entry.attested);
        uint256 attested = entry.attested - units;
        uint256 hour = block.timestamp / HOUR;
        uint256 peak = _market.peakBooked(clusterId, hour, hour + entry.terms.pricing.horizonHours);
        if (peak > attested) revert CapacityRegistry_StillBooked(clusterId, peak, attested);
        _router.accrueAndDistribute(clusterId);
        _market.updateBase(clusterId);

        uint256 sellable = entry.sellable < attested ? entry.sellable : attested;
        entry.attested = uint32(attested);
        entry.sellable = uint32(sellable);
        emit Retired(clusterId, units, attested, sellable);
        ICapacityToken(entry.token).burn(msg.sender, units * UNIT);
    }

    /// @inheritdoc ICapacityRegistry
    function setOperator(uint256 clusterId, address operator) external {
        Entry storage entry = _entry(clusterId);
        address former = entry.operator;
        if (msg.sender != former) _checkCanCall(msg.sender, msg.data);
        if (operator == address(0) || operator == former) revert CapacityRegistry_InvalidOperator(operator);
        entry.operator = operator;
        emit OperatorChanged(clusterId, former, operator);
    }

    /// @inheritdoc ICapacityRegistry
    function flagOffBook(uint256 clusterId, uint256 hour) external {
        uint256 attested = _entry(clusterId).attested;
        IMetricsOracle.Record memory record = _oracle.recordOf(clusterId, hour);
        if (!record.reported) revert CapacityRegistry_NotReported(clusterId, hour);
        uint256 covered = _market.coveredAt(clusterId, hour);
        uint256 whole = attested * HOUR;
        // Rounded up, so that a fraction is no alarm.
        uint256 limit = attested == 0 ? 0 : (covered * Q + whole - 1) / whole + OFF_BOOK_TOLERANCE;
        if (record.measured <= limit) {
            revert CapacityRegistry_WithinBooked(clusterId, hour, record.measured, limit);
        }
        emit OffBook(clusterId, hour, record.measured, covered, attested);
    }

    /// @inheritdoc ICapacityRegistry
    function pause() external restricted whenRunning {
        _clock.toggle();
        emit Paused(_clock.now_());
    }

    /// @inheritdoc ICapacityRegistry
    function unpause() external restricted {
        if (!_clock.stopped) revert CapacityRegistry_NotPaused();
        _clock.toggle();
        emit Unpaused(_clock.now_());
    }

    /// @inheritdoc ICapacityRegistry
    function paused() external view returns (bool) {
        return _clock.stopped;
    }

    /// @inheritdoc ICapacityRegistry
    function clock() external view returns (uint256) {
        return _clock.now_();
    }

    /// @inheritdoc ICapacityRegistry
    function clockAt(uint256 timestamp) external view returns (uint256) {
        return _clock.at(timestamp);
    }

    /// @inheritdoc ICapacityRegistry
    function clusterOf(uint256 clusterId) external view returns (Cluster memory) {
        Entry storage entry = _entry(clusterId);
        return Cluster({
            operator: entry.operator,
            token: entry.token,
            attested: entry.attested,
            sellable: entry.sellable,
            genesis: entry.genesis,
            attestations: entry.attestations
        });
    }

    /// @inheritdoc ICapacityRegistry
    function termsOf(uint256 clusterId) external view returns (Terms memory) {
        return _entry(clusterId).terms;
    }

    /// @inheritdoc ICapacityRegistry
    function offerOf(uint256 clusterId) external view returns (Offer memory) {
        Entry storage entry = _entry(clusterId);
        return Offer({
            pricing: entry.terms.pricing,
            attested: entry.attested,
            sellable: entry.sellable,
            genesis: entry.genesis,
            bond: entry.terms.service.bond,
            isPaused: _clock.stopped
        });
    }

    /// @inheritdoc ICapacityRegistry
    function serviceOf(uint256 clusterId) external view returns (Service memory service) {
        service = _clusters[clusterId].terms.service;
        // Every cluster promises something, so this says that there is one, in the slot that is read anyway.
        if (service.sla == 0) revert CapacityRegistry_UnknownCluster(clusterId);
    }

    /// @inheritdoc ICapacityRegistry
    function operatorOf(uint256 clusterId) external view returns (address) {
        return _clusters[clusterId].operator;
    }

    /// @inheritdoc ICapacityRegistry
    function payeesOf(uint256 clusterId) external view returns (address operator, address token, Split memory split) {
        Entry storage entry = _entry(clusterId);
        return (entry.operator, entry.token, entry.terms.split);
    }

    /// @inheritdoc ICapacityRegistry
    function genesisOf(uint256 clusterId) external view returns (uint256) {
        return _clusters[clusterId].genesis;
    }

    /// @inheritdoc ICapacityRegistry
    function attestationDigest(uint256 clusterId, uint256 units, uint256 number, bytes32 evidence)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, clusterId, units, number, evidence)));
    }

    /// An hour reported within an hour of its end is final `finality` later; the books may not lag behind that.
    function _requireCurrent(uint256 clusterId) private view {
        uint256 due = (block.timestamp - _oracle.finality()) / HOUR - 1;
        uint256 cursor = _market.booksOf(clusterId).cursor;
        if (cursor < due) revert CapacityRegistry_RecordNotCurrent(clusterId, cursor, due);
    }

    function _entry(uint256 clusterId) private view returns (Entry storage entry) {
        entry = _clusters[clusterId];
        if (entry.genesis == 0) revert CapacityRegistry_UnknownCluster(clusterId);
    }

    function _ownEntry(uint256 clusterId) private view returns (Entry storage entry) {
        entry = _entry(clusterId);
        if (msg.sender != entry.operator) revert CapacityRegistry_NotOperator(clusterId, msg.sender);
    }

    function _validateName(uint256 nameLength, uint256 symbolLength) private pure {
        if (nameLength == 0 || nameLength > 31 || symbolLength == 0 || symbolLength > 11) {
            revert CapacityRegistry_InvalidName(nameLength, symbolLength);
        }
    }

    function _validate(Terms calldata terms) private pure {
        Pricing calldata p = terms.pricing;
        if (p.baseFloor == 0) revert CapacityRegistry_InvalidTerms("baseFloor");
        if (p.baseCap > 1e12 || p.baseCap < p.baseFloor) revert CapacityRegistry_InvalidTerms("baseCap");
        if (p.baseStart < p.baseFloor || p.baseStart > p.baseCap) revert CapacityRegistry_InvalidTerms("baseStart");
        if (p.low == 0) revert CapacityRegistry_InvalidTerms("low");
        if (p.high < p.low || p.high > 100 * Q) revert CapacityRegistry_InvalidTerms("high");
        if (p.target > Q) revert CapacityRegistry_InvalidTerms("target");
        if (p.speed > Q) revert CapacityRegistry_InvalidTerms("speed");
        if (p.discountHours == 0 || p.discountHours > TWO_YEARS_HOURS) {
            revert CapacityRegistry_InvalidTerms("discountHours");
        }
        if (p.cancelFee > Q) revert CapacityRegistry_InvalidTerms("cancelFee");
        if (p.minHours == 0) revert CapacityRegistry_InvalidTerms("minHours");
        if (p.maxHours < p.minHours) revert CapacityRegistry_InvalidTerms("maxHours");
        if (p.horizonHours < p.maxHours || p.horizonHours > TWO_YEARS_HOURS) {
            revert CapacityRegistry_InvalidTerms("horizonHours");
        }
        // d'(T) * T <= (1 - d(T)) * low / high for the linear ramp, whose worst case is its end.
        if (p.discount > Q || uint256(p.discount) * p.high > (Q - p.discount) * p.low) {
            revert CapacityRegistry_DiscountTooSteep(p.discount, p.low, p.high);
        }
        if (terms.service.sla == 0 || terms.service.sla > Q) revert CapacityRegistry_InvalidTerms("sla");
        if (terms.service.penalty > 10 * Q) revert CapacityRegistry_InvalidTerms("penalty");
        if (terms.service.bond > 1e12) revert CapacityRegistry_InvalidTerms("bond");
        Split calldata split = terms.split;
        if (uint256(split.operator) + split.reporters + split.bitcoin > Q) {
            revert CapacityRegistry_InvalidTerms("split");
        }
    }
}
