"""A relay that also sees to revenue: distributes, and sweeps for the tip."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.relay_scenes import Scene
from tests.support.stage import FINALITY, HOUR, Stage
from tests.support.sweeps import Desk, desk_on
from wellhead.chain import dev_account
from wellhead.oracle.relay import Options, Relay

DAILY = Options(revenue_hours=24)


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Scene:
    """An hour that was leased, reported and will be final when the next relay looks."""
    scene = Scene.on(stage, tmp_path)
    stage.lease(scene.cluster, 16, scene.first, 300)
    scene.pass_hours(2)
    scene.relay().run_once()
    stage.skip(FINALITY)
    return scene


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """A pool with ten million dollars' worth of bitcoin."""
    desk = desk_on(scene.stage)
    desk.fill(100 * 10**8)
    return desk


def earn_more(scene: Scene, relay: Relay) -> None:
    """Let all hours until now be reported and become final."""
    scene.measure(range(scene.first + 2, scene.stage.hour()))
    relay.run_once()
    scene.stage.skip(FINALITY)


def test_without_being_told_it_leaves_revenue_alone(scene: Scene, desk: Desk) -> None:
    outcome = scene.relay().run_once()
    assert outcome.accrued
    assert not outcome.distributed
    assert not outcome.swept
    assert scene.stage.router.call("totalOf", scene.cluster) == 0


def test_it_distributes_and_sweeps_and_is_paid_the_tip(scene: Scene, desk: Desk) -> None:
    stage, cluster = scene.stage, scene.cluster
    outcome = scene.relay(options=DAILY).run_once()
    block = stage.deployment.block
    (split,) = stage.router.events("Distributed", block, indexed=[cluster])
    (swept,) = stage.router.events("Swept", block, indexed=[cluster])
    assert outcome.distributed == {cluster: split["earned"] + split["remainder"]}
    assert split["bitcoin"] == swept["spent"] > 0
    assert outcome.swept == {cluster: (swept["spent"], swept["received"])}
    assert outcome.has_moved
    assert desk.pending(cluster) == 0
    relay = dev_account(30).address
    assert stage.vault.call("claimOf", stage.reserve.address, relay) == swept["tip"] > 0
    assert scene.journal()["orders"] == []


def test_not_before_it_is_due_again(scene: Scene, desk: Desk) -> None:
    relay = scene.relay(options=Options(revenue_hours=30))
    first = relay.run_once()
    assert first.swept
    earn_more(scene, relay)
    # Less than 30 hours are over.
    early = relay.run_once()
    assert early.accrued
    assert not early.distributed
    assert not early.swept
    scene.stage.skip(6 * HOUR)
    desk.answer(int(desk.feed.call("latestRoundData")[1]))
    late = relay.run_once()
    assert list(late.distributed) == list(late.swept) == [scene.cluster]
    # Nothing is sent where nothing waits.
    scene.stage.skip(31 * HOUR)
    before = scene.nonce()
    idle = relay.run_once()
    assert not idle.distributed
    assert not idle.swept
    assert scene.nonce() == before


def test_a_sweep_that_is_refused_is_told_and_tried_again(scene: Scene, desk: Desk) -> None:
    cluster = scene.cluster
    age = desk.venue.max_age + 1
    desk.answer(int(desk.feed.call("latestRoundData")[1]), age)
    relay = scene.relay(options=DAILY)
    outcome = relay.run_once()
    assert list(outcome.distributed) == [cluster]
    assert outcome.swept == {}
    (told,) = [text for text in outcome.warnings if "swept" in text]
    assert told.startswith(
        f"the bitcoin part of cluster {cluster} can not be swept now: RevenueRouter_StalePrice("
    )
    scene.stage.skip(24 * HOUR)
    desk.answer(int(desk.feed.call("latestRoundData")[1]))
    assert list(relay.run_once().swept) == [cluster]
