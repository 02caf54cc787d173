"""The contracts' ABIs: functions, events and custom errors, encoded and decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eth_abi.abi import encode
from eth_abi.decoding import ContextFramesBytesIO, StringDecoder, TupleDecoder
from eth_abi.exceptions import DecodingError
from eth_abi.registry import ABIRegistry, registry
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from wellhead import toolchain
from wellhead.chain.rpc import Unreadable


class _Text(StringDecoder):
    """Texts on chain are whatever somebody wrote: what is not UTF-8 must stop nobody's reading."""

    def __init__(self) -> None:
        super().__init__("replace")  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _registry() -> ABIRegistry:
    types = registry.copy()  # type: ignore[no-untyped-call]
    types.unregister_decoder("string")
    types.register_decoder("string", _Text)
    return types  # type: ignore[no-any-return]


@lru_cache(maxsize=2048)
def _decoder(types: tuple[str, ...]) -> TupleDecoder:
    """Kept, unlike the library's: chains are asked for the same types all the time."""
    parts = [_registry().get_decoder(kind) for kind in types]
    return TupleDecoder(decoders=parts)  # type: ignore[no-untyped-call]


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Values of these types, as `encode` takes them; DecodingError whatever else the data is."""
    stream = ContextFramesBytesIO(data)  # type: ignore[no-untyped-call]
    try:
        values: tuple[Any, ...] = _decoder(tuple(types))(stream)
    except (OverflowError, ValueError) as error:
        # A length or an offset that no memory has: the library only looks for such of lists.
        raise DecodingError(str(error)) from error
    return values


_checksummed = lru_cache(maxsize=4096)(to_checksum_address)


@dataclass(frozen=True)
class Event:
    """One decoded log."""

    name: str
    address: str
    arguments: dict[str, Any]
    block: int
    index: int

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]


class Function:
    """One function of an ABI: its selector, and how its values are encoded."""

    def __init__(self, abi: dict[str, Any]) -> None:
        self.name = str(abi["name"])
        self.inputs = [canonical_type(i) for i in abi["inputs"]]
        self.outputs = [canonical_type(o) for o in abi["outputs"]]
        self.abi = abi
        self.selector = keccak(text=f"{self.name}({','.join(self.inputs)})")[:4]

    def encode(self, arguments: Sequence[Any]) -> str:
        if len(arguments) != len(self.inputs):
            raise TypeError(f"{self.name} takes {self.inputs}, not {len(arguments)} values")
        return "0x" + (self.selector + encode(self.inputs, list(arguments))).hex()

    def decode(self, data: bytes) -> Any:
        """The result: nothing, one value, or a tuple; structs and multiple results as dicts. What
        stands at an address may be another contract, or none: Unreadable where it answered so."""
        try:
            values = decode(self.outputs, data)
        except DecodingError as error:
            raise Unreadable("eth_call", self.name) from error
        shaped = [shape(o, v) for o, v in zip(self.abi["outputs"], values, strict=True)]
        if len(shaped) <= 1:
            return shaped[0] if shaped else None
        return tuple(shaped)


def decode_error(data: bytes) -> tuple[str, dict[str, Any]]:
    """Name and arguments of a revert's data, looked up in every contract's errors. Contracts that
    are not ours revert as they like: what can not be read so is an unknown error."""
    if not data:
        return "", {}
    entry = error_index().get(data[:4])
    if entry is None:
        return "unknown error 0x" + data.hex(), {}
    try:
        values = decode([canonical_type(i) for i in entry["inputs"]], data[4:])
    except DecodingError:
        return "unknown error 0x" + data.hex(), {}
    return entry["name"], {
        i.get("name") or str(n): shape(i, v)
        for n, (i, v) in enumerate(zip(entry["inputs"], values, strict=True))
    }


class EventType:
    """One event of an ABI: how its logs are decoded."""

    def __init__(self, abi: dict[str, Any]) -> None:
        self.name = str(abi["name"])
        self.inputs = abi["inputs"]
        self.plain = [i for i in self.inputs if not i["indexed"]]
        self.indexed = [i for i in self.inputs if i["indexed"]]
        self._types = [canonical_type(i) for i in self.plain]
        self._topics = [canonical_type(i) for i in self.indexed]

    def decode(self, log: dict[str, Any]) -> Event:
        values = decode(self._types, bytes.fromhex(log["data"][2:]))
        arguments = {i["name"]: shape(i, v) for i, v in zip(self.plain, values, strict=True)}
        topics = zip(self.indexed, self._topics, log["topics"][1:], strict=True)
        for i, kind, topic in topics:
            (value,) = decode([kind], bytes.fromhex(topic[2:]))
            arguments[i["name"]] = shape(i, value)
        return Event(
            name=self.name,
            address=_checksummed(log["address"]),
            arguments={i["name"]: arguments[i["name"]] for i in self.inputs},
            block=int(log["blockNumber"], 16),
            index=int(log["logIndex"], 16),
        )


def decode_log(log: dict[str, Any]) -> Event | None:
    """A log as an event; None when none of our contracts declares it, or could have written it."""
    known = event_index().get(kind_of(log))
    try:
        return None if known is None else known.decode(log)
    except DecodingError:
        return None


def kind_of(log: dict[str, Any]) -> tuple[str, int]:
    """What tells events apart: the first topic, of which there may be none, and how many."""
    topics = log["topics"]
    return (topics[0] if topics else "", len(topics))


def topic_of(value: int | str) -> str:
    """A number or an address as it stands in a topic."""
    return f"0x{int(value, 16) if isinstance(value, str) else value:064x}"


def canonical_type(parameter: dict[str, Any]) -> str:
    """The ABI type with structs spelled out as tuples."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(canonical_type(c) for c in parameter["components"])
    return f"({inner}){kind[5:]}"


def shape(parameter: dict[str, Any], value: Any) -> Any:
    """Structs as dicts by field, addresses with checksums, all else as eth_abi gives it."""
    kind = str(parameter["type"])
    if kind.endswith("]"):
        inner = {**parameter, "type": kind[: kind.rindex("[")]}
        return [shape(inner, item) for item in value]
    if kind == "tuple":
        fields = zip(parameter["components"], value, strict=True)
        return {component["name"]: shape(component, item) for component, item in fields}
    return _checksummed(value) if kind == "address" else value


@lru_cache(maxsize=64)
def functions_of(name: str) -> dict[str, Function]:
    entries = [e for e in toolchain.artifacts()[name]["abi"] if e["type"] == "function"]
    names = [e["name"] for e in entries]
    return {
        e["name"] if names.count(e["name"]) == 1 else signature(e): Function(e) for e in entries
    }


def signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}({','.join(canonical_type(i) for i in entry['inputs'])})"


@lru_cache(maxsize=64)
def events_of(name: str) -> dict[str, dict[str, Any]]:
    """Events of one contract by their first topic."""
    entries = [e for e in toolchain.artifacts()[name]["abi"] if e["type"] == "event"]
    return {"0x" + keccak(text=signature(e)).hex(): e for e in entries}


@lru_cache(maxsize=64)
def event_kinds(name: str) -> frozenset[tuple[str, int]]:
    """What tells the events of one contract apart, as of `kind_of`."""
    return frozenset(
        (topic, 1 + sum(i["indexed"] for i in entry["inputs"]))
        for topic, entry in events_of(name).items()
    )


@lru_cache(maxsize=1)
def event_index() -> dict[tuple[str, int], EventType]:
    """Every event by first topic and number of topics (ERC-20 and ERC-721 share a Transfer)."""
    index = {}
    for name in toolchain.artifacts():
        for topic, entry in events_of(name).items():
            event = EventType(entry)
            index[(topic, 1 + len(event.indexed))] = event
    return index


@lru_cache(maxsize=1)
def error_index() -> dict[bytes, dict[str, Any]]:
    """Every custom error, and Solidity's own two, by selector."""
    own = [
        {"name": "Error", "inputs": [{"name": "message", "type": "string"}]},
        {"name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
    ]
    declared = [e for a in toolchain.artifacts().values() for e in a["abi"] if e["type"] == "error"]
    return {keccak(text=signature(e))[:4]: e for e in own + declared}
