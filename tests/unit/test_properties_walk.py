"""The longest walk over final hours at its dearest: what it costs, and what walks it first.

A step is dearest where it writes an hour's mark for the first time: where a lease was split, or
where two equal ones meet, so that nothing changes there and the hour is flagged all the same. Dark
hours ask the clock twice, as long as they count towards a default; its history is long here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.support.bonds import DEFAULT, accrue, bonded, post
from tests.support.contests import switch
from tests.support.lifecycle import split_hours
from tests.support.rent import FLAT, books, deliver, open_lease
from tests.support.shares import at_once
from tests.support.shows import shows
from tests.support.stage import MAX, Q, Stage
from wellhead.chain import Contract, UnlockedAccount
from wellhead.model.samples import Sample

#: The most gas that a transaction may have since EIP-7825, and what the longest walk may need.
MOST = 2**24
SHARE = MOST * 3 // 4
STEPS = 240
PAUSES = 20
UNITS, BOND = 100, 1_000
TERMS = FLAT.but(sla=Q, penalty=10 * Q, bond=BOND)
WAYS = ["split", "equal", "changing"]


@dataclass
class Backlog:
    """Final hours from `start` on, none of which is accrued; a lease of two units runs beyond."""

    stage: Stage
    cluster: int
    start: int
    long: int
    lease: int

    def fits(self, contract: Contract, function: str, *arguments: object, sender: str = "") -> int:
        """Gas that a call uses, which must get along with three quarters of the most."""
        stage = self.stage
        who: UnlockedAccount = getattr(stage, sender) if sender else stage.tenants[0]
        with stage.scratch():
            used = contract.send(function, *arguments, sender=who, gas=SHARE).gas_used
            assert books(stage, self.cluster)["cursor"] == self.start + STEPS
        return used


def pattern(hours: int, dark: int) -> list[bool]:
    """Whether anything works, by hour: 72 hours in which nothing does, one in which all does, and
    so on, up to so many dark ones in the end."""
    return [(hours - dark - n) % 73 == 0 for n in range(1, hours + 1)]


def backlog(stage: Stage, way: str, works: Sequence[bool]) -> Backlog:
    """Hours of a way in which each is flagged, after a long history of pauses."""
    for _ in range(PAUSES):
        for function in ("pause", "unpause"):
            switch(stage, function)
            stage.skip(5)
    cluster, start = bonded(stage, TERMS, UNITS, 2 * UNITS * BOND), stage.hour() + 1
    long = open_lease(stage, cluster, 2, start, len(works) + 400).id
    lease = long + 1
    if way == "split":
        open_lease(stage, cluster, 1, start, len(works))
        for hour in range(start + len(works) - 1, start, -1):
            split_hours(stage, lease, hour)
    else:
        units = [1 + n % 3 * (way == "changing") for n in range(len(works))]
        asked = [(cluster, many, start + n, 1, MAX) for n, many in enumerate(units)]
        for first in range(0, len(asked), 60):
            calls = [
                (stage.market, "lease", each, stage.tenants[n % 4])
                for n, each in enumerate(asked[first : first + 60])
            ]
            at_once(stage, calls, 460_000)
    stage.to_hour(start)
    accrue(stage, cluster)
    assert books(stage, cluster)["cursor"] == start
    stage.to_hour(start + len(works))
    for first in range(0, len(works), 100):
        hours = enumerate(works[first : first + 100], start + first)
        stage.report([Sample(cluster, hour, 100_000, 9_000 * good) for hour, good in hours])
    stage.finalize()
    return Backlog(stage, cluster, start, long, lease)


@shows("ACC-12", "GAS-8")
@pytest.mark.parametrize("way", WAYS)
def test_the_longest_walk_fits_a_transaction_and_so_does_what_walks_first(
    stage: Stage, way: str
) -> None:
    assert stage.market.call("MAX_STEPS") == STEPS
    there = backlog(stage, way, pattern(STEPS, 0))
    market, cluster, seller = stage.market, there.cluster, stage.tenants[0]
    walk = there.fits(market, "accrue", cluster, sender="stranger")
    asked = (cluster, 5, stage.hour() + 5, 100, MAX)
    costs = [
        there.fits(market, "settle", there.lease, sender="stranger"),
        there.fits(market, "lease", *asked),
        there.fits(market, "extend", there.long, 10, MAX),
        there.fits(market, "withdrawBond", cluster, 1, sender="operator"),
        there.fits(market, "splitUnits", there.long, 1),
        there.fits(market, "transferFrom", seller.address, stage.stranger.address, there.long),
        there.fits(stage.router, "accrueAndDistribute", cluster, sender="stranger"),
        there.fits(stage.registry, "retire", cluster, 1, sender="operator"),
    ]
    assert walk < min(costs) < max(costs) < walk + 10**6


@shows("GAS-8")
@pytest.mark.parametrize("way", WAYS)
def test_the_longest_walk_leaves_room_for_a_default_and_for_a_recovery(
    stage: Stage, way: str
) -> None:
    there = backlog(stage, way, pattern(STEPS, 72))
    there.fits(stage.market, "declareDefault", there.cluster, sender="stranger")
    deliver(stage, there.cluster, {there.start + STEPS + 1: 9_000})
    there.fits(stage.market, "recover", there.cluster, sender="stranger")
    accrue(stage, there.cluster)
    assert books(stage, there.cluster)["down"] == DEFAULT


@shows("ACC-12")
@pytest.mark.parametrize("way", ["split", "equal"])
def test_a_backlog_of_any_length_is_worked_off_call_by_call(stage: Stage, way: str) -> None:
    """Nobody needs more for any of the calls than a transaction may have."""
    hours = 3 * STEPS + 50
    there = backlog(stage, way, pattern(hours, 30))
    post(stage, there.cluster, 10**6)
    for reached in range(STEPS, hours + STEPS, STEPS):
        stage.market.send("accrue", there.cluster, sender=stage.stranger, gas=MOST)
        cursor = there.start + min(reached, hours)
        assert books(stage, there.cluster)["cursor"] == cursor
    assert not accrue(stage, there.cluster).events
