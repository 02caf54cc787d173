"""What the demonstration prints at its end. It fits into 60 columns, and needs no colour."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from wellhead.demo.chart import chart
from wellhead.demo.money import ledger_dollars, percent
from wellhead.demo.results import DemoResult
from wellhead.demo.tables import (
    cluster_table,
    holder_table,
    lease_table,
    reporter_table,
    second_table,
    step_table,
    table_of,
)
from wellhead.model.units import LEDGER_SCALE

NARROW = 72
CHART_WIDTH = 72


def show(result: DemoResult, console: Console) -> None:
    """Print everything: cluster, chart, leases and what became of them, the made-up cluster,
    reporters, holders, books, and what to know."""
    ascii_only = console.options.ascii_only
    narrow = console.width < NARROW
    width = min(console.width, CHART_WIDTH)
    title = "Leases (times in hours from the trace's first)"
    parts: list[RenderableType] = [
        cluster_table(result),
        chart(result.hours, result.trace.units, width, ascii_only=ascii_only),
        lease_table(title, result.leases, narrow=narrow),
        second_table(result),
        lease_table("Leases of the made-up cluster", result.second.leases, narrow=narrow),
        step_table(result),
        reporter_table(result),
        holder_table(result),
        books_table(result),
        _listed(notes(result)),
    ]
    for part in parts:
        console.print()
        console.print(part, highlight=False)


def books_table(result: DemoResult) -> Table:
    """Where everything is that tenants paid and operators posted."""
    table = table_of(
        "Books", ("", "left"), ("amount", "right"), ("share", "right"), ("made-up", "right")
    )
    books, second = result.books, result.second.books
    for section in _BOOKS:
        for label, name in section:
            ledger, other = getattr(books, name), getattr(second, name)
            if ledger or other or name not in _RARE:
                share = percent(ledger, books.paid_in + books.bond_posted)
                table.add_row(label, ledger_dollars(ledger), share, ledger_dollars(other))
        table.add_section()
    return table


#: What came in, and where it is now, by the names in the books.
_BOOKS = (
    (("paid in by tenants", "paid_in"), ("bond posted", "bond_posted")),
    (
        ("earned: operator", "operator"),
        ("earned: reporters", "reporters"),
        ("earned: holders, cash", "holders_cash"),
        ("earned: holders, for bitcoin", "bitcoin_pending"),
        ("earned, not split yet", "undistributed"),
        ("refunded", "refunded"),
        ("refund owed, fractions", "refund_owed"),
        ("back for cancelled hours", "cancelled"),
        ("escrowed, hours to come", "escrowed"),
        ("bond left", "bond"),
        ("bond withdrawn", "bond_withdrawn"),
    ),
    (
        ("refunds: short hours", "outage_refund"),
        ("refunds: void hours", "void_refund"),
        ("refunds: compensation", "compensation"),
    ),
)
_RARE = ("bond_withdrawn",)


def notes(result: DemoResult) -> list[str]:
    """What the tables do not say."""
    trace, second = result.trace, result.second.books
    down = sum(hour.down for hour in trace.hours)
    said = [
        "For each cluster the parts of the books add up to what was paid in and posted exactly, in "
        f"parts of 1 / {LEDGER_SCALE:,} of a stablecoin unit; the tables round. The vault holds "
        "exactly what all claims add up to.",
        "Demand, prices and terms are the demonstration's own. Energy and work are not in the "
        "trace; they are reported as 0, which means not measured.",
    ]
    totals = [audit.totals for audit in result.checks]
    said.append(
        f"The five reporters were processes of their own. Each of the "
        f"{sum(t.reported for t in totals):,} reports was made again from what they keep, down to "
        f"the raw samples of {sum(t.raw for t in totals):,} signed measurements, and is what the "
        "chain has. They all read the same traces: none of the hours rests on a job or a "
        "statement from outside."
    )
    if result.infer_down:
        said.append(
            "Availability is inferred, the trace does not state it: a moment at which no unit of "
            f"the whole cluster ran counts as down ({down:,} of {trace.rows:,} rows, in "
            f"{_count(trace.down_hours, 'hour')})."
        )
    else:
        said.append("The inference of outages is switched off: every unit counts as working.")
    said.append(
        f"Not fully served: {_count(result.short_hours, 'hour')}. Their refund, recomputed hour by "
        f"hour from reports and leases: {ledger_dollars(result.books.outage_refund)}."
    )
    said.append(
        "What came back for cancelled hours is recomputed too, by the formula, and so is what the "
        f"made-up cluster owed: for short hours {ledger_dollars(second.outage_refund)}, of which "
        f"the bond paid {ledger_dollars(second.penalties)} that went beyond their rent, and for "
        "void hours their rent and a compensation out of the bond."
    )
    if result.unbooked_use:
        said.append(
            f"ALARM: more was measured than booked in {_count(result.unbooked_use, 'hour')}, as if "
            "capacity had been sold off the books. Here it only says that this trace's use and the "
            "demonstration's bookings are unrelated."
        )
    return said


def _listed(lines: list[str]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        table.add_row("-", Text(line))
    return table


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
