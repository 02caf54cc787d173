"""Making the own measurement of each hour: once, when it is over and what happens late in it is in,
and on disk before anybody sees it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

from wellhead.chain import KeyAccount
from wellhead.oracle.chain import DISAGREEING, HOUR
from wellhead.oracle.heard import heard
from wellhead.oracle.hours import Frame, longest_gap, measure_hour
from wellhead.oracle.measurements import Key, sign
from wellhead.oracle.readings import HourSamples, Moment
from wellhead.oracle.reporter.policy import RING
from wellhead.oracle.reporter.raws import without
from wellhead.oracle.reporter.shares import Shares
from wellhead.oracle.reporter.store import Own, Store
from wellhead.oracle.reporter.view import Unready, View
from wellhead.oracle.reporter.watching import Watch
from wellhead.oracle.sources import SourceError

log = logging.getLogger("wellhead.reporter")

#: Lines of raw samples after which one round ends: so no question waits for ever.
MOST_LINES = 100_000
#: Seconds for which a source that failed is left alone, and an hour that can not be measured.
REST, HOUR_REST = 15.0, 300.0


@dataclass(frozen=True)
class Made:
    """An own measurement that was just made, as its listeners see it."""

    own: Own
    frame: Frame


class Measuring:
    """Measures the hours of the clusters that it watches. `now` is the machine's unix time.

    Time is the chain's. With live sources the machine's clock must agree with it, since it is what
    looks are stamped with.
    """

    def __init__(
        self,
        store: Store,
        view: View,
        account: KeyAccount,
        watches: Iterable[Watch],
        max_skew_s: int,
        now: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        heard: Callable[[Made], None] = lambda made: None,
    ) -> None:
        self._store, self.view, self._account = store, view, account
        self._max_skew_s, self._now, self._clock, self._heard = max_skew_s, now, clock, heard
        self.watches: Mapping[int, Watch] = {
            watch.cluster: watch for watch in sorted(watches, key=lambda watch: watch.cluster)
        }
        for number, watch in self.watches.items():
            watch.attested = partial(self._attested, number)
        self.shares = Shares(store, self.watches)
        self._turns = {number: threading.RLock() for number in self.watches}
        #: Clusters of which it is known what failed canaries count no more.
        self._asked: set[int] = set()
        #: Why the last attempt at a cluster failed, a sentence each.
        self.problems: dict[int, str] = {}
        self._resting: dict[int, float] = {}
        #: Hours that can not be measured, and until when they are not tried again.
        self._lost: dict[Key, float] = {}

    def settle_of(self, cluster: int) -> int:
        """Seconds after an hour's end from which it is due."""
        watch = self.watches.get(cluster)
        return watch.table.settle_s if watch else 0

    def make_due(self, cluster: int, hours: Collection[int]) -> int | None:
        """Measure those hours of a cluster that are due and were not yet; Unready and StoreFull as
        they come. What else is in the way is among the problems. Where that is so much work that it
        takes another round, the first hour of that.

        Clusters with lower numbers come first, so that every reporter that has seen nothing before
        finds a device that stands in two of them in the same one.
        """
        left = None
        for number, watch in self.watches.items():
            if cluster in self.watches and number <= cluster:
                with self._turns[number]:
                    left = self._make_due(watch, hours)
        return left

    def open_hours(self, cluster: int, hours: Collection[int]) -> list[int]:
        """Those hours that it did not measure and may be able to, ascending."""
        if not hours:
            return []
        done = self._store.measured_hours(cluster, min(hours), max(hours) + 1)
        return sorted(
            hour
            for hour in hours
            if hour not in done and self._lost.get((cluster, hour), 0.0) <= self._clock()
        )

    def wake(self) -> None:
        """Try again at once what failed before."""
        self._resting.clear()
        self._lost = {key: until for key, until in self._lost.items() if until == inf}

    def skew_s(self, chain_time: int) -> int:
        """The machine's clock less the chain's time, seconds."""
        return self._now() - chain_time

    def skew_problem(self, chain_time: int) -> str | None:
        """Why live sources are not measured now, if it is the clock."""
        skew = self.skew_s(chain_time)
        if abs(skew) <= self._max_skew_s:
            return None
        return (
            f"the machine's clock is {abs(skew)} s {'ahead of' if skew > 0 else 'behind'} the "
            f"chain's time, more than {self._max_skew_s} s: looks at live sources have no place in "
            "its hours"
        )

    def _make_due(self, watch: Watch, asked: Collection[int]) -> int | None:
        number = watch.cluster
        if self._is_resting(number):
            return None
        chain_time = self.view.now()
        cluster = self.view.cluster(number)
        if cluster is None:
            self.problems[number] = f"there is no cluster {number}"
            return None
        due = (chain_time - watch.table.settle_s) // HOUR
        first = max(cluster.genesis, due - RING + 1)
        hours = self.open_hours(number, [hour for hour in asked if first <= hour < due])
        if not hours or (watch.is_live and self.skew_problem(chain_time)):
            return None  # of the clock, health says so
        self._drop_canaries(watch)
        # All at one block: of a provider's nodes the next may not have seen yet what this one has.
        block = self.view.settled((hours[-1] + 1) * HOUR + watch.table.settle_s)
        bookings = self.view.bookings(number, hours, block)
        attested = self.view.attested(number, hours, block)
        lines = 0
        for hour, booked, total in zip(hours, bookings, attested, strict=True):
            if booked is None:  # of this hour alone: a node may lack old logs, or lag behind
                self._fail(number, hour, DISAGREEING)
                self._lost[number, hour] = self._clock() + HOUR_REST
                continue
            frame = Frame(number, hour, booked, total, cluster.kind, cluster.sku)
            if lines > MOST_LINES:
                return hour
            lines += self._make(watch, frame)
            if self._is_resting(number):
                break
        return None

    def _make(self, watch: Watch, frame: Frame) -> int:
        """Measure one hour, if that can be; how many lines were looked at."""
        number, hour = watch.cluster, frame.hour
        try:
            before, moments = self._looks(watch, frame)
        except SourceError as error:
            self._fail(number, hour, str(error))
            self._resting[number] = self._clock()
            return 0
        gap = longest_gap(frame, moments)
        try:
            if gap > watch.table.max_gap_s or not moments:
                most = watch.table.max_gap_s
                raise ValueError(f"nobody looked for {gap} s, more than {most} s")
            while not self._keep(frame, before, moments):
                pass  # somebody stated something of the hour meanwhile
            self.problems.pop(number, None)
        except ValueError as error:
            self._fail(number, hour, str(error))
            # What a live source did not show will never be known.
            self._lost[number, hour] = inf if watch.is_live else self._clock() + HOUR_REST
        return sum(1 + len(moment.readings) for moment in moments)

    def _keep(self, frame: Frame, before: Moment | None, moments: Sequence[Moment]) -> bool:
        """Measure an hour and keep that; False when what else is known of it changed meanwhile."""
        number, hour, raws = frame.cluster, frame.hour, self._store.raws
        whole = HourSamples(
            before=before,
            moments=tuple(moments),
            canaries=tuple(raws.canaries(number, hour)),
            heartbeats=tuple(raws.heartbeats(number, hour)),
        )
        refused = raws.elsewhere(number, hour, whole.devices(), self.watches)
        measurement = measure_hour(frame, without(whole, refused))
        signed = sign(self._store.domain, measurement, self._account)
        own = Own(signed, frame.bookings, frame.attested)
        if not self._store.keep_own(own, whole, refused):
            return False
        for item in refused:
            log.warning(
                "cluster %d, hour %d: device %s counts as absent, it stands in cluster %d",
                *(number, hour, heard(item.device), item.elsewhere),
            )
        self._heard(Made(own, frame))
        return True

    def _looks(self, watch: Watch, frame: Frame) -> tuple[Moment | None, Sequence[Moment]]:
        """The last look before an hour, if it counts for anything in it, and those in it."""
        begin, end = frame.begin_s, frame.end_s
        earliest = begin - watch.table.max_gap_s
        if not watch.is_live:
            found = watch.recorded(earliest, end, frame.attested)
            early = sum(moment.time_s < begin for moment in found)
            kept = self.shares.bounded(watch.cluster, found[max(0, early - 1) :])
            return (kept[0], kept[1:]) if early else (None, kept)
        before = self._store.raws.last_moment(watch.cluster, begin)
        moments = self._store.raws.moments(watch.cluster, begin, end)
        return (before if before and before.time_s >= earliest else None), moments

    def _drop_canaries(self, watch: Watch) -> None:
        """Once: what failed a job that is not asked any more would be absent for ever."""
        number = watch.cluster
        if number in self._asked:
            return
        asked = {table.device for table in watch.table.canaries}
        dropped = self._store.raws.drop_canaries(number, asked)
        if dropped:
            log.warning("cluster %d: %d failed canaries are asked no more", number, dropped)
        self._asked.add(number)

    def _attested(self, number: int) -> int:
        """Units attested now; SourceError where that can not be known."""
        try:
            (units,) = self.view.attested(number, [self.view.now() // HOUR])
        except Unready as error:
            raise SourceError(str(error)) from error
        return units

    def _fail(self, number: int, hour: int, reason: str) -> None:
        self.problems[number] = f"cluster {number}, hour {hour}: {reason}"
        log.info("%s", self.problems[number])

    def _is_resting(self, number: int) -> bool:
        since = self._resting.get(number)
        if since is not None and self._clock() - since < REST:
            return True
        self._resting.pop(number, None)
        return False
