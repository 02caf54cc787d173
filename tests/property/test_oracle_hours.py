"""Any hour, however its devices come and go: the integers are those of a plain computation with
fractions, and nothing that is taken away ever adds anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shows import shows
from wellhead.model.terms import Kind
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.hours import CREDITED_S, HOUR, Frame, measure_hour, sample_of
from wellhead.oracle.readings import Canary, Heartbeat, HourSamples, Moment, Reading

pytestmark = pytest.mark.property

BEGIN = 500 * HOUR
#: Models and their peaks in GFLOP/s, as data sheets have them; None for what is not in the table.
PEAKS: dict[str, Fraction | None] = {
    "NVIDIA H100 80GB HBM3": Fraction(989_400),
    "NVIDIA L4": Fraction(121_000),
    "NVIDIA L4 MIG 2g.6gb": Fraction(34_571),  # 121,000 * 2 / 7
    "NVIDIA L40S": None,
    "": None,
}
DEVICES = [f"GPU-{number}" for number in range(4)]

Value = TypeVar("Value")


def maybe(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value | None]:
    return st.one_of(st.none(), values)


@st.composite
def readings(draw: st.DrawFn, all_there: bool = False) -> tuple[Reading, ...]:
    """Whoever is there at a moment: GPUs, slices, servers; with what they show."""
    present = set(DEVICES) if all_there else draw(st.sets(st.sampled_from(DEVICES)))
    return tuple(
        Reading(
            device=device,
            serial=draw(st.sampled_from(["", "1650522003820"])),
            model=draw(st.sampled_from(sorted(PEAKS))),
            weight_milli=draw(st.sampled_from([1000, 1000, 428, 572, 143, 0, 125, 7_000])),
            healthy=draw(st.integers(0, 4)) > 0,
            active_ppm=draw(maybe(st.integers(0, 10**6))),
            tensor_ppm=draw(maybe(st.integers(0, 10**6))),
            power_mw=draw(maybe(st.integers(0, 1_400_000))),
            # Small counters fall often: resets.
            energy_mj=draw(maybe(st.integers(0, 10**7))),
            tokens_count=draw(maybe(st.integers(0, 10**5))),
        )
        for device in draw(st.permutations(sorted(present)))
    )


@st.composite
def histories(draw: st.DrawFn, seconds: int = HOUR, all_there: bool = False) -> HourSamples:
    """A stretch from BEGIN on, of looks at any times."""
    # Looks follow each other closely, as live ones do, or leave gaps.
    times, at = list[int](), draw(st.integers(0, 400))
    while at < seconds and len(times) < 8:
        times.append(at)
        at += draw(st.one_of(st.integers(1, CREDITED_S + 2), st.integers(1, seconds)))
    before = draw(maybe(st.integers(1, 2 * CREDITED_S)))
    canaries = st.builds(
        Canary,
        # Often at the very time of a look, and of another canary.
        time_s=st.one_of(
            st.integers(BEGIN - HOUR, BEGIN + seconds - 1),
            st.sampled_from([BEGIN + at for at in times] or [BEGIN]),
        ),
        device=st.sampled_from(["", *DEVICES]),
        job=st.sampled_from(["gemm", "checksum"]),
        passed=st.booleans(),
    )
    beats = st.builds(
        Heartbeat,
        lease_id=st.integers(1, 3),
        hour=st.just(500),
        units=st.integers(1, 5),
        user=st.sampled_from(["0xA", "0xB"]),
        signature=st.sampled_from(["0x1", "0x2"]),
    )
    return HourSamples(
        before=None if before is None else Moment(BEGIN - before, draw(readings(all_there))),
        moments=tuple(Moment(BEGIN + at, draw(readings(all_there))) for at in times or [0]),
        canaries=tuple(draw(st.lists(canaries, max_size=5))),
        heartbeats=tuple(draw(st.lists(beats, max_size=4))),
    )


def came_late(at_first: int, late: dict[int, int]) -> Bookings:
    return Bookings(at_first + sum(late.values()), tuple(sorted(late.items())))


frames = st.builds(
    Frame,
    cluster=st.integers(1, 2**32 - 1),
    hour=st.just(500),
    bookings=st.builds(
        came_late,
        st.integers(0, 8),
        st.dictionaries(st.integers(1, HOUR - 1), st.integers(1, 4), max_size=3),
    ),
    attested=st.one_of(st.integers(0, 1), st.integers(0, 8)),
    kind=st.sampled_from(Kind),
    sku=st.sampled_from(sorted(PEAKS)),
)


def failed(samples: HourSamples, device: str, time_s: int) -> bool:
    """Whether the last canary of a device up to a time failed."""
    past = [c for c in samples.canaries if c.device == device and c.time_s <= time_s]
    last = max((c.time_s for c in past), default=None)
    return any(not c.passed for c in past if c.time_s == last)


def present(samples: HourSamples, moment: Moment) -> list[Reading]:
    return [
        reading
        for reading in moment.readings
        if not any(failed(samples, name, moment.time_s) for name in ("", reading.device))
    ]


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def plain_available(bookings: Bookings, working: Sequence[Fraction]) -> Fraction:
    """Units that worked and were booked, when each look stands for an equal part of the hour."""
    total, part = Fraction(0), Fraction(HOUR, len(working))
    for number, units in enumerate(working):
        begin, end = number * part, (number + 1) * part
        cuts = [Fraction(second) for second, _ in bookings.late if begin < second < end]
        for start, stop in pairwise([begin, *cuts, end]):
            late = sum(more for second, more in bookings.late if second <= start)
            total += (stop - start) * min(units, Fraction(bookings.at_first + late))
    return total / HOUR


def plain_units(frame: Frame, samples: HourSamples) -> tuple[Fraction, Fraction, Fraction]:
    """Units working, units available, and utilization, without any rounding."""
    working, measured = [], []
    for moment in samples.moments:
        there = present(samples, moment)
        units = sum((Fraction(r.weight_milli, 1000) for r in there if r.healthy), Fraction(0))
        working.append(min(units, Fraction(frame.attested)))
        measured.append(
            sum(
                (
                    Fraction(r.weight_milli, 1000) * Fraction(r.active_ppm or 0, 10**6)
                    for r in there
                ),
                Fraction(0),
            )
        )
    available = plain_available(frame.bookings, working)
    utilization = mean(measured) / frame.attested if frame.attested else Fraction(0)
    return mean(working), available, min(utilization, Fraction(1))


def plain_sums(frame: Frame, samples: HourSamples) -> tuple[Fraction, Fraction]:
    """Joules and work, device by device."""
    joules = work = Fraction(0)
    looks = [*([samples.before] if samples.before else []), *samples.moments]
    for device in DEVICES:
        seen = [
            (moment.time_s, reading)
            for moment in looks
            for reading in present(samples, moment)
            if reading.device == device
        ]
        for (start, old), (end, new) in pairwise(seen):
            if end - start > CREDITED_S:
                continue
            joules += plain_energy(old, new, end - start)
            if frame.kind is not Kind.TRAINING:
                work += grown(old.tokens_count, new.tokens_count)
            else:
                peak = PEAKS[new.model or frame.sku] or Fraction(0)
                work += peak * Fraction(new.tensor_ppm or 0, 10**6) * (end - start)
    return joules, work


def plain_energy(old: Reading, new: Reading, seconds: int) -> Fraction:
    if old.energy_mj is not None and new.energy_mj is not None:
        return Fraction(grown(old.energy_mj, new.energy_mj), 1000)
    return Fraction(new.power_mw or 0, 1000) * seconds


def grown(old: int | None, new: int | None) -> int:
    if old is None or new is None:
        return 0
    return new if new < old else new - old


@shows("REP-7")
@given(frames, histories())
def test_an_hour_is_what_fractions_say_rounded_down(frame: Frame, samples: HourSamples) -> None:
    """Of what was available both that was booked and that was missing are rounded up."""
    sample = sample_of(frame, samples)
    working, available, measured = plain_units(frame, samples)
    joules, work = plain_sums(frame, samples)
    assert sample.working == floor(working * 1000)
    booked = Fraction(frame.bookings.covered, HOUR)
    missing = ceil((booked - available) * 1000)
    assert sample.available == min(ceil(booked * 1000) - missing, sample.working)
    if not frame.bookings.late:
        assert sample.available == floor(available * 1000)
    assert sample.measured == floor(measured * 10**6)
    assert sample.energy == floor(joules)
    assert sample.work == floor(work)
    assert sample.available <= sample.working <= frame.attested * 1000
    assert sample.available <= frame.bookings.booked * 1000
    assert sample.decode(sample.encode()) == sample


@given(frames, histories())
def test_the_measurement_tells_how_it_was_made(frame: Frame, samples: HourSamples) -> None:
    made = measure_hour(frame, samples)
    times = [moment.time_s for moment in samples.moments]
    looked = [t for t in range(BEGIN, BEGIN + HOUR + 1) if t in times or t % HOUR == 0]
    assert made.moments == len(times)
    assert made.gap == max(end - start for start, end in pairwise(looked))
    assert made.canaries == len({c for c in samples.canaries if c.passed and c.time_s >= BEGIN})
    assert made.heartbeats == len({(beat.lease_id, beat.user) for beat in samples.heartbeats})


def changed(samples: HourSamples, change: Callable[[Moment], Moment]) -> HourSamples:
    return replace(
        samples,
        before=samples.before and change(samples.before),
        moments=tuple(change(moment) for moment in samples.moments),
    )


@shows("REP-7")
@given(frames, histories(), st.sampled_from(DEVICES))
def test_a_device_less_never_adds_anything(frame: Frame, samples: HourSamples, device: str) -> None:
    def without(moment: Moment) -> Moment:
        return Moment(moment.time_s, tuple(r for r in moment.readings if r.device != device))

    more = sample_of(frame, samples)
    less = sample_of(frame, changed(samples, without))
    for field in ("working", "available", "measured", "energy", "work"):
        assert getattr(less, field) <= getattr(more, field), field


@shows("REP-7")
@given(frames, histories(), st.data())
def test_absence_or_failure_at_a_moment_never_adds_to_what_moves_rent(
    frame: Frame, samples: HourSamples, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(samples.moments) - 1))
    moment = samples.moments[at]
    fails = data.draw(st.booleans())
    hit = data.draw(st.sets(st.sampled_from(DEVICES)))
    kept = tuple(
        replace(reading, healthy=False) if reading.device in hit else reading
        for reading in moment.readings
        if fails or reading.device not in hit
    )
    moments = [*samples.moments]
    moments[at] = Moment(moment.time_s, kept)
    more = sample_of(frame, samples)
    less = sample_of(frame, replace(samples, moments=tuple(moments)))
    assert less.working <= more.working
    assert less.available <= more.available
    assert less.measured <= more.measured


@shows("REP-7")
@given(frames, histories(), st.randoms(use_true_random=False))
def test_no_order_matters(frame: Frame, samples: HourSamples, chance: object) -> None:
    def shuffled(values: Sequence[Value]) -> tuple[Value, ...]:
        listed = [*values]
        chance.shuffle(listed)  # type: ignore[attr-defined]
        return tuple(listed)

    other = changed(samples, lambda moment: Moment(moment.time_s, shuffled(moment.readings)))
    other = replace(
        other, canaries=shuffled(samples.canaries), heartbeats=shuffled(samples.heartbeats)
    )
    assert measure_hour(frame, other) == measure_hour(frame, samples)


@given(frames, histories(), st.randoms(use_true_random=False))
def test_lines_lead_to_the_same_measurement(
    frame: Frame, samples: HourSamples, chance: object
) -> None:
    lines = list({*samples.lines()})  # what a tree has of them
    chance.shuffle(lines)  # type: ignore[attr-defined]
    assert measure_hour(frame, HourSamples.parse(lines, BEGIN)) == measure_hour(frame, samples)


@given(frames, st.one_of(histories(2 * HOUR), histories(2 * HOUR, all_there=True)))
def test_two_hours_count_every_stretch_once(frame: Frame, samples: HourSamples) -> None:
    whole = replace(samples, heartbeats=())
    border = BEGIN + HOUR
    early = tuple(moment for moment in whole.moments if moment.time_s < border)
    late = whole.moments[len(early) :]
    joules, work = plain_sums(frame, whole)
    parts = []
    if early:
        canaries = tuple(c for c in whole.canaries if c.time_s < border)
        parts.append(sample_of(frame, replace(whole, moments=early, canaries=canaries)))
    if late:
        before = early[-1] if early else whole.before
        second = replace(whole, before=before, moments=late)
        later = sample_of(replace(frame, hour=501), second)
        parts.append(later)
    # A device that was absent at the last look before the border loses its last stretch: the next
    # hour knows that look alone.
    assert sum(part.energy for part in parts) <= joules
    assert sum(part.work for part in parts) <= work
    if all({r.device for r in m.readings} == {*DEVICES} for m in early[-1:]) and not whole.canaries:
        assert joules - sum(part.energy for part in parts) < len(parts)
        assert work - sum(part.work for part in parts) < len(parts)
