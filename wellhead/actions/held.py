"""Leases as they stand on the chain: their parts, and how far they go; read at one block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wellhead.actions.asking import events_among, newest
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

    def seconds_in(self, hour: int) -> int:
        """Seconds of one of its hours that are covered."""
        return self.first_seconds if hour == self.start else HOUR

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


#: Leases by number, and where each comes from, as far as that is known.
Found = Mapping[int, Origin | None]


def held_leases(
    deployment: Deployment, cluster: int | None = None, block: int | None = None
) -> list[HeldLease]:
    """Every lease that there is, of one cluster or of all, by number."""
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    return leases_of(deployment, find_leases(deployment, cluster, block=at), at)


def held_lease(deployment: Deployment, number: int, block: int | None = None) -> HeldLease:
    """One lease; Reverted when there is none of this number."""
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    deployment.market.call("leaseOf", number, block=at)
    return leases_of(deployment, {number: None}, at)[0]


def find_leases(
    deployment: Deployment,
    cluster: int | None = None,
    owner: str | None = None,
    block: int | None = None,
) -> Found:
    """Which leases there are, of one cluster or of all, of one owner or of all, ascending."""
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    if owner is not None:
        owned: Found = dict.fromkeys(_owned(deployment, owner, at))
        if cluster is None:
            return owned
        origins = _origins(deployment, list(owned), at)
        return {number: one for number, one in origins.items() if one.cluster == cluster}
    if cluster is not None:
        return still_there(deployment, opened_of(deployment, cluster, at), at)
    market, first = deployment.market, deployment.block
    minted = newest(market, "Transfer", first, at, [ZERO])
    last = 0 if minted is None else int(minted["id"])
    gone = {int(event["id"]) for event in market.events("Transfer", first, at, [None, ZERO])}
    return dict.fromkeys(number for number in range(1, last + 1) if number not in gone)


def opened_of(deployment: Deployment, cluster: int, block: int) -> dict[int, Origin]:
    """Every lease that a cluster ever had: opened, or split off."""
    opened = deployment.market.events("LeaseOpened", deployment.block, block, [None, cluster])
    found = {int(event["leaseId"]): Origin(cluster, str(event["tenant"])) for event in opened}
    new = set(found)
    while new:
        known = set(found)
        for event in _splits(deployment, block, 0, sorted(new)):
            parent, number = int(event["leaseId"]), int(event["newLeaseId"])
            found[number] = Origin(cluster, found[parent].tenant, parent)
        new = set(found) - known
    return found


def still_there(deployment: Deployment, found: Found, block: int) -> Found:
    """Of these leases those that there are still, ascending."""
    market, numbers = deployment.market, sorted(found)
    moved = events_among(market, ["Transfer"], deployment.block, block, 2, numbers)
    gone = {int(event["id"]) for event in moved if event["to"] == ZERO}
    return {number: found[number] for number in numbers if number not in gone}


def leases_of(deployment: Deployment, found: Found, block: int) -> list[HeldLease]:
    """These leases, all of which there are."""
    unknown = [number for number, origin in found.items() if origin is None]
    origins = _origins(deployment, unknown, block) if unknown else {}
    return _read(deployment, {n: origin or origins[n] for n, origin in found.items()}, block)


def booked_units(leases: Sequence[HeldLease]) -> dict[int, int]:
    """Units booked in every hour that is booked at all; void hours are not."""
    booked: dict[int, int] = defaultdict(int)
    for lease in leases:
        for hour in range(lease.start, min(lease.end, lease.stop)):
            booked[hour] += lease.units
    return dict(booked)


def covered_seconds(leases: Sequence[HeldLease]) -> dict[int, int]:
    """Unit-seconds booked in every hour that is booked at all; void hours are not."""
    covered: dict[int, int] = defaultdict(int)
    for lease in leases:
        for part in lease.parts:
            for hour in range(part.start, min(part.end, lease.stop)):
                covered[hour] += lease.units * part.seconds_in(hour)
    return dict(covered)


def _owned(deployment: Deployment, owner: str, block: int) -> list[int]:
    """Leases that came to somebody and have not gone since."""
    market, first = deployment.market, deployment.block
    moves = market.events("Transfer", first, block, [owner])
    moves += market.events("Transfer", first, block, [None, owner])
    owned: dict[int, bool] = {}
    for event in sorted(moves, key=lambda event: (event.block, event.index)):
        owned[int(event["id"])] = event["to"] == owner
    return sorted(number for number, is_held in owned.items() if is_held)


def _origins(deployment: Deployment, numbers: Sequence[int], block: int) -> dict[int, Origin]:
    """Where these leases come from; one that was split off comes from where its parent does."""
    parents: dict[int, int] = {}
    new = set(numbers)
    while new:
        splits = _splits(deployment, block, 1, sorted(new))
        parents |= {int(event["newLeaseId"]): int(event["leaseId"]) for event in splits}
        new = {parents[number] for number in new if number in parents} - parents.keys()
    oldest = {number: number for number in numbers}
    for number in numbers:
        while oldest[number] in parents:
            oldest[number] = parents[oldest[number]]
    market, first, roots = deployment.market, deployment.block, sorted(set(oldest.values()))
    opened = {
        int(event["leaseId"]): event
        for event in events_among(market, ["LeaseOpened"], first, block, 0, roots)
    }
    return {
        number: Origin(
            int(opened[root]["clusterId"]), str(opened[root]["tenant"]), parents.get(number)
        )
        for number, root in oldest.items()
    }


def _splits(deployment: Deployment, block: int, place: int, numbers: Sequence[int]) -> list[Event]:
    """Of these leases, or with `place` 1 those that made them."""
    names, first = ("UnitsSplit", "HoursSplit"), deployment.block
    return events_among(deployment.market, names, first, block, place, numbers)


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
