"""The books of one cluster as the market's storage has them, and how they move over final hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from wellhead.audit.replay import Slot
from wellhead.audit.replays.calendar import Calendar
from wellhead.audit.replays.leases import HOUR, Term
from wellhead.audit.replays.prices import loss
from wellhead.audit.words import packed, signed, slot_of
from wellhead.model.terms import Service
from wellhead.model.units import Q

#: Hours that one accrual walks at most.
STEPS = 240
DEFAULT_SECONDS = 72 * HOUR
#: Nobody books further ahead.
LAST_HOUR = 2**24 - 1


@dataclass(slots=True)
class Mark:
    """What changes at an hour, the unit-seconds of it that had passed when units were booked in it,
    and the sum of losses there once it is accrued."""

    rate: int = 0
    units: int = 0
    late: int = 0
    lost: int = 0
    closes: bool = False

    @property
    def word(self) -> int:
        """As it is stored."""
        rate, units = signed(self.rate, 112), signed(self.units, 40)
        return packed(rate, units, (self.late, 40), (self.lost, 48), (self.closes, 8))


@dataclass(slots=True)
class Era:
    """Bookings until a default; `flags` are hours by the 256, bit by bit."""

    end: int = 0
    compensation: int = 0
    flags: dict[int, int] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)

    def flag(self, hour: int) -> None:
        """Flag an hour."""
        self.flags[hour >> 8] = self.flags.get(hour >> 8, 0) | 1 << (hour & 255)

    def next_flag(self, hour: int, limit: int) -> int:
        """The first flagged hour from `hour` on; `limit` where there is none before it."""
        while hour < limit:
            bits = self.flags.get(hour >> 8, 0) >> (hour & 255)
            if bits:
                return min(hour + (bits & -bits).bit_length() - 1, limit)
            hour = (hour | 255) + 1
        return limit

    def mark(self, hour: int) -> Mark:
        """The mark of an hour, which there is from now on."""
        found = self.marks.get(hour)
        if found is None:
            found = self.marks[hour] = Mark()
        return found

    def move(self, hour: int, rate: int, units: int) -> None:
        """Let rent and units begin, or end, at an hour."""
        self.flag(hour)
        mark = self.mark(hour)
        mark.rate += rate
        mark.units += units

    def covered(self, start: int, end: int) -> int:
        """Unit-seconds booked in [start, end)."""
        _, unit_hours = self.calendar.load(start, end)
        late, hour = 0, self.next_flag(start, end)
        while hour < end:
            late += self.marks[hour].late if hour in self.marks else 0
            hour = self.next_flag(hour + 1, end)
        return unit_hours * HOUR - late

    def slots(self, at: int, name: tuple[object, ...]) -> Iterator[Slot]:
        """All words, each by its first field's name, for an era at slot `at`."""
        yield at, packed((self.end, 24), (self.compensation, 104)), (*name, "end")
        for number, bits in self.flags.items():
            yield slot_of(at + 1, number), bits, (*name, "flags", number)
        for hour, mark in self.marks.items():
            yield slot_of(at + 2, hour), mark.word, (*name, "marks", hour)
        yield from self.calendar.slots(at + 3, (*name, "calendar"))


class Source(NamedTuple):
    """Where a walk learns what an hour was worth: whether it is final, with the thousandths of
    units available; the service terms; and the market clock at a unix time."""

    final: Callable[[int], tuple[bool, int]]
    service: Service
    clock_at: Callable[[int], int]


@dataclass(slots=True)
class Book:
    """One cluster's books, by the contract's names; an era there is as soon as somebody looks.
    `earned` is a ledger, of which cancellations earned `cancelled` stablecoin units; `remainder` is
    in 2^-32 stablecoin units."""

    cursor: int = 0
    booked: int = 0
    rate: int = 0
    lost: int = 0
    down: int = 0
    phase: int = 0
    earned: int = 0
    cancelled: int = 0
    remainder: int = 0
    hours_covered: int = 0
    base: int = 0
    bond: int = 0
    base_hour: int = 0
    era: int = 0
    eras: dict[int, Era] = field(default_factory=dict)

    def era_of(self, number: int) -> Era:
        """An era by its number."""
        found = self.eras.get(number)
        if found is None:
            found = self.eras[number] = Era()
        return found

    # Bookings

    def enter(self, term: Term) -> None:
        """Enter a part: calendar, marks and flags."""
        era, rate, first = self.era_of(term.era), term.rate, term.first_rate
        is_long = term.end - term.start > 1
        era.calendar.add(term.start, term.end, term.units)
        era.move(term.start, first, term.units)
        era.mark(term.start).late += term.units * (HOUR - term.first_seconds)
        if first != rate and is_long:
            era.move(term.start + 1, rate - first, 0)
        era.move(term.end, -rate if is_long else -first, -term.units)

    def leave(self, term: Term, hour: int) -> None:
        """Take the hours from `hour` on out of a part that was entered."""
        era = self.era_of(term.era)
        if hour == term.start:
            era.calendar.remove(hour, term.end, term.units)
        else:
            era.calendar.cut(term.start, hour, term.end, term.units)
        era.move(hour, -term.rate, -term.units)
        era.move(term.end, term.rate, term.units)

    def split(self, term: Term, hour: int) -> None:
        """Make two ranges of a part that was entered."""
        era = self.era_of(term.era)
        era.calendar.cut(term.start, hour, term.end, term.units)
        era.calendar.add(hour, term.end, term.units)
        era.flag(hour)

    def load(self, start: int, end: int) -> tuple[int, int]:
        """Peak and sum of the bookings of [start, end), each hour in the era it belongs to."""
        loads = [era.calendar.load(*span) for era, span in self._eras_of(start, end)]
        return max((peak for peak, _ in loads), default=0), sum(some for _, some in loads)

    def covered(self, start: int, end: int) -> int:
        """Unit-seconds booked in the hours of [start, end): less than whole hours where units came
        in the course of one. Each hour counts in the era it belongs to."""
        return sum(era.covered(*span) for era, span in self._eras_of(start, end))

    @property
    def counted(self) -> int:
        """Seconds of an outage that count towards a default of the present era."""
        return self.down if self.phase == 2 * self.era else 0

    def _eras_of(self, start: int, end: int) -> Iterator[tuple[Era, tuple[int, int]]]:
        """The eras to which hours of [start, end) belong, with those hours; the latest first."""
        end = min(end, LAST_HOUR)
        for number in range(self.era, -1, -1):
            begin = self.era_of(number - 1).end if number else start
            if max(start, begin) < end:
                yield self.era_of(number), (max(start, begin), end)
                end = begin
            if start >= begin:
                return

    def stop_of(self, term: Term) -> int:
        """The hour at which a part is over: its end, or the default that made the rest void."""
        return term.end if term.era == self.era else min(term.end, self.era_of(term.era).end)

    def close(self, hour: int, compensation: int) -> None:
        """End the era: what is booked from `hour` on is void."""
        era = self.era_of(self.era)
        era.end, era.compensation = hour, compensation
        era.flag(hour)
        era.mark(hour).closes = True
        self.era += 1
        self.phase += 1
        self.down = 0

    # Accrual

    def walk(self, source: Source, current: int) -> tuple[int, int, int]:
        """Move over final hours before `current`, `STEPS` at most: what that earned and what the
        bond pays, both ledgers, and the hours that earned something."""
        earned = compensated = covered = 0
        for _ in range(STEPS):
            hour = self.cursor
            if hour >= current:
                break
            era = self.era_of(self.phase // 2)
            booked, rate = self.booked, self.rate
            mark = None
            if era.flags.get(hour >> 8, 0) >> (hour & 255) & 1:
                mark = era.mark(hour)
                if mark.closes:
                    mark.lost = self.lost
                    self.booked = self.rate = self.down = 0
                    self.phase += 1
                    continue
                booked += mark.units
                rate += mark.rate
            lost = 0
            if booked:
                seconds = booked * HOUR - (mark.late if mark is not None else 0)
                is_final, available = source.final(hour)
                if not is_final:
                    break
                lost = loss(source.service, available, seconds)
                if lost <= Q:
                    covered += rate * (Q - lost) != 0
                    earned += rate * (Q - lost)
                else:
                    affordable = (self.bond - compensated) // rate if rate else 0
                    beyond = min(lost - Q, affordable)
                    compensated += beyond * rate
                    lost = Q + beyond
                self._count_down(source, hour, available)
            if mark is not None:
                mark.lost = self.lost
            self.cursor = hour + 1 if booked else era.next_flag(hour + 1, current)
            self.booked, self.rate = booked, rate
            self.lost += lost
        return earned, compensated, covered

    def refund_ledger(self, term: Term) -> int:
        """The losses of a part's accrued hours and, after a default, the rent of the hours it made
        void and the compensation for them."""
        era = self.era_of(term.era)
        ledger, stop = 0, term.end
        if term.era != (self.phase + 1) // 2:
            stop = max(min(stop, era.end), term.start)
            void = term.end - stop
            if void:
                rent = term.rent if stop == term.start else term.rate * void
                ledger = rent * Q + void * term.units * era.compensation
        to = min(self.cursor, stop)
        if to <= term.start:
            return ledger
        last, first = self._lost_at(era, to), self._lost_at(era, term.start)
        if term.first_seconds == HOUR:
            return ledger + term.rate * (last - first)
        second = self._lost_at(era, term.start + 1)
        return ledger + term.first_rate * (second - first) + term.rate * (last - second)

    def _lost_at(self, era: Era, hour: int) -> int:
        """The losses at the cursor, or at a mark before it."""
        if hour == self.cursor:
            return self.lost
        mark = era.marks.get(hour)
        return 0 if mark is None else mark.lost

    def _count_down(self, source: Source, hour: int, available: int) -> None:
        """Count the seconds of hours without anything available; those of a pause do not count."""
        if available:
            self.down = 0
        elif self.down < DEFAULT_SECONDS:
            self.down += source.clock_at((hour + 1) * HOUR) - source.clock_at(hour * HOUR)

    def slots(self, at: int, name: tuple[object, ...]) -> Iterator[Slot]:
        """All words, each by its first field's name, for books at slot `at`."""
        meter = packed(
            (self.cursor, 24),
            (self.booked, 32),
            (self.rate, 112),
            (self.lost, 48),
            (self.down, 24),
            (self.phase, 16),
        )
        earnings = packed(
            (self.earned, 112), (self.cancelled, 56), (self.remainder, 64), (self.hours_covered, 24)
        )
        rest = packed((self.base, 104), (self.bond, 104), (self.base_hour, 24), (self.era, 16))
        yield at, meter, (*name, "meter")
        yield at + 1, earnings, (*name, "earnings")
        yield at + 2, rest, (*name, "base")
        for number, era in self.eras.items():
            yield from era.slots(slot_of(at + 3, number), (*name, "eras", number))
