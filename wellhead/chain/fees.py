"""What to offer for a transaction, within bounds that a person set."""

from __future__ import annotations

from collections.abc import Callable
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


@dataclass(frozen=True)
class Bounds:
    """What an account signs within: one chain, and caps where there are any. `told` hears of the
    gas and the offer before a transaction is signed."""

    chain_id: int
    caps: Caps | None
    told: Callable[[int, Offer], None]


class TooDear(Exception):  # noqa: N818
    """The chain or the node asks for more than whoever sends allows; a sentence with the
    numbers."""


class NoDynamicFees(DeploymentError):  # noqa: N818
    """The chain has no base fee (EIP-1559)."""

    def __init__(self) -> None:
        super().__init__("the chain has no base fee (EIP-1559): deploying there is not supported")


def base_fee(rpc: Rpc) -> int:
    """The latest block's."""
    found = _latest_base_fee(rpc)
    if found is None:
        raise NoDynamicFees
    return found


def usual_tip(rpc: Rpc) -> int:
    """What the node suggests."""
    try:
        return rpc.integer("eth_maxPriorityFeePerGas")
    except RpcError:
        return GWEI


def single_offer(rpc: Rpc, caps: Caps | None) -> Offer:
    """For a transaction that is sent once, and at once: enough for twice the base fee, or as much
    as the caps allow; TooDear where that is too little. Free where there is no base fee."""
    base = _latest_base_fee(rpc) or 0
    tip = usual_tip(rpc) if base else 0
    if caps is None:
        return Offer(2 * base + tip, tip)
    if tip > caps.tip:
        raise TooDear(
            f"the node asks for a tip of {show_gwei(tip)} for a unit of gas, above the cap of "
            f"{show_gwei(caps.tip)}: the transaction is not sent. --max-priority-fee raises the cap"
        )
    if base + tip > caps.max_fee:
        raise TooDear(
            f"the base fee of {show_gwei(base)} and a tip of {show_gwei(tip)} are above the cap of "
            f"{show_gwei(caps.max_fee)}: the transaction is not sent. --max-fee raises the cap"
        )
    return Offer(min(2 * base + tip, caps.max_fee), tip)


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


def _latest_base_fee(rpc: Rpc) -> int | None:
    head = rpc("eth_getBlockByNumber", "latest", False)
    try:
        return int(head["baseFeePerGas"], 16) if "baseFeePerGas" in head else None
    except (TypeError, ValueError) as error:
        message = f"the answer can not be read: {error!r}"
        raise RpcError("eth_getBlockByNumber", {"message": message}) from error


def _bumped(value: int) -> int:
    return max(-(-value * _BUMP_NUMERATOR // _BUMP_DENOMINATOR), value + 1)
