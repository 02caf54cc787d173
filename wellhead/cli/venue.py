"""`wellhead revenue venue show` and `wellhead revenue venue set`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from wellhead.actions import people, sweeping
from wellhead.actions.sweeping import Prices, Venue
from wellhead.actions.venues import Sight
from wellhead.cli import acts, amounts, options
from wellhead.cli.acts import Intent
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.model.units import Q


@click.command("show")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings) -> None:
    """Show where bitcoin is bought, and what it costs there now."""
    run(settings, _show)


@click.command("set")
@click.option("--pool", type=options.ADDRESS, help="A Uniswap v3 pool of the two coins.")
@click.option("--feed", type=options.ADDRESS, help="A Chainlink feed of bitcoin's price.")
@click.option(
    "--max-age",
    type=click.IntRange(1, 2**32 - 1),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="How old the feed's answer may be.",
)
@click.option(
    "--slippage",
    type=options.SHARE,
    default="1%",
    show_default=True,
    help="How far above the feed's price may be bought; more than the pool's fee.",
)
@click.option(
    "--tip",
    type=options.SHARE,
    default="0.1%",
    show_default=True,
    help="Part of the bought bitcoin for whoever sweeps.",
)
@click.option("--nowhere", is_flag=True, help="Buy nowhere from now on.")
@options.sender(f"{people.GOVERNOR}, the governor")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def set_(
    settings: Settings,
    pool: str | None,
    feed: str | None,
    max_age: int,
    slippage: int,
    tip: int,
    nowhere: bool,
) -> None:
    """Say where bitcoin is bought from now on.

    Only the governor may do this. The pool and the feed are looked at first: what made the pool,
    what the feed says that it is of, and both prices are shown, and it is refused where sweeps
    could never buy. With --dry-run it also shows the call, for a multisig to send.
    """
    venue = sweeping.NOWHERE
    if nowhere:
        if pool is not None or feed is not None:
            raise click.UsageError("--pool and --feed name somewhere, --nowhere does not")
    elif pool is None or feed is None:
        raise click.UsageError("give --pool and --feed, or --nowhere")
    else:
        for name, share in (("--slippage", slippage), ("--tip", tip)):
            if share > Q:
                raise click.UsageError(f"{name} is {amounts.show_share(share)}: more than all")
        venue = Venue(pool, feed, max_age, slippage, tip)
    run(settings, lambda session: _set(session, venue))


def _show(session: Session) -> None:
    deployment = session.deployment
    venue = sweeping.venue_of(deployment)
    prices = sweeping.prices_at(deployment, venue) if venue.is_somewhere else None
    document = {
        "venue": _venue_document(venue),
        "prices": _prices_document(prices) if prices else None,
    }
    rows = _venue_rows(venue) + (_price_rows(prices) if prices else [])
    session.out.result("revenue.venue.show", document, "Where bitcoin is bought", rows)


def _set(session: Session, venue: Venue) -> None:
    deployment = session.deployment
    sender = session.sender(people.GOVERNOR)
    seen = sweeping.look_at(deployment, venue) if venue.is_somewhere else None
    for warning in seen.warnings() if seen else ():
        session.out.warn(warning)
    intent = Intent(
        schema="revenue.venue.set",
        question=f"Buy bitcoin on {venue.pool} from now on?"
        if venue.is_somewhere
        else "Buy bitcoin nowhere from now on?",
        title="Venue set",
        undone="Venue, not set",
        document={"venue": _venue_document(venue), "seen": _sight_document(seen)},
        rows=[*_venue_rows(venue), *(_sight_rows(seen) if seen else [])],
    )
    acts.perform(
        session, sender, intent, lambda dry: sweeping.set_venue(deployment, venue, sender, dry=dry)
    )


def _sight_document(seen: Sight | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        "factory": seen.factory,
        "fee": seen.fee,
        "pool": seen.pool_price,
        "description": seen.description,
        "feed": seen.feed_price,
        "updated_at": seen.updated_at,
    }


def _sight_rows(seen: Sight) -> list[Row]:
    return [
        ("pool made by", seen.factory),
        ("pool price", f"{amounts.show_per_bitcoin(seen.pool_price)}, {_fee(seen.fee)}"),
        ("feed is of", seen.description or "it does not say"),
        (
            "feed price",
            f"{amounts.show_per_bitcoin(seen.feed_price)}, of {amounts.show_time(seen.updated_at)}",
        ),
    ]


def _venue_document(venue: Venue) -> dict[str, Any] | None:
    return asdict(venue) if venue.is_somewhere else None


def _venue_rows(venue: Venue) -> list[Row]:
    if not venue.is_somewhere:
        return [("bought", "nowhere")]
    return [
        ("pool", venue.pool),
        ("feed", venue.feed),
        ("answers may be", f"{amounts.show_span(venue.max_age)} old"),
        ("slippage", f"up to {amounts.show_share(venue.slippage)} above the feed's price"),
        ("tip", f"{amounts.show_share(venue.tip)} of what is bought"),
    ]


def _fee(fee: int) -> str:
    return f"a fee of {amounts.show_share(fee)} comes on top"


def _prices_document(prices: Prices) -> dict[str, Any]:
    return {
        "feed": prices.feed,
        "updated_at": prices.updated_at,
        "fresh": prices.is_fresh,
        "pool": prices.pool,
        "fee": prices.fee,
        "limit": prices.limit,
        "within": prices.is_within,
        "pool_cash": prices.pool_cash,
        "pool_reserve": prices.pool_reserve,
    }


def _price_rows(prices: Prices) -> list[Row]:
    age = f"of {amounts.show_time(prices.updated_at)}{'' if prices.is_fresh else ', too old'}"
    within = "" if prices.is_within else ": beyond what a sweep may pay"
    held = amounts.show_both(prices.pool_cash, prices.pool_reserve)
    return [
        ("feed price", f"{amounts.show_per_bitcoin(prices.feed)}, {age}"),
        (
            "pool price",
            f"{amounts.show_per_bitcoin(prices.pool)}, {_fee(prices.fee)}{within}",
        ),
        ("sweeps pay up to", f"{amounts.show_per_bitcoin(prices.limit)}, the fee included"),
        ("pool holds", held),
    ]
