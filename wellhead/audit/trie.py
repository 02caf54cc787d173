"""Ethereum's hash trees: a root from all pairs, and a value from a proof."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from wellhead.audit.words import keccak

#: The root of a tree with nothing in it.
EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")


class ProofError(Exception):
    """A proof that does not lead from its root to an answer; a sentence says why."""


def text(data: bytes) -> bytes:
    """RLP of a byte string."""
    size = len(data)
    if size == 1 and data[0] < 0x80:
        return data
    return _head(0x80, size) + data


def number(value: int) -> bytes:
    """RLP of a number."""
    return text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def listed(items: Iterable[bytes]) -> bytes:
    """RLP of a list whose items are in RLP already."""
    body = b"".join(items)
    return _head(0xC0, len(body)) + body


def _head(base: int, size: int) -> bytes:
    if size < 56:
        return bytes((base + size,))
    wide = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((base + 55 + len(wide),)) + wide


def storage_root(words: Iterable[tuple[int, int]]) -> bytes:
    """The root of a contract's storage: (slot, word) of every word that is not zero."""
    pairs = [(keccak(slot.to_bytes(32, "big")).hex(), number(word)) for slot, word in words]
    return root(pairs)


def root(pairs: list[tuple[str, bytes]]) -> bytes:
    """The root of a tree: keys in hexadecimal, none of them another's beginning, and values."""
    if not pairs:
        return EMPTY_ROOT
    pairs.sort()
    keys = [key for key, _ in pairs]
    values = [value for _, value in pairs]
    return keccak(_node(keys, values, 0, len(keys), 0))


def _node(keys: Sequence[str], values: Sequence[bytes], low: int, high: int, depth: int) -> bytes:
    """RLP of the node over the pairs [low, high), which agree in `depth` digits."""
    first = keys[low]
    if high - low == 1:
        return _leaf(first[depth:], values[low])
    last, fork = keys[high - 1], depth
    while first[fork] == last[fork]:
        fork += 1
    places, start = dict.fromkeys("0123456789abcdef", b"\x80"), low
    while start < high:
        key = keys[start]
        digit, stop = key[fork], start + 1
        if stop == high or keys[stop][fork] != digit:
            node = _leaf(key[fork + 1 :], values[start])
        else:
            stop = bisect_left(keys, key[: fork + 1] + "g", stop, high)
            node = _node(keys, values, start, stop, fork + 1)
        places[digit] = node if len(node) < 32 else b"\xa0" + keccak(node)
        start = stop
    body = b"".join(places.values()) + b"\x80"
    node = _head(0xC0, len(body)) + body
    if fork == depth:
        return node
    body = text(_path(first[depth:fork], "0", "1")) + _reference(node)
    return _head(0xC0, len(body)) + body


def _leaf(digits: str, value: bytes) -> bytes:
    path, size = _path(digits, "2", "3"), len(value)
    head = b"" if size == 1 and value[0] < 0x80 else _TEXT[size] if size < 56 else _head(0x80, size)
    body = (path if len(path) == 1 else _TEXT[len(path)] + path) + head + value
    size = len(body)
    return (_LIST[size] if size < 56 else _head(0xC0, size)) + body


def _path(digits: str, even: str, odd: str) -> bytes:
    """Digits as whole bytes; the first says whether they are even, and whether of a leaf."""
    return bytes.fromhex(odd + digits if len(digits) % 2 else even + "0" + digits)


#: What begins a short text, and a short list, by size.
_TEXT = [bytes((0x80 + size,)) for size in range(56)]
_LIST = [bytes((0xC0 + size,)) for size in range(56)]


def _reference(node: bytes) -> bytes:
    """A node inside its parent: itself where it is short."""
    return node if len(node) < 32 else b"\xa0" + keccak(node)


def prove(top: bytes, key: bytes, proof: Sequence[bytes]) -> bytes | None:
    """What stands under a key in the tree with this root, by the nodes on the way; None where
    nothing does."""
    digits, wanted = keccak(key).hex(), top
    node: Any = None
    for raw in proof:
        if keccak(raw) != wanted:
            raise ProofError("a node of the proof is not what its parent says")
        node = decoded(raw)
        while True:
            if len(node) == 17:
                if not digits:
                    raise ProofError("the proof ends too early")
                node, digits = node[int(digits[0], 16)], digits[1:]
            elif len(node) == 2:
                flag, rest = node[0].hex()[0], node[0].hex()
                path = rest[1:] if flag in "13" else rest[2:]
                if flag in "23":
                    return bytes(node[1]) if path == digits else None
                if not digits.startswith(path):
                    return None
                node, digits = node[1], digits[len(path) :]
            else:
                raise ProofError("a node of the proof is no node")
            if isinstance(node, bytes):
                break
        if not node:
            return None
        wanted = node
    if not proof and top == EMPTY_ROOT:
        return None
    raise ProofError("the proof stops half way")


def decoded(data: bytes) -> Any:
    """RLP as byte strings and lists."""
    try:
        item, end = _item(data, 0)
    except RecursionError as error:
        raise ProofError("lists in lists without end") from error
    if end != len(data):
        raise ProofError("bytes are left over")
    return item


def _item(data: bytes, at: int) -> tuple[Any, int]:
    try:
        head = data[at]
        if head < 0x80:
            return data[at : at + 1], at + 1
        base = 0x80 if head < 0xC0 else 0xC0
        size, start = head - base, at + 1
        if size > 55:
            start += size - 55
            size = int.from_bytes(data[at + 1 : start], "big")
    except IndexError as error:
        raise ProofError("bytes are missing") from error
    end = start + size
    if end > len(data):
        raise ProofError("bytes are missing")
    if base == 0x80:
        return data[start:end], end
    items = []
    while start < end:
        item, start = _item(data, start)
        items.append(item)
    return items, end
