"""The source of what was deployed: complete, for the same bytecode, and to the right place."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import pytest

from tests.support.cli import Command, command_on
from tests.support.live import CHAIN_ID
from tests.support.rehearsal import solc
from tests.support.stage import Stage
from wellhead import toolchain
from wellhead.actions import verifying
from wellhead.chain.plan import ORDER


class Explorer:
    """Stands for the plugin's client."""

    def __init__(self, says: str) -> None:
        self.says = says
        self.instances: list[Any] = []
        self.asked: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        explorer = self

        class ClientFactory:
            def __init__(self, instance: Any) -> None:
                explorer.instances.append(instance)

            def get_contract_client(self, address: str) -> Any:
                return Client(address)

        class Client:
            def __init__(self, address: str) -> None:
                self._address = address

            def verify_source_code(self, asked: Any, version: str, **more: Any) -> str:
                explorer.asked.append((self._address, asked, version, more))
                return "ticket"

            def check_verify_status(self, ticket: str) -> str:
                assert ticket == "ticket"
                return explorer.says

        class EtherscanInstance:
            def __init__(self, **given: Any) -> None:
                self.given = given

        package = ModuleType("ape_etherscan")
        package.__spec__ = sys.__spec__
        parts: dict[str, dict[str, Any]] = {
            "client": {"ClientFactory": ClientFactory},
            "types": {"EtherscanInstance": EtherscanInstance},
        }
        monkeypatch.setitem(sys.modules, "ape_etherscan", package)
        for name, contents in parts.items():
            module = ModuleType(f"ape_etherscan.{name}")
            vars(module).update(contents)
            monkeypatch.setitem(sys.modules, f"ape_etherscan.{name}", module)
        monkeypatch.setattr(verifying, "_connected", nullcontext)


@pytest.fixture
def wellhead(stage: Stage, tmp_path: Any) -> Command:
    return command_on(stage, tmp_path)


def test_without_the_extra_it_says_what_to_do(wellhead: Command) -> None:
    said = wellhead.refused(4, "verify")
    assert "needs the extra `verify`, which is not installed" in said
    assert "--json-input" in said


def test_the_json_input_gives_the_same_bytecode(wellhead: Command, stage: Stage) -> None:
    path = wellhead.folder / "input.json"
    document = wellhead.json("verify", "--json-input", path)
    assert document["compiler"].startswith("0.8.30+commit.")
    named = {contract["name"]: contract for contract in document["contracts"]}
    vault = named["contracts/Vault.sol:Vault"]
    assert vault["address"] == stage.vault.address
    knows = (stage.market, stage.deployment.exchange, stage.contests, stage.router)
    words = [contract.address[2:].lower().rjust(64, "0") for contract in knows]
    assert vault["arguments"] == "".join(words)
    asked = json.loads(path.read_text())
    assert {n for names in asked["settings"]["outputSelection"].values() for n in names} == {*ORDER}
    asked["settings"]["outputSelection"] = {"contracts/Vault.sol": {"Vault": ["evm.bytecode"]}}
    built = json.loads(solc(json.dumps(asked)))["contracts"]["contracts/Vault.sol"]["Vault"]
    bytecode = toolchain.artifacts()["Vault"]["bytecode"]
    assert "0x" + built["evm"]["bytecode"]["object"] == bytecode


def test_another_build_is_not_verified(wellhead: Command) -> None:
    file = next((wellhead.folder / "deployments").glob("*.json"))
    body = json.loads(file.read_text())
    body["compiler"]["bytecode_hash"] = "0x00"
    file.write_text(json.dumps(body))
    said = wellhead.refused(4, "verify", "--json-input", wellhead.folder / "input.json")
    assert "are not those that were deployed" in said


def test_every_contract_goes_to_the_explorer(
    wellhead: Command, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = Explorer("Pass - Verified")
    explorer.install(monkeypatch)
    assert "set ETHERSCAN_API_KEY" in wellhead.refused(4, "verify")
    monkeypatch.setenv("ETHERSCAN_API_KEY", "key")
    document = wellhead.json("verify")
    assert [contract["name"] for contract in document["contracts"]] == [*ORDER]
    addresses = [address for address, *_ in explorer.asked]
    assert addresses == [stage.deployment.addresses[name] for name in ORDER]
    _, asked, version, more = explorer.asked[1]
    assert list(asked["settings"]["outputSelection"]) == ["contracts/Vault.sol"]
    assert version.startswith("0.8.30")
    assert more["contract_name"] == "contracts/Vault.sol:Vault"
    assert f"chainid={stage.deployment.chain_id}" in explorer.instances[0].given["api_uri"]
    assert stage.deployment.chain_id != CHAIN_ID

    Explorer("Fail - Unable to verify").install(monkeypatch)
    assert "is not verified: Fail - Unable to verify" in wellhead.refused(4, "verify")
