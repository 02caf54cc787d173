"""Terms, cuttings of a booking and bookings of others, for the properties of the price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from tests.support.worlds import OPERATOR, PRICING, TENANT, lease, make_world, spent
from wellhead.model import invariants
from wellhead.model.terms import Pricing
from wellhead.model.units import HOUR, Q
from wellhead.model.world import World

#: Units attested; hours and units of the plain booking.
G, HOURS, UNITS = 30, 24, 12

#: First hour, hours, units.
Piece = tuple[int, int, int]


NO_FEE = st.just(0)


@st.composite
def pricings(draw: st.DrawFn, fees: st.SearchStrategy[int] = NO_FEE) -> Pricing:
    """Terms with a curve and the steepest discounts, up to the very bound."""
    kept = draw(st.integers(1, Q))
    scale = draw(st.integers(1, 100 * Q // kept))
    bound = (Q - kept, kept * scale)  # discount * high = (Q - discount) * low, exactly
    free = st.tuples(st.integers(0, 400_000), st.integers(1, 5 * Q))
    steep = draw(st.one_of(st.just(bound), st.just((333_333, 1_600_000)), free))
    high = steep[1]
    least = max(1, math.ceil(Fraction(steep[0] * high, Q - steep[0]))) if steep[0] < Q else high
    low = min(high, draw(st.one_of(st.just(least), st.integers(least, max(least, high)))))
    most = low * Q // (low + high)
    return replace(
        PRICING,
        base_start=draw(st.integers(500_000, 4_000_000)),
        low=low,
        high=high,
        discount=min(steep[0], most),
        discount_hours=draw(st.integers(1, 60)),
        cancel_fee=draw(fees),
    )


@st.composite
def guillotine(draw: st.DrawFn, hours: int, units: int, depth: int = 3) -> list[Piece]:
    """A random cutting of a booking, the pieces in any order."""

    def cut(start: int, hours: int, units: int, depth: int) -> list[Piece]:
        kinds = ["none"] + ["time"] * (hours > 1) + ["units"] * (units > 1)
        kind = draw(st.sampled_from(kinds)) if depth else "none"
        if kind == "time":
            at = draw(st.integers(1, hours - 1))
            left, right = (start, at, units), (start + at, hours - at, units)
        elif kind == "units":
            at = draw(st.integers(1, units - 1))
            left, right = (start, hours, at), (start, hours, units - at)
        else:
            return [(start, hours, units)]
        return cut(*left, depth - 1) + cut(*right, depth - 1)

    return draw(st.permutations(cut(0, hours, units, depth)))


OTHERS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10), st.integers(1, 3)), max_size=4)
OFFSETS = st.one_of(st.just(0), st.integers(0, HOUR - 1))


def world_of(pricing: Pricing, others: Sequence[Piece] = (), offset: int = 0) -> World:
    """A world in which others have booked."""
    world = make_world(units=G, pricing=pricing, offset=offset)
    for start, hours, units in others:
        lease(world, units, world.hour + start, hours, OPERATOR)
    return world


def covered_of(offset: int, hours: range) -> dict[int, Fraction]:
    return {h: Fraction(HOUR - offset, HOUR) if h == 0 else Fraction(1) for h in hours}


def loads_of(others: Sequence[Piece], hours: range) -> dict[int, int]:
    return {h: sum(u for s, n, u in others if s <= h < s + n) for h in hours}


def cost_of(pieces: Sequence[Piece], others: Sequence[Piece], pricing: Pricing, offset: int) -> int:
    """What the pieces cost together, booked in their order."""
    world = world_of(pricing, others, offset)
    for start, hours, units in pieces:
        lease(world, units, world.hour + start, hours)
    invariants.check_all(world)
    return spent(world, TENANT)
