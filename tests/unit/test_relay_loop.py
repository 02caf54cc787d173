"""Rounds without end, while the node and the reporters go and come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.relay_scenes import Scene, Still
from tests.support.stage import Stage
from wellhead.chain import NodeUnreachable, Rpc
from wellhead.oracle.relay import Outcome, run_forever


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Scene:
    return Scene.on(stage, tmp_path)


class Enough(Exception):  # noqa: N818
    pass


def test_rounds_without_end_survive_a_node_that_is_gone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node is away for two hours of the chain's time: the relay waits longer and longer, and
    catches up with all of it when it is back."""
    clock, relay = Still(), scene.relay()
    relay.clock = clock
    is_gone, ask = False, Rpc._post
    outcomes: list[Outcome] = []

    def post(rpc: Rpc, body: Any) -> Any:
        if is_gone:
            raise NodeUnreachable(rpc.url, "connection refused")
        return ask(rpc, body)

    monkeypatch.setattr(Rpc, "_post", post)

    def round_() -> Outcome:
        outcomes.append(relay.run_once())
        return outcomes[-1]

    def live() -> None:
        nonlocal is_gone
        step = len(clock.slept)
        if step == 2:
            is_gone = True
        elif step == 8:
            is_gone = False
            scene.pass_hours(2)
        elif step == 11:
            raise Enough

    clock.hooks.append(live)
    scene.pass_hours(1)
    with pytest.raises(Enough):
        run_forever(relay, 30, round_=round_)
    assert clock.slept == [30, 30, 60, 120, 240, 480, 600, 600, 30, 30, 30]
    assert [outcome.recorded for outcome in outcomes] == [1, 0, 2, 0, 0]
    assert scene.text.count(f"no node answers at {scene.stage.anvil.rpc.url}") == 6


def test_rounds_get_rarer_while_reporters_are_gone(scene: Scene) -> None:
    clock, relay = Still(), scene.relay()
    relay.clock = clock
    hours = 3

    def live() -> None:
        step = len(clock.slept)
        if step == 4:
            scene.stage.to_hour(scene.first + hours, 1000)
        elif step == 6:
            for desk in scene.desks:
                desk.is_down = False
        elif step == 8:
            raise Enough

    clock.hooks.append(live)
    scene.pass_hours(hours - 1)
    scene.stage.to_hour(scene.first + hours - 1, 1000)
    for desk in scene.desks[1:]:
        desk.is_down = True
    with pytest.raises(Enough):
        run_forever(relay, 60)
    # A new hour is tried at once, and so is whatever follows a success.
    assert clock.slept == [60, 120, 240, 480, 60, 120, 60, 120]
