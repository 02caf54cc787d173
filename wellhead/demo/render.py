"""The demonstration's tables. They fit into 60 columns and say everything without colour."""

from __future__ import annotations

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from wellhead.demo.chart import chart
from wellhead.demo.money import COIN, decimal, dollars, ledger_dollars, percent, rounded
from wellhead.demo.results import DemoResult, LeaseResult
from wellhead.model.units import HOUR, LEDGER_SCALE, UNIT, Q

NARROW = 72
CHART_WIDTH = 72
DAY = 24


def show(result: DemoResult, console: Console) -> None:
    """Print everything: cluster, chart, leases, reporters, holders, books, and what to know."""
    ascii_only = console.options.ascii_only
    width = min(console.width, CHART_WIDTH)
    parts: list[RenderableType] = [
        cluster_table(result),
        chart(result.hours, result.trace.units, width, ascii_only=ascii_only),
        lease_table(result, narrow=console.width < NARROW),
        reporter_table(result),
        holder_table(result),
        books_table(result),
        _listed(notes(result)),
    ]
    for part in parts:
        console.print()
        console.print(part, highlight=False)


def cluster_table(result: DemoResult) -> Table:
    """The cluster, its terms, and what the trace held."""
    trace, pricing, split = result.trace, result.terms.pricing, result.terms.split
    table = _table("Cluster and terms", ("", "left"), ("", "left"), header=False)
    rows = (
        ("token", f"{result.token}, one per attested unit"),
        ("units", f"{trace.units:,} attested, all open to bookings"),
        ("trace", f"{trace.source}: {trace.rows:,} rows, {len(trace.hours):,} hours"),
        (
            "base price",
            f"{dollars(pricing.base_start)} per GPU-hour at first, "
            f"{dollars(pricing.base_floor)} to {dollars(pricing.base_cap)}",
        ),
        (
            "curve",
            f"{_times(pricing.low)} the base for the first unit of an hour, "
            f"{_times(pricing.high)} for the last",
        ),
        (
            "demand",
            f"base stands still at {percent(pricing.target, Q, 0)} booked; a day at 10 points "
            f"more raises it {percent(pricing.speed * DAY // 10, Q)}",
        ),
        ("discount", f"up to {percent(pricing.discount, Q, 0)} from {pricing.discount_hours} h on"),
        (
            "service",
            f"{percent(result.terms.service.sla, Q)} promised; below, the shortfall "
            f"and {percent(result.terms.service.penalty, Q, 0)} of it more is refunded",
        ),
        (
            "split",
            f"operator {percent(split.operator, Q, 0)}, "
            f"reporters {percent(split.reporters, Q, 0)}, "
            f"holders {percent(split.cash, Q, 0)} cash and {percent(split.bitcoin, Q, 0)} bitcoin",
        ),
    )
    for row in rows:
        table.add_row(*row)
    return table


def lease_table(result: DemoResult, *, narrow: bool) -> Table:
    """Every lease: when booked, what for, what it cost, what came back."""
    columns = [("#", "right"), ("who" if narrow else "tenant", "left"), ("GPUs", "right")]
    if not narrow:
        columns.append(("booked", "right"))
    columns += [("from", "right"), ("hours", "right"), ("cost", "right")]
    columns += [("$/GPU-h", "right"), ("refund", "right")]
    table = _table("Leases (times in hours from the trace's first)", *columns)
    paid_in = sum(lease.cost for lease in result.leases)
    cents = 0 if narrow or paid_in >= 10**7 * COIN else 2
    for lease in result.leases:
        who = lease.tenant.rsplit(" ", 1)[-1] if narrow else lease.tenant
        cells = [str(lease.lease_id), who, f"{lease.units:,}"]
        if not narrow:
            cells.append(str(lease.booked_at))
        cells += [str(lease.start), _hours(lease), dollars(lease.cost, cents)]
        cells += [dollars(lease.price, 4), dollars(lease.refunded) if lease.refunded else "-"]
        table.add_row(*cells)
    table.add_section()
    total = ["", "sum", "", *([] if narrow else [""]), "", ""]
    total += [dollars(paid_in, cents), ""]
    total += [dollars(sum(lease.refunded for lease in result.leases))]
    table.add_row(*total)
    return table


def holder_table(result: DemoResult) -> Table:
    """Who holds the tokens, and what they earned."""
    table = _table(
        "Holders",
        ("holder", "left"),
        ("tokens", "right"),
        ("share", "right"),
        ("bought for", "right"),
        ("cash claimed", "right"),
    )
    supply = sum(holder.tokens for holder in result.holders)
    for holder in result.holders:
        table.add_row(
            holder.name,
            decimal(rounded(holder.tokens, UNIT // 1000), 3),
            percent(holder.tokens, supply),
            dollars(holder.paid) if holder.paid else "-",
            dollars(holder.claimed),
        )
    return table


def reporter_table(result: DemoResult) -> Table:
    """Who signed how many of the reports, and what it was paid."""
    table = _table("Reporters", ("reporter", "left"), ("signed", "right"), ("paid", "right"))
    for reporter in result.reporters:
        signed = f"{reporter.signed:,} of {result.reports:,}"
        table.add_row(reporter.name, signed, dollars(reporter.paid))
    return table


def books_table(result: DemoResult) -> Table:
    """Where everything went that tenants paid."""
    books = result.books
    table = _table("Books", ("", "left"), ("amount", "right"), ("share", "right"))

    def add(label: str, ledger: int) -> None:
        table.add_row(label, ledger_dollars(ledger), percent(ledger, books.paid_in))

    add("paid in by tenants", books.paid_in)
    table.add_section()
    add("earned: operator", books.operator)
    add("earned: reporters", books.reporters)
    add("earned: holders, cash", books.holders_cash)
    add("earned: holders, for bitcoin", books.bitcoin_pending)
    add("earned, not split yet", books.undistributed)
    add("refunded", books.refunded)
    add("refund owed, fractions", books.refund_owed)
    add("escrowed, hours to come", books.escrowed)
    return table


def notes(result: DemoResult) -> list[str]:
    """What the tables do not say."""
    trace = result.trace
    down = sum(hour.down for hour in trace.hours)
    said = [
        "The parts of the books add up to what was paid in exactly, in parts of "
        f"1 / {LEDGER_SCALE:,} of a stablecoin unit; the tables round.",
        "Demand, prices and terms are the demonstration's own. Energy and work are not in the "
        "trace; they are reported as 0, which means not measured.",
    ]
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
    if result.unbooked_use:
        said.append(
            f"ALARM: more was measured than booked in {_count(result.unbooked_use, 'hour')}, as if "
            "capacity had been sold off the books. Here it only says that this trace's use and the "
            "demonstration's bookings are unrelated."
        )
    return said


def _table(title: str, *columns: tuple[str, str], header: bool = True) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_header=header,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    return table


def _listed(lines: list[str]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        table.add_row("-", Text(line))
    return table


def _hours(lease: LeaseResult) -> str:
    """Hours covered; a first hour that is paid in part shows as a fraction."""
    if lease.first_seconds == HOUR:
        return f"{lease.hours:,}"
    return decimal(rounded(100 * lease.seconds, HOUR), 2)


def _times(millionths: int) -> str:
    return decimal(rounded(millionths, 10_000), 2) + " times"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
