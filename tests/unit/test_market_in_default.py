"""A bonded cluster with 72 dark hours on record is closed to bookings until that has an end."""

from __future__ import annotations

import pytest

from tests.support.bonds import (
    DEFAULT,
    accrue,
    bonded,
    declare,
    deliver_hours,
    go_down,
    post,
    recover,
    settle,
)
from tests.support.contests import switch
from tests.support.raw import attempt
from tests.support.rent import FLAT, Opened, books, deliver, open_lease, report
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage
from tests.support.state import refused
from wellhead.chain import Reverted
from wellhead.model.samples import Sample

UNITS, BOND = 100, 1_000
TERMS = FLAT.but(bond=BOND)
SILENCE = 7 * 24


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A bond behind every unit, and a rent of one stablecoin unit per unit-hour."""
    return bonded(stage, TERMS, UNITS, UNITS * BOND)


def work(stage: Stage, cluster: int, hours: range, working: int = 100_000) -> None:
    """Hours that nobody booked pass and are reported."""
    if stage.hour() < hours.stop:
        stage.to_hour(hours.stop)
    for first in range(hours.start, hours.stop, 100):
        batch = range(first, min(first + 100, hours.stop))
        stage.report([Sample(cluster, hour, working, 0) for hour in batch])


def refuse_bookings(stage: Stage, lease: Opened) -> None:
    """Neither a new one nor more hours of one that runs, for an hour or for many, now or later."""
    market, cluster, hour = stage.market, lease.cluster, stage.hour()
    for asked in ((cluster, 1, hour, 1), (cluster, 90, hour + 1_000, 500)):
        with expect_revert("LeaseMarket_InDefault", cluster):
            market.call("quote", *asked)
        with refused(stage, "LeaseMarket_InDefault", cluster):
            attempt(market, "lease", *asked, MAX, sender=stage.tenants[1])
    with expect_revert("LeaseMarket_InDefault", cluster):
        market.call("quoteExtension", lease.id, 1)
    with refused(stage, "LeaseMarket_InDefault", cluster):
        attempt(market, "extend", lease.id, 1, MAX, sender=lease.tenant)


def book(stage: Stage, cluster: int, units: int = 1) -> Opened:
    """As quoted."""
    asked = (cluster, units, stage.hour() + 1, 3)
    quoted = stage.market.call("quote", *asked)["cost"]
    lease = open_lease(stage, *asked)
    assert lease.cost == quoted
    return lease


@shows("DEF-13")
def test_nobody_books_or_extends_after_72_dark_hours(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    go_down(stage, cluster, lease.start, 71)
    with stage.scratch():
        book(stage, cluster)
        stage.market.send("extend", lease.id, 1, MAX, sender=lease.tenant)
    deliver(stage, cluster, {lease.start + 71: 0})
    accrue(stage, cluster)
    refuse_bookings(stage, lease)


@shows("DEF-3", "DEF-13")
def test_to_the_second(stage: Stage, cluster: int) -> None:
    """72 dark hours, and the clock stood still for one second of them."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    for second, function in ((100, "pause"), (101, "unpause")):
        switch(stage, function, (lease.start + 5) * HOUR + second)
    go_down(stage, cluster, lease.start)
    assert books(stage, cluster)["down"] == DEFAULT - 1
    with stage.scratch():
        book(stage, cluster)
    deliver(stage, cluster, {lease.start + 72: 0})
    accrue(stage, cluster)
    refuse_bookings(stage, lease)


@shows("DEF-13")
def test_a_booking_accrues_before_it_looks(stage: Stage, cluster: int) -> None:
    """Quotes know only what is in the books."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    deliver_hours(stage, cluster, lease.start, [0] * 72)
    asked = (cluster, 1, stage.hour() + 1, 3)
    stage.market.call("quote", *asked)
    stage.market.call("quoteExtension", lease.id, 1)
    for call in (("lease", *asked, MAX), ("extend", lease.id, 1, MAX)):
        with refused(stage, "LeaseMarket_InDefault", cluster):
            attempt(stage.market, *call, sender=lease.tenant)


def test_what_can_not_be_booked_anyway_is_refused_for_that(stage: Stage) -> None:
    cluster = bonded(stage, TERMS, UNITS, 20 * BOND)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    go_down(stage, cluster, lease.start)
    bonds = books(stage, cluster)["bond"] // (BOND * 2**32 * 10**6)
    hour = stage.hour()
    with refused(stage, "LeaseMarket_SoldOut", 10, 91, UNITS):
        open_lease(stage, cluster, 91, hour, 3)
    with refused(stage, "LeaseMarket_Unbonded", 10, bonds - 9, bonds):
        open_lease(stage, cluster, bonds - 9, hour, 3)
    with refused(stage, "LeaseMarket_InDefault", cluster):
        open_lease(stage, cluster, bonds - 10, hour, 3)


@shows("DEF-13")
@pytest.mark.parametrize("posted", [0, 1, 10**9])
def test_where_no_bond_is_asked_for_bookings_go_on(stage: Stage, posted: int) -> None:
    """There is nothing to be had but one's own rent."""
    cluster = stage.cluster(UNITS, FLAT)
    if posted:
        post(stage, cluster, posted)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    go_down(stage, cluster, lease.start)
    assert books(stage, cluster)["down"] == DEFAULT
    bond = books(stage, cluster)["bond"]
    new = book(stage, cluster)
    stage.market.send("extend", lease.id, 1, MAX, sender=lease.tenant)
    declare(stage, cluster)
    assert settle(stage, new.id) == new.cost
    assert books(stage, cluster)["bond"] == bond


@shows("DEF-8", "DEF-13")
def test_the_era_that_ended_closes_nothing(stage: Stage, cluster: int) -> None:
    old = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    deliver_hours(stage, cluster, old.start, [0] * 72)
    stage.skip(80 * HOUR)
    declare(stage, cluster)
    new = open_lease(stage, cluster, 20, stage.hour(), 400, stage.tenants[1])
    deliver_hours(stage, cluster, old.start + 72, [0] * 73)
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == DEFAULT
    book(stage, cluster, 30)
    stage.market.send("extend", new.id, 1, MAX, sender=new.tenant)


@shows("DEF-13")
@pytest.mark.parametrize("end", ["declare", "recover", "walk"])
def test_what_ends_it_opens_the_cluster(stage: Stage, cluster: int, end: str) -> None:
    """A default, what is noted, or a booked hour of which something was available."""
    hours = 72 if end == "recover" else 400
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, hours)
    other = open_lease(stage, cluster, 10, stage.hour() + 1_000, 5)
    go_down(stage, cluster, lease.start)
    refuse_bookings(stage, other)
    if end == "declare":
        declare(stage, cluster)
    elif end == "recover":
        work(stage, cluster, range(stage.hour(), stage.hour() + 1))
        stage.finalize()
        refuse_bookings(stage, other)
        recover(stage, cluster)
    else:
        deliver(stage, cluster, {lease.start + 72: 1})
        accrue(stage, cluster)
    book(stage, cluster, 70)
    if end != "declare":
        stage.market.send("extend", other.id, 1, MAX, sender=other.tenant)


@shows("DEF-13")
def test_tenants_can_do_all_else(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    go_down(stage, cluster, lease.start)
    market, owner, hour = stage.market, lease.tenant, stage.hour()
    market.send("cancel", lease.id, lease.end - 10, 0, sender=owner)
    market.send("splitUnits", lease.id, 3, sender=owner)
    market.send("splitHours", lease.id, hour + 50, sender=owner)
    market.send("setUser", lease.id, stage.stranger.address, (hour + 9) * HOUR, sender=owner)
    other = stage.tenants[1].address
    market.send("transferFrom", owner.address, other, lease.id, sender=owner)
    post(stage, cluster, 5)
    stage.market.send("updateBase", cluster, sender=stage.stranger)
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    assert settle(stage, lease.id) == 0
    assert stage.claim_of(owner) >= 10 * 72


STATES = ["idle", "booked", "contested", "unreported", "paused", "behind", "second"]


@shows("DEF-15")
@pytest.mark.parametrize("then", ["works", "dark", "unreported"])
@pytest.mark.parametrize("state", STATES)
def test_there_is_a_way_out_of_every_outage(
    stage: Stage, cluster: int, state: str, then: str
) -> None:
    """Once records say how it goes on, or nobody says anything, the call that fits passes, or the
    books have come to a good hour by themselves; and then there are bookings."""
    reach(stage, cluster, state)
    first = stage.hour()
    stage.to_hour(first + 100)
    if then != "unreported":
        available = dict.fromkeys(range(first, first + 100), 10_000 * (then == "works"))
        report_as_booked(stage, cluster, available)
        stage.finalize()
    while accrue(stage, cluster).events:
        pass
    ways = [name for name in ("declareDefault", "recover") if passes(stage, cluster, name)]
    if books(stage, cluster)["down"] == DEFAULT:
        assert ways == ["recover" if then == "works" else "declareDefault"]
        stage.market.send(ways[0], cluster, sender=stage.stranger)
    else:
        assert (ways, then) == ([], "works")
    post(stage, cluster, UNITS * BOND)
    book(stage, cluster, 80)


def reach(stage: Stage, cluster: int, state: str) -> None:
    """After 72 dark hours: nothing more is booked, the books stand at an hour that is not final, a
    pause was in between, or it is not the first time."""
    if state == "second":
        reach(stage, cluster, "booked")
        declare(stage, cluster)
        hour = stage.hour()
        report(stage, cluster, dict.fromkeys(range(hour - 24, hour), 9_000))
        stage.finalize()
        post(stage, cluster, UNITS * BOND)
    good = 200 if state == "behind" else 0
    booked = {"idle": 72, "paused": 72, "behind": good + 72}.get(state, 700)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, booked)
    deliver_hours(stage, cluster, lease.start, [10_000] * good + [0] * 72)
    hour = lease.start + good + 72
    if state == "paused":
        switch(stage, "pause")
        stage.skip(200 * HOUR)
        switch(stage, "unpause")
    elif state in ("contested", "unreported"):
        stage.to_hour(hour + 30)
        if state == "contested":
            report(stage, cluster, {hour: 10_000})
            stage.contests.send("contest", lease.id, hour, sender=lease.tenant)
            report(stage, cluster, dict.fromkeys(range(hour + 1, hour + 30), 0))
        stage.finalize()


def report_as_booked(stage: Stage, cluster: int, available: dict[int, int]) -> None:
    """So much works in every hour, and as much of it is available as is booked."""
    booked = stage.market.call_many([("bookedAt", [cluster, hour]) for hour in available])
    for (hour, working), units in zip(available.items(), booked, strict=True):
        stage.report([Sample(cluster, hour, working, min(working, 1_000 * units))])


def passes(stage: Stage, cluster: int, function: str) -> bool:
    try:
        stage.market.call(function, cluster)
    except Reverted:
        return False
    return True
