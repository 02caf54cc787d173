"""The node and the deployment: up, down, skip, deploy, and what is wrong with either."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Command, block_number, command_on
from tests.support.stage import GENESIS, Stage
from wellhead.chain import Anvil, Deployment, dev_account, uniswap
from wellhead.chain.proof import prove
from wellhead.sources import ToolchainError

QUOTE = ["quote", "--cluster", "1", "--units", "1", "--hours", "1"]
LEASE = ["lease", "--cluster", "1", "--units", "1", "--hours", "1", "--yes"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Command]:
    """A command line whose local chain, if any, ends with the test."""
    command = Command(tmp_path)
    yield command
    command("down")


def test_up_where_something_listens(alone: Command) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"listens on port {port}: choose another" in alone.refused(4, "up", "--port", port)
    assert not (alone.folder / "local" / "node.json").exists()


def test_a_recycled_process_id_is_left_alone(alone: Command) -> None:
    folder = alone.folder / "local"
    folder.mkdir()
    node = {"pid": os.getpid(), "port": 8545, "log": ""}
    (folder / "node.json").write_text(json.dumps(node))
    assert alone.json("down")["stopped"] is False


def test_commands_run_with_no_node(alone: Command) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    for command in (QUOTE, LEASE, ["claim"], ["settle", "--lease", "1"], ["register", "--yes"]):
        said = alone.refused(3, *command, "--rpc", nowhere)
        assert f"no node answers at {nowhere}" in said
    for url in ("nonsense", "http://", "ftp://127.0.0.1", "http://127.0.0.1:99999"):
        assert "no node answers" in alone.refused(3, *QUOTE, "--rpc", url)
    assert "no node answers" in alone.refused(3, "deploy", "--rpc", nowhere, "--yes")
    assert "no node answers" in alone.refused(3, "skip", "--hours", 1, "--rpc", nowhere)


@pytest.mark.parametrize("changed", ["chain", "address", "missing", "broken", "no file"])
def test_a_wrong_deployment_file_is_exit_code_4(stage: Stage, tmp_path: Path, changed: str) -> None:
    wellhead = command_on(stage, tmp_path)
    file = tmp_path / "deployments" / "31337.json"
    body = json.loads(file.read_text())
    if changed == "chain":
        body["chain_id"], said = 1, "is for chain 1, but"
    elif changed == "address":
        body["addresses"]["Vault"] = "0x" + "12" * 20
        said = "has no Vault at"
    elif changed == "missing":
        del body["addresses"]["LeaseMarket"]
        said = "does not name LeaseMarket"
    else:
        said = "is no deployment file"
    file.write_text("{" if changed == "broken" else json.dumps(body))
    if changed == "no file":
        file.unlink()
        said = f"there is no deployment file {file}"
    before = block_number(stage)
    assert said in wellhead.refused(4, *QUOTE)
    assert said in wellhead.refused(4, *LEASE)
    assert block_number(stage) == before


def test_a_node_that_is_not_local(tmp_path: Path) -> None:
    with Anvil(GENESIS, chain_id=5) as anvil:
        wellhead = Command(tmp_path, anvil.rpc.url)
        assert "deployments/5.json" in wellhead.refused(4, *QUOTE)
        assert "needs a file of --parameters" in wellhead.refused(
            4, "deploy", "--account", dev_account(0).address, "--yes"
        )
        assert "needs a file of --parameters" in wellhead.refused(4, "deploy", "--yes")
        assert "only a local chain's time" in wellhead.refused(4, "skip", "--hours", 1)


def test_an_account_that_the_node_does_not_hold(stage: Stage, tmp_path: Path) -> None:
    wellhead = command_on(stage, tmp_path)
    stage.cluster(64)
    stranger = "0x" + "12" * 20
    said = wellhead.refused(4, *LEASE, "--account", stranger)
    assert f"holds no key for {stranger}" in said
    said = wellhead.refused(1, *LEASE, "--account", stranger, "--dry-run")
    assert "has $0.00" in said


def test_deploy_with_everything_named(tmp_path: Path) -> None:
    with Anvil(GENESIS) as anvil:
        wellhead = Command(tmp_path, anvil.rpc.url)
        dry = wellhead.json("deploy", "--dry-run")
        assert (dry["dry_run"], anvil.rpc.integer("eth_blockNumber")) == (True, 0)
        document = wellhead.json("deploy", "--finality", 2, "--yes")
        file = tmp_path / "deployments" / "31337.json"
        made = Deployment.load(file, anvil.rpc)
        assert made.addresses == document["addresses"]
        assert made.oracle.call("finality") == 7200
        assert made.cash.call("balanceOf", dev_account(5).address) == 10**13
        # Everybody may receive, and bitcoin can be bought.
        for index in range(20):
            assert made.compliance.call("canReceive", 0, dev_account(index).address) is True
        assert made.compliance.call("canReceive", 0, dev_account(20).address) is False
        assert made.authority.call("hasRole", 3, dev_account(12).address) == (True, 0)
        venue = wellhead.json("revenue", "venue", "show")
        assert (venue["venue"]["max_age"], venue["prices"]["within"]) == ("3600", True)
        prove(made)

        assert "give --again" in wellhead.refused(4, "deploy", "--yes")
        other = tmp_path / "other.json"
        named = ["--cash", made.cash.address, "--reserve", made.reserve.address]
        for index in (30, 31):
            named += ["--reporter", dev_account(index).address]
        document = wellhead.json(
            "deploy", *named, "--threshold", 2, "--account", 7, "--deployment", other, "--yes"
        )
        assert document["governor"] == dev_account(7).address
        made = Deployment.load(other, anvil.rpc)
        # Of coins that are given there is no pool: nobody need be able to fill it.
        assert made.router.call("venue")["pool"] == "0x" + "00" * 20
        assert made.compliance.call("canReceive", 0, dev_account(9).address) is True
        signers, threshold = made.oracle.call("signers")
        assert (set(signers), threshold) == ({dev_account(i).address for i in (30, 31)}, 2)
        mint = ["mint", "--cluster", 1, "--units", 1, "--deployment", other, "--yes"]
        wellhead.json("register", "--deployment", other, "--yes")
        assert "give their signatures in a file" in wellhead.refused(4, *mint)
        said = wellhead.refused(
            1, "deploy", *named, "--threshold", 1, "--deployment", tmp_path / "third.json", "--yes"
        )
        assert "1 of 2 reporters is not possible" in said
        assert not (tmp_path / "third.json").exists()

        officer, fourth = dev_account(30).address, tmp_path / "fourth.json"
        wellhead.json("deploy", "--officer", officer, "--deployment", fourth, "--yes")
        made = Deployment.load(fourth, anvil.rpc)
        assert made.authority.call("hasRole", 3, officer) == (True, 0)
        # Who is admitted is that officer's to say.
        assert made.compliance.call("canReceive", 0, dev_account(9).address) is False


def test_deploy_where_the_pool_can_not_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed package asks npm for it when it first needs it."""

    def unreachable() -> str:
        raise ToolchainError("npm could not install anvil; is its registry within reach?")

    monkeypatch.setattr(uniswap, "factory_bytecode", unreachable)
    with Anvil(GENESIS) as anvil:
        wellhead = Command(tmp_path, anvil.rpc.url)
        outcome = wellhead("deploy", "--yes", "--json")
        assert outcome.code == 0, outcome.stderr
        assert "no pool to buy bitcoin on: npm could not install" in " ".join(
            outcome.stderr.split()
        )
        assert wellhead.json("revenue", "venue", "show")["venue"] is None


def test_a_place_that_can_not_be_written(stage: Stage, tmp_path: Path) -> None:
    wellhead = command_on(stage, tmp_path)
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "deployment.json"
    assert "Not a directory" in wellhead.refused(4, *QUOTE, "--deployment", inside)


def test_demo_refuses_what_it_can_not_replay(tmp_path: Path) -> None:
    wellhead = Command(tmp_path)
    trace = tmp_path / "trace.csv"
    trace.write_text("timestamp_utc,gpus_total_count,gpus_running_count\n2020-01-01,8,9\n")
    said = wellhead.refused(5, "demo", "--trace", trace, "--report", tmp_path / "r.json")
    assert "9 running of 8 in total" in said
    assert "can not be read" in wellhead.refused(5, "demo", "--trace", tmp_path / "none")
    said = wellhead.refused(4, "demo", "--report", tmp_path / "none" / "r.json")
    assert "no report file can be written there" in said
