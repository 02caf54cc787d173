"""Finding blocks by their time."""

from __future__ import annotations

from bisect import bisect_left

from wellhead.chain.rpc import Rpc, RpcError


class BlockGone(RpcError):  # noqa: N818
    """The node does not have a block that it had a moment ago."""

    def __init__(self, number: int) -> None:
        message = f"there is no block {number} any more"
        super().__init__("eth_getBlockByNumber", {"message": message})
        self.number = number


def time_of(rpc: Rpc, number: int) -> int:
    """Unix time of a block."""
    found = rpc("eth_getBlockByNumber", hex(number), False)
    if found is None:
        raise BlockGone(number)
    return int(found["timestamp"], 16)


def first_from(rpc: Rpc, time_s: int, begin: int, end: int) -> int:
    """The first of the blocks [begin, end) that is not before a unix time, or `end`. It takes as
    many questions as their number has binary digits."""
    blocks = range(begin, end)
    return begin + bisect_left(blocks, time_s, key=lambda number: time_of(rpc, number))
