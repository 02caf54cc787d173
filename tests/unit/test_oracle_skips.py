"""Why a sample is passed over, each reason to its exact boundary."""

from __future__ import annotations

import pytest

from tests.support.records import NO_RECORD, Skip, record, skipped, stored
from tests.support.shows import shows
from tests.support.stage import HOUR, Q, Stage
from wellhead.chain import Receipt
from wellhead.model.samples import Sample

RING = 17_520


def assert_skipped(stage: Stage, sample: Sample, reason: Skip) -> None:
    """The sample alone, in the next block, must do nothing but say why."""
    lap = [(sample.cluster, max(sample.hour + later, 0)) for later in (-RING, 0, RING)]
    before = stage.oracle.call_many([("recordOf", key) for key in lap])
    receipt = stage.report([sample])
    assert [event.name for event in receipt.events] == ["Reported", "SampleSkipped"]
    assert skipped(receipt) == [(sample.cluster, sample.hour, reason)]
    after = stage.oracle.call_many([("recordOf", key) for key in lap])
    # Finality comes with time alone.
    assert [{**b, "isFinal": a["isFinal"]} for b, a in zip(before, after, strict=True)] == after


def assert_taken(stage: Stage, sample: Sample) -> None:
    receipt = stage.report([sample])
    assert [event.name for event in receipt.events] == ["Reported"]
    final_at = receipt.event("Reported")["finalAt"]
    assert record(stage, sample.cluster, sample.hour) == stored(sample, final_at)


@shows("ORA-4")
@pytest.mark.parametrize("cluster_id", [0, 3, 2**31, 2**32 - 1])
def test_an_unknown_cluster_is_skipped(stage: Stage, cluster_id: int) -> None:
    stage.cluster(10)
    stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    assert_skipped(stage, Sample(cluster_id, hour, 9000, 8000), Skip.UNKNOWN_CLUSTER)


def test_a_cluster_without_units_can_be_reported(stage: Stage) -> None:
    cluster_id = stage.register()
    hour = stage.hour()
    stage.to_hour(hour + 1)
    assert_taken(stage, Sample(cluster_id, hour, 0, 0))


@shows("ORA-4")
def test_an_hour_before_genesis_is_skipped_and_genesis_counts(stage: Stage) -> None:
    genesis = stage.hour() + 2
    stage.anvil.next_block_at(genesis * HOUR + HOUR - 1)
    cluster_id = stage.register()
    stage.to_hour(genesis + 1)
    for hour in (0, genesis - 1):
        assert_skipped(stage, Sample(cluster_id, hour, 9000, 8000), Skip.BEFORE_GENESIS)
    assert_taken(stage, Sample(cluster_id, genesis, 9000, 8000))


@shows("ORA-4")
def test_each_cluster_has_its_own_genesis_within_a_batch(stage: Stage) -> None:
    early = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    late = stage.cluster(10)
    stage.to_hour(hour + 3)
    unknown = late + 1
    order = [(early, hour), (late, hour), (early, hour + 1), (unknown, hour), (late, hour + 1)]
    receipt = stage.report([Sample(cluster, h, 9000, 8000) for cluster, h in order])
    assert skipped(receipt) == [
        (late, hour, Skip.BEFORE_GENESIS),
        (unknown, hour, Skip.UNKNOWN_CLUSTER),
    ]
    reported = [(c, h) for c, h in order if record(stage, c, h)["reported"]]
    assert reported == [(early, hour), (early, hour + 1), (late, hour + 1)]


@shows("ORA-3")
def test_an_hour_counts_from_its_last_second_on(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour() + 1
    sample = Sample(cluster_id, hour, 9000, 8000)
    end = (hour + 1) * HOUR
    for at in (hour * HOUR, hour * HOUR + 1, end - 1):
        stage.anvil.next_block_at(at)
        assert_skipped(stage, sample, Skip.UNFINISHED)
    stage.anvil.next_block_at(end)
    assert_taken(stage, sample)


@shows("ORA-3")
def test_a_batch_signed_ahead_can_be_carried_again_when_its_hour_is_over(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    sample = Sample(cluster_id, stage.hour(), 9000, 8000)
    assert_skipped(stage, sample, Skip.UNFINISHED)
    stage.to_hour(sample.hour + 1)
    assert_taken(stage, sample)


@shows("ORA-3")
@pytest.mark.parametrize("ahead", [1, 24, RING, None])
def test_an_hour_to_come_is_skipped(stage: Stage, ahead: int | None) -> None:
    cluster_id = stage.cluster(10)
    hour = 2**24 - 1 if ahead is None else stage.hour() + ahead
    assert_skipped(stage, Sample(cluster_id, hour, 9000, 8000), Skip.UNFINISHED)


@shows("ORA-9")
def test_the_window_is_two_years_to_the_second(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    genesis = stage.hour()
    edge = (genesis + RING) * HOUR
    with stage.scratch():
        stage.anvil.next_block_at(edge - 1)
        assert_taken(stage, Sample(cluster_id, genesis, 9000, 8000))
    stage.anvil.next_block_at(edge)
    assert_skipped(stage, Sample(cluster_id, genesis, 9000, 8000), Skip.ANCIENT)
    assert_taken(stage, Sample(cluster_id, genesis + 1, 9000, 8000))


@shows("ORA-1")
def test_a_second_report_of_an_hour_is_skipped(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    first = Sample(cluster_id, hour, 9000, 8000)
    assert_taken(stage, first)
    before = record(stage, cluster_id, hour)
    assert_skipped(stage, Sample(cluster_id, hour, 5000, 4000), Skip.REPORTED)
    assert record(stage, cluster_id, hour) == before


@shows("ORA-1")
def test_of_two_samples_of_an_hour_the_first_counts(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    first = Sample(cluster_id, hour, 9000, 8000)
    receipt = stage.report([first, Sample(cluster_id, hour, 5000, 4000)])
    assert skipped(receipt) == [(cluster_id, hour, Skip.REPORTED)]
    final_at = receipt.event("Reported")["finalAt"]
    assert record(stage, cluster_id, hour) == stored(first, final_at)


@shows("ORA-1")
def test_a_report_of_nothing_can_not_be_replaced(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    assert_taken(stage, Sample(cluster_id, hour, 0, 0))
    assert_skipped(stage, Sample(cluster_id, hour, 9000, 8000), Skip.REPORTED)


@shows("ORA-1")
def test_an_hour_closed_by_silence_is_reported(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_time((hour + 1) * HOUR + 7 * 24 * HOUR)
    stage.oracle.send("closeSilent", cluster_id, hour, sender=stage.stranger)
    assert_skipped(stage, Sample(cluster_id, hour, 9000, 8000), Skip.REPORTED)


@shows("ORA-5")
@pytest.mark.parametrize(
    ("working", "available", "measured", "is_taken"),
    [
        (9000, 9000, 0, True),
        (9000, 9001, 0, False),
        (0, 0, Q, True),
        (0, 1, 0, False),
        (9000, 8000, Q, True),
        (9000, 8000, Q + 1, False),
        (2**36 - 1, 2**36 - 1, Q, True),
        (2**36 - 2, 2**36 - 1, Q, False),
        (9000, 8000, 2**20 - 1, False),
    ],
)
def test_a_sample_makes_sense_or_is_skipped(
    stage: Stage, working: int, available: int, measured: int, is_taken: bool
) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    sample = Sample(cluster_id, hour, working, available, measured)
    if is_taken:
        assert_taken(stage, sample)
    else:
        assert_skipped(stage, sample, Skip.MALFORMED)
        assert record(stage, cluster_id, hour) == NO_RECORD


@shows("ORA-5")
def test_a_malformed_hour_can_be_reported_again(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    assert_skipped(stage, Sample(cluster_id, hour, 9000, 9001), Skip.MALFORMED)
    assert_taken(stage, Sample(cluster_id, hour, 9001, 9001))


def test_an_hour_before_a_retirement_is_taken_as_it_was(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    stage.registry.send("retire", cluster_id, 10, sender=stage.operator)
    assert_taken(stage, Sample(cluster_id, hour, 10_000, 10_000))


@shows("ORA-2")
def test_a_batch_that_only_skips_is_announced_all_the_same(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    samples = [Sample(cluster_id, hour + i, 9000, 8000) for i in range(3)]
    receipt: Receipt = stage.report(samples)
    assert [event.name for event in receipt.events] == ["Reported"] + 3 * ["SampleSkipped"]
    assert receipt.event("Reported")["samples"] == [sample.encode() for sample in samples]
