"""Units that are booked in the course of an hour count for what is left of it, in the model."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    PRICING,
    QUORUM,
    TENANT,
    bonded,
    lease,
    make_world,
    outage,
    refused,
    report,
)
from wellhead.model import invariants, price, service
from wellhead.model.fixedpoint import ceil_div, clamp, exp_wad, sdiv
from wellhead.model.registry import OffBook
from wellhead.model.samples import Sample
from wellhead.model.units import HOUR, WAD, Q
from wellhead.model.world import World

FOLLOWS = replace(PRICING, speed=100_000)


# --- numbers ---------------------------------------------------------------------------------


@shows("ACC-1")
@pytest.mark.parametrize(
    ("available", "covered", "sla", "penalty", "expected"),
    [
        (7_500, 27_000, 990_000, 500_000, 0),  # 5 units for an hour, and 5 for half of it
        (7_425, 27_000, 990_000, 500_000, 0),  # just the SLA
        (7_424, 27_000, 990_000, 500_000, 202),  # 1.5 / 7425 is 202.02 millionths
        (3_712, 27_000, 990_000, 500_000, 750_101),  # 1.5 * 3,713 / 7,425
        (1, 1, Q, Q, 0),  # a unit for a second is less than a thousandth
        (0, 1, 990_000, Q, 2 * Q),
        (1_500, 5_401, Q, 0, 185),  # of 1500.28 thousandths
        (1_501, 5_401, Q, 0, 0),
    ],
)
def test_the_loss_of_unit_seconds_by_hand(
    available: int, covered: int, sla: int, penalty: int, expected: int
) -> None:
    assert service.loss(available, covered, sla, penalty) == expected


@shows("PRICE-17")
@given(
    st.integers(1, 2**26 - 1), st.integers(1, 500), st.integers(0, Q), st.integers(0, Q), st.data()
)
def test_whole_hours_move_the_base_as_unit_hours_would(
    attested: int, elapsed: int, target: int, speed: int, data: st.DataObject
) -> None:
    hours = data.draw(st.integers(0, attested * elapsed))
    pricing = replace(PRICING, target=target, speed=speed, base_floor=1, base_cap=10**12)
    excess = Q * hours - target * elapsed * attested
    bound = price.MAX_EXPONENT
    exponent = clamp(sdiv(speed * excess * WAD, attested * Q * Q), -bound, bound)
    expected = clamp(10**6 * WAD * exp_wad(exponent) // WAD, WAD, 10**12 * WAD)
    assert price.next_base(pricing, 10**6 * WAD, attested, elapsed, hours * HOUR) == expected


# --- the books -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passed", "covered"),
    [(0, 36_000), (1, 35_995), (1_800, 27_000), (3_599, 18_005)],
)
@shows("ACC-1", "CAL-2")
def test_half_of_the_units_come_late(passed: int, covered: int) -> None:
    """What worked all the time is enough, whatever was booked at the end."""
    world = make_world()
    hour, market = world.hour + 1, world.market
    lease(world, 5, hour, 1)
    world.now = hour * HOUR + passed
    late = lease(world, 5, hour, 2, BUYER)
    assert (market.booked_at(1, hour), market.covered_at(1, hour)) == (10, covered)
    assert (market.booked_at(1, hour + 1), market.covered_at(1, hour + 1)) == (5, 5 * HOUR)
    world.now = (hour + 1) * HOUR
    available = service.available_of([(passed, 10, 5), (HOUR - passed, 10, 10)])
    assert available == ceil_div(covered * 1000, HOUR)
    report(world, [hour], available, 10_000)
    world.advance(DAY)
    market.accrue(1)
    assert market.book_of(1).losses == {hour: 0}
    assert [market.settle(key) for key in (1, late)] == [0, 0]
    invariants.check_all(world)


def test_who_came_late_does_not_hide_an_outage() -> None:
    """Five of ten units fail as soon as the others are booked: a third is missing, not a half."""
    world = make_world()
    hour, market = world.hour + 1, world.market
    lease(world, 5, hour, 1)
    world.now = hour * HOUR + 1_800
    lease(world, 5, hour, 1, BUYER)
    world.now = (hour + 1) * HOUR
    report(world, [hour], service.available_of([(1_800, 10, 5), (1_800, 5, 10)]))
    world.advance(DAY)
    market.accrue(1)
    assert market.book_of(1).losses == {hour: 1_500_000 * 2_425 // 7_425}
    invariants.check_all(world)


@shows("PRICE-18")
def test_the_last_second_of_an_hour_is_no_demand() -> None:
    """All units for a second of each hour, against nobody at all and against the whole hour."""
    worlds = [make_world(pricing=FOLLOWS) for _ in range(3)]
    none, second, whole = worlds
    first = none.hour
    lease(whole, 10, first + 1, 10)
    for hour in range(first + 1, first + 11):
        second.now = hour * HOUR + HOUR - 1
        lease(second, 10, hour, 1)
    for world in worlds:
        world.now = (first + 11) * HOUR
    # exp(-0.05 * 11), exp(0.1 * (10 - 5.5)), and a second of each of ten hours more than nothing.
    assert none.market.base_of(1) == COIN * WAD * exp_wad(-55 * WAD // 100) // WAD
    assert whole.market.base_of(1) == COIN * WAD * exp_wad(45 * WAD // 100) // WAD
    assert none.market.base_of(1) < second.market.base_of(1)
    assert second.market.base_of(1) - none.market.base_of(1) < COIN * WAD // 3_600
    for world in worlds:
        invariants.check_all(world)


@shows("PRICE-19")
def test_an_update_in_the_hour_that_units_came_forgets_nothing() -> None:
    """Before they came, in between, after, or not at all: the base comes to the same, but for
    roundings."""
    for updates in ((), (500,), (1_500,), (500, 1_500, 2_500)):
        world = make_world(pricing=FOLLOWS)
        hour = world.hour + 3
        for second in sorted({1_000, 2_000, *updates}):
            world.now = hour * HOUR + second
            if second in updates:
                world.market.update_base(1)
            else:
                lease(world, 2, hour, 5)
        assert world.market.covered_at(1, hour) == 2 * 2_600 + 2 * 1_600
        world.now = (hour + 7) * HOUR
        excess = 4 * 4 * HOUR + 2 * 4_200 - 5 * 10 * HOUR
        exact = COIN * WAD * exp_wad(sdiv(10**17 * excess, 10 * HOUR)) // WAD
        assert abs(world.market.base_of(1) - exact) <= exact // 10**15
        invariants.check_all(world)


def test_units_that_came_late_and_were_split() -> None:
    """Both halves came as late; what is cut off behind does not change the first hour."""
    world = make_world(offset=2_000)
    hour, market = world.hour, world.market
    key = lease(world, 6, hour, 5)
    part = market.split_units(TENANT, key, 2)
    rest = market.split_hours(TENANT, key, hour + 2)
    market.cancel(TENANT, rest, hour + 2, 0)
    market.cancel(TENANT, part, hour + 1, 0)
    assert market.covered_at(1, hour) == 6 * 1_600
    assert market.covered_at(1, hour + 1) == 4 * HOUR
    assert market.covered_at(1, hour + 2) == 0
    invariants.check_all(world)


@shows("DEF-12")
def test_the_hour_of_a_default_is_the_new_eras() -> None:
    world = make_world(terms=bonded(0, penalty=0))
    first, market = world.hour, world.market
    lease(world, 4, first, 73)
    outage(world, range(first, first + 72))
    hour = world.hour
    world.now = hour * HOUR + 600
    void = lease(world, 5, hour, 2)
    assert market.covered_at(1, hour) == 5 * 3_000
    assert market.declare_default(1) == hour
    assert (market.covered_at(1, hour), market.covered_at(1, hour + 1)) == (0, 0)
    world.now = hour * HOUR + 3_599
    stands = lease(world, 7, hour, 1, BUYER)
    assert market.covered_at(1, hour) == 7
    invariants.check_all(world)
    report(world, [first + 72], 4_000)
    world.now = (hour + 1) * HOUR
    report(world, [hour], 2)
    world.advance(DAY)
    paid = market.parts_of(void)[0].rent
    market.settle(void)
    assert market.refund_ledger_of(void) == paid * Q
    assert market.settle(stands) == 0
    assert market.book_of(1).losses[hour] == 0
    invariants.check_all(world)


def test_an_alarm_counts_the_seconds_that_were_booked() -> None:
    world = make_world(units=7)
    hour = world.hour + 1
    world.now = hour * HOUR + 3_000
    lease(world, 7, hour, 1)
    world.now = (hour + 2) * HOUR
    limit = 166_667 + 20_000  # a sixth, rounded up
    flag = world.registry.flag_off_book
    world.oracle.report([Sample(1, hour, 0, 0, limit)], b"", QUORUM)
    assert refused(lambda: flag(1, hour)) == ("WithinBooked", 1, hour, limit, limit)
    other = make_world(units=7)
    other.now = hour * HOUR + 3_000
    lease(other, 7, hour, 1)
    other.now = (hour + 2) * HOUR
    other.oracle.report([Sample(1, hour, 0, 0, limit + 1)], b"", QUORUM)
    assert other.registry.flag_off_book(1, hour) == OffBook(limit + 1, 7 * 600, 7)


# --- the checks ------------------------------------------------------------------------------


def _forget_the_late(world: World, hour: int) -> None:
    world.market.book_of(1).eras[0].late.clear()


def _count_a_second_more(world: World, hour: int) -> None:
    world.market.book_of(1).eras[0].late[hour] += 1


def _be_late_where_nobody_booked(world: World, hour: int) -> None:
    world.market.book_of(1).eras[0].late[hour + 9] = 1


@pytest.mark.parametrize(
    "spoil", [_forget_the_late, _count_a_second_more, _be_late_where_nobody_booked]
)
def test_the_check_of_bookings_finds_what_is_wrong(spoil: object) -> None:
    world = make_world(offset=2_000)
    lease(world, 6, world.hour, 5)
    invariants.check_bookings(world)
    assert callable(spoil)
    spoil(world, world.hour)
    with pytest.raises(AssertionError, match="covered in era 0"):
        invariants.check_bookings(world)
