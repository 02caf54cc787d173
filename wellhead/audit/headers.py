"""Headers as a node gives them, each of the block that was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from wellhead.audit.blocks import Block
from wellhead.audit.words import keccak
from wellhead.chain.rpc import Rpc, RpcError

#: In one request.
HEADERS = 200
#: What is asked, with a block and whether for its transactions too.
METHOD = "eth_getBlockByNumber"

Header = dict[str, Any]


class Reorganised(Exception):  # noqa: N818
    """The node's answers are of two chains."""


@contextmanager
def readable(method: str) -> Iterator[None]:
    """What a node answers may be anything."""
    try:
        yield
    except (LookupError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise RpcError(method, {"message": f"the answer can not be read: {error!r}"}) from error


def header_of(rpc: Rpc, block: int | None) -> Header | None:
    """A block's header, the latest one's without a number; None where there is none."""
    return _checked(block, rpc(METHOD, "latest" if block is None else hex(block), False))


def headers_of(rpc: Rpc, blocks: Sequence[int]) -> Iterator[tuple[int, Header]]:
    """The headers of blocks that there must be, with their numbers."""
    for first in range(0, len(blocks), HEADERS):
        part = blocks[first : first + HEADERS]
        answers = rpc.batch([(METHOD, [hex(block), False]) for block in part])
        for block, answer in zip(part, answers, strict=True):
            header = _checked(block, answer)
            if header is None:
                raise Reorganised
            yield block, header


def hash_of(header: Header) -> bytes:
    return raw(header["hash"])


def block_of(header: Header) -> Block:
    return Block(int(header["number"], 16), hash_of(header), int(header["timestamp"], 16))


def raw(value: str) -> bytes:
    """Bytes of a node's hexadecimal text."""
    return bytes.fromhex(value[2:])


def bloom_of(address: bytes) -> int:
    """The bits that a log of this address sets in the bloom of its block."""
    digest = keccak(address)
    places = (int.from_bytes(digest[at : at + 2], "big") % 2048 for at in (0, 2, 4))
    return sum(1 << place for place in set(places))


def _checked(block: int | None, answer: Any) -> Header | None:
    if answer is None:
        return None
    with readable(METHOD):
        number, size = int(answer["number"], 16), len(hash_of(answer))
        if number != (number if block is None else block) or number < 0 or size != 32:
            raise ValueError(f"it is of block {number}")
        if int(answer["timestamp"], 16) < 0:
            raise ValueError("it is of no time")
        header: Header = answer
        return header
