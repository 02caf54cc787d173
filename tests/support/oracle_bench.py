"""A reporter in a test's hands: its decisions alone, or all of it, on a chain that is made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.oracle_views import DOMAIN, GENESIS, REPORTERS, FakeView, Recorded
from wellhead.oracle import wire
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR
from wellhead.oracle.measurements import (
    Kind,
    Proposal,
    Signed,
    recovered,
)
from wellhead.oracle.readings import HourSamples
from wellhead.oracle.reporter.config import ClusterTable
from wellhead.oracle.reporter.policy import Policy
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.store import Own, Store
from wellhead.oracle.reporter.watching import Watch

ME = REPORTERS[0]
HISTORY = {"kind": "trace"}
LIVE = {"kind": "dcgm", "urls": ["http://127.0.0.1:1/metrics"]}


@dataclass
class Desk:
    """A reporter's policy, with the store and the chain that it decides by."""

    store: Store
    view: FakeView = field(default_factory=FakeView)
    settle: int = 0

    @property
    def policy(self) -> Policy:
        return Policy(self.store, self.view, ME, lambda cluster: self.settle)

    def grant(self, *measurements: Signed, kind: Kind = "report") -> bytes:
        return self.grant_batch(Proposal.of(measurements), kind=kind)

    def grant_batch(
        self, proposal: Proposal, signatures: Sequence[bytes] = (), kind: Kind = "report"
    ) -> bytes:
        grant = self.policy.grant(self.policy.prepare(kind, wire.Batch.of(proposal, signatures)))
        assert recovered(grant.digest, grant.signature) == ME.address
        return grant.signature

    def refused(self, *measurements: Signed, kind: Kind = "report") -> wire.Refused:
        return self.refused_batch(Proposal.of(measurements), kind=kind)

    def refused_batch(
        self, proposal: Proposal, signatures: Sequence[bytes] = (), kind: Kind = "report"
    ) -> wire.Refused:
        with pytest.raises(Refusal) as caught:
            self.grant_batch(proposal, signatures, kind)
        assert caught.value.body.reason == caught.value.reason
        return caught.value.body

    def measure(self, signed: Signed) -> None:
        """Let this be the own measurement of its hour."""
        assert self.store.keep_own(Own(signed, Bookings(10), 10), HourSamples(None, ()))


@dataclass
class Bench:
    """A reporter of one or more clusters, with everything that it sees in a test's hands."""

    store: Store
    view: FakeView
    sources: dict[int, Recorded]
    watches: list[Watch]
    reporter: Reporter
    #: The machine's clock; None for one that agrees with the chain.
    machine: int | None = None

    def at(self, hour: int, seconds: int = 0) -> None:
        self.view.time = hour * HOUR + seconds

    def own(self, hour: int = GENESIS, cluster: int = 1) -> Signed | None:
        """What it shows as its own when it is asked."""
        found = self.reporter.measurements(cluster, hour, hour + 1)
        return next((signed for signed in found if signed.reporter == ME.address), None)

    def available(self, hour: int = GENESIS, cluster: int = 1) -> int | None:
        signed = self.own(hour, cluster)
        return signed.measurement.sample.available if signed else None

    def problems(self) -> str:
        return " | ".join(self.reporter.health().problems)

    def metric(self, line: str) -> str:
        """The value of a line of the metrics."""
        text = self.reporter.metrics_text().decode()
        (value,) = [row.split()[-1] for row in text.splitlines() if row.startswith(line + " ")]
        return value


class Benches:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Bench] = []

    def __call__(
        self,
        *clusters: int,
        live: bool = False,
        max_bytes: int | None = None,
        retention_s: int = 400 * 24 * HOUR,
        **settings: object,
    ) -> Bench:
        view = FakeView()
        sources = {number: Recorded() for number in clusters}
        watches = []
        for number in clusters:
            table = {"cluster": number, "sources": [LIVE if live else HISTORY], **settings}
            config = ClusterTable.model_validate(table)
            watches.append(Watch(config, [sources[number]], lambda: bench.view.time))
        store = Store(self._folder / "store", DOMAIN, ME.address, max_bytes)

        def now() -> int:
            return bench.view.time if bench.machine is None else bench.machine

        reporter = Reporter(ME, store, view, watches, retention_s=retention_s, now=now)
        bench = Bench(store, view, sources, watches, reporter)
        self._made.append(bench)
        return bench

    def close(self) -> None:
        for bench in self._made:
            bench.reporter.close()
