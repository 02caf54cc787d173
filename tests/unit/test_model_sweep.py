"""Sweeps in the model: where bitcoin may be bought, and what it brings to whom."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import ceil, isqrt

import pytest

from tests.support.worlds import DAY, GOVERNOR, TENANT, lease, make_world, refused, report
from wellhead.model import invariants
from wellhead.model.sweep import Feed, Pool, Venue, bounds_of
from wellhead.model.units import HOUR, MAX_UINT256, Q
from wellhead.model.world import World

KEEPER = f"0x{9:040x}"
POOL_AT = f"0x{10:040x}"
VENUE = Venue(pool=POOL_AT, feed=f"0x{11:040x}", max_age=HOUR, slippage=10_000, tip=1_000)


def pool_of(world: World, sqrt_price: int = 0, fee: int = 500) -> Pool:
    first, second = sorted((world.cash.address, world.reserve.address), key=lambda a: int(a, 16))
    return Pool(first, second, fee, sqrt_price)


def feed_of(world: World, price: int = 50_000) -> Feed:
    return Feed(decimals=8, answer=price * 10**8, updated_at=world.now)


def swept_world() -> World:
    """3.6 coins wait to be turned into bitcoin, for an hour."""
    world = make_world()
    first = world.hour
    lease(world, 10, first, 1)
    world.advance(HOUR)
    report(world, range(first, first + 1), 10_000)
    world.advance(DAY)
    world.router.accrue_and_distribute(1)
    assert world.router.bitcoin_pending_of(1) == 3_600_000
    world.router.set_venue(GOVERNOR, (VENUE, pool_of(world), feed_of(world)))
    return world


def sweep(
    world: World, spent: int, received: int, most: int = MAX_UINT256, **feed: int
) -> tuple[int, int]:
    """Sweep, where the pool stands right at the feed's price."""
    world.reserve.mint(POOL_AT, received)
    stands = pool_of(world, isqrt(((10**8) << 192) // (50_000 * 10**6)))
    quoted = replace(feed_of(world), **feed)
    return world.router.sweep(KEEPER, 1, most, stands, quoted, spent, received)


def test_a_sweep_pays_the_keeper_and_the_holders() -> None:
    world = swept_world()
    assert sweep(world, 3_600_000, 7_200) == (3_600_000, 7_200)
    assert world.router.bitcoin_pending_of(1) == 0
    reserve = world.reserve.address
    assert world.vault.claim_of(reserve, KEEPER) == 7
    assert world.vault.claim_of(reserve, world.token(1).address) == 7_193
    assert world.cash.balance_of(POOL_AT) == 3_600_000
    # It waited for a day and an hour or less: all of it counts at once.
    assert world.token(1).reserve.unvested == 0
    invariants.check_all(world)


def test_what_waited_longer_than_a_day_vests_but_for_a_days_part() -> None:
    world = swept_world()
    world.advance(9 * DAY)
    waited = world.hour - world.router.routed_of(1).pending_since
    assert waited == 9 * 24 + 1
    sweep(world, 3_600_000, 7_200)
    reserve = world.token(1).reserve
    assert reserve.unvested == (7_193 - 7_193 * 24 // waited) << reserve.shift
    invariants.check_all(world)


def test_a_sweep_has_bounds() -> None:
    world = swept_world()
    now = world.now
    # Worth 7,200 at the feed's price; with 1 % more per bitcoin it is 7,128.71.
    for call, error in (
        (partial(sweep, world, 3_600_001, 9_000), ("Overcharged", 3_600_001, 3_600_000)),
        (partial(sweep, world, 3_600_000, 7_128), ("BadSwap", 3_600_000, 7_128, 7_129)),
        (partial(sweep, world, 0, 0), ("BadSwap", 0, 0, 0)),
        (partial(sweep, world, 1, 1, most=0), ("NothingToSweep", 1)),
        (partial(sweep, world, 1, 1, answer=0), ("InvalidPrice", 0)),
        (partial(sweep, world, 1, 1, answer=2**96), ("InvalidPrice", 2**96)),
        (partial(sweep, world, 1, 1, updated_at=now + 1), ("StalePrice", now + 1, now, HOUR)),
        (
            partial(sweep, world, 1, 1, updated_at=now - HOUR - 1),
            ("StalePrice", now - HOUR - 1, now, HOUR),
        ),
    ):
        assert refused(call) == error
    sweep(world, 3_600_000, 7_129)
    assert refused(partial(sweep, world, 1, 1)) == ("NothingToSweep", 1)
    world.router.set_venue(GOVERNOR, None)
    assert refused(partial(sweep, world, 1, 1)) == ("NoVenue",)
    invariants.check_all(world)


@pytest.mark.parametrize("cash_first", [True, False])
@pytest.mark.parametrize("price", [1, 1_234, 50_000, 10**7])
def test_the_pool_goes_no_further_than_the_feed_allows(cash_first: bool, price: int) -> None:
    """The limit is the feed's price with the slippage and without the fee, rounded to be safe."""
    pool = Pool("0x1", "0x2", 3_000)
    feed = Feed(8, price * 10**8, 1_000)
    bounds = bounds_of(VENUE, pool, feed, 1_000, cash_first, (6, 8))
    most = Fraction(price * 10**6, 10**8) * Fraction(Q + 10_000, Q) * Fraction(Q - 3_000, Q)
    exact = (1 / most if cash_first else most) * 2**192
    limit = bounds.sqrt_price_limit
    if cash_first:
        assert (limit - 1) ** 2 < exact <= limit**2
    else:
        assert limit**2 <= exact < (limit + 1) ** 2
    least = Fraction(10**9 * 10**8 * Q, price * 10**6 * (Q + 10_000))
    assert bounds.least_for(10**9) == ceil(least)


def test_a_pool_that_stands_beyond_the_limit_is_not_asked() -> None:
    world = swept_world()
    cash_first = int(world.cash.address, 16) < int(world.reserve.address, 16)
    feed = feed_of(world)
    limit = bounds_of(VENUE, pool_of(world), feed, world.now, cash_first, (6, 8)).sqrt_price_limit
    for stands in (limit, limit - 1 if cash_first else limit + 1):
        call = partial(
            world.router.sweep, KEEPER, 1, 1, pool_of(world, stands), feed, spent=1, received=1
        )
        assert refused(call) == ("PriceOutOfBounds", stands, limit)


def test_a_venue_fits_or_is_refused() -> None:
    world = make_world()
    pool, feed = pool_of(world), feed_of(world)
    swapped = Pool(pool.token1, pool.token0, 500)
    for chosen, field in (
        ((VENUE, swapped, feed), "pool"),
        ((VENUE, pool, replace(feed, decimals=19)), "feed"),
        ((replace(VENUE, max_age=0), pool, feed), "maxAge"),
        ((replace(VENUE, slippage=500), pool, feed), "slippage"),
        ((replace(VENUE, slippage=100_001), pool, feed), "slippage"),
        ((replace(VENUE, tip=10_001), pool, feed), "tip"),
    ):
        wrong = refused(partial(world.router.set_venue, GOVERNOR, chosen))
        assert wrong == ("InvalidVenue", field)
    refusal = refused(lambda: world.router.set_venue(TENANT, (VENUE, pool, feed)))
    assert refusal == ("AccessManagedUnauthorized", TENANT)
    world.router.set_venue(GOVERNOR, (VENUE, pool, feed))
    assert world.router.venue == VENUE
