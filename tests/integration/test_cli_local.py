"""The local chain lasts: over `down` and `up`, over kills, over two commands at once."""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_cli_newcomer import free_port
from tests.support.cli import Command
from tests.support.program import Program, program_on
from tests.support.stage import GENESIS, Stage
from wellhead.actions import local
from wellhead.actions.keeper import HEAD, WHOLE
from wellhead.chain import Deployment, Rpc, dev_account

HOUR = 3600


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """A command line whose local chain, if any, ends with the test."""
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    command = Command(tmp_path)
    yield command
    command("down", "--forget")


def node(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "local" / "node.json").read_text())
    return found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    for _ in range(500):
        if not local.is_alive(pid, "anvil") and not local.is_alive(pid, local.KEEPER):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} lives")


def wait_for_save(folder: Path, block: dict[str, Any]) -> None:
    """The keeper looks every second; the states of old blocks may take a little longer."""
    whole, wanted = folder / "local" / WHOLE, int(block["number"], 16)
    seen = None
    for _ in range(600):
        if whole.is_file() and (stamp := whole.stat().st_mtime_ns) != seen:
            seen = stamp
            saved = json.loads(gzip.decompress(whole.read_bytes()))
            if saved["best_block_number"] == wanted:
                return
        time.sleep(0.25)
    raise AssertionError(f"block {wanted} was not saved")


def head(rpc: Rpc) -> dict[str, Any]:
    found: dict[str, Any] = rpc("eth_getBlockByNumber", "latest", False)
    return found


def at(block: dict[str, Any]) -> int:
    return int(block["timestamp"], 16)


def test_a_killed_chain_goes_on(alone: Command) -> None:
    """SIGKILL, with time 30 hours ahead: state, time, blocks, and states of old blocks are there,
    and the next block comes after its parent."""
    port = free_port()
    up = alone.json("up", "--port", port, "--finality", 1)
    rpc = Rpc(up["url"])
    registered = alone.json("cluster", "register", "--yes")
    poor = rpc.integer("eth_blockNumber")
    tenant, anybody = dev_account(5).address, dev_account(30).address
    cash = Deployment.load(Path(up["deployment"]), rpc).cash
    alone.json("mint", "--cluster", 1, "--units", 8, "--yes")
    alone.json("skip", "--hours", 30)
    rpc("eth_sendTransactionSync", {"from": tenant, "to": anybody, "value": "0x7"})
    before, wei = head(rpc), rpc.integer("eth_getBalance", anybody, "latest")
    wait_for_save(alone.folder, before)
    kill(int(up["pid"]))
    assert alone.json("status", code=3)["kept"] is True

    again = alone.json("up", "--port", port, "--finality", 1)
    assert again["earlier"] is True
    assert (again["finality"], again["addresses"]) == (up["finality"], up["addresses"])
    assert again["pid"] != up["pid"]
    rpc = Rpc(again["url"])
    assert head(rpc)["hash"] == before["hash"]
    assert rpc.integer("eth_getBalance", anybody, "latest") == wei
    assert rpc.integer("eth_getBalance", anybody, hex(poor)) == wei - 7
    assert cash.call("balanceOf", tenant, block=poor) == 10**13
    assert rpc("eth_getTransactionReceipt", registered["transaction"])["status"] == "0x1"
    (attested,) = Deployment.load(Path(up["deployment"]), rpc).registry.events("Attested")
    assert attested["units"] == 8
    rpc("evm_mine")
    after = head(rpc)
    assert after["parentHash"] == before["hash"]
    assert 0 < at(after) - at(before) < 60
    assert alone.json("mint", "--cluster", 1, "--units", 8, "--yes")["attested"] == "16"

    # And once more, with everything gone as after a reboot.
    before = head(rpc)
    wait_for_save(alone.folder, before)
    kill(int(again["keeper"]))
    kill(int(again["pid"]))
    alone.json("up", "--port", port)
    assert head(rpc)["hash"] == before["hash"]
    status = alone.json("status")
    assert (status["kept"], status["clusters"][0]["attested"]) == (True, "16")


def test_down_keeps_and_forgets(alone: Command) -> None:
    port = free_port()
    up = alone.json("up", "--port", port)
    rpc = Rpc(up["url"])
    before = head(rpc)
    down = alone.json("down")
    assert (down["stopped"], down["kept"]) == (True, True)
    assert local.is_taken(port) is False
    assert alone.json("down") == {**down, "stopped": False, "url": None}
    again = alone.json("up", "--port", port)
    assert (again["earlier"], head(rpc)["hash"]) == (True, before["hash"])
    rpc("evm_mine")
    assert abs(at(head(rpc)) - time.time()) < 60  # where time was not moved, it is ours again
    outcome = alone("up", "--finality", 5)
    assert "--fresh starts one with that" in outcome.stderr

    fresh = alone.json("up", "--fresh", "--port", port, "--finality", 5)
    assert (fresh["earlier"], fresh["finality"]) == (False, str(5 * HOUR))
    assert head(rpc)["hash"] != before["hash"]
    assert alone.json("down", "--forget")["kept"] is False
    assert not (alone.folder / "deployments" / "31337.json").exists()
    assert {path.name for path in (alone.folder / "local").iterdir()} <= {
        *("anvil.log", "keeper.log", "lock", "cache")
    }


def test_bitcoin_has_the_price_that_was_asked_for(alone: Command) -> None:
    for price in ("0.99", "10000001"):
        assert "--bitcoin-price goes from $1.00" in alone.refused(2, "up", "--bitcoin-price", price)
    port = free_port()
    up = alone.json("up", "--port", port, "--bitcoin-price", "64250.5")
    assert up["bitcoin_price"] == "64250500000"
    deployment = Deployment.load(Path(up["deployment"]), Rpc(up["url"]))
    venue = {name: str(value) for name, value in deployment.router.call("venue").items()}
    venue["max_age"] = venue.pop("maxAge")
    assert up["venue"] == venue
    # The feed never ages, whatever becomes of time.
    alone.json("skip", "--hours", 17_520)
    shown = alone.json("revenue", "venue", "show")["prices"]
    assert (shown["feed"], shown["fresh"], shown["within"]) == (up["bitcoin_price"], True, True)
    assert 0 <= int(shown["feed"]) - int(shown["pool"]) <= 1
    assert alone.json("doctor")["healthy"] is True
    assert "has another price on this chain" in alone("up", "--bitcoin-price", "70000").stderr
    assert "another price" not in alone("up", "--bitcoin-price", "64250.50").stderr


def test_saves_that_can_not_be_read(alone: Command) -> None:
    port = free_port()
    up = alone.json("up", "--port", port)
    block = Rpc(up["url"]).integer("eth_blockNumber")
    alone.json("down")
    folder = alone.folder / "local"
    whole = (folder / WHOLE).read_bytes()
    (folder / HEAD).write_bytes(whole[: len(whole) // 2])  # newer, and torn
    up = alone.json("up", "--port", port)
    assert Rpc(up["url"]).integer("eth_blockNumber") == block
    alone.json("down")
    for name in (HEAD, WHOLE):
        (folder / name).write_bytes(b"nonsense")
    said = alone.refused(4, "up", "--port", port)
    assert "can not be read: `wellhead up --fresh` starts from nothing" in said
    assert alone.json("up", "--fresh", "--port", port)["earlier"] is False


def test_a_keeper_that_is_gone_is_missed(alone: Command) -> None:
    up = alone.json("up", "--port", free_port())
    kill(int(up["keeper"]))
    found = alone.json("doctor", code=6)["findings"]
    (wrong,) = [finding for finding in found if finding["state"] == "wrong"]
    assert (wrong["check"], wrong["advice"]) == ("keeper", "`wellhead up` starts the keeper again")
    again = alone.json("up")
    assert (again["pid"], again["keeper"] != up["keeper"]) == (up["pid"], True)
    assert alone.json("doctor")["healthy"] is True


def test_a_contract_that_is_not_the_one(alone: Command) -> None:
    """A chain that was kept while its deployment file was lost or changed is not used."""
    port = free_port()
    up = alone.json("up", "--port", port)
    alone.json("down")
    file = Path(up["deployment"])
    body = json.loads(file.read_text())
    body["addresses"]["Vault"] = dev_account(3).address
    file.write_text(json.dumps(body))
    assert "`wellhead up --fresh` starts from nothing" in alone.refused(4, "up", "--port", port)
    assert local.is_taken(port) is False
    file.unlink()
    assert alone.json("up", "--port", port)["earlier"] is False


def test_two_ups_at_once(tmp_path: Path) -> None:
    wellhead, port = Program(tmp_path), free_port()
    begun = [wellhead.begin("up", "--port", port, "--json") for _ in range(2)]
    try:
        said = [json.loads(process.communicate(timeout=120)[0]) for process in begun]
        assert [process.returncode for process in begun] == [0, 0]
        assert said[0]["pid"] == said[1]["pid"]
        assert said[0]["addresses"] == said[1]["addresses"]
        assert {said[0]["earlier"], said[1]["earlier"]} == {False, True}
    finally:
        wellhead.json("down", "--forget")


def test_leases_at_once_from_one_account(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each approves exactly what it costs: they take turns."""
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path / "state"))
    cluster = stage.cluster(64)
    tenant = stage.holders[0]
    stage.cash.send("mint", tenant.address, 10**12, sender=tenant)
    wellhead = program_on(tmp_path, stage.deployment)
    order = ["--cluster", cluster, "--units", 8, "--hours", 24, "--start", GENESIS // HOUR + 1]
    with local.turn(31337, tenant.address):
        begun = [
            wellhead.begin("lease", *order, "--account", 9, "--yes", "--max-cost", 9999, "--json")
            for _ in range(3)
        ]
        time.sleep(2)
        assert [process.poll() for process in begun] == [None] * 3
        assert stage.market.events("LeaseOpened") == []
    said = [json.loads(process.communicate(timeout=120)[0]) for process in begun]
    assert [process.returncode for process in begun] == [0, 0, 0]
    assert sorted(int(document["lease"]) for document in said) == [1, 2, 3]
    cost = sum(int(document["cost"]) for document in said)
    assert stage.cash.call("balanceOf", tenant.address) == 10**12 - cost
    assert stage.cash.call("allowance", tenant.address, stage.vault.address) == 0
