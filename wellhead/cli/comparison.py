"""`wellhead quote --compare`: at which hour a lease would be cheapest."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import calendar, comparing, leasing
from wellhead.actions.comparing import Comparison
from wellhead.actions.leasing import Quote
from wellhead.cli import amounts, options
from wellhead.cli.session import Session
from wellhead.model.units import TWO_YEARS_HOURS


def _within(text: str) -> int | amounts.HourAt:
    """A number of hours, which at most two years have, or an hour."""
    if text.strip().isdecimal() and int(text) <= TWO_YEARS_HOURS:
        return int(text)
    return amounts.parse_hour(text)


compared = options.stack(
    click.option(
        "--compare", is_flag=True, help="Look for the cheapest start, from --start to the horizon."
    ),
    click.option(
        "--within",
        type=options.Parsed("hours|time", _within),
        help="With --compare: start at most so many hours after --start, or at this time at the "
        "latest.",
    ),
)


def show(
    session: Session,
    cluster: int,
    units: int,
    start: amounts.HourAt,
    hours: int,
    within: int | amounts.HourAt | None,
) -> None:
    deployment = session.deployment
    market = calendar.market_of(deployment, cluster)
    order = leasing.Order(cluster, units, start.resolve(market.hour), hours)
    last = market.horizon_end
    if within is not None:
        last = order.start + within if isinstance(within, int) else within.resolve(market.hour)
    if last < order.start:
        raise click.UsageError(
            f"--within ends at {amounts.show_hour(last)}, before the start at "
            f"{amounts.show_hour(order.start)}"
        )
    with session.out.working("comparing starts") as advance:
        found = comparing.compare(deployment, market, order, last, advance)
    if session.settings.as_json:
        from wellhead.cli import quote

        body = {**quote.document(found.cheapest), "comparison": _document(found)}
        session.out.document("quote", body)
        return
    _show(session, found)


def _show(session: Session, found: Comparison) -> None:
    from wellhead.cli import quote

    unit = quote.unit_of(session.deployment, found.cheapest.order.cluster)
    rows = [
        (name, value + (", today's" if name == "base price" else ""))
        for name, value in quote.rows(found.cheapest, unit)
    ]
    asked = "sold out"
    if found.asked is not None:
        asked = f"{amounts.show_money(found.asked.cost)} ({_each(found.asked)}/{unit})"
    rows += [
        ("", ""),
        ("compared", f"{amounts.show_count(found.starts, 'start')}, {found.sold_out:,} sold out"),
        ("first start", amounts.show_hour(found.first)),
        ("last start", amounts.show_hour(found.last)),
        ("at the first", asked),
        ("saving", _saving(found)),
    ]
    session.out.facts("Cheapest start", rows)
    session.out.plain("\n")
    session.out.table(
        "Best starts",
        ("from", "as late as", "cost", f"per {unit}", "booked at most"),
        [
            (
                amounts.show_hour(one.quote.order.start).removesuffix(" UTC"),
                amounts.show_hour(one.last).removesuffix(" UTC"),
                amounts.show_money(one.quote.cost),
                _each(one.quote),
                f"{one.quote.peak:,}",
            )
            for one in found.best
        ],
    )


def _saving(found: Comparison) -> str:
    if found.saving is None or found.saving_share is None or found.asked is None:
        return "the first start is sold out"
    if found.cheapest.order == found.asked.order:
        return "none: no start is cheaper than the first"
    said = f"{amounts.show_money(found.saving)} ({amounts.show_share(found.saving_share)})"
    if found.asked.seconds != found.cheapest.seconds:
        said += " for as much time"
    return said


def _each(quote: Quote) -> str:
    return amounts.show_per_unit_hour(quote.cost, quote.order.units, quote.seconds)


def _document(found: Comparison) -> dict[str, Any]:
    return {
        "block": found.block,
        "first": found.first,
        "last": found.last,
        "starts": found.starts,
        "sold_out": found.sold_out,
        "asked": None if found.asked is None else _start(found.asked, found.asked.order.start),
        "saving": found.saving,
        "saving_share": found.saving_share,
        "best": [_start(one.quote, one.last) for one in found.best],
    }


def _start(quote: Quote, last: int) -> dict[str, Any]:
    return {
        "start": quote.order.start,
        "last": last,
        "first_seconds": quote.first_seconds,
        "cost": quote.cost,
        "rate": quote.rate,
        "peak": quote.peak,
    }
