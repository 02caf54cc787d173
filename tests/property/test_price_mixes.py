"""Invariant 6 of docs/model.md: no way of booking is cheaper than the plain one.

At constant base and attested units, on the model alone. Where nobody else books, or the bookings of
others stand still, what is paid less what is given back is never below the plain booking's cost, to
the stablecoin unit: every cost is rounded up, every refund down, and what is left is a whole number
that is not below the exact cost, so not below its ceiling either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from tests.property.pricings import (
    HOURS,
    OFFSETS,
    OTHERS,
    UNITS,
    G,
    Piece,
    cost_of,
    guillotine,
    loads_of,
    pricings,
    world_of,
)
from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    PRICING,
    TENANT,
    discount,
    exact_cost,
    exact_gross,
    lease,
    spent,
)
from wellhead.model import invariants
from wellhead.model.errors import Revert
from wellhead.model.leases import Lease
from wellhead.model.terms import Pricing
from wellhead.model.units import HOUR, MAX_UINT256, Q
from wellhead.model.world import World

pytestmark = pytest.mark.property

#: What somebody tries: kind, and three numbers that are taken modulo what there is.
Move = tuple[str, int, int, int]
KINDS = ("book", "book", "book", "extend", "cancel", "cancel", "units", "hours", "give")
NUMBERS = st.integers(0, 999)
MOVES = st.lists(
    st.tuples(st.sampled_from(KINDS), NUMBERS, NUMBERS, NUMBERS), min_size=3, max_size=30
)
FEES = st.one_of(st.just(0), st.sampled_from([1, Q // 10, Q]), st.integers(0, Q))
SPAN = 40


class Trader:
    """Two accounts of one person in a world, and what they try. Others' bookings stand still."""

    def __init__(self, world: World, others: Sequence[Piece], first: int) -> None:
        self.world = world
        self.begin = world.hour
        self.others = {
            self.begin + h: load for h, load in loads_of(others, range(-100, 200)).items() if load
        }
        self.first = first

    @property
    def mine(self) -> dict[int, Lease]:
        """The leases of the two, by id."""
        leases = self.world.market.leases
        return {key: lease for key, lease in leases.items() if lease.owner in (TENANT, BUYER)}

    def move(self, move: Move) -> None:
        """Try one thing; what a contract refuses changes nothing."""
        kind, a, b, c = move
        try:
            self._move(kind, a, b, c)
        except Revert as error:
            event(f"{kind} refused: {error.name}")
        else:
            event(kind)

    def _move(self, kind: str, a: int, b: int, c: int) -> None:
        market, mine = self.world.market, self.mine
        if kind == "book":
            start = self.world.hour + self.first + a % SPAN
            who = (TENANT, BUYER)[a % 2]
            market.lease(who, 1, 1 + b % G, start, 1 + c % SPAN, MAX_UINT256)
        elif mine:
            key = sorted(mine)[a % len(mine)]
            lease, hours = mine[key], mine[key].end - mine[key].start
            who = lease.owner
            if kind == "extend":
                market.extend(who, key, 1 + b % SPAN, MAX_UINT256)
            elif kind == "cancel":
                market.cancel(who, key, lease.start + b % hours, 0)
            elif kind == "units":
                market.split_units(who, key, 1 + b % lease.units)
            elif kind == "hours":
                market.split_hours(who, key, lease.start + b % hours)
            else:
                market.transfer_from(who, who, BUYER if who == TENANT else TENANT, key)

    @property
    def kept(self) -> dict[int, int]:
        """Units that the two hold in the end, by hour."""
        booked = self.world.market.book_of(1).loads(0, self.begin + 10**6)
        kept = {h: units - self.others.get(h, 0) for h, units in booked.items()}
        return {hour: units for hour, units in kept.items() if units}

    def plain(self, offset: int) -> int:
        """What is kept costs this at least: its gross, less the discount of its longest stretch.

        For a plain rectangle it is the price.
        """
        pricing = self.world.registry.cluster_of(1).terms.pricing
        kept, gross, longest = self.kept, Fraction(0), Fraction(0)
        for _, row in groupby(enumerate(sorted(kept)), lambda pair: pair[1] - pair[0]):
            hours = [hour for _, hour in row]
            covered = dict.fromkeys(hours, Fraction(1))
            if self.begin in covered:
                covered[self.begin] = Fraction(HOUR - offset, HOUR)
            longest = max(longest, sum(covered.values(), Fraction(0)))
            for hour in hours:
                one, load = {hour: covered[hour]}, self.others
                gross += exact_gross(pricing, pricing.base_start, G, kept[hour], one, load)
        return math.ceil(gross * (1 - discount(pricing, longest)))

    def one_by_one(self) -> int:
        """Cost of booking what is kept plainly, part by part, in the cheapest order: the shortest
        first, so that the longest discount is had where the curve is highest."""
        pricing = self.world.registry.cluster_of(1).terms.pricing
        parts = [(lease.units, part.hours) for lease in self.mine.values() for part in lease.parts]
        load, cost = dict(self.others), Fraction(0)
        for units, hours in sorted(parts, key=lambda part: len(part[1])):
            covered = dict.fromkeys(hours, 1)
            cost += exact_cost(pricing, pricing.base_start, G, units, covered, load)
            load |= {hour: load.get(hour, 0) + units for hour in hours}
        return math.ceil(cost)


@shows("PRICE-6")
@given(MOVES, st.one_of(st.just([]), OTHERS), OFFSETS, pricings(FEES))
@example(  # wrapped in empty hours on both sides, which are then cancelled
    [("book", 0, 11, 29), ("hours", 0, 10, 0), ("cancel", 1, 10, 0), ("cancel", 0, 0, 0)],
    [(10, 10, 3), (10, 10, 3), (10, 10, 3), (10, 10, 3)],
    0,
    PRICING,
)
def test_no_mix_within_an_hour_pays_less_than_the_plain_booking(
    moves: list[Move], others: list[Piece], offset: int, pricing: Pricing
) -> None:
    world = world_of(pricing, others, offset)
    trader = Trader(world, others, first=0)
    for move in moves:
        trader.move(move)
    assert spent(world, TENANT, BUYER) >= trader.plain(offset)
    invariants.check_bookings(world)
    invariants.check_rent(world)


@shows("PRICE-7")
@given(
    st.lists(st.tuples(MOVES, st.integers(0, 10)), max_size=4),
    st.one_of(st.just([]), OTHERS),
    pricings(FEES),
)
def test_no_mix_over_time_pays_less_than_the_plain_booking(
    days: list[tuple[list[Move], int]], others: list[Piece], pricing: Pricing
) -> None:
    # The hours that run are left alone, because they cost less with every second.
    world = world_of(pricing, others)
    trader = Trader(world, others, first=1)
    for moves, hours in days:
        for move in moves:
            trader.move(move)
        world.advance(hours * HOUR)
    assert spent(world, TENANT, BUYER) >= trader.plain(0)
    invariants.check_bookings(world)
    invariants.check_rent(world)


@shows("PRICE-8")
def test_no_long_lease_carries_what_a_short_one_costs() -> None:
    """Ten units in a busy hour, and one unit for 200 hours later on. With a tail of empty hours to
    the ten, the long lease booked across it, and the tail cancelled, the curve gives back for the
    tail what the long lease pays for it, up to the tail's part of what the ten cost together. So
    that comes back at the highest discount only."""
    pricing = replace(PRICING, discount=333_333, discount_hours=100)
    others = [(1, 1, 20)]
    world = world_of(pricing, others)
    trader, first = Trader(world, others, first=1), world.hour + 1
    key = lease(world, 10, first, 21)
    lease(world, 1, first + 2, 200, BUYER)
    world.market.cancel(TENANT, key, first + 1, 0)
    assert spent(world, TENANT, BUYER) >= trader.one_by_one()


@shows("PRICE-8")
@given(
    st.integers(1, UNITS),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, G - UNITS),
    pricings(FEES),
)
def test_wrapping_a_busy_day_in_empty_hours_does_not_pay(
    units: int, day: int, ahead: int, before: int, after: int, load: int, pricing: Pricing
) -> None:
    """Book the empty hours around with it, and cancel them: what the tail gives back follows the
    curve, and with a discount the head can not be cut off at all."""
    others = [(before + ahead, day, load)] if load else []
    plain = cost_of([(before + ahead, day, units)], others, pricing, 0)
    world = world_of(pricing, others)
    first = world.hour + ahead
    key = lease(world, units, first, before + day + after)
    if after:
        world.market.cancel(TENANT, key, first + before + day, 0)
    if before and pricing.discount == 0:
        world.market.split_hours(TENANT, key, first + before)
        world.market.cancel(TENANT, key, first, 0)
    elif before:
        middle = world.market.split_hours(TENANT, key, first + before)
        for piece in (key, middle):
            with pytest.raises(Revert, match="LeaseMarket_Cut"):
                world.market.cancel(TENANT, piece, world.market.lease_of(piece).start, 0)
    assert spent(world, TENANT) >= plain


@shows("PRICE-9")
@given(guillotine(HOURS, UNITS), st.integers(0, 40), st.integers(0, 18), pricings(), st.data())
def test_what_is_given_back_at_once_costs_the_roundings_at_most(
    pieces: list[Piece], more: int, decoy: int, pricing: Pricing, data: st.DataObject
) -> None:
    """Without a discount the curve takes back what it gave. Where the last is cancelled first, the
    roundings are lost: of cost and refund, at most a unit each. In another order more can be lost.
    """
    pricing = replace(pricing, discount=0)
    keys: list[int] = []
    lost = []
    for in_order in (True, False):
        world = world_of(pricing)
        start = world.hour + 1
        keys = [lease(world, units, start + at, hours) for at, hours, units in pieces]
        if decoy:
            keys.append(lease(world, decoy, start, HOURS + more, BUYER))
        order = keys[::-1] if in_order else data.draw(st.permutations(keys))
        for key in order:
            owner = world.market.owner_of(key)
            world.market.cancel(owner, key, world.market.lease_of(key).start, 0)
        assert world.market.leases == {}
        assert world.market.book_of(1).calendar.hours == {}
        lost.append(spent(world, TENANT, BUYER))
    assert 0 <= lost[0] <= 2 * len(keys)
    assert lost[1] >= 0
