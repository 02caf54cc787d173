"""Delays: what is announced before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.shows import shows
from tests.support.stage import HOUR, Stage
from tests.support.state import refused
from wellhead.chain import Contract, Receipt, UnlockedAccount

#: The last is a role that the deployment does not know.
ADMIN, GUARDIAN, SIGNERS = 0, 2, 4
DAY = 24 * HOUR
DELAY = 2 * DAY


@dataclass(frozen=True)
class Operation:
    """A call that must be scheduled first."""

    authority: Contract
    caller: UnlockedAccount
    target: Contract
    function: str
    arguments: tuple[Any, ...]

    @property
    def data(self) -> bytes:
        return bytes.fromhex(self.target.functions[self.function].encode(self.arguments)[2:])

    @property
    def id(self) -> bytes:
        called = [self.caller.address, self.target.address, self.data]
        return keccak(encode(["address", "address", "bytes"], called))

    def schedule(self, when: int = 0, caller: UnlockedAccount | None = None) -> Receipt:
        sender = caller or self.caller
        return self.authority.send("schedule", self.target.address, self.data, when, sender=sender)

    def execute(self, caller: UnlockedAccount | None = None) -> Receipt:
        """Through the authority."""
        sender = caller or self.caller
        return self.authority.send("execute", self.target.address, self.data, sender=sender)

    def call(self) -> Receipt:
        """At the contract itself."""
        return self.target.send(self.function, *self.arguments, sender=self.caller)

    def cancel(self, caller: UnlockedAccount) -> Receipt:
        arguments = (self.caller.address, self.target.address, self.data)
        return self.authority.send("cancel", *arguments, sender=caller)


@pytest.fixture
def change(stage: Stage) -> Operation:
    """New reporters announced by the governor, for which it gave itself a delay."""
    role = [stage.oracle.address, [stage.oracle.functions["announceSigners"].selector], SIGNERS]
    stage.authority.send("setTargetFunctionRole", *role, sender=stage.governor)
    stage.authority.send("grantRole", SIGNERS, stage.governor.address, DELAY, sender=stage.governor)
    signers = [reporter.address for reporter in stage.reporters[:3]]
    return Operation(stage.authority, stage.governor, stage.oracle, "announceSigners", (signers, 2))


def announced(stage: Stage) -> tuple[bytes, int]:
    found: tuple[bytes, int] = stage.oracle.call("announcement")
    return found


@shows("AUTH-4")
def test_a_delayed_call_can_not_be_made_at_once(stage: Stage, change: Operation) -> None:
    with refused(stage, "AccessManagerNotScheduled", change.id):
        change.call()
    with refused(stage, "AccessManagerNotScheduled", change.id):
        change.execute()
    assert announced(stage) == (bytes(32), 0)


def test_a_call_is_scheduled_for_the_end_of_its_delay(stage: Stage, change: Operation) -> None:
    receipt = change.schedule()
    assert receipt.event("OperationScheduled").arguments == {
        "operationId": change.id,
        "nonce": 1,
        "schedule": stage.now() + DELAY,
        "caller": stage.governor.address,
        "target": stage.oracle.address,
        "data": change.data,
    }
    assert stage.authority.call("getSchedule", change.id) == stage.now() + DELAY
    assert stage.authority.call("getNonce", change.id) == 1


@shows("AUTH-4")
@pytest.mark.parametrize("way", ["call", "execute"])
def test_a_scheduled_call_is_ready_to_the_second(stage: Stage, change: Operation, way: str) -> None:
    change.schedule()
    ready = stage.now() + DELAY
    stage.anvil.next_block_at(ready - 1)
    with refused(stage, "AccessManagerNotReady", change.id):
        getattr(change, way)()
    stage.anvil.next_block_at(ready)
    receipt = getattr(change, way)()
    done = {"operationId": change.id, "nonce": 1}
    assert receipt.event("OperationExecuted").arguments == done
    assert receipt.event("SignersAnnounced")["threshold"] == 2
    assert announced(stage) == (
        keccak(encode(["address[]", "uint256"], change.arguments)),
        ready + DELAY,
    )
    with refused(stage, "AccessManagerNotScheduled", change.id):
        getattr(change, way)()


@shows("AUTH-4")
def test_a_scheduled_call_expires_after_a_week(stage: Stage, change: Operation) -> None:
    week = stage.authority.call("expiration")
    assert week == 7 * DAY
    change.schedule()
    ready = stage.now() + DELAY
    with stage.scratch():
        stage.anvil.next_block_at(ready + week - 1)
        change.call()
    stage.anvil.next_block_at(ready + week)
    for attempt in (change.call, change.execute):
        with refused(stage, "AccessManagerExpired", change.id):
            attempt()
    assert stage.authority.call("getSchedule", change.id) == 0
    assert change.schedule().event("OperationScheduled")["nonce"] == 2


@shows("AUTH-4")
def test_a_scheduled_call_is_no_other_call(stage: Stage, change: Operation) -> None:
    change.schedule()
    stage.skip(DELAY)
    signers, _ = change.arguments
    other = Operation(change.authority, change.caller, change.target, change.function, (signers, 3))
    with refused(stage, "AccessManagerNotScheduled", other.id):
        other.call()


@shows("AUTH-4")
def test_a_call_is_scheduled_once_at_a_time(stage: Stage, change: Operation) -> None:
    change.schedule()
    with refused(stage, "AccessManagerAlreadyScheduled", change.id):
        change.schedule()


def test_no_call_is_scheduled_sooner_than_its_delay(stage: Stage, change: Operation) -> None:
    at = stage.now() + 100
    refusal = (change.caller.address, stage.oracle.address, change.data[:4])
    stage.anvil.next_block_at(at)
    with refused(stage, "AccessManagerUnauthorizedCall", *refusal):
        change.schedule(at + DELAY - 1)
    stage.anvil.next_block_at(at)
    assert change.schedule(at + DELAY).event("OperationScheduled")["schedule"] == at + DELAY


def test_a_call_may_be_scheduled_for_later(stage: Stage, change: Operation) -> None:
    later = stage.now() + 3 * DELAY
    assert change.schedule(later).event("OperationScheduled")["schedule"] == later
    stage.anvil.next_block_at(later - 1)
    with refused(stage, "AccessManagerNotReady", change.id):
        change.call()
    stage.anvil.next_block_at(later)
    change.call()


def test_a_stranger_schedules_and_executes_nothing(stage: Stage, change: Operation) -> None:
    stranger = stage.stranger
    change.schedule()
    stage.skip(DELAY)
    refusal = (stranger.address, stage.oracle.address, change.data[:4])
    with refused(stage, "AccessManagerUnauthorizedCall", *refusal):
        change.schedule(caller=stranger)
    with refused(stage, "AccessManagerUnauthorizedCall", *refusal):
        change.execute(stranger)
    with refused(stage, "AccessManagedUnauthorized", stranger.address):
        stage.oracle.send(change.function, *change.arguments, sender=stranger)


def test_a_scheduled_call_can_be_cancelled_by_its_caller(stage: Stage, change: Operation) -> None:
    with refused(stage, "AccessManagerNotScheduled", change.id):
        change.cancel(stage.governor)
    change.schedule()
    refusal = (stage.governor.address, stage.oracle.address, change.data[:4])
    for stranger in (stage.stranger, stage.guardian):
        with refused(stage, "AccessManagerUnauthorizedCancel", stranger.address, *refusal):
            change.cancel(stranger)
    receipt = change.cancel(stage.governor)
    cancelled = {"operationId": change.id, "nonce": 1}
    assert receipt.event("OperationCanceled").arguments == cancelled
    stage.skip(DELAY)
    with refused(stage, "AccessManagerNotScheduled", change.id):
        change.call()


def test_a_roles_guardian_can_cancel(stage: Stage, change: Operation) -> None:
    receipt = stage.authority.send("setRoleGuardian", SIGNERS, GUARDIAN, sender=stage.governor)
    expected = {"roleId": SIGNERS, "guardian": GUARDIAN}
    assert receipt.event("RoleGuardianChanged").arguments == expected
    change.schedule()
    change.cancel(stage.guardian)
    assert stage.authority.call("getSchedule", change.id) == 0


@pytest.mark.parametrize("name", ["oracle", "registry"])
def test_schedules_are_consumed_only_for_a_call_under_way(stage: Stage, name: str) -> None:
    contract: Contract = getattr(stage, name)
    asked = ("consumeScheduledOp", stage.governor.address, bytes(4))
    with refused(stage, "AccessManagerUnauthorizedConsume", contract.address):
        stage.authority.call(*asked, sender=contract.address)


@shows("AUTH-5")
def test_a_governor_with_a_delay_announces_everything(stage: Stage) -> None:
    governor, newcomer = stage.governor, stage.stranger
    stage.authority.send("grantRole", ADMIN, governor.address, DELAY, sender=governor)
    arguments = (GUARDIAN, newcomer.address, 0)
    grant = Operation(stage.authority, governor, stage.authority, "grantRole", arguments)
    signers = ([stage.reporters[0].address], 1)
    change = Operation(stage.authority, governor, stage.oracle, "announceSigners", signers)
    for operation in (grant, change):
        with refused(stage, "AccessManagerNotScheduled", operation.id):
            operation.call()
        operation.schedule()
    stage.skip(DELAY)
    for operation in (grant, change):
        operation.call()
    assert announced(stage)[0] == keccak(encode(["address[]", "uint256"], signers))
    stage.registry.send("pause", sender=newcomer)


@shows("AUTH-5")
def test_only_a_delay_of_the_admin_role_binds_its_members(stage: Stage, change: Operation) -> None:
    lift = ("setTargetFunctionRole", stage.oracle.address, [change.data[:4]], ADMIN)
    with stage.scratch():
        stage.authority.send(*lift, sender=stage.governor)
        change.call()
    stage.authority.send("grantRole", ADMIN, stage.governor.address, DELAY, sender=stage.governor)
    lifting = Operation(stage.authority, stage.governor, stage.authority, lift[0], lift[1:])
    with refused(stage, "AccessManagerNotScheduled", lifting.id):
        lifting.call()
    with refused(stage, "AccessManagerNotScheduled", change.id):
        change.call()


@shows("AUTH-5")
def test_a_shorter_delay_waits_for_the_difference(stage: Stage, change: Operation) -> None:
    account = stage.governor.address
    stage.authority.send("grantRole", SIGNERS, account, 0, sender=stage.governor)
    since = stage.now()
    assert stage.authority.call("getAccess", SIGNERS, account)[1:] == (DELAY, 0, since + DELAY)
    stage.anvil.next_block_at(since + DELAY - 1)
    with refused(stage, "AccessManagerNotScheduled", change.id):
        change.call()
    stage.anvil.next_block_at(since + DELAY)
    change.call()


def test_a_grant_delay_holds_new_members_back(stage: Stage) -> None:
    setback = stage.authority.call("minSetback")
    assert setback == 5 * DAY
    receipt = stage.authority.send("setGrantDelay", GUARDIAN, DELAY, sender=stage.governor)
    effect = stage.now() + setback
    expected = {"roleId": GUARDIAN, "delay": DELAY, "since": effect}
    assert receipt.event("RoleGrantDelayChanged").arguments == expected
    stage.to_time(effect)
    newcomer = stage.stranger
    stage.authority.send("grantRole", GUARDIAN, newcomer.address, 0, sender=stage.governor)
    member = stage.now() + DELAY
    stage.anvil.next_block_at(member - 1)
    with refused(stage, "AccessManagedUnauthorized", newcomer.address):
        stage.registry.send("pause", sender=newcomer)
    stage.anvil.next_block_at(member)
    stage.registry.send("pause", sender=newcomer)


def test_a_targets_admin_delay_holds_its_administration_back(stage: Stage) -> None:
    registry = stage.registry.address
    stage.authority.send("setTargetAdminDelay", registry, DELAY, sender=stage.governor)
    stage.skip(5 * DAY)
    assert stage.authority.call("getTargetAdminDelay", registry) == DELAY
    close = Operation(
        stage.authority, stage.governor, stage.authority, "setTargetClosed", (registry, True)
    )
    with refused(stage, "AccessManagerNotScheduled", close.id):
        close.call()
    close.schedule()
    stage.skip(DELAY)
    close.call()
    assert stage.authority.call("isTargetClosed", registry) is True
