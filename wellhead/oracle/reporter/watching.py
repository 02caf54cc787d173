"""Looking at a cluster through all its sources at once."""

from __future__ import annotations

from collections.abc import Sequence

from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.reporter.config import ClusterTable, is_live
from wellhead.oracle.sources import Source, SourceError, make_source
from wellhead.oracle.sources.base import Clock, machine_clock

#: Seconds that a look may take until it counts as failed.
LOOK_S = 600


class Watch:
    """A cluster and its sources, all live or all with a history. A look is one by every source: a
    device that two of them show counts once, as the first shows it."""

    def __init__(
        self, table: ClusterTable, sources: Sequence[Source], now: Clock = machine_clock
    ) -> None:
        self.table = table
        self.is_live = any(is_live(config) for config in table.sources)
        self._sources, self._now = sources, now

    @classmethod
    def of(cls, table: ClusterTable, now: Clock = machine_clock) -> Watch:
        return cls(table, [make_source(config, now) for config in table.sources], now)

    @property
    def cluster(self) -> int:
        return self.table.cluster

    def look(self) -> Moment:
        """Look now, at live sources; SourceError where one of them could not."""
        begin = self._now()
        parts: list[Moment] = []
        for source in self._sources:
            found = source.read(begin, begin + LOOK_S)
            if not found:
                raise SourceError(f"{source.name} took too long to look")
            parts.append(found[-1])
        # When the last was seen: nothing in it is older than it says, and less than a look.
        return _merged(max(part.time_s for part in parts), parts)

    def recorded(self, begin_s: int, end_s: int) -> list[Moment]:
        """The looks of [begin_s, end_s) that all sources remember; SourceError where one can not
        say."""
        found = [
            {moment.time_s: moment for moment in source.read(begin_s, end_s)}
            for source in self._sources
        ]
        shared = set(found[0]).intersection(*found[1:])
        return [
            _merged(time_s, [moments[time_s] for moments in found]) for time_s in sorted(shared)
        ]


def _merged(time_s: int, parts: Sequence[Moment]) -> Moment:
    readings: dict[str, Reading] = {}
    for part in parts:
        for reading in part.readings:
            readings.setdefault(reading.device, reading)
    return Moment(time_s, tuple(readings[name] for name in sorted(readings)))
