"""Alarms: more was measured in an hour than was booked."""

from __future__ import annotations

import pytest

from tests.support.bonds import declare, go_down
from tests.support.contests import contest, recount
from tests.support.lifecycle import cancel
from tests.support.rent import FLAT, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Q, Stage
from tests.support.state import refused, unchanged
from wellhead.chain import Receipt
from wellhead.model.samples import Sample

TOLERANCE = 20_000


def flag(stage: Stage, cluster: int, hour: int) -> Receipt:
    return stage.registry.send("flagOffBook", cluster, hour, sender=stage.stranger)


def used(stage: Stage, cluster: int, hour: int, measured: int) -> None:
    """Report that so much was used, millionths of the attested units."""
    if stage.hour() <= hour:
        stage.to_hour(hour + 1)
    stage.report([Sample(cluster, hour, 0, 0, measured)])


def assert_flagged(stage: Stage, cluster: int, hour: int, *numbers: int) -> None:
    """Measured, covered and attested are as told, and nothing at all changes."""
    flag(stage, cluster, hour)  # for the empty slots that it reads, see `unchanged`
    with unchanged(stage):
        receipt = flag(stage, cluster, hour)
    assert [event.name for event in receipt.events] == ["OffBook"]
    names = ("measured", "covered", "attested")
    expected = {"clusterId": cluster, "hour": hour, **dict(zip(names, numbers, strict=True))}
    assert receipt.event("OffBook").arguments == expected


def test_the_tolerance_is_two_percent(stage: Stage) -> None:
    assert stage.registry.call("OFF_BOOK_TOLERANCE") == TOLERANCE


@shows("ORA-14")
@pytest.mark.parametrize(
    ("attested", "booked", "limit"),
    [
        (100, 0, 20_000),
        (100, 25, 270_000),
        (100, 97, 990_000),
        (7, 3, 448_572),  # 428,571.4 rounded up, and the tolerance
        (3, 1, 353_334),
        (2**26 - 1, 1, 20_001),
    ],
)
def test_more_than_booked_and_the_tolerance_is_flagged(
    stage: Stage, attested: int, booked: int, limit: int
) -> None:
    cluster = stage.cluster(attested, FLAT)
    hour = stage.hour() + 1
    if booked:
        stage.lease(cluster, booked, hour, 1)
    for measured in (0, limit - 1, limit):
        with stage.scratch():
            used(stage, cluster, hour, measured)
            with refused(stage, "CapacityRegistry_WithinBooked", cluster, hour, measured, limit):
                flag(stage, cluster, hour)
    for measured in (limit + 1, Q):
        with stage.scratch():
            used(stage, cluster, hour, measured)
            assert_flagged(stage, cluster, hour, measured, booked * HOUR, attested)


@shows("ORA-14")
def test_what_is_booked_in_full_is_never_flagged(stage: Stage) -> None:
    cluster, hour = stage.cluster(50, FLAT), stage.hour() + 1
    stage.lease(cluster, 50, hour, 1)
    used(stage, cluster, hour, Q)
    limit = Q + TOLERANCE
    with refused(stage, "CapacityRegistry_WithinBooked", cluster, hour, Q, limit):
        flag(stage, cluster, hour)


@shows("ORA-14")
def test_an_hour_is_judged_by_its_own_bookings(stage: Stage) -> None:
    cluster, hour = stage.cluster(100, FLAT), stage.hour() + 1
    stage.lease(cluster, 90, hour, 1)
    stage.lease(cluster, 10, hour + 1, 2)
    for h in (hour, hour + 1, hour + 3):
        used(stage, cluster, h, 200_000)
    with refused(stage, "CapacityRegistry_WithinBooked", cluster, hour, 200_000, 920_000):
        flag(stage, cluster, hour)
    assert_flagged(stage, cluster, hour + 1, 200_000, 10 * HOUR, 100)
    assert_flagged(stage, cluster, hour + 3, 200_000, 0, 100)


def test_an_hour_without_a_report_says_nothing(stage: Stage) -> None:
    cluster = stage.cluster(100, FLAT)
    stage.to_hour(stage.hour() + 2)
    for hour in (stage.hour() - 1, stage.hour(), 0, 2**24, MAX):
        with refused(stage, "CapacityRegistry_NotReported", cluster, hour):
            flag(stage, cluster, hour)


@pytest.mark.parametrize("cluster", [0, 2, MAX])
def test_an_unknown_cluster_has_nothing_to_flag(stage: Stage, cluster: int) -> None:
    stage.cluster(100, FLAT)
    with refused(stage, "CapacityRegistry_UnknownCluster", cluster):
        flag(stage, cluster, stage.hour())


def test_a_cluster_without_units_books_nothing_and_uses_nothing(stage: Stage) -> None:
    cluster, hour = stage.register(), stage.hour()
    stage.to_hour(hour + 2)
    used(stage, cluster, hour, 0)
    used(stage, cluster, hour + 1, 1)
    with refused(stage, "CapacityRegistry_WithinBooked", cluster, hour, 0, 0):
        flag(stage, cluster, hour)
    assert_flagged(stage, cluster, hour + 1, 1, 0, 0)


@shows("ORA-14")
def test_anybody_flags_as_often_as_they_like_at_any_time(stage: Stage) -> None:
    cluster, hour = stage.cluster(100, FLAT), stage.hour()
    used(stage, cluster, hour, 400_000)
    for caller in (stage.stranger, stage.operator, stage.tenants[0]):
        stage.registry.send("flagOffBook", cluster, hour, sender=caller)
    stage.registry.send("pause", sender=stage.guardian)
    stage.skip(40 * 24 * 3600)
    assert_flagged(stage, cluster, hour, 400_000, 0, 100)


def test_the_attested_units_are_those_of_now(stage: Stage) -> None:
    cluster, hour = stage.cluster(100, FLAT), stage.hour() + 1
    stage.lease(cluster, 40, hour, 1)
    used(stage, cluster, hour, 450_000)
    assert_flagged(stage, cluster, hour, 450_000, 40 * HOUR, 100)
    stage.registry.send("retire", cluster, 5, sender=stage.operator)
    limit = -(-40 * Q // 95) + TOLERANCE
    assert limit < 450_000
    assert_flagged(stage, cluster, hour, 450_000, 40 * HOUR, 95)
    stage.registry.send("retire", cluster, 5, sender=stage.operator)
    with refused(stage, "CapacityRegistry_WithinBooked", cluster, hour, 450_000, 464_445):
        flag(stage, cluster, hour)
    stage.registry.send("retire", cluster, 60, sender=stage.operator)
    above_all = 40 * Q // 30 + 1 + TOLERANCE
    with refused(stage, "CapacityRegistry_WithinBooked", cluster, hour, 450_000, above_all):
        flag(stage, cluster, hour)


def test_what_was_cancelled_is_not_booked(stage: Stage) -> None:
    cluster = stage.cluster(100, FLAT)
    lease = open_lease(stage, cluster, 60, stage.hour() + 1, 4)
    cancel(stage, lease.id, lease.start + 2)
    for hour in (lease.start + 1, lease.start + 2):
        used(stage, cluster, hour, 600_000)
    with refused(
        stage, "CapacityRegistry_WithinBooked", cluster, lease.start + 1, 600_000, 620_000
    ):
        flag(stage, cluster, lease.start + 1)
    assert_flagged(stage, cluster, lease.start + 2, 600_000, 0, 100)


def test_what_is_void_is_not_booked(stage: Stage) -> None:
    cluster = stage.cluster(100, FLAT)
    lease = open_lease(stage, cluster, 60, stage.hour() + 1, 200)
    go_down(stage, cluster, lease.start)
    hour = int(declare(stage, cluster).event("Defaulted")["hour"])
    for h in (hour - 1, hour):
        used(stage, cluster, h, 600_000)
    with refused(stage, "CapacityRegistry_WithinBooked", cluster, hour - 1, 600_000, 620_000):
        flag(stage, cluster, hour - 1)
    assert_flagged(stage, cluster, hour, 600_000, 0, 100)


def test_a_recount_is_what_was_measured(stage: Stage) -> None:
    cluster = stage.cluster(100, FLAT)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 2)
    used(stage, cluster, lease.start, 900_000)
    contest(stage, lease.id, lease.start, lease.tenant)
    assert_flagged(stage, cluster, lease.start, 900_000, 10 * HOUR, 100)
    recount(stage, Sample(cluster, lease.start, 10_000, 10_000, 100_000))
    with refused(stage, "CapacityRegistry_WithinBooked", cluster, lease.start, 100_000, 120_000):
        flag(stage, cluster, lease.start)
