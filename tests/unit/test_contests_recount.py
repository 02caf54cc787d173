"""Recounts: who decides a contest, and when the tenant was right."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest

from tests.support.contests import (
    DEPOSIT,
    NO_CONTEST,
    Case,
    Verdict,
    digest,
    recount,
    report,
    reported,
    switch,
)
from tests.support.records import stored
from tests.support.rent import open_lease
from tests.support.reporters import change, claims, remove, team
from tests.support.shows import shows
from tests.support.signatures import Compact, malleable, recovered
from tests.support.stage import EVIDENCE, Q, Stage
from tests.support.state import refused
from wellhead.chain import KeyAccount, dev_account
from wellhead.chain.signing import quorum, recount_digest, report_digest
from wellhead.model.samples import Sample

OTHER = bytes(range(32))


@pytest.fixture
def case(stage: Stage) -> Case:
    """A contested hour, reported as served in full."""
    found = reported(stage)
    found.contest()
    return found


def send(case: Case, sample: Sample, signatures: list[Compact]) -> None:
    case.stage.contests.send(
        "recount", sample.encode(), EVIDENCE, signatures, sender=case.stage.stranger
    )


@shows("CON-5")
def test_a_recount_that_finds_less_upholds_the_contest(case: Case) -> None:
    stage, sample = case.stage, case.sample(4_000, working=7_000)
    before = case.wallet()
    signers = [stage.reporters[i] for i in (0, 1, 3, 4)]
    receipt = recount(stage, sample, signers, OTHER)
    clock = stage.registry.call("clock")
    assert [event.name for event in receipt.events] == ["Decided", "Ended", "Moved"]
    assert receipt.event("Decided").arguments == {"sample": sample.encode(), "finalAt": clock}
    assert receipt.event("Ended").arguments == {
        "clusterId": case.cluster,
        "hour": case.hour,
        "verdict": Verdict.UPHELD,
        "tenant": case.tenant.address,
        "deposit": DEPOSIT,
        "available": 10_000,
        "evidence": OTHER,
        "signers": 0b11011,
    }
    assert case.record == stored(sample, clock, is_final=True)
    assert stage.oracle.call("finalAvailable", *case.key) == (True, 4_000)
    assert case.open == NO_CONTEST
    assert case.wallet() == (before[0], before[1] + DEPOSIT)
    assert stage.claim_of(stage.contests) == stage.claim_of(stage.oracle) == 0


@shows("CON-5", "CON-6")
@pytest.mark.parametrize("available", [9_950, 10_000, 60_000])
def test_a_recount_that_does_not_rejects_it(case: Case, available: int) -> None:
    """The recount is the record all the same, even where it finds more."""
    stage, before = case.stage, case.wallet()
    receipt = case.recount(available)
    assert receipt.event("Ended")["verdict"] == Verdict.REJECTED
    assert receipt.event("Ended")["tenant"] == case.tenant.address
    assert case.record == stored(case.sample(available), case.record["finalAt"], is_final=True)
    assert case.wallet() == before
    assert stage.claim_of(stage.oracle) == DEPOSIT
    stage.oracle.send("payReporters", sender=stage.stranger)
    assert claims(stage) == [DEPOSIT // 5] * 5


def test_a_call_says_the_verdict(case: Case) -> None:
    for available, verdict in ((0, Verdict.UPHELD), (10_000, Verdict.REJECTED)):
        word = case.sample(available).encode()
        signatures = quorum(digest(case.stage, word), case.stage.reporters[1:])
        assert case.stage.contests.call("recount", word, EVIDENCE, signatures) == verdict


@shows("CON-5")
@pytest.mark.parametrize("before", [1, 199, 200, 201, 9_999, 10_000])
def test_the_tolerance_is_half_a_percent_to_the_thousandth_of_a_unit(
    stage: Stage, before: int
) -> None:
    case = reported(stage, before)
    case.contest()
    limit = Fraction(before) * (1 - Fraction(5_000, Q))
    least = -(-limit.numerator // limit.denominator)  # what still rejects
    for available, verdict in ((least, Verdict.REJECTED), (least - 1, Verdict.UPHELD)):
        if available >= 0:
            with stage.scratch():
                assert case.recount(available).event("Ended")["verdict"] == verdict


@shows("CON-5")
def test_nothing_is_not_less_than_nothing(stage: Stage) -> None:
    case = reported(stage, 0)
    case.contest()
    assert case.recount(0).event("Ended")["verdict"] == Verdict.REJECTED


@shows("CON-5")
def test_the_largest_numbers_are_compared_right(stage: Stage) -> None:
    most = 2**36 - 1
    case = reported(stage, most)
    case.contest()
    limit = most - most * 5_000 // Q
    for available, verdict in (
        (most, Verdict.REJECTED),
        (limit, Verdict.REJECTED),
        (limit - 1, Verdict.UPHELD),
    ):
        with stage.scratch():
            assert case.recount(available).event("Ended")["verdict"] == verdict


@shows("SIG-13")
@pytest.mark.parametrize("indices", combinations(range(5), 4))
def test_any_four_of_five_decide(case: Case, indices: tuple[int, ...]) -> None:
    signers = [case.stage.reporters[i] for i in indices]
    bits = sum(1 << i for i in indices)
    assert case.recount(0, signers).event("Ended")["signers"] == bits


@shows("SIG-13")
@pytest.mark.parametrize("number", [0, 1, 2, 3, 5])
def test_fewer_or_more_decide_nothing(case: Case, number: int) -> None:
    """Three are enough for a report, and not here."""
    sample = case.sample(0)
    signatures = quorum(digest(case.stage, sample.encode()), case.stage.reporters[:number])
    with refused(case.stage, "MetricsOracle_SignatureCount", 4, number):
        send(case, sample, signatures)


def test_signatures_are_as_strict_as_a_reports(case: Case) -> None:
    stage, sample = case.stage, case.sample(0)
    word = digest(stage, sample.encode())
    good = quorum(word, stage.reporters[1:])
    second = stage.reporters[2].address
    with refused(stage, "MetricsOracle_SignerOrder", 1, stage.reporters[1].address):
        send(case, sample, [good[1], good[0], *good[2:]])
    with refused(stage, "MetricsOracle_RepeatedSigner", 2, second):
        send(case, sample, [good[0], good[1], good[1], good[3]])
    with refused(stage, "MetricsOracle_InvalidSignature", 3):
        send(case, sample, [*good[:3], (bytes(32), bytes(32))])
    outsider = KeyAccount(bytes(31) + b"\x05")
    with refused(stage, "MetricsOracle_UnknownSigner", 0, outsider.address):
        send(case, sample, [outsider.sign_digest(word), *good[1:]])


@shows("SIG-3")
@pytest.mark.parametrize("place", range(4))
def test_the_twin_with_the_high_s_is_no_signature(stage: Stage, place: int) -> None:
    twins = malleable(stage.reporters[place])
    others = [stage.reporters[i].sign_digest(twins.digest) for i in range(4) if i != place]
    for twin, is_good in ((twins.low, True), (twins.high, False)):
        ask = (twins.digest, [*others[:place], twin, *others[place:]])
        if is_good:
            assert stage.oracle.call("requireSupermajority", *ask) == 0b1111
        else:
            with refused(stage, "MetricsOracle_InvalidSignature", place):
                stage.oracle.call("requireSupermajority", *ask)


@shows("SIG-4")
@pytest.mark.parametrize("kind", ["report", "chain", "contract", "evidence", "sample"])
def test_what_was_signed_for_something_else_decides_nothing(case: Case, kind: str) -> None:
    stage, sample = case.stage, case.sample(0)
    word, contests = sample.encode(), stage.contests.address
    chain_id = stage.deployment.chain_id
    signed = {
        "report": report_digest(chain_id, stage.oracle.address, [word], EVIDENCE),
        "chain": recount_digest(chain_id + 1, contests, word, EVIDENCE),
        "contract": recount_digest(chain_id, stage.oracle.address, word, EVIDENCE),
        "evidence": recount_digest(chain_id, contests, word, OTHER),
        "sample": recount_digest(chain_id, contests, word + 1, EVIDENCE),
    }[kind]
    signatures = quorum(signed, stage.reporters[1:])
    somebody = recovered(digest(stage, word), signatures[0])
    with refused(stage, "MetricsOracle_UnknownSigner", 0, somebody):
        send(case, sample, signatures)


@shows("SIG-4")
def test_a_recounts_signatures_are_no_report(case: Case) -> None:
    stage = case.stage
    stage.to_hour(case.hour + 2)
    word = Sample(case.cluster, case.hour + 1, 10_000, 10_000).encode()
    signatures = quorum(digest(stage, word), stage.reporters[:3])
    here = report_digest(stage.deployment.chain_id, stage.oracle.address, [word], EVIDENCE)
    with refused(stage, "MetricsOracle_UnknownSigner", 0, recovered(here, signatures[0])):
        stage.oracle.send("report", [word], EVIDENCE, signatures, sender=stage.relay)


def test_a_report_changes_no_contested_hour(case: Case) -> None:
    before = case.record
    receipt = case.stage.report([case.sample(1)])
    assert receipt.event("SampleSkipped")["hour"] == case.hour
    assert case.record == before


@pytest.mark.parametrize("end", ["upheld", "rejected", "closed"])
def test_a_recount_is_good_once(case: Case, end: str) -> None:
    stage = case.stage
    available = 10_000 if end == "rejected" else 0
    if end == "closed":
        case.pass_silence()
        case.close()
    else:
        case.recount(available)
    with refused(stage, "Contests_NotContested", *case.key):
        case.recount(available)
    with refused(stage, "Contests_NotContested", *case.key):
        case.recount(5_000)


def test_the_recount_of_another_hour_decides_nothing_here(stage: Stage) -> None:
    cluster = stage.cluster(100)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 4)
    stage.to_hour(lease.start + 2)
    first, second = (report(stage, lease, lease.start + i, 10_000) for i in range(2))
    other = stage.cluster(100)
    first.contest()
    for sample in (
        second.sample(0),
        Sample(other, first.hour, 0, 0),
        Sample(9, first.hour, 0, 0),
        Sample(0, 0, 0, 0),
    ):
        with refused(stage, "Contests_NotContested", sample.cluster, sample.hour):
            recount(stage, sample)
    second.contest()
    recount(stage, second.sample(0))
    assert (first.record["isContested"], second.record["isContested"]) == (True, False)


@pytest.mark.parametrize(("working", "measured"), [(4_999, 0), (0, 0), (5_000, Q + 1)])
def test_a_sample_that_contradicts_itself_decides_nothing(
    case: Case, working: int, measured: int
) -> None:
    sample = Sample(*case.key, working, 5_000, measured)
    with refused(case.stage, "MetricsOracle_MalformedSample", sample.encode()):
        recount(case.stage, sample)
    assert case.record["isContested"] is True
    recount(case.stage, Sample(*case.key, 5_000, 5_000, Q))


@shows("CON-4")
def test_a_recount_keeps_every_field(case: Case) -> None:
    sample = Sample(*case.key, 2**36 - 1, 2**36 - 2, Q, 2**44 - 1, 2**64 - 1)
    recount(case.stage, sample)
    assert case.record == stored(sample, case.record["finalAt"], is_final=True)


def test_a_pause_stops_no_recount(case: Case) -> None:
    switch(case.stage, "pause")
    clock = case.stage.registry.call("clock")
    case.stage.skip(100_000)
    case.recount(3_000)
    assert case.record == stored(case.sample(3_000), clock, is_final=True)
    assert case.stage.oracle.call("finalAvailable", *case.key) == (True, 3_000)


NEEDED = [(1, 1), (2, 2), (3, 2), (3, 3), (4, 3), (5, 3), (5, 4), (5, 5), (7, 4), (32, 17)]


@shows("SIG-13")
@pytest.mark.parametrize(("count", "threshold"), NEEDED)
def test_all_but_one_decide_but_never_fewer_than_report(
    stage: Stage, count: int, threshold: int
) -> None:
    people = team(count)
    change(stage, [who.address for who in people], threshold)
    needed = max(count - 1, threshold)
    signatures = quorum(OTHER, people)
    bits = (1 << needed) - 1
    assert stage.oracle.call("requireSupermajority", OTHER, signatures[:needed]) == bits
    for number in {needed - 1, needed + 1} & set(range(count + 1)):
        with refused(stage, "MetricsOracle_SignatureCount", needed, number):
            stage.oracle.call("requireSupermajority", OTHER, signatures[:number])


def test_a_removed_reporter_is_not_waited_for(case: Case) -> None:
    stage, (first, second, *left) = case.stage, case.stage.reporters
    remove(stage, first.address)
    with stage.scratch(), refused(stage, "MetricsOracle_SignatureCount", 3, 4):
        case.recount(0)
    with stage.scratch():
        case.recount(0, left)
        assert case.record["isFinal"] is True
    remove(stage, second.address)
    with refused(stage, "MetricsOracle_SignatureCount", 3, 2):
        case.recount(0, left[:2])
    with refused(stage, "MetricsOracle_UnknownSigner", 0, second.address):
        case.recount(0, [second, *left[:2]])
    assert case.recount(0, left).event("Ended")["signers"] == 0b111


@shows("SIG-11")
def test_other_reporters_decide_what_their_predecessors_reported(case: Case) -> None:
    stage, old = case.stage, case.stage.reporters
    new = sorted((dev_account(i) for i in range(30, 34)), key=lambda r: int(r.address, 16))
    change(stage, [who.address for who in new], 3)
    with refused(stage, "MetricsOracle_UnknownSigner", 0, old[0].address):
        case.recount(0, old[:3])
    assert case.recount(0, new[1:]).event("Ended")["signers"] == 0b1110
