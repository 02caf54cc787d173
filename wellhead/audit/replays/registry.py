"""The registry from its events: clusters and their terms, and the market clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Protocol

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.replays.clusters import WORDS, Cluster, words
from wellhead.audit.replays.clusters import Offer as Offer  # re-exported
from wellhead.audit.words import list_of, packed, slot_of
from wellhead.model.terms import Service, Split

HOUR = 3600
Q = 10**6

_COUNT, _CLOCK, _CLUSTERS = 3, 4, 6


class Signers(Protocol):
    """What the registry asks of the oracle."""

    threshold: int

    def check_signers(self, replay: Replay, log: Log, needed: int) -> None: ...

    def measured(self, cluster: int, hour: int) -> int: ...


class Bookings(Protocol):
    """What the registry asks of the market."""

    def covered_at(self, cluster: int, hour: int) -> int: ...


class Shares(Protocol):
    """What the registry asks of the router."""

    def check_top_up(self, replay: Replay, log: Log, attested: int) -> None: ...


class RegistryReplay(Replay):
    """The registry's storage, and what the others ask it. `time` is the asking event's."""

    contract = "CapacityRegistry"

    def __init__(self, address: int, findings: Findings) -> None:
        super().__init__(address, findings)
        self.authority = 0
        self.clusters: dict[int, Cluster] = {}
        #: Changes of the clock: (unix time, clock); at even positions it starts to run.
        self.changes: list[tuple[int, int]] = []
        #: Set when they are there: they ask this one first.
        self.oracle: Signers | None = None
        self.market: Bookings | None = None
        self.router: Shares | None = None

    # What the others ask.

    def cluster(self, cluster: int) -> Cluster | None:
        return self.clusters.get(cluster)

    def genesis(self, cluster: int) -> int:
        """First hour of a cluster's record; 0 when there is no such cluster."""
        entry = self.clusters.get(cluster)
        return 0 if entry is None else entry.genesis

    def operator(self, cluster: int) -> int:
        """Who runs a cluster; 0 when there is no such cluster."""
        entry = self.clusters.get(cluster)
        return 0 if entry is None else entry.operator

    def token(self, cluster: int) -> int:
        """A cluster's token; 0 when there is no such cluster."""
        entry = self.clusters.get(cluster)
        return 0 if entry is None else entry.token

    def service(self, cluster: int) -> Service:
        """A cluster's service terms; KeyError when there is no such cluster."""
        return self.clusters[cluster].service

    def split(self, cluster: int) -> Split:
        """How a cluster's revenue is split; KeyError when there is no such cluster."""
        return self.clusters[cluster].split

    def offer(self, cluster: int) -> Offer:
        """What prices and bookings read; KeyError when there is no such cluster."""
        entry = self.clusters[cluster]
        return Offer(
            entry.pricing,
            entry.attested,
            entry.sellable,
            entry.genesis,
            entry.service.bond,
            self.is_paused,
        )

    @property
    def is_paused(self) -> bool:
        return len(self.changes) % 2 == 0 and bool(self.changes)

    def clock_now(self, time: int) -> int:
        """The market clock at `time`, no earlier than its latest change."""
        if not self.changes:
            return 0
        at, clock = self.changes[-1]
        return clock if self.is_paused else clock + time - at

    def clock_at(self, time: int) -> int:
        """The market clock as it stood at `time`, up to now; 0 before it started."""
        position = bisect_right(self.changes, time, key=lambda change: change[0])
        if position == 0:
            return 0
        at, clock = self.changes[position - 1]
        return clock if position % 2 == 0 else clock + time - at

    # Events.

    def AuthorityUpdated(self, log: Log) -> None:  # noqa: N802
        self.authority = log.args["authority"]
        if not self.changes:  # the constructor's
            self.changes.append((log.time, 0))

    def ClusterRegistered(self, log: Log) -> None:  # noqa: N802
        args = log.args
        cluster = args["clusterId"]
        self.expect(log, "clusterId", len(self.clusters) + 1)
        self.expect(log, "genesis", log.time // HOUR)
        self.clusters[cluster] = Cluster.registered(log, log.time // HOUR)

    def Attested(self, log: Log) -> None:  # noqa: N802
        entry = self._known(log)
        if entry is None:
            return
        if self.router is not None:
            self.router.check_top_up(self, log, entry.attested)
        entry.attested += log.args["units"]
        entry.sellable += log.args["units"]
        entry.attestations += 1
        if self.oracle is not None:
            self.oracle.check_signers(self, log, self.oracle.threshold)
        self.expect(log, "attested", entry.attested)
        self.expect(log, "sellable", entry.sellable)

    def SellableSet(self, log: Log) -> None:  # noqa: N802
        entry = self._known(log)
        if entry is not None:
            entry.sellable = log.args["sellable"]

    def Retired(self, log: Log) -> None:  # noqa: N802
        entry = self._known(log)
        if entry is None:
            return
        entry.attested -= log.args["units"]
        entry.sellable = min(entry.sellable, entry.attested)
        self.expect(log, "attested", entry.attested)
        self.expect(log, "sellable", entry.sellable)

    def OperatorChanged(self, log: Log) -> None:  # noqa: N802
        entry = self._known(log)
        if entry is None:
            return
        self.expect(log, "former", entry.operator)
        entry.operator = log.args["operator"]

    def OffBook(self, log: Log) -> None:  # noqa: N802
        entry = self._known(log)
        if entry is None:
            return
        cluster, hour = log.args["clusterId"], log.args["hour"]
        self.expect(log, "attested", entry.attested)
        if self.oracle is not None:
            self.expect(log, "measured", self.oracle.measured(cluster, hour))
        if self.market is not None:
            self.expect(log, "covered", self.market.covered_at(cluster, hour))

    def Paused(self, log: Log) -> None:  # noqa: N802
        self._toggle(log, stops=True)

    def Unpaused(self, log: Log) -> None:  # noqa: N802
        self._toggle(log, stops=False)

    def _toggle(self, log: Log, *, stops: bool) -> None:
        if self.is_paused == stops:
            self.differ(log, "event", log.name, "a clock that ran" if stops else "a pause")
            return
        clock = self.clock_now(log.time)
        self.expect(log, "clock", clock)
        self.changes.append((log.time, clock))

    def _known(self, log: Log) -> Cluster | None:
        entry = self.clusters.get(log.args["clusterId"])
        if entry is None:
            self.differ(log, "clusterId", log.args["clusterId"], "a cluster that was registered")
        return entry

    # Storage.

    def slots(self) -> Iterator[Slot]:
        if self.authority:
            yield 0, self.authority, ("_authority",)
        if self.clusters:
            yield _COUNT, len(self.clusters), ("clusterCount",)
        yield from self._clock_slots()
        for cluster, entry in self.clusters.items():
            first = slot_of(_CLUSTERS, cluster)
            for offset, word in enumerate(words(entry)):
                if word:
                    yield first + offset, word, ("_clusters", cluster, WORDS[offset])

    def _clock_slots(self) -> Iterator[Slot]:
        if not self.changes:
            return
        at, clock = self.changes[-1]
        yield _CLOCK, packed((at, 64), (clock, 64), (self.is_paused, 8)), ("_clock",)
        yield _CLOCK + 1, len(self.changes), ("_clock", "changes", "length")
        first = list_of(_CLOCK + 1)
        for position, (at, clock) in enumerate(self.changes):
            yield first + position, packed((at, 64), (clock, 64)), ("_clock", "changes", position)
