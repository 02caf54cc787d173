"""What cancellations earn vests whole, in cash and in bitcoin, and puts off nothing but itself."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import pytest

from tests.support.lifecycle import cancel
from tests.support.minting import TERMS, make_wait, mint_now, topped_up
from tests.support.rent import FLAT, LEDGER, books, deliver, earnings, open_lease
from tests.support.shows import shows
from tests.support.stage import MAX, USD, Q, Stage, Terms
from tests.support.state import refused
from tests.support.sweeps import ALL_BITCOIN, Desk, backlog_of, earn
from wellhead.chain import Receipt

#: All of the rent is the holders', in cash.
ALL_CASH = Terms(operator_share=0, reporter_share=0, bitcoin_share=0)
AMOUNTS = (1, 999, 10**6, 2**55, 2**56 - 1)


def distribute(stage: Stage, cluster: int) -> Receipt:
    return stage.router.send("distribute", cluster, sender=stage.stranger)


def at_once(receipt: Receipt, name: str = "CashAdded") -> int:
    """What came at once, smallest units."""
    added = receipt.event(name)
    return int(added["amount"] - added["backlog"])


# In cash


@shows("ROUT-9", "CANCEL-13")
def test_what_a_cancellation_earns_vests_whole(stage: Stage) -> None:
    """A tenant chooses when it cancels: it brings nothing at once, however few hours were left."""
    terms = TERMS.but(cancel_fee=Q, discount=0)
    for units, hours in ((100, 50), (1, 1)):
        with stage.scratch():
            cluster = stage.cluster(100, terms)
            lease = open_lease(stage, cluster, units, stage.hour() + 2, hours)
            cancel(stage, lease.id, lease.start, lease.tenant)
            said = distribute(stage, cluster)
            assert said.event("Distributed")["earned"] == lease.cost
            added = said.event("CashAdded")
            assert added["backlog"] == added["amount"] > 0


@shows("ROUT-9", "CANCEL-13")
def test_the_fraction_of_a_unit_is_left_out(stage: Stage) -> None:
    """Whole stablecoin units count of what a cancellation earns: two thirds of one are none, three
    times too. What they make together covers no hour, and vests as well."""
    terms = FLAT.but(low=1_111_111, high=1_111_111, cancel_fee=0)
    cluster = stage.cluster(100, terms.but(operator_share=0, reporter_share=0, bitcoin_share=0))
    for _ in range(3):
        lease = open_lease(stage, cluster, 3, stage.hour() + 2, 3)
        assert lease.cost == 10
        receipt = cancel(stage, lease.id, lease.start + 1, lease.tenant)
        lost = 2 * lease.rate * Q - receipt.event("LeaseCancelled")["refund"] * LEDGER
        assert LEDGER // 2 < lost < LEDGER
    assert books(stage, cluster)["earned"] == 3 * lost
    assert earnings(stage, cluster)["cancelled"] == 0
    added = distribute(stage, cluster).event("CashAdded")
    assert added.arguments == {"amount": 1, "backlog": 1}


@shows("ROUT-8", "ROUT-9")
@pytest.mark.parametrize("cancelled", AMOUNTS)
@pytest.mark.parametrize("hours", [1, 4])
@pytest.mark.parametrize("order", ["together", "before", "after"])
def test_a_cancellation_puts_off_no_more_than_it_earned(
    stage: Stage, cancelled: int, hours: int, order: str
) -> None:
    """Whether it is distributed with the rent of some hours, before, or after: what comes at once
    is no less than without it."""
    cluster, rent = stage.cluster(10, ALL_CASH), 12_345_678
    with stage.scratch():
        earn(stage, cluster, rent, hours)
        alone = at_once(distribute(stage, cluster))
    assert alone == rent // hours
    if order == "together":
        earn(stage, cluster, rent + cancelled, hours, cancelled)
        came = at_once(distribute(stage, cluster))
    else:
        came = 0
        for step in ("rent", "cancelled") if order == "after" else ("cancelled", "rent"):
            if step == "rent":
                earn(stage, cluster, rent, hours)
            else:
                earn(stage, cluster, cancelled, 0, cancelled)
            came += at_once(distribute(stage, cluster))
    assert came == alone


@shows("ROUT-9")
@pytest.mark.parametrize("split", [333_334, 500_000, 999_999])
@pytest.mark.parametrize("hours", [0, 1, 5])
def test_the_parts_of_a_distribution_vest_in_proportion(
    stage: Stage, split: int, hours: int
) -> None:
    """Of the holders' cash the cancellations' part, rounded down, vests whole, and of the rest all
    but an hour's part, rounded down too."""
    cluster = stage.cluster(10, ALL_CASH.but(bitcoin_share=split))
    earned, cancelled = 1_000_003, 1_000_003 if not hours else 234_567
    earn(stage, cluster, earned, hours, cancelled)
    added = distribute(stage, cluster).event("CashAdded")
    cash = earned * (Q - split) // Q
    of_them = floor(Fraction(cash * cancelled, earned))
    assert added.arguments == {
        "amount": cash,
        "backlog": cash - floor(Fraction(cash - of_them, max(hours, 1))),
    }


# In bitcoin


@dataclass
class Waits:
    """What waits to be swept, and what of it cancellations earned; by the documentation."""

    pending: int
    cancelled: int

    def sweep(self, spent: int, amount: int, waited: int) -> int:
        """What vests of `amount` that was bought for `spent`, of which the rest has waited for so
        many hours."""
        part = ceil(Fraction(spent * self.cancelled, self.pending))
        self.pending, self.cancelled = self.pending - spent, self.cancelled - part
        return backlog_of(amount, waited, ceil(Fraction(amount * part, spent)))


def swept(desk: Desk, cluster: int, most: int = MAX) -> tuple[int, int, int]:
    """Sweep; what was spent, what the holders got for it, and what of that vests."""
    receipt = desk.sweep(cluster, most)
    added = receipt.event("ReserveAdded")
    return int(receipt.event("Swept")["spent"]), int(added["amount"]), int(added["backlog"])


@shows("SWEEP-6")
@pytest.mark.parametrize("later", [0, 23, 24, 60])
@pytest.mark.parametrize("part", [1, 300_000, Q - 1, Q])
def test_bitcoin_for_what_cancellations_earned_vests_whole(
    desk: Desk, part: int, later: int
) -> None:
    """And that for the rest as ever: at once where it waited for a day, else all but a day's part.
    So many millionths are the cancellations'."""
    amount = 40_000 * USD
    waits, cluster = Waits(amount, amount * part // Q), desk.cluster()
    hours = 0 if part == Q else 1
    desk.earn(cluster, amount, hours, waits.cancelled)
    desk.stage.to_hour(desk.stage.hour() + later, 600)
    spent, got, vests = swept(desk, cluster)
    assert spent == amount
    assert vests == waits.sweep(spent, got, later + hours)
    if part == Q:
        assert vests == got > 0


@shows("SWEEP-6")
@pytest.mark.parametrize("later", [0, 60])
def test_a_part_that_is_swept_has_its_share_of_both(desk: Desk, later: int) -> None:
    """Rounded up each time, dust included; what is left at last has the rest of it."""
    waits, cluster = Waits(30_000 * USD, 7_654_321_000), desk.cluster()
    desk.earn(cluster, waits.pending, 1, waits.cancelled)
    desk.stage.to_hour(desk.stage.hour() + later, 600)
    whole, vested, bought = waits.cancelled, 0, 0
    for most in (3_030, 1_000 * USD, 3_029, 12_345_678_901, MAX):
        left = waits.pending
        spent, got, vests = swept(desk, cluster, most)
        assert spent == min(most, left)
        assert vests == waits.sweep(spent, got, later + 1)
        vested, bought = vested + vests, bought + got
    assert (waits.pending, waits.cancelled) == (desk.pending(cluster), 0) == (0, 0)
    if not later:
        # All the cancellations' bitcoin, but for what is rounded away.
        assert abs(Fraction(vested, bought) - Fraction(whole, 30_000 * USD)) < Fraction(1, 1000)


@shows("SWEEP-6")
@pytest.mark.parametrize("cancelled", [999, 10**6, 2**55])
@pytest.mark.parametrize("order", ["together", "before", "after"])
def test_a_cancellation_puts_off_no_bitcoin_but_its_own(
    desk: Desk, cancelled: int, order: str
) -> None:
    """However much it is, and though it came days before: an hour's rent that is swept in time
    raises the index by its part at once."""
    stage, cluster, rent = desk.stage, desk.cluster(), 20_000 * USD
    if order == "together":
        desk.earn(cluster, rent + cancelled, 1, cancelled)
    elif order == "after":
        desk.earn(cluster, rent, 1)
        desk.earn(cluster, cancelled, 0, cancelled)
    else:
        desk.earn(cluster, cancelled, 0, cancelled)
        stage.to_hour(stage.hour() + 60)
        desk.earn(cluster, rent, 1)
    spent, got, vests = swept(desk, cluster)
    assert vests == Waits(rent + cancelled, cancelled).sweep(spent, got, 1)
    assert got - vests >= floor(got * Fraction(rent, rent + cancelled)) > 0


@shows("SWEEP-6")
def test_cancellations_make_what_waits_no_older_and_no_younger(desk: Desk) -> None:
    """What of it waits for a sweep since when is counted without them."""
    stage, cluster = desk.stage, desk.cluster()
    desk.earn(cluster, 10_000 * USD)
    stage.to_hour(stage.hour() + 60)
    for _ in range(5):
        desk.earn(cluster, USD, 0, USD)
    waits = Waits(10_005 * USD, 5 * USD)
    spent, got, vests = swept(desk, cluster)
    assert vests == waits.sweep(spent, got, 61)
    # Nothing of the rest waits any more: what comes next is young.
    desk.earn(cluster, USD, 0, USD)
    stage.to_hour(stage.hour() + 60)
    desk.earn(cluster, 10_000 * USD)
    waits = Waits(10_001 * USD, USD)
    spent, got, vests = swept(desk, cluster)
    assert vests == waits.sweep(spent, got, 1)


@shows("SWEEP-6", "REG-4")
@pytest.mark.parametrize("later", [0, 60])
def test_what_is_topped_up_counts_as_what_waits(desk: Desk, later: int) -> None:
    """In the same proportion as of cancellations, rounded up, and the rest as old as the rest."""
    stage, cluster = desk.stage, desk.cluster(10, ALL_BITCOIN)
    waits = Waits(10_000 * USD, 1_234_567_891)
    desk.earn(cluster, waits.pending, 1, waits.cancelled)
    stage.to_hour(stage.hour() + later, 600)
    stage.afford_mints()
    pending, _, _ = topped_up(stage, mint_now(stage, cluster, 7))
    assert pending == 7_000 * USD
    more = ceil(Fraction(pending * waits.cancelled, waits.pending))
    waits = Waits(waits.pending + pending, waits.cancelled + more)
    spent, got, vests = swept(desk, cluster)
    assert spent == 17_000 * USD
    assert vests == waits.sweep(spent, got, later + 1)


# The bound of a cluster's total


@shows("ROUT-1", "ROUT-14")
def test_a_cluster_earns_less_than_2_64_units(stage: Stage) -> None:
    """What would exceed it stays with the market, and stops nothing else."""
    cluster, other = stage.cluster(10, TERMS), stage.cluster(10, TERMS)
    most = 2**60 - 1
    for _ in range(16):
        earn(stage, cluster, most, 1)
        distribute(stage, cluster)
    earn(stage, cluster, 2**64 - 16 * most, 1)
    with refused(stage, "SafeCastOverflowedUintDowncast", 64, 2**64):
        distribute(stage, cluster)
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 2)
    deliver(stage, cluster, {lease.start: 1_000, lease.start + 1: 500})
    stage.market.send("settle", lease.id, sender=stage.stranger)
    make_wait(stage, other, 1_000, 0)
    assert stage.router.call("totalOf", cluster) == 16 * most
    assert stage.router.call("totalOf", other) == 1_000


@shows("ROUT-1", "ROUT-14")
def test_the_last_unit_of_all_is_distributed(stage: Stage) -> None:
    cluster, most = stage.cluster(10, TERMS), 2**60 - 1
    for amount in (*[most] * 16, 15):
        earn(stage, cluster, amount, 1)
        distribute(stage, cluster)
    assert stage.router.call("totalOf", cluster) == 2**64 - 1
    assert stage.router.call("carriedOf", cluster) < 4
