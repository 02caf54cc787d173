"""calendar on a chain: against every hour asked alone, the picture, widths and colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.support.bookings import book
from tests.support.cli import Command
from tests.support.program import program_on
from tests.support.stage import GENESIS, HOUR, Stage, Terms
from wellhead.actions import calendar
from wellhead.chain import Rpc
from wellhead.cli import heatmap

NOW = GENESIS // HOUR
DAY = 24
ESCAPE = "\x1b["


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A cluster of 64 units."""
    return stage.cluster(64)


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The methods of all calls inside, one for each call of a batch, and "request" for each."""
    asked: list[str] = []
    batch, single = Rpc.batch, Rpc.__call__

    def batched(self: Rpc, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        asked.extend(["request", *(method for method, _ in calls)])
        return batch(self, calls)

    def called(self: Rpc, method: str, *params: Any) -> Any:
        asked.extend(["request", method])
        return single(self, method, *params)

    with monkeypatch.context() as patch:
        patch.setattr(Rpc, "batch", batched)
        patch.setattr(Rpc, "__call__", called)
        yield asked


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ranges_are_what_every_hour_says(
    wellhead: Command, stage: Stage, cluster: int, seed: int
) -> None:
    book(stage, cluster, seed, 40, 500)
    stage.to_hour(NOW + 30, 600)
    document = wellhead.json("calendar", cluster, "--from", "2026-01-01", "--days", 30)
    assert document["schema"] == "wellhead.calendar/1"
    assert (document["from"], document["to"]) == (str(NOW), str(NOW + 30 * DAY))
    assert (document["hour"], document["time"]) == (str(NOW + 30), str(stage.now()))
    assert document["horizon_end"] == str(NOW + 30 + 17_520)
    spread = {}
    for part in document["ranges"]:
        for hour in range(int(part["from"]), int(part["to"])):
            assert hour not in spread
            spread[hour] = int(part["booked"])
    hours = range(NOW, NOW + 30 * DAY)
    plain = stage.market.call_many([("bookedAt", [cluster, hour]) for hour in hours])
    assert [spread.pop(hour) for hour in hours] == plain
    assert not spread
    assert len(set(plain)) > 5
    changes = sum(one != other for one, other in pairwise(plain))
    assert len(document["ranges"]) == changes + 1


def test_two_years_in_a_few_requests(
    wellhead: Command, stage: Stage, cluster: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.lease(cluster, 16, NOW + 5, 1000)
    stage.lease(cluster, 8, NOW + 17_000, 24)
    with counting(monkeypatch) as asked:
        document = wellhead.json("calendar", cluster, "--days", 731)
    assert [part["booked"] for part in document["ranges"]] == ["0", "16", "0", "8", "0"]
    assert document["ranges"][-1]["to"] == document["to"] == str(NOW + 17_520)
    assert asked.count("eth_call") < 250
    assert asked.count("request") < 25


def test_calls_are_as_of_one_block(wellhead: Command, stage: Stage, cluster: int) -> None:
    """Bookings that come while it is read do not show, not even in part."""
    market = calendar.market_of(stage.deployment, cluster)
    stage.lease(cluster, 16, NOW + 5, 10)
    assert calendar.read(stage.deployment, market, NOW, NOW + 48) == [
        calendar.Run(NOW, NOW + 48, 0)
    ]
    later = calendar.market_of(stage.deployment, cluster)
    assert len(calendar.read(stage.deployment, later, NOW, NOW + 48)) == 3


def test_the_picture_shows_every_kind_of_hour(wellhead: Command, stage: Stage) -> None:
    cluster = stage.cluster(40, Terms(horizon_hours=36, max_hours=36))
    for place, units in enumerate((10, 20, 30, 31, 40)):
        stage.lease(cluster, units, NOW + 5 + place, 1)
    stage.to_hour(NOW + 3, 600)
    wellhead.environment["COLUMNS"] = "80"
    shown = wellhead("calendar", cluster, "--days", 2)
    lines = shown.stdout.splitlines()
    today = next(line for line in lines if line.startswith(" Thu  1 "))
    tomorrow = next(line for line in lines if line.startswith(" Fri  2 "))
    assert today.split()[2:] == ["_", "_", "_>·", *"·░▒▓█X", *"·" * 14, "40", "5.5"]
    assert tomorrow.split()[2:] == [*"·" * 15, *"~" * 9, "0", "0.0"]
    assert "131 of 1,440 unit-hours shown (9.09 %)" in shown.stdout
    stage.registry.send("setSellable", cluster, 35, sender=stage.operator)
    closed = wellhead("calendar", cluster, "--days", 2).stdout
    assert "35 of 40 attested" in closed
    assert _signs(closed, " Thu  1 ")[3:10] == [*"··▒▓██!"]
    legend = " ".join(" ".join(lines).split())
    for look in heatmap.SHADES:
        assert f"{look.sign} {look.meaning}" in legend


def _signs(shown: str, begin: str) -> list[str]:
    line = next(line for line in shown.splitlines() if line.startswith(begin))
    return list(line[len(begin) :].replace(">", "").replace(" ", ""))


def test_the_default_is_a_fortnight_from_today(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    stage.to_hour(NOW + 40)
    document = wellhead.json("calendar", cluster)
    assert (document["from"], document["to"]) == (str(NOW + 24), str(NOW + 24 + 14 * DAY))
    assert wellhead.json("calendar", "--cluster", cluster) == document
    assert wellhead.json("calendar", cluster, "--from", "now+8") != document
    assert wellhead.json("calendar", cluster, "--from", NOW + 47) == document
    rows = [
        line
        for line in wellhead("calendar", cluster).stdout.splitlines()
        if line[1:4] in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    ]
    assert len(rows) == 14


@pytest.mark.parametrize("width", [60, 80, 132])
def test_it_fits(wellhead: Command, stage: Stage, cluster: int, width: int) -> None:
    book(stage, cluster, 5, 30, 700)
    wellhead.environment["COLUMNS"] = str(width)
    for words in (
        ["calendar", cluster, "--days", 62],
        ["quote", "--cluster", cluster, "--units", 20, "--hours", 9, "--compare"],
    ):
        shown = wellhead(*words)
        assert shown.code == 0
        assert max(map(cell_len, shown.stdout.splitlines())) <= width
        assert ESCAPE not in shown.stdout + shown.stderr


def test_colour_on_a_terminal_alone(stage: Stage, cluster: int, tmp_path: Path) -> None:
    stage.lease(cluster, 64, NOW + 1, 2)
    program = program_on(tmp_path, stage.deployment)
    words = ["calendar", cluster, "--days", 2]
    piped = program(*words)
    assert ESCAPE not in piped
    assert "> " not in _row(piped)
    coloured = program.on_terminal(*words)
    assert ESCAPE + "1;31mX" in coloured
    plain = program.on_terminal(*words, NO_COLOR="1")
    assert ESCAPE + "1;31m" not in plain
    assert _row(piped) in plain
    assert max(cell_len(line) for line in plain.splitlines() if ESCAPE not in line) <= 80
    ascii_only = program_on(tmp_path, stage.deployment, PYTHONIOENCODING="ascii")(*words)
    assert ascii_only.isascii()
    assert _row(ascii_only) == _row(piped).replace("·", ".")


def _row(shown: str) -> str:
    return next(line for line in shown.splitlines() if line.startswith(" Thu  1 ")).rstrip()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["calendar"], "which cluster? Give its id"),
        (["calendar", 1, "--days", 0], "0 is not in the range 1<=x<=731"),
        (["calendar", 1, "--days", 732], "732 is not in the range"),
        (["calendar", 1, "--days", "many"], "is not a valid integer"),
        (["calendar", 1, "--from", "soon"], "is no time: write now"),
        (["calendar", 1, "--from", "2026-01-01T00:30Z"], "is not the beginning of an hour"),
        (["calendar", -1], "No such option"),
    ],
)
def test_wrong_usage(wellhead: Command, cluster: int, arguments: list[object], said: str) -> None:
    outcome = wellhead(*arguments)
    assert outcome.code == 2
    assert said in " ".join(outcome.stderr.split())
    assert outcome.stdout == ""


def test_what_has_no_calendar(wellhead: Command, cluster: int) -> None:
    assert wellhead.refused(1, "calendar", 9) == "There is no cluster 9."
    said = wellhead.refused(1, "calendar", cluster, "--from", "now+17520")
    assert said == (
        "2028-01-01 00:00 UTC lies beyond the horizon: hours can be booked up to "
        "2028-01-01 00:00 UTC."
    )
    assert wellhead.json("calendar", cluster, "--from", "now-999999")["from"] == "0"
    last = wellhead.json("calendar", cluster, "--from", "now+17519")
    assert (last["from"], last["to"]) == (str(NOW + 17_496), str(NOW + 17_520))


def test_a_pause_is_noted(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    assert wellhead.json("calendar", cluster)["paused"] is True
    assert "new leases are paused" in wellhead("calendar", cluster).stderr
