"""Branches of accrual and distribution that nothing else meets."""

from __future__ import annotations

import pytest

from tests.support.bonds import accrue, declare, go_down
from tests.support.rent import FLAT, books, deliver, open_lease
from tests.support.stage import Q, Stage
from tests.support.sweeps import ALL_BITCOIN, backlog_of, desk_on

#: A dollar per unit-hour, kept whole when a lease is cancelled, and all of it for bitcoin.
KEPT = ALL_BITCOIN.but(
    base_start=1_000_000,
    base_floor=1_000_000,
    base_cap=1_000_000,
    low=Q,
    high=Q,
    speed=0,
    discount=0,
    cancel_fee=Q,
)
YEAR = 8760


def test_the_books_move_into_a_new_era_whose_first_hour_is_not_final(stage: Stage) -> None:
    """The hour stays; but that the old era is over is a move, and the events tell of it."""
    cluster = stage.cluster(100, FLAT)
    old = open_lease(stage, cluster, 10, stage.hour() + 1, 72)
    go_down(stage, cluster, old.start)
    hour = stage.hour()
    assert books(stage, cluster)["cursor"] == hour
    assert declare(stage, cluster).event("Defaulted")["hour"] == hour
    new = open_lease(stage, cluster, 7, hour, 2)
    stage.to_hour(hour + 1)
    said = accrue(stage, cluster).event("Accrued")
    assert (said["cursor"], said["earned"], said["compensated"]) == (hour, 0, 0)
    assert accrue(stage, cluster).events == ()
    deliver(stage, cluster, {hour: 7_000, hour + 1: 7_000})
    said = accrue(stage, cluster).event("Accrued")
    assert said["earned"] == new.rent * Q
    assert stage.market.call("refundLedgerOf", new.id) == 0
    assert stage.market.call("refundLedgerOf", old.id) == old.rent * Q


@pytest.mark.parametrize("leases", [1, 57])
def test_nothing_waits_for_longer_than_since_1970(stage: Stage, leases: int) -> None:
    """Every hour of a cancelled lease makes what waits an hour older, however many they are."""
    cluster = stage.cluster(leases, KEPT)
    desk = desk_on(stage)
    desk.fill(10_000 * 10**8)
    for _ in range(leases):
        lease = open_lease(stage, cluster, 1, stage.hour() + 2, YEAR)
        stage.market.send("cancel", lease.id, lease.start, 0, sender=lease.tenant)
    said = stage.router.send("distribute", cluster, sender=stage.stranger)
    assert said.event("Distributed")["bitcoin"] == leases * YEAR * 1_000_000
    added = desk.sweep(cluster).event("ReserveAdded")
    waited = min(leases * YEAR, stage.hour())
    assert (waited == stage.hour()) == (leases == 57)
    assert added["backlog"] == backlog_of(added["amount"], waited) > 0
