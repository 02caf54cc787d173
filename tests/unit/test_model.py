"""The model against hand-computed numbers, exact fractions and its own invariants."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellhead.model import invariants, price, service
from wellhead.model.errors import Revert
from wellhead.model.fixedpoint import exp_wad, full_mul_div_up, sdiv
from wellhead.model.oracle import SILENCE, Skip
from wellhead.model.samples import Sample
from wellhead.model.terms import Kind, Pricing, Service, Split, Terms
from wellhead.model.units import HOUR, LEDGER_SCALE, MAX_UINT256, RATE_SCALE, UNIT, WAD, Q
from wellhead.model.world import World

DAY = 24 * HOUR
NOW = 480_000 * HOUR
GOVERNOR = f"0x{1:040x}"
OPERATOR = f"0x{2:040x}"
TENANT = f"0x{3:040x}"
BUYER = f"0x{4:040x}"
REPORTERS = [f"0x{number:040x}" for number in (11, 12, 13)]
QUORUM = REPORTERS[:2]

PRICING = Pricing(
    base_start=1_000_000,
    base_floor=500_000,
    base_cap=4_000_000,
    low=800_000,
    high=1_600_000,
    target=500_000,
    speed=0,
    discount=0,
    discount_hours=720,
    min_hours=1,
    max_hours=2_000,
    horizon_hours=4_000,
)
TERMS = Terms(
    kind=Kind.TRAINING,
    power=300,
    sku="V100-SXM2-32GB",
    region="CN-EAST",
    pricing=PRICING,
    service=Service(sla=990_000, penalty=500_000),
    split=Split(operator=100_000, reporters=20_000, bitcoin=300_000),
)


def make_world(
    units: int = 10, pricing: Pricing = PRICING, terms: Terms = TERMS, offset: int = 0
) -> World:
    """A world with one cluster of `units` units and a tenant with much money."""
    world = World(NOW + offset, GOVERNOR, DAY, REPORTERS, 2)
    world.authority.grant("register", OPERATOR)
    world.registry.register(OPERATOR, replace(terms, pricing=pricing), "One", "ONE")
    if units:
        world.registry.mint(OPERATOR, 1, units, 0, b"", QUORUM)
    for account in (TENANT, BUYER):
        world.cash.mint(account, 10**18)
        world.cash.approve(account, world.vault.address, MAX_UINT256)
    return world


def lease(world: World, units: int, start: int, hours: int, caller: str = TENANT) -> int:
    return world.market.lease(caller, 1, units, start, hours, MAX_UINT256)


def report(world: World, hours: range, available: int, working: int | None = None) -> int:
    """Report the hours of cluster 1, thousandths of a unit."""
    shown = available if working is None else working
    samples = [Sample(1, hour, shown, available) for hour in hours]
    return world.oracle.report(samples, b"", QUORUM).recorded


def exact_cost(
    pricing: Pricing, base: Fraction, attested: int, units: int, hours: dict[int, Fraction],
    booked: dict[int, int],
) -> Fraction:  # fmt: skip
    """The price as the documentation states it, hour by hour, without any rounding."""
    low, high = Fraction(pricing.low, Q), Fraction(pricing.high, Q)
    gross = Fraction(0)
    for hour, covered in hours.items():
        steep = (high - low) / attested * (units * booked.get(hour, 0) + Fraction(units**2, 2))
        gross += base * covered * (low * units + steep)
    ramp = min(Fraction(1), sum(hours.values(), Fraction(0)) / pricing.discount_hours)
    return gross * (1 - Fraction(pricing.discount, Q) * ramp)


# --- fixed point -----------------------------------------------------------------------------


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


@given(st.integers(-41 * 1024, 135 * 1024))
def test_exponential_is_that_of_floating_point(steps: int) -> None:
    # Multiples of 1/1024 are exact in both worlds.
    expected = Fraction(math.exp(steps / 1024)) * WAD
    assert abs(exp_wad(steps * WAD // 1024) - expected) <= expected / 10**15 + 1


@given(st.integers(-41 * WAD, 135 * WAD))
def test_exponential_has_eighteen_digits(x: int) -> None:
    with localcontext() as context:
        context.prec = 100
        expected = Fraction((Decimal(x) / WAD).exp()) * WAD
    assert abs(exp_wad(x) - expected) <= expected / 10**18 + 1


def test_exponential_out_of_range() -> None:
    assert exp_wad(-(2**255)) == 0
    with pytest.raises(Revert, match="ExpOverflow"):
        exp_wad(135305999368893231589)
    assert exp_wad(135305999368893231588).bit_length() == 255


def test_rounding_of_quotients() -> None:
    assert [sdiv(7, 2), sdiv(-7, 2), sdiv(7, -2), sdiv(-7, -2)] == [3, -3, -3, 3]
    assert [full_mul_div_up(n, 1, 3) for n in range(5)] == [0, 1, 1, 1, 2]
    for bad in ((1, 1, 0), (2**255, 4, 2)):
        with pytest.raises(Revert, match="FullMulDivFailed"):
            full_mul_div_up(*bad)


# --- samples ---------------------------------------------------------------------------------


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
    assert price.next_base(pricing, base, 10, 10, 100) == base * exp_wad(WAD // 2) // WAD
    assert price.next_base(pricing, base, 10, 10, 50) == base
    assert price.next_base(pricing, base, 10, 10, 0) == base * exp_wad(-WAD // 2) // WAD
    assert price.next_base(pricing, base, 10, 10_000, 0) == 500_000 * WAD
    assert price.next_base(pricing, base, 10, 10_000, 100_000) == 4_000_000 * WAD
    # The exponent is rounded towards zero: 10^6 * (67 * 10^6 / (2^26 - 1) - 1) is -1622.19.
    slow = replace(PRICING, speed=1, target=1)
    assert price.next_base(slow, base, 2**26 - 1, 1, 67) == base * exp_wad(-1622) // WAD


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


@st.composite
def guillotine(
    draw: st.DrawFn, hours: int, units: int, depth: int = 3
) -> list[tuple[int, int, int]]:
    """A random cutting of a booking: (first hour, hours, units) of the pieces, in any order."""

    def cut(start: int, hours: int, units: int, depth: int) -> list[tuple[int, int, int]]:
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
HOURS, UNITS = 24, 12


def _book(pieces: list[tuple[int, int, int]], others: list[tuple[int, int, int]],
          pricing: Pricing, offset: int) -> int:  # fmt: skip
    """What the pieces cost together, with the bookings of others there first."""
    world = make_world(units=30, pricing=pricing, offset=offset)
    for start, hours, units in others:
        lease(world, units, world.hour + start, hours, BUYER)
    before = world.cash.balance_of(TENANT)
    for start, hours, units in pieces:
        lease(world, units, world.hour + start, hours)
    invariants.check_all(world)
    return before - world.cash.balance_of(TENANT)


@given(guillotine(HOURS, UNITS), OTHERS, st.integers(0, HOUR - 1))
def test_price_does_not_depend_on_the_path(
    pieces: list[tuple[int, int, int]], others: list[tuple[int, int, int]], offset: int
) -> None:
    booked = {h: sum(u for s, n, u in others if s <= h < s + n) for h in range(HOURS)}
    covered = {h: Fraction(HOUR - offset, HOUR) if h == 0 else Fraction(1) for h in range(HOURS)}
    exact = exact_cost(PRICING, Fraction(PRICING.base_start), 30, UNITS, covered, booked)
    assert exact <= _book(pieces, others, PRICING, offset) < exact + len(pieces)


@given(guillotine(HOURS, UNITS), OTHERS, st.integers(0, HOUR - 1), st.integers(1, 48))
def test_cutting_never_pays_with_a_discount(
    pieces: list[tuple[int, int, int]],
    others: list[tuple[int, int, int]],
    offset: int,
    discount_hours: int,
) -> None:
    pricing = replace(PRICING, discount=333_333, discount_hours=discount_hours)
    plain = _book([(0, HOURS, UNITS)], others, pricing, offset)
    assert _book(pieces, others, pricing, offset) >= plain


@given(st.integers(1, 60), OTHERS, st.integers(0, HOUR - 1), st.integers(1, 48))
def test_a_longer_lease_never_costs_less(
    hours: int, others: list[tuple[int, int, int]], offset: int, discount_hours: int
) -> None:
    pricing = replace(PRICING, discount=333_333, discount_hours=discount_hours)
    shorter = _book([(0, hours, UNITS)], others, pricing, offset)
    assert _book([(0, hours + 1, UNITS)], others, pricing, offset) >= shorter


def test_terms_that_make_a_longer_lease_cheaper_are_refused() -> None:
    with pytest.raises(Revert) as refused:
        make_world(pricing=replace(PRICING, discount=333_334))
    assert refused.value.name == "CapacityRegistry_DiscountTooSteep"
    assert refused.value.args_ == (333_334, 800_000, 1_600_000)


# --- service ---------------------------------------------------------------------------------


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
    assert service.served(available, booked, sla=990_000, penalty=500_000) == expected


def test_a_good_half_hour_does_not_make_up_for_an_outage() -> None:
    half = HOUR // 2
    assert service.available_of([(half, 10), (half, 0)], booked=5) == 2_500
    assert service.available_of([(HOUR, 5)], booked=5) == 5_000
    assert service.available_of([(1, 1), (HOUR - 1, 0)], booked=5) == 0
    with pytest.raises(ValueError, match="an hour"):
        service.available_of([(half, 1)], booked=5)


@given(st.integers(0, 10**7), st.integers(1, 10**4), st.integers(1, Q), st.integers(0, 10 * Q))
def test_served_is_the_documented_fraction(
    available: int, booked: int, sla: int, penalty: int
) -> None:
    a = min(Fraction(1), Fraction(available, 1000 * booked))
    relative = max(Fraction(0), (Fraction(sla, Q) - a) / Fraction(sla, Q))
    loss = math.floor((Q + penalty) * relative)
    assert service.served(available, booked, sla, penalty) == max(0, Q - loss)


# --- the life of a lease ---------------------------------------------------------------------


def test_a_lease_from_booking_to_claim() -> None:
    world = make_world(offset=900)  # a quarter of the first hour is over
    first = world.hour
    lease_id = lease(world, 5, first, 3)
    opened = world.market.lease_of(lease_id)
    # 2.75 h of 5 units at 1.0 coin on average.
    assert (opened.cost, opened.first_seconds) == (13_750_000, 2_700)
    assert opened.rate == 5_000_000 * RATE_SCALE
    assert opened.rate_at(first) == 3_750_000 * RATE_SCALE
    assert opened.remainder == 0

    world.now = NOW + 3 * HOUR
    assert report(world, range(first, first + 3), available=4_950) == 3
    assert world.market.accrue(1) == first  # nothing is final yet
    world.advance(DAY - 1)
    assert world.market.accrue(1) == first
    world.advance(1)
    # All 5 units worked but for 1 %: the SLA is met to the digit.
    assert world.market.settle(lease_id) == 0
    assert world.market.books_of(1).served == 3 * Q
    assert world.router.distribute(1) == 13_750_000
    assert world.router.routed_of(1).paid.operator == 1_375_000
    assert world.router.bitcoin_pending_of(1) == 4_125_000
    assert world.vault.claim_of(world.cash.address, world.oracle.address) == 275_000
    # 0.58 of it for 10 tokens; the index step rounds down and the rest is carried.
    assert world.token(1).cash.total == 7_975_000 << 68
    claimed, _ = world.token(1).claim(OPERATOR, OPERATOR)
    assert claimed == 7_974_999 + (world.token(1).cash.carried == 0)
    assert world.oracle.pay_reporters() == 91_666
    invariants.check_all(world)


def test_an_outage_is_refunded_with_the_penalty() -> None:
    world = make_world()
    first = world.hour
    lease_id = lease(world, 10, first, 4)
    assert world.market.lease_of(lease_id).cost == 48_000_000
    world.now += 4 * HOUR
    report(world, range(first, first + 2), available=10_000)
    report(world, range(first + 2, first + 3), available=4_950)  # served 0.25
    world.now += DAY
    assert world.market.settle(lease_id) == 9_000_000  # 0.75 of an hour of 12 coins
    assert world.market.settle(lease_id) == 0
    assert world.market.books_of(1).cursor == first + 3
    books = invariants.books(world, 1)
    assert books.escrowed == 12_000_000 * LEDGER_SCALE
    assert books.outage_refund == books.refunded == 9_000_000 * LEDGER_SCALE
    assert books.undistributed == 27_000_000 * LEDGER_SCALE

    # The last hour stays silent: it waits for seven days, then anybody closes it.
    closable = (first + 4) * HOUR + SILENCE
    world.now = closable - 1
    with pytest.raises(Revert) as refused:
        world.oracle.close_silent(1, first + 3)
    clock = closable - NOW
    assert refused.value.args_ == (1, first + 3, clock, clock - 1)
    world.now = closable
    world.oracle.close_silent(1, first + 3)
    assert world.market.settle(lease_id) == 12_000_000
    assert world.router.distribute(1) == 27_000_000
    invariants.check_all(world)


def test_a_transfer_settles_to_the_seller() -> None:
    world = make_world()
    first = world.hour
    lease_id = lease(world, 10, first, 2)
    world.now += HOUR
    report(world, range(first, first + 1), available=0)
    world.now += DAY
    with pytest.raises(Revert, match="NotOwnerNorApproved"):
        world.market.transfer_from(BUYER, TENANT, BUYER, lease_id)
    world.market.approve(TENANT, BUYER, lease_id)
    world.market.transfer_from(BUYER, TENANT, BUYER, lease_id)
    cash = world.cash.address
    assert world.vault.claim_of(cash, TENANT) == 12_000_000
    report(world, range(first + 1, first + 2), available=0)
    world.now += DAY
    world.market.settle(lease_id)
    assert world.vault.claim_of(cash, TENANT) == world.vault.claim_of(cash, BUYER) == 12_000_000
    assert world.market.lease_of(lease_id).approved is None
    world.cash.set_blocked(BUYER, True)
    with pytest.raises(Revert, match="TestCoin_Blocked"):
        world.vault.withdraw(BUYER, cash, BUYER, 12_000_000)
    world.vault.withdraw(BUYER, cash, GOVERNOR, 12_000_000)
    invariants.check_all(world)


@given(st.lists(st.integers(0, 10_000), min_size=30, max_size=30), st.integers(0, HOUR - 1))
def test_late_is_the_same_as_often(available: list[int], offset: int) -> None:
    often = make_world(offset=offset, pricing=replace(PRICING, base_start=777_777, speed=10_000))
    ids = [lease(often, n, often.hour + s, h) for n, s, h in ((3, 0, 30), (1, 5, 1), (4, 7, 13))]
    first = often.hour
    often.now = NOW + 30 * HOUR
    late = copy.deepcopy(often)
    for world in (often, late):
        for index, thousandths in enumerate(available):
            report(world, range(first + index, first + index + 1), thousandths)
            if world is often:
                world.advance(7)
        world.now = NOW + 31 * HOUR
    for step in range(300):
        often.advance(DAY // 300)
        often.router.distribute(1)
        often.market.settle(ids[step % 3])
        invariants.check_rent(often)
    late.now = often.now = NOW + 60 * HOUR
    for world in (often, late):
        world.router.distribute(1)
        for lease_id in ids:
            world.market.settle(lease_id)
        invariants.check_all(world)
    assert often.vault.claims[often.cash.address] == late.vault.claims[late.cash.address]
    assert often.market.books_of(1) == late.market.books_of(1)
    assert often.router.routed_of(1) == late.router.routed_of(1)


def test_the_longest_walk_of_one_call() -> None:
    world = make_world(pricing=replace(PRICING, horizon_hours=2_000))
    first = world.hour
    lease(world, 1, first + 10, 721)
    world.now += 1_000 * HOUR
    report(world, range(first + 10, first + 731), 1_000)
    world.now += DAY
    assert world.market.accrue(1) == first + 729  # one step to the lease, 719 in it
    assert world.market.accrue(1) == world.hour
    assert world.market.books_of(1).served == 721 * Q


# --- the rest --------------------------------------------------------------------------------


def test_a_pause_stops_the_clock() -> None:
    world = make_world()
    first = world.hour
    lease_id = lease(world, 1, first, 1)
    world.now += HOUR
    report(world, range(first, first + 1), 0)
    world.registry.pause(GOVERNOR)
    world.now += 5 * DAY
    assert world.registry.clock() == HOUR
    assert world.market.settle(lease_id) == 0
    for call in (lambda: lease(world, 1, world.hour, 1), lambda: world.registry.pause(GOVERNOR)):
        with pytest.raises(Revert, match="Paused"):
            call()
    world.registry.unpause(GOVERNOR)
    world.now += DAY
    assert world.registry.clock_at(NOW + 2 * DAY) == HOUR
    assert world.registry.clock() == HOUR + DAY
    assert world.market.settle(lease_id) == world.market.lease_of(lease_id).cost


def test_a_batch_skips_what_can_have_no_effect() -> None:
    world = make_world()
    hour = world.hour
    world.now += HOUR
    samples = [
        Sample(2, hour, 0, 0),
        Sample(1, hour - 1, 0, 0),
        Sample(1, hour + 1, 0, 0),
        Sample(1, hour, 1, 2),
        Sample(1, hour, 1, 1, Q + 1),
        Sample(1, hour, 20_000, 1),
        Sample(1, hour, 1, 1),
    ]
    batch = world.oracle.report(samples, b"", QUORUM)
    assert [reason for _, _, reason in batch.skipped] == [
        Skip.UNKNOWN_CLUSTER,
        Skip.BEFORE_GENESIS,
        Skip.UNFINISHED,
        Skip.MALFORMED,
        Skip.MALFORMED,
        Skip.REPORTED,
    ]
    assert (batch.recorded, batch.signers, batch.final_at) == (1, 0b11, HOUR + DAY)
    assert world.oracle.record_of(1, hour).working == 20_000


@pytest.mark.parametrize(
    ("signers", "name", "args"),
    [
        (REPORTERS, "SignatureCount", (2, 3)),
        ([None, REPORTERS[0]], "InvalidSignature", (0,)),
        ([REPORTERS[0], REPORTERS[0]], "RepeatedSigner", (1, REPORTERS[0])),
        ([REPORTERS[0], TENANT], "UnknownSigner", (1, TENANT)),
        ([REPORTERS[1], REPORTERS[0]], "SignerOrder", (1, REPORTERS[0])),
    ],
)
def test_a_quorum(signers: list[str | None], name: str, args: tuple[int | str, ...]) -> None:
    with pytest.raises(Revert) as refused:
        make_world().oracle.report([Sample(1, 1, 0, 0)], b"", signers)
    assert (refused.value.name, refused.value.args_) == (f"MetricsOracle_{name}", args)


def test_new_units_take_no_part_of_old_revenue() -> None:
    world = make_world()
    first = world.hour
    lease(world, 1, first, 10)
    world.now += 50 * HOUR
    with pytest.raises(Revert) as refused:
        world.registry.mint(OPERATOR, 1, 1, 1, b"", QUORUM)
    assert refused.value.name == "CapacityRegistry_RecordNotCurrent"
    assert refused.value.args_ == (1, first, first + 25)
    assert world.market.books_of(1).remainder == 0
    report(world, range(first, first + 10), 1_000)
    world.now += DAY
    world.registry.mint(OPERATOR, 1, 1, 1, b"", QUORUM)
    assert world.token(1).total_supply() == 11 * UNIT
    # 10 h at 0.84 coins, 58 % of it, all of it to the first ten tokens.
    assert world.token(1).cash.total == 4_872_000 << 68
    assert world.token(1).cash.index == (4_872_000 << 68) // (10 * UNIT)
    invariants.check_all(world)


def test_retiring_keeps_what_was_earned_and_booked() -> None:
    world = make_world()
    first = world.hour
    lease(world, 4, first + 2, 1)
    for units, name in ((7, "StillBooked"), (0, "InvalidUnits"), (11, "InvalidUnits")):
        with pytest.raises(Revert, match=name):
            world.registry.retire(OPERATOR, 1, units)
    world.token(1).transfer(OPERATOR, TENANT, 5 * UNIT)
    with pytest.raises(Revert, match="ERC20InsufficientBalance"):
        world.registry.retire(OPERATOR, 1, 6)
    world.registry.retire(OPERATOR, 1, 5)
    assert world.token(1).balances == {OPERATOR: 0, TENANT: 5 * UNIT}
    with pytest.raises(Revert) as refused:
        lease(world, 2, first + 2, 1)
    assert refused.value.args_ == (4, 2, 5)
    invariants.check_all(world)


def test_revenue_beyond_the_bound_is_held() -> None:
    world = make_world()
    token, bound = world.token(1), 2**60
    world.cash.mint(GOVERNOR, bound + 5)
    world.cash.approve(GOVERNOR, world.vault.address, bound + 5)
    world.vault.deposit(GOVERNOR, world.cash.address, token.address, bound + 5)
    token.add_revenue(world.router.address, 1, 0)
    token.add_revenue(world.router.address, bound + 4, 0)
    assert (token.cash.held, token.cash.total) == (6, (bound - 1) << 68)
    assert token.cash.owed_to(OPERATOR) + token.cash.carried == token.cash.total


# --- random histories ------------------------------------------------------------------------


def state(value: object) -> object:
    """Everything that a world holds, as plain data."""
    if isinstance(value, int | str):
        return value
    if isinstance(value, dict):
        return {key: state(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [state(item) for item in value]
    if hasattr(value, "__dict__"):
        return {k: state(v) for k, v in vars(value).items() if k != "world"}
    return value


def act(world: World, kind: int, a: int, b: int, c: int) -> None:
    """One of everything that can happen, often with arguments that make it revert."""
    who, other = (OPERATOR, TENANT, BUYER)[a % 3], (TENANT, BUYER, OPERATOR)[b % 3]
    token, cash, hour = world.token(1), world.cash.address, world.hour
    match kind:
        case 0 | 1:
            lease(world, a % 5, hour + b % 7 - 1, c % 12, who)
        case 2:
            report(world, range(hour - a % 30, hour - a % 30 + b % 30), c % 4 * 1_500)
        case 3:
            world.market.settle(a % 9)
        case 4:
            world.router.distribute(1)
        case 5:
            world.market.transfer_from(who, who, other, b % 9)
        case 6:
            token.transfer(who, other, c % 7 * UNIT // 3)
        case 7:
            token.claim(who, other)
        case 8:
            world.registry.retire(OPERATOR, 1, a % 3)
        case 9:
            number = world.registry.cluster_of(1).attestations
            world.registry.mint(OPERATOR, 1, a % 3, number, b"", QUORUM)
        case 10:
            world.registry.set_sellable(OPERATOR, 1, a % 20)
        case 11:
            call = world.registry.unpause if world.registry.paused else world.registry.pause
            call(GOVERNOR)
        case 12:
            world.oracle.close_silent(1, hour - 160 - a % 30)
        case 13:
            world.vault.withdraw(who, cash, other, world.vault.claim_of(cash, who) - a % 2)
        case 14:
            world.cash.set_blocked(other, a % 4 == 0)
        case 15:
            world.market.update_base(1)
        case _:
            world.advance(a % 40 * 1_111 * (1 + 9 * (b % 5 == 0)))


@given(
    st.lists(st.tuples(st.integers(0, 22), *[st.integers(0, 999)] * 3), min_size=10, max_size=60)
)
def test_every_history_keeps_the_invariants(history: list[tuple[int, int, int, int]]) -> None:
    pricing = replace(PRICING, speed=50_000, discount=200_000, base_start=777_777)
    world = make_world(pricing=pricing, offset=1_234)
    served = 0
    for kind, a, b, c in history:
        before = state(world)
        try:
            act(world, kind, a, b, c)
        except Revert:
            assert state(world) == before
        invariants.check_all(world)
        assert world.market.books_of(1).served >= served
        served = world.market.books_of(1).served
