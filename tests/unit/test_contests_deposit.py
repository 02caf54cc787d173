"""The deposit: how it is paid, who gets it, and what a blocked tenant can do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.contests import DEPOSIT, Case, report, reported
from tests.support.payment import NONCE, authorization, encoded, permit
from tests.support.rent import FLAT, open_lease
from tests.support.shows import shows
from tests.support.stage import MAX, Stage
from tests.support.state import refused, unchanged


@pytest.fixture
def case(stage: Stage) -> Case:
    return reported(stage)


@pytest.fixture
def poor(case: Case) -> Case:
    """The tenant has a deposit and a half, and the vault no allowance."""
    stage, tenant = case.stage, case.tenant
    coins, _ = case.wallet()
    away = coins - DEPOSIT * 3 // 2
    stage.cash.send("transfer", stage.relay.address, away, sender=tenant)
    stage.cash.send("approve", stage.vault.address, 0, sender=tenant)
    return case


def put_in(case: Case, amount: int) -> None:
    """Give the tenant a claim, by somebody else."""
    payer = case.stage.tenants[3]
    coin = case.stage.cash.address
    case.stage.vault.send("deposit", coin, case.tenant.address, amount, sender=payer)


def batch(case: Case, *calls: tuple[Any, ...]) -> None:
    desk = case.stage.contests
    data = [encoded(desk, *call) for call in calls]
    desk.send("multicall", data, sender=case.tenant)


def held(case: Case) -> tuple[bool, int]:
    """Whether the hour is contested, and the contests' claim."""
    return case.record["isContested"], case.stage.claim_of(case.stage.contests)


@pytest.mark.parametrize("claim", [0, 1, DEPOSIT - 1, DEPOSIT, DEPOSIT + 7])
def test_the_claim_pays_first_and_the_allowance_the_rest(case: Case, claim: int) -> None:
    put_in(case, claim)
    coins, before = case.wallet()
    assert before == claim
    case.contest()
    by_claim = min(claim, DEPOSIT)
    assert case.wallet() == (coins - (DEPOSIT - by_claim), claim - by_claim)
    assert held(case) == (True, DEPOSIT)


def test_who_can_not_pay_contests_nothing(poor: Case) -> None:
    stage, vault = poor.stage, poor.stage.vault.address
    with refused(stage, "ERC20InsufficientAllowance", vault, 0, DEPOSIT):
        poor.contest()
    stage.cash.send("approve", vault, DEPOSIT - 1, sender=poor.tenant)
    with refused(stage, "ERC20InsufficientAllowance", vault, DEPOSIT - 1, DEPOSIT):
        poor.contest()
    stage.cash.send("approve", vault, MAX, sender=poor.tenant)
    coins, _ = poor.wallet()
    away = coins - DEPOSIT + 1
    stage.cash.send("transfer", stage.relay.address, away, sender=poor.tenant)
    with refused(stage, "ERC20InsufficientBalance", poor.tenant.address, DEPOSIT - 1, DEPOSIT):
        poor.contest()
    put_in(poor, 1)
    poor.contest()
    assert poor.wallet() == (0, 0)


def test_a_permit_and_a_contest_in_one(poor: Case) -> None:
    signed = permit(poor.stage, DEPOSIT, poor.tenant)
    batch(poor, ("permitCash", *signed), ("contest", poor.lease.id, poor.hour))
    assert poor.wallet() == (DEPOSIT // 2, 0)
    assert held(poor) == (True, DEPOSIT)


def test_an_authorization_and_a_contest_in_one(poor: Case) -> None:
    signed = authorization(poor.stage, DEPOSIT + 5, poor.tenant)
    batch(poor, ("authorizeCash", *signed), ("contest", poor.lease.id, poor.hour))
    assert poor.wallet() == (DEPOSIT // 2 - 5, 5)
    assert held(poor) == (True, DEPOSIT)


@shows("PAY-4")
def test_what_is_authorized_for_a_contest_that_fails_is_not_spent(poor: Case) -> None:
    signed = authorization(poor.stage, DEPOSIT, poor.tenant)
    stopped = (poor.lease.id, poor.hour + 9, poor.lease.start, poor.lease.end)
    with refused(poor.stage, "Contests_HourNotLeased", *stopped):
        batch(poor, ("authorizeCash", *signed), ("contest", poor.lease.id, poor.hour + 9))
    used = poor.stage.cash.call("authorizationState", poor.tenant.address, NONCE)
    assert used is False


def test_several_hours_in_one(case: Case) -> None:
    stage, lease = case.stage, case.lease
    stage.to_hour(lease.end)
    for hour in range(lease.start + 1, lease.end):
        report(stage, lease, hour, 10_000)
    batch(case, *(("contest", lease.id, hour) for hour in range(lease.start, lease.end)))
    assert held(case) == (True, 4 * DEPOSIT)


@shows("PAY-5")
def test_a_contest_takes_no_ether(case: Case) -> None:
    stage = case.stage
    data = stage.contests.functions["contest"].encode((case.lease.id, case.hour))
    body = {"to": stage.contests.address, "data": data, "gas": hex(10**6), "value": "0x1"}
    with unchanged(stage):
        assert case.tenant.transact(stage.anvil.rpc, body)["status"] == "0x0"


@shows("CON-13")
def test_a_blocked_tenant_contests_out_of_its_claim(case: Case) -> None:
    stage, tenant = case.stage, case.tenant
    put_in(case, DEPOSIT - 1)
    stage.cash.send("setBlocked", tenant.address, True, sender=stage.stranger)
    with refused(stage, "TestCoin_Blocked", tenant.address):
        case.contest()
    put_in(case, 1)
    case.contest()
    assert held(case) == (True, DEPOSIT)
    case.recount(0)
    assert case.wallet()[1] == DEPOSIT
    with refused(stage, "TestCoin_Blocked", tenant.address):
        stage.vault.send("withdraw", stage.cash.address, tenant.address, DEPOSIT, sender=tenant)
    other = stage.stranger.address
    stage.vault.send("withdraw", stage.cash.address, other, DEPOSIT, sender=tenant)
    assert stage.cash.call("balanceOf", other) == DEPOSIT


@shows("CON-13")
@pytest.mark.parametrize("end", ["upheld", "rejected", "closed"])
def test_a_coin_that_stands_still_stops_no_decision(case: Case, end: str) -> None:
    stage = case.stage
    case.contest()
    before = case.wallet()[1]
    stage.cash.send("setPaused", True, sender=stage.stranger)
    stage.cash.send("setBlocked", case.tenant.address, True, sender=stage.stranger)
    if end == "closed":
        case.pass_silence()
        case.close()
    else:
        case.recount(0 if end == "upheld" else 10_000)
    assert case.wallet()[1] == before + (DEPOSIT if end != "rejected" else 0)
    assert stage.claim_of(stage.oracle) == (DEPOSIT if end == "rejected" else 0)
    assert held(case) == (False, 0)


@shows("CON-6")
def test_the_deposit_returns_to_who_contested_and_not_to_who_bought(case: Case) -> None:
    stage, buyer = case.stage, case.stage.tenants[1]
    case.contest()
    move = (case.tenant.address, buyer.address, case.lease.id)
    stage.market.send("transferFrom", *move, sender=case.tenant)
    seller, other = case.wallet()[1], case.wallet(buyer)[1]
    case.recount(0)
    assert (case.wallet()[1], case.wallet(buyer)[1]) == (seller + DEPOSIT, other)


@shows("CON-6")
def test_who_decides_gets_nothing(case: Case) -> None:
    stage = case.stage
    case.contest()
    for end in ("recount", "close"):
        with stage.scratch():
            if end == "recount":
                case.recount(10_000)
            else:
                case.pass_silence()
                case.close()
            for caller in (stage.relay, stage.stranger):
                assert stage.claim_of(caller) == 0


@shows("CON-7", "VAULT-12")
def test_what_was_given_to_the_contests_is_nobodys(case: Case) -> None:
    """A verdict moves one deposit, whatever the claim is."""
    stage, giver = case.stage, case.stage.tenants[3]
    coin = stage.cash.address
    stage.vault.send("deposit", coin, stage.contests.address, 7 * DEPOSIT, sender=giver)
    case.contest()
    before = case.wallet()[1]
    case.recount(0)
    assert case.wallet()[1] == before + DEPOSIT
    assert stage.claim_of(stage.contests) == 7 * DEPOSIT


@shows("CON-6")
def test_each_hours_deposit_is_its_own(stage: Stage) -> None:
    ann, bob = stage.tenants[:2]
    cluster = stage.cluster(100, FLAT)
    leases = [open_lease(stage, cluster, 10, stage.hour() + 1, 3, who) for who in (ann, bob)]
    start = leases[0].start
    stage.to_hour(start + 2)
    first, second = (report(stage, lease, start + i, 20_000) for i, lease in enumerate(leases))
    first.contest()
    second.contest()
    before = first.wallet(ann)[1], first.wallet(bob)[1]
    first.recount(0)
    assert (first.wallet(ann)[1], first.wallet(bob)[1]) == (before[0] + DEPOSIT, before[1])
    assert stage.claim_of(stage.contests) == DEPOSIT
    second.recount(20_000)
    assert stage.claim_of(stage.oracle) == DEPOSIT
    assert (first.wallet(ann)[1], first.wallet(bob)[1]) == (before[0] + DEPOSIT, before[1])
