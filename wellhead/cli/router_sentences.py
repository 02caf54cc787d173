"""The errors of the revenue router, as sentences."""

from __future__ import annotations

from collections.abc import Callable

from wellhead.cli.amounts import Q, show_bitcoin, show_money, show_share, show_span, show_time

Sentence = Callable[..., str]

_VENUE = {
    "pool": "the pool must be one of the stablecoin and the bitcoin token",
    "feed": "the feed's answers may have at most 18 digits after the point",
    "maxAge": "the feed's answers must be allowed some age",
    "slippage": "the slippage must be more than the pool's fee and at most 10 %",
    "tip": "the tip must be at most 1 %",
}


def _stale(updated_at: int, now: int, max_age: int) -> str:
    if updated_at > now:
        return f"The feed's answer is from the future, {show_time(updated_at)}: nothing is bought."
    return (
        f"The feed's last answer is {show_span(now - updated_at)} old, of {show_time(updated_at)}, "
        f"and at most {show_span(max_age)} are allowed: nothing is bought before it answers again."
    )


def _out_of_bounds(sqrt_price: int, sqrt_limit: int) -> str:
    # Which of the two is larger depends on the order of the coins, but never how far they are
    # apart.
    low, high = sorted((sqrt_price, sqrt_limit))
    beyond = (high**2 - low**2) * Q // low**2 if low else 0
    return (
        f"Bitcoin costs {show_share(beyond)} more on the pool than a sweep may pay, by the feed's "
        "price, the slippage and the pool's fee: what waits goes on waiting."
    )


ROUTER: dict[str, Sentence] = {
    "RevenueRouter_InvalidVenue": lambda field: (
        f"Bitcoin can not be bought there: {_VENUE.get(field, f'{field} does not fit')}."
    ),
    "RevenueRouter_NoVenue": lambda: (
        "There is nowhere to buy bitcoin: the governor has named no pool, `wellhead revenue venue "
        "set`."
    ),
    "RevenueRouter_NothingToSweep": lambda cluster: (
        f"Nothing of cluster {cluster} waits to be turned into bitcoin, or nothing was asked for."
    ),
    "RevenueRouter_StalePrice": _stale,
    "RevenueRouter_InvalidPrice": lambda answer: (
        f"The feed's answer {answer:,} is no price that could be used: nothing is bought."
    ),
    "RevenueRouter_PriceOutOfBounds": _out_of_bounds,
    "RevenueRouter_BadSwap": lambda spent, received, least: (
        f"The pool gave {show_bitcoin(received)} for {show_money(spent)}, and at least "
        f"{show_bitcoin(least)} was due: nothing is bought."
    ),
    "RevenueRouter_NotRegistry": lambda caller: (
        f"{caller} is not the registry, which alone tops up for a mint."
    ),
    "RevenueRouter_NotPool": lambda caller: (
        f"Only the pool asks for payment, and only while it swaps, not {caller}."
    ),
    "RevenueRouter_Overcharged": lambda asked, due: (
        f"The pool asked for {show_money(asked)}, and at most {show_money(due)} was due: nothing "
        "is bought."
    ),
}
