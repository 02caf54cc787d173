"""What a node, a deployment and an account are like, as far as that decides what can be done."""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.exceptions import DecodingError

from wellhead.actions import sweeping
from wellhead.actions.asking import events_among
from wellhead.actions.sweeping import Prices, Venue
from wellhead.chain import Contract, Deployment, Reverted, Rpc, RpcError

#: Stablecoin units that nobody would send a transaction for: a dollar.
WORTH_SWEEPING = 10**6


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


def members_of(deployment: Deployment, contract: Contract, function: str) -> list[str]:
    """Accounts that may call one of a contract's restricted functions."""
    authority = deployment.authority
    selector = contract.functions[function].selector
    role = int(authority.call("getTargetFunctionRole", contract.address, selector))
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


def issuers(deployment: Deployment) -> list[str]:
    """Issuers whose credentials count."""
    compliance = deployment.compliance
    named = compliance.events("IssuerAccredited", deployment.block)
    accounts = list(dict.fromkeys(str(event["issuer"]) for event in named))
    numbers = compliance.call_many([("issuerNumberOf", [account]) for account in accounts])
    return [account for account, number in zip(accounts, numbers, strict=True) if number]


@dataclass(frozen=True)
class Buying:
    """Where bitcoin is bought, and what it costs there; without prices pool or feed are broken."""

    venue: Venue
    prices: Prices | None


def buying(deployment: Deployment) -> Buying | None:
    """None where bitcoin is bought nowhere."""
    venue = sweeping.venue_of(deployment)
    if not venue.is_somewhere:
        return None
    try:
        return Buying(venue, sweeping.prices_at(deployment, venue))
    except (Reverted, RpcError, DecodingError):
        return Buying(venue, None)


@dataclass(frozen=True)
class Waiting:
    """Stablecoin units of a cluster that wait to be turned into bitcoin, some of them since the
    unix time `since`."""

    amount: int
    since: int


def waiting(deployment: Deployment, cluster: int, block: int) -> Waiting | None:
    """What waits at a block, since something waits; None where it is not worth a transaction."""
    router = deployment.router
    amount = int(router.call("bitcoinPendingOf", cluster, block=block))
    if amount < WORTH_SWEEPING:
        return None
    names, waits, since = ("Distributed", "Swept"), 0, block
    for event in events_among(router, names, deployment.block, block, 0, [cluster]):
        if not waits:
            since = event.block
        waits += int(event["bitcoin"]) if event.name == "Distributed" else -int(event["spent"])
    return Waiting(amount, _time_of(deployment.rpc, since))


def _time_of(rpc: Rpc, block: int) -> int:
    return int(rpc("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)


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
