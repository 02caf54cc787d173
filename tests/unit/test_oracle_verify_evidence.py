"""Checking batches: what is forged, left away or put in another's place is found and named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.evidence import NOW, Market, found, opened
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.chain import dev_account
from wellhead.oracle import wire
from wellhead.oracle.measurements import Proposal, Signed, sign


@pytest.fixture
def market(stage: Stage) -> Market:
    return opened(stage)


@pytest.fixture
def reported(market: Market) -> Market:
    return market.with_reports()


def changed(signed: Signed, **fields: int) -> Signed:
    """A measurement with another sample, and the old signature."""
    sample = replace(signed.measurement.sample, **fields)
    return replace(signed, measurement=replace(signed.measurement, sample=sample))


def put(market: Market, measurements: list[Signed], like: Proposal | None = None) -> Proposal:
    """Report hour 5 with these measurements as its evidence, whatever they are; the sample is
    their median, or that of `like`."""
    made = Proposal((like or Proposal.of(measurements)).samples, tuple(measurements))
    market.report(made)
    return made


def test_no_batch_at_hand(reported: Market) -> None:
    del reported.shelf.kept[reported.key(2)], reported.shelf.kept[reported.key(4)]
    audit = reported.audit(reported.first, NOW + 4)
    assert audit.verdict == "missing"
    assert found(audit) == [("missing", "batch")]
    (finding,) = audit.findings
    assert (finding.begin, finding.end) == (NOW + 4, NOW + 5)
    assert (audit.totals.batches, audit.totals.batches_missing) == (0, 1)
    # A batch of many hours is at hand when it is for one of them.
    assert reported.audit(reported.first, NOW + 1, NOW + 4).verdict == "sound"


def test_missing_hours_are_one_finding(reported: Market) -> None:
    reported.shelf.kept.clear()
    (finding,) = reported.check().findings
    assert (finding.begin, finding.end) == (NOW + 1, NOW + 5)


def test_a_signature_that_is_not_the_reporters(reported: Market) -> None:
    """The evidence does not bind signatures: the root is the same."""
    key = reported.key(4)
    signature = reported.shelf.kept[reported.key(1)][0].measurements[0].signature
    reported.shelf.change_measurement(key, 1, signature=signature)
    audit = reported.check()
    assert found(audit) == [("wrong", "forged"), ("wrong", "too_few")]
    assert audit.findings[0].reporter == reported.address(2)


def test_of_two_sources_the_right_signature_counts(reported: Market) -> None:
    key = reported.key(4)
    (right,) = reported.shelf.kept[key]
    reported.shelf.change_measurement(key, 1, signature="0x" + "11" * 64)
    reported.shelf.kept[key].append(right)
    assert reported.check().verdict == "sound"


def test_addresses_may_be_written_in_small_letters(reported: Market) -> None:
    key = reported.key(4)
    reported.shelf.change_measurement(key, 1, reporter=reported.address(2).lower())
    assert reported.check().verdict == "sound"


@pytest.mark.parametrize("field", ["sample", "root", "gap", "moments", "canaries", "heartbeats"])
def test_a_measurement_that_was_changed(reported: Market, field: str) -> None:
    key = reported.key(4)
    (batch,) = reported.shelf.kept[key]
    value = getattr(batch.measurements[0], field)
    other = value + 1 if isinstance(value, int) else value[:-1] + ("1" if value[-1] == "0" else "0")
    reported.shelf.change_measurement(key, 0, **{field: other})
    audit = reported.check()
    assert found(audit)[:3] == [("wrong", "evidence"), ("wrong", "forged"), ("wrong", "too_few")]
    assert {(f.begin, f.end) for f in audit.findings} == {(NOW + 4, NOW + 5)}


def test_a_measurement_that_was_taken_out(reported: Market) -> None:
    key = reported.key(4)
    (batch,) = reported.shelf.kept[key]
    shorter = batch.model_copy(update={"measurements": batch.measurements[1:]})
    reported.shelf.kept[key] = [shorter]
    assert found(reported.check())[:2] == [("wrong", "evidence"), ("wrong", "too_few")]


def test_the_batch_of_another_hour(reported: Market) -> None:
    reported.shelf.kept[reported.key(4)] = reported.shelf.kept[reported.key(1)]
    audit = reported.check()
    assert found(audit) == [("wrong", "evidence"), ("wrong", "too_few")]


def test_another_batch_that_makes_the_same_sample(market: Market) -> None:
    """Reporters sign a sample once, but in as many batches as they are asked."""
    key = market.key(1)
    five, three = market.propose([key]), market.propose([key], (1, 2, 3))
    assert five.samples == three.samples
    market.report(five)
    market.shelf.kept[key] = [wire.Batch.of(three)]
    audit = market.check()
    assert found(audit) == [("missing", "batch")]
    assert "it makes the same sample" in audit.findings[0].detail
    market.shelf.kept[key].append(wire.Batch.of(five))
    assert market.check().verdict == "sound"


def test_evidence_that_is_another_batchs(market: Market) -> None:
    """The quorum signed the sample with an evidence that does not belong to it."""
    other = market.propose([market.key(2)])
    own = market.propose([market.key(1)])
    stage, domain = market.stage, market.domain
    stage.report(own.samples, None, other.evidence(domain))
    market.shelf.kept[market.key(1)] = [wire.Batch.of(other)]
    audit = market.check()
    assert found(audit) == [("wrong", "too_few")]
    assert audit.findings[0].detail == "0 reporters' measurements, and 3 are needed"


@shows("REP-11")
def test_a_sample_that_is_not_the_median(market: Market) -> None:
    key = market.key(5)
    listed = [market.measure(key, n) for n in range(5)]
    wrong = changed(listed[0], available=1, energy=7)
    made = Proposal((wrong.measurement.sample,), tuple(listed))
    market.report(made)
    audit = market.check()
    assert found(audit) == [("wrong", "median")]
    said = audit.findings[0].detail
    assert said.startswith("recorded and median differ: available 1 and 2000, energy 7 and ")


def test_an_even_number_has_the_lower_median(market: Market) -> None:
    market.report_hours([market.key(1)], range(4))
    assert market.check().verdict == "sound"
    listed = [market.measure(market.key(2), n) for n in range(4)]
    upper = Proposal((listed[2].measurement.sample,), tuple(listed))
    market.report(upper)
    assert found(market.check()) == [("wrong", "median")]


@shows("REP-11")
def test_a_forged_measurement_in_the_evidence_on_chain(market: Market) -> None:
    listed = [market.measure(market.key(5), n) for n in range(4)]
    put(market, [*listed[:3], changed(listed[3], work=1)])
    audit = market.check()
    assert ("wrong", "forged") in found(audit)
    assert audit.findings[0].reporter == market.address(3)
    assert audit.totals.measurements == 3


def test_a_stranger_in_the_evidence(market: Market) -> None:
    listed = [market.measure(market.key(5), n) for n in range(3)]
    stranger = dev_account(33)
    alien = sign(market.domain, listed[0].measurement, stranger)
    put(market, [*listed, alien])
    audit = market.check()
    assert found(audit) == [("wrong", "foreign"), ("missing", "raw")]
    assert {finding.reporter for finding in audit.findings} == {stranger.address}


def test_two_measurements_by_one_reporter(market: Market) -> None:
    listed = [market.measure(market.key(5), n) for n in range(4)]
    second = replace(listed[1].measurement, gap=299)
    put(market, [*listed, sign(market.domain, second, market.reporters[1])], Proposal.of(listed))
    audit = market.check()
    assert found(audit) == [("wrong", "equivocation")]
    assert audit.findings[0].reporter == market.address(1)


def test_fewer_measurements_than_a_batch_needs(market: Market) -> None:
    market.report_hours([market.key(5)], range(2))
    audit = market.check()
    assert found(audit) == [("wrong", "too_few")]
    assert audit.findings[0].detail == "2 reporters' measurements, and 3 are needed"


def test_a_batch_that_says_nothing_of_an_hour_in_it(market: Market) -> None:
    """Two hours were signed, and the evidence is of one."""
    both = market.propose([market.key(4), market.key(5)])
    one = tuple(signed for signed in both.measurements if signed.key == market.key(4))
    market.report(Proposal(both.samples, one))
    audit = market.check()
    assert found(audit) == [("wrong", "too_few")]
    assert audit.findings[0].begin == NOW + 5


def test_more_batches_than_are_kept(market: Market) -> None:
    """One an hour, and each looked at again for a second cluster's sake."""
    for hour in range(market.stage.hour() - 6, market.stage.hour()):
        for cluster in (market.first, market.second):
            market.report_hours([(cluster, hour)], range(3))
    for batch in [b for batches in market.shelf.kept.values() for b in batches]:
        market.shelf.kept[market.key(5)].insert(0, batch)
    audit = market.check()
    assert (audit.verdict, audit.totals.batches) == ("sound", 6)


def test_measurements_that_a_batch_left_out_are_counted(reported: Market) -> None:
    """Reporter 0 measured hour 4 too, late for instance. What a stranger measured does not
    count, nor what a reporter did not sign."""
    late = reported.measure(reported.key(4), 0)
    raws = reported.shelf.raws[reported.key(4)]
    stranger = sign(reported.domain, late.measurement, dev_account(33))
    raws["stranger"] = raws[late.reporter].model_copy(
        update={"measurement": wire.MeasurementBody.of(stranger)}
    )
    forged = replace(late, reporter=reported.address(4))
    raws["forged"] = raws[late.reporter].model_copy(
        update={"measurement": wire.MeasurementBody.of(forged)}
    )
    audit = reported.check()
    assert (audit.verdict, audit.totals.left_out) == ("sound", 1)
