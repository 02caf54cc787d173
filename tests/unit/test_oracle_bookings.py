"""What tenants could use of units that came in the course of an hour: every moment counts for what
was booked then. The formula is held against a count of all moments, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.shows import shows
from wellhead.model import service
from wellhead.model.units import HOUR, Q
from wellhead.oracle.bookings import Bookings, available_of, told

HALF = HOUR // 2


def by_the_second(bookings: Bookings) -> list[int]:
    """Units booked in each second of the hour."""
    return [
        bookings.at_first + sum(units for begin, units in bookings.late if begin <= second)
        for second in range(HOUR)
    ]


def used(bookings: Bookings, working: Sequence[int]) -> Fraction:
    """Thousandths of a unit that were working and booked, mean over all moments: of each second as
    many as there are looks."""
    looks, total = len(working), 0
    for second, units in enumerate(by_the_second(bookings)):
        for moment in range(second * looks, (second + 1) * looks):
            total += min(working[moment // HOUR], 1000 * units)
    return Fraction(total, HOUR * looks)


bookings = st.builds(
    lambda at_first, late: Bookings(at_first + sum(late.values()), tuple(sorted(late.items()))),
    st.integers(0, 20),
    st.dictionaries(st.integers(1, HOUR - 1), st.integers(1, 9), max_size=4),
)
works = st.lists(st.sampled_from([0, 1, 999, 4_000, 10_500, 60_000]), min_size=1, max_size=7)


@shows("ACC-11")
@given(bookings, works)
def test_it_is_what_a_count_of_all_moments_says(booked: Bookings, working: list[int]) -> None:
    assert booked.covered == sum(by_the_second(booked))
    exact, whole = used(booked, working), Fraction(1000 * booked.covered, HOUR)
    most = floor(Fraction(sum(working), len(working)))
    found = available_of(booked, working)
    assert found == min(ceil(whole) - ceil(whole - exact), most)
    assert 0 <= found <= most
    assert abs(found - exact) < 1
    if not booked.late:
        assert found == floor(exact)


@given(bookings, st.sampled_from([1, 2, 3, 8, 60]), st.data())
def test_it_is_the_model_s(booked: Bookings, looks: int, data: st.DataObject) -> None:
    """Second by second, where each look stands for whole seconds and sees whole units."""
    units = data.draw(st.lists(st.integers(0, 40), min_size=looks, max_size=looks))
    moments = [
        (1, units[second * looks // HOUR], there)
        for second, there in enumerate(by_the_second(booked))
    ]
    found = available_of(booked, [1000 * each for each in units])
    assert found == service.available_of(moments)


@given(bookings, st.lists(st.integers(60_000, 70_000), min_size=1, max_size=61), st.integers(1, Q))
def test_where_all_worked_nothing_is_lost_however_short_the_booking(
    booked: Bookings, working: list[int], sla: int
) -> None:
    assume(booked.covered)
    assert service.loss(available_of(booked, working), booked.covered, sla, Q) == 0


@given(bookings, works, st.integers(1, HOUR - 1), st.integers(1, 50))
def test_what_is_booked_late_makes_up_for_nothing(
    booked: Bookings, working: list[int], second: int, units: int
) -> None:
    """What was missing of the bookings before is missing still."""
    late = dict(booked.late)
    late[second] = late.get(second, 0) + units
    more = Bookings(booked.booked + units, tuple(sorted(late.items())))

    def missing(of: Bookings) -> int:
        return ceil(Fraction(1000 * of.covered, HOUR)) - available_of(of, working)

    assert missing(more) >= missing(booked)


@pytest.mark.parametrize(
    ("late", "available"),
    [
        # Ten units are booked all the time and twenty work, in the first half hour only.
        ((), 5_000),
        (((1, 10),), 9_998),  # 9 997.2: nearly all of ten units more, half of the time
        (((HALF, 10),), 5_000),
        (((HOUR - 1, 10),), 5_000),
        (((HALF - 60, 4), (HALF + 60, 6)), 5_067),  # for a minute of it 4 units more
    ],
)
def test_units_that_came_before_and_in_an_outage_of_the_second_half(
    late: tuple[tuple[int, int], ...], available: int
) -> None:
    booked = Bookings(10 + sum(units for _, units in late), late)
    assert available_of(booked, [20_000] * 30 + [0] * 30) == available


@pytest.mark.parametrize(
    ("second", "available"), [(1, 5_000), (HALF, 5_000), (HALF + 900, 2_500), (HOUR - 1, 3)]
)
def test_an_outage_before_units_were_booked_is_none_of_theirs(second: int, available: int) -> None:
    """Ten units of which none works in the first half; 10 unit-seconds are 2.8, rounded up."""
    booked = Bookings(10, ((second, 10),))
    assert available_of(booked, [0] * 30 + [10_000] * 30) == available


def test_a_booking_in_the_midst_of_a_part_cuts_it() -> None:
    """Three looks of 20 minutes: the unit is booked for 5 of the second's, in which it is down."""
    booked = Bookings(1, ((35 * 60, 1),))
    assert booked.covered == 25 * 60
    assert available_of(booked, [1_000, 0, 1_000]) == 417 - 84  # of 416.7, 83.3 are missing
    assert available_of(booked, [0, 1_000, 1_000]) == 417
    assert available_of(booked, [1_000]) == 417


def test_a_single_unit_second_is_there_or_not() -> None:
    """Rounded down it would be an hour without anything, and 72 of these are a default."""
    last = Bookings(1, ((HOUR - 1, 1),))
    assert available_of(last, [1_000] * 60) == 1
    assert available_of(last, [1_000] * 59 + [0]) == 0


def test_more_than_worked_is_never_available() -> None:
    """Units that work from the second of their booking on, and no sooner."""
    booked = Bookings(1, ((1_201, 1),))
    assert available_of(booked, [0, 1_000, 1_000]) == 666  # 2 399 seconds are 666.4 thousandths
    assert available_of(Bookings(2, ((1_200, 1),)), [1_000, 2_000, 2_000]) == 1_666


@pytest.mark.parametrize(
    ("booked", "late"),
    [
        (-1, ()),
        (1, ((0, 1),)),
        (1, ((HOUR, 1),)),
        (1, ((-1, 1),)),
        (2, ((5, 1), (5, 1))),
        (2, ((6, 1), (5, 1))),
        (2, ((5, 0),)),
        (2, ((5, -1),)),
        (2, ((5, 3),)),
    ],
)
def test_what_no_bookings_of_an_hour_are(booked: int, late: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="no bookings of an hour"):
        Bookings(booked, late)


def test_bookings_are_told_with_their_moments() -> None:
    assert Bookings(5).told == told(5, []) == "5"
    late = ((60, 1), (HALF, 2))
    said = "5 (1 of them from second 60 on, 2 of them from second 1800 on)"
    assert Bookings(5, late).told == said
    assert list(Bookings(5, late).stretches()) == [(0, 60, 2), (60, HALF, 3), (HALF, HOUR, 5)]
