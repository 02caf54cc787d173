"""Selling fewer units, at any time, touches nothing that is booked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.bonds import accrue
from tests.support.raw import attempt
from tests.support.rent import LEDGER, books, deliver, open_lease
from tests.support.shows import shows
from tests.support.stage import MAX, Q, Stage, Terms
from tests.support.state import refused

UNITS = 100
NO_FEE = Terms(speed=0, cancel_fee=0, discount=0)
CHANGES: dict[str, Any] = {
    "extend": lambda lease: ("extend", lease.id, 3, MAX),
    "cancel": lambda lease: ("cancel", lease.id, lease.start + 5, 0),
    "splitUnits": lambda lease: ("splitUnits", lease.id, 4),
    "splitHours": lambda lease: ("splitHours", lease.id, lease.start + 5),
}


@shows("CAL-8")
@pytest.mark.parametrize("sellable", [0, 9, 10])
@pytest.mark.parametrize("change", CHANGES)
def test_fewer_sellable_units_touch_no_old_booking(
    stage: Stage, change: str, sellable: int
) -> None:
    """What is booked stays, is paid for and can be changed; only more of it is not sold."""
    cluster = stage.cluster(UNITS, NO_FEE)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 9)
    stage.registry.send("setSellable", cluster, sellable, sender=stage.operator)
    asked = CHANGES[change](lease)
    if change == "extend" and sellable < 10:
        with refused(stage, "LeaseMarket_SoldOut", 0, 10, sellable):
            attempt(stage.market, *asked, sender=lease.tenant)
    else:
        stage.market.send(*asked, sender=lease.tenant)
    booked = [10] * 9 + [0] * 3
    if change == "cancel":
        booked[5:] = [0] * 7
        assert stage.claim_of(lease.tenant) > 0
    elif change == "extend" and sellable == 10:
        booked[9:] = [10] * 3
    hours = range(lease.start, lease.start + 12)
    assert [stage.market.call("bookedAt", cluster, hour) for hour in hours] == booked
    deliver(stage, cluster, {hour: 10_000 for hour in hours if booked[hour - lease.start]})
    accrue(stage, cluster)
    found = books(stage, cluster)
    assert (found["cursor"], found["lost"]) == (stage.hour(), 0)
    parts = [
        part
        for lease_id in (1, 2)[: 2 if change.startswith("split") else 1]
        for part in stage.market.call("partsOf", lease_id)
    ]
    kept = sum(part["rate"] * (part["end"] - part["start"]) for part in parts)
    gone = lease.rate * 4 if change == "cancel" else 0
    assert found["earned"] == (kept + gone) * Q - stage.claim_of(lease.tenant) * LEDGER
