"""One market in three contracts: all is called on the first, and the others alone are nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.bonds import HARSH, bonded
from tests.support.raw import attempt, pay
from tests.support.rent import books, open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage
from tests.support.state import refused, unchanged
from tests.support.values import plain
from wellhead import toolchain
from wellhead.chain import Contract, Reverted
from wellhead.chain.abi import signature

#: In the order in which a call is passed on, each with the interface that it is there for.
CHAIN = {
    "LeaseMarket": "ILeaseBookings",
    "LeaseChanges": "ILeaseChanges",
    "LeaseRecords": "ILeaseRecords",
}


def functions(name: str) -> set[str]:
    """Functions that a contract itself has, as compiled."""
    manifest = json.loads((toolchain.project_root() / toolchain.MANIFEST).read_text("utf-8"))
    entries: list[dict[str, Any]] = manifest["contractTypes"][name]["abi"]
    return {signature(entry) for entry in entries if entry["type"] == "function"}


@shows("LEASE-21")
def test_each_function_is_answered_by_the_contract_that_is_there_for_it() -> None:
    """One that a contract before it had too would never be reached."""
    for position, (name, interface) in enumerate(CHAIN.items()):
        wanted = functions(interface)
        assert wanted
        assert wanted <= functions(name)
        for before in [*CHAIN][:position]:
            assert not wanted & functions(before)
    for desk in ("LeaseMarket", "LeaseExchange", "Contests"):
        assert functions("ICashDesk") <= functions(desk)


@shows("LEASE-21")
def test_the_market_can_be_asked_for_everything() -> None:
    merged = {
        signature(entry)
        for entry in toolchain.artifacts()["LeaseMarket"]["abi"]
        if entry["type"] == "function"
    }
    assert merged == functions("LeaseMarket") | functions("LeaseChanges") | functions(
        "LeaseRecords"
    )
    assert functions("ILeaseMarket") <= merged


@shows("LEASE-21")
@pytest.mark.parametrize("data", ["0x", "0x00", "0xdeadbeef", "0xdeadbeef" + "00" * 64])
def test_what_none_of_them_knows_is_refused(stage: Stage, data: str) -> None:
    body = {"from": stage.stranger.address, "to": stage.market.address, "data": data}
    with unchanged(stage):
        mined = stage.stranger.transact(stage.anvil.rpc, {**body, "gas": hex(1_000_000)})
        assert mined["status"] == "0x0"


@pytest.mark.parametrize("function", ["accrue", "declareDefault", "liftSuspension", "splitUnits"])
def test_ether_is_refused_wherever_the_call_ends(stage: Stage, function: str) -> None:
    cluster = stage.cluster(100)
    asked = [cluster, 1] if function == "splitUnits" else [cluster]
    with unchanged(stage), expect_revert(""):
        pay(stage.market, function, *asked, value=1, sender=stage.stranger)
    assert int(stage.anvil.rpc("eth_getBalance", stage.market.address, "latest"), 16) == 0


def test_what_is_refused_deep_inside_comes_back_as_it_is(stage: Stage) -> None:
    lease = open_lease(stage, stage.cluster(100), 10, stage.hour() + 1, 5)
    stranger = stage.stranger
    with refused(stage, "LeaseMarket_NotTenant", lease.id, stranger.address):
        attempt(stage.market, "splitUnits", lease.id, 1, sender=stranger)
    with refused(stage, "LeaseMarket_NotTenant", lease.id, stranger.address):
        attempt(stage.market, "setUser", lease.id, stranger.address, MAX >> 192, sender=stranger)


def alone(stage: Stage, name: str) -> Contract:
    """One of the contracts behind the market, called at its own address."""
    return stage.deployment.contract(name)


@shows("LEASE-21")
@pytest.mark.parametrize(
    ("name", "function", "more"),
    [
        ("LeaseChanges", "cancel", (0, 0)),
        ("LeaseChanges", "splitUnits", (1,)),
        ("LeaseChanges", "splitHours", (0,)),
        ("LeaseChanges", "ownerOf", ()),
        ("LeaseRecords", "partsOf", ()),
        ("LeaseRecords", "setUser", ("0x" + "11" * 20, 0)),
        ("LeaseRecords", "noticeSuspension", (bytes(32),)),
        ("LeaseRecords", "suspend", ()),
    ],
)
def test_the_contracts_behind_the_market_have_no_leases(
    stage: Stage, name: str, function: str, more: tuple[Any, ...]
) -> None:
    lease = open_lease(stage, stage.cluster(100), 10, stage.hour() + 1, 5)
    caller = stage.operator if "uspen" in function else lease.tenant
    with unchanged(stage), pytest.raises(Reverted) as caught:
        alone(stage, name).send(function, lease.id, *more, sender=caller)
    assert caught.value.name in ("LeaseMarket_UnknownLease", "TokenDoesNotExist")


@shows("LEASE-21")
@pytest.mark.parametrize(
    ("view", "hours", "answer"),
    [
        ("bookedAt", (2,), 10),
        ("bookedAt", (8,), 0),
        ("peakBooked", (0, 9), 13),
        ("sumBooked", (0, 9), 53),
        ("coveredAt", (2,), 10 * HOUR),
        ("coveredAt", (1,), 10 * HOUR - 10 * 1200),
    ],
)
def test_the_calendar_is_asked_through_all_of_them(
    stage: Stage, view: str, hours: tuple[int, ...], answer: int
) -> None:
    """The last of them answers, of the market's storage; of its own it knows nothing."""
    cluster, now = stage.cluster(100), stage.hour()
    open_lease(stage, cluster, 10, now + 1, 5, at=(now + 1) * HOUR + 1200)
    open_lease(stage, cluster, 3, now + 5, 1)
    asked = (cluster, *(now + hour for hour in hours))
    for name in ("LeaseMarket", "LeaseChanges"):
        assert not [said for said in functions(name) if said.startswith(f"{view}(")]
    assert stage.market.call(view, *asked) == answer
    assert alone(stage, "LeaseRecords").call(view, *asked) == 0


@shows("LEASE-21")
def test_the_contracts_behind_the_market_have_no_bond_and_charge_nobody(stage: Stage) -> None:
    cluster = bonded(stage, HARSH, 100, 1_000)
    records, tenant = alone(stage, "LeaseRecords"), stage.tenants[0]
    with refused(stage, "Vault_MayNotCharge", records.address, tenant.address):
        records.send("postBond", cluster, 1, sender=tenant)
    with refused(stage, "LeaseMarket_BondInUse", cluster, 0, 0):
        records.send("withdrawBond", cluster, 1, sender=stage.operator)
    with refused(stage, "LeaseMarket_NotInDefault", cluster, 0, 72 * HOUR):
        records.send("declareDefault", cluster, sender=stage.stranger)
    assert books(stage, cluster)["era"] == 0


@shows("LEASE-22")
def test_a_leases_metadata_comes_from_a_contract_of_its_own(stage: Stage) -> None:
    lease = open_lease(stage, stage.cluster(100), 10, stage.hour() + 1, 5)
    told = stage.market.call("leaseOf", lease.id)
    uri = alone(stage, "LeaseMetadata").call("uri", lease.id, plain(told))
    assert uri.startswith("data:application/json;base64,")
    assert stage.market.call("tokenURI", lease.id) == uri


@shows("AUTH-7")
def test_the_contracts_know_each_other_and_one_coin(stage: Stage) -> None:
    exchange, contests = stage.deployment.exchange, stage.contests
    assert stage.vault.call("market") == stage.market.address
    assert stage.vault.call("exchange") == exchange.address
    assert stage.vault.call("contests") == contests.address
    assert stage.oracle.call("contests") == contests.address
    for desk in (stage.market, exchange, contests):
        assert desk.call("cash") == stage.cash.address
