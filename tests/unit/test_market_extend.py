"""Making a lease longer: a booking of its own under the same token, at the price of its moment."""

from fractions import Fraction
from math import floor
from typing import Any

import pytest

from tests.support.lifecycle import booked, cancel, extend, first_part, lease_of, parts_of
from tests.support.raw import attempt
from tests.support.rent import (
    LEDGER,
    RATE,
    WAD,
    Opened,
    books,
    cost,
    deliver,
    loss,
    open_lease,
    refund_ledger,
)
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, USD, Q, Stage, Terms
from tests.support.state import refused
from wellhead.chain import UnlockedAccount

UNITS = 100
TERMS = Terms(speed=0)
PARTS = 16


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


@pytest.fixture
def lease(stage: Stage, cluster: int) -> Opened:
    return open_lease(stage, cluster, 10, stage.hour() + 2, 24)


def refuse(
    stage: Stage,
    lease_id: int,
    hours: int,
    error: str,
    *arguments: Any,
    by: UnlockedAccount | None = None,
) -> None:
    """Neither quoted nor extended, for the same reason, and nothing changes."""
    if by is None:
        with expect_revert(error, *arguments):
            stage.market.call("quoteExtension", lease_id, hours)
    with refused(stage, error, *arguments):
        attempt(stage.market, "extend", lease_id, hours, MAX, sender=by or stage.tenants[0])


@shows("LEASE-10")
@pytest.mark.parametrize("hours", [1, 7, 24, 719, 720, 1000])
@pytest.mark.parametrize(
    "terms",
    [TERMS, TERMS.but(low=Q, high=Q, discount=0), TERMS.but(base_start=3 * USD + 1, low=333_333)],
    ids=["default", "flat", "odd"],
)
def test_an_extension_costs_what_its_own_hours_cost(stage: Stage, terms: Terms, hours: int) -> None:
    """The discount of its own hours, not of the whole lease; others' bookings in them count."""
    terms = terms.but(discount=min(terms.discount, 100_000))
    cluster = stage.cluster(UNITS, terms)
    lease = open_lease(stage, cluster, 10, stage.hour() + 2, 300)
    stage.lease(cluster, 60, lease.end - 5, 12, stage.tenants[1])
    others = [60 if hour < 7 else 0 for hour in range(hours)]
    expected = cost(terms, terms.base_start, UNITS, 10, [HOUR] * hours, others)

    assert stage.market.call("quoteExtension", lease.id, hours) == {
        "cost": expected,
        "rate": floor(Fraction(expected * RATE, hours)),
        "firstSeconds": HOUR,
        "base": terms.base_start * WAD,
        "peak": 60,
    }
    added = extend(stage, lease, hours)
    assert (added.cost, added.rate) == (expected, floor(Fraction(expected * RATE, hours)))


@shows("LEASE-10")
def test_an_extension_is_written_down_as_a_part(stage: Stage, lease: Opened) -> None:
    before = books(stage, lease.cluster)
    claim = stage.claim_of(stage.market)
    told = stage.market.call("extend", lease.id, 9, MAX, sender=lease.tenant.address)

    receipt = stage.market.send("extend", lease.id, 9, MAX, sender=lease.tenant)

    price = cost(TERMS, TERMS.base_start, UNITS, 10, [HOUR] * 9, [0] * 9)
    rate = floor(Fraction(price * RATE, 9))
    assert told == price
    assert receipt.event("LeaseExtended").arguments == {
        "leaseId": lease.id,
        "payer": lease.tenant.address,
        "start": lease.end,
        "end": lease.end + 9,
        "cost": price,
        "rate": rate,
    }
    assert receipt.event("MetadataUpdate").arguments == {"_tokenId": lease.id}
    assert stage.market.call("balanceOf", lease.tenant.address) == 1
    found = lease_of(stage, lease.id)
    assert (found["start"], found["end"], found["stop"]) == (
        lease.start,
        lease.end + 9,
        lease.end + 9,
    )
    assert (found["parts"], found["rate"], found["units"]) == (2, lease.rate, 10)
    assert parts_of(stage, lease.id) == [
        {"start": first, "end": end, "firstSeconds": HOUR, "rate": rent, "isCut": False}
        for first, end, rent in [
            (lease.start, lease.end, lease.rate),
            (lease.end, lease.end + 9, rate),
        ]
    ]
    assert booked(stage, lease.cluster, lease.start - 1, lease.end + 10) == [0, *[10] * 33, 0]
    left = (price * RATE - 9 * rate) * Q
    assert books(stage, lease.cluster) == {**before, "remainder": before["remainder"] + left}
    assert stage.claim_of(stage.market) == claim + price


@shows("LEASE-10")
def test_an_extension_rests_on_the_base_of_its_moment(stage: Stage) -> None:
    terms = Terms(speed=50_000, base_cap=1000 * USD)
    cluster = stage.cluster(UNITS, terms)
    lease = open_lease(stage, cluster, UNITS, stage.hour() + 1, 30)
    stage.to_hour(lease.end - 1)
    base = Fraction(stage.market.call("baseOf", cluster), WAD)
    assert base > terms.base_start
    added = extend(stage, lease, 5)
    assert added.cost == cost(terms, base, UNITS, UNITS, [HOUR] * 5, [0] * 5)
    assert Fraction(books(stage, cluster)["base"], WAD) == base


@shows("LEASE-11")
@pytest.mark.parametrize("into", [1, HOUR - 1])
def test_until_its_last_second_a_lease_can_be_made_longer(
    stage: Stage, lease: Opened, into: int
) -> None:
    at = (lease.end - 1) * HOUR + into
    added = extend(stage, lease, 3, at=at)
    assert stage.now() == at
    assert (added.start, added.end, added.first_seconds) == (lease.end, lease.end + 3, HOUR)


@shows("LEASE-11")
@pytest.mark.parametrize("later", [0, 1, 100])
def test_a_lease_that_is_over_stays_so(stage: Stage, lease: Opened, later: int) -> None:
    stage.to_hour(lease.end + later)
    refuse(stage, lease.id, 3, "LeaseMarket_Over", lease.id, lease.end)


@shows("LEASE-10")
def test_a_lease_that_was_cut_goes_on_from_the_cut(stage: Stage, lease: Opened) -> None:
    cancel(stage, lease.id, lease.start + 5)
    added = extend(stage, lease, 2)
    assert (added.start, added.end) == (lease.start + 5, lease.start + 7)


@shows("LEASE-11")
def test_a_lease_in_default_is_over(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 300)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.start + 72), 0))
    stage.market.send("declareDefault", cluster, sender=stage.stranger)
    refuse(stage, lease.id, 1, "LeaseMarket_Over", lease.id, stage.hour())


def test_the_shortest_lease_is_no_bound_and_the_longest_is(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS.but(min_hours=24, max_hours=50))
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 24)
    for hours in (0, 51, 2**32, MAX):
        refuse(stage, lease.id, hours, "LeaseMarket_InvalidLength", hours, 1, 50)
    assert extend(stage, lease, 1).end == lease.end + 1
    assert extend(stage, lease, 50).end == lease.end + 51


def test_a_lease_is_not_extended_past_the_horizon(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS.but(max_hours=50, horizon_hours=60))
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 50)
    horizon = stage.hour() + 60
    error = ("LeaseMarket_PastHorizon", lease.end, 10, horizon)
    assert lease.end + 9 == horizon
    refuse(stage, lease.id, 10, *error)
    assert extend(stage, lease, 9).end == horizon


def test_an_extension_needs_free_units(stage: Stage, lease: Opened) -> None:
    stage.lease(lease.cluster, 91, lease.end + 2, 5, stage.tenants[1])
    refuse(stage, lease.id, 3, "LeaseMarket_SoldOut", 91, 10, UNITS)
    assert extend(stage, lease, 2).end == lease.end + 2
    stage.registry.send("setSellable", lease.cluster, 9, sender=stage.operator)
    refuse(stage, lease.id, 1, "LeaseMarket_SoldOut", 91, 10, 9)


def test_an_extension_needs_a_bond_for_its_hours(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS.but(bond=5 * USD))
    stage.fund(stage.operator)
    stage.market.send("postBond", cluster, 100 * USD, sender=stage.operator)
    lease = open_lease(stage, cluster, 12, stage.hour() + 1, 5)
    stage.lease(cluster, 9, lease.end, 5, stage.tenants[1])
    refuse(stage, lease.id, 1, "LeaseMarket_Unbonded", 9, 12, 20)
    stage.market.send("postBond", cluster, 5 * USD, sender=stage.operator)
    assert extend(stage, lease, 1).end == lease.end + 1


@shows("PRICE-15")
@pytest.mark.parametrize("missing", [0, 1])
def test_who_agrees_to_the_cost_pays_it(stage: Stage, lease: Opened, missing: int) -> None:
    price = stage.market.call("quoteExtension", lease.id, 6)["cost"]
    call = ("extend", lease.id, 6, price - missing)
    if not missing:
        assert stage.market.send(*call, sender=lease.tenant).event("LeaseExtended")["cost"] == price
        return
    with refused(stage, "LeaseMarket_CostAboveMax", price, price - 1):
        attempt(stage.market, *call, sender=lease.tenant)


@shows("LEASE-14")
@pytest.mark.parametrize("approval", ["approve", "setApprovalForAll"])
def test_whom_the_owner_approved_may_extend_and_pays(
    stage: Stage, lease: Opened, approval: str
) -> None:
    agent = stage.tenants[1]
    value: int | bool = lease.id if approval == "approve" else True
    stage.market.send(approval, agent.address, value, sender=lease.tenant)
    balances = [stage.cash.call("balanceOf", who.address) for who in (lease.tenant, agent)]
    added = extend(stage, lease, 5, by=agent)
    assert [stage.cash.call("balanceOf", who.address) for who in (lease.tenant, agent)] == [
        balances[0],
        balances[1] - added.cost,
    ]
    assert stage.market.call("ownerOf", lease.id) == lease.tenant.address


@shows("LEASE-13")
def test_nobody_else_extends(stage: Stage, lease: Opened) -> None:
    for caller in (stage.tenants[1], stage.operator, stage.stranger):
        error = ("LeaseMarket_NotTenant", lease.id, caller.address)
        refuse(stage, lease.id, 1, *error, by=caller)


@pytest.mark.parametrize("lease_id", [0, 2, MAX])
def test_an_unknown_lease_is_not_extended(stage: Stage, lease: Opened, lease_id: int) -> None:
    refuse(stage, lease_id, 1, "LeaseMarket_UnknownLease", lease_id)


@shows("PAUSE-1")
def test_no_extensions_while_paused(stage: Stage, lease: Opened) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    refuse(stage, lease.id, 1, "LeaseMarket_Paused")
    stage.registry.send("unpause", sender=stage.guardian)
    extend(stage, lease, 1)


def test_no_extensions_of_a_suspended_lease(stage: Stage, lease: Opened) -> None:
    stage.market.send("noticeSuspension", lease.id, bytes(32), sender=stage.operator)
    refuse(stage, lease.id, 1, "LeaseMarket_Suspended", lease.id)
    stage.market.send("liftSuspension", lease.id, sender=stage.operator)
    extend(stage, lease, 1)


@shows("LEASE-12")
def test_a_lease_has_sixteen_parts_at_most(stage: Stage, cluster: int) -> None:
    """And is settled over all of them."""
    assert stage.market.call("MAX_PARTS") == PARTS
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 2)
    parts = [first_part(lease)]
    for number in range(1, PARTS):
        stage.lease(cluster, number, parts[-1].end, 1, stage.tenants[1])
        parts.append(extend(stage, lease, 1 + number % 3))
    refuse(stage, lease.id, 1, "LeaseMarket_TooManyParts", lease.id, PARTS)
    end = parts[-1].end
    assert (lease_of(stage, lease.id)["parts"], lease_of(stage, lease.id)["end"]) == (PARTS, end)
    assert len({part.rate for part in parts}) > PARTS // 2

    available = {hour: 1_000 * (hour % 11) for hour in range(lease.start, end)}
    load = dict(zip(available, booked(stage, cluster, lease.start, end), strict=True))
    deliver(stage, cluster, available)
    receipt = stage.market.send("settle", lease.id, sender=stage.stranger)
    due = sum(
        part.rate * min(Q, loss(available[hour], load[hour], TERMS.sla, TERMS.penalty))
        for part in parts
        for hour in range(part.start, part.end)
    )
    assert refund_ledger(stage, lease) == due
    assert receipt.event("Settled")["amount"] == due // LEDGER == stage.claim_of(lease.tenant)


@shows("LEASE-12")
def test_a_part_that_is_sold_back_makes_room_for_another(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 2)
    parts = [extend(stage, lease, 1) for _ in range(1, PARTS)]
    cancel(stage, lease.id, parts[-2].start)
    assert lease_of(stage, lease.id)["parts"] == PARTS - 2
    assert extend(stage, lease, 5).start == parts[-2].start
    extend(stage, lease, 1)
    refuse(stage, lease.id, 1, "LeaseMarket_TooManyParts", lease.id, PARTS)
