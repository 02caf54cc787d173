"""A cluster that works again is no default to be had, booked or not."""

from __future__ import annotations

import pytest

from tests.support.bonds import (
    DEFAULT,
    accrue,
    bonded,
    declare,
    deliver_hours,
    go_down,
    recover,
)
from tests.support.contests import recount
from tests.support.payment import encoded
from tests.support.rent import books, deliver, open_lease, report
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, USD, Stage, Terms
from tests.support.state import refused
from wellhead.model.samples import Sample

UNITS, BOND = 100, 25 * USD
TERMS = Terms(bond=BOND)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A bond behind every unit."""
    return bonded(stage, TERMS, UNITS, UNITS * BOND)


def work(stage: Stage, cluster: int, first: int, hours: int, working: int = 100_000) -> None:
    """Hours that nobody booked pass, and are final; all units work in each."""
    stage.to_hour(first + hours)
    for begin in range(first, first + hours, 100):
        batch = range(begin, min(begin + 100, first + hours))
        stage.report([Sample(cluster, hour, working, 0) for hour in batch])
    stage.finalize()


def refuse(stage: Stage, cluster: int, hour: int) -> None:
    with refused(stage, "LeaseMarket_WorksAgain", cluster, hour):
        declare(stage, cluster)


@shows("DEF-4")
def test_idle_hours_in_which_it_works_end_a_default_that_nobody_declared(
    stage: Stage, cluster: int
) -> None:
    """An hour nobody booked does not interrupt the count, and says that the outage is over."""
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 72)
    go_down(stage, cluster, lease.start)
    first = stage.hour()
    with stage.scratch():
        declare(stage, cluster)
    work(stage, cluster, first, 30)
    assert books(stage, cluster)["down"] == 72 * HOUR
    earliest = next(
        hour
        for hour in range(stage.hour() - 72, stage.hour())
        if stage.oracle.call("recordOf", cluster, hour)["working"]
    )
    assert earliest == first
    refuse(stage, cluster, first)
    # Not one unit of it for one look of an hour is nothing.
    work(stage, cluster, stage.hour(), 72, working=1)
    refuse(stage, cluster, stage.hour() - 72)


@shows("DEF-4")
def test_what_is_reported_and_not_contested_says_so(stage: Stage, cluster: int) -> None:
    """Final or not: until it is reported, and while it is contested, the default stands."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    go_down(stage, cluster, lease.start)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    with stage.scratch():
        declare(stage, cluster)
    stage.report([Sample(cluster, hour, 100_000, 10_000)])
    assert not stage.oracle.call("recordOf", cluster, hour)["isFinal"]
    refuse(stage, cluster, hour)
    with stage.scratch():
        stage.finalize()
        refuse(stage, cluster, hour)
    stage.contests.send("contest", lease.id, hour, sender=lease.tenant)
    with stage.scratch():
        declare(stage, cluster)
    for available in (0, 1):
        with stage.scratch():
            recount(stage, Sample(cluster, hour, 100_000, available))
            if available:
                refuse(stage, cluster, hour)
            else:
                declare(stage, cluster)


@shows("DEF-4")
@pytest.mark.parametrize("way", ["contested", "unreported"])
def test_a_gap_in_the_record_hides_nothing(stage: Stage, cluster: int, way: str) -> None:
    """The books stand at an hour that is not final, and later ones say that it works again."""
    lease = open_lease(stage, cluster, 50, stage.hour() + 1, 2000)
    start = lease.start
    served = {start + 72: 50_000, start + 73: 50_000, start + 74: 50_000}
    if way == "unreported":
        del served[start + 72]
    stage.to_hour(start + 75)
    report(stage, cluster, dict.fromkeys(range(start, start + 72), 0) | served)
    if way == "contested":
        stage.contests.send("contest", lease.id, start + 72, sender=stage.tenants[0])
    stage.finalize()
    accrue(stage, cluster)
    assert books(stage, cluster)["cursor"] == start + 72
    refuse(stage, cluster, start + 73)


@shows("DEF-4")
def test_only_the_last_72_hours_are_asked(stage: Stage, cluster: int) -> None:
    """What worked before the outage is no reason, and nobody is asked for more than that."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    deliver_hours(stage, cluster, lease.start, [10_000, *[0] * 72])
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == 72 * HOUR
    declare(stage, cluster)


@shows("DEF-4", "DEF-13")
def test_nobody_books_into_an_outage_that_is_over_for_the_bond(stage: Stage, cluster: int) -> None:
    """All of one transaction: book most of the cluster as long as can be, declare the default that
    nobody had declared, and leave with rent and bond. Honest bookings go on when somebody has noted
    that it works again."""
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 72)
    go_down(stage, cluster, lease.start)
    first = stage.hour()
    work(stage, cluster, first, 30)
    market, hour, thief = stage.market, stage.hour(), stage.tenants[1]
    booking = encoded(market, "lease", cluster, 95, hour, 8000, MAX)
    noting, declaring = (encoded(market, name, cluster) for name in ("recover", "declareDefault"))
    for calls, error in (
        ([booking, declaring], ("LeaseMarket_InDefault", cluster)),
        ([declaring, booking], ("LeaseMarket_WorksAgain", cluster, first)),
        ([noting, booking, declaring], ("LeaseMarket_NotInDefault", cluster, 0, DEFAULT)),
    ):
        with refused(stage, *error):
            market.send("multicall", calls, sender=thief)
    recover(stage, cluster)
    mine = open_lease(stage, cluster, 95, hour + 1, 24)
    deliver(stage, cluster, dict.fromkeys(range(mine.start, mine.start + 24), 95_000))
    accrue(stage, cluster)
    assert books(stage, cluster)["earned"] > 0
