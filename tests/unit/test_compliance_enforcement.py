"""Blocks, system holders, freezes and forced transfers: what they stop, and what they can not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.support.payment import encoded
from tests.support.raw import attempt, deploy
from tests.support.reverts import expect_revert
from tests.support.shares import ZERO, Share, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from tests.support.state import unchanged
from wellhead.chain import Contract, Reverted, UnlockedAccount, dev_account

HOLDER = dev_account(30).address


@pytest.fixture
def share(stage: Stage) -> Share:
    made = set_up(stage)
    made.mint(made.holders[0], 10 * UNIT)
    return made


@pytest.fixture
def pool(share: Share) -> Contract:
    """A contract that is a system holder, with two units."""
    made = deploy(share.stage, "TestSigner")
    share.stage.compliance.send("addSystemHolder", made.address, sender=share.stage.governor)
    share.transfer(share.holders[0], made, 2 * UNIT)
    return made


def refuse(
    stage: Stage, function: str, *arguments: Any, by: UnlockedAccount, error: tuple[Any, ...]
) -> None:
    with unchanged(stage), unchanged(stage, stage.compliance), expect_revert(*error):
        attempt(stage.compliance, function, *arguments, sender=by)


# Blocks


@shows("COMP-10")
@pytest.mark.parametrize("known", [True, False])
def test_a_block(stage: Stage, known: bool) -> None:
    """Who is blocked neither sends nor receives, until the block is lifted; it can be set and
    lifted twice, and for who is not known at all."""
    compliance, account = stage.compliance, stage.holders[0].address if known else HOLDER
    before = compliance.call("standingOf", account)
    for is_blocked in (True, True, False, False):
        receipt = compliance.send("setBlocked", account, is_blocked, sender=stage.officer)
        (event,) = receipt.events
        said = {"account": account, "isBlocked": is_blocked}
        assert (event.name, event.arguments) == ("BlockedSet", said)
        assert compliance.call("standingOf", account) == {**before, "isBlocked": is_blocked}
        asked = [("canSend", (account,)), ("canReceive", (0, account))]
        expected = [not is_blocked, known and not is_blocked]
        assert compliance.call_many([*asked, ("eligible", (0, account, account))]) == [
            *expected,
            tuple(expected),
        ]


@shows("COMP-10")
def test_a_block_outlives_credentials(stage: Stage) -> None:
    """A new credential does not lift it, nor does a revocation."""
    account = stage.holders[0].address
    stage.compliance.send("setBlocked", account, True, sender=stage.officer)
    stage.skip(1)
    stage.credential(account)
    assert stage.compliance.call("standingOf", account)["isBlocked"] is True
    assert stage.compliance.call("canReceive", 0, account) is False
    stage.compliance.send("revoke", account, sender=stage.officer)
    assert stage.compliance.call("standingOf", account)["isBlocked"] is True


def test_nobody_can_not_be_meant(stage: Stage, share: Share) -> None:
    for call in (
        ("setBlocked", ZERO, True),
        ("setFrozenTokens", share.cluster, ZERO, 1),
        ("forcedTransfer", share.cluster, ZERO, share.holders[0].address, 0),
    ):
        refuse(stage, *call, by=stage.officer, error=("Compliance_InvalidAccount", ZERO))


@shows("REV-13", "COMP-10")
def test_a_block_stops_no_claim(share: Share) -> None:
    """Revenue can be claimed all the same."""
    holder, friend = share.holders[:2]
    share.earn(1_000_000, 100)
    share.block(holder)
    share.earn(1_000_000, 100)
    before = share.holds(friend)
    paid = share.claim(holder, friend).event("Claimed")
    assert (paid["cash"], paid["reserve"]) == (1_999_999, 199)
    assert share.holds(friend) == (before[0] + 1_999_999, before[1] + 199)


# System holders


def test_a_system_holder_is_named_by_the_governor(stage: Stage) -> None:
    contract = deploy(stage, "TestSigner").address
    receipt = stage.compliance.send("addSystemHolder", contract, sender=stage.governor)
    (event,) = receipt.events
    assert (event.name, event.arguments) == ("SystemHolderAdded", {"account": contract})
    assert stage.compliance.call("standingOf", contract)["isSystemHolder"] is True
    policies = (0, 1, 2**32 - 1)
    asked = [("canReceive", (policy, contract)) for policy in policies]
    assert stage.compliance.call_many([*asked, ("canSend", (contract,))]) == [True] * 4


@shows("COMP-9")
@pytest.mark.parametrize("account", [ZERO, HOLDER])
def test_a_system_holder_is_a_contract(stage: Stage, account: str) -> None:
    error = ("Compliance_NotContract", account)
    refuse(stage, "addSystemHolder", account, by=stage.governor, error=error)


def test_a_system_holder_is_one_once(stage: Stage, pool: Contract) -> None:
    error = ("Compliance_SystemHolder", pool.address)
    refuse(stage, "addSystemHolder", pool.address, by=stage.governor, error=error)


@shows("COMP-9")
def test_a_blocked_contract_is_free_as_a_system_holder(stage: Stage) -> None:
    contract = deploy(stage, "TestSigner").address
    stage.compliance.send("setBlocked", contract, True, sender=stage.officer)
    stage.compliance.send("addSystemHolder", contract, sender=stage.governor)
    found = stage.compliance.call("standingOf", contract)
    assert (found["isBlocked"], found["isSystemHolder"]) == (False, True)
    assert stage.compliance.call("eligible", 0, contract, contract) == (True, True)


def spend(share: Share, pool: Contract, amount: int) -> None:
    """The pool sends tokens to a holder."""
    call = encoded(share.token, "transfer", share.holders[1].address, amount)
    pool.send("perform", share.token.address, call, sender=share.stage.stranger)


@shows("COMP-9")
@pytest.mark.parametrize("frozen", [1, 2 * UNIT, MAX])
def test_a_frozen_contract_is_free_as_a_system_holder(share: Share, frozen: int) -> None:
    """What was frozen before is not stuck: it is free at once, or can be released."""
    stage, contract = share.stage, deploy(share.stage, "TestSigner")
    share.freeze(contract, frozen)
    stage.compliance.send("addSystemHolder", contract.address, sender=stage.governor)
    share.transfer(share.holders[0], contract, 2 * UNIT)
    with suppress(Reverted):
        share.officer("setFrozenTokens", share.cluster, contract.address, 0)
    holder = share.holders[1].address
    assert share.token.call("canTransfer", contract.address, holder, 2 * UNIT) is True
    spend(share, contract, 2 * UNIT)
    assert share.balance(share.holders[1]) == 2 * UNIT


@shows("COMP-9")
def test_a_system_holder_is_one_for_ever(share: Share, pool: Contract) -> None:
    """It can be neither blocked nor frozen nor taken from, by anybody, and no credential, dismissal
    or rule matters to it."""
    stage, to = share.stage, share.holders[1].address
    error = ("Compliance_SystemHolder", pool.address)
    for call in (
        ("setBlocked", pool.address, True),
        ("setBlocked", pool.address, False),
        ("setFrozenTokens", share.cluster, pool.address, 1),
        ("setFrozenTokens", share.cluster, pool.address, MAX),
        ("forcedTransfer", share.cluster, pool.address, to, 0),
        ("forcedTransfer", share.cluster, pool.address, to, 2 * UNIT),
    ):
        refuse(stage, *call, by=stage.officer, error=error)
    stage.skip(1)
    stage.credential(pool.address)
    stage.compliance.send("revoke", pool.address, sender=stage.officer)
    stage.compliance.send("dismiss", stage.issuer.address, sender=stage.officer)
    stage.compliance.send("setRule", 0, [578], 0, sender=stage.officer)
    assert stage.compliance.call("standingOf", pool.address)["isSystemHolder"] is True
    assert stage.compliance.call("eligible", 0, pool.address, pool.address) == (True, True)
    share.transfer(share.holders[0], pool, UNIT)
    assert share.balance(pool) == 3 * UNIT


def test_tokens_can_be_forced_to_a_system_holder(share: Share, pool: Contract) -> None:
    source = share.holders[0].address
    share.officer("forcedTransfer", share.cluster, source, pool.address, UNIT)
    assert share.balance(pool) == 3 * UNIT
    spend(share, pool, 3 * UNIT)
    assert share.balance(pool) == 0


# One cluster's tokens


@shows("COMP-11")
def test_freezes_and_forced_transfers_are_of_one_cluster(share: Share) -> None:
    other, (first, second) = set_up(share.stage), share.holders[:2]
    other.mint(first, 10 * UNIT)
    share.officer("setFrozenTokens", share.cluster, first.address, MAX)
    assert (share.frozen(first), other.frozen(first)) == (MAX, 0)
    other.transfer(first, second, 10 * UNIT)
    share.officer("setFrozenTokens", share.cluster, first.address, 10 * UNIT)
    share.officer("forcedTransfer", share.cluster, first.address, second.address, 3 * UNIT)
    assert (share.balance(second), other.balance(second)) == (3 * UNIT, 10 * UNIT)


@shows("COMP-11")
@pytest.mark.parametrize("cluster", [0, 99, MAX])
def test_clusters_that_are_none(share: Share, cluster: int) -> None:
    stage, (first, second) = share.stage, share.holders[:2]
    error = ("CapacityRegistry_UnknownCluster", cluster)
    freeze = ("setFrozenTokens", cluster, first.address, 1)
    force = ("forcedTransfer", cluster, first.address, second.address, 1)
    for call in (freeze, force):
        refuse(stage, *call, by=stage.officer, error=error)


def test_errors_of_the_token_come_through(share: Share) -> None:
    stage, (first, second) = share.stage, share.holders[:2]
    force = ("forcedTransfer", share.cluster, first.address)
    short = ("ERC20InsufficientBalance", first.address, 10 * UNIT, 11 * UNIT)
    refuse(stage, *force, second.address, 11 * UNIT, by=stage.officer, error=short)
    stage.compliance.send("revoke", second.address, sender=stage.officer)
    error = ("ERC7943CannotReceive", second.address)
    refuse(stage, *force, second.address, UNIT, by=stage.officer, error=error)
