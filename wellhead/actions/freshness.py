"""How far a cluster's reports and books are behind."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from wellhead.actions.calendar import ChainSource, runs
from wellhead.actions.records import last_reported, samples_of
from wellhead.chain import Deployment
from wellhead.model.units import HOUR


@dataclass(frozen=True)
class Freshness:
    """A cluster's record, as of one block. Hours are unix time / 3600.

    `waiting` are booked hours that are over and have no record: nothing behind the first of them is
    paid. `closable` counts those that anybody may close as zero. `due` counts booked hours that are
    final and not accrued yet.
    """

    cluster: int
    current: int
    last_reported: int | None
    waiting: tuple[int, ...]
    closable: int
    due: int
    accrued_to: int

    @property
    def behind(self) -> int:
        """Hours since the oldest that waits ended."""
        return self.current - self.waiting[0] - 1 if self.waiting else 0


def freshness(deployment: Deployment, cluster: int, block: int, now: int) -> Freshness:
    """Read at `block`, whose time is `now`."""
    market, registry = deployment.market, deployment.registry
    current = now // HOUR
    cursor = int(market.call("booksOf", cluster, block=block)["cursor"])
    genesis = int(registry.call("genesisOf", cluster, block=block))
    reach = int(market.call("accrue", cluster, block=block))
    source = ChainSource(deployment, cluster, block)
    booked = [
        hour
        for run in runs(source, cursor or genesis, max(current, reach))
        if run.booked
        for hour in range(run.start, run.end)
    ]
    over = [hour for hour in booked if hour < current]
    samples = samples_of(deployment, cluster, over, block)
    waiting = [hour for hour in over if hour not in samples]
    return Freshness(
        cluster=cluster,
        current=current,
        last_reported=last_reported(deployment, cluster, genesis, current, block),
        waiting=tuple(waiting),
        closable=_closable(deployment, waiting, block),
        due=sum(hour < reach for hour in booked),
        accrued_to=cursor,
    )


def _closable(deployment: Deployment, waiting: list[int], block: int) -> int:
    """How many of these hours have been silent for long enough; the oldest are."""
    if not waiting:
        return 0
    registry, oracle = deployment.registry, deployment.oracle
    clock = int(registry.call("clock", block=block))
    silence = int(oracle.call("SILENCE", block=block))

    def is_kept(hour: int) -> bool:
        ended = int(registry.call("clockAt", (hour + 1) * HOUR, block=block))
        return ended + silence > clock

    return bisect_left(waiting, True, key=is_kept)
