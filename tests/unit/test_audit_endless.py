"""Nodes that always have one thing more to say: an audit ends all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import audit, happen, node_of, told
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.actions.errors import Refusal
from wellhead.audit import fetching
from wellhead.audit.blocks import Read
from wellhead.audit.fetching import Fetcher
from wellhead.chain import RpcError
from wellhead.chain.abi import events_of

#: More questions than an audit of a stage has.
MANY = 2_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    return tmp_path


def registered() -> str:
    """The first topic of the event with which a token appears."""
    events = events_of("CapacityRegistry").items()
    return next(topic for topic, entry in events if entry["name"] == "ClusterRegistered")


@shows("AUD-20")
def test_a_token_more_in_each_answer(stage: Stage) -> None:
    """What is asked about new tokens can not name further ones."""
    happen(stage)
    numbers = count(1)

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        number = next(numbers)
        assert number < MANY, "it goes on for ever"
        made = {
            "address": stage.registry.address,
            "topics": [registered()],
            "data": f"0x{number:064x}",
            "blockNumber": hex(stage.deployment.block),
            "blockHash": f"0x{7:064x}",
            "logIndex": hex(10_000 + number),
        }
        return [*answer, made]

    with pytest.raises(RpcError, match="a token in an answer about tokens alone"):
        audit(stage, node_of(stage, change))


@shows("AUD-20")
def test_a_token_more_each_time_that_receipts_are_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same blocks have the same receipts: it is another chain, and not read for ever."""
    happen(stage)
    real, numbers = Fetcher.vouched, count(1)

    def vouched(fetcher: Fetcher, *given: Any) -> Iterator[Read]:
        number = next(numbers)
        assert number < MANY, "it goes on for ever"
        for read in real(fetcher, *given):
            yield read._replace(
                logs=[
                    log._replace(data=number.to_bytes(32, "big") + log.data[32:])
                    if log.topics[:32].hex() == registered()[2:]
                    else log
                    for log in read.logs
                ],
            )

    monkeypatch.setattr(Fetcher, "vouched", vouched)
    with pytest.raises(Refusal, match="Reorganised"):
        audit(stage)


@shows("AUD-20")
def test_a_chain_that_is_another_one_each_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its beginning can be read, what follows is taken back, and then the beginning is another."""
    happen(stage)
    monkeypatch.setattr(fetching, "FIRST_SPAN", 2)
    monkeypatch.setattr(fetching, "MOST_SPAN", 2)
    assert told(audit(stage)) == []
    questions, late = count(1), stage.deployment.block + 4
    settled = False

    def change(method: str, given: Sequence[Any], answer: Any) -> Any:
        nonlocal settled
        if method == "eth_getLogs":
            assert next(questions) < MANY, "it goes on for ever"
            settled = int(given[0]["fromBlock"], 16) >= late
            return [{**log, "removed": True} for log in answer] if settled else answer
        if method == "eth_getBlockByNumber" and settled and given[0] != "latest":
            return {**answer, "hash": f"0x{next(questions):064x}"}
        return answer

    with pytest.raises(Refusal, match="Reorganised"):
        audit(stage, node_of(stage, change), fresh=True)
