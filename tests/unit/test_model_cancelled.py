"""What cancellations earn vests whole, and says nothing of hours that have passed; in the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    OPERATOR,
    PRICING,
    QUORUM,
    TENANT,
    lease,
    make_world,
    refused,
    report,
)
from tests.unit.test_model_sweep import VENUE, feed_of, pool_of, sweep
from wellhead.model import invariants
from wellhead.model.distributions import check_revenue
from wellhead.model.errors import Revert
from wellhead.model.fixedpoint import ceil_div
from wellhead.model.routed import Parts, Routed
from wellhead.model.units import HOUR, LEDGER_SCALE, RATE_SCALE, Q
from wellhead.model.world import World

#: Whoever cancels gets nothing back; a coin a unit-hour at any load.
DEAR = replace(PRICING, cancel_fee=Q, low=Q, high=Q)


def decoy(world: World, hours: int, units: int = 10, ahead: int = 100) -> int:
    """Hours to come are booked and sold back; stablecoin units that they cost."""
    start = world.hour + ahead
    cost = world.market.quote(1, units, start, hours).cost
    key = lease(world, units, start, hours, BUYER)
    assert world.market.cancel(BUYER, key, start, 0) == 0
    return cost


def live(world: World, hours: int, units: int = 10) -> None:
    """Hours that are leased and served pass, and become final."""
    first = world.hour
    lease(world, units, first, hours)
    world.advance(hours * HOUR)
    report(world, range(first, first + hours), units * 1_000)
    world.advance(DAY)
    world.market.accrue(1)


def test_cancellations_are_counted_in_whole_units() -> None:
    """Each rounded down, beside the ledger of both."""
    pricing = replace(DEAR, base_start=777_777, cancel_fee=123_457)
    world = make_world(pricing=pricing)
    earned, cancelled = 0, 0
    for hours in (1, 7, 30):
        start = world.hour + 5
        key = lease(world, 3, start, hours)
        rent = world.market.parts_of(key)[0].rent
        ledger = rent * Q - world.market.cancel(TENANT, key, start, 0) * LEDGER_SCALE
        earned, cancelled = earned + ledger, cancelled + ledger // LEDGER_SCALE
        book = world.market.book_of(1)
        assert (book.earned, book.cancelled, book.hours_covered) == (earned, cancelled, 0)
        invariants.check_all(world)
    assert 0 < cancelled < earned // LEDGER_SCALE + 1


@shows("ROUT-9")
def test_decoys_bring_nobody_anything_at_once() -> None:
    world = make_world(pricing=DEAR)
    cost = decoy(world, 1_000)
    assert world.router.accrue_and_distribute(1) == cost == 10_000 * COIN
    cash = world.token(1).cash
    assert cash.index == 0
    assert cash.unvested == cash.total == 5_800 * COIN << cash.shift
    routed = world.router.routed_of(1)
    assert routed.bitcoin_backlog == routed.bitcoin_pending == 3_000 * COIN
    assert routed.distributed_at == routed.pending_since == 0
    invariants.check_all(world)


@shows("ROUT-9")
@pytest.mark.parametrize("hours", [1, 2, 1_000])
def test_decoys_put_off_nothing_but_what_they_earn(hours: int) -> None:
    """An hour's part of ten hours comes at once, with a decoy of however many hours as without."""
    world = make_world(pricing=DEAR)
    live(world, 10)
    cost = decoy(world, hours)
    market = world.market.book_of(1)
    assert (market.hours_covered, market.cancelled) == (10, cost)
    world.router.accrue_and_distribute(1)
    cash = world.token(1).cash
    # 58 % of 100 coins, a tenth of it at once.
    assert cash.unvested == (52_200_000 + cost * 58 // 100) << cash.shift
    routed = world.router.routed_of(1)
    assert routed.bitcoin_backlog == 27 * COIN + cost * 3 // 10
    assert routed.bitcoin_pending == 30 * COIN + cost * 3 // 10
    assert routed.pending_since == world.hour - 1
    book = world.market.book_of(1)
    assert (book.hours_covered, book.cancelled) == (0, 0)
    invariants.check_all(world)


def test_the_parts_of_a_distribution_are_rounded_down() -> None:
    """Three units were earned by a cancellation, of seven; an hour each for the rest."""
    world = make_world(pricing=DEAR)
    book = world.market._open_book(1)
    book.earned, book.cancelled, book.hours_covered = 7_000_001 * LEDGER_SCALE + 5, 3_000_000, 3
    world.vault._add(world.cash.address, world.market.address, 10**8)
    world.router.distribute(1)
    routed, cash = world.router.routed_of(1), world.token(1).cash
    assert (routed.parts.cash, routed.parts.bitcoin) == (4_060_000, 2_100_000)
    backlog = 4_060_000 * 3_000_000 // 7_000_001
    assert cash.unvested >> cash.shift == 4_060_000 - (4_060_000 - backlog) // 3
    backlog = 2_100_000 * 3_000_000 // 7_000_001
    assert routed.bitcoin_backlog == 2_100_000 - (2_100_000 - backlog) // 3
    assert book.earned == 5


def test_a_remainder_alone_takes_the_counts_with_it() -> None:
    """What a cancellation has earned is less than a unit then, and counts for nothing."""
    world = make_world()
    book = world.market._open_book(1)
    book.remainder, book.earned, book.hours_covered = 5 * RATE_SCALE + 9, LEDGER_SCALE - 1, 4
    world.vault._add(world.cash.address, world.market.address, 10)
    assert refused(lambda: world.market.collect(OPERATOR, 1)) == ("NotRouter", OPERATOR)
    assert world.market.collect(world.router.address, 1) == (0, 5, 4, 0)
    assert (book.remainder, book.earned, book.hours_covered) == (9, LEDGER_SCALE - 1, 0)
    assert world.market.collect(world.router.address, 1) == (0, 0, 0, 0)
    assert world.market.books_of(1).remainder == 9 * Q


# --- sweeps ----------------------------------------------------------------------------------


def waiting() -> World:
    """Thirty coins of ten hours wait, of which three are no backlog, and sixty of a decoy."""
    world = make_world(pricing=DEAR)
    live(world, 10)
    decoy(world, 20)
    world.router.accrue_and_distribute(1)
    routed = world.router.routed_of(1)
    assert (routed.bitcoin_pending, routed.bitcoin_backlog) == (90 * COIN, 87 * COIN)
    world.router.set_venue(world.authority.governor, (VENUE, pool_of(world), feed_of(world)))
    return world


@shows("SWEEP-6")
def test_bitcoin_for_cancellations_vests_whole() -> None:
    """Whatever part is spent, it is of both in proportion; the rest waited for an hour."""
    world = waiting()
    reserve = world.token(1).reserve
    sweep(world, 15 * COIN + 1, 30_001)
    routed, added = world.router.routed_of(1), 30_001 - 30
    late = ceil_div((15 * COIN + 1) * 87, 90)
    assert (routed.bitcoin_pending, routed.bitcoin_backlog) == (75 * COIN - 1, 87 * COIN - late)
    assert reserve.unvested == ceil_div(added * late, 15 * COIN + 1) << reserve.shift
    assert (routed.swept, routed.reserve_sent) == (15 * COIN + 1, added)
    sweep(world, 75 * COIN - 1, 150_000)
    routed = world.router.routed_of(1)
    assert (routed.bitcoin_pending, routed.bitcoin_backlog) == (0, 0)
    invariants.check_all(world)


@shows("SWEEP-6")
def test_what_waited_for_more_than_a_day_vests_besides() -> None:
    world = waiting()
    world.advance(30 * HOUR)
    sweep(world, 90 * COIN, 180_000)
    reserve, added = world.token(1).reserve, 180_000 - 180
    late = ceil_div(added * 87, 90)
    assert reserve.unvested == (added - (added - late) * 24 // 31) << reserve.shift
    invariants.check_all(world)


def test_a_decoy_makes_nothing_older_and_nothing_younger() -> None:
    """What others earned is as old as it is, before and after."""
    world = make_world(pricing=DEAR)
    decoy(world, 50)
    world.router.accrue_and_distribute(1)
    assert world.router.routed_of(1).pending_since == 0  # none of it is fresh
    world.advance(7 * HOUR)
    live(world, 5)
    world.router.accrue_and_distribute(1)
    since = world.hour - 1  # the first that is no cancellation's
    assert world.router.routed_of(1).pending_since == since
    world.advance(3 * HOUR)
    decoy(world, 50)
    world.router.accrue_and_distribute(1)
    assert world.router.routed_of(1).pending_since == since
    invariants.check_all(world)


def test_what_is_topped_up_is_a_backlog_in_proportion() -> None:
    world = waiting()
    until = world.router.routed_of(1).pending_since
    world.registry.mint(OPERATOR, 1, 7, 1, b"", QUORUM)
    routed = world.router.routed_of(1)
    assert (routed.bitcoin_pending, routed.bitcoin_backlog) == (153 * COIN, 147_900_000)
    assert routed.pending_since == until
    invariants.check_all(world)


def test_a_gift_of_the_pools_is_nobodys_that_cancelled() -> None:
    """Bitcoin for nothing comes at once, and what waits stays what it was."""
    world = waiting()
    before = replace(world.router.routed_of(1))
    sweep(world, 0, 5)
    assert world.token(1).reserve.unvested == 0
    assert world.router.routed_of(1) == replace(before, reserve_sent=5)
    invariants.check_all(world)


# --- bounds ----------------------------------------------------------------------------------


def _bounded(call: Callable[[], object], name: str, *args: int) -> None:
    with pytest.raises(Revert) as caught:
        call()
    assert (caught.value.name, caught.value.args_) == (name, args)


def test_what_waits_for_the_router_has_bounds() -> None:
    """A lease of a coin that is worth nothing, for more than all money in the world."""
    world = make_world(pricing=DEAR)
    market, start = world.market, world.hour + 5
    key = lease(world, 10, start, 5, BUYER)
    book = market.book_of(1)
    cancel = partial(market.cancel, BUYER, key, start, 0)
    book.earned = 2**112 - 50 * COIN * LEDGER_SCALE
    _bounded(cancel, "Panic", 0x11)
    book.earned, book.cancelled = 0, 2**56 - 50 * COIN
    _bounded(cancel, "Panic", 0x11)
    book.cancelled = 0
    (part,) = market.parts_of(key)
    part.rate = 2**56 * RATE_SCALE // 5 + RATE_SCALE
    wide = "SafeCastOverflowedUintDowncast"
    _bounded(cancel, wide, 56, 2**56 + 4)
    part.rate = 2**92
    _bounded(cancel, wide, 112, 5 * 2**92 * Q)
    world.now = (start + 5) * HOUR
    report(world, range(start, start + 5), 10_000)
    world.advance(DAY)
    _bounded(partial(market.accrue, 1), wide, 112, 5 * 2**92 * Q)
    part.rate = 2**40
    book.earned = 2**112 - 5 * 2**40 * Q
    _bounded(partial(market.accrue, 1), "Panic", 0x11)
    book.earned -= 1
    assert market.accrue(1) == world.hour


def test_a_clusters_revenue_has_a_bound() -> None:
    world = make_world(pricing=DEAR)
    live(world, 10)
    split = world.registry.cluster_of(1).terms.split
    total = 2**64 - 100 * COIN
    routed = world.router.routed[1] = Routed(total, parts=Parts.of(total, split))
    for call in (world.router.distribute, world.router.accrue_and_distribute):
        _bounded(partial(call, 1), "SafeCastOverflowedUintDowncast", 64, 2**64)
        assert world.market.books_of(1).earned == 100 * COIN * LEDGER_SCALE
    routed.total -= 1
    assert world.router.distribute(1) == 100 * COIN
    assert world.router.total_of(1) == 2**64 - 1


# --- the checks ------------------------------------------------------------------------------


def test_the_checks_find_what_is_wrong() -> None:
    world = make_world(pricing=DEAR)
    decoy(world, 3)
    book = world.market.book_of(1)
    invariants.check_settlements(world)
    for wrong in (book.cancelled + 1, -1):
        book.cancelled, right = wrong, book.cancelled
        with pytest.raises(AssertionError, match="earned by cancellations"):
            invariants.check_settlements(world)
        book.cancelled = right
    world.router.accrue_and_distribute(1)
    routed = world.router.routed[1]
    check_revenue(world)
    for wrong in (routed.bitcoin_pending + 1, -1):
        routed.bitcoin_backlog, right = wrong, routed.bitcoin_backlog
        with pytest.raises(AssertionError, match="bitcoin_backlog"):
            check_revenue(world)
        routed.bitcoin_backlog = right
    for name in ("swept", "bitcoin_pending"):
        setattr(routed, name, getattr(routed, name) + 1)
        with pytest.raises(AssertionError, match="to be turned into bitcoin"):
            invariants.check_rent(world)
        setattr(routed, name, getattr(routed, name) - 1)
    routed.reserve_sent += 1
    with pytest.raises(AssertionError, match="revenue in"):
        check_revenue(world)
