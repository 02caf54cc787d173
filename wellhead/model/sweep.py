"""Where sweeps buy bitcoin, and how much it may cost there.

Prices are compared as fractions; only what the contracts round is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from .errors import Revert
from .fixedpoint import ceil_div
from .units import Address, Q

MAX_SLIPPAGE = 100_000
MAX_TIP = 10_000
MAX_FEED_DECIMALS = 18
MAX_ANSWER = 2**96 - 1


@dataclass(frozen=True)
class Venue:
    """A pool and a feed; `max_age` in seconds, `slippage` and `tip` in millionths."""

    pool: Address
    feed: Address
    max_age: int
    slippage: int
    tip: int


@dataclass(frozen=True)
class Pool:
    """What is asked of the pool: its tokens in order, its fee in millionths, and where it stands,
    the square root of token1 per token0 in 2^-96."""

    token0: Address
    token1: Address
    fee: int
    sqrt_price: int = 0


@dataclass(frozen=True)
class Feed:
    """What is asked of the feed: coins for a bitcoin in 10^-decimals, and of when, unix time."""

    decimals: int
    answer: int = 0
    updated_at: int = 0


@dataclass(frozen=True)
class Bounds:
    """Most that is paid for bitcoin, stablecoin units per bitcoin unit as a fraction, and how far
    the pool's price may go, in its own terms."""

    numerator: int
    denominator: int
    sqrt_price_limit: int

    def least_for(self, spent: int) -> int:
        """Least bitcoin units that so many stablecoin units must bring, rounded up."""
        return ceil_div(spent * self.denominator, self.numerator)


def validate(venue: Venue, pool: Pool, feed: Feed, cash: Address, reserve: Address) -> None:
    """Revert with the first part of a venue that does not fit."""
    checks = (
        ("pool", (pool.token0, pool.token1) == tuple(sorted((cash, reserve), key=_number))),
        ("feed", feed.decimals <= MAX_FEED_DECIMALS),
        ("maxAge", venue.max_age != 0),
        ("slippage", pool.fee < venue.slippage <= MAX_SLIPPAGE),
        ("tip", venue.tip <= MAX_TIP),
    )
    for part, fits in checks:
        if not fits:
            raise Revert("RevenueRouter_InvalidVenue", part)


def bounds_of(
    venue: Venue, pool: Pool, feed: Feed, now: int, cash_first: bool, decimals: tuple[int, int]
) -> Bounds:
    """The bounds by the feed's answer; `decimals` are those of the stablecoin and of bitcoin.

    The pool's own price counts without its fee. Bounds round in the holders' favour.
    """
    if not 0 < feed.answer <= MAX_ANSWER:
        raise Revert("RevenueRouter_InvalidPrice", feed.answer)
    if not 0 <= now - feed.updated_at <= venue.max_age:
        raise Revert("RevenueRouter_StalePrice", feed.updated_at, now, venue.max_age)
    cash_decimals, reserve_decimals = decimals
    numerator = feed.answer * 10**cash_decimals * (Q + venue.slippage)
    denominator = 10 ** (feed.decimals + reserve_decimals) * Q
    if numerator // denominator >= 2**60 or denominator // numerator >= 2**60:
        raise Revert("RevenueRouter_InvalidPrice", feed.answer)
    paid, got = numerator * (Q - pool.fee), denominator * Q
    # The pool counts token1 per token0.
    lowest, highest = isqrt(ceil_div(got << 192, paid) - 1) + 1, isqrt((paid << 192) // got)
    return Bounds(numerator, denominator, lowest if cash_first else highest)


def require_room(pool: Pool, bounds: Bounds, cash_first: bool) -> None:
    """Revert where the pool has nothing within the bounds."""
    limit, stands = bounds.sqrt_price_limit, pool.sqrt_price
    if stands <= limit if cash_first else stands >= limit:
        raise Revert("RevenueRouter_PriceOutOfBounds", stands, limit)


def _number(account: Address) -> int:
    return int(account, 16)
