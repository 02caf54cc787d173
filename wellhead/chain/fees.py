"""What to offer for a transaction, within bounds that a person set."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.chain.record import DeploymentError
from wellhead.chain.rpc import Rpc, RpcError

GWEI = 10**9
#: Nodes take a replacement only if it offers at least an eighth more of both.
_BUMP_NUMERATOR, _BUMP_DENOMINATOR = 9, 8


@dataclass(frozen=True)
class Offer:
    """Most that is paid for a unit of gas, and how much of it goes to whoever builds the block."""

    max_fee: int
    tip: int


@dataclass(frozen=True)
class Caps:
    """No transaction offers more than this, in wei for a unit of gas."""

    max_fee: int
    tip: int


class NoDynamicFees(DeploymentError):  # noqa: N818
    """The chain has no base fee (EIP-1559)."""

    def __init__(self) -> None:
        super().__init__("the chain has no base fee (EIP-1559): deploying there is not supported")


def base_fee(rpc: Rpc) -> int:
    """The latest block's."""
    head = rpc("eth_getBlockByNumber", "latest", False)
    if "baseFeePerGas" not in head:
        raise NoDynamicFees
    return int(head["baseFeePerGas"], 16)


def usual_tip(rpc: Rpc) -> int:
    """What the node suggests."""
    try:
        return rpc.integer("eth_maxPriorityFeePerGas")
    except RpcError:
        return GWEI


def first_offer(rpc: Rpc, caps: Caps) -> Offer | None:
    """Enough for twice the base fee; None while the base fee leaves nothing below the cap.

    Where the caps allow, something is left above for replacements.
    """
    base = base_fee(rpc)
    tip = min(usual_tip(rpc), caps.tip * 2 // 3 or caps.tip)
    if base + tip > caps.max_fee:
        return None
    return Offer(min(2 * base + tip, caps.max_fee), tip)


def raised(rpc: Rpc, old: Offer, caps: Caps) -> Offer | None:
    """An offer that may replace the old one and has a chance now; None if the caps forbid it."""
    base = base_fee(rpc)
    tip = max(_bumped(old.tip), min(usual_tip(rpc), caps.tip))
    max_fee = max(_bumped(old.max_fee), min(2 * base + tip, caps.max_fee))
    if tip > caps.tip or max_fee > caps.max_fee or base + tip > caps.max_fee:
        return None
    return Offer(max_fee, tip)


def show_gwei(wei: int) -> str:
    """Like 1.5 gwei."""
    whole, rest = divmod(wei, GWEI)
    digits = f"{rest:09}".rstrip("0")
    return f"{whole:,}{'.' + digits if digits else ''} gwei"


def _bumped(value: int) -> int:
    return max(-(-value * _BUMP_NUMERATOR // _BUMP_DENOMINATOR), value + 1)
