"""Accrual: which hours it walks, where it stops, and what it adds to the books."""

from fractions import Fraction

import pytest

from tests.support.rent import (
    FLAT,
    RATE,
    Opened,
    books,
    deliver,
    loss,
    open_lease,
    refund_ledger,
    report,
)
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, MAX, Q, Stage, Terms
from tests.support.state import unchanged
from wellhead.chain import Receipt

UNITS = 100
FULL = 10_000  # thousandths: ten units
MAX_STEPS = 240


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, Terms(speed=0))


def accrue(stage: Stage, cluster: int) -> Receipt:
    return stage.market.send("accrue", cluster, sender=stage.stranger)


def cursor(stage: Stage, cluster: int) -> int:
    """Where an accrual in this very block would end."""
    return int(stage.market.call("accrue", cluster))


def one_hour(stage: Stage, cluster: int, units: int = 10) -> Opened:
    return open_lease(stage, cluster, units, stage.hour() + 1, 1)


# sla, penalty, booked units, available thousandths -> loss in millionths, worked out by hand
LOST = [
    (990_000, Q, 10, 10_000, 0),
    (990_000, Q, 10, 9_901, 0),
    (990_000, Q, 10, 9_900, 0),
    (990_000, Q, 10, 9_899, 202),
    (990_000, Q, 10, 7_425, 500_000),
    (990_000, Q, 10, 4_951, 999_797),
    (990_000, Q, 10, 4_950, Q),
    (990_000, Q, 10, 11_000, 0),
    (990_000, Q, 100, 100_000, 0),
    (990_000, 0, 10, 9_899, 101),
    (990_000, 0, 10, 0, Q),
    (990_000, 0, 10, 1, 999_898),
    (Q, Q, 10, 9_999, 200),
    (Q, 10 * Q, 10, 9_999, 1_100),
    (Q, 10 * Q, 10, 9_091, 999_900),
    (Q, 0, 3, 1_000, 666_666),
    (1, 0, 1, 0, Q),
    (1, 10 * Q, 1, 1, 0),
    (500_000, Q, 7, 3_500, 0),
    (500_000, Q, 7, 3_499, 571),
]
# The same where the loss is more than the rent: without a bond no more than that is lost.
BEYOND = [
    (990_000, Q, 10, 4_949, 1_000_202),
    (990_000, Q, 10, 0, 2 * Q),
    (Q, 10 * Q, 10, 9_090, 1_001_000),
    (Q, 10 * Q, 10, 0, 11 * Q),
    (1, 1, 1, 0, Q + 1),
]


@shows("ACC-1")
@pytest.mark.parametrize(("sla", "penalty", "booked", "available", "expected"), LOST + BEYOND)
def test_an_hour_is_lost_as_documented(
    stage: Stage, sla: int, penalty: int, booked: int, available: int, expected: int
) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0, sla=sla, penalty=penalty))
    lease = one_hour(stage, cluster, booked)
    deliver(stage, cluster, {lease.start: available})

    receipt = accrue(stage, cluster)

    assert loss(available, booked, sla, penalty) == expected
    lost = min(expected, Q)
    assert receipt.event("Accrued").arguments == {
        "clusterId": cluster,
        "cursor": stage.hour(),
        "lost": lost,
        "earned": lease.rate * (Q - lost),
        "compensated": 0,
    }
    found = books(stage, cluster)
    assert (found["lost"], found["earned"]) == (lost, lease.rate * (Q - lost))
    assert refund_ledger(stage, lease) == lease.rate * lost


@shows("ACC-10")
def test_service_is_shared_by_all_leases_of_an_hour(stage: Stage, cluster: int) -> None:
    start = stage.hour() + 1
    leases = [open_lease(stage, cluster, units, start, 1) for units in (10, 30, 5)]
    deliver(stage, cluster, {start: 33_412})
    accrue(stage, cluster)
    lost = loss(33_412, 45, 990_000, Q)
    assert books(stage, cluster)["earned"] == sum(lease.rate for lease in leases) * (Q - lost)
    assert [refund_ledger(stage, lease) for lease in leases] == [
        lease.rate * lost for lease in leases
    ]


@shows("ACC-5")
def test_what_is_booked_is_read_at_the_hours_end(stage: Stage, cluster: int) -> None:
    hour = stage.hour() + 1
    open_lease(stage, cluster, 10, hour, 1)
    late = open_lease(stage, cluster, 30, hour, 1, at=hour * HOUR + 3599)
    assert late.first_seconds == 1
    deliver(stage, cluster, {hour: 9_000})
    accrue(stage, cluster)
    lost = loss(9_000, Fraction(10 * HOUR + 30, HOUR), 990_000, Q)
    assert books(stage, cluster)["lost"] == lost > loss(9_000, 10, 990_000, Q)


@shows("ACC-6")
def test_an_hour_without_bookings_needs_no_report(stage: Stage, cluster: int) -> None:
    stage.skip(30 * HOUR)
    receipt = accrue(stage, cluster)
    assert receipt.event("Accrued").arguments == {
        "clusterId": cluster,
        "cursor": stage.hour(),
        "lost": 0,
        "earned": 0,
        "compensated": 0,
    }


@shows("ACC-5")
def test_the_current_hour_is_never_accrued(stage: Stage, cluster: int) -> None:
    hour = stage.hour() + 5
    stage.to_hour(hour, HOUR - 1)
    assert cursor(stage, cluster) == hour
    stage.to_hour(hour + 1)
    assert cursor(stage, cluster) == hour + 1


@shows("ACC-6")
@pytest.mark.parametrize("empty", [1, 255, 256, 257, 2000])
def test_one_call_jumps_over_an_empty_stretch_of_any_length(
    stage: Stage, cluster: int, empty: int
) -> None:
    start = stage.hour() + empty
    lease = open_lease(stage, cluster, 10, start, 2)
    second = open_lease(stage, cluster, 10, lease.end + empty, 1)
    stage.to_hour(second.end + empty)
    report(stage, cluster, {start: FULL, start + 1: FULL, second.start: FULL})
    stage.finalize()
    accrue(stage, cluster)
    found = books(stage, cluster)
    assert found["cursor"] == stage.hour()
    assert found["lost"] == 0
    assert found["earned"] == (2 * lease.rate + second.rate) * Q


@shows("ACC-4")
def test_accrual_waits_at_the_first_booked_hour_that_is_not_reported(
    stage: Stage, cluster: int
) -> None:
    start = stage.hour() + 4
    lease = open_lease(stage, cluster, 10, start, 5)
    deliver(stage, cluster, {start: FULL, start + 1: 9_000, start + 3: 0})
    accrue(stage, cluster)
    found = books(stage, cluster)
    lost = loss(9_000, 10, 990_000, Q)
    assert (found["cursor"], found["lost"]) == (start + 2, lost)
    assert found["earned"] == lease.rate * (2 * Q - lost)
    with unchanged(stage):
        receipt = accrue(stage, cluster)
    assert receipt.events == ()


@shows("ACC-9")
def test_hours_may_be_reported_in_any_order(stage: Stage, cluster: int) -> None:
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, 10, start, 4)
    reached = []
    for hour in (start + 3, start + 1, start, start + 2):
        deliver(stage, cluster, {hour: FULL})
        accrue(stage, cluster)
        reached.append(books(stage, cluster)["cursor"] - start)
    assert reached[:3] == [0, 0, 2]
    assert books(stage, cluster)["cursor"] == stage.hour()
    assert books(stage, cluster)["earned"] == 4 * lease.rate * Q


@shows("ACC-4")
@pytest.mark.parametrize(("early", "steps"), [(1, 0), (0, 1)])
def test_an_hour_moves_money_from_the_second_of_its_finality(
    stage: Stage, cluster: int, early: int, steps: int
) -> None:
    lease = one_hour(stage, cluster)
    stage.to_hour(lease.end)
    report(stage, cluster, {lease.start: FULL})
    stage.skip(FINALITY - early)
    assert (cursor(stage, cluster) > lease.start) == bool(steps)


@shows("ACC-6")
def test_a_report_after_the_accrual_of_an_empty_hour_changes_nothing(
    stage: Stage, cluster: int
) -> None:
    hour = stage.hour()
    stage.to_hour(hour + 3)
    accrue(stage, cluster)
    deliver(stage, cluster, {hour: 0, hour + 1: 50_000})
    accrue(stage, cluster)
    found = books(stage, cluster)
    assert (found["lost"], found["earned"], found["down"]) == (0, 0, 0)


@shows("ACC-17")
@pytest.mark.parametrize("cluster_id", [0, 2, 2**32 + 1, MAX])
def test_an_unknown_cluster_accrues_nothing(stage: Stage, cluster: int, cluster_id: int) -> None:
    with expect_revert("CapacityRegistry_UnknownCluster", cluster_id):
        stage.market.call("accrue", cluster_id)


@shows("ACC-17")
def test_the_books_before_the_first_accrual_are_empty(stage: Stage) -> None:
    cluster = stage.register()
    names = ("cursor", "booked", "rate", "lost", "down", "earned", "remainder", "bond", "base")
    assert books(stage, cluster) == dict.fromkeys((*names, "baseHour", "era"), 0)


@shows("ACC-14")
def test_the_books_tell_what_the_last_accrued_hour_held(stage: Stage, cluster: int) -> None:
    start = stage.hour() + 1
    first = open_lease(stage, cluster, 10, start, 4)
    second = open_lease(stage, cluster, 7, start + 1, 1)
    expected = [(10, first.rate), (17, first.rate + second.rate), (10, first.rate)]
    for hour, (units, rate) in enumerate(expected, start):
        deliver(stage, cluster, {hour: units * 1000})
        accrue(stage, cluster)
        found = books(stage, cluster)
        assert (found["cursor"], found["booked"], found["rate"]) == (hour + 1, units, rate)
    deliver(stage, cluster, {start + 3: FULL})
    accrue(stage, cluster)
    found = books(stage, cluster)
    assert (found["cursor"], found["booked"], found["rate"]) == (stage.hour(), 0, 0)


@shows("ACC-12")
def test_one_call_walks_at_most_the_documented_hours(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT)
    assert stage.market.call("MAX_STEPS") == MAX_STEPS
    start = stage.hour()
    stage.to_hour(start, HOUR - 1)
    lease = open_lease(stage, cluster, 10, start, 2 * MAX_STEPS + 5, at=start * HOUR + 3599)
    availability = {start: 2} | {start + i: 9_000 + i for i in range(1, 2 * MAX_STEPS + 5)}
    deliver(stage, cluster, availability)
    losses = [
        loss(value, Fraction(10 * lease.seconds_at(hour), HOUR), FLAT.sla, FLAT.penalty)
        for hour, value in availability.items()
    ]
    for steps in (MAX_STEPS, 2 * MAX_STEPS, 2 * MAX_STEPS + 5):
        accrue(stage, cluster)
        found = books(stage, cluster)
        if steps < len(losses):
            assert found["cursor"] == start + steps
        assert found["lost"] == sum(losses[:steps])
        rents = [lease.first_rate] + [lease.rate] * (steps - 1)
        refunds = sum(rent * lost for rent, lost in zip(rents, losses[:steps], strict=True))
        assert found["earned"] == sum(rents) * Q - refunds
        assert refund_ledger(stage, lease) == refunds
    assert cursor(stage, cluster) == stage.hour()
    assert lease.rate > RATE


@shows("ACC-13")
def test_an_hour_closed_by_silence_pays_nothing(stage: Stage, cluster: int) -> None:
    lease = one_hour(stage, cluster)
    stage.to_hour(lease.end + 7 * 24)
    assert cursor(stage, cluster) == lease.start
    stage.oracle.send("closeSilent", cluster, lease.start, sender=stage.stranger)
    accrue(stage, cluster)
    found = books(stage, cluster)
    assert (found["lost"], found["earned"]) == (Q, 0)
    assert found["cursor"] == stage.hour()
    assert refund_ledger(stage, lease) == lease.rate * Q


@shows("ACC-13")
def test_an_hour_that_left_the_record_before_it_was_accrued_is_refunded(
    stage: Stage, cluster: int
) -> None:
    lease = one_hour(stage, cluster)
    stage.to_hour(lease.start + 17_519, HOUR - 1)
    assert cursor(stage, cluster) == lease.start
    stage.to_hour(lease.start + 17_520)
    assert cursor(stage, cluster) == stage.hour()
    accrue(stage, cluster)
    assert refund_ledger(stage, lease) == lease.rate * Q
