"""Words of storage: hashes, slots of mappings, and fields packed from the lowest bit."""

from __future__ import annotations

from Crypto.Hash import keccak as pycryptodome

MAX = (1 << 256) - 1
#: What no slot can hold: the events that led to it can not have happened.
IMPOSSIBLE = 1 << 256
#: Of nothing: keccak256("").
EMPTY = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")


def keccak(data: bytes) -> bytes:
    """Without what eth_utils looks at first: an audit hashes millions of words."""
    return bytes(pycryptodome.new(digest_bits=256, data=data).digest())


def slot_of(slot: int, *keys: int) -> int:
    """Where a mapping at `slot` keeps a key's value; each further key goes one mapping deeper."""
    for key in keys:
        slot = int.from_bytes(keccak((key << 256 | slot).to_bytes(64, "big")), "big")
    return slot


def list_of(slot: int) -> int:
    """Where a dynamic array at `slot` has its first element."""
    return int.from_bytes(keccak(slot.to_bytes(32, "big")), "big")


def packed(*fields: tuple[int, int]) -> int:
    """(value, bits) after another from the lowest bit; `IMPOSSIBLE` where one does not fit."""
    word = place = 0
    for value, bits in fields:
        if value >> bits:
            return IMPOSSIBLE
        word |= value << place
        place += bits
    return word


def signed(value: int, bits: int) -> tuple[int, int]:
    """A field as two's complement."""
    fits = -1 <= value >> (bits - 1) <= 0
    return value % (1 << bits) if fits else IMPOSSIBLE, bits


def created(creator: int, nonce: int) -> int:
    """The address of the contract that `creator` creates with `nonce`."""
    number = b"\x80" if nonce == 0 else nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    if nonce >= 0x80:
        number = bytes([0x80 + len(number)]) + number
    body = b"\x94" + creator.to_bytes(20, "big") + number
    return int.from_bytes(keccak(bytes([0xC0 + len(body)]) + body)[12:], "big")
