"""The market clock, through pause and unpause: seconds since deployment that were not paused."""

from __future__ import annotations

import pytest

from tests.support.shows import shows
from tests.support.stage import HOUR, Stage
from tests.support.state import refused
from wellhead.chain import Receipt
from wellhead.chain.deployment import ORDER
from wellhead.model.clock import Clock

DAY = 24 * HOUR


def started(stage: Stage) -> int:
    """When the clock stood at zero; right as long as nothing was paused."""
    return stage.now() - int(stage.registry.call("clock"))


def pause(stage: Stage, at: int) -> Receipt:
    stage.anvil.next_block_at(at)
    return stage.registry.send("pause", sender=stage.guardian)


def unpause(stage: Stage, at: int) -> Receipt:
    stage.anvil.next_block_at(at)
    return stage.registry.send("unpause", sender=stage.guardian)


def clock_at(stage: Stage, timestamp: int) -> int:
    return int(stage.registry.call("clockAt", timestamp))


def test_the_clock_starts_at_zero_in_the_block_of_the_registry(stage: Stage) -> None:
    block = stage.deployment.block + ORDER.index("CapacityRegistry")
    deployed = int(stage.anvil.rpc("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)
    assert started(stage) == deployed
    assert [clock_at(stage, deployed + second) for second in (-1, 0, 1, 2)] == [0, 0, 1, 2]


@pytest.mark.parametrize("timestamp", [0, 1, 1_767_225_600])
def test_before_deployment_the_clock_stood_at_zero(stage: Stage, timestamp: int) -> None:
    assert clock_at(stage, timestamp) == 0


def test_while_running_the_clock_counts_every_second(stage: Stage) -> None:
    start = started(stage)
    for later in (1, 59, 3600, 10**8):
        stage.to_time(stage.now() + later)
        assert stage.registry.call("clock") == stage.now() - start
        assert clock_at(stage, stage.now()) == stage.now() - start


@shows("PAUSE-7")
def test_a_pause_announces_the_clock_and_stops_it(stage: Stage) -> None:
    at = stage.now() + 100
    reading = at - started(stage)
    receipt = pause(stage, at)
    assert receipt.event("Paused").arguments == {"clock": reading}
    assert stage.registry.call("paused") is True
    for later in (0, 1, DAY):
        stage.to_time(at + later)
        assert stage.registry.call("clock") == reading


def test_an_end_of_pause_announces_the_clock_and_runs_it_on_from_there(stage: Stage) -> None:
    at = stage.now() + 100
    reading = at - started(stage)
    pause(stage, at)
    receipt = unpause(stage, at + 7 * DAY)
    assert receipt.event("Unpaused").arguments == {"clock": reading}
    assert stage.registry.call("paused") is False
    assert stage.registry.call("clock") == reading
    stage.to_time(at + 7 * DAY + 5)
    assert stage.registry.call("clock") == reading + 5


@shows("PAUSE-7")
def test_a_running_market_can_not_be_unpaused(stage: Stage) -> None:
    with refused(stage, "CapacityRegistry_NotPaused"):
        stage.registry.send("unpause", sender=stage.guardian)
    assert stage.registry.call("paused") is False


@shows("PAUSE-7")
def test_a_paused_market_can_not_be_paused_again(stage: Stage) -> None:
    pause(stage, stage.now() + 1)
    reading = stage.registry.call("clock")
    with refused(stage, "CapacityRegistry_Paused"):
        stage.registry.send("pause", sender=stage.guardian)
    assert stage.registry.call("clock") == reading


def test_a_second_unpause_is_refused(stage: Stage) -> None:
    pause(stage, stage.now() + 1)
    unpause(stage, stage.now() + 10)
    with refused(stage, "CapacityRegistry_NotPaused"):
        stage.registry.send("unpause", sender=stage.guardian)


@shows("PAUSE-3")
def test_the_past_stays_as_it_was(stage: Stage) -> None:
    start, now = started(stage), stage.now()
    first, second = now + 1000, now + 5000
    pause(stage, first)
    unpause(stage, second)
    stage.to_time(second + 1000)
    stood = first - start
    expected = {
        first - 1: stood - 1,
        first: stood,
        first + 1: stood,
        second - 1: stood,
        second: stood,
        second + 1: stood + 1,
        second + 1000: stood + 1000,
    }
    assert {t: clock_at(stage, t) for t in expected} == expected


def test_the_clock_of_a_pause_that_lasts_can_be_asked_at_any_time_in_it(stage: Stage) -> None:
    at = stage.now() + 1000
    reading = at - started(stage)
    pause(stage, at)
    stage.to_time(at + DAY)
    asked = [at - 1, at, at + 1, at + DAY]
    assert [clock_at(stage, t) for t in asked] == [reading - 1, reading, reading, reading]


@shows("PAUSE-3")
@pytest.mark.parametrize("pauses", [1, 2, 3, 4, 7])
def test_several_pauses_add_up(stage: Stage, pauses: int) -> None:
    model = Clock(started(stage))
    edges = [stage.now() + 100]
    for number in range(pauses):
        begin = edges[-1] + 10 + number
        end = begin + 1000 * (number + 1)
        pause(stage, begin)
        model.stop(begin)
        unpause(stage, end)
        model.start(end)
        edges += [begin, end]
    stage.to_time(edges[-1] + 50)
    stopped = sum(1000 * (number + 1) for number in range(pauses))
    assert stage.registry.call("clock") == stage.now() - model.started - stopped
    asked = sorted({edge + near for edge in edges for near in (-1, 0, 1)})
    answers = stage.registry.call_many([("clockAt", [t]) for t in asked])
    assert answers == [model.at(t) for t in asked]


@shows("PAUSE-3")
def test_pause_and_unpause_in_one_second_cost_no_time(stage: Stage) -> None:
    at = stage.now() + 100
    reading = at - started(stage)
    assert pause(stage, at).event("Paused")["clock"] == reading
    assert unpause(stage, at).event("Unpaused")["clock"] == reading
    assert stage.now() == at
    stage.to_time(at + 10)
    assert stage.registry.call("clock") == reading + 10
    asked = [at - 1, at, at + 1, at + 10]
    assert [clock_at(stage, t) - reading for t in asked] == [-1, 0, 1, 10]


@shows("PAUSE-3")
def test_unpause_and_pause_in_one_second_let_no_time_pass(stage: Stage) -> None:
    first, second = stage.now() + 100, stage.now() + 1100
    reading = first - started(stage)
    pause(stage, first)
    unpause(stage, second)
    pause(stage, second)
    stage.to_time(second + 1000)
    assert stage.registry.call("paused") is True
    assert stage.registry.call("clock") == reading
    asked = [first, second - 1, second, second + 1, second + 1000]
    assert [clock_at(stage, t) for t in asked] == [reading] * 5


def test_three_pauses_in_one_second_leave_the_last_one_standing(stage: Stage) -> None:
    at = stage.now() + 100
    reading = at - started(stage)
    for _ in range(2):
        pause(stage, at)
        unpause(stage, at)
    pause(stage, at)
    stage.to_time(at + 77)
    assert stage.registry.call("clock") == reading
    assert [clock_at(stage, t) for t in (at - 1, at, at + 77)] == [reading - 1, reading, reading]
