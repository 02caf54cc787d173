"""The tenants' plan: for the bundled trace, and for traces of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellhead.demo.plan import HORIZON, LONGEST, TENANTS, booked_units, make_plan
from wellhead.demo.trace import MAX_HOURS, MAX_UNITS, load_trace

UNITS, HOURS = 856, 576


@given(units=st.integers(1, MAX_UNITS), hours=st.integers(1, MAX_HOURS))
def test_every_plan_can_be_booked(units: int, hours: int) -> None:
    plan = make_plan(units, hours)
    assert plan == make_plan(units, hours)
    assert plan == sorted(plan, key=lambda b: (b.at_hour, b.at_second))
    change: dict[int, int] = {}
    for booking in plan:
        assert 0 <= booking.tenant < len(TENANTS)
        assert booking.units >= 1
        assert 1 <= booking.hours <= LONGEST
        assert 0 <= booking.at_hour <= booking.start < hours
        assert 0 <= booking.at_second < 3600
        assert booking.end <= booking.at_hour + HORIZON
        change[booking.start] = change.get(booking.start, 0) + booking.units
        change[booking.end] = change.get(booking.end, 0) - booking.units
    booked = 0
    for hour in sorted(change):
        booked += change[hour]
        assert 0 <= booked <= units
    assert any(booking.end > hours for booking in plan), "one lease outlives the trace"


@pytest.mark.parametrize("hours", [5, 24, 72, 168, 576, 1000, 8760])
@pytest.mark.parametrize("units", [50, 856, 1_000_000])
def test_usual_plans_have_every_kind_of_lease(units: int, hours: int) -> None:
    plan = make_plan(units, hours)
    used = [min(units, booked_units(plan, hour)) for hour in range(hours)]
    assert 0.5 < sum(used) / (units * hours) < 0.95
    assert len({b.hours for b in plan}) >= min(6, hours - 1)
    assert any(b.start == b.at_hour and b.at_second for b in plan), "in the middle of an hour"
    assert any(b.start > b.at_hour for b in plan), "ahead"
    assert min(b.at_hour for b in plan) == 0


def test_the_bundled_trace_s_plan() -> None:
    plan = make_plan(UNITS, HOURS)
    assert {b.hours for b in plan} >= {24, 72, 168, 336, HOURS}
    assert {b.tenant for b in plan} == set(range(12))
    assert max(b.start - b.at_hour for b in plan) > 4 * 24
    booked = [booked_units(plan, hour) for hour in range(HOURS)]
    assert 0.6 * UNITS < min(booked) < max(booked) < 0.95 * UNITS


def test_the_bundled_trace_is_never_used_more_than_booked_and_outages_hit_leases() -> None:
    plan = make_plan(UNITS, HOURS)
    for index, hour in enumerate(load_trace().hours):
        booked = booked_units(plan, index)
        assert hour.measured * UNITS <= booked * 10**6
        if hour.down:
            assert booked > UNITS // 2


@pytest.mark.parametrize(("units", "hours"), [(0, 5), (5, 0)])
def test_nothing_can_not_be_planned(units: int, hours: int) -> None:
    with pytest.raises(ValueError, match="no plan"):
        make_plan(units, hours)
