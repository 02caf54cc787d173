// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IMetricsOracle} from "../interfaces/IMetricsOracle.sol";
import {CapacityCalendar} from "./CapacityCalendar.sol";
import {HourFlags} from "./HourFlags.sol";
import {ServiceLevel} from "./ServiceLevel.sol";
import {ICapacityRegistry} from "../interfaces/ICapacityRegistry.sol";

/// @title LeaseBook: the books of one cluster, and how they move over final hours.
/// @notice The meter stands at a cursor: hours before it are accrued. Leases only leave marks at the hours where they
/// begin and end, so a step costs the same however many leases run; every marked hour remembers D, so a lease is
/// settled from two or three marks.
library LeaseBook {
    using CapacityCalendar for CapacityCalendar.Calendar;
    using HourFlags for HourFlags.Flags;

    /// Where the accrual stands: units booked and total rate in the hour before `cursor`, and D at `cursor`.
    struct Meter {
        uint32 cursor;
        uint32 booked;
        uint128 rate;
        uint64 served;
    }

    /// Ledgers in 1 / (2^32 * Q) stablecoin units that wait for the router.
    struct Earnings {
        uint128 earned;
        uint128 remainder;
    }

    /// What changes at an hour, and D there once it is accrued.
    struct Mark {
        int128 rate;
        int64 units;
        uint64 served;
    }

    struct Book {
        Meter meter;
        Earnings earnings;
        uint128 base;
        uint32 baseHour;
        HourFlags.Flags flags;
        mapping(uint256 hour => Mark) marks;
        CapacityCalendar.Calendar calendar;
    }

    /// A lease in one slot; its refunds stand beside its owner.
    struct Term {
        uint96 rate;
        uint32 clusterId;
        uint32 units;
        uint32 start;
        uint32 end;
        uint16 firstSeconds;
    }

    /// Where a walk learns what an hour was worth.
    struct Source {
        uint256 clusterId;
        IMetricsOracle oracle;
        ICapacityRegistry.Service service;
    }

    uint256 internal constant Q = 1e6;
    uint256 internal constant HOUR = 3600;

    /// @notice Enter a lease: calendar, marks and flags.
    function enter(Book storage self, Term memory term) internal {
        self.calendar.add(term.start, term.end, term.units);
        int128 rate = int128(uint128(term.rate));
        int128 first = int128(uint128(firstRate(term)));
        int64 units = int64(uint64(term.units));
        _mark(self, term.start, first, units);
        // Where the first hour is the only one, or whole, one mark is enough.
        if (first != rate && term.end - term.start > 1) _mark(self, term.start + 1, rate - first, 0);
        _mark(self, term.end, term.end - term.start > 1 ? -rate : -first, -units);
    }

    /// @notice Rent of the first hour, 2^-32 stablecoin units, rounded down.
    function firstRate(Term memory term) internal pure returns (uint256) {
        return uint256(term.rate) * term.firstSeconds / HOUR;
    }

    /// @notice Rent of the whole lease, 2^-32 stablecoin units.
    function rent(Term memory term) internal pure returns (uint256) {
        return firstRate(term) + uint256(term.rate) * (term.end - term.start - 1);
    }

    /// @notice Walk final hours, `maxSteps` at most, from the meter on; stop at the first booked hour that is not
    /// final.
    /// @return meter The meter after the walk; the caller stores it.
    /// @return earned What the walk adds to the earned ledger.
    function walk(Book storage self, Source memory source, uint256 maxSteps)
        internal
        returns (Meter memory meter, uint256 earned)
    {
        meter = self.meter;
        uint256 currentHour = block.timestamp / HOUR;
        for (uint256 step; step < maxSteps && meter.cursor < currentHour; ++step) {
            (bool moved, uint256 rented) = _step(self, source, meter, currentHour);
            if (!moved) break;
            earned += rented;
        }
    }

    /// @notice Refund ledger of a lease over its accrued hours: rent that was paid for and not served.
    function refundLedger(Book storage self, Term memory term) internal view returns (uint256) {
        Meter memory meter = self.meter;
        uint256 to = meter.cursor < term.end ? meter.cursor : term.end;
        if (to <= term.start) return 0;
        uint256 servedTo = _servedAt(self, meter, to);
        uint256 servedFirst = _servedAt(self, meter, term.start);
        if (term.firstSeconds == HOUR) {
            return uint256(term.rate) * (Q * (to - term.start) - (servedTo - servedFirst));
        }
        uint256 second = term.start + 1;
        uint256 servedSecond = _servedAt(self, meter, second);
        return firstRate(term) * (Q - (servedSecond - servedFirst))
            + uint256(term.rate) * (Q * (to - second) - (servedTo - servedSecond));
    }

    /// D at the cursor, or at a mark before it.
    function _servedAt(Book storage self, Meter memory meter, uint256 hour) private view returns (uint256) {
        return hour == meter.cursor ? meter.served : self.marks[hour].served;
    }

    /// Move `meter` over its next hour, or over all hours up to the next lease; not at all over a booked hour that is
    /// not final.
    function _step(Book storage self, Source memory source, Meter memory meter, uint256 currentHour)
        private
        returns (bool moved, uint256 earned)
    {
        uint256 hour = meter.cursor;
        uint256 booked = meter.booked;
        uint256 rate = meter.rate;
        bool flagged = self.flags.get(hour);
        if (flagged) {
            booked = uint256(int256(booked) + self.marks[hour].units);
            rate = uint256(int256(rate) + self.marks[hour].rate);
        }
        uint256 served;
        if (booked != 0) {
            (bool isFinal, uint256 available) = source.oracle.finalAvailable(source.clusterId, hour);
            if (!isFinal) return (false, 0);
            served = ServiceLevel.served(available, booked, source.service.sla, source.service.penalty);
        }
        if (flagged) self.marks[hour].served = meter.served;
        meter.cursor = uint32(booked == 0 ? self.flags.next(hour + 1, currentHour) : hour + 1);
        meter.booked = uint32(booked);
        meter.rate = uint128(rate);
        meter.served += uint64(served);
        return (true, rate * served);
    }

    function _mark(Book storage self, uint256 hour, int128 rate, int64 units) private {
        self.flags.set(hour);
        Mark storage mark = self.marks[hour];
        mark.rate += rate;
        mark.units += units;
    }
}
