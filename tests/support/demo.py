"""The demonstration without its five processes: one that measures and signs in this one.

For tests of what the demonstration makes of reports. Both ways must come to the same books.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from wellhead.actions.people import REPORTERS
from wellhead.chain import Deployment, KeyAccount, dev_account
from wellhead.chain.signing import quorum, report_digest
from wellhead.demo import run as run_module
from wellhead.demo.network import Recording
from wellhead.oracle.audit.findings import Audit
from wellhead.oracle.chain import HOUR, ChainView
from wellhead.oracle.hours import Frame, measure_hour
from wellhead.oracle.readings import HourSamples
from wellhead.oracle.relay import Outcome
from wellhead.oracle.sources.trace import TraceConfig, TraceSource

SETTLE = 60


class DirectNetwork:
    """In the place of the reporters' processes."""

    def __init__(
        self,
        deployment: Deployment,
        folder: Path,
        recordings: Sequence[Recording],
        account: KeyAccount,
    ) -> None:
        self.clients = [self]
        self.stores: list[Path] = []
        self.sources = {
            recording.cluster: TraceSource(
                TraceConfig(path=recording.trace, infer_down=recording.infer_down)
            )
            for recording in recordings
        }

    def __enter__(self) -> DirectNetwork:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class DirectRelay:
    """In the place of the relay: measures what is due, and has three reporters sign."""

    def __init__(
        self,
        deployment: Deployment,
        account: KeyAccount,
        clients: Sequence[DirectNetwork],
        **_: object,
    ) -> None:
        self._deployment, self._account, self._network = deployment, account, clients[0]
        self._view = ChainView(deployment)

    def run_once(self) -> Outcome:
        view, oracle, now = self._view, self._deployment.oracle, self._view.now()
        words = []
        for cluster in view.clusters():
            number = cluster.number
            hours = view.unreported(number, 0, (now - SETTLE) // HOUR)
            bookings, attested = view.sure_bookings(number, hours), view.attested(number, hours)
            for hour, booked, total in zip(hours, bookings, attested, strict=True):
                frame = Frame(number, hour, booked, total, cluster.kind, cluster.sku)
                moments = self._network.sources[number].read(hour * HOUR, (hour + 1) * HOUR)
                measured = measure_hour(frame, HourSamples(None, tuple(moments)))
                words.append(measured.sample.encode())
        if words:
            evidence = bytes(32)
            digest = report_digest(self._deployment.chain_id, oracle.address, words, evidence)
            signatures = quorum(digest, [dev_account(index) for index in REPORTERS[:3]])
            oracle.send("report", words, evidence, signatures, sender=self._account)
        return Outcome(now=now)


def without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run demonstrations in this process from here on; nothing is checked at their end."""
    monkeypatch.setattr(run_module, "Network", DirectNetwork)
    monkeypatch.setattr(run_module, "Relay", DirectRelay)
    monkeypatch.setattr(
        run_module, "check", lambda deployment, stores, cluster: Audit(cluster, 0, 0, 0)
    )
