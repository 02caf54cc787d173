"""Default: when it can be declared, and by whom."""

from __future__ import annotations

import pytest

from tests.support.bonds import (
    DEFAULT,
    accrue,
    declare,
    deliver_hours,
    go_down,
    settle,
)
from tests.support.rent import FLAT, books, deliver, open_lease
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, Stage
from tests.support.state import refused
from wellhead.model.samples import Sample

UNITS = 100

SILENCE = 7 * 24


@pytest.fixture
def cluster(stage: Stage) -> int:
    """No bond, and a rent of one stablecoin unit per unit-hour."""
    return stage.cluster(UNITS, FLAT)


def refuse(stage: Stage, cluster: int, down: int) -> None:
    with refused(stage, "LeaseMarket_NotInDefault", cluster, down, DEFAULT):
        declare(stage, cluster)


def down(stage: Stage, cluster: int) -> int:
    accrue(stage, cluster)
    return int(books(stage, cluster)["down"])


@shows("DEF-1")
def test_72_booked_hours_without_service_are_a_default(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    deliver_hours(stage, cluster, lease.start, [0] * 71)
    assert down(stage, cluster) == 71 * HOUR
    refuse(stage, cluster, 71 * HOUR)
    deliver(stage, cluster, {lease.start + 71: 0})
    receipt = declare(stage, cluster)
    hour = stage.hour()
    assert receipt.event("Accrued")["cursor"] == lease.start + 72
    assert receipt.event("Defaulted").arguments == {
        "clusterId": cluster,
        "era": 0,
        "hour": hour,
        "compensation": 0,
        "reserved": 0,
    }
    found = books(stage, cluster)
    assert (found["era"], found["down"], found["cursor"]) == (1, 0, lease.start + 72)
    assert stage.market.call("defaultOf", cluster, 0) == (hour, 0)
    assert stage.market.call("defaultOf", cluster, 1) == (0, 0)


def test_the_declaration_tells_its_hour(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    go_down(stage, cluster, lease.start)
    assert stage.market.call("declareDefault", cluster) == stage.hour()


@shows("DEF-9")
@pytest.mark.parametrize("caller", ["governor", "operator", "guardian", "stranger", "relay"])
def test_anyone_may_declare_it(stage: Stage, cluster: int, caller: str) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    go_down(stage, cluster, lease.start)
    stage.market.send("declareDefault", cluster, sender=getattr(stage, caller))
    assert books(stage, cluster)["era"] == 1


@shows("DEF-1")
def test_a_new_cluster_is_not_in_default(stage: Stage, cluster: int) -> None:
    refuse(stage, cluster, 0)
    stage.skip(200 * HOUR)
    refuse(stage, cluster, 0)


@shows("DEF-1")
def test_hours_that_are_not_final_do_not_count(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    deliver_hours(stage, cluster, lease.start, [0] * 71)
    stage.report([stage.sample(cluster, lease.start + 71, 0)])
    at = stage.now() + FINALITY
    stage.anvil.next_block_at(at - 1)
    refuse(stage, cluster, 71 * HOUR)
    stage.to_time(at)
    declare(stage, cluster)


@shows("DEF-1")
@pytest.mark.parametrize("good", [1, 10_000])
@pytest.mark.parametrize("before", [1, 71])
def test_one_hour_with_anything_available_begins_anew(
    stage: Stage, cluster: int, before: int, good: int
) -> None:
    """However little, and far below what was promised."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    deliver_hours(stage, cluster, lease.start, [0] * before + [good] + [0] * 71)
    refuse(stage, cluster, 71 * HOUR)
    deliver(stage, cluster, {lease.start + before + 72: 0})
    declare(stage, cluster)


@shows("DEF-4")
def test_a_cluster_that_works_again_has_not_defaulted(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    deliver_hours(stage, cluster, lease.start, [0] * 100)
    assert down(stage, cluster) == DEFAULT
    deliver(stage, cluster, {lease.start + 100: 10_000})
    refuse(stage, cluster, 0)


@shows("DEF-2")
@pytest.mark.parametrize("worked", [None, (0, 0), (100_000, 0)])
def test_hours_that_nobody_booked_neither_count_nor_interrupt(
    stage: Stage, cluster: int, worked: tuple[int, int] | None
) -> None:
    """Unreported, dark, or served days ago; that one worked in the last 72 is another matter."""
    start = stage.hour() + 1
    for first, hours in ((start, 30), (start + 40, 41), (start + 90, 1)):
        open_lease(stage, cluster, 10, first, hours)
    gaps = range(start + 30, start + 40), range(start + 81, start + 90)
    zero = {hour: 0 for hour in range(start, start + 91) if not any(hour in gap for gap in gaps)}
    assert len(zero) == 72
    last = zero.popitem()
    deliver(stage, cluster, zero)
    for gap, working in zip(gaps, worked or (), strict=False):
        stage.report([Sample(cluster, hour, working, 0) for hour in gap])
    accrue(stage, cluster)
    refuse(stage, cluster, 71 * HOUR)
    deliver(stage, cluster, dict([last]))
    declare(stage, cluster)


def test_the_seconds_stop_counting_when_they_suffice(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    deliver_hours(stage, cluster, lease.start, [0] * 80)
    assert down(stage, cluster) == DEFAULT
    deliver_hours(stage, cluster, lease.start + 80, [0] * 80)
    assert down(stage, cluster) == DEFAULT
    declare(stage, cluster)


@shows("DEF-3")
def test_seconds_of_a_pause_do_not_count(stage: Stage, cluster: int) -> None:
    """A pause of half an hour and one second, within one hour."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    for at, function in ((600, "pause"), (2_401, "unpause")):
        stage.anvil.next_block_at((lease.start + 5) * HOUR + at)
        stage.registry.send(function, sender=stage.guardian)
    deliver_hours(stage, cluster, lease.start, [0] * 72)
    accrue(stage, cluster)
    refuse(stage, cluster, DEFAULT - 1_801)
    deliver(stage, cluster, {lease.start + 72: 0})
    assert down(stage, cluster) == DEFAULT - 1_801 + HOUR
    declare(stage, cluster)


@shows("DEF-3")
def test_a_pause_over_several_hours_does_not_count(stage: Stage, cluster: int) -> None:
    """From the middle of one hour to the middle of the fifth after it."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    for at, function in ((lease.start + 10, "pause"), (lease.start + 15, "unpause")):
        stage.anvil.next_block_at(at * HOUR + 1_800)
        stage.registry.send(function, sender=stage.guardian)
    deliver_hours(stage, cluster, lease.start, [0] * 76)
    accrue(stage, cluster)
    refuse(stage, cluster, 71 * HOUR)
    deliver(stage, cluster, {lease.start + 76: 0})
    declare(stage, cluster)


@shows("DEF-9")
def test_a_pause_leaves_the_declaration_open(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    deliver_hours(stage, cluster, lease.start, [0] * 72)
    stage.registry.send("pause", sender=stage.guardian)
    stage.skip(5 * HOUR)
    hour = stage.hour()
    declare(stage, cluster)
    assert settle(stage, lease.id) == 10 * (72 + lease.end - hour)


def test_hours_closed_for_silence_count(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 500)
    stage.to_hour(lease.start + 72 + SILENCE)
    for hour in range(lease.start, lease.start + 71):
        stage.oracle.send("closeSilent", cluster, hour, sender=stage.stranger)
    refuse(stage, cluster, 71 * HOUR)
    stage.oracle.send("closeSilent", cluster, lease.start + 71, sender=stage.stranger)
    declare(stage, cluster)


@shows("DEF-4")
def test_an_outage_that_is_long_over_is_no_default_however_far_the_books_are_behind(
    stage: Stage, cluster: int
) -> None:
    """One accrue ends in the midst of it; the hours after it are final and good."""
    steps = stage.market.call("MAX_STEPS")
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 2 * steps)
    stage.to_hour(lease.start)
    accrue(stage, cluster)
    hours = [10_000] * (steps - 72) + [0] * 72 + [10_000] * 20
    deliver(stage, cluster, dict(enumerate(hours, lease.start)))
    with refused(stage, "LeaseMarket_NotAccrued", cluster, lease.start + steps):
        declare(stage, cluster)
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == DEFAULT
    refuse(stage, cluster, 0)
    accrue(stage, cluster)
    assert down(stage, cluster) == 0
