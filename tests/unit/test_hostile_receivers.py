"""Contracts that revert, burn all gas, re-enter or have no code for it, wherever a receiver is
called or could be: they harm themselves at most, and stop nobody."""

from typing import Any

import pytest

from tests.support.lifecycle import booked, cancel, refund_of, split_hours, split_units
from tests.support.payment import encoded
from tests.support.raw import attempt, deploy, impersonate
from tests.support.rent import LEDGER, Opened, deliver, open_lease
from tests.support.sales import on_sale
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Q, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Contract, Receipt, UnlockedAccount

SAFE = "safeTransferFrom(address,address,uint256)"
SAFE_WITH_DATA = "safeTransferFrom(address,address,uint256,bytes)"
#: What answers every call, a withdrawal of coins too, so.
CODES = {
    "burns all gas": "0xfe",
    "reverts": "0x60006000fd",
    "reverts with a megabyte": "0x620fffff6000fd",
    "loops": "0x5b600056",
    "returns nothing": "0x00",
}
PRICE = 5_000_000


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(100, Terms(speed=0))


def put(stage: Stage, code: str, number: int = 1) -> UnlockedAccount:
    """A contract with this code, which can send as well."""
    address = "0x" + "%040x" % (0xBAD0000 + number)
    stage.anvil.rpc("anvil_setCode", address, CODES[code])
    return impersonate(stage, address)


def safe_transfer(stage: Stage, lease: Opened, to: str, function: str = SAFE) -> tuple[Any, ...]:
    data = (b"",) if function == SAFE_WITH_DATA else ()
    return (function, lease.tenant.address, to, lease.id, *data)


@pytest.mark.parametrize("function", [SAFE, SAFE_WITH_DATA])
@pytest.mark.parametrize("code", [c for c in CODES if c != "loops"])
def test_a_receiver_that_does_not_accept_gets_nothing_safely(
    stage: Stage, cluster: int, code: str, function: str
) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 5)
    bad = put(stage, code)
    error = ("TransferToNonERC721ReceiverImplementer",)
    if code == "reverts with a megabyte":
        error = ("unknown error 0x" + "00" * 0xFFFFF,)
    with refused(stage, *error):
        call = safe_transfer(stage, lease, bad.address, function)
        attempt(stage.market, *call, sender=lease.tenant)
    assert stage.market.call("ownerOf", lease.id) == lease.tenant.address


@shows("PAY-7")
@pytest.mark.parametrize("code", CODES)
def test_a_tenant_that_answers_badly_is_a_tenant_like_others(
    stage: Stage, cluster: int, code: str
) -> None:
    """It leases, extends, is settled, sells back and splits: nothing of that calls it. Its money is
    a claim, which it takes out to another address where its own can not receive."""
    bad = put(stage, code)
    stage.fund(bad)
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, 10, start, 10, bad)
    other = open_lease(stage, cluster, 10, start, 10)
    stage.market.send("extend", lease.id, 5, MAX, sender=bad)
    deliver(stage, cluster, {start: 0})
    for settled in (lease, other):
        stage.market.send("settle", settled.id, sender=stage.stranger)
        assert stage.claim_of(settled.tenant) == settled.rate * Q // LEDGER
    new, _ = split_units(stage, lease.id, 4, by=bad)
    stage.market.send("transferFrom", bad.address, stage.stranger.address, new, sender=bad)
    claim = stage.claim_of(bad)
    friend = stage.holders[0]
    stage.vault.send("withdraw", stage.cash.address, friend.address, claim, sender=bad)
    assert stage.cash.call("balanceOf", friend.address) == claim


@shows("CANCEL-11")
@pytest.mark.parametrize("code", CODES)
def test_refunds_of_hours_sold_back_ask_nobody(stage: Stage, cluster: int, code: str) -> None:
    bad = put(stage, code)
    stage.fund(bad)
    lease = open_lease(stage, cluster, 10, stage.hour() + 2, 10, bad)
    new, _ = split_hours(stage, lease.id, lease.start + 9, by=bad)
    stage.market.send("approve", stage.stranger.address, new, sender=bad)
    with refused(stage, "LeaseMarket_Cut", lease.id, lease.start):
        attempt(stage.market, "cancel", lease.id, lease.start, 0, sender=bad)
    whole = open_lease(stage, cluster, 10, lease.start, 10, bad)
    refund = refund_of(cancel(stage, whole.id, whole.start, by=bad))
    assert stage.claim_of(bad) == refund > 0
    assert booked(stage, cluster, lease.start, lease.start + 10) == [10] * 10


@shows("SALE-9")
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("side", ["seller", "buyer", "both"])
def test_a_sale_calls_neither_side(stage: Stage, code: str, side: str) -> None:
    sale = on_sale(stage)
    market, lease = stage.market, sale.lease
    if side != "buyer":
        bad = put(stage, code)
        market.send("transferFrom", sale.seller.address, bad.address, lease.id, sender=sale.seller)
        market.send("setApprovalForAll", sale.exchange.address, True, sender=bad)
        sale.seller = bad
    if side != "seller":
        sale.buyer = put(stage, code, 2)
        stage.fund(sale.buyer)
    deliver(stage, lease.cluster, {lease.start: 0})
    sale.offer(PRICE)
    sale.buy()
    assert sale.owner() == sale.buyer.address
    assert stage.claim_of(sale.seller) == PRICE + lease.rate * Q // LEDGER


@pytest.mark.parametrize("code", CODES)
def test_a_user_is_not_asked(stage: Stage, cluster: int, code: str) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 5)
    bad = put(stage, code)
    stage.market.send("setUser", lease.id, bad.address, lease.end * HOUR, sender=lease.tenant)
    assert stage.market.call("userOf", lease.id) == bad.address
    stage.market.send("noticeSuspension", lease.id, bytes(32), sender=stage.operator)
    stage.skip(stage.market.call("NOTICE"))
    stage.market.send(
        "transferFrom", lease.tenant.address, bad.address, lease.id, sender=lease.tenant
    )


@shows("SETTLE-5", "PAY-7")
@pytest.mark.parametrize("code", CODES)
def test_a_hostile_tenant_stops_no_accrual_and_no_payout(
    stage: Stage, cluster: int, code: str
) -> None:
    def outcome(tenant: UnlockedAccount) -> list[int]:
        with stage.scratch():
            stage.fund(tenant)
            start = stage.hour() + 1
            open_lease(stage, cluster, 30, start, 6, tenant)
            other = open_lease(stage, cluster, 20, start, 6, stage.tenants[1])
            deliver(stage, cluster, {start + h: 20_000 for h in range(6)})
            stage.market.send("settle", other.id, sender=stage.stranger)
            stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
            stage.router.send("release", cluster, sender=stage.stranger)
            people = (stage.tenants[1], stage.operator, stage.oracle, stage.router)
            return [stage.claim_of(account) for account in people]

    assert outcome(put(stage, code)) == outcome(stage.tenants[2])


@pytest.fixture
def receiver(stage: Stage) -> Contract:
    return deploy(stage, "TestReceiver")


def tell(stage: Stage, receiver: Contract, target: Contract, function: str, *values: Any) -> None:
    call = encoded(target, function, *values)
    receiver.send("setCall", target.address, call, sender=stage.stranger)


def given(stage: Stage, lease: Opened, receiver: Contract) -> Receipt:
    return stage.market.send(*safe_transfer(stage, lease, receiver.address), sender=lease.tenant)


def test_a_receiver_may_do_what_an_owner_may(
    stage: Stage, cluster: int, receiver: Contract
) -> None:
    """By the time it is asked the lease is its own, settled to the seller; what it does with it is
    done to its own lease, and what is refunded is its own."""
    hour = stage.hour() + 30
    steps: list[tuple[str, tuple[Any, ...]]] = [
        ("settle", ()),
        ("cancel", (hour, 0)),
        ("splitUnits", (3,)),
        ("splitHours", (hour,)),
        ("setUser", (stage.stranger.address, hour * HOUR)),
    ]
    for function, values in steps:
        with stage.scratch():
            lease = open_lease(stage, cluster, 10, stage.hour() + 1, 60)
            deliver(stage, cluster, {lease.start: 0})
            tell(stage, receiver, stage.market, function, lease.id, *values)
            receipt = given(stage, lease, receiver)
            assert stage.market.call("ownerOf", lease.id) == receiver.address
            assert stage.claim_of(lease.tenant) == lease.rate * Q // LEDGER
            sold = [event["refund"] for event in receipt.all("LeaseCancelled")]
            assert stage.claim_of(receiver) == sum(sold)
            done = {"cancel": "LeaseCancelled", "splitUnits": "UnitsSplit"}
            done |= {"splitHours": "HoursSplit", "setUser": "UpdateUser"}
            assert function == "settle" or len(receipt.all(done[function])) == 1


def test_a_receiver_that_sends_a_lease_on_at_once_gains_nothing(
    stage: Stage, cluster: int, receiver: Contract
) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 60)
    deliver(stage, cluster, {lease.start: 0})
    back = (receiver.address, lease.tenant.address, lease.id)
    tell(stage, receiver, stage.market, "transferFrom", *back)
    given(stage, lease, receiver)
    assert stage.market.call("ownerOf", lease.id) == lease.tenant.address
    assert stage.market.call("balanceOf", receiver.address) == 0
    assert stage.claim_of(lease.tenant) == lease.rate * Q // LEDGER


@shows("PAY-7")
@pytest.mark.parametrize("function", ["transferFrom", "cancel", "splitUnits", "setUser", "extend"])
def test_a_receiver_reaches_no_lease_of_others(
    stage: Stage, cluster: int, receiver: Contract, function: str
) -> None:
    lease, other = (open_lease(stage, cluster, 10, stage.hour() + 2, 60) for _ in range(2))
    values: dict[str, tuple[Any, ...]] = {
        "transferFrom": (lease.tenant.address, receiver.address, other.id),
        "cancel": (other.id, other.start, 0),
        "splitUnits": (other.id, 1),
        "setUser": (other.id, receiver.address, other.end * HOUR),
        "extend": (other.id, 1, MAX),
    }
    asked = [("leaseOf", (other.id,)), ("ownerOf", (other.id,)), ("userOf", (other.id,))]
    before = stage.market.call_many(asked)
    tell(stage, receiver, stage.market, function, *values[function])
    given(stage, lease, receiver)
    assert stage.market.call_many(asked) == before
    assert stage.claim_of(lease.tenant) == stage.claim_of(receiver) == 0


def test_a_receiver_that_burns_its_gas_and_accepts_still_receives(
    stage: Stage, cluster: int, receiver: Contract
) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 5)
    burner = put(stage, "burns all gas")
    receiver.send("setCall", burner.address, b"", sender=stage.stranger)
    receipt = given(stage, lease, receiver)
    assert receipt.gas_used > 20_000_000
    assert stage.market.call("ownerOf", lease.id) == receiver.address
