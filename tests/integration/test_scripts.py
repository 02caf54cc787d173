"""The ape scripts, run as people run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.relay_scenes import Scene
from tests.support.relays import desks_of, served
from tests.support.stage import GENESIS, HOUR, Stage
from wellhead import toolchain
from wellhead.chain import Anvil, Deployment, dev_account

ROOT = toolchain.project_root()
NOW = GENESIS // HOUR


class Ape:
    """`ape run ARGUMENTS` against a node."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.environment = {
            **os.environ,
            **toolchain.environment(),
            "WELLHEAD_STATE": str(folder),
            "COLUMNS": "100",
        }
        self.environment.pop("APE_FOUNDRY_HOST", None)
        if url is not None:
            self.environment["APE_FOUNDRY_HOST"] = url

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        ape = str(Path(sys.executable).with_name("ape"))
        return subprocess.run(
            [ape, "run", *(str(argument) for argument in arguments)],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )

    def json(self, *arguments: object) -> dict[str, Any]:
        done = self(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        body = json.loads(done.stdout)
        assert isinstance(body, dict)
        return body


@pytest.fixture
def ape(stage: Stage, tmp_path: Path) -> Ape:
    stage.deployment.save(tmp_path / "deployments" / "31337.json")
    return Ape(tmp_path, stage.anvil.rpc.url)


def test_deploy(tmp_path: Path) -> None:
    with Anvil(GENESIS) as anvil:
        ape = Ape(tmp_path, anvil.rpc.url)
        document = ape.json("deploy", "--account", "TEST::3", "--yes")
        assert document["schema"] == "wellhead.deploy/1"
        assert document["governor"] == dev_account(3).address
        made = Deployment.load(tmp_path / "deployments" / "31337.json", anvil.rpc)
        assert made.addresses == document["addresses"]
        administrator = made.authority.call("hasRole", 0, dev_account(3).address)
        assert administrator[0] is True


def test_mint_lease_and_feed(ape: Ape, stage: Stage, tmp_path: Path) -> None:
    cluster = stage.register()
    minted = ape.json("mint", "--account", "TEST::1", "--cluster", cluster, "--units", 64, "--yes")
    assert minted["attested"] == "64"
    assert stage.token(cluster).call("totalSupply") == 64 * 10**18

    tenant = dev_account(9)
    stage.cash.send("mint", tenant.address, 10**12, sender=stage.stranger)
    order = ["--cluster", cluster, "--units", 16, "--hours", 2, "--account", "TEST::9", "--yes"]
    leased = ape.json("lease", *order)
    assert stage.market.call("ownerOf", int(leased["lease"])) == tenant.address
    assert stage.cash.call("balanceOf", tenant.address) == 10**12 - int(leased["cost"])

    stage.to_hour(NOW + 1, 60)
    scene = Scene(stage, tmp_path, desks_of(stage, tmp_path), cluster, NOW)
    scene.measure([NOW])
    with served(scene.desks) as urls:
        named = [word for url in urls for word in ("--reporter", url)]
        fed = ape.json("feed_oracle", *named, "--once", "--account", "TEST::4", "--yes")
    (report,) = fed["reports"]
    assert (report["recorded"], report["measurements"]) == ("1", "5")
    assert fed["account"] == dev_account(4).address
    # 99 % of what was booked could be used, by the median.
    assert stage.oracle.call("recordOf", cluster, NOW)["available"] == 15_840


def test_mistakes_end_with_the_command_lines_codes(ape: Ape, stage: Stage) -> None:
    cluster = stage.cluster(64)
    order = ["--cluster", cluster, "--units", 65, "--hours", 2, "--account", "TEST::5", "--yes"]
    refused = ape("lease", *order)
    assert refused.returncode == 1
    assert "65 units wanted" in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr


def test_demo_needs_no_network(tmp_path: Path) -> None:
    trace, report = tmp_path / "trace.csv", tmp_path / "report.json"
    lines = [f"2020-04-01T{n:02}:00:00Z,8,{n % 9}" for n in range(24)]
    trace.write_text("timestamp_utc,gpus_total_count,gpus_running_count\n" + "\n".join(lines))
    ape = Ape(tmp_path, None)
    document = ape.json("demo", "--trace", trace, "--report", report)
    assert document["books"] == json.loads(report.read_text())


def test_the_command_line_is_in_ape_too(stage: Stage, tmp_path: Path) -> None:
    """From any folder, with almost nothing exported, and without a trace in the user's home."""
    home, state = tmp_path / "home", tmp_path / "state"
    home.mkdir()
    stage.deployment.save(state / "deployments" / "31337.json")
    stage.lease(stage.cluster(64), 16, NOW + 1, 4)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ape")), "wellhead", "lease", "list", "--json"],
        cwd=home,
        env={
            "HOME": str(home),
            "WELLHEAD_STATE": str(state),
            "WELLHEAD_RPC": stage.anvil.rpc.url,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    (lease,) = json.loads(done.stdout)["leases"]
    assert lease["units"] == "16"
    assert list(home.iterdir()) == []
