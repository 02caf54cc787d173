"""Taking a lease: what it costs, what is written down, and every reason to refuse."""

from fractions import Fraction
from math import floor

import pytest

from tests.support.raw import attempt, impersonate, in_one_block
from tests.support.rent import LEDGER, RATE, WAD, Opened, books, cost, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, USD, Q, Stage, Terms
from tests.support.state import refused

#: The base stands still, so that a price can be worked out by hand.
STILL = Terms(speed=0)
UNITS = 100


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, STILL)


def quote(stage: Stage, *lease: int) -> dict[str, int]:
    found: dict[str, int] = stage.market.call("quote", *lease)
    return found


# units, first hour after the current one, hours, seconds into the hour, others' bookings
PRICES = [
    (1, 0, 1, 0, []),
    (1, 0, 1, 1, []),
    (1, 0, 1, 3599, []),
    (1, 1, 1, 3599, []),
    (UNITS, 0, 1, 1234, []),
    (UNITS, 3, 24, 17, []),
    (7, 0, 2, 1800, []),
    (7, 0, 13, 3599, [(93, 0, 1)]),
    (7, 5, 100, 600, [(30, 0, 50), (63, 7, 11)]),
    (3, 0, 29, 2900, [(1, 0, 29), (50, 0, 2), (46, 28, 1)]),
    (99, 2, 719, 5, [(1, 2, 719)]),
    (99, 2, 720, 5, [(1, 2, 719)]),
    (99, 2, 721, 5, [(1, 2, 719)]),
    (13, 0, 720, 1, [(17, 100, 300)]),
    (13, 0, 721, 2399, [(17, 100, 300), (70, 399, 2)]),
    (41, 1, 1009, 77, [(59, 900, 1)]),
]


@shows("PRICE-1")
@pytest.mark.parametrize(("units", "wait", "hours", "into", "others"), PRICES)
@pytest.mark.parametrize(
    "terms",
    [
        STILL,
        STILL.but(low=Q, high=Q, discount=0),
        STILL.but(base_start=1_234_567, low=1, high=100 * Q, discount=0),
        STILL.but(base_start=3 * USD + 1, low=333_333, high=777_777, discount=299_999),
    ],
    ids=["default", "flat", "steep", "odd"],
)
def test_the_cost_is_the_documented_rational_rounded_up_once(
    stage: Stage,
    terms: Terms,
    units: int,
    wait: int,
    hours: int,
    into: int,
    others: list[tuple[int, int, int]],
) -> None:
    cluster = stage.cluster(UNITS, terms)
    now = stage.hour() + 1
    for taken, offset, length in others:
        stage.lease(cluster, taken, now + offset, length, stage.tenants[1])
    start = now + wait
    stage.to_hour(now, into)
    first = HOUR - into if wait == 0 else HOUR
    booked = [
        sum(taken for taken, offset, length in others if offset <= wait + i < offset + length)
        for i in range(hours)
    ]
    seconds = [first] + [HOUR] * (hours - 1)

    expected = cost(terms, terms.base_start, UNITS, units, seconds, booked)

    assert quote(stage, cluster, units, start, hours) == {
        "cost": expected,
        "rate": floor(Fraction(expected * RATE * HOUR, sum(seconds))),
        "firstSeconds": first,
        "base": terms.base_start * WAD,
        "peak": max(booked),
    }


@shows("PRICE-13")
@pytest.mark.parametrize("into", [0, 1, 1799, 3599])
@pytest.mark.parametrize("wait", [0, 4])
@pytest.mark.parametrize("hours", [1, 2, 1000])
def test_a_lease_costs_what_is_quoted_in_its_block(
    stage: Stage, into: int, wait: int, hours: int
) -> None:
    cluster = stage.cluster(UNITS, Terms())
    tenant = stage.tenants[0]
    start = stage.hour() + 3 + wait
    stage.to_hour(start - wait, into)
    quoted = quote(stage, cluster, 5, start, hours)
    had = stage.cash.call("balanceOf", tenant.address)

    lease = open_lease(stage, cluster, 5, start, hours, at=stage.now())

    assert stage.now() == (start - wait) * HOUR + into
    assert (lease.cost, lease.rate) == (quoted["cost"], quoted["rate"])
    assert lease.first_seconds == quoted["firstSeconds"] == (HOUR if wait else HOUR - into)
    assert books(stage, cluster)["base"] == quoted["base"]
    assert stage.cash.call("balanceOf", tenant.address) == had - quoted["cost"]
    assert stage.cash.call("balanceOf", stage.vault.address) == quoted["cost"]
    assert stage.claim_of(stage.market) == quoted["cost"]


@shows("PRICE-13")
def test_the_second_lease_of_a_block_pays_for_the_first_ones_booking(
    stage: Stage, cluster: int
) -> None:
    start = stage.hour() + 1
    lease = (cluster, 50, start, 2, MAX)
    in_one_block(stage, [(stage.market, "lease", lease, tenant) for tenant in stage.tenants[:2]])

    costs = [event["cost"] for event in stage.market.events("LeaseOpened")]

    assert costs == [
        cost(STILL, STILL.base_start, UNITS, 50, [HOUR, HOUR], [others, others])
        for others in (0, 50)
    ]


@shows("LEASE-1")
def test_a_lease_is_written_down_as_booked(stage: Stage, cluster: int) -> None:
    start = stage.hour()
    lease = open_lease(stage, cluster, 7, start, 30, at=start * HOUR + 3000)

    assert lease.receipt.event("LeaseOpened").arguments == {
        "leaseId": 1,
        "clusterId": cluster,
        "tenant": lease.tenant.address,
        "units": 7,
        "start": start,
        "end": start + 30,
        "firstSeconds": 600,
        "cost": lease.cost,
        "rate": lease.cost * RATE * HOUR // (29 * HOUR + 600),
    }
    assert lease.receipt.event("Deposited").arguments == {
        "coin": stage.cash.address,
        "payer": lease.tenant.address,
        "account": stage.market.address,
        "amount": lease.cost,
    }
    assert stage.market.call("leaseOf", 1) == {
        "clusterId": cluster,
        "units": 7,
        "start": start,
        "end": start + 30,
        "stop": start + 30,
        "firstSeconds": 600,
        "rate": lease.rate,
        "refunded": 0,
        "parts": 1,
        "transfers": 0,
    }
    assert stage.market.call("partsOf", 1) == [
        {
            "start": start,
            "end": start + 30,
            "firstSeconds": 600,
            "rate": lease.rate,
            "isCut": False,
        }
    ]
    assert stage.market.call("ownerOf", 1) == lease.tenant.address
    assert stage.market.call("refundLedgerOf", 1) == 0


@shows("LEASE-1")
def test_leases_are_numbered_from_one_across_clusters(stage: Stage, cluster: int) -> None:
    other = stage.cluster(UNITS, STILL)
    start = stage.hour()
    taken = [open_lease(stage, c, 1, start, 1).id for c in (cluster, other, cluster)]
    assert taken == [1, 2, 3]


@shows("LEASE-2")
@pytest.mark.parametrize("hours", [1, 2, 7, 1009])
@pytest.mark.parametrize("into", [100, 1777, 3599])
def test_rent_and_remainder_are_all_that_was_paid(stage: Stage, hours: int, into: int) -> None:
    cluster = stage.cluster(UNITS, STILL.but(base_start=1_000_003))
    start = stage.hour()

    lease = open_lease(stage, cluster, 3, start, hours, at=start * HOUR + into)

    time = hours * HOUR - into
    assert lease.rate == floor(Fraction(lease.cost * RATE * HOUR, time))
    assert books(stage, cluster)["remainder"] == lease.remainder
    assert lease.rent * Q + lease.remainder == lease.cost * LEDGER
    assert 0 <= lease.remainder < LEDGER


@shows("LEASE-2")
def test_remainders_of_several_leases_add_up(stage: Stage, cluster: int) -> None:
    leases = [open_lease(stage, cluster, 3, stage.hour() + i, 7 + i) for i in range(4)]
    assert books(stage, cluster)["remainder"] == sum(lease.remainder for lease in leases)


@shows("PRICE-15")
@pytest.mark.parametrize("start", [0, -1])
def test_who_agrees_to_exactly_the_cost_gets_the_lease(
    stage: Stage, cluster: int, start: int
) -> None:
    first = stage.hour() + 2 + start
    stage.to_hour(stage.hour() + 1, 1800)
    price = quote(stage, cluster, 3, first, 5)["cost"]
    stage.anvil.next_block_at(stage.now())
    assert stage.lease(cluster, 3, first, 5, max_cost=price) == 1


@shows("PRICE-15")
@pytest.mark.parametrize("lower", [1, 10**6])
def test_who_agrees_to_less_than_the_cost_does_not(stage: Stage, cluster: int, lower: int) -> None:
    start = stage.hour() + 1
    price = quote(stage, cluster, 3, start, 5)["cost"]
    with refused(stage, "LeaseMarket_CostAboveMax", price, price - lower):
        attempt(stage.market, "lease", cluster, 3, start, 5, price - lower, sender=stage.tenants[0])


def test_a_contract_without_callback_can_lease(stage: Stage, cluster: int) -> None:
    payer = impersonate(stage, stage.router.address)
    stage.fund(payer)
    lease: Opened = open_lease(stage, cluster, 1, stage.hour(), 1, payer)
    assert stage.market.call("ownerOf", lease.id) == stage.router.address
