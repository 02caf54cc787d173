"""Leases as they stand on the chain: their parts, and how far they go; read at one block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wellhead.chain import Deployment, Event
from wellhead.model.units import HOUR, RATE_SCALE, ZERO


@dataclass(frozen=True, slots=True)
class Part:
    """Hours [start, end) of a lease that were booked together. `rate` is the rent of a full hour in
    2^-32 stablecoin units; of the first hour `first_seconds` are covered."""

    start: int
    end: int
    first_seconds: int
    rate: int
    is_cut: bool

    def rate_in(self, hour: int) -> int:
        """Rent of one of its hours, 2^-32 stablecoin units."""
        return self.rate * self.first_seconds // HOUR if hour == self.start else self.rate

    def rent(self, start: int, end: int) -> int:
        """Rent of its hours within [start, end), 2^-32 stablecoin units."""
        first, last = max(start, self.start), min(end, self.end)
        if first >= last:
            return 0
        return self.rate_in(first) + self.rate * (last - first - 1)


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease that somebody owns. Hours from `stop` on are void; without a default that is `end`.

    `tenant` opened it, or the one that it was split from, which is `split_from`; `refunded` is in
    stablecoin units.
    """

    lease: int
    cluster: int
    owner: str
    tenant: str
    split_from: int | None
    units: int
    stop: int
    refunded: int
    parts: Sequence[Part]

    @property
    def start(self) -> int:
        return self.parts[0].start

    @property
    def end(self) -> int:
        return self.parts[-1].end

    @property
    def first_seconds(self) -> int:
        return self.parts[0].first_seconds

    @property
    def void_hours(self) -> int:
        return self.end - max(self.stop, self.start) if self.stop < self.end else 0

    @property
    def seconds(self) -> int:
        """Time that is paid for: the first hour may be a part of one."""
        return (self.end - self.start - 1) * HOUR + self.first_seconds

    @property
    def cost(self) -> int:
        """What was paid for the hours that it has now, in stablecoin units. Of an hour or a unit of
        a booking that was cut it is a share, rounded up."""
        return sum(-(-part.rent(part.start, part.end) // RATE_SCALE) for part in self.parts)

    def rent(self, start: int, end: int) -> int:
        """Rent of its hours within [start, end), 2^-32 stablecoin units."""
        return sum(part.rent(start, end) for part in self.parts)

    def rates(self, end: int) -> Iterator[tuple[int, int]]:
        """Its hours before `end` that are not void, each with its rent in 2^-32 stablecoin
        units."""
        for part in self.parts:
            for hour in range(part.start, min(part.end, self.stop, end)):
                yield hour, part.rate_in(hour)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a lease comes from."""

    cluster: int
    tenant: str
    split_from: int | None = None


def held_leases(
    deployment: Deployment, cluster: int | None = None, block: int | None = None
) -> list[HeldLease]:
    """Every lease that there is, of one cluster or of all, by number."""
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    origins = _origins(deployment, cluster, at)
    burnt = deployment.market.events("Transfer", deployment.block, at, indexed=[None, ZERO])
    gone = {int(event["id"]) for event in burnt}
    return _read(deployment, {n: o for n, o in sorted(origins.items()) if n not in gone}, at)


def held_lease(deployment: Deployment, number: int, block: int | None = None) -> HeldLease:
    """One lease; Reverted when there is none of this number."""
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    cluster = int(deployment.market.call("leaseOf", number, block=at)["clusterId"])
    parent, oldest = None, number
    while (before := _parent(deployment, oldest, at)) is not None:
        parent, oldest = parent or before, before
    opened = deployment.market.events("LeaseOpened", deployment.block, at, indexed=[oldest])
    origin = Origin(cluster, str(opened[0]["tenant"]), parent)
    return _read(deployment, {number: origin}, at)[0]


def booked_units(leases: Sequence[HeldLease]) -> dict[int, int]:
    """Units booked in every hour that is booked at all; void hours are not."""
    booked: dict[int, int] = defaultdict(int)
    for lease in leases:
        for hour in range(lease.start, min(lease.end, lease.stop)):
            booked[hour] += lease.units
    return dict(booked)


def _origins(deployment: Deployment, cluster: int | None, block: int) -> dict[int, Origin]:
    market, first = deployment.market, deployment.block
    opened = market.events("LeaseOpened", first, block, indexed=[None, cluster])
    found = {
        int(event["leaseId"]): Origin(int(event["clusterId"]), str(event["tenant"]))
        for event in opened
    }
    for event in _splits(deployment, block):
        parent = found.get(int(event["leaseId"]))
        if parent is not None:
            split = Origin(parent.cluster, parent.tenant, int(event["leaseId"]))
            found[int(event["newLeaseId"])] = split
    return found


def _splits(deployment: Deployment, block: int, new: int | None = None) -> list[Event]:
    market, first = deployment.market, deployment.block
    events = [
        event
        for name in ("UnitsSplit", "HoursSplit")
        for event in market.events(name, first, block, indexed=[None, new])
    ]
    return sorted(events, key=lambda event: (event.block, event.index))


def _parent(deployment: Deployment, number: int, block: int) -> int | None:
    return next((int(e["leaseId"]) for e in _splits(deployment, block, number)), None)


def _read(deployment: Deployment, origins: dict[int, Origin], block: int) -> list[HeldLease]:
    market = deployment.market
    asked = [
        (function, [number]) for number in origins for function in ("leaseOf", "partsOf", "ownerOf")
    ]
    answers = iter(market.call_many(asked, block=block))
    return [
        HeldLease(
            lease=number,
            cluster=origin.cluster,
            owner=str(owner),
            tenant=origin.tenant,
            split_from=origin.split_from,
            units=int(state["units"]),
            stop=int(state["stop"]),
            refunded=int(state["refunded"]),
            parts=[Part(*(part[field] for field in _FIELDS)) for part in parts],
        )
        for (number, origin), state, parts, owner in zip(
            origins.items(), answers, answers, answers, strict=False
        )
    ]


_FIELDS = ("start", "end", "firstSeconds", "rate", "isCut")
