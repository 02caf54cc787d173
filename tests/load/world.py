"""A market that grows: clusters, leases that were served, settled and earned, and holders with
credentials who have claimed.

Everything goes through the contracts as anybody's would: a quorum signs attestations and reports,
an issuer signs each credential, holders claim for themselves. Only keys are saved: the node sends
for whoever is named.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.load.bulk import Bulk, Call, Tally, call, joined, plain
from tests.load.issuing import Issuing
from tests.load.node import LoadNode
from tests.support.stage import (
    EVIDENCE,
    FOREVER,
    GENESIS,
    HOUR,
    MAX,
    NORWAY,
    RETAIL,
    Stage,
    Terms,
    build_stage,
)
from wellhead.chain.signing import attestation_digest, quorum, report_digest
from wellhead.model.samples import Sample

#: The percentages of the load at which everything is measured.
LEVELS = (0, 10, 50, 100)
#: Hours in which a level's leases run, and the hours between the beginnings of levels.
WINDOW, PACE = 36, 240
#: The hour at which every level is measured, and the first of the leases that lie ahead of it. All
#: hours are then the same ones, so that the calendar's slots are.
PROBE = GENESIS // HOUR + 2_000
AHEAD = PROBE + 2_000
#: The busiest cluster has so many units, others so many.
HUB_UNITS, UNITS = 4_000, 100
#: 1e-18 tokens; every holder gets a different small number of these.
GRAIN = 5 * 10**14
DAY = 24
SAMPLES, SETTLES = 100, 100
_FIRST_HOLDER, _FIRST_TENANT = 1 << 100, 1 << 120


@dataclass(frozen=True)
class Size:
    """How large the market becomes. A tenth of leases and holders is the busiest cluster's."""

    clusters: int
    leases: int
    holders: int

    def at(self, percent: int) -> Size:
        return Size(*(each * percent // 100 for each in (self.clusters, self.leases, self.holders)))


FULL = Size(clusters=1_000, leases=10_000, holders=100_000)


@dataclass
class Work:
    """What a level did of one kind."""

    tally: Tally
    #: Of the node's processor, and on the clock.
    busy: float
    seconds: float


@dataclass
class World:
    """Cluster 1 is the busiest one. It exists before anything else, as does one cluster beside it,
    on which what a new cluster costs is measured."""

    stage: Stage
    node: LoadNode
    bulk: Bulk
    size: Size
    hub: int
    fresh: int
    clusters: int = 0
    #: Leases whose hours are over, and those that lie ahead of everything that is measured.
    served: int = 0
    ahead: int = 0
    holders: int = 0
    #: Which transactions of an operation are measured, by the operation.
    places: dict[object, set[int]] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=lambda: random.Random(20_260_101))

    @classmethod
    def build(cls, node: LoadNode, size: Size) -> World:
        stage = build_stage(node)
        hub, fresh = stage.cluster(HUB_UNITS), stage.cluster(1_000)
        world = cls(stage, node, Bulk(node.rpc), size, hub, fresh, clusters=2)
        world._fund_tenants()
        return world

    def grow(self, level: int) -> dict[str, Work]:
        """Become as large as LEVELS[level] says, and say what that took."""
        goal = self.size.at(LEVELS[level])
        first = GENESIS // HOUR + PACE * level
        self.stage.to_hour(first)
        self.bulk.forget()
        new = range(self.clusters + 1, goal.clusters + 1)
        holders = dict(self._holders(new, goal.holders))
        orders = list(self._orders(new, goal.leases, first + 1))
        booked: dict[tuple[int, int], int] = defaultdict(int)
        for cluster, units, start, hours in orders:
            for hour in range(start, start + hours):
                booked[cluster, hour] += units
        ahead = list(self._orders_ahead(len(orders) // 20))
        opened = range(self.leases + 1, self.leases + len(orders) + 1)
        earning = sorted({self.hub, *new})
        work: dict[str, Work] = {}

        def do(kind: str, calls: Iterable[Call]) -> None:
            began, busy = time.perf_counter(), self.node.busy()
            tally = self.bulk.send(calls)
            seconds = time.perf_counter() - began
            work[kind] = Work(tally, self.node.busy() - busy, seconds)

        do("register", self._registrations(new))
        do("mint", self._mints(new))
        do("credential", self._credentials(holders))
        do("transfer", self._transfers(holders))
        do("lease", self._leases(orders))
        do("lease ahead", self._leases(ahead))
        self.stage.to_hour(first + 1 + WINDOW)
        do("report of 100", self._reports(booked))
        self.stage.to_hour(first + 1 + WINDOW + DAY + 1)
        do("accrue and distribute", self._distributions(earning))
        self.stage.skip(DAY * HOUR)
        do("settle 100", self._settlements(opened))
        do("claim", self._claims(holders))
        self.clusters, self.holders = goal.clusters, goal.holders
        self.served, self.ahead = goal.leases, self.ahead + len(ahead)
        self.bulk.forget()
        return work

    def a_holder(self) -> str:
        """Somebody who holds tokens of the busiest cluster."""
        return f"0x{_FIRST_HOLDER:040x}"

    @property
    def leases(self) -> int:
        return self.served + self.ahead

    # Who, and what they want

    def _holders(self, new: range, goal: int) -> Iterator[tuple[str, int]]:
        """New holders, each of one cluster's tokens."""
        for number in range(self.holders, goal):
            cluster = self._cluster(number, new)
            yield f"0x{_FIRST_HOLDER + number:040x}", cluster

    def _orders(self, new: range, goal: int, first: int) -> Iterator[tuple[int, int, int, int]]:
        """Cluster, units, start and hours of new leases that run within the level's window."""
        chance = self._chance
        for number in range(self.served, goal):
            cluster = self._cluster(number, new)
            start, hours = chance.randrange(12), chance.randint(1, DAY)
            yield cluster, chance.randint(1, 5), first + start, hours

    def _orders_ahead(self, count: int) -> Iterator[tuple[int, int, int, int]]:
        """Leases of the busiest cluster that lie ahead of everything that is measured."""
        chance = self._chance
        for _ in range(count):
            yield self.hub, 1, AHEAD + chance.randrange(DAY), chance.randint(1, 2 * DAY)

    def _cluster(self, number: int, new: range) -> int:
        """Every tenth is the busiest cluster's, the others are shared evenly by the new ones."""
        if number % 10 == 0 or not new:
            return self.hub
        return new[(number - number // 10 - 1) % len(new)]

    def _fund_tenants(self) -> None:
        cash, vault = self.stage.cash, self.stage.vault.address
        self.bulk.send(
            each
            for who in TENANTS
            for each in (
                call(cash, "mint", who, 10**15, sender=who, gas=80_000),
                call(cash, "approve", vault, MAX, sender=who, gas=80_000),
            )
        )

    # What they send

    def _registrations(self, new: range) -> Iterator[Call]:
        operator = self.stage.operator.address
        for cluster in new:
            named = (Terms().encoded(), f"Load {cluster}", f"wLD{cluster}")
            yield call(self.stage.registry, "register", *named, sender=operator, gas=3_600_000)

    def _mints(self, new: range) -> Iterator[Call]:
        registry, chain = self.stage.registry, self.stage.deployment.chain_id
        for cluster in new:
            digest = attestation_digest(chain, registry.address, cluster, UNITS, 0, EVIDENCE)
            signed = quorum(digest, self.stage.reporters[:3])
            arguments = (cluster, UNITS, 0, EVIDENCE, signed)
            sender = self.stage.operator.address
            yield call(registry, "mint", *arguments, sender=sender, gas=400_000)

    def _credentials(self, holders: Iterable[str]) -> Iterator[Call]:
        desk, sender = self.stage.compliance, self.stage.stranger.address
        issue, now = Issuing.of(self.stage), self.stage.now()
        for holder in holders:
            words = (int(holder, 16), NORWAY, RETAIL, now, FOREVER)
            arguments = issue.arguments(words)
            yield plain(desk, "present", *arguments, sender=sender, gas=100_000)

    def _transfers(self, holders: dict[str, int]) -> Iterator[Call]:
        operator = self.stage.operator.address
        tokens = {cluster: self.stage.token(cluster) for cluster in set(holders.values())}
        for number, (holder, cluster) in enumerate(holders.items(), 1):
            words = (int(holder, 16), GRAIN * (1 + number % 997))
            yield plain(tokens[cluster], "transfer", *words, sender=operator, gas=130_000)

    def _leases(self, orders: Iterable[tuple[int, int, int, int]]) -> Iterator[Call]:
        for number, order in enumerate(orders):
            sender = TENANTS[number % len(TENANTS)]
            yield plain(self.stage.market, "lease", *order, MAX, sender=sender, gas=700_000)

    def _reports(self, booked: dict[tuple[int, int], int]) -> Iterator[Call]:
        """Every booked hour; in one of 20 only half of what was booked could be used."""
        samples = [
            Sample(
                cluster,
                hour,
                working=max(1_000 * units, 100_000),
                available=500 * units if number % 20 == 0 else 1_000 * units,
            )
            for number, ((cluster, hour), units) in enumerate(sorted(booked.items()))
        ]
        for first in range(0, len(samples), SAMPLES):
            yield report(self.stage, samples[first : first + SAMPLES])

    def _distributions(self, clusters: Iterable[int]) -> Iterator[Call]:
        sender = self.stage.stranger.address
        for each in clusters:
            yield call(self.stage.router, "accrueAndDistribute", each, sender=sender, gas=900_000)

    def _settlements(self, leases: range) -> Iterator[Call]:
        sender, ids = self.stage.stranger.address, list(leases)
        for first in range(0, len(ids), SETTLES):
            some = ids[first : first + SETTLES]
            yield joined(self.stage.market, "settle", some, sender, gas=120_000)

    def _claims(self, holders: dict[str, int]) -> Iterator[Call]:
        tokens = {cluster: self.stage.token(cluster) for cluster in set(holders.values())}
        for holder, cluster in holders.items():
            to = int(holder, 16)
            yield plain(tokens[cluster], "claim", to, sender=holder, gas=160_000)


TENANTS = [f"0x{_FIRST_TENANT + number:040x}" for number in range(50)]


def report(stage: Stage, samples: list[Sample], gas: int = 3_500_000) -> Call:
    """A batch, signed by a quorum."""
    words = [sample.encode() for sample in samples]
    oracle, chain = stage.oracle, stage.deployment.chain_id
    signed = quorum(report_digest(chain, oracle.address, words, EVIDENCE), stage.reporters[:3])
    arguments = (words, EVIDENCE, signed)
    return call(oracle, "report", *arguments, sender=stage.relay.address, gas=gas)
