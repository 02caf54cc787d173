"""Blocks and receipts as they are hashed: what vouches for a log, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wellhead.audit.trie import listed, number, root, text
from wellhead.audit.words import keccak

#: A header's fields in the order in which they are hashed, with how many bytes they have; numbers
#: have as many as they need, and an extra field what somebody wrote.
_NUMBER, _ANY = 0, -1
_FIRST = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _ANY),
    ("mixHash", 32),
    ("nonce", 8),
)
#: Those that came with later forks: none of them without the ones before it.
_LATER = (
    ("baseFeePerGas", _NUMBER),
    ("withdrawalsRoot", 32),
    ("blobGasUsed", _NUMBER),
    ("excessBlobGas", _NUMBER),
    ("parentBeaconBlockRoot", 32),
    ("requestsHash", 32),
)
#: A rollup's deposits: two fields more.
_DEPOSIT = 0x7E


def header_hash(header: dict[str, Any]) -> str:
    """The hash of a header with these fields. ValueError where a field is missing or is not of its
    size: with another field in its place the hash could be a real one's."""
    there = [(name, size) for name, size in _LATER if header.get(name) is not None]
    if tuple(there) != _LATER[: len(there)]:
        raise ValueError("a field is missing")
    fields = [_field(header[name], size) for name, size in (*_FIRST, *there)]
    return "0x" + keccak(listed(fields)).hex()


def receipts_root(receipts: Sequence[dict[str, Any]]) -> str:
    """The root over a block's receipts, in order. ValueError where a part of one is not of its
    size: the same bytes could be read in another way."""
    pairs = [(number(i).hex(), _encoded(receipt)) for i, receipt in enumerate(receipts)]
    return "0x" + root(pairs).hex()


def _encoded(receipt: dict[str, Any]) -> bytes:
    outcome = receipt.get("status")
    if outcome not in (None, "0x0", "0x1"):
        raise ValueError(f"a status of {outcome}")
    fields = [
        number(int(outcome, 16)) if outcome is not None else _field(receipt["root"], 32),
        _field(receipt["cumulativeGasUsed"], _NUMBER),
        _field(receipt["logsBloom"], 256),
        listed(_log(log) for log in receipt["logs"]),
    ]
    kind = int(receipt.get("type") or "0x0", 16)
    if not 0 <= kind < 0x80:
        raise ValueError(f"a receipt of type {kind}")
    if kind == _DEPOSIT and receipt.get("depositNonce") is not None:
        extra = [receipt["depositNonce"], receipt.get("depositReceiptVersion")]
        fields += [_field(value, _NUMBER) for value in extra if value is not None]
    body = listed(fields)
    return bytes([kind]) + body if kind else body


def _log(log: dict[str, Any]) -> bytes:
    topics = listed(_field(topic, 32) for topic in log["topics"])
    return listed((_field(log["address"], 20), topics, _field(log["data"], _ANY)))


def _field(value: str, size: int) -> bytes:
    """RLP of bytes of a size, or of a number."""
    if size == _NUMBER:
        whole = int(value, 16)
        if whole < 0:
            raise ValueError(f"{value} is below zero")
        return number(whole)
    raw = bytes.fromhex(value[2:])
    if size not in (_ANY, len(raw)):
        raise ValueError(f"{len(raw)} bytes instead of {size}")
    return text(raw)
