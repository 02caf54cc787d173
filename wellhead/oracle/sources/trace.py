"""History: a recorded trace, played back.

A row says how many units ran and how many there are. So a moment has two readings: the units that
ran, and those that did not. That a trace does not say whether idle units worked is dealt with as
wellhead.demo.trace has it, by inference and labelled as one: where no unit of the whole cluster
ran, all of it counts as down.
"""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import Literal

from pydantic import Field

from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.sources.base import SourceError, SourceTable
from wellhead.oracle.sources.trace_rows import Row, TraceError, read_rows


class TraceConfig(SourceTable):
    """`path` is a CSV file, gzipped or not; without one it is the bundled trace. Rows are shown
    `shift_s` seconds later than they say. `prefix` goes before the devices' names: a device that
    stands in two clusters counts in one."""

    kind: Literal["trace"] = "trace"
    path: Path | None = None
    infer_down: bool = True
    shift_s: int = 0
    prefix: str = Field(default="", max_length=64)


class TraceSource:
    """Reads the whole file at the first question; SourceError where it is no trace."""

    name = "trace"

    def __init__(self, config: TraceConfig) -> None:
        self._config = config
        self._rows: list[Row] = []

    def read(self, begin_s: int, end_s: int) -> list[Moment]:
        if not self._rows:
            try:
                self._rows = list(read_rows(self._config.path))
            except TraceError as error:
                raise SourceError(str(error)) from error
        shift = self._config.shift_s
        first, end = (
            bisect_left(self._rows, time_s - shift, key=lambda row: row.time_s)
            for time_s in (begin_s, end_s)
        )
        return [self._moment(row) for row in self._rows[first:end]]

    def _moment(self, row: Row) -> Moment:
        config = self._config
        idle = Reading(
            device=f"{config.prefix}idle",
            weight_milli=(row.total - row.running) * 1000,
            healthy=row.running > 0 or not config.infer_down,
            active_ppm=0,
        )
        running = Reading(
            device=f"{config.prefix}running", weight_milli=row.running * 1000, active_ppm=1_000_000
        )
        return Moment(row.time_s + config.shift_s, (idle, running))
