"""The demonstration's tables. They fit into 60 columns and say everything without colour."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from wellhead.demo.money import COIN, bitcoin, decimal, dollars, percent, rounded
from wellhead.demo.results import DemoResult, LeaseResult
from wellhead.model.units import HOUR, UNIT, Q

DAY = 24


def cluster_table(result: DemoResult) -> Table:
    """The cluster, its terms, and what the trace held."""
    trace, pricing, split = result.trace, result.terms.pricing, result.terms.split
    table = table_of("Cluster and terms", ("", "left"), ("", "left"), header=False)
    rows = (
        ("token", f"{result.token}, one per attested unit"),
        ("units", f"{trace.units:,} attested, all open to bookings"),
        ("holders", f"with a credential that policy {result.terms.policy} accepts"),
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
            "cancelling",
            f"gives back what the curve gives then, less {percent(pricing.cancel_fee, Q, 0)}",
        ),
        (
            "service",
            f"{percent(result.terms.service.sla, Q)} promised; below, the shortfall and "
            f"{percent(result.terms.service.penalty, Q, 0)} of it more is refunded, up to the rent",
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


def lease_table(title: str, leases: Sequence[LeaseResult], *, narrow: bool) -> Table:
    """Every lease: when booked, what for, what it cost, what came back."""
    columns = [("#", "right"), ("who" if narrow else "tenant", "left"), ("GPUs", "right")]
    if not narrow:
        columns.append(("booked", "right"))
    columns += [("from", "right"), ("hours", "right"), ("cost", "right")]
    columns += [("$/GPU-h", "right"), ("back", "right")]
    table = table_of(title, *columns)
    paid_in = sum(lease.cost for lease in leases)
    cents = 0 if narrow or paid_in >= 10**7 * COIN else 2
    for lease in leases:
        who = lease.tenant.rsplit(" ", 1)[-1] if narrow else lease.tenant
        cells = [str(lease.lease_id), who, f"{lease.units:,}"]
        if not narrow:
            cells.append(str(lease.booked_at))
        cells += [str(lease.start), _hours(lease), dollars(lease.cost, cents)]
        cells += [dollars(lease.price, 4), dollars(lease.returned) if lease.returned else "-"]
        table.add_row(*cells)
    table.add_section()
    total = ["", "sum", "", *([] if narrow else [""]), "", ""]
    total += [dollars(paid_in, cents), ""]
    total += [dollars(sum(lease.returned for lease in leases))]
    table.add_row(*total)
    return table


def step_table(result: DemoResult) -> Table:
    """What happened to leases on the way, on both clusters."""
    table = table_of("On the way", ("", "right"), ("", "left"), header=False)
    for step in result.steps:
        where = "the made-up cluster: " if step.is_second else ""
        table.add_row(f"hour {step.hour:,}", where + step.text)
    return table


def second_table(result: DemoResult) -> Table:
    """The made-up cluster, and what differs from the other's terms."""
    second = result.second
    title = "A second cluster, made up: its telemetry is constructed, not measured"
    table = table_of(title, ("", "left"), ("", "left"), header=False)
    service = second.terms.service
    rows = (
        ("token", f"{second.token}, one per attested unit"),
        ("units", f"{second.units:,} of another operator, {second.reports:,} hours reported"),
        (
            "bond",
            f"{dollars(service.bond)} behind every booked unit; pays what is due beyond the rent, "
            "and compensates for hours that a default makes void",
        ),
        ("horizon", f"{second.terms.pricing.horizon_hours:,} h ahead; else the terms above"),
    )
    for row in rows:
        table.add_row(*row)
    return table


def holder_table(result: DemoResult, *, narrow: bool) -> Table:
    """Who holds the tokens, and what they earned in both currencies."""
    columns = [("holder", "left"), ("tokens", "right")]
    if not narrow:
        columns.append(("share", "right"))
    columns += [("bought for", "right"), ("dollars", "right"), ("bitcoin", "right")]
    table = table_of("Holders, and what they claimed", *columns)
    supply = sum(holder.tokens for holder in result.holders)
    for holder in result.holders:
        cells = [holder.name, decimal(rounded(holder.tokens, UNIT // 1000), 3)]
        if not narrow:
            cells.append(percent(holder.tokens, supply))
        cells += [dollars(holder.paid, 0) if holder.paid else "-"]
        table.add_row(*cells, dollars(holder.cash), bitcoin(holder.bitcoin))
    return table


def reporter_table(result: DemoResult) -> Table:
    """Who signed how many of the batches of reports, and what it was paid for both clusters."""
    table = table_of("Reporters", ("reporter", "left"), ("signed", "right"), ("paid", "right"))
    for reporter in result.reporters:
        signed = f"{reporter.signed:,} of {result.batches:,}"
        table.add_row(reporter.name, signed, dollars(reporter.paid))
    return table


def table_of(title: str, *columns: tuple[str, str], header: bool = True) -> Table:
    """An empty table with these columns, each with its side."""
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


def _hours(lease: LeaseResult) -> str:
    """Hours covered, then those that were added, sold back or void. A first hour that is paid in
    part shows as a fraction."""
    first = lease.seconds - lease.extended * HOUR
    text = f"{lease.hours:,}" if first % HOUR == 0 else decimal(rounded(100 * first, HOUR), 2)
    text += f"+{lease.extended:,}" if lease.extended else ""
    gone = lease.sold_back + lease.void
    return f"{text}-{gone:,}" if gone else text


def _times(millionths: int) -> str:
    return decimal(rounded(millionths, 10_000), 2) + " times"
