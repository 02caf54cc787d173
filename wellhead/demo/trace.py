"""A cluster's utilization trace, read from CSV and gathered into the chain's hours.

A trace has one row per moment, at a constant step of at most an hour, with at least the columns of
`COLUMNS`; others are ignored. The step may be anything (one minute, 57 seconds, a quarter): a row
counts for the hour (unix time / 3600) in which its moment lies. A trace may begin and end within an
hour; such an hour is the mean of the rows that it has.

What a row states is how many units ran jobs. It does not state how many were available. So
availability is an inference, and labelled as one: a moment at which no unit of the whole cluster
ran counts as down, all of it; at any other moment every unit counts as working. Idle small
clusters look the same as broken ones, hence the inference can be switched off. Then every unit
works all the time and there are no refunds.

A trace knows no energy and no work. Both are reported as 0, which means "not measured".

Everything is integer arithmetic. A cluster's units are attested once, so a total that changes
within the file is refused, and so are gaps, repetitions and disorder: an hour that lacks moments
must not pass for a measured one.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

from eth_utils.crypto import keccak

COLUMNS = ("timestamp_utc", "gpus_total_count", "gpus_running_count")
BUNDLED = "helios_earth_cluster_1min.csv.gz"

HOUR = 3600
Q = 1_000_000
THOUSANDTHS = 1000
MAX_UNITS = 2**26 - 1  # the registry's limit
MAX_HOURS = 8784  # a leap year
MAX_DIGITS = 12
FIRST_YEAR, LAST_YEAR = 1971, 3000  # what the chain's clock can hold with room to spare

_GZIP_MAGIC = b"\x1f\x8b"
_INTEGER = re.compile(r"[0-9]+")


class TraceError(ValueError):
    """A trace that can not be replayed: file, row (the header is row 1), column, and why."""

    def __init__(
        self, source: str, reason: str, row: int | None = None, column: str | None = None
    ) -> None:
        self.source, self.reason, self.row, self.column = source, reason, row, column
        place = [source]
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column {column}")
        super().__init__(f"{', '.join(place)}: {reason}")


@dataclass(frozen=True, slots=True)
class TraceHour:
    """What the trace says of one hour.

    `samples` rows lie in it, in `up` of which the cluster was up; `running` sums their units that
    ran. `evidence` is the keccak-256 of the rows as read: a Merkle tree of a single leaf.
    """

    hour: int
    units: int
    samples: int
    up: int
    running: int
    evidence: bytes

    @property
    def down(self) -> int:
        """Rows in which the cluster counts as down."""
        return self.samples - self.up

    @property
    def working(self) -> int:
        """Mean of the units that worked, thousandths of a unit."""
        return THOUSANDTHS * self.units * self.up // self.samples

    @property
    def measured(self) -> int:
        """Mean of running units over all units, millionths."""
        return Q * self.running // (self.units * self.samples)

    def available(self, booked: int) -> int:
        """Mean of min(units working, units booked), thousandths of a unit.

        The minimum is taken moment by moment. All units or none work at a moment, so it is either
        what is booked (at most all units) or nothing.
        """
        return THOUSANDTHS * min(booked, self.units) * self.up // self.samples


@dataclass(frozen=True)
class Trace:
    """A whole trace. `begin` is the first row's unix time, `step` the seconds between rows (an hour
    if there is only one row)."""

    source: str
    units: int
    begin: int
    step: int
    hours: tuple[TraceHour, ...]

    @property
    def first_hour(self) -> int:
        return self.hours[0].hour

    @property
    def end_hour(self) -> int:
        """The hour after the last one."""
        return self.hours[-1].hour + 1

    @property
    def rows(self) -> int:
        return sum(hour.samples for hour in self.hours)

    @property
    def down_hours(self) -> int:
        """Hours in which the cluster counts as down for at least one row."""
        return sum(hour.down > 0 for hour in self.hours)


def load_trace(path: Path | None = None, *, infer_down: bool = True) -> Trace:
    """Read a trace from a CSV file, gzipped or not; without a path, the bundled one.

    Raises TraceError for anything that can not be replayed.
    """
    if path is not None:
        return _load(path, infer_down)
    with as_file(files(__package__) / "data" / BUNDLED) as bundled:
        return _load(bundled, infer_down)


def _load(path: Path, infer_down: bool) -> Trace:
    source = path.name
    gathering = _Gathering(source, infer_down)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if path.suffix == ".gz" and not packed:
                raise TraceError(source, "not a gzip file, as its name says")
            plain = gzip.GzipFile(fileobj=raw) if packed else raw
            with io.TextIOWrapper(plain, "utf-8-sig", newline="") as text:
                for row in _rows(source, text):
                    gathering.add(row)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TraceError(source, f"damaged gzip file ({error})") from error
    except UnicodeDecodeError as error:
        raise TraceError(source, "not a CSV file: not UTF-8 text") from error
    except OSError as error:
        raise TraceError(source, f"can not be read ({error.strerror or error})") from error
    return gathering.trace()


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    fields: tuple[str, ...]  # as read, in the order of COLUMNS


def _rows(source: str, text: io.TextIOWrapper) -> Iterator[_Row]:
    """The rows' wanted fields; blank lines are passed over."""
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise TraceError(source, "empty: not even a header row")
        for column in COLUMNS:
            if header.count(column) != 1:
                problem = "appears twice" if column in header else "is missing"
                raise TraceError(source, f"the column {problem}", 1, column)
        places = [header.index(column) for column in COLUMNS]
        for fields in reader:
            if not fields:
                continue
            number = reader.line_num
            if len(fields) != len(header):
                column = header[len(fields)] if len(fields) < len(header) else header[-1]
                reason = f"the row has {len(fields)} fields, the header {len(header)}"
                raise TraceError(source, reason, number, column)
            yield _Row(number, tuple(fields[place] for place in places))
    except csv.Error as error:
        raise TraceError(source, f"not CSV ({error})", reader.line_num) from error


class _Gathering:
    """Rows come in one by one, hours come out."""

    def __init__(self, source: str, infer_down: bool) -> None:
        self._source = source
        self._infer_down = infer_down
        self._hours: list[TraceHour] = []
        self._begin = self._last = self._step = self._units = 0
        self._open_hour = self._samples = self._up = self._running = 0
        self._lines: list[str] = []

    def add(self, row: _Row) -> None:
        moment = self._moment(row)
        total, running = self._count(row, 1), self._count(row, 2)
        if not 1 <= total <= MAX_UNITS:
            raise self._error(row, 1, f"{total} is not between 1 and {MAX_UNITS}")
        if self._units and total != self._units:
            reason = f"the total changes from {self._units} to {total}; it must stay the same"
            raise self._error(row, 1, reason)
        if running > total:
            raise self._error(row, 2, f"{running} running of {total} in total")
        if not self._units:
            self._units, self._begin, self._open_hour = total, moment, moment // HOUR
        else:
            self._check_step(row, moment)
        self._last = moment
        if moment // HOUR != self._open_hour:
            self._close_hour()
            self._open_hour = moment // HOUR
            if len(self._hours) >= MAX_HOURS:
                raise self._error(row, 0, f"the trace is longer than {MAX_HOURS} hours")
        self._samples += 1
        self._running += running
        self._up += running > 0 or not self._infer_down
        self._lines.append(",".join(row.fields))

    def trace(self) -> Trace:
        if not self._units:
            raise TraceError(self._source, "empty: no row after the header", 1)
        self._close_hour()
        hours = tuple(self._hours)
        return Trace(self._source, self._units, self._begin, self._step or HOUR, hours)

    def _close_hour(self) -> None:
        hour = TraceHour(
            hour=self._open_hour,
            units=self._units,
            samples=self._samples,
            up=self._up,
            running=self._running,
            evidence=keccak("\n".join(self._lines).encode()),
        )
        self._hours.append(hour)
        self._samples = self._up = self._running = 0
        self._lines.clear()

    def _moment(self, row: _Row) -> int:
        """Unix time of a row. A time without a zone is UTC, as the column's name says."""
        said = row.fields[0]
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            raise self._error(row, 0, f"{_short(said)} is not an ISO-8601 time") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if moment.microsecond:
            raise self._error(row, 0, f"{_short(said)} is not a whole second")
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise self._error(row, 0, f"{_short(said)}: not in {FIRST_YEAR} to {LAST_YEAR}")
        return int(moment.timestamp())

    def _count(self, row: _Row, column: int) -> int:
        said = row.fields[column]
        if not _INTEGER.fullmatch(said):
            negative = said.startswith("-") and _INTEGER.fullmatch(said[1:])
            raise self._error(
                row, column, f"{_short(said)} is {'negative' if negative else 'not a whole number'}"
            )
        if len(said) > MAX_DIGITS:
            raise self._error(row, column, f"{_short(said)} is too large")
        return int(said)

    def _check_step(self, row: _Row, moment: int) -> None:
        """The second row sets the step; every later one must keep it."""
        passed = moment - self._last
        if passed == 0:
            raise self._error(row, 0, f"the moment {_short(row.fields[0])} is there twice")
        if passed < 0:
            raise self._error(row, 0, f"{_short(row.fields[0])} lies before the row above")
        if not self._step:
            if passed > HOUR:
                raise self._error(row, 0, f"{passed} s after the row above, more than an hour")
            self._step = passed
        if passed != self._step:
            kind = "a gap: " if passed > self._step else ""
            reason = f"{kind}{passed} s after the row above, where the step is {self._step} s"
            raise self._error(row, 0, reason)

    def _error(self, row: _Row, column: int, reason: str) -> TraceError:
        return TraceError(self._source, reason, row.number, COLUMNS[column])


def _short(said: str) -> str:
    """What a field said, cut and quoted for a message."""
    return repr(said if len(said) <= 40 else said[:37] + "...")
