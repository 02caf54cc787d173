"""Recorded traces: the rows of a CSV file, each checked.

A trace has one row per moment, at a constant step of at most an hour, with at least the columns of
`COLUMNS`; others are ignored. A total that changes within the file is refused, and so are gaps,
repetitions and disorder: an hour that lacks moments must not pass for a measured one.
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

COLUMNS = ("timestamp_utc", "gpus_total_count", "gpus_running_count")
BUNDLED = "helios_earth_cluster_1min.csv.gz"

HOUR = 3600
MAX_UNITS = 2**26 - 1  # the registry's limit
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
class Row:
    """One moment: unix time, units in total, units that ran."""

    number: int
    fields: tuple[str, ...]  # as read, in the order of COLUMNS
    time_s: int
    total: int
    running: int


def read_rows(path: Path | None = None) -> Iterator[Row]:
    """The rows of a CSV file, gzipped or not; without a path, of the bundled trace.

    Raises TraceError at the first thing that can not be replayed.
    """
    if path is not None:
        yield from _read(path)
        return
    with as_file(files("wellhead.demo") / "data" / BUNDLED) as bundled:
        yield from _read(bundled)


def _read(path: Path) -> Iterator[Row]:
    source = path.name
    checks = _Checks(source)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if path.suffix == ".gz" and not packed:
                raise TraceError(source, "not a gzip file, as its name says")
            plain = gzip.GzipFile(fileobj=raw) if packed else raw
            with io.TextIOWrapper(plain, "utf-8-sig", newline="") as text:
                for number, fields in _fields(source, text):
                    yield checks.row(number, fields)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TraceError(source, f"damaged gzip file ({error})") from error
    except UnicodeDecodeError as error:
        raise TraceError(source, "not a CSV file: not UTF-8 text") from error
    except OSError as error:
        raise TraceError(source, f"can not be read ({error.strerror or error})") from error
    if not checks.units:
        raise TraceError(source, "empty: no row after the header", 1)


def _fields(source: str, text: io.TextIOWrapper) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows' numbers and wanted fields; blank lines are passed over."""
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
            yield number, tuple(fields[place] for place in places)
    except csv.Error as error:
        raise TraceError(source, f"not CSV ({error})", reader.line_num) from error


class _Checks:
    """What a row must be by itself and after those before it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._last = self._step = self.units = 0

    def row(self, number: int, fields: tuple[str, ...]) -> Row:
        time_s = self._time(number, fields[0])
        total, running = self._count(number, fields, 1), self._count(number, fields, 2)
        if not 1 <= total <= MAX_UNITS:
            raise self._error(number, 1, f"{total} is not between 1 and {MAX_UNITS}")
        if self.units and total != self.units:
            reason = f"the total changes from {self.units} to {total}; it must stay the same"
            raise self._error(number, 1, reason)
        if running > total:
            raise self._error(number, 2, f"{running} running of {total} in total")
        if self.units:
            self._check_step(number, fields[0], time_s)
        self.units, self._last = total, time_s
        return Row(number, fields, time_s, total, running)

    def _time(self, number: int, said: str) -> int:
        """Unix time of a row. A time without a zone is UTC, as the column's name says."""
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            raise self._error(number, 0, f"{_short(said)} is not an ISO-8601 time") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if moment.microsecond:
            raise self._error(number, 0, f"{_short(said)} is not a whole second")
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise self._error(number, 0, f"{_short(said)}: not in {FIRST_YEAR} to {LAST_YEAR}")
        return int(moment.timestamp())

    def _count(self, number: int, fields: tuple[str, ...], column: int) -> int:
        said = fields[column]
        if not _INTEGER.fullmatch(said):
            negative = said.startswith("-") and _INTEGER.fullmatch(said[1:])
            problem = "negative" if negative else "not a whole number"
            raise self._error(number, column, f"{_short(said)} is {problem}")
        if len(said) > MAX_DIGITS:
            raise self._error(number, column, f"{_short(said)} is too large")
        return int(said)

    def _check_step(self, number: int, said: str, time_s: int) -> None:
        """The second row sets the step; every later one must keep it."""
        passed = time_s - self._last
        if passed == 0:
            raise self._error(number, 0, f"the moment {_short(said)} is there twice")
        if passed < 0:
            raise self._error(number, 0, f"{_short(said)} lies before the row above")
        if not self._step:
            if passed > HOUR:
                raise self._error(number, 0, f"{passed} s after the row above, more than an hour")
            self._step = passed
        if passed != self._step:
            kind = "a gap: " if passed > self._step else ""
            reason = f"{kind}{passed} s after the row above, where the step is {self._step} s"
            raise self._error(number, 0, reason)

    def _error(self, number: int, column: int, reason: str) -> TraceError:
        return TraceError(self._source, reason, number, COLUMNS[column])


def _short(said: str) -> str:
    """What a field said, cut and quoted for a message."""
    return repr(said if len(said) <= 40 else said[:37] + "...")
