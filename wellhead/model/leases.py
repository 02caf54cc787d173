"""A lease, a quote and a cluster's books, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from .calendar import Calendar
from .units import HOUR, LEDGER_SCALE, RATE_SCALE, Address, Q


@dataclass
class Lease:
    """`units` units of a cluster for the hours [start, end), prepaid with `cost` stablecoin units.

    `rate` is rent per full hour in 2^-32 stablecoin units; the first hour is covered for
    `first_seconds`. `earned` and `refund` are the ledgers of its accrued hours, what was earned by
    the cluster and what is due back; `refunded` is stablecoin units already credited. `sellable` is
    what was open to bookings when it was opened.
    """

    cluster_id: int
    units: int
    start: int
    end: int
    first_seconds: int
    cost: int
    rate: int
    owner: Address
    sellable: int
    approved: Address | None = None
    earned: int = 0
    refund: int = 0
    refunded: int = 0

    def rate_at(self, hour: int) -> int:
        """Rent of an hour in 2^-32 stablecoin units; its first one pro rata, rounded down."""
        if not self.start <= hour < self.end:
            return 0
        return self.rate * self.first_seconds // HOUR if hour == self.start else self.rate

    def rent_from(self, hour: int) -> int:
        """Rent of its hours from `hour` on, 2^-32 stablecoin units."""
        if hour <= self.start:
            return self.rate_at(self.start) + self.rate * (self.end - self.start - 1)
        return self.rate * max(0, self.end - hour)

    @property
    def remainder(self) -> int:
        """Ledger of the cost that the hours' rates leave; the operator's."""
        return (self.cost * RATE_SCALE - self.rent_from(self.start)) * Q

    def refundable(self) -> int:
        """Stablecoin units that are due back and not credited yet, rounded down."""
        return self.refund // LEDGER_SCALE - self.refunded

    def meter(self, hour: int, served: int) -> int:
        """Split an hour's rent by the served fraction; returns the earned part, a ledger."""
        earned = self.rate_at(hour) * served
        self.earned += earned
        self.refund += self.rate_at(hour) * Q - earned
        return earned


@dataclass(frozen=True)
class Quote:
    """What a lease would cost: stablecoin units, 2^-32 of them per full hour, seconds of the first
    hour, 1e-18 stablecoin units per unit-hour, most units booked in any of its hours."""

    cost: int
    rate: int
    first_seconds: int
    base: int
    peak: int


@dataclass(frozen=True)
class Books:
    """A cluster's books.

    Hours before `cursor` are accrued; `booked` and `rate` are those of the last accrued hour;
    `served` is D at the cursor; `earned` and `remainder` are ledgers that wait for the router;
    `base` is 1e-18 stablecoin units per unit-hour, with the hours before `base_hour`.
    """

    cursor: int
    booked: int
    rate: int
    served: int
    earned: int
    remainder: int
    base: int
    base_hour: int


@dataclass
class Book:
    """State of one cluster in the market; `served_hours` is served of every accrued booked hour."""

    calendar: Calendar = field(default_factory=Calendar)
    leases: list[int] = field(default_factory=list)
    live: list[int] = field(default_factory=list)
    served_hours: dict[int, int] = field(default_factory=dict)
    cursor: int = 0
    served: int = 0
    earned: int = 0
    remainder: int = 0
    base: int = 0
    base_hour: int = 0
