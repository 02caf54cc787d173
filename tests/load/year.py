"""A year of hourly events: every hour all clusters are reported and accrued, every day all of them
are distributed, leases begin and end, some are changed, and holders claim.

One block an hour, of that hour's time. A quorum signs every batch.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.load.bulk import Bulk, Call, call, joined, plain
from tests.load.issuing import Issuing
from tests.load.node import LoadNode
from tests.load.world import GRAIN, SAMPLES, TENANTS, report
from tests.support.stage import EVIDENCE, FOREVER, HOUR, MAX, NORWAY, RETAIL, Stage, Terms
from wellhead.chain.signing import attestation_digest, quorum
from wellhead.model.samples import Sample

DAY, WEEK = 24, 168
UNITS, HOLDERS = 64, 4
#: Units of a cluster's two leases of a week.
SHARES = (16, 24)
#: Holders who claim on a day.
CLAIMS = 10


@dataclass(frozen=True)
class Lived:
    """What a year was: seconds are on the clock, `busy` ones of the node's processor, and memory is
    the node's at the end, bytes."""

    clusters: int
    days: int
    leases: int
    blocks: int
    transactions: int
    events: int
    gas: int
    seconds: float
    busy: float
    memory: int


@dataclass
class Year:
    """Every week of a cluster has two leases, booked the day before; each cluster's begins on
    another hour. Of 40 hours of a cluster one is served by half, and of 1,000 one not at all."""

    stage: Stage
    count: int
    first: int = 0
    clusters: list[int] = field(default_factory=list)
    holders: list[tuple[str, int]] = field(default_factory=list)
    leases: int = 0
    transactions: int = 0
    events: int = 0
    gas: int = 0
    _bulk: Bulk = field(init=False)
    _claim: str = ""
    _tokens: dict[int, str] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=lambda: random.Random(20_260_102))

    @classmethod
    def build(cls, stage: Stage, count: int) -> Year:
        year = cls(stage, count)
        year._set_up()
        return year

    def __post_init__(self) -> None:
        self._bulk = Bulk(self.stage.anvil.rpc)

    def run(self, node: LoadNode, days: int, say: Callable[[str], None] = lambda _: None) -> Lived:
        """So many days, and one more in which the last reports become final."""
        began, busy = time.perf_counter(), node.busy()
        end = self.first + DAY * days
        for hour in range(self.first, end + DAY + 2):
            self._hour(hour, is_last=hour >= end)
            if (hour - self.first) % (10 * DAY) == 0:
                say(f"day {(hour - self.first) // DAY}, {node.memory() >> 20:,} MiB")
        return Lived(
            clusters=self.count,
            days=days,
            leases=self.leases,
            blocks=self._bulk.blocks,
            transactions=self.transactions,
            events=self.events,
            gas=self.gas,
            seconds=time.perf_counter() - began,
            busy=node.busy() - busy,
            memory=node.memory(),
        )

    def _hour(self, hour: int, *, is_last: bool) -> None:
        calls = [] if is_last else list(self._bookings(hour))
        if hour > self.first:
            calls += self._reports(hour - 1)
        calls += self._accruals()
        parts = [calls]
        if hour % DAY == 0:
            parts += [list(self._distributions()), list(self._settlements()), list(self._claims())]
        for second, part in enumerate(parts):
            for receipt in self._bulk.block(part, hour * HOUR + second) if part else ():
                self.transactions += 1
                self.gas += int(receipt["gasUsed"], 16)
                self.events += len(receipt["logs"])

    # What happens in an hour

    def _bookings(self, hour: int) -> Iterator[Call]:
        market = self.stage.market
        for cluster in self.clusters:
            if (hour + cluster) % WEEK:
                continue
            for number, units in enumerate(SHARES):
                tenant = TENANTS[(cluster + number) % len(TENANTS)]
                order = (cluster, units, hour + 1, WEEK, MAX)
                yield plain(market, "lease", *order, sender=tenant, gas=900_000)
                self.leases += 1

    def _reports(self, hour: int) -> list[Call]:
        samples = []
        for cluster in self.clusters:
            draw = self._chance.randrange(1_000)
            working = 0 if draw == 0 else 20_000 if draw <= 25 else UNITS * 1_000
            booked = sum(SHARES) * 1_000
            available = min(working, booked)
            samples.append(Sample(cluster, hour, working, available, 600_000 * working // 64_000))
        return [
            report(self.stage, samples[first : first + SAMPLES], 3_000_000)
            for first in range(0, len(samples), SAMPLES)
        ]

    def _accruals(self) -> list[Call]:
        sender = self.stage.stranger.address
        return [joined(self.stage.market, "accrue", self.clusters, sender, 150_000)]

    def _distributions(self) -> Iterator[Call]:
        router, sender = self.stage.router, self.stage.guardian.address
        for cluster in self.clusters:
            yield plain(router, "accrueAndDistribute", cluster, sender=sender, gas=290_000)

    def _settlements(self) -> Iterator[Call]:
        """The newest leases, as long as they run, and a while after."""
        some = range(max(1, self.leases - 2 * self.count), self.leases + 1)
        if some:
            sender = self.stage.stranger.address
            for first in range(0, len(some), SAMPLES):
                part = some[first : first + SAMPLES]
                yield joined(self.stage.market, "settle", part, sender, 120_000)

    def _claims(self) -> Iterator[Call]:
        for holder, cluster in self._chance.sample(self.holders, min(CLAIMS, len(self.holders))):
            data = self._claim + int(holder, 16).to_bytes(32, "big").hex()
            yield Call(holder, self._tokens[cluster], data, 300_000)

    # Before it begins

    def _set_up(self) -> None:
        stage, bulk = self.stage, self._bulk
        operator = stage.operator.address
        known = int(stage.registry.call("clusterCount"))
        self.clusters = list(range(known + 1, known + self.count + 1))
        bulk.send(
            call(
                stage.registry,
                "register",
                Terms().encoded(),
                f"Year {cluster}",
                f"wYR{cluster}",
                sender=operator,
                gas=3_600_000,
            )
            for cluster in self.clusters
        )
        bulk.send(self._mints())
        cash, vault = stage.cash, stage.vault.address
        for who in TENANTS:
            bulk.send(
                [
                    call(cash, "mint", who, 10**15, sender=who, gas=80_000),
                    call(cash, "approve", vault, MAX, sender=who, gas=80_000),
                ]
            )
        for cluster in self.clusters:
            self._tokens[cluster] = stage.token(cluster).address
            for number in range(HOLDERS):
                self.holders.append((f"0x{(1 << 110) + cluster * HOLDERS + number:040x}", cluster))
        token = stage.token(self.clusters[0])
        self._claim = "0x" + token.functions["claim"].selector.hex()
        bulk.send(self._credentials())
        bulk.send(self._transfers())
        bulk.forget()
        self.first = stage.hour() // DAY * DAY + DAY

    def _mints(self) -> Iterator[Call]:
        stage, chain = self.stage, self.stage.deployment.chain_id
        for cluster in self.clusters:
            digest = attestation_digest(chain, stage.registry.address, cluster, UNITS, 0, EVIDENCE)
            arguments = (cluster, UNITS, 0, EVIDENCE, quorum(digest, stage.reporters[:3]))
            sender = stage.operator.address
            yield call(stage.registry, "mint", *arguments, sender=sender, gas=400_000)

    def _credentials(self) -> Iterator[Call]:
        stage, issue, now = self.stage, Issuing.of(self.stage), self.stage.now()
        for holder, _ in self.holders:
            words = issue.arguments((int(holder, 16), NORWAY, RETAIL, now, FOREVER))
            sender = stage.stranger.address
            yield plain(stage.compliance, "present", *words, sender=sender, gas=100_000)

    def _transfers(self) -> Iterator[Call]:
        for number, (holder, cluster) in enumerate(self.holders, 1):
            words = (int(holder, 16), GRAIN * (1 + number % 997))
            sender, token = self.stage.operator.address, self.stage.token(cluster)
            yield plain(token, "transfer", *words, sender=sender, gas=130_000)
