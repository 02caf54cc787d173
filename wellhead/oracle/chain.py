"""What reporters, relays and whoever checks them read from the chain."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wellhead.chain import Deployment, RpcError
from wellhead.chain.blocks import BlockGone, first_from
from wellhead.model.terms import Kind
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.measurements import Domain, Key, told

HOUR = 3600
#: Hours whose logs are read at once.
DAY = 24
#: Why it is not known from when on something was booked.
DISAGREEING = (
    "the node's logs disagree with its state: the leases that were booked in the course of the "
    "hour do not come to the market's unit-seconds"
)
#: Why it is not known how many units were attested.
UNATTESTED = "the node's logs of attestations disagree with its state"


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
    """Reads at the latest block; nothing is remembered but what can not change.

    The nodes of a provider's pool may lag behind each other, and an old state agrees with itself.
    So what a measurement rests on is read at one block, by its number: a node that does not have
    it fails, and does not answer for an older one.
    """

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        addresses = deployment.addresses
        self.domain = Domain(deployment.chain_id, addresses["MetricsOracle"], addresses["Contests"])
        self._clusters: dict[int, Cluster] = {}

    def now(self) -> int:
        """Unix time of the latest block."""
        return self.deployment.rpc.now()

    def settled(self, time_s: int = 0) -> int:
        """The latest block's number; RpcError where that block is older than a unix time."""
        found = self.deployment.rpc("eth_getBlockByNumber", "latest", False)
        number, lacking = int(found["number"], 16), time_s - int(found["timestamp"], 16)
        if lacking > 0:
            message = f"the node's latest block, {number}, is {lacking} s too old to read this at"
            raise RpcError("eth_getBlockByNumber", {"message": message})
        return number

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

    def booked(self, cluster: int, hours: Sequence[int], block: int | None = None) -> list[int]:
        """Units booked in each hour at its end; of an hour that is over it changes no more."""
        calls = [("bookedAt", [cluster, hour]) for hour in hours]
        return [int(units) for units in self.deployment.market.call_many(calls, block)]

    def covered(self, cluster: int, hours: Sequence[int], block: int | None = None) -> list[int]:
        """Unit-seconds booked in each hour; of an hour that is over it changes no more."""
        calls = [("coveredAt", [cluster, hour]) for hour in hours]
        return [int(seconds) for seconds in self.deployment.market.call_many(calls, block)]

    def bookings(
        self, cluster: int, hours: Sequence[int], block: int | None = None
    ) -> list[Bookings | None]:
        """What was booked in each hour, and from when on; the hours are over at the block, which is
        the latest if none is given. Logs are read only of hours in which something was booked in
        their course. None where they do not come to what the market says: `DISAGREEING`."""
        at = self.settled() if block is None else block
        booked, covered = self.booked(cluster, hours, at), self.covered(cluster, hours, at)
        known = dict(zip(hours, zip(booked, covered, strict=True), strict=True))
        late: dict[int, tuple[tuple[int, int], ...]] = {}
        wanted = sorted(hour for hour, (units, seconds) in known.items() if seconds != units * HOUR)
        for portion in portions(wanted, DAY):
            late |= self._late(cluster, portion, at)
        return [_fitting(*known[hour], late.get(hour, ())) for hour in hours]

    def sure_bookings(self, cluster: int, hours: Sequence[int]) -> list[Bookings]:
        """The same, or RpcError where the node disagrees with itself."""
        found = []
        for hour, bookings in zip(hours, self.bookings(cluster, hours), strict=True):
            if bookings is None:
                message = f"{told((cluster, hour))}: {DISAGREEING}"
                raise RpcError("eth_getLogs", {"message": message})
            found.append(bookings)
        return found

    def attested(self, cluster: int, hours: Sequence[int], block: int | None = None) -> list[int]:
        """Units attested at the end of each hour, or at the block (the latest, if none is given)
        where that is earlier, from the registry's events; RpcError where they do not come to what
        the registry says: `UNATTESTED`."""
        at = self.settled() if block is None else block
        history = self._attestations(cluster, at)
        state = self.deployment.registry.call("clusterOf", cluster, block=at)
        if int(state["attested"]) != (history[-1][1] if history else 0):
            raise RpcError("eth_getLogs", {"message": f"cluster {cluster}: {UNATTESTED}"})
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

    def _late(
        self, cluster: int, hours: Sequence[int], block: int
    ) -> dict[int, tuple[tuple[int, int], ...]]:
        """Of each of these ascending hours the seconds in which units were booked for it up to a
        block, and how many. What was booked before a default in the hour is void, and does not
        count."""
        rpc, market = self.deployment.rpc, self.deployment.market
        begin = first_from(rpc, hours[0] * HOUR, self.deployment.block, block + 1)
        last = first_from(rpc, (hours[-1] + 1) * HOUR, begin, block + 1) - 1
        voided = {
            int(event["hour"]): (event.block, event.index)
            for event in market.events("Defaulted", begin, last, indexed=[cluster])
        }
        found: dict[int, Counter[int]] = {hour: Counter() for hour in hours}
        for event in market.events("LeaseOpened", begin, last, indexed=[None, cluster]):
            hour, seconds = int(event["start"]), int(event["firstSeconds"])
            is_late = hour in found and seconds < HOUR
            if is_late and (event.block, event.index) > voided.get(hour, (0, 0)):
                found[hour][HOUR - seconds] += int(event["units"])
        return {hour: tuple(sorted(counted.items())) for hour, counted in found.items()}

    def _attestations(self, cluster: int, block: int) -> list[tuple[int, int]]:
        """(unix time, units from then on) of every change up to a block, in order."""
        registry, first = self.deployment.registry, self.deployment.block
        changes = [
            *registry.events("Attested", first, block, indexed=[cluster]),
            *registry.events("Retired", first, block, indexed=[cluster]),
        ]
        changes.sort(key=lambda event: (event.block, event.index))
        blocks = sorted({event.block for event in changes})
        found = self.deployment.rpc.batch(
            [("eth_getBlockByNumber", [hex(number), False]) for number in blocks]
        )
        times = {}
        for number, body in zip(blocks, found, strict=True):
            if body is None:
                raise BlockGone(number)
            times[number] = int(body["timestamp"], 16)
        return [(times[event.block], int(event["attested"])) for event in changes]


def _fitting(booked: int, covered: int, late: tuple[tuple[int, int], ...]) -> Bookings | None:
    """What a market's numbers and the logs of an hour come to, if they fit."""
    if sum(units for _, units in late) > booked:
        return None
    made = Bookings(booked, late)
    return made if made.covered == covered else None


def portions(hours: Sequence[int], most: int) -> list[list[int]]:
    """Ascending hours in portions, of which none reaches over more than `most` hours."""
    parts: list[list[int]] = []
    for hour in hours:
        if not parts or hour - parts[-1][0] >= most:
            parts.append([])
        parts[-1].append(hour)
    return parts
