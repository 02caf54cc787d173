"""Contests that nobody decides: the hour counts as zero, and the deposit goes back."""

from __future__ import annotations

import pytest

from tests.support.contests import (
    DEPOSIT,
    NO_CONTEST,
    RING,
    SILENCE,
    Case,
    Verdict,
    contest,
    recount,
    report,
    reported,
    switch,
)
from tests.support.records import NO_RECORD, record
from tests.support.reporters import remove
from tests.support.shows import shows
from tests.support.stage import HOUR, Stage
from tests.support.state import refused
from wellhead.model.samples import Sample

DAY = 24 * HOUR


@pytest.fixture
def case(stage: Stage) -> Case:
    """A contested hour, reported as served in full."""
    found = reported(stage)
    found.contest()
    return found


def assert_closable_from(case: Case, at: int, clock: int) -> None:
    """Not a second before `at`, when the market clock stands at `clock`."""
    stage, before = case.stage, case.wallet()
    stage.anvil.next_block_at(at - 1)
    with refused(stage, "Contests_NotSilent", *case.key, clock, clock - 1):
        case.close()
    stage.anvil.next_block_at(at)
    receipt = case.close()
    assert [event.name for event in receipt.events] == ["Decided", "Ended", "Moved"]
    zero = Sample(*case.key, 0, 0)
    assert receipt.event("Decided").arguments == {"sample": zero.encode(), "finalAt": clock}
    assert receipt.event("Ended").arguments == {
        "clusterId": case.cluster,
        "hour": case.hour,
        "verdict": Verdict.UNDECIDED,
        "tenant": case.tenant.address,
        "deposit": DEPOSIT,
        "available": case.available,
        "evidence": bytes(32),
        "signers": 0,
    }
    assert case.record == {**NO_RECORD, "reported": True, "isFinal": True, "finalAt": clock}
    assert stage.oracle.call("finalAvailable", *case.key) == (True, 0)
    assert case.open == NO_CONTEST
    assert case.wallet() == (before[0], before[1] + DEPOSIT)
    assert stage.claim_of(stage.contests) == 0


@shows("CON-8")
def test_an_hour_is_closed_as_zero_after_seven_days_to_the_second(case: Case) -> None:
    """Two of the five reporters are enough for that, by saying nothing."""
    signers = case.stage.reporters[:3]
    with case.stage.scratch(), refused(case.stage, "MetricsOracle_SignatureCount", 4, 3):
        case.recount(0, signers)
    assert_closable_from(case, case.stage.now() + SILENCE, case.open["closableAt"])


@shows("CON-8", "PAUSE-5")
def test_a_pause_prolongs_the_silence(case: Case) -> None:
    stage, begun = case.stage, case.stage.now()
    clock = case.open["closableAt"]
    switch(stage, "pause", begun + 6 * DAY)
    stage.anvil.next_block_at(begun + 30 * DAY)
    with refused(stage, "Contests_NotSilent", *case.key, clock, clock - DAY):
        case.close()
    switch(stage, "unpause", begun + 40 * DAY)
    assert_closable_from(case, begun + 41 * DAY, clock)


def test_what_was_silent_for_long_enough_is_closed_in_a_pause(case: Case) -> None:
    stage = case.stage
    switch(stage, "pause", stage.now() + SILENCE)
    case.close()
    assert case.record["isFinal"] is True


@shows("CON-4")
def test_a_late_recount_still_counts(case: Case) -> None:
    case.stage.skip(SILENCE + 10 * DAY)
    assert case.recount(10_000).event("Ended")["verdict"] == Verdict.REJECTED
    assert case.record["available"] == 10_000


def test_a_guardian_removes_who_is_silent(case: Case) -> None:
    stage = case.stage
    for silent in stage.reporters[:2]:
        remove(stage, silent.address)
    assert case.recount(9_000, stage.reporters[2:]).event("Ended")["verdict"] == Verdict.UPHELD


@shows("CON-8")
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_hour_is_closed_once(case: Case, when: str) -> None:
    stage = case.stage
    if when == "before":
        case.recount(0)
        case.pass_silence()
    else:
        case.pass_silence()
        case.close()
    with refused(stage, "Contests_NotContested", *case.key):
        case.close()


@shows("CON-8")
def test_contests_are_silent_one_by_one(stage: Stage) -> None:
    first = reported(stage)
    stage.to_hour(first.hour + 3)
    second = report(stage, first.lease, first.hour + 1, 10_000)
    third = report(stage, first.lease, first.hour + 2, 10_000)
    first.contest()
    stage.skip(DAY // 2)
    second.contest()
    third.contest()
    stage.skip(SILENCE - DAY // 4)
    first.close()
    clock = stage.registry.call("clock") + 100
    stage.anvil.next_block_at(stage.now() + 100)
    with refused(stage, "Contests_NotSilent", *second.key, second.open["closableAt"], clock):
        second.close()
    assert third.record["isContested"] is True


# The ring's second turn: the hour of two years later takes the record's place.


def two_years_later(case: Case) -> None:
    """The hour two years after the contested one is over, and not reported yet."""
    case.stage.to_hour(case.hour + RING + 1)


def test_two_years_later_it_can_still_be_closed(case: Case) -> None:
    two_years_later(case)
    assert case.record["isContested"] is True
    assert case.stage.oracle.call("finalAvailable", *case.key) == (False, 0)
    before = case.wallet()[1]
    case.close()
    assert case.record["isFinal"] is True
    assert case.wallet()[1] == before + DEPOSIT


@shows("CON-9")
def test_when_the_ring_has_moved_on_the_deposit_is_still_the_tenants(case: Case) -> None:
    stage = case.stage
    two_years_later(case)
    later = Sample(case.cluster, case.hour + RING, 9_000, 8_000)
    stage.report([later])
    assert case.record == NO_RECORD
    assert stage.oracle.call("finalAvailable", *case.key) == (True, 0)
    with refused(stage, "MetricsOracle_NotContested", *case.key):
        case.recount(10_000)
    before, place = case.wallet()[1], record(stage, case.cluster, later.hour)
    receipt = case.close()
    assert [event.name for event in receipt.events] == ["Ended", "Moved"]
    assert receipt.event("Ended")["verdict"] == Verdict.UNDECIDED
    assert case.wallet()[1] == before + DEPOSIT
    assert record(stage, case.cluster, later.hour) == place
    with refused(stage, "Contests_NotContested", *case.key):
        case.close()


@shows("CON-9")
def test_a_contest_of_two_years_later_is_another_one(case: Case) -> None:
    stage, other = case.stage, case.stage.tenants[1]
    hour = case.hour + RING
    stage.to_hour(hour - 2)
    lease = stage.lease(case.cluster, 10, hour, 1, other)
    two_years_later(case)
    stage.report([Sample(case.cluster, hour, 9_000, 8_000)])
    contest(stage, lease, hour, other)
    assert stage.claim_of(stage.contests) == 2 * DEPOSIT
    case.close()
    assert record(stage, case.cluster, hour)["isContested"] is True
    recount(stage, Sample(case.cluster, hour, 0, 0))
    assert record(stage, case.cluster, hour)["isFinal"] is True
    assert stage.claim_of(stage.contests) == 0
