"""Measuring an hour: every rule by an example of its own. All readings are constructed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.shows import shows
from wellhead.model.terms import Kind
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.hours import CREDITED_S, HOUR, Frame, longest_gap, measure_hour, sample_of
from wellhead.oracle.measurements import root_of
from wellhead.oracle.readings import Canary, Heartbeat, HourSamples, Moment, Reading, lines_of

FRAME = Frame(
    cluster=3,
    hour=500,
    bookings=Bookings(2),
    attested=4,
    kind=Kind.TRAINING,
    sku="H100-SXM5-80GB",
)
BEGIN = FRAME.begin_s
H100 = "NVIDIA H100 80GB HBM3"
Q = 1_000_000


def moments(*listed: tuple[int, list[Reading]]) -> HourSamples:
    """Samples of moments, by seconds into the hour; one before it is `before`."""
    made = [Moment(BEGIN + at, tuple(readings)) for at, readings in listed]
    early = [moment for moment in made if moment.time_s < BEGIN]
    return HourSamples(early[0] if early else None, tuple(made[len(early) :]))


def gpus(count: int, **fields: Any) -> list[Reading]:
    return [Reading(f"GPU-{number}", **fields) for number in range(count)]


def energy(samples: HourSamples, frame: Frame = FRAME) -> int:
    return sample_of(frame, samples).energy


def work(samples: HourSamples, frame: Frame = FRAME) -> int:
    return sample_of(frame, samples).work


@shows("ACC-11")
def test_an_hour_s_units_are_means_over_its_moments() -> None:
    samples = moments((0, gpus(4)), (600, gpus(1)), (1200, []), (1800, gpus(3)))
    sample = sample_of(FRAME, samples)
    assert (sample.cluster, sample.hour) == (3, 500)
    assert sample.working == (4000 + 1000 + 0 + 3000) // 4
    # Moment by moment at most what is booked.
    assert sample.available == (2000 + 1000 + 0 + 2000) // 4


def test_means_are_rounded_down() -> None:
    sample = sample_of(FRAME, moments((0, gpus(1)), (60, gpus(1)), (120, [])))
    assert (sample.working, sample.available) == (666, 666)


def test_at_most_what_is_attested_works_and_is_measured() -> None:
    sample = sample_of(FRAME, moments((0, gpus(9, active_ppm=1_000_000))))
    assert (sample.working, sample.measured) == (4000, 1_000_000)
    none = sample_of(
        replace(FRAME, attested=0, bookings=Bookings(0)), moments((0, gpus(9, active_ppm=9)))
    )
    assert (none.working, none.available, none.measured) == (0, 0, 0)


def test_what_is_not_healthy_does_not_work_but_is_measured() -> None:
    sample = sample_of(FRAME, moments((0, gpus(2, healthy=False, active_ppm=500_000))))
    assert (sample.working, sample.measured) == (0, 250_000)


def test_utilization_is_weighed_and_of_all_attested_units() -> None:
    readings = [
        Reading("a", weight_milli=428, active_ppm=875_000),
        Reading("b", weight_milli=572, active_ppm=250_000),
        Reading("c", active_ppm=None),
    ]
    sample = sample_of(FRAME, moments((0, readings), (60, [])))
    assert sample.working == 1000
    assert sample.measured == (428 * 875_000 + 572 * 250_000) // 8000


def canaries(samples: HourSamples, *listed: tuple[int, str, bool]) -> HourSamples:
    return replace(
        samples,
        canaries=tuple(Canary(BEGIN + at, device, "gemm", ok) for at, device, ok in listed),
    )


@shows("REP-9")
def test_what_failed_a_canary_is_absent_until_it_passes() -> None:
    samples = moments(*((at, gpus(3, active_ppm=1_000_000)) for at in (0, 600, 1200, 1800)))
    samples = canaries(
        samples, (600, "GPU-1", False), (1201, "GPU-1", True), (1300, "GPU-9", False)
    )
    sample = sample_of(FRAME, samples)
    assert sample.working == (3000 + 2000 + 2000 + 3000) // 4
    assert sample.measured == 10_000_000 // (4 * 4)
    assert measure_hour(FRAME, samples).canaries == 1


def test_a_canary_of_no_device_stands_for_all_of_them() -> None:
    samples = moments(*((at, gpus(3)) for at in (0, 600, 1200)))
    failed = canaries(samples, (60, "", False), (600, "GPU-0", True), (700, "", True))
    assert sample_of(FRAME, failed).working == 2000


def test_what_failed_before_the_hour_is_absent_still() -> None:
    samples = moments((0, gpus(3)), (600, gpus(3)))
    failed = canaries(samples, (-50, "GPU-0", True), (-20, "GPU-0", False), (300, "GPU-0", True))
    assert sample_of(FRAME, failed).working == 2500
    assert measure_hour(FRAME, failed).canaries == 1  # only those of the hour


def test_what_had_failed_by_the_moment_before_the_hour_was_absent_there() -> None:
    samples = counter(0, 5_000, 9_000, first=-60)
    assert energy(canaries(samples, (-61, "GPU-0", False), (-10, "GPU-0", True))) == 4
    assert energy(canaries(samples, (-59, "GPU-0", False), (-10, "GPU-0", True))) == 9


def test_of_two_canaries_at_once_the_failed_one_counts() -> None:
    samples = moments((600, gpus(1)))
    for order in ((True, False), (False, True)):
        both = canaries(samples, *((60, "GPU-0", ok) for ok in order))
        assert sample_of(FRAME, both).working == 0


def counter(*values: int | None, first: int = 0, step: int = 60, **fields: Any) -> HourSamples:
    """One device whose energy counter has these values; None where it is absent."""
    return moments(
        *(
            (first + step * i, [] if v is None else gpus(1, energy_mj=v, **fields))
            for i, v in enumerate(values)
        )
    )


def test_energy_is_a_counter_s_growth_rounded_down_once() -> None:
    assert energy(counter(5_000, 5_999, 6_998, 7_998)) == 2
    two = moments((0, gpus(2, energy_mj=100)), (60, gpus(2, energy_mj=600)))
    assert energy(two) == 1


def test_the_first_counter_counts_from_the_moment_before_the_hour() -> None:
    assert energy(counter(1_000, 4_000, 9_000, first=-60)) == 8
    assert energy(counter(4_000, 9_000)) == 5


def test_a_counter_that_fell_began_anew() -> None:
    assert energy(counter(900_000, 950_000, 30_000, 40_000)) == 50 + 30 + 10


def test_without_counters_power_is_taken_for_the_time_before() -> None:
    samples = moments(
        (-30, gpus(1, power_mw=999_999)),
        (30, gpus(1, power_mw=100_000)),
        (90, gpus(1, power_mw=200_500)),
        (150, gpus(1)),
    )
    assert energy(samples) == 100 * 60 + 200_500 * 60 // 1000
    # The first look at a device says nothing of the time before.
    assert energy(moments((30, gpus(1, power_mw=100_000)))) == 0


def test_power_fills_in_where_a_counter_is_missing() -> None:
    samples = moments(
        (0, gpus(1, energy_mj=1_000, power_mw=50_000)),
        (10, gpus(1, power_mw=50_000)),
        (20, gpus(1, energy_mj=1_001_000, power_mw=60_000)),
        (30, gpus(1, energy_mj=1_701_000, power_mw=60_000)),
    )
    assert energy(samples) == 500 + 600 + 700


def test_absence_up_to_the_limit_is_bridged_and_not_beyond() -> None:
    assert energy(counter(0, None, 7_000, step=CREDITED_S // 2)) == 7
    assert energy(counter(0, None, 7_000, 9_000, step=CREDITED_S // 2 + 1)) == 2
    power = moments((0, gpus(1, power_mw=1)), (CREDITED_S + 1, gpus(1, power_mw=10**9)))
    assert energy(power) == 0


def test_successive_hours_count_every_stretch_once() -> None:
    values = [1_000 + 7_300 * i for i in range(125)]
    every = [Moment(BEGIN + 60 * i, tuple(gpus(1, energy_mj=v))) for i, v in enumerate(values)]
    one = HourSamples(None, tuple(every[:60]))
    two = HourSamples(every[59], tuple(every[60:120]))
    three = HourSamples(every[119], tuple(every[120:]))
    frames = (replace(FRAME, hour=500 + i) for i in range(3))
    total = sum(energy(part, frame) for part, frame in zip((one, two, three), frames, strict=True))
    assert values[-1] - values[0] - 3_000 < total * 1000 <= values[-1] - values[0]


@shows("REP-9")
def test_a_device_that_failed_its_canary_consumes_and_does_nothing() -> None:
    samples = counter(1_000_000, 2_000_000, 3_000_000, tensor_ppm=Q, model=H100)
    assert work(samples) == 2 * 60 * 989_400
    assert energy(samples) == 2_000
    failed = canaries(samples, (30, "GPU-0", False))
    assert (energy(failed), work(failed)) == (0, 0)


def test_work_is_tensor_activity_at_the_model_s_peak() -> None:
    readings = [
        Reading("a", model=H100, tensor_ppm=123_456),
        Reading("b", model="NVIDIA H100 80GB HBM3 MIG 3g.40gb", weight_milli=428, tensor_ppm=Q),
        Reading("c", model="NVIDIA L40S", tensor_ppm=Q),  # not in the table: not measured
        Reading("d", tensor_ppm=Q),  # of the cluster's SKU
        Reading("e", model=H100),  # does not show it
    ]
    samples = moments((-45, readings), (0, readings))
    a, b, d = 123_456 * 989_400 * 45, 424_028 * 45 * Q, 989_400 * 45 * Q
    assert work(samples) == (a + b + d) // Q
    assert work(samples, replace(FRAME, kind=Kind.EDGE)) == 0
    assert work(samples, replace(FRAME, sku="unknown")) == (a + b) // Q
    assert work(samples, replace(FRAME, kind=Kind.INFERENCE)) == 0


def test_work_of_serving_is_the_tokens_put_out() -> None:
    def served(*counts: int) -> HourSamples:
        return moments(
            *(
                (60 * i, [Reading("serving", weight_milli=0, tokens_count=count)])
                for i, count in enumerate(counts)
            )
        )

    inference = replace(FRAME, kind=Kind.INFERENCE)
    assert work(served(100, 250, 250, 40, 60), inference) == 150 + 40 + 20
    assert work(served(100, 250), replace(FRAME, kind=Kind.EDGE)) == 150
    assert work(served(100, 250), FRAME) == 0


def test_counters_that_lie_do_not_burst_the_word() -> None:
    samples = counter(0, 2**63)
    assert energy(samples) == 2**44 - 1
    tokens = [Reading("s", weight_milli=0, tokens_count=2**70)]
    zero = [Reading("s", weight_milli=0, tokens_count=0)]
    inference = replace(FRAME, kind=Kind.INFERENCE)
    sample = sample_of(inference, moments((0, zero), (60, tokens)))
    assert sample.work == 2**64 - 1
    assert sample.decode(sample.encode()) == sample


def test_the_longest_stretch_without_a_look_has_the_hour_s_borders() -> None:
    def gap(*times: int) -> int:
        return longest_gap(FRAME, [Moment(BEGIN + at) for at in times])

    assert gap(0, 60, 120, 3599) == 3479
    assert gap(500, 1000, 3500) == 2500
    assert gap(1800, 3599) == 1800
    assert gap(0) == gap() == HOUR
    assert measure_hour(FRAME, moments((-5, []), (100, []), (3500, []))).gap == 3400


def test_the_evidence_is_over_all_that_it_rests_on() -> None:
    beats = [
        Heartbeat(lease, 500, units, user, "0x")
        for lease, units, user in ((1, 5, "A"), (1, 7, "A"), (1, 5, "B"), (2, 5, "A"))
    ]
    samples = replace(
        canaries(moments((-60, gpus(1)), (0, gpus(2))), (5, "", True), (5, "", True)),
        heartbeats=tuple(beats),
    )
    measured = measure_hour(FRAME, samples)
    assert (measured.moments, measured.canaries, measured.heartbeats) == (1, 1, 3)
    assert measured.root == root_of(samples.lines())
    assert measured.root != measure_hour(FRAME, replace(samples, before=None)).root
    assert measure_hour(FRAME, HourSamples.parse(samples.lines(), BEGIN)) == measured


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (moments(), "nobody looked at cluster 3 in hour 500"),
        (moments((60, []), (60, [])), "out of order"),
        (moments((60, []), (30, [])), "out of order"),
        (moments((0, []), (3600, [])), "out of order"),
        (HourSamples(Moment(BEGIN), (Moment(BEGIN + 60),)), "the moment before hour 500"),
        (canaries(moments((0, [])), (3600, "", True)), "a canary at 1803600"),
        (
            replace(moments((0, [])), heartbeats=(Heartbeat(1, 499, 5, "A", "0x"),)),
            "a heartbeat of hour 499",
        ),
        (moments((0, gpus(1) + gpus(1))), "device GPU-0 is there twice"),
        (moments((-60, gpus(1) + gpus(1)), (0, [])), "device GPU-0 is there twice"),
        (moments((0, gpus(1, weight_milli=-1))), "impossible values"),
        (moments((0, gpus(1, active_ppm=1_000_001))), "impossible values"),
        (moments((0, gpus(1, tensor_ppm=-1))), "impossible values"),
        (moments((0, gpus(1, power_mw=-1))), "impossible values"),
        (moments((0, gpus(1, energy_mj=-1))), "impossible values"),
        (moments((0, gpus(1, tokens_count=-1))), "impossible values"),
    ],
)
def test_what_can_not_be_measured(samples: HourSamples, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        measure_hour(FRAME, samples)


def test_a_frame_below_zero() -> None:
    with pytest.raises(ValueError, match="-1 attested"):
        measure_hour(replace(FRAME, attested=-1), moments((0, [])))


LINE = lines_of(Moment(BEGIN, tuple(gpus(1))))[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"weight_milli": "1000"},
        {"weight_milli": 1000.0},
        {"weight_milli": None},
        {"healthy": 1},
        {"device": 7},
        {"active_ppm": True},
        {"time_s": "x"},
        {"time_s": None},
        {"more": 1},
    ],
    ids=str,
)
def test_lines_of_another_type_are_no_lines(changed: dict[str, Any]) -> None:
    head = lines_of(Moment(BEGIN, tuple(gpus(1))))[0]
    device = HourSamples(None, (Moment(BEGIN, tuple(gpus(1))),)).lines()[-1]
    HourSamples.parse([head, LINE, device], BEGIN)
    body = {**json.loads(LINE), **changed}
    line = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(ValueError, match="no line of kind reading"):
        HourSamples.parse([head, line, device], BEGIN)


@pytest.mark.parametrize("line", [b"[" * 100_000, b"{}", b"1", b"\xff", b'{"kind": "moment"}'])
def test_what_is_no_line(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"line|kind|decode"):
        HourSamples.parse([line], BEGIN)
