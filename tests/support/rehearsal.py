"""A rehearsal: an anvil that passes for a live chain, with blocks every two seconds of its time,
coins and a multisig of third parties, and a deployer whose key lies in a keystore file."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_utils.crypto import keccak

from tests.support.cli import Command, Outcome
from tests.support.live import CHAIN_ID, GWEI, Node, put_contract
from wellhead import toolchain
from wellhead.chain import KeyAccount, Rpc
from wellhead.chain.journal import Journal
from wellhead.chain.transactions import Clock

ETHER = 10**18
PASSPHRASE = "correct horse"
COIN = """
pragma solidity ^0.8.30;
import {ERC20Permit, ERC20} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
contract RegulatedCoin is ERC20Permit {
    uint8 private immutable _decimals;
    constructor(string memory symbol_, uint8 decimals_)
        ERC20("Regulated Coin", symbol_)
        ERC20Permit("Regulated Coin")
    {
        _decimals = decimals_;
        _mint(msg.sender, 1e15);
    }
    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
"""


def person(name: str) -> KeyAccount:
    """Somebody with a key that nobody else has."""
    return KeyAccount(keccak(text=f"rehearsal {name}"))


@dataclass
class Rehearsal:
    """Everything for deploying as on a live chain."""

    node: Node
    folder: Path
    wellhead: Command
    deployer: KeyAccount
    keyfile: Path
    values: dict[str, Any]
    #: Called before each block that passes while a command waits.
    hooks: list[Callable[[], None]] = field(default_factory=list)

    @property
    def rpc(self) -> Rpc:
        return self.node.rpc

    @property
    def file(self) -> Path:
        return self.folder / "deployments" / f"{CHAIN_ID}.json"

    @property
    def journal(self) -> Journal | None:
        return Journal.read(self.file.with_suffix(".partial.json"))

    def parameters(self, **changes: Any) -> Path:
        """A parameter file; a value of None leaves a field out."""
        path = self.folder / "parameters.toml"
        path.write_text(_toml({**self.values, **changes}))
        return path

    def deploy(self, *more: object, **changes: Any) -> Outcome:
        """`wellhead deploy` with the parameter file and the keystore."""
        given = [*self.command(**changes), *more]
        return self.wellhead(*given)

    def command(self, **changes: Any) -> list[object]:
        path = self.parameters(**changes)
        return ["deploy", "--parameters", path, "--keyfile", self.keyfile, "--yes"]

    def refused(self, code: int, *more: object, **changes: Any) -> str:
        """A deployment that must end with this code; what it said."""
        return self.wellhead.refused(code, *self.command(**changes), *more)

    def nonce(self, when: str = "latest") -> int:
        return self.rpc.integer("eth_getTransactionCount", self.deployer.address, when)

    def environment(self) -> dict[str, str]:
        """For a command in a process of its own."""
        own = {k: v for k, v in self.wellhead.environment.items() if v is not None}
        return {**os.environ, **own}

    def send(self, nonce: int, to: str) -> str:
        """A transaction of the deployer's that has nothing to do with the deployment."""
        body = {
            "chainId": CHAIN_ID,
            "nonce": nonce,
            "to": to,
            "value": 1,
            "gas": 21_000,
            "maxFeePerGas": 100 * GWEI,
            "maxPriorityFeePerGas": 90 * GWEI,
        }
        raw = self.deployer.sign_transaction(body)
        return str(self.rpc("eth_sendRawTransaction", "0x" + raw.hex()))


@contextmanager
def rehearsing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A rehearsal whose time passes when a command in this process waits: a block for each wait."""
    node = Node()
    try:
        rehearsal = _prepare(node, folder)
        _let_time_pass(rehearsal, monkeypatch)
        yield rehearsal
    finally:
        node.stop()


def write_keyfile(path: Path, account: KeyAccount, passphrase: str = PASSPHRASE) -> Path:
    """A keystore that is quick to open, as ape and geth write them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store = EthAccount.encrypt(account._key.to_bytes(), passphrase, kdf="pbkdf2", iterations=2)
    path.write_text(json.dumps(store))
    return path


@lru_cache(maxsize=1)
def coin_bytecode() -> str:
    """A coin that is not ours, compiled from OpenZeppelin's."""
    root = toolchain.project_root()
    toolchain.build(root)
    library = root / "node_modules" / "@openzeppelin" / "contracts"
    prefix = "@openzeppelin/contracts/"
    copies = root / toolchain.STATE / "solidity" / "openzeppelin"
    names = [path.relative_to(copies).as_posix() for path in copies.rglob("*.sol")]
    sources = {prefix + name: {"content": (library / name).read_text()} for name in names}
    asked = {
        "language": "Solidity",
        "sources": {"Coin.sol": {"content": COIN}, **sources},
        "settings": {
            "evmVersion": "cancun",
            "outputSelection": {"Coin.sol": {"RegulatedCoin": ["evm.bytecode.object"]}},
        },
    }
    answer = json.loads(solc(json.dumps(asked)))
    return "0x" + str(answer["contracts"]["Coin.sol"]["RegulatedCoin"]["evm"]["bytecode"]["object"])


def solc(asked: str) -> str:
    """Standard JSON through the project's compiler."""
    root = toolchain.project_root()
    script = root / "wellhead" / "solc.cjs"
    with tempfile.TemporaryDirectory() as folder:
        command = [toolchain.node(), script, root / "node_modules" / "solc", f"{folder}/warnings"]
        done = subprocess.run(
            [str(part) for part in command], input=asked, capture_output=True, text=True, check=True
        )
    return done.stdout


def _prepare(node: Node, folder: Path) -> Rehearsal:
    deployer = person("deployer")
    node.rpc("anvil_setBalance", deployer.address, hex(10 * ETHER))
    coins = [
        put_contract(node, coin_bytecode(), ["string", "uint8"], [symbol, decimals])
        for symbol, decimals in (("RUSD", 6), ("RBTC", 8))
    ]
    wellhead = Command(folder, node.rpc.url)
    wellhead.environment["WELLHEAD_PASSPHRASE"] = PASSPHRASE
    return Rehearsal(
        node=node,
        folder=folder,
        wellhead=wellhead,
        deployer=deployer,
        keyfile=write_keyfile(folder / "keys" / "deployer.json", deployer),
        values={
            "chain_id": CHAIN_ID,
            "cash": coins[0],
            "reserve": coins[1],
            "governor": put_multisig(node),
            "reporters": [person(f"reporter {n}").address for n in range(3)],
            "threshold": 2,
            "operators": [person("operator").address],
            "guardians": [person("guardian").address],
            "officers": [person("officer").address],
            "finality_hours": 12,
            "contest_deposit_dollars": 250,
            "delays": {
                "governor_hours": 48,
                "operator_hours": "0.5",
                "officer_hours": 2,
                "grant_hours": 24,
            },
            "transactions": {
                "max_fee_gwei": 20,
                "max_priority_fee_gwei": 2,
                "confirmations": 3,
                "replace_after_seconds": 30,
            },
        },
    )


def put_multisig(node: Node) -> str:
    """A contract that could govern: OpenZeppelin's timelock."""
    folder = toolchain.project_root() / "node_modules" / "@openzeppelin" / "contracts"
    built = folder / "build" / "contracts" / "TimelockController.json"
    bytecode = json.loads(built.read_text())["bytecode"]
    types = ["uint256", "address[]", "address[]", "address"]
    owner = person("owner of the multisig").address
    return put_contract(node, bytecode, types, [0, [owner], [owner], owner])


def _let_time_pass(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 0.0

    def sleep(clock: Clock, seconds: float) -> None:
        nonlocal passed
        passed += 2  # a block's time
        for hook in list(rehearsal.hooks):
            hook()
        if rehearsal.node.running:
            rehearsal.node.mine()

    monkeypatch.setattr(Clock, "now", lambda clock: passed)
    monkeypatch.setattr(Clock, "sleep", sleep)


def _toml(values: dict[str, Any]) -> str:
    plain = {k: v for k, v in values.items() if v is not None and not isinstance(v, dict)}
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for name, table in values.items():
        if isinstance(table, dict):
            lines += [f"[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in table.items())]
    return "\n".join(lines) + "\n"
