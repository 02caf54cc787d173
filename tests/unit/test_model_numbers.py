"""The model's numbers against hand-computed ones and exact fractions."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.worlds import PRICING, exact_cost, exact_refund, make_world, refused
from wellhead.model import price, service
from wellhead.model.errors import Revert
from wellhead.model.fixedpoint import ceil_div, exp_wad, full_mul_div_up, sdiv
from wellhead.model.samples import Sample
from wellhead.model.units import HOUR, MAX_UINT256, RATE_SCALE, WAD, Q

# --- fixed point -----------------------------------------------------------------------------


@shows("PRICE-21")
@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (-42139678854452767551, 0),
        (-3 * WAD, 49787068367863942),
        (-WAD, 367879441171442321),
        (0, WAD),
        (WAD // 2, 1648721270700128146),
        (WAD, 2718281828459045235),
        (10 * WAD, 22026465794806716516980),
        (50 * WAD, 5184705528587072464148529318587763226117),
        (100 * WAD, 26881171418161354484134666106240937146178367581647816351662017),
    ],
)
def test_exponential_of_known_values(x: int, expected: int) -> None:
    assert exp_wad(x) == expected


@shows("PRICE-21")
@given(st.integers(-41 * 1024, 135 * 1024))
def test_exponential_is_that_of_floating_point(steps: int) -> None:
    # Multiples of 1/1024 are exact in both worlds.
    expected = Fraction(math.exp(steps / 1024)) * WAD
    assert abs(exp_wad(steps * WAD // 1024) - expected) <= expected / 10**15 + 1


@shows("PRICE-21")
@given(st.integers(-41 * WAD, 135 * WAD))
def test_exponential_has_eighteen_digits(x: int) -> None:
    with localcontext() as context:
        context.prec = 100
        expected = Fraction((Decimal(x) / WAD).exp()) * WAD
    assert abs(exp_wad(x) - expected) <= expected / 10**18 + 1


@shows("PRICE-21")
def test_exponential_out_of_range() -> None:
    assert exp_wad(-(2**255)) == 0
    with pytest.raises(Revert, match="ExpOverflow"):
        exp_wad(135305999368893231589)
    assert exp_wad(135305999368893231588).bit_length() == 255


def test_rounding_of_quotients() -> None:
    assert [sdiv(7, 2), sdiv(-7, 2), sdiv(7, -2), sdiv(-7, -2)] == [3, -3, -3, 3]
    assert [ceil_div(n, 3) for n in range(-1, 5)] == [0, 0, 1, 1, 1, 2]
    assert [full_mul_div_up(n, 1, 3) for n in range(5)] == [0, 1, 1, 1, 2]
    for bad in ((1, 1, 0), (2**255, 4, 2)):
        with pytest.raises(Revert, match="FullMulDivFailed"):
            full_mul_div_up(*bad)


# --- samples ---------------------------------------------------------------------------------


@shows("ORA-6")
def test_sample_is_one_word() -> None:
    sample = Sample(1, 2, 3, 4, 5, 6, 7)
    word = sum(v << s for v, s in zip(range(1, 8), (224, 200, 164, 128, 108, 64, 0), strict=True))
    assert sample.encode() == word
    assert Sample.decode(word) == sample
    assert Sample.decode(MAX_UINT256).encode() == MAX_UINT256
    with pytest.raises(ValueError, match="working"):
        Sample(1, 2, 2**36, 0).encode()


# --- price -----------------------------------------------------------------------------------


def test_price_by_hand() -> None:
    # Nobody else: 5 of 10 units for 2 h at 0.8 rising to 1.2, on average 1.0, times 1 coin.
    assert price.cost(PRICING, 10**6 * WAD, 10, 5, 2 * HOUR, 0) == 10_000_000
    # The other 5 units, from 1.2 to 1.6: 1.4 on average.
    assert price.cost(PRICING, 10**6 * WAD, 10, 5, 2 * HOUR, 2 * HOUR * 5) == 14_000_000
    # Half of the longest discount of 10 %.
    discounted = replace(PRICING, discount=100_000, discount_hours=4)
    assert price.cost(discounted, 10**6 * WAD, 10, 5, 2 * HOUR, 0) == 9_500_000
    # One second of one unit for the smallest base still costs a unit.
    assert price.cost(PRICING, WAD, 10, 1, 1, 0) == 1


def test_base_by_hand() -> None:
    pricing = replace(PRICING, speed=100_000)
    base = 10**6 * WAD
    # 10 h fully booked: exp(0.1 * 10 * (1 - 0.5)) = exp(0.5).
    assert price.next_base(pricing, base, 10, 10, 100 * HOUR) == base * exp_wad(WAD // 2) // WAD
    assert price.next_base(pricing, base, 10, 10, 50 * HOUR) == base
    assert price.next_base(pricing, base, 10, 10, 0) == base * exp_wad(-WAD // 2) // WAD
    assert price.next_base(pricing, base, 10, 10_000, 0) == 500_000 * WAD
    assert price.next_base(pricing, base, 10, 10_000, 100_000 * HOUR) == 4_000_000 * WAD
    # One unit for one second of ten hours: 0.1 * (1 / 36,000 - 5), towards zero.
    second = 10**17 * (1 - 5 * 36_000) // 36_000 + 1
    assert price.next_base(pricing, base, 10, 10, 1) == base * exp_wad(second) // WAD
    # The exponent is rounded towards zero: 10^6 * (67 * 10^6 / (2^26 - 1) - 1) is -1622.19.
    slow = replace(PRICING, speed=1, target=1)
    assert price.next_base(slow, base, 2**26 - 1, 1, 67 * HOUR) == base * exp_wad(-1622) // WAD


@shows("PRICE-1")
@given(
    base=st.integers(1, 10**12).map(lambda b: b * WAD + 12345),
    attested=st.integers(1, 2**26 - 1),
    discount=st.integers(0, 300_000),
    first=st.integers(1, HOUR),
    hours=st.integers(1, 100),
    data=st.data(),
)
def test_price_is_the_exact_fraction_rounded_up(
    base: int, attested: int, discount: int, first: int, hours: int, data: st.DataObject
) -> None:
    pricing = replace(PRICING, discount=discount, discount_hours=50)
    units = data.draw(st.integers(1, attested))
    booked = {h: data.draw(st.integers(0, attested - units)) for h in range(hours)}
    seconds = {h: first if h == 0 else HOUR for h in range(hours)}
    load = sum(booked[h] * seconds[h] for h in seconds)
    cost = price.cost(pricing, base, attested, units, sum(seconds.values()), load)
    covered = {h: Fraction(s, HOUR) for h, s in seconds.items()}
    exact = exact_cost(pricing, Fraction(base, WAD), attested, units, covered, booked)
    assert cost == math.ceil(exact)


@shows("PRICE-10")
def test_terms_that_make_a_longer_lease_cheaper_are_refused() -> None:
    steep = refused(lambda: make_world(pricing=replace(PRICING, discount=333_334)))
    assert steep == ("DiscountTooSteep", 333_334, 800_000, 1_600_000)


# --- service ---------------------------------------------------------------------------------


@shows("ACC-1")
@pytest.mark.parametrize(
    ("available", "booked", "expected"),
    [
        (10_000, 10, Q),  # all of it
        (9_900, 10, Q),  # just the SLA
        (20_000, 10, Q),  # more than booked counts as booked
        (4_950, 10, 250_000),  # half of the SLA: 1 - 1.5 * 0.5
        (3_300, 10, 0),  # a third of it: 1 - 1.5 * 2 / 3
        (0, 10, 0),
        (9_899, 10, 999_849),  # a loss of 1.5 / 9900 is 151.51 millionths, rounded down
    ],
)
def test_served_by_hand(available: int, booked: int, expected: int) -> None:
    assert service.served(available, booked * HOUR, sla=990_000, penalty=500_000) == expected


@shows("ACC-11")
def test_a_good_half_hour_does_not_make_up_for_an_outage() -> None:
    half = HOUR // 2
    assert service.available_of([(half, 10, 5), (half, 0, 5)]) == 2_500
    assert service.available_of([(HOUR, 5, 5)]) == 5_000
    assert service.available_of([(1, 1, 5), (HOUR - 1, 0, 5)]) == 0
    # Units that come in the course of the hour count from then on.
    assert service.available_of([(half, 10, 5), (half, 10, 10)]) == 7_500
    assert service.available_of([(half, 10, 0), (half, 7, 9)]) == 3_500
    # A unit for a second is 0.28 thousandths: all of it, or nothing; but not more than worked.
    assert service.available_of([(HOUR - 1, 1, 0), (1, 1, 1)]) == 1
    assert service.available_of([(HOUR - 1, 1, 0), (1, 0, 1)]) == 0
    assert service.available_of([(HOUR - 1, 0, 0), (1, 1, 1)]) == 0
    with pytest.raises(ValueError, match="an hour"):
        service.available_of([(half, 1, 5)])


@shows("ACC-1")
@given(
    st.integers(0, 10**7),
    st.one_of(st.integers(1, 10 * HOUR), st.integers(1, 10**4).map(lambda units: units * HOUR)),
    st.integers(1, Q),
    st.integers(0, 10 * Q),
)
def test_served_is_the_documented_fraction(
    available: int, covered: int, sla: int, penalty: int
) -> None:
    a = min(Fraction(1), Fraction(available, 1000) / Fraction(covered, HOUR))
    relative = max(Fraction(0), (Fraction(sla, Q) - a) / Fraction(sla, Q))
    loss = math.floor((Q + penalty) * relative)
    assert service.loss(available, covered, sla, penalty) == loss
    assert service.served(available, covered, sla, penalty) == max(0, Q - loss)


# --- sold back ---------------------------------------------------------------------------------


@shows("CANCEL-1")
@given(
    low=st.integers(1, 2 * Q),
    part=st.integers(0, Q),
    discount_hours=st.integers(1, 60),
    fee=st.one_of(st.sampled_from([0, Q]), st.integers(0, Q)),
    first=st.integers(1, HOUR),
    hours=st.integers(1, 60),
    attested=st.integers(1, 1_000),
    base=st.integers(1, 10**7),
    data=st.data(),
)
def test_a_refund_is_the_exact_fraction_to_a_unit(
    low: int,
    part: int,
    discount_hours: int,
    fee: int,
    first: int,
    hours: int,
    attested: int,
    base: int,
    data: st.DataObject,
) -> None:
    discount = (Q * low // (low + 2 * Q)) * part // Q
    pricing = replace(
        PRICING, low=low, high=2 * Q, discount=discount, discount_hours=discount_hours,
        cancel_fee=fee,
    )  # fmt: skip
    left = data.draw(st.integers(1, hours if first == HOUR else max(1, hours - 1)))
    time = (hours - 1) * HOUR + first
    if left * HOUR > time:
        return
    units = data.draw(st.integers(1, attested))
    loads = [data.draw(st.integers(0, attested - units)) for _ in range(2)]
    cost = price.cost(pricing, base * WAD, attested, units, time, loads[0] * time)
    rate = cost * RATE_SCALE * HOUR // time
    rent = rate * first // HOUR + rate * (hours - 1)
    release = price.gross(pricing, base * WAD, attested, units, left * HOUR, loads[1] * left * HOUR)
    empty = price.gross(pricing, base * WAD, attested, units, left * HOUR, 0)
    back = price.SellBack(rent, rate * left, time, left * HOUR, release, empty)
    given_back = price.refund(pricing, back) // RATE_SCALE
    curves = [
        Fraction(low, Q) + Fraction(2 * Q - low, Q * attested) * (load + Fraction(units, 2))
        for load in (loads[1], 0)
    ]
    gives = [Fraction(base * units * left) * curve for curve in curves]
    exact = exact_refund(pricing, cost, Fraction(time, HOUR), left, *gives)
    assert math.floor(exact) - 1 <= given_back <= exact


def test_a_refund_by_hand() -> None:
    # 10 % from four hours on. Five of ten units for four hours: gross 20 coins, cost 18.
    pricing = replace(PRICING, discount=100_000, discount_hours=4)
    coin = 10**6 * RATE_SCALE
    whole = price.SellBack(18 * coin, 18 * coin, 4 * HOUR, 4 * HOUR, 20 * coin, 20 * coin)
    assert price.refund(pricing, whole) == 18 * coin
    # Half of it: 0.9 * 10, less the other half's undeserved 5 %: 0.05 * 10.
    half = replace(whole, rent_left=9 * coin, time_left=2 * HOUR, release=10 * coin)
    assert price.refund(pricing, half) == 8_500_000 * RATE_SCALE
    # A fifth of what is given is the fee: 0.9 * 10 * 0.8 - 0.5.
    dear = replace(pricing, cancel_fee=200_000)
    assert price.refund(dear, half) == 6_700_000 * RATE_SCALE
    # The curve gives less than was paid: 0.9 * 8 - 0.05 * 12.
    assert price.refund(pricing, replace(half, release=8 * coin)) == 6_600_000 * RATE_SCALE
    # More than was paid is never given.
    assert price.refund(pricing, replace(half, release=80 * coin)) == 8_500_000 * RATE_SCALE
    # Others have booked since; on an empty curve they would be worth 7: 8.5 - 0.05 * (10 - 7).
    assert price.refund(pricing, replace(half, empty=7 * coin)) == 8_350_000 * RATE_SCALE
    # All of it is fee, and the undeserved discount is more than nothing.
    assert price.refund(replace(pricing, cancel_fee=Q), half) == 0
    # Three quarters kept: the discount falls from 10 to 7.5 %.
    quarter = replace(whole, rent_left=9 * coin // 2, time_left=HOUR, release=5 * coin)
    assert price.refund(pricing, quarter) == (4_500_000 - 375_000) * RATE_SCALE
