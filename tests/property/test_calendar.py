"""The calendar's tree against a plain list of hours, over long histories and across all borders."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.stage import Stage
from wellhead.chain import Contract
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


@pytest.fixture(scope="session")
def calendar(deployed: Stage) -> Contract:
    contract, _ = deploy_contract(deployed.anvil.rpc, "TestCalendar", [], deployed.governor)
    return contract


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


def test_an_empty_range_holds_nothing(deployed: Stage, calendar: Contract) -> None:
    with deployed.scratch():
        calendar.send("add", MEETING, MEETING + 5, 7, sender=deployed.governor)
        assert calendar.call("load", MEETING + 1, MEETING + 1) == (0, 0)
        assert calendar.call("load", MEETING + 3, MEETING + 1) == (0, 0)
        assert calendar.call("peak", MEETING - 3, MEETING + 1) == 7
        assert calendar.call("sum", MEETING - 3, MEETING + 2) == 14
