"""The price of bookings against exact fractions and against each other, on the model alone.

At constant base and attested units, with nobody else booking, or with others' bookings standing.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.pricings import (
    HOURS,
    OFFSETS,
    OTHERS,
    UNITS,
    G,
    Piece,
    cost_of,
    covered_of,
    guillotine,
    loads_of,
    pricings,
)
from tests.support.shows import shows
from tests.support.worlds import TERMS, discount, exact_cost, exact_gross
from wellhead.model import price
from wellhead.model.terms import Pricing, validate_terms
from wellhead.model.units import HOUR, RATE_SCALE, WAD, Q

pytestmark = pytest.mark.property


# --- cutting a booking -----------------------------------------------------------------------


@shows("PRICE-2")
@given(guillotine(HOURS, UNITS), st.one_of(st.just([]), OTHERS), OFFSETS, pricings())
def test_the_gross_does_not_depend_on_the_path(
    pieces: list[Piece], others: list[Piece], offset: int, pricing: Pricing
) -> None:
    # 2^-32 of a unit is lost to the floor of each piece, and nothing else.
    booked = dict.fromkeys(range(HOURS), 0) | loads_of(others, range(HOURS))
    covered = {h: HOUR - offset if h == 0 else HOUR for h in range(HOURS)}
    base, total = pricing.base_start * WAD, 0
    exact = exact_gross(
        pricing, pricing.base_start, G, UNITS, covered_of(offset, range(HOURS)), booked
    )
    for start, hours, units in pieces:
        mine = range(start, start + hours)
        load = sum(booked[h] * covered[h] for h in mine)
        total += price.gross(pricing, base, G, units, sum(covered[h] for h in mine), load)
        booked |= {h: booked[h] + units for h in mine}
    assert total <= exact * RATE_SCALE < total + len(pieces)


@shows("PRICE-3")
@given(guillotine(HOURS, UNITS), st.one_of(st.just([]), OTHERS), OFFSETS, pricings())
def test_the_price_does_not_depend_on_the_path(
    pieces: list[Piece], others: list[Piece], offset: int, pricing: Pricing
) -> None:
    flat = replace(pricing, discount=0)
    booked, covered = loads_of(others, range(HOURS)), covered_of(offset, range(HOURS))
    exact = exact_cost(flat, flat.base_start, G, UNITS, covered, booked)
    assert exact <= cost_of(pieces, others, flat, offset) < exact + len(pieces)


@shows("PRICE-4")
@given(guillotine(HOURS, UNITS), st.one_of(st.just([]), OTHERS), OFFSETS, pricings())
def test_cutting_never_pays_with_a_discount(
    pieces: list[Piece], others: list[Piece], offset: int, pricing: Pricing
) -> None:
    plain = cost_of([(0, HOURS, UNITS)], others, pricing, offset)
    assert cost_of(pieces, others, pricing, offset) >= plain


# --- one booking against another ----------------------------------------------------------------


@shows("PRICE-1")
@given(
    pricings(),
    st.integers(1, 2**26 - 1),
    st.integers(1, 10**30),
    st.integers(1, 200 * HOUR),
    st.data(),
)
def test_the_cost_is_rounded_up_by_less_than_a_unit(
    pricing: Pricing, attested: int, base: int, time: int, data: st.DataObject
) -> None:
    units = data.draw(st.integers(1, attested))
    load = data.draw(st.integers(0, (attested - units) * time))
    cost = price.cost(pricing, base, attested, units, time, load)
    low, high = Fraction(pricing.low, Q), Fraction(pricing.high, Q)
    hours, area = Fraction(time, HOUR), Fraction(load, HOUR)
    curve = low * units * hours + (high - low) / attested * (units * area + hours * units**2 / 2)
    exact = Fraction(base, WAD) * curve * (1 - discount(pricing, hours))
    assert exact <= cost < exact + 1


@shows("PRICE-11")
@given(
    pricings(),
    st.integers(1, 2**26 - 1),
    st.integers(WAD, 10**30),
    st.integers(1, 120 * HOUR),
    st.one_of(st.sampled_from([1, HOUR]), st.integers(1, 120 * HOUR)),
    st.data(),
)
def test_the_cost_grows_with_units_time_and_load(
    pricing: Pricing, attested: int, base: int, time: int, longer: int, data: st.DataObject
) -> None:
    validate_terms(replace(TERMS, pricing=pricing))
    units = data.draw(st.integers(1, attested))
    full = (attested - units) * time
    load = data.draw(st.one_of(st.just(full), st.integers(0, full)))
    cost = price.cost(pricing, base, attested, units, time, load)
    # The seconds that are added are empty, the others as busy as can be: the hardest case.
    assert price.cost(pricing, base, attested, units, time + longer, load) >= cost
    if load < full:
        assert price.cost(pricing, base, attested, units, time, load + 1) >= cost
    if units < attested:
        room = min(load, (attested - units - 1) * time)
        fewer = price.cost(pricing, base, attested, units, time, room)
        assert price.cost(pricing, base, attested, units + 1, time, room) >= fewer


@shows("PRICE-10")
@given(st.integers(1, 60), OTHERS, OFFSETS, pricings())
def test_a_longer_lease_never_costs_less(
    hours: int, others: list[Piece], offset: int, pricing: Pricing
) -> None:
    shorter = cost_of([(0, hours, UNITS)], others, pricing, offset)
    assert cost_of([(0, hours + 1, UNITS)], others, pricing, offset) >= shorter
