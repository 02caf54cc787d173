"""The trace loader: the bundled trace's facts, odd but sound traces, and every malformed case."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wellhead.demo import trace as trace_module
from wellhead.demo.trace import BUNDLED, COLUMNS, Trace, TraceError, load_trace

HEADER = ",".join(COLUMNS)
DATA = Path(trace_module.__file__).parent / "data"


def rows(
    running: list[int], total: int = 10, begin: str = "2024-03-01T00:00:00", step: int = 60
) -> list[str]:
    """A constructed trace's rows."""
    start = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    moments = (start + timedelta(seconds=step * i) for i in range(len(running)))
    return [f"{m:%Y-%m-%dT%H:%M:%SZ},{total},{r}" for m, r in zip(moments, running, strict=True)]


def load(folder: Path, lines: list[str], *, infer_down: bool = True) -> Trace:
    path = folder / "trace.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    return load_trace(path, infer_down=infer_down)


def refusal(folder: Path, lines: list[str]) -> TraceError:
    with pytest.raises(TraceError) as caught:
        load(folder, lines)
    return caught.value


@pytest.fixture(scope="module")
def bundled() -> Trace:
    return load_trace()


def test_the_bundled_trace_is_what_its_attribution_says(bundled: Trace) -> None:
    assert (bundled.units, bundled.rows, bundled.step) == (856, 34_560, 60)
    assert len(bundled.hours) == 576
    assert datetime.fromtimestamp(bundled.begin, UTC).isoformat() == "2020-04-30T16:00:00+00:00"
    plain = gzip.decompress((DATA / BUNDLED).read_bytes())
    attribution = (DATA / "ATTRIBUTION.md").read_text("utf-8")
    assert hashlib.sha256(plain).hexdigest() in attribution
    assert "MIT License" in attribution


def test_the_bundled_file_is_packed_without_a_time() -> None:
    assert (DATA / BUNDLED).read_bytes()[4:8] == bytes(4)


def test_the_bundled_outages_count_as_down(bundled: Trace) -> None:
    down = {h.hour - bundled.first_hour: h.down for h in bundled.hours if h.down}
    first = {215: 4, **dict.fromkeys(range(216, 240), 60), 240: 1}
    assert down == {**first, 278: 59, 279: 60, 280: 2}
    assert sum(first.values()) == 1445


def test_without_the_inference_everything_always_works() -> None:
    trace = load_trace(infer_down=False)
    assert trace.down_hours == 0
    assert {h.working for h in trace.hours} == {856_000}


def test_gzipped_and_plain_read_the_same(bundled: Trace, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_bytes(gzip.decompress((DATA / BUNDLED).read_bytes()))
    assert load_trace(plain).hours == bundled.hours


def test_an_hour_is_the_mean_of_its_moments_rounded_down(tmp_path: Path) -> None:
    (hour,) = load(tmp_path, rows([0] * 20 + [4] * 40 + [7])[:60]).hours
    assert (hour.samples, hour.up, hour.down, hour.running) == (60, 40, 20, 160)
    assert hour.working == 6_666  # 10 units, 40 of 60 minutes
    assert hour.measured == 266_666  # 160 of 600 unit-minutes
    assert hour.available(3) == 2_000
    assert hour.available(7) == 4_666
    assert hour.available(10) == hour.available(11) == hour.working
    assert hour.available(0) == 0


def test_hours_are_cut_on_the_chain_s_grid(tmp_path: Path) -> None:
    trace = load(tmp_path, rows([5] * 90, begin="2024-03-01T10:45:00"))
    assert [h.samples for h in trace.hours] == [15, 60, 15]
    assert trace.hours[0].hour * 3600 == trace.begin - 45 * 60
    assert [h.hour - trace.first_hour for h in trace.hours] == [0, 1, 2]


@pytest.mark.parametrize("step", [1, 57, 900, 3600])
def test_any_step_up_to_an_hour_will_do(tmp_path: Path, step: int) -> None:
    trace = load(tmp_path, rows([5] * 100, step=step))
    assert trace.step == step
    assert trace.rows == 100
    assert len(trace.hours) == 99 * step // 3600 + 1


def test_a_single_row_is_an_hour(tmp_path: Path) -> None:
    trace = load(tmp_path, rows([5]))
    assert (len(trace.hours), trace.step) == (1, 3600)


def test_other_columns_their_order_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(
        "\ufeffx,gpus_running_count,timestamp_utc,gpus_total_count\n"
        'a,3,2024-03-01T00:00:00+00:00,10\n\n"b,c",4,2024-03-01 00:01:00,10\n',
        "utf-8",
    )
    (hour,) = load_trace(path).hours
    assert (hour.samples, hour.running) == (2, 7)


def test_a_time_with_a_zone_is_brought_to_utc(tmp_path: Path) -> None:
    trace = load(tmp_path, ["2024-03-01T08:00:00+08:00,10,1"])
    assert trace.begin == datetime(2024, 3, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("2024-03-01T00:02:00Z,10,-1", 2, "negative"),
        ("2024-03-01T00:02:00Z,-10,1", 1, "negative"),
        ("2024-03-01T00:02:00Z,10,4.5", 2, "not a whole number"),
        ("2024-03-01T00:02:00Z,10,", 2, "not a whole number"),
        ("2024-03-01T00:02:00Z,ten,1", 1, "not a whole number"),
        ("2024-03-01T00:02:00Z,10,\u0661", 2, "not a whole number"),
        ("2024-03-01T00:02:00Z,10," + "9" * 20, 2, "too large"),
        ("2024-03-01T00:02:00Z,10,11", 2, "11 running of 10 in total"),
        ("2024-03-01T00:02:00Z,0,0", 1, "not between 1 and"),
        ("2024-03-01T00:02:00Z,67108864,0", 1, "not between 1 and"),
        ("2024-03-01T00:02:00Z,12,1", 1, "the total changes from 10 to 12"),
        ("2024-03-01T00:03:00Z,10,1", 0, "a gap: 120 s"),
        ("2024-03-01T00:01:30Z,10,1", 0, "30 s after the row above, where the step is 60 s"),
        ("2024-03-01T00:01:00Z,10,1", 0, "there twice"),
        ("2024-03-01T00:00:00Z,10,1", 0, "before the row above"),
        ("yesterday,10,1", 0, "not an ISO-8601 time"),
        (",10,1", 0, "not an ISO-8601 time"),
        ("2024-03-01T00:02:00.5Z,10,1", 0, "not a whole second"),
        ("1969-12-31T23:59:00Z,10,1", 0, "not in 1971 to 3000"),
        ("2024-03-01T00:02:00Z,10", 2, "2 fields, the header 3"),
        ("2024-03-01T00:02:00Z,10,1,1", 2, "4 fields, the header 3"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, line: str, column: int, reason: str) -> None:
    error = refusal(tmp_path, [*rows([1, 2]), line])
    assert (error.source, error.row, error.column) == ("trace.csv", 4, COLUMNS[column])
    assert reason in error.reason
    assert str(error).startswith(f"trace.csv, row 4, column {COLUMNS[column]}: ")
    assert len(str(error)) < 200


def test_the_first_gap_can_be_longer_than_any_step(tmp_path: Path) -> None:
    error = refusal(tmp_path, ["2024-03-01T00:00:00Z,10,1", "2024-03-01T02:00:00Z,10,1"])
    assert (error.row, error.column) == (3, COLUMNS[0])
    assert "more than an hour" in error.reason


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(HEADER.replace(column, "other") + "\na,b,c\n", "utf-8")
    with pytest.raises(TraceError, match="is missing") as caught:
        load_trace(path)
    assert (caught.value.row, caught.value.column) == (1, column)


def test_a_repeated_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(f"{HEADER},{COLUMNS[2]}\n", "utf-8")
    with pytest.raises(TraceError, match="appears twice"):
        load_trace(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "no row after the header" in refusal(tmp_path, []).reason
    (tmp_path / "empty.csv").touch()
    with pytest.raises(TraceError, match="not even a header"):
        load_trace(tmp_path / "empty.csv")


def test_more_than_a_year_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, rows([1] * 8785, step=3600))
    assert error.row == 8786
    assert "longer than 8784 hours" in error.reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("trace.csv.gz", b"timestamp_utc,gpus_total_count\n", "not a gzip file"),
        ("trace.csv.gz", gzip.compress(b"x" * 1000)[:-9], "damaged gzip"),
        ("trace.csv.gz", gzip.compress(b"x" * 1000)[:20] + b"\0" * 20, "damaged gzip"),
        ("trace.csv", b"\xff\xfe\x00\x01 binary", "not UTF-8"),
        ("trace.csv", HEADER.encode() + b'\n"2024-03-01T00:00:00Z,10,1', "not CSV"),
    ],
    # Named, because a compressed file carries the time: workers that start in different seconds
    # would collect tests of different names.
    ids=["no gzip", "cut short", "overwritten", "no UTF-8", "no CSV"],
)
def test_what_is_no_csv_is_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TraceError, match=reason):
        load_trace(tmp_path / name)


def test_what_can_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"none\.csv: can not be read"):
        load_trace(tmp_path / "none.csv")
    with pytest.raises(TraceError, match="can not be read"):
        load_trace(tmp_path)
