"""Sending: a node that waited too long for a block is asked again, no failure is hidden, and where
nobody knows what became of a transaction, that is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from urllib3.exceptions import ConnectTimeoutError, ReadTimeoutError

from wellhead.chain import NodeUnreachable, Rpc, UnlockedAccount, dev_account
from wellhead.chain.accounts import (
    MaybeSent,
    NotMined,
    OtherChain,
    fill_in,
    send_raw,
    transaction_hash,
    wait_for,
)
from wellhead.chain.fees import GWEI, Bounds, Caps, Offer
from wellhead.chain.keys import ExternalSigner
from wellhead.chain.rpc import RpcError
from wellhead.chain.transactions import Clock, Courier, Terms

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


URL = "http://127.0.0.1:1"
HASHED = transaction_hash(b"signed")


def unreachable(cause: Exception) -> NodeUnreachable:
    error = NodeUnreachable(URL, "timed out")
    error.__cause__ = cause
    return error


LOST = unreachable(ReadTimeoutError(cast(Any, None), URL, "timed out"))
NOBODY = unreachable(ConnectTimeoutError("timed out"))


def answers(**by_method: Any) -> Any:
    """A node that answers so, or fails so."""

    def node(method: str, *_: Any) -> Any:
        answer = by_method[method]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    node.integer = lambda method, *given: int(node(method, *given), 16)  # type: ignore[attr-defined]
    return node


UNKNOWN = RpcError("eth_sendRawTransactionSync", {"code": -32601, "message": "not found"})


@pytest.mark.parametrize(
    "node",
    [
        answers(eth_sendRawTransactionSync=LOST),
        answers(eth_sendRawTransactionSync=UNKNOWN, eth_sendRawTransaction=LOST),
        answers(eth_sendRawTransactionSync=None, eth_getTransactionReceipt=LOST),
        answers(eth_sendRawTransactionSync=None, eth_getTransactionReceipt=NOBODY),
        answers(eth_sendRawTransactionSync=None, eth_getTransactionReceipt=UNKNOWN),
        answers(eth_sendRawTransactionSync=None, eth_getTransactionReceipt="0x12"),
    ],
    ids=["at once", "no sync", "then", "then nobody", "then refused", "no receipt"],
)
def test_a_signed_transaction_that_may_have_been_sent_is_named(node: Any) -> None:
    with pytest.raises(MaybeSent, match=f"Transaction {HASHED} may have been sent: before"):
        send_raw(node, b"signed")


def test_where_no_connection_is_made_nothing_was_sent() -> None:
    with pytest.raises(NodeUnreachable, match="no node answers"):
        send_raw(answers(eth_sendRawTransactionSync=NOBODY), b"signed")
    with pytest.raises(NodeUnreachable, match="no node answers"):
        UnlockedAccount(ME.address).transact(answers(eth_sendTransactionSync=NOBODY), BODY)


def test_an_answer_that_is_no_receipt_is_waited_for() -> None:
    node = answers(eth_sendRawTransactionSync=HASHED, eth_getTransactionReceipt=RECEIPT)
    assert send_raw(node, b"signed") is RECEIPT


def test_whoever_stops_waiting_is_told_what_may_have_been_sent() -> None:
    stopped = KeyboardInterrupt()
    for node in (
        answers(eth_sendRawTransactionSync=stopped),
        answers(eth_sendRawTransactionSync=None, eth_getTransactionReceipt=stopped),
    ):
        with pytest.raises(KeyboardInterrupt, match=f"Transaction {HASHED} may have been sent"):
            send_raw(node, b"signed")
    kept = {"pending": {ME.address: {"0": {"hash": "0x01", "input": "0x1234"}}}}
    waits = RpcError("eth_sendTransactionSync", ANVIL)
    node = answers(
        eth_sendTransactionSync=waits, txpool_content=kept, eth_getTransactionReceipt=stopped
    )
    with pytest.raises(KeyboardInterrupt, match="Transaction 0x01 may have been sent"):
        UnlockedAccount(ME.address).transact(node, BODY)


@pytest.mark.parametrize(
    "node",
    [
        answers(eth_sendTransactionSync=LOST),
        answers(eth_sendTransactionSync="0x12"),
        answers(
            eth_sendTransactionSync=RpcError("eth_sendTransactionSync", ANVIL), txpool_content=LOST
        ),
    ],
    ids=["at once", "no receipt", "then"],
)
def test_without_its_hash_the_account_is_named(node: Any) -> None:
    with pytest.raises(MaybeSent, match=f"A transaction of {ME.address} may have been sent"):
        UnlockedAccount(ME.address).transact(node, BODY)


PLAIN = {
    "eth_getBlockByNumber": {"baseFeePerGas": hex(GWEI)},
    "eth_maxPriorityFeePerGas": hex(GWEI),
    "eth_chainId": "0x1",
    "eth_getTransactionCount": "0x7",
}


def test_a_signer_that_sends_by_itself_and_does_not_answer() -> None:
    signer = ExternalSigner(answers(eth_sendTransaction=LOST), ME.address)
    signer.sends_only = True
    with pytest.raises(MaybeSent, match=f"A transaction of {ME.address} may have been sent"):
        signer.transact(answers(**PLAIN), BODY)


def test_what_is_signed_is_within_its_bounds() -> None:
    heard: list[tuple[int, Offer]] = []

    def bounds(chain_id: int) -> Bounds:
        caps = Caps(5 * GWEI, 2 * GWEI)
        return Bounds(chain_id, caps, lambda gas, offer: heard.append((gas, offer)))

    body = fill_in(answers(**PLAIN), ME.address, BODY, bounds(1))
    assert (body["chainId"], body["nonce"], body["maxFeePerGas"]) == (1, 7, 3 * GWEI)
    assert heard == [(50_000, Offer(3 * GWEI, GWEI))]
    with pytest.raises(OtherChain, match="is of chain 1 now, and this is for chain 5"):
        fill_in(answers(**PLAIN), ME.address, BODY, bounds(5))
    assert len(heard) == 1
    assert fill_in(answers(**PLAIN), ME.address, BODY)["chainId"] == 1
    signer = ExternalSigner(answers(), ME.address)
    signer.bounds = bounds(5)
    with pytest.raises(OtherChain):
        signer.transact(answers(**PLAIN), BODY)


@pytest.mark.parametrize("head", [None, 7, {"baseFeePerGas": "zz"}, {"baseFeePerGas": None}])
def test_a_head_that_can_not_be_read_is_the_nodes_fault(head: Any) -> None:
    node = answers(**{**PLAIN, "eth_getBlockByNumber": head})
    with pytest.raises(RpcError, match="eth_getBlockByNumber: the answer can not be read"):
        fill_in(node, ME.address, BODY)


def test_a_courier_works_on_one_chain() -> None:
    with pytest.raises(OtherChain, match="is of chain 1 now, and this is for chain 5"):
        Courier(
            answers(**PLAIN),
            ME,
            Terms(Caps(GWEI, GWEI)),
            chain_id=5,
            start_block=0,
            save=lambda: None,
            say=lambda text: None,
            clock=Clock(),
        )


def test_waiting_for_what_was_sent_before() -> None:
    """As for a signer that sent it."""
    with pytest.raises(MaybeSent, match="Transaction 0x07 may have been sent"):
        wait_for(answers(eth_getTransactionReceipt=LOST), "0x07")
