"""Suspending the use of a lease: after notice, on record, and without a cent for anybody."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.lifecycle import ZERO, booked, cancel, refund_of
from tests.support.raw import attempt
from tests.support.rent import Opened, books, deliver, open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage, Terms
from tests.support.state import refused
from wellhead.chain import UnlockedAccount

TERMS = Terms(speed=0, discount=0)
NOTICE = 24 * HOUR
MISUSE = bytes(range(32))


@pytest.fixture
def lease(stage: Stage) -> Opened:
    return open_lease(stage, stage.cluster(100, TERMS), 10, stage.hour() + 2, 100)


def clock(stage: Stage) -> int:
    return int(stage.registry.call("clock"))


def act(stage: Stage, lease: Opened, step: str, by: UnlockedAccount | None = None) -> Any:
    evidence = (MISUSE,) if step == "noticeSuspension" else ()
    return stage.market.send(step, lease.id, *evidence, sender=by or stage.operator)


def refuse(
    stage: Stage, lease_id: int, step: str, error: str, *arguments: Any, by: UnlockedAccount
) -> None:
    evidence = (MISUSE,) if step == "noticeSuspension" else ()
    with refused(stage, error, *arguments):
        attempt(stage.market, step, lease_id, *evidence, sender=by)


def state(stage: Stage, lease: Opened) -> tuple[int, bool]:
    found: tuple[int, bool] = stage.market.call("suspensionOf", lease.id)
    return found


def test_a_lease_is_suspended_after_notice_and_on_record(stage: Stage, lease: Opened) -> None:
    assert stage.market.call("NOTICE") == NOTICE
    assert state(stage, lease) == (0, False)
    user = stage.stranger.address
    stage.market.send("setUser", lease.id, user, lease.end * HOUR, sender=lease.tenant)

    receipt = act(stage, lease, "noticeSuspension")
    due = clock(stage) + NOTICE
    assert receipt.event("SuspensionNoticed").arguments == {
        "leaseId": lease.id,
        "evidence": MISUSE,
        "from": due,
    }
    assert state(stage, lease) == (due, False)
    assert stage.market.call("userOf", lease.id) == user

    stage.skip(NOTICE)
    assert act(stage, lease, "suspend").event("Suspended").arguments == {"leaseId": lease.id}
    assert state(stage, lease) == (due, True)
    assert stage.market.call("userOf", lease.id) == ZERO
    assert stage.market.call("userExpires", lease.id) == lease.end * HOUR

    receipt = act(stage, lease, "liftSuspension")
    assert receipt.event("SuspensionLifted").arguments == {"leaseId": lease.id}
    assert state(stage, lease) == (0, False)
    assert stage.market.call("userOf", lease.id) == user


@shows("USE-5")
@pytest.mark.parametrize("early", [0, 1, NOTICE - 1])
def test_the_notice_takes_its_time(stage: Stage, lease: Opened, early: int) -> None:
    noticed = stage.now() + 1
    stage.anvil.next_block_at(noticed)
    act(stage, lease, "noticeSuspension")
    due = state(stage, lease)[0]
    at = noticed + NOTICE - early
    stage.to_time(at if early == NOTICE - 1 else at - 1)
    stage.anvil.next_block_at(at)
    if early:
        refuse(
            stage,
            lease.id,
            "suspend",
            "LeaseMarket_NotDue",
            lease.id,
            due,
            due - early,
            by=stage.operator,
        )
    else:
        act(stage, lease, "suspend")
        assert state(stage, lease) == (due, True)


@shows("USE-6")
@pytest.mark.parametrize("paused", [1, HOUR, 100 * HOUR])
@pytest.mark.parametrize("before", [0, 1000, NOTICE - 2])
def test_a_pause_does_not_count_towards_the_notice(
    stage: Stage, lease: Opened, paused: int, before: int
) -> None:
    act(stage, lease, "noticeSuspension")
    due = state(stage, lease)[0]
    begun = stage.now()
    stage.anvil.next_block_at(begun + before + 1)
    stage.registry.send("pause", sender=stage.guardian)
    stage.anvil.next_block_at(stage.now() + paused)
    stage.registry.send("unpause", sender=stage.guardian)
    assert clock(stage) == due - NOTICE + before + 1
    at = begun + NOTICE + paused
    if stage.now() < at - 1:
        stage.to_time(at - 1)
        error = ("LeaseMarket_NotDue", lease.id, due, due - 1)
        stage.anvil.next_block_at(at - 1)
        refuse(stage, lease.id, "suspend", *error, by=stage.operator)
    stage.anvil.next_block_at(at)
    act(stage, lease, "suspend")


@shows("USE-6")
def test_no_notice_runs_out_in_a_pause(stage: Stage, lease: Opened) -> None:
    act(stage, lease, "noticeSuspension")
    due = state(stage, lease)[0]
    stage.registry.send("pause", sender=stage.guardian)
    stood = clock(stage)
    stage.skip(100 * NOTICE)
    error = ("LeaseMarket_NotDue", lease.id, due, stood)
    refuse(stage, lease.id, "suspend", *error, by=stage.operator)
    act(stage, lease, "liftSuspension")
    act(stage, lease, "noticeSuspension")
    assert state(stage, lease) == (stood + NOTICE, False)


@shows("USE-5")
def test_a_second_notice_starts_the_time_anew(stage: Stage, lease: Opened) -> None:
    act(stage, lease, "noticeSuspension")
    stage.skip(NOTICE - 10)
    act(stage, lease, "noticeSuspension")
    due = clock(stage) + NOTICE
    assert state(stage, lease) == (due, False)
    stage.skip(NOTICE // 2)
    error = ("LeaseMarket_NotDue", lease.id, due, due - NOTICE + NOTICE // 2 + 1)
    refuse(stage, lease.id, "suspend", *error, by=stage.operator)


@shows("USE-5")
def test_nothing_is_suspended_or_lifted_without_a_notice(stage: Stage, lease: Opened) -> None:
    for step in ("suspend", "liftSuspension"):
        stage.anvil.next_block_at(stage.now() + 1)
        error = ("LeaseMarket_NotDue", lease.id, 0, clock(stage) + 1)
        refuse(stage, lease.id, step, *error, by=stage.operator)
    act(stage, lease, "noticeSuspension")
    act(stage, lease, "liftSuspension")
    stage.skip(NOTICE)
    with refused(stage, "LeaseMarket_NotDue"):
        attempt(stage.market, "suspend", lease.id, sender=stage.operator)


@shows("USE-5")
def test_a_suspended_lease_is_not_suspended_again(stage: Stage, lease: Opened) -> None:
    act(stage, lease, "noticeSuspension")
    stage.skip(NOTICE)
    act(stage, lease, "suspend")
    for step in ("suspend", "noticeSuspension"):
        refuse(stage, lease.id, step, "LeaseMarket_Suspended", lease.id, by=stage.operator)
    act(stage, lease, "liftSuspension")
    act(stage, lease, "noticeSuspension")
    refuse(
        stage,
        lease.id,
        "suspend",
        "LeaseMarket_NotDue",
        by=stage.operator,
    )


@shows("USE-8")
@pytest.mark.parametrize("step", ["noticeSuspension", "suspend", "liftSuspension"])
def test_only_the_clusters_operator_suspends(stage: Stage, lease: Opened, step: str) -> None:
    act(stage, lease, "noticeSuspension")
    stage.skip(NOTICE)
    for caller in (lease.tenant, stage.stranger, stage.governor, stage.guardian):
        error = ("CapacityRegistry_NotOperator", lease.cluster, caller.address)
        refuse(stage, lease.id, step, *error, by=caller)


@pytest.mark.parametrize("step", ["noticeSuspension", "suspend", "liftSuspension"])
@pytest.mark.parametrize("lease_id", [0, 2, MAX])
def test_an_unknown_lease_is_not_suspended(
    stage: Stage, lease: Opened, step: str, lease_id: int
) -> None:
    refuse(stage, lease_id, step, "LeaseMarket_UnknownLease", lease_id, by=stage.operator)
    with expect_revert("LeaseMarket_UnknownLease", lease_id):
        stage.market.call("suspensionOf", lease_id)


def suspended(stage: Stage, lease: Opened) -> None:
    act(stage, lease, "noticeSuspension")
    stage.skip(NOTICE)
    act(stage, lease, "suspend")


def unsuspended(stage: Stage, lease: Opened) -> None:
    stage.skip(NOTICE + 3)


def noticed(stage: Stage, lease: Opened) -> None:
    act(stage, lease, "noticeSuspension")
    stage.skip(NOTICE + 2)


@shows("USE-7")
@pytest.mark.parametrize("before", [suspended, noticed])
def test_nobody_gains_or_loses_by_a_suspension(
    stage: Stage, lease: Opened, before: Callable[[Stage, Opened], None]
) -> None:
    """The same books, refunds, earnings and payouts, to the ledger unit."""
    other = open_lease(stage, lease.cluster, 20, lease.start + 10, 50, stage.tenants[1])

    def outcome(first: Callable[[Stage, Opened], None]) -> list[Any]:
        with stage.scratch():
            first(stage, lease)
            hours = range(lease.start, lease.start + 60)
            deliver(stage, lease.cluster, {hour: 4_300 * (hour % 7) for hour in hours})
            for lease_id in (lease.id, other.id):
                stage.market.send("settle", lease_id, sender=stage.stranger)
            refund = refund_of(cancel(stage, lease.id, stage.hour() + 1))
            stage.router.send("accrueAndDistribute", lease.cluster, sender=stage.stranger)
            stage.router.send("release", lease.cluster, sender=stage.stranger)
            people = (lease.tenant, other.tenant, stage.operator, stage.market, stage.router)
            return [
                refund,
                books(stage, lease.cluster),
                [stage.market.call("refundLedgerOf", i) for i in (lease.id, other.id)],
                [stage.market.call("leaseOf", i) for i in (lease.id, other.id)],
                [stage.claim_of(account) for account in people],
                booked(stage, lease.cluster, lease.start, lease.end),
            ]

    assert outcome(before) == outcome(unsuspended)


@shows("USE-7")
def test_a_suspension_goes_with_the_lease(stage: Stage, lease: Opened) -> None:
    suspended(stage, lease)
    buyer = stage.tenants[1]
    stage.market.send(
        "transferFrom", lease.tenant.address, buyer.address, lease.id, sender=lease.tenant
    )
    assert state(stage, lease)[1]
    refund = refund_of(cancel(stage, lease.id, stage.hour() + 1, by=buyer))
    assert stage.claim_of(buyer) == refund > 0


def test_a_user_is_named_for_the_time_after_a_suspension(stage: Stage, lease: Opened) -> None:
    suspended(stage, lease)
    user = stage.stranger.address
    stage.market.send("setUser", lease.id, user, lease.end * HOUR, sender=lease.tenant)
    assert stage.market.call("userOf", lease.id) == ZERO
    act(stage, lease, "liftSuspension")
    assert stage.market.call("userOf", lease.id) == user


@shows("LEASE-20")
def test_other_leases_are_used_on(stage: Stage, lease: Opened) -> None:
    other = open_lease(stage, lease.cluster, 5, lease.start, 50)
    user = stage.stranger.address
    stage.market.send("setUser", other.id, user, other.end * HOUR, sender=other.tenant)
    suspended(stage, lease)
    assert stage.market.call("userOf", other.id) == user
    assert state(stage, other) == (0, False)
