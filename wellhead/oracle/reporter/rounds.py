"""What a reporter does by itself: it looks at live sources, runs canaries, and measures hours that
are due; and it forgets raw samples when they are old."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from functools import partial

from wellhead.oracle.canary import CanaryError, Challenger
from wellhead.oracle.chain import HOUR
from wellhead.oracle.reporter.config import CanaryTable
from wellhead.oracle.reporter.database import StoreFull
from wellhead.oracle.reporter.measuring import Measuring
from wellhead.oracle.reporter.metrics import Metrics
from wellhead.oracle.reporter.store import Store
from wellhead.oracle.reporter.view import Unready, View
from wellhead.oracle.reporter.watching import Watch
from wellhead.oracle.sources import SourceError

log = logging.getLogger("wellhead.reporter")

#: Hours back that are measured without being asked for: after an outage there may be many. Older
#: ones without a record are closed as zero.
BACK_HOURS = 168
#: Hours that are measured in one go.
AT_ONCE = 24
#: Seconds that all that was begun has to end.
PATIENCE = 15.0


class Rounds:
    """Threads that do it: one for each live cluster, so that a slow one keeps nobody waiting, and
    one for hours."""

    def __init__(
        self,
        store: Store,
        view: View,
        measuring: Measuring,
        metrics: Metrics,
        tick_s: int,
        retention_s: int,
        now: Callable[[], int],
    ) -> None:
        self._store, self._view, self._measuring = store, view, measuring
        self._metrics, self._tick_s, self._retention_s = metrics, tick_s, retention_s
        self._now = now
        self._end = threading.Event()
        self._threads: list[threading.Thread] = []
        #: Why the last look at a cluster, and the last canary, failed: a sentence each.
        self._looks: dict[int, str] = {}
        self._canaries: dict[int, str] = {}
        self._pruned_hour: int | None = None

    def start(self) -> None:
        live = [watch for watch in self._measuring.watches.values() if watch.is_live]
        for watch in live:
            self._run(f"cluster-{watch.cluster}", partial(self._watch, watch))
        for watch in self._measuring.watches.values():
            for table in watch.table.canaries:
                name = f"canary-{watch.cluster}"
                self._run(name, partial(self._keep_asking, watch, table))
        self._run("hours", self._keep_measuring)

    def stop(self) -> None:
        self._end.set()
        until = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def problems(self) -> list[str]:
        return [
            *self._looks.values(),
            *self._canaries.values(),
            *self._measuring.problems.values(),
        ]

    def look(self, watch: Watch) -> None:
        """One look at a live cluster, and the canaries that are due."""
        number = str(watch.cluster)
        try:
            (moment,) = self._measuring.shares.bounded(watch.cluster, [watch.look()])
            self._store.raws.add_moment(watch.cluster, moment)
            self._metrics.moments.labels(number).inc()
            self._looks.pop(watch.cluster, None)
        except (SourceError, StoreFull) as error:
            self._metrics.failed_looks.labels(number).inc()
            self._looks[watch.cluster] = f"cluster {number}: {error}"
            log.warning("no look at cluster %s: %s", number, error)

    def challenge(self, watch: Watch, challenger: Challenger) -> None:
        """Ask a cluster to do a job."""
        number = str(watch.cluster)
        try:
            canary = challenger.challenge()
            self._store.raws.add_canary(watch.cluster, canary)
        except (CanaryError, StoreFull) as error:
            self._metrics.canaries.labels(number, "not_asked").inc()
            self._canaries[watch.cluster] = f"cluster {number}, canary: {error}"
            log.warning("%s", self._canaries[watch.cluster])
            return
        self._metrics.canaries.labels(number, "passed" if canary.passed else "failed").inc()
        self._canaries.pop(watch.cluster, None)

    def measure(self) -> None:
        """Measure what is due, hour by hour, and forget what is old."""
        now = self._view.now()
        try:
            for number in self._measuring.watches:
                hours = self._open_hours(number, now // HOUR)
                if hours:
                    self._measuring.make_due(number, hours)
        finally:  # a full store too, or it would be full for ever
            if self._pruned_hour != now // HOUR:
                self._store.raws.prune(now - self._retention_s)
                self._pruned_hour = now // HOUR

    def _open_hours(self, number: int, end: int) -> list[int]:
        """Hours that have no record and no own measurement, at most `AT_ONCE` of them."""
        cluster = self._view.cluster(number)
        first = max(end - BACK_HOURS, cluster.genesis) if cluster else end
        hours = self._measuring.open_hours(number, range(first, end))
        if not hours:
            return []
        records = self._view.records([(number, hour) for hour in hours])
        found = [h for h, record in zip(hours, records, strict=True) if not record["reported"]]
        return found[:AT_ONCE]

    def _keep_measuring(self) -> None:
        while not self._end.wait(self._tick_s):
            self._guarded(self.measure)

    def _watch(self, watch: Watch) -> None:
        """Look at whole multiples of the interval, so that reporters look at about the same
        times."""
        while not self._end.wait(watch.table.interval_s - self._now() % watch.table.interval_s):
            self._guarded(partial(self.look, watch))

    def _keep_asking(self, watch: Watch, table: CanaryTable) -> None:
        """At times that nobody knows before, or a cluster could be ready just then."""
        challenger, half = table.challenger(), table.every_s // 2
        while not self._end.wait(half + secrets.randbelow(half)):
            self._guarded(partial(self.challenge, watch, challenger))

    def _run(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Whatever fails once is tried again the next time."""
        try:
            work()
        except (Unready, StoreFull) as error:
            log.warning("%s", error)
        except Exception:
            if not self._end.is_set():
                log.exception("%s broke", threading.current_thread().name)
