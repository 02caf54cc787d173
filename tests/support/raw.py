"""What a contract's ABI does not offer: ether, storage, foreign senders, one block for many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.stage import Stage
from wellhead.chain import Contract, Receipt, UnlockedAccount
from wellhead.chain.contract import GAS_CEILING, deploy_contract, transact


def impersonate(stage: Stage, address: str) -> UnlockedAccount:
    """Send as any address, a contract's too."""
    stage.anvil.rpc("anvil_setBalance", address, hex(10**18))
    stage.anvil.rpc("anvil_impersonateAccount", address)
    return UnlockedAccount(address)


def pay(
    contract: Contract, function: str, *arguments: Any, value: int, sender: UnlockedAccount
) -> Receipt:
    """Send a transaction that carries ether; what would revert is not sent."""
    data = contract.functions[function].encode(arguments)
    body = {"to": contract.address, "data": data, "from": sender.address, "value": hex(value)}
    return transact(contract.rpc, body, sender, None)


def deploy(stage: Stage, name: str, *arguments: Any) -> Contract:
    """Deploy a contract of contracts/, by the governor."""
    contract, _ = deploy_contract(stage.anvil.rpc, name, list(arguments), stage.governor, None)
    return contract


def in_one_block(
    stage: Stage,
    calls: Sequence[tuple[Contract, str, Sequence[Any], UnlockedAccount]],
    gas: int = 1_000_000,
) -> None:
    """Send several transactions, in this order, into one block; all must succeed."""
    rpc = stage.anvil.rpc
    rpc("evm_setAutomine", False)
    try:
        sent = rpc.batch(
            [
                (
                    "eth_sendTransaction",
                    [
                        {
                            "from": sender.address,
                            "to": contract.address,
                            "data": contract.functions[function].encode(arguments),
                            "gas": hex(gas),
                        }
                    ],
                )
                for contract, function, arguments, sender in calls
            ]
        )
        rpc("evm_mine")
    finally:
        rpc("evm_setAutomine", True)
    mined = rpc.batch([("eth_getTransactionReceipt", [hash_]) for hash_ in sent])
    assert len({receipt["blockNumber"] for receipt in mined}) == 1
    assert all(receipt["status"] == "0x1" for receipt in mined)


def slots_touched(
    contract: Contract, function: str, *arguments: Any, sender: UnlockedAccount
) -> int:
    """How many storage slots of the contract itself a transaction would read or write."""
    data = contract.functions[function].encode(arguments)
    body = {"from": sender.address, "to": contract.address, "data": data}
    found = contract.rpc("eth_createAccessList", body, "latest")
    own = [e for e in found["accessList"] if e["address"].lower() == contract.address.lower()]
    return sum(len(entry["storageKeys"]) for entry in own)


def attempt(contract: Contract, function: str, *arguments: Any, sender: UnlockedAccount) -> None:
    """Put a transaction that must fail on chain, and raise what it reverted with."""
    data = contract.functions[function].encode(arguments)
    body = {"to": contract.address, "data": data, "gas": hex(GAS_CEILING)}
    mined = sender.transact(contract.rpc, body)
    assert mined["status"] == "0x0", f"{function} did not revert"
    # The node need not keep old states: ask once more, in the failed transaction's own block.
    contract.call(function, *arguments, sender=sender.address)
