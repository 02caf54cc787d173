"""Splitting units off a lease: rents and refunds are shared by units, to the ledger unit."""

import random
from fractions import Fraction
from math import floor

import pytest

from tests.support.lifecycle import (
    ZERO,
    booked,
    cancel,
    extend,
    lease_of,
    parts_of,
    refund_of,
    split_units,
)
from tests.support.raw import attempt
from tests.support.rent import FLAT, LEDGER, Opened, books, deliver, loss, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Q, Stage, Terms
from tests.support.state import refused

UNITS = 100
TERMS = Terms(speed=0)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


@pytest.fixture
def lease(stage: Stage, cluster: int) -> Opened:
    """Ten units, the first hour pro rata, three hours and an extension of four."""
    start = stage.hour() + 1
    taken = open_lease(stage, cluster, 10, start, 3, at=start * HOUR + 1234)
    extend(stage, taken, 4)
    return taken


def ledger(stage: Stage, lease_id: int) -> int:
    return int(stage.market.call("refundLedgerOf", lease_id))


def first_loss(lease: Opened, available: int) -> int:
    """Loss of the first hour, millionths, in which the ten units came late."""
    booked = Fraction(10 * lease.first_seconds, HOUR)
    return min(Q, loss(available, booked, TERMS.sla, TERMS.penalty))


def refunded(stage: Stage, lease_id: int) -> int:
    return int(lease_of(stage, lease_id)["refunded"])


@shows("SPLIT-1")
@pytest.mark.parametrize("units", [1, 3, 5, 9])
def test_every_part_is_shared_by_units(stage: Stage, lease: Opened, units: int) -> None:
    whole = parts_of(stage, lease.id)
    before = books(stage, lease.cluster)
    hours = booked(stage, lease.cluster, lease.start - 1, lease.end + 5)
    told = stage.market.call("splitUnits", lease.id, units, sender=lease.tenant.address)

    new, receipt = split_units(stage, lease.id, units)

    assert told == new == lease.id + 1
    assert receipt.event("UnitsSplit").arguments == {
        "leaseId": lease.id,
        "newLeaseId": new,
        "units": units,
        "refunded": 0,
    }
    assert receipt.event("MetadataUpdate").arguments == {"_tokenId": lease.id}
    assert receipt.event("Transfer").arguments == {
        "from": ZERO,
        "to": lease.tenant.address,
        "id": new,
    }
    for old, rest, piece in zip(
        whole, parts_of(stage, lease.id), parts_of(stage, new), strict=True
    ):
        assert piece["rate"] == floor(Fraction(old["rate"] * units, 10 * HOUR)) * HOUR
        assert rest["rate"] + piece["rate"] == old["rate"]
        first = old["firstSeconds"]
        rents = [part["rate"] * first // HOUR for part in (rest, piece)]
        assert sum(rents) == old["rate"] * first // HOUR
        for field in ("start", "end", "firstSeconds", "isCut"):
            assert rest[field] == piece[field] == old[field]
    assert (lease_of(stage, lease.id)["units"], lease_of(stage, new)["units"]) == (
        10 - units,
        units,
    )
    assert {**books(stage, lease.cluster), "cursor": before["cursor"]} == before
    assert booked(stage, lease.cluster, lease.start - 1, lease.end + 5) == hours
    assert stage.market.call("ownerOf", new) == lease.tenant.address
    assert stage.market.call("balanceOf", lease.tenant.address) == 2


@shows("SPLIT-1")
@pytest.mark.parametrize("units", [1, 4, 9])
def test_the_pieces_lose_what_the_whole_would_have_lost(
    stage: Stage, lease: Opened, units: int
) -> None:
    end = lease.end + 4
    available = {hour: 1_700 * (hour % 6) for hour in range(lease.start, end)}
    with stage.scratch():
        deliver(stage, lease.cluster, available)
        stage.market.send("settle", lease.id, sender=stage.stranger)
        whole = ledger(stage, lease.id)
    assert whole % LEDGER > 0

    new, _ = split_units(stage, lease.id, units)
    deliver(stage, lease.cluster, available)
    for lease_id in (lease.id, new):
        stage.market.send("settle", lease_id, sender=stage.stranger)

    assert ledger(stage, lease.id) + ledger(stage, new) == whole
    shares = [floor(Fraction(ledger(stage, lease_id), LEDGER)) for lease_id in (lease.id, new)]
    assert [refunded(stage, lease_id) for lease_id in (lease.id, new)] == shares
    assert stage.claim_of(lease.tenant) == sum(shares)
    assert whole // LEDGER - sum(shares) in (0, 1)


@shows("SPLIT-2")
@pytest.mark.parametrize("units", [1, 3, 5, 9])
@pytest.mark.parametrize("value", [0, 4_600, 5_900])
def test_what_was_refunded_before_is_shared_and_never_paid_twice(
    stage: Stage, lease: Opened, units: int, value: int
) -> None:
    """Each has got its own rounded down; the new one's fraction stays with the old one."""
    deliver(stage, lease.cluster, {lease.start: value})
    new, receipt = split_units(stage, lease.id, units)

    paid = receipt.event("Settled")["amount"]
    assert paid == stage.claim_of(lease.tenant)
    own = [ledger(stage, lease_id) for lease_id in (lease.id, new)]
    assert paid == sum(own) // LEDGER
    assert own[1] % LEDGER == 0
    assert refunded(stage, new) == receipt.event("UnitsSplit")["refunded"] == own[1] // LEDGER
    assert refunded(stage, lease.id) == own[0] // LEDGER
    for lease_id in (lease.id, new):
        assert stage.market.send("settle", lease_id, sender=stage.stranger).all("Settled") == []

    deliver(stage, lease.cluster, dict.fromkeys(range(lease.start + 1, lease.end + 4), 8_000))
    for lease_id in (lease.id, new):
        stage.market.send("settle", lease_id, sender=stage.stranger)
        assert refunded(stage, lease_id) == ledger(stage, lease_id) // LEDGER
    assert stage.claim_of(lease.tenant) == refunded(stage, lease.id) + refunded(stage, new)


@shows("SPLIT-2")
def test_a_fraction_that_moved_is_paid_with_the_old_lease(stage: Stage, lease: Opened) -> None:
    """That the test above has fractions that make a unit together."""
    moved = set()
    for value in (0, 4_600, 5_900):
        with stage.scratch():
            deliver(stage, lease.cluster, {lease.start: value})
            for units in (1, 3, 5, 9):
                with stage.scratch():
                    new, _ = split_units(stage, lease.id, units)
                    rate = parts_of(stage, lease.id)[0]["rate"] * lease.first_seconds // HOUR
                    lost = first_loss(lease, value)
                    own = rate * lost
                    moved.add(ledger(stage, lease.id) // LEDGER - own // LEDGER)
                    assert 0 <= ledger(stage, lease.id) - own < LEDGER
                    assert ledger(stage, new) % LEDGER == 0
    assert moved == {0, 1}


@shows("SPLIT-2")
@pytest.mark.parametrize("seed", range(5))
def test_many_pieces_are_still_the_whole(stage: Stage, lease: Opened, seed: int) -> None:
    chance = random.Random(seed)
    pieces = {lease.id: 10}
    end = lease.end + 4
    available = {hour: chance.choice([0, 3_333, 9_899, 10_000]) for hour in range(lease.start, end)}
    rents = sum(part["rate"] for part in parts_of(stage, lease.id))
    for step in range(6):
        if step == 3:
            deliver(stage, lease.cluster, dict(list(available.items())[:3]))
        lease_id = chance.choice([piece for piece, units in pieces.items() if units > 1])
        units = chance.randint(1, pieces[lease_id] - 1)
        new, _ = split_units(stage, lease_id, units)
        pieces[lease_id] -= units
        pieces[new] = units
    deliver(stage, lease.cluster, dict(list(available.items())[3:]))
    for lease_id, units in pieces.items():
        stage.market.send("settle", lease_id, sender=stage.stranger)
        assert lease_of(stage, lease_id)["units"] == units
    lost = [min(Q, loss(value, 10, TERMS.sla, TERMS.penalty)) for value in available.values()]
    lost[0] = first_loss(lease, available[lease.start])
    (first, second) = [
        sum(parts_of(stage, lease_id)[part]["rate"] for lease_id in pieces) for part in (0, 1)
    ]
    assert first + second == rents
    due = first * lease.first_seconds // HOUR * lost[0]
    due += first * sum(lost[1:3]) + second * sum(lost[3:])
    assert sum(ledger(stage, lease_id) for lease_id in pieces) == due
    assert 0 <= due // LEDGER - stage.claim_of(lease.tenant) < len(pieces)


@shows("SPLIT-2", "SPLIT-4")
@pytest.mark.parametrize("units", [1, 500, 952, 953, 999])
def test_a_piece_of_dust_is_split_again(stage: Stage, units: int) -> None:
    """A first split moved half a unit of the refund away, and of 1.6 that are left the piece would
    have two in whole units: what was paid is shared, and no more."""
    cluster = stage.cluster(2_000, FLAT.but(sla=Q, penalty=0))
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, 2_000, start, 4)
    deliver(stage, cluster, {start: 2_000_000 - 3_000})
    piece, _ = split_units(stage, lease.id, 1_000)
    deliver(stage, cluster, {start + 1: 2_000_000 - 1_200})
    stage.market.send("settle", piece, sender=stage.stranger)
    paid = lease_of(stage, piece)["refunded"]
    due = stage.market.call("refundLedgerOf", piece)
    smaller, _ = split_units(stage, piece, units)
    pieces = (piece, smaller)
    assert sum(lease_of(stage, each)["refunded"] for each in pieces) == paid
    assert sum(stage.market.call("refundLedgerOf", each) for each in pieces) == due
    for each in pieces:
        owed = stage.market.call("refundLedgerOf", each)
        assert 0 <= lease_of(stage, each)["refunded"] <= owed // LEDGER


@shows("SPLIT-8")
def test_a_piece_is_sold_back_by_itself(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 2, 24)
    new, _ = split_units(stage, lease.id, 4)
    refund = refund_of(cancel(stage, new, lease.start))
    assert 0 < refund < lease.cost * 4 // 10
    assert booked(stage, cluster, lease.start, lease.end) == [6] * 24
    assert lease_of(stage, lease.id)["units"] == 6


@shows("SPLIT-8")
def test_a_piece_is_the_buyers_alone(stage: Stage, lease: Opened) -> None:
    tenant, agent = lease.tenant, stage.stranger
    stage.market.send("approve", agent.address, lease.id, sender=tenant)
    new, _ = split_units(stage, lease.id, 4, by=agent)
    assert stage.market.call("ownerOf", new) == tenant.address
    assert stage.market.call("getApproved", new) == ZERO
    assert stage.market.call("getApproved", lease.id) == agent.address
    with refused(stage, "LeaseMarket_NotTenant", new, agent.address):
        attempt(stage.market, "splitUnits", new, 1, sender=agent)


@shows("SPLIT-4")
@pytest.mark.parametrize("units", [0, 10, 11, 2**32 + 1, MAX])
def test_between_one_unit_and_all_but_one_are_split_off(
    stage: Stage, lease: Opened, units: int
) -> None:
    with refused(stage, "LeaseMarket_InvalidUnits", units, 9):
        attempt(stage.market, "splitUnits", lease.id, units, sender=lease.tenant)


@shows("SPLIT-4")
def test_a_single_unit_is_not_split(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 3)
    for units in (0, 1):
        with refused(stage, "LeaseMarket_InvalidUnits", units, 0):
            attempt(stage.market, "splitUnits", lease.id, units, sender=lease.tenant)


@shows("LEASE-13")
def test_nobody_else_splits(stage: Stage, lease: Opened) -> None:
    for caller in (stage.stranger, stage.operator, stage.tenants[1]):
        with refused(stage, "LeaseMarket_NotTenant", lease.id, caller.address):
            attempt(stage.market, "splitUnits", lease.id, 1, sender=caller)


@pytest.mark.parametrize("lease_id", [0, 2, MAX])
def test_an_unknown_lease_is_not_split(stage: Stage, lease: Opened, lease_id: int) -> None:
    for function in ("splitUnits", "splitHours"):
        with refused(stage, "LeaseMarket_UnknownLease", lease_id):
            attempt(stage.market, function, lease_id, 1, sender=lease.tenant)


@shows("SPLIT-9")
@pytest.mark.parametrize("state", ["noticed", "suspended"])
def test_a_suspended_lease_is_not_split(stage: Stage, lease: Opened, state: str) -> None:
    stage.market.send("noticeSuspension", lease.id, bytes(32), sender=stage.operator)
    if state == "suspended":
        stage.skip(stage.market.call("NOTICE"))
        stage.market.send("suspend", lease.id, sender=stage.operator)
    for function, value in (("splitUnits", 1), ("splitHours", lease.end)):
        with refused(stage, "LeaseMarket_Suspended", lease.id):
            attempt(stage.market, function, lease.id, value, sender=lease.tenant)
    stage.market.send("liftSuspension", lease.id, sender=stage.operator)
    split_units(stage, lease.id, 1)


def test_units_are_split_off_while_paused_and_when_all_is_over(stage: Stage, lease: Opened) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    split_units(stage, lease.id, 2)
    stage.to_hour(lease.end + 50)
    split_units(stage, lease.id, 3)
    assert lease_of(stage, lease.id)["units"] == 5
