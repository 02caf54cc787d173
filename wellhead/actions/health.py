"""What a node, a deployment and an account are like, as far as that decides what can be done."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.chain import Deployment, Rpc, RpcError


@dataclass(frozen=True)
class Facts:
    """What an account has, in smallest units, and may do."""

    address: str
    ether: int
    cash: int
    reserve: int
    allowance: int
    can_register: bool
    can_pause: bool
    governs: bool


def members_of(deployment: Deployment, function: str) -> list[str]:
    """Accounts that may call one of the registry's restricted functions."""
    authority, registry = deployment.authority, deployment.registry
    selector = registry.functions[function].selector
    role = int(authority.call("getTargetFunctionRole", registry.address, selector))
    granted = authority.events("RoleGranted", deployment.block, indexed=[role])
    accounts = dict.fromkeys(str(event["account"]) for event in granted)
    held = authority.call_many([("hasRole", [role, account]) for account in accounts])
    return [account for account, found in zip(accounts, held, strict=True) if found[0]]


def facts(deployment: Deployment, address: str) -> Facts:
    """What an account has and may do."""
    authority, registry, cash = deployment.authority, deployment.registry, deployment.cash
    balance, allowance = cash.call_many(
        [("balanceOf", [address]), ("allowance", [address, deployment.vault.address])]
    )
    register, pause, governs = authority.call_many(
        [
            ("canCall", [address, registry.address, registry.functions["register"].selector]),
            ("canCall", [address, registry.address, registry.functions["pause"].selector]),
            ("hasRole", [0, address]),
        ]
    )
    return Facts(
        address=address,
        ether=deployment.rpc.integer("eth_getBalance", address, "latest"),
        cash=int(balance),
        reserve=int(deployment.reserve.call("balanceOf", address)),
        allowance=int(allowance),
        can_register=any(register),
        can_pause=any(pause),
        governs=bool(governs[0]),
    )


def gas_price(rpc: Rpc) -> int:
    """What a unit of gas costs now, wei."""
    try:
        return rpc.integer("eth_gasPrice")
    except RpcError:
        return 1


def mines(rpc: Rpc) -> bool:
    """Whether a local node makes blocks."""
    before = rpc.integer("eth_blockNumber")
    rpc("evm_mine")
    return rpc.integer("eth_blockNumber") > before
