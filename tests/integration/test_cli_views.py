"""Commands that look: clusters, leases, books, status, doctor; and how a network is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import GENESIS, HOUR, Stage, Terms
from tests.support.sweeps import BITCOIN, desk_on
from wellhead.actions.books import PARTS
from wellhead.chain import Anvil, dev_account
from wellhead.model.units import LEDGER_SCALE

NOW = GENESIS // HOUR
DAY = 24
#: What doctor notes on the tests' chain: its time is not now, and its operator has no dollars.
QUIET = {"clock", "balances"}


@pytest.fixture
def clusters(stage: Stage) -> tuple[int, int]:
    """Two clusters of 64 units with leases; 24 units of the first are booked for NOW + 2."""
    first, second = stage.cluster(64), stage.cluster(32, Terms(kind=1, sku="llama-70b"))
    stage.lease(first, 16, NOW + 1, 4)
    stage.lease(first, 8, NOW + 2, 2)
    stage.lease(second, 4, NOW + 1, 2)
    return first, second


# clusters and leases


def test_clusters(wellhead: Command, stage: Stage, clusters: tuple[int, int]) -> None:
    stage.to_hour(NOW + 2, 60)
    first, second = wellhead.json("cluster", "list")["clusters"]
    assert (first["attested"], first["booked"], first["terms"]["kind"]) == ("64", "24", "training")
    assert (second["attested"], second["booked"], second["symbol"]) == ("32", "4", first["symbol"])
    base = stage.market.call("baseOf", 1)
    marginal = base * (800_000 * 64 + 800_000 * 24) // (64 * 10**24)
    assert int(first["price"]) == marginal
    document = wellhead.json("cluster", "show", 2)
    assert {name: document[name] for name in second} == second
    assert document["schema"] == "wellhead.cluster.show/1"
    assert wellhead.json("cluster", "show", "--cluster", 2)["cluster"] == "2"
    shown = wellhead("cluster", "list").stdout
    assert "/GPU-hour" in shown
    assert "/unit-hour" in shown
    assert "llama-70b" in wellhead("cluster", "show", 2).stdout
    assert "There is no cluster 3." in wellhead.refused(1, "cluster", "show", 3)
    assert "1 or 2? Give one id" in wellhead("cluster", "show", 1, "--cluster", 2).stderr
    assert "which cluster? Give its id" in wellhead("cluster", "show").stderr


def test_nothing_to_list(wellhead: Command) -> None:
    assert wellhead.json("cluster", "list")["clusters"] == []
    assert wellhead.json("lease", "list")["leases"] == []
    assert "no cluster yet" in wellhead("cluster", "list").stderr
    assert "no such lease" in wellhead("lease", "list").stderr
    assert wellhead.json("revenue", "show")["clusters"] == []
    assert "There is no lease 1." in wellhead.refused(1, "lease", "show", 1)
    assert "There is no cluster 1." in wellhead.refused(1, "lease", "list", "--cluster", 1)


def test_leases(wellhead: Command, stage: Stage, clusters: tuple[int, int]) -> None:
    buyer = dev_account(30).address
    stage.market.send("transferFrom", stage.tenants[0].address, buyer, 2, sender=stage.tenants[0])

    def states() -> list[str]:
        return [lease["state"] for lease in wellhead.json("lease", "list")["leases"]]

    assert states() == ["future"] * 3
    stage.to_hour(NOW + 4, 60)
    assert states() == ["running", "ended", "ended"]
    stage.report_hours(1, NOW + 1, NOW + 4)
    stage.finalize()
    stage.router.send("accrueAndDistribute", 1, sender=stage.stranger)
    assert states() == ["ended", "final", "ended"]

    def ids(*options: object) -> list[str]:
        return [lease["lease"] for lease in wellhead.json("lease", "list", *options)["leases"]]

    assert ids("--cluster", 1) == ["1", "2"]
    assert ids("--account", buyer) == ["2"]
    assert ids("--account", 5, "--state", "ended") == ["1", "3"]
    one = wellhead.json("lease", "show", 2)
    assert (one["tenant"], one["owner"]) == (stage.tenants[0].address, buyer)
    assert (one["start"], one["end"], one["hours"]) == (str(NOW + 2), str(NOW + 4), "2")
    shown = wellhead("lease", "show", 2).stdout
    assert "2, final" in shown
    assert "/GPU-hour)" in shown


# books


def books_of(wellhead: Command, cluster: int) -> dict[str, int]:
    (found,) = wellhead.json("revenue", "show", "--cluster", cluster)["clusters"]
    return {name: int(value) for name, value in found.items()}


def test_books_at_every_stage(wellhead: Command, stage: Stage, clusters: tuple[int, int]) -> None:
    """They add up whatever happened: reports late, twice, contradictory, none at all."""
    cost = sum(
        event["cost"] for event in stage.market.events("LeaseOpened") if event["clusterId"] == 1
    )

    def check(**expected: int) -> dict[str, int]:
        books = books_of(wellhead, 1)
        assert books["paid_in"] == LEDGER_SCALE * cost == sum(books[part] for part in PARTS)
        for name, value in expected.items():
            assert books[name] == value, name
        return books

    check(refunded=0, routed=0, outage_refund=0)
    stage.to_hour(NOW + 6, 60)
    report = ["report", "--cluster", 1, "--yes", "--working"]
    wellhead.json(*report, 64, "--hour", NOW + 1)
    # Only what the oracle took counts: not an hour that is under way, nor one that was reported.
    wellhead.json(*report, 0, "--hour", NOW + 5, "--hours", 2)
    wellhead.json(*report, 0, "--hour", NOW + 1, "--hours", 2)
    stage.to_hour(NOW + 7)
    stage.finalize()
    wellhead.json("revenue", "distribute", "--cluster", 1, "--yes")
    middle = check(refunded=0)
    assert middle["outage_refund"] == middle["refund_owed"] > 0
    assert min(middle["escrowed"], middle["routed"]) > 0
    stage.to_hour(NOW + 5 + 7 * DAY)
    for hour in (NOW + 3, NOW + 4):
        stage.oracle.send("closeSilent", 1, hour, sender=stage.stranger)
    wellhead.json("settle", "--cluster", 1, "--yes")
    books = check(escrowed=0)
    assert books["refunded"] > middle["refund_owed"]
    assert books["refund_owed"] < LEDGER_SCALE * 2
    assert books_of(wellhead, 2)["routed"] == 0
    everything = wellhead.json("revenue", "show", "--account", 5)
    assert [found["cluster"] for found in everything["clusters"]] == ["1", "2"]
    owed = {each["source"]: int(each["cash"]) for each in everything["claimable"]}
    assert owed["vault"] * LEDGER_SCALE == books["refunded"]


def test_distribute(wellhead: Command, stage: Stage, clusters: tuple[int, int]) -> None:
    stage.to_hour(NOW + 6)
    for cluster in clusters:
        stage.report_hours(cluster, NOW + 1, NOW + 5)
    stage.finalize()
    before = block_number(stage)
    dry = wellhead.json("revenue", "distribute", "--dry-run")
    assert (dry["dry_run"], block_number(stage)) == (True, before)
    done = wellhead.json("revenue", "distribute", "--yes")
    assert done["distributed"] == dry["distributed"] != "0"
    assert [split["cluster"] for split in done["clusters"]] == ["1", "2"]
    assert stage.claim_of(stage.operator) > 0
    assert wellhead.json("revenue", "distribute", "--yes")["distributed"] == "0"
    assert "no cluster 9" in wellhead.refused(1, "revenue", "distribute", "--cluster", 9, "--yes")
    asked = wellhead("revenue", "distribute", answer="n\n")
    assert (asked.code, "Distribute what 2 clusters earned?" in asked.stderr) == (2, True)


# status and doctor


def test_status(wellhead: Command, stage: Stage, clusters: tuple[int, int]) -> None:
    document = wellhead.json("status")
    assert (document["running"], document["pid"], document["local"]) == (True, None, True)
    assert (document["block"], document["time"]) == (str(block_number(stage)), str(stage.now()))
    assert [cluster["attested"] for cluster in document["clusters"]] == ["64", "32"]
    (mine,) = wellhead.json("status", "--account", 9)["balances"]
    assert (mine["account"], mine["cash"]) == (dev_account(9).address, "0")
    assert "64 attested" in wellhead("status").stdout


def test_status_without_a_deployment(tmp_path: Path) -> None:
    with Anvil(GENESIS) as anvil:
        document = Command(tmp_path, anvil.rpc.url).json("status")
        assert (document["running"], document["deployment"]) == (True, None)
        assert "there is no deployment file" in document["problem"]


def found_by(wellhead: Command, *options: object, code: int = 0) -> dict[str, dict[str, Any]]:
    """Findings that are not simply in order, by what was looked at."""
    document = wellhead.json("doctor", *options, code=code)
    assert document["healthy"] is (code == 0)
    return {each["check"]: each for each in document["findings"] if each["state"] != "ok"}


def test_doctor_on_reports(wellhead: Command, stage: Stage, clusters: tuple[int, int]) -> None:
    desk_on(stage).fill(100 * BITCOIN)
    assert found_by(wellhead).keys() == QUIET
    stage.to_hour(NOW + 2, 60)
    early = found_by(wellhead)["cluster 1"]  # 1 hour waits, and has just ended
    assert early["state"] == "note"
    stage.to_hour(NOW + 5)
    late = found_by(wellhead, code=6)
    assert late["cluster 1"]["state"] == late["cluster 2"]["state"] == "wrong"
    assert "4 booked hours without a report" in late["cluster 1"]["message"]
    assert "over for 3 hours" in late["cluster 1"]["message"]
    assert f"--hour {NOW + 1} " in late["cluster 1"]["advice"]
    stage.to_hour(NOW + 3 + 7 * DAY)
    assert "close 2 of them as zero" in found_by(wellhead, code=6)["cluster 1"]["message"]
    for cluster in clusters:
        stage.report_hours(cluster, NOW + 1, NOW + 5)
    assert found_by(wellhead).keys() == QUIET
    stage.finalize()
    behind = found_by(wellhead)
    assert "4 final hours" in behind["cluster 1"]["message"]
    assert behind["cluster 1"]["advice"] == "`wellhead revenue distribute --cluster 1`"
    wellhead.json("revenue", "distribute", "--yes")
    assert found_by(wellhead).keys() == QUIET


def test_doctor_on_books_that_lag(wellhead: Command, stage: Stage) -> None:
    stage.lease(stage.cluster(64), 1, NOW + 1, 30)
    stage.to_hour(NOW + 31)
    stage.report_hours(1, NOW + 1, NOW + 31)
    stage.finalize()
    assert "30 final hours" in found_by(wellhead, code=6)["cluster 1"]["message"]


def test_doctor_on_roles_and_balances(wellhead: Command, stage: Stage) -> None:
    assert found_by(wellhead, "--account", 30)["balances"]["advice"].endswith("needs stablecoins")
    messages = [each["message"] for each in wellhead.json("doctor", "--account", 1)["findings"]]
    assert any("it may lease and register clusters" in message for message in messages)
    assert f"who may pause: {stage.guardian.address}" in messages
    stage.registry.send("pause", sender=stage.guardian)
    stage.authority.send("revokeRole", 1, stage.operator.address, sender=stage.governor)
    wrong = found_by(wellhead, code=6)
    assert wrong["roles"]["message"] == "nobody may register clusters"
    assert "CapacityRegistry.unpause" in wrong["pause"]["advice"]


def test_doctor_on_what_is_not_there(wellhead: Command, stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "deployments" / "31337.json"
    body = json.loads(file.read_text())
    body["addresses"]["Vault"] = body["addresses"]["LeaseMarket"]
    file.write_text(json.dumps(body))
    assert "Vault" in found_by(wellhead, code=6)["deployment"]["message"]
    file.unlink()
    assert "--deployment FILE" in found_by(wellhead, code=6)["deployment"]["advice"]
    nowhere = found_by(wellhead, "--rpc", "http://127.0.0.1:9", code=6)
    assert "`wellhead up`" in nowhere["node"]["advice"]
    other = found_by(wellhead, "--network", "sepolia", code=6)["chain"]
    assert "sepolia is chain 11155111, but" in other["message"]


def test_doctor_on_a_live_chain_that_stands_still(stage: Stage, tmp_path: Path) -> None:
    with Anvil(GENESIS, chain_id=5) as anvil:
        clock = found_by(Command(tmp_path, anvil.rpc.url), code=6)["clock"]
        assert "the chain stands still, or the node is behind it" in clock["message"]
        anvil.mine_at(GENESIS + 100 * 365 * DAY * HOUR)
        clock = found_by(Command(tmp_path, anvil.rpc.url), code=6)["clock"]
        assert clock["advice"] == "set this machine's clock"


# networks


def test_networks_by_name_and_by_url(
    wellhead: Command, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = stage.anvil.rpc.url
    wellhead.environment["WELLHEAD_RPC"] = None
    assert (
        "none answers at http://127.0.0.1:8545" in wellhead("status", "--network", "local").stdout
    )
    assert wellhead.json("status", "--network", url)["node"] == url
    monkeypatch.setenv("WELLHEAD_RPC_BASE_SEPOLIA", url)
    said = wellhead.refused(4, "cluster", "list", "--network", "base-sepolia")
    assert said == f"base-sepolia is chain 84532, but {url} is chain 31337"
    outcome = wellhead("status", "--network", "moon")
    assert outcome.code == 2
    assert "neither a node's URL nor one of local, mainnet, sepolia" in " ".join(
        outcome.stderr.split()
    )


def test_a_named_network_that_is_the_one(tmp_path: Path) -> None:
    with Anvil(GENESIS, chain_id=11155111) as anvil:
        wellhead = Command(tmp_path, anvil.rpc.url)
        status = wellhead.json("status", "--network", "sepolia")
        assert (status["chain_id"], status["local"]) == ("11155111", False)
