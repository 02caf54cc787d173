"""Deploying Wellhead, and remembering where it stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_typing import HexAddress, HexStr
from eth_utils.address import to_checksum_address

from wellhead.chain.accounts import Account
from wellhead.chain.anvil import LOCAL_CHAIN_ID
from wellhead.chain.contract import Contract, deploy_contract
from wellhead.chain.rpc import Rpc

OPERATOR_ROLE = 1
GUARDIAN_ROLE = 2

#: Contracts in the order of their deployment; each knows the others' addresses in advance.
ORDER = (
    "Authority",
    "Vault",
    "MetricsOracle",
    "LeaseMarket",
    "RevenueRouter",
    "CapacityTokenFactory",
    "CapacityRegistry",
)


class DeploymentError(Exception):
    """The deployment can not be made, or the file does not describe what stands on the chain."""


@dataclass(frozen=True)
class Parameters:
    """What a deployment is made with. `cash` and `reserve` are ERC-20 addresses; `finality` is in
    seconds; `reporters` in any order."""

    cash: str
    reserve: str
    reporters: Sequence[str]
    threshold: int
    operators: Sequence[str] = ()
    guardians: Sequence[str] = ()
    finality: int = 24 * 3600


@dataclass
class Deployment:
    """Wellhead on one chain."""

    rpc: Rpc
    chain_id: int
    addresses: dict[str, str]
    block: int
    _contracts: dict[str, Contract] = field(default_factory=dict, repr=False)

    def contract(self, name: str) -> Contract:
        if name not in self._contracts:
            kind = "TestCoin" if name in ("cash", "reserve") else name
            self._contracts[name] = Contract(self.rpc, kind, self.addresses[name])
        return self._contracts[name]

    @property
    def authority(self) -> Contract:
        return self.contract("Authority")

    @property
    def vault(self) -> Contract:
        return self.contract("Vault")

    @property
    def oracle(self) -> Contract:
        return self.contract("MetricsOracle")

    @property
    def market(self) -> Contract:
        return self.contract("LeaseMarket")

    @property
    def router(self) -> Contract:
        return self.contract("RevenueRouter")

    @property
    def factory(self) -> Contract:
        return self.contract("CapacityTokenFactory")

    @property
    def registry(self) -> Contract:
        return self.contract("CapacityRegistry")

    @property
    def cash(self) -> Contract:
        """The stablecoin."""
        return self.contract("cash")

    @property
    def reserve(self) -> Contract:
        """The bitcoin token."""
        return self.contract("reserve")

    def token(self, cluster_id: int) -> Contract:
        """The capacity token of a cluster."""
        address = self.registry.call("clusterOf", cluster_id)["token"]
        return Contract(self.rpc, "CapacityToken", address)

    def save(self, path: Path) -> None:
        """Write the addresses, whole or not at all."""
        body = {"chain_id": self.chain_id, "block": self.block, "addresses": self.addresses}
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(body, indent=2) + "\n", "utf-8")
        draft.replace(path)

    @classmethod
    def load(cls, path: Path, rpc: Rpc) -> Deployment:
        """Read a deployment file and check that the node is on its chain and has its contracts."""
        try:
            body: dict[str, Any] = json.loads(path.read_text("utf-8"))
            found = cls(
                rpc=rpc,
                chain_id=int(body["chain_id"]),
                addresses={str(k): str(v) for k, v in body["addresses"].items()},
                block=int(body["block"]),
            )
        except FileNotFoundError as error:
            raise DeploymentError(f"there is no deployment file {path}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeploymentError(f"{path} is no deployment file: {error!r}") from error
        chain_id = rpc.integer("eth_chainId")
        if chain_id != found.chain_id:
            raise DeploymentError(
                f"{path} is for chain {found.chain_id}, but {rpc.url} is chain {chain_id}"
            )
        for name in (*ORDER, "cash", "reserve"):
            if name not in found.addresses:
                raise DeploymentError(f"{path} does not name {name}")
            if rpc("eth_getCode", found.addresses[name], "latest") == "0x":
                raise DeploymentError(f"{rpc.url} has no {name} at {found.addresses[name]}")
        return found


def deploy_coins(rpc: Rpc, sender: Account) -> tuple[Contract, Contract]:
    """Deploy the two test coins, on a local chain only: (stablecoin, bitcoin)."""
    chain_id = rpc.integer("eth_chainId")
    if chain_id != LOCAL_CHAIN_ID:
        raise DeploymentError(f"test coins are for local chains, not for chain {chain_id}")
    cash, _ = deploy_contract(rpc, "TestCoin", ["Test Dollar", "tUSD", 6], sender)
    reserve, _ = deploy_contract(rpc, "TestCoin", ["Test Bitcoin", "tBTC", 8], sender)
    return cash, reserve


def deploy(rpc: Rpc, sender: Account, parameters: Parameters, gas: int | None = None) -> Deployment:
    """Deploy all contracts and hand out the roles; `sender` becomes the governor.

    The contracts are immutable and know each other from the start: their addresses follow from
    the sender's nonce. So the sender must send nothing else meanwhile.
    """
    nonce = rpc.integer("eth_getTransactionCount", sender.address, "pending")
    at = {name: _created(sender.address, nonce + i) for i, name in enumerate(ORDER)}
    reporters = sorted((to_checksum_address(r) for r in parameters.reporters), key=_as_integer)
    constructors: dict[str, list[Any]] = {
        "Authority": [sender.address],
        "Vault": [at["LeaseMarket"]],
        "MetricsOracle": [
            at["Authority"],
            at["CapacityRegistry"],
            at["Vault"],
            parameters.cash,
            parameters.finality,
            reporters,
            parameters.threshold,
        ],
        "LeaseMarket": [
            at["CapacityRegistry"],
            at["MetricsOracle"],
            at["Vault"],
            at["RevenueRouter"],
            parameters.cash,
        ],
        "RevenueRouter": [
            at["CapacityRegistry"],
            at["LeaseMarket"],
            at["Vault"],
            at["MetricsOracle"],
            parameters.cash,
        ],
        "CapacityTokenFactory": [
            at["CapacityRegistry"],
            at["RevenueRouter"],
            at["Vault"],
            parameters.cash,
            parameters.reserve,
        ],
        "CapacityRegistry": [
            at["Authority"],
            at["CapacityTokenFactory"],
            at["MetricsOracle"],
            at["LeaseMarket"],
            at["RevenueRouter"],
        ],
    }
    first_block = None
    for name in ORDER:
        contract, receipt = deploy_contract(rpc, name, constructors[name], sender, gas)
        first_block = first_block or receipt.block
        if contract.address != at[name]:
            raise DeploymentError(
                f"{name} landed at {contract.address} instead of {at[name]}: "
                f"{sender.address} sent another transaction meanwhile"
            )
    deployment = Deployment(
        rpc=rpc,
        chain_id=rpc.integer("eth_chainId"),
        addresses={
            **at,
            "cash": to_checksum_address(parameters.cash),
            "reserve": to_checksum_address(parameters.reserve),
        },
        block=first_block or 0,
    )
    _grant_roles(deployment, sender, parameters, gas)
    return deployment


def _grant_roles(
    deployment: Deployment, sender: Account, parameters: Parameters, gas: int | None
) -> None:
    authority, registry = deployment.authority, deployment.registry
    roles = (
        (OPERATOR_ROLE, "OPERATOR", ("register",), parameters.operators),
        (GUARDIAN_ROLE, "GUARDIAN", ("pause", "unpause"), parameters.guardians),
    )
    for role, label, names, members in roles:
        selectors = [registry.functions[name].selector for name in names]
        authority.send("labelRole", role, label, sender=sender, gas=gas)
        authority.send(
            "setTargetFunctionRole", registry.address, selectors, role, sender=sender, gas=gas
        )
        for member in members:
            authority.send("grantRole", role, member, 0, sender=sender, gas=gas)


def _as_integer(address: str) -> int:
    return int(address, 16)


def _created(sender: str, nonce: int) -> str:
    """Address of the contract that `sender` creates with `nonce`."""
    # Only a deployment pays for loading web3, not every command.
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    return str(get_create_address(HexAddress(HexStr(sender)), Nonce(nonce)))
