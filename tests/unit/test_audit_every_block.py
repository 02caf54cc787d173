"""Audits that look at every block: a node can hide none with logs of ours, and make none up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import audit, happen, node_of, told
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, Q, Stage
from wellhead.actions import auditing
from wellhead.actions.errors import Refusal
from wellhead.audit.archive import Archive
from wellhead.audit.blocks import Place
from wellhead.audit.headers import bloom_of
from wellhead.audit.receipts import header_hash, receipts_root
from wellhead.chain import RpcError
from wellhead.model.samples import Sample


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    return tmp_path


def linked(stage: Stage) -> Place | None:
    with Archive(auditing.archive_file(stage.deployment)) as archive:
        return archive.linked


def alarm(stage: Stage) -> int:
    """An event that says something, and changes nothing; its block."""
    cluster, hour = stage.cluster(100), stage.hour()
    stage.to_hour(hour + 1)
    stage.report([Sample(cluster, hour, 100_000, 0, Q)])
    stage.registry.send("flagOffBook", cluster, hour, sender=stage.stranger)
    return stage.anvil.rpc.integer("eth_blockNumber")


def hiding(stage: Stage, *blocks: int) -> Any:
    """A node that says of some blocks that they have no logs."""

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        return [log for log in answer if int(log["blockNumber"], 16) not in blocks]

    return node_of(stage, change)


@shows("AUD-17")
def test_a_block_with_logs_that_the_node_hides_is_found(stage: Stage) -> None:
    """Even where they changed nothing; without a look at every block such a one is not."""
    happen(stage)
    block = alarm(stage)
    node = hiding(stage, block)
    assert told(audit(stage, node)) == []
    done = audit(stage, node, every_block=True)
    assert [(found.contract, found.where, found.block, found.kind) for found in done.findings] == [
        ("CapacityRegistry", "OffBook", block, "logs")
    ]
    assert done.linked
    again = audit(stage, node, every_block=True)
    assert told(again) == [], "it is in the archive now"
    assert again.logs == audit(stage, fresh=True).logs == done.logs


@shows("AUD-13")
def test_a_look_at_every_block_goes_on_where_it_was(stage: Stage) -> None:
    happen(stage)
    first = audit(stage, every_block=True)
    assert told(first) == []
    assert first.linked
    assert linked(stage) == Place(first.block, bytes.fromhex(first.hash[2:]))
    stage.lease(1, 7, stage.hour() + 1, 5)
    assert not audit(stage).linked
    node = node_of(stage)
    again = audit(stage, node, every_block=True)
    assert again.linked
    assert node.asked.count("eth_getBlockByNumber") < 10
    assert audit(stage, block=first.block, every_block=True).linked


@shows("AUD-17")
def test_a_token_that_is_hidden_with_the_block_that_it_appeared_in(stage: Stage) -> None:
    cluster = happen(stage)
    (registered,) = stage.registry.events("ClusterRegistered")
    node = hiding(stage, registered.block)
    done = audit(stage, node, every_block=True)
    found = [(one.contract, one.where) for one in done.findings if one.kind == "logs"]
    assert ("CapacityRegistry", "ClusterRegistered") in found
    assert {one.cluster for one in done.contracts} == {None, cluster}
    assert all(one.agreement.agrees for one in done.contracts)
    assert done.linked


@shows("AUD-17")
def test_a_block_that_is_made_up_is_found(stage: Stage) -> None:
    """With a header and receipts of its own, which vouch for it; but the chain does not lead there.
    What it says changes nothing: a notice has other evidence."""
    happen(stage)
    lease = stage.lease(1, 3, stage.hour() + 1, 20)
    stage.market.send("noticeSuspension", lease, EVIDENCE, sender=stage.operator)
    block = stage.anvil.rpc.integer("eth_blockNumber")
    stage.skip(HOUR)
    other = EVIDENCE[2:] if isinstance(EVIDENCE, str) else EVIDENCE.hex()

    def forged(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: forged(one) for key, one in value.items()}
        if isinstance(value, list):
            return [forged(one) for one in value]
        return value.replace(other, "77" * 32) if isinstance(value, str) else value

    real: dict[str, Any] = stage.anvil.rpc("eth_getBlockByNumber", hex(block), False)
    receipts = forged(stage.anvil.rpc("eth_getBlockReceipts", hex(block)))
    made = {**real, "receiptsRoot": receipts_root(receipts)}
    made["hash"] = header_hash(made)

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getBlockByNumber" and answer and answer["hash"] == real["hash"]:
            return made
        if method == "eth_getBlockReceipts" and int(params[0], 16) == block:
            return receipts
        if method == "eth_getLogs":
            return [
                {**forged(log), "blockHash": made["hash"]}
                if int(log["blockNumber"], 16) == block
                else log
                for log in answer
            ]
        return answer

    node = node_of(stage, change)
    assert told(audit(stage, node)) == [], "it fits everything that follows from it"
    done = audit(stage, node, every_block=True)
    assert [(found.what, found.block, found.kind) for found in done.findings] == [
        ("parentHash", block + 1, "block")
    ]
    assert not done.linked
    assert linked(stage) == Place(block, bytes.fromhex(made["hash"][2:]))


@shows("AUD-17")
def test_a_header_that_is_not_what_its_hash_is_of(stage: Stage) -> None:
    """Without the bits of a log that the node hides."""
    happen(stage)
    block = alarm(stage)

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getLogs":
            return [log for log in answer if int(log["blockNumber"], 16) != block]
        if method != "eth_getBlockByNumber" or int(answer["number"], 16) != block:
            return answer
        return {**answer, "logsBloom": "0x" + "00" * 256}

    done = audit(stage, node_of(stage, change), every_block=True)
    assert ("hash", block) in {(found.what, found.block) for found in done.findings}
    assert not done.linked
    later = audit(stage, every_block=True)
    assert [found.where for found in later.findings] == ["OffBook"]
    assert later.linked


@shows("AUD-17")
def test_a_chain_without_blooms_is_not_taken_for_one_without_logs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if another place of the bloom had the bits."""
    happen(stage)
    monkeypatch.setattr("wellhead.audit.linking.bloom_of", lambda address: bloom_of(address) << 1)
    done = audit(stage, every_block=True)
    assert {(found.kind, found.what) for found in done.findings} == {("block", "logsBloom")}
    assert not done.linked


@shows("AUD-12")
def test_blocks_whose_receipts_the_node_does_not_give_are_said(stage: Stage) -> None:
    happen(stage)
    block = alarm(stage)

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getBlockReceipts" and params[0] == hex(block):
            return None
        if method == "eth_getTransactionReceipt":
            return None
        if method == "eth_getLogs":
            return [log for log in answer if int(log["blockNumber"], 16) != block]
        return answer

    done = audit(stage, node_of(stage, change), every_block=True)
    assert told(done) == []
    assert done.linked
    assert done.blocks - done.proven == 1
    later = audit(stage, every_block=True)
    assert [(found.where, found.block) for found in later.findings] == [("OffBook", block)]
    assert later.proven == later.blocks == done.blocks


@shows("AUD-13")
def test_what_was_read_on_another_fork_is_read_again(stage: Stage) -> None:
    """The node changed its mind while it was asked, and changed it back: the end of what was read
    is the chain's, a block within is not."""
    happen(stage)
    block = stage.anvil.rpc.integer("eth_blockNumber") - 1
    real = stage.anvil.rpc("eth_getBlockByNumber", hex(block), False)
    made = {**real, "extraData": "0x77"}
    made["hash"] = header_hash(made)

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getBlockByNumber" and answer and answer["hash"] == real["hash"]:
            return made
        if method == "eth_getLogs":
            swap = {real["hash"]: made["hash"]}
            return [{**a, "blockHash": swap.get(a["blockHash"], a["blockHash"])} for a in answer]
        return answer

    assert told(audit(stage, node_of(stage, change))) == []
    done = audit(stage, every_block=True)
    assert told(done) == []
    assert done.linked
    with Archive(done.archive) as archive:
        hashes = {number: kept.hash for number, kept in archive.between(0, done.block).items()}
    assert bytes.fromhex(made["hash"][2:]) not in hashes.values()


@shows("AUD-13")
def test_what_was_looked_at_on_another_fork_is_looked_at_again(stage: Stage) -> None:
    """Though what was read is the chain's."""
    happen(stage)
    first = audit(stage)
    with Archive(first.archive) as archive:
        archive.link([], Place(first.block - 5, bytes(32)))
    done = audit(stage, every_block=True)
    assert told(done) == []
    assert done.linked


@shows("AUD-13")
@pytest.mark.parametrize("again", [True, False], ids=["always", "once"])
def test_a_reading_that_ends_on_another_fork_is_none(stage: Stage, again: bool) -> None:
    """Also without a look at every block: it is read anew, and if that is of no use, refused."""
    happen(stage)
    stage.anvil.rpc("evm_mine")
    last = stage.anvil.rpc.integer("eth_blockNumber")
    asked = 0

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        nonlocal asked
        if method != "eth_getBlockByNumber" or int(answer["number"], 16) != last:
            return answer
        asked += 1
        if asked == 1 or (asked > 2 and not again):
            return answer
        made = {**answer, "extraData": "0x77"}
        return {**made, "hash": header_hash(made)}

    if again:
        with pytest.raises(Refusal, match="Reorganised"):
            audit(stage, node_of(stage, change))
        return
    done = audit(stage, node_of(stage, change))
    assert told(done) == []
    with Archive(done.archive) as archive:
        assert archive.place == Place(last, bytes.fromhex(done.hash[2:]))


@shows("AUD-18")
def test_a_node_that_ends_an_audit_does_not_make_it_forget(stage: Stage) -> None:
    """What was found of the logs is told by the next one that comes to its end."""
    happen(stage)
    block = alarm(stage)

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getProof":
            raise RpcError(method, {"code": -32000, "message": "overloaded"})
        if method != "eth_getLogs":
            return answer
        return [{**log, "data": log["data"][:-1] + "f"} for log in answer if log["data"] != "0x"]

    with pytest.raises(RpcError, match="overloaded"):
        audit(stage, node_of(stage, change))
    done = audit(stage)
    assert {found.kind for found in done.findings} == {"logs"}
    assert ("OffBook", block) in {(found.where, found.block) for found in done.findings}
    assert told(audit(stage)) == []
