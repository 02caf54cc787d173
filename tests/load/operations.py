"""Every core operation's gas and new slots, at one level of the load.

Most are the gas table's own, on a new cluster and on the busiest one; what is measured at each
level happens at the same time of the chain's, in the same hours, and is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from tests.gas import earning, market, revenue, supply, tokens
from tests.load.watching import Figure, Watch
from tests.load.world import AHEAD, DAY, PROBE, SAMPLES, World
from tests.support.stage import MAX, Stage
from wellhead.chain import Receipt

Run = Callable[[Stage, int], Iterator[Receipt]]
#: By place and operation.
Figures = Mapping[tuple[str, str], Figure]


def measure(
    world: World, places: Sequence[str] = ("new", "busiest"), names: Sequence[str] | None = None
) -> Figures:
    """All of them, or those that are named, one after another from the same state."""
    stage, found = world.stage, {}
    with stage.scratch():
        _leave_nothing_behind(stage, world.hub)
        stage.to_hour(PROBE)
        for place, cluster, operations in (
            ("new", world.fresh, OPERATIONS),
            ("busiest", world.hub, OPERATIONS | AMONG_MANY),
        ):
            for name, run in operations.items():
                if place not in places or (names is not None and name not in names):
                    continue
                found[place, name] = _figure(stage, cluster, run, world.places)
    return found


def _leave_nothing_behind(stage: Stage, cluster: int) -> None:
    """What the load earned is distributed and swept, and has vested when it is measured."""
    stage.to_hour(PROBE - 3 * DAY)
    earning.open_venue(stage)
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    if stage.router.call("bitcoinPendingOf", cluster):
        stage.router.send("sweep", cluster, MAX, sender=stage.stranger)


def _figure(stage: Stage, cluster: int, run: Run, places: dict[object, set[int]]) -> Figure:
    """`places` are those of the measured transactions among all that are sent, by operation; where
    they are not known yet, the operation is done once for nothing."""
    while True:
        with stage.scratch(), Watch(places.get(run, set())) as watch:
            # Some are measured at 24 places of the hour grid; a few of them tell as much here. What
            # is sent anew after it was undone has the same hash: the last is meant each time.
            sent = [watch.last(receipt.hash) for receipt in islice(run(stage, cluster), 3)]
            if all(place in watch.figures for place in sent):
                measured = [watch.figures[place] for place in sent]
                return Figure(*(max(each) for each in zip(*measured, strict=True)))
            places[run] = set(sent)


def _report_100(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """A hundred hours of one cluster: a slot each."""
    hour = stage.hour()
    stage.to_hour(hour + SAMPLES)
    yield stage.report([stage.sample(cluster, each) for each in range(hour, hour + SAMPLES)])


def _lease_among_many(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """In hours in which the load has leases of its own."""
    tenant = stage.tenants[0]
    stage.lease(cluster, 64, stage.hour() + 1, 1, tenant)
    for start in range(AHEAD, AHEAD + 3):
        with stage.scratch():
            order = (cluster, 64, start, DAY, MAX)
            yield stage.market.send("lease", *order, sender=tenant)


def _cancel_among_many(stage: Stage, cluster: int) -> Iterator[Receipt]:
    first = stage.lease(cluster, 1, stage.hour() + 1, 2)
    stage.market.send("cancel", first, stage.hour() + 1, 0, sender=stage.tenants[0])
    lease = stage.lease(cluster, 64, AHEAD, DAY)
    yield stage.market.send("cancel", lease, AHEAD + 9, 0, sender=stage.tenants[0])


OPERATIONS: dict[str, Run] = {
    "register": supply.register,
    "mint": supply.mint,
    "lease": market.lease_24h,
    "report of 100": _report_100,
    "accrue": market.accrue,
    "distribute": revenue.distribute,
    "transfer": tokens.transfer_after_distribution,
    "claim": tokens.claim_both_regulated,
    "settle": market.settle_refund,
    "cancel": market.cancel_720h,
    "sweep": revenue.sweep,
}

AMONG_MANY: dict[str, Run] = {
    "lease among many": _lease_among_many,
    "cancel among many": _cancel_among_many,
}
