"""Catching up: however long nobody accrued, nothing is lost, and one call goes so far."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from tests.support.bonds import (
    Flows,
    accrue,
    assert_balanced,
    bonded,
    declare,
    settle,
    snapshot,
    withdraw,
)
from tests.support.rent import (
    FLAT,
    LEDGER,
    WAD,
    Opened,
    base_after,
    books,
    deliver,
    loss,
    open_lease,
    refund_ledger,
)
from tests.support.sales import seen
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, Q, Stage, Terms
from tests.support.state import refused
from tests.support.year import TERMS, UNITS, Year

YEAR = 8_760
STEPS = 240
#: Hours of a backlog that two calls do not reach the end of.
LONG = 2 * STEPS + 20


@shows("ACC-6")
def test_a_year_without_bookings_is_one_step(stage: Stage) -> None:
    terms = Terms(speed=100)
    cluster = stage.cluster(UNITS, terms)
    genesis = stage.hour()
    stage.to_hour(genesis + YEAR)
    receipt = accrue(stage, cluster)
    assert receipt.event("Accrued").arguments == {
        "clusterId": cluster,
        "cursor": genesis + YEAR,
        "lost": 0,
        "earned": 0,
        "compensated": 0,
    }
    growth = Fraction(terms.speed, Q) * -YEAR * Fraction(terms.target, Q)
    low, high = base_after(terms, terms.base_start * WAD, growth)
    assert low <= stage.market.call("baseOf", cluster) <= high
    stage.mint(cluster, 5)
    lease = open_lease(stage, cluster, 10, stage.hour(), 2)
    deliver(stage, cluster, {lease.start: 0, lease.start + 1: 10_000})
    assert settle(stage, lease.id) == lease.first_rate * Q // LEDGER


@shows("ACC-7", "APART-3")
@pytest.mark.parametrize("asked", [0, TERMS.bond])
def test_a_year_comes_to_the_same_by_the_hour_and_all_at_once(stage: Stage, asked: int) -> None:
    """Hundreds of bookings and changes, losses out of rent and bond, and a default. Where a bond is
    asked for, each booking accrues what can be until then."""
    stage.to_hour(stage.hour() + 1)
    cluster = stage.cluster(UNITS, TERMS.but(bond=asked))
    begin = stage.hour() + 3
    outcomes = []
    for keeps_up in (True, False):
        with stage.scratch():
            year = Year(stage, cluster, keeps_up, begin)
            year.run()
            calls = 0
            while accrue(stage, cluster).events:
                calls += 1
            late = 2 if asked else 7
            assert calls == (0 if keeps_up else late)
            outcomes.append(outcome(stage, cluster, year))
    first, second = outcomes
    assert first == second
    found = first["books"]
    assert (found["cursor"], found["era"]) == (begin + 12 * 730 + 30, 1)
    assert 0 < found["bond"] < 1_000 * TERMS.bond * LEDGER
    parts = [part for lease in first["parts"] for part in lease]
    assert len({part[name] for part in parts for name in ("start", "end")}) > 200


def outcome(stage: Stage, cluster: int, year: Year) -> dict[str, Any]:
    """Everything, when every lease is settled and all that was earned is distributed."""
    settling = stage.market.functions["settle"]
    calls = [bytes.fromhex(settling.encode([lease_id])[2:]) for lease_id in year.leases]
    for first in range(0, len(calls), 60):
        stage.market.send("multicall", calls[first : first + 60], sender=stage.stranger)
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    flows = Flows()
    for name in ("LeaseOpened", "LeaseExtended", "BondPosted", "LeaseCancelled"):
        for event in stage.market.events(name):
            flows.add(event)
    for event in stage.router.events("Distributed"):
        flows.add(event)
    assert_balanced(stage, cluster, flows, year.leases)
    return snapshot(stage, cluster, year.leases)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """Rent of one stablecoin unit per unit-hour."""
    return stage.cluster(100, FLAT)


def backlog(stage: Stage, cluster: int, hours: int = LONG) -> tuple[Opened, dict[int, int]]:
    """A lease of ten units over so many hours, reported and final, and nobody accrued any."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, hours)
    stage.to_hour(lease.start)
    accrue(stage, cluster)  # the hours before
    available = {hour: 5_000 + hour * 7 % 6_000 for hour in range(lease.start, lease.end)}
    deliver(stage, cluster, available)
    return lease, available


def due(lease: Opened, available: Mapping[int, int], first: int, last: int) -> int:
    """Refund ledger of the hours [first, last) of a lease."""
    hours = range(lease.start + first, lease.start + last)
    return sum(lease.rate * min(Q, loss(available[h], 10, FLAT.sla, FLAT.penalty)) for h in hours)


def test_a_transfer_settles_what_one_call_reaches_and_the_rest_goes_along(
    stage: Stage, cluster: int
) -> None:
    lease, available = backlog(stage, cluster)
    seller, buyer = lease.tenant, stage.tenants[1]
    receipt = stage.market.send(
        "transferFrom", seller.address, buyer.address, lease.id, sender=seller
    )
    first = due(lease, available, 0, STEPS)
    event = receipt.event("Settled")
    assert (event["tenant"], event["hour"]) == (seller.address, lease.start + STEPS)
    assert event["amount"] == stage.claim_of(seller) == first // LEDGER
    amounts = [settle(stage, lease.id) for _ in range(3)]
    whole = due(lease, available, 0, LONG)
    assert refund_ledger(stage, lease) == whole
    assert sum(amounts) == stage.claim_of(buyer) == whole // LEDGER - first // LEDGER
    assert amounts[2] == 0 < amounts[1]
    assert stage.claim_of(seller) == first // LEDGER
    assert books(stage, cluster)["earned"] == lease.rent * Q - whole


def test_a_sale_settles_what_one_call_reaches(stage: Stage, cluster: int) -> None:
    """And the buyer's bound on it counts the hours that the sale itself accrues."""
    lease, available = backlog(stage, cluster)
    seller, buyer, exchange = lease.tenant, stage.tenants[1], stage.deployment.exchange
    stage.market.send("approve", exchange.address, lease.id, sender=seller)
    now = stage.now()
    exchange.send("list", lease.id, 100, 100, now, now + 10 * HOUR, sender=seller)
    reached = lease.start + STEPS
    bounds = seen(stage.market, lease.id).but(accrued_to=reached - 1)
    with refused(stage, "LeaseExchange_AccruedFurther", lease.id, reached, reached - 1):
        exchange.send("buy", lease.id, bounds.encoded(), sender=buyer)
    exchange.send("buy", lease.id, bounds.but(accrued_to=reached).encoded(), sender=buyer)
    first = due(lease, available, 0, STEPS) // LEDGER
    assert stage.claim_of(seller) == first + 100
    rest = sum(settle(stage, lease.id) for _ in range(2))
    assert rest == stage.claim_of(buyer) == due(lease, available, 0, LONG) // LEDGER - first


def test_a_retirement_pays_the_burnt_units_what_one_call_reaches(
    stage: Stage, cluster: int
) -> None:
    """What is accrued later is shared by those that remain: an operator accrues first."""
    lease, available = backlog(stage, cluster)
    token, operator, holder = stage.token(cluster), stage.operator, stage.holders[0]
    token.send("transfer", holder.address, token.call("totalSupply") // 4, sender=operator)
    receipt = stage.registry.send("retire", cluster, 75, sender=operator)
    assert receipt.event("Accrued")["cursor"] == lease.start + STEPS
    first = STEPS * lease.rate * Q - due(lease, available, 0, STEPS)
    assert receipt.event("Distributed")["earned"] == first // LEDGER
    assert token.call("balanceOf", operator.address) == 0
    # An hour's average is earned before the units go; what vests later is for those that remain.
    cash = first // LEDGER * 450_000 // Q // STEPS
    burnt, kept = (token.call("claimable", who.address)[0] for who in (operator, holder))
    # A step of the index that is not full is carried: it may cost the last unit.
    assert burnt in (cash * 3 // 4 - 1, cash * 3 // 4)
    assert kept in (cash // 4 - 1, cash // 4)
    accrue(stage, cluster)
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    assert stage.router.call("totalOf", cluster) == (
        (lease.rent * Q - due(lease, available, 0, LONG)) // LEDGER
    )
    stage.skip(24 * HOUR)
    assert token.call("claimable", operator.address)[0] == burnt
    total = stage.router.call("totalOf", cluster) * 450_000 // Q
    assert token.call("claimable", holder.address)[0] in (total - burnt - 1, total - burnt)


def test_no_units_are_minted_before_the_books_are_current(stage: Stage, cluster: int) -> None:
    lease, _ = backlog(stage, cluster)
    stage.fund(stage.operator)  # what vests of the hours that a mint accrues, new units bring too
    # A block comes a second after the last; so long ago an hour would be final.
    current = (stage.now() + 1 - FINALITY) // HOUR - 1
    asked = ("CapacityRegistry_RecordNotCurrent", cluster)
    with refused(stage, *asked, lease.start + STEPS, current):
        stage.mint(cluster, 5)
    accrue(stage, cluster)
    current = (stage.now() + 1 - FINALITY) // HOUR - 1
    assert lease.start + 2 * STEPS < current
    with stage.scratch():
        accrue(stage, cluster)
        accrue(stage, cluster)
        stage.mint(cluster, 5)
    # One call of its own is enough for the rest, but for the hours since.
    with refused(stage, *asked, lease.start + 2 * STEPS, current):
        stage.mint(cluster, 5)


@shows("BOND-2")
def test_a_backlog_keeps_its_bond(stage: Stage) -> None:
    cluster = bonded(stage, FLAT.but(bond=50), 100, 10_000)
    lease, available = backlog(stage, cluster)
    assert due(lease, available, 0, LONG) < LONG * lease.rate * Q
    for reached in (1, 2):
        with refused(stage, "LeaseMarket_BondInUse", cluster, 10_000, 500):
            withdraw(stage, cluster, 9_501)
        withdraw(stage, cluster, 0)
        assert books(stage, cluster)["cursor"] == lease.start + reached * STEPS
    withdraw(stage, cluster, 10_000)
    assert books(stage, cluster)["cursor"] == stage.hour()


@shows("DEF-4")
def test_a_default_behind_a_backlog_needs_it_accrued(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 2 * STEPS + 200)
    stage.to_hour(lease.start)
    accrue(stage, cluster)
    deliver(stage, cluster, dict(enumerate([10_000] * 2 * STEPS + [0] * 72, lease.start)))
    for steps in (STEPS, 2 * STEPS):
        with refused(stage, "LeaseMarket_NotAccrued", cluster, lease.start + steps):
            declare(stage, cluster)
        accrue(stage, cluster)
    declare(stage, cluster)
    hour = stage.hour()
    assert settle(stage, lease.id) == 10 * (72 + lease.end - hour)


@shows("DEF-7")
def test_old_voids_are_paid_while_the_books_are_far_behind(stage: Stage, cluster: int) -> None:
    """A default, and then nobody accounts for the hours before it until they are many."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 800)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.start + 72), 0))
    accrue(stage, cluster)
    stage.skip(300 * HOUR)  # the cluster works again, but nobody reported that
    declare(stage, cluster)
    hour = stage.hour()
    between = range(lease.start + 72, hour)
    assert len(between) > STEPS
    new = open_lease(stage, cluster, 20, hour, 300, stage.tenants[1])
    assert settle(stage, lease.id) == 10 * (72 + lease.end - hour)
    deliver(stage, cluster, dict.fromkeys(between, 9_000))
    deliver(stage, cluster, dict.fromkeys(range(new.start, new.end), 18_000))
    calls = 0
    while accrue(stage, cluster).events:
        calls += 1
    assert calls == 3
    lost = loss(9_000, 10, FLAT.sla, FLAT.penalty)
    first = loss(18_000, Fraction(20 * new.first_seconds, HOUR), FLAT.sla, FLAT.penalty)
    assert new.first_seconds < HOUR
    old = lease.rate * Q * (72 + lease.end - hour) + lease.rate * lost * len(between)
    assert refund_ledger(stage, lease) == old
    late = new.first_rate * first + (new.rent - new.first_rate) * lost
    assert refund_ledger(stage, new) == late
    assert books(stage, cluster)["earned"] == (
        lease.rate * (Q - lost) * len(between) + new.rent * Q - late
    )
    flows = Flows(paid=lease.cost + new.cost)
    assert_balanced(stage, cluster, flows, [lease.id, new.id])
    assert books(stage, cluster)["cursor"] == stage.hour()
