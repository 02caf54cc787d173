"""What reporters, relays and whoever checks them read from the chain."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wellhead.chain import Deployment
from wellhead.model.terms import Kind
from wellhead.oracle.measurements import Domain, Key

HOUR = 3600


@dataclass(frozen=True)
class Signers:
    """The reporters in ascending order, how many sign a batch, and how many a recount."""

    addresses: tuple[str, ...]
    threshold: int

    @property
    def supermajority(self) -> int:
        return max(self.threshold, len(self.addresses) - 1)


@dataclass(frozen=True)
class Cluster:
    """What does not change of a cluster."""

    number: int
    genesis: int
    kind: Kind
    sku: str


class ChainView:
    """Reads at the latest block; nothing is remembered but what can not change."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        addresses = deployment.addresses
        self.domain = Domain(deployment.chain_id, addresses["MetricsOracle"], addresses["Contests"])
        self._clusters: dict[int, Cluster] = {}

    def now(self) -> int:
        """Unix time of the latest block."""
        return self.deployment.rpc.now()

    def signers(self) -> Signers:
        addresses, threshold = self.deployment.oracle.call("signers")
        return Signers(tuple(addresses), int(threshold))

    def clusters(self) -> list[Cluster]:
        """Every cluster there is, in the order of their numbers."""
        count = int(self.deployment.registry.call("clusterCount"))
        return [self.cluster(number) for number in range(1, count + 1)]

    def cluster(self, number: int) -> Cluster:
        """One cluster; Reverted when there is none."""
        if number not in self._clusters:
            state, terms = self.deployment.registry.call_many(
                [("clusterOf", [number]), ("termsOf", [number])]
            )
            self._clusters[number] = Cluster(
                number=number,
                genesis=int(state["genesis"]),
                kind=Kind(int(terms["kind"])),
                sku=bytes(terms["sku"]).rstrip(b"\0").decode("ascii", "replace"),
            )
        return self._clusters[number]

    def booked(self, cluster: int, hours: Sequence[int]) -> list[int]:
        """Units booked in each hour; of an hour that is over it changes no more."""
        calls = [("bookedAt", [cluster, hour]) for hour in hours]
        return [int(units) for units in self.deployment.market.call_many(calls)]

    def attested(self, cluster: int, hours: Sequence[int]) -> list[int]:
        """Units attested at the end of each hour, from the registry's events."""
        history = self._attestations(cluster)
        times = [at for at, _ in history]
        ends = [bisect_left(times, (hour + 1) * HOUR) for hour in hours]
        return [history[end - 1][1] if end else 0 for end in ends]

    def records(self, keys: Sequence[Key]) -> list[dict[str, Any]]:
        """IMetricsOracle.Record of each (cluster, hour)."""
        records: list[dict[str, Any]] = self.deployment.oracle.call_many(
            [("recordOf", list(key)) for key in keys]
        )
        return records

    def unreported(self, cluster: int, begin: int, end: int) -> list[int]:
        """The hours of [begin, end), from the cluster's genesis on, that have no record."""
        hours = range(max(begin, self.cluster(cluster).genesis), end)
        records = self.records([(cluster, hour) for hour in hours])
        return [h for h, record in zip(hours, records, strict=True) if not record["reported"]]

    def _attestations(self, cluster: int) -> list[tuple[int, int]]:
        """(unix time, units from then on) of every change, in order."""
        registry, first = self.deployment.registry, self.deployment.block
        changes = [
            *registry.events("Attested", first, indexed=[cluster]),
            *registry.events("Retired", first, indexed=[cluster]),
        ]
        changes.sort(key=lambda event: (event.block, event.index))
        blocks = sorted({event.block for event in changes})
        found = self.deployment.rpc.batch(
            [("eth_getBlockByNumber", [hex(block), False]) for block in blocks]
        )
        times = {
            block: int(body["timestamp"], 16) for block, body in zip(blocks, found, strict=True)
        }
        return [(times[event.block], int(event["attested"])) for event in changes]
