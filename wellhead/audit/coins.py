"""What an account has of a coin, read out of the coin's storage.

A coin is others' code, and says what it likes. But most keep a word for each holder, in one of few
places; where one of these has the balance that the node says, the node did not make it up.
"""

from __future__ import annotations

from wellhead.audit.state import State
from wellhead.audit.words import keccak, slot_of

#: Slots at which contracts have their mapping of balances: the first ones, as compilers count them,
#: and OpenZeppelin's since its fifth version.
PLACES = (*range(60), 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00)
#: What Solady hashes with a holder.
_SOLADY = bytes(8) + bytes.fromhex("87a211a2")
#: Circle's coins keep in the highest bit whether a holder is blocked.
_AMOUNT = (1 << 255) - 1


def slots_of(holder: int) -> list[int]:
    """Where a holder's balance may be."""
    vyper = [_vyper(place, holder) for place in range(30)]
    return [*(slot_of(place, holder) for place in PLACES), *vyper, _solady(holder)]


def is_proven(state: State, coin: int, holder: int, balance: int) -> bool:
    """Whether the coin's proven storage has this balance of the holder's."""
    words = state.words(coin, slots_of(holder))
    return balance > 0 and any(balance in (word, word & _AMOUNT) for word in words)


def _vyper(place: int, holder: int) -> int:
    """Where Vyper keeps a holder's value of a mapping."""
    return int.from_bytes(keccak(place.to_bytes(32, "big") + holder.to_bytes(32, "big")), "big")


def _solady(holder: int) -> int:
    return int.from_bytes(keccak(holder.to_bytes(20, "big") + _SOLADY), "big")
