"""Reading logs in stretches of blocks: nodes limit how much they answer at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wellhead.chain.rpc import NodeUnreachable, Rpc, RpcError

#: Blocks that are asked for at first; the stretch doubles where that works and halves where not.
FIRST_SPAN = 50_000
#: Times in a row that a node which does not answer is asked for less.
PATIENCE = 4


def scan(
    rpc: Rpc,
    addresses: Sequence[str],
    topics: Sequence[Any],
    from_block: int,
    to_block: int,
) -> Iterator[dict[str, Any]]:
    """Logs of both blocks and all between, in order.

    Whatever the node does not like about a question, a smaller one is tried, down to one block.
    """
    first, span, failures = from_block, FIRST_SPAN, 0
    while first <= to_block:
        last = min(first + span - 1, to_block)
        question = {
            "address": list(addresses),
            "topics": list(topics),
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        try:
            logs = rpc("eth_getLogs", question)
        except (RpcError, NodeUnreachable) as error:
            failures += isinstance(error, NodeUnreachable)
            if last == first or failures > PATIENCE:
                raise
            span = max((last - first + 1) // 2, 1)
            continue
        yield from logs
        first, span, failures = last + 1, span * 2, 0
