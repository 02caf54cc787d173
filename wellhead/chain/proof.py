"""Who holds which role and where bitcoin is bought, read back from the chain, and whether that is
what was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from wellhead.chain.deployment import Deployment
from wellhead.chain.plan import (
    ADMIN_ROLE,
    COMPLIANCE_ROLE,
    FUNCTIONS,
    GOVERNED,
    GUARDIAN_ROLE,
    OPERATOR_ROLE,
    ROLES,
    Delays,
    Venue,
)
from wellhead.chain.record import DeploymentError


@dataclass(frozen=True)
class Holding:
    """What the authority says about an account and a role; `delay` in seconds."""

    role: str
    account: str
    holds: bool
    delay: int


def holdings(deployment: Deployment, accounts: list[str]) -> list[Holding]:
    """Every role that was ever granted, for every account that ever had one and for `accounts`."""
    authority = deployment.authority
    granted = authority.events("RoleGranted", deployment.block)
    roles = sorted({*ROLES, *(int(event["roleId"]) for event in granted)})
    named = [*(str(event["account"]) for event in granted), *map(to_checksum_address, accounts)]
    pairs = [(role, account) for role in roles for account in dict.fromkeys(named)]
    answers = authority.call_many([("hasRole", pair) for pair in pairs])
    return [
        Holding(ROLES.get(role, f"role {role}"), account, bool(holds), int(delay))
        for (role, account), (holds, delay) in zip(pairs, answers, strict=True)
    ]


def prove(deployment: Deployment) -> list[Holding]:
    """All holdings, the deployer's among them; DeploymentError unless they are as planned."""
    record = deployment.record
    found = holdings(deployment, [record.deployer, record.governor])
    delays = Delays(**record.parameters["delays"])
    expected = {(ROLES[ADMIN_ROLE], record.governor): delays.governor}
    for role, members, delay in (
        (OPERATOR_ROLE, record.parameters["operators"], delays.operator),
        (GUARDIAN_ROLE, record.parameters["guardians"], delays.guardian),
        (COMPLIANCE_ROLE, record.parameters["officers"], delays.officer),
    ):
        expected |= {(ROLES[role], to_checksum_address(member)): delay for member in members}
    if record.governor == record.deployer:
        expected[ROLES[ADMIN_ROLE], record.deployer] = 0
    held = {(h.role, h.account): h.delay for h in found if h.holds}
    for name, account in sorted(held.keys() - expected.keys()):
        raise DeploymentError(f"{account} holds the role {name} and should not")
    for (name, account), wanted in sorted(expected.items()):
        if (name, account) not in held:
            raise DeploymentError(f"{account} does not hold the role {name}")
        if held[name, account] != wanted:
            raise DeploymentError(f"{account} holds {name} with a delay of {held[name, account]} s")
    _prove_functions(deployment)
    _prove_venue(deployment)
    return found


def _prove_functions(deployment: Deployment) -> None:
    """Each function that is a role's is open to that role alone."""
    by_role = {**FUNCTIONS, ADMIN_ROLE: GOVERNED}
    listed = [
        (role, deployment.contract(contract), name)
        for role, contracts in by_role.items()
        for contract, names in contracts.items()
        for name in names
    ]
    for role, target, name in listed:
        selector = target.functions[name].selector
        given = deployment.authority.call("getTargetFunctionRole", target.address, selector)
        if given != role:
            raise DeploymentError(f"{name} is open to role {given} and not to {ROLES[role]}")


def _prove_venue(deployment: Deployment) -> None:
    planned = Venue(**deployment.record.parameters["venue"])
    names = ("pool", "feed", "maxAge", "slippage", "tip")
    found = deployment.router.call("venue")
    for name, wanted in zip(names, planned.encoded(), strict=True):
        asked = to_checksum_address(wanted) if isinstance(wanted, str) else wanted
        if found[name] != asked:
            raise DeploymentError(f"the venue's {name} is {found[name]} and not {asked}")
