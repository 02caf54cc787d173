"""Wellhead on one chain: its contracts, and deploying them where nothing can go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eth_utils.address import to_checksum_address

from wellhead.chain.accounts import Account
from wellhead.chain.contract import Contract, Receipt, deploy_contract, transact
from wellhead.chain.locality import is_local
from wellhead.chain.plan import ORDER, Creation, Parameters, Step, steps
from wellhead.chain.record import (
    COINS,
    DeploymentError,
    Placed,
    Put,
    Record,
    code_hashes,
)
from wellhead.chain.rpc import Rpc

__all__ = ["ORDER", "Deployment", "DeploymentError", "deploy", "deploy_coins", "recorded"]


@dataclass
class Deployment:
    """Wellhead on one chain."""

    rpc: Rpc
    record: Record
    _contracts: dict[str, Contract] = field(default_factory=dict, repr=False)

    @property
    def chain_id(self) -> int:
        return self.record.chain_id

    @property
    def addresses(self) -> dict[str, str]:
        return self.record.addresses

    @property
    def block(self) -> int:
        """The first contract's."""
        return self.record.block

    def contract(self, name: str) -> Contract:
        if name not in self._contracts:
            kind = "TestCoin" if name in COINS else name
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
    def exchange(self) -> Contract:
        return self.contract("LeaseExchange")

    @property
    def contests(self) -> Contract:
        return self.contract("Contests")

    @property
    def router(self) -> Contract:
        return self.contract("RevenueRouter")

    @property
    def compliance(self) -> Contract:
        return self.contract("Compliance")

    @property
    def metadata(self) -> Contract:
        """What writes the tokens' documents and cards."""
        return self.contract("CapacityMetadata")

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
        """Write the deployment file, whole or not at all."""
        self.record.save(path)

    @classmethod
    def load(cls, path: Path, rpc: Rpc) -> Deployment:
        """Read a deployment file, and check that the node is on its chain and has its code."""
        record = Record.read(path)
        record.check(path, rpc)
        return cls(rpc, record)


def deploy_coins(rpc: Rpc, sender: Account) -> tuple[Contract, Contract]:
    """Deploy the two test coins, on a local chain only: (stablecoin, bitcoin)."""
    if not is_local(rpc):
        chain_id = rpc.integer("eth_chainId")
        raise DeploymentError(f"test coins are for local chains, not for chain {chain_id}")
    cash, _ = deploy_contract(rpc, "TestCoin", ["Test Dollar", "tUSD", 6], sender)
    reserve, _ = deploy_contract(rpc, "TestCoin", ["Test Bitcoin", "tBTC", 8], sender)
    return cash, reserve


def deploy(rpc: Rpc, sender: Account, parameters: Parameters, gas: int | None = None) -> Deployment:
    """Deploy all contracts and hand out the roles, on a chain that mines at once and forgets
    nothing; without a governor among the parameters `sender` becomes it.

    The sender must send nothing else meanwhile: the contracts' addresses follow from its nonce.
    """
    nonce = rpc.integer("eth_getTransactionCount", sender.address, "pending")
    put = []
    for step in steps(sender.address, nonce, parameters):
        body = {"data": step.data(), "from": sender.address}
        if step.to is not None:
            body["to"] = step.to
        receipt = transact(rpc, body, sender, gas)
        if isinstance(step, Creation) and receipt.contract_address != step.address.lower():
            raise DeploymentError(
                f"{step.name} landed at {receipt.contract_address} instead of {step.address}: "
                f"{sender.address} sent another transaction meanwhile"
            )
        put.append((step, receipt))
    return recorded(rpc, sender.address, parameters, put)


def recorded(
    rpc: Rpc, deployer: str, parameters: Parameters, put: Sequence[tuple[Step, Receipt]]
) -> Deployment:
    """The deployment that these transactions made."""
    coins = {
        "cash": to_checksum_address(parameters.cash),
        "reserve": to_checksum_address(parameters.reserve),
    }
    created = {s.name: (s, receipt) for s, receipt in put if isinstance(s, Creation)}
    addresses = {name: step.address for name, (step, _) in created.items()} | coins
    hashes = code_hashes(rpc, addresses)
    record = Record(
        chain_id=rpc.integer("eth_chainId"),
        block=min(receipt.block for _, receipt in put),
        deployer=deployer,
        governor=to_checksum_address(parameters.governor or deployer),
        addresses=addresses,
        contracts={
            name: Placed(
                transaction=receipt.hash,
                block=receipt.block,
                arguments="0x" + step.arguments,
                code_hash=hashes[name],
            )
            for name, (step, receipt) in created.items()
        },
        coins={name: hashes[name] for name in COINS},
        calls=[Put(s.label, r.hash, r.block) for s, r in put if not isinstance(s, Creation)],
        parameters=parameters.plain(),
    )
    return Deployment(rpc, record)
