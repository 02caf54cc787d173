"""What the formulas promise whatever is put in: bounds, directions of rounding, monotony.

On the specification, which equals the contracts to the integer (see tests/property).
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.property.pricings import pricings
from tests.support.shows import shows
from tests.support.worlds import NOW, PRICING, make_world
from wellhead.model import price, service, sweep
from wellhead.model.clock import Clock
from wellhead.model.fixedpoint import ceil_div, exp_wad
from wellhead.model.price import SellBack
from wellhead.model.revenue import MAX_LEDGER, VESTING, Revenue
from wellhead.model.routed import Parts
from wellhead.model.terms import Pricing, Split
from wellhead.model.units import HOUR, LEDGER_SCALE, RATE_SCALE, UNIT, WAD, Q

CASH, RESERVE = "0x" + "0c" * 20, "0x" + "0b" * 20
HOLDER, OTHER = "0x" + "01" * 20, "0x" + "02" * 20
SHIFT = 68
money = st.one_of(st.integers(1, 10**7), st.integers(1, 10**15))
ratios = st.one_of(st.sampled_from([0, 1, Q - 1, Q]), st.integers(0, Q))


# --- price -----------------------------------------------------------------------------------


@shows("LEASE-3")
@given(money, st.integers(1, 17_520), st.integers(1, HOUR))
def test_a_rate_leaves_less_than_a_unit_of_the_cost(cost: int, hours: int, first: int) -> None:
    """What was paid beyond the rent goes to the operator: never a unit, never less than nothing."""
    time = (hours - 1) * HOUR + first
    rate = price.rate_of(cost, time)
    rent = rate * first // HOUR + rate * (hours - 1)
    assert 0 <= cost * RATE_SCALE - rent < RATE_SCALE


@shows("PRICE-12")
@given(pricings(), st.integers(1, 12), st.integers(1, 60), st.integers(0, 500), st.integers(1, 10))
def test_more_attested_units_never_make_a_booking_dearer(
    pricing: Pricing, units: int, hours: int, load: int, more: int
) -> None:
    """A fuller cluster is dearer: units that come later make the hours emptier."""
    base = pricing.base_start * WAD
    booking = (units, hours * HOUR, load * HOUR)
    small, large = (price.cost(pricing, base, n, *booking) for n in (30, 30 + more))
    assert large <= small


@st.composite
def sold(draw: st.DrawFn) -> tuple[Pricing, SellBack]:
    """Terms, and hours that are sold back of a part that was booked under them."""
    pricing = draw(pricings(ratios))
    hours = draw(st.integers(1, 90))
    left, first = draw(st.integers(1, hours)), draw(st.integers(1, HOUR))
    if left == hours:
        first = HOUR  # a lease that begins in the current hour keeps it
    time = (hours - 1) * HOUR + first
    rate = price.rate_of(draw(money), time)
    rent = rate * first // HOUR + rate * (hours - 1)
    release = draw(st.integers(0, 3 * rent + 1))
    empty = draw(st.integers(0, release))
    return pricing, SellBack(rent, rate * left, time, left * HOUR, release, empty)


@shows("CANCEL-2")
@given(sold())
def test_a_cancellation_gives_back_no_more_than_the_rent_of_its_hours(
    case: tuple[Pricing, SellBack],
) -> None:
    """So what is earned by it, the rest, is never negative."""
    pricing, back = case
    assert 0 <= price.refund(pricing, back) <= back.rent_left


@shows("CANCEL-4")
@given(sold(), ratios)
def test_a_higher_fee_never_gives_more_back(case: tuple[Pricing, SellBack], fee: int) -> None:
    pricing, back = case
    fees = sorted((pricing.cancel_fee, fee))
    dear, cheap = (price.refund(replace(pricing, cancel_fee=f), back) for f in reversed(fees))
    assert dear <= cheap
    assert price.refund(replace(pricing, cancel_fee=Q), back) == 0


bases = st.integers(500_000 * WAD, 4_000_000 * WAD)


@shows("PRICE-16", "PRICE-17")
@given(bases, bases, st.integers(1, 50), st.integers(1, 500), ratios, ratios, ratios)
def test_the_base_rises_with_demand_and_stays_in_its_bounds(
    base: int, other: int, attested: int, elapsed: int, speed: int, target: int, part: int
) -> None:
    pricing = replace(PRICING, speed=speed, target=target)
    most = attested * elapsed * HOUR
    covered = most * part // Q
    found = price.next_base(pricing, base, attested, elapsed, covered)
    assert pricing.base_floor * WAD <= found <= pricing.base_cap * WAD
    if covered < most:
        assert found <= price.next_base(pricing, base, attested, elapsed, covered + 1)
    low, high = sorted((base, other))
    assert price.next_base(pricing, low, attested, elapsed, covered) <= price.next_base(
        pricing, high, attested, elapsed, covered
    )


@shows("PRICE-17")
@given(bases, st.integers(1, 50), st.integers(1, 500), ratios)
def test_the_base_stands_still_at_its_target(
    base: int, attested: int, elapsed: int, speed: int
) -> None:
    assert exp_wad(0) == WAD
    pricing = replace(PRICING, speed=speed, target=Q)
    assert price.next_base(pricing, base, attested, elapsed, attested * elapsed * HOUR) == base


# --- service and bond ------------------------------------------------------------------------


@shows("ACC-2")
@given(
    st.integers(1, (2**26 - 1) * HOUR),
    st.integers(0, 2**36 - 2),
    st.integers(1, Q),
    st.integers(0, 10 * Q),
)
def test_a_loss_falls_with_what_was_available_and_has_its_bounds(
    covered: int, available: int, sla: int, penalty: int
) -> None:
    lost = service.loss(available, covered, sla, penalty)
    assert 0 <= lost <= Q + penalty
    assert service.loss(available + 1, covered, sla, penalty) <= lost
    assert lost <= service.loss(available, covered + 1, sla, penalty)
    assert lost <= service.loss(available, covered, sla, penalty + 1)
    assert service.loss(0, covered, sla, penalty) == Q + penalty
    if available * HOUR * Q >= sla * covered * 1000:
        assert lost == 0
    assert service.served(available, covered, sla, penalty) == max(0, Q - lost)


@shows("DEF-6")
@given(st.integers(1, 10**6), st.integers(0, 10**18), st.integers(1, 17_520), st.data())
def test_what_a_default_reserves_is_never_more_than_the_bond(
    peak: int, bond: int, horizon: int, data: st.DataObject
) -> None:
    """The peak times the horizon is the most that can be booked."""
    unit_hours = data.draw(st.integers(0, peak * horizon))
    per_unit = data.draw(st.integers(0, 10**12)) * LEDGER_SCALE
    compensation = min(bond * LEDGER_SCALE // peak, per_unit) // horizon
    assert compensation * unit_hours <= bond * LEDGER_SCALE


# --- the split -------------------------------------------------------------------------------


@st.composite
def splits(draw: st.DrawFn) -> Split:
    operator = draw(ratios)
    reporters = draw(st.integers(0, Q - operator))
    return Split(operator, reporters, draw(st.integers(0, Q - operator - reporters)))


@shows("ROUT-1", "ROUT-2")
@given(splits(), st.integers(0, 2**64 - 1 - 10**12), st.integers(0, 10**12))
def test_no_part_of_a_split_ever_falls_and_less_than_four_units_wait(
    split: Split, total: int, more: int
) -> None:
    before, after = Parts.of(total, split), Parts.of(total + more, split)
    grown = after.less(before)
    assert min(grown.operator, grown.reporters, grown.cash, grown.bitcoin) >= 0
    for revenue, parts in ((total, before), (total + more, after)):
        assert 0 <= revenue - parts.sum() < 4
    assert -4 < more - grown.sum() < 4


# --- revenue ---------------------------------------------------------------------------------


@shows("REV-1", "REV-5", "REV-10")
@given(
    st.lists(
        st.tuples(st.integers(0, 2**61), ratios, st.integers(0, 2 * VESTING)),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.integers(1, 2**26), min_size=1, max_size=2),
)
def test_revenue_is_conserved_and_what_vests_ends_within_a_day(
    arrivals: list[tuple[int, int, int]], units: list[int]
) -> None:
    world = make_world()
    balances = {who: n * UNIT + n for who, n in zip((HOLDER, OTHER), units, strict=False)}
    revenue = Revenue(world, balances, CASH, SHIFT)
    index = added = 0
    for amount, part, wait in arrivals:
        until = revenue.until
        revenue.add(amount, amount * part // Q)
        added += amount
        assert revenue.until <= world.now + VESTING
        if until > world.now:
            assert revenue.until >= until, "what comes later brings nothing forward"
        for seconds in (0, wait):
            world.now += seconds
            assert revenue.index >= index
            index = revenue.index
            owed = sum(revenue.owed_to(who) for who in balances)
            assert owed + revenue.carried + revenue.unvested == revenue.total <= MAX_LEDGER
            assert revenue.total + (revenue.held << SHIFT) == added << SHIFT
            assert 0 <= revenue.carried < sum(balances.values())
            assert index < 2**72
    world.now += VESTING
    assert revenue.unvested == 0


# --- prices elsewhere ------------------------------------------------------------------------


@shows("SALE-2")
@given(st.integers(0, 2**96 - 1), st.integers(0, 2**96 - 1), st.integers(1, 10**9), st.data())
def test_a_falling_price_stays_between_its_ends_and_never_rises(
    one: int, two: int, span: int, data: st.DataObject
) -> None:
    end, start = sorted((one, two))

    def at(second: int) -> int:
        return end + ceil_div((start - end) * (span - second), span)

    second = data.draw(st.integers(0, span - 1))
    assert at(0) == start
    assert at(span) == end
    assert end <= at(second + 1) <= at(second) <= start


@shows("SWEEP-1")
@given(
    st.integers(1, 10**12),
    st.integers(0, 18),
    st.integers(1, sweep.MAX_SLIPPAGE),
    st.integers(0, 10**15),
    st.booleans(),
    st.data(),
)
def test_the_limit_of_a_sweep_costs_no_more_than_the_feed_and_the_slippage(
    answer: int, decimals: int, slippage: int, spent: int, cash_first: bool, data: st.DataObject
) -> None:
    """At the limit the pool's own price, and its fee on top, are at most what may be paid."""
    fee = data.draw(st.integers(0, slippage - 1))
    venue = sweep.Venue(CASH, CASH, 60, slippage, 0)
    pool = sweep.Pool(CASH, RESERVE, fee)
    feed = sweep.Feed(decimals, answer, NOW)
    numerator = answer * 10**6 * (Q + slippage)
    denominator = 10 ** (decimals + 8) * Q
    assume(max(numerator // denominator, denominator // numerator) < 2**60)
    bounds = sweep.bounds_of(venue, pool, feed, NOW, cash_first, (6, 8))
    root = bounds.sqrt_price_limit
    # What the last unit costs: the pool's price at the limit, and its fee.
    paid, got = (1 << 192, root * root) if cash_first else (root * root, 1 << 192)
    assert paid * Q * denominator <= numerator * got * (Q - fee)
    assert spent * denominator <= bounds.least_for(spent) * numerator
    assert (bounds.least_for(spent) - 1) * numerator < spent * denominator


# --- time ------------------------------------------------------------------------------------


@shows("PAUSE-3")
@given(st.lists(st.integers(0, 5_000), max_size=9), st.integers(0, 50_000), st.integers(0, 9))
def test_the_market_clock_counts_the_seconds_outside_of_pauses(
    gaps: list[int], asked: int, later: int
) -> None:
    """It never falls, makes a second a second at most, and what it showed it shows for ever."""
    clock, now, ran = Clock(NOW), NOW, 0
    shown = {NOW: 0}
    for gap in gaps:
        ran += 0 if clock.stopped else gap
        now += gap
        shown[now] = ran
        if clock.stopped:
            clock.start(now)
        else:
            clock.stop(now)
        assert {time: clock.at(time) for time in shown} == shown
    first, second = clock.at(NOW + asked), clock.at(NOW + asked + later)
    assert first <= second <= first + later
    assert clock.at(NOW - later) == 0
