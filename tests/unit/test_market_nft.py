"""A lease as an ERC-721: who may move it, what a transfer settles, what a wallet shows."""

import base64
import json
from typing import Any

import pytest

from tests.support.raw import attempt, deploy, pay
from tests.support.rent import LEDGER, Opened, deliver, open_lease, refund_ledger, report
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Q, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Receipt, UnlockedAccount
from wellhead.chain.contract import Reverted, transact

ZERO = "0x" + "00" * 20
SAFE = "safeTransferFrom(address,address,uint256)"
SAFE_WITH_DATA = "safeTransferFrom(address,address,uint256,bytes)"


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(100, Terms(speed=0))


@pytest.fixture
def lease(stage: Stage, cluster: int) -> Opened:
    return open_lease(stage, cluster, 10, stage.hour() + 1, 4)


@pytest.fixture
def seller(stage: Stage) -> UnlockedAccount:
    return stage.tenants[0]


@pytest.fixture
def buyer(stage: Stage) -> UnlockedAccount:
    return stage.tenants[1]


def sell(stage: Stage, lease: Opened, seller: UnlockedAccount, buyer: UnlockedAccount) -> Receipt:
    return stage.market.send("transferFrom", seller.address, buyer.address, lease.id, sender=seller)


def test_the_collection_has_a_name(stage: Stage) -> None:
    assert stage.market.call("name") == "Wellhead Lease"
    assert stage.market.call("symbol") == "LEASE"
    assert stage.market.call("cash") == stage.cash.address


@shows("LEASE-22")
@pytest.mark.parametrize(
    ("interface", "supported"),
    [
        ("01ffc9a7", True),  # ERC-165
        ("80ac58cd", True),  # ERC-721
        ("5b5e139f", True),  # its metadata
        ("49064906", True),  # ERC-4906
        ("ad092b5c", True),  # ERC-4907
        ("ffffffff", False),
    ],
)
def test_it_says_what_it_supports(stage: Stage, interface: str, supported: bool) -> None:
    assert stage.market.call("supportsInterface", bytes.fromhex(interface)) == supported


@shows("LEASE-22")
def test_token_uri_is_json_that_describes_the_lease(stage: Stage, lease: Opened) -> None:
    head, body = stage.market.call("tokenURI", lease.id).split(",", 1)
    assert head == "data:application/json;base64"
    assert json.loads(base64.b64decode(body, validate=True)) == {
        "name": f"Wellhead lease {lease.id}",
        "description": "Prepaid GPU capacity, metered by the hour.",
        "attributes": [
            {"trait_type": "cluster", "value": lease.cluster},
            {"trait_type": "units", "value": 10},
            {"display_type": "date", "trait_type": "start", "value": lease.start * HOUR},
            {"display_type": "date", "trait_type": "end", "value": lease.end * HOUR},
        ],
    }


@shows("LEASE-16")
def test_a_transfer_moves_the_lease(
    stage: Stage, lease: Opened, seller: UnlockedAccount, buyer: UnlockedAccount
) -> None:
    receipt = sell(stage, lease, seller, buyer)
    assert [(e.name, e.arguments) for e in receipt.events if e.name != "Accrued"] == [
        ("Transfer", {"from": seller.address, "to": buyer.address, "id": lease.id})
    ]
    assert stage.market.call("ownerOf", lease.id) == buyer.address
    assert stage.market.call("balanceOf", seller.address) == 0
    assert stage.market.call("balanceOf", buyer.address) == 1


@shows("LEASE-18")
@pytest.mark.parametrize("function", ["transferFrom", SAFE, SAFE_WITH_DATA])
def test_final_hours_are_the_sellers_and_later_ones_the_buyers(
    stage: Stage, lease: Opened, seller: UnlockedAccount, buyer: UnlockedAccount, function: str
) -> None:
    deliver(stage, lease.cluster, {lease.start: 0, lease.start + 1: 7_425})
    report(stage, lease.cluster, {lease.start + 2: 0})
    data = (b"",) if function == SAFE_WITH_DATA else ()

    receipt = stage.market.send(
        function, seller.address, buyer.address, lease.id, *data, sender=seller
    )

    sold = lease.rate * (Q + Q // 2) // LEDGER
    assert receipt.event("Settled").arguments == {
        "leaseId": lease.id,
        "tenant": seller.address,
        "amount": sold,
        "hour": lease.start + 2,
    }
    assert (stage.claim_of(seller), stage.claim_of(buyer)) == (sold, 0)
    assert stage.market.call("leaseOf", lease.id)["refunded"] == sold

    deliver(stage, lease.cluster, {lease.start + 3: 10_000})
    stage.market.send("settle", lease.id, sender=stage.stranger)
    total = lease.rate * (2 * Q + Q // 2) // LEDGER
    assert (stage.claim_of(seller), stage.claim_of(buyer)) == (sold, total - sold)
    assert refund_ledger(stage, lease) == lease.rate * (2 * Q + Q // 2)


@shows("LEASE-18")
def test_a_backlog_beyond_one_accrual_goes_with_the_lease(
    stage: Stage, cluster: int, seller: UnlockedAccount, buyer: UnlockedAccount
) -> None:
    steps = stage.market.call("MAX_STEPS")
    long = open_lease(stage, cluster, 10, stage.hour() + 1, steps + 2)
    stage.to_hour(long.start)
    stage.market.send("accrue", cluster, sender=seller)  # the empty hour before
    deliver(stage, cluster, dict.fromkeys(range(long.start, long.end), 0))
    sell(stage, long, seller, buyer)
    stage.market.send("settle", long.id, sender=seller)
    sold, total = (hours * long.rate * Q // LEDGER for hours in (steps, steps + 2))
    assert (stage.claim_of(seller), stage.claim_of(buyer)) == (sold, total - sold)


@shows("LEASE-14")
def test_an_approved_account_sells_and_the_owner_is_refunded(
    stage: Stage, lease: Opened, seller: UnlockedAccount, buyer: UnlockedAccount
) -> None:
    deliver(stage, lease.cluster, {lease.start: 0})
    receipt = stage.market.send("approve", stage.stranger.address, lease.id, sender=seller)
    assert receipt.event("Approval").arguments == {
        "owner": seller.address,
        "account": stage.stranger.address,
        "id": lease.id,
    }
    assert stage.market.call("getApproved", lease.id) == stage.stranger.address
    stage.market.send(
        "transferFrom", seller.address, buyer.address, lease.id, sender=stage.stranger
    )
    assert stage.claim_of(seller) == lease.rate * Q // LEDGER
    assert stage.claim_of(stage.stranger) == stage.claim_of(buyer) == 0
    assert stage.market.call("getApproved", lease.id) == ZERO


def test_an_operator_for_all_may_approve_and_sell(
    stage: Stage, lease: Opened, seller: UnlockedAccount, buyer: UnlockedAccount
) -> None:
    agent = stage.stranger
    receipt = stage.market.send("setApprovalForAll", agent.address, True, sender=seller)
    assert receipt.event("ApprovalForAll").arguments == {
        "owner": seller.address,
        "operator": agent.address,
        "isApproved": True,
    }
    assert stage.market.call("isApprovedForAll", seller.address, agent.address)
    stage.market.send("approve", buyer.address, lease.id, sender=agent)
    stage.market.send("transferFrom", seller.address, buyer.address, lease.id, sender=agent)
    assert stage.market.call("ownerOf", lease.id) == buyer.address


@shows("LEASE-18")
def test_selling_to_oneself_keeps_the_lease(
    stage: Stage, lease: Opened, seller: UnlockedAccount
) -> None:
    sell(stage, lease, seller, seller)
    assert stage.market.call("ownerOf", lease.id) == seller.address
    assert stage.market.call("balanceOf", seller.address) == 1


def test_a_lease_can_be_sold_while_paused(
    stage: Stage, lease: Opened, seller: UnlockedAccount, buyer: UnlockedAccount
) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    sell(stage, lease, seller, buyer)
    assert stage.market.call("ownerOf", lease.id) == buyer.address


@shows("LEASE-13")
def test_a_stranger_moves_and_approves_nothing(
    stage: Stage, lease: Opened, seller: UnlockedAccount
) -> None:
    deliver(stage, lease.cluster, {lease.start: 0})
    to = stage.stranger.address
    with refused(stage, "NotOwnerNorApproved"):
        attempt(stage.market, "transferFrom", seller.address, to, lease.id, sender=stage.stranger)
    with refused(stage, "NotOwnerNorApproved"):
        attempt(stage.market, "approve", to, lease.id, sender=stage.stranger)


@shows("LEASE-18")
def test_a_refund_can_not_be_taken_by_naming_oneself_the_seller(
    stage: Stage, lease: Opened
) -> None:
    deliver(stage, lease.cluster, {lease.start: 0})
    thief = stage.stranger
    for to in (thief, stage.tenants[1]):
        with refused(stage, "TransferFromIncorrectOwner"):
            attempt(stage.market, "transferFrom", thief.address, to.address, lease.id, sender=thief)


@shows("LEASE-16")
def test_a_lease_does_not_go_to_the_zero_address(
    stage: Stage, lease: Opened, seller: UnlockedAccount
) -> None:
    with refused(stage, "TransferToZeroAddress"):
        attempt(stage.market, "transferFrom", seller.address, ZERO, lease.id, sender=seller)


@shows("LEASE-16")
@pytest.mark.parametrize("lease_id", [0, 2, MAX])
def test_a_lease_that_does_not_exist_has_no_owner(
    stage: Stage, lease: Opened, seller: UnlockedAccount, buyer: UnlockedAccount, lease_id: int
) -> None:
    calls: list[tuple[Any, ...]] = [
        ("ownerOf", lease_id),
        ("getApproved", lease_id),
        ("approve", buyer.address, lease_id),
        ("transferFrom", seller.address, buyer.address, lease_id),
    ]
    for function, *arguments in calls:
        with expect_revert("TokenDoesNotExist"):
            stage.market.call(function, *arguments, sender=seller.address)


def test_the_zero_address_has_no_balance(stage: Stage) -> None:
    with expect_revert("BalanceQueryForZeroAddress"):
        stage.market.call("balanceOf", ZERO)


def test_a_contract_is_asked_before_it_receives(
    stage: Stage, lease: Opened, seller: UnlockedAccount
) -> None:
    receiver = deploy(stage, "TestReceiver")
    stage.market.send(
        SAFE_WITH_DATA, seller.address, receiver.address, lease.id, b"rent", sender=seller
    )
    asked = [receiver.call(field) for field in ("operator", "from", "id", "data")]
    assert asked == [seller.address, seller.address, lease.id, b"rent"]
    assert stage.market.call("ownerOf", lease.id) == receiver.address


@pytest.mark.parametrize("function", [SAFE, SAFE_WITH_DATA])
def test_a_contract_that_declines_receives_nothing(
    stage: Stage, lease: Opened, seller: UnlockedAccount, function: str
) -> None:
    receiver = deploy(stage, "TestReceiver")
    receiver.send("setAnswer", bytes(4), sender=seller)
    data = (b"",) if function == SAFE_WITH_DATA else ()
    transfer = (function, seller.address, receiver.address, lease.id, *data)
    with refused(stage, "TransferToNonERC721ReceiverImplementer"):
        attempt(stage.market, *transfer, sender=seller)


@shows("SETTLE-5", "PAY-7")
def test_a_receiver_that_settles_at_once_gains_nothing(
    stage: Stage, lease: Opened, seller: UnlockedAccount
) -> None:
    deliver(stage, lease.cluster, {lease.start: 0})
    receiver = deploy(stage, "TestReceiver")
    call = bytes.fromhex(stage.market.functions["settle"].encode((lease.id,))[2:])
    receiver.send("setCall", stage.market.address, call, sender=seller)
    stage.market.send(SAFE, seller.address, receiver.address, lease.id, sender=seller)
    assert stage.claim_of(seller) == lease.rate * Q // LEDGER
    assert stage.claim_of(receiver) == 0


@pytest.mark.parametrize("function", ["transferFrom", SAFE, SAFE_WITH_DATA, "approve"])
def test_ether_is_refused(
    stage: Stage, lease: Opened, seller: UnlockedAccount, buyer: UnlockedAccount, function: str
) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "approve": (buyer.address, lease.id),
        SAFE_WITH_DATA: (seller.address, buyer.address, lease.id, b""),
    }
    transfer = (seller.address, buyer.address, lease.id)
    with refused(stage, "CashDesk_NoEther"):
        pay(stage.market, function, *arguments.get(function, transfer), value=1, sender=seller)


@shows("PAY-5")
def test_ether_without_a_call_is_refused(stage: Stage, seller: UnlockedAccount) -> None:
    body = {"to": stage.market.address, "from": seller.address, "value": "0x1", "data": "0x"}
    with pytest.raises(Reverted):
        transact(stage.market.rpc, body, seller, None)
    assert int(stage.anvil.rpc("eth_getBalance", stage.market.address, "latest"), 16) == 0
