"""The local node: its pool is empty before a snapshot is reverted, or time is moved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest

from wellhead.chain import Anvil

SNAPSHOT = "0x1"


class Node:
    """Has `pending` transactions in its pool, one less at each look."""

    def __init__(self, pending: int, mines: bool = True) -> None:
        self.pending = pending
        self.mines = mines
        self.asked: list[tuple[str, int]] = []

    def __call__(self, method: str, *_: Any) -> Any:
        self.asked.append((method, self.pending))
        return True

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        assert [method for method, _ in calls] == ["txpool_status", "anvil_getAutomine"]
        seen = hex(self.pending)
        self.pending = max(0, self.pending - 1)
        return [{"pending": seen, "queued": "0x0"}, self.mines]


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


def anvil_at(node: Node) -> Anvil:
    anvil = Anvil(0)
    vars(anvil)["rpc"] = node
    return anvil


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("pending", [0, 1, 7])
def test_nothing_is_left_in_the_pool(pending: int) -> None:
    node = Node(pending)
    anvil_at(node).revert(SNAPSHOT)
    assert node.asked == [("evm_revert", 0)]
    node = Node(pending)
    anvil_at(node).mine_at(77)
    assert node.asked == [("evm_mine", 0)]


def test_what_waits_to_be_mined_by_hand_is_not_waited_for() -> None:
    node = Node(5, mines=False)
    anvil_at(node).mine_at(77)
    assert node.asked[-1] == ("evm_mine", 4)


@pytest.mark.usefixtures("no_waiting")
def test_a_pool_that_stays_full_is_told() -> None:
    node = Node(10**9)
    with pytest.raises(RuntimeError, match="does not mine what is in its pool"):
        anvil_at(node).revert(SNAPSHOT)
    assert not node.asked


def test_a_real_node_takes_as_much_time_as_it_needs() -> None:
    """Snapshot, transaction, revert, transaction: many times, and none is lost."""
    with Anvil(1_767_225_600) as anvil:
        (sender, receiver, *_) = anvil.rpc("eth_accounts")
        for number in range(50):
            snapshot = anvil.snapshot()
            for data in (2 * number, 2 * number + 1):
                body = {"from": sender, "to": receiver, "data": f"0x{data:04x}"}
                assert anvil.rpc("eth_sendTransactionSync", body)["status"] == "0x1"
                anvil.mine_at(anvil.now() + 1)
                anvil.revert(snapshot)
                snapshot = anvil.snapshot()
