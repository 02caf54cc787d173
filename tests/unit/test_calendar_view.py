"""Reading a calendar in runs, comparing starts, and drawing: against the plainest way to do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from tests.support.stage import GENESIS, HOUR, Terms
from wellhead.actions.calendar import Market, Run, runs, spread
from wellhead.actions.comparing import BEST, Candidate, best, candidates
from wellhead.actions.leasing import Order
from wellhead.cli import heatmap
from wellhead.cli.heatmap import Picture, draw
from wellhead.model import price
from wellhead.model.calendar import Calendar

NOW = GENESIS // HOUR
SPAN = 2000


@dataclass
class Counted:
    """A plain calendar that counts what it is asked."""

    calendar: Calendar = field(default_factory=Calendar)
    asked: int = 0

    def loads(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        self.asked += 2 * len(spans)
        return [(self.calendar.peak(*span), self.calendar.sum(*span)) for span in spans]

    def at(self, hours: Sequence[int]) -> list[int]:
        self.asked += len(hours)
        return [self.calendar.at(hour) for hour in hours]


bookings = st.lists(
    st.tuples(st.integers(0, SPAN - 1), st.integers(1, 800), st.integers(1, 3)), max_size=12
)


@given(booked=bookings, first=st.integers(0, SPAN), length=st.integers(0, SPAN))
def test_runs_are_the_hours(booked: list[tuple[int, int, int]], first: int, length: int) -> None:
    source = Counted()
    for start, hours, units in booked:
        source.calendar.add(NOW + start, NOW + start + hours, units)
    start, end = NOW + first, NOW + first + length
    told: list[tuple[int, int | None]] = []
    found = runs(source, start, end, lambda done, total: told.append((done, total)))
    assert spread(found) == [source.calendar.at(hour) for hour in range(start, end)]
    edges = [start, *(run.end for run in found)]
    assert edges[:-1] == [run.start for run in found]
    assert edges[-1] == end
    assert all(one.booked != other.booked for one, other in pairwise(found))
    assert told == sorted(told)
    assert told[-1:] == ([(length, length)] if length else [])


def test_what_is_alike_costs_next_to_nothing() -> None:
    empty = Counted()
    assert runs(empty, NOW, NOW + 17_520) == [Run(NOW, NOW + 17_520, 0)]
    assert empty.asked <= 2 * (17_520 // 648 + 2)
    one = Counted()
    one.calendar.add(NOW + 100, NOW + 9001, 5)
    assert len(runs(one, NOW, NOW + 17_520)) == 3
    assert one.asked <= empty.asked + 2 * (4 * 2 * 3 + 8)  # its two ends
    uneven = Counted()
    for hour in range(NOW, NOW + 17_520):
        uneven.calendar.add(hour, hour + 1, hour % 2)
    told: list[int] = []
    assert len(runs(uneven, NOW, NOW + 17_520, lambda done, _: told.append(done))) == 17_520
    assert max(after - before for before, after in pairwise(told)) <= 200
    assert uneven.asked <= 17_520 * 14 // 10  # hardly more than asking for every hour


# Comparing


def market(seconds: int, sellable: int, attested: int = 40) -> Market:
    pricing = Terms(horizon_hours=100, max_hours=50).model().pricing
    return Market(1, 1, NOW * HOUR + seconds, pricing, attested, sellable, paused=False)


@given(
    booked=st.lists(st.integers(0, 12), min_size=12, max_size=60),
    units=st.integers(1, 12),
    hours=st.integers(1, 12),
    seconds=st.integers(0, HOUR - 1),
    ahead=st.integers(0, 1),
    sellable=st.integers(0, 20),
)
def test_every_start_is_priced_like_an_order(
    booked: list[int], units: int, hours: int, seconds: int, ahead: int, sellable: int
) -> None:
    at = market(seconds, sellable)
    base, order = 2 * 10**24, Order(1, units, NOW + ahead, hours)
    expected = []
    for place in range(len(booked) - hours + 1):
        covered = [HOUR] * hours
        if order.start + place == NOW:
            covered[0] -= seconds
        own = booked[place : place + hours]
        load = sum(b * s for b, s in zip(own, covered, strict=True))
        cost = price.cost(at.pricing, base, at.attested, units, sum(covered), load)
        start = order.start + place
        if max(own) + units <= sellable:
            expected.append(Candidate(start, start, cost, sum(covered), max(own)))
    found = candidates(at, order, base, booked)
    assert found == expected
    chosen = best(found)
    assert len(chosen) <= BEST
    assert bool(chosen) == bool(found)
    if found:
        cheapest = min(found, key=lambda one: (Fraction(one.cost, one.seconds), one.start))
        assert (chosen[0].start, chosen[0].cost) == (cheapest.start, cheapest.cost)
        keys = [(Fraction(one.cost, one.seconds), one.start) for one in chosen]
        assert keys == sorted(keys)
    by_start = {one.start: one for one in found}
    for one in chosen:
        assert {by_start[start].cost for start in range(one.start, one.last + 1)} == {one.cost}
        for near in (one.start - 1, one.last + 1):
            if near in by_start:
                other = by_start[near]
                assert Fraction(other.cost, other.seconds) >= Fraction(one.cost, one.seconds)


def test_the_best_do_not_all_lie_side_by_side() -> None:
    booked = [9, 9, 5, 1, 5, 9, 9, 2, 2, 9, 9, 3, 9]
    found = candidates(market(0, 20), Order(1, 1, NOW + 1, 1), 2 * 10**24, booked)
    chosen = best(found)
    places = [(one.start - NOW - 1, one.last - NOW - 1) for one in chosen]
    assert places == [(3, 3), (7, 8), (11, 11)]


# Drawing


def test_the_shades_of_an_hour() -> None:
    signs = [heatmap.shade(booked, 1000).sign for booked in (0, 1, 250, 251, 500, 501, 750, 751)]
    assert signs == ["·", "░", "░", "▒", "▒", "▓", "▓", "█"]
    assert [heatmap.shade(booked, 1000).sign for booked in (999, 1000, 1001)] == ["█", "X", "!"]
    assert heatmap.shade(0, 0) is heatmap.FULL
    assert heatmap.shade(1, 0) is heatmap.ABOVE
    for known in (
        {look.sign for look in heatmap.SHADES},
        {look.ascii for look in heatmap.SHADES},
    ):
        assert len(known) == len(heatmap.SHADES)


def picture(units: int = 7, days: int = 3) -> Picture:
    """From the day of NOW on, which is three hours old; the last day's second half is beyond."""
    booked = [units, units, *([0] * 10), *([units] * 12)] * days
    return Picture(
        start=NOW,
        days=days,
        booked=booked[:-12],
        sellable=units,
        now=NOW + 3,
        horizon_end=NOW + days * 24 - 12,
    )


def test_a_picture() -> None:
    lines = draw(picture(), 80, ascii_only=False).plain.splitlines()
    empty = "_ _ _" + ">·" + " ·" * 8 + " X" * 12
    assert lines[:4] == [
        "Jan 2026 00    03    06    09    12    15    18    21      peak  mean",
        f" Thu  1   {empty}     7   4.1",
        " Fri  2   X X" + " ·" * 10 + " X" * 12 + "     7   4.1",
        " Sat  3   X X" + " ·" * 10 + " ~" * 12 + "     7   1.2",
    ]
    assert lines[4] == ""
    legend = " ".join(lines[5:])
    for look in heatmap.SHADES:
        assert f"{look.sign} {look.meaning}" in legend
    assert "> the current hour" in legend


def test_a_picture_in_ascii_and_in_few_columns() -> None:
    wide = draw(picture(), 80, ascii_only=True).plain
    assert wide.isascii()
    narrow = draw(picture(), 60, ascii_only=False).plain.splitlines()
    assert narrow[0].startswith("Jan 2026 0     6     12    18      ")
    assert narrow[1] == ">Thu  1  ___·········XXXXXXXXXXXX     7   4.1"
    assert "> the current hour's day" in "\n".join(narrow)


@pytest.mark.parametrize(("width", "units"), [(80, 7), (80, 2**26 - 1), (60, 99_999), (60, 7)])
def test_nothing_is_wider_than_the_screen(width: int, units: int) -> None:
    drawn = draw(picture(units, days=62), width, ascii_only=False)
    assert max(line.cell_len for line in drawn.split("\n")) <= width
    assert drawn.plain.count("peak  mean") <= 1 or units == 7
    months = [line for line in drawn.plain.splitlines() if line.startswith(("Jan", "Feb", "Mar"))]
    assert [month[:8] for month in months] == ["Jan 2026", "Feb 2026", "Mar 2026"]


def test_days_beyond_the_horizon_have_no_totals() -> None:
    drawn = draw(Picture(NOW, 2, [3] * 24, 4, NOW, NOW + 24), 80, ascii_only=False)
    assert drawn.plain.splitlines()[2] == " Fri  2  " + " ~" * 24 + " " * 12


def test_colour_is_an_addition() -> None:
    def shown(text: Text, system: str | None) -> str:
        console = Console(width=80, color_system=system, force_terminal=True)  # type: ignore[arg-type]
        with console.capture() as capture:
            console.print(text)
        return capture.get()

    drawn = draw(picture(), 80, ascii_only=False)
    assert "\x1b[" in shown(drawn, "standard")
    assert "\x1b[" not in shown(drawn, None)
