"""Branches of accrual and distribution that nothing else meets."""

from __future__ import annotations

import pytest

from tests.support.bonds import accrue, declare, go_down
from tests.support.rent import FLAT, books, deliver, open_lease
from tests.support.stage import Q, Stage
from tests.support.sweeps import desk_on


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


@pytest.mark.parametrize("hours", [1, 2, 490_000, 2**24 - 1])
def test_one_of_however_many_hours_comes_at_once(stage: Stage, hours: int) -> None:
    """As many as the books can count, which by themselves count no more than have passed."""
    desk = desk_on(stage)
    desk.fill(10_000 * 10**8)
    cluster = desk.cluster()
    desk.earn(cluster, 10**12, hours)
    added = desk.sweep(cluster).event("ReserveAdded")
    at_once = added["amount"] * (10**12 // hours) // 10**12
    assert added["backlog"] == added["amount"] - at_once
    assert at_once > 0
