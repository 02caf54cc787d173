"""Hours in whose course units were booked: what is lost of them, and who gets it back."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from tests.support.bonds import HARSH, accrue, bonded, declare, expect, settle
from tests.support.lifecycle import split_hours, split_units
from tests.support.rent import (
    FLAT,
    LEDGER,
    Opened,
    books,
    deliver,
    loss,
    open_lease,
    refund_ledger,
)
from tests.support.shows import shows
from tests.support.stage import HOUR, Q, Stage, Terms

UNITS = 100
TERMS = Terms(speed=0)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


def take(
    stage: Stage, cluster: int, hour: int, ahead: int, late: Sequence[tuple[int, int]]
) -> list[Opened]:
    """Lease units of an hour ahead, and in its course: (units, seconds that have passed)."""
    leases = [open_lease(stage, cluster, ahead, hour, 1)] if ahead else []
    return leases + [
        open_lease(stage, cluster, units, hour, 1, stage.tenants[1], at=hour * HOUR + passed)
        for units, passed in late
    ]


def average(leases: Sequence[Opened], hour: int) -> Fraction:
    """Units booked in an hour on average."""
    return Fraction(sum(lease.units * lease.seconds_at(hour) for lease in leases), HOUR)


#: Units booked ahead, (units, seconds that have passed) of those that come late.
BOOKED: list[tuple[int, list[tuple[int, int]]]] = [
    (10, [(30, 3599)]),
    (10, [(30, 1800)]),
    (10, [(30, 1)]),
    (1, [(3, 1), (5, 1199), (7, 1200), (11, 3598)]),
    (0, [(40, 2400)]),
    (0, [(1, 3599)]),
    (0, [(100, 3599)]),
]


@shows("ACC-1", "ACC-18")
@pytest.mark.parametrize("part", [0, 333_333, 900_000, 989_000])
@pytest.mark.parametrize(("ahead", "late"), BOOKED)
def test_an_hour_is_lost_by_its_unit_seconds(
    stage: Stage, cluster: int, ahead: int, late: list[tuple[int, int]], part: int
) -> None:
    """To the ledger unit: each lease loses the same part of what it paid for that hour."""
    hour = stage.hour() + 1
    leases = take(stage, cluster, hour, ahead, late)
    booked = average(leases, hour)
    assert stage.market.call("coveredAt", cluster, hour) == booked * HOUR
    available = int(booked * part * 1000 / Q)
    deliver(stage, cluster, {hour: available})
    receipt = accrue(stage, cluster)
    lost = min(Q, loss(available, booked, TERMS.sla, TERMS.penalty))
    assert lost > 0
    rent = sum(lease.first_rate for lease in leases)
    assert receipt.event("Accrued").arguments == {
        "clusterId": cluster,
        "cursor": stage.hour(),
        "lost": lost,
        "earned": rent * (Q - lost),
        "compensated": 0,
    }
    for lease in leases:
        assert refund_ledger(stage, lease) == lease.first_rate * lost
        refund = settle(stage, lease.id)
        assert refund == lease.first_rate * lost // LEDGER
        if lost == Q:  # all that was paid for its seconds, but for a unit that was rounded up
            assert lease.cost - refund in (0, 1)


@shows("ACC-18")
@pytest.mark.parametrize(("ahead", "late"), BOOKED)
def test_what_was_served_moment_by_moment_is_paid(
    stage: Stage, cluster: int, ahead: int, late: list[tuple[int, int]]
) -> None:
    """From the promised part of the unit-seconds on nothing is lost, and a thousandth of a unit
    below it something is."""
    hour = stage.hour() + 1
    leases = take(stage, cluster, hour, ahead, late)
    promised = average(leases, hour) * TERMS.sla * 1000 / Q
    enough = -(-promised.numerator // promised.denominator)
    for available in (enough, enough - 1):
        with stage.scratch():
            deliver(stage, cluster, {hour: available})
            lost = accrue(stage, cluster).event("Accrued")["lost"]
            assert (lost == 0) == (available == enough)
            assert lost == min(Q, loss(available, average(leases, hour), TERMS.sla, TERMS.penalty))


@shows("ACC-18")
def test_an_hour_that_was_served_is_paid(stage: Stage) -> None:
    """Fifty units are leased and served for all of an hour; at its end another forty, of which
    thirty do not work, are booked for a second. Of the rent no more is lost than that second's."""
    cluster, hour = stage.cluster(UNITS, Terms(speed=0, discount=0)), stage.hour() + 1
    (lease, late) = take(stage, cluster, hour, 50, [(40, 3599)])
    # The units that worked, at most those booked, moment by moment: 50 until then, 60 at last.
    deliver(stage, cluster, {hour: (50_000 * 3599 + 60_000) // HOUR})
    assert settle(stage, lease.id) <= late.cost


@shows("ACC-18")
@pytest.mark.parametrize("passed", [1, 1800, 3599])
def test_units_that_come_late_take_nothing_of_a_served_hour(
    stage: Stage, cluster: int, passed: int
) -> None:
    """Whatever becomes of them, the hour's loss is at most what their own seconds could lose."""
    hour = stage.hour() + 1
    lease, late = take(stage, cluster, hour, 50, [(50, passed)])
    # The fifty were served throughout, and of the others none worked.
    deliver(stage, cluster, {hour: 50_000})
    accrue(stage, cluster)
    lost = books(stage, cluster)["lost"]
    share = Fraction(50 * (HOUR - passed), HOUR) / average([lease, late], hour)
    assert lost <= share * (Q + TERMS.penalty)
    assert refund_ledger(stage, lease) + refund_ledger(stage, late) == lost * (
        lease.first_rate + late.first_rate
    )


@shows("ACC-18", "BOND-4")
def test_the_bond_pays_late_units_by_what_they_paid(stage: Stage) -> None:
    """Until it runs dry in the second hour."""
    cluster = bonded(stage, HARSH, UNITS, 700)
    hour = stage.hour() + 1
    leases = [
        open_lease(stage, cluster, 10, hour, 2),
        open_lease(stage, cluster, 60, hour, 2, stage.tenants[1], at=hour * HOUR + 1800),
        open_lease(stage, cluster, 7, hour + 1, 1, stage.tenants[2], at=(hour + 1) * HOUR + 3000),
    ]
    available = {hour: 21_003, hour + 1: 19_000}
    deliver(stage, cluster, available)
    accrue(stage, cluster)
    expected = expect(HARSH, leases, available, 700 * LEDGER)
    assert all(Q < part < 11 * Q for part in expected.lost.values())
    found = books(stage, cluster)
    assert found["lost"] == sum(expected.lost.values())
    assert (found["earned"], found["bond"]) == (expected.earned, expected.bond)
    assert [refund_ledger(stage, lease) for lease in leases] == [
        expected.refund(lease) for lease in leases
    ]


@shows("ACC-18", "SPLIT-1", "SPLIT-5")
@pytest.mark.parametrize("way", ["units", "hours", "moved"])
def test_a_late_lease_loses_the_same_in_pieces_and_in_other_hands(
    stage: Stage, cluster: int, way: str
) -> None:
    hour = stage.hour() + 1
    open_lease(stage, cluster, 5, hour, 3)
    lease = open_lease(stage, cluster, 40, hour, 3, at=hour * HOUR + 2345)
    available = {hour: 15_000, hour + 1: 44_000, hour + 2: 40_000}
    outcomes = []
    for changed in (False, True):
        with stage.scratch():
            pieces = [lease.id]
            if changed and way == "units":
                pieces.append(split_units(stage, lease.id, 7)[0])
            elif changed and way == "hours":
                pieces.append(split_hours(stage, lease.id, hour + 1)[0])
            elif changed:
                moved = (lease.tenant.address, stage.tenants[2].address, lease.id)
                stage.market.send("transferFrom", *moved, sender=lease.tenant)
            deliver(stage, cluster, available)
            stage.to_hour(hour + 100)
            accrue(stage, cluster)
            ledgers = [stage.market.call("refundLedgerOf", piece) for piece in pieces]
            outcomes.append((sum(ledgers), books(stage, cluster)))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] > 0


@shows("DEF-1")
def test_a_short_booking_counts_its_hour_whole_for_a_default_where_nothing_worked(
    stage: Stage, cluster: int
) -> None:
    """And one that was served, however short, lets the count begin anew."""
    hour = stage.hour() + 1
    take(stage, cluster, hour, 0, [(1, 3599)])
    take(stage, cluster, hour + 1, 0, [(1, 3599)])
    take(stage, cluster, hour + 2, 0, [(1, 3599)])
    deliver(stage, cluster, {hour: 0, hour + 1: 0})
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == 2 * HOUR
    deliver(stage, cluster, {hour + 2: 1})  # a second of a unit, rounded up
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == 0
    assert books(stage, cluster)["lost"] == 2 * Q


@shows("DEF-12")
def test_late_units_that_a_default_makes_void_lose_nothing_twice(stage: Stage) -> None:
    """Units of the hour of a default: those booked before it get their rent back and no loss;
    those booked after it are served or not by their own seconds."""
    cluster = stage.cluster(UNITS, FLAT.but(sla=Q, penalty=0))
    start = stage.hour() + 1
    open_lease(stage, cluster, 10, start, 300)
    deliver(stage, cluster, dict.fromkeys(range(start, start + 72), 0))
    accrue(stage, cluster)
    hour = stage.hour() + 1
    old = open_lease(stage, cluster, 30, hour, 1, stage.tenants[1], at=hour * HOUR + 600)
    stage.anvil.next_block_at(hour * HOUR + 900)
    declare(stage, cluster)
    assert refund_ledger(stage, old) == old.first_rate * Q
    new = open_lease(stage, cluster, 40, hour, 1, stage.tenants[2], at=hour * HOUR + 1800)
    deliver(stage, cluster, dict.fromkeys(range(start + 72, hour), 10_000) | {hour: 15_000})
    accrue(stage, cluster)
    assert books(stage, cluster)["cursor"] == stage.hour()
    assert refund_ledger(stage, old) == old.first_rate * Q
    assert refund_ledger(stage, new) == new.first_rate * loss(15_000, 20, Q, 0) > 0
