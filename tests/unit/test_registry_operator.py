"""Another account runs a cluster: named by the operator, or by the governor for a lost key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.raw import attempt
from tests.support.rent import FLAT, deliver, open_lease
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, MAX, UNIT, USD, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Receipt, UnlockedAccount

ZERO = "0x" + "00" * 20
DELAY = 3 * 24 * HOUR


def hand_over(
    stage: Stage, cluster: int, to: UnlockedAccount, by: UnlockedAccount | None = None
) -> Receipt:
    sender = by or stage.operator
    return stage.registry.send("setOperator", cluster, to.address, sender=sender)


@shows("REG-13")
@pytest.mark.parametrize("who", ["operator", "governor"])
def test_the_operator_or_the_governor_names_another(stage: Stage, who: str) -> None:
    cluster, successor = stage.cluster(100), stage.holders[0]
    before = stage.registry.call("clusterOf", cluster)
    receipt = hand_over(stage, cluster, successor, by=getattr(stage, who))
    assert [(event.name, event.arguments) for event in receipt.events] == [
        (
            "OperatorChanged",
            {
                "clusterId": cluster,
                "former": stage.operator.address,
                "operator": successor.address,
            },
        )
    ]
    assert stage.registry.call("operatorOf", cluster) == successor.address
    assert stage.registry.call("payeesOf", cluster)[0] == successor.address
    after = stage.registry.call("clusterOf", cluster)
    assert after == before | {"operator": successor.address}


@shows("REG-13")
@pytest.mark.parametrize("who", ["guardian", "officer", "stranger", "successor", "other"])
def test_nobody_else_does(stage: Stage, who: str) -> None:
    cluster, successor = stage.cluster(100), stage.holders[0]
    people = {"successor": successor, "other": stage.holders[1]}
    stage.authority.send("grantRole", 1, stage.holders[1].address, 0, sender=stage.governor)
    caller = people.get(who) or getattr(stage, who)
    with refused(stage, "AccessManagedUnauthorized", caller.address):
        attempt(stage.registry, "setOperator", cluster, successor.address, sender=caller)


@pytest.mark.parametrize("who", ["operator", "governor"])
def test_a_cluster_needs_another_operator(stage: Stage, who: str) -> None:
    cluster, caller = stage.cluster(100), getattr(stage, who)
    for account in (ZERO, stage.operator.address):
        with refused(stage, "CapacityRegistry_InvalidOperator", account):
            attempt(stage.registry, "setOperator", cluster, account, sender=caller)


@pytest.mark.parametrize("cluster_id", [0, 2, MAX])
def test_an_unknown_cluster_has_no_operator_to_change(stage: Stage, cluster_id: int) -> None:
    stage.cluster(100)
    successor = stage.holders[0].address
    for caller in (stage.operator, stage.governor):
        with refused(stage, "CapacityRegistry_UnknownCluster", cluster_id):
            attempt(stage.registry, "setOperator", cluster_id, successor, sender=caller)


def test_the_governor_waits_where_it_has_a_delay(stage: Stage) -> None:
    """What it announced can be seen, and undone by the operator's own word, before it is done."""
    cluster, successor = stage.cluster(100), stage.holders[0]
    admin, governor = stage.authority.call("ADMIN_ROLE"), stage.governor
    stage.authority.send("grantRole", admin, governor.address, DELAY, sender=governor)
    call = ("setOperator", (cluster, successor.address))
    data = bytes.fromhex(stage.registry.functions[call[0]].encode(call[1])[2:])
    stage.authority.send("schedule", stage.registry.address, data, 0, sender=governor)
    stage.skip(DELAY - 10)
    with refused_delayed(stage):
        attempt(stage.registry, call[0], *call[1], sender=governor)
    stage.skip(20)
    hand_over(stage, cluster, successor, by=governor)
    assert stage.registry.call("operatorOf", cluster) == successor.address


def refused_delayed(stage: Stage) -> Any:
    """Too early for what was scheduled; the operation's id is the authority's."""
    cluster = 1
    function = stage.registry.functions["setOperator"]
    data = function.encode((cluster, stage.holders[0].address))
    asked = (stage.governor.address, stage.registry.address, bytes.fromhex(data[2:]))
    operation = stage.authority.call("hashOperation", *asked)
    return refused(stage, "AccessManagerNotReady", operation)


def test_a_lost_key_is_replaced_and_the_new_one_runs_the_cluster(stage: Stage) -> None:
    cluster, successor = stage.cluster(100), stage.holders[0]
    hand_over(stage, cluster, successor, by=stage.governor)
    number = stage.registry.call("clusterOf", cluster)["attestations"]
    signatures = stage.attest(cluster, 5, number)
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("setSellable", (cluster, 50)),
        ("mint", (cluster, 5, number, EVIDENCE, signatures)),
        ("retire", (cluster, 5)),
        ("setOperator", (cluster, stage.holders[1].address)),
    ]
    for function, arguments in calls:
        error = ("CapacityRegistry_NotOperator", cluster, stage.operator.address)
        if function == "setOperator":
            error = ("AccessManagedUnauthorized", stage.operator.address)  # type: ignore[assignment]
        with refused(stage, *error):
            attempt(stage.registry, function, *arguments, sender=stage.operator)
        stage.registry.send(function, *arguments, sender=successor)
    assert stage.token(cluster).call("totalSupply") == 100 * UNIT
    assert stage.registry.call("operatorOf", cluster) == stage.holders[1].address


@shows("REG-13")
def test_tokens_and_claims_stay_where_they_are(stage: Stage) -> None:
    """What was released is the former operator's; what was not is the present one's."""
    cluster = stage.cluster(
        100, FLAT.but(operator_share=500_000, reporter_share=0, bitcoin_share=0)
    )
    token, former, successor = stage.token(cluster), stage.operator, stage.holders[0]
    for number in range(2):
        lease = open_lease(stage, cluster, 100, stage.hour() + 1, 1)
        deliver(stage, cluster, {lease.start: 100_000})
        stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
        if number == 0:
            stage.router.send("release", cluster, sender=stage.stranger)
    owed = token.call("owedLedgerOf", former.address)
    hand_over(stage, cluster, successor, by=stage.governor)
    assert token.call("balanceOf", former.address) == 100 * UNIT
    assert token.call("owedLedgerOf", former.address) == owed
    receipt = stage.router.send("release", cluster, sender=stage.stranger)
    assert receipt.event("Released")["operator"] == successor.address
    assert (stage.claim_of(former), stage.claim_of(successor)) == (50, 50)
    assert token.send("claim", former.address, sender=former).event("Claimed")["cash"] in (99, 100)


@shows("REG-13")
def test_the_bond_is_the_present_operators(stage: Stage) -> None:
    cluster = stage.cluster(100, Terms(bond=USD))
    former, successor = stage.operator, stage.holders[0]
    stage.fund(former)
    stage.market.send("postBond", cluster, 100 * USD, sender=former)
    hand_over(stage, cluster, successor)
    with refused(stage, "CapacityRegistry_NotOperator", cluster, former.address):
        attempt(stage.market, "withdrawBond", cluster, 100 * USD, sender=former)
    stage.market.send("withdrawBond", cluster, 100 * USD, sender=successor)
    assert (stage.claim_of(former), stage.claim_of(successor)) == (0, 100 * USD)


@shows("REG-14")
def test_a_successor_without_a_credential_can_run_but_not_mint(stage: Stage) -> None:
    cluster, successor = stage.cluster(100), stage.holders[0]
    stage.compliance.send("revoke", successor.address, sender=stage.officer)
    hand_over(stage, cluster, successor)
    stage.registry.send("setSellable", cluster, 10, sender=successor)
    mint = (cluster, 5, 1, EVIDENCE, stage.attest(cluster, 5, 1))
    with refused(stage, "ERC7943CannotReceive", successor.address):
        attempt(stage.registry, "mint", *mint, sender=successor)
    stage.skip(1)
    stage.credential(successor.address)
    stage.registry.send("mint", *mint, sender=successor)
    assert stage.token(cluster).call("balanceOf", successor.address) == 5 * UNIT


@shows("REG-14")
@pytest.mark.parametrize("standing", ["expired", "barred", "no rule"])
def test_an_operator_that_may_not_receive_mints_nothing(stage: Stage, standing: str) -> None:
    cluster, operator = stage.cluster(100), stage.operator
    stage.skip(1)
    if standing == "expired":
        stage.credential(operator.address, expires=stage.now() + 100)
        stage.skip(100)
    elif standing == "barred":
        stage.compliance.send("setBlocked", operator.address, True, sender=stage.officer)
    else:
        stage.compliance.send("setRule", 0, [578], 0, sender=stage.officer)
    mint = (cluster, 5, 1, EVIDENCE, stage.attest(cluster, 5, 1))
    with refused(stage, "ERC7943CannotReceive", operator.address):
        attempt(stage.registry, "mint", *mint, sender=operator)
    # It still sells, and gives units back unless it is barred.
    stage.registry.send("setSellable", cluster, 90, sender=operator)
    if standing == "barred":
        with refused(stage, "ERC7943CannotSend", operator.address):
            attempt(stage.registry, "retire", cluster, 5, sender=operator)
    else:
        stage.registry.send("retire", cluster, 5, sender=operator)


@shows("REG-8")
def test_frozen_units_are_not_retired(stage: Stage) -> None:
    cluster, operator = stage.cluster(100), stage.operator
    freeze = ("setFrozenTokens", cluster, operator.address, 70 * UNIT)
    stage.compliance.send(*freeze, sender=stage.officer)
    error = ("ERC7943InsufficientUnfrozenBalance", operator.address, 31 * UNIT, 30 * UNIT)
    with refused(stage, *error):
        attempt(stage.registry, "retire", cluster, 31, sender=operator)
    stage.registry.send("retire", cluster, 30, sender=operator)
    assert stage.token(cluster).call("totalSupply") == 70 * UNIT
