"""What vouches for a log can be read in one way only: no other log, and no other header, hashes to
the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.audit.receipts import header_hash, receipts_root
from wellhead.audit.trie import listed, text
from wellhead.audit.vouching import vouched, wrong_header

OURS = "0x" + "ab" * 20
CONTRACTS = {bytes.fromhex(OURS[2:]): "Vault"}
NONE: dict[str, Any] = {"status": "0x1", "cumulativeGasUsed": "0x1", "logsBloom": "0x" + "00" * 256}

Json = dict[str, Any]


def receipt(*logs: Json) -> Json:
    return {**NONE, "logs": list(logs)}


def log(**other: Any) -> Json:
    """A log of ours whose data ends in what could be the end of another log."""
    return {
        "address": OURS,
        "topics": ["0x" + "11" * 32],
        "data": "0x" + "22" * 30 + "c005",
        **other,
    }


def disguised() -> Json:
    """The same bytes, read as a log of an address that is much longer and of no contract."""
    real = log()
    topics = listed([b"\xa0" + bytes.fromhex(topic[2:]) for topic in real["topics"]])
    data = text(bytes.fromhex(real["data"][2:]))
    return {"address": real["address"] + (topics + data)[:-2].hex(), "topics": [], "data": "0x05"}


@shows("AUD-16")
@pytest.mark.parametrize(
    "other",
    [
        disguised(),
        log(topics=["0x" + "11" * 31]),
        log(topics=["0x" + "11" * 33]),
        log(address=OURS + "00"),
        log(address=OURS[:-2]),
    ],
    ids=["disguised", "short topic", "long topic", "long address", "short address"],
)
def test_a_log_has_one_form(other: Json) -> None:
    """Else a node could hide a log of ours behind the receipts that vouch for it."""
    header = {"number": "0x5", "receiptsRoot": receipts_root([receipt(log())])}
    problems, logs = vouched(header, [receipt(other)], CONTRACTS)
    assert "receipts" in {problem.what for problem in problems}
    assert logs == []


@shows("AUD-16")
@pytest.mark.parametrize(
    "change",
    [
        {"type": "0xf9"},
        {"type": "0x80"},
        {"type": "-0x1"},
        {"cumulativeGasUsed": "-0x1"},
        {"status": "0x2"},
        {"logsBloom": "0x00"},
        {"status": None, "root": "0x01"},
    ],
    ids=str,
)
def test_a_receipt_has_one_form(change: Json) -> None:
    header = {"number": "0x5", "receiptsRoot": receipts_root([receipt(log())])}
    problems, logs = vouched(header, [{**receipt(log()), **change}], CONTRACTS)
    assert "receipts" in {problem.what for problem in problems}
    assert logs == []


@shows("AUD-8")
def test_receipts_that_are_of_another_block_give_no_logs() -> None:
    header = {"number": "0x5", "receiptsRoot": receipts_root([receipt()])}
    problems, logs = vouched(header, [receipt(log())], CONTRACTS)
    assert "receiptsRoot" in {problem.what for problem in problems}
    assert logs == []


def _without(name: str) -> Callable[[Json], Json]:
    return lambda header: {key: value for key, value in header.items() if key != name}


@shows("AUD-16")
@pytest.mark.parametrize(
    "change",
    [
        _without("stateRoot"),
        _without("baseFeePerGas"),
        lambda header: {**header, "stateRoot": None},
        lambda header: {**header, "stateRoot": header["stateRoot"][:-2]},
        lambda header: {**header, "miner": header["miner"] + "00"},
        lambda header: {**header, "number": "-" + header["number"]},
        lambda header: {**header, "timestamp": None},
        lambda header: {**header, "extraData": 5},
    ],
    ids=range(8),
)
def test_a_header_has_one_form(stage: Stage, change: Callable[[Json], Json]) -> None:
    """Every field that must be there, and of those that came later none without those before: else
    a field could be taken for its neighbour."""
    header = stage.anvil.rpc("eth_getBlockByNumber", "latest", False)
    assert header_hash(header) == header["hash"]
    (problem,) = wrong_header(change(header))
    assert problem.what == "header"
