"""Silence and the ring: hours that nobody reported, and hours of two years ago."""

from __future__ import annotations

import pytest

from tests.support.records import NO_RECORD, Skip, record, skipped, stored
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, FINALITY, HOUR, MAX, Stage
from tests.support.state import refused
from wellhead.chain import Receipt
from wellhead.model.samples import Sample

DAY = 24 * HOUR
SILENCE = 7 * DAY
RING = 17_520


def close(stage: Stage, cluster_id: int, hour: int, at: int | None = None) -> Receipt:
    if at is not None:
        stage.anvil.next_block_at(at)
    return stage.oracle.send("closeSilent", cluster_id, hour, sender=stage.stranger)


def switch(stage: Stage, function: str, at: int) -> None:
    stage.anvil.next_block_at(at)
    stage.registry.send(function, sender=stage.guardian)


def clock_at(stage: Stage, timestamp: int) -> int:
    return int(stage.registry.call("clockAt", timestamp))


def silent(stage: Stage) -> tuple[int, int, int]:
    """A cluster, an hour of it that nobody will report, and the time of that hour's end."""
    cluster_id = stage.cluster(10)
    hour = stage.hour() + 1
    return cluster_id, hour, (hour + 1) * HOUR


def final(stage: Stage, cluster_id: int, hour: int) -> tuple[bool, int]:
    answer: tuple[bool, int] = stage.oracle.call("finalAvailable", cluster_id, hour)
    return answer


def zero(clock: int) -> dict[str, object]:
    return {**NO_RECORD, "reported": True, "isFinal": True, "finalAt": clock}


def assert_closable_from(stage: Stage, cluster_id: int, hour: int, at: int, clock: int) -> None:
    """Not a second before `at`, when the market clock stands at `clock`."""
    stage.anvil.next_block_at(at - 1)
    with refused(stage, "MetricsOracle_NotSilent", cluster_id, hour, clock, clock - 1):
        close(stage, cluster_id, hour)
    receipt = close(stage, cluster_id, hour, at)
    assert [event.name for event in receipt.events] == ["SilenceClosed"]
    expected = {"clusterId": cluster_id, "hour": hour, "finalAt": clock}
    assert receipt.event("SilenceClosed").arguments == expected
    assert record(stage, cluster_id, hour) == zero(clock)
    assert final(stage, cluster_id, hour) == (True, 0)


@shows("ORA-11")
def test_an_hour_is_closed_as_zero_after_seven_days_to_the_second(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    clock = clock_at(stage, stage.now()) + end - stage.now() + SILENCE
    assert_closable_from(stage, cluster_id, hour, end + SILENCE, clock)


@shows("PAUSE-5")
def test_a_pause_after_the_hour_prolongs_the_silence(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    clock = clock_at(stage, stage.now()) + end - stage.now() + SILENCE
    switch(stage, "pause", end + 6 * DAY)
    stage.anvil.next_block_at(end + 30 * DAY)
    with refused(stage, "MetricsOracle_NotSilent", cluster_id, hour, clock, clock - DAY):
        close(stage, cluster_id, hour)
    switch(stage, "unpause", end + 40 * DAY)
    assert_closable_from(stage, cluster_id, hour, end + 41 * DAY, clock)


@shows("PAUSE-5")
def test_a_pause_over_the_hours_end_counts_from_its_own_end(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    clock = clock_at(stage, stage.now()) + end - 1000 - stage.now() + SILENCE
    switch(stage, "pause", end - 1000)
    switch(stage, "unpause", end + 5000)
    assert_closable_from(stage, cluster_id, hour, end + 5000 + SILENCE, clock)


@shows("PAUSE-5")
def test_a_pause_before_the_hours_end_changes_nothing(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    clock = clock_at(stage, stage.now()) + end - stage.now() - 1000 + SILENCE
    switch(stage, "pause", end - 1000)
    switch(stage, "unpause", end)
    assert_closable_from(stage, cluster_id, hour, end + SILENCE, clock)


def test_an_hour_that_was_silent_for_long_enough_can_be_closed_in_a_pause(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    switch(stage, "pause", end + SILENCE)
    clock = clock_at(stage, stage.now())
    stage.skip(DAY)
    close(stage, cluster_id, hour)
    assert record(stage, cluster_id, hour) == zero(clock)


@shows("ORA-12")
@pytest.mark.parametrize("ahead", [0, 1, 1000, None])
def test_an_hour_that_is_not_over_has_not_been_silent(stage: Stage, ahead: int | None) -> None:
    cluster_id = stage.cluster(10)
    hour = 2**24 - 1 if ahead is None else stage.hour() + ahead
    at = (stage.hour() + 1) * HOUR - 1
    clock = clock_at(stage, stage.now()) + at - stage.now()
    stage.anvil.next_block_at(at)
    with refused(stage, "MetricsOracle_NotSilent", cluster_id, hour, clock + SILENCE, clock):
        close(stage, cluster_id, hour)


def test_an_hour_that_is_just_over_has_been_silent_for_no_time(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    clock = clock_at(stage, stage.now()) + end - stage.now()
    stage.anvil.next_block_at(end)
    with refused(stage, "MetricsOracle_NotSilent", cluster_id, hour, clock + SILENCE, clock):
        close(stage, cluster_id, hour)


@shows("ORA-11")
def test_a_reported_hour_can_not_be_closed(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    stage.to_time(end)
    stage.report([Sample(cluster_id, hour, 9000, 8000)])
    before = record(stage, cluster_id, hour)
    stage.to_time(end + SILENCE)
    with refused(stage, "MetricsOracle_HourReported", cluster_id, hour):
        close(stage, cluster_id, hour)
    assert record(stage, cluster_id, hour) == {**before, "isFinal": True}


@shows("ORA-11")
def test_an_hour_is_closed_once(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    close(stage, cluster_id, hour, end + SILENCE)
    with refused(stage, "MetricsOracle_HourReported", cluster_id, hour):
        close(stage, cluster_id, hour)


@shows("ORA-11")
def test_a_silence_is_closed_one_hour_at_a_time(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    stage.to_time(end + SILENCE + HOUR)
    close(stage, cluster_id, hour)
    assert record(stage, cluster_id, hour - 1) == record(stage, cluster_id, hour + 1) == NO_RECORD
    close(stage, cluster_id, hour + 1)
    assert record(stage, cluster_id, hour + 1)["reported"] is True


@shows("ORA-12")
@pytest.mark.parametrize("cluster_id", [0, 2, 2**32 + 1, MAX])
def test_an_unknown_cluster_has_no_silence(stage: Stage, cluster_id: int) -> None:
    stage.cluster(10)
    hour = stage.hour()
    stage.skip(SILENCE + 2 * HOUR)
    with refused(stage, "MetricsOracle_HourOutOfRange", cluster_id, hour):
        close(stage, cluster_id, hour)


@shows("ORA-12")
def test_silence_begins_with_genesis(stage: Stage) -> None:
    genesis = stage.hour() + 3
    stage.to_hour(genesis, 1000)
    cluster_id = stage.register()
    stage.skip(SILENCE + 2 * HOUR)
    for hour in (0, genesis - 1):
        with refused(stage, "MetricsOracle_HourOutOfRange", cluster_id, hour):
            close(stage, cluster_id, hour)
    close(stage, cluster_id, genesis)


@shows("ORA-12")
@pytest.mark.parametrize("hour", [2**24, 2**24 + 1, 2**25 + 490_900, 2**32, MAX])
def test_no_sample_could_name_a_later_hour(stage: Stage, hour: int) -> None:
    cluster_id = stage.cluster(10)
    with refused(stage, "MetricsOracle_HourOutOfRange", cluster_id, hour):
        close(stage, cluster_id, hour)


def test_the_window_of_silence_ends_after_two_years_to_the_second(stage: Stage) -> None:
    cluster_id, hour, _ = silent(stage)
    edge = (hour + RING) * HOUR
    with stage.scratch():
        close(stage, cluster_id, hour, edge - 1)
    stage.anvil.next_block_at(edge)
    with refused(stage, "MetricsOracle_HourOutOfRange", cluster_id, hour):
        close(stage, cluster_id, hour)
    close(stage, cluster_id, hour + 1)


@shows("ORA-10")
def test_an_unreported_hour_is_final_zero_once_it_left_the_window(stage: Stage) -> None:
    cluster_id, hour, _ = silent(stage)
    edge = (hour + RING) * HOUR
    stage.to_time(edge - 1)
    assert final(stage, cluster_id, hour) == (False, 0)
    stage.to_time(edge)
    assert final(stage, cluster_id, hour) == (True, 0)
    assert final(stage, cluster_id, hour + 1) == (False, 0)
    assert record(stage, cluster_id, hour) == NO_RECORD


@shows("ORA-10")
def test_an_hour_of_two_years_ago_holds_up_nothing(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    stage.lease(cluster_id, 10, hour, 1)
    stage.to_time(end + RING * HOUR - HOUR - 1)
    assert stage.market.call("accrue", cluster_id) == hour
    stage.to_time(end + RING * HOUR - HOUR)
    assert stage.market.call("accrue", cluster_id) == stage.hour()


@shows("ORA-9")
def test_a_record_is_overwritten_two_years_later(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    old, new = Sample(cluster_id, hour, 9000, 8000), Sample(cluster_id, hour + RING, 7000, 6000)
    stage.to_time(end)
    stage.report([old])
    stage.to_time((hour + RING + 1) * HOUR - 100)
    assert skipped(stage.report([new])) == [(cluster_id, hour + RING, Skip.UNFINISHED)]
    assert record(stage, cluster_id, hour)["available"] == 8000
    stage.anvil.next_block_at((hour + RING + 1) * HOUR)
    final_at = stage.report([new]).event("Reported")["finalAt"]
    assert record(stage, cluster_id, hour + RING) == stored(new, final_at)
    assert record(stage, cluster_id, hour) == NO_RECORD
    assert final(stage, cluster_id, hour) == (True, 0)
    stage.skip(FINALITY)
    assert final(stage, cluster_id, hour + RING) == (True, 6000)


@shows("ORA-9")
def test_the_record_of_two_years_ago_is_no_record_of_its_successor(stage: Stage) -> None:
    cluster_id, hour, end = silent(stage)
    stage.to_time(end)
    stage.report([Sample(cluster_id, hour, 9000, 8000)], evidence=EVIDENCE)
    later = hour + RING
    assert record(stage, cluster_id, later) == NO_RECORD
    assert final(stage, cluster_id, later) == (False, 0)
    clock = clock_at(stage, end) + RING * HOUR + SILENCE
    assert_closable_from(stage, cluster_id, later, end + RING * HOUR + SILENCE, clock)
    assert record(stage, cluster_id, hour) == NO_RECORD
