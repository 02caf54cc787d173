"""Where the evidence of a check comes from: reporters that are asked, stores that are read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from wellhead.actions.errors import SetupError
from wellhead.oracle import wire
from wellhead.oracle.client import ReporterClient, ReporterRefused, ReporterUnreachable
from wellhead.oracle.measurements import Domain

T = TypeVar("T")

#: How often a reporter that is busy, or can not answer just now, is asked again, and after how
#: many seconds. It has all the time that its limits need.
TIMES, PAUSE_S = 40, 3.0
#: The same for one that does not answer at all.
TIMES_UNREACHABLE = 3


class EvidenceSource(Protocol):
    """Batches and raw samples, unchecked, from any number of reporters."""

    def batches(self, cluster: int, hour: int, digest: bytes) -> Iterator[wire.Batch]:
        """Batches that were signed for an hour, first of all the one with this digest where it can
        be told."""
        ...

    def raw(self, cluster: int, hour: int) -> Iterator[wire.RawSamples]:
        """What measurements of an hour rest on, one reporter's after the other's."""
        ...


class Joined:
    """Several sources as one."""

    def __init__(self, sources: Sequence[EvidenceSource]) -> None:
        self._sources = sources

    def batches(self, cluster: int, hour: int, digest: bytes) -> Iterator[wire.Batch]:
        for source in self._sources:
            yield from source.batches(cluster, hour, digest)

    def raw(self, cluster: int, hour: int) -> Iterator[wire.RawSamples]:
        for source in self._sources:
            yield from source.raw(cluster, hour)


class ReporterEvidence:
    """What one reporter shows over HTTP. One that does not answer is given up, with a warning, and
    its evidence is missing from then on."""

    def __init__(
        self,
        client: ReporterClient,
        warn: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._warn, self._sleep = client, warn, sleep
        self._gone = False

    def require(self, domain: Domain) -> None:
        """SetupError when it reports to other contracts; a warning when it does not answer."""
        health = self._ask(self._client.health)
        if health is None:
            return
        if health.chain_id != domain.chain_id or health.oracle.lower() != domain.oracle.lower():
            raise SetupError(
                f"the reporter at {self._client.url} reports to {health.oracle} on chain "
                f"{health.chain_id}, and the deployment's oracle is {domain.oracle} on chain "
                f"{domain.chain_id}"
            )

    def batches(self, cluster: int, hour: int, digest: bytes) -> Iterator[wire.Batch]:
        batch = self._ask(lambda: self._client.signed_under(digest))
        if batch is None:
            batch = self._ask(lambda: self._client.signed_batch(cluster, hour))
        if batch is not None:
            yield batch

    def raw(self, cluster: int, hour: int) -> Iterator[wire.RawSamples]:
        samples = self._ask(lambda: self._client.raw_samples(cluster, hour))
        if samples is not None:
            yield samples

    def _ask(self, question: Callable[[], T]) -> T | None:
        """The answer; None when there is none."""
        busy = unreachable = 0
        while not self._gone:
            try:
                return question()
            except ReporterUnreachable as error:
                unreachable += 1
                if unreachable >= TIMES_UNREACHABLE:
                    self._give_up(error)
            except ReporterRefused as error:
                reason = error.refused.reason
                if reason == "unknown":
                    return None
                busy += 1
                if reason not in ("busy", "unready") or busy >= TIMES:
                    self._give_up(error)
            if not self._gone:
                self._sleep(PAUSE_S)
        return None

    def _give_up(self, error: Exception) -> None:
        self._gone = True
        self._warn(f"{error}; what it holds is missing from here on")
