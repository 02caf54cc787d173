"""What is said of answers that are none, wherever in them the nonsense stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from wellhead.chain import NodeUnreachable, Rpc, RpcError
from wellhead.chain.rpc import Unreadable

ADDRESS, WORD = "0x" + "12" * 20, "0x" + "ab" * 32
LOG = {
    "address": ADDRESS,
    "topics": [WORD],
    "data": "0x",
    "blockNumber": "0x1",
    "logIndex": "0x0",
}
GENESIS = {"number": "0x0", "timestamp": "0x0"}
BLOCK = {"number": "0x1", "timestamp": "0x2", "baseFeePerGas": "0x0", "transactions": []}
RECEIPT = {
    "transactionHash": WORD,
    "blockNumber": "0x1",
    "gasUsed": "0x5208",
    "status": "0x1",
    "effectiveGasPrice": "0x7",
    "contractAddress": None,
    "logs": [LOG],
}

Made = Callable[[Any], Rpc]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Made:
    """A node that gives this answer, whatever it is asked; each call of a batch the same."""

    def made(answer: Any) -> Rpc:
        def exchange(_: Rpc, sent: bytes) -> bytes:
            asked = json.loads(sent)
            said = [one_of(call) for call in asked] if isinstance(asked, list) else one_of(asked)
            return json.dumps(said).encode()

        def one_of(call: dict[str, Any]) -> Any:
            return {"id": call["id"], **answer} if isinstance(answer, dict) else answer

        monkeypatch.setattr(Rpc, "_exchange", exchange)
        return Rpc("http://node.example")

    return made


@pytest.mark.parametrize(
    "answer", [{"message": "API rate limit exceeded"}, {}, {"error": None}, None, "welcome", 7, []]
)
def test_what_is_no_json_rpc_is_no_node(answering: Made, answer: Any) -> None:
    rpc = answering(answer)
    for asked in (lambda: rpc("echo", 1), lambda: rpc.batch([("echo", [1]), ("echo", [2])])):
        with pytest.raises(NodeUnreachable, match="the answer is not JSON-RPC"):
            asked()


@pytest.mark.parametrize(
    ("error", "told", "code", "data"),
    [
        ("unauthorized", "unauthorized", None, None),
        (7, "7", None, None),
        ([], r"\[\]", None, None),
        ({}, r"\{\}", None, None),
        ({"message": ["no"], "code": "x"}, r"\['no'\]", "x", None),
        ({"message": "no", "data": "0x1"}, "no", None, None),
        ({"message": "no", "data": "0xzz"}, "no", None, None),
        ({"message": "no", "data": 7}, "no", None, None),
        ({"message": "no", "data": {"data": ["0x"]}}, "no", None, None),
        ({"message": "no", "code": 3, "data": "0x0102"}, "no", 3, "0x0102"),
        ({"message": "no", "data": {"data": "0x"}}, "no", None, "0x"),
    ],
)
def test_errors_of_any_shape_are_errors(
    answering: Made, error: Any, told: str, code: Any, data: str | None
) -> None:
    with pytest.raises(RpcError, match=f"^echo: {told}$") as caught:
        answering({"error": error})("echo")
    assert (caught.value.code, caught.value.data) == (code, data)


def test_no_error_beside_a_result_is_none(answering: Made) -> None:
    rpc = answering({"error": None, "result": [1]})
    assert rpc("echo") == [1]
    assert rpc.batch([("echo", []), ("echo", [])]) == [[1], [1]]


#: No result of any method that is known.
NONSENSE: Sequence[Any] = (1, 1.5, True, [None], [{}], ["0x1"], {"x": 1})
NUMBERS, BYTES = ("0x1", "0x0", "0x01", "0x" + "f" * 64), ("0x", "0x01", WORD)
NO_NUMBERS, NO_BYTES = ("", "zz", "0x", "0xzz", "0x0x", WORD + "0"), ("", "zz", "0xzz", "0x1")


@pytest.mark.parametrize(
    ("method", "params", "right", "wrong"),
    [
        ("eth_chainId", [], NUMBERS, (None, {}, [], *NO_NUMBERS)),
        ("eth_blockNumber", [], NUMBERS, (None, {}, [], *NO_NUMBERS)),
        ("eth_estimateGas", [{}], NUMBERS, (None, {}, [], *NO_NUMBERS)),
        ("eth_getBalance", [ADDRESS, "latest"], NUMBERS, (None, {}, [], *NO_NUMBERS)),
        ("eth_getTransactionCount", [ADDRESS, "latest"], NUMBERS, (None, {}, [], *NO_NUMBERS)),
        ("eth_maxPriorityFeePerGas", [], NUMBERS, (None, {}, [], *NO_NUMBERS)),
        ("eth_call", [{}, "latest"], BYTES, (None, {}, [], *NO_BYTES)),
        ("eth_getCode", [ADDRESS, "latest"], BYTES, (None, {}, [], *NO_BYTES)),
        ("eth_accounts", [], ([], [ADDRESS]), (None, {}, ADDRESS, "0x")),
        ("web3_clientVersion", [], ("geth/v1", ""), (None, {}, [])),
        ("eth_getLogs", [{}], ([], [LOG], [{**LOG, "topics": []}]), (None, {}, "0x")),
        ("eth_getBlockByNumber", ["latest", False], (BLOCK, GENESIS), (None, {}, [], "0x")),
        ("eth_getBlockByNumber", ["0x1", False], (BLOCK, None), ({}, [], "0x")),
        ("eth_getTransactionReceipt", [WORD], (RECEIPT, None), ({}, [], "0x")),
        ("eth_getTransactionByHash", [WORD], (None, {}), ([], "0x")),
    ],
)
def test_results_have_the_shape_that_the_method_gives(
    answering: Made, method: str, params: list[Any], right: Sequence[Any], wrong: Sequence[Any]
) -> None:
    for result in right:
        rpc = answering({"result": result})
        assert rpc(method, *params) == result
        assert rpc.batch([(method, params), (method, params)]) == [result, result]
    nonsense = NONSENSE[:-1] if {} in right else NONSENSE
    for result in (*nonsense, *wrong):
        rpc = answering({"result": result})
        with pytest.raises(Unreadable, match=f"^{method}: the answer can not be read$"):
            rpc(method, *params)
        with pytest.raises(Unreadable):
            rpc.batch([(method, params), (method, params)])


@pytest.mark.parametrize(
    ("method", "whole", "changes"),
    [
        ("eth_getBlockByNumber", BLOCK, {"number": None, "timestamp": "0x", "transactions": "0x"}),
        ("eth_getBlockByNumber", BLOCK, {"timestamp": hex(2**38), "baseFeePerGas": None}),
        ("eth_getTransactionReceipt", RECEIPT, {"status": None, "gasUsed": "1", "logs": None}),
        ("eth_getTransactionReceipt", RECEIPT, {"blockNumber": 1, "contractAddress": "0x1"}),
        ("eth_getTransactionReceipt", RECEIPT, {"transactionHash": "0x12", "logs": [None]}),
        ("eth_getTransactionReceipt", RECEIPT, {"effectiveGasPrice": "zz"}),
        ("eth_getLogs", [LOG], {"address": "0x12", "topics": None, "data": "0x1"}),
        ("eth_getLogs", [LOG], {"topics": ["0x12"], "blockNumber": None, "logIndex": "0x"}),
    ],
)
def test_so_have_their_parts(
    answering: Made, method: str, whole: Any, changes: dict[str, Any]
) -> None:
    for name, value in changes.items():
        part = whole[0] if isinstance(whole, list) else whole
        changed = {**part, name: value}
        with pytest.raises(Unreadable):
            answering({"result": [changed] if isinstance(whole, list) else changed})(method, "0x1")


@pytest.mark.parametrize("result", [None, "", "zz", 1, [], "0x" + "f" * 65])
def test_numbers_are_numbers(answering: Made, result: Any) -> None:
    """Of methods that nothing is known of, too."""
    with pytest.raises(Unreadable):
        answering({"result": result}).integer("evm_increaseTime", 1)


def test_what_is_nested_without_end_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rpc, "_exchange", lambda *_: b"[" * 200_000)
    with pytest.raises(NodeUnreachable, match="the answer is not JSON"):
        Rpc("http://node.example")("eth_chainId")


def test_answers_of_a_batch_that_name_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[Any] = [[], {}, None, "1"]
    answers = [{"id": name, "result": "0x1"} for name in names]

    def exchange(_: Rpc, sent: bytes) -> bytes:
        asked = json.loads(sent)
        return json.dumps(answers if isinstance(asked, list) else answers[0]).encode()

    monkeypatch.setattr(Rpc, "_exchange", exchange)
    # Then it is asked one by one.
    assert Rpc("http://node.example").batch([("echo", [1]), ("echo", [2])]) == ["0x1", "0x1"]
