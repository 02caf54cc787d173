"""The bond: who posts and withdraws it, what it must cover, and how long it must stay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.bonds import HARSH, accrue, bonded, post, withdraw
from tests.support.raw import attempt
from tests.support.rent import FLAT, LEDGER, books, deliver, loss, open_lease, report
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, MAX, Q, Stage
from tests.support.state import refused

UNITS = 100
BOND = 1_000
TERMS = FLAT.but(bond=BOND)
#: All ledger that a bond can be, rounded down to a stablecoin unit.
LARGEST = (2**104 - 1) // LEDGER


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


def bond_of(stage: Stage, cluster: int) -> int:
    return int(books(stage, cluster)["bond"])


def refuse_lease(stage: Stage, lease: tuple[int, ...], *numbers: int) -> None:
    """Neither quoted nor leased, because the bond does not stand behind it."""
    with expect_revert("LeaseMarket_Unbonded", *numbers):
        stage.market.call("quote", *lease)
    with refused(stage, "LeaseMarket_Unbonded", *numbers):
        attempt(stage.market, "lease", *lease, MAX, sender=stage.tenants[0])


# Posting


def test_a_bond_is_posted_out_of_the_payers_pocket(stage: Stage, cluster: int) -> None:
    payer = stage.tenants[2]
    before = stage.cash.call("balanceOf", payer.address)
    receipt = post(stage, cluster, 12_345, payer)
    assert receipt.event("BondPosted").arguments == {
        "clusterId": cluster,
        "payer": payer.address,
        "amount": 12_345,
    }
    assert receipt.event("Deposited").arguments == {
        "coin": stage.cash.address,
        "payer": payer.address,
        "account": stage.market.address,
        "amount": 12_345,
    }
    assert bond_of(stage, cluster) == 12_345 * LEDGER
    assert stage.claim_of(stage.market) == 12_345
    assert stage.cash.call("balanceOf", payer.address) == before - 12_345


@shows("BOND-3")
def test_anyone_adds_to_a_bond_and_clusters_do_not_share_it(stage: Stage, cluster: int) -> None:
    other = stage.cluster(UNITS, TERMS)
    for amount, payer in enumerate(stage.tenants, 1):
        post(stage, cluster, amount, payer)
    assert (bond_of(stage, cluster), bond_of(stage, other)) == (10 * LEDGER, 0)
    refuse_lease(stage, (other, 1, stage.hour(), 1), 0, 1, 0)


def test_the_operator_posts_out_of_what_it_earned(stage: Stage, cluster: int) -> None:
    stage.vault.send(
        "deposit", stage.cash.address, stage.operator.address, 70, sender=stage.tenants[0]
    )
    receipt = post(stage, cluster, 50, stage.operator)
    assert receipt.event("Moved").arguments == {
        "coin": stage.cash.address,
        "from": stage.operator.address,
        "to": stage.market.address,
        "amount": 50,
    }
    assert stage.claim_of(stage.operator) == 20
    assert bond_of(stage, cluster) == 50 * LEDGER


def test_a_bond_is_not_posted_without_the_money(stage: Stage, cluster: int) -> None:
    with refused(stage, "ERC20InsufficientAllowance", stage.vault.address, 0, 1):
        post(stage, cluster, 1, stage.stranger)
    balance = stage.cash.call("balanceOf", stage.tenants[0].address)
    payer = stage.tenants[0].address
    with refused(stage, "ERC20InsufficientBalance", payer, balance, balance + 1):
        post(stage, cluster, balance + 1, stage.tenants[0])


@pytest.mark.parametrize("cluster_id", [0, 2, 2**32 + 1, MAX])
@pytest.mark.parametrize("function", ["postBond", "withdrawBond", "declareDefault", "recover"])
def test_an_unknown_cluster_has_no_bond(
    stage: Stage, cluster: int, function: str, cluster_id: int
) -> None:
    amount = [1] if function.endswith("Bond") else []
    with refused(stage, "CapacityRegistry_UnknownCluster", cluster_id):
        attempt(stage.market, function, cluster_id, *amount, sender=stage.tenants[0])


@shows("BOND-7")
def test_a_bond_has_104_bits_of_ledger(stage: Stage, cluster: int) -> None:
    assert LARGEST == 4_722_366_482_869_645 == 2**72 // 10**6
    payer = stage.tenants[0]
    stage.fund(payer, 10**17)
    post(stage, cluster, LARGEST - 1, payer)
    wanted = (LARGEST + 1) * LEDGER
    with refused(stage, "SafeCastOverflowedUintDowncast", 104, wanted):
        post(stage, cluster, 2, payer)
    post(stage, cluster, 1, payer)
    assert bond_of(stage, cluster) == LARGEST * LEDGER
    with refused(stage, "SafeCastOverflowedUintDowncast", 104, wanted):
        post(stage, cluster, 1, payer)
    withdraw(stage, cluster, LARGEST)
    assert stage.claim_of(stage.operator) == LARGEST


@shows("BOND-7")
@pytest.mark.parametrize("amount", [2**205, MAX])
def test_an_impossible_amount_is_refused(stage: Stage, cluster: int, amount: int) -> None:
    post(stage, cluster, 1)
    with refused(stage, "Panic", 0x11):
        post(stage, cluster, amount)


# Booking


@shows("BOND-1")
@pytest.mark.parametrize("way", ["lease", "extend"])
def test_what_final_hours_took_stands_behind_no_booking(stage: Stage, way: str) -> None:
    """Nobody accrued the hours yet: to book does, and sees the bond without what they took."""
    cluster = bonded(stage, HARSH.but(bond=100), UNITS, 10_000)
    lease = open_lease(stage, cluster, 50, stage.hour() + 1, 48)
    other = open_lease(stage, cluster, 21, lease.start, 40)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.start + 6), 0))
    assert bond_of(stage, cluster) == 10_000 * LEDGER
    taken = 6 * 10 * 71
    bonded_units = (10_000 - taken) // 100
    assert bonded_units == 50 + 7
    call: tuple[Any, ...] = ("lease", cluster, 21, other.end, 4, MAX)
    if way == "extend":
        call = ("extend", other.id, 4, MAX)
    with refused(stage, "LeaseMarket_Unbonded", 50, 21, bonded_units):
        attempt(stage.market, *call, sender=stage.tenants[0])
    receipt = open_lease(stage, cluster, 7, other.end, 4).receipt
    assert receipt.event("Accrued")["compensated"] == taken * LEDGER
    assert bond_of(stage, cluster) == (10_000 - taken) * LEDGER


def test_without_a_bond_to_cover_it_a_booking_moves_no_books(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, HARSH)
    lease = open_lease(stage, cluster, 50, stage.hour() + 1, 8)
    deliver(stage, cluster, {lease.start: 0})
    receipt = open_lease(stage, cluster, 1, stage.hour() + 1, 8).receipt
    assert not receipt.all("Accrued")
    assert books(stage, cluster)["cursor"] < lease.start + 1


# Withdrawing


@shows("BOND-3")
def test_a_withdrawn_bond_becomes_the_operators_claim(stage: Stage, cluster: int) -> None:
    post(stage, cluster, 5_000)
    receipt = withdraw(stage, cluster, 1_999)
    assert receipt.event("BondWithdrawn").arguments == {
        "clusterId": cluster,
        "operator": stage.operator.address,
        "amount": 1_999,
    }
    assert receipt.event("Moved").arguments == {
        "coin": stage.cash.address,
        "from": stage.market.address,
        "to": stage.operator.address,
        "amount": 1_999,
    }
    assert bond_of(stage, cluster) == 3_001 * LEDGER
    assert (stage.claim_of(stage.operator), stage.claim_of(stage.market)) == (1_999, 3_001)
    withdraw(stage, cluster, 3_001)
    assert bond_of(stage, cluster) == stage.claim_of(stage.market) == 0


@shows("BOND-3")
@pytest.mark.parametrize("caller", ["governor", "guardian", "stranger", "payer", "operator"])
def test_only_the_clusters_operator_withdraws(stage: Stage, cluster: int, caller: str) -> None:
    post(stage, cluster, 5_000, stage.tenants[0])
    account = stage.tenants[0] if caller == "payer" else getattr(stage, caller)
    of = cluster
    if caller == "operator":  # of another cluster
        stage.authority.send("grantRole", 1, stage.stranger.address, 0, sender=stage.governor)
        of = stage.register(operator=stage.stranger)
        post(stage, of, 5_000)
    with refused(stage, "CapacityRegistry_NotOperator", of, account.address):
        attempt(stage.market, "withdrawBond", of, 1, sender=account)


@pytest.mark.parametrize("amount", [5_001, 2**104, MAX])
def test_no_more_is_withdrawn_than_there_is(stage: Stage, cluster: int, amount: int) -> None:
    post(stage, cluster, 5_000)
    with refused(stage, "LeaseMarket_BondInUse", cluster, 5_000, 0):
        withdraw(stage, cluster, amount)


@shows("PAUSE-2")
def test_a_bond_is_posted_and_withdrawn_while_paused(stage: Stage, cluster: int) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    post(stage, cluster, 5_000)
    withdraw(stage, cluster, 5_000)
    assert stage.claim_of(stage.operator) == 5_000


@shows("BOND-8")
def test_a_fraction_of_a_unit_stays_in_the_bond(stage: Stage) -> None:
    cluster = bonded(stage, HARSH, UNITS, 1_000)
    lease = open_lease(stage, cluster, 7, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: 3_141})
    left = 1_000 * LEDGER - lease.rate * (loss(3_141, 7, Q, 10 * Q) - Q)
    assert left % LEDGER != 0
    whole = left // LEDGER
    accrue(stage, cluster)
    with refused(stage, "LeaseMarket_BondInUse", cluster, whole, 0):
        withdraw(stage, cluster, whole + 1)
    withdraw(stage, cluster, whole)
    assert bond_of(stage, cluster) == left % LEDGER


# What it must cover


@shows("BOND-1")
def test_every_booked_unit_is_covered(stage: Stage, cluster: int) -> None:
    hour = stage.hour() + 1
    refuse_lease(stage, (cluster, 1, hour, 3), 0, 1, 0)
    post(stage, cluster, 10 * BOND - 1)
    refuse_lease(stage, (cluster, 10, hour, 3), 0, 10, 9)
    open_lease(stage, cluster, 9, hour, 3)
    refuse_lease(stage, (cluster, 1, hour, 3), 9, 1, 9)
    post(stage, cluster, 1)
    open_lease(stage, cluster, 1, hour, 3)
    refuse_lease(stage, (cluster, 1, hour, 3), 10, 1, 10)


@shows("BOND-1")
def test_the_same_bond_covers_hour_after_hour(stage: Stage, cluster: int) -> None:
    post(stage, cluster, 10 * BOND)
    hour = stage.hour() + 1
    for start in (hour, hour + 3, hour + 6):
        open_lease(stage, cluster, 10, start, 3)
    open_lease(stage, cluster, 4, hour + 9, 1)
    refuse_lease(stage, (cluster, 7, hour + 9, 5), 4, 7, 10)
    refuse_lease(stage, (cluster, 1, hour + 8, 5), 10, 1, 10)
    open_lease(stage, cluster, 6, hour + 9, 5)


def test_what_can_not_be_sold_is_refused_before_what_is_not_covered(
    stage: Stage, cluster: int
) -> None:
    with refused(stage, "LeaseMarket_SoldOut", 0, UNITS + 1, UNITS):
        attempt(
            stage.market,
            "lease",
            *(cluster, UNITS + 1, stage.hour(), 1, MAX),
            sender=stage.tenants[0],
        )


@shows("BOND-1")
def test_an_extension_needs_the_bond_too(stage: Stage, cluster: int) -> None:
    post(stage, cluster, 10 * BOND)
    hour = stage.hour() + 1
    lease = open_lease(stage, cluster, 6, hour, 3)
    open_lease(stage, cluster, 5, hour + 4, 2)
    with expect_revert("LeaseMarket_Unbonded", 5, 6, 10):
        stage.market.call("quoteExtension", lease.id, 2)
    with refused(stage, "LeaseMarket_Unbonded", 5, 6, 10):
        attempt(stage.market, "extend", lease.id, 2, MAX, sender=lease.tenant)
    stage.market.send("extend", lease.id, 1, MAX, sender=lease.tenant)
    post(stage, cluster, BOND)
    stage.market.send("extend", lease.id, 2, MAX, sender=lease.tenant)


def test_without_a_bond_in_the_terms_none_is_needed(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT)
    open_lease(stage, cluster, UNITS, stage.hour(), 5)
    post(stage, cluster, 17)
    withdraw(stage, cluster, 17)


@shows("BOND-7")
def test_the_largest_bond_per_unit(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT.but(bond=10**12))
    post(stage, cluster, 10**12 - 1)
    refuse_lease(stage, (cluster, 1, stage.hour(), 1), 0, 1, 0)
    post(stage, cluster, 1)
    open_lease(stage, cluster, 1, stage.hour(), 1)
    with refused(stage, "LeaseMarket_BondInUse", cluster, 10**12, 10**12):
        withdraw(stage, cluster, 1)


# What stays


def refuse_withdrawal(stage: Stage, cluster: int, bond: int, needed: int) -> None:
    """A unit more than may be withdrawn."""
    with refused(stage, "LeaseMarket_BondInUse", cluster, bond, needed):
        withdraw(stage, cluster, bond - needed + 1)


@shows("BOND-2")
def test_the_bond_stays_for_the_highest_hour_ahead(stage: Stage, cluster: int) -> None:
    post(stage, cluster, 50 * BOND)
    hour = stage.hour() + 1
    open_lease(stage, cluster, 10, hour, 20)
    open_lease(stage, cluster, 7, hour + 10, 5)
    tenant = open_lease(stage, cluster, 3, hour + 14, 8).tenant
    refuse_withdrawal(stage, cluster, 50 * BOND, 20 * BOND)
    stage.market.send("cancel", 2, hour + 10, 0, sender=tenant)
    refuse_withdrawal(stage, cluster, 50 * BOND, 13 * BOND)
    withdraw(stage, cluster, 37 * BOND)
    with refused(stage, "LeaseMarket_BondInUse", cluster, 13 * BOND, 13 * BOND):
        withdraw(stage, cluster, 1)


@shows("BOND-2")
def test_a_lease_at_the_end_of_the_horizon_keeps_its_bond(stage: Stage) -> None:
    cluster = bonded(stage, TERMS.but(horizon_hours=17_520), UNITS, 5 * BOND)
    start = stage.hour()
    stage.to_hour(start + 1, HOUR - 2)
    open_lease(stage, cluster, 5, start + 17_520, 1)
    refuse_withdrawal(stage, cluster, 5 * BOND, 5 * BOND)


@shows("BOND-2")
def test_the_bond_stays_until_its_hours_are_accrued(stage: Stage, cluster: int) -> None:
    post(stage, cluster, 20 * BOND)
    lease = open_lease(stage, cluster, 8, stage.hour() + 1, 2)
    stage.to_hour(lease.end + 3)  # over, but not reported
    refuse_withdrawal(stage, cluster, 20 * BOND, 8 * BOND)
    report(stage, cluster, {lease.start: 8_000, lease.start + 1: 8_000})
    at = stage.now() + FINALITY
    stage.anvil.next_block_at(at - 1)
    refuse_withdrawal(stage, cluster, 20 * BOND, 8 * BOND)
    stage.to_time(at)
    receipt = withdraw(stage, cluster, 20 * BOND)
    assert receipt.event("Accrued")["cursor"] == stage.hour()
    assert bond_of(stage, cluster) == 0


@shows("BOND-5")
def test_a_withdrawal_pays_the_losses_first(stage: Stage) -> None:
    terms = HARSH.but(bond=20)
    cluster = bonded(stage, terms, UNITS, 300)
    lease = open_lease(stage, cluster, 8, stage.hour() + 1, 3)
    deliver(stage, cluster, {lease.start: 0, lease.start + 1: 0})
    # Two hours of ten rents beyond the first one, for eight units; one hour is still to come.
    with refused(stage, "LeaseMarket_BondInUse", cluster, 140, 160):
        withdraw(stage, cluster, 0)
    post(stage, cluster, 21)
    withdraw(stage, cluster, 1)
    assert bond_of(stage, cluster) == 160 * LEDGER


@shows("BOND-9")
def test_a_shrunken_bond_ends_new_bookings_and_leaves_the_old(stage: Stage) -> None:
    terms = HARSH.but(bond=20)
    cluster = bonded(stage, terms, UNITS, 160)
    lease = open_lease(stage, cluster, 8, stage.hour() + 1, 300)
    deliver(stage, cluster, {lease.start: 4_000})
    accrue(stage, cluster)
    left = 160 * LEDGER - lease.rate * (loss(4_000, 8, Q, 10 * Q) - Q)
    assert bond_of(stage, cluster) == left
    free = stage.hour() + 310
    refuse_lease(stage, (cluster, 7, free, 1), 0, 7, left // (20 * LEDGER))
    refuse_lease(stage, (cluster, 1, stage.hour(), 1), 8, 1, left // (20 * LEDGER))
    with refused(stage, "LeaseMarket_Unbonded", 0, 8, left // (20 * LEDGER)):
        attempt(stage.market, "extend", lease.id, 1, MAX, sender=lease.tenant)
    assert stage.market.call("bookedAt", cluster, lease.end - 1) == 8
    post(stage, cluster, 160 - left // LEDGER)
    stage.market.send("extend", lease.id, 1, MAX, sender=lease.tenant)
