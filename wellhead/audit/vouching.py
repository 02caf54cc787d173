"""Whether a block's receipts vouch for the logs that a node gave, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wellhead.audit.blocks import PROVEN, RawLog, Read
from wellhead.audit.decode import Malformed, decoders_of
from wellhead.audit.headers import Header, block_of
from wellhead.audit.receipts import header_hash, receipts_root
from wellhead.audit.replay import Finding, told
from wellhead.chain.rpc import Rpc, RpcError

#: Receipts in one request, where a node gives them only one by one.
SINGLE = 100


@dataclass
class Receipts:
    """A node's receipts, as it gives them: by block, one by one, or not at all."""

    rpc: Rpc
    by_block: bool = True
    singly: bool = True

    def of(self, headers: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]] | None]:
        """The receipts of each block; None where the node does not give them."""
        if self.by_block:
            asked = [("eth_getBlockReceipts", [header["number"]]) for header in headers]
            try:
                answers = self.rpc.batch(asked)
                if all(answer is not None for answer in answers):
                    return answers
            except RpcError as error:
                self.by_block = not is_unknown(error)
        return [self._one_by_one(header) for header in headers]

    def _one_by_one(self, header: dict[str, Any]) -> list[dict[str, Any]] | None:
        if not self.singly:
            return None
        receipts: list[dict[str, Any]] = []
        try:
            block = self.rpc("eth_getBlockByNumber", header["number"], False)
            hashes = block["transactions"]
            for first in range(0, len(hashes), SINGLE):
                part = hashes[first : first + SINGLE]
                receipts += self.rpc.batch([("eth_getTransactionReceipt", [h]) for h in part])
        except RpcError as error:
            self.singly = not is_unknown(error)
            return None
        return receipts if all(receipt is not None for receipt in receipts) else None


def is_unknown(error: RpcError) -> bool:
    """Whether the node does not know a method at all, or does not let anybody call it."""
    words = error.message.lower()
    return error.code in (-32601, -32004) or any(
        word in words for word in ("not found", "not supported", "unsupported", "not available")
    )


def wrong_header(header: dict[str, Any]) -> Iterator[Finding]:
    """Whether a header is not what its hash is of."""
    number = int(header["number"], 16)
    try:
        computed = header_hash(header)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        yield _problem("header", f"not readable ({error!r})", "", number)
        return
    if computed != header["hash"]:
        yield _problem("hash", header["hash"], computed, number)


def vouched(
    header: dict[str, Any], receipts: Sequence[dict[str, Any]], contracts: Mapping[bytes, str]
) -> tuple[list[Finding], list[RawLog]]:
    """What is wrong with a block as such, and the logs of our contracts in its receipts."""
    number = int(header["number"], 16)
    problems = list(wrong_header(header))
    try:
        said, computed = header["receiptsRoot"], receipts_root(receipts)
        if said != computed:
            return [*problems, _problem("receiptsRoot", said, computed, number)], []
        return problems, _logs(number, receipts, contracts)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return [*problems, _problem("receipts", f"not readable ({error!r})", "", number)], []


def read_by(
    header: Header,
    receipts: Sequence[dict[str, Any]],
    contracts: Mapping[bytes, str],
    said: Sequence[RawLog],
) -> Read:
    """A block by its receipts; by what `eth_getLogs` said where these are not its own."""
    block = block_of(header)
    problems, right = vouched(header, receipts, contracts)
    if problems:
        return Read(block, said, problems)
    found = list(found_between(contracts, said, right, "eth_getLogs", "receipts"))
    return Read(replace(block, proven=PROVEN), right, found)


def _problem(what: str, said: str, expected: str, number: int) -> Finding:
    return Finding("block", "receipts", what, said, expected, number, kind="block")


def _logs(
    number: int, receipts: Sequence[dict[str, Any]], contracts: Mapping[bytes, str]
) -> list[RawLog]:
    """The logs of our contracts among a block's."""
    logs, position = [], 0
    for receipt in receipts:
        for log in receipt["logs"]:
            address = bytes.fromhex(log["address"][2:])
            if address in contracts:
                topics = bytes.fromhex("".join(topic[2:] for topic in log["topics"]))
                data = bytes.fromhex(log["data"][2:])
                logs.append(RawLog(number, position, address, topics, data))
            position += 1
    return logs


def found_between(
    contracts: Mapping[bytes, str],
    said: Sequence[RawLog],
    right: Sequence[RawLog],
    who: str,
    judge: str,
) -> Iterator[Finding]:
    """Where two readings of the same logs differ: by event and field where both can be read."""
    kind = "archive" if who == "the archive" else "logs"
    ours = {(log.block, log.position): log for log in said}
    theirs = {(log.block, log.position): log for log in right}
    for place in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(place), theirs.get(place)
        if one == other:
            continue
        shown = one or other
        assert shown is not None  # noqa: S101
        contract = contracts.get((other or shown).address, "a contract")
        if one is None or other is None:
            name, _ = _read(contracts, shown)
            has, lacks = (who, judge) if other is None else (judge, who)
            yield Finding(contract, name, "event", f"in {has}", f"not in {lacks}", *place, kind)
            continue
        name, args = _read(contracts, other)
        for field, value, should in _fields(contracts, one, other, args):
            yield Finding(
                contract, name, field, f"{value} in {who}", f"{should} in {judge}", *place, kind
            )


def _fields(
    contracts: Mapping[bytes, str], one: RawLog, other: RawLog, args: dict[str, Any] | None
) -> Iterator[tuple[str, str, str]]:
    if one.address != other.address:
        yield "address", "0x" + one.address.hex(), "0x" + other.address.hex()
        return
    _, read = _read(contracts, one)
    if read is None or args is None or one.topics[:32] != other.topics[:32]:
        for name in ("topics", "data"):
            a, b = getattr(one, name), getattr(other, name)
            if a != b:
                yield name, *_excerpt(a, b)
        return
    has, needs = dict(_parts("", read)), dict(_parts("", args))
    for name in has.keys() | needs.keys():
        if has.get(name) != needs.get(name):
            yield name, told(has.get(name, "none")), told(needs.get(name, "none"))


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value's parts: terms.pricing.low, samples[3]."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _parts(f"{name}.{key}" if name else key, part)
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from _parts(f"{name}[{position}]", part)
    else:
        yield name, value


def _read(contracts: Mapping[bytes, str], log: RawLog) -> tuple[str, dict[str, Any] | None]:
    """An event's name and arguments; None for them where it can not be read."""
    contract = contracts.get(log.address)
    decoder = decoders_of(contract).get(log.topics[:32]) if contract else None
    if decoder is None:
        return "event", None
    try:
        return decoder.name, decoder(log.topics, log.data)
    except Malformed:
        return decoder.name, None


def _excerpt(one: bytes, other: bytes) -> tuple[str, str]:
    """The words in which two byte strings first differ."""
    first = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    at = first // 32 * 32
    words = (f"0x{part[at : at + 32].hex()} at byte {at} of {len(part)}" for part in (one, other))
    return next(words), next(words)
