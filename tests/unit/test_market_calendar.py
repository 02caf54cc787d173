"""The calendar: units booked per hour, their peak and their sum over any range."""

import pytest

from tests.support.rent import FLAT, open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import MAX, Stage

UNITS = 2**26 - 1
LANES = 8


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, FLAT)


def word_start(stage: Stage) -> int:
    """The first hour to come that begins one of the calendar's words."""
    return (stage.hour() // LANES + 1) * LANES


def booked(stage: Stage, cluster: int, start: int, end: int) -> list[int]:
    calls = [("bookedAt", (cluster, hour)) for hour in range(start, end)]
    return stage.market.call_many(calls)


@shows("CAL-4")
def test_an_empty_calendar_has_nothing(stage: Stage, cluster: int) -> None:
    hour = stage.hour()
    assert stage.market.call("bookedAt", cluster, hour) == 0
    assert stage.market.call("peakBooked", cluster, hour, hour + 1000) == 0
    assert stage.market.call("sumBooked", cluster, hour, hour + 1000) == 0
    assert stage.market.call("bookedAt", 77, 2**64) == 0


@shows("CAL-1")
@pytest.mark.parametrize("offset", range(LANES))
@pytest.mark.parametrize("hours", [1, 2, 7, 8, 9, 16, 17, 30])
def test_a_lease_books_its_hours_and_no_other(
    stage: Stage, cluster: int, offset: int, hours: int
) -> None:
    start = word_start(stage) + offset
    open_lease(stage, cluster, UNITS, start, hours)
    margin = 2 * LANES
    found = booked(stage, cluster, start - margin, start + hours + margin)
    assert found == [0] * margin + [UNITS] * hours + [0] * margin


@shows("CAL-2")
def test_bookings_of_the_same_hour_add_up(stage: Stage, cluster: int) -> None:
    first = word_start(stage)
    for units, offset, hours in [(5, 0, 20), (7, 3, 9), (11, 8, 8), (13, 19, 2)]:
        open_lease(stage, cluster, units, first + offset, hours)
    expected = [5] * 3 + [12] * 5 + [23] * 4 + [16] * 4 + [5] * 3 + [18, 13, 0]
    assert booked(stage, cluster, first, first + 22) == expected


@shows("CAL-3")
def test_peak_and_sum_are_those_of_every_range(stage: Stage, cluster: int) -> None:
    first = word_start(stage)
    hours = [0] * 26
    for units, offset, length in [
        (5, 1, 20),
        (7, 3, 9),
        (UNITS - 50, 8, 8),
        (13, 19, 2),
        (2, 7, 1),
    ]:
        open_lease(stage, cluster, units, first + offset, length)
        for hour in range(offset, offset + length):
            hours[hour] += units
    ranges = [(start, end) for start in range(26) for end in range(start, 27)]
    for function, fold in (("peakBooked", max), ("sumBooked", sum)):
        calls = [(function, (cluster, first + start, first + end)) for start, end in ranges]
        found = stage.market.call_many(calls)
        assert found == [fold(hours[start:end] or [0]) for start, end in ranges]


@shows("CAL-4")
def test_an_empty_or_reversed_range_has_nothing(stage: Stage, cluster: int) -> None:
    start = stage.hour() + 1
    open_lease(stage, cluster, 3, start, 5)
    for lower, upper in [(start + 2, start + 2), (start + 3, start + 1), (MAX, 0)]:
        assert stage.market.call("peakBooked", cluster, lower, upper) == 0
        assert stage.market.call("sumBooked", cluster, lower, upper) == 0


@shows("CAL-1")
def test_clusters_have_calendars_of_their_own(stage: Stage, cluster: int) -> None:
    other = stage.cluster(10, FLAT)
    start = stage.hour() + 1
    open_lease(stage, cluster, 3, start, 2)
    assert booked(stage, other, start, start + 2) == [0, 0]


@shows("CAL-6")
def test_leases_fill_every_unit_of_every_hour(stage: Stage, cluster: int) -> None:
    start = word_start(stage)
    open_lease(stage, cluster, UNITS, start, 9)
    with expect_revert("LeaseMarket_SoldOut", UNITS, 1, UNITS):
        stage.market.call("quote", cluster, 1, start + 8, 1)
    assert stage.market.call("quote", cluster, 1, start + 9, 1)["peak"] == 0
