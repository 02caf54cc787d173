"""Collecting what was earned: only for the router, in whole units, with nothing lost between."""

import pytest

from tests.support.raw import attempt, impersonate
from tests.support.rent import FLAT, LEDGER, books, deliver, loss, open_lease, set_remainder
from tests.support.shows import shows
from tests.support.stage import Q, Stage, Terms
from tests.support.state import refused, unchanged

UNITS = 100


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, Terms(speed=0))


@shows("ROUT-5")
@pytest.mark.parametrize("caller", ["governor", "operator", "guardian", "stranger"])
def test_nobody_but_the_router_collects(stage: Stage, cluster: int, caller: str) -> None:
    account = getattr(stage, caller)
    with refused(stage, "LeaseMarket_NotRouter", account.address):
        attempt(stage.market, "collect", cluster, sender=account)


@shows("ROUT-5")
def test_whole_units_go_to_the_router(stage: Stage, cluster: int) -> None:
    leases = [open_lease(stage, cluster, units, stage.hour() + 1, 3) for units in (7, 11)]
    start = leases[0].start
    deliver(stage, cluster, {start: 17_000, start + 1: 18_000, start + 2: 16_001})
    lost = sum(loss(a, 18, 990_000, Q) for a in (17_000, 18_000, 16_001))
    ledger = sum(lease.rate for lease in leases) * (3 * Q - lost)
    remainder = sum(lease.remainder for lease in leases)

    receipt = stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)

    handed = receipt.event("Distributed")
    assert (handed["earned"], handed["remainder"]) == (ledger // LEDGER, remainder // LEDGER)
    assert receipt.event("Accrued")["earned"] == ledger
    found = books(stage, cluster)
    assert found["earned"] == ledger % LEDGER
    assert found["remainder"] == remainder % LEDGER
    moved = next(e for e in receipt.all("Moved") if e["from"] == stage.market.address)
    assert moved.arguments == {
        "coin": stage.cash.address,
        "from": stage.market.address,
        "to": stage.router.address,
        "amount": ledger // LEDGER + remainder // LEDGER,
    }


@shows("ROUT-5")
def test_collecting_does_not_accrue(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 7, stage.hour() + 1, 3)
    set_remainder(stage, cluster, 0)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), 7_000))
    with unchanged(stage):
        assert stage.router.send("distribute", cluster, sender=stage.stranger).events == ()
    stage.market.send("accrue", cluster, sender=stage.stranger)
    receipt = stage.router.send("distribute", cluster, sender=stage.stranger)
    assert receipt.all("Accrued") == []
    assert receipt.event("Distributed")["earned"] == lease.rent * Q // LEDGER


@shows("ROUT-8")
def test_the_hours_that_earned_something_are_counted(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 6)
    router = impersonate(stage, stage.router.address)

    def collect() -> int:
        hours: int = stage.market.call("collect", cluster, sender=router.address)[2]
        stage.market.send("collect", cluster, sender=router)
        return hours

    def accrue(working: list[int]) -> None:
        first = books(stage, cluster)["cursor"] or lease.start
        first = max(first, lease.start)
        deliver(stage, cluster, {first + i: value for i, value in enumerate(working)})
        stage.market.send("accrue", cluster, sender=stage.stranger)

    # Nothing is earned in the second, nor in the hours before the lease.
    accrue([10_000, 0, 5_000])
    assert collect() == 2
    assert collect() == 0
    accrue([5_200])
    accrue([10_000])
    assert collect() == 2
    accrue([0])
    set_remainder(stage, cluster, LEDGER)
    assert collect() == 0


def test_hours_that_earned_less_than_a_unit_count_when_it_is_collected(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT.but(sla=Q, penalty=0))
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 4)
    router = impersonate(stage, stage.router.address)
    collected = []
    for hour in range(lease.start, lease.end):
        deliver(stage, cluster, {hour: 400})  # four tenths of one unit
        stage.market.send("accrue", cluster, sender=stage.stranger)
        collected.append(stage.market.call("collect", cluster, sender=router.address))
        stage.market.send("collect", cluster, sender=router)
    assert collected == [(0, 0, 0, 0), (0, 0, 0, 0), (1, 0, 3, 0), (0, 0, 0, 0)]


def test_nothing_to_collect_changes_nothing(stage: Stage, cluster: int) -> None:
    stage.market.send("accrue", cluster, sender=stage.stranger)
    router = impersonate(stage, stage.router.address)
    assert stage.market.call("collect", cluster, sender=router.address) == (0, 0, 0, 0)
    with unchanged(stage):
        receipt = stage.market.send("collect", cluster, sender=router)
    assert receipt.events == ()


@shows("ROUT-5")
def test_less_than_a_unit_waits(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT.but(sla=Q, penalty=0))
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 4)
    collected = []
    for hour in range(lease.start, lease.end):
        deliver(stage, cluster, {hour: 600})  # six tenths of one unit
        receipt = stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
        collected.append(sum(event["earned"] for event in receipt.all("Distributed")))
    assert collected == [0, 1, 0, 1]
    assert books(stage, cluster)["earned"] == 24 * LEDGER // 10 - 2 * LEDGER


@shows("ROUT-4")
def test_whole_units_of_remainders_go_to_the_router_apart(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 7, stage.hour() + 1, 3)
    set_remainder(stage, cluster, 5 * LEDGER + 3 * Q)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), 7_000))
    earned = lease.rent * Q // LEDGER
    receipt = stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    handed = receipt.event("Distributed")
    assert (handed["earned"], handed["remainder"]) == (earned, 5)
    assert books(stage, cluster)["remainder"] == 3 * Q
    assert stage.claim_of(stage.market) == lease.cost - earned


@shows("ACC-15")
def test_all_that_was_paid_is_collected_refunded_or_in_the_books(
    stage: Stage, cluster: int
) -> None:
    start = stage.hour() + 1
    leases = [
        open_lease(stage, cluster, units, start + offset, hours, stage.tenants[offset % 3])
        for units, offset, hours in [(7, 0, 5), (11, 1, 2), (13, 3, 6), (1, 4, 1)]
    ]
    availability = {start + i: value for i, value in enumerate([6_950, 17_500, 0, 20_000, 12_345])}
    deliver(stage, cluster, availability)
    for lease in leases:
        stage.market.send("settle", lease.id, sender=stage.stranger)
    receipt = stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    collected = receipt.event("Distributed")
    found = books(stage, cluster)
    cursor = found["cursor"]
    assert cursor == start + 5
    escrow = sum(lease.rate_at(hour) * Q for lease in leases for hour in range(cursor, lease.end))
    ledgers = [stage.market.call("refundLedgerOf", lease.id) for lease in leases]
    refunded = sum(stage.market.call("leaseOf", lease.id)["refunded"] for lease in leases)
    paid = sum(lease.cost for lease in leases)
    assert paid * LEDGER == (
        (collected["earned"] + collected["remainder"]) * LEDGER
        + found["earned"]
        + found["remainder"]
        + sum(ledgers)
        + escrow
    )
    assert sum(stage.claim_of(tenant) for tenant in stage.tenants) == refunded
    assert refunded == sum(ledger // LEDGER for ledger in ledgers)
    assert stage.claim_of(stage.market) == (
        paid - refunded - collected["earned"] - collected["remainder"]
    )
