"""Words of storage: hashes, slots of mappings, and fields packed from the lowest bit."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, cast

from Crypto.Hash import keccak as pycryptodome

MAX = (1 << 256) - 1
#: Of nothing: keccak256("").
EMPTY = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")


def _plain(data: bytes) -> bytes:
    return bytes(pycryptodome.new(digest_bits=256, data=data).digest())


def _quick() -> Callable[[bytes], bytes]:
    """The same on one state that is used again and again, a quarter of the time: an audit makes
    millions. For one thread. What pycryptodome keeps inside may change: then the plain one."""
    try:
        library = cast("Any", pycryptodome)._raw_keccak_lib
        state = ctypes.c_void_p()
        if library.keccak_init(ctypes.byref(state), ctypes.c_size_t(64), ctypes.c_ubyte(24)):
            return _plain
        reset, absorb, digest = (
            library.keccak_reset,
            library.keccak_absorb,
            library.keccak_digest,
        )
        place = ctypes.create_string_buffer(32)

        def quick(data: bytes) -> bytes:
            reset(state)
            absorb(state, data, len(data))
            digest(state, place, 32, 1)
            return place.raw

        return quick if all(quick(d) == _plain(d) for d in (b"", b"x" * 200)) else _plain
    except Exception:
        return _plain


keccak: Callable[[bytes], bytes] = _quick()


def slot_of(slot: int, *keys: int) -> int:
    """Where a mapping at `slot` keeps a key's value; each further key goes one mapping deeper."""
    for key in keys:
        slot = int.from_bytes(keccak((key << 256 | slot).to_bytes(64, "big")), "big")
    return slot


def list_of(slot: int) -> int:
    """Where a dynamic array at `slot` has its first element."""
    return int.from_bytes(keccak(slot.to_bytes(32, "big")), "big")


def packed(*fields: tuple[int, int]) -> int:
    """(value, bits) after another from the lowest bit; a negative value as two's complement."""
    word = place = 0
    for value, bits in fields:
        word |= (value & ((1 << bits) - 1)) << place
        place += bits
    return word


def created(creator: int, nonce: int) -> int:
    """The address of the contract that `creator` creates with `nonce`."""
    number = b"\x80" if nonce == 0 else nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    if nonce >= 0x80:
        number = bytes([0x80 + len(number)]) + number
    body = b"\x94" + creator.to_bytes(20, "big") + number
    return int.from_bytes(keccak(bytes([0xC0 + len(body)]) + body)[12:], "big")
