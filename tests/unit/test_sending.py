"""Sending: a node that waited too long for a block is asked again, and no failure is hidden."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from wellhead.chain import Rpc, UnlockedAccount, dev_account
from wellhead.chain.accounts import NotMined, send_raw, transaction_hash
from wellhead.chain.rpc import RpcError

ME, OTHER = dev_account(0), dev_account(1)
RECEIPT = {"status": "0x1"}
BODY = {"to": OTHER.address, "data": "0x1234", "gas": hex(50_000)}
#: What anvil says after 30 seconds, and what EIP-7966 says.
ANVIL = {"code": -32603, "message": "Transaction confirmation timeout"}
STANDARD = {"code": 4, "message": "not mined in time"}


class Node:
    """Waits in vain for a block; keeps these transactions of accounts in its pool, by nonce."""

    def __init__(self, error: dict[str, Any], pool: dict[str, dict[str, tuple[str, str]]]) -> None:
        self.error = error
        self.pool = {
            account: {nonce: {"hash": h, "input": data} for nonce, (h, data) in sent.items()}
            for account, sent in pool.items()
        }
        #: Receipts by hash, each after so many questions.
        self.mined: dict[str, int] = {}
        self.asked: list[str] = []

    def __call__(self, method: str, *parameters: Any) -> Any:
        self.asked.append(method)
        if method in ("eth_sendTransactionSync", "eth_sendRawTransactionSync"):
            raise RpcError(method, self.error)
        if method == "txpool_content":
            return {"pending": self.pool, "queued": {}}
        assert method == "eth_getTransactionReceipt"
        (hashed,) = parameters
        self.mined[hashed] = self.mined.get(hashed, 10**9) - 1
        return RECEIPT if self.mined[hashed] < 0 else None


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])


def send(node: Node) -> dict[str, Any]:
    return UnlockedAccount(ME.address).transact(cast(Rpc, node), BODY)


@pytest.mark.parametrize("error", [ANVIL, STANDARD])
def test_what_the_node_still_keeps_is_waited_for(error: dict[str, Any]) -> None:
    """The one with this data, the last of them, of this account."""
    kept = {
        ME.address.lower(): {"9": ("0x09", "0x1234"), "10": ("0x10", "0x1234"), "11": ("0x11", "")},
        OTHER.address: {"12": ("0x12", "0x1234")},
    }
    node = Node(error, kept)
    node.mined["0x10"] = 3
    assert send(node) is RECEIPT
    assert node.asked.count("eth_getTransactionReceipt") == 4


def test_what_is_kept_and_never_mined_fails() -> None:
    node = Node(ANVIL, {ME.address: {"0": ("0x01", "0x1234")}})
    with pytest.raises(NotMined, match="transaction 0x01 was sent and is not mined after 60 s"):
        send(node)


@pytest.mark.parametrize("pool", [{}, {OTHER.address: {"0": ("0x01", "0x1234")}}])
def test_what_the_node_lost_fails_as_the_node_says(pool: dict[str, Any]) -> None:
    node = Node(ANVIL, pool)
    with pytest.raises(RpcError, match="Transaction confirmation timeout") as caught:
        send(node)
    assert caught.value.__notes__ == [
        f"the node keeps no such transaction of {ME.address}: it lost it"
    ]
    assert node.asked == ["eth_sendTransactionSync", "txpool_content"]


def raw(node: Node) -> dict[str, Any]:
    return send_raw(cast(Rpc, node), b"signed")


@pytest.mark.parametrize("error", [ANVIL, STANDARD])
def test_a_signed_transaction_is_known_by_its_hash(error: dict[str, Any]) -> None:
    node = Node(error, {})
    node.mined[transaction_hash(b"signed")] = 2
    assert raw(node) is RECEIPT


@pytest.mark.parametrize("way", [send, raw])
def test_other_errors_are_the_nodes(way: Callable[[Node], Any]) -> None:
    node = Node({"code": -32603, "message": "out of gas"}, {ME.address: {"0": ("0x1", "0x1234")}})
    with pytest.raises(RpcError, match="out of gas"):
        way(node)
    assert len(node.asked) == 1
