"""A deployment file: what stands where on a chain, and whether that is still so."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from wellhead.chain import compiler
from wellhead.chain.plan import ORDER
from wellhead.chain.rpc import Rpc, shown

SCHEMA = "wellhead.deployment/1"
COINS = ("cash", "reserve")


class DeploymentError(Exception):
    """The deployment can not be made, or the file does not describe what stands on the chain."""


@dataclass(frozen=True)
class Placed:
    """How a contract came to be, and the code that it got: the hash covers its immutables."""

    transaction: str
    block: int
    arguments: str
    code_hash: str


@dataclass(frozen=True)
class Put:
    """A call that set the deployment up."""

    call: str
    transaction: str
    block: int


@dataclass(frozen=True)
class Record:
    """One deployment. `arguments` of a contract are its constructor's, ABI-encoded."""

    chain_id: int
    block: int
    deployer: str
    governor: str
    addresses: dict[str, str]
    contracts: dict[str, Placed]
    coins: dict[str, str]
    calls: list[Put] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    compiler: dict[str, Any] = field(default_factory=compiler.settings)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        write_json(path, {"schema": SCHEMA, **asdict(self)})

    @classmethod
    def read(cls, path: Path) -> Record:
        """The file as it is, unchecked."""
        try:
            body = json.loads(path.read_text("utf-8"))
            if body["schema"] != SCHEMA:
                raise ValueError(f"its schema is {body['schema']}, not {SCHEMA}")
            return cls(
                chain_id=int(body["chain_id"]),
                block=int(body["block"]),
                deployer=str(body["deployer"]),
                governor=str(body["governor"]),
                addresses=_addresses(path, body["addresses"]),
                contracts={name: Placed(**body["contracts"][name]) for name in ORDER},
                coins={name: str(body["coins"][name]) for name in COINS},
                calls=[Put(**call) for call in body["calls"]],
                parameters=dict(body["parameters"]),
                compiler=dict(body["compiler"]),
            )
        except FileNotFoundError as error:
            raise DeploymentError(f"there is no deployment file {path}") from error
        except KeyError as error:
            raise DeploymentError(f"{path} is no deployment file: it has no {error}") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise DeploymentError(f"{path} is no deployment file: {error}") from error

    def check(self, path: Path, rpc: Rpc) -> None:
        """Fail unless the node is on this chain and every contract has the code it was given."""
        names = (*ORDER, *COINS)
        asked = [("eth_getCode", [self.addresses[name], "latest"]) for name in names]
        chain_id, *codes = rpc.batch([("eth_chainId", []), *asked])
        if int(chain_id, 16) != self.chain_id:
            raise DeploymentError(
                f"{path} is for chain {self.chain_id}, but {shown(rpc.url)} is chain "
                f"{int(chain_id, 16)}"
            )
        for name, code in zip(names, codes, strict=True):
            if code == "0x":
                raise DeploymentError(
                    f"{shown(rpc.url)} has no {name} at {self.addresses[name]}: {path} is of "
                    "another chain with the same id, or the node is behind"
                )
            expected = self.coins[name] if name in COINS else self.contracts[name].code_hash
            if code_hash(code) != expected:
                raise DeploymentError(
                    f"the code of {name} at {self.addresses[name]} is not what was deployed: its "
                    f"hash is {code_hash(code)}, and {path} says {expected}"
                )


def code_hash(code: str) -> str:
    return "0x" + keccak(bytes.fromhex(code[2:])).hex()


def code_hashes(rpc: Rpc, addresses: Mapping[str, str]) -> dict[str, str]:
    """The hash of the code at each address, in one request."""
    codes = rpc.batch([("eth_getCode", [address, "latest"]) for address in addresses.values()])
    return {name: code_hash(code) for name, code in zip(addresses, codes, strict=True)}


def write_json(path: Path, body: Any) -> None:
    """Write a file so that it is there whole even if the machine stops in the middle."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps(body, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _addresses(path: Path, body: Any) -> dict[str, str]:
    addresses = {str(name): str(address) for name, address in body.items()}
    for name in (*ORDER, *COINS):
        if name not in addresses:
            raise DeploymentError(f"{path} does not name {name}")
    return addresses
