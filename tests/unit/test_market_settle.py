"""Refunds: what a lease gets back, when, and to whom."""

from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from tests.support.rent import (
    FLAT,
    LEDGER,
    Opened,
    books,
    deliver,
    loss,
    open_lease,
    refund_ledger,
    report,
)
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Q, Stage, Terms
from tests.support.state import unchanged
from wellhead.chain import Receipt

UNITS = 100
TERMS = Terms(speed=0)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


def settle(stage: Stage, lease: Opened) -> Receipt:
    return stage.market.send("settle", lease.id, sender=stage.stranger)


def lost(available: int, hour: int, *leases: Opened) -> int:
    """Loss of an hour of these leases without a bond, millionths."""
    booked = Fraction(sum(lease.units * lease.seconds_at(hour) for lease in leases), HOUR)
    return min(Q, loss(available, booked, TERMS.sla, TERMS.penalty))


def due(lease: Opened, available: Mapping[int, int]) -> int:
    """Refund ledger of a lease that is alone over the hours in `available`, by the
    documentation."""
    return sum(lease.rate_at(hour) * lost(value, hour, lease) for hour, value in available.items())


@shows("SETTLE-1", "SETTLE-5")
def test_a_refund_becomes_the_owners_claim(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 3)
    available = {lease.start: 8_000, lease.start + 1: 9_900, lease.start + 2: 0}
    deliver(stage, cluster, available)
    ledger = due(lease, available)

    receipt = settle(stage, lease)

    assert receipt.event("Settled").arguments == {
        "leaseId": lease.id,
        "tenant": lease.tenant.address,
        "amount": ledger // LEDGER,
        "hour": stage.hour(),
    }
    assert receipt.event("Moved").arguments == {
        "coin": stage.cash.address,
        "from": stage.market.address,
        "to": lease.tenant.address,
        "amount": ledger // LEDGER,
    }
    assert stage.claim_of(lease.tenant) == ledger // LEDGER
    assert stage.claim_of(stage.market) == lease.cost - ledger // LEDGER
    assert refund_ledger(stage, lease) == ledger
    assert stage.market.call("leaseOf", lease.id)["refunded"] == ledger // LEDGER


@shows("ACC-8", "SETTLE-2")
def test_settling_again_changes_nothing(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: 5_000})
    settle(stage, lease)
    with unchanged(stage):
        assert settle(stage, lease).events == ()
    assert stage.market.call("settle", lease.id) == 0


@shows("SETTLE-3")
def test_a_lease_served_in_full_gets_nothing_back(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 2)
    deliver(stage, cluster, {lease.start: 10_000, lease.start + 1: 9_900})
    assert settle(stage, lease).all("Settled") == []
    assert refund_ledger(stage, lease) == stage.claim_of(lease.tenant) == 0


def test_settle_accrues_first_and_stops_where_accrual_stops(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 4)
    deliver(stage, cluster, {lease.start: 0, lease.start + 2: 0})
    receipt = settle(stage, lease)
    assert receipt.event("Accrued")["cursor"] == receipt.event("Settled")["hour"] == lease.start + 1
    assert receipt.event("Settled")["amount"] == lease.rate * Q // LEDGER
    deliver(stage, cluster, {lease.start + 1: 10_000})
    amount = settle(stage, lease).event("Settled")["amount"]
    assert amount == 2 * lease.rate * Q // LEDGER - lease.rate * Q // LEDGER


@shows("SETTLE-3")
def test_hours_that_are_not_final_refund_nothing(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 1)
    stage.to_hour(lease.end)
    report(stage, cluster, {lease.start: 0})
    assert settle(stage, lease).all("Settled") == []
    assert stage.claim_of(lease.tenant) == 0


@shows("SETTLE-1")
def test_a_fraction_of_a_unit_stays_owed(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT.but(sla=Q, penalty=0))
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 4)
    paid = []
    for hour in range(lease.start, lease.end):
        deliver(stage, cluster, {hour: 600})  # four tenths of one unit are due for each hour
        settle(stage, lease)
        paid.append(stage.claim_of(lease.tenant))
    assert paid == [0, 0, 1, 1]
    assert refund_ledger(stage, lease) == 4 * LEDGER * 4 // 10


@shows("LEASE-4")
@pytest.mark.parametrize("into", [1800, 3599])
@pytest.mark.parametrize("hours", [1, 2, 3])
@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_partial_first_hour_is_refunded_at_its_own_rate(
    stage: Stage, cluster: int, into: int, hours: int, broken: int
) -> None:
    start = stage.hour()
    lease = open_lease(stage, cluster, 10, start, hours, at=start * HOUR + into)
    covered = {hour: 10 * lease.seconds_at(hour) for hour in range(start, start + hours)}
    # All that was booked moment by moment, which reporters round up, or seven tenths of it.
    available = {hour: -(-seconds * 1000 // HOUR) for hour, seconds in covered.items()}
    if broken < hours:
        available[start + broken] = covered[start + broken] * 700 // HOUR
    deliver(stage, cluster, available)
    settle(stage, lease)
    ledger = due(lease, available)
    assert (ledger > 0) == (broken < hours)
    assert refund_ledger(stage, lease) == ledger
    assert stage.claim_of(lease.tenant) == ledger // LEDGER
    assert books(stage, cluster)["earned"] == lease.rent * Q - ledger


@shows("ACC-10")
def test_leases_that_meet_at_an_hour_are_told_apart(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT)
    start = stage.hour() + 1
    first = open_lease(stage, cluster, 5, start, 2)
    second = open_lease(stage, cluster, 5, start + 2, 3, stage.tenants[1])
    assert first.rate == second.rate
    available = {start + i: value for i, value in enumerate([5_000, 4_000, 3_500, 5_000, 3_000])}
    deliver(stage, cluster, available)
    for lease in (second, first):
        settle(stage, lease)
        own = {hour: available[hour] for hour in range(lease.start, lease.end)}
        assert refund_ledger(stage, lease) == due(lease, own)
        assert stage.claim_of(lease.tenant) == due(lease, own) // LEDGER


def leases_of_three_tenants(stage: Stage, cluster: int) -> list[Opened]:
    """Overlapping, meeting, one partial, one for the last second of an hour; the last hour is
    the eighth from now."""
    now = stage.hour()
    at = now * HOUR + 1801
    return [
        open_lease(stage, cluster, 10, now, 3, stage.tenants[0], at=at),
        open_lease(stage, cluster, 33, now, 1, stage.tenants[1]),
        open_lease(stage, cluster, 7, now + 3, 5, stage.tenants[1]),
        open_lease(stage, cluster, 7, now + 3, 2, stage.tenants[2]),
        open_lease(stage, cluster, 50, now + 6, 2, stage.tenants[2]),
        open_lease(stage, cluster, 1, now, 8, stage.tenants[0], at=now * HOUR + 3599),
    ]


AVAILABLE = [17_210, 10_999, 0, 14_321, 14_999, 7_777, 41_111, 58_000]


def outcome(stage: Stage, cluster: int, leases: list[Opened]) -> dict[str, object]:
    found = books(stage, cluster)
    return {
        "books": {key: found[key] for key in ("lost", "earned", "remainder")},
        "claims": [stage.claim_of(tenant) for tenant in stage.tenants],
        "ledgers": [refund_ledger(stage, lease) for lease in leases],
    }


def late(stage: Stage, cluster: int, leases: list[Opened]) -> None:
    start = leases[0].start
    deliver(stage, cluster, {start + i: value for i, value in enumerate(AVAILABLE)})
    for lease in leases:
        settle(stage, lease)


def often(stage: Stage, cluster: int, leases: list[Opened]) -> None:
    for hour, value in enumerate(AVAILABLE, leases[0].start):
        deliver(stage, cluster, {hour: value})
        for lease in reversed(leases):
            settle(stage, lease)
            stage.market.send("accrue", cluster, sender=stage.stranger)


def backwards(stage: Stage, cluster: int, leases: list[Opened]) -> None:
    start = leases[0].start
    hours = {start + i: value for i, value in enumerate(AVAILABLE)}
    stage.to_hour(start + len(hours))
    for hour in reversed(hours):
        report(stage, cluster, {hour: hours[hour]})
        settle(stage, leases[hour % len(leases)])
    stage.finalize()
    for lease in leases:
        settle(stage, lease)


@shows("ACC-7")
@pytest.mark.parametrize("way", [late, often, backwards])
def test_settling_late_often_or_out_of_order_gives_the_same(
    stage: Stage, way: Callable[[Stage, int, list[Opened]], None]
) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    stage.to_hour(stage.hour() + 1)
    leases = leases_of_three_tenants(stage, cluster)
    start = leases[0].start
    available = {start + i: value for i, value in enumerate(AVAILABLE)}
    losses = {hour: lost(value, hour, *leases) for hour, value in available.items()}
    assert losses[start] > 0
    ledgers = [sum(lease.rate_at(hour) * part for hour, part in losses.items()) for lease in leases]
    rent = sum(lease.rent for lease in leases) * Q

    way(stage, cluster, leases)

    assert outcome(stage, cluster, leases) == {
        "books": {
            "lost": sum(losses.values()),
            "earned": rent - sum(ledgers),
            "remainder": sum(lease.remainder for lease in leases),
        },
        "claims": [
            sum(
                ledger // LEDGER
                for lease, ledger in zip(leases, ledgers, strict=True)
                if lease.tenant is tenant
            )
            for tenant in stage.tenants
        ],
        "ledgers": ledgers,
    }


@shows("LEASE-17")
@pytest.mark.parametrize("lease_id", [0, 2, MAX])
@pytest.mark.parametrize("function", ["settle", "leaseOf", "refundLedgerOf", "tokenURI"])
def test_an_unknown_lease_is_refused(
    stage: Stage, cluster: int, function: str, lease_id: int
) -> None:
    open_lease(stage, cluster, 1, stage.hour(), 1)
    with expect_revert("LeaseMarket_UnknownLease", lease_id):
        stage.market.call(function, lease_id)


@shows("ACC-12")
def test_a_backlog_is_settled_in_several_calls(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS)
    steps = stage.market.call("MAX_STEPS")
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, steps + 5)
    stage.to_hour(lease.start)
    settle(stage, lease)  # the empty hour before
    available = dict.fromkeys(range(lease.start, lease.end), 9000)
    deliver(stage, cluster, available)
    hour = lease.rate * lost(9_000, lease.start, lease)
    amounts = [settle(stage, lease).event("Settled")["amount"] for _ in range(2)]
    assert amounts[0] == steps * hour // LEDGER
    assert sum(amounts) == (steps + 5) * hour // LEDGER
    assert settle(stage, lease).all("Settled") == []


@shows("PAUSE-2")
def test_settle_and_withdrawal_stay_open_while_paused(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: 0})
    stage.registry.send("pause", sender=stage.guardian)
    amount = settle(stage, lease).event("Settled")["amount"]
    assert amount == lease.rate * Q // LEDGER > 0
    before = stage.cash.call("balanceOf", lease.tenant.address)
    stage.vault.send(
        "withdraw", stage.cash.address, lease.tenant.address, amount, sender=lease.tenant
    )
    assert stage.cash.call("balanceOf", lease.tenant.address) == before + amount
