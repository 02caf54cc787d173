"""The load test, and the year: `python -m tests.load [load|year]`, by default both.

Writes .wellhead/load/load.json and year.json. Fails where gas grows, or a list asks too much.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.load import audit, lists, tables
from tests.load.flat import growth
from tests.load.node import LoadNode
from tests.load.operations import Figures, measure
from tests.load.world import FULL, LEVELS, TENANTS, Size, Work, World
from tests.load.year import Year
from tests.support.cli import command_on
from tests.support.stage import GENESIS, build_stage
from wellhead.places import state_folder

#: Shown while it works, and then not again.
_SAID = Console(stderr=True)


def load(console: Console, size: Size) -> list[str]:
    """Grow a market, and measure it at every level; what is not as it should be."""
    with LoadNode(GENESIS) as node:
        world = World.build(node, size)
        figures: list[Figures] = []
        work: list[dict[str, Work]] = []
        memory: list[int] = []
        for level, percent in enumerate(LEVELS):
            _SAID.print(f"growing to {percent} %")
            if level:
                work.append(world.grow(level))
            memory.append(node.memory())
            _SAID.print(f"measuring at {percent} %")
            figures.append(measure(world))
        for table in (*tables.gas(figures), tables.work(work, memory)):
            console.print(table)
        with tempfile.TemporaryDirectory(dir=_folder()) as folder:
            wellhead = command_on(world.stage, Path(folder))
            listed = []
            for words in lists.commands(world.hub, 7, TENANTS[3], world.a_holder()):
                _SAID.print("wellhead", *words)
                listed.append(lists.run(wellhead, node, words))
        console.print(tables.lists(listed))
    _write("load.json", tables.document(size, figures, work, memory, listed))
    wrong = [
        f"from {LEVELS[1]} % to {percent} %: {said}"
        for percent, later in zip(LEVELS[2:], figures[2:], strict=True)
        for said in growth(figures[1], later)
    ]
    wrong += [f"a new cluster at {LEVELS[-1]} %: {said}" for said in growth(*_new(figures))]
    return wrong + [said for each in listed if (said := each.objection()) is not None]


def year(console: Console, clusters: int, days: int) -> list[str]:
    """Live through a year, and have it audited."""
    with LoadNode(GENESIS) as node:
        world = Year.build(build_stage(node), clusters)
        _SAID.print(f"{clusters} clusters, {days} days")
        lived = world.run(node, days, lambda said: _SAID.print(said))
        with tempfile.TemporaryDirectory(dir=_folder()) as folder:
            command_on(world.stage, Path(folder))
            audited = audit.run(Path(folder), node.rpc.url)
        console.print(tables.year(lived, audited))
        _write("year.json", {"year": vars(lived), "audit": vars(audited)})
    return [f"the audit disagrees: {audited.said}"] if audited.disagreements else []


def _new(figures: list[Figures]) -> tuple[Figures, Figures]:
    """A new cluster's, with nothing around it and with everything."""
    first, last = (
        {key: figure for key, figure in each.items() if key[0] == "new"}
        for each in (figures[0], figures[-1])
    )
    return first, last


def _folder() -> Path:
    folder = state_folder() / "load"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(name: str, document: object) -> None:
    (_folder() / name).write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.load")
    parser.add_argument("what", nargs="?", choices=["load", "year", "both"], default="both")
    parser.add_argument("--percent", type=int, default=100, help="of the full load")
    parser.add_argument("--clusters", type=int, default=100, help="of the year")
    parser.add_argument("--days", type=int, default=365, help="of the year")
    arguments = parser.parse_args()
    console, wrong = Console(width=120), []
    if arguments.what != "year":
        wrong += load(console, FULL.at(arguments.percent))
    if arguments.what != "load":
        wrong += year(console, arguments.clusters, arguments.days)
    for said in wrong:
        print(said, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
