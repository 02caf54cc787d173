"""Losses: up to an hour's rent they come out of the rent, beyond it out of the bond."""

from __future__ import annotations

import pytest

from tests.support.bonds import (
    HARSH,
    Flows,
    accrue,
    assert_balanced,
    bonded,
    expect,
    post,
    settle,
    withdraw,
)
from tests.support.rent import FLAT, LEDGER, books, deliver, loss, open_lease, refund_ledger
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Q, Stage, Terms
from wellhead.chain import Receipt

UNITS = 100
RICH = 10**9
CURVED = Terms(speed=0, penalty=4 * Q)


# available thousandths of ten units -> loss in millionths, worked out by hand for penalty 10
BEYOND = [
    (10_000, 0),
    (9_999, 1_100),
    (9_091, 999_900),
    (9_090, 1_001_000),
    (5_000, 5_500_000),
    (1, 10_998_900),
    (0, 11_000_000),
]


@shows("BOND-4")
@pytest.mark.parametrize(("available", "lost"), BEYOND)
def test_a_loss_beyond_the_rent_comes_out_of_the_bond(
    stage: Stage, available: int, lost: int
) -> None:
    cluster = bonded(stage, HARSH, UNITS, RICH)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: available})
    receipt = accrue(stage, cluster)
    assert loss(available, 10, Q, 10 * Q) == lost
    beyond = lease.rate * max(0, lost - Q)
    assert receipt.event("Accrued").arguments == {
        "clusterId": cluster,
        "cursor": stage.hour(),
        "lost": lost,
        "earned": lease.rate * max(0, Q - lost),
        "compensated": beyond,
    }
    found = books(stage, cluster)
    assert (found["lost"], found["bond"]) == (lost, RICH * LEDGER - beyond)
    assert refund_ledger(stage, lease) == lease.rate * lost


@shows("ACC-2")
def test_an_hour_of_no_service_pays_eleven_rents_at_most(stage: Stage) -> None:
    cluster = bonded(stage, HARSH, UNITS, RICH)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 3)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), 0))
    assert settle(stage, lease.id) == 3 * 10 * 11
    assert stage.claim_of(lease.tenant) == 3 * 10 * 11
    assert books(stage, cluster)["bond"] == (RICH - 3 * 10 * 10) * LEDGER
    assert stage.claim_of(stage.market) == RICH - 3 * 10 * 10


@shows("ACC-1")
@pytest.mark.parametrize("penalty", [0, 1, Q, 10 * Q])
@pytest.mark.parametrize("sla", [1, 333_333, 990_000, Q])
def test_the_loss_follows_penalty_and_promise(stage: Stage, sla: int, penalty: int) -> None:
    terms = CURVED.but(sla=sla, penalty=penalty)
    cluster = bonded(stage, terms, UNITS, RICH)
    start = stage.hour() + 1
    leases = [open_lease(stage, cluster, units, start, 6) for units in (3, 8)]
    available = {start + i: value for i, value in enumerate([0, 1, 3_665, 3_666, 7_000, 10_889])}
    deliver(stage, cluster, available)
    accrue(stage, cluster)
    expected = expect(terms, leases, available, RICH * LEDGER)
    found = books(stage, cluster)
    assert found["lost"] == sum(expected.lost.values())
    assert (found["earned"], found["bond"]) == (expected.earned, expected.bond)
    assert [refund_ledger(stage, lease) for lease in leases] == [
        expected.refund(lease) for lease in leases
    ]


@shows("BOND-5")
def test_the_bond_pays_hour_by_hour_until_it_is_dry(stage: Stage) -> None:
    """Ten units at one stablecoin unit an hour: 100 beyond the rent for each hour without service;
    the bond of 237 pays two hours in full and 37 of the third."""
    cluster = bonded(stage, HARSH, UNITS, 237)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 5)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), 0))
    accrue(stage, cluster)
    found = books(stage, cluster)
    assert found["lost"] == 2 * 11 * Q + 37 * Q // 10 + Q + 2 * Q
    assert found["bond"] == 0
    assert refund_ledger(stage, lease) == (237 + 50) * LEDGER
    assert settle(stage, lease.id) == 237 + 50


@shows("BOND-4")
def test_a_bond_that_runs_dry_within_an_hour_is_shared_by_rent(stage: Stage) -> None:
    cluster = bonded(stage, CURVED, UNITS, 8_888_877)
    start = stage.hour() + 1
    leases = [
        open_lease(stage, cluster, units, start, 4, tenant)
        for units, tenant in zip((7, 11, 1), stage.tenants, strict=False)
    ]
    available = {start: 3_000, start + 1: 17_777, start + 2: 0, start + 3: 0}
    deliver(stage, cluster, available)
    accrue(stage, cluster)
    expected = expect(CURVED, leases, available, 8_888_877 * LEDGER)
    rent = sum(lease.rate for lease in leases)
    assert Q < expected.lost[start] < 5 * Q, "the first hour must be where it runs dry"
    assert expected.lost[start + 2] == Q
    found = books(stage, cluster)
    assert found["lost"] == sum(expected.lost.values())
    assert found["bond"] == expected.bond
    # What is left is less than a millionth of the hour's rent: no lease can get its share of it.
    assert 0 < found["bond"] < rent
    refunds = [refund_ledger(stage, lease) for lease in leases]
    assert refunds == [expected.refund(lease) for lease in leases]
    first = expected.lost[start] - Q
    assert sum(lease.rate * first for lease in leases) + found["bond"] == 8_888_877 * LEDGER


@shows("BOND-5")
def test_the_rest_of_a_bond_still_pays_a_smaller_rent(stage: Stage) -> None:
    cluster = bonded(stage, CURVED, UNITS, 1_000_003)
    start = stage.hour() + 1
    leases = [open_lease(stage, cluster, 60, start, 1), open_lease(stage, cluster, 1, start, 2)]
    deliver(stage, cluster, {start: 0, start + 1: 0})
    accrue(stage, cluster)
    expected = expect(CURVED, leases, {start: 0, start + 1: 0}, 1_000_003 * LEDGER)
    assert expected.lost[start + 1] > Q, "what is left must be enough for the second hour"
    assert books(stage, cluster)["bond"] == expected.bond
    assert [refund_ledger(stage, lease) for lease in leases] == [
        expected.refund(lease) for lease in leases
    ]


@shows("BOND-4")
def test_without_a_bond_no_more_than_the_rent_is_lost(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, HARSH)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 2)
    deliver(stage, cluster, {lease.start: 0, lease.start + 1: 9_090})
    receipt = accrue(stage, cluster)
    assert receipt.event("Accrued")["compensated"] == 0
    assert books(stage, cluster)["lost"] == 2 * Q
    assert refund_ledger(stage, lease) == 20 * LEDGER


@shows("BOND-6")
def test_a_bond_posted_later_does_not_pay_the_past(stage: Stage) -> None:
    cluster = bonded(stage, HARSH, UNITS, 37)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 3)
    deliver(stage, cluster, {lease.start: 0, lease.start + 1: 0})
    accrue(stage, cluster)
    assert refund_ledger(stage, lease) == (37 + 20) * LEDGER
    post(stage, cluster, 5_000)
    assert accrue(stage, cluster).all("Accrued") == []
    assert refund_ledger(stage, lease) == (37 + 20) * LEDGER
    assert settle(stage, lease.id) == 37 + 20
    deliver(stage, cluster, {lease.start + 2: 0})
    assert settle(stage, lease.id) == 110
    assert books(stage, cluster)["bond"] == 4_900 * LEDGER


@shows("BOND-6")
def test_the_bond_counts_as_it_is_when_the_hour_is_accrued(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, HARSH)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: 0})
    post(stage, cluster, 55)
    assert settle(stage, lease.id) == 10 + 55


def test_a_partial_first_hour_is_compensated_at_its_own_rent(stage: Stage) -> None:
    cluster = bonded(stage, CURVED, UNITS, RICH)
    hour = stage.hour() + 1
    whole = open_lease(stage, cluster, 5, hour, 2)
    late = open_lease(stage, cluster, 9, hour, 2, stage.tenants[1], at=hour * HOUR + 3_001)
    available = {hour: 1_234, hour + 1: 2_345}
    deliver(stage, cluster, available)
    accrue(stage, cluster)
    expected = expect(CURVED, [whole, late], available, RICH * LEDGER)
    assert late.first_seconds == 599
    assert expected.lost[hour] > 4 * Q
    assert books(stage, cluster)["bond"] == expected.bond
    for lease in (whole, late):
        assert refund_ledger(stage, lease) == expected.refund(lease)


@shows("BOND-6")
def test_a_bond_that_runs_dry_pays_the_same_late_and_often(stage: Stage) -> None:
    cluster = bonded(stage, CURVED, UNITS, 71_234_567)
    start = stage.hour() + 1
    leases = [open_lease(stage, cluster, units, start, 8) for units in (13, 6)]
    available = {start + i: v for i, v in enumerate([19_000, 4_000, 0, 18_000, 0, 1, 7_000, 0])}
    expected = expect(CURVED, leases, available, 71_234_567 * LEDGER)
    assert expected.bond < sum(lease.rate for lease in leases) * Q
    outcomes = []
    for often in (False, True):
        with stage.scratch():
            if often:
                for hour, value in available.items():
                    deliver(stage, cluster, {hour: value})
                    settle(stage, leases[hour % 2].id)
            else:
                deliver(stage, cluster, available)
            amounts = [settle(stage, lease.id) for lease in leases]
            found = books(stage, cluster)
            assert (found["bond"], found["earned"]) == (expected.bond, expected.earned)
            assert found["lost"] == sum(expected.lost.values())
            ledgers = [refund_ledger(stage, lease) for lease in leases]
            assert ledgers == [expected.refund(lease) for lease in leases]
            outcomes.append(stage.claim_of(stage.tenants[0]))
            assert often or sum(amounts) == outcomes[0]
    assert outcomes == [sum(expected.refund(lease) // LEDGER for lease in leases)] * 2


def test_an_hour_without_any_rent_takes_nothing_of_the_bond(stage: Stage) -> None:
    """One unit of a thousand, split off a lease that pays half a millionth of a stablecoin unit
    for a unit-hour: less than the 3,600 that its rate is rounded down to a multiple of."""
    terms = FLAT.but(low=1, high=1, discount=Q // 2, discount_hours=1, penalty=10 * Q)
    cluster = bonded(stage, terms, 1_000, 100)
    market, tenant = stage.market, stage.tenants[0]
    lease = open_lease(stage, cluster, 1_000, stage.hour() + 2, 8_000)
    split = market.send("splitUnits", lease.id, 1, sender=tenant).event("UnitsSplit")["newLeaseId"]
    market.send("cancel", lease.id, lease.start, 0, sender=tenant)
    assert market.call("leaseOf", split)["rate"] == 0
    deliver(stage, cluster, {lease.start: 0})
    accrue(stage, cluster)
    found = books(stage, cluster)
    assert (found["booked"], found["rate"]) == (1, 0)
    assert (found["lost"], found["bond"]) == (Q, 100 * LEDGER)
    assert market.call("refundLedgerOf", split) == 0


@shows("ACC-15")
@pytest.mark.parametrize("amount", [0, 7_000_000, 10**12])
def test_all_money_is_somewhere_in_ledger_integers(stage: Stage, amount: int) -> None:
    """Paid in and posted = earned, remainders, bond, refunds and escrow, after every step."""
    cluster = stage.cluster(UNITS, CURVED)
    flows, ids, market = Flows(), [1, 2, 3], stage.market
    now = stage.hour() + 1

    def act(function: str, *arguments: int, by: int) -> Receipt:
        return flows.note(market.send(function, *arguments, sender=stage.tenants[by]))

    act("postBond", cluster, amount, by=3)
    stage.anvil.next_block_at(now * HOUR + 1_111)
    act("lease", cluster, 13, now, 20, MAX, by=0)
    act("lease", cluster, 31, now + 2, 200, MAX, by=1)
    act("lease", cluster, 7, now + 5, 300, MAX, by=2)
    assert_balanced(stage, cluster, flows, ids)
    working = [0, 1, 10_000, 22_222, 44_000, 51_000, 3, 50_999, 12_345, 26_000]
    for step, first in enumerate(range(now, now + 20, 2)):
        deliver(stage, cluster, {first: working[step], first + 1: working[-step]})
        match step:
            case 2:
                act("extend", 2, 60, MAX, by=1)
            case 3:
                ids.append(act("splitUnits", 2, 5, by=1).event("UnitsSplit")["newLeaseId"])
            case 4 | 8:
                flows.note(stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger))
            case 5:
                act("postBond", cluster, 11, by=3)
            case 6:
                act("cancel", 3, stage.hour() + 9, 0, by=2)
            case 7:
                flows.note(withdraw(stage, cluster, books(stage, cluster)["bond"] // LEDGER // 3))
        act("settle", ids[step % len(ids)], by=3)
        assert_balanced(stage, cluster, flows, ids)
    flows.note(stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger))
    assert 0 not in (flows.collected, flows.cancelled, flows.withdrawn)
    assert_balanced(stage, cluster, flows, ids)
