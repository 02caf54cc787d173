"""Who may do what in Compliance, by the authority, and after which delay."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.payment import encoded
from tests.support.raw import attempt, deploy
from tests.support.reverts import expect_revert
from tests.support.shares import Share, set_up
from tests.support.shows import shows
from tests.support.stage import HOUR, NORWAY, UNIT, Stage
from tests.support.standing import present, statement
from tests.support.state import unchanged
from wellhead.chain import UnlockedAccount, dev_account
from wellhead.chain.plan import ADMIN_ROLE, COMPLIANCE_ROLE, FUNCTIONS

DELAY = 48 * HOUR
ISSUER = dev_account(14)
#: An officer that must announce what it does.
SLOW = UnlockedAccount(dev_account(31).address)


@pytest.fixture
def share(stage: Stage) -> Share:
    made = set_up(stage)
    made.mint(made.holders[0], 10 * UNIT)
    return made


@pytest.fixture
def slow(stage: Stage) -> UnlockedAccount:
    grant = ("grantRole", COMPLIANCE_ROLE, SLOW.address, DELAY)
    stage.authority.send(*grant, sender=stage.governor)
    return SLOW


def calls(share: Share) -> dict[str, tuple[Any, ...]]:
    """A call of every restricted function that its role could make."""
    stage, (first, second, third) = share.stage, share.holders[:3]
    return {
        "revoke": (third.address,),
        "accredit": (ISSUER.address,),
        "dismiss": (stage.issuer.address,),
        "setRule": (0, [NORWAY], 3),
        "setBlocked": (third.address, True),
        "setFrozenTokens": (share.cluster, first.address, UNIT),
        "forcedTransfer": (share.cluster, first.address, second.address, UNIT),
        "addSystemHolder": (stage.vault.address,),
    }


NAMES = [*FUNCTIONS[COMPLIANCE_ROLE]["Compliance"], "addSystemHolder"]


def test_every_restricted_function_is_looked_at(share: Share) -> None:
    assert set(calls(share)) == set(NAMES)


@shows("AUTH-2")
@pytest.mark.parametrize("function", NAMES)
def test_only_its_role_may(share: Share, function: str) -> None:
    """Naming system holders is the governor's, all else the compliance role's; neither does what is
    the other's."""
    stage, arguments = share.stage, calls(share)[function]
    own, other = stage.officer, stage.governor
    if function == "addSystemHolder":
        own, other = other, own
    for caller in (other, stage.stranger, stage.operator, stage.guardian, share.holders[2]):
        with (
            unchanged(stage, stage.compliance),
            share.refused("AccessManagedUnauthorized", caller.address),
        ):
            attempt(stage.compliance, function, *arguments, sender=caller)
    stage.compliance.send(function, *arguments, sender=own)


def test_anyone_may_look_and_present(stage: Stage) -> None:
    """All functions but the restricted ones are open."""
    open_ = set(stage.compliance.functions) - set(NAMES)
    assert open_ == {
        "MAX_ISSUERS",
        "authority",
        "canReceive",
        "canSend",
        "credentialDigest",
        "eip712Domain",
        "eligible",
        "isConsumingScheduledOp",
        "issuerNumberOf",
        "present",
        "ruleOf",
        "setAuthority",
        "standingOf",
    }
    with expect_revert("AccessManagedUnauthorized", stage.governor.address):
        attempt(stage.compliance, "setAuthority", stage.vault.address, sender=stage.governor)
    assert stage.compliance.call("authority") == stage.authority.address


def schedule(stage: Stage, caller: UnlockedAccount, function: str, arguments: Any) -> bytes:
    """Announce a call for when its delay is over; returns its id."""
    compliance = stage.compliance
    data = encoded(compliance, function, *arguments)
    stage.authority.send("schedule", compliance.address, data, 0, sender=caller)
    called = [caller.address, compliance.address, data]
    return keccak(encode(["address", "address", "bytes"], called))


@pytest.mark.parametrize("function", FUNCTIONS[COMPLIANCE_ROLE]["Compliance"])
def test_a_slow_officer_announces_first(share: Share, slow: UnlockedAccount, function: str) -> None:
    """What has a delay is done after it, once, and not without announcement."""
    stage, arguments = share.stage, calls(share)[function]
    compliance = stage.compliance
    with share.refused("AccessManagerNotScheduled"):
        attempt(compliance, function, *arguments, sender=slow)
    operation = schedule(stage, slow, function, arguments)
    stage.skip(DELAY - 10)
    with share.refused("AccessManagerNotReady", operation):
        attempt(compliance, function, *arguments, sender=slow)
    stage.skip(10)
    compliance.send(function, *arguments, sender=slow)
    with share.refused("AccessManagerNotScheduled", operation):
        attempt(compliance, function, *arguments, sender=slow)


def test_a_slow_governor_names_system_holders_later(stage: Stage) -> None:
    contract = deploy(stage, "TestSigner").address
    grant = ("grantRole", ADMIN_ROLE, SLOW.address, DELAY)
    stage.authority.send(*grant, sender=stage.governor)
    with expect_revert("AccessManagerNotScheduled"):
        attempt(stage.compliance, "addSystemHolder", contract, sender=SLOW)
    schedule(stage, SLOW, "addSystemHolder", [contract])
    stage.skip(DELAY)
    stage.compliance.send("addSystemHolder", contract, sender=SLOW)
    assert stage.compliance.call("standingOf", contract)["isSystemHolder"] is True


def test_an_issuer_revokes_its_own_without_delay(stage: Stage, slow: UnlockedAccount) -> None:
    """Even when it has the compliance role with one."""
    holder, issuer = dev_account(30).address, dev_account(31)
    assert issuer.address == slow.address
    stage.compliance.send("accredit", issuer.address, sender=stage.officer)
    present(stage, issuer, statement(holder, stage.now()))
    stage.compliance.send("revoke", holder, sender=slow)
    assert stage.compliance.call("canReceive", 0, holder) is False
    present(stage, stage.issuer, statement(holder, stage.now() + 1))
    with expect_revert("AccessManagerNotScheduled"):
        attempt(stage.compliance, "revoke", holder, sender=slow)


def test_an_officer_that_left_does_nothing_more(share: Share) -> None:
    stage = share.stage
    stage.authority.send(
        "revokeRole", COMPLIANCE_ROLE, stage.officer.address, sender=stage.governor
    )
    for function in FUNCTIONS[COMPLIANCE_ROLE]["Compliance"]:
        arguments = calls(share)[function]
        with share.refused("AccessManagedUnauthorized", stage.officer.address):
            attempt(stage.compliance, function, *arguments, sender=stage.officer)
