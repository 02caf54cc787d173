"""Who may do what is what the events say: holders, rules, reporters, operators, users, offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.history import scanned
from tests.support.lifecycle import ZERO
from tests.support.rent import open_lease
from tests.support.reporters import announced
from tests.support.sales import seen
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, NORWAY, UNIT, Stage, Terms
from tests.support.standing import SWEDEN, present, statement
from wellhead.chain import Event, Reverted, dev_account

DAY = 24 * HOUR
OTHER = dev_account(14)
NOBODY = {
    "jurisdiction": 0,
    "class": 0,
    "issued": 0,
    "expires": 0,
    "issuer": ZERO,
    "isAccredited": False,
    "isBlocked": False,
    "isSystemHolder": False,
}


@pytest.fixture(scope="module")
def changed(deployed: Stage) -> Iterator[Stage]:
    """Everything that events tell of was done, undone and done again."""
    with deployed.scratch():
        cluster = deployed.cluster(100, Terms(speed=0))
        _change_holders(deployed, cluster)
        _change_reporters(deployed)
        _change_leases(deployed, cluster)
        yield deployed


def _change_holders(stage: Stage, cluster: int) -> None:
    officer, (first, second, third) = stage.officer, stage.holders
    stage.skip(5)
    stage.compliance.send("accredit", OTHER.address, sender=officer)
    stage.skip(5)
    for holder in (first, second):
        present(stage, OTHER, statement(holder.address, stage.now(), jurisdiction=SWEDEN, kind=3))
    for function, *arguments in (
        ("revoke", first.address),
        ("setBlocked", second.address, True),
        ("setBlocked", third.address, True),
        ("setBlocked", third.address, False),
        ("setBlocked", stage.vault.address, True),
        ("setRule", 0, [NORWAY, SWEDEN], 9),
        ("setRule", 7, [SWEDEN, 1023], 255),
        ("setRule", 0, [SWEDEN], 0),
        ("setFrozenTokens", cluster, first.address, 5 * UNIT),
        ("setFrozenTokens", cluster, first.address, 2 * UNIT),
        ("setFrozenTokens", cluster, stage.operator.address, 90 * UNIT),
        ("forcedTransfer", cluster, stage.operator.address, third.address, 50 * UNIT),
        ("dismiss", OTHER.address),
    ):
        stage.compliance.send(function, *arguments, sender=officer)
    stage.compliance.send("addSystemHolder", stage.vault.address, sender=stage.governor)
    stage.skip(5)
    stage.credential(first.address, kind=1)
    stage.compliance.send("accredit", OTHER.address, sender=officer)
    stage.registry.send("setOperator", cluster, stage.relay.address, sender=stage.operator)
    stage.registry.send("setSellable", cluster, 99, sender=stage.relay)


def _change_reporters(stage: Stage) -> None:
    signers = [reporter.address for reporter in stage.reporters]
    for threshold in (4, 5):
        stage.oracle.send("announceSigners", signers, threshold, sender=stage.governor)
    stage.skip(2 * DAY)
    stage.oracle.send("enactSigners", signers, 5, sender=stage.stranger)
    stage.oracle.send("announceSigners", signers[:3], 2, sender=stage.governor)


def _change_leases(stage: Stage, cluster: int) -> None:
    (first, second, user, _), operator = stage.tenants, stage.relay
    exchange, now = stage.deployment.exchange, stage.now()
    leases = [open_lease(stage, cluster, 5, stage.hour() + 1, 90, first) for _ in range(5)]
    market = stage.market
    for lease, expires in zip(leases, (now + HOUR, now + 50 * HOUR, 1, 0, 0), strict=True):
        market.send("setUser", lease.id, user.address, expires, sender=first)
    market.send("setUser", leases[1].id, second.address, now + 40 * HOUR, sender=user)
    for lease in leases[1:4]:
        market.send("noticeSuspension", lease.id, EVIDENCE, sender=operator)
    stage.skip(DAY)
    for lease in leases[1:3]:
        market.send("suspend", lease.id, sender=operator)
    market.send("liftSuspension", leases[2].id, sender=operator)
    market.send("setApprovalForAll", exchange.address, True, sender=first)
    for price, lease in enumerate([*leases, leases[0]], 7):
        offer = (lease.id, price, 5, stage.now(), stage.now() + 9 * DAY)
        exchange.send("list", *offer, sender=first)
    exchange.send("delist", leases[2].id, sender=first)
    bounds = seen(stage.market, leases[4].id).encoded()
    exchange.send("buy", leases[4].id, bounds, sender=second)
    moved = (first.address, second.address, leases[3].id)
    market.send("transferFrom", *moved, sender=first)


def events(stage: Stage, *names: str, of: Any) -> list[Event]:
    return [event for event in scanned(stage, [of.address]) if event.name in names]


def times(stage: Stage) -> dict[int, int]:
    """Unix time by block."""
    last = stage.anvil.rpc.integer("eth_blockNumber")
    asked = [("eth_getBlockByNumber", [hex(block), False]) for block in range(last + 1)]
    return {n: int(b["timestamp"], 16) for n, b in enumerate(stage.anvil.rpc.batch(asked))}


@shows("COMP-13")
def test_holders_and_issuers_are_what_compliances_events_say(changed: Stage) -> None:
    compliance, at = changed.compliance, times(changed)
    numbers: dict[str, int] = {}
    accredited: set[int] = set()
    standings: dict[str, dict[str, Any]] = {}
    issued_by: dict[str, int] = {}
    names = ("IssuerAccredited", "IssuerDismissed", "CredentialPresented", "CredentialRevoked")
    for event in events(changed, *names, "BlockedSet", "SystemHolderAdded", of=compliance):
        who = event.arguments.get("account") or event.arguments.get("holder") or ZERO
        standing = standings.setdefault(who, dict(NOBODY))
        match event.name:
            case "IssuerAccredited":
                numbers[event["issuer"]] = event["number"]
                accredited.add(event["number"])
            case "IssuerDismissed":
                accredited.remove(event["number"])
            case "CredentialPresented":
                issued_by[who] = numbers[event["issuer"]]
                kept = ("jurisdiction", "class", "issued", "expires", "issuer")
                standing |= {name: event[name] for name in kept}
            case "CredentialRevoked":
                standing |= {"expires": 0, "issued": at[event.block]}
            case "BlockedSet":
                standing["isBlocked"] = event["isBlocked"]
            case "SystemHolderAdded":
                standing |= {"isBlocked": False, "isSystemHolder": True}
    assert len(standings) > 10
    for who, standing in standings.items():
        standing["isAccredited"] = issued_by.get(who) in accredited
        assert compliance.call("standingOf", who) == standing, who
    for issuer, number in numbers.items():
        is_valid = number in accredited
        assert compliance.call("issuerNumberOf", issuer) == (number if is_valid else 0)


@shows("COMP-13")
def test_rules_and_freezes_are_what_the_events_say(changed: Stage) -> None:
    compliance, token = changed.compliance, changed.token(1)
    found = events(changed, "RuleSet", of=compliance)
    rules = {(e["policy"], e["jurisdiction"]): e["classes"] for e in found}
    assert len(rules) == 4
    asked = compliance.call_many([("ruleOf", key) for key in rules])
    assert dict(zip(rules, asked, strict=True)) == rules
    frozen = {e["account"]: e["amount"] for e in events(changed, "Frozen", of=token)}
    assert len(frozen) == 2
    for account, amount in frozen.items():
        assert token.call("getFrozenTokens", account) == amount


@shows("SIG-15")
def test_reporters_are_what_the_oracles_events_say(changed: Stage) -> None:
    """What is announced is void once somebody was enacted or removed."""
    oracle = changed.oracle
    names = ("SignersSet", "SignersAnnounced", "SignerRemoved")

    def check() -> None:
        reporters: tuple[list[str], int] = ([], 0)
        waiting: tuple[bytes, int] = (bytes(32), 0)
        for event in events(changed, *names, of=oracle):
            match event.name:
                case "SignersSet":
                    reporters = (event["signers"], event["threshold"])
                    waiting = (bytes(32), 0)
                case "SignersAnnounced":
                    hashed = announced(event["signers"], event["threshold"])
                    waiting = (hashed, event["enactableAt"])
        assert oracle.call("signers") == reporters
        assert oracle.call("announcement") == waiting

    check()
    with changed.scratch():
        signers = [reporter.address for reporter in changed.reporters]
        changed.skip(2 * DAY)
        oracle.send("enactSigners", signers[:3], 2, sender=changed.stranger)
        check()
        oracle.send("announceSigners", signers, 4, sender=changed.governor)
        oracle.send("removeSigner", signers[0], sender=changed.guardian)
        check()


@shows("REG-18")
def test_operators_are_what_the_registrys_events_say(changed: Stage) -> None:
    found = events(changed, "ClusterRegistered", "OperatorChanged", of=changed.registry)
    operators: dict[int, str] = {}
    for event in found:
        cluster = event["clusterId"]
        assert event.arguments.get("former", ZERO) == operators.get(cluster, ZERO)
        operators[cluster] = event["operator"]
    assert operators == {1: changed.relay.address}
    assert changed.registry.call("operatorOf", 1) == operators[1]


@shows("USE-9")
def test_users_and_suspensions_are_what_the_markets_events_say(changed: Stage) -> None:
    market, now = changed.market, changed.now()
    named = {e["tokenId"]: e for e in events(changed, "UpdateUser", of=market)}
    kinds = ("SuspensionNoticed", "Suspended", "SuspensionLifted")
    due: dict[int, tuple[int, bool]] = {}
    for event in events(changed, *kinds, of=market):
        lease = event["leaseId"]
        match event.name:
            case "SuspensionNoticed":
                due[lease] = (event["from"], False)
            case "Suspended":
                due[lease] = (due[lease][0], True)
            case "SuspensionLifted":
                due[lease] = (0, False)
    assert len(named) == 5
    assert len(due) == 3
    for lease, event in named.items():
        suspension = due.get(lease, (0, False))
        assert market.call("suspensionOf", lease) == suspension
        assert market.call("userExpires", lease) == event["expires"]
        is_there = event["expires"] >= now and not suspension[1]
        assert market.call("userOf", lease) == (event["user"] if is_there else ZERO)


@shows("SALE-11")
def test_offers_are_what_the_exchanges_and_the_markets_events_say(changed: Stage) -> None:
    """An offer is what was listed last, unless it was taken back, or the lease was moved since."""
    exchange, market = changed.deployment.exchange, changed.market
    listed = events(changed, "Listed", "Delisted", "Sold", of=exchange)
    moved = events(changed, "Transfer", of=market)
    offers: dict[int, Event | None] = {}
    for event in sorted(listed + moved, key=lambda event: (event.block, event.index)):
        lease = event.arguments.get("leaseId") or event["id"]
        offers[lease] = event if event.name == "Listed" else None
    assert sum(offer is not None for offer in offers.values()) == 2
    for lease, offer in offers.items():
        try:
            found = exchange.call("listingOf", lease)
        except Reverted as refusal:
            assert (refusal.name, offer) == ("LeaseExchange_NotListed", None)
            continue
        assert offer is not None
        for name in ("seller", "startPrice", "endPrice", "opens", "closes"):
            assert found[name] == offer[name]
