"""How much an exporter can have a reporter keep: its store is all clusters'."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.oracle_bench import HISTORY, LIVE, Bench, Benches
from tests.support.oracle_views import GENESIS, looks
from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.reporter.config import ClusterTable
from wellhead.oracle.reporter.watching import Watch
from wellhead.oracle.sources.base import MOST_LABELS, MOST_TEXT, is_short

#: What a look may show of the ten units that are attested.
MOST = 8 * 10 + 1024


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[Benches]:
    made = Benches(tmp_path)
    yield made
    made.close()


def many(count: int) -> tuple[Reading, ...]:
    return tuple(sorted((Reading(f"{number}") for number in range(count)), key=lambda r: r.device))


def look(bench: Bench, readings: tuple[Reading, ...]) -> list[Moment]:
    """Look once at a live cluster that shows these; all the looks that are kept."""
    (watch,) = bench.watches
    bench.view.time += 60
    bench.sources[1].moments = [Moment(bench.view.time, readings)]
    bench.reporter.rounds.look(watch)
    return bench.store.raws.moments(1, 0, 2**40)


def test_a_look_that_shows_too_much_shows_nothing(
    benches: Benches, caplog: pytest.LogCaptureFixture
) -> None:
    bench = benches(1, live=True)
    assert look(bench, many(MOST))[-1].readings == many(MOST)
    assert not caplog.records
    full, used = look(bench, many(MOST + 1))[-1], bench.store.database.used_bytes()
    assert full == Moment(bench.view.time)
    assert f"more than the {MOST} devices that 10 attested units may have" in caplog.text
    # It is a look all the same, and takes no more room than any in vain.
    for _ in range(60):
        found = look(bench, many(20_000))
    assert len(found) == 62
    assert bench.store.database.used_bytes() - used < 2**14
    # Of more units there may be more, at once.
    bench.view.units_attested += 1
    assert len(look(bench, many(MOST + 8))[-1].readings) == MOST + 8


def test_where_nobody_can_say_how_many_there_may_be_it_is_no_look(benches: Benches) -> None:
    bench = benches(1, live=True)
    bench.view.is_down = True
    assert look(bench, many(1025)) == []
    assert "cluster 1: no node answers" in bench.reporter.rounds.problems()[0]
    # Few devices are no question.
    assert len(look(bench, many(1024))) == 1
    assert bench.reporter.rounds.problems() == []


def test_what_a_history_shows_has_the_same_bound(
    benches: Benches, caplog: pytest.LogCaptureFixture
) -> None:
    bench = benches(1)
    whole = looks(GENESIS)
    for number in (3, 4):
        whole[number] = Moment(whole[number].time_s, many(MOST + number - 3))
    bench.sources[1].moments = whole
    with caplog.at_level(logging.WARNING):
        assert bench.available() == (58 * 4000 + 10_000) // 60
    assert "1 of 60 looks count for nothing" in caplog.text
    assert [len(m.readings) for m in bench.store.raws.moments(1, 0, 2**40)[2:6]] == [4, MOST, 0, 4]


@pytest.mark.parametrize(
    ("weights", "most"),
    [
        # A unit of eight GPUs, each of which may be cut into seven.
        ([125], 8 * 8 * 10 + 1024),
        ([1000, 250], 8 * 4 * 10 + 1024),
        # What has no weight is no part of a unit, and a GPU may be several.
        ([0], MOST),
        ([0, 2000], MOST),
    ],
)
def test_a_unit_may_be_several_devices(weights: list[int], most: int) -> None:
    sources = [{**LIVE, "weight_milli": weight} for weight in weights]
    table = ClusterTable.model_validate({"cluster": 1, "sources": sources})
    assert Watch(table, []).most_readings(10) == most
    table = ClusterTable.model_validate({"cluster": 1, "sources": [HISTORY]})
    assert Watch(table, []).most_readings(10) == MOST


def test_what_has_too_long_a_text_is_not_there(
    benches: Benches, caplog: pytest.LogCaptureFixture
) -> None:
    bench = benches(1, live=True)
    long = "x" * (MOST_TEXT + 1)
    kept = (Reading("a", serial=long[1:], model=long[1:]), Reading(long[1:]))
    lost = (Reading(long), Reading("b", serial=long), Reading("c", model=long))
    assert look(bench, kept + lost)[-1].readings == kept
    assert "cluster 1: 3 readings have too long names" in caplog.text


def test_texts_are_measured_in_bytes_and_a_servings_are_all_its_labels() -> None:
    assert is_short(Reading("ü" * (MOST_TEXT // 2)))
    assert not is_short(Reading("ü" * (MOST_TEXT // 2) + "x"))
    assert not is_short(Reading("\ud800" * (MOST_TEXT // 3 + 1)))  # as JSON may have it
    serving = "serving:" + "x" * (MOST_LABELS - 8)
    assert is_short(Reading(serving, tokens_count=0))
    assert not is_short(Reading(serving + "x", tokens_count=0))
    assert not is_short(Reading(serving))
