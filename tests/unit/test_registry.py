"""CapacityRegistry: registration, sellable capacity, views, the factory."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, MAX, UNIT, Stage, Terms
from tests.support.state import refused
from tests.support.values import plain
from wellhead.chain import Contract, Receipt, UnlockedAccount

STRANGE_IDS = [0, 2, 2**32, MAX]


def register(
    stage: Stage, name: str = "Northern H100", symbol: str = "wNH1", terms: Terms | None = None
) -> Receipt:
    encoded = (terms or Terms()).encoded()
    return stage.registry.send("register", encoded, name, symbol, sender=stage.operator)


def admit(stage: Stage, account: UnlockedAccount) -> None:
    stage.authority.send("grantRole", 1, account.address, 0, sender=stage.governor)


@shows("REG-17")
def test_registration_announces_everything(stage: Stage) -> None:
    receipt = register(stage)
    event = receipt.event("ClusterRegistered")
    assert event.address == stage.registry.address
    assert plain(event.arguments) == (
        1,
        stage.operator.address,
        stage.token(1).address,
        stage.hour(),
        "Northern H100",
        "wNH1",
        Terms().encoded(),
    )


def test_a_new_cluster_has_no_units_and_no_attestations(stage: Stage) -> None:
    cluster_id = stage.register()
    assert stage.registry.call("clusterOf", cluster_id) == {
        "operator": stage.operator.address,
        "token": stage.token(cluster_id).address,
        "attested": 0,
        "sellable": 0,
        "genesis": stage.hour(),
        "attestations": 0,
    }
    assert stage.token(cluster_id).call("totalSupply") == 0


def test_genesis_is_the_hour_of_registration(stage: Stage) -> None:
    hour = stage.hour() + 5
    for at in (hour * HOUR - 1, hour * HOUR):
        stage.anvil.next_block_at(at)
        stage.register()
    assert stage.registry.call_many([("genesisOf", [1]), ("genesisOf", [2])]) == [hour - 1, hour]


def test_ids_count_from_one(stage: Stage) -> None:
    assert stage.registry.call("clusterCount") == 0
    assert [stage.register() for _ in range(3)] == [1, 2, 3]
    assert stage.registry.call("clusterCount") == 3


@shows("REG-6")
def test_the_largest_cluster_has_26_bits_of_units(stage: Stage) -> None:
    assert stage.registry.call("MAX_UNITS") == 2**26 - 1


@shows("REG-15")
def test_each_cluster_has_a_token_of_its_own(stage: Stage) -> None:
    register(stage, "Northern H100", "wNH1")
    register(stage, "Southern V100", "wSV1")
    first, second = stage.token(1), stage.token(2)
    assert first.address != second.address
    described = [
        token.call_many([("clusterId", []), ("name", []), ("symbol", []), ("decimals", [])])
        for token in (first, second)
    ]
    assert described == [[1, "Northern H100", "wNH1", 18], [2, "Southern V100", "wSV1", 18]]
    coins = [stage.cash.address, stage.reserve.address]
    assert first.call_many([("cash", []), ("reserve", [])]) == coins


def test_an_unadmitted_account_can_not_register(stage: Stage) -> None:
    caller = stage.stranger
    with refused(stage, "AccessManagedUnauthorized", caller.address):
        stage.register(operator=caller)
    assert stage.registry.call("clusterCount") == 0


def test_the_caller_runs_the_cluster(stage: Stage) -> None:
    admit(stage, stage.stranger)
    cluster_id = stage.register(operator=stage.stranger)
    assert stage.registry.call("clusterOf", cluster_id)["operator"] == stage.stranger.address


@shows("PAUSE-1")
def test_no_registration_while_paused(stage: Stage) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    with refused(stage, "CapacityRegistry_Paused"):
        stage.register()
    stage.registry.send("unpause", sender=stage.guardian)
    assert stage.register() == 1


@shows("REG-15")
@pytest.mark.parametrize("name", ["n", "n" * 31, "ü" * 15 + "n"])
@pytest.mark.parametrize("symbol", ["s", "s" * 11, "é" * 5 + "s"])
def test_a_name_has_1_to_31_bytes_and_a_symbol_1_to_11(
    stage: Stage, name: str, symbol: str
) -> None:
    event = register(stage, name, symbol).event("ClusterRegistered")
    assert (event["name"], event["symbol"]) == (name, symbol)
    token = stage.token(1)
    assert token.call_many([("name", []), ("symbol", [])]) == [name, symbol]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("", "wNH1"),
        ("n" * 32, "wNH1"),
        ("ü" * 16, "wNH1"),
        ("Northern H100", ""),
        ("Northern H100", "s" * 12),
        ("Northern H100", "é" * 6),
        ("", ""),
        ("n" * 200, "s" * 200),
    ],
)
def test_other_lengths_are_refused(stage: Stage, name: str, symbol: str) -> None:
    lengths = (len(name.encode()), len(symbol.encode()))
    with refused(stage, "CapacityRegistry_InvalidName", *lengths):
        register(stage, name, symbol)
    assert stage.registry.call("clusterCount") == 0


@shows("REG-10")
def test_views_of_a_cluster_give_its_terms(stage: Stage) -> None:
    stage.cluster(50)
    terms = Terms(kind=2, power=0, sku="RPI-5", region="CN-EAST", low=1, discount=0, sla=5, bond=9)
    cluster_id = stage.register(terms)
    stage.mint(cluster_id, 300)
    stage.registry.send("setSellable", cluster_id, 20, sender=stage.operator)
    *_, pricing, service, split = terms.encoded()
    ask = stage.registry.call
    genesis = stage.hour()
    assert plain(ask("termsOf", cluster_id)) == terms.encoded()
    assert plain(ask("offerOf", cluster_id)) == (pricing, 300, 20, genesis, 9, False)
    assert plain(ask("serviceOf", cluster_id)) == service
    payees = (stage.operator.address, stage.token(cluster_id).address, split)
    assert plain(ask("payeesOf", cluster_id)) == payees
    assert plain(ask("termsOf", 1)) == Terms().encoded()


def test_an_offer_says_whether_leases_are_stopped(stage: Stage) -> None:
    cluster_id = stage.cluster()
    stage.registry.send("pause", sender=stage.guardian)
    assert stage.registry.call("offerOf", cluster_id)["isPaused"] is True
    stage.registry.send("unpause", sender=stage.guardian)
    assert stage.registry.call("offerOf", cluster_id)["isPaused"] is False


@shows("REG-16")
@pytest.mark.parametrize("cluster_id", STRANGE_IDS)
@pytest.mark.parametrize("view", ["clusterOf", "termsOf", "offerOf", "serviceOf", "payeesOf"])
def test_views_of_an_unknown_cluster_revert(stage: Stage, view: str, cluster_id: int) -> None:
    stage.register()
    with refused(stage, "CapacityRegistry_UnknownCluster", cluster_id):
        stage.registry.call(view, cluster_id)


@shows("REG-16")
@pytest.mark.parametrize("cluster_id", STRANGE_IDS)
def test_an_unknown_cluster_has_genesis_zero_and_no_operator(stage: Stage, cluster_id: int) -> None:
    stage.register()
    assert stage.registry.call("genesisOf", cluster_id) == 0
    assert int(stage.registry.call("operatorOf", cluster_id), 16) == 0


@shows("REG-16")
def test_who_runs_a_cluster_can_be_asked_alone(stage: Stage) -> None:
    admit(stage, stage.stranger)
    clusters = [stage.register(), stage.register(operator=stage.stranger)]
    operators = [stage.registry.call("operatorOf", cluster) for cluster in clusters]
    assert operators == [stage.operator.address, stage.stranger.address]


@pytest.mark.parametrize("cluster_id", STRANGE_IDS)
@pytest.mark.parametrize("function", ["setSellable", "retire", "mint"])
def test_an_unknown_cluster_can_not_be_run(stage: Stage, function: str, cluster_id: int) -> None:
    stage.register()
    more: list[Any] = [0, EVIDENCE, []] if function == "mint" else []
    with refused(stage, "CapacityRegistry_UnknownCluster", cluster_id):
        stage.registry.send(function, cluster_id, 1, *more, sender=stage.operator)


@shows("REG-12")
@pytest.mark.parametrize("function", ["setSellable", "retire", "mint"])
def test_only_its_operator_runs_a_cluster(stage: Stage, function: str) -> None:
    cluster_id = stage.cluster(10)
    admit(stage, stage.stranger)
    stage.register(operator=stage.stranger)  # an operator, but of another cluster
    signatures = stage.attest(cluster_id, 5, 1)
    more: list[Any] = [1, EVIDENCE, signatures] if function == "mint" else []
    for caller in (stage.stranger, stage.governor, stage.guardian):
        with refused(stage, "CapacityRegistry_NotOperator", cluster_id, caller.address):
            stage.registry.send(function, cluster_id, 5, *more, sender=caller)
    stage.registry.send(function, cluster_id, 5, *more, sender=stage.operator)


@shows("REG-12")
def test_an_operator_that_lost_its_role_still_runs_its_clusters(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    stage.authority.send("revokeRole", 1, stage.operator.address, sender=stage.governor)
    stage.mint(cluster_id, 5)
    stage.registry.send("setSellable", cluster_id, 3, sender=stage.operator)
    stage.registry.send("retire", cluster_id, 5, sender=stage.operator)
    assert stage.token(cluster_id).call("totalSupply") == 10 * UNIT


@pytest.mark.parametrize("sellable", [0, 1, 999, 1000])
def test_sellable_is_set_up_to_what_is_attested(stage: Stage, sellable: int) -> None:
    cluster_id = stage.cluster(1000)
    receipt = stage.registry.send("setSellable", cluster_id, sellable, sender=stage.operator)
    assert [event.name for event in receipt.events] == ["SellableSet"]
    expected = {"clusterId": cluster_id, "sellable": sellable}
    assert receipt.event("SellableSet").arguments == expected
    cluster = stage.registry.call("clusterOf", cluster_id)
    assert (cluster["sellable"], cluster["attested"]) == (sellable, 1000)


@shows("REG-2")
@pytest.mark.parametrize("sellable", [1001, 2**32, 2**32 + 1000, MAX])
def test_no_more_than_attested_is_sellable(stage: Stage, sellable: int) -> None:
    cluster_id = stage.cluster(1000)
    with refused(stage, "CapacityRegistry_SellableAboveAttested", sellable, 1000):
        stage.registry.send("setSellable", cluster_id, sellable, sender=stage.operator)


def test_sellable_may_fall_below_what_is_booked_and_when_paused(stage: Stage) -> None:
    cluster_id = stage.cluster(1000)
    lease_id = stage.lease(cluster_id, 600, stage.hour() + 1, 10)
    before = stage.market.call("leaseOf", lease_id)
    stage.registry.send("pause", sender=stage.guardian)
    stage.registry.send("setSellable", cluster_id, 0, sender=stage.operator)
    assert stage.registry.call("clusterOf", cluster_id)["sellable"] == 0
    assert stage.market.call("leaseOf", lease_id) == before
    assert stage.market.call("bookedAt", cluster_id, stage.hour() + 1) == 600


@shows("SIG-14")
def test_the_domain_is_the_registrys(stage: Stage) -> None:
    fields, name, version, chain_id, contract, salt, extensions = plain(
        stage.registry.call("eip712Domain")
    )
    assert (fields, name, version) == (b"\x0f", "Wellhead CapacityRegistry", "1")
    assert (chain_id, contract) == (stage.deployment.chain_id, stage.registry.address)
    assert (salt, extensions) == (bytes(32), ())


@shows("REG-15")
@pytest.mark.parametrize("who", ["operator", "governor", "stranger"])
def test_only_the_registry_deploys_tokens(stage: Stage, who: str) -> None:
    caller: UnlockedAccount = getattr(stage, who)
    factory: Contract = stage.deployment.factory
    with refused(stage, "CapacityTokenFactory_NotRegistry", caller.address):
        factory.send("create", 1, 0, "Northern H100", "wNH1", sender=caller)
