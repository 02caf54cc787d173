"""A small chart in text: what was booked, what was measured, and the price, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from rich.text import Text

from wellhead.demo.money import dollars, rounded
from wellhead.demo.results import HourResult
from wellhead.model.units import Q

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII = " .:-=+*##"
ROWS = 4
LABEL = 8
DAY = 24


@dataclass(frozen=True)
class _Panel:
    title: str
    style: str
    values: list[int]
    low: int
    high: int
    low_label: str
    high_label: str


def chart(hours: Sequence[HourResult], units: int, width: int = 72, *, ascii_only: bool) -> Text:
    """Three panels of `width` columns, readable without colour. A column is the mean of its
    hours."""
    columns = max(8, width - LABEL - 1)
    booked = _columns([Q * hour.booked // units for hour in hours], columns)
    measured = _columns([hour.measured for hour in hours], columns)
    price = _columns([hour.price for hour in hours], columns)
    low, high = _bounds(price)
    panels = (
        _Panel("booked, % of all units", "cyan", booked, 0, Q, "0 %", "100 %"),
        _Panel("measured, % of all units", "green", measured, 0, Q, "0 %", "100 %"),
        _Panel(
            "price of one more unit, $ per GPU-hour",
            "yellow",
            price,
            low,
            high,
            dollars(low),
            dollars(high),
        ),
    )
    lines: list[Text] = []
    for panel in panels:
        lines.append(Text(" " * (LABEL + 1) + panel.title[:columns], style="bold"))
        lines.extend(_draw(panel, ASCII if ascii_only else BLOCKS, "|" if ascii_only else "│"))
    lines.extend(_axis(len(hours), columns, "+-+" if ascii_only else "└─┴"))
    return Text("\n").join(lines)


def _columns(values: Sequence[int], columns: int) -> list[int]:
    """One value for each column: the mean of the hours that fall into it, or the hour's own."""
    count = len(values)
    means = []
    for column in range(columns):
        begin = column * count // columns
        part = values[begin : max(begin + 1, (column + 1) * count // columns)]
        means.append(rounded(sum(part), len(part)))
    return means


def _bounds(values: Sequence[int]) -> tuple[int, int]:
    """Round figures around the values: the finest of the steps that takes at most ten from zero."""
    steps = (digit * 10**power for power in count(4) for digit in (1, 2, 5))
    step = next(step for step in steps if 10 * step >= max(values))
    low, high = min(values) // step * step, -(-max(values) // step) * step
    return low, max(high, low + step)


def _draw(panel: _Panel, ramp: str, border: str) -> list[Text]:
    steps = ROWS * 8
    heights = [
        min(steps, max(0, rounded(steps * (value - panel.low), panel.high - panel.low)))
        for value in panel.values
    ]
    lines = []
    for row in reversed(range(ROWS)):
        label = {ROWS - 1: panel.high_label, 0: panel.low_label}.get(row, "")
        bars = "".join(ramp[min(8, max(0, height - 8 * row))] for height in heights)
        line = Text(label[:LABEL].rjust(LABEL) + border)
        lines.append(line.append(bars, style=panel.style))
    return lines


def _axis(hours: int, columns: int, strokes: str) -> list[Text]:
    """A rule with ticks at round days, or hours where there are few."""
    corner, rule, tick = strokes[0], strokes[1], strokes[2]
    unit, name = (DAY, "day") if hours >= 3 * DAY else (1, "hour")
    marks = hours // unit
    every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if marks <= n * columns // 8)
    line, labels = [rule] * columns, [" "] * (columns + LABEL)
    for mark in range(0, marks + 1, every):
        column = mark * unit * columns // hours
        if mark and column < columns:
            line[column] = tick
        labels[column : column + len(str(mark))] = str(mark)
    text = "".join(labels)[:columns].rstrip()
    return [Text(" " * LABEL + corner + "".join(line)), Text(name.rjust(LABEL) + " " + text)]
