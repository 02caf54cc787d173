"""What a run of the demonstration leaves behind, in integers, for tables, chart and report file.

Money is in stablecoin units (6 decimals), books are in ledger units of 1 / LEDGER_SCALE of those.
Hours count from the trace's first one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from wellhead.actions.books import Books as Books  # re-exported
from wellhead.actions.books import BooksError as BooksError
from wellhead.demo.trace import Trace
from wellhead.model.terms import Terms
from wellhead.model.units import HOUR, LEDGER_SCALE


@dataclass(frozen=True, slots=True)
class LeaseResult:
    """A lease, and what was refunded of it."""

    lease_id: int
    tenant: str
    units: int
    booked_at: int
    start: int
    hours: int
    first_seconds: int
    cost: int
    refunded: int

    @property
    def seconds(self) -> int:
        """Time that is covered: the first hour may be a part of one."""
        return (self.hours - 1) * HOUR + self.first_seconds

    @property
    def price(self) -> int:
        """Cost of a unit for an hour, rounded to the nearest stablecoin unit."""
        unit_seconds = self.units * self.seconds
        return (2 * self.cost * HOUR + unit_seconds) // (2 * unit_seconds)


@dataclass(frozen=True, slots=True)
class HolderResult:
    """Who holds tokens at the end (1e-18), what they were bought for, and what they earned."""

    name: str
    tokens: int
    paid: int
    claimed: int


@dataclass(frozen=True, slots=True)
class ReporterResult:
    """How many reports one reporter signed, and what it was paid."""

    name: str
    signed: int
    paid: int


@dataclass(frozen=True, slots=True)
class HourResult:
    """One hour on chain: units booked, utilization measured (millionths), the fraction of rent that
    was served (millionths; a whole hour where nothing was booked), and the price of one more unit
    for an hour, without discount, in stablecoin units."""

    booked: int
    measured: int
    served: int
    price: int


@dataclass(frozen=True)
class DemoResult:
    """Everything that is shown at the end."""

    trace: Trace
    infer_down: bool
    terms: Terms
    token: str
    reports: int
    leases: list[LeaseResult]
    hours: list[HourResult]
    holders: list[HolderResult]
    reporters: list[ReporterResult]
    books: Books

    @property
    def unbooked_use(self) -> int:
        """Hours in which more was measured than booked: capacity sold off the books."""
        units = self.trace.units
        return sum(hour.measured * units > hour.booked * 10**6 for hour in self.hours)

    @property
    def short_hours(self) -> int:
        """Hours in which tenants did not get all that they had booked."""
        return sum(hour.served < 10**6 for hour in self.hours)

    def report(self) -> dict[str, str]:
        """The content of the report file: integers as strings."""
        books = {field.name: getattr(self.books, field.name) for field in fields(self.books)}
        counts = {
            "ledger_scale": LEDGER_SCALE,
            "reports": self.reports,
            "leases": len(self.leases),
            "hours": len(self.hours),
        }
        return {name: str(value) for name, value in {**books, **counts}.items()}
