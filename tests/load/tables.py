"""What the load test and the year say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tests.load.audit import Audited
from tests.load.lists import Listed
from tests.load.operations import Figures
from tests.load.world import LEVELS, Size, Work
from tests.load.year import Lived

PLACES = {"new": "a new cluster", "busiest": "the busiest cluster"}


def gas(figures: Sequence[Figures]) -> Iterator[Table]:
    """Gas and new slots of each operation, level by level."""
    for place, title in PLACES.items():
        headers = ["operation", *(f"{percent} %" for percent in LEVELS), "new slots", "slots"]
        table = _table(f"Gas on {title}, at so much of the load", headers)
        for key in figures[0]:
            if key[0] == place:
                each = [found[key] for found in figures]
                table.add_row(
                    key[1],
                    *(f"{one.gas:,}" for one in each),
                    ", ".join(str(one.filled) for one in each),
                    ", ".join(str(one.slots) for one in each),
                )
        yield table


def work(done: Sequence[Mapping[str, Work]], memory: Sequence[int]) -> Table:
    """Gas and the node's time of the load's own transactions, as means; time as a ratio to what it
    was first."""
    levels = LEVELS[1:]
    headers = ["transaction", "number", *(f"gas to {percent} %" for percent in levels)]
    table = _table("The load's own transactions", [*headers, *(f"time {p} %" for p in levels)])
    for kind in dict.fromkeys(kind for level in done for kind in level):
        each = [level[kind] for level in done]
        first = next((_mean(one) for one in each if _mean(one)), 0.0)
        table.add_row(
            kind,
            f"{sum(one.tally.count for one in each):,}",
            *(f"{one.tally.gas // one.tally.count:,}" if one.tally.count else "" for one in each),
            *(f"{_mean(one) / first:.2f}" if first and one.tally.count else "" for one in each),
        )
    megabytes = [f"{each >> 20:,} MiB" for each in memory]
    table.caption = "memory of the node at each level: " + ", ".join(megabytes)
    return table


def lists(found: Sequence[Listed]) -> Table:
    """What each list of the command line asked."""
    headers = ["wellhead", "requests", "calls", "KiB", "s", "own s", "node's s", "lines"]
    table = _table("Lists at full load", headers)
    for one in found:
        table.add_row(
            one.command.replace("0x" + "0" * 14, "0x.."),
            f"{one.requests:,}",
            f"{one.calls:,}",
            f"{one.received >> 10:,}",
            *(f"{each:.1f}" for each in (one.seconds, one.busy, one.node)),
            f"{one.lines:,}",
        )
    return table


def year(lived: Lived, audited: Audited) -> Table:
    """What the year was, and its audit."""
    table = _table("The year, and its audit", ["", ""])
    each = 10**6 * audited.busy / audited.logs
    rows = {
        **vars(lived),
        **{f"audit: {name}": value for name, value in vars(audited).items()},
        "audit: microseconds per log": each,
    }
    for name, value in rows.items():
        shown = value if isinstance(value, str) else f"{value:,}"
        table.add_row(name, f"{value:,.1f}" if isinstance(value, float) else shown)
    return table


def document(
    size: Size,
    figures: Sequence[Figures],
    done: Sequence[Mapping[str, Work]],
    memory: Sequence[int],
    listed: Sequence[Listed],
) -> dict[str, Any]:
    """All of it for programs."""
    return {
        "size": asdict(size),
        "levels": LEVELS,
        "operations": [
            {
                "place": place,
                "operation": name,
                "gas": [found[place, name].gas for found in figures],
                "new_slots": [found[place, name].filled for found in figures],
                "slots": [found[place, name].slots for found in figures],
            }
            for place, name in figures[0]
        ],
        "work": [{kind: asdict(one) for kind, one in level.items()} for level in done],
        "memory": list(memory),
        "lists": [asdict(one) for one in listed],
    }


def _mean(one: Work) -> float:
    return one.busy / one.tally.count if one.tally.count else 0.0


def _table(title: str, columns: Sequence[str]) -> Table:
    shown = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, column in enumerate(columns):
        shown.add_column(column, justify="right" if number else "left", overflow="fold")
    return shown
