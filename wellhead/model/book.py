"""The books of one cluster, hour by hour and lease by lease."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .calendar import Calendar
from .leases import Entry, Lease, Part
from .units import HOUR, Q

DEFAULT_SECONDS = 72 * 3600
"""Seconds in a row without anything available that suffice for a default."""


@dataclass
class Era:
    """Bookings between two defaults.

    From `end` on, the hour of the default that ended it, they are void; `compensation` is the
    ledger due for each void unit-hour. `late` is unit-seconds of an hour that had passed when units
    were booked in it. `flags` are the hours at which something begins or ends: a walk over hours
    without bookings rests at each.
    """

    calendar: Calendar = field(default_factory=Calendar)
    late: dict[int, int] = field(default_factory=dict)
    flags: set[int] = field(default_factory=set)
    end: int | None = None
    compensation: int = 0

    def stands(self, hour: int) -> bool:
        """Whether bookings of an hour stand."""
        return self.end is None or hour < self.end

    def covered(self, hour: int) -> int:
        """Unit-seconds booked in an hour, whether they stand or not."""
        return self.calendar.at(hour) * HOUR - self.late.get(hour, 0)

    def next_flag(self, hour: int, limit: int) -> int:
        """The first flagged hour from `hour` on; `limit` where there is none before it."""
        return min((flag for flag in self.flags if hour <= flag < limit), default=limit)


@dataclass
class Walk:
    """How far the books can move, and what they learn on the way.

    `losses` are those of the booked hours passed, `hours_covered` counts those that earned
    something, `compensated` is the ledger that the bond pays.
    """

    cursor: int
    era: int
    booked: int
    rate: int
    down: int
    down_from: int
    losses: dict[int, int] = field(default_factory=dict)
    earned: int = 0
    hours_covered: int = 0
    compensated: int = 0


@dataclass
class Book:
    """State of one cluster in the market; `leases` are its leases by id.

    Hours before `cursor` are accrued, the booked ones among them with the `losses` of each; the
    walk stands in `walk_era`, and has counted `down` since hour `down_from`. Since revenue was
    collected, `hours_covered` of them earned something, and cancellations earned `cancelled`
    stablecoin units, each rounded down; the ledger of both is in `earned`. `remainder` is in 2^-32
    stablecoin units. `history` holds all bookings; the last five fields are all that was ever
    cancelled (stablecoin units given back, and the ledger earned by it), posted and withdrawn
    (stablecoin units), and reserved (ledger).
    """

    leases: dict[int, Lease] = field(default_factory=dict)
    eras: list[Era] = field(default_factory=lambda: [Era()])
    losses: dict[int, int] = field(default_factory=dict)
    history: list[Entry] = field(default_factory=list)
    cursor: int = 0
    walk_era: int = 0
    booked: int = 0
    rate: int = 0
    down: int = 0
    down_from: int = 0
    earned: int = 0
    cancelled: int = 0
    hours_covered: int = 0
    remainder: int = 0
    bond: int = 0
    base: int = 0
    base_hour: int = 0
    cancel_refunds: int = 0
    cancel_earned: int = 0
    bond_posted: int = 0
    bond_withdrawn: int = 0
    bond_reserved: int = 0

    @property
    def era(self) -> int:
        """The era that bookings go to: how many defaults there were."""
        return len(self.eras) - 1

    @property
    def lost(self) -> int:
        """L: the sum of the losses of all accrued hours."""
        return sum(self.losses.values())

    @property
    def calendar(self) -> Calendar:
        """The bookings of the present era."""
        return self.eras[-1].calendar

    def parts(self) -> Iterator[tuple[Lease, Part]]:
        """Every part of every lease."""
        for lease in self.leases.values():
            for part in lease.parts:
                yield lease, part

    def booked_hours(self, start: int, end: int) -> Iterator[tuple[int, Era]]:
        """The hours of [start, end) that are booked, each with its own era."""
        begin = 0
        for era in self.eras:
            for hour in era.calendar.hours:
                if max(start, begin) <= hour < end and era.stands(hour):
                    yield hour, era
            begin = era.end or 0

    def loads(self, start: int, end: int) -> dict[int, int]:
        """Units booked in the hours of [start, end) that are booked, as at their ends."""
        return {hour: era.calendar.at(hour) for hour, era in self.booked_hours(start, end)}

    def peak(self, start: int, end: int) -> int:
        """Most units booked in any hour of [start, end)."""
        return max(self.loads(start, end).values(), default=0)

    def sum(self, start: int, end: int) -> int:
        """Unit-hours booked over [start, end)."""
        return sum(self.loads(start, end).values())

    def covered(self, start: int, end: int) -> int:
        """Unit-seconds booked over [start, end); units that came in the course of an hour count
        for what was left of it."""
        return sum(era.covered(hour) for hour, era in self.booked_hours(start, end))

    def rate_in(self, era: int, hour: int) -> int:
        """Rent of an hour of an era, 2^-32 stablecoin units of all leases together."""
        return sum(part.rate_at(hour) for _, part in self.parts() if part.era == era)

    def stop_of(self, part: Part) -> int:
        """The hour at which a part is over: its end, or the default that made the rest void."""
        ended = self.eras[part.era].end
        return part.end if ended is None else min(part.end, ended)

    def refund_of(self, lease: Lease, walk: Walk | None = None) -> int:
        """Refund ledger of a lease, all that was ever due; with a walk, as it will be after it."""
        cursor = walk.cursor if walk else self.cursor
        losses = self.losses | walk.losses if walk else self.losses
        ledger = lease.shared
        for part in lease.parts:
            era = self.eras[part.era]
            for hour in part.hours:
                if not era.stands(hour):
                    ledger += part.rate_at(hour) * Q + lease.units * era.compensation
                elif hour < cursor:
                    ledger += part.rate_at(hour) * losses[hour]
        return ledger

    def escrow_of(self, lease: Lease) -> int:
        """Ledger of a lease's rent for hours that are neither accrued nor void."""
        return Q * sum(
            part.rate_at(hour)
            for part in lease.parts
            for hour in part.hours
            if hour >= self.cursor and self.eras[part.era].stands(hour)
        )

    def enter(self, units: int, part: Part, cost: int, remainder: int, limit: int) -> None:
        """Book a part; `limit` units could be booked in each of its hours."""
        era = self.eras[part.era]
        era.calendar.add(part.start, part.end, units)
        era.flags |= {part.start, part.end}
        if part.first_seconds != HOUR:
            passed = units * (HOUR - part.first_seconds)
            era.late[part.start] = era.late.get(part.start, 0) + passed
            if len(part.hours) > 1:
                era.flags.add(part.start + 1)  # the rate changes there
        self.remainder += remainder
        self.history.append(Entry(part.era, part.start, part.end, units, cost, remainder, limit))

    def leave(self, units: int, part: Part, hour: int) -> None:
        """Take the hours of a part from `hour` on out of the calendar."""
        era = self.eras[part.era]
        era.calendar.add(hour, part.end, -units)
        era.flags.add(hour)
        self.history.append(Entry(part.era, hour, part.end, -units))

    def close(self, hour: int, compensation: int, reserved: int) -> None:
        """End the era at an hour: what is booked from there on is void."""
        era = self.eras[-1]
        era.end, era.compensation = hour, compensation
        era.flags.add(hour)
        self.eras.append(Era())
        self.bond -= reserved
        self.bond_reserved += reserved
        self.down, self.down_from = 0, self.cursor
