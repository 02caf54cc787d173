"""The rulebook: who issues credentials, who may receive under which policy, who is blocked; and
what the officers who see to compliance do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.actions.errors import Refusal, SetupError
from wellhead.actions.governing import Act, govern
from wellhead.actions.standing import objections, standings
from wellhead.chain import Account, Deployment, Event


@dataclass(frozen=True)
class Issuer:
    """Somebody whose credentials count, or did; an issuer that was accredited again has a new
    number."""

    address: str
    number: int
    is_accredited: bool


@dataclass(frozen=True)
class Rule:
    """Under `policy`, holders of `jurisdiction` may receive when their class is in the set
    `classes`, bit n for class n."""

    policy: int
    jurisdiction: int
    classes: int


@dataclass(frozen=True)
class Rulebook:
    """All of it at one block; rules that admit nobody are left out. `clusters` are those that
    follow each policy, by its number."""

    block: int
    issuers: Sequence[Issuer]
    rules: Sequence[Rule]
    blocked: Sequence[str]
    system_holders: Sequence[str]
    clusters: dict[int, list[int]]


def rulebook(deployment: Deployment, policy: int | None = None) -> Rulebook:
    """Of one policy or of all: what the events name, as the chain has it. SetupError where the two
    differ, for want of logs."""
    compliance, rpc = deployment.compliance, deployment.rpc
    at = rpc.integer("eth_blockNumber")

    def events(name: str) -> list[Event]:
        return compliance.events(name, deployment.block, at)

    numbers = {str(event["issuer"]): int(event["number"]) for event in events("IssuerAccredited")}
    present = compliance.call_many([("issuerNumberOf", [issuer]) for issuer in numbers], block=at)
    issuers = [
        Issuer(address, number, int(now) != 0)
        for (address, number), now in zip(numbers.items(), present, strict=True)
    ]
    for issuer, now in zip(issuers, present, strict=True):
        if issuer.is_accredited and int(now) != issuer.number:
            raise SetupError(
                f"the node's logs say that issuer {issuer.address} has number {issuer.number}, but "
                f"it has {now}: ask another node"
            )
    ruled = {(int(event["policy"]), int(event["jurisdiction"])) for event in events("RuleSet")}
    places = sorted(place for place in ruled if policy in (None, place[0]))
    classes = compliance.call_many([("ruleOf", list(place)) for place in places], block=at)
    rules = [Rule(*place, int(found)) for place, found in zip(places, classes, strict=True)]
    blocks = sorted({str(event["account"]) for event in events("BlockedSet")})
    system = [str(event["account"]) for event in events("SystemHolderAdded")]
    blocked = [one.account for one in standings(deployment, blocks, at) if one.is_blocked]
    return Rulebook(
        block=at,
        issuers=issuers,
        rules=[rule for rule in rules if rule.classes],
        blocked=blocked,
        system_holders=system,
        clusters=_followers(deployment, policy, at),
    )


def accredit(deployment: Deployment, issuer: str, sender: Account, *, dry: bool) -> Act:
    return _act(deployment, "accredit", [issuer], sender, dry=dry)


def dismiss(deployment: Deployment, issuer: str, sender: Account, *, dry: bool) -> Act:
    return _act(deployment, "dismiss", [issuer], sender, dry=dry)


def set_rule(
    deployment: Deployment,
    policy: int,
    jurisdictions: Sequence[int],
    classes: int,
    sender: Account,
    *,
    dry: bool,
) -> Act:
    return _act(deployment, "setRule", [policy, jurisdictions, classes], sender, dry=dry)


def set_blocked(
    deployment: Deployment, account: str, sender: Account, *, blocked: bool, dry: bool
) -> Act:
    """Refused where nothing would change."""
    (known,) = standings(deployment, [account])
    if known.is_blocked == blocked:
        raise Refusal("BlockedAlready" if blocked else "NotBlocked", account=account)
    return _act(deployment, "setBlocked", [account, blocked], sender, dry=dry)


def add_system_holder(deployment: Deployment, account: str, sender: Account, *, dry: bool) -> Act:
    """For ever; the governor's alone."""
    return _act(deployment, "addSystemHolder", [account], sender, dry=dry)


@dataclass(frozen=True)
class Tokens:
    """What an account holds of a cluster, and how much of it is frozen, 1e-18 tokens."""

    account: str
    balance: int
    frozen: int


def tokens_of(deployment: Deployment, cluster: int, account: str) -> Tokens:
    balance, frozen = deployment.token(cluster).call_many(
        [("balanceOf", [account]), ("getFrozenTokens", [account])]
    )
    return Tokens(account, int(balance), int(frozen))


def freeze(
    deployment: Deployment, cluster: int, account: str, amount: int, sender: Account, *, dry: bool
) -> Act:
    """Freeze `amount`, 1e-18 tokens, instead of what was frozen before."""
    return _act(deployment, "setFrozenTokens", [cluster, account, amount], sender, dry=dry)


def force(
    deployment: Deployment,
    cluster: int,
    owner: str,
    to: str,
    amount: int,
    sender: Account,
    *,
    dry: bool,
) -> Act:
    """Take tokens from one account and give them to another, which must be allowed to receive."""
    token = deployment.token(cluster)
    policy = int(token.call("policy"))
    objection = objections(deployment, policy, standings(deployment, [to]))[to]
    if objection is not None:
        raise objection
    balance = int(token.call("balanceOf", owner))
    if amount > balance:
        raise Refusal(
            "TooFewTokens", cluster=cluster, account=owner, balance=balance, needed=amount
        )
    return _act(deployment, "forcedTransfer", [cluster, owner, to, amount], sender, dry=dry)


def _act(
    deployment: Deployment,
    function: str,
    arguments: Sequence[object],
    sender: Account,
    *,
    dry: bool,
) -> Act:
    return govern(deployment, deployment.compliance, function, arguments, sender, dry=dry)


def _followers(deployment: Deployment, policy: int | None, block: int) -> dict[int, list[int]]:
    registry = deployment.registry
    ids = range(1, int(registry.call("clusterCount", block=block)) + 1)
    terms = registry.call_many([("termsOf", [cluster]) for cluster in ids], block=block)
    found: dict[int, list[int]] = {}
    for cluster, each in zip(ids, terms, strict=True):
        if policy in (None, int(each["policy"])):
            found.setdefault(int(each["policy"]), []).append(cluster)
    return found
