// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {LeaseBase} from "./base/LeaseBase.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ILeaseBookings} from "./interfaces/ILeaseBookings.sol";
import {ILeaseMetadata} from "./interfaces/ILeaseMetadata.sol";
import {CapacityCalendar} from "./libraries/CapacityCalendar.sol";
import {LeaseBook} from "./libraries/LeaseBook.sol";
import {PriceCurve} from "./libraries/PriceCurve.sol";

/// @title LeaseMarket
/// @notice Trust: the registry's terms, which are fixed, and the oracle's final records, which a quorum signed. No role
/// can touch a lease, a refund, a bond or the books; an operator can suspend the use of a lease, after notice, and
/// gains nothing by it. Rent stays in this contract's claim in the vault until an hour is final: then it is the
/// router's or the tenant's. An operator whose site fails should close its sales at once: until it does, whoever books
/// into the outage shares in the bond. Liveness: accruing needs the oracle to record, or anyone to close after silence,
/// every booked hour; a lease needs the stablecoin to move; nothing else calls a coin, so no receiver can stop an
/// accrual or a settlement. What is not here is in LeaseChanges and LeaseRecords, which run on this contract's storage.
contract LeaseMarket is LeaseBase, ILeaseBookings {
    using CapacityCalendar for CapacityCalendar.Calendar;
    using LeaseBook for LeaseBook.Book;
    using LeaseBook for LeaseBook.Term;
    using SafeCast for uint256;

    /// What is to be booked.
    struct Ask {
        uint256 clusterId;
        uint256 units;
        uint256 start;
        uint256 hoursAsked;
        bool isExtension;
    }

    constructor(Around memory around, ILeaseMetadata metadata, address changes)
        LeaseBase(around, metadata, changes)
    {}

    /// @inheritdoc ILeaseBookings
    function lease(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked, uint256 maxCost)
        external
        returns (uint256 leaseId)
    {
        Ask memory ask = Ask(clusterId, units, start, hoursAsked, false);
        (Quote memory priced, LeaseBook.Term memory term) = _book(ask, maxCost);
        leaseId = ++_leaseCount;
        _terms[leaseId] = term;
        _mint(msg.sender, leaseId);
        emit LeaseOpened(
            leaseId, clusterId, msg.sender, units, start, term.end, priced.firstSeconds, priced.cost, priced.rate
        );
        _charge(address(this), priced.cost);
    }

    /// @inheritdoc ILeaseBookings
    function extend(uint256 leaseId, uint256 hoursAsked, uint256 maxCost) external returns (uint256 cost) {
        _ownLease(leaseId);
        LeaseBook.Term storage first = _terms[leaseId];
        Ask memory ask = _extension(leaseId, hoursAsked);
        (Quote memory priced, LeaseBook.Term memory term) = _book(ask, maxCost);
        uint256 part = uint256(first.extensions) + 1;
        first.extensions = uint8(part);
        _terms[_partKey(leaseId, part)] = term;
        emit LeaseExtended(leaseId, msg.sender, term.start, term.end, priced.cost, priced.rate);
        emit MetadataUpdate(leaseId);
        _charge(address(this), priced.cost);
        return priced.cost;
    }

    /// @inheritdoc ILeaseBookings
    function accrue(uint256 clusterId) external returns (uint256 cursor) {
        return _accrue(clusterId);
    }

    /// @inheritdoc ILeaseBookings
    function settle(uint256 leaseId) external returns (uint256 refund) {
        return _settle(leaseId, _owner(leaseId));
    }

    /// @inheritdoc ILeaseBookings
    function collect(uint256 clusterId)
        external
        returns (uint256 earned, uint256 remainder, uint256 hoursCovered, uint256 cancelled)
    {
        if (msg.sender != _router) revert LeaseMarket_NotRouter(msg.sender);
        LeaseBook.Book storage book = _books[clusterId];
        LeaseBook.Earnings memory ledger = book.earnings;
        earned = ledger.earned / LEDGER_SCALE;
        remainder = ledger.remainder / RATE_SCALE;
        if (earned + remainder == 0) return (0, 0, 0, 0);
        (hoursCovered, cancelled) = (ledger.hoursCovered, ledger.cancelled);
        book.earnings = LeaseBook.Earnings({
            earned: uint112(ledger.earned % LEDGER_SCALE),
            cancelled: 0,
            remainder: uint64(ledger.remainder % RATE_SCALE),
            hoursCovered: 0
        });
        _vault.move(cash, _router, earned + remainder);
    }

    /// @inheritdoc ILeaseBookings
    function quote(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked)
        external
        view
        returns (Quote memory)
    {
        return _quote(Ask(clusterId, units, start, hoursAsked, false), _registry.offerOf(clusterId));
    }

    /// @inheritdoc ILeaseBookings
    function quoteExtension(uint256 leaseId, uint256 hoursAsked) external view returns (Quote memory) {
        _owner(leaseId);
        Ask memory ask = _extension(leaseId, hoursAsked);
        return _quote(ask, _registry.offerOf(ask.clusterId));
    }

    /// @inheritdoc ILeaseBookings
    function leaseOf(uint256 leaseId) external view returns (Lease memory) {
        _owner(leaseId);
        LeaseBook.Term memory term = _terms[leaseId];
        LeaseBook.Term memory last = _lastPart(leaseId, term);
        return Lease({
            clusterId: term.clusterId,
            units: term.units,
            start: term.start,
            end: last.end,
            stop: _books[term.clusterId].stopOf(last),
            firstSeconds: term.firstSeconds,
            rate: term.rate,
            refunded: _refunded(leaseId),
            parts: uint256(term.extensions) + 1,
            transfers: _transfers(leaseId)
        });
    }

    /// @inheritdoc ILeaseBookings
    function booksOf(uint256 clusterId) external view returns (Books memory) {
        LeaseBook.Book storage book = _books[clusterId];
        LeaseBook.Meter memory meter = book.meter;
        return Books({
            cursor: meter.cursor,
            booked: meter.booked,
            rate: meter.rate,
            lost: meter.lost,
            down: meter.down,
            earned: book.earnings.earned,
            remainder: book.earnings.remainder * Q,
            bond: book.bond,
            base: book.base,
            baseHour: book.baseHour,
            era: book.era
        });
    }

    /// @notice ERC-165: ERC-721 with its metadata, ERC-4906 and ERC-4907.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == 0x49064906 || interfaceId == 0xad092b5c || super.supportsInterface(interfaceId);
    }

    /// Price and enter a booking; the caller pays for it last of all.
    function _book(Ask memory ask, uint256 maxCost)
        private
        returns (Quote memory priced, LeaseBook.Term memory term)
    {
        ICapacityRegistry.Offer memory offer = _registry.offerOf(ask.clusterId);
        // What final hours take from the bond does not stand behind a booking any more.
        if (offer.bond != 0) _accrueAll(ask.clusterId);
        priced = _quote(ask, offer);
        if (priced.cost > maxCost) revert LeaseMarket_CostAboveMax(priced.cost, maxCost);
        LeaseBook.Book storage book = _books[ask.clusterId];
        _storeBase(book, ask.clusterId, priced.base);
        term = LeaseBook.Term({
            rate: uint96(priced.rate),
            clusterId: uint32(ask.clusterId),
            units: uint32(ask.units),
            start: uint24(ask.start),
            end: uint24(ask.start + ask.hoursAsked),
            firstSeconds: uint16(priced.firstSeconds),
            era: book.era,
            extensions: 0,
            flags: 0
        });
        book.enter(term);
        book.earnings.remainder += uint64(priced.cost * RATE_SCALE - term.rent()); // below 2^15
    }

    /// The booking that makes a lease longer.
    function _extension(uint256 leaseId, uint256 hoursAsked) private view returns (Ask memory ask) {
        LeaseBook.Term memory term = _terms[leaseId];
        if (term.extensions + 1 == _PARTS) revert LeaseMarket_TooManyParts(leaseId, _PARTS);
        if (_access[leaseId].due != 0) revert LeaseMarket_Suspended(leaseId);
        uint256 stop = _books[term.clusterId].stopOf(_lastPart(leaseId, term));
        if (stop <= block.timestamp / HOUR) revert LeaseMarket_Over(leaseId, stop);
        return Ask(term.clusterId, term.units, stop, hoursAsked, true);
    }

    function _quote(Ask memory ask, ICapacityRegistry.Offer memory offer) private view returns (Quote memory priced) {
        if (offer.isPaused) revert LeaseMarket_Paused();
        if (ask.units == 0) revert LeaseMarket_NoUnits();
        uint256 currentHour = block.timestamp / HOUR;
        if (ask.start < currentHour) revert LeaseMarket_StartInPast(ask.start, currentHour);
        uint256 minHours = ask.isExtension ? 1 : offer.pricing.minHours;
        if (ask.hoursAsked < minHours || ask.hoursAsked > offer.pricing.maxHours) {
            revert LeaseMarket_InvalidLength(ask.hoursAsked, minHours, offer.pricing.maxHours);
        }
        uint256 horizonEnd = currentHour + offer.pricing.horizonHours;
        if (ask.start > horizonEnd - ask.hoursAsked) {
            revert LeaseMarket_PastHorizon(ask.start, ask.hoursAsked, horizonEnd);
        }

        LeaseBook.Book storage book = _books[ask.clusterId];
        CapacityCalendar.Calendar storage calendar = book.eras[book.era].calendar;
        uint256 load;
        (priced.peak, load) = calendar.load(ask.start, ask.start + ask.hoursAsked);
        _requireRoom(book, ask, priced.peak, offer);
        priced.base = _currentBase(book, offer);
        priced.firstSeconds = HOUR;
        load *= HOUR;
        if (ask.start == currentHour) {
            uint256 elapsed = block.timestamp % HOUR;
            priced.firstSeconds = HOUR - elapsed;
            load -= calendar.at(ask.start) * elapsed;
        }
        uint256 time = (ask.hoursAsked - 1) * HOUR + priced.firstSeconds;
        PriceCurve.Booking memory booking =
            PriceCurve.Booking(priced.base, offer.attested, ask.units, time, load);
        priced.cost = PriceCurve.cost(offer.pricing, booking);
        priced.rate = (priced.cost * RATE_SCALE * HOUR / time).toUint96();
    }

    /// In every hour there must be units that are open to bookings, and a bond behind them that no default is about to
    /// share out.
    function _requireRoom(
        LeaseBook.Book storage book,
        Ask memory ask,
        uint256 peak,
        ICapacityRegistry.Offer memory offer
    ) private view {
        uint256 units = ask.units;
        if (units > offer.sellable || peak > offer.sellable - units) {
            revert LeaseMarket_SoldOut(peak, units, offer.sellable);
        }
        if (offer.bond == 0) return;
        uint256 bonded = book.bond / (offer.bond * LEDGER_SCALE);
        if (peak + units > bonded) revert LeaseMarket_Unbonded(peak, units, bonded);
        if (_downOf(book) >= LeaseBook.DEFAULT_SECONDS) revert LeaseMarket_InDefault(ask.clusterId);
    }
}
