"""What a run of the demonstration leaves behind, in integers, for tables, chart and report file.

Money is in stablecoin units (6 decimals), books are in ledger units of 1 / LEDGER_SCALE of those.
Hours count from the trace's first one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from wellhead.actions.books import Books as Books  # re-exported
from wellhead.actions.books import BooksError as BooksError
from wellhead.demo.earnings import Earnings, Purchases
from wellhead.demo.trace import Trace
from wellhead.model.terms import Terms
from wellhead.model.units import HOUR, LEDGER_SCALE
from wellhead.oracle.audit.findings import Audit


@dataclass(frozen=True, slots=True)
class LeaseResult:
    """A lease and what came back of it: `refunded` for losses and void hours, `cancelled` for hours
    that were sold back. `hours` were booked at first, `extended` were added, and of all of them
    `sold_back` were cancelled and `void` not served because of a default. `cost` is for all of
    them."""

    lease_id: int
    tenant: str
    units: int
    booked_at: int
    start: int
    hours: int
    first_seconds: int
    cost: int
    refunded: int
    extended: int = 0
    sold_back: int = 0
    void: int = 0
    cancelled: int = 0

    @property
    def seconds(self) -> int:
        """Time that was paid for: the first hour may be a part of one."""
        return (self.hours + self.extended - 1) * HOUR + self.first_seconds

    @property
    def price(self) -> int:
        """Cost of a unit for an hour, rounded to the nearest stablecoin unit."""
        unit_seconds = self.units * self.seconds
        return (2 * self.cost * HOUR + unit_seconds) // (2 * unit_seconds)

    @property
    def returned(self) -> int:
        """All that came back."""
        return self.refunded + self.cancelled


@dataclass(frozen=True, slots=True)
class HolderResult:
    """Who holds tokens at the end (1e-18), what they were bought for, and what they earned, in
    stablecoin and in bitcoin units."""

    name: str
    tokens: int
    paid: int
    cash: int
    bitcoin: int


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


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened in an hour; `is_second` where it did on the second cluster."""

    hour: int
    text: str
    is_second: bool = False


@dataclass(frozen=True, slots=True)
class Accounts:
    """A cluster's books, and what became of what they gave to the holders, in cash and bitcoin."""

    books: Books
    cash: Earnings
    bitcoin: Earnings
    purchases: Purchases

    def figures(self) -> dict[str, int]:
        """All of it under names of its own; parts of what holders earned in ledger units, of which
        a smallest unit has `cash_scale` or `bitcoin_scale`."""
        figures = asdict(self.books)
        for name, earnings in (("cash", self.cash), ("bitcoin", self.bitcoin)):
            parts = asdict(earnings)
            figures[f"{name}_scale"] = 1 << parts.pop("shift")
            figures |= {f"{name}_{part}": value for part, value in parts.items()}
        return figures | {f"sweep_{part}": n for part, n in asdict(self.purchases).items()}


@dataclass(frozen=True)
class SecondResult:
    """The made-up cluster: its terms, how many hours were reported, its leases and its books."""

    token: str
    units: int
    terms: Terms
    reports: int
    leases: list[LeaseResult]
    accounts: Accounts

    @property
    def books(self) -> Books:
        return self.accounts.books


@dataclass(frozen=True)
class DemoResult:
    """Everything that is shown at the end. `reports` are hours of the trace's cluster on record,
    `batches` the transactions that put the reports of both clusters there, and `checks` what making
    all of them again found."""

    trace: Trace
    infer_down: bool
    terms: Terms
    token: str
    reports: int
    batches: int
    leases: list[LeaseResult]
    hours: list[HourResult]
    steps: list[Step]
    checks: list[Audit]
    holders: list[HolderResult]
    reporters: list[ReporterResult]
    accounts: Accounts
    second: SecondResult

    @property
    def books(self) -> Books:
        return self.accounts.books

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
        """The content of the report file: integers as strings. Figures of the made-up cluster are
        called `second_`; the others are the trace's cluster's."""
        figures = {
            **self.accounts.figures(),
            "ledger_scale": LEDGER_SCALE,
            "reports": self.reports,
            "leases": len(self.leases),
            "hours": len(self.hours),
        }
        second = {
            **self.second.accounts.figures(),
            "reports": self.second.reports,
            "leases": len(self.second.leases),
        }
        figures |= {f"second_{name}": value for name, value in second.items()}
        return {name: str(value) for name, value in figures.items()}
