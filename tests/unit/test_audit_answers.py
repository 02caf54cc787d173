"""Audits at nodes that know less, or say something wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import audit, happen, node_of, told
from tests.support.shows import shows
from tests.support.stage import Stage, Terms
from wellhead.audit.words import created, slot_of
from wellhead.chain import NodeUnreachable, RpcError

RECEIPTS = {"eth_getBlockReceipts", "eth_getTransactionReceipt"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    return tmp_path


def _false(log: dict[str, Any]) -> dict[str, Any]:
    """A log whose last digit is another, where it has data."""
    return {**log, "data": log["data"][:-1] + "f"}


@shows("AUD-12")
def test_receipts_may_come_one_by_one(stage: Stage) -> None:
    happen(stage)
    done = audit(stage, node_of(stage, unknown=["eth_getBlockReceipts"]))
    assert told(done) == []
    assert done.proven == done.blocks > 0


@shows("AUD-12")
def test_without_receipts_logs_are_taken_on_the_nodes_word(stage: Stage) -> None:
    happen(stage)
    done = audit(stage, node_of(stage, unknown=sorted(RECEIPTS)))
    assert told(done) == []
    assert done.proven == 0
    assert done.blocks > 0


@shows("AUD-12")
@pytest.mark.parametrize("at_first", [True, False], ids=["not asked", "not known"])
def test_what_is_read_without_receipts_is_vouched_for_later(stage: Stage, at_first: bool) -> None:
    happen(stage)
    if at_first:
        assert audit(stage, receipts=False).proven == 0
    else:
        assert audit(stage, node_of(stage, unknown=sorted(RECEIPTS))).proven == 0
    node = node_of(stage)
    done = audit(stage, node)
    assert told(done) == []
    assert done.proven == done.blocks
    assert "eth_getLogs" not in node.asked


@shows("AUD-12")
def test_a_lie_that_was_believed_is_found_later(stage: Stage) -> None:
    happen(stage)

    router = stage.router.address.lower()

    def change(method: str, _: Any, answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        return [_false(log) if log["address"] == router else log for log in answer]

    audit(stage, node_of(stage, change), receipts=False)
    done = audit(stage)
    assert {(f.kind, f.contract, f.where, f.what) for f in done.findings} == {
        ("logs", "RevenueRouter", "AuthorityUpdated", "authority"),
        ("logs", "RevenueRouter", "Distributed", "bitcoin"),
    }
    assert told(audit(stage)) == [], "what receipts vouch for is in the archive now"


@shows("AUD-6")
@pytest.mark.parametrize("receipts", [True, False], ids=["at once", "later"])
def test_a_token_that_the_node_hides_behind_another_is_found(stage: Stage, receipts: bool) -> None:
    """Its own logs are read all the same."""
    happen(stage)
    registry = stage.registry.address.lower()

    def change(method: str, _: Any, answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        return [
            {**log, "data": log["data"][:65] + "f" + log["data"][66:]}
            if log["address"] == registry and len(log["data"]) > 1_000
            else log
            for log in answer
        ]

    if not receipts:
        assert told(audit(stage, node_of(stage, change), receipts=False)) != []
    done = audit(stage, node_of(stage, change) if receipts else None)
    assert [(f.kind, f.where, f.what) for f in done.findings] == [
        ("logs", "ClusterRegistered", "token")
    ]
    assert all(one.agreement.agrees for one in done.contracts)
    assert told(audit(stage)) == []


@shows("AUD-8")
def test_receipts_that_are_not_the_blocks_are_said(stage: Stage) -> None:
    happen(stage)

    def change(method: str, _: Any, answer: Any) -> Any:
        if method != "eth_getBlockReceipts":
            return answer
        return [{**receipt, "cumulativeGasUsed": "0x1"} for receipt in answer]

    done = audit(stage, node_of(stage, change))
    assert {(found.kind, found.what) for found in done.findings} == {("block", "receiptsRoot")}
    assert done.proven == 0
    assert len(done.findings) == done.blocks
    assert told(audit(stage)) == []


@shows("AUD-8")
@pytest.mark.parametrize("receipts", [True, False])
@pytest.mark.parametrize("field", ["timestamp", "extraData", "parentHash"])
def test_a_header_that_its_hash_is_not_of_is_said(stage: Stage, field: str, receipts: bool) -> None:
    happen(stage)
    last = stage.anvil.rpc.integer("eth_blockNumber")

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getBlockByNumber" or int(answer["number"], 16) != last:
            return answer
        return {**answer, field: answer[field][:-1] + ("a" if field != "extraData" else "xaa")}

    done = audit(stage, node_of(stage, change), block=last, receipts=receipts)
    assert ("block", "hash", last) in {(f.kind, f.what, f.block) for f in done.findings}


@shows("AUD-8")
def test_a_log_that_is_left_out_and_one_that_is_made_up_are_said(stage: Stage) -> None:
    happen(stage)

    def change(method: str, _: Any, answer: Any) -> Any:
        if method != "eth_getLogs" or len(answer) < 3:
            return answer
        made_up = {**answer[-2], "logIndex": "0x63"}
        return [*answer[:-3], answer[-2], answer[-1], made_up]

    done = audit(stage, node_of(stage, change))
    found = {(f.what, f.said, f.expected) for f in done.findings}
    assert found == {
        ("event", "in receipts", "not in eth_getLogs"),
        ("event", "in eth_getLogs", "not in receipts"),
    }
    assert all(one.agreement.agrees for one in done.contracts)


@shows("AUD-7")
def test_signers_that_are_not_those_of_the_events_are_said(stage: Stage) -> None:
    pointer = (
        "0x" + stage.anvil.rpc("eth_getStorageAt", stage.oracle.address, "0x3", "latest")[-40:]
    )
    code = stage.anvil.rpc("eth_getCode", pointer, "latest")
    stage.anvil.rpc("anvil_setCode", pointer, code[:-1] + ("1" if code[-1] == "0" else "0"))
    stage.anvil.rpc("evm_mine")
    (wrong,) = audit(stage).findings
    assert (wrong.kind, wrong.contract, wrong.where) == ("code", "MetricsOracle", "signers")


@shows("AUD-7")
def test_former_signers_that_are_not_those_of_the_events_are_said(stage: Stage) -> None:
    """The node names another one among the first, and says the same of it when it is removed."""
    happen(stage)
    gone = stage.reporters[0].address
    stage.oracle.send("removeSigner", gone, sender=stage.guardian)
    was, other = gone[2:].lower(), "ab" * 20

    def change(method: str, _: Any, answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        return [
            {**log, "data": log["data"].replace(was, other), "topics": renamed(log["topics"])}
            if log["address"] == stage.oracle.address.lower()
            else log
            for log in answer
        ]

    def renamed(topics: list[str]) -> list[str]:
        return [topic.replace(was, other) for topic in topics]

    node = node_of(stage, change, ["eth_getBlockReceipts", "eth_getTransactionReceipt"])
    (wrong,) = audit(stage, node).findings
    assert (wrong.kind, wrong.contract, wrong.where) == ("code", "MetricsOracle", "signers")
    assert f"{created(int(stage.oracle.address, 16), 1):#042x}" in wrong.what


@shows("AUD-7")
def test_code_that_was_changed_is_said(stage: Stage) -> None:
    code = stage.anvil.rpc("eth_getCode", stage.vault.address, "latest")
    stage.anvil.rpc("anvil_setCode", stage.vault.address, code + "00")
    stage.anvil.rpc("evm_mine")
    (wrong,) = audit(stage).findings
    assert (wrong.kind, wrong.contract) == ("code", "Vault")
    assert wrong.expected == stage.deployment.record.contracts["Vault"].code_hash


@shows("AUD-14")
def test_coins_that_are_gone_are_said(stage: Stage) -> None:
    """The stablecoin's issuer takes some of the vault's."""
    happen(stage)
    coin, vault = stage.cash.address, int(stage.vault.address, 16)
    held = stage.cash.call("balanceOf", stage.vault.address)
    for slot in (slot_of(number, vault) for number in range(20)):
        if int(stage.anvil.rpc("eth_getStorageAt", coin, f"{slot:#066x}", "latest"), 16) == held:
            stage.anvil.rpc("anvil_setStorageAt", coin, f"{slot:#066x}", f"{held - 1:#066x}")
    stage.anvil.rpc("evm_mine")
    assert told(audit(stage)) == [f"balance of Vault (cash): {held - 1}, needed at least {held}"]


def test_a_name_that_is_no_text(stage: Stage) -> None:
    """A token may be called anything."""
    asked = (Terms().encoded(), "Northern", "wNH1")
    data = stage.registry.functions["register"].encode(asked)
    odd = b"\xff\xfe\x1b[1m\x00!".hex()
    body = {"to": stage.registry.address, "data": data.replace(b"Northern".hex(), odd)}
    sent = stage.operator.transact(stage.anvil.rpc, {**body, "from": stage.operator.address})
    assert sent["status"] == "0x1"
    assert told(audit(stage)) == []


@shows("AUD-14")
def test_donated_coins_are_nobodys_business(stage: Stage) -> None:
    happen(stage)
    stage.cash.send("transfer", stage.vault.address, 5, sender=stage.tenants[0])
    assert told(audit(stage)) == []


@shows("AUD-20")
@pytest.mark.parametrize("answer", ["0x", [None], [{}], [{"address": "0x1"}]], ids=str)
def test_answers_that_can_not_be_read_are_the_nodes_fault(stage: Stage, answer: Any) -> None:
    def change(method: str, _: Any, said: Any) -> Any:
        return answer if method == "eth_getLogs" else said

    with pytest.raises(RpcError, match="eth_getLogs: the answer can not be read"):
        audit(stage, node_of(stage, change))


@shows("AUD-6")
def test_a_node_that_hides_all_logs_is_found_out_by_storage(stage: Stage) -> None:
    def change(method: str, _: Any, said: Any) -> Any:
        return [] if method == "eth_getLogs" else said

    done = audit(stage, node_of(stage, change))
    wrong = {one.agreement.contract for one in done.contracts if not one.agreement.agrees}
    assert wrong == {
        "Authority",
        "CapacityRegistry",
        "Compliance",
        "MetricsOracle",
        "RevenueRouter",
    }


@shows("AUD-12")
def test_words_that_can_not_be_read_are_too(stage: Stage) -> None:
    def change(method: str, _: Any, said: Any) -> Any:
        return "0x" if method == "eth_getStorageAt" else said

    with pytest.raises(RpcError, match="eth_getStorageAt: the answer can not be read"):
        audit(stage, node_of(stage, change, ["eth_getProof"]))


@shows("AUD-12")
def test_a_contract_over_whose_proof_the_node_takes_too_long_is_read_word_by_word(
    stage: Stage,
) -> None:
    oracle = stage.oracle.address.lower()

    def change(method: str, params: Sequence[Any], said: Any) -> Any:
        if method == "eth_getProof" and params[0] == oracle:
            raise NodeUnreachable("http://node", "timed out")
        return said

    happen(stage)
    node = node_of(stage, change)
    done = audit(stage, node)
    assert told(done) == []
    proven = {one.agreement.contract: one.agreement.proven for one in done.contracts}
    assert {name for name, is_proven in proven.items() if not is_proven} == {"MetricsOracle"}
    assert "eth_getStorageAt" in node.asked
