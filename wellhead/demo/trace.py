"""A cluster's utilization trace, gathered into the chain's hours.

`wellhead.oracle.sources.trace_rows` reads and checks the rows. The step may be anything up to an
hour (one minute, 57 seconds, a quarter): a row counts for the hour (unix time / 3600) in which its
moment lies. A trace may begin and end within an hour; such an hour is the mean of the rows that it
has.

What a row states is how many units ran jobs. It does not state how many were available. So
availability is an inference, and labelled as one: a moment at which no unit of the whole cluster
ran counts as down, all of it; at any other moment every unit counts as working. Idle small
clusters look the same as broken ones, hence the inference can be switched off. Then every unit
works all the time and there are no refunds.

A trace knows no energy and no work. Both are reported as 0, which means "not measured".

Everything is integer arithmetic. A cluster's units are attested once, so a total that changes
within the file is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wellhead.oracle.sources.trace_rows import BUNDLED as BUNDLED
from wellhead.oracle.sources.trace_rows import COLUMNS as COLUMNS
from wellhead.oracle.sources.trace_rows import MAX_UNITS as MAX_UNITS
from wellhead.oracle.sources.trace_rows import Row, read_rows
from wellhead.oracle.sources.trace_rows import TraceError as TraceError

HOUR = 3600
Q = 1_000_000
THOUSANDTHS = 1000
MAX_HOURS = 8784  # a leap year


@dataclass(frozen=True, slots=True)
class TraceHour:
    """What the trace says of one hour.

    `samples` rows lie in it, in `up` of which the cluster was up; `running` sums their units that
    ran.
    """

    hour: int
    units: int
    samples: int
    up: int
    running: int

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
    source = path.name if path else BUNDLED
    gathering = _Gathering(source, infer_down)
    for row in read_rows(path):
        gathering.add(row)
    return gathering.trace()


class _Gathering:
    """Rows come in one by one, hours come out."""

    def __init__(self, source: str, infer_down: bool) -> None:
        self._source = source
        self._infer_down = infer_down
        self._hours: list[TraceHour] = []
        self._open: list[Row] = []  # the rows of the hour that is being gathered
        self._begin = self._step = 0

    def add(self, row: Row) -> None:
        if not self._open:
            self._begin = row.time_s
        elif not self._step:
            self._step = row.time_s - self._begin
        if self._open and row.time_s // HOUR != self._open[0].time_s // HOUR:
            self._close_hour()
            if len(self._hours) >= MAX_HOURS:
                reason = f"the trace is longer than {MAX_HOURS} hours"
                raise TraceError(self._source, reason, row.number, COLUMNS[0])
        self._open.append(row)

    def trace(self) -> Trace:
        units = self._open[0].total
        self._close_hour()
        hours = tuple(self._hours)
        return Trace(self._source, units, self._begin, self._step or HOUR, hours)

    def _close_hour(self) -> None:
        rows, self._open = self._open, []
        hour = TraceHour(
            hour=rows[0].time_s // HOUR,
            units=rows[0].total,
            samples=len(rows),
            up=sum(row.running > 0 or not self._infer_down for row in rows),
            running=sum(row.running for row in rows),
        )
        self._hours.append(hour)
