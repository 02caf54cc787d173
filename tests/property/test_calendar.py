"""The calendar's tree against a plain list of hours, over long histories and across all borders."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.chain import Contract, UnlockedAccount
from wellhead.chain.contract import deploy_contract

#: A multiple of every node's size, so that borders of all sizes meet there.
MEETING = 1944 * 252
SPAN = 17_520
FIRST = MEETING - SPAN // 2
MOST = 2**32 - 1
SIZES = (1, 8, 24, 72, 216, 648, 1944)


@st.composite
def places(draw: st.DrawFn) -> int:
    """An hour of the span; mostly on a node's border, or next to one."""
    if draw(st.booleans()):
        return draw(st.integers(FIRST, FIRST + SPAN))
    size = draw(st.sampled_from(SIZES))
    border = MEETING + size * draw(st.integers(-5, 5)) + draw(st.integers(-1, 1))
    return min(max(border, FIRST), FIRST + SPAN)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int]:
    first, last = sorted((draw(places()), draw(places())))
    return (first, last) if first < last else (first, first + 1)


#: How many units, as a part of those still free; the whole of it fills some hour to the brim.
parts = st.one_of(st.sampled_from([0, 1, 1_000_000]), st.integers(0, 1_000_000))


#: One step of a history: a booking of so many of the free units, or what becomes of one of those
#: that stand: it goes, is cut, is split, or loses some hours in the middle.
Step = tuple[tuple[int, int], int] | tuple[int, int, int]
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(ranges(), parts),
        st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.integers(0, 10**6)),
    ),
    min_size=20,
    max_size=40,
)


@dataclass
class Histories:
    """A calendar on chain, a plain list of its hours, and the bookings that stand."""

    calendar: Contract
    sender: UnlockedAccount
    hours: list[int]
    standing: list[tuple[int, int, int]]

    def add(self, first: int, last: int, part: int) -> None:
        place = slice(first - FIRST, last - FIRST)
        units = (MOST - max(self.hours[place])) * part // 1_000_000
        self.calendar.send("add", first, last, units, sender=self.sender)
        self._count(first, last, units)
        self.standing.append((first, last, units))

    def shorten(self, which: int, kind: int, at: int) -> None:
        """Take out one of the bookings that stand, whole (kind 0 and what begins at `at`) or from
        an hour on (1), which splits it in two (2), or of which the last hours are kept (3)."""
        if not self.standing:
            return
        first, last, units = self.standing.pop(which % len(self.standing))
        at = first + at % (last - first)
        if kind == 0 or at == first:
            kept = [(first, first), (last, last)]
            self.calendar.send("remove", first, last, units, sender=self.sender)
        else:
            kept = [(first, at), ({1: last, 2: at}.get(kind, (at + last) // 2), last)]
            self.calendar.send("cut", first, at, last, units, sender=self.sender)
        if kept[1][0] < last:
            self.calendar.send("add", *kept[1], units, sender=self.sender)
        self._count(first, last, -units)
        for begin, end in kept:
            self._count(begin, end, units)
            if begin < end:
                self.standing.append((begin, end, units))

    def _count(self, first: int, last: int, units: int) -> None:
        place = slice(first - FIRST, last - FIRST)
        self.hours[place] = [booked + units for booked in self.hours[place]]

    def check(self, asked: list[tuple[int, int]]) -> None:
        for (first, last), found in zip(
            asked, self.calendar.call_many([("load", question) for question in asked]), strict=True
        ):
            expected = self.hours[first - FIRST : last - FIRST]
            assert found == (max(expected), sum(expected)), (first, last)
        edges = sorted({hour for ask in asked for hour in (ask[0] - 1, ask[0], ask[1] - 1)})
        edges = [hour for hour in edges if hour >= FIRST]
        found = self.calendar.call_many([("at", (hour,)) for hour in edges])
        assert found == [self.hours[hour - FIRST] for hour in edges]


@pytest.fixture(scope="session")
def calendar(deployed: Stage) -> Contract:
    contract, _ = deploy_contract(deployed.anvil.rpc, "TestCalendar", [], deployed.governor)
    return contract


@shows("CAL-3")
@pytest.mark.property
@given(
    bookings=st.lists(st.tuples(ranges(), parts), min_size=1, max_size=12),
    asked=st.lists(ranges(), min_size=1, max_size=20),
)
@settings(max_examples=60)
def test_peak_and_sum_are_those_of_a_plain_list(
    deployed: Stage,
    calendar: Contract,
    bookings: list[tuple[tuple[int, int], int]],
    asked: list[tuple[int, int]],
) -> None:
    hours = [0] * (SPAN + 1)
    with deployed.scratch():
        for (first, last), part in bookings:
            place = slice(first - FIRST, last - FIRST)
            units = (MOST - max(hours[place])) * part // 1_000_000
            calendar.send("add", first, last, units, sender=deployed.governor)
            hours[place] = [booked + units for booked in hours[place]]
        asked = [*asked, *(booked for booked, _ in bookings), (FIRST, FIRST + SPAN)]
        answers = calendar.call_many([("load", question) for question in asked])
        for (first, last), (peak, total) in zip(asked, answers, strict=True):
            expected = hours[first - FIRST : last - FIRST]
            assert (peak, total) == (max(expected), sum(expected)), (first, last)
        edges = sorted({edge for question in asked for edge in (question[0], question[1] - 1)})
        found = calendar.call_many([("at", (hour,)) for hour in edges])
        assert found == [hours[hour - FIRST] for hour in edges]


@shows("CAL-3")
@pytest.mark.property
@given(history=steps, asked=st.lists(ranges(), min_size=1, max_size=20))
@settings(max_examples=40)
def test_adding_cutting_and_removing_leave_what_a_plain_list_holds(
    deployed: Stage, calendar: Contract, history: list[Step], asked: list[tuple[int, int]]
) -> None:
    with deployed.scratch():
        state = Histories(calendar, deployed.governor, [0] * (SPAN + 1), [])
        for number, step in enumerate(history):
            if len(step) == 2:
                (first, last), part = step
                state.add(first, last, part)
            else:
                state.shorten(*step)
            if number % 10 == 9:
                state.check(asked)
        places = [(first, last) for first, last, _ in state.standing]
        state.check([*asked, *places, (FIRST, FIRST + SPAN)])
        for first, last, units in reversed(state.standing):
            calendar.send("remove", first, last, units, sender=deployed.governor)
        answers = calendar.call_many([("load", ask) for ask in [*asked, (FIRST, FIRST + SPAN)]])
        assert set(answers) == {(0, 0)}


@shows("CAL-5")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("moved", [-1, 0, 1])
@pytest.mark.parametrize("kind", [1, 2, 3])
def test_a_booking_is_taken_out_across_the_border_of_every_node(
    deployed: Stage, calendar: Contract, size: int, moved: int, kind: int
) -> None:
    """Borders of leaves, nodes and rows: on one, an hour before and an hour behind it."""
    with deployed.scratch():
        state = Histories(calendar, deployed.governor, [0] * (SPAN + 1), [])
        border = MEETING + size + moved
        state.add(MEETING - size, MEETING + 3 * size, 1_000)
        state.add(border - size, border + size, 500_000)
        state.add(border, border + 1, 1_000_000)
        reach = [(first, border + size + 1) for first in range(border - 2, border + 2)]
        asked = [(MEETING - size, MEETING + 3 * size), (border - 1, border), *reach]
        state.check(asked)
        for which, how, at in [(1, kind, size), (0, 3, 2 * size + moved), (0, 0, 0), (0, 1, 1)]:
            state.shorten(which, how, at)
            state.check(asked)
        while state.standing:
            state.shorten(0, 0, 0)
            state.check(asked)


@shows("CAL-11")
@pytest.mark.parametrize("size", SIZES)
def test_a_booking_of_whole_nodes_is_written_once_a_level(
    deployed: Stage, calendar: Contract, size: int
) -> None:
    """Two years cost little more than a day: what is covered whole is not written below."""
    with deployed.scratch():
        fresh = calendar.send("add", MEETING - size, MEETING + size, 7, sender=deployed.governor)
        long = calendar.send("add", MEETING - 8760, MEETING + 8760, 7, sender=deployed.governor)
        assert calendar.call("at", MEETING) == 14
        assert fresh.gas_used < 400_000
        assert long.gas_used < 700_000


@shows("CAL-4")
def test_an_empty_range_holds_nothing(deployed: Stage, calendar: Contract) -> None:
    with deployed.scratch():
        calendar.send("add", MEETING, MEETING + 5, 7, sender=deployed.governor)
        assert calendar.call("load", MEETING + 1, MEETING + 1) == (0, 0)
        assert calendar.call("load", MEETING + 3, MEETING + 1) == (0, 0)
        assert calendar.call("load", MEETING - 3, MEETING + 1) == (7, 7)
        assert calendar.call("load", MEETING - 3, MEETING + 2) == (7, 14)
