"""`wellhead cluster sellable` and `wellhead cluster retire`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from wellhead.actions import capacity, people
from wellhead.actions.capacity import Change
from wellhead.cli import amounts, options
from wellhead.cli.options import F
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


def _named(units: str) -> Callable[[F], F]:
    """A cluster's id and a number of units, in this order."""
    return options.stack(
        click.argument("cluster", type=options.WHOLE, metavar="CLUSTER"),
        click.argument("units", type=options.WHOLE, metavar=units),
    )


@click.command("sellable")
@_named("UNITS")
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def sellable(settings: Settings, cluster: int, units: int) -> None:
    """Set how many units are open to new bookings.

    CLUSTER is the cluster's id, and UNITS may be anything from 0 to all that are attested. Bookings
    that stand are not touched, even where they are more than that. Only the cluster's operator may
    do this, at any time.
    """
    run(settings, lambda session: _set_sellable(session, cluster, units))


@click.command("retire")
@_named("UNITS")
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def retire(settings: Settings, cluster: int, units: int) -> None:
    """Take units out of service, and burn their tokens.

    CLUSTER is the cluster's id; UNITS of its units go, and as many of the operator's own tokens.
    What is booked in any hour to come must still fit. What the tokens have earned stays theirs;
    hours that are not final yet are earned by the tokens that remain. Back in service comes a unit
    only by a new attestation.
    """
    run(settings, lambda session: _retire(session, cluster, units))


def _set_sellable(session: Session, cluster: int, units: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)
    if not session.dry_run:
        coming = capacity.set_sellable(deployment, cluster, units, sender, dry=True)
        _warn(session, coming)
        session.confirm(
            f"Open {units:,} of {amounts.show_count(coming.attested, 'unit')} of cluster {cluster} "
            f"to new bookings, instead of {coming.sellable_before:,}?"
        )
    with session.turn_of(sender):
        made = capacity.set_sellable(deployment, cluster, units, sender, dry=session.dry_run)
    if session.dry_run:
        _warn(session, made)
    title = "Units, not opened or closed" if session.dry_run else "Units open to bookings"
    _show(session, "cluster.sellable", title, made, {}, [])


def _retire(session: Session, cluster: int, units: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)
    count = amounts.show_count(units, "unit")
    if not session.dry_run:
        capacity.retire(deployment, cluster, units, sender, dry=True)
        session.confirm(
            f"Retire {count} of cluster {cluster} for good, and burn as many tokens of "
            f"{sender.address}?"
        )
    with session.turn_of(sender):
        made = capacity.retire(deployment, cluster, units, sender, dry=session.dry_run)
    title = "Units, not retired" if session.dry_run else "Units retired"
    rows = [("retired", f"{count}, with as many tokens of {made.operator}")]
    _show(session, "cluster.retire", title, made, {"units": units}, rows)


def _warn(session: Session, change: Change) -> None:
    if change.overbooked:
        session.out.warn(
            f"up to {amounts.show_count(change.peak, 'unit')} of cluster {change.cluster} are "
            f"booked in an hour to come, more than the {change.sellable:,} that will be open: "
            f"these bookings stand (`wellhead calendar {change.cluster}` shows when)"
        )


def _show(
    session: Session,
    schema: str,
    title: str,
    made: Change,
    more: dict[str, Any],
    more_rows: list[Row],
) -> None:
    session.mined(made.receipt)
    document = {
        "dry_run": session.dry_run,
        "cluster": made.cluster,
        "operator": made.operator,
        **more,
        "attested": made.attested,
        "sellable_before": made.sellable_before,
        "sellable": made.sellable,
        "peak": made.peak,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    opened = f"{made.sellable:,}"
    if made.sellable != made.sellable_before:
        opened += f", before {made.sellable_before:,}"
    rows = [
        ("cluster", str(made.cluster)),
        *more_rows,
        ("attested", f"{made.attested:,}"),
        ("open to bookings", opened),
        ("booked at most", f"{amounts.show_count(made.peak, 'unit')} in an hour to come"),
    ]
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    session.out.result(schema, document, title, rows)
