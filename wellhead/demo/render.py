"""What the demonstration prints at its end. It fits into 60 columns, and needs no colour."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from wellhead.demo.bitcoin import PRICE
from wellhead.demo.chart import chart
from wellhead.demo.money import COIN, bitcoin, dollars, ledger_dollars, percent
from wellhead.demo.results import Books, DemoResult
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
    reporters, holders, books, bitcoin, and what to know."""
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
        holder_table(result, narrow=narrow),
        books_table(result),
        bitcoin_table(result),
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
    whole = books.paid_in + books.bond_posted
    for section in _BOOKS:
        for label, part in section:
            ledger, other = part(books), part(second)
            if ledger or other or label not in _RARE:
                shares = (ledger_dollars(ledger), percent(ledger, whole), ledger_dollars(other))
                table.add_row(label, *shares)
        table.add_section()
    return table


#: What came in, and where it is now, by the books.
_BOOKS: tuple[tuple[tuple[str, Callable[[Books], int]], ...], ...] = (
    (
        ("paid in by tenants", lambda b: b.paid_in),
        ("bond posted", lambda b: b.bond_posted),
    ),
    (
        ("earned: operator", lambda b: b.operator - b.operator_waiting),
        ("earned: reporters", lambda b: b.reporters - b.reporters_waiting),
        ("earned, waiting for release", lambda b: b.operator_waiting + b.reporters_waiting),
        ("earned: holders, cash", lambda b: b.holders_cash),
        ("earned: holders, for bitcoin", lambda b: b.bitcoin_swept),
        ("earned: holders, to be swept", lambda b: b.bitcoin_pending),
        ("earned, not split yet", lambda b: b.undistributed),
        ("refunded", lambda b: b.refunded),
        ("refund owed, fractions", lambda b: b.refund_owed),
        ("back for cancelled hours", lambda b: b.cancelled),
        ("escrowed, hours to come", lambda b: b.escrowed),
        ("bond left", lambda b: b.bond),
        ("bond withdrawn", lambda b: b.bond_withdrawn),
    ),
    (
        ("refunds: short hours", lambda b: b.outage_refund),
        ("refunds: void hours", lambda b: b.void_refund),
        ("refunds: compensation", lambda b: b.compensation),
    ),
)
_RARE = ("bond withdrawn", "earned: holders, to be swept")


def bitcoin_table(result: DemoResult) -> Table:
    """What was bought for the holders, and where it is. Rows add up to the last unit."""
    table = table_of("Holders' bitcoin", ("", "left"), ("amount", "right"), ("made-up", "right"))
    both = (result.accounts, result.second.accounts)
    table.add_row("swept: dollars spent", *(dollars(a.purchases.spent) for a in both))
    table.add_row("swept: bitcoin received", *(bitcoin(a.purchases.bought) for a in both))
    table.add_section()
    table.add_row("tips for sweeping", *(bitcoin(a.purchases.tips) for a in both))
    parts = [a.bitcoin.in_units() for a in both]
    for label, name in _BITCOIN:
        table.add_row(label, *(bitcoin(part[name]) for part in parts))
    return table


_BITCOIN = (
    ("claimed", "claimed"),
    ("not claimed", "claimable"),
    ("not vested yet", "unvested"),
    ("carried, fractions", "carried"),
)


def notes(result: DemoResult) -> list[str]:
    """What the tables do not say."""
    trace, second = result.trace, result.second.books
    down = sum(hour.down for hour in trace.hours)
    said = [
        "For each cluster the parts of the books add up to what was paid in and posted exactly, in "
        f"parts of 1 / {LEDGER_SCALE:,} of a stablecoin unit; the tables round. So do the parts of "
        "the bitcoin that was bought, and of the holders' cash. The vault holds exactly what all "
        "claims add up to.",
        "Demand, prices and terms are the demonstration's own. Energy and work are not in the "
        "trace; they are reported as 0, which means not measured.",
        "Once a day the holders' bitcoin was bought on a Uniswap v3 pool of the local chain, and "
        f"the pool traded back to {dollars(PRICE * COIN, 0)} a bitcoin: a constant, not the "
        "market's price of those days.",
        "The token of a cluster draws a card of itself, with what is booked, measured and earned: "
        "`wellhead token card`, on a chain that runs.",
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
