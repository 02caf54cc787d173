"""Blocks and receipts as they are hashed: what vouches for a log, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wellhead.audit.trie import listed, number, root, text
from wellhead.audit.words import keccak

#: A header's fields in the order in which they are hashed; later ones came with later forks.
_BYTES, _NUMBER = "bytes", "number"
_HEADER = (
    ("parentHash", _BYTES),
    ("sha3Uncles", _BYTES),
    ("miner", _BYTES),
    ("stateRoot", _BYTES),
    ("transactionsRoot", _BYTES),
    ("receiptsRoot", _BYTES),
    ("logsBloom", _BYTES),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _BYTES),
    ("mixHash", _BYTES),
    ("nonce", _BYTES),
    ("baseFeePerGas", _NUMBER),
    ("withdrawalsRoot", _BYTES),
    ("blobGasUsed", _NUMBER),
    ("excessBlobGas", _NUMBER),
    ("parentBeaconBlockRoot", _BYTES),
    ("requestsHash", _BYTES),
)
#: A rollup's deposits: two fields more.
_DEPOSIT = 0x7E


def header_hash(header: dict[str, Any]) -> str:
    """The hash of a header with these fields."""
    fields = [_field(header[n], kind) for n, kind in _HEADER if header.get(n) is not None]
    return "0x" + keccak(listed(fields)).hex()


def receipts_root(receipts: Sequence[dict[str, Any]]) -> str:
    """The root over a block's receipts, in order."""
    pairs = [(number(i).hex(), _encoded(receipt)) for i, receipt in enumerate(receipts)]
    return "0x" + root(pairs).hex()


def _encoded(receipt: dict[str, Any]) -> bytes:
    outcome = receipt.get("status")
    fields = [
        number(int(outcome, 16)) if outcome is not None else text(_raw(receipt["root"])),
        number(int(receipt["cumulativeGasUsed"], 16)),
        text(_raw(receipt["logsBloom"])),
        listed(_log(log) for log in receipt["logs"]),
    ]
    kind = int(receipt.get("type") or "0x0", 16)
    if kind == _DEPOSIT and receipt.get("depositNonce") is not None:
        extra = [receipt["depositNonce"], receipt.get("depositReceiptVersion")]
        fields += [number(int(value, 16)) for value in extra if value is not None]
    body = listed(fields)
    return bytes([kind]) + body if kind else body


def _log(log: dict[str, Any]) -> bytes:
    topics = listed(b"\xa0" + bytes.fromhex(topic[2:]) for topic in log["topics"])
    return listed((b"\x94" + _raw(log["address"]), topics, text(_raw(log["data"]))))


def _field(value: str, kind: str) -> bytes:
    return text(_raw(value)) if kind is _BYTES else number(int(value, 16))


def _raw(value: str) -> bytes:
    return bytes.fromhex(value[2:])
