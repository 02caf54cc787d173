"""Events from raw logs: quickly, and only where every byte is as the contracts write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eth_abi.abi import encode
from eth_abi.exceptions import DecodingError

from wellhead.chain.abi import canonical_type, decode, events_of, shape

Args = dict[str, Any]
#: A word as a value; None where no contract would write such a word.
Reader = Callable[[int], "int | None"]

_from_bytes = int.from_bytes


class Malformed(Exception):  # noqa: N818
    """A log that is not what its first topic says; a sentence says why."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value that is one word."""

    name: str
    read: Reader | None  # None for 256 bits, of which all are right


@dataclass(frozen=True, slots=True)
class Decoder:
    """One event. Numbers, addresses, booleans and fixed bytes are ints, a bytes4 the number that
    its four bytes are. In texts, a byte that is not UTF-8 is a lone surrogate, so that
    `text.encode("utf-8", "surrogateescape")` gives what the contract was given. Lists, structs and
    byte strings are as `wellhead.chain.abi` shapes them."""

    name: str
    names: tuple[str, ...]
    indexed: tuple[Field, ...]
    plain: tuple[Field, ...] | None  # None where some are longer than a word
    inputs: tuple[dict[str, Any], ...]  # those that are not indexed

    def __call__(self, topics: bytes, data: bytes) -> Args:
        """The event's arguments; `topics` one after another, the first among them."""
        if len(topics) != 32 * (1 + len(self.indexed)):
            raise Malformed(f"{len(topics) // 32} topics instead of {1 + len(self.indexed)}")
        args: Args = {}
        _words(args, self.indexed, topics, 32)
        if self.plain is None:
            args |= self._long(data)
        else:
            if len(data) != 32 * len(self.plain):
                raise Malformed(f"{len(data)} bytes of data instead of {32 * len(self.plain)}")
            _words(args, self.plain, data, 0)
        return args

    def _long(self, data: bytes) -> Args:
        quick = _one_list(self.inputs, data)
        if quick is not None:
            return quick
        # Texts are read as bytes: what they are in the end is the reader's matter.
        types = [canonical_type(i).replace("string", "bytes") for i in self.inputs]
        try:
            values = decode(types, data)
            is_canonical = encode(types, values) == data
        except (DecodingError, ValueError, OverflowError) as error:
            raise Malformed(f"data that can not be read: {error}") from error
        if not is_canonical:
            raise Malformed("data that no contract would write so")
        return {i["name"]: _value(i, v) for i, v in zip(self.inputs, values, strict=True)}


@lru_cache(maxsize=64)
def decoders_of(contract: str) -> dict[bytes, Decoder]:
    """A contract's events by their first topic."""
    return {bytes.fromhex(t[2:]): _decoder(e) for t, e in events_of(contract).items()}


def _decoder(entry: dict[str, Any]) -> Decoder:
    plain = [i for i in entry["inputs"] if not i["indexed"]]
    is_static = all(_is_word(i["type"]) for i in plain)
    return Decoder(
        entry["name"],
        tuple(i["name"] for i in entry["inputs"]),
        tuple(_field(i) for i in entry["inputs"] if i["indexed"]),
        tuple(_field(i) for i in plain) if is_static else None,
        tuple(plain),
    )


def _words(args: Args, fields: Sequence[Field], data: bytes, at: int) -> None:
    for field in fields:
        word = _from_bytes(data[at : at + 32], "big")
        at += 32
        if field.read is not None:
            value = field.read(word)
            if value is None:
                raise Malformed(f"{field.name} is {word:#066x}, which does not fit its type")
            word = value
        args[field.name] = word


def _one_list(inputs: Sequence[dict[str, Any]], data: bytes) -> Args | None:
    """Words and one list of words at the end, such as a batch of samples; None where it is not
    that."""
    last = inputs[-1]["type"]
    if last != "uint256[]" or any(i["type"] != "uint256" for i in inputs[:-1]):
        return None
    words = [_from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]
    head = len(inputs)
    if len(data) % 32 or len(words) < head + 1:
        raise Malformed("data that can not be read: it is too short")
    if words[head - 1] != 32 * head or words[head] != len(words) - head - 1:
        raise Malformed("data that no contract would write so")
    args: Args = {i["name"]: word for i, word in zip(inputs, words[: head - 1], strict=False)}
    args[inputs[-1]["name"]] = words[head + 1 :]
    return args


def _value(parameter: dict[str, Any], value: Any) -> Any:
    kind = parameter["type"]
    if kind == "string":
        return value.decode("utf-8", "surrogateescape")
    if kind == "address":
        return int(value, 16)
    if kind == "bool":
        return int(value)
    if kind.startswith("bytes") and kind != "bytes":
        return _from_bytes(value, "big")
    return shape(parameter, value)


def _is_word(kind: str) -> bool:
    return kind not in ("string", "bytes") and "[" not in kind and not kind.startswith("tuple")


def _field(parameter: dict[str, Any]) -> Field:
    return Field(parameter["name"], _reader(parameter["type"]))


def _reader(kind: str) -> Reader | None:
    if kind in ("uint256", "bytes32"):
        return None
    if kind.startswith("bytes"):
        unused = 256 - 8 * int(kind[5:])
        return lambda word: word >> unused if not word & ((1 << unused) - 1) else None
    if kind.startswith("int"):
        return _signed(int(kind[3:] or 256))
    bits = {"address": 160, "bool": 1}.get(kind) or int(kind.removeprefix("uint"))
    return lambda word: word if not word >> bits else None


def _signed(bits: int) -> Reader:
    limit = 1 << (bits - 1)

    def read(word: int) -> int | None:
        value = word - (1 << 256) if word >> 255 else word
        return value if -limit <= value < limit else None

    return read
