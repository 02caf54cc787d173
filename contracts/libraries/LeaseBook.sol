// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICapacityRegistry} from "../interfaces/ICapacityRegistry.sol";
import {IMetricsOracle} from "../interfaces/IMetricsOracle.sol";
import {CapacityCalendar} from "./CapacityCalendar.sol";
import {HourFlags} from "./HourFlags.sol";
import {ServiceLevel} from "./ServiceLevel.sol";

/// @title LeaseBook: the books of one cluster, and how they move over final hours.
/// @notice The meter stands at a cursor: hours before it are accrued. Leases only leave marks at the hours where they
/// begin and end, so a step costs the same however many leases run; every marked hour remembers the losses until then,
/// so a lease is settled from two or three marks.
///
/// A default starts a new era: all that was booked from its hour on is void at once, because calendar, flags and marks
/// belong to an era. The meter walks on through the old era up to that hour.
library LeaseBook {
    using CapacityCalendar for CapacityCalendar.Calendar;
    using HourFlags for HourFlags.Flags;

    /// Where the accrual stands: units booked and total rate in the hour before `cursor`, the sum of losses at
    /// `cursor`, the seconds without anything available just before it, and the phase: twice the era, less one while
    /// the cursor has not reached the end of the era before.
    struct Meter {
        uint24 cursor;
        uint32 booked;
        uint112 rate;
        uint48 lost;
        uint24 down;
        uint16 phase;
    }

    /// What waits for the router: a ledger in 1 / (2^32 * Q) stablecoin units, whole stablecoin units of it that
    /// cancellations earned, remainders of opened leases in 2^-32 stablecoin units, and the hours that earned the rest.
    struct Earnings {
        uint112 earned;
        uint56 cancelled;
        uint64 remainder;
        uint24 hoursCovered;
    }

    /// What changes at an hour, the unit-seconds of it that had passed when units were booked in it, and the sum of
    /// losses there once it is accrued; `closes` at the hour that ends an era.
    struct Mark {
        int112 rate;
        int40 units;
        uint40 late;
        uint48 lost;
        bool closes;
    }

    /// Bookings until a default: `end` is its hour, `compensation` the ledger due for every unit-hour it made void.
    struct Era {
        uint24 end;
        uint104 compensation;
        HourFlags.Flags flags;
        mapping(uint256 hour => Mark) marks;
        CapacityCalendar.Calendar calendar;
    }

    /// `bond` is a ledger; `era` the one that bookings go to.
    struct Book {
        Meter meter;
        Earnings earnings;
        uint104 base;
        uint104 bond;
        uint24 baseHour;
        uint16 era;
        mapping(uint256 era => Era) eras;
    }

    /// A part of a lease in one slot. A lease has one part, and one more for each extension; `extensions` counts them
    /// in the first. `flags`: `CUT` for a part that is not whole any more, split in time or partly cancelled; `SHARED`,
    /// in the first, for a lease that has a fraction of another's refund ledger, or another of its own.
    struct Term {
        uint96 rate;
        uint32 clusterId;
        uint32 units;
        uint24 start;
        uint24 end;
        uint16 firstSeconds;
        uint16 era;
        uint8 extensions;
        uint8 flags;
    }

    /// Where a walk learns what an hour was worth.
    struct Source {
        uint256 clusterId;
        IMetricsOracle oracle;
        ICapacityRegistry registry;
        ICapacityRegistry.Service service;
    }

    /// A final hour that was booked: its unit-seconds, the rent of all leases, and what was available.
    struct Hour {
        uint256 covered;
        uint256 rate;
        uint256 available;
    }

    /// What a walk adds: to the earned ledger, and what the bond pays; and in how many hours.
    struct Walked {
        uint256 earned;
        uint256 compensated;
        uint256 hoursCovered;
    }

    uint256 internal constant Q = 1e6;
    uint256 internal constant HOUR = 3600;
    uint8 internal constant CUT = 1;
    uint8 internal constant SHARED = 2;
    uint256 internal constant DEFAULT_SECONDS = 72 * HOUR;

    /// @notice Enter a part: calendar, marks and flags.
    function enter(Book storage self, Term memory term) internal {
        Era storage era = self.eras[term.era];
        era.calendar.add(term.start, term.end, term.units);
        int112 rate = int112(uint112(term.rate));
        int112 first = int112(uint112(firstRate(term)));
        int40 units = int40(uint40(term.units));
        _mark(era, term.start, first, units);
        if (term.firstSeconds != HOUR) era.marks[term.start].late += uint40(term.units * (HOUR - term.firstSeconds));
        // Where the first hour is the only one, or whole, one mark is enough.
        if (first != rate && term.end - term.start > 1) _mark(era, term.start + 1, rate - first, 0);
        _mark(era, term.end, term.end - term.start > 1 ? -rate : -first, -units);
    }

    /// @notice Take the hours [from, end) out of a part that was entered. `from` is its start, where nothing was
    /// accrued yet, or an hour after the current one.
    function leave(Book storage self, Term memory term, uint256 from) internal {
        Era storage era = self.eras[term.era];
        if (from == term.start) era.calendar.remove(from, term.end, term.units);
        else era.calendar.cut(term.start, from, term.end, term.units);
        int112 rate = int112(uint112(term.rate));
        int40 units = int40(uint40(term.units));
        _mark(era, from, -rate, -units); // right behind a pro rata first hour too
        _mark(era, term.end, rate, units);
    }

    /// @notice Make two ranges of a part that was entered, and remember the losses at the hour between them, which lies
    /// ahead of the meter.
    function split(Book storage self, Term memory term, uint256 hour) internal {
        Era storage era = self.eras[term.era];
        era.calendar.cut(term.start, hour, term.end, term.units);
        era.calendar.add(hour, term.end, term.units);
        era.flags.set(hour);
    }

    /// @notice Rent of the first hour, 2^-32 stablecoin units, rounded down.
    function firstRate(Term memory term) internal pure returns (uint256) {
        return uint256(term.rate) * term.firstSeconds / HOUR;
    }

    /// @notice Rent of the whole part, 2^-32 stablecoin units.
    function rent(Term memory term) internal pure returns (uint256) {
        return firstRate(term) + uint256(term.rate) * (term.end - term.start - 1);
    }

    /// @notice Seconds that a part covers.
    function time(Term memory term) internal pure returns (uint256) {
        return (uint256(term.end) - term.start - 1) * HOUR + term.firstSeconds;
    }

    /// @notice Walk final hours, `maxSteps` at most, from the meter on; stop at the first booked hour that is not
    /// final.
    /// @return meter The meter after the walk; the caller stores it.
    /// @return walked What the walk adds to the earned ledger, and takes from the bond.
    function walk(Book storage self, Source memory source, uint256 maxSteps)
        internal
        returns (Meter memory meter, Walked memory walked)
    {
        meter = self.meter;
        uint256 currentHour = block.timestamp / HOUR;
        for (uint256 step; step < maxSteps && meter.cursor < currentHour; ++step) {
            if (!_step(self, source, meter, walked, currentHour)) break;
        }
    }

    /// @notice The hour at which a part is over: its end, or before that the default that made the rest void.
    function stopOf(Book storage self, Term memory term) internal view returns (uint256 stop) {
        stop = term.end;
        if (term.era == self.era) return stop;
        uint256 voided = self.eras[term.era].end;
        if (voided < stop) stop = voided;
    }

    /// @notice Refund ledger of a part: the losses of its accrued hours and, after a default, the rent of the hours it
    /// made void and the compensation for them.
    function refundLedger(Book storage self, Term memory term) internal view returns (uint256 ledger) {
        Meter memory meter = self.meter;
        Era storage era = self.eras[term.era];
        uint256 stop = term.end;
        if (term.era != (uint256(meter.phase) + 1) / 2) {
            uint256 voided = era.end;
            if (voided < stop) stop = voided;
            if (stop < term.start) stop = term.start;
            uint256 hoursVoid = term.end - stop;
            if (hoursVoid != 0) {
                uint256 rentVoid = stop == term.start ? rent(term) : uint256(term.rate) * hoursVoid;
                ledger = rentVoid * Q + hoursVoid * term.units * era.compensation;
            }
        }
        uint256 to = meter.cursor < stop ? meter.cursor : stop;
        if (to <= term.start) return ledger;
        uint256 lostTo = _lostAt(era, meter, to);
        uint256 lostFirst = _lostAt(era, meter, term.start);
        if (term.firstSeconds == HOUR) return ledger + uint256(term.rate) * (lostTo - lostFirst);
        uint256 lostSecond = _lostAt(era, meter, term.start + 1);
        return ledger + firstRate(term) * (lostSecond - lostFirst) + uint256(term.rate) * (lostTo - lostSecond);
    }

    /// @notice Peak and sum of the bookings of [from, to), each hour in the era it belongs to.
    function load(Book storage self, uint256 from, uint256 to) internal view returns (uint256 peak, uint256 sum) {
        if (to > type(uint24).max) to = type(uint24).max; // nobody books further ahead
        uint256 era = self.era;
        for (; era != 0; --era) {
            uint256 begin = self.eras[era - 1].end;
            if (begin < to) {
                (uint256 most, uint256 total) = self.eras[era].calendar.load(from > begin ? from : begin, to);
                if (most > peak) peak = most;
                sum += total;
                to = begin;
            }
            if (from >= begin) return (peak, sum);
        }
        (uint256 first, uint256 rest) = self.eras[0].calendar.load(from, to);
        return (first > peak ? first : peak, sum + rest);
    }

    /// @notice Unit-seconds booked in an hour of the era it belongs to.
    function coveredIn(Book storage self, uint256 hour) internal view returns (uint256 unitSeconds) {
        if (hour >= type(uint24).max) return 0;
        uint256 era = self.era;
        while (era != 0 && hour < self.eras[era - 1].end) --era;
        Era storage at = self.eras[era];
        return at.calendar.at(hour) * HOUR - at.marks[hour].late;
    }

    /// @notice Unit-seconds booked in the hours that have passed since the base price was brought up to `baseHour`,
    /// `from`. Whoever books in an hour brings it up to that hour first, so only there units can have come late.
    function coveredSince(Book storage self, uint256 from, uint256 to) internal view returns (uint256 unitSeconds) {
        Era storage era = self.eras[self.era];
        (, uint256 unitHours) = era.calendar.load(from, to);
        return unitHours * HOUR - era.marks[from].late;
    }

    /// @notice End the era at the current hour: what is booked from there on is void. The meter keeps to the old era
    /// until it gets there.
    function close(Book storage self, uint256 compensation) internal {
        uint256 hour = block.timestamp / HOUR;
        Era storage era = self.eras[self.era];
        era.end = uint24(hour);
        era.compensation = uint104(compensation);
        era.flags.set(hour);
        era.marks[hour].closes = true;
        self.era += 1;
        self.meter.phase += 1;
        self.meter.down = 0;
    }

    /// The losses at the cursor, or at a mark before it.
    function _lostAt(Era storage era, Meter memory meter, uint256 hour) private view returns (uint256) {
        return hour == meter.cursor ? meter.lost : era.marks[hour].lost;
    }

    /// Move `meter` over its next hour, or over all hours up to the next lease; not at all over a booked hour that is
    /// not final. At the end of an era, move into the next.
    function _step(
        Book storage self,
        Source memory source,
        Meter memory meter,
        Walked memory walked,
        uint256 currentHour
    ) private returns (bool moved) {
        Era storage era = self.eras[meter.phase / 2];
        uint256 hour = meter.cursor;
        bool flagged = era.flags.get(hour);
        uint256 booked = meter.booked;
        uint256 rate = meter.rate;
        uint256 late;
        if (flagged) {
            Mark memory mark = era.marks[hour];
            if (mark.closes) {
                era.marks[hour].lost = meter.lost;
                (meter.booked, meter.rate, meter.down) = (0, 0, 0);
                meter.phase += 1;
                return true;
            }
            booked = uint256(int256(booked) + mark.units);
            rate = uint256(int256(rate) + mark.rate);
            late = mark.late;
        }
        uint256 lost;
        if (booked != 0) {
            (bool isFinal, uint256 available) = source.oracle.finalAvailable(source.clusterId, hour);
            if (!isFinal) return false;
            lost = _lossOf(self, source, walked, Hour(booked * HOUR - late, rate, available));
            _countDown(source, meter, hour, available);
        }
        if (flagged) era.marks[hour].lost = meter.lost;
        meter.cursor = uint24(booked == 0 ? era.flags.next(hour + 1, currentHour) : hour + 1);
        meter.booked = uint32(booked);
        meter.rate = uint112(rate);
        meter.lost += uint48(lost);
        return true;
    }

    /// What each tenant loses of an hour, Q for its rent, and beyond that as far as the bond goes; `walked` learns what
    /// was earned, and what the bond owes.
    function _lossOf(Book storage self, Source memory source, Walked memory walked, Hour memory hour)
        private
        view
        returns (uint256 lost)
    {
        lost = ServiceLevel.loss(hour.available, hour.covered, source.service.sla, source.service.penalty);
        if (lost <= Q) {
            uint256 earned = hour.rate * (Q - lost);
            if (earned != 0) ++walked.hoursCovered;
            walked.earned += earned;
            return lost;
        }
        uint256 beyond = lost - Q;
        uint256 affordable = hour.rate == 0 ? 0 : (self.bond - walked.compensated) / hour.rate;
        if (beyond > affordable) beyond = affordable;
        walked.compensated += beyond * hour.rate;
        return Q + beyond;
    }

    /// Count the seconds of hours without anything available, in a row; those of a pause do not count.
    function _countDown(Source memory source, Meter memory meter, uint256 hour, uint256 available) private view {
        if (available != 0) {
            meter.down = 0;
        } else if (meter.down < DEFAULT_SECONDS) {
            uint256 begin = source.registry.clockAt(hour * HOUR);
            meter.down += uint24(source.registry.clockAt((hour + 1) * HOUR) - begin);
        }
    }

    function _mark(Era storage era, uint256 hour, int112 rate, int40 units) private {
        era.flags.set(hour);
        Mark storage mark = era.marks[hour];
        mark.rate += rate;
        mark.units += units;
    }
}
