"""MetricsOracle: batches, records and their finality."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.records import NO_RECORD, Skip, record, skipped, stored
from tests.support.shows import shows
from tests.support.signatures import recovered
from tests.support.stage import EVIDENCE, FINALITY, HOUR, MAX, Q, Stage
from tests.support.state import refused, unchanged
from tests.support.values import plain
from wellhead.chain.signing import quorum, report_digest
from wellhead.model.samples import Sample

DAY = 24 * HOUR
OTHER = bytes(range(32))


def digest(stage: Stage, words: list[int], evidence: bytes = EVIDENCE) -> bytes:
    return report_digest(stage.deployment.chain_id, stage.oracle.address, words, evidence)


def measured(stage: Stage, hours: int = 1, units: int = 10) -> tuple[int, int]:
    """A cluster and an hour of it, after which `hours` hours are over."""
    cluster_id = stage.cluster(units)
    hour = stage.hour()
    stage.to_hour(hour + hours)
    return cluster_id, hour


def final(stage: Stage, cluster_id: int, hour: int) -> tuple[bool, int]:
    answer: tuple[bool, int] = stage.oracle.call("finalAvailable", cluster_id, hour)
    return answer


@shows("ORA-7")
def test_a_batch_is_announced_with_signers_finality_and_samples(stage: Stage) -> None:
    cluster_id, hour = measured(stage, 2)
    samples = [Sample(cluster_id, hour + i, 9000, 8000 + i) for i in range(2)]
    signers = [stage.reporters[i] for i in (0, 2, 4)]
    receipt = stage.report(samples, signers, OTHER)
    assert [event.name for event in receipt.events] == ["Reported"]
    assert receipt.event("Reported").arguments == {
        "evidence": OTHER,
        "signers": 0b10101,
        "finalAt": stage.registry.call("clock") + FINALITY,
        "samples": [sample.encode() for sample in samples],
    }


@shows("ORA-6")
def test_a_record_keeps_every_field(stage: Stage) -> None:
    cluster_id, hour = measured(stage)
    sample = Sample(cluster_id, hour, 9999, 9998, 654_321, 2**43 + 1, 2**63 + 1)
    final_at = stage.report([sample]).event("Reported")["finalAt"]
    assert record(stage, cluster_id, hour) == stored(sample, final_at)


@shows("ORA-6")
def test_a_record_has_room_for_the_largest_values(stage: Stage) -> None:
    cluster_id, hour = measured(stage)
    sample = Sample(cluster_id, hour, 2**36 - 1, 2**36 - 1, Q, 2**44 - 1, 2**64 - 1)
    final_at = stage.report([sample]).event("Reported")["finalAt"]
    assert record(stage, cluster_id, hour) == stored(sample, final_at)


@shows("ORA-6")
def test_a_record_of_nothing_is_still_a_record(stage: Stage) -> None:
    cluster_id, hour = measured(stage)
    sample = Sample(cluster_id, hour, 0, 0)
    final_at = stage.report([sample]).event("Reported")["finalAt"]
    assert record(stage, cluster_id, hour) == stored(sample, final_at)


@shows("ORA-13")
def test_hours_and_clusters_have_records_of_their_own(stage: Stage) -> None:
    first = stage.cluster(10)
    second = stage.cluster(20)
    hour = stage.hour()
    stage.to_hour(hour + 3)
    samples = [
        Sample(first, hour, 1000, 900),
        Sample(second, hour, 2000, 1900),
        Sample(second, hour + 1, 3000, 2900),
        Sample(first, hour + 2, 4000, 3900),
    ]
    final_at = stage.report(samples).event("Reported")["finalAt"]
    for sample in samples:
        assert record(stage, sample.cluster, sample.hour) == stored(sample, final_at)
    assert record(stage, first, hour + 1) == record(stage, second, hour + 2) == NO_RECORD


@pytest.mark.parametrize("hour", [0, 1, 490_895, 2**24 - 1, 2**24, MAX])
@pytest.mark.parametrize("cluster_id", [0, 1, 2, MAX])
def test_an_hour_that_nobody_reported_has_no_record(
    stage: Stage, cluster_id: int, hour: int
) -> None:
    stage.cluster(10)
    assert record(stage, cluster_id, hour) == NO_RECORD


def test_a_report_says_how_many_samples_were_recorded(stage: Stage) -> None:
    cluster_id, hour = measured(stage, 2)
    samples = [
        Sample(cluster_id, hour, 1000, 900),
        Sample(cluster_id, hour, 1000, 900),
        Sample(cluster_id, hour + 1, 1000, 900),
        Sample(cluster_id, hour + 2, 1000, 900),
    ]
    words = [sample.encode() for sample in samples]
    signatures = quorum(digest(stage, words), stage.reporters[1:4])
    assert stage.oracle.call("report", words, EVIDENCE, signatures) == 2


@shows("ORA-4")
def test_a_bad_sample_does_not_spoil_the_others(stage: Stage) -> None:
    cluster_id, hour = measured(stage, 3)
    good = [Sample(cluster_id, hour, 1000, 900), Sample(cluster_id, hour + 2, 3000, 2900)]
    receipt = stage.report([good[0], Sample(cluster_id, hour + 1, 1000, 1001), good[1]])
    assert skipped(receipt) == [(cluster_id, hour + 1, Skip.MALFORMED)]
    final_at = receipt.event("Reported")["finalAt"]
    for sample in good:
        assert record(stage, cluster_id, sample.hour) == stored(sample, final_at)
    assert record(stage, cluster_id, hour + 1) == NO_RECORD


@shows("ORA-2")
def test_a_replayed_batch_has_no_effect(stage: Stage) -> None:
    cluster_id, hour = measured(stage, 2)
    samples = [Sample(cluster_id, hour + i, 9000, 8000) for i in range(2)]
    stage.report(samples)
    stage.skip(FINALITY // 2)
    with unchanged(stage):
        receipt = stage.report(samples)
    assert skipped(receipt) == [(cluster_id, hour + i, Skip.REPORTED) for i in range(2)]


def test_an_empty_batch_is_refused(stage: Stage) -> None:
    with refused(stage, "MetricsOracle_EmptyBatch"):
        stage.report([])


@shows("SIG-5")
@pytest.mark.parametrize("change", ["sample", "order", "fewer", "more", "evidence"])
def test_a_relay_can_not_change_a_batch(stage: Stage, change: str) -> None:
    cluster_id, hour = measured(stage, 3)
    words = [Sample(cluster_id, hour + i, 9000, 8000).encode() for i in range(2)]
    signatures = quorum(digest(stage, words), stage.reporters[:3])
    sent = {
        "sample": [words[0], words[1] - 1],
        "order": words[::-1],
        "fewer": words[:1],
        "more": [*words, Sample(cluster_id, hour + 2, 9000, 8000).encode()],
        "evidence": words,
    }[change]
    evidence = OTHER if change == "evidence" else EVIDENCE
    signer = recovered(digest(stage, sent, evidence), signatures[0])
    with refused(stage, "MetricsOracle_UnknownSigner", 0, signer):
        stage.oracle.send("report", sent, evidence, signatures, sender=stage.relay)


@shows("SIG-5")
@pytest.mark.parametrize("words", [[], [0], [MAX], [1, 2, 3], [MAX, 0, MAX]])
@pytest.mark.parametrize("evidence", [bytes(32), EVIDENCE, OTHER])
def test_the_digest_is_what_reporters_sign(stage: Stage, words: list[int], evidence: bytes) -> None:
    told = stage.oracle.call("reportDigest", words, evidence)
    assert told == digest(stage, words, evidence)


@shows("SIG-14")
def test_the_domain_is_the_oracles(stage: Stage) -> None:
    domain = plain(stage.oracle.call("eip712Domain"))
    oracle = (stage.deployment.chain_id, stage.oracle.address)
    assert domain == (b"\x0f", "Wellhead MetricsOracle", "1", *oracle, bytes(32), ())


def test_the_constants_are_two_years_seven_days_and_what_was_deployed(stage: Stage) -> None:
    names = ("RING", "SILENCE", "finality")
    assert [stage.oracle.call(name) for name in names] == [17_520, 7 * DAY, FINALITY]


@shows("ORA-8")
def test_a_record_is_final_to_the_second(stage: Stage) -> None:
    cluster_id, hour = measured(stage)
    reported = (hour + 1) * HOUR + 100
    stage.anvil.next_block_at(reported)
    stage.report([Sample(cluster_id, hour, 9000, 8000)])
    assert final(stage, cluster_id, hour) == (False, 0)
    stage.to_time(reported + FINALITY - 1)
    assert final(stage, cluster_id, hour) == (False, 0)
    assert record(stage, cluster_id, hour)["isFinal"] is False
    stage.to_time(reported + FINALITY)
    assert final(stage, cluster_id, hour) == (True, 8000)
    assert record(stage, cluster_id, hour)["isFinal"] is True


@shows("PAUSE-4")
def test_a_pause_freezes_finality(stage: Stage) -> None:
    cluster_id, hour = measured(stage)
    reported = stage.now() + 100
    stage.anvil.next_block_at(reported)
    stage.report([Sample(cluster_id, hour, 9000, 8000)])
    final_at = record(stage, cluster_id, hour)["finalAt"]
    stage.anvil.next_block_at(reported + FINALITY - 1)
    stage.registry.send("pause", sender=stage.guardian)
    stage.skip(30 * DAY)
    assert final(stage, cluster_id, hour) == (False, 0)
    resumed = stage.now() + 50
    stage.anvil.next_block_at(resumed)
    stage.registry.send("unpause", sender=stage.guardian)
    assert final(stage, cluster_id, hour) == (False, 0)
    stage.to_time(resumed + 1)
    assert final(stage, cluster_id, hour) == (True, 8000)
    assert record(stage, cluster_id, hour)["finalAt"] == final_at


@shows("ORA-8", "PAUSE-4")
def test_a_record_that_is_final_stays_final_in_a_pause(stage: Stage) -> None:
    cluster_id, hour = measured(stage)
    stage.report([Sample(cluster_id, hour, 9000, 8000)])
    stage.finalize()
    stage.registry.send("pause", sender=stage.guardian)
    stage.skip(DAY)
    assert final(stage, cluster_id, hour) == (True, 8000)


@shows("PAUSE-4")
def test_a_report_in_a_pause_counts_and_waits_a_whole_finality(stage: Stage) -> None:
    cluster_id, hour = measured(stage)
    stage.registry.send("pause", sender=stage.guardian)
    clock = stage.registry.call("clock")
    stage.skip(10 * DAY)
    sample = Sample(cluster_id, hour, 9000, 8000)
    assert stage.report([sample]).event("Reported")["finalAt"] == clock + FINALITY
    assert record(stage, cluster_id, hour) == stored(sample, clock + FINALITY)
    resumed = stage.now() + 10
    stage.anvil.next_block_at(resumed)
    stage.registry.send("unpause", sender=stage.guardian)
    for later, expected in ((FINALITY - 1, (False, 0)), (FINALITY, (True, 8000))):
        stage.to_time(resumed + later)
        assert final(stage, cluster_id, hour) == expected


@shows("SIG-5")
def test_anyone_may_carry_a_batch(stage: Stage) -> None:
    cluster_id, hour = measured(stage)
    words = [Sample(cluster_id, hour, 9000, 8000).encode()]
    signatures: list[Any] = quorum(digest(stage, words), stage.reporters[:3])
    stage.oracle.send("report", words, EVIDENCE, signatures, sender=stage.stranger)
    assert record(stage, cluster_id, hour)["reported"] is True
