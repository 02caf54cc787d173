"""Blocks that are vouched for later than they were read, and audits that are stopped meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import Tampered, audit, happen, node_of, told
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, UNIT, Stage
from wellhead.actions import auditing
from wellhead.audit.archive import Archive
from wellhead.audit.receipts import header_hash, receipts_root
from wellhead.chain.abi import events_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    return tmp_path


class Stopped(BaseException):
    """As if somebody had pulled the plug."""


@contextmanager
def stopped(monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[None]:
    """The audit ends when its archive was written so often."""
    written, whole = 0, Archive._whole

    @contextmanager
    def counted(archive: Archive) -> Iterator[Any]:
        nonlocal written
        with whole(archive) as database:
            yield database
        written += 1
        if written == number:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "_whole", counted)
        yield


@shows("AUD-17")
def test_a_block_that_is_made_up_when_it_is_vouched_for_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node gave its true header, with which it was looked at, and kept its receipts back; then
    it gives another header, and receipts that fit it. What they say changes nothing. It is no help
    to the node that an audit is stopped meanwhile."""
    happen(stage)
    lease = stage.lease(1, 3, stage.hour() + 1, 20)
    stage.market.send("noticeSuspension", lease, EVIDENCE, sender=stage.operator)
    block = stage.anvil.rpc.integer("eth_blockNumber")
    stage.skip(HOUR)

    def forged(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: forged(one) for key, one in value.items()}
        if isinstance(value, list):
            return [forged(one) for one in value]
        return value.replace(EVIDENCE.hex(), "77" * 32) if isinstance(value, str) else value

    real: dict[str, Any] = stage.anvil.rpc("eth_getBlockByNumber", hex(block), False)
    receipts = forged(stage.anvil.rpc("eth_getBlockReceipts", hex(block)))
    made = {**real, "receiptsRoot": receipts_root(receipts)}
    made["hash"] = header_hash(made)

    def withhold(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getLogs":
            return [forged(log) if log["blockHash"] == real["hash"] else log for log in answer]
        if method == "eth_getTransactionReceipt":
            return None if answer["blockHash"] == real["hash"] else answer
        is_it = method == "eth_getBlockReceipts" and int(params[0], 16) == block
        return None if is_it else answer

    def lie(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getBlockByNumber" and answer and answer["hash"] == real["hash"]:
            return made
        if method == "eth_getBlockReceipts" and int(params[0], 16) == block:
            return receipts
        if method == "eth_getLogs":
            return [
                {**forged(log), "blockHash": made["hash"]}
                if log["blockHash"] == real["hash"]
                else log
                for log in answer
            ]
        return answer

    first = audit(stage, node_of(stage, withhold), every_block=True)
    assert told(first) == []
    assert (first.linked, first.blocks - first.proven) == (True, 1)
    with stopped(monkeypatch, 2), pytest.raises(Stopped):
        audit(stage, node_of(stage, lie), every_block=True)
    done = audit(stage, node_of(stage, lie), every_block=True)
    assert [(found.what, found.block) for found in done.findings] == [("parentHash", block + 1)]
    assert not done.linked
    later = audit(stage, every_block=True)
    assert told(later) == []
    assert (later.linked, later.blocks - later.proven) == (True, 0)
    with Archive(later.archive) as archive:
        assert archive.between(block, block)[block].hash.hex() == real["hash"][2:]


def hiding(stage: Stage) -> Tampered:
    """A node that says nothing of the block in which a token appeared."""
    (registered,) = stage.registry.events("ClusterRegistered")

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        return [log for log in answer if int(log["blockNumber"], 16) != registered.block]

    return node_of(stage, change)


def misnaming(stage: Stage) -> Tampered:
    """A node that says that another token appeared."""
    events = events_of("CapacityRegistry").items()
    topic = next(topic for topic, entry in events if entry["name"] == "ClusterRegistered")

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        token = "0x" + "00" * 12 + "11" * 20
        return [
            {**log, "data": token + log["data"][66:]} if log["topics"][0] == topic else log
            for log in answer
        ]

    return node_of(stage, change)


@shows("AUD-13")
@pytest.mark.parametrize("is_late", [False, True], ids=["every block", "late"])
def test_an_audit_that_is_stopped_after_any_write_comes_to_the_same(
    stage: Stage, folder: Path, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    """When a token comes to light that the node had hidden: with a look at every block, or by
    receipts that were not asked for before."""
    happen(stage)
    stage.token(1).send("transfer", stage.holders[0].address, UNIT, sender=stage.operator)
    node: Callable[[], Any] = lambda: None if is_late else hiding(stage)  # noqa: E731
    if is_late:
        audit(stage, misnaming(stage), receipts=False)
    file, before = auditing.archive_file(stage.deployment), folder / "before.sqlite"

    def begin() -> None:
        file.unlink(missing_ok=True)
        if before.exists():
            shutil.copy(before, file)

    def content() -> list[Any]:
        with Archive(file) as archive:
            return [archive.place, archive.linked, *archive.blocks(1 << 60)]

    if is_late:
        shutil.copy(file, before)
    begin()
    right, whole = audit(stage, node(), every_block=not is_late), content()
    assert "ClusterRegistered" in {found.where for found in right.findings}
    number, found = 0, []
    while True:
        begin()
        number += 1
        try:
            with stopped(monkeypatch, number):
                audit(stage, node(), every_block=not is_late)
        except Stopped:
            done = audit(stage, node(), every_block=not is_late)
            found.append(told(done))
            assert (done.logs, done.contracts, content()) == (right.logs, right.contracts, whole)
        else:
            break
    assert len(found) >= 4
    assert found == [*[told(right)] * (len(found) - 1), []], "the last write is that all was told"
