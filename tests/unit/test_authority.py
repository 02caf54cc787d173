"""Who may call what: operators register, guardians pause and remove reporters, officers see to
compliance, the governor names them all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import Stage, Terms
from tests.support.state import refused
from wellhead.chain import Contract, Receipt, UnlockedAccount
from wellhead.chain.contract import deploy_contract
from wellhead.chain.plan import NO_VENUE
from wellhead.chain.proof import prove
from wellhead.chain.record import DeploymentError

ADMIN, OPERATOR, GUARDIAN, OFFICER = 0, 1, 2, 3
PUBLIC = 2**64 - 1
ZERO = "0x" + "00" * 20

PEOPLE = [
    "governor",
    "operator",
    "guardian",
    "officer",
    "stranger",
    "relay",
    "tenant",
    "reporter",
]

#: The restricted functions but those of compliance, and who alone of the people may call each.
ALLOWED = {
    "register": "operator",
    "pause": "guardian",
    "unpause": "guardian",
    "announceSigners": "governor",
    "removeSigner": "guardian",
    "setVenue": "governor",
}


def person(stage: Stage, name: str) -> UnlockedAccount:
    if name == "tenant":
        return stage.tenants[0]
    if name == "reporter":
        return UnlockedAccount(stage.reporters[0].address)
    found: UnlockedAccount = getattr(stage, name)
    return found


def restricted_call(stage: Stage, function: str) -> tuple[Contract, list[Any]]:
    """The contract of a restricted function, and everyday arguments."""
    if function == "register":
        return stage.registry, [Terms().encoded(), "Northern H100", "wNH1"]
    if function == "announceSigners":
        return stage.oracle, [[stage.reporters[0].address], 1]
    if function == "removeSigner":
        return stage.oracle, [stage.reporters[0].address]
    if function == "setVenue":
        return stage.router, [NO_VENUE.encoded()]
    return stage.registry, []


def attempt(stage: Stage, function: str, caller: UnlockedAccount) -> Receipt:
    contract, arguments = restricted_call(stage, function)
    return contract.send(function, *arguments, sender=caller)


def selector(contract: Contract, function: str) -> bytes:
    return contract.functions[function].selector


def admin_calls(stage: Stage) -> dict[str, list[Any]]:
    """Every function of the authority that only its admin may call, with arguments."""
    registry, account = stage.registry.address, stage.stranger.address
    return {
        "labelRole": [7, "AUDITOR"],
        "grantRole": [GUARDIAN, account, 0],
        "revokeRole": [GUARDIAN, stage.guardian.address],
        "setRoleAdmin": [GUARDIAN, OPERATOR],
        "setRoleGuardian": [GUARDIAN, OPERATOR],
        "setGrantDelay": [GUARDIAN, 60],
        "setTargetFunctionRole": [registry, [selector(stage.registry, "pause")], PUBLIC],
        "setTargetAdminDelay": [registry, 60],
        "setTargetClosed": [registry, True],
        "updateAuthority": [registry, stage.market.address],
    }


ADMIN_FUNCTIONS = [
    "labelRole",
    "grantRole",
    "revokeRole",
    "setRoleAdmin",
    "setRoleGuardian",
    "setGrantDelay",
    "setTargetFunctionRole",
    "setTargetAdminDelay",
    "setTargetClosed",
    "updateAuthority",
]


@shows("AUTH-2")
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("function", list(ALLOWED))
def test_each_restricted_function_has_one_role(stage: Stage, function: str, who: str) -> None:
    if function == "unpause":
        stage.registry.send("pause", sender=stage.guardian)
    caller = person(stage, who)
    if who == ALLOWED[function]:
        attempt(stage, function, caller)
    else:
        with refused(stage, "AccessManagedUnauthorized", caller.address):
            attempt(stage, function, caller)


@shows("AUTH-3")
def test_the_roles_are_as_deployed(stage: Stage) -> None:
    roles = {
        (stage.registry, "register"): OPERATOR,
        (stage.registry, "pause"): GUARDIAN,
        (stage.registry, "unpause"): GUARDIAN,
        (stage.registry, "mint"): ADMIN,  # open: the registry itself knows the operator
        (stage.registry, "setOperator"): ADMIN,  # where it is not the operator who calls
        (stage.oracle, "announceSigners"): ADMIN,
        (stage.oracle, "removeSigner"): GUARDIAN,
        (stage.oracle, "enactSigners"): ADMIN,  # open: what was announced is all it does
        (stage.router, "setVenue"): ADMIN,
        (stage.compliance, "accredit"): OFFICER,
        (stage.compliance, "addSystemHolder"): ADMIN,
    }
    for (contract, function), role in roles.items():
        asked = (contract.address, selector(contract, function))
        assert stage.authority.call("getTargetFunctionRole", *asked) == role
    ask = stage.authority.call
    assert ask("ADMIN_ROLE") == ADMIN
    assert ask("PUBLIC_ROLE") == PUBLIC
    holders = {
        ADMIN: "governor",
        OPERATOR: "operator",
        GUARDIAN: "guardian",
        OFFICER: "officer",
    }
    for role, member in holders.items():
        members = {who for who in PEOPLE if ask("hasRole", role, person(stage, who).address)[0]}
        assert members == {member}
        assert ask("getRoleAdmin", role) == ask("getRoleGuardian", role) == ADMIN
        assert ask("getRoleGrantDelay", role) == 0
    labels = [(e["roleId"], e["label"]) for e in stage.authority.events("RoleLabel")]
    assert labels == [(OPERATOR, "OPERATOR"), (GUARDIAN, "GUARDIAN"), (OFFICER, "COMPLIANCE")]


def test_four_contracts_are_managed_by_the_authority(stage: Stage) -> None:
    for contract in (stage.registry, stage.oracle, stage.router, stage.compliance):
        assert contract.call("authority") == stage.authority.address
        assert contract.call("isConsumingScheduledOp") == bytes(4)
        assert stage.authority.call("isTargetClosed", contract.address) is False
        assert stage.authority.call("getTargetAdminDelay", contract.address) == 0


@shows("AUTH-1")
def test_the_list_of_admin_functions_is_complete(stage: Stage) -> None:
    assert list(admin_calls(stage)) == ADMIN_FUNCTIONS
    changing = {
        name
        for name, function in stage.authority.functions.items()
        if function.abi["stateMutability"] in ("nonpayable", "payable")
    }
    open_to_all = {"cancel", "consumeScheduledOp", "execute", "multicall", "renounceRole"}
    assert changing - open_to_all - {"schedule"} == set(ADMIN_FUNCTIONS)


@pytest.mark.parametrize("function", ADMIN_FUNCTIONS)
def test_only_the_governor_administers(stage: Stage, function: str) -> None:
    arguments = admin_calls(stage)[function]
    for who in PEOPLE:
        caller = person(stage, who)
        if who != "governor":
            with refused(stage, "AccessManagerUnauthorizedAccount", caller.address, ADMIN):
                stage.authority.send(function, *arguments, sender=caller)
    if function == "updateAuthority":
        arguments = [stage.registry.address, stage.authority.address]
    stage.authority.send(function, *arguments, sender=stage.governor)


def test_the_governor_admits_and_removes_operators(stage: Stage) -> None:
    newcomer = stage.stranger
    receipt = stage.authority.send(
        "grantRole", OPERATOR, newcomer.address, 0, sender=stage.governor
    )
    assert receipt.event("RoleGranted").arguments == {
        "roleId": OPERATOR,
        "account": newcomer.address,
        "delay": 0,
        "since": stage.now(),
        "newMember": True,
    }
    attempt(stage, "register", newcomer)
    attempt(stage, "register", stage.operator)
    receipt = stage.authority.send("revokeRole", OPERATOR, newcomer.address, sender=stage.governor)
    expected = {"roleId": OPERATOR, "account": newcomer.address}
    assert receipt.event("RoleRevoked").arguments == expected
    with refused(stage, "AccessManagedUnauthorized", newcomer.address):
        attempt(stage, "register", newcomer)
    attempt(stage, "register", stage.operator)


def test_a_guardian_can_resign_but_not_for_another(stage: Stage) -> None:
    guardian = stage.guardian
    with refused(stage, "AccessManagerBadConfirmation"):
        stage.authority.send("renounceRole", GUARDIAN, guardian.address, sender=stage.stranger)
    stage.authority.send("renounceRole", GUARDIAN, guardian.address, sender=guardian)
    with refused(stage, "AccessManagedUnauthorized", guardian.address):
        attempt(stage, "pause", guardian)


@shows("AUTH-3")
@pytest.mark.parametrize("role", [ADMIN, PUBLIC])
def test_the_admins_and_the_publics_roles_are_locked(stage: Stage, role: int) -> None:
    for function, arguments in (
        ("labelRole", ["X"]),
        ("setRoleAdmin", [OPERATOR]),
        ("setRoleGuardian", [OPERATOR]),
    ):
        with refused(stage, "AccessManagerLockedRole", role):
            stage.authority.send(function, role, *arguments, sender=stage.governor)


@shows("AUTH-3")
def test_nobody_is_a_member_of_the_public(stage: Stage) -> None:
    account = stage.stranger.address
    for function, arguments in (
        ("grantRole", [account, 0]),
        ("revokeRole", [account]),
        ("setGrantDelay", [60]),
    ):
        with refused(stage, "AccessManagerLockedRole", PUBLIC):
            stage.authority.send(function, PUBLIC, *arguments, sender=stage.governor)


def test_a_closed_contract_stops_its_restricted_functions_only(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    stage.authority.send("setTargetClosed", stage.registry.address, True, sender=stage.governor)
    for function, caller in (("register", stage.operator), ("pause", stage.guardian)):
        with refused(stage, "AccessManagedUnauthorized", caller.address):
            attempt(stage, function, caller)
    stage.mint(cluster_id, 5)
    stage.lease(cluster_id, 1, stage.hour() + 1, 1)
    stage.registry.send("retire", cluster_id, 14, sender=stage.operator)
    attempt(stage, "announceSigners", stage.governor)


@shows("AUTH-6")
@pytest.mark.parametrize("name", ["registry", "oracle"])
def test_only_the_authority_hands_a_contract_over(stage: Stage, name: str) -> None:
    contract: Contract = getattr(stage, name)
    for who in PEOPLE:
        caller = person(stage, who)
        with refused(stage, "AccessManagedUnauthorized", caller.address):
            contract.send("setAuthority", stage.authority.address, sender=caller)
    lock = selector(contract, "setAuthority")
    with refused(stage, "AccessManagerLockedFunction", lock):
        stage.authority.send(
            "setTargetFunctionRole", contract.address, [lock], PUBLIC, sender=stage.governor
        )


@shows("AUTH-6")
def test_a_contract_is_handed_to_another_authority_that_has_code(stage: Stage) -> None:
    oracle, nobody = stage.oracle, stage.stranger.address
    with refused(stage, "AccessManagedInvalidAuthority", nobody):
        stage.authority.send("updateAuthority", oracle.address, nobody, sender=stage.governor)
    rpc, heir = stage.anvil.rpc, stage.holders[0]
    successor, _ = deploy_contract(rpc, "Authority", [heir.address], stage.stranger)
    receipt = stage.authority.send(
        "updateAuthority", oracle.address, successor.address, sender=stage.governor
    )
    assert receipt.event("AuthorityUpdated").arguments == {"authority": successor.address}
    assert oracle.call("authority") == successor.address
    with refused(stage, "AccessManagedUnauthorized", stage.governor.address):
        attempt(stage, "announceSigners", stage.governor)
    attempt(stage, "announceSigners", heir)


def test_an_authority_needs_a_governor(stage: Stage) -> None:
    with expect_revert("AccessManagerInvalidInitialAdmin", ZERO):
        deploy_contract(stage.anvil.rpc, "Authority", [ZERO], stage.stranger)


def hand_over(stage: Stage, heir: UnlockedAccount) -> None:
    stage.authority.send("grantRole", ADMIN, heir.address, 0, sender=stage.governor)
    stage.authority.send("renounceRole", ADMIN, stage.governor.address, sender=stage.governor)


@shows("AUTH-3")
def test_a_deployer_that_handed_over_keeps_nothing(stage: Stage) -> None:
    deployer, heir = stage.governor, stage.holders[0]
    hand_over(stage, heir)
    for role in (ADMIN, OPERATOR, GUARDIAN):
        assert stage.authority.call("getAccess", role, deployer.address) == (0, 0, 0, 0)
    for function, arguments in admin_calls(stage).items():
        with refused(stage, "AccessManagerUnauthorizedAccount", deployer.address, ADMIN):
            stage.authority.send(function, *arguments, sender=deployer)
    for function in ("register", "pause", "announceSigners", "removeSigner"):
        with refused(stage, "AccessManagedUnauthorized", deployer.address):
            attempt(stage, function, deployer)


def test_an_heir_governs(stage: Stage) -> None:
    heir = stage.holders[0]
    hand_over(stage, heir)
    stage.authority.send("grantRole", OPERATOR, heir.address, 0, sender=heir)
    attempt(stage, "register", heir)
    attempt(stage, "announceSigners", heir)


@pytest.mark.parametrize("function", ["register", "pause", "unpause", "removeSigner"])
def test_a_function_that_was_opened_is_found(stage: Stage, function: str) -> None:
    """What a deployment is proven by: each of these is its role's alone."""
    prove(stage.deployment)
    contract, _ = restricted_call(stage, function)
    opened = (contract.address, [selector(contract, function)], PUBLIC)
    stage.authority.send("setTargetFunctionRole", *opened, sender=stage.governor)
    with pytest.raises(DeploymentError, match=f"^{function} is open to role {PUBLIC} and not to"):
        prove(stage.deployment)
