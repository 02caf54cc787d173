"""The audit's prices and losses against the documentation's formulas, in fractions that are rounded
once."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support import rent
from tests.support.shows import shows
from tests.support.stage import HOUR, USD, Q, Terms
from wellhead.audit.replays import prices
from wellhead.audit.replays.prices import Back, Curve
from wellhead.model.terms import Service

terms = st.builds(
    Terms,
    base_start=st.integers(1, 10 * USD),
    base_floor=st.integers(1, USD),
    base_cap=st.integers(20 * USD, 30 * USD),
    low=st.integers(1, Q),
    high=st.integers(Q, 3 * Q),
    target=st.integers(0, Q),
    speed=st.integers(0, Q),
    discount=st.integers(0, 500_000),
    discount_hours=st.integers(1, 2_000),
    cancel_fee=st.integers(0, Q),
    penalty=st.integers(0, 10 * Q),
    sla=st.integers(1, Q),
)
attested = st.integers(1, 2**26 - 1)
fractions = st.integers(0, Q).map(lambda part: Fraction(part, Q))


@st.composite
def bookings(draw: Any) -> tuple[Terms, int, int, int, list[int], list[int]]:
    """Terms, base, attested units, units, and for each hour the seconds of it and what others
    booked."""
    chosen, units = draw(terms), draw(attested)
    base = draw(st.integers(chosen.base_floor * rent.WAD, chosen.base_cap * rent.WAD))
    hours = draw(st.integers(1, 40))
    seconds = [draw(st.integers(1, HOUR)), *[HOUR] * (hours - 1)]
    own = draw(st.integers(1, units))
    others = draw(st.lists(st.integers(0, units - own), min_size=hours, max_size=hours))
    return chosen, base, units, own, seconds, others


def curve_of(chosen: Terms, base: int, units: int) -> Curve:
    return Curve(chosen.model().pricing, base, units)


@shows("AUD-3")
@given(bookings())
def test_costs(drawn: tuple[Terms, int, int, int, list[int], list[int]]) -> None:
    chosen, base, units, own, seconds, others = drawn
    load = sum(second * other for second, other in zip(seconds, others, strict=True))
    curve, time = curve_of(chosen, base, units), sum(seconds)
    price = Fraction(base, rent.WAD)
    assert curve.cost(own, time, load) == rent.cost(chosen, price, units, own, seconds, others)
    gross = rent.gross(chosen, price, units, own, seconds, others)
    assert curve.gross(own, time, load) == floor(gross * rent.RATE)
    assert prices.rate_of(12_345, time) == floor(Fraction(12_345 * HOUR * rent.RATE, time))


@shows("AUD-3")
@given(bookings(), st.integers(1, 400), st.booleans())
def test_refunds(
    drawn: tuple[Terms, int, int, int, list[int], list[int]], kept: int, dear: bool
) -> None:
    """Of what was paid at another base, to within a stablecoin unit."""
    chosen, base, units, own, seconds, others = drawn
    back, hours = seconds[1:], len(seconds) - 1
    if not back:
        return
    paid_hours = [seconds[0], *[HOUR] * (kept + hours - 1)]
    then = chosen.base_cap if dear else chosen.base_start
    bought = rent.cost(chosen, then, units, own, paid_hours, [0] * len(paid_hours))
    rate = prices.rate_of(bought, sum(paid_hours))
    curve, price = curve_of(chosen, base, units), Fraction(base, rent.WAD)
    time, load = sum(back), sum(other * HOUR for other in others[1:])
    release, empty = (
        rent.gross(chosen, price, units, own, back, other) for other in (others[1:], [0] * hours)
    )
    due = rent.sold_back(chosen, bought, sum(paid_hours), time, release, empty)
    found = prices.refund(
        chosen.model().pricing,
        Back(
            time=sum(paid_hours),
            time_back=time,
            rent=rate * paid_hours[0] // HOUR + rate * (len(paid_hours) - 1),
            rent_back=rate * hours,
            gross=curve.gross(own, time, load),
            gross_alone=curve.gross(own, time, 0),
        ),
    )
    # The contract's is the lower one: what it gives is rounded down, what it takes up.
    assert due - 1 < Fraction(found, rent.RATE) <= due


@shows("AUD-3")
@given(terms, attested, st.integers(1, 400), fractions)
def test_bases(chosen: Terms, units: int, hours: int, booked: Fraction) -> None:
    covered = floor(booked * units * hours * HOUR)
    growth = Fraction(chosen.speed, Q) * (
        Fraction(covered, units * HOUR) - Fraction(chosen.target * hours, Q)
    )
    base = chosen.base_start * rent.WAD
    low, high = rent.base_after(chosen, base, min(max(growth, Fraction(-40)), Fraction(40)))
    # A fall is rounded towards zero, by less than 1e-18 of the base.
    assert (
        low <= curve_of(chosen, base, units).base_after(hours, covered) <= high + base // rent.WAD
    )


@shows("AUD-3")
@given(terms, st.integers(0, 10**8), st.integers(1, 10**9))
def test_losses(chosen: Terms, available: int, covered: int) -> None:
    service = Service(chosen.sla, chosen.penalty)
    booked = Fraction(covered, HOUR)
    expected = rent.loss(available, booked, chosen.sla, chosen.penalty)
    assert prices.loss(service, available, covered) == expected
