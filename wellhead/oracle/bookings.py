"""What was booked in an hour, moment by moment, and what of it tenants could use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wellhead.model.units import HOUR

THOUSANDTHS = 1000


@dataclass(frozen=True)
class Bookings:
    """Units booked in an hour: `booked` at its end, and `late` those of them that were booked in
    its course, as (second of the hour, units) in ascending order, one for each second. All the
    others were booked from the hour's beginning on. ValueError where that can not be."""

    booked: int
    late: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        borders = [0, *(second for second, _ in self.late), HOUR]
        in_order = all(before < after for before, after in pairwise(borders))
        if not in_order or any(units < 1 for _, units in self.late) or self.at_first < 0:
            raise ValueError(f"no bookings of an hour: {self.told}")

    @property
    def at_first(self) -> int:
        """Units booked from the hour's beginning on."""
        return self.booked - sum(units for _, units in self.late)

    @property
    def covered(self) -> int:
        """Unit-seconds booked in the hour, as ILeaseRecords.coveredAt has them."""
        return HOUR * self.booked - sum(second * units for second, units in self.late)

    @property
    def told(self) -> str:
        return told(self.booked, self.late)

    def stretches(self) -> Iterator[tuple[int, int, int]]:
        """The seconds [begin, end) of the hour in which as many units were booked, without gap."""
        begin, units = 0, self.at_first
        for second, more in self.late:
            yield begin, second, units
            begin, units = second, units + more
        yield begin, HOUR, units


def available_of(bookings: Bookings, working: Sequence[int]) -> int:
    """Thousandths of a unit that tenants could use: mean over the hour of the smaller of units
    working and units booked at that moment.

    `working` are thousandths of a unit at each of M looks, at least one; a look stands for its part
    of the hour when that is cut into M equal parts. Where a booking comes in the midst of a part,
    each piece of it counts by itself. What was booked is rounded up, and so is what of it was
    missing; once each. So where nothing came late it is the mean over the looks, rounded down; and
    where as many units worked at every look as were booked in the end, nothing is lost to rounding,
    however short the booking was. It is never more than the mean of what worked, rounded down.
    """
    looks = len(working)
    missing = 0  # thousandths of a unit, times seconds, times looks
    for begin, end, units in bookings.stretches():
        # In parts of a second that are as many as looks, so that every border is a whole number.
        first, last = begin * looks, end * looks
        for part in range(first // HOUR, -(-last // HOUR)):
            length = min(last, (part + 1) * HOUR) - max(first, part * HOUR)
            missing += max(units * THOUSANDTHS - working[part], 0) * length
    booked = -(-bookings.covered * THOUSANDTHS // HOUR)
    return min(booked - -(-missing // (HOUR * looks)), sum(working) // looks)


def told(booked: int, late: Iterable[tuple[int, int]]) -> str:
    """Bookings for people, whatever they are: 5, or 5 (2 of them from second 1800 on)."""
    parts = ", ".join(f"{units} of them from second {second} on" for second, units in late)
    return f"{booked} ({parts})" if parts else str(booked)
