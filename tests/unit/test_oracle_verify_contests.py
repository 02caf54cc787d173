"""Checking hours that were contested, counted again, or closed as zero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support import evidence
from tests.support.evidence import NOW, Market, found, look_at, opened
from tests.support.raw import impersonate
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage
from wellhead.actions.errors import Refusal
from wellhead.model.samples import Sample
from wellhead.oracle import wire
from wellhead.oracle.audit import verifying
from wellhead.oracle.audit.findings import Audit, Findings, spans_of
from wellhead.oracle.audit.history import Ending, Hour, Place
from wellhead.oracle.audit.records import check_verdict
from wellhead.oracle.measurements import Proposal

SILENCE = 7 * 24 * HOUR


@pytest.fixture
def market(stage: Stage) -> Market:
    """Hour 2 was reported by three who saw everything at work, and is contested."""
    market = opened(stage)
    market.report_hours([market.key(hour) for hour in (1, 2, 3)], range(3))
    contest(market, 2)
    return market


def contest(market: Market, hour: int) -> None:
    stage = market.stage
    stage.cash.send("approve", stage.vault.address, MAX, sender=stage.tenants[0])
    stage.contests.send("contest", market.lease, NOW + hour, sender=stage.tenants[0])


def seen(market: Market, hour: int, down: int, who: range = range(5)) -> Proposal:
    """What all reporters measured of an hour in which `down` units were ill."""
    return Proposal.of(
        market.measure(market.key(hour), n, look_at(NOW + hour, 4, n, down)) for n in who
    )


def test_a_contest_that_is_not_decided(market: Market) -> None:
    audit = market.check()
    assert audit.verdict == "sound"
    assert (audit.totals.reported, audit.totals.contested) == (3, 1)


@pytest.mark.parametrize(("down", "name"), [(3, "upheld"), (0, "rejected"), (2, "rejected")])
def test_a_recount(market: Market, down: int, name: str) -> None:
    """Two of four units are booked: with two of them ill the other two are available."""
    market.recount(seen(market, 2, down))
    audit = market.check()
    assert audit.verdict == "sound"
    totals = audit.totals
    assert (totals.reported, getattr(totals, name), totals.contested) == (2, 1, 0)
    assert (totals.measurements, totals.raw) == (11, 11)
    assert (totals.signatures_read, totals.batches) == (2, 3)


def test_a_recount_that_another_call_carried(market: Market) -> None:
    proposal = seen(market, 2, 3)
    market.shelve(proposal)
    contests = market.stage.contests
    call = contests.functions["recount"].encode(market.recount_call(proposal, range(4)))
    contests.send("multicall", [bytes.fromhex(call[2:])], sender=market.stage.relay)
    audit = market.check()
    assert audit.verdict == "sound"
    assert (audit.totals.signatures_read, audit.totals.signatures_unread) == (1, 1)


def test_a_recount_of_which_only_the_report_is_at_hand(market: Market) -> None:
    market.recount(seen(market, 2, 3))
    del market.shelf.kept[market.key(2)][1]
    audit = market.check()
    assert found(audit) == [("missing", "batch")]
    assert audit.findings[0].detail == "at hand is a batch of the contested report alone"
    assert audit.findings[0].begin == NOW + 2
    del market.shelf.kept[market.key(2)]
    assert found(market.check()) == [("missing", "batch")]


def test_a_recount_that_is_not_the_median(market: Market) -> None:
    proposal = seen(market, 2, 3)
    (sample,) = proposal.samples
    market.recount(Proposal((replace(sample, available=900),), proposal.measurements))
    audit = market.check()
    assert found(audit) == [("wrong", "median")]
    assert audit.findings[0].detail == "recorded and median differ: available 900 and 1000"


def test_a_recount_by_too_few_measurements(market: Market) -> None:
    market.recount(seen(market, 2, 3, range(3)))
    audit = market.check()
    assert found(audit) == [("wrong", "too_few")]
    assert audit.findings[0].detail == "3 reporters' measurements, and 4 are needed"


def test_raw_samples_behind_a_recount(market: Market) -> None:
    market.recount(seen(market, 2, 3))
    market.shelf.change_raw(market.key(2), market.address(4), lines=["{}"])
    assert found(market.check()) == [("wrong", "root")]


def test_a_record_that_is_not_the_recounts(market: Market) -> None:
    market.recount(seen(market, 2, 3))
    evidence.change_record(market.stage, market.key(2), lambda word: word + 1)
    assert found(market.check()) == [("wrong", "record")]


def test_a_contest_that_nobody_decided(market: Market) -> None:
    stage = market.stage
    stage.skip(SILENCE)
    stage.contests.send("close", *market.key(2), sender=stage.stranger)
    audit = market.audit(market.first, end=NOW + 6)
    assert audit.verdict == "sound"
    assert (audit.totals.reported, audit.totals.undecided) == (2, 1)
    evidence.change_record(stage, market.key(2), lambda word: word | 1)
    assert found(market.audit(market.first, end=NOW + 6)) == [("wrong", "record")]


def test_hours_closed_for_want_of_a_report(market: Market) -> None:
    stage = market.stage
    stage.skip(SILENCE + HOUR)
    for hour in (4, 5):
        stage.oracle.send("closeSilent", *market.key(hour), sender=stage.stranger)
    audit = market.audit(market.first, end=NOW + 6)
    assert (audit.verdict, audit.totals.silent, audit.gaps) == ("sound", 2, [(NOW, NOW + 1)])
    evidence.change_record(stage, market.key(5), lambda word: word | 1)
    assert found(market.audit(market.first, end=NOW + 6)) == [("wrong", "record")]


def test_a_report_after_the_closing_changes_nothing(market: Market) -> None:
    stage = market.stage
    stage.skip(SILENCE + HOUR)
    stage.oracle.send("closeSilent", *market.key(4), sender=stage.stranger)
    market.report_hours([market.key(4), market.key(5)])
    audit = market.audit(market.first, end=NOW + 6)
    assert (audit.verdict, audit.totals.silent, audit.totals.reported) == ("sound", 1, 4)


def test_a_record_that_something_else_decided(market: Market) -> None:
    """Only the contests contract can; here somebody has its place for a moment."""
    stage = market.stage
    pretender = impersonate(stage, stage.contests.address)
    word = Sample(market.first, NOW + 2, 4000, 1).encode()
    stage.oracle.send("decide", word, sender=pretender)
    audit = market.check()
    assert found(audit) == [("wrong", "record")] * 2
    told = {finding.detail for finding in audit.findings}
    assert "the hour is contested by its events" in told
    assert any(said.startswith("event and record differ: available 2000 and 1,") for said in told)


ZERO, TOLERANCE = Sample(1, 7, 0, 0), 5_000


@shows("REP-11")
@pytest.mark.parametrize(
    ("verdict", "sample", "said"),
    [
        (0, Sample(1, 7, 4000, 1990), "upheld, though it found 1990 of 2000 available"),
        (0, Sample(1, 7, 4000, 1989), None),
        (1, Sample(1, 7, 4000, 1989), "rejected, though it found 1989 of 2000 available"),
        (1, Sample(1, 7, 4000, 1990), None),
        (1, Sample(1, 7, 4000, 2500), None),
        (2, ZERO, None),
        (2, replace(ZERO, working=1), "nobody counted again, and the record is not zero"),
        (2, None, None),
    ],
)
def test_verdicts_follow_from_the_recount(
    verdict: int, sample: Sample | None, said: str | None
) -> None:
    """No contests contract of ours ends them otherwise."""
    audit = Audit(1, 7, 8, 1)
    ending = Ending(Place(1, 0, 0, "0x"), verdict, 2000, bytes(32), 0, sample)
    check_verdict(audit, 7, Hour(sample=Sample(1, 7, 4000, 2000)), ending, TOLERANCE)
    expected = [] if said is None else [("wrong", "verdict")]
    assert found(audit) == expected
    assert [finding.detail for finding in audit.findings] == ([said] if said else [])


def test_a_contest_of_another_value_than_was_reported() -> None:
    audit = Audit(1, 7, 8, 1)
    ending = Ending(Place(1, 0, 0, "0x"), 2, 1900, bytes(32), 0, ZERO)
    check_verdict(audit, 7, Hour(sample=Sample(1, 7, 4000, 2000)), ending, TOLERANCE)
    (finding,) = audit.findings
    said = "what had been reported as available differs: 1900 by the contest, 2000 by the report"
    assert (finding.check, finding.detail) == ("verdict", said)


def test_a_chain_that_changes_under_the_check(market: Market) -> None:
    deployment = market.stage.deployment
    hours = verifying.span(deployment, market.first, None, None)
    other = replace(hours, head=replace(hours.head, hash="0x" + "11" * 32))
    with pytest.raises(Refusal) as raised:
        verifying.verify(deployment, market.shelf, other)
    assert (raised.value.name, raised.value.arguments) == (
        "Reorganised",
        {"block": hours.head.block},
    )


def test_progress_is_told_hour_by_hour(market: Market) -> None:
    deployment = market.stage.deployment
    hours = verifying.span(deployment, market.first, NOW + 1, None)
    told: list[tuple[int, int | None]] = []
    verifying.verify(deployment, market.shelf, hours, lambda *done: told.append(done))
    assert told == [(done, 5) for done in range(6)]


def test_equal_findings_of_successive_hours_are_one() -> None:
    found = Findings()
    for hour in (3, 4, 4, 6, 7):
        found.missing(hour, "raw", "none", "0x1")
    found.missing(5, "raw", "none", "0x2")
    found.wrong(9, "root", "other")
    listed = [(f.level, f.begin, f.end, f.reporter) for f in found.listed()]
    assert listed == [
        ("wrong", 9, 10, None),
        ("missing", 3, 5, "0x1"),
        ("missing", 5, 6, "0x2"),
        ("missing", 6, 8, "0x1"),
    ]
    assert spans_of([1, 2, 4, 5, 6, 9]) == [(1, 3), (4, 7), (9, 10)]
    assert spans_of([]) == []


def test_a_recount_is_the_evidence_whatever_stands_first(market: Market) -> None:
    """Sources may show batches in any order."""
    market.recount(seen(market, 2, 3))
    market.shelf.kept[market.key(2)].reverse()
    assert market.check().verdict == "sound"
    assert isinstance(market.shelf.kept[market.key(2)][0], wire.Batch)
