"""What a contract says is read as what it is: its answers, events and refusals, whoever else had a
say in them."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.support.stage import Stage
from wellhead.actions import changing, venues
from wellhead.chain import Contract, NodeUnreachable, Reverted, Rpc, RpcError
from wellhead.chain.accounts import MaybeSent
from wellhead.chain.coins import signed_coin
from wellhead.chain.rpc import Unreadable
from wellhead.cli import sentences

SETTLED = keccak(text="Settled(uint256,address,uint256,uint256)")
ACCEPTED = bytes.fromhex("150b7a02")
#: Where a contract of somebody else's stands.
OTHER = "0x" + "5e" * 20


class Changing(Rpc):
    """A node of which some methods answer otherwise."""

    def __init__(self, url: str, **answers: Any) -> None:
        super().__init__(url)
        self.answers = answers

    def __call__(self, method: str, *params: Any) -> Any:
        if method not in self.answers:
            return super().__call__(method, *params)
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer(super().__call__(method, *params)) if callable(answer) else answer


def answering(data: bytes, how: bytes = b"\xf3") -> str:
    """The code of a contract that answers every call so, or reverts with it."""
    code = b""
    for first in range(0, len(data), 32):
        part = data[first : first + 32].ljust(32, b"\0")
        code += b"\x7f" + part + b"\x61" + first.to_bytes(2, "big") + b"\x52"
    return "0x" + (code + b"\x61" + len(data).to_bytes(2, "big") + b"\x5f" + how).hex()


def reverting(data: bytes) -> str:
    return answering(data, b"\xfd")


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def speaking(*logs: tuple[list[bytes], bytes]) -> str:
    """The code of a contract that logs this whenever it is called, and takes every lease."""
    code = b""
    for topics, data in logs:
        for first in range(0, len(data), 32):
            part = data[first : first + 32].ljust(32, b"\0")
            code += b"\x7f" + part + b"\x61" + first.to_bytes(2, "big") + b"\x52"
        code += b"".join(b"\x7f" + topic for topic in reversed(topics))
        code += b"\x61" + len(data).to_bytes(2, "big") + b"\x5f" + bytes([0xA0 + len(topics)])
    code += b"\x7f" + ACCEPTED.ljust(32, b"\0") + b"\x5f\x52\x60\x20\x5f\xf3"
    return "0x" + code.hex()


@pytest.fixture
def lease(stage: Stage) -> int:
    return stage.lease(stage.cluster(64), 16, stage.hour() + 1, 24)


def put(stage: Stage, code: str) -> None:
    stage.anvil.rpc("anvil_setCode", OTHER, code)


@pytest.mark.parametrize(
    "data", [word(10**12) + word(9), b"", b"\xff" * 70], ids=["well made", "empty", "other"]
)
def test_what_a_receiver_says_is_not_the_markets(stage: Stage, lease: int, data: bytes) -> None:
    owner = stage.tenants[0]
    topics = [SETTLED, word(lease), word(int(owner.address, 16))]
    noise: tuple[list[bytes], bytes] = ([], b"nothing that anybody declares")
    put(stage, speaking((topics, data), noise))
    done = changing.transfer(stage.deployment, lease, OTHER, owner, dry=False)
    assert stage.market.call("ownerOf", lease).lower() == OTHER
    assert done.settled == 0
    assert done.receipt is not None
    assert {event.address for event in done.receipt.events} == {stage.market.address}
    assert len(done.receipt.all("Transfer")) == 1


def test_events_of_others_count_where_the_contract_declares_none_such(
    stage: Stage, lease: int
) -> None:
    """An hour's revenue is distributed by the router, and it is the token that says what came."""
    start = stage.hour() + 1
    stage.to_hour(start + 2)
    stage.report_hours(1, start, start + 1)
    stage.finalize()
    stage.market.send("accrue", 1, sender=stage.stranger)
    done = stage.router.send("distribute", 1, sender=stage.stranger)
    assert done.event("Distributed").address == stage.router.address
    assert done.event("CashAdded").address == stage.token(1).address


ERROR, PANIC = bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")
TEXT = ERROR + word(32) + word(5) + b"sorry".ljust(32, b"\0")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (TEXT, "Error"),
        (PANIC + word(0x11), "Panic"),
        (ERROR, "unknown error 0x08c379a0"),
        (ERROR + word(32), f"unknown error 0x08c379a0{word(32).hex()}"),
        (ERROR + word(32) + word(2**255), None),
        (ERROR + word(2**255), None),
        (PANIC + b"\x01", "unknown error 0x4e487b7101"),
        (b"\x01\x02\x03", "unknown error 0x010203"),
        (b"", "TransferToNonERC721ReceiverImplementer"),
    ],
    ids=["text", "panic", "no text", "no length", "endless", "far", "short", "odd", "nothing"],
)
def test_who_refuses_may_say_what_it_likes(
    stage: Stage, lease: int, data: bytes, name: str | None
) -> None:
    put(stage, reverting(data))
    with pytest.raises(Reverted) as caught:
        changing.transfer(stage.deployment, lease, OTHER, stage.tenants[0], dry=False)
    assert caught.value.name == (name or "unknown error 0x" + data.hex())
    assert sentences.sentence(caught.value.name, caught.value.arguments)


@pytest.mark.parametrize(
    "failure",
    [
        RpcError("debug_traceTransaction", {"code": -32601, "message": "no such method"}),
        NodeUnreachable("http://node", "status 429 Too Many Requests"),
    ],
    ids=["unknown", "gone"],
)
def test_a_failure_that_the_node_does_not_explain_has_a_hash(
    stage: Stage, failure: Exception
) -> None:
    node = Changing(stage.anvil.rpc.url, debug_traceTransaction=failure)
    market = Contract(node, "LeaseMarket", stage.market.address)
    with pytest.raises(Reverted) as caught:
        market.send("settle", 99, sender=stage.stranger)
    block = stage.anvil.rpc("eth_getBlockByNumber", "latest", False)
    said = sentences.sentence(caught.value.name, caught.value.arguments)
    assert said == (
        f"A contract refused: transaction {block['transactions'][-1]} is mined and failed, and the "
        "node does not say why"
    )
    assert caught.value.gas_used


@pytest.mark.parametrize("frame", [None, [], {}, {"output": None}, {"output": "zz"}], ids=str)
def test_so_has_one_that_it_explains_badly(stage: Stage, frame: Any) -> None:
    node = Changing(stage.anvil.rpc.url, debug_traceTransaction=frame)
    market = Contract(node, "LeaseMarket", stage.market.address)
    with pytest.raises(Reverted) as caught:
        market.send("settle", 99, sender=stage.stranger)
    assert (caught.value.data, caught.value.name) == (b"", "")


@pytest.mark.parametrize("change", [{"logs": None}, {"gasUsed": "zz"}, {"transactionHash": 1}])
def test_a_receipt_that_can_not_be_read_is_of_what_was_sent(
    stage: Stage, change: dict[str, Any]
) -> None:
    node = Changing(stage.anvil.rpc.url, eth_sendTransactionSync=lambda said: {**said, **change})
    coin = Contract(node, "TestCoin", stage.cash.address)
    with pytest.raises(MaybeSent, match=r"can not be read\. A transaction of 0x.* may have"):
        coin.send("mint", stage.stranger.address, 1, sender=stage.stranger)


@pytest.mark.parametrize("data", [b"", b"\x01", word(2**255)], ids=["none", "short", "far"])
def test_answers_that_a_contract_does_not_give(stage: Stage, data: bytes) -> None:
    put(stage, answering(data))
    other = Contract(stage.anvil.rpc, "CapacityToken", OTHER)
    for asked in (
        lambda: other.call("name"),
        lambda: other.call_many([("name", []), ("symbol", [])]),
    ):
        with pytest.raises(Unreadable, match=r"^eth_call: the answer to name can not be read$"):
            asked()


def text(length: int, said: bytes) -> bytes:
    return word(32) + word(length) + said.ljust(-(-len(said) // 32) * 32, b"\0")


@pytest.mark.parametrize(
    ("data", "description"),
    [
        (text(9, b"BTC / USD"), "BTC / USD"),
        (text(2, b"\xff\xfe"), "\ufffd\ufffd"),
        (text(2**255, b""), ""),
        (text(9, b""), ""),
        (b"", ""),
        (text(36, b"BTC / USD\nslippage             0.1 %"), "BTC / USD slippage 0.1 %"),
    ],
    ids=["as it should", "no text", "endless", "short", "nothing", "lines"],
)
def test_feeds_and_coins_describe_themselves_as_they_like(
    stage: Stage, data: bytes, description: str
) -> None:
    put(stage, answering(data))
    assert venues._description(Contract(stage.anvil.rpc, "IPriceFeed", OTHER)) == description
    assert signed_coin(Contract(stage.anvil.rpc, "TestCoin", OTHER), 31337) is None


@pytest.mark.parametrize(
    "data", [text(2, b"\xff\xfe"), text(2**255, b"")], ids=["bytes", "endless"]
)
def test_a_version_that_is_none_keeps_no_coin_from_being_tried(stage: Stage, data: bytes) -> None:
    """Versions 1 and 2 are tried whatever a coin says."""
    version = "0x54fd4d50"
    asked = {"to": stage.cash.address, "data": version}

    class Odd(Rpc):
        def __call__(self, method: str, *params: Any) -> Any:
            if params and params[0] == asked:
                return "0x" + data.hex()
            return super().__call__(method, *params)

    coin = Contract(Odd(stage.anvil.rpc.url), "TestCoin", stage.cash.address)
    found = signed_coin(coin, stage.deployment.chain_id)
    assert found is not None
    assert found.domain["version"] == "1"
