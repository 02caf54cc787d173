"""What the compiled contracts can not do: change, be replaced, keep ether, or be rewired."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.raw import pay
from tests.support.rent import open_lease
from tests.support.shows import shows
from tests.support.stage import Stage
from tests.unit.test_properties_access import CORE, changing
from wellhead import toolchain
from wellhead.chain import Contract, Reverted

CALLCODE, DELEGATECALL, SELFDESTRUCT = 0xF2, 0xF4, 0xFF
#: What the compiler puts behind a contract's code: the hash of its sources, and its own version.
METADATA = re.compile(rb"\xa2\x64ipfs\x58\x22.{34}\x64solc\x43.{3}\x00\x33", re.DOTALL)
#: The contracts that run several calls in one, on themselves.
DESKS = {"Contests", "LeaseExchange", "LeaseMarket", "LeaseChanges", "LeaseRecords"}
#: The others that each of the core knows.
WIRING = {
    "CapacityRegistry": {"LeaseMarket", "MetricsOracle", "RevenueRouter"},
    "CapacityToken": {"CapacityRegistry", "RevenueRouter", "Vault", "Compliance"},
    "Compliance": {"CapacityRegistry"},
    "Contests": {"CapacityRegistry", "MetricsOracle", "LeaseMarket", "Vault"},
    "LeaseExchange": {"LeaseMarket", "Vault"},
    "LeaseMarket": {"CapacityRegistry", "MetricsOracle", "Vault", "RevenueRouter"},
    "MetricsOracle": {"CapacityRegistry", "Vault", "Contests"},
    "RevenueRouter": {"CapacityRegistry", "LeaseMarket", "Vault", "MetricsOracle"},
    "Vault": {"LeaseMarket", "LeaseExchange", "Contests", "RevenueRouter"},
}


def opcodes(name: str) -> set[int]:
    """The instructions in a contract's code, and in that of contracts that it creates."""
    whole = bytes.fromhex(toolchain.artifacts()[name]["runtime_bytecode"].removeprefix("0x"))
    code = METADATA.sub(b"", whole)
    assert len(code) < len(whole)
    found, at = set(), 0
    while at < len(code):
        found.add(code[at])
        # PUSH1 to PUSH32 are followed by what they push.
        at += 1 + (code[at] - 0x5F if 0x60 <= code[at] <= 0x7F else 0)
    return found


@shows("AUTH-7")
@pytest.mark.parametrize("name", [*CORE, "LeaseChanges", "LeaseRecords", "LeaseMetadata"])
def test_no_contract_can_be_replaced_or_destroyed(name: str) -> None:
    found = opcodes(name)
    assert not found & {CALLCODE, SELFDESTRUCT}
    # Batches run on their own contract; the market's parts are fixed in its code.
    assert (DELEGATECALL in found) == (name in DESKS)


def placed(stage: Stage, name: str, cluster: int) -> Contract:
    return stage.token(cluster) if name == "CapacityToken" else stage.deployment.contract(name)


@shows("AUTH-7")
def test_a_contract_knows_the_others_by_its_code(stage: Stage) -> None:
    """So no storage, and nobody who could write it, says where money goes."""
    cluster = stage.register()
    for name, others in WIRING.items():
        code = stage.anvil.rpc("eth_getCode", placed(stage, name, cluster).address, "latest")
        for other in others:
            address = placed(stage, other, cluster).address
            assert address.lower().removeprefix("0x") in code, f"{name} does not know {other}"


def payable() -> list[tuple[str, str]]:
    """Functions of the core contracts that a caller could send ether to."""
    found = []
    for name in CORE:
        entries = toolchain.artifacts()[name]["abi"]
        taking = {e["name"] for e in entries if e.get("stateMutability") == "payable"}
        found += [(name, key) for key in sorted(changing(name)) if key.split("(")[0] in taking]
    return found


@shows("PAY-5")
def test_few_functions_can_be_sent_ether_at_all() -> None:
    """Those that the libraries beneath have made payable, to save gas."""
    assert {name.split("(")[0] for _, name in payable()} == {
        "approve",
        "multicall",
        "safeTransferFrom",
        "transferFrom",
    }
    fallbacks = [
        entry["stateMutability"]
        for name in CORE
        for entry in toolchain.artifacts()[name]["abi"]
        if entry["type"] in ("fallback", "receive")
    ]
    assert set(fallbacks) <= {"nonpayable"}


@shows("PAY-5")
@pytest.mark.parametrize(("name", "function"), payable())
def test_no_function_keeps_ether(stage: Stage, name: str, function: str) -> None:
    cluster = stage.cluster(100)
    tenant, other = stage.tenants[0], stage.tenants[1].address
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 5, tenant)
    arguments: tuple[Any, ...] = {
        "approve": (other, lease.id),
        "multicall": ([],),
        "transferFrom": (tenant.address, other, lease.id),
        "safeTransferFrom(address,address,uint256)": (tenant.address, other, lease.id),
        "safeTransferFrom(address,address,uint256,bytes)": (tenant.address, other, lease.id, b""),
    }[function]
    contract = placed(stage, name, cluster)
    contract.call(function, *arguments, sender=tenant.address)  # without ether it goes through
    with pytest.raises(Reverted) as caught:
        pay(contract, function, *arguments, value=1, sender=tenant)
    assert caught.value.name == "CashDesk_NoEther"
