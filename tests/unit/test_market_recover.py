"""Recovery: a cluster works again before anybody declared its default, and somebody notes it."""

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
from tests.support.contests import recount, switch
from tests.support.rent import FLAT, Opened, books, deliver, open_lease, report
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, Stage
from tests.support.state import refused
from wellhead.model.samples import Sample

UNITS, BOND = 100, 1_000
TERMS = FLAT.but(bond=BOND)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A bond behind every unit, and a rent of one stablecoin unit per unit-hour."""
    return bonded(stage, TERMS, UNITS, UNITS * BOND)


def outage(stage: Stage, cluster: int, hours: int = 72, booked: int | None = None) -> Opened:
    """So many dark hours, booked and accrued; by default nothing is booked after them."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, booked or hours)
    go_down(stage, cluster, lease.start, hours)
    return lease


def work(stage: Stage, cluster: int, hours: range, working: int = 100_000) -> int:
    """Hours that nobody booked pass and are reported; when they become final."""
    if stage.hour() < hours.stop:
        stage.to_hour(hours.stop)
    stage.report([Sample(cluster, hour, working, 0) for hour in hours])
    return stage.now() + FINALITY


def refuse(stage: Stage, cluster: int, down: int) -> None:
    with refused(stage, "LeaseMarket_NotInDefault", cluster, down, DEFAULT):
        recover(stage, cluster)


def refuse_still_down(stage: Stage, cluster: int) -> None:
    with refused(stage, "LeaseMarket_StillDown", cluster):
        recover(stage, cluster)


@shows("DEF-14")
def test_the_count_is_zero_and_nothing_else_moves(stage: Stage, cluster: int) -> None:
    """One hour for one thousandth of a unit in it is enough. It accrues first."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 72)
    deliver_hours(stage, cluster, lease.start, [0] * 72)
    up = stage.hour()
    work(stage, cluster, range(up, up + 1), working=1)
    stage.finalize()
    with stage.scratch():
        accrue(stage, cluster)
        before = books(stage, cluster)
    assert before["down"] == DEFAULT
    assert stage.market.call("recover", cluster) == up
    claims = [stage.claim_of(account) for account in (stage.market, stage.operator)]
    receipt = recover(stage, cluster)
    assert [event.name for event in receipt.events] == ["Accrued", "Recovered"]
    assert receipt.event("Recovered").arguments == {"clusterId": cluster, "hour": up}
    assert books(stage, cluster) == before | {"down": 0}
    assert [stage.claim_of(account) for account in (stage.market, stage.operator)] == claims
    refuse(stage, cluster, 0)
    with refused(stage, "LeaseMarket_NotInDefault", cluster, 0, DEFAULT):
        declare(stage, cluster)


@shows("DEF-14")
@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize("caller", ["governor", "operator", "guardian", "stranger", "relay"])
def test_anyone_may_note_it(stage: Stage, cluster: int, caller: str, is_paused: bool) -> None:
    outage(stage, cluster)
    work(stage, cluster, range(stage.hour(), stage.hour() + 1))
    stage.finalize()
    if is_paused:
        switch(stage, "pause")
    stage.market.send("recover", cluster, sender=getattr(stage, caller))
    assert books(stage, cluster)["down"] == 0


@shows("DEF-14")
def test_it_needs_a_final_record_to_the_second(stage: Stage, cluster: int) -> None:
    """What is reported is enough against a default, and not enough for this."""
    outage(stage, cluster)
    up = stage.hour()
    final_at = work(stage, cluster, range(up, up + 1))
    stage.anvil.next_block_at(final_at - 1)
    refuse_still_down(stage, cluster)
    with refused(stage, "LeaseMarket_WorksAgain", cluster, up):
        declare(stage, cluster)
    stage.anvil.next_block_at(final_at)
    assert recover(stage, cluster).event("Recovered")["hour"] == up


@shows("DEF-14")
def test_the_last_such_hour_is_told_and_none_before_those_that_are_asked(
    stage: Stage, cluster: int
) -> None:
    """72 hours, and those that it takes to be final, to the second."""
    outage(stage, cluster)
    up = stage.hour()
    work(stage, cluster, range(up, up + 2))
    last = (up + 1 + 72 + FINALITY // HOUR + 1) * HOUR
    stage.to_time(last - 10)
    with stage.scratch():
        assert recover_at(stage, cluster, last - 1) == up + 1
    stage.to_time(last)
    refuse_still_down(stage, cluster)


@shows("DEF-14")
def test_only_what_comes_after_the_last_dark_booked_hour_counts(stage: Stage, cluster: int) -> None:
    """All worked in an idle hour in the midst of the outage: its default stands, and who could have
    prevented it can not dodge it."""
    start = stage.hour() + 1
    for first, hours in ((start, 10), (start + 11, 400)):
        open_lease(stage, cluster, 10, first, hours)
    stage.to_hour(start + 73)
    working = [0] * 10 + [100_000] + [0] * 62
    stage.report([Sample(cluster, hour, many, 0) for hour, many in enumerate(working, start)])
    stage.finalize()
    accrue(stage, cluster)
    assert (stage.hour(), books(stage, cluster)["down"]) == (start + 97, DEFAULT)
    refuse_still_down(stage, cluster)
    declare(stage, cluster)


@shows("DEF-14")
def test_what_worked_before_the_outage_is_no_reason(stage: Stage, cluster: int) -> None:
    """Also where a contest that was decided at once lets the outage be final earlier."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    stage.to_hour(lease.start + 1)
    report(stage, cluster, {lease.start: 10_000})
    stage.to_hour(lease.start + 72)
    report(stage, cluster, dict.fromkeys(range(lease.start + 1, lease.start + 72), 0))
    last = lease.start + 72
    stage.to_hour(last + 1)
    report(stage, cluster, {last: 0})
    stage.contests.send("contest", lease.id, last, sender=lease.tenant)
    recount(stage, Sample(cluster, last, 100_000, 0))
    stage.to_hour(lease.start + 96, 60)
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == DEFAULT
    refuse_still_down(stage, cluster)
    declare(stage, cluster)


@shows("DEF-14")
def test_what_worked_longer_ago_is_no_reason(stage: Stage, cluster: int) -> None:
    """Nobody has reported anything since: then it may be down again, and be declared so."""
    outage(stage, cluster)
    up = stage.hour()
    work(stage, cluster, range(up, up + 1))
    stage.to_hour(up + 72 + FINALITY // HOUR + 1)
    refuse_still_down(stage, cluster)
    declare(stage, cluster)


def recover_at(stage: Stage, cluster: int, at: int) -> int:
    stage.anvil.next_block_at(at)
    return int(recover(stage, cluster).event("Recovered")["hour"])


@shows("DEF-14")
@pytest.mark.parametrize("available", [0, 1, 10_000])
def test_of_booked_hours_only_what_tenants_could_use_counts(
    stage: Stage, cluster: int, available: int
) -> None:
    """The books stand at an hour without a report; in the next one all units worked."""
    lease = outage(stage, cluster, booked=400)
    later = lease.start + 73
    deliver(stage, cluster, {later: available})
    accrue(stage, cluster)
    assert books(stage, cluster)["cursor"] == later - 1
    if available:
        assert recover(stage, cluster).event("Recovered")["hour"] == later
        deliver(stage, cluster, {later - 1: 0})
        accrue(stage, cluster)
        assert books(stage, cluster)["down"] == 0, "the hour before counted, and this one ended it"
    else:
        refuse_still_down(stage, cluster)
        declare(stage, cluster)


@shows("DEF-14")
@pytest.mark.parametrize("end", ["upheld", "rejected"])
def test_a_contested_hour_says_nothing_until_it_is_decided(
    stage: Stage, cluster: int, end: str
) -> None:
    lease = outage(stage, cluster, booked=400)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    report(stage, cluster, {hour: 10_000})
    stage.contests.send("contest", lease.id, hour, sender=lease.tenant)
    stage.finalize()
    refuse_still_down(stage, cluster)
    with stage.scratch():
        declare(stage, cluster)
    found = 10_000 if end == "rejected" else 0
    recount(stage, Sample(cluster, hour, 100_000, found))
    if found:
        with stage.scratch(), refused(stage, "LeaseMarket_WorksAgain", cluster, hour):
            declare(stage, cluster)
        assert recover(stage, cluster).event("Recovered")["hour"] == hour
    else:
        refuse_still_down(stage, cluster)


@shows("DEF-1", "DEF-14")
def test_nothing_is_to_be_noted_before_72_hours(stage: Stage, cluster: int) -> None:
    outage(stage, cluster, 71)
    work(stage, cluster, range(stage.hour(), stage.hour() + 1))
    stage.finalize()
    refuse(stage, cluster, 71 * HOUR)
    again = open_lease(stage, cluster, 1, stage.hour() + 1, 1)
    deliver(stage, cluster, {again.start: 0})
    refuse_still_down(stage, cluster)
    up = stage.hour()
    work(stage, cluster, range(up, up + 1))
    stage.finalize()
    assert recover(stage, cluster).event("Recovered")["hour"] == up


@shows("DEF-3", "DEF-14")
def test_a_second_less_is_no_default(stage: Stage, cluster: int) -> None:
    """72 dark hours, in one of which the clock stood still for a second."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 72)
    for second, function in ((100, "pause"), (101, "unpause")):
        switch(stage, function, (lease.start + 5) * HOUR + second)
    deliver_hours(stage, cluster, lease.start, [0] * 72)
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == DEFAULT - 1
    work(stage, cluster, range(stage.hour(), stage.hour() + 1))
    stage.finalize()
    refuse(stage, cluster, DEFAULT - 1)


@shows("DEF-14")
def test_a_second_outage_is_counted_from_its_own_beginning(stage: Stage, cluster: int) -> None:
    """With the 72 hours before still among those that nothing has interrupted."""
    outage(stage, cluster)
    work(stage, cluster, range(stage.hour(), stage.hour() + 1))
    stage.finalize()
    recover(stage, cluster)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    go_down(stage, cluster, lease.start, 71)
    refuse(stage, cluster, 71 * HOUR)
    with refused(stage, "LeaseMarket_NotInDefault", cluster, 71 * HOUR, DEFAULT):
        declare(stage, cluster)
    deliver(stage, cluster, {lease.start + 71: 0})
    refuse_still_down(stage, cluster)
    assert declare(stage, cluster).event("Defaulted")["era"] == 0


@shows("DEF-8", "DEF-14")
def test_an_era_that_ended_needs_no_recovery(stage: Stage, cluster: int) -> None:
    """The books walk on through its dark hours, and the new one is open."""
    old = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    deliver_hours(stage, cluster, old.start, [0] * 72)
    stage.skip(80 * HOUR)
    declare(stage, cluster)
    hour = stage.hour()
    deliver_hours(stage, cluster, old.start + 72, [0] * 73)
    work(stage, cluster, range(hour, hour + 1))
    stage.finalize()
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == DEFAULT
    refuse(stage, cluster, 0)
    open_lease(stage, cluster, 10, stage.hour(), 5)


def test_a_cluster_without_a_bond_recovers_too(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT)
    outage(stage, cluster)
    up = stage.hour()
    work(stage, cluster, range(up, up + 1))
    stage.finalize()
    assert recover(stage, cluster).event("Recovered")["hour"] == up
    assert books(stage, cluster)["down"] == 0


def test_behind_a_backlog_it_accrues_what_one_call_does(stage: Stage, cluster: int) -> None:
    """The outage lies beyond what the first call reaches."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    stage.to_hour(lease.start)
    accrue(stage, cluster)
    deliver_hours(stage, cluster, lease.start, [10_000] * 328 + [0] * 72)
    up = stage.hour()
    work(stage, cluster, range(up, up + 1))
    stage.finalize()
    refuse(stage, cluster, 0)
    accrue(stage, cluster)
    assert recover(stage, cluster).event("Recovered")["hour"] == up
