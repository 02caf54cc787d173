"""Looking at a cluster through all its sources at once.

What an exporter shows is its operator's to choose, and the store is all clusters'. So a look has a
bound, by the units that are attested: one that shows more shows nothing. And so have the texts that
are kept of a device: one with longer ones is not there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.reporter.config import ClusterTable, is_live
from wellhead.oracle.sources import Source, SourceError, make_source
from wellhead.oracle.sources.base import Clock, is_short, machine_clock

log = logging.getLogger("wellhead.reporter")

#: Seconds that a look may take until it counts as failed.
LOOK_S = 600
#: Readings of one look: for each GPU of the attested units, which may be cut into seven, and beside
#: these, for what serves tokens and for devices that are not attested yet.
READINGS_PER_GPU, MORE_READINGS = 8, 1024
#: A whole unit's weight.
UNIT = 1000


class Watch:
    """A cluster and its sources, all live or all with a history. A look is one by every source: a
    device that two of them show counts once, as the first shows it."""

    def __init__(
        self, table: ClusterTable, sources: Sequence[Source], now: Clock = machine_clock
    ) -> None:
        self.table = table
        self.is_live = any(is_live(config) for config in table.sources)
        self._sources, self._now = sources, now
        #: How many units are attested now, SourceError where nobody can say; asked only where a
        #: live look shows so much that it matters. Whoever measures the cluster sets it.
        self.attested: Callable[[], int] = lambda: 0
        weights = [getattr(config, "weight_milli", UNIT) for config in table.sources]
        self._gpus_per_unit = max(1, UNIT // min((w for w in weights if w), default=UNIT))

    @classmethod
    def of(cls, table: ClusterTable, now: Clock = machine_clock) -> Watch:
        return cls(table, [make_source(config, now) for config in table.sources], now)

    @property
    def cluster(self) -> int:
        return self.table.cluster

    def most_readings(self, attested: int) -> int:
        """How many readings a look at so many attested units may have."""
        return READINGS_PER_GPU * self._gpus_per_unit * attested + MORE_READINGS

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
        whole = _merged(max(part.time_s for part in parts), parts)
        attested = self.attested() if len(whole.readings) > MORE_READINGS else 0
        return self._bounded([whole], attested)[0]

    def recorded(self, begin_s: int, end_s: int, attested: int) -> list[Moment]:
        """The looks of [begin_s, end_s) that all sources remember; SourceError where one can not
        say. `attested` units are the cluster's then."""
        found = [
            {moment.time_s: moment for moment in source.read(begin_s, end_s)}
            for source in self._sources
        ]
        shared = set(found[0]).intersection(*found[1:])
        looks = [
            _merged(time_s, [moments[time_s] for moments in found]) for time_s in sorted(shared)
        ]
        return self._bounded(looks, attested)

    def _bounded(self, looks: Sequence[Moment], attested: int) -> list[Moment]:
        """These looks without devices of too long texts; those that show too many are in vain."""
        most = self.most_readings(attested)
        found = []
        long, full = 0, 0
        for look in looks:
            kept = tuple(reading for reading in look.readings if is_short(reading))
            long += len(look.readings) - len(kept)
            full += len(kept) > most
            found.append(Moment(look.time_s, kept if len(kept) <= most else ()))
        if long:
            log.warning("cluster %d: %d readings have too long names", self.cluster, long)
        if full:
            log.warning(
                "cluster %d: %d of %d looks count for nothing: they show more than the %d devices "
                "that %d attested units may have",
                *(self.cluster, full, len(looks), most, attested),
            )
        return found


def _merged(time_s: int, parts: Sequence[Moment]) -> Moment:
    readings: dict[str, Reading] = {}
    for part in parts:
        for reading in part.readings:
            readings.setdefault(reading.device, reading)
    return Moment(time_s, tuple(readings[name] for name in sorted(readings)))
