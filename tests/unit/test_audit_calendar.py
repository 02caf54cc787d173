"""The audit's calendar against a plain list of hours, and word by word against the contract's."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.audited import stored_words
from tests.support.raw import deploy
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.audit.replays.calendar import SIZES, Calendar
from wellhead.chain import Contract

#: A multiple of every node's size, so that borders of all sizes meet there.
MEETING = 1944 * 252
REACH = 4_000
FIRST, LAST = MEETING - REACH, MEETING + REACH
MOST = 2**32 - 1

borders = st.tuples(st.sampled_from([*SIZES, 1944]), st.integers(-3, 3), st.integers(-1, 1))
hours = st.one_of(
    st.integers(FIRST, LAST),
    borders.map(lambda b: max(FIRST, min(LAST, MEETING + b[0] * b[1] + b[2]))),
)
ranges = st.tuples(hours, hours).map(lambda pair: (min(pair), max(max(pair), min(pair) + 1)))
#: A booking of a part of what is free, or what becomes of one that stands.
steps = st.one_of(
    st.tuples(st.just("add"), ranges, st.integers(0, 1_000)),
    st.tuples(st.sampled_from(["remove", "cut"]), st.integers(0, 99), st.integers(0, 10**6)),
)


@dataclass
class History:
    """A calendar, a plain list of its hours, and the bookings that stand; `twin` is told the same
    steps."""

    twin: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    calendar: Calendar = field(default_factory=Calendar)
    hours: list[int] = field(default_factory=lambda: [0] * (LAST + 2 - FIRST))
    standing: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, start: int, end: int, part: int) -> None:
        units = (MOST - max(self.hours[start - FIRST : end - FIRST])) * part // 1_000
        self._do("add", start, end, units)
        self._count(start, end, units)
        self.standing.append((start, end, units))

    def shorten(self, kind: str, which: int, place: int) -> None:
        if not self.standing:
            return
        start, end, units = self.standing.pop(which % len(self.standing))
        stop = start + place % (end - start)
        if kind == "remove" or stop == start:
            self._do("remove", start, end, units)
            self._count(start, end, -units)
            return
        self._do("cut", start, stop, end, units)
        self._count(stop, end, -units)
        self.standing.append((start, stop, units))

    def check(self, start: int, end: int) -> None:
        booked = self.hours[start - FIRST : end - FIRST]
        assert self.calendar.load(start, end) == (max(booked), sum(booked))
        assert self.calendar.at(start) == booked[0]

    def _do(self, name: str, *numbers: int) -> None:
        getattr(self.calendar, name)(*numbers)
        self.twin.append((name, numbers))

    def _count(self, start: int, end: int, units: int) -> None:
        for hour in range(start - FIRST, end - FIRST):
            self.hours[hour] += units


@shows("AUD-3")
@pytest.mark.property
@given(history=st.lists(steps, max_size=25), asked=st.lists(ranges, min_size=1, max_size=8))
@settings(max_examples=40)
def test_peaks_and_sums_are_those_of_a_plain_list(
    history: list[tuple[str, tuple[int, int], int]], asked: list[tuple[int, int]]
) -> None:
    state = History()
    for kind, where, number in history:
        if isinstance(where, tuple):
            state.add(*where, number)
        else:
            state.shorten(kind, where, number)
    for start, end in [*asked, (FIRST, LAST)]:
        state.check(start, end)
    for start, end, units in state.standing:
        state.calendar.remove(start, end, units)
    assert not any(word for words in state.calendar.words.values() for word in words.values())


@shows("AUD-4")
def test_every_word_is_the_contracts(stage: Stage) -> None:
    chance, state = random.Random(7), History()
    for _ in range(60):
        start = FIRST + chance.randrange(2 * REACH - 1)
        end = min(LAST, start + chance.choice([1, 7, 24, 216, 650, 2_000]))
        if chance.random() < 0.6:
            state.add(start, end, chance.choice([0, 1, 30, 500]))
        else:
            state.shorten(chance.choice(["remove", "cut"]), chance.randrange(99), start)
    contract: Contract = deploy(stage, "TestCalendar")
    for name, numbers in state.twin:
        contract.send(name, *numbers, sender=stage.governor)
    stored = stored_words(stage)[int(contract.address, 16)]
    ours = {slot: word for slot, word, _ in state.calendar.slots(0, ()) if word}
    assert ours == {slot: word for slot, word in stored.items() if word}
    assert len(ours) > 50
