"""Nodes that want a false state to pass."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import audit, happen, node_of, told
from tests.support.shows import shows
from tests.support.stage import USD, Stage, Terms
from wellhead.actions.errors import Refusal
from wellhead.audit.words import keccak, slot_of
from wellhead.chain import RpcError
from wellhead.chain.abi import events_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    return tmp_path


def steal(stage: Stage) -> tuple[str, str]:
    """Give the stranger a claim that nobody paid, beside 5 units that somebody did: its slot, and
    the word that the events give."""
    deposit = (stage.cash.address, stage.stranger.address, 5)
    stage.vault.send("deposit", *deposit, sender=stage.tenants[0])
    coin, account = (int(one.address, 16) for one in (stage.cash, stage.stranger))
    slot = f"{slot_of(0, coin, account):#066x}"
    was = stage.anvil.rpc("eth_getStorageAt", stage.vault.address, slot, "latest")
    stage.anvil.rpc("anvil_setStorageAt", stage.vault.address, slot, f"{10**9:#066x}")
    stage.anvil.rpc("evm_mine")
    return slot, was


@shows("AUD-19")
def test_words_that_the_node_says_otherwise_than_it_proves(stage: Stage) -> None:
    """It says of every slot what the events give; its own list of all words, which leads to the
    root that it proves, has the false one."""
    happen(stage)
    slot, was = steal(stage)

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        is_it = method == "eth_getStorageAt" and params[1] == slot
        return was if is_it else answer

    done = audit(stage, node_of(stage, change))
    name = f"claimOf[{stage.cash.address}][{stage.stranger.address}]"
    assert told(done) == [f"Vault.{name} is {10**9} on chain, events give 5"]


@shows("AUD-19")
def test_a_list_of_words_that_does_not_lead_to_the_root_is_no_proof(stage: Stage) -> None:
    """And where every word is as the events give it, something else must be wrong."""
    happen(stage)
    slot, was = steal(stage)

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method in ("anvil_dumpState", "web3_clientVersion"):
            return "geth"
        return was if method == "eth_getStorageAt" and params[1] == slot else answer

    done = audit(stage, node_of(stage, change))
    assert ("root", "Vault") in {(found.kind, found.contract) for found in done.findings}


@shows("AUD-19")
def test_a_node_of_a_live_chain_that_says_it_is_a_local_one(stage: Stage) -> None:
    """Only a local chain's node may count words in its roots that are zero."""
    happen(stage)
    slot, was = steal(stage)

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "anvil_dumpState":
            return None
        if method == "eth_chainId":
            return "0x1"
        return was if method == "eth_getStorageAt" and params[1] == slot else answer

    done = audit(stage, node_of(stage, change))
    assert ("root", "Vault") in {(found.kind, found.contract) for found in done.findings}


@shows("AUD-19")
def test_proofs_of_another_block(stage: Stage) -> None:
    """From before the theft."""
    happen(stage)
    old: dict[str, Any] = {}

    def keep(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getProof":
            old[params[0]] = answer
        return answer

    def lie(method: str, params: Sequence[Any], answer: Any) -> Any:
        return old[params[0]] if method == "eth_getProof" else answer

    audit(stage, node_of(stage, keep))
    steal(stage)
    done = audit(stage, node_of(stage, lie))
    assert "proof" in {found.kind for found in done.findings}
    assert not done.proofs


@shows("AUD-19")
@pytest.mark.parametrize(
    "proof",
    [["0xc0"], ["0x"], ["zz"], [None], None, ["0x" + "c1" * 5_000], ["0x91" + "00" * 17]],
    ids=range(7),
)
def test_proofs_that_are_none(stage: Stage, proof: Any) -> None:
    """Also under a root that was made for them."""

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getProof":
            return {**answer, "accountProof": proof}
        if method == "eth_getBlockByNumber" and proof and proof[0] and proof[0][:2] == "0x":
            made = keccak(bytes.fromhex(proof[0][2:])).hex()
            return {**answer, "stateRoot": "0x" + made}
        return answer

    done = audit(stage, node_of(stage, change))
    assert "proof" in {found.kind for found in done.findings}


def altered(stage: Stage, contract: str, event: str, word: int, by: int) -> Any:
    """What a node says of logs that lies about one: it adds so much to a word of its data."""
    topic = next(t for t, entry in events_of(contract).items() if entry["name"] == event)

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        for log in answer:
            if log["topics"][0] == topic:
                at = 2 + 64 * word
                value = (int(log["data"][at : at + 64], 16) + by) % 2**256
                log["data"] = f"{log['data'][:at]}{value:064x}{log['data'][at + 64 :]}"
        return answer

    return node_of(stage, change, ["eth_getBlockReceipts", "eth_getTransactionReceipt"])


@shows("AUD-5")
def test_an_amount_of_which_storage_has_no_room_for_the_lie(stage: Stage) -> None:
    """A bond has 104 bits: what is above them would not show in its word."""
    cluster = stage.cluster(10, Terms(bond=USD))
    stage.market.send("postBond", cluster, 50 * USD, sender=stage.tenants[3])
    done = audit(stage, altered(stage, "LeaseMarket", "BondPosted", 0, 2**104))
    assert {one.agreement.contract for one in done.contracts if not one.agreement.agrees} == {
        "LeaseMarket"
    }


@shows("AUD-20")
def test_amounts_that_nobody_can_have_do_not_end_an_audit(stage: Stage) -> None:
    happen(stage)
    done = audit(stage, altered(stage, "Vault", "Moved", 0, 2**255))
    found = {(one.contract, one.where, one.what) for one in done.findings}
    assert ("Vault", "Moved", "amount") in found
    assert any(one.kind == "storage" and one.contract == "Vault" for one in done.findings)


def said(stage: Stage, change: Any) -> Any:
    """A node that says something else of logs, and gives no receipts."""

    def changed(method: str, _: Sequence[Any], answer: Any) -> Any:
        return change(answer) if method == "eth_getLogs" else answer

    return node_of(stage, changed, ["eth_getBlockReceipts", "eth_getTransactionReceipt"])


@shows("AUD-20")
def test_logs_that_were_not_asked_for_are_the_nodes_fault(stage: Stage) -> None:
    """Of other blocks, or two at one place; and a log that was taken back is of another chain."""
    happen(stage)
    other = hex(stage.anvil.rpc.integer("eth_blockNumber") + 5)
    with pytest.raises(RpcError, match="can not be read"):
        audit(stage, said(stage, lambda logs: [{**log, "blockNumber": other} for log in logs]))
    twice = said(stage, lambda logs: [*logs, *({**log, "data": "0x"} for log in logs)])
    with pytest.raises(RpcError, match="two logs at one place"):
        audit(stage, twice)
    with pytest.raises(Refusal, match="Reorganised"):
        audit(stage, said(stage, lambda logs: [{**log, "removed": True} for log in logs]))
    backwards = said(stage, lambda logs: [*reversed(logs), *logs])
    assert told(audit(stage, backwards)) == [], "in whatever order, and twice the same"


@shows("AUD-20")
@pytest.mark.parametrize("receipts", [True, False])
def test_logs_of_others_with_topics_of_ours(stage: Stage, receipts: bool) -> None:
    """A contract that says what ours say; the node counts it among ours."""
    happen(stage)
    real = stage.anvil.rpc("eth_getLogs", {"address": stage.vault.address, "fromBlock": "0x0"})[-1]
    foreign = {**real, "address": stage.stranger.address, "logIndex": "0x63"}

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        return [*answer, foreign] if method == "eth_getLogs" and real in answer else answer

    done = audit(stage, node_of(stage, change), receipts=receipts)
    place = (int(real["blockNumber"], 16), 0x63)
    assert [(found.block, found.index) for found in done.findings] == [place]
    assert all(one.agreement.agrees for one in done.contracts)


@shows("AUD-20")
def test_a_header_of_another_block_is_the_nodes_fault(stage: Stage) -> None:
    happen(stage)
    last = stage.anvil.rpc.integer("eth_blockNumber")
    before = stage.anvil.rpc("eth_getBlockByNumber", hex(last - 1), False)

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        is_it = method == "eth_getBlockByNumber" and int(answer["number"], 16) == last
        return before if is_it else answer

    with pytest.raises(RpcError, match=f"it is of block {last - 1}"):
        audit(stage, node_of(stage, change), block=last)


@shows("AUD-20")
@pytest.mark.parametrize("field", ["number", "hash", "timestamp"])
@pytest.mark.parametrize("value", [None, "zz", "-0x5", 7, []], ids=str)
def test_headers_that_can_not_be_read_are_the_nodes_fault(
    stage: Stage, field: str, value: Any
) -> None:
    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        return {**answer, field: value} if method == "eth_getBlockByNumber" else answer

    with pytest.raises(RpcError, match="eth_getBlockByNumber: the answer can not be read"):
        audit(stage, node_of(stage, change))


@shows("AUD-20")
def test_times_that_do_not_follow_each_other(stage: Stage) -> None:
    """Of blocks whose hashes would not be right; and no hour of them is walked to."""
    happen(stage)
    last = stage.anvil.rpc.integer("eth_blockNumber")

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        is_it = method == "eth_getBlockByNumber" and int(answer["number"], 16) in (20, last)
        return {**answer, "timestamp": "0x" + "f" * 15} if is_it else answer

    stage.anvil.rpc("evm_mine")
    done = audit(stage, node_of(stage, change))
    found = {(one.what, one.block) for one in done.findings}
    assert {("hash", 20), ("timestamp", 20), ("hash", last), ("timestamp", last)} <= found


@shows("AUD-7")
def test_code_that_was_changed_shows_without_proofs_too(stage: Stage) -> None:
    code = stage.anvil.rpc("eth_getCode", stage.vault.address, "latest")
    stage.anvil.rpc("anvil_setCode", stage.vault.address, code + "00")
    stage.anvil.rpc("evm_mine")
    (wrong,) = audit(stage, node_of(stage, unknown=["eth_getProof"])).findings
    assert (wrong.kind, wrong.contract) == ("code", "Vault")


@shows("AUD-20")
def test_what_a_node_says_can_not_move_a_terminals_cursor(stage: Stage) -> None:
    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getBlockByNumber":
            return answer
        return {**answer, "receiptsRoot": "0x\x1b[2J"}

    done = audit(stage, node_of(stage, change))
    assert told(done) != []
    assert "\x1b" not in "".join(told(done))


@shows("AUD-19")
@pytest.mark.parametrize(
    "dump", ["0x", "0x1f8b", "0x1f8b0800000000000003ff", "0x7b7d", "zz", None], ids=str
)
def test_lists_of_words_that_can_not_be_read_are_none(stage: Stage, dump: Any) -> None:
    """Then words are read one by one, and it is a local chain whose root may count others."""

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        return dump if method == "anvil_dumpState" else answer

    done = audit(stage, node_of(stage, change))
    assert told(done) == []
    assert not done.proofs


@shows("AUD-19")
def test_words_that_nothing_can_hold_are_none(stage: Stage) -> None:
    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "anvil_dumpState":
            return answer
        body = json.loads(gzip.decompress(bytes.fromhex(answer[2:])))
        for account in body["accounts"].values():
            account["storage"] = dict.fromkeys(account["storage"], "-0x1")
        return "0x" + json.dumps(body).encode().hex()

    assert told(audit(stage, node_of(stage, change))) == []
