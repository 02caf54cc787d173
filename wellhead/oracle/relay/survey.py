"""What there is to do, by the chain."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from wellhead.oracle.chain import HOUR, ChainView
from wellhead.oracle.measurements import Key

#: Seconds for which a final record is looked at again: until then a reorganisation may undo it.
_SETTLING = 3600


@dataclass
class Found:
    """Hours within reach, by what is due. `measured` has the utilization, millionths, of those
    that are on record and were not settled long ago."""

    unreported: list[Key] = field(default_factory=list)
    contested: list[Key] = field(default_factory=list)
    measured: dict[Key, int] = field(default_factory=dict)


class Survey:
    """Looks at the last `lookback` hours of all clusters, or of those named. Hours whose record
    can not change any more are remembered."""

    def __init__(self, view: ChainView, lookback: int, clusters: Collection[int] = ()) -> None:
        self._view, self._lookback, self._only = view, lookback, clusters
        #: When an hour was first seen final, chain time.
        self._final: dict[Key, int] = {}

    def clusters(self) -> list[int]:
        return [c.number for c in self._view.clusters() if not self._only or c.number in self._only]

    def look(self, now: int) -> Found:
        """All of it, the oldest hours first."""
        end = now // HOUR
        begin = end - self._lookback
        self._final = {key: at for key, at in self._final.items() if key[1] >= begin}
        keys = [
            (cluster, hour)
            for cluster in self.clusters()
            for hour in range(max(begin, self._view.cluster(cluster).genesis), end)
            if now - self._final.get((cluster, hour), now) < _SETTLING
        ]
        keys.sort(key=lambda key: (key[1], key[0]))
        found = Found()
        for key, record in zip(keys, self._view.records(keys), strict=True):
            if not record["reported"]:
                found.unreported.append(key)
                self._final.pop(key, None)
                continue
            found.measured[key] = int(record["measured"])
            if record["isContested"]:
                found.contested.append(key)
            elif record["isFinal"]:
                self._final.setdefault(key, now)
        return found
