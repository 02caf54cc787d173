"""What goes on after a default: the base price, further defaults, units and the bond."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.support.bonds import (
    DEFAULT,
    accrue,
    bonded,
    declare,
    deliver_hours,
    go_down,
    post,
    settle,
    void,
    withdraw,
)
from tests.support.rent import (
    FLAT,
    LEDGER,
    WAD,
    base_after,
    books,
    deliver,
    open_lease,
    refund_ledger,
)
from tests.support.shows import shows
from tests.support.stage import HOUR, Q, Stage, Terms
from tests.support.state import refused

UNITS = 100
BOND = 3_000_000_000
CURVED = Terms(speed=0, discount=0, bond=BOND, horizon_hours=8760)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """No bond, and a rent of one stablecoin unit per unit-hour."""
    return stage.cluster(UNITS, FLAT)


@shows("DEF-10")
def test_the_base_grows_across_a_default(stage: Stage) -> None:
    """By what was booked in hours that have passed: the old era's before, the new one's after."""
    terms = CURVED.but(speed=9_000, bond=0)
    cluster = stage.cluster(UNITS, terms)
    genesis = stage.hour()
    start = genesis + 1
    open_lease(stage, cluster, 90, start, 200)
    for first in range(start, start + 72, 18):  # an update while the old era lasts, and a default
        deliver_hours(stage, cluster, first, [0] * 18)
    stage.market.send("updateBase", cluster, sender=stage.stranger)
    updated = stage.hour()
    booked = stage.market.call("sumBooked", cluster, genesis, updated)
    growth = Fraction(terms.speed, Q) * (
        Fraction(booked, UNITS) - Fraction(terms.target, Q) * (updated - genesis)
    )
    low, high = base_after(terms, 2_000_000 * WAD, growth)
    base = books(stage, cluster)["base"]
    assert low <= base <= high
    stage.skip(7 * HOUR)
    receipt = declare(stage, cluster)
    hour = stage.hour()
    growth = Fraction(terms.speed, Q) * (hour - updated) * (Fraction(9, 10) - Fraction(7, 10))
    low, high = base_after(terms, base, growth)
    assert low <= receipt.event("BaseUpdated")["base"] <= high
    assert receipt.event("BaseUpdated")["hour"] == hour
    base = books(stage, cluster)["base"]

    new = open_lease(stage, cluster, 40, hour, 6)
    stage.to_hour(hour + 10, 5)
    covered = 40 * (5 + Fraction(new.first_seconds, HOUR))
    growth = Fraction(terms.speed, Q) * (covered / UNITS - 10 * Fraction(7, 10))
    low, high = base_after(terms, base, growth)
    assert low <= stage.market.call("baseOf", cluster) <= high < base


@shows("DEF-10")
def test_the_base_of_a_default_is_the_same_when_it_is_asked_for_late(stage: Stage) -> None:
    """An update that spans the default counts each hour in its own era."""
    terms = CURVED.but(speed=9_000, bond=0)
    cluster = stage.cluster(UNITS, terms)
    start = stage.hour() + 1
    open_lease(stage, cluster, 90, start, 400)
    go_down(stage, cluster, start)
    declare(stage, cluster)
    base, hour = books(stage, cluster)["base"], stage.hour()
    stage.to_hour(hour + 30)
    growth = Fraction(terms.speed, Q) * -30 * Fraction(7, 10)
    low, high = base_after(terms, base, growth)
    assert low <= stage.market.call("baseOf", cluster) <= high


@shows("DEF-8")
def test_no_second_default_before_the_books_have_left_the_old_era(
    stage: Stage, cluster: int
) -> None:
    old = open_lease(stage, cluster, 10, stage.hour() + 1, 400)
    deliver_hours(stage, cluster, old.start, [0] * 72)
    stage.skip(80 * HOUR)  # so much of the old era is still to account for
    declare(stage, cluster)
    hour = stage.hour()
    assert hour - (old.start + 72) > 72
    new = open_lease(stage, cluster, 10, hour, 400, stage.tenants[1])
    deliver_hours(stage, cluster, old.start + 72, [0] * 73)
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == DEFAULT
    with refused(stage, "LeaseMarket_NotInDefault", cluster, 0, DEFAULT):
        declare(stage, cluster)
    left = range(old.start + 145, hour)
    deliver(stage, cluster, dict.fromkeys(left, 0))
    assert books(stage, cluster)["cursor"] == left.start
    accrue(stage, cluster)
    # From the default on the count begins anew, in the hours that are booked now.
    assert (books(stage, cluster)["cursor"], books(stage, cluster)["down"]) == (hour, 0)
    deliver_hours(stage, cluster, hour, [0] * 71)
    with refused(stage, "LeaseMarket_NotInDefault", cluster, 71 * HOUR, DEFAULT):
        declare(stage, cluster)
    deliver(stage, cluster, {hour + 71: 0})
    event = declare(stage, cluster).event("Defaulted")
    second = stage.hour()
    assert (event["era"], event["hour"]) == (1, second)
    assert stage.market.call("defaultOf", cluster, 0) == (hour, 0)
    assert stage.market.call("defaultOf", cluster, 1) == (second, 0)
    assert stage.market.call("defaultOf", cluster, 2) == (0, 0)
    for lease in (old, new):
        assert refund_ledger(stage, lease) == lease.rent * Q - (
            0 if lease is old else new.rate * (second - hour - 72) * Q
        )
    deliver_hours(stage, cluster, hour + 72, [10_000] * (second - hour - 72))
    accrue(stage, cluster)
    assert books(stage, cluster)["earned"] == new.rate * (second - hour - 72) * Q
    assert books(stage, cluster)["cursor"] == stage.hour()
    assert refund_ledger(stage, new) == new.rent * Q - new.rate * (second - hour - 72) * Q


def test_after_a_default_units_can_be_retired(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 80, stage.hour() + 1, 300)
    go_down(stage, cluster, lease.start)
    with refused(stage, "CapacityRegistry_StillBooked", cluster, 80, 79):
        stage.registry.send("retire", cluster, 21, sender=stage.operator)
    declare(stage, cluster)
    hour = stage.hour()
    stage.registry.send("setSellable", cluster, 50, sender=stage.operator)
    with refused(stage, "LeaseMarket_SoldOut", 0, 51, 50):
        open_lease(stage, cluster, 51, hour, 3)
    open_lease(stage, cluster, 50, hour, 3)
    with refused(stage, "CapacityRegistry_StillBooked", cluster, 50, 49):
        stage.registry.send("retire", cluster, 51, sender=stage.operator)
    stage.registry.send("retire", cluster, 50, sender=stage.operator)
    stage.to_hour(hour + 3)
    stage.registry.send("retire", cluster, 50, sender=stage.operator)
    assert stage.registry.call("clusterOf", cluster)["attested"] == 0
    assert settle(stage, lease.id) == 80 * (72 + lease.end - hour)


def test_the_bond_is_free_when_the_old_era_is_accounted_for(stage: Stage) -> None:
    terms = FLAT.but(bond=100, penalty=0, horizon_hours=8760)
    cluster = bonded(stage, terms, UNITS, 5_000)
    lease = open_lease(stage, cluster, 50, stage.hour() + 1, 300)
    go_down(stage, cluster, lease.start)
    event = declare(stage, cluster).event("Defaulted")
    left = 5_000 * LEDGER - event["reserved"]
    assert books(stage, cluster)["bond"] == left
    # Hours between the outage that was accounted for and the default still need their bond.
    with refused(stage, "LeaseMarket_BondInUse", cluster, left // LEDGER, 5_000):
        withdraw(stage, cluster, left // LEDGER)
    with refused(stage, "LeaseMarket_Unbonded", 0, 50, left // (100 * LEDGER)):
        open_lease(stage, cluster, 50, stage.hour(), 1)
    post(stage, cluster, 5_000 - left // LEDGER)
    deliver_hours(stage, cluster, lease.start + 72, [50_000] * (event["hour"] - lease.start - 72))
    withdraw(stage, cluster, 5_000)
    assert books(stage, cluster)["bond"] == left % LEDGER
    assert settle(stage, lease.id) == void(
        lease, event["hour"], event["compensation"]
    ) // LEDGER + (50 * 72)
