"""Checking records against the events that made them, and against who signed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from eth_abi.abi import encode

from tests.support import evidence
from tests.support.evidence import NOW, Market, found, opened
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.actions.errors import Refusal
from wellhead.chain import Rpc
from wellhead.chain.abi import events_of
from wellhead.chain.contract import transact
from wellhead.chain.signing import quorum
from wellhead.model.samples import Sample
from wellhead.oracle.audit.findings import Audit
from wellhead.oracle.measurements import Proposal


@pytest.fixture
def market(stage: Stage) -> Market:
    return opened(stage)


@pytest.fixture
def reported(market: Market) -> Market:
    return market.with_reports()


@shows("REP-11")
def test_a_record_that_is_not_the_events(reported: Market) -> None:
    evidence.change_record(reported.stage, reported.key(2), lambda word: word ^ 1)
    audit = reported.check()
    assert found(audit) == [("wrong", "record")]
    (finding,) = audit.findings
    assert (finding.begin, finding.end) == (NOW + 2, NOW + 3)
    assert finding.detail.startswith("event and record differ: work ")


def test_a_record_without_an_event_and_the_reverse(reported: Market) -> None:
    stage = reported.stage
    word = stored_word(reported, 3)
    evidence.change_record(stage, reported.key(3), lambda word: 0)
    stored = stage.oracle.call("recordOf", *reported.key(3))
    assert not stored["reported"]
    audit = reported.check()
    assert found(audit) == [("wrong", "event")]
    assert audit.findings[0].detail == "an event made a record, and there is none"
    # The stored word holds its hour, one further down here.
    moved = _with_hour(word, NOW + 3, NOW + 5)
    evidence.change_record(stage, reported.key(5), lambda word: moved)
    assert stage.oracle.call("recordOf", *reported.key(5))["reported"]
    audit = reported.check()
    assert found(audit) == [("wrong", "event"), ("wrong", "event")]
    assert audit.findings[1].detail == "there is a record, and no event that made it"


def _with_hour(word: int, old: int, new: int) -> int:
    """A stored word with another hour, wherever in it the hour stands."""
    for shift in range(232, -1, -1):
        if word >> shift & 0xFFFFFF == old:
            return word & ~(0xFFFFFF << shift) | new << shift
    raise AssertionError("no hour in it")


def test_what_a_batch_skipped_is_not_its_record(reported: Market) -> None:
    """Hours with a record, and one that comes twice: the first counts."""
    first, again = reported.key(1), reported.key(5)
    lower = Sample(*again, 3000, 1000)
    higher = Sample(*again, 4000, 2000)
    broken = Sample(*again, 1000, 2000)
    stage = reported.stage
    stage.report([Sample(*first, 1, 1), broken, lower, higher])
    stage.report([Sample(*first, 2, 2), higher])
    assert stage.oracle.call("recordOf", *again)["working"] == 3000
    audit = reported.check()
    assert found(audit) == [("missing", "batch")]
    assert audit.totals.reported == 5
    assert audit.totals.batches_missing == 1
    assert audit.totals.signatures_read == 3


def test_a_batch_that_came_too_early_made_no_record(reported: Market) -> None:
    """Its hour was not over yet; another one recorded it later."""
    stage, key = reported.stage, reported.key(6)
    assert stage.hour() == NOW + 6
    early = stage.report([Sample(*reported.key(5), 4000, 2000), Sample(*key, 4000, 1)])
    assert early.event("SampleSkipped")["hour"] == NOW + 6
    stage.to_hour(NOW + 7, 60)
    reported.report_hours([key])
    audit = reported.check()
    assert found(audit) == [("missing", "batch")]
    (finding,) = audit.findings
    assert (finding.begin, finding.end) == (NOW + 5, NOW + 6)
    assert (audit.totals.reported, audit.totals.batches) == (6, 5)


def emit_report(market: Market, samples: list[Sample], signers: int, proof: bytes) -> None:
    topics = {entry["name"]: topic for topic, entry in events_of("MetricsOracle").items()}
    words = [sample.encode() for sample in samples]
    data = encode(["uint256", "uint256", "uint256[]"], [signers, 0, words])
    evidence.emit(market.stage, [bytes.fromhex(topics["Reported"][2:]), proof], data)


@pytest.mark.parametrize(
    ("signers", "said"),
    [
        (0b11, "2 signed, and 3 of the set then had to"),
        (0b1000011, "the event names signers beyond the 5 of the set"),
    ],
)
def test_an_event_with_too_few_signers(reported: Market, signers: int, said: str) -> None:
    """No oracle of ours emits it."""
    proposal = reported.propose([reported.key(5)])
    reported.shelve(proposal)
    donor = stored_word(reported, 4)
    moved = _with_hour(donor, NOW + 4, NOW + 5)
    evidence.change_record(reported.stage, reported.key(5), lambda word: moved)
    emit_report(reported, list(proposal.samples), signers, proposal.evidence(reported.domain))
    audit = reported.check()
    assert ("wrong", "signers") in found(audit)
    assert said in [finding.detail for finding in audit.findings]


def stored_word(market: Market, hour: int) -> int:
    slot = evidence.record_slot(market.stage, market.key(hour))
    rpc = market.stage.anvil.rpc
    return int(rpc("eth_getStorageAt", market.stage.oracle.address, slot, "latest"), 16)


def test_signatures_that_another_contract_passed_on(market: Market) -> None:
    stage = market.stage
    proposal = market.propose([market.key(1)])
    market.shelve(proposal)
    words = [sample.encode() for sample in proposal.samples]
    proof = proposal.evidence(market.domain)
    signatures = quorum(proposal.digest(market.domain), market.reporters[:3])
    data = stage.oracle.functions["report"].encode([words, proof, signatures])
    carrier = evidence.forwarder(stage, stage.oracle.address, stage.relay)
    body = {"to": carrier, "data": data, "from": stage.relay.address}
    transact(stage.anvil.rpc, body, stage.relay, 2_000_000)
    audit = market.check()
    assert audit.verdict == "sound"
    assert (audit.totals.signatures_read, audit.totals.signatures_unread) == (0, 1)


def test_signatures_of_others_than_the_event_names(reported: Market) -> None:
    """The chain's code would not let it through; the node shows another transaction."""
    event = reported.stage.oracle.events("Reported")[-1]
    rpc = reported.stage.deployment.rpc
    proposal = Proposal.of(s.signed() for s in reported.shelf.kept[reported.key(4)][0].measurements)
    words = [sample.encode() for sample in proposal.samples]
    proof = proposal.evidence(reported.domain)
    signed = quorum(proposal.digest(reported.domain), reported.reporters[1:4])
    data = reported.stage.oracle.functions["report"].encode([words, proof, signed])
    other = reported.stage.oracle.functions["report"].encode([words, bytes(32), signed])

    def audit_with(shown: str) -> Audit:
        with showing(rpc, event.block, shown):
            return reported.check()

    problems = audit_with(data).findings
    assert [(f.check, f.begin) for f in problems] == [("signatures", NOW + 4)] * 2
    told = " ".join(f.detail for f in problems)
    assert f"signed by {reported.address(3)}, whom the event does not name" in told
    assert f"not signed by {reported.address(0)}, whom the event names" in told
    (problem,) = audit_with(other).findings
    assert problem.detail == "the transaction's call says other things than its event"


def test_a_call_that_can_not_be_read(reported: Market) -> None:
    """It would have failed; so it is no call of the oracle's."""
    event = reported.stage.oracle.events("Reported")[-1]
    selector = reported.stage.oracle.functions["report"].selector
    with showing(reported.stage.deployment.rpc, event.block, "0x" + selector.hex() + "00"):
        audit = reported.check()
    assert (audit.verdict, audit.totals.signatures_unread) == ("sound", 1)


def test_a_node_that_does_not_know_a_transaction(reported: Market) -> None:
    """Or another one is in its place by now."""
    event = reported.stage.oracle.events("Reported")[-1]
    with (
        showing(reported.stage.deployment.rpc, event.block, "0x12", field="hash"),
        pytest.raises(Refusal) as raised,
    ):
        reported.check()
    assert (raised.value.name, raised.value.arguments) == ("Reorganised", {"block": event.block})


@contextmanager
def showing(rpc: Rpc, block: int, data: str, field: str = "input") -> Iterator[None]:
    """A node that shows other call data, or another hash, in the transactions of a block."""
    asked = rpc.batch

    def batch(calls: Any) -> list[Any]:
        answers = asked(calls)
        for answer in answers:
            is_transaction = isinstance(answer, dict) and "input" in answer
            if is_transaction and int(answer["blockNumber"], 16) == block:
                answer[field] = data
        return answers

    rpc.batch = batch  # type: ignore[method-assign]
    try:
        yield
    finally:
        rpc.batch = asked  # type: ignore[method-assign]
