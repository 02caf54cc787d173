"""Booked hours as a picture: a day a row, an hour a column. It says everything without colour, and
it fits into 80 columns whatever the numbers, and into 60 while a day has less than 100,000 units
booked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.text import Text

from wellhead.cli import amounts

DAY = 24
#: Columns that a row's date takes.
LABEL = 9
GAP = 2

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Shade:
    """How an hour looks: its sign, one for terminals that know ASCII alone, and its colour."""

    sign: str
    ascii: str
    style: str
    meaning: str


EMPTY = Shade("·", ".", "", "nothing booked")
QUARTER = Shade("░", ":", "cyan", "up to 25 %")
HALF = Shade("▒", "+", "green", "up to 50 %")
THREE = Shade("▓", "*", "yellow", "up to 75 %")
MOST = Shade("█", "#", "red", "below full")
FULL = Shade("X", "X", "bold red", "full")
ABOVE = Shade("!", "!", "bold magenta", "above what is open")
PAST = Shade("_", "_", "dim", "past")
BEYOND = Shade("~", "~", "dim", "beyond the horizon")
SHADES = (EMPTY, QUARTER, HALF, THREE, MOST, FULL, ABOVE, PAST, BEYOND)


@dataclass(frozen=True)
class Picture:
    """What is drawn: units booked in the hours from `start` on, the first of a day, for so many
    days. Hours before `now` are past, and from `horizon_end` on none can be booked."""

    start: int
    days: int
    booked: Sequence[int]
    sellable: int
    now: int
    horizon_end: int


def shade(booked: int, sellable: int) -> Shade:
    """Of an hour that can be booked; what is short of full, however little, is not full."""
    if booked > sellable:
        return ABOVE
    if booked == sellable:
        return FULL
    if booked == 0:
        return EMPTY
    return (QUARTER, HALF, THREE, MOST)[(4 * booked - 1) // sellable]


def draw(picture: Picture, width: int, *, ascii_only: bool) -> Text:
    """The rows, a head for every month, and the legend. Where two columns for an hour are too wide,
    it is one."""
    totals = [_totals(picture, day) for day in range(picture.days)]
    widths = [max(map(cell_len, column)) for column in zip(("peak", "mean"), *totals, strict=True)]
    rest = LABEL + sum(widths) + 2 * GAP
    cell = 2 if rest + 2 * DAY <= width else 1
    lines: list[Text] = []
    month = None
    for day, total in enumerate(totals):
        first = picture.start + day * DAY
        date = datetime.fromtimestamp(first * amounts.HOUR, UTC)
        if month != (date.year, date.month):
            month = (date.year, date.month)
            head = f"{_MONTHS[date.month - 1]} {date.year}".ljust(LABEL) + _axis(cell)
            lines.append(Text(head + _columns(("peak", "mean"), widths), style="bold"))
        label = f"{_DAYS[date.weekday()]} {date.day:2}".rjust(LABEL - 2).ljust(LABEL)
        if cell == 1 and first <= picture.now < first + DAY:
            label = ">" + label[1:]
        line = Text(label)
        for hour in range(first, first + DAY):
            line.append_text(_cell(picture, hour, cell, ascii_only=ascii_only))
        lines.append(line.append(_columns(total, widths)))
    return Text("\n").join([*lines, Text(), *_legend(cell, width, ascii_only=ascii_only)])


def _cell(picture: Picture, hour: int, cell: int, *, ascii_only: bool) -> Text:
    if hour < picture.now:
        look = PAST
    elif hour >= picture.horizon_end:
        look = BEYOND
    else:
        look = shade(picture.booked[hour - picture.start], picture.sellable)
    sign = look.ascii if ascii_only else look.sign
    is_now = hour == picture.now
    text = Text((">" if is_now else " ") if cell == 2 else "", style="bold" if is_now else "")
    return text.append(sign, style=f"{look.style} reverse".strip() if is_now else look.style)


def _totals(picture: Picture, day: int) -> tuple[str, str]:
    """Peak and mean of a day's hours, past ones too, up to the horizon; a tenth is rounded."""
    hours = picture.booked[day * DAY : (day + 1) * DAY]
    if not hours:
        return "", ""
    tenths = (20 * sum(hours) + len(hours)) // (2 * len(hours))
    return str(max(hours)), f"{tenths // 10}.{tenths % 10}"


def _columns(values: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(
        " " * GAP + value.rjust(width) for value, width in zip(values, widths, strict=True)
    )


def _axis(cell: int) -> str:
    """The number of every third hour above it, or of every sixth; tens above the gap."""
    if cell == 2:
        return "".join(f"{hour:02}".ljust(3 * cell) for hour in range(0, DAY, 3))
    return "".join(str(hour).ljust(6) for hour in range(0, DAY, 6))


def _legend(cell: int, width: int, *, ascii_only: bool) -> Iterator[Text]:
    """What the signs say, as many on a line as fit."""
    entries = [
        Text.assemble((look.ascii if ascii_only else look.sign, look.style), f" {look.meaning}")
        for look in SHADES
    ]
    entries.append(Text("> the current hour" if cell == 2 else "> the current hour's day"))
    line = Text()
    for entry in entries:
        if line and line.cell_len + GAP + entry.cell_len > width:
            yield line
            line = Text()
        line = Text.assemble(line, " " * GAP if line else "", entry)
    yield line
    yield Text("peak and mean: units booked, past hours too")
