"""Rounds of a relay on a chain: what they put there, and what goes wrong around them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.relay_scenes import Scene
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.chain import dev_account
from wellhead.model.samples import Sample
from wellhead.oracle.measurements import Proposal, median
from wellhead.oracle.relay import Options, Outcome
from wellhead.oracle.relay.outcome import Inputs


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Scene:
    return Scene.on(stage, tmp_path)


def test_a_round_puts_medians_on_chain(scene: Scene) -> None:
    hours = scene.pass_hours(3)
    outcome = scene.relay().run_once()
    (report,) = outcome.reports
    assert scene.reported() == list(hours)
    assert (outcome.recorded, report.recorded, report.hours) == (3, 3, list(hours))
    assert (outcome.left, outcome.warnings) == ([], [])
    for sample in report.proposal.samples:
        record = scene.stage.oracle.call("recordOf", sample.cluster, sample.hour)
        fields = ("working", "available", "measured", "energy", "work")
        assert [record[name] for name in fields] == [getattr(sample, name) for name in fields]
        own = [d.store.own(sample.cluster, sample.hour) for d in scene.desks]
        assert sample == median([one.signed.measurement.sample for one in own if one])
    (event,) = scene.stage.oracle.events("Reported", scene.stage.deployment.block)
    assert event["evidence"] == report.proposal.evidence(scene.desks[0].view.domain)
    assert event["signers"] == 0b111
    assert report.inputs == Inputs(none=3)
    assert scene.journal()["orders"] == []
    assert f"3 hours of 1 cluster, signed by {scene.desks[0].address}, " in scene.text
    assert "outside input: canary 0, heartbeat 0, none 3" in scene.text

    again = scene.relay().run_once()
    assert not again.has_moved
    assert scene.nonce() == 1


def test_batches_have_so_many_hours_and_the_oldest_come_first(scene: Scene) -> None:
    other = scene.stage.cluster(16)
    hours = scene.pass_hours(5)
    scene.measure(hours, other)
    outcome = scene.relay(options=Options(most=4)).run_once()
    assert [len(report.proposal.samples) for report in outcome.reports] == [4, 4, 2]
    assert [report.hours for report in outcome.reports] == [
        list(hours[:2]),
        list(hours[2:4]),
        list(hours[4:]),
    ]
    assert all(report.clusters == [scene.cluster, other] for report in outcome.reports)
    assert scene.reported() == scene.reported(other) == list(hours)


def test_only_the_clusters_that_it_is_for(scene: Scene) -> None:
    other = scene.stage.cluster(16)
    hours = scene.pass_hours(2)
    scene.measure(hours, other)
    scene.relay(options=Options(clusters=(other,))).run_once()
    assert (scene.reported(), scene.reported(other)) == ([], list(hours))


def test_hours_that_nobody_measured_wait_and_are_told(scene: Scene) -> None:
    stage = scene.stage
    stage.to_hour(scene.first + 3, 60)
    scene.measure([scene.first + 1])
    outcome = scene.relay().run_once()
    assert scene.reported() == [scene.first + 1]
    assert [left.key[1] for left in outcome.left] == [scene.first, scene.first + 2]
    # The last one is only just over.
    assert [left.early for left in outcome.left] == [False, True]
    assert outcome.warnings == [
        f"1 hour of cluster {scene.cluster} given up this time, hour {scene.first}: 0 of 3 "
        "measurements"
    ]
    assert scene.relay().look()[0] == {(scene.cluster, scene.first + n): 0 for n in (0, 2)}


def test_reporters_gone_and_back(scene: Scene) -> None:
    scene.pass_hours(2)
    for desk in scene.desks[:3]:
        desk.is_down = True
    outcome = scene.relay().run_once()
    assert len(outcome.answering) == 2
    assert [left.reason for left in outcome.left] == ["2 of 3 reporters answer"] * 2
    assert not outcome.has_moved
    scene.desks[0].is_down = False
    scene.pass_hours(1)
    assert scene.relay().run_once().recorded == 3


def test_equivocation_is_told_and_its_proof_outlives_the_relay(scene: Scene) -> None:
    stage = scene.stage
    stage.to_hour(scene.first + 1, 60)
    scene.measure([scene.first])
    liar = scene.desks[0]
    own = liar.store.own(scene.cluster, scene.first)
    assert own is not None
    two = liar.signed(Sample(scene.cluster, scene.first, 1, 0))
    scene.desks[1].store.take([two])
    outcome = scene.relay().run_once()
    (found,) = outcome.equivocations
    assert (found.reporter, set(found.proof)) == (liar.address, {own.signed, two})
    assert len(outcome.reports[0].proposal.measurements) == 4
    assert len(scene.journal()["equivocations"]) == 1
    relay = scene.relay()
    assert set(relay.proofs) == {((scene.cluster, scene.first), liar.address)}


def test_five_days_without_a_report_then_all_of_them_in_any_order(scene: Scene) -> None:
    """The reporters measured all the time; what comes late is recorded all the same."""
    stage = scene.stage
    stage.lease(scene.cluster, 16, scene.first, 200)
    hours = list(scene.pass_hours(5 * 24))
    random.Random(7).shuffle(hours)
    for count in (30, 50):
        # Somebody else brings some of them in an order of their own.
        part, hours = hours[:count], hours[count:]
        stage.report([stage.sample(scene.cluster, hour) for hour in part])
    outcome = scene.relay(options=Options(most=25)).run_once()
    assert [len(report.proposal.samples) for report in outcome.reports] == [25, 15]
    assert scene.reported() == list(range(scene.first, scene.first + 5 * 24))
    assert not outcome.accrued
    stage.finalize()
    # The books move over everything that is final, and no further.
    assert scene.relay().run_once().accrued == {scene.cluster: scene.first + 5 * 24}


def test_eight_days_of_silence_and_hours_closed_by_a_stranger(scene: Scene) -> None:
    stage = scene.stage
    scene.pass_hours(8 * 24)
    closable = range(scene.first, scene.first + 24)
    for hour in closable[:20]:
        stage.oracle.send("closeSilent", scene.cluster, hour, sender=stage.stranger)
    outcome = scene.relay().run_once()
    assert scene.reported() == list(range(scene.first, scene.first + 8 * 24))
    assert outcome.recorded == 8 * 24 - 20
    record = stage.oracle.call("recordOf", scene.cluster, closable[0])
    assert (record["working"], record["isFinal"]) == (0, True)
    scene.pass_hours(1)
    assert scene.relay().run_once().recorded == 1


@shows("REP-12")
def test_two_relays_that_race(scene: Scene) -> None:
    """Both have all signatures; the second looks before it sends, and keeps its money."""
    hours = scene.pass_hours(3)
    first, second = scene.relay(0), scene.relay(1)
    outcomes: list[Outcome] = []
    original = second.desk.post

    def after_the_other(*given: Any, **named: Any) -> Any:
        if not outcomes:
            outcomes.append(first.run_once())
        return original(*given, **named)

    second.desk.post = after_the_other  # type: ignore[method-assign]
    late = second.run_once()
    assert outcomes[0].recorded == 3
    assert (late.reports, late.left) == ([], [])
    assert "not sent, all of it is recorded already" in scene.text
    assert (scene.nonce(0), scene.nonce(1)) == (1, 0)
    assert scene.reported() == list(hours)


def test_gas_money_that_runs_out(scene: Scene) -> None:
    scene.pass_hours(1)
    relay = scene.relay(options=Options(low_balance=50))
    outcome = relay.run_once()
    cost = outcome.reports[0].cost
    assert cost > 0
    assert outcome.warnings == []
    address = dev_account(30).address
    scene.stage.anvil.rpc("anvil_setBalance", address, hex(50 * cost - 1))
    (warning,) = relay.run_once().warnings
    assert warning.startswith(f"gas money is low: {address} has 0.")
    assert "enough for 49 reports like the last one" in warning
    scene.stage.anvil.rpc("anvil_setBalance", address, hex(50 * cost))
    # Another process knows what the last report cost.
    assert scene.relay(options=Options(low_balance=50)).run_once().warnings == []
    assert len(scene.relay(options=Options(low_balance=51)).run_once().warnings) == 1


def test_reporters_that_change_between_signing_and_sending(scene: Scene) -> None:
    """The signatures are worth nothing any more: nothing is sent, and the next round has others."""
    scene.pass_hours(1)
    relay = scene.relay()
    original = relay.desk.post
    gone = scene.desks[0].address

    def after_the_change(*given: Any, **named: Any) -> Any:
        if len(scene.stage.oracle.call("signers")[0]) == 5:
            scene.stage.oracle.send("removeSigner", gone, sender=scene.stage.guardian)
        return original(*given, **named)

    relay.desk.post = after_the_change  # type: ignore[method-assign]
    assert relay.run_once().reports == []
    assert "the chain would refuse it (MetricsOracle_UnknownSigner" in scene.text
    outcome = relay.run_once()
    assert outcome.recorded == 1
    assert gone not in outcome.reports[0].signers
    assert len(outcome.reports[0].proposal.measurements) == 4
    assert f"is {gone}, who is no reporter: it is not asked" in scene.text


def test_what_the_oracle_takes_is_what_the_proposal_says(scene: Scene) -> None:
    """The digest and the evidence are computed here as there."""
    (hour,) = scene.pass_hours(1)
    proposal = Proposal.of(
        one.signed for desk in scene.desks if (one := desk.store.own(scene.cluster, hour))
    )
    domain = scene.desks[0].view.domain
    words = [sample.encode() for sample in proposal.samples]
    digest = scene.stage.oracle.call("reportDigest", words, proposal.evidence(domain))
    assert digest == proposal.digest(domain)
    contests = scene.stage.deployment.contests
    recount = contests.call("recountDigest", words[0], proposal.evidence(domain))
    assert recount == proposal.recount_digest(domain)
