"""Batches, and nodes that take small ones, or none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from wellhead.chain import NodeUnreachable, Rpc, RpcError


class Node:
    """Answers each call with its first parameter; `refuse` stands for its limit."""

    def __init__(self, most: int, refusal: str = "object") -> None:
        self.most = most
        self.refusal = refusal
        self.sizes: list[int] = []

    def __call__(self, body: Any) -> Any:
        if isinstance(body, dict):
            self.sizes.append(1)
            return self._answer(body)
        self.sizes.append(len(body))
        if len(body) <= self.most:
            return [self._answer(one) for one in reversed(body)]
        error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "too large"}}
        return error if self.refusal == "object" else [error]

    @staticmethod
    def _answer(call: dict[str, Any]) -> dict[str, Any]:
        if call["method"] == "fail":
            return {"id": call["id"], "error": {"code": 3, "message": "no"}}
        return {"id": call["id"], "result": call["params"][0]}


def rpc_to(node: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> Rpc:
    def exchange(_: Rpc, sent: bytes) -> bytes:
        return json.dumps(node(json.loads(sent))).encode()

    monkeypatch.setattr(Rpc, "_exchange", exchange)
    return Rpc("http://node.example")


@pytest.mark.parametrize("refusal", ["object", "list"])
@pytest.mark.parametrize("most", [0, 1, 2, 3, 10, 100])
def test_a_node_is_asked_for_as_much_as_it_takes(
    most: int, refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(most, refusal)
    rpc = rpc_to(node, monkeypatch)
    asked = [("echo", [number]) for number in range(25)]
    assert rpc.batch(asked) == list(range(25))
    refused = [size for size in node.sizes if size > max(most, 1)]
    assert len(refused) <= 5
    node.sizes.clear()
    assert rpc.batch(asked) == list(range(25))
    assert max(node.sizes) <= max(most, 1) or most >= 25  # it is not asked for too much again


def test_nothing_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(10)
    assert rpc_to(node, monkeypatch).batch([]) == []
    assert node.sizes == []


@pytest.mark.parametrize("most", [0, 10])
def test_an_error_of_one_call_is_raised(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rpc = rpc_to(Node(most), monkeypatch)
    with pytest.raises(RpcError, match="fail: no"):
        rpc.batch([("echo", [1]), ("fail", [2]), ("echo", [3])])


def test_what_is_no_node_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NodeUnreachable, match="not JSON-RPC"):
        rpc_to(lambda _: "welcome", monkeypatch).batch([("echo", [1]), ("echo", [2])])
