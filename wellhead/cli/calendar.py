"""`wellhead calendar`: what of a cluster is booked, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from wellhead.actions import calendar as reading
from wellhead.actions.calendar import Market, Run
from wellhead.actions.errors import Refusal
from wellhead.cli import amounts, looking, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run

DAY = 24
#: Two years, and the rest of the day on which they begin.
MOST_DAYS = 731


@click.command()
@looking.one("cluster", "The cluster's id.")
@click.option(
    "--from",
    "since",
    type=options.HOUR,
    metavar="TIME",
    default="now",
    show_default=True,
    help="An hour of the first day: now, now+240, 2026-12-01 or an hour's number.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=14,
    show_default=True,
    help="Days, in UTC.",
)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def calendar(settings: Settings, cluster: int, since: amounts.HourAt, days: int) -> None:
    """Show when a cluster is booked, hour by hour.

    A row is a day in UTC, and a column one of its hours: the darker, the more of the units that are
    open to bookings is taken. JSON has the hours as ranges [from, to) that have the same bookings.
    """
    run(settings, lambda session: show(session, cluster, since, days))


def show(session: Session, cluster: int, since: amounts.HourAt, days: int) -> None:
    market = reading.market_of(session.deployment, cluster)
    first = since.resolve(market.hour) // DAY * DAY
    if first >= market.horizon_end:
        raise Refusal("BeyondHorizon", start=first, horizonEnd=market.horizon_end)
    end = min(first + days * DAY, market.horizon_end)
    with session.out.working("reading the calendar") as advance:
        found = reading.read(session.deployment, market, first, end, advance)
    if session.settings.as_json:
        session.out.document("calendar", document(market, first, end, found))
        return
    from wellhead.cli.heatmap import Picture, draw

    picture = Picture(
        start=first,
        days=days,
        booked=reading.spread(found),
        sellable=market.sellable,
        now=market.hour,
        horizon_end=market.horizon_end,
    )
    session.out.facts(f"Calendar of cluster {cluster}", _rows(market, found))
    session.out.plain("\n")
    session.out.drawing(lambda width, ascii_only: draw(picture, width, ascii_only=ascii_only))
    if market.paused:
        session.out.warn("new leases are paused")


def document(market: Market, first: int, end: int, found: Sequence[Run]) -> dict[str, Any]:
    """For programs."""
    return {
        "cluster": market.cluster,
        "block": market.block,
        "time": market.time,
        "hour": market.hour,
        "horizon_end": market.horizon_end,
        "attested": market.attested,
        "sellable": market.sellable,
        "bonded": market.bonded,
        "paused": market.paused,
        "from": first,
        "to": end,
        "ranges": [{"from": one.start, "to": one.end, "booked": one.booked} for one in found],
    }


def _bonded(market: Market) -> list[Row]:
    """How many of the open units the bond stands behind, where that is not all of them."""
    if market.bonded is None or market.bonded >= market.sellable:
        return []
    return [("covered by bond", f"{market.bonded:,}: no more can be booked")]


def _rows(market: Market, found: Sequence[Run]) -> list[Row]:
    ahead = [(max(one.start, market.hour), one.end, one.booked) for one in found]
    hours = sum(max(end - start, 0) for start, end, _ in ahead)
    booked = sum(max(end - start, 0) * units for start, end, units in ahead)
    whole = market.sellable * hours
    rows = [
        ("open to bookings", f"{market.sellable:,} of {market.attested:,} attested"),
        *_bonded(market),
        ("now", amounts.show_time(market.time)),
        ("can be booked to", amounts.show_hour(market.horizon_end)),
    ]
    if hours:
        share = (
            f" ({amounts.show_share(amounts.Q * booked // whole // 100 * 100)})" if whole else ""
        )
        rows.append(("booked from now", f"{booked:,} of {whole:,} unit-hours shown{share}"))
    return rows
