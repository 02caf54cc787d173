"""Splitting hours off a lease: two leases that meet, with the rents and refunds of the one."""

from collections.abc import Callable

import pytest

from tests.support.lifecycle import (
    ZERO,
    booked,
    cancel,
    extend,
    lease_of,
    parts_of,
    refund_of,
    split_hours,
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
    """Ten units, the first hour pro rata; parts of 10, 12 and 14 hours."""
    start = stage.hour() + 1
    taken = open_lease(stage, cluster, 10, start, 10, at=start * HOUR + 1234)
    extend(stage, taken, 12)
    extend(stage, taken, 14)
    return taken


@shows("SPLIT-5")
@pytest.mark.parametrize("offset", [1, 5, 9, 10, 11, 21, 22, 23, 35])
def test_the_hours_from_there_on_are_another_lease(
    stage: Stage, lease: Opened, offset: int
) -> None:
    hour, end = lease.start + offset, lease.start + 36
    whole = parts_of(stage, lease.id)
    before = books(stage, lease.cluster)
    hours = booked(stage, lease.cluster, lease.start - 1, end + 1)
    told = stage.market.call("splitHours", lease.id, hour, sender=lease.tenant.address)

    new, receipt = split_hours(stage, lease.id, hour)

    assert told == new == lease.id + 1
    assert receipt.event("HoursSplit").arguments == {
        "leaseId": lease.id,
        "newLeaseId": new,
        "hour": hour,
    }
    assert receipt.event("MetadataUpdate").arguments == {"_tokenId": lease.id}
    assert receipt.event("Transfer").arguments == {
        "from": ZERO,
        "to": lease.tenant.address,
        "id": new,
    }
    kept = [
        {**part, "end": min(part["end"], hour), "isCut": hour < part["end"]}
        for part in whole
        if part["start"] < hour
    ]
    moved = [
        part
        if part["start"] >= hour
        else {**part, "start": hour, "firstSeconds": HOUR, "isCut": True}
        for part in whole
        if part["end"] > hour
    ]
    assert parts_of(stage, lease.id) == kept
    assert parts_of(stage, new) == moved
    first, second = lease_of(stage, lease.id), lease_of(stage, new)
    assert (first["start"], first["end"], first["parts"]) == (lease.start, hour, len(kept))
    assert (second["start"], second["end"], second["parts"]) == (hour, end, len(moved))
    assert (first["units"], second["units"], second["refunded"]) == (10, 10, 0)
    assert books(stage, lease.cluster) == before
    assert booked(stage, lease.cluster, lease.start - 1, end + 1) == hours
    assert stage.market.call("ownerOf", new) == lease.tenant.address


@shows("SPLIT-5")
@pytest.mark.parametrize("offset", [1, 2, 9, 10, 17, 22, 35])
@pytest.mark.parametrize("walked", [False, True], ids=["before the hours", "in between"])
def test_the_pieces_lose_what_the_whole_would_have_lost(
    stage: Stage, lease: Opened, offset: int, walked: bool
) -> None:
    end = lease.start + 36
    available = {hour: 1_700 * (hour % 6) for hour in range(lease.start, end)}
    lost = {h: min(Q, loss(a, 10, TERMS.sla, TERMS.penalty)) for h, a in available.items()}
    rents = {
        hour: part["rate"] * (part["firstSeconds"] if hour == part["start"] else HOUR) // HOUR
        for part in parts_of(stage, lease.id)
        for hour in range(part["start"], part["end"])
    }
    if walked and offset > 2:
        stage.to_hour(lease.start + offset - 1)
    new, _ = split_hours(stage, lease.id, lease.start + offset)

    deliver(stage, lease.cluster, available)
    for lease_id, hours in [
        (lease.id, range(lease.start, lease.start + offset)),
        (new, range(lease.start + offset, end)),
    ]:
        due = sum(rents[hour] * lost[hour] for hour in hours)
        stage.market.send("settle", lease_id, sender=stage.stranger)
        assert stage.market.call("refundLedgerOf", lease_id) == due
        assert lease_of(stage, lease_id)["refunded"] == due // LEDGER
    earned = sum(rents[hour] * (Q - lost[hour]) for hour in available)
    assert books(stage, lease.cluster)["earned"] == earned


@shows("SPLIT-5")
def test_past_refunds_stay_with_the_first_hours(stage: Stage, lease: Opened) -> None:
    deliver(stage, lease.cluster, {lease.start: 0, lease.start + 1: 0})
    stage.market.send("settle", lease.id, sender=stage.stranger)
    paid = lease_of(stage, lease.id)["refunded"]
    assert paid > 0
    new, receipt = split_hours(stage, lease.id, lease.start + 30)
    assert receipt.all("Settled") == []
    assert lease_of(stage, lease.id)["refunded"] == paid
    assert stage.market.call("refundLedgerOf", new) == 0


@pytest.mark.parametrize("offset", [-1, 0, 36, 37])
def test_before_it_begins_a_lease_is_split_within_its_hours(
    stage: Stage, cluster: int, offset: int
) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 5, 36)
    error = (lease.start + offset, lease.start + 1, lease.end - 1)
    with refused(stage, "LeaseMarket_HourOutOfRange", *error):
        attempt(stage.market, "splitHours", lease.id, lease.start + offset, sender=lease.tenant)


@shows("SPLIT-6")
@pytest.mark.parametrize("hour", [0, 2**24 + 490_920, 2**32, 2**255, MAX])
def test_no_hour_is_so_far_away_that_it_passes(stage: Stage, lease: Opened, hour: int) -> None:
    error = (hour, lease.start + 1, lease.start + 35)
    with refused(stage, "LeaseMarket_HourOutOfRange", *error):
        attempt(stage.market, "splitHours", lease.id, hour, sender=lease.tenant)


@shows("SPLIT-6")
@pytest.mark.parametrize("into", [0, HOUR - 3])
def test_a_running_lease_is_split_after_the_current_hour(
    stage: Stage, lease: Opened, into: int
) -> None:
    now = lease.start + 7
    stage.to_hour(now, into)
    stage.anvil.next_block_at(stage.now())
    with refused(stage, "LeaseMarket_HourOutOfRange", now, now + 1, lease.start + 35):
        attempt(stage.market, "splitHours", lease.id, now, sender=lease.tenant)
    split_hours(stage, lease.id, now + 1)


@shows("SPLIT-6")
@pytest.mark.parametrize("later", [0, 1, 100])
def test_in_its_last_hour_and_after_a_lease_is_not_split(
    stage: Stage, lease: Opened, later: int
) -> None:
    last = lease.start + 35
    stage.to_hour(last + later)
    for hour in (last, stage.hour() + 1):
        with refused(stage, "LeaseMarket_HourOutOfRange", hour, last + later + 1, last):
            attempt(stage.market, "splitHours", lease.id, hour, sender=lease.tenant)


@shows("SPLIT-6")
def test_a_single_hour_is_not_split(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 5, 1)
    for hour in (lease.start, lease.end):
        with refused(stage, "LeaseMarket_HourOutOfRange", hour, lease.start + 1, lease.start):
            attempt(stage.market, "splitHours", lease.id, hour, sender=lease.tenant)


@shows("SPLIT-9")
def test_a_lease_in_default_is_not_split(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 300)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.start + 72), 0))
    stage.market.send("declareDefault", cluster, sender=stage.stranger)
    now = stage.hour()
    with refused(stage, "LeaseMarket_HourOutOfRange", now + 1, now + 1, now - 1):
        attempt(stage.market, "splitHours", lease.id, now + 1, sender=lease.tenant)


def test_nobody_else_splits(stage: Stage, lease: Opened) -> None:
    for caller in (stage.stranger, stage.operator, stage.tenants[1]):
        with refused(stage, "LeaseMarket_NotTenant", lease.id, caller.address):
            attempt(stage.market, "splitHours", lease.id, lease.start + 3, sender=caller)


@shows("SPLIT-7")
def test_both_sides_of_a_split_keep_their_discount(stage: Stage, cluster: int) -> None:
    """Neither can be sold back, because the discount was for all of the hours."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 5, 100)
    new, _ = split_hours(stage, lease.id, lease.start + 50)
    for lease_id, start in ((lease.id, lease.start), (new, lease.start + 50)):
        with refused(stage, "LeaseMarket_Cut", lease_id, start):
            attempt(stage.market, "cancel", lease_id, start + 1, 0, sender=lease.tenant)


@shows("SPLIT-7")
def test_a_split_between_parts_cuts_neither(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 5, 24)
    added = extend(stage, lease, 24)
    with stage.scratch():
        whole = refund_of(cancel(stage, lease.id, added.start))
    new, _ = split_hours(stage, lease.id, added.start)
    assert refund_of(cancel(stage, new, added.start)) == whole
    assert refund_of(cancel(stage, lease.id, lease.start)) > 0


@shows("SPLIT-7")
@pytest.mark.parametrize("offset", [1, 7, 8, 9, 24, 50, 71, 72])
def test_pieces_are_sold_back_from_a_flat_price_as_the_whole(stage: Stage, offset: int) -> None:
    """Calendar and books do not remember that a lease was ever whole."""
    cluster = stage.cluster(UNITS, FLAT.but(cancel_fee=0))
    start = (stage.hour() // 72 + 1) * 72

    def outcome(act: Callable[[Opened], None]) -> tuple[list[int], dict[str, int]]:
        with stage.scratch():
            act(open_lease(stage, cluster, 10, start, 100))
            deliver(stage, cluster, dict.fromkeys(range(start, start + 100), 4_000))
            stage.market.send("accrue", cluster, sender=stage.stranger)
            return booked(stage, cluster, start - 1, start + 101), books(stage, cluster)

    def pieces(lease: Opened) -> None:
        new, _ = split_hours(stage, lease.id, start + offset)
        newer, _ = split_hours(stage, new, start + 80)
        cancel(stage, newer, start + 90)
        cancel(stage, new, start + 75)
        open_lease(stage, cluster, 10, start + 75, 5)

    def plain(lease: Opened) -> None:
        cancel(stage, lease.id, start + 90)

    assert outcome(pieces) == outcome(plain)


@shows("SPLIT-8")
def test_both_pieces_go_on_living(stage: Stage, cluster: int) -> None:
    """The first can be made longer over the second's hours, the second split once more."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 5, 20)
    new, _ = split_hours(stage, lease.id, lease.start + 8)
    added = extend(stage, lease, 4)
    assert added.start == lease.start + 8
    newer, _ = split_hours(stage, new, lease.start + 15)
    stage.market.send(
        "transferFrom", lease.tenant.address, stage.stranger.address, newer, sender=lease.tenant
    )
    assert stage.market.call("ownerOf", newer) == stage.stranger.address
    expected = [10] * 8 + [20] * 4 + [10] * 8 + [0]
    assert booked(stage, cluster, lease.start, lease.end + 1) == expected
