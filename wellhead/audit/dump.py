"""All words of a local chain's contracts, where the node writes them out.

Anvil keeps a word that was read while it was zero, and its proofs count such words. So its root of
a contract's storage says what no other node's would; with all its words at hand it can be computed
in its own way.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any

from wellhead.audit.headers import raw, readable
from wellhead.audit.trie import number, root
from wellhead.audit.words import keccak
from wellhead.chain.rpc import Rpc, RpcError


def is_anvil(rpc: Rpc) -> bool:
    """Whether the node says that it is one."""
    try:
        return str(rpc("web3_clientVersion")).lower().startswith("anvil")
    except RpcError:
        return False


def dumped(rpc: Rpc, block: int) -> dict[int, dict[int, int]] | None:
    """The words of every contract by address, zeros among them; None where the node does not write
    them out, or is at another block."""
    try:
        with readable("anvil_dumpState"):
            packed = raw(rpc("anvil_dumpState", False))
            body = json.loads(gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed)
            if int(str(body["best_block_number"]), 0) != block:
                return None
            accounts: Mapping[str, Any] = body["accounts"]
            return {
                int(address, 16): {_word(s): _word(w) for s, w in account["storage"].items()}
                for address, account in accounts.items()
            }
    except (RpcError, OSError, EOFError, zlib.error):
        return None


def _word(value: str) -> int:
    return int.from_bytes(int(value, 16).to_bytes(32, "big"), "big")


def dump_root(words: Mapping[int, int]) -> bytes:
    """The root as anvil computes it, over zeros too."""
    pairs = [(keccak(slot.to_bytes(32, "big")).hex(), number(w)) for slot, w in words.items()]
    return root(pairs)
