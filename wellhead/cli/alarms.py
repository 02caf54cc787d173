"""`wellhead cluster flag`, and what is said of hours off the books."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import offbook, people
from wellhead.actions.offbook import Excess, Flag, OffBook
from wellhead.cli import amounts, looking, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command("flag")
@looking.one("cluster", "The cluster's id.")
@click.option(
    "--hour",
    type=options.HOUR,
    required=True,
    help="The hour: now-2, 2026-12-01T00:00Z or an hour's number.",
)
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def flag(settings: Settings, cluster: int, hour: amounts.HourAt) -> None:
    """Raise the alarm for an hour in which more was measured than booked.

    Anybody may do this, where reports say so, the tolerance allowed for. The alarm is an event on
    chain, for everybody to see, and moves no money.
    """
    run(settings, lambda session: _flag(session, cluster, hour))


def _flag(session: Session, cluster: int, named: amounts.HourAt) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    hour = named.resolve(session.current_hour())
    made = offbook.flag(deployment, cluster, hour, sender, dry=True)
    if made.raised_before:
        session.out.warn("this alarm was raised before: once more says nothing new")
    if not session.dry_run:
        session.confirm(
            f"Raise the alarm for {amounts.show_hour(hour)} of cluster {cluster}: "
            f"{_measured(made.excess)}?"
        )
        with session.turn_of(sender):
            made = offbook.flag(deployment, cluster, hour, sender, dry=False)
    _show(session, made, sender.address)


def _show(session: Session, made: Flag, by: str) -> None:
    session.mined(made.receipt)
    excess = made.excess
    document = {
        "dry_run": session.dry_run,
        "cluster": made.cluster,
        "by": by,
        "attested": made.attested,
        "excess": _excess(excess),
        "raised_before": made.raised_before,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    booked = amounts.show_mean_units(excess.covered, "unit")
    rows: list[Row] = [
        ("cluster", str(made.cluster)),
        ("hour", amounts.show_hour(excess.hour)),
        ("measured", f"{amounts.show_share(excess.measured)} of {made.attested:,} attested"),
        ("booked", f"{booked}: up to {amounts.show_share(excess.limit)} is in order"),
    ]
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    title = "Alarm, not raised" if session.dry_run else "Alarm raised"
    session.out.result("cluster.flag", document, title, rows)


def document_of(found: OffBook) -> dict[str, Any]:
    """For programs."""
    return {
        "since": found.since,
        "until": found.until,
        "hours": len(found.hours),
        "day": found.day,
        "flagged": len(found.flagged),
        "worst": _excess(found.worst) if found.worst else None,
    }


def rows_of(found: OffBook) -> list[Row]:
    """For people, where there is anything to say."""
    worst = found.worst
    if worst is None:
        return []
    hours = amounts.show_count(len(found.hours), "hour")
    raised = f"raised for {len(found.flagged):,} of them" if found.flagged else "not raised"
    return [
        ("off the books", f"{hours} of the last 30 days, {found.day:,} of the last 24 hours"),
        ("", f"worst {amounts.show_hour(worst.hour)}: {_measured(worst)}"),
        ("", f"alarm {raised}"),
    ]


def _measured(excess: Excess) -> str:
    return (
        f"{amounts.show_share(excess.measured)} measured, up to "
        f"{amounts.show_share(excess.limit)} is in order"
    )


def _excess(one: Excess) -> dict[str, Any]:
    return {
        "hour": one.hour,
        "measured": one.measured,
        "limit": one.limit,
        "booked": one.booked,
        "covered": one.covered,
    }
