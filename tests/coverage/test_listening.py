"""What the tests ask a node is followed by asking it what ran."""

from __future__ import annotations

from typing import Any

import pytest

from tests.coverage import plugin, probes
from wellhead.chain.rpc import Rpc


class Node:
    """Answers every request, and keeps them."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    def post(self, _: Rpc, body: Any) -> Any:
        requests = body if isinstance(body, list) else [body]
        self.asked += requests
        said = [{"id": r["id"], **self.answers.get(r["method"], {})} for r in requests]
        return said if isinstance(body, list) else said[0]


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    touched: dict[str, Any] = {f"{probes.PREFIX + 8:#x}": {}}
    answers = {
        "debug_traceCall": {"result": touched},
        "debug_traceBlockByNumber": {"result": [{"result": touched}]},
        "eth_getTransactionReceipt": {"result": None},
        "eth_sendTransaction": {"result": "0x01"},
        "eth_sendTransactionSync": {"result": {"blockNumber": "0x7"}},
        "eth_call": {"result": "0x"},
    }
    node = Node(answers)
    monkeypatch.setattr(plugin, "_post", node.post)
    for name in ("_met", "_waiting"):
        monkeypatch.setattr(plugin, name, set())
    monkeypatch.setattr(plugin, "_ports", {"4321"})
    return node


def ask(port: int, *calls: tuple[str, list[Any]]) -> None:
    requests = [{"id": i, "method": m, "params": p} for i, (m, p) in enumerate(calls, 1)]
    body = requests if len(requests) > 1 else requests[0]
    plugin._listening(Rpc(f"http://127.0.0.1:{port}"), body)


def test_calls_and_transactions_are_followed_and_get_more_gas(node: Node) -> None:
    body = {"to": "0x00", "gas": hex(29_000_000)}
    ask(4321, ("eth_call", [body, "latest"]), ("eth_sendTransactionSync", [body]))
    assert plugin._met == {8}
    assert [r["method"] for r in node.asked] == [
        *("eth_call", "eth_sendTransactionSync", "debug_traceCall", "debug_traceBlockByNumber")
    ]
    more = {**body, "gas": hex(290_000_000)}
    assert node.asked[0]["params"] == [more, "latest"]
    assert node.asked[2]["params"][:2] == [more, "latest"]
    assert node.asked[3]["params"][0] == "0x7"


def test_a_transaction_that_waits_is_followed_when_it_is_mined(node: Node) -> None:
    ask(4321, ("eth_sendTransaction", [{"to": "0x00"}]))
    assert (plugin._met, plugin._waiting) == (set(), {("http://127.0.0.1:4321", "0x01")})
    node.answers["eth_getTransactionReceipt"] = {"result": {"blockNumber": "0x9"}}
    ask(4321, ("evm_mine", []))
    assert (plugin._met, plugin._waiting) == ({8}, set())
    assert node.asked[-1]["params"][0] == "0x9"


def test_what_a_snapshot_takes_back_waits_no_longer(node: Node) -> None:
    ask(4321, ("eth_sendTransaction", [{"to": "0x00"}]))
    ask(4321, ("evm_revert", ["0x0"]))
    assert plugin._waiting == set()


def test_an_estimate_is_followed_where_it_fails(node: Node) -> None:
    node.answers["eth_estimateGas"] = {"result": "0x1"}
    ask(4321, ("eth_estimateGas", [{"to": "0x00"}]))
    assert plugin._met == set()
    node.answers["eth_estimateGas"] = {"error": {"message": "execution reverted"}}
    ask(4321, ("eth_estimateGas", [{"to": "0x00"}]))
    assert plugin._met == {8}


def test_other_nodes_are_left_alone(node: Node) -> None:
    ask(4322, ("eth_call", [{"to": "0x00", "gas": "0x5"}, "latest"]))
    assert [r["method"] for r in node.asked] == ["eth_call"]
    assert node.asked[0]["params"][0]["gas"] == "0x5"
