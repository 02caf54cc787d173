"""Logs are read in stretches that a node can answer."""

from __future__ import annotations

from typing import Any

import pytest

from wellhead.chain import NodeUnreachable, Rpc, RpcError
from wellhead.chain.logs import FIRST_SPAN, scan


class Node(Rpc):
    """One log in every block; answers for `most` blocks at once, and not at all when `down`."""

    def __init__(self, most: int, down: int = 0) -> None:
        self.url = "http://node"
        self.most = most
        self.down = down
        self.asked: list[tuple[int, int]] = []

    def __call__(self, method: str, *params: Any) -> Any:
        assert method == "eth_getLogs"
        first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
        self.asked.append((first, last))
        if self.down:
            self.down -= 1
            raise NodeUnreachable(self.url, "timed out")
        if last - first + 1 > self.most:
            raise RpcError(method, {"code": -32005, "message": "query returned more than 10000"})
        return [{"block": number} for number in range(first, last + 1)]


@pytest.mark.parametrize(("most", "last"), [(10**9, 7), (1, 9), (3, 100), (1000, 70_001)])
def test_every_block_is_read_once(most: int, last: int) -> None:
    found = list(scan(Node(most), ["0x1"], ["0x2"], 5, last))
    assert [log["block"] for log in found] == list(range(5, last + 1))


def test_one_question_where_one_will_do() -> None:
    node = Node(10**9)
    assert len(list(scan(node, [], [], 0, FIRST_SPAN - 1))) == FIRST_SPAN
    assert node.asked == [(0, FIRST_SPAN - 1)]


def test_nothing_to_read() -> None:
    node = Node(10)
    assert list(scan(node, [], [], 5, 4)) == []
    assert node.asked == []


def test_a_block_that_can_not_be_read_at_all() -> None:
    with pytest.raises(RpcError, match="more than 10000"):
        list(scan(Node(0), [], [], 5, 9))


def test_a_node_that_times_out_is_asked_for_less_and_then_left() -> None:
    node = Node(10**9, down=3)
    assert len(list(scan(node, [], [], 0, 1000))) == 1001
    with pytest.raises(NodeUnreachable):
        list(scan(Node(10**9, down=10**9), [], [], 0, 10**6))
