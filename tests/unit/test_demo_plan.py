"""The tenants' plan: for the bundled trace, and for traces of any size."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellhead.demo.plan import (
    HORIZON,
    LONGEST,
    TENANTS,
    Booking,
    Change,
    booked_units,
    make_plan,
)
from wellhead.demo.trace import MAX_HOURS, load_trace
from wellhead.oracle.sources.trace_rows import MAX_UNITS

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
        most = max(booking.end, booking.until)  # what is sold back was booked until then
        change[most] = change.get(most, 0) - booking.units
        check_changes(booking)
    booked = 0
    for hour in sorted(change):
        booked += change[hour]
        assert 0 <= booked <= units
    assert any(booking.end > hours for booking in plan), "one lease outlives the trace"


def check_changes(booking: Booking) -> None:
    """The market admits each of them at its hour."""
    for change in booking.changes:
        assert booking.at_hour <= change.at_hour < booking.end
        if change.kind == "cancel":
            assert max(change.at_hour, booking.start) < change.hour < booking.end
        elif change.kind == "extend":
            assert booking.end < change.hour <= booking.end + LONGEST
    if any(change.kind == "sell" for change in booking.changes):
        offer, sale = booking.changes
        assert (offer.kind, sale.kind) == ("offer", "sell")
        assert offer.at_hour <= sale.at_hour < offer.hour
        assert sale.buyer != booking.tenant


@pytest.mark.parametrize("hours", [24, 72, 73, 576, 1000, 8760])
@pytest.mark.parametrize("units", [50, 856, 1_000_000])
def test_usual_plans_have_every_kind_of_change_once(units: int, hours: int) -> None:
    plan = make_plan(units, hours)
    kinds = sorted(change.kind for booking in plan for change in booking.changes)
    assert kinds == ["cancel", "extend", "offer", "sell"]
    (extended,) = (b for b in plan if any(c.kind == "extend" for c in b.changes))
    assert extended.start > extended.at_hour, "booked ahead"


def test_a_change_moves_the_end() -> None:
    booking = Booking(0, 0, 0, 4, start=2, hours=6)
    assert (booking.end, booking.until) == (8, 8)
    moves: list[tuple[Literal["extend", "cancel"], int]] = [("extend", 10), ("cancel", 5)]
    for kind, hour in moves:
        changed = replace(booking, changes=(Change(kind, 1, hour),))
        assert (changed.end, changed.until) == (8, hour)
        assert [booked_units([changed], h) for h in (hour - 1, hour)] == [4, 0]
    offered = replace(booking, changes=(Change("offer", 1, 9), Change("sell", 2, buyer=1)))
    assert offered.until == 8


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
