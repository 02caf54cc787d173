"""Extending and cancelling leases in the model, against the documented formulas."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    GOVERNOR,
    OPERATOR,
    PRICING,
    TENANT,
    USER,
    claim,
    exact_cost,
    exact_gross,
    exact_refund,
    lease,
    make_world,
    refused,
    spent,
)
from wellhead.model import invariants
from wellhead.model.accounts import accounts
from wellhead.model.units import HOUR, LEDGER_SCALE, MAX_UINT256, RATE_SCALE, Q

#: 10 % from four hours on.
SHORT = replace(PRICING, discount=100_000, discount_hours=4)


# --- extending -------------------------------------------------------------------------------


def test_an_extension_is_a_booking_of_its_own() -> None:
    world = make_world(pricing=replace(SHORT, min_hours=2), offset=900)
    first = world.hour
    key = lease(world, 5, first, 4)  # 3.75 h at 1 coin, 9.375 % off
    assert spent(world, TENANT) == math.ceil(5 * COIN * Fraction(15, 4) * Fraction(90625, 100000))
    lease(world, 5, first + 4, 1 + 1, BUYER)
    # One hour is enough here, 2.5 % off, in the half that is left: 1.4 coins a unit.
    quote = world.market.quote_extension(key, 1)
    assert (quote.cost, quote.first_seconds, quote.peak) == (6_825_000, HOUR, 5)
    assert world.market.extend(TENANT, key, 1, 6_825_000) == 6_825_000
    assert world.market.extend(TENANT, key, 2, MAX_UINT256) == math.ceil(
        exact_cost(SHORT, COIN, 10, 5, {0: 1, 1: 1}, {0: 5})
    )
    ends = [(part.start - first, part.end - first, part.first_seconds) for part in
            world.market.parts_of(key)]  # fmt: skip
    assert ends == [(0, 4, 2_700), (4, 5, HOUR), (5, 7, HOUR)]
    view = world.market.lease_of(key)
    assert (view.start, view.end, view.stop, view.parts) == (first, first + 7, first + 7, 3)
    assert world.market.booked_at(1, first + 4) == 10
    invariants.check_all(world)


def test_an_extension_that_is_refused() -> None:
    world = make_world(pricing=replace(PRICING, max_hours=50, horizon_hours=60))
    first, market = world.hour, world.market
    key = lease(world, 4, first, 2)

    def extend(hours: int, caller: str = TENANT, most: int = MAX_UINT256) -> tuple[object, ...]:
        return refused(lambda: market.extend(caller, key, hours, most))

    assert refused(lambda: market.extend(TENANT, 9, 1, 0)) == ("UnknownLease", 9)
    assert refused(lambda: market.quote_extension(9, 1)) == ("UnknownLease", 9)
    assert extend(1, BUYER) == ("NotTenant", key, BUYER)
    assert extend(0) == ("InvalidLength", 0, 1, 50)
    assert extend(51) == ("InvalidLength", 51, 1, 50)
    assert extend(1, most=0) == ("CostAboveMax", market.quote_extension(key, 1).cost, 0)
    world.registry.set_sellable(OPERATOR, 1, 3)
    assert extend(1) == ("SoldOut", 0, 4, 3)
    world.registry.set_sellable(OPERATOR, 1, 10)
    market.notice_suspension(OPERATOR, key, b"")
    assert extend(1) == ("Suspended", key)
    market.lift_suspension(OPERATOR, key)
    for _ in range(15):
        market.extend(TENANT, key, 1, MAX_UINT256)
    assert extend(1) == ("TooManyParts", key, 16)
    other = lease(world, 1, first, 2)
    world.advance(HOUR)
    assert refused(lambda: market.extend(TENANT, other, 59, 0)) == ("InvalidLength", 59, 1, 50)
    world.registry.pause(GOVERNOR)
    assert refused(lambda: market.extend(TENANT, other, 1, 0)) == ("Paused",)
    world.registry.unpause(GOVERNOR)
    world.advance(HOUR)
    assert refused(lambda: market.extend(TENANT, other, 1, 0)) == ("Over", other, first + 2)
    invariants.check_all(world)


# --- cancelling ------------------------------------------------------------------------------


@shows("PRICE-9")
def test_cancelling_at_once_gives_all_back() -> None:
    world = make_world(pricing=SHORT)
    first = world.hour + 1
    key = lease(world, 5, first, 4)
    assert spent(world, TENANT) == 18 * COIN
    assert world.market.cancel(TENANT, key, first, 18 * COIN) == 18 * COIN
    assert spent(world, TENANT) == 0
    assert refused(lambda: world.market.lease_of(key)) == ("UnknownLease", key)
    assert refused(lambda: world.market.owner_of(key)) == ("TokenDoesNotExist",)
    assert world.market.booked_at(1, first) == 0
    assert lease(world, 1, first, 1) == key + 1
    invariants.check_all(world)


@shows("CANCEL-5")
def test_what_is_kept_loses_the_discount_it_does_not_deserve() -> None:
    world = make_world(pricing=SHORT)
    first = world.hour + 1
    key = lease(world, 5, first, 4)
    least = refused(lambda: world.market.cancel(TENANT, key, first + 2, 8_500_001))
    assert least == ("RefundBelowMin", 8_500_000, 8_500_001)
    assert world.market.cancel(TENANT, key, first + 2, 0) == 8_500_000
    # As if two hours had been booked: 10 coins, 5 % off.
    assert spent(world, TENANT) == 9_500_000
    # Nine coins of rent were sold back, half a coin is earned at once.
    assert world.market.books_of(1).earned == 500_000 * LEDGER_SCALE
    view = world.market.lease_of(key)
    assert (view.end, view.stop, view.rate) == (first + 2, first + 2, 4_500_000 * RATE_SCALE)
    assert world.market.parts_of(key)[0].is_cut
    assert refused(lambda: world.market.cancel(TENANT, key, first + 1, 0)) == ("Cut", key, first)
    assert world.router.accrue_and_distribute(1) == 500_000
    invariants.check_all(world)


@shows("CANCEL-3")
def test_both_bounds_of_what_is_given_back() -> None:
    world = make_world()
    first = world.hour + 1
    low = lease(world, 5, first, 4)  # from 0.8 to 1.2: 20 coins
    high = lease(world, 5, first, 4, BUYER)  # from 1.2 to 1.6: 28 coins
    # The curve would give 14 for two hours of the first, who paid 10.
    assert world.market.cancel(TENANT, low, first + 2, 0) == 10 * COIN
    # The second paid 14 for them, but now the curve gives 10.
    assert world.market.cancel(BUYER, high, first + 2, 0) == 10 * COIN
    assert world.market.books_of(1).earned == 4 * COIN * LEDGER_SCALE
    # Without a discount, what is left can be cut again; of 28 - 14 coins, the curve gives 7.
    assert world.market.cancel(BUYER, high, first + 1, 0) == 7 * COIN
    invariants.check_all(world)


@shows("CANCEL-4")
def test_the_fee_and_nothing_at_least() -> None:
    for fee, refund in ((200_000, 6_700_000), (Q, 0), (0, 8_500_000)):
        world = make_world(pricing=replace(SHORT, cancel_fee=fee))
        first = world.hour + 1
        key = lease(world, 5, first, 4)
        assert world.market.cancel(TENANT, key, first + 2, 0) == refund
        assert world.market.books_of(1).earned == (9 * COIN - refund) * LEDGER_SCALE
        assert accounts(world, 1).refunded == refund * LEDGER_SCALE
        invariants.check_all(world)


@shows("CANCEL-3")
def test_a_fallen_base_gives_less_back() -> None:
    world = make_world(pricing=replace(PRICING, speed=100_000))
    first = world.hour
    key = lease(world, 5, first + 10, 2)
    world.advance(4 * HOUR)  # nothing booked: exp(0.1 * 4 * (0 - 0.5))
    base = world.market.base_of(1)
    assert world.market.cancel(TENANT, key, first + 10, 0) == base * 10 // 10**18
    assert world.market.books_of(1).base == base
    assert world.market.books_of(1).base_hour == first + 4
    invariants.check_all(world)


def test_cancelling_across_parts() -> None:
    world = make_world(pricing=SHORT)
    first = world.hour + 1
    key = lease(world, 5, first, 4)
    world.market.extend(TENANT, key, 2, MAX_UINT256)  # 10 coins, 5 % off
    world.market.extend(TENANT, key, 1, MAX_UINT256)  # 5 coins, 2.5 % off
    assert spent(world, TENANT) == 18_000_000 + 9_500_000 + 4_875_000
    refund = world.market.cancel(TENANT, key, first + 5, 0)
    # One of two hours of the second part is kept, 2.5 % off; the third is gone.
    assert refund == 4_875_000 + (9_500_000 - 4_875_000)
    assert spent(world, TENANT) == 18_000_000 + 4_875_000
    assert [part.is_cut for part in world.market.parts_of(key)] == [False, True]
    # The part that was cut is in the way of those before it.
    cut = refused(lambda: world.market.cancel(TENANT, key, first + 2, 0))
    assert cut == ("Cut", key, first + 4)
    # A part that begins where the lease is cut is whole.
    other = lease(world, 1, first, 4)
    world.market.extend(TENANT, other, 4, MAX_UINT256)
    world.market.cancel(TENANT, other, first + 4, 0)
    assert [part.is_cut for part in world.market.parts_of(other)] == [False]
    invariants.check_all(world)


def test_where_a_lease_can_be_cut() -> None:
    world = make_world(offset=1)
    first, market = world.hour, world.market
    key = lease(world, 1, first, 4)

    def cancel(hour: int, caller: str = TENANT) -> tuple[object, ...]:
        return refused(lambda: market.cancel(caller, key, hour, 0))

    assert cancel(first) == ("HourOutOfRange", first, first + 1, first + 3)
    assert cancel(first + 4) == ("HourOutOfRange", first + 4, first + 1, first + 3)
    assert cancel(first + 2, BUYER) == ("NotTenant", key, BUYER)
    assert refused(lambda: market.cancel(TENANT, 7, first, 0)) == ("UnknownLease", 7)
    market.set_user(TENANT, key, USER, (first + 2) * HOUR)
    assert cancel(first + 1) == ("InUse", key, USER, (first + 2) * HOUR)
    market.approve(TENANT, BUYER, key)
    world.registry.pause(GOVERNOR)  # stops no cancellation
    market.cancel(BUYER, key, first + 2, 0)
    assert claim(world, TENANT) != 0 == claim(world, BUYER)
    later = first + 10
    world.registry.unpause(GOVERNOR)
    ahead = lease(world, 1, later, 3)
    out = refused(lambda: market.cancel(TENANT, ahead, later - 1, 0))
    assert out == ("HourOutOfRange", later - 1, later, later + 2)
    out = refused(lambda: market.split_hours(TENANT, ahead, later))
    assert out == ("HourOutOfRange", later, later + 1, later + 2)
    invariants.check_all(world)


@given(
    st.integers(0, 400_000),
    st.integers(1, 40),
    st.one_of(st.sampled_from([0, Q]), st.integers(0, Q)),
    st.integers(0, HOUR - 1),
    st.integers(1, 20),
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10), st.integers(1, 3)), max_size=3),
    st.data(),
)
def test_a_refund_is_the_documented_fraction(
    discount: int,
    discount_hours: int,
    fee: int,
    offset: int,
    units: int,
    hours: int,
    others: list[tuple[int, int, int]],
    data: st.DataObject,
) -> None:
    discount = min(discount, 333_333)
    pricing = replace(PRICING, discount=discount, discount_hours=discount_hours, cancel_fee=fee)
    world = make_world(units=40, pricing=pricing, offset=offset)
    begin, ahead = world.hour, data.draw(st.integers(0, 2))
    key = lease(world, units, begin + ahead, hours)
    cost = spent(world, TENANT)
    for start, count, more in others:
        lease(world, more, begin + start, count, BUYER)
    world.advance(data.draw(st.integers(0, 3)) * HOUR)
    least = max(world.hour + 1 - begin, ahead)
    if least >= ahead + hours:
        return
    at = data.draw(st.integers(least, ahead + hours - 1))
    left = range(at, ahead + hours)
    booked = {h: sum(m for s, n, m in others if s <= h < s + n) for h in left}
    release, empty = (
        exact_gross(pricing, COIN, 40, units, dict.fromkeys(left, 1), load)
        for load in (booked, dict.fromkeys(left, 0))
    )
    covered = hours - (Fraction(offset, HOUR) if ahead == 0 else 0)
    exact = exact_refund(pricing, cost, covered, len(left), release, empty)
    refund = world.market.cancel(TENANT, key, begin + at, 0)
    assert math.floor(exact) - 1 <= refund <= exact
    invariants.check_all(world)
