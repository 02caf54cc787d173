"""From an hour's looks to its measurement: integers only, every rounding is down, and once.

Means are over moments, so a device that is missing at a moment simply counts as nothing there.
What was booked is not looked at but known to the second (`wellhead.oracle.bookings`).
What is counted over time (energy, work) belongs to the stretch from a device's last look to this
one, and a stretch across the hour's beginning belongs to the hour in which it ends: so successive
hours count every stretch once. A stretch of more than `CREDITED_S` counts for nothing, whatever
counters say: when in it something happened is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from wellhead.model.samples import Sample
from wellhead.model.terms import Kind
from wellhead.oracle.bookings import THOUSANDTHS, Bookings, available_of
from wellhead.oracle.measurements import Measurement, root_of
from wellhead.oracle.readings import Canary, HourSamples, Moment, Reading
from wellhead.oracle.specs import peak_gflops

HOUR = 3600
Q = 1_000_000

#: Longest time between two looks at a device that energy and work are counted over, seconds. It
#: is the same for everybody: who recomputes a measurement knows nothing of a reporter's settings.
CREDITED_S = 300

#: What a sample has room for. No cluster gets there, but a counter that lies can.
MOST_ENERGY, MOST_WORK = 2**44 - 1, 2**64 - 1


@dataclass(frozen=True)
class Frame:
    """What a measurement takes from the chain: what was booked in the hour and when, the units
    attested at its end, and what a unit is."""

    cluster: int
    hour: int
    bookings: Bookings
    attested: int
    kind: Kind
    sku: str

    @property
    def begin_s(self) -> int:
        return self.hour * HOUR

    @property
    def end_s(self) -> int:
        return self.begin_s + HOUR


def measure_hour(frame: Frame, samples: HourSamples) -> Measurement:
    """The measurement that these samples lead to; units as in IMetricsOracle.

    The samples may hold canaries from before the hour: what failed then is absent until it passes.
    ValueError where there is nothing to measure, because nobody looked, or where the samples
    contradict themselves or the frame.
    """
    sample = sample_of(frame, samples)
    passed = {
        canary for canary in samples.canaries if canary.passed and canary.time_s >= frame.begin_s
    }
    return Measurement(
        sample=sample,
        root=root_of(samples.lines()),
        moments=len(samples.moments),
        gap=longest_gap(frame, samples.moments),
        canaries=len(passed),
        heartbeats=len({(beat.lease_id, beat.user) for beat in samples.heartbeats}),
    )


def longest_gap(frame: Frame, moments: Iterable[Moment]) -> int:
    """The longest stretch of the hour without a look, seconds; the hour's borders end one."""
    times = [frame.begin_s, *(moment.time_s for moment in moments), frame.end_s]
    return max(after - before for before, after in pairwise(times))


def sample_of(frame: Frame, samples: HourSamples) -> Sample:
    """The measured hour alone, without the evidence; ValueError as `measure_hour`."""
    _check(frame, samples)
    presence = _Presence(samples.canaries)
    counted = _Counted(frame)
    if samples.before:
        counted.last.update(_by_device(samples.before.time_s, presence.of(samples.before)))
    most = frame.attested * THOUSANDTHS
    working: list[int] = []
    active = 0
    for moment in samples.moments:
        readings = presence.of(moment)
        working.append(min(sum(r.weight_milli for r in readings if r.healthy), most))
        active += sum(r.weight_milli * (r.active_ppm or 0) for r in readings)
        counted.add(moment.time_s, readings)
    count = len(samples.moments)
    return Sample(
        cluster=frame.cluster,
        hour=frame.hour,
        working=sum(working) // count,
        available=available_of(frame.bookings, working),
        measured=min(active // (most * count), Q) if most else 0,
        energy=counted.energy,
        work=counted.work,
    )


class _Presence:
    """Which readings count: not those of a device that failed its last canary."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        # Of canaries at the same second a failed one is the last.
        self._canaries = sorted(canaries, key=lambda canary: (canary.time_s, not canary.passed))
        self._next = 0
        self._failed: set[str] = set()

    def of(self, moment: Moment) -> list[Reading]:
        """The readings that count; to be asked in the order of time."""
        while (
            self._next < len(self._canaries) and self._canaries[self._next].time_s <= moment.time_s
        ):
            canary = self._canaries[self._next]
            (self._failed.discard if canary.passed else self._failed.add)(canary.device)
            self._next += 1
        if "" in self._failed:
            return []
        return [reading for reading in moment.readings if reading.device not in self._failed]


@dataclass
class _Counted:
    """Energy and work, summed up from one look at a device to the next."""

    frame: Frame
    #: When each device was last there, and what it showed.
    last: dict[str, tuple[int, Reading]] = field(default_factory=dict)
    _energy_mj: int = 0
    _tensor: int = 0  # millionths of a GFLOP
    _tokens: int = 0

    @property
    def energy(self) -> int:
        return min(self._energy_mj // THOUSANDTHS, MOST_ENERGY)

    @property
    def work(self) -> int:
        is_serving = self.frame.kind is not Kind.TRAINING
        return min(self._tokens if is_serving else self._tensor // Q, MOST_WORK)

    def add(self, time_s: int, readings: Iterable[Reading]) -> None:
        for device, now in _by_device(time_s, readings):
            before = self.last.get(device)
            self.last[device] = now
            if before and time_s - before[0] <= CREDITED_S:
                self._add_stretch(before[1], now[1], time_s - before[0])

    def _add_stretch(self, before: Reading, now: Reading, seconds: int) -> None:
        if before.energy_mj is not None and now.energy_mj is not None:
            self._energy_mj += _grown(before.energy_mj, now.energy_mj)
        elif now.power_mw is not None:
            self._energy_mj += now.power_mw * seconds
        if before.tokens_count is not None and now.tokens_count is not None:
            self._tokens += _grown(before.tokens_count, now.tokens_count)
        if now.tensor_ppm:
            peak = peak_gflops(now.model or self.frame.sku)
            self._tensor += now.tensor_ppm * peak * seconds


def _grown(before: int, now: int) -> int:
    """By how much a counter grew; one that fell began again at zero."""
    return now - before if now >= before else now


def _by_device(
    time_s: int, readings: Iterable[Reading]
) -> Iterator[tuple[str, tuple[int, Reading]]]:
    return ((reading.device, (time_s, reading)) for reading in readings)


def _check(frame: Frame, samples: HourSamples) -> None:
    """ValueError where the samples can not be of this hour, or are no measured values."""
    if frame.attested < 0:
        raise ValueError(f"units below zero: {frame.attested} attested")
    if not samples.moments:
        raise ValueError(f"nobody looked at cluster {frame.cluster} in hour {frame.hour}")
    if samples.before and samples.before.time_s >= frame.begin_s:
        raise ValueError(f"the moment before hour {frame.hour} is at {samples.before.time_s}")
    last = frame.begin_s - 1
    for moment in samples.moments:
        if not last < moment.time_s < frame.end_s:
            raise ValueError(f"a moment at {moment.time_s} is out of order in hour {frame.hour}")
        last = moment.time_s
    for canary in samples.canaries:
        if canary.time_s >= frame.end_s:
            raise ValueError(f"a canary at {canary.time_s} is after hour {frame.hour}")
    for beat in samples.heartbeats:
        if beat.hour != frame.hour:
            raise ValueError(f"a heartbeat of hour {beat.hour} is not of hour {frame.hour}")
    for moment in (*([samples.before] if samples.before else []), *samples.moments):
        _check_readings(moment)


def _check_readings(moment: Moment) -> None:
    seen: set[str] = set()
    for reading in moment.readings:
        if reading.device in seen:
            raise ValueError(f"device {reading.device} is there twice at {moment.time_s}")
        seen.add(reading.device)
        parts = (reading.active_ppm, reading.tensor_ppm)
        counts = (reading.weight_milli, reading.power_mw, reading.energy_mj, reading.tokens_count)
        if any(part is not None and not 0 <= part <= Q for part in parts) or any(
            count is not None and count < 0 for count in counts
        ):
            raise ValueError(
                f"device {reading.device} shows impossible values at {moment.time_s}: {reading}"
            )
