"""The report: a table, and every line and outcome that no test met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.coverage.figures import Count, Coverage, Figures, total
from tests.coverage.instrument import Point
from tests.coverage.money import moves_money

COLUMNS = ("source", "lines", "%", "branches", "%", "of money paths", "%")


def rows(by_file: Mapping[str, Figures]) -> list[tuple[str, ...]]:
    """The table's cells, the sum last."""
    named = [(file.removeprefix("contracts/"), one) for file, one in by_file.items()]
    return [_row(*one) for one in [*named, ("all", total(by_file.values()))]]


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    cells = (_cells(count) for count in (figures.lines, figures.branches, figures.money))
    return name, *(cell for pair in cells for cell in pair)


def _cells(count: Count) -> tuple[str, str]:
    return (f"{count.met}/{count.all}" if count.all else "", count.percent())


def markdown(by_file: Mapping[str, Figures]) -> list[str]:
    """The table for docs/coverage.md."""
    ruler = "|---|" + "---:|" * (len(COLUMNS) - 1)
    return [_line(COLUMNS), ruler, *(_line(row) for row in rows(by_file))]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def show(coverage: Coverage, source_line: Callable[[str, int], str]) -> None:
    """Print everything."""
    console = Console(width=140, highlight=False, markup=False)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in rows(coverage.by_file()):
        table.add_row(*row)
    console.print(table)
    missing = [(file, line) for file, line, missed in coverage.lines() if missed]
    if missing:
        console.print("Lines that did not run, or not all of their statements:")
        for file, line in missing:
            console.print(f"  {file}:{line}  {source_line(file, line).strip()}")
    if branches := coverage.missed_branches():
        console.print("Outcomes that were not met:")
        for point in branches:
            console.print(f"  {outcome(point)}")
    for fault in coverage.faults():
        console.print(f"FAULT: {fault}")


def outcome(point: Point) -> str:
    money = "  (money path)" if moves_money(point.where) else ""
    place = f"{point.file}:{point.line}  {point.where}"
    return f"{place}  {point.text} is {point.outcome}{money}"
