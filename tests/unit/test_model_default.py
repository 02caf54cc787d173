"""Defaults in the model, with numbers computed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    GOVERNOR,
    OPERATOR,
    PRICING,
    TENANT,
    bonded,
    claim,
    lease,
    make_world,
    outage,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.book import DEFAULT_SECONDS
from wellhead.model.units import HOUR, LEDGER_SCALE, MAX_UINT256, Q


def test_a_default_voids_all_that_is_booked() -> None:
    world = make_world(terms=bonded(2 * COIN, penalty=0))
    first, market = world.hour, world.market
    market.post_bond(OPERATOR, 1, 20 * COIN)
    key = lease(world, 4, first, 200)  # 0.96 coins a unit-hour
    ahead = lease(world, 2, first + 300, 10, BUYER)
    short = lease(world, 1, first, 60, BUYER)
    down = ("NotInDefault", 1, 0, DEFAULT_SECONDS)
    assert refused(lambda: market.declare_default(1)) == down
    outage(world, range(first, first + 71))
    early = refused(lambda: market.declare_default(1))
    assert early == ("NotInDefault", 1, 71 * HOUR, DEFAULT_SECONDS)
    assert market.books_of(1).lost == 0  # a refused call has accrued nothing
    outage(world, range(first + 71, first + 72))
    hour = world.hour
    rates = {each: market.lease_of(each).rate for each in (key, ahead, short)}
    assert market.declare_default(1) == hour == first + 71 + 2 * 24
    # 4 units for 81 h and 2 for 10 h; a bond of 2 coins each over a horizon of 4,000 h.
    each = 2 * COIN * LEDGER_SCALE // 4_000
    assert market.default_of(1, 0) == (hour, each)
    assert market.default_of(1, 1) == (0, 0)
    books = market.books_of(1)
    assert (books.era, books.down, books.cursor) == (1, 0, first + 72)
    assert books.bond == 20 * COIN * LEDGER_SCALE - (4 * 81 + 2 * 10) * each
    # Void hours are due at once, the outage's were refunded anyway.
    void = rates[key] * Q * 81 + 4 * 81 * each
    assert market.refund_ledger_of(key) == rates[key] * Q * 72 + void
    assert market.refund_ledger_of(ahead) == rates[ahead] * Q * 10 + 2 * 10 * each
    assert market.refund_ledger_of(short) == market.lease_of(short).rate * Q * 60
    assert (market.lease_of(key).stop, market.lease_of(ahead).stop) == (hour, hour)
    assert market.lease_of(short).stop == first + 60
    assert market.booked_at(1, hour) == market.peak_booked(1, hour, hour + 500) == 0
    assert market.booked_at(1, hour - 1) == 4
    invariants.check_all(world)

    # Nothing can be done any more with what is void, but to move and to settle it.
    over = refused(lambda: market.extend(TENANT, key, 1, MAX_UINT256))
    assert over == ("Over", key, hour)
    late = refused(lambda: market.cancel(TENANT, key, hour + 5, 0))
    assert late == ("HourOutOfRange", hour + 5, hour + 1, hour - 1)
    market.transfer_from(BUYER, BUYER, TENANT, ahead)
    assert claim(world, BUYER) == (rates[ahead] * Q * 10 + 2 * 10 * each) // LEDGER_SCALE
    halves = market.split_units(TENANT, key, 1), key
    assert sum(map(market.refund_ledger_of, halves)) == rates[key] * Q * 72 + void
    invariants.check_all(world)


def test_the_books_walk_on_into_the_next_era() -> None:
    world = make_world(terms=bonded(0, penalty=0))
    first, market = world.hour, world.market
    key = lease(world, 4, first, 200)
    outage(world, range(first, first + 72))
    hour = market.declare_default(1)
    # The same hour is sold anew, at once, in an empty calendar.
    fresh = lease(world, 10, hour, 2, BUYER)
    again = ("NotInDefault", 1, 0, DEFAULT_SECONDS)
    assert refused(lambda: market.declare_default(1)) == again
    world.now = (hour + 2) * HOUR
    report(world, range(first + 72, hour), 2_000)
    report(world, range(hour, hour + 2), 10_000)
    world.advance(DAY)
    assert market.accrue(1) == world.hour
    books = market.books_of(1)
    # Hours before the default are the old leases', half served: 0.505 of the loss to 990,000.
    lost = 72 * Q + (hour - first - 72) * (Q * (990_000 - 500_000) // 990_000)
    assert (books.lost, books.era, books.down) == (lost, 1, 0)
    assert market.settle(fresh) == 0
    assert market.refund_ledger_of(key) == market.lease_of(key).rate * (
        lost + Q * (first + 200 - hour)
    )
    invariants.check_all(world)


def test_where_the_walk_stands_between_two_eras() -> None:
    world = make_world(terms=bonded(0, penalty=0))
    first, market = world.hour, world.market
    lease(world, 4, first, 73)
    outage(world, range(first, first + 72))
    hour = market.declare_default(1)
    assert hour == first + 96
    world.advance(10 * HOUR)
    report(world, [first + 72], 4_000)
    world.advance(DAY)
    # Over the last booked hour, over none up to the default, over its end, over none to now.
    walk = market.walk(1)
    assert (walk.cursor, walk.era, walk.booked, walk.rate, walk.down) == (world.hour, 1, 0, 0, 0)
    assert walk.losses == {first + 72: 0}
    world.now = hour * HOUR + 1  # in the hour of the default the walk rests before it
    resting = market.walk(1)
    assert (resting.cursor, resting.era) == (first + 72, 0)
    invariants.check_all(world)


@shows("DEF-3")
def test_the_default_clock_stands_still_in_a_pause_and_where_nobody_booked() -> None:
    world = make_world(terms=bonded(0, penalty=0))
    first, market = world.hour, world.market
    lease(world, 1, first, 40)
    lease(world, 1, first + 100, 40)
    world.now = (first + 10) * HOUR + 600
    world.registry.pause(GOVERNOR)
    world.advance(3 * HOUR)
    world.registry.unpause(GOVERNOR)
    outage(world, range(first, first + 40))
    market.accrue(1)
    assert market.books_of(1).down == 37 * HOUR
    # Sixty hours without bookings neither count nor interrupt.
    world.now = (first + 140) * HOUR
    report(world, range(first + 100, first + 134), 0)
    world.advance(DAY)
    market.accrue(1)
    assert market.books_of(1).down == 71 * HOUR
    report(world, [first + 134], 1)  # a thousandth of a unit for an hour
    report(world, range(first + 135, first + 140), 0)
    world.advance(DAY)
    market.accrue(1)
    assert market.books_of(1).down == 5 * HOUR
    invariants.check_all(world)


def test_the_count_stops_where_it_suffices() -> None:
    world = make_world(terms=bonded(0, penalty=0))
    first, market = world.hour, world.market
    lease(world, 1, first, 90)
    outage(world, range(first, first + 90))
    market.accrue(1)
    assert market.books_of(1).down == DEFAULT_SECONDS
    assert market.declare_default(1) == world.hour
    assert market.default_of(1, 0) == (world.hour, 0)  # nothing was void
    invariants.check_all(world)


@shows("DEF-6")
@pytest.mark.parametrize("posted", [3 * COIN, 9 * COIN])
def test_no_more_than_the_bond_of_a_unit_is_due_for_it(posted: int) -> None:
    world = make_world(terms=bonded(COIN, penalty=0), pricing=replace(PRICING, horizon_hours=2_000))
    first, market = world.hour, world.market
    market.post_bond(OPERATOR, 1, 9 * COIN)
    lease(world, 3, first, 400)
    if posted < 9 * COIN:
        market.withdraw_bond(OPERATOR, 1, 6 * COIN)
    outage(world, range(first, first + 72))
    hour = market.declare_default(1)
    compensation = COIN * LEDGER_SCALE // 2_000
    assert market.default_of(1, 0) == (hour, compensation)
    void = 3 * (first + 400 - hour)
    assert market.books_of(1).bond == posted * LEDGER_SCALE - void * compensation
    invariants.check_all(world)


def test_a_bond_that_ran_low_is_shared() -> None:
    world = make_world(terms=bonded(30 * COIN, penalty=Q // 10))
    first, market = world.hour, world.market
    market.post_bond(OPERATOR, 1, 60 * COIN)
    lease(world, 1, first, 100)  # 0.84 coins an hour, a tenth of it out of the bond
    lease(world, 1, first + 90, 200, BUYER)
    outage(world, range(first, first + 72))
    hour = market.declare_default(1)
    left = (60 * COIN - 72 * 84_000) * LEDGER_SCALE
    # 54 coins for two units, less than what was promised for each.
    assert market.default_of(1, 0) == (hour, left // 2 // 4_000)
    void = (first + 100 - hour) + (first + 290 - hour)
    assert market.books_of(1).bond == left - void * (left // 2 // 4_000)
    invariants.check_all(world)
