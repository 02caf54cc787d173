"""Splitting leases in the model, by units and by hours: nothing is won or lost by it."""

from __future__ import annotations

import copy
from dataclasses import replace
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    OPERATOR,
    PRICING,
    TENANT,
    TERMS,
    USER,
    claim,
    lease,
    make_world,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.accounts import accounts
from wellhead.model.leases import LeaseView
from wellhead.model.units import HOUR, LEDGER_SCALE, MAX_UINT256, Q
from wellhead.model.world import World

#: 10 % from four hours on.
SHORT = replace(PRICING, discount=100_000, discount_hours=4)


@shows("SPLIT-1")
def test_units_split_to_the_ledger_unit() -> None:
    world = make_world(offset=777)
    first, market = world.hour, world.market
    key = lease(world, 7, first, 3)
    market.extend(TENANT, key, 1, MAX_UINT256)
    whole = [replace(part) for part in market.parts_of(key)]
    world.advance(2 * HOUR)
    report(world, range(first, first + 2), 5_000)
    world.advance(DAY)
    ledger = market.accrue(1) and market.refund_ledger_of(key)
    refunded = ledger // LEDGER_SCALE
    new = market.split_units(TENANT, key, 3)
    assert claim(world, TENANT) == refunded  # settles first
    for old, mine, theirs in zip(whole, market.parts_of(key), market.parts_of(new), strict=True):
        assert theirs.rate == Fraction(old.rate * 3, 7) // HOUR * HOUR
        for hour in old.hours:
            assert mine.rate_at(hour) + theirs.rate_at(hour) == old.rate_at(hour)
    assert market.refund_ledger_of(key) + market.refund_ledger_of(new) == ledger
    halves = market.lease_of(key), market.lease_of(new)
    assert [half.units for half in halves] == [4, 3]
    ledgers = [market.refund_ledger_of(half) for half in (key, new)]
    assert ledgers[1] % LEDGER_SCALE == 0  # its fraction stays with the old one
    assert [half.refunded for half in halves] == [own // LEDGER_SCALE for own in ledgers]
    assert halves[0].refunded + halves[1].refunded == refunded
    assert market.owner_of(new) == TENANT
    assert accounts(world, 1).escrowed == sum(p.rate_at(h) for p in whole for h in p.hours
                                              if h >= first + 2) * Q  # fmt: skip
    invariants.check_all(world)


@shows("SPLIT-4")
def test_a_split_by_units_that_is_refused() -> None:
    world = make_world()
    first, market = world.hour, world.market
    key = lease(world, 4, first, 4)
    for units in (0, 4, 5):
        wrong = refused(partial(market.split_units, TENANT, key, units))
        assert wrong == ("InvalidUnits", units, 3)
    assert refused(lambda: market.split_units(BUYER, key, 1)) == ("NotTenant", key, BUYER)
    market.set_user(TENANT, key, USER, world.now + 5)
    in_use = refused(lambda: market.split_units(TENANT, key, 1))
    assert in_use == ("InUse", key, USER, world.now + 5)
    world.advance(6)
    market.notice_suspension(OPERATOR, key, b"")
    assert refused(lambda: market.split_units(TENANT, key, 1)) == ("Suspended", key)
    assert refused(lambda: market.split_hours(TENANT, key, first + 2)) == ("Suspended", key)
    market.lift_suspension(OPERATOR, key)
    assert market.split_units(TENANT, key, 3) == 2


def test_hours_split() -> None:
    world = make_world(pricing=SHORT, offset=600)
    first, market = world.hour, world.market
    key = lease(world, 2, first, 4)
    market.extend(TENANT, key, 2, MAX_UINT256)
    rates = [part.rate for part in market.parts_of(key)]
    escrow = accounts(world, 1).escrowed
    new = market.split_hours(TENANT, key, first + 1)
    assert market.lease_of(key) == LeaseView(
        1, 2, first, first + 1, first + 1, 3_000, rates[0], 0, 1, 0
    )
    assert market.lease_of(new) == LeaseView(
        1, 2, first + 1, first + 6, first + 6, HOUR, rates[0], 0, 2, 0
    )
    assert [(p.is_cut, p.rate) for p in market.parts_of(new)] == [
        (True, rates[0]),
        (False, rates[1]),
    ]
    assert accounts(world, 1).escrowed == escrow
    # Between parts nothing is cut: the extension can still be cancelled.
    third = market.split_hours(TENANT, new, first + 4)
    assert [p.is_cut for p in market.parts_of(third)] == [False]
    assert refused(lambda: market.cancel(TENANT, new, first + 2, 0)) == ("Cut", new, first + 1)
    assert market.cancel(TENANT, third, first + 4, 0) == market.quote(1, 2, first + 4, 2).cost
    invariants.check_all(world)


@shows("SPLIT-5")
@given(
    st.lists(st.integers(0, 10_000), min_size=12, max_size=12),
    st.integers(0, HOUR - 1),
    st.integers(1, 9),
    st.integers(1, 10),
    st.integers(0, 2),
)
def test_what_is_split_is_refunded_like_the_whole(
    available: list[int], offset: int, units: int, at: int, when: int
) -> None:
    """Splits change nothing about what a tenant is due and a cluster earns, to the ledger."""
    terms = replace(TERMS, service=replace(TERMS.service, penalty=2 * Q))
    pricing = replace(PRICING, base_start=777_777)
    whole = make_world(pricing=pricing, terms=terms, offset=offset)
    whole.market.post_bond(OPERATOR, 1, 9 * COIN)
    first = whole.hour
    key = lease(whole, 10, first, 11)
    whole.market.extend(TENANT, key, 1, MAX_UINT256)
    parts = copy.deepcopy(whole)

    def split(world: World) -> None:
        new = world.market.split_units(TENANT, key, units)
        for piece in (key, new):
            if world.hour < first + at:
                world.market.split_hours(TENANT, piece, first + at)

    for world in (whole, parts):
        for step in range(3):
            if world is parts and step == when:
                split(world)
            world.advance(4 * HOUR)
            for index in range(4 * step, 4 * step + 4):
                report(world, [first + index], available[index])
            world.advance(DAY - 4 * HOUR)  # not to the hour: something stays open
            world.market.accrue(1)
        world.advance(2 * DAY)
        for piece in sorted(world.market.leases):
            world.market.settle(piece)
        invariants.check_all(world)
    books = whole.market.books_of(1), parts.market.books_of(1)
    assert books[0] == books[1]
    due = [sum(map(world.market.refund_ledger_of, world.market.leases)) for world in (whole, parts)]
    assert due[0] == due[1]
    pieces = len(parts.market.leases)
    assert claim(whole, TENANT) - pieces < claim(parts, TENANT) <= claim(whole, TENANT)


@shows("SPLIT-1")
@pytest.mark.parametrize("fraction", [1, 7, 3_599])
def test_a_split_keeps_the_pro_rata_hour_whole(fraction: int) -> None:
    world = make_world(offset=fraction)
    key = lease(world, 10, world.hour, 2)
    rent = world.market.parts_of(key)[0].rent
    for units in (3, 3, 2):
        world.market.split_units(TENANT, key, units)
    parts = [part for each in world.market.leases for part in world.market.parts_of(each)]
    assert sum(part.rent for part in parts) == rent
    assert all(part.rate % HOUR == 0 for part in parts[1:])
    invariants.check_all(world)


@shows("SPLIT-2")
def test_however_often_it_is_split_no_more_is_paid_than_is_due() -> None:
    """Did each piece keep a fraction that the old lease was paid for, it would be paid that again:
    with nothing else in the market, its claim would not suffice."""
    pricing = replace(PRICING, base_start=61_234, base_floor=1)
    world = make_world(units=100, pricing=pricing)
    first, market = world.hour, world.market
    key = lease(world, 100, first, 2)
    world.advance(HOUR)
    report(world, [first], 0)
    world.advance(DAY)
    for _ in range(99):
        market.split_units(TENANT, key, 1)
        invariants.check_rent(world)
    report(world, [first + 1], 2_860)
    world.advance(2 * DAY)
    for piece in sorted(market.leases):
        market.settle(piece)
        invariants.check_all(world)
    due = sum(map(market.refund_ledger_of, market.leases))
    assert 0 <= due // LEDGER_SCALE - claim(world, TENANT) < 100
