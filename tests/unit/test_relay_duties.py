"""What a relay does besides reporting: books, alarms, contests, silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.relay_scenes import Scene
from tests.support.shows import shows
from tests.support.stage import HOUR, Stage
from wellhead.model.samples import Sample
from wellhead.oracle.relay import Options

SILENCE = 7 * 24


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Scene:
    return Scene.on(stage, tmp_path)


@shows("REP-10")
def test_what_stays_silent_is_closed_only_on_demand(scene: Scene) -> None:
    stage = scene.stage
    stage.lease(scene.cluster, 16, scene.first, 200)
    stage.to_hour(scene.first + 8 * 24, 60)
    usual = scene.relay().run_once()
    assert not usual.has_moved
    outcome = scene.relay(options=Options(close_silent=True)).run_once()
    closed = list(range(scene.first, scene.first + 24))
    assert outcome.closed == [(scene.cluster, hour) for hour in closed]
    assert scene.reported() == closed
    # Closed hours are final at once.
    assert outcome.accrued == {scene.cluster: scene.first + 24}


def test_books_that_wait_for_an_hour_out_of_reach(scene: Scene) -> None:
    stage = scene.stage
    stage.lease(scene.cluster, 16, scene.first, 200)
    stage.to_hour(scene.first + 1, 60)
    scene.measure([scene.first])
    scene.relay().run_once()
    stage.to_hour(scene.first + 60, 60)
    outcome = scene.relay(options=Options(lookback=24)).run_once()
    assert outcome.accrued == {scene.cluster: scene.first + 1}
    assert outcome.warnings[-1] == (
        f"the books of cluster {scene.cluster} wait for hour {scene.first + 1}, which has no "
        "record and is more than 24 hours back: look back further, or close it as zero"
    )


def test_books_move_only_where_something_was_booked(scene: Scene) -> None:
    stage = scene.stage
    scene.pass_hours(3)
    relay = scene.relay()
    relay.run_once()
    stage.finalize()
    assert relay.run_once().accrued == {}
    assert scene.nonce() == 1


def test_more_measured_than_booked_raises_the_alarm_once(scene: Scene) -> None:
    stage = scene.stage
    start = scene.first + 1
    stage.lease(scene.cluster, 32, start, 10)
    stage.to_hour(start + 3, 60)
    # Half of the units are booked; two hundredths more are in order.
    for offset, measured in enumerate((520_000, 520_001, 900_000)):
        for desk in scene.desks:
            desk.measure(Sample(scene.cluster, start + offset, 64_000, 32_000, measured))
    relay = scene.relay()
    outcome = relay.run_once()
    expected = [(scene.cluster, start + 1), (scene.cluster, start + 2)]
    assert outcome.flagged == expected
    assert relay.run_once().flagged == []
    assert scene.relay().run_once().flagged == []
    events = stage.registry.events("OffBook", stage.deployment.block)
    assert [(e["clusterId"], e["hour"], e["measured"]) for e in events] == [
        (*expected[0], 520_001),
        (*expected[1], 900_000),
    ]


def test_units_that_were_booked_late_silence_no_alarm(scene: Scene) -> None:
    """For half of the hour half of the units are booked: that is a quarter."""
    stage, hour = scene.stage, scene.first + 1
    stage.anvil.next_block_at(hour * HOUR + HOUR // 2)
    stage.lease(scene.cluster, 32, hour, 2)
    stage.to_hour(hour + 2, 60)
    for offset in range(2):
        for desk in scene.desks:
            desk.measure(Sample(scene.cluster, hour + offset, 64_000, 0, 270_001))
    assert scene.relay().run_once().flagged == [(scene.cluster, hour)]
    (event,) = stage.registry.events("OffBook", stage.deployment.block)
    assert event["covered"] == 32 * HOUR // 2


def contested(scene: Scene) -> tuple[int, int]:
    """An hour that is reported, and contested by its tenant."""
    stage = scene.stage
    lease = stage.lease(scene.cluster, 16, scene.first, 10)
    (hour,) = scene.pass_hours(1)
    scene.relay().run_once()
    stage.deployment.contests.send("contest", lease, hour, sender=stage.tenants[0])
    return scene.cluster, hour


def test_a_contested_hour_is_counted_again(scene: Scene) -> None:
    key = contested(scene)
    scene.desks[3].is_down = True
    outcome = scene.relay().run_once()
    assert outcome.recounted == [key]
    record = scene.stage.oracle.call("recordOf", *key)
    assert (record["isContested"], record["isFinal"]) == (False, True)
    (ended,) = scene.stage.deployment.contests.events("Ended", scene.stage.deployment.block)
    assert (ended["verdict"], ended["signers"]) == (1, 0b10111)
    # The recount is final, so the books move over it.
    assert outcome.accrued == {scene.cluster: key[1] + 1}
    assert scene.relay().run_once().recounted == []


def test_a_contest_without_enough_reporters_waits_and_is_closed_on_demand(scene: Scene) -> None:
    key = contested(scene)
    scene.desks[3].is_down = scene.desks[0].is_down = True
    outcome = scene.relay().run_once()
    assert outcome.recounted == []
    assert (
        f"no recount of contested hour {key[1]} of cluster {key[0]} yet: 3 of 4 reporters answer"
    ) in outcome.warnings
    options = Options(close_silent=True, clusters=(scene.cluster,))
    assert scene.relay(options=options).run_once().closed == []
    scene.stage.skip(SILENCE * HOUR)
    assert key in scene.relay(options=options).run_once().closed
    (ended,) = scene.stage.deployment.contests.events("Ended", scene.stage.deployment.block)
    assert ended["verdict"] == 2
