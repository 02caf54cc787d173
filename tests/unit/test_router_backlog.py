"""Revenue that comes late: an hour's average at once, the rest over the next day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.minting import topped_up
from tests.support.rent import FLAT, Opened, deliver, open_lease
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, UNIT, Q, Stage
from tests.support.sweeps import backlog_of, desk_on
from wellhead.chain import Receipt
from wellhead.model.samples import Sample

DAY = 24 * HOUR
OUTAGE = 5 * 24
#: Rent of an hour of 100 units: a third of 1,200 coins goes to each of the holders' currencies.
TERMS = FLAT.but(
    base_start=12_000_000,
    base_floor=12_000_000,
    base_cap=12_000_000,
    operator_share=0,
    reporter_share=333_332,
    bitcoin_share=333_334,
)
HOURLY = 1_200_000_000 * 333_334 // Q


@pytest.fixture
def cluster(stage: Stage) -> int:
    """Hundred units, forty of them a holder's."""
    made = stage.cluster(100, TERMS)
    token = stage.token(made)
    token.send("transfer", stage.holders[0].address, 40 * UNIT, sender=stage.operator)
    return made


def outage(stage: Stage, cluster: int, hours: int = OUTAGE, units: int = 100) -> Opened:
    """All units are leased and work, but no report comes through until it is over."""
    lease = open_lease(stage, cluster, units, stage.hour() + 1, hours)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), units * 1_000))
    return lease


def distribute(stage: Stage, cluster: int) -> Receipt:
    return stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)


def cash(stage: Stage, cluster: int) -> dict[str, Any]:
    found: dict[str, Any] = stage.token(cluster).call("cashRevenue")
    return found


def earned(stage: Stage, cluster: int, account: Any) -> int:
    """Smallest units owed, rounded to the nearest."""
    owed: int = stage.token(cluster).call("owedLedgerOf", account.address)[0]
    return (owed + (1 << 67)) >> 68


@shows("ROUT-9")
def test_five_days_come_an_hour_at_once_and_the_rest_over_a_day(stage: Stage, cluster: int) -> None:
    outage(stage, cluster)
    said = distribute(stage, cluster)
    begin, whole = stage.now(), said.event("Distributed")["cash"]
    assert whole == OUTAGE * 1_200_000_000 * 333_334 // Q
    backlog = whole - whole // OUTAGE
    assert said.event("CashAdded").arguments == {"amount": whole, "backlog": backlog}
    token, shift = stage.token(cluster), cash(stage, cluster)["shift"]
    for passed in (0, 60, HOUR, DAY // 2, DAY - 1, DAY, 3 * DAY):
        stage.to_time(begin + passed)
        arrived = (whole // OUTAGE << shift) + (backlog << shift) * min(passed, DAY) // DAY
        index = arrived // (100 * UNIT)
        assert cash(stage, cluster)["index"] == index
        assert token.call("owedLedgerOf", stage.holders[0].address) == (40 * UNIT * index, 0)
        assert token.call("owedLedgerOf", stage.operator.address) == (60 * UNIT * index, 0)
    assert cash(stage, cluster)["unvested"] == 0


@shows("ROUT-8")
def test_a_timely_hour_comes_at_once(stage: Stage, cluster: int) -> None:
    outage(stage, cluster, hours=1)
    assert distribute(stage, cluster).event("CashAdded")["backlog"] == 0
    assert cash(stage, cluster)["unvested"] == 0


@shows("ROUT-8")
def test_hours_that_earned_nothing_do_not_count(stage: Stage, cluster: int) -> None:
    """Two booked hours of five served: half of it at once."""
    lease = open_lease(stage, cluster, 100, stage.hour() + 1, 5)
    working = {lease.start + i: value for i, value in enumerate((100_000, 0, 0, 100_000, 0))}
    deliver(stage, cluster, working)
    said = distribute(stage, cluster).event("CashAdded")
    assert said["amount"] == 800_001_600
    assert said["backlog"] == said["amount"] - said["amount"] // 2


@shows("ROUT-9")
def test_accruing_in_steps_makes_the_same_backlog(stage: Stage, cluster: int) -> None:
    """What counts is how many hours come together, not how they were accrued."""
    lease = open_lease(stage, cluster, 100, stage.hour() + 1, 10)
    for hour in range(lease.start, lease.end):
        deliver(stage, cluster, {hour: 100_000})
        stage.market.send("accrue", cluster, sender=stage.stranger)
    said = distribute(stage, cluster).event("CashAdded")
    assert said["backlog"] == said["amount"] - said["amount"] // 10


def test_dust_postpones_no_backlog(stage: Stage, cluster: int) -> None:
    """Anybody can pay in a satoshi; it moves no end, of neither currency."""
    outage(stage, cluster)
    distribute(stage, cluster)
    begin = stage.now()
    payer = stage.holders[1]
    stage.reserve.send("mint", payer.address, 10**9, sender=payer)
    stage.reserve.send("approve", stage.vault.address, 10**9, sender=payer)
    stage.router.send("payIn", cluster, 10**8, sender=payer)
    ends = stage.token(cluster).call("reserveRevenue")["vestedAt"]
    for hour in range(1, 20):
        stage.to_time(begin + hour * HOUR)
        stage.router.send("payIn", cluster, 1, sender=payer)
    found = stage.token(cluster).call("reserveRevenue")
    assert found["vestedAt"] == ends
    assert cash(stage, cluster)["vestedAt"] == begin + DAY


def test_revenue_that_follows_adds_to_a_backlog_and_takes_nothing_from_it(
    stage: Stage, cluster: int
) -> None:
    """While five days vest, the next hours come as they become final."""
    lease = open_lease(stage, cluster, 100, stage.hour() + 1, OUTAGE + 4)
    first = range(lease.start, lease.start + OUTAGE)
    deliver(stage, cluster, dict.fromkeys(first, 100_000))
    whole = distribute(stage, cluster).event("CashAdded")["amount"]
    begin = stage.now()
    for hour in range(first.stop, lease.end):
        stage.report([Sample(cluster, hour, 100_000, 100_000)])
    stage.to_time(begin + DAY // 2)
    vested = whole // OUTAGE + (whole - whole // OUTAGE) // 2
    assert earned(stage, cluster, stage.operator) in (vested * 60 // 100, vested * 60 // 100 + 1)
    stage.finalize()
    more = distribute(stage, cluster).event("CashAdded")
    assert more["backlog"] == more["amount"] - more["amount"] // 4
    arrived = whole + more["amount"] // 4
    assert earned(stage, cluster, stage.operator) in (arrived * 60 // 100, arrived * 60 // 100 + 1)
    stage.skip(DAY)
    everything = whole + more["amount"]
    assert earned(stage, cluster, stage.operator) in (
        everything * 60 // 100,
        everything * 60 // 100 + 1,
    )


@shows("REG-4")
def test_units_minted_after_an_outage_take_no_part_of_it(stage: Stage, cluster: int) -> None:
    """A mint accrues and distributes, and the operator pays as much for each new unit as vests for
    each of the others; it earns that back."""
    outage(stage, cluster)
    stage.afford_mints()
    receipt = stage.mint(cluster, 900)
    added = receipt.event("CashAdded")
    whole, backlog = added["amount"], added["backlog"]
    assert topped_up(stage, receipt)[1] == backlog * 9 > 0
    at_once, holder = whole - backlog, stage.holders[0]
    assert earned(stage, cluster, holder) in (at_once * 40 // 100, at_once * 40 // 100 + 1)
    assert earned(stage, cluster, stage.operator) in (at_once * 60 // 100, at_once * 60 // 100 + 1)
    stage.skip(2 * DAY)
    assert earned(stage, cluster, holder) in (whole * 40 // 100, whole * 40 // 100 + 1)
    back = whole * 60 // 100 + backlog * 9
    assert earned(stage, cluster, stage.operator) in (back - 1, back, back + 1)


def test_a_mint_right_before_an_accrual_shares_young_hours_only(stage: Stage, cluster: int) -> None:
    """The hours that no timely report could have made final yet are everybody's; no older ones."""
    lease = open_lease(stage, cluster, 100, stage.hour() + 1, 60)
    for hour in range(lease.start, lease.end):
        stage.to_hour(hour + 1)
        stage.report([Sample(cluster, hour, 100_000, 100_000)])
    old = stage.mint(cluster, 900).event("CashAdded")["amount"]
    hourly = 1_200_000_000 * 333_334 // Q
    young = FINALITY // HOUR + 2
    assert (60 - young) * hourly <= old
    stage.finalize()
    holder = stage.holders[0]
    before = earned(stage, cluster, holder)
    assert before in (old * 40 // 100, old * 40 // 100 + 1)
    new = distribute(stage, cluster).event("CashAdded")["amount"]
    stage.skip(DAY)
    assert earned(stage, cluster, holder) - before in (
        new * 40 // 1_000,
        new * 40 // 1_000 + 1,
    )


def test_a_retirement_right_after_an_accrual_keeps_what_had_vested(
    stage: Stage, cluster: int
) -> None:
    """And leaves the rest to those that remain: who wants it waits a day."""
    outage(stage, cluster)
    whole = distribute(stage, cluster).event("CashAdded")["amount"]
    begin = stage.now()
    stage.anvil.next_block_at(begin + 600)
    stage.registry.send("retire", cluster, 60, sender=stage.operator)
    at_once = whole // OUTAGE
    vested = at_once + (whole - at_once) * 600 // DAY
    kept = earned(stage, cluster, stage.operator)
    assert kept in (vested * 60 // 100, vested * 60 // 100 + 1)
    stage.to_time(begin + DAY)
    assert earned(stage, cluster, stage.operator) == kept
    assert earned(stage, cluster, stage.holders[0]) in (whole - kept - 1, whole - kept)


@shows("REV-11")
def test_who_buys_before_a_backlog_gains_what_vests_while_it_holds(
    stage: Stage, cluster: int
) -> None:
    """All is bought right before, and sold within a minute: that earns the hour that comes at once,
    and a minute of the day."""
    outage(stage, cluster)
    token, holder, buyer = stage.token(cluster), stage.holders[0], stage.holders[1]
    token.send("transfer", buyer.address, 60 * UNIT, sender=stage.operator)
    token.send("transfer", buyer.address, 40 * UNIT, sender=holder)
    whole = distribute(stage, cluster).event("CashAdded")["amount"]
    begin = stage.now()
    stage.anvil.next_block_at(begin + 60)
    token.send("transfer", holder.address, 100 * UNIT, sender=buyer)
    stage.to_time(begin + 2 * DAY)
    at_once = whole // OUTAGE
    gained = at_once + (whole - at_once) * 60 // DAY
    assert earned(stage, cluster, buyer) in (gained, gained + 1)
    assert earned(stage, cluster, buyer) < 2 * 1_200_000_000 * 333_334 // Q


@shows("REG-4")
def test_bitcoin_that_waits_is_topped_up(stage: Stage, cluster: int) -> None:
    """However long it waited, whether or not anybody can sweep: it goes on waiting, as much for
    each unit as before."""
    outage(stage, cluster)
    distribute(stage, cluster)
    stage.skip(2 * DAY)
    pending = int(stage.router.call("bitcoinPendingOf", cluster))
    receipt = stage.mint(cluster, 900)
    assert topped_up(stage, receipt) == (9 * pending, 0, 0)
    assert receipt.all("CashAdded") == []
    assert stage.router.call("bitcoinPendingOf", cluster) == 10 * pending > 0


@shows("SWEEP-6")
def test_an_early_distribution_hides_no_outage_from_a_sweep(stage: Stage) -> None:
    """A speck that was distributed before does not make a backlog of bitcoin fresh, and what is
    fresh waits since that speck. What a cancellation earned is not counted: it vests whole."""
    desk, cluster = desk_on(stage), stage.cluster(100, TERMS.but(cancel_fee=Q))
    desk.fill(100 * 10**8)
    with stage.scratch():
        outage(stage, cluster, hours=1, units=1)
        distribute(stage, cluster)
        since = stage.hour() - 1
        speck = desk.pending(cluster)
        assert 0 < speck < 10**7
        outage(stage, cluster)
        distribute(stage, cluster)
        added = desk.sweep(cluster).event("ReserveAdded")
        whole = added["amount"]
        late = whole - whole * (speck + HOURLY) // (speck + OUTAGE * HOURLY)
        assert added["backlog"] == backlog_of(whole, stage.hour() - since, late) > late > 0
    outage(stage, cluster)
    lease = open_lease(stage, cluster, 1, stage.hour() + 400, 1)
    stage.market.send("cancel", lease.id, lease.start, 0, sender=lease.tenant)
    stage.router.send("distribute", cluster, sender=stage.stranger)
    speck = desk.pending(cluster)
    assert 0 < speck < 10**7
    distribute(stage, cluster)
    whole = desk.pending(cluster)
    assert whole == speck + OUTAGE * HOURLY
    added = desk.sweep(cluster).event("ReserveAdded")
    assert added["backlog"] == added["amount"] - added["amount"] * HOURLY // whole > 0
