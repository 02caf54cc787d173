"""Unit-seconds booked in an hour: units that come in its course count for what is left of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.bonds import declare, deliver_hours
from tests.support.lifecycle import cancel, extend, split_hours, split_units
from tests.support.rent import FLAT, Opened, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage

UNITS = 100
#: Seconds of an hour that have passed when units are booked in it.
PASSED = [1, 1800, 3599]


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, FLAT)


def covered(stage: Stage, cluster: int, hours: range) -> list[int]:
    found: list[int] = stage.market.call_many([("coveredAt", (cluster, hour)) for hour in hours])
    return found


def booked(stage: Stage, cluster: int, hours: range) -> list[int]:
    found: list[int] = stage.market.call_many([("bookedAt", (cluster, hour)) for hour in hours])
    return found


@shows("CAL-12")
def test_units_that_were_booked_ahead_cover_whole_hours(stage: Stage, cluster: int) -> None:
    start = stage.hour() + 1
    for units, offset, hours in [(7, 0, 5), (11, 1, 2), (13, 3, 6), (69, 3, 1)]:
        open_lease(stage, cluster, units, start + offset, hours)
    around = range(start - 2, start + 12)
    found = covered(stage, cluster, around)
    assert found == [units * HOUR for units in booked(stage, cluster, around)]
    assert max(found) == 89 * HOUR


@shows("CAL-12")
@pytest.mark.parametrize("hours", [1, 2, 30])
@pytest.mark.parametrize("passed", [0, *PASSED])
def test_units_that_come_late_cover_the_seconds_that_are_left(
    stage: Stage, cluster: int, passed: int, hours: int
) -> None:
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, 40, start, hours, at=start * HOUR + passed)
    assert lease.first_seconds == HOUR - passed
    around = range(start - 1, start + hours + 1)
    assert covered(stage, cluster, around) == [
        0,
        40 * (HOUR - passed),
        *[40 * HOUR] * (hours - 1),
        0,
    ]
    # For what can be sold they count like any other.
    assert booked(stage, cluster, around) == [0, *[40] * hours, 0]


@shows("CAL-12")
def test_each_late_booking_of_an_hour_counts_for_its_own_seconds(
    stage: Stage, cluster: int
) -> None:
    """Beside one that runs through, one that begins and one that ends at the same hour."""
    start = stage.hour() + 2
    open_lease(stage, cluster, 3, start - 1, 4)
    open_lease(stage, cluster, 5, start, 2)
    open_lease(stage, cluster, 7, start - 1, 1)
    expected = 3 + 5
    for units, passed in [(11, 1), (13, 1800), (17, 1801), (19, 3599)]:
        expected_before = covered(stage, cluster, range(start, start + 1))
        open_lease(stage, cluster, units, start, 1, at=start * HOUR + passed)
        expected += units
        (found,) = covered(stage, cluster, range(start, start + 1))
        assert [found - units * (HOUR - passed)] == expected_before
        assert booked(stage, cluster, range(start, start + 1)) == [expected]
    late = 11 * 1 + 13 * 1800 + 17 * 1801 + 19 * 3599
    assert covered(stage, cluster, range(start - 1, start + 3)) == [
        10 * HOUR,
        68 * HOUR - late,
        8 * HOUR,
        3 * HOUR,
    ]


@shows("CAL-12")
@pytest.mark.parametrize("seed", range(4))
def test_covered_is_the_sum_of_what_every_lease_covers(
    stage: Stage, cluster: int, seed: int
) -> None:
    chance = random.Random(seed)
    start = stage.hour() + 1
    leases: list[Opened] = []
    moments = sorted(chance.sample(range(6 * HOUR), 14))
    for moment in moments:
        first = start + moment // HOUR + chance.choice([0, 0, 1, 3])
        at = start * HOUR + moment
        leases.append(open_lease(stage, cluster, chance.randint(1, 7), first, 3, at=at))
    hours = range(start, start + 14)
    expected = [sum(lease.units * lease.seconds_at(hour) for lease in leases) for hour in hours]
    assert covered(stage, cluster, hours) == expected
    assert any(seconds % HOUR for seconds in expected)


Change = Callable[[Stage, Opened], Any]


@shows("CAL-13")
@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda stage, lease: split_units(stage, lease.id, 7), 3),
        (lambda stage, lease: split_hours(stage, lease.id, lease.start + 1), 3),
        (
            lambda stage, lease: stage.market.send(
                "transferFrom",
                lease.tenant.address,
                stage.tenants[2].address,
                lease.id,
                sender=lease.tenant,
            ),
            3,
        ),
        (lambda stage, lease: extend(stage, lease, 1), 4),
        (lambda stage, lease: cancel(stage, lease.id, lease.start + 1), 1),
    ],
    ids=["split by units", "split by hours", "moved", "extended", "cancelled"],
)
def test_what_becomes_of_a_late_lease_changes_nothing_of_its_hour(
    stage: Stage, cluster: int, change: Change, left: int
) -> None:
    start = stage.hour() + 1
    open_lease(stage, cluster, 5, start, 1)
    lease = open_lease(stage, cluster, 40, start, 3, at=start * HOUR + 1234)
    before = covered(stage, cluster, range(start, start + 1))
    assert before == [5 * HOUR + 40 * (HOUR - 1234)]
    change(stage, lease)
    assert covered(stage, cluster, range(start, start + 5)) == [
        *before,
        *[40 * HOUR] * (left - 1),
        *[0] * (5 - left),
    ]
    stage.to_hour(start + 6)
    assert covered(stage, cluster, range(start, start + 1)) == before


@shows("CAL-14")
def test_a_default_makes_void_what_was_booked_of_its_hour(stage: Stage, cluster: int) -> None:
    """Late or ahead; units that are booked anew in that hour count for what is left of it then."""
    start = stage.hour() + 1
    open_lease(stage, cluster, 10, start, 200)
    deliver_hours(stage, cluster, start, [0] * 72)
    hour = stage.hour() + 2
    open_lease(stage, cluster, 20, hour - 1, 1, at=(hour - 1) * HOUR + 600)
    open_lease(stage, cluster, 30, hour, 5, at=hour * HOUR + 900)
    around = range(hour - 1, hour + 2)
    before = [10 * HOUR + 20 * 3000, 10 * HOUR + 30 * 2700, 40 * HOUR]
    assert covered(stage, cluster, around) == before
    stage.anvil.next_block_at(hour * HOUR + 1200)
    declare(stage, cluster)
    assert covered(stage, cluster, around) == [before[0], 0, 0]
    open_lease(stage, cluster, 50, hour, 2, at=hour * HOUR + 1800)
    open_lease(stage, cluster, 1, hour + 1, 1)
    expected = [before[0], 50 * 1800, 51 * HOUR]
    assert covered(stage, cluster, around) == expected
    stage.to_hour(hour + 100)
    assert covered(stage, cluster, around) == expected


@shows("CAL-12")
def test_where_nobody_can_book_nothing_is_covered(stage: Stage, cluster: int) -> None:
    hour = stage.hour()
    open_lease(stage, cluster, 5, hour + 1, 1)
    for asked in (0, hour - 1, hour, hour + 2, 2**24 - 2, 2**24 - 1, 2**24, 2**32, MAX):
        assert stage.market.call("coveredAt", cluster, asked) == 0
    for unknown in (0, cluster + 1, MAX):
        assert stage.market.call("coveredAt", unknown, hour + 1) == 0
    empty = stage.register(FLAT)
    assert stage.market.call("coveredAt", empty, hour + 1) == 0
