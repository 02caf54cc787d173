"""Audits that go on where they were, at nodes that change their minds or go away."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import audit, happen, node_of, told
from tests.support.shows import shows
from tests.support.stage import HOUR, Stage
from wellhead.actions import auditing
from wellhead.actions.errors import Refusal, SetupError
from wellhead.audit.archive import Archive
from wellhead.chain import RpcError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    return tmp_path


def kept(stage: Stage) -> list[Any]:
    """All that the archive has."""
    with Archive(auditing.archive_file(stage.deployment)) as archive:
        return [(block, logs) for block, logs, _ in archive.blocks(1 << 60)]


@shows("AUD-13")
def test_a_stretch_that_the_node_refuses_is_cut(stage: Stage) -> None:
    happen(stage)
    spans = []

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getLogs":
            asked = params[0]
            spans.append(int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) + 1)
            if spans[-1] > 7:
                raise RpcError(method, {"code": -32005, "message": "more than 7 blocks"})
        return answer

    done = audit(stage, node_of(stage, change))
    assert told(done) == []
    assert max(spans) > 7
    assert len(spans) > done.blocks // 7


@shows("AUD-13")
def test_an_audit_goes_on_where_it_was(stage: Stage) -> None:
    cluster = happen(stage)
    first = audit(stage)
    stage.lease(cluster, 7, stage.hour() + 1, 5)
    node = node_of(stage)
    second = audit(stage, node)
    assert told(second) == []
    assert second.logs == first.logs + 4
    assert node.asked.count("eth_getBlockReceipts") == second.blocks - first.blocks == 1


@shows("AUD-15")
def test_an_earlier_block_can_be_audited(stage: Stage) -> None:
    cluster = happen(stage)
    block = stage.anvil.rpc.integer("eth_blockNumber")
    before = audit(stage)
    stage.lease(cluster, 7, stage.hour() + 1, 5)
    assert audit(stage).logs > before.logs
    again = audit(stage, block=block)
    assert told(again) == []
    assert (again.block, again.logs, again.hash) == (block, before.logs, before.hash)


def test_blocks_that_there_are_not_yet_and_those_before_the_deployment(stage: Stage) -> None:
    with pytest.raises(SetupError, match="the chain has no block 10,000 yet"):
        audit(stage, block=10_000)
    with pytest.raises(SetupError, match="nothing stood on the chain before block"):
        audit(stage, block=1)


@shows("AUD-13")
@pytest.mark.parametrize("longer", [True, False])
def test_what_the_chain_took_back_is_forgotten(stage: Stage, longer: bool) -> None:
    cluster = happen(stage)
    snapshot = stage.anvil.snapshot()
    for hours in (3, 4):
        stage.lease(cluster, 7, stage.hour() + 1, hours)
    audit(stage)
    old = kept(stage)
    stage.anvil.revert(snapshot)
    stage.skip(HOUR)
    for hours in range(5, 9 if longer else 6):
        stage.lease(cluster, 9, stage.hour() + 1, hours)
    done = audit(stage)
    assert told(done) == []
    assert done.proven == done.blocks
    new = kept(stage)
    common = [one for one in new if one in old]
    assert new[: len(common)] == old[: len(common)] == common
    assert len(common) == len(old) - 2


@shows("AUD-13")
def test_another_chain_begins_anew(stage: Stage) -> None:
    snapshot = stage.anvil.snapshot()
    happen(stage)
    audit(stage)

    def change(method: str, _: Any, answer: Any) -> Any:
        if method == "eth_getBlockByNumber" and answer is not None and foreign:
            return {**answer, "hash": "0x" + "77" * 32}
        return answer

    foreign = True
    stage.anvil.revert(snapshot)
    with pytest.raises(Refusal):
        audit(stage, node_of(stage, change))
    assert kept(stage) == []
    foreign = False
    assert told(audit(stage, node_of(stage, change))) == []


@shows("AUD-13")
@pytest.mark.parametrize("request_number", [4, 8, 15])
def test_an_audit_that_was_killed_goes_on(stage: Stage, request_number: int) -> None:
    """Killed at some request, with stretches of few blocks."""
    happen(stage)
    child = os.fork()
    if child == 0:
        _die_at(stage, request_number)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    node = node_of(stage)
    done = audit(stage, node)
    assert told(done) == []
    assert done.proven == done.blocks
    resumed = kept(stage)
    assert audit(stage, fresh=True).logs == done.logs
    assert kept(stage) == resumed


def _die_at(stage: Stage, request_number: int) -> None:
    """Audit until the node was asked so often, then be killed."""
    asked = 0

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        nonlocal asked
        asked += method in ("eth_getLogs", "eth_getBlockReceipts")
        if asked == request_number:
            os.kill(os.getpid(), signal.SIGKILL)
        if method == "eth_getLogs":
            span = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16)
            if span > 5:
                raise RpcError(method, {"message": "too many blocks"})
        return answer

    try:
        audit(stage, node_of(stage, change))
    finally:
        os._exit(1)
