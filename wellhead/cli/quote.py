"""`wellhead quote`: what a lease would cost."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import leasing
from wellhead.chain import Deployment
from wellhead.cli import amounts, comparison, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command()
@options.order
@comparison.compared
@options.node
@options.deployment
@options.shows
@options.pass_settings
def quote(
    settings: Settings,
    cluster: int,
    units: int,
    start: amounts.HourAt,
    hours: int,
    compare: bool,
    within: int | amounts.HourAt | None,
) -> None:
    """Show what a lease would cost now.

    A lease that starts in the current hour pays that hour pro rata. With --compare it is shown at
    which start, --start or later, the lease would be cheapest if it were opened now; bookings
    change, and the base price follows demand.
    """
    if within is not None and not compare:
        raise click.UsageError("--within is for --compare")
    run(
        settings,
        lambda session: (
            comparison.show(session, cluster, units, start, hours, within)
            if compare
            else show(session, cluster, units, start, hours)
        ),
    )


def show(session: Session, cluster: int, units: int, start: amounts.HourAt, hours: int) -> None:
    deployment = session.deployment
    order = leasing.Order(cluster, units, start.resolve(session.current_hour()), hours)
    priced = leasing.quote(deployment, order)
    shown = rows(priced, unit_of(deployment, cluster))
    session.out.result("quote", document(priced), "Quote", shown)


def unit_of(deployment: Deployment, cluster: int) -> str:
    """What a cluster's prices are for."""
    return amounts.unit_hour(deployment.registry.call("termsOf", cluster)["kind"])


def document(priced: leasing.Quote) -> dict[str, Any]:
    """For programs; shared with `lease`."""
    order = priced.order
    return {
        "cluster": order.cluster,
        "units": order.units,
        "start": order.start,
        "end": order.end,
        "hours": order.hours,
        "first_seconds": priced.first_seconds,
        "cost": priced.cost,
        "rate": priced.rate,
        "base": priced.base,
        "peak": priced.peak,
        "default_max_cost": priced.default_max,
    }


def rows(priced: leasing.Quote, unit: str) -> list[Row]:
    """For people; shared with `lease`."""
    order = priced.order
    each = amounts.show_per_unit_hour(priced.cost, order.units, priced.seconds)
    return [
        ("cluster", str(order.cluster)),
        ("units", f"{order.units:,}"),
        *amounts.span_rows(order.start, order.end, priced.first_seconds),
        ("cost", f"{amounts.show_money(priced.cost)} ({each}/{unit})"),
        ("base price", f"{amounts.show_money(priced.base // leasing.WAD)}/{unit}"),
        ("booked at most", f"{priced.peak:,} units in the fullest hour"),
    ]
