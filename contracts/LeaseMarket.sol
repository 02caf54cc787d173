// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ERC721} from "solady/tokens/ERC721.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {IMetricsOracle} from "./interfaces/IMetricsOracle.sol";
import {IVault} from "./interfaces/IVault.sol";
import {CapacityCalendar} from "./libraries/CapacityCalendar.sol";
import {LeaseBook} from "./libraries/LeaseBook.sol";
import {LeaseMetadata} from "./libraries/LeaseMetadata.sol";
import {PriceCurve} from "./libraries/PriceCurve.sol";

/// @title LeaseMarket
/// @notice Trust: the registry's terms, which are fixed, and the oracle's final records, which a quorum signed. No role
/// can touch a lease, a refund or the books. Rent stays in this contract's claim in the vault until an hour is final:
/// then it is the router's or the tenant's. Liveness: accruing needs the oracle to record, or anyone to close after
/// silence, every booked hour; a lease needs the stablecoin to move; nothing else calls a coin, so no receiver can stop
/// an accrual or a settlement.
contract LeaseMarket is ILeaseMarket, ERC721 {
    using CapacityCalendar for CapacityCalendar.Calendar;
    using LeaseBook for LeaseBook.Book;
    using LeaseBook for LeaseBook.Term;
    using SafeCast for uint256;

    /// @inheritdoc ILeaseMarket
    uint256 public constant MAX_STEPS = 720;
    uint256 private constant Q = 1e6;
    uint256 private constant HOUR = 3600;
    uint256 private constant WAD = 1e18;
    uint256 private constant RATE_SCALE = 2 ** 32;
    uint256 private constant LEDGER_SCALE = RATE_SCALE * Q;

    /// @inheritdoc ILeaseMarket
    address public immutable cash;
    ICapacityRegistry private immutable _registry;
    IMetricsOracle private immutable _oracle;
    IVault private immutable _vault;
    address private immutable _router;

    uint256 private _leaseCount;
    mapping(uint256 clusterId => LeaseBook.Book) private _books;
    mapping(uint256 leaseId => LeaseBook.Term) private _terms;

    constructor(ICapacityRegistry registry, IMetricsOracle oracle, IVault vault, address router, address cash_) {
        _registry = registry;
        _oracle = oracle;
        _vault = vault;
        _router = router;
        cash = cash_;
    }

    /// @inheritdoc ILeaseMarket
    function lease(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked, uint256 maxCost)
        external
        returns (uint256 leaseId)
    {
        Quote memory priced = _quote(clusterId, units, start, hoursAsked);
        if (priced.cost > maxCost) revert LeaseMarket_CostAboveMax(priced.cost, maxCost);

        LeaseBook.Book storage book = _books[clusterId];
        _storeBase(book, clusterId, priced.base);
        LeaseBook.Term memory term = LeaseBook.Term({
            rate: uint96(priced.rate),
            clusterId: uint32(clusterId),
            units: uint32(units),
            start: uint32(start),
            end: uint32(start + hoursAsked),
            firstSeconds: uint16(priced.firstSeconds)
        });
        book.enter(term);
        book.earnings.remainder += ((priced.cost * RATE_SCALE - term.rent()) * Q).toUint128();
        leaseId = ++_leaseCount;
        _terms[leaseId] = term;
        _mint(msg.sender, leaseId);
        emit LeaseOpened(
            leaseId, clusterId, msg.sender, units, start, term.end, priced.firstSeconds, priced.cost, priced.rate
        );
        _vault.pull(cash, msg.sender, priced.cost);
    }

    /// @inheritdoc ILeaseMarket
    function accrue(uint256 clusterId) public returns (uint256 cursor) {
        LeaseBook.Book storage book = _books[clusterId];
        if (book.meter.cursor == 0) book.meter.cursor = uint32(_genesis(clusterId));
        cursor = book.meter.cursor;
        LeaseBook.Source memory source = LeaseBook.Source(clusterId, _oracle, _registry.serviceOf(clusterId));
        (LeaseBook.Meter memory meter, uint256 earned) = book.walk(source, MAX_STEPS);
        if (meter.cursor == cursor) return cursor;
        book.meter = meter;
        if (earned != 0) book.earnings.earned += earned.toUint128();
        emit Accrued(clusterId, meter.cursor, meter.served, earned);
        return meter.cursor;
    }

    /// @inheritdoc ILeaseMarket
    function settle(uint256 leaseId) external returns (uint256 refund) {
        return _settle(leaseId, _owner(leaseId));
    }

    /// @inheritdoc ILeaseMarket
    function updateBase(uint256 clusterId) external returns (uint256 base) {
        LeaseBook.Book storage book = _books[clusterId];
        base = _currentBase(book, _registry.offerOf(clusterId));
        _storeBase(book, clusterId, base);
    }

    /// @inheritdoc ILeaseMarket
    function collect(uint256 clusterId) external returns (uint256 earned, uint256 remainder) {
        if (msg.sender != _router) revert LeaseMarket_NotRouter(msg.sender);
        accrue(clusterId);
        LeaseBook.Book storage book = _books[clusterId];
        LeaseBook.Earnings memory ledger = book.earnings;
        earned = ledger.earned / LEDGER_SCALE;
        remainder = ledger.remainder / LEDGER_SCALE;
        if (earned + remainder == 0) return (0, 0);
        book.earnings = LeaseBook.Earnings(
            uint128(ledger.earned - earned * LEDGER_SCALE), uint128(ledger.remainder - remainder * LEDGER_SCALE)
        );
        emit Collected(clusterId, earned, remainder);
        _vault.move(cash, _router, earned + remainder);
    }

    /// @inheritdoc ILeaseMarket
    function quote(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked)
        external
        view
        returns (Quote memory)
    {
        return _quote(clusterId, units, start, hoursAsked);
    }

    /// @inheritdoc ILeaseMarket
    function leaseOf(uint256 leaseId) external view returns (Lease memory) {
        _owner(leaseId);
        LeaseBook.Term memory term = _terms[leaseId];
        return Lease({
            clusterId: term.clusterId,
            units: term.units,
            start: term.start,
            end: term.end,
            firstSeconds: term.firstSeconds,
            rate: term.rate,
            refunded: _getExtraData(leaseId)
        });
    }

    /// @inheritdoc ILeaseMarket
    function refundLedgerOf(uint256 leaseId) external view returns (uint256) {
        _owner(leaseId);
        LeaseBook.Term memory term = _terms[leaseId];
        return _books[term.clusterId].refundLedger(term);
    }

    /// @inheritdoc ILeaseMarket
    function booksOf(uint256 clusterId) external view returns (Books memory) {
        LeaseBook.Book storage book = _books[clusterId];
        return Books({
            cursor: book.meter.cursor,
            booked: book.meter.booked,
            rate: book.meter.rate,
            served: book.meter.served,
            earned: book.earnings.earned,
            remainder: book.earnings.remainder,
            base: book.base,
            baseHour: book.baseHour
        });
    }

    /// @inheritdoc ILeaseMarket
    function baseOf(uint256 clusterId) external view returns (uint256 base) {
        return _currentBase(_books[clusterId], _registry.offerOf(clusterId));
    }

    /// @inheritdoc ILeaseMarket
    function bookedAt(uint256 clusterId, uint256 hour) external view returns (uint256) {
        return _books[clusterId].calendar.at(hour);
    }

    /// @inheritdoc ILeaseMarket
    function peakBooked(uint256 clusterId, uint256 from, uint256 to) external view returns (uint256) {
        return _books[clusterId].calendar.peak(from, to);
    }

    /// @inheritdoc ILeaseMarket
    function sumBooked(uint256 clusterId, uint256 from, uint256 to) external view returns (uint256) {
        return _books[clusterId].calendar.sum(from, to);
    }

    /// @notice Name of the collection of leases.
    function name() public pure override returns (string memory) {
        return "Wellhead Lease";
    }

    /// @notice Symbol of the collection of leases.
    function symbol() public pure override returns (string memory) {
        return "LEASE";
    }

    /// @notice Metadata of a lease as a data URI with JSON.
    function tokenURI(uint256 leaseId) public view override returns (string memory) {
        _owner(leaseId);
        return LeaseMetadata.uri(leaseId, _terms[leaseId]);
    }

    /// @notice Let `account` move one lease. The base contract would take ether here and keep it.
    function approve(address account, uint256 leaseId) public payable override {
        if (msg.value != 0) revert LeaseMarket_NoEther();
        super.approve(account, leaseId);
    }

    /// A transfer settles final hours to the seller; hours that are not final yet go with the lease.
    function _beforeTokenTransfer(address from, address to, uint256 leaseId) internal override {
        if (msg.value != 0) revert LeaseMarket_NoEther();
        // The base contract checks the owner after this hook, and reverts when it is another.
        if (from != address(0) && to != address(0) && _ownerOf(leaseId) == from) _settle(leaseId, from);
    }

    function _settle(uint256 leaseId, address tenant) private returns (uint256 refund) {
        LeaseBook.Term memory term = _terms[leaseId];
        uint256 cursor = accrue(term.clusterId);
        uint256 refunded = _getExtraData(leaseId);
        refund = _books[term.clusterId].refundLedger(term) / LEDGER_SCALE - refunded;
        if (refund == 0) return 0;
        _setExtraData(leaseId, uint96(refunded + refund));
        emit Settled(leaseId, tenant, refund, cursor);
        _vault.move(cash, tenant, refund);
    }

    function _storeBase(LeaseBook.Book storage book, uint256 clusterId, uint256 base) private {
        uint256 hour = block.timestamp / HOUR;
        if (book.baseHour == hour) return;
        book.base = uint128(base);
        book.baseHour = uint32(hour);
        emit BaseUpdated(clusterId, base, hour);
    }

    function _quote(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked)
        private
        view
        returns (Quote memory priced)
    {
        ICapacityRegistry.Offer memory offer = _registry.offerOf(clusterId);
        ICapacityRegistry.Pricing memory pricing = offer.pricing;
        if (offer.isPaused) revert LeaseMarket_Paused();
        if (units == 0) revert LeaseMarket_NoUnits();
        uint256 currentHour = block.timestamp / HOUR;
        if (start < currentHour) revert LeaseMarket_StartInPast(start, currentHour);
        if (hoursAsked < pricing.minHours || hoursAsked > pricing.maxHours) {
            revert LeaseMarket_InvalidLength(hoursAsked, pricing.minHours, pricing.maxHours);
        }
        uint256 horizonEnd = currentHour + pricing.horizonHours;
        if (start > horizonEnd - hoursAsked) revert LeaseMarket_PastHorizon(start, hoursAsked, horizonEnd);

        LeaseBook.Book storage book = _books[clusterId];
        uint256 load;
        (priced.peak, load) = book.calendar.load(start, start + hoursAsked);
        if (units > offer.sellable || priced.peak > offer.sellable - units) {
            revert LeaseMarket_SoldOut(priced.peak, units, offer.sellable);
        }
        priced.base = _currentBase(book, offer);
        priced.firstSeconds = HOUR;
        load *= HOUR;
        if (start == currentHour) {
            uint256 elapsed = block.timestamp % HOUR;
            priced.firstSeconds = HOUR - elapsed;
            load -= book.calendar.at(start) * elapsed;
        }
        uint256 time = (hoursAsked - 1) * HOUR + priced.firstSeconds;
        priced.cost = PriceCurve.cost(pricing, priced.base, offer.attested, units, time, load);
        priced.rate = (priced.cost * RATE_SCALE * HOUR / time).toUint96();
    }

    function _currentBase(LeaseBook.Book storage book, ICapacityRegistry.Offer memory offer)
        private
        view
        returns (uint256 base)
    {
        uint256 from = book.baseHour;
        base = book.base;
        if (from == 0) (from, base) = (offer.genesis, offer.pricing.baseStart * WAD);
        uint256 currentHour = block.timestamp / HOUR;
        if (from == currentHour || offer.attested == 0) return base;
        uint256 booked = book.calendar.sum(from, currentHour);
        return PriceCurve.nextBase(offer.pricing, base, offer.attested, currentHour - from, booked);
    }

    function _genesis(uint256 clusterId) private view returns (uint256 genesis) {
        genesis = _registry.genesisOf(clusterId);
        if (genesis == 0) revert ICapacityRegistry.CapacityRegistry_UnknownCluster(clusterId);
    }

    /// Also the check that a lease exists.
    function _owner(uint256 leaseId) private view returns (address tenant) {
        tenant = _ownerOf(leaseId);
        if (tenant == address(0)) revert LeaseMarket_UnknownLease(leaseId);
    }
}
