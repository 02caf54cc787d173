// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {LeaseBase} from "./base/LeaseBase.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ILeaseChanges} from "./interfaces/ILeaseChanges.sol";
import {ILeaseMetadata} from "./interfaces/ILeaseMetadata.sol";
import {CapacityCalendar} from "./libraries/CapacityCalendar.sol";
import {LeaseBook} from "./libraries/LeaseBook.sol";
import {PriceCurve} from "./libraries/PriceCurve.sol";

/// @title LeaseChanges
/// @notice Cancelling and splitting; runs on the market's storage, by delegatecall from LeaseMarket, whose trust and
/// liveness it shares. Called by itself it has no leases, no claims and no say anywhere.
contract LeaseChanges is LeaseBase, ILeaseChanges {
    using CapacityCalendar for CapacityCalendar.Calendar;
    using LeaseBook for LeaseBook.Book;
    using LeaseBook for LeaseBook.Term;
    using SafeCast for uint256;

    constructor(Around memory around, ILeaseMetadata metadata, address records)
        LeaseBase(around, metadata, records)
    {}

    /// @inheritdoc ILeaseChanges
    function cancel(uint256 leaseId, uint256 from, uint256 minRefund) external returns (uint256 refund) {
        address tenant = _ownLease(leaseId);
        _requireUnused(leaseId, from);
        LeaseBook.Term[] memory parts = _parts(leaseId);
        _requireAhead(parts, from, true);
        uint256 earned;
        (refund, earned) = _sellBack(leaseId, parts, from);
        if (refund < minRefund) revert LeaseMarket_RefundBelowMin(refund, minRefund);
        emit LeaseCancelled(leaseId, tenant, from, parts[parts.length - 1].end, refund, earned);
        if (from == parts[0].start) _burn(leaseId);
        else emit MetadataUpdate(leaseId);
        if (refund != 0) _vault.move(cash, tenant, refund);
    }

    /// @inheritdoc ILeaseChanges
    function splitUnits(uint256 leaseId, uint256 units) external returns (uint256 newLeaseId) {
        address tenant = _ownLease(leaseId);
        _requireUnused(leaseId, 0);
        if (_access[leaseId].due != 0) revert LeaseMarket_Suspended(leaseId);
        LeaseBook.Term[] memory parts = _parts(leaseId);
        uint256 whole = parts[0].units;
        if (units == 0 || units >= whole) revert LeaseMarket_InvalidUnits(units, whole - 1);
        _settle(leaseId, tenant);
        newLeaseId = ++_leaseCount;
        for (uint256 i; i < parts.length; ++i) {
            LeaseBook.Term memory part = parts[i];
            // Whole multiples of the seconds in an hour add up in a pro rata first hour too.
            uint256 rate = part.rate * units / whole / HOUR * HOUR;
            part.rate -= uint96(rate);
            part.units = uint32(whole - units);
            _terms[_partKey(leaseId, i)] = part;
            part.rate = uint96(rate);
            part.units = uint32(units);
            part.flags &= LeaseBook.CUT;
            _terms[_partKey(newLeaseId, i)] = part;
        }
        uint256 ledger = _refundLedger(newLeaseId);
        uint256 refunded = ledger / LEDGER_SCALE;
        // What an earlier split moved away can have left less than that to the old lease.
        if (refunded > _refunded(leaseId)) refunded = _refunded(leaseId);
        _share(leaseId, newLeaseId, int256(ledger - refunded * LEDGER_SCALE));
        emit UnitsSplit(leaseId, newLeaseId, units, refunded);
        emit MetadataUpdate(leaseId);
        _setRefunded(leaseId, _refunded(leaseId) - refunded);
        _mint(tenant, newLeaseId);
        _setRefunded(newLeaseId, refunded);
    }

    /// @inheritdoc ILeaseChanges
    function splitHours(uint256 leaseId, uint256 hour) external returns (uint256 newLeaseId) {
        address tenant = _ownLease(leaseId);
        _requireUnused(leaseId, hour);
        if (_access[leaseId].due != 0) revert LeaseMarket_Suspended(leaseId);
        LeaseBook.Term[] memory parts = _parts(leaseId);
        _requireAhead(parts, hour, false);
        newLeaseId = ++_leaseCount;
        uint256 moved;
        for (uint256 i; i < parts.length; ++i) {
            LeaseBook.Term memory part = parts[i];
            if (part.end <= hour) continue;
            if (part.start >= hour) {
                _drop(leaseId, i);
            } else {
                _books[part.clusterId].split(part, hour);
                _shorten(leaseId, i, hour);
                (part.start, part.firstSeconds) = (uint24(hour), uint16(HOUR));
                part.flags |= LeaseBook.CUT;
            }
            part.flags &= LeaseBook.CUT;
            _terms[_partKey(newLeaseId, moved++)] = part;
        }
        _terms[newLeaseId].extensions = uint8(moved - 1);
        emit HoursSplit(leaseId, newLeaseId, hour);
        emit MetadataUpdate(leaseId);
        _mint(tenant, newLeaseId);
    }

    /// Sell the hours from `from` on back along the curve: the refund in stablecoin units, and the ledger that is
    /// earned because their rent was more.
    function _sellBack(uint256 leaseId, LeaseBook.Term[] memory parts, uint256 from)
        private
        returns (uint256 refund, uint256 earned)
    {
        LeaseBook.Book storage book = _books[parts[0].clusterId];
        ICapacityRegistry.Offer memory offer = _registry.offerOf(parts[0].clusterId);
        _storeBase(book, parts[0].clusterId, _currentBase(book, offer));
        uint256 rent;
        for (uint256 i = parts.length; i != 0 && parts[i - 1].end > from; --i) {
            LeaseBook.Term memory part = parts[i - 1];
            if (part.flags & LeaseBook.CUT != 0 && offer.pricing.discount != 0) {
                revert LeaseMarket_Cut(leaseId, part.start);
            }
            uint256 first = from < part.start ? part.start : from;
            refund += _giveBack(book, offer, part, first);
            rent += part.rate * (part.end - first);
            book.leave(part, first);
            if (first == part.start) _drop(leaseId, i - 1);
            else _shorten(leaseId, i - 1, first);
        }
        refund /= RATE_SCALE;
        earned = rent * Q - refund * LEDGER_SCALE;
        if (earned == 0) return (refund, 0);
        book.earnings.earned += earned.toUint112();
        // It is the rent of hours to come, and says nothing of those that have passed.
        book.earnings.cancelled += (earned / LEDGER_SCALE).toUint56();
    }

    /// What the curve gives for the hours of a part from `from` on, 2^-32 stablecoin units.
    function _giveBack(
        LeaseBook.Book storage book,
        ICapacityRegistry.Offer memory offer,
        LeaseBook.Term memory part,
        uint256 from
    ) private view returns (uint256) {
        uint256 hoursLeft = part.end - from;
        (, uint256 booked) = book.eras[part.era].calendar.load(from, part.end);
        PriceCurve.Booking memory booking = PriceCurve.Booking({
            base: book.base,
            attested: offer.attested,
            units: part.units,
            time: hoursLeft * HOUR,
            load: (booked - part.units * hoursLeft) * HOUR
        });
        PriceCurve.SellBack memory back = PriceCurve.SellBack({
            rent: part.rent(),
            rentLeft: part.rate * hoursLeft,
            time: part.time(),
            timeLeft: hoursLeft * HOUR,
            release: PriceCurve.gross(offer.pricing, booking),
            empty: 0
        });
        booking.load = 0;
        back.empty = PriceCurve.gross(offer.pricing, booking);
        return PriceCurve.refund(offer.pricing, back);
    }

    /// The fraction of the new lease's refund ledger stays with the old one: the two floors are what one was.
    function _share(uint256 leaseId, uint256 newLeaseId, int256 fraction) private {
        if (fraction == 0) return;
        _shared[leaseId] += fraction;
        _shared[newLeaseId] = -fraction;
        _terms[leaseId].flags |= LeaseBook.SHARED;
        _terms[newLeaseId].flags |= LeaseBook.SHARED;
    }

    /// Forget a part; the parts before it stay.
    function _drop(uint256 leaseId, uint256 part) private {
        delete _terms[_partKey(leaseId, part)];
        if (part != 0 && _terms[leaseId].extensions >= part) _terms[leaseId].extensions = uint8(part - 1);
    }

    function _shorten(uint256 leaseId, uint256 part, uint256 end) private {
        LeaseBook.Term storage term = _terms[_partKey(leaseId, part)];
        term.end = uint24(end);
        term.flags |= LeaseBook.CUT;
    }

    /// An hour at which a lease can be cut: ahead of the current one, within the lease and before a default; at its
    /// first hour only where it may go as a whole.
    function _requireAhead(LeaseBook.Term[] memory parts, uint256 hour, bool whole) private view {
        LeaseBook.Term memory last = parts[parts.length - 1];
        uint256 start = parts[0].start;
        uint256 first = block.timestamp / HOUR + 1;
        uint256 stop = _books[last.clusterId].stopOf(last);
        if (first < start + (whole ? 0 : 1)) first = start + (whole ? 0 : 1);
        if (hour < first || hour >= stop) revert LeaseMarket_HourOutOfRange(hour, first, stop - 1);
    }
}
