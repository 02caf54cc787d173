"""Who may sell which hours back, from when on, and what is left of a lease that is sold whole."""

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
from tests.support.rent import FLAT, Opened, deliver, open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage, Terms
from tests.support.state import refused

UNITS = 100
TERMS = Terms(speed=0)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


@pytest.fixture
def lease(stage: Stage, cluster: int) -> Opened:
    """Ten units for 24 hours, from the third hour from now on."""
    return open_lease(stage, cluster, 10, stage.hour() + 3, 24)


def out_of_range(stage: Stage, lease: Opened, from_: int, first: int, last: int) -> None:
    with refused(stage, "LeaseMarket_HourOutOfRange", from_, first, last):
        attempt(stage.market, "cancel", lease.id, from_, 0, sender=lease.tenant)


@pytest.mark.parametrize("offset", [-3, -1, 24, 25])
def test_before_it_begins_a_lease_is_sold_from_one_of_its_hours(
    stage: Stage, lease: Opened, offset: int
) -> None:
    out_of_range(stage, lease, lease.start + offset, lease.start, lease.end - 1)


@shows("CANCEL-6")
@pytest.mark.parametrize("from_", [0, 2**24, 2**32, 2**255, MAX])
def test_no_hour_is_so_far_away_that_it_passes(stage: Stage, lease: Opened, from_: int) -> None:
    out_of_range(stage, lease, from_, lease.start, lease.end - 1)


@shows("CANCEL-6")
@pytest.mark.parametrize("hour", [0, 1, 22])
@pytest.mark.parametrize("into", [0, HOUR - 2])
def test_the_current_hour_and_those_before_are_not_sold(
    stage: Stage, lease: Opened, hour: int, into: int
) -> None:
    stage.to_hour(lease.start + hour, into)
    first = lease.start + hour + 1
    for from_ in {lease.start, first - 1, lease.end}:
        stage.anvil.next_block_at(stage.now())
        out_of_range(stage, lease, from_, first, lease.end - 1)
    cancel(stage, lease.id, first)
    assert lease_of(stage, lease.id)["end"] == first


@shows("CANCEL-6")
@pytest.mark.parametrize("later", [0, 1, 100])
def test_in_its_last_hour_and_after_nothing_is_left_to_sell(
    stage: Stage, lease: Opened, later: int
) -> None:
    stage.to_hour(lease.end - 1 + later)
    for from_ in (lease.end - 1, lease.end, stage.hour() + 1):
        out_of_range(stage, lease, from_, stage.hour() + 1, lease.end - 1)


@shows("CANCEL-6")
def test_a_lease_of_the_current_hour_keeps_it(stage: Stage, cluster: int) -> None:
    now = open_lease(stage, cluster, 5, stage.hour(), 2)
    out_of_range(stage, now, now.start, now.start + 1, now.start + 1)
    cancel(stage, now.id, now.start + 1)
    out_of_range(stage, now, now.start + 1, now.start + 1, now.start)


@shows("CANCEL-6")
def test_until_its_first_second_a_lease_can_be_sold_whole(stage: Stage, lease: Opened) -> None:
    stage.to_hour(lease.start - 1, HOUR - 2)
    cancel(stage, lease.id, lease.start)
    with expect_revert("LeaseMarket_UnknownLease", lease.id):
        stage.market.call("leaseOf", lease.id)


@shows("LEASE-17")
def test_a_lease_that_is_sold_whole_is_burnt(stage: Stage, lease: Opened) -> None:
    tenant, agent = lease.tenant, stage.stranger
    extend(stage, lease, 5)
    stage.market.send("approve", agent.address, lease.id, sender=tenant)

    receipt = cancel(stage, lease.id, lease.start)

    assert receipt.event("Transfer").arguments == {
        "from": tenant.address,
        "to": ZERO,
        "id": lease.id,
    }
    assert receipt.all("MetadataUpdate") == []
    assert stage.market.call("balanceOf", tenant.address) == 0
    assert booked(stage, lease.cluster, lease.start, lease.end + 5) == [0] * 29
    for view in ("leaseOf", "partsOf", "userOf", "userExpires", "suspensionOf", "refundLedgerOf"):
        with expect_revert("LeaseMarket_UnknownLease", lease.id):
            stage.market.call(view, lease.id)
    for view in ("ownerOf", "getApproved"):
        with expect_revert("TokenDoesNotExist"):
            stage.market.call(view, lease.id)
    steps: list[tuple[str, tuple[int, ...]]] = [
        ("settle", ()),
        ("cancel", (lease.start, 0)),
        ("extend", (1, MAX)),
        ("splitUnits", (1,)),
        ("splitHours", (lease.start + 1,)),
    ]
    for function, arguments in steps:
        with refused(stage, "LeaseMarket_UnknownLease", lease.id):
            attempt(stage.market, function, lease.id, *arguments, sender=tenant)
    with refused(stage, "TokenDoesNotExist"):
        attempt(stage.market, "transferFrom", tenant.address, agent.address, lease.id, sender=agent)


@shows("LEASE-17")
def test_the_number_of_a_burnt_lease_is_not_used_again(stage: Stage, lease: Opened) -> None:
    cancel(stage, lease.id, lease.start)
    again = open_lease(stage, lease.cluster, 10, lease.start, 24)
    assert again.id == lease.id + 1
    assert stage.market.call("getApproved", again.id) == ZERO


@shows("LEASE-22")
def test_what_is_left_of_a_lease_is_shown_anew(stage: Stage, lease: Opened) -> None:
    receipt = cancel(stage, lease.id, lease.start + 7)
    assert receipt.event("MetadataUpdate").arguments == {"_tokenId": lease.id}
    assert receipt.all("Transfer") == []
    assert stage.market.call("ownerOf", lease.id) == lease.tenant.address


@shows("CANCEL-8")
@pytest.mark.parametrize("more", [0, 1])
def test_a_tenant_says_what_it_must_get_at_least(stage: Stage, lease: Opened, more: int) -> None:
    from_ = lease.start + 7
    told = stage.market.call("cancel", lease.id, from_, 0, sender=lease.tenant.address)
    assert told > 0
    if more:
        with refused(stage, "LeaseMarket_RefundBelowMin", told, told + more):
            attempt(stage.market, "cancel", lease.id, from_, told + more, sender=lease.tenant)
        return
    assert refund_of(cancel(stage, lease.id, from_, least=told)) == told


@shows("LEASE-14")
@pytest.mark.parametrize("approval", ["approve", "setApprovalForAll"])
def test_whom_the_owner_approved_may_sell_and_the_owner_is_paid(
    stage: Stage, lease: Opened, approval: str
) -> None:
    agent = stage.stranger
    value: int | bool = lease.id if approval == "approve" else True
    stage.market.send(approval, agent.address, value, sender=lease.tenant)
    refund = refund_of(cancel(stage, lease.id, lease.start + 5, by=agent))
    assert (stage.claim_of(lease.tenant), stage.claim_of(agent)) == (refund, 0)


@shows("LEASE-13")
def test_nobody_else_sells(stage: Stage, lease: Opened) -> None:
    for caller in (stage.stranger, stage.operator, stage.tenants[1], stage.governor):
        with refused(stage, "LeaseMarket_NotTenant", lease.id, caller.address):
            attempt(stage.market, "cancel", lease.id, lease.start, 0, sender=caller)


def test_after_a_sale_the_buyer_cancels_and_not_the_seller(stage: Stage, lease: Opened) -> None:
    seller, buyer = stage.tenants[:2]
    stage.market.send("transferFrom", seller.address, buyer.address, lease.id, sender=seller)
    with refused(stage, "LeaseMarket_NotTenant", lease.id, seller.address):
        attempt(stage.market, "cancel", lease.id, lease.start, 0, sender=seller)
    refund = refund_of(cancel(stage, lease.id, lease.start, by=buyer))
    assert (stage.claim_of(seller), stage.claim_of(buyer)) == (0, refund)


@pytest.mark.parametrize("lease_id", [0, 2, MAX])
def test_an_unknown_lease_is_not_sold(stage: Stage, lease: Opened, lease_id: int) -> None:
    with refused(stage, "LeaseMarket_UnknownLease", lease_id):
        attempt(stage.market, "cancel", lease_id, lease.start, 0, sender=lease.tenant)


@shows("CANCEL-11")
def test_hours_are_sold_back_while_paused(stage: Stage, lease: Opened) -> None:
    told = stage.market.call("cancel", lease.id, lease.start, 0, sender=lease.tenant.address)
    stage.registry.send("pause", sender=stage.guardian)
    assert refund_of(cancel(stage, lease.id, lease.start)) == told


@shows("CANCEL-11")
def test_hours_are_sold_back_while_nothing_is_sellable(stage: Stage, lease: Opened) -> None:
    told = stage.market.call("cancel", lease.id, lease.start, 0, sender=lease.tenant.address)
    stage.registry.send("setSellable", lease.cluster, 0, sender=stage.operator)
    assert refund_of(cancel(stage, lease.id, lease.start)) == told


@shows("CANCEL-7")
def test_a_part_that_was_cut_is_not_sold_where_there_is_a_discount(
    stage: Stage, lease: Opened
) -> None:
    cancel(stage, lease.id, lease.start + 20)
    for offset in (0, 1, 19):
        with refused(stage, "LeaseMarket_Cut", lease.id, lease.start):
            attempt(stage.market, "cancel", lease.id, lease.start + offset, 0, sender=lease.tenant)


def test_an_extension_of_a_cut_part_is_sold_up_to_it(stage: Stage, lease: Opened) -> None:
    cancel(stage, lease.id, lease.start + 20)
    added = extend(stage, lease, 9)
    assert added.start == lease.start + 20
    with refused(stage, "LeaseMarket_Cut", lease.id, lease.start):
        attempt(stage.market, "cancel", lease.id, added.start - 1, 0, sender=lease.tenant)
    cancel(stage, lease.id, added.start)
    assert [part["isCut"] for part in parts_of(stage, lease.id)] == [True]
    assert lease_of(stage, lease.id)["end"] == lease.start + 20


@shows("CANCEL-7")
def test_a_whole_part_before_a_cut_one_is_kept_from_being_sold_with_it(
    stage: Stage, lease: Opened
) -> None:
    """Only the end of a lease is sold, so a cut part at its end protects all before it."""
    added = extend(stage, lease, 9)
    cancel(stage, lease.id, added.start + 3)
    for from_ in (lease.start, lease.end - 1, added.start):
        with refused(stage, "LeaseMarket_Cut", lease.id, added.start):
            attempt(stage.market, "cancel", lease.id, from_, 0, sender=lease.tenant)


@shows("CANCEL-7")
@pytest.mark.parametrize("cut", ["cancelled", "split"])
def test_without_a_discount_a_cut_part_is_sold_again(stage: Stage, cut: str) -> None:
    cluster = stage.cluster(UNITS, FLAT.but(cancel_fee=0))
    lease = open_lease(stage, cluster, 10, stage.hour() + 3, 24)
    if cut == "cancelled":
        assert refund_of(cancel(stage, lease.id, lease.start + 20)) == 40
    else:
        second, _ = split_hours(stage, lease.id, lease.start + 20)
        assert refund_of(cancel(stage, second, lease.start + 22)) == 20
    assert refund_of(cancel(stage, lease.id, lease.start + 5)) == 150
    assert refund_of(cancel(stage, lease.id, lease.start)) == 50
    with expect_revert("TokenDoesNotExist"):
        stage.market.call("ownerOf", lease.id)


@shows("CANCEL-12")
def test_after_a_default_nothing_is_left_to_sell(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 300)
    extend(stage, lease, 10)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.start + 72), 0))
    stage.market.send("declareDefault", cluster, sender=stage.stranger)
    now = stage.hour()
    for from_ in (lease.start, now, now + 1, lease.end, lease.end + 9):
        out_of_range(stage, lease, from_, now + 1, now - 1)


@shows("CANCEL-12")
def test_a_lease_that_a_default_made_void_is_not_burnt(stage: Stage, cluster: int) -> None:
    served = open_lease(stage, cluster, 10, stage.hour() + 1, 72)
    later = open_lease(stage, cluster, 10, stage.hour() + 300, 5)
    deliver(stage, cluster, dict.fromkeys(range(served.start, served.end), 0))
    stage.market.send("declareDefault", cluster, sender=stage.stranger)
    now = stage.hour()
    out_of_range(stage, later, later.start, later.start, now - 1)
    assert stage.market.call("ownerOf", later.id) == later.tenant.address
