"""`ape run deploy` as on a live chain, and a network that ape calls local although it is not."""

from __future__ import annotations

from pathlib import Path

from tests.integration.test_scripts import Ape
from tests.support.live import CHAIN_ID
from tests.support.rehearsal import PASSPHRASE, Rehearsal, write_keyfile
from wellhead.chain import Deployment


def test_a_network_called_local_that_is_not(rehearsal: Rehearsal, tmp_path: Path) -> None:
    ape = Ape(tmp_path, rehearsal.rpc.url)
    named = ["--network", "ethereum:local:foundry", "--account", "TEST::0", "--yes"]
    done = ape("lease", "--cluster", 1, "--units", 1, "--hours", 1, *named)
    assert done.returncode == 4, done.stdout + done.stderr
    said = " ".join(done.stderr.split())
    assert "error: the network is called local, but the node at" in said
    assert f"is of chain {CHAIN_ID} and no local one" in said
    assert "Traceback" not in done.stdout + done.stderr


def test_a_deployment_with_an_account_of_apes(rehearsal: Rehearsal, tmp_path: Path) -> None:
    rehearsal.rpc("evm_setAutomine", True)
    ape = Ape(tmp_path, None)
    ape.environment["APE_DATA_FOLDER"] = str(tmp_path / "ape")
    ape.environment["APE_ACCOUNTS_deploys_PASSPHRASE"] = PASSPHRASE
    write_keyfile(tmp_path / "ape" / "accounts" / "deploys.json", rehearsal.deployer)
    once = {**rehearsal.values["transactions"], "confirmations": 1}
    named = ["--network", f"ethereum:sepolia:{rehearsal.rpc.url}", "--account", "deploys", "--yes"]
    document = ape.json("deploy", "--parameters", rehearsal.parameters(transactions=once), *named)
    assert document["deployer"] == rehearsal.deployer.address
    made = Deployment.load(rehearsal.file, rehearsal.rpc)
    assert made.addresses == document["addresses"]
