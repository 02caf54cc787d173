"""Rounds without end, while the node and the reporters go and come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.relay_scenes import Scene, Still
from tests.support.stage import Stage
from wellhead.chain import NodeUnreachable, Reverted, Rpc
from wellhead.chain.rpc import Unreadable
from wellhead.oracle.relay import Outcome, run_forever


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Scene:
    return Scene.on(stage, tmp_path)


class Enough(Exception):  # noqa: N818
    pass


#: Results of no method that a relay asks for.
RESULTS: list[Any] = [None, "zz", "0x", 1, [{}], {"timestamp": "0x1"}]
#: What a node, or a gateway in front of it, may put in an answer's place.
NONSENSE: list[dict[str, Any]] = [
    {"message": "API rate limit exceeded"},
    {"error": "unauthorized"},
    {"error": {"code": 3, "message": "execution reverted", "data": "0x08c379a0"}},
    *({"result": result} for result in RESULTS),
]
#: Answers of the right shape that make no sense, of one method.
LIES: list[tuple[str, Any]] = [
    ("eth_call", "0x"),
    ("eth_call", "0x" + "ff" * 640),
    ("eth_call", "0x" + "00" * 31 + "01"),
    ("eth_getBlockByNumber", {"number": "0x0", "timestamp": "0x0"}),
    ("eth_getBlockByNumber", {"number": "0x" + "f" * 64, "timestamp": "0x1"}),
    ("eth_getCode", "0x" + "00" * 640),
    ("eth_getBalance", "0x" + "f" * 64),
]


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


@pytest.mark.parametrize("what", [*NONSENSE, *LIES], ids=str)
def test_rounds_without_end_survive_whatever_a_node_answers(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, what: Any
) -> None:
    """It is said, and ends no more than a round: when the node is itself again, the relay catches
    up."""
    clock, relay = Still(), scene.relay()
    relay.clock = clock
    post, is_odd = Rpc._post, False

    def posting(rpc: Rpc, body: Any) -> Any:
        if not is_odd:
            return post(rpc, body)
        calls = body if isinstance(body, list) else [body]
        answers = [
            {"id": call["id"], **what}
            if isinstance(what, dict)
            else {"id": call["id"], "result": what[1]}
            if call["method"] == what[0]
            else post(rpc, call)
            for call in calls
        ]
        return answers if isinstance(body, list) else answers[0]

    monkeypatch.setattr(Rpc, "_post", posting)

    def live() -> None:
        nonlocal is_odd
        is_odd = len(clock.slept) < 3
        if len(clock.slept) == 4:
            raise Enough

    clock.hooks.append(live)
    scene.pass_hours(1)
    is_odd = True
    with pytest.raises(Enough):
        run_forever(relay, 30)
    is_odd = False
    assert scene.reported() == [scene.first]


def test_a_round_that_ends_at_nonsense_is_said_and_the_next_one_is_later(scene: Scene) -> None:
    clock, relay = Still(), scene.relay()
    relay.clock = clock
    odd = "this round ends at an answer that makes no sense: "
    failures = {
        odd + "KeyError('gasUsed')": KeyError("gasUsed"),
        odd + "OverflowError()": OverflowError(),
        "reverted without data()": Reverted(b""),
        "eth_call: the answer can not be read": Unreadable("eth_call"),
    }

    def live() -> None:
        if len(clock.slept) == len(failures):
            raise Enough

    def round_() -> Outcome:
        raise list(failures.values())[len(clock.slept)]

    clock.hooks.append(live)
    with pytest.raises(Enough):
        run_forever(relay, 30, round_=round_)
    assert clock.slept == [60, 120, 240, 480]
    assert scene.said == list(failures)


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
