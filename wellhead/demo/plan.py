"""What the tenants of the demonstration book, and when: the same for the same trace, always.

The plan is written for 24 days and a share of the capacity. It is stretched or shrunk to the trace
at hand (a trace of 36 days and more is cut into equal periods that repeat it) and never books more
than there is: what would not fit is made smaller, or dropped. It invents demand; the trace has none
of it. The shares follow the bundled trace's ups and downs so that what is measured stays below what
is booked. Under another trace it need not, and the demonstration then says so.

All hours in here count from the trace's first one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

TENANTS = tuple(f"Tenant {letter}" for letter in "ABCDEFGHIJKL")

PERIOD = 576  # hours the plan is written for: 24 days
LONGEST = 1440  # hours of a lease that the demonstration's terms admit
HORIZON = 2160  # hours ahead that they let a lease end
PER_MILLE = 1000
HALF_PAST = 1800


@dataclass(frozen=True, slots=True)
class Change:
    """What a tenant will do with its lease at `at_hour`: `extend` it up to `hour`, `cancel` it from
    `hour` on, `offer` it for sale until `hour` begins, or `sell` it to whom `buyer` names."""

    kind: Literal["extend", "cancel", "offer", "sell"]
    at_hour: int
    hour: int = 0
    buyer: int = 0


@dataclass(frozen=True, slots=True)
class Booking:
    """One lease that a tenant will ask for, and what it will do with it.

    `at_hour` and `at_second` say when it is booked; second 0 means as soon as the hour's report is
    in. A booking whose `start` is the hour of booking pays that hour pro rata.
    """

    at_hour: int
    at_second: int
    tenant: int
    units: int
    start: int
    hours: int
    changes: tuple[Change, ...] = ()

    @property
    def end(self) -> int:
        """Hour after the last one, as booked at first."""
        return self.start + self.hours

    @property
    def until(self) -> int:
        """Hour after the last one when all changes are made."""
        moved = [change.hour for change in self.changes if change.kind in ("extend", "cancel")]
        return moved[-1] if moved else self.end


@dataclass(frozen=True, slots=True)
class _Wish:
    """A booking of the 24-day plan, in shares of the capacity. What becomes of it happens in the
    last period only."""

    tenant: str
    per_mille: int
    at: int
    start: int
    hours: int
    second: int = 0
    changes: tuple[Change, ...] = ()


#: A lease that outlives both outages is sold when their refunds are final: they are the seller's.
_SALE = (Change("offer", 456, 552), Change("sell", 500, buyer=TENANTS.index("Tenant I")))

#: In the order of precedence should capacity be short. The first one outlives the trace.
_WISHES = (
    _Wish("L", 150, at=440, start=486, hours=336),
    _Wish("J", 30, at=186, start=186, hours=24, second=HALF_PAST),
    _Wish("A", 260, at=0, start=0, hours=576, changes=_SALE),
    _Wish("B", 180, at=0, start=0, hours=336),
    _Wish("C", 120, at=0, start=0, hours=168),
    _Wish("D", 80, at=0, start=0, hours=72),
    _Wish("E", 80, at=0, start=0, hours=24),
    _Wish("F", 80, at=6, start=24, hours=48),
    _Wish("H", 80, at=20, start=132, hours=72, changes=(Change("extend", 180, 252),)),
    _Wish("G", 80, at=30, start=72, hours=168),
    _Wish("I", 120, at=100, start=156, hours=168),
    _Wish("C", 120, at=150, start=168, hours=168),
    _Wish("K", 80, at=236, start=252, hours=72),
    _Wish("D", 140, at=250, start=324, hours=72),
    _Wish("L", 150, at=260, start=322, hours=164),
    _Wish("B", 180, at=300, start=336, hours=240),
    _Wish("C", 120, at=320, start=336, hours=168),
    _Wish("G", 190, at=330, start=408, hours=168),
    _Wish("E", 60, at=380, start=384, hours=24),
    _Wish("C", 120, at=480, start=504, hours=72),
    _Wish("F", 20, at=540, start=540, hours=24, second=HALF_PAST),
    _Wish("K", 40, at=330, start=420, hours=120, changes=(Change("cancel", 440, 456),)),
)


def make_plan(units: int, hours: int) -> list[Booking]:
    """The bookings for a trace of `hours` hours of a cluster of `units` units, as they are made."""
    if units < 1 or hours < 1:
        raise ValueError(f"no plan for {units} units and {hours} hours")
    load = [0] * (2 * hours + PERIOD)
    bookings: list[Booking] = []
    asked = 0
    for wish, booking in _stretched(hours):
        # Shares are rounded against their running sum, so that small clusters get their part too.
        wanted = units * (asked + wish.per_mille) // PER_MILLE - units * asked // PER_MILLE
        asked += wish.per_mille
        if not bookings:
            wanted = max(wanted, 1)
        free = units - max(load[booking.start : booking.end])
        taken = min(wanted, free)
        if taken == 0:
            continue
        _add(load, booking.start, booking.end, taken)
        changes = tuple(_possible(booking, load, units - taken))
        booking = replace(booking, units=taken, changes=changes)
        _add(load, booking.end, booking.until, taken)
        bookings.append(booking)
    return sorted(bookings, key=lambda b: (b.at_hour, b.at_second))


def booked_units(bookings: Sequence[Booking], hour: int) -> int:
    """Units booked in an hour once all bookings and changes are made."""
    return sum(b.units for b in bookings if b.start <= hour < b.until)


def _add(load: list[int], start: int, end: int, units: int) -> None:
    for hour in range(start, end):
        load[hour] += units


def _possible(booking: Booking, load: list[int], free: int) -> Iterator[Change]:
    """Those of a booking's changes that the market will admit, moved by an hour where it has to be;
    an extension needs all its hours to have at most `free` units booked."""
    offered = False
    for change in booking.changes:
        kind, at, hour = change.kind, change.at_hour, change.hour
        if not booking.at_hour <= at < booking.end:
            continue
        if kind == "extend":
            if hour > booking.end and max(load[booking.end : hour]) <= free:
                yield change
        elif kind == "cancel":
            first = max(hour, at + 1, booking.start + 1)
            if first < booking.end:
                yield replace(change, hour=first)
        elif kind == "offer":
            offered = True
            sale = max(c.at_hour for c in booking.changes if c.kind == "sell")
            yield replace(change, hour=max(hour, sale + 1))
        elif offered and change.buyer != booking.tenant:
            yield change


def _stretched(hours: int) -> Iterator[tuple[_Wish, Booking]]:
    """Every wish at its place on the trace, the last period's first."""
    periods = max(1, (2 * hours + PERIOD) // (2 * PERIOD))  # rounded: 13 to 36 days each
    for period in reversed(range(periods)):
        begin, end = period * hours // periods, (period + 1) * hours // periods
        length = end - begin
        for wish in _WISHES:
            start = begin + wish.start * length // PERIOD
            stop = max(start + 1, begin + (wish.start + wish.hours) * length // PERIOD)
            if period < periods - 1:
                stop = min(stop, end)
            elif wish is _WISHES[0]:
                stop = max(stop, end + 1)
            changes = [
                replace(
                    change,
                    at_hour=begin + change.at_hour * length // PERIOD,
                    hour=begin + change.hour * length // PERIOD,
                )
                for change in wish.changes
                if period == periods - 1
            ]
            place = Booking(
                at_hour=min(start, begin + wish.at * length // PERIOD),
                at_second=wish.second,
                tenant=ord(wish.tenant) - ord("A"),
                units=0,
                start=start,
                hours=stop - start,
                changes=tuple(changes),
            )
            yield wish, place
