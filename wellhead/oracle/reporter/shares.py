"""How much of the store one cluster's exporters may fill: what they show is its operator's choice,
and the store is all clusters'.

Half of the store's largest size is for what exporters bring into it, in equal parts for all
clusters that are measured: looks, the one before each hour, and names of devices, claimed or
refused. The other half is for what was measured and signed, and for what SQLite takes besides: for
looks of 2 kB, of which a page holds one, as much again. Where the store has no largest size there
are no shares.

A look that has no room in its cluster's share is kept as one in vain, which takes next to nothing.
So whoever fills a share loses its own looks and nobody else's, and can not keep its own hours from
being measured either. Names are counted once their hour is measured, and may go beyond a share by
that. There is room again when old raw samples are forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from wellhead.oracle.readings import Moment
from wellhead.oracle.reporter.raws import size_of
from wellhead.oracle.reporter.store import Store

log = logging.getLogger("wellhead.reporter")

#: One of so many parts of the store's largest size is shared.
SHARED = 2
#: Hundredths of a share that are a problem: it takes time until a store may be larger.
PROBLEM = 90


class Shares:
    """The shares of these clusters in a store."""

    def __init__(self, store: Store, clusters: Collection[int]) -> None:
        self._raws, self._clusters = store.raws, clusters
        most = store.database.max_bytes
        #: Bytes that each may have; None where nothing bounds it.
        self.share = None if most is None else most // SHARED // max(1, len(clusters))

    def bounded(self, cluster: int, looks: Sequence[Moment]) -> list[Moment]:
        """These looks, which are to be kept; those that have no room are in vain."""
        if self.share is None:
            return [*looks]
        left = self.share - self._raws.size(cluster)
        found, full = [], 0
        for look in looks:
            size = size_of(look)
            if look.readings and size > left:
                found.append(Moment(look.time_s))
                full += 1
            else:
                found.append(look)
                left -= size
        if full:
            log.warning(
                "cluster %d: %d of %d looks count for nothing: what its exporters show has no room "
                "in its share of the store, %d bytes",
                *(cluster, full, len(looks), self.share),
            )
        return found

    def problems(self) -> list[str]:
        """Whose share is nearly full, a sentence each."""
        if self.share is None:
            return []
        return [
            f"cluster {number} takes {100 * size // self.share} % of its share of the store: looks "
            "that have no room in it count for nothing"
            for number in self._clusters
            if 100 * (size := self._raws.size(number)) >= PROBLEM * self.share
        ]
