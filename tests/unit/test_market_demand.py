"""Demand in the course of an hour: it moves the base price by the seconds that were paid for."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest

from tests.support.bonds import declare, go_down
from tests.support.lifecycle import cancel
from tests.support.rent import WAD, Opened, base_after, books, cost, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, USD, Q, Stage, Terms
from wellhead.model.price import next_base

UNITS = 100
TERMS = Terms(base_start=2 * USD, base_floor=1, base_cap=1000 * USD, speed=50_000)
#: A base that full demand raises by 5 % an hour, and none lowers by as much.
FAKED = TERMS.but(discount=0, speed=100_000, target=500_000)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


def base(stage: Stage, cluster: int) -> int:
    return int(stage.market.call("baseOf", cluster))


def assert_moved(terms: Terms, before: int, found: int, hours: int, covered: int) -> None:
    """The base is what so many hours make of it, in which so many unit-seconds were booked."""
    booked = Fraction(covered, HOUR * UNITS)
    growth = Fraction(terms.speed, Q) * (booked - hours * Fraction(terms.target, Q))
    low, high = base_after(terms, before, growth)
    high += high // WAD + 1  # the exponent is rounded towards zero, to 18 digits
    assert low <= found <= high, f"{found} is not between {low} and {high}"
    assert found == next_base(terms.model().pricing, before, UNITS, hours, covered)


@shows("PRICE-17", "PRICE-22")
@pytest.mark.parametrize("hours", [1, 2, 24])
@pytest.mark.parametrize("passed", [0, 1, 1799, 1800, 3599])
@pytest.mark.parametrize("units", [1, 37, UNITS])
def test_units_that_come_late_count_for_what_they_pay(
    stage: Stage, cluster: int, units: int, passed: int, hours: int
) -> None:
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, units, start, hours, at=start * HOUR + passed)
    assert books(stage, cluster)["baseHour"] == start
    before = books(stage, cluster)["base"]
    stage.to_hour(start + hours)
    covered = units * ((hours - 1) * HOUR + lease.first_seconds)
    assert_moved(TERMS, before, base(stage, cluster), hours, covered)
    # Hours in which nothing is booked are none of it, however late the base is asked for.
    stage.to_hour(start + hours + 30)
    assert_moved(TERMS, before, base(stage, cluster), hours + 30, covered)


@shows("PRICE-22")
def test_the_first_hour_of_all_counts_by_its_seconds_too(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS)
    genesis = stage.hour()
    lease = open_lease(stage, cluster, 80, genesis, 1, at=genesis * HOUR + 2700)
    assert lease.first_seconds == 900
    stage.to_hour(genesis + 1)
    assert_moved(TERMS, TERMS.base_start * WAD, base(stage, cluster), 1, 80 * 900)


@shows("PRICE-22")
def test_the_base_is_brought_up_once_however_many_come_late(stage: Stage, cluster: int) -> None:
    """Within an hour every booking and every update finds the base of the hour before."""
    start = stage.hour() + 2
    open_lease(stage, cluster, 10, start, 2)
    stage.to_hour(start, 5)
    first = stage.market.send("updateBase", cluster, sender=stage.stranger)
    before = first.event("BaseUpdated")["base"]
    covered = 10 * HOUR
    for units, passed in [(20, 600), (1, 700), (30, 1800), (39, 3598)]:
        lease = open_lease(stage, cluster, units, start, 1, at=start * HOUR + passed)
        covered += units * (HOUR - passed)
        again = stage.market.send("updateBase", cluster, sender=stage.stranger)
        assert lease.receipt.all("BaseUpdated") == again.all("BaseUpdated") == []
        assert books(stage, cluster)["base"] == before
    assert stage.hour() == start
    stage.to_hour(start + 1)
    assert_moved(TERMS, before, base(stage, cluster), 1, covered)
    # The next hour is its own: nothing of this one's lateness is left in it.
    second = stage.market.send("updateBase", cluster, sender=stage.stranger).event("BaseUpdated")
    stage.to_hour(start + 2)
    assert_moved(TERMS, second["base"], base(stage, cluster), 1, 10 * HOUR)


@shows("PRICE-19", "PRICE-22")
@pytest.mark.parametrize("seed", range(4))
def test_the_base_follows_every_second_of_a_random_day(
    stage: Stage, cluster: int, seed: int
) -> None:
    """Each update rests on the unit-seconds of its own hours, in however many steps; in all they
    come to what one update at the end makes of the whole day, but for the roundings."""
    chance = random.Random(seed)
    start = stage.hour() + 1
    stage.to_hour(start)
    first = stage.market.send("updateBase", cluster, sender=stage.stranger).event("BaseUpdated")
    leases: list[Opened] = []
    steps = [(first["hour"], first["base"])]
    for moment in sorted(chance.sample(range(60, 24 * HOUR), 12)):
        hour = start + moment // HOUR + chance.choice([0, 0, 0, 2])
        lease = open_lease(stage, cluster, chance.randint(1, 8), hour, 2, at=start * HOUR + moment)
        leases.append(lease)
        steps += [(e["hour"], e["base"]) for e in lease.receipt.all("BaseUpdated")]
    stage.to_hour(start + 30)
    steps.append((start + 30, base(stage, cluster)))

    def covered(begin: int, end: int) -> int:
        hours = range(begin, end)
        return sum(lease.units * lease.seconds_at(hour) for lease in leases for hour in hours)

    for (begin, before), (end, after) in pairwise(steps):
        assert_moved(TERMS, before, after, end - begin, covered(begin, end))
    whole = next_base(TERMS.model().pricing, steps[0][1], UNITS, 30, covered(start, start + 30))
    assert abs(steps[-1][1] - whole) <= len(steps) * 3 * whole // WAD + len(steps)
    assert sum(lease.first_seconds < HOUR for lease in leases) > 4


@shows("DEF-10", "PRICE-22")
def test_what_a_default_makes_void_is_no_demand(stage: Stage) -> None:
    """Neither ahead nor late; what is booked after it in its hour counts by its seconds."""
    terms = TERMS.but(speed=9_000)
    cluster = stage.cluster(UNITS, terms)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 300)
    go_down(stage, cluster, lease.start)
    hour = stage.hour() + 1
    open_lease(stage, cluster, 80, hour, 3, at=hour * HOUR + 600)
    stage.anvil.next_block_at(hour * HOUR + 900)
    declare(stage, cluster)
    before = books(stage, cluster)["base"]
    assert books(stage, cluster)["baseHour"] == hour
    open_lease(stage, cluster, 50, hour, 2, at=hour * HOUR + 1800)
    stage.to_hour(hour + 1)
    assert_moved(terms, before, base(stage, cluster), 1, 50 * 1800)
    stage.to_hour(hour + 4)
    assert_moved(terms, before, base(stage, cluster), 4, 50 * (1800 + HOUR))


@shows("PRICE-23")
def test_demand_is_not_faked_for_a_second_of_rent(stage: Stage) -> None:
    """24 hours of full demand, for a second each, leave the base where it was."""
    cluster = stage.cluster(UNITS, FAKED)
    before, hour = base(stage, cluster), stage.hour() + 1
    for at in range(hour, hour + 24):
        open_lease(stage, cluster, UNITS, at, 1, at=at * HOUR + 3599)
    stage.to_hour(hour + 24)
    assert base(stage, cluster) <= before


@shows("PRICE-23")
@pytest.mark.parametrize("seconds", [1, 36, 1800, HOUR])
def test_a_day_of_demand_costs_the_share_of_the_whole_rent_that_it_moves(
    stage: Stage, seconds: int
) -> None:
    """Whoever books all units for the last seconds of each hour moves the base's logarithm by the
    share of an hour that these are, and pays no smaller share of what the whole hour costs then."""
    cluster = stage.cluster(UNITS, FAKED)
    start = stage.hour() + 1
    for hour in range(start, start + 24):
        at = (hour + 1) * HOUR - seconds
        lease = open_lease(stage, cluster, UNITS, hour, 1, at=at)
        assert (lease.start, lease.first_seconds) == (hour, seconds)
        before = books(stage, cluster)["base"]
        whole = cost(FAKED, Fraction(before, WAD), UNITS, UNITS, [HOUR], [0])
        # All costs are rounded up to a stablecoin unit.
        assert lease.cost * HOUR >= (whole - 1) * seconds
        stage.to_hour(hour + 1)
        assert_moved(FAKED, before, base(stage, cluster), 1, UNITS * seconds)


@shows("PRICE-23")
def test_what_is_sold_back_at_once_is_no_demand(stage: Stage) -> None:
    """A long lease of all units from an hour's last second on, sold back but for that second."""
    cluster = stage.cluster(UNITS, FAKED.but(cancel_fee=0))
    before, hour = base(stage, cluster), stage.hour() + 1
    for at in range(hour, hour + 24):
        lease = open_lease(stage, cluster, UNITS, at, 20, at=at * HOUR + 3598)
        stage.anvil.next_block_at(at * HOUR + 3599)
        cancel(stage, lease.id, at + 1)
    stage.to_hour(hour + 24)
    assert base(stage, cluster) < before
