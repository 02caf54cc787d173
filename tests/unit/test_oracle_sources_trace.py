"""A recorded trace as a source: hour by hour the same as the demonstration's own reading of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wellhead.demo.trace import COLUMNS, Trace, load_trace
from wellhead.model.terms import Kind
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.hours import HOUR, Frame, longest_gap, measure_hour, sample_of
from wellhead.oracle.readings import HourSamples, Moment, Reading
from wellhead.oracle.sources import Source, SourceError, TraceConfig, make_source

HEADER = ",".join(COLUMNS)


@pytest.fixture(scope="module")
def bundled() -> Trace:
    return load_trace()


@pytest.mark.parametrize("infer_down", [True, False])
def test_every_hour_of_the_bundled_trace_is_the_demonstration_s(infer_down: bool) -> None:
    trace = load_trace(infer_down=infer_down)
    source = make_source(TraceConfig(infer_down=infer_down))
    assert len(trace.hours) == 576
    for hour in trace.hours:
        booked = hour.hour % (trace.units + 100)  # above what there is, now and then
        frame = Frame(7, hour.hour, Bookings(booked), trace.units, Kind.TRAINING, "")
        moments = source.read(frame.begin_s, frame.end_s)
        sample = sample_of(frame, HourSamples(None, tuple(moments)))
        assert (sample.cluster, sample.hour, sample.energy, sample.work) == (7, hour.hour, 0, 0)
        assert sample.working == hour.working
        assert sample.available == hour.available(booked)
        assert sample.measured == hour.measured
        assert len(moments) == hour.samples
        assert longest_gap(frame, moments) == 60


def test_an_outage_is_all_of_it(bundled: Trace) -> None:
    down = next(hour for hour in bundled.hours if hour.down == 60)
    frame = Frame(1, down.hour, Bookings(500), 856, Kind.TRAINING, "")
    moments = make_source(TraceConfig()).read(frame.begin_s, frame.end_s)
    measured = measure_hour(frame, HourSamples(None, tuple(moments)))
    assert (measured.sample.working, measured.sample.available) == (0, 0)
    assert (measured.moments, measured.gap) == (60, 60)


def source_of(folder: Path, *lines: str, **options: object) -> Source:
    path = folder / "trace.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    return make_source(TraceConfig.model_validate({"path": path, **options}))


LINES = ("2024-03-01T00:00:00Z,10,4", "2024-03-01T00:30:00Z,10,0", "2024-03-01T01:00:00Z,10,10")
BEGIN = 1_709_251_200


def test_a_row_is_what_ran_and_what_did_not(tmp_path: Path) -> None:
    source = source_of(tmp_path, *LINES)
    assert source.name == "trace"
    assert source.read(BEGIN, BEGIN + 2 * HOUR) == [
        Moment(
            BEGIN,
            (
                Reading("idle", weight_milli=6000, active_ppm=0),
                Reading("running", weight_milli=4000, active_ppm=1_000_000),
            ),
        ),
        Moment(
            BEGIN + 1800,
            (
                Reading("idle", weight_milli=10_000, healthy=False, active_ppm=0),
                Reading("running", weight_milli=0, active_ppm=1_000_000),
            ),
        ),
        Moment(
            BEGIN + 3600,
            (
                Reading("idle", weight_milli=0, active_ppm=0),
                Reading("running", weight_milli=10_000, active_ppm=1_000_000),
            ),
        ),
    ]


def test_a_range_has_its_beginning_and_not_its_end(tmp_path: Path) -> None:
    source = source_of(tmp_path, *LINES)

    def times(begin_s: int, end_s: int) -> list[int]:
        return [moment.time_s - BEGIN for moment in source.read(begin_s, end_s)]

    assert times(BEGIN, BEGIN + 3600) == [0, 1800]
    assert times(BEGIN + 1, BEGIN + 3601) == [1800, 3600]
    assert times(BEGIN - 9, BEGIN) == times(BEGIN + 3601, BEGIN + 9999) == []


def test_it_can_be_played_back_later_and_under_another_name(tmp_path: Path) -> None:
    source = source_of(tmp_path, *LINES, shift_s=7200, prefix="north/")
    first, second = source.read(BEGIN + 7200, BEGIN + 10_800)
    assert (first.time_s, second.time_s) == (BEGIN + 7200, BEGIN + 9000)
    assert [reading.device for reading in first.readings] == ["north/idle", "north/running"]


def test_what_is_no_trace_was_no_look(tmp_path: Path) -> None:
    broken = source_of(tmp_path, LINES[0], "yesterday,10,1")
    with pytest.raises(SourceError, match=r"trace\.csv, row 3, column timestamp_utc: "):
        broken.read(BEGIN, BEGIN + 3600)
    with pytest.raises(SourceError, match=r"none\.csv: can not be read"):
        make_source(TraceConfig(path=tmp_path / "none.csv")).read(0, 1)
