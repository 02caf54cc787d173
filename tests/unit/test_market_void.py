"""What becomes of the bookings that a default makes void: rent, compensation and nothing more."""

from __future__ import annotations

import pytest

from tests.support.bonds import (
    accrue,
    bonded,
    compensation,
    declare,
    go_down,
    post,
    settle,
    void,
)
from tests.support.raw import attempt
from tests.support.rent import FLAT, LEDGER, books, open_lease, refund_ledger, report
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, MAX, Q, Stage, Terms
from tests.support.state import refused

UNITS = 100
BOND = 3_000_000_000
BONDED = Terms(speed=0, discount=0, bond=BOND, horizon_hours=8760)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """No bond, and a rent of one stablecoin unit per unit-hour."""
    return stage.cluster(UNITS, FLAT)


def dark(stage: Stage, cluster: int, start: int) -> int:
    """72 hours from `start` on in which nothing is available are reported; when they are final.
    Until then there are bookings."""
    stage.to_hour(start + 72, 2_000)
    report(stage, cluster, dict.fromkeys(range(start, start + 72), 0))
    return stage.now() + FINALITY


@shows("CAL-9", "DEF-5")
def test_all_that_is_booked_from_the_current_hour_on_is_void(stage: Stage) -> None:
    """Rents back in full, and a unit's bond spread over the hours it can be booked for; at once."""
    cluster = bonded(stage, BONDED, UNITS, 100 * BOND)
    start, (one, two, three, four) = stage.hour() + 1, stage.tenants
    over = open_lease(stage, cluster, 3, start, 40, one)
    running = open_lease(stage, cluster, 10, start, 300, two)
    post(stage, cluster, 7 * BOND)
    final_at = dark(stage, cluster, start)
    now = final_at // HOUR - 1
    stage.to_hour(now)
    ends = open_lease(stage, cluster, 9, now + 1, 1, three)
    ahead = open_lease(stage, cluster, 20, now + 50, 400, three)
    stage.to_hour(now + 1)
    late = open_lease(stage, cluster, 6, now + 1, 30, four, at=(now + 1) * HOUR + 1_234)
    stage.to_time(final_at)
    accrue(stage, cluster)
    leases = [over, running, ends, ahead, late]
    before = {lease.id: refund_ledger(stage, lease) for lease in leases}
    # An hour of no service costs two rents here, and the bond was enough for it.
    assert before == {
        over.id: over.rent * 2 * Q,
        running.id: 72 * running.rate * 2 * Q,
        **dict.fromkeys((ends.id, ahead.id, late.id), 0),
    }
    bond = books(stage, cluster)["bond"]

    event = declare(stage, cluster).event("Defaulted")

    hour, peak = stage.hour(), 30  # ten running and twenty ahead, more than 10 + 9 + 6
    assert (event["hour"], hour) == (now + 1, late.start)
    due = compensation(BONDED, bond, peak)
    assert due == BOND * LEDGER // 8760, "the bond is larger than what every unit may have"
    assert event["compensation"] == due
    hours = {lease.id: max(0, lease.end - max(lease.start, hour)) for lease in leases}
    unit_hours = sum(lease.units * hours[lease.id] for lease in leases)
    assert event["reserved"] == due * unit_hours
    found = books(stage, cluster)
    assert found["bond"] == bond - due * unit_hours
    assert found["cursor"] == start + 72
    for lease in leases:
        ledger = before[lease.id] + void(lease, hour, due)
        assert refund_ledger(stage, lease) == ledger
        assert settle(stage, lease.id) == ledger // LEDGER
        told = stage.market.call("leaseOf", lease.id)
        assert (told["end"], told["stop"]) == (lease.end, min(lease.end, hour))
    assert refund_ledger(stage, late) == late.rent * Q + late.units * 30 * due
    assert late.rent == late.first_rate + 29 * late.rate
    assert refund_ledger(stage, over) == before[over.id]


@shows("DEF-6")
@pytest.mark.parametrize("bond", [0, 1, 29_999_000, 30_000_000])
def test_a_smaller_bond_is_shared_by_the_peak(stage: Stage, bond: int) -> None:
    """Ten and twenty units; less than the bond per unit for each of them is left."""
    terms = BONDED.but(bond=1_000_000, penalty=10 * Q)
    cluster = bonded(stage, terms, UNITS, 30_000_000)
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, 10, start, 200)
    other = open_lease(stage, cluster, 20, start + 150, 200, stage.tenants[1])
    go_down(stage, cluster, start)
    assert books(stage, cluster)["bond"] < lease.rate, "the penalties must have taken it all"
    post(stage, cluster, bond)
    left = books(stage, cluster)["bond"]
    event = declare(stage, cluster).event("Defaulted")
    due = compensation(terms, left, 30)
    assert (due == 1_000_000 * LEDGER // 8760) == (left >= 30_000_000 * LEDGER)
    assert event["compensation"] == due
    hours = lease.end - stage.hour()
    assert event["reserved"] == due * (10 * hours + 20 * 200) <= left
    assert books(stage, cluster)["bond"] == left - event["reserved"]
    for one in (lease, other):
        share = due * one.units * (one.end - max(one.start, stage.hour()))
        lost = refund_ledger(stage, one) - share
        assert lost >= void(one, stage.hour(), 0)
        settle(stage, one.id)
    assert refund_ledger(stage, other) == other.rent * Q + 20 * 200 * due


@shows("DEF-6")
def test_the_reserve_never_exceeds_the_bond(stage: Stage) -> None:
    """One lease over the whole horizon: all but a rounded part of the bond goes to it."""
    terms = FLAT.but(penalty=0, bond=100, horizon_hours=200, max_hours=200)
    cluster = bonded(stage, terms, UNITS, 1_000)
    market, tenant = stage.market, stage.tenants[0]
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 199)
    final_at = dark(stage, cluster, lease.start)
    stage.to_hour(final_at // HOUR)
    while stage.market.call("leaseOf", lease.id)["end"] < stage.hour() + 200:
        missing = stage.hour() + 200 - market.call("leaseOf", lease.id)["end"]
        market.send("extend", lease.id, missing, MAX, sender=tenant)
    stage.to_time(final_at)
    event = declare(stage, cluster).event("Defaulted")
    left = books(stage, cluster)["bond"]
    assert event["compensation"] == 1_000 * LEDGER // 10 // 200
    assert event["reserved"] + left == 1_000 * LEDGER
    assert 0 <= left < 10 * 200


@shows("DEF-5")
def test_parts_are_void_one_by_one(stage: Stage) -> None:
    """A lease of three parts at three rates, the default in the second; then it is split."""
    cluster = bonded(stage, BONDED.but(bond=0), UNITS, 10)
    market, tenant = stage.market, stage.tenants[0]
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, 10, start, 80)
    open_lease(stage, cluster, 33, start + 80, 200, stage.tenants[1])
    for hours in (100, 60):
        market.send("extend", lease.id, hours, MAX, sender=tenant)
    open_lease(stage, cluster, 20, start, 300, stage.tenants[1])
    rates = [part["rate"] for part in market.call("partsOf", lease.id)]
    assert len(set(rates)) == 2
    go_down(stage, cluster, start)
    declare(stage, cluster)
    hour = stage.hour()
    assert start + 80 < hour < start + 180
    ledger = rates[0] * 72 * Q + (rates[1] * (start + 180 - hour) + rates[2] * 60) * Q
    assert market.call("refundLedgerOf", lease.id) == ledger
    told = market.call("leaseOf", lease.id)
    assert (told["end"], told["stop"], told["parts"]) == (start + 240, hour, 3)
    split = market.send("splitUnits", lease.id, 3, sender=tenant).event("UnitsSplit")["newLeaseId"]
    shares = [market.call("refundLedgerOf", lease_id) for lease_id in (lease.id, split)]
    assert sum(shares) == ledger
    assert stage.claim_of(tenant) == ledger // LEDGER
    assert abs(shares[1] - ledger * 3 // 10) < 3_600 * 240 * Q


@shows("DEF-11")
def test_a_void_lease_can_not_be_changed_any_more(stage: Stage, cluster: int) -> None:
    market = stage.market
    start = stage.hour() + 1
    running = open_lease(stage, cluster, 10, start, 300)
    ahead = open_lease(stage, cluster, 10, start + 200, 300)
    go_down(stage, cluster, start)
    declare(stage, cluster)
    hour = stage.hour()
    for later in (0, 1):
        stage.to_hour(hour + later, HOUR // 2)
        for lease in (running, ahead):
            first = max(stage.hour() + 1, lease.start)
            with refused(stage, "LeaseMarket_Over", lease.id, hour):
                attempt(market, "extend", lease.id, 1, MAX, sender=lease.tenant)
            with refused(stage, "LeaseMarket_HourOutOfRange", first, first, hour - 1):
                attempt(market, "cancel", lease.id, first, 0, sender=lease.tenant)
    first = ahead.start + 1
    with refused(stage, "LeaseMarket_HourOutOfRange", first, first, hour - 1):
        attempt(market, "splitHours", ahead.id, first, sender=ahead.tenant)
    expires = hour * HOUR + 1
    user = stage.stranger.address
    with refused(stage, "LeaseMarket_UseTooLong", ahead.id, expires, hour * HOUR):
        attempt(market, "setUser", ahead.id, user, expires, sender=ahead.tenant)


@shows("DEF-11")
def test_the_use_of_a_void_lease_ends(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 300)
    user = stage.stranger.address
    stage.market.send("setUser", lease.id, user, lease.end * HOUR, sender=lease.tenant)
    go_down(stage, cluster, lease.start)
    assert stage.market.call("userOf", lease.id) == user
    declare(stage, cluster)
    assert int(stage.market.call("userOf", lease.id), 16) == 0


@shows("DEF-5")
def test_a_lease_opened_into_the_outage_is_void_too(stage: Stage) -> None:
    """After the 72 hours, before they are final, for hours from the current one on."""
    cluster = bonded(stage, BONDED, UNITS, 100 * BOND)
    first = open_lease(stage, cluster, 10, stage.hour() + 1, 300)
    final_at = dark(stage, cluster, first.start)
    lease = open_lease(stage, cluster, 7, final_at // HOUR, 50, stage.tenants[1])
    paid = lease.cost
    stage.to_time(final_at)
    declare(stage, cluster)
    due = BOND * LEDGER // 8760
    assert refund_ledger(stage, lease) == lease.rent * Q + 7 * 50 * due
    assert settle(stage, lease.id) == (lease.rent * Q + 350 * due) // LEDGER >= paid


def test_a_default_with_nothing_booked_reserves_nothing(stage: Stage) -> None:
    cluster = bonded(stage, BONDED, UNITS, 100 * BOND)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 72)
    go_down(stage, cluster, lease.start)
    bond = books(stage, cluster)["bond"]
    event = declare(stage, cluster).event("Defaulted")
    assert (event["compensation"], event["reserved"]) == (0, 0)
    found = books(stage, cluster)
    assert (found["bond"], found["era"], found["cursor"]) == (bond, 1, stage.hour())
    assert stage.market.call("leaseOf", lease.id)["stop"] == lease.end
