"""Auditing a stage, and everything that can be done to what an audit reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.support.stage import Stage
from wellhead.actions import auditing
from wellhead.actions.auditing import Audit
from wellhead.audit.archive import Archive
from wellhead.audit.blocks import RawLog
from wellhead.audit.decode import Decoder, decoders_of
from wellhead.audit.replay import Finding
from wellhead.chain import Deployment, Rpc, RpcError
from wellhead.cli.audit_tables import sentence

#: Changes an answer: method, parameters and answer give another answer.
Change = Callable[[str, Sequence[Any], Any], Any]


class Tampered(Rpc):
    """A node that answers otherwise than the real one, or does not know some methods."""

    def __init__(
        self, url: str, change: Change | None = None, unknown: Collection[str] = ()
    ) -> None:
        super().__init__(url)
        self._change = change
        self._unknown = unknown
        self.asked: list[str] = []
        self._in_batch = False

    def __call__(self, method: str, *params: Any) -> Any:
        if self._in_batch:
            return super().__call__(method, *params)
        self.asked.append(method)
        if method in self._unknown:
            raise RpcError(method, {"code": -32601, "message": "Method not found"})
        return self._changed(method, params, super().__call__(method, *params))

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        self.asked += [method for method, _ in calls]
        for method, _ in calls:
            if method in self._unknown:
                raise RpcError(method, {"code": -32601, "message": "Method not found"})
        self._in_batch = True
        try:
            answers = zip(calls, super().batch(calls), strict=True)
        finally:
            self._in_batch = False
        return [self._changed(method, params, answer) for (method, params), answer in answers]

    def _changed(self, method: str, params: Sequence[Any], answer: Any) -> Any:
        return answer if self._change is None else self._change(method, params, answer)


@contextmanager
def quietly(_: str) -> Iterator[Any]:
    yield lambda done, total: None


def audit(
    stage: Stage,
    rpc: Rpc | None = None,
    *,
    block: int | None = None,
    fresh: bool = False,
    receipts: bool = True,
    every_block: bool = False,
) -> Audit:
    """What the command does, at the stage's node or another; $WELLHEAD_STATE says where its archive
    is."""
    deployment = Deployment(rpc or stage.anvil.rpc, stage.deployment.record)
    return auditing.audit(
        deployment,
        quietly,
        block=block,
        fresh=fresh,
        receipts=receipts,
        every_block=every_block,
    )


def happen(stage: Stage) -> int:
    """A cluster that is leased, reported and paid."""
    cluster = stage.cluster()
    hour = stage.hour()
    stage.lease(cluster, 10, hour + 1, 5)
    stage.to_hour(hour + 4)
    stage.report_hours(cluster, hour, hour + 4)
    stage.finalize()
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    return cluster


def node_of(stage: Stage, change: Change | None = None, unknown: Collection[str] = ()) -> Tampered:
    """The stage's node, as it answers a liar."""
    return Tampered(stage.anvil.rpc.url, change, unknown)


def told(audit: Audit) -> list[str]:
    """What was found, as people read it."""
    return [sentence(finding) for finding in audit.findings]


def found_at(findings: Sequence[Finding], log: RawLog, kind: str) -> list[Finding]:
    """Findings of one kind about one log."""
    place = (log.block, log.position, kind)
    return [found for found in findings if (found.block, found.index, found.kind) == place]


# Logs, word by word


Kinds = dict[tuple[str, str], RawLog]


def every_kind(archive: Archive, contracts: dict[bytes, str]) -> tuple[Kinds, Kinds]:
    """The first log of every event of every contract, and the last."""
    first: Kinds = {}
    last: Kinds = {}
    for _, logs, _ in archive.blocks(1 << 60):
        for log in logs:
            contract = contracts[log.address]
            kind = contract, decoder_of(contract, log).name
            first.setdefault(kind, log)
            last[kind] = log
    return first, last


def decoder_of(contract: str, log: RawLog) -> Decoder:
    return decoders_of(contract)[log.topics[:32]]


def words_of(log: RawLog) -> int:
    """How many words an event's fields take."""
    return len(log.topics) // 32 - 1 + len(log.data) // 32


def flipped(log: RawLog, word: int) -> RawLog:
    """The same log with the last bit of a word flipped; indexed fields come first. Where the data
    ends in bytes that are not used, the first byte of a word is flipped instead."""
    indexed = len(log.topics) // 32 - 1
    if word < indexed:
        return log._replace(topics=_flip(log.topics, 32 * (word + 2) - 1))
    at = 32 * (word - indexed)
    filled = log.data[at : at + 32].rstrip(b"\0")
    is_text = 0 < len(filled) < 32 and filled[0] != 0
    return log._replace(data=_flip(log.data, at if is_text else at + 31))


def field_of(decoder: Decoder, log: RawLog, word: int) -> str | None:
    """Which field, or part of one, a word is; None where it only says where and how long one is."""
    names = [field.name for field in decoder.indexed]
    if word < len(names):
        return names[word]
    at, tails = word - len(names), []
    heads: list[str | None] = []
    for field in decoder.inputs:
        kind, name = field["type"], str(field["name"])
        if kind in ("string", "bytes") or kind.endswith("]"):
            offset = int.from_bytes(log.data[32 * len(heads) : 32 * len(heads) + 32], "big") // 32
            tails.append((offset, name, kind))
            heads.append(None)
        else:
            heads += _leaves(name, field)
    if at < len(heads):
        return heads[at]
    offset, name, kind = max(tail for tail in tails if tail[0] <= at)
    if at == offset:
        return None
    return f"{name}[{at - offset - 1}]" if kind.endswith("]") else name


def _leaves(name: str, field: dict[str, Any]) -> list[str]:
    if field["type"] != "tuple":
        return [name]
    return [
        leaf for part in field["components"] for leaf in _leaves(f"{name}.{part['name']}", part)
    ]


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def as_answer(log: RawLog, answer: dict[str, Any]) -> dict[str, Any]:
    """A node's answer with another log's topics and data."""
    topics = ["0x" + log.topics[at : at + 32].hex() for at in range(0, len(log.topics), 32)]
    return {**answer, "topics": topics, "data": "0x" + log.data.hex()}
