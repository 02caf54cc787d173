"""Who sends on a live chain: keystores, ape's accounts, signers; and what is never accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.live import GWEI
from tests.support.rehearsal import PASSPHRASE, Rehearsal, person, write_keyfile
from tests.support.signer import serving
from wellhead import toolchain
from wellhead.chain import Deployment, dev_account
from wellhead.cli import senders


def without_keyfile(rehearsal: Rehearsal) -> list[object]:
    return ["deploy", "--parameters", rehearsal.parameters(), "--yes"]


def test_a_wrong_passphrase(rehearsal: Rehearsal) -> None:
    rehearsal.wellhead.environment["WELLHEAD_PASSPHRASE"] = "wrong"
    assert rehearsal.refused(4) == f"the passphrase of {rehearsal.keyfile} is wrong"
    assert rehearsal.journal is None
    assert rehearsal.nonce("pending") == 0


def test_no_passphrase_and_nobody_to_ask(rehearsal: Rehearsal) -> None:
    rehearsal.wellhead.environment["WELLHEAD_PASSPHRASE"] = None
    said = rehearsal.refused(4)
    assert said.endswith("set WELLHEAD_PASSPHRASE, or run this in a terminal")
    assert rehearsal.deploy("--dry-run").code == 0


def test_a_passphrase_from_a_terminal(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        return PASSPHRASE

    rehearsal.wellhead.environment["WELLHEAD_PASSPHRASE"] = None
    monkeypatch.setattr(senders, "ask_passphrase", ask)
    assert rehearsal.deploy().code == 0
    assert asked == [f"Passphrase of {rehearsal.keyfile}"]


def test_an_account_of_apes(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APE_DATA_FOLDER", raising=False)
    monkeypatch.setenv("HOME", str(rehearsal.folder / "home"))
    store = write_keyfile(
        rehearsal.folder / "home" / ".ape" / "accounts" / "deploys.json", rehearsal.deployer
    )
    rehearsal.wellhead.environment |= {
        "WELLHEAD_PASSPHRASE": None,
        "APE_ACCOUNTS_deploys_PASSPHRASE": PASSPHRASE,
    }
    said = rehearsal.wellhead.refused(4, *without_keyfile(rehearsal), "--account", "deploy5")
    assert f"there is no account deploy5 in {store.parent}" in said
    document = rehearsal.wellhead.json(*without_keyfile(rehearsal), "--account", "deploys")
    assert document["deployer"] == rehearsal.deployer.address


@pytest.mark.parametrize("method", ["eth_signTransaction", "account_signTransaction"])
def test_a_signer_that_signs(rehearsal: Rehearsal, method: str) -> None:
    with serving(rehearsal.deployer, {method, "eth_accounts"}, rehearsal.rpc) as signer:
        given = [*without_keyfile(rehearsal), "--signer", signer.url]
        document = rehearsal.wellhead.json(*given)
    assert document["deployer"] == rehearsal.deployer.address
    Deployment.load(rehearsal.file, rehearsal.rpc)


def test_a_signer_that_only_sends(rehearsal: Rehearsal) -> None:
    methods = {"eth_sendTransaction", "account_list"}
    with serving(rehearsal.deployer, methods, rehearsal.rpc) as signer:
        given = [*without_keyfile(rehearsal), "--signer", signer.url]
        document = rehearsal.wellhead.json(*given)
    assert document["deployer"] == rehearsal.deployer.address
    Deployment.load(rehearsal.file, rehearsal.rpc)


def test_a_signer_that_signs_something_else(rehearsal: Rehearsal) -> None:
    methods = {"eth_signTransaction"}
    with serving(rehearsal.deployer, methods, rehearsal.rpc) as signer:
        given = [*without_keyfile(rehearsal), "--signer", signer.url]
        given += ["--account", rehearsal.deployer.address]
        signer.spoil = {"to": person("thief").address}
        said = rehearsal.wellhead.refused(4, *given)
        assert said == "the signer changed the transaction's to: it is not sent"
        signer.spoil, signer.account = {}, person("thief")
        said = rehearsal.wellhead.refused(4, *given)
        assert f"the signer signed as {person('thief').address} and not as" in said
    assert rehearsal.nonce("pending") == 0


def test_a_signer_that_is_not_there(rehearsal: Rehearsal) -> None:
    given = [*without_keyfile(rehearsal), "--signer", "http://127.0.0.1:9"]
    assert "no node answers at http://127.0.0.1:9" in rehearsal.wellhead.refused(3, *given)


def test_an_account_that_the_node_holds(rehearsal: Rehearsal) -> None:
    (held,) = rehearsal.rpc("eth_accounts")
    given = [*without_keyfile(rehearsal), "--account"]
    document = rehearsal.wellhead.json(*given, held)
    assert document["deployer"].lower() == held.lower()
    said = rehearsal.wellhead.refused(4, *given, person("stranger").address, "--again")
    assert f"holds no key for {person('stranger').address}" in said


def test_well_known_accounts_do_not_send(rehearsal: Rehearsal) -> None:
    known = write_keyfile(rehearsal.folder / "known.json", dev_account(3))
    given = [*without_keyfile(rehearsal), "--keyfile", known]
    said = rehearsal.wellhead.refused(4, *given)
    assert f'{dev_account(3).address} is account 3 of the phrase "test test test' in said
    assert "is not local: name the sender" in rehearsal.wellhead.refused(
        4, *without_keyfile(rehearsal), "--account", 0
    )


def test_a_key_is_never_an_argument(rehearsal: Rehearsal) -> None:
    key = "0x" + "a1" * 32
    for given in (key, key[2:]):
        outcome = rehearsal.wellhead(*without_keyfile(rehearsal), "--account", given)
        assert outcome.code == 2
        assert "that looks like a private key" in " ".join(outcome.stderr.split())
        assert "a1a1a1" not in outcome.stderr


def test_keys_stay_out_of_the_project(rehearsal: Rehearsal) -> None:
    inside = toolchain.project_root() / toolchain.STATE / "tmp" / "key-of-a-test.json"
    write_keyfile(inside, rehearsal.deployer)
    try:
        said = rehearsal.wellhead.refused(4, *without_keyfile(rehearsal), "--keyfile", inside)
    finally:
        inside.unlink()
    assert "lies in the project folder: keep keys outside of it" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no keystore: not JSON"),
        ("{}", "is no keystore: it has no field crypto"),
        ('{"crypto": {}, "address": "0x12"}', "its address is none"),
        ('{"crypto": {}, "address": "%s"}', "is no keystore that can be used"),
    ],
)
def test_files_that_are_no_keystores(rehearsal: Rehearsal, content: str, said: str) -> None:
    rehearsal.keyfile.write_text(content.replace("%s", rehearsal.deployer.address))
    assert said in rehearsal.refused(4)
    rehearsal.keyfile.unlink()
    assert "can not be read" in rehearsal.refused(4)


def test_a_keystore_of_somebody_else(rehearsal: Rehearsal) -> None:
    store = json.loads(rehearsal.keyfile.read_text())
    store["address"] = person("somebody").address[2:].lower()
    rehearsal.rpc("anvil_setBalance", person("somebody").address, hex(10**19))
    rehearsal.keyfile.write_text(json.dumps(store))
    assert "names another account than its key's" in rehearsal.refused(4)
    said = rehearsal.refused(4, "--account", person("deployer").address)
    assert f"is the keystore of {person('somebody').address}, not of" in said


def test_every_command_sends_with_a_keystore(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """An operator's, on a live chain that mines by itself."""
    operators = [rehearsal.deployer.address, person("operator").address]
    made = rehearsal.deploy(operators=operators[1:], delays={})
    assert made.code == 0, made.stderr
    rehearsal.rpc("evm_setAutomine", True)
    rehearsal.rpc("anvil_setBalance", operators[1], hex(10**18))
    store = write_keyfile(tmp_path / "keys" / "operator.json", person("operator"))
    document = rehearsal.wellhead.json("cluster", "register", "--yes", "--keyfile", store)
    assert document["operator"] == operators[1]
    assert rehearsal.node.base_fee == GWEI
