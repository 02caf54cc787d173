"""Events are read quickly, and only where every byte is as a contract writes it."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode

from tests.support.shows import shows
from wellhead.audit.decode import Decoder, Malformed, decoders_of
from wellhead.chain.abi import events_of

ADDRESS = "0x" + "ab" * 20
NUMBER = int(ADDRESS, 16)


def event(contract: str, name: str) -> tuple[bytes, Decoder]:
    """An event's first topic, and what reads it."""
    return next((t, d) for t, d in decoders_of(contract).items() if d.name == name)


def words(*values: int) -> bytes:
    return b"".join((value % 2**256).to_bytes(32, "big") for value in values)


@shows("AUD-11")
def test_every_event_of_every_contract_has_a_decoder() -> None:
    for contract in ("Vault", "MetricsOracle", "LeaseMarket", "CapacityToken"):
        known = {bytes.fromhex(topic[2:]) for topic in events_of(contract)}
        assert decoders_of(contract).keys() == known


def test_words_become_numbers() -> None:
    topic, read = event("Vault", "Moved")
    args = read(topic + words(NUMBER, 2, 3), words(2**256 - 1))
    assert args == {"coin": NUMBER, "from": 2, "to": 3, "amount": 2**256 - 1}


def test_booleans_and_selectors_become_numbers() -> None:
    topic, read = event("Compliance", "BlockedSet")
    assert read(topic + words(NUMBER), words(1)) == {"account": NUMBER, "isBlocked": 1}
    topic, read = event("Authority", "TargetFunctionRoleUpdated")
    args = read(topic + words(NUMBER, 7), bytes.fromhex("01020304") + bytes(28))
    assert args == {"target": NUMBER, "selector": 0x01020304, "roleId": 7}


def test_signed_numbers() -> None:
    topic, read = event("TestFeed", "AnswerSet")
    assert read(topic, words(-5, 9)) == {"answer": -5, "updatedAt": 9}


@pytest.mark.parametrize("count", [0, 1, 100])
def test_a_batch_of_samples(count: int) -> None:
    topic, read = event("MetricsOracle", "Reported")
    samples = [2**255 + position for position in range(count)]
    data = encode(["uint256", "uint256", "uint256[]"], [7, 8, samples])
    args = read(topic + words(3), data)
    assert args == {"evidence": 3, "signers": 7, "finalAt": 8, "samples": samples}


def test_lists_of_addresses() -> None:
    topic, read = event("MetricsOracle", "SignersSet")
    data = encode(["address[]", "uint256"], [[ADDRESS, "0x" + "01" * 20], 1])
    args = read(topic, data)
    assert [int(signer, 16) for signer in args["signers"]] == [NUMBER, int("01" * 20, 16)]
    assert args["threshold"] == 1


def test_texts_keep_their_bytes() -> None:
    """What is not UTF-8 is not lost: a token's storage has it."""
    topic, read = event("Authority", "RoleLabel")
    for label in (b"", b"OPERATOR", "r\u00f4le".encode(), b"\xff\xfe\x00x", b"long " * 20):
        args = read(topic + words(1), encode(["bytes"], [label]))
        assert args["label"].encode("utf-8", "surrogateescape") == label


def test_what_stands_between_longer_fields_becomes_numbers_too() -> None:
    topic, read = event("Authority", "OperationScheduled")
    data = encode(["uint48", "address", "address", "bytes"], [5, ADDRESS, ADDRESS, b"call"])
    args = read(topic + words(2**255, 3), data)
    assert args == {
        "operationId": 2**255,
        "nonce": 3,
        "schedule": 5,
        "caller": NUMBER,
        "target": NUMBER,
        "data": b"call",
    }


MOVED = event("Vault", "Moved")[0] + words(1, 2, 3)
REPORTED = encode(["uint256", "uint256", "uint256[]"], [7, 8, [9, 10]])


@shows("AUD-11")
@pytest.mark.parametrize(
    ("contract", "name", "topics", "data", "says"),
    [
        ("Vault", "Moved", MOVED, words(1, 2), "64 bytes of data instead of 32"),
        ("Vault", "Moved", MOVED, words(1)[:-1], "31 bytes of data instead of 32"),
        ("Vault", "Moved", MOVED[:-32], words(1), "3 topics instead of 4"),
        ("Vault", "Moved", MOVED[:32] + words(2**160, 2, 3), words(1), "coin is 0x0"),
        ("Compliance", "BlockedSet", bytes(32) + words(1), words(2), "isBlocked is 0x0"),
        ("MetricsOracle", "SampleSkipped", bytes(32) + words(1, 2), words(256), "reason is 0x0"),
        (
            "Authority",
            "TargetFunctionRoleUpdated",
            bytes(32) + words(1, 2),
            words(1),
            "selector is 0x0",
        ),
        ("MetricsOracle", "Reported", bytes(64), REPORTED[:-1], "too short"),
        ("MetricsOracle", "Reported", bytes(64), REPORTED[:-32], "no contract would write so"),
        ("MetricsOracle", "Reported", bytes(64), REPORTED + bytes(32), "would write so"),
        ("MetricsOracle", "Reported", bytes(64), words(7, 8, 64, 0), "would write so"),
        ("MetricsOracle", "Reported", bytes(64), b"", "too short"),
        ("MetricsOracle", "SignersSet", bytes(32), words(64, 1, 1, 2**200), "can not be read"),
        ("MetricsOracle", "SignersSet", bytes(32), words(64, 1, 2**255), "can not be read"),
        ("Authority", "RoleLabel", bytes(64), words(32, 1, 1), "can not be read"),
        ("Authority", "RoleLabel", bytes(64), words(64, 0, 0), "would write so"),
    ],
)
def test_what_no_contract_would_write_is_refused(
    contract: str, name: str, topics: bytes, data: bytes, says: str
) -> None:
    _, read = event(contract, name)
    with pytest.raises(Malformed, match=says):
        read(topics, data)


@shows("AUD-11")
def test_signed_numbers_have_a_sign_of_their_own_size() -> None:
    entry: dict[str, Any] = {"name": "answer", "type": "int8", "indexed": False}
    from wellhead.audit.decode import _reader

    read = _reader(entry["type"])
    assert read is not None
    assert [read(word) for word in (127, 128, 2**256 - 128, 2**256 - 129)] == [
        127,
        None,
        -128,
        None,
    ]
