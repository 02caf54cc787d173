"""What a command's transactions may cost, and for which chain they are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellhead.actions.errors import SetupError
from wellhead.chain.fees import GWEI, Bounds, Caps, Offer, show_gwei
from wellhead.chain.locality import LOCAL_CHAIN_IDS
from wellhead.cli import amounts

if TYPE_CHECKING:
    from wellhead.cli.session import Session, Settings

#: Where nobody says more, on a chain that is not local.
USUAL = Caps(100 * GWEI, 10 * GWEI)
ETHER_DECIMALS = 18


def bounds_of(session: Session) -> Bounds:
    """The session's chain, whatever chain the node is of later, and the caps there."""

    def told(gas: int, offer: Offer) -> None:
        if caps is not None:
            session.out.detail(
                f"sending up to {gas:,} gas at up to {show_gwei(offer.max_fee)}: "
                f"{show_ether(gas * offer.max_fee)} at most"
            )

    # A node that only says that it is a local one gets signatures for a local chain alone.
    is_local = session.is_local and session.chain_id in LOCAL_CHAIN_IDS
    caps = caps_of(session.settings, is_local=is_local)
    return Bounds(session.chain_id, caps, told)


def caps_of(settings: Settings, *, is_local: bool) -> Caps | None:
    """By the options; none on a local chain, where gas costs nothing, if none are given."""
    max_fee, tip = settings.max_fee, settings.max_priority_fee
    if is_local and max_fee is None and tip is None:
        return None
    most = USUAL.max_fee if max_fee is None else max_fee
    if tip is not None and tip > most:
        raise SetupError(f"--max-priority-fee must be at most --max-fee, {show_gwei(most)}")
    return Caps(most, min(most, USUAL.tip) if tip is None else tip)


def show_ether(wei: int) -> str:
    """To a millionth, rounded up."""
    return f"{amounts.show_decimal(-(-wei // 10**12), ETHER_DECIMALS - 12)} ether"
