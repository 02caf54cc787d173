"""Selling leases at a fixed or a falling price: who may offer, and what it costs when."""

import pytest

from tests.support.lifecycle import ZERO, cancel
from tests.support.payment import authorization, encoded
from tests.support.raw import attempt
from tests.support.reverts import expect_revert
from tests.support.sales import Sale, falling, on_sale
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, USD, Stage
from tests.support.state import refused

PRICE = 123_456_789
MOST = 2**96 - 1
LATEST = 2**64 - 1


@pytest.fixture
def sale(stage: Stage) -> Sale:
    return on_sale(stage)


def not_listed(sale: Sale, lease_id: int | None = None) -> None:
    wanted = sale.lease.id if lease_id is None else lease_id
    for view in ("listingOf", "priceOf"):
        with expect_revert("LeaseExchange_NotListed", wanted):
            sale.exchange.call(view, wanted)


def test_an_offer_is_on_record(sale: Sale) -> None:
    not_listed(sale)
    opens, closes = sale.stage.now() + 100, sale.stage.now() + 500
    receipt = sale.offer(PRICE, 17, opens, closes)
    assert receipt.event("Listed").arguments == {
        "leaseId": sale.lease.id,
        "seller": sale.seller.address,
        "startPrice": PRICE,
        "endPrice": 17,
        "opens": opens,
        "closes": closes,
    }
    assert sale.exchange.call("listingOf", sale.lease.id) == {
        "seller": sale.seller.address,
        "startPrice": PRICE,
        "endPrice": 17,
        "opens": opens,
        "closes": closes,
        "transfers": 0,
    }
    assert sale.owner() == sale.seller.address


@shows("SALE-1")
def test_a_sale_moves_lease_and_money(sale: Sale) -> None:
    sale.offer(PRICE)
    told = sale.exchange.call(
        "buy", sale.lease.id, sale.bounds.encoded(), sender=sale.buyer.address
    )
    with sale.pays(PRICE):
        receipt = sale.buy()
    assert told == PRICE
    assert receipt.event("Sold").arguments == {
        "leaseId": sale.lease.id,
        "seller": sale.seller.address,
        "buyer": sale.buyer.address,
        "price": PRICE,
    }
    assert sale.owner() == sale.buyer.address
    assert sale.stage.claim_of(sale.exchange) == 0
    assert sale.stage.market.call("balanceOf", sale.exchange.address) == 0
    not_listed(sale)
    sale.refuse("LeaseExchange_NotListed", sale.lease.id, by=sale.stage.tenants[2])


@pytest.mark.parametrize("claim", [1, PRICE - 1, PRICE, PRICE + 1])
def test_a_buyers_claim_is_spent_first(sale: Sale, claim: int) -> None:
    stage = sale.stage
    deposit = ("deposit", stage.cash.address, sale.buyer.address, claim)
    stage.vault.send(*deposit, sender=sale.buyer)
    sale.offer(PRICE)
    with sale.pays(PRICE, min(claim, PRICE)):
        sale.buy()


@shows("PAY-4")
def test_a_signed_payment_buys_in_one_transaction(sale: Sale) -> None:
    stage, buyer = sale.stage, sale.stage.holders[0]
    stage.cash.send("mint", buyer.address, 2 * PRICE, sender=buyer)
    sale.offer(PRICE)
    calls = [
        encoded(sale.exchange, "authorizeCash", *authorization(stage, PRICE + 5, buyer)),
        encoded(sale.exchange, "buy", sale.lease.id, sale.bounds.encoded()),
    ]
    sale.exchange.send("multicall", calls, sender=buyer)
    assert sale.owner() == buyer.address
    assert (stage.claim_of(buyer), stage.claim_of(sale.seller)) == (5, PRICE)


@shows("SALE-2")
@pytest.mark.parametrize("price", [0, 1, 10**6 * USD])
def test_a_fixed_price_is_the_same_at_all_times(sale: Sale, price: int) -> None:
    opens, closes = sale.stage.now() + 100, sale.stage.now() + 100 + HOUR
    sale.offer(price, price, opens, closes)
    for now in (opens, opens + 1, closes - 1, closes):
        sale.stage.to_time(now)
        assert sale.exchange.call("priceOf", sale.lease.id) == price
    sale.stage.anvil.next_block_at(closes)
    with sale.pays(price):
        sale.buy(sale.bounds.but(max_price=price))


@shows("SALE-2")
@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        (PRICE, 0, 86_400),
        (PRICE, 1, 7),
        (1000, 999, 1000),
        (1000, 0, 3),
        (1, 0, HOUR),
        (MOST, 0, 12_345),
        (MOST, MOST - 1, 2),
        (10**15, 10**14 + 7, 999_983),
    ],
)
def test_a_falling_price_is_on_the_line_rounded_up(
    sale: Sale, start: int, end: int, seconds: int
) -> None:
    opens = sale.stage.now() + 10
    closes = opens + seconds
    sale.offer(start, end, opens, closes)
    moments = {0, 1, 2, seconds // 3, seconds // 2, seconds - 1, seconds}
    for after in sorted(m for m in moments if m <= seconds):
        sale.stage.to_time(opens + after)
        expected = falling(start, end, opens, closes, opens + after)
        assert sale.exchange.call("priceOf", sale.lease.id) == expected
        if after in (0, seconds):
            assert expected == (end if after else start)


@shows("SALE-2")
@pytest.mark.parametrize("after", [0, 1, 333, 999, 1000])
def test_the_price_of_its_second_is_paid(sale: Sale, after: int) -> None:
    opens = sale.stage.now() + 10
    sale.offer(PRICE, 4321, opens, opens + 1000)
    price = falling(PRICE, 4321, opens, opens + 1000, opens + after)
    sale.stage.to_time(opens + after)
    sale.stage.anvil.next_block_at(opens + after)
    with sale.pays(price):
        sale.buy(sale.bounds.but(max_price=price))


@shows("SALE-3")
def test_an_offer_is_open_from_its_first_to_its_last_second(sale: Sale) -> None:
    opens, closes = sale.stage.now() + 100, sale.stage.now() + 200
    sale.offer(PRICE, 5, opens, closes)
    for now in (opens - 1, closes + 1):
        with sale.stage.scratch():
            sale.stage.to_time(now)
            sale.stage.anvil.next_block_at(now)
            error = ("LeaseExchange_NotOpen", sale.lease.id, opens, closes)
            sale.refuse(*error)
            with expect_revert(*error):
                sale.exchange.call("priceOf", sale.lease.id)
            assert sale.exchange.call("listingOf", sale.lease.id)["closes"] == closes


@shows("SALE-3")
@pytest.mark.parametrize(
    ("start", "end", "opens", "closes"),
    [
        (5, 6, 0, 100),
        (0, MOST, 0, 100),
        (5, 5, 100, 100),
        (5, 5, 101, 100),
        (5, 5, -100, -1),
        (5, 5, LATEST, LATEST),
    ],
)
def test_a_price_does_not_rise_and_an_offer_ends_after_it_opens_and_after_now(
    sale: Sale, start: int, end: int, opens: int, closes: int
) -> None:
    now = sale.stage.now() + 1
    times = [t if t == LATEST else now + t for t in (opens, closes)]
    sale.stage.anvil.next_block_at(now)
    with refused(sale.stage, "LeaseExchange_InvalidListing", start, end, *times):
        attempt(sale.exchange, "list", sale.lease.id, start, end, *times, sender=sale.seller)


@shows("SALE-3")
def test_an_offer_may_end_this_second_and_reach_to_all_time(sale: Sale) -> None:
    now = sale.stage.now() + 1
    sale.stage.anvil.next_block_at(now)
    sale.offer(5, 5, now - 1, now)
    sale.offer(MOST, 0, 0, LATEST)
    assert sale.exchange.call("listingOf", sale.lease.id)["startPrice"] == MOST


@shows("SALE-6")
def test_only_the_owner_offers(sale: Sale) -> None:
    stage = sale.stage
    stage.market.send("approve", stage.stranger.address, sale.lease.id, sender=sale.seller)
    now = stage.now()
    for caller in (stage.stranger, stage.operator, sale.buyer):
        with refused(stage, "LeaseExchange_NotOwner", sale.lease.id, caller.address):
            attempt(sale.exchange, "list", sale.lease.id, 5, 5, now, now + 99, sender=caller)


@pytest.mark.parametrize("lease_id", [0, 2, MAX])
def test_an_unknown_lease_is_not_on_offer(sale: Sale, lease_id: int) -> None:
    error = ("LeaseExchange_NotOwner", lease_id, sale.seller.address)
    with refused(sale.stage, *error):
        attempt(sale.exchange, "list", lease_id, 5, 5, 0, LATEST, sender=sale.seller)
    not_listed(sale, lease_id)
    with refused(sale.stage, "LeaseExchange_NotListed", lease_id):
        attempt(sale.exchange, "buy", lease_id, sale.bounds.encoded(), sender=sale.buyer)


@shows("SALE-6")
def test_an_offer_needs_the_owners_approval_of_the_exchange(sale: Sale) -> None:
    stage, exchange = sale.stage, sale.exchange.address
    stage.market.send("setApprovalForAll", exchange, False, sender=sale.seller)
    offer = ("list", sale.lease.id, 5, 5, 0, LATEST)
    with refused(stage, "LeaseExchange_NotApproved", sale.lease.id):
        attempt(sale.exchange, *offer, sender=sale.seller)
    stage.market.send("approve", exchange, sale.lease.id, sender=sale.seller)
    sale.exchange.send(*offer, sender=sale.seller)
    stage.market.send("approve", ZERO, sale.lease.id, sender=sale.seller)
    sale.refuse("NotOwnerNorApproved")
    stage.market.send("approve", exchange, sale.lease.id, sender=sale.seller)
    with sale.pays(5):
        sale.buy()


@shows("SALE-6")
def test_an_offer_is_replaced_and_taken_back(sale: Sale) -> None:
    sale.offer(PRICE)
    sale.offer(7)
    assert sale.exchange.call("priceOf", sale.lease.id) == 7
    with refused(sale.stage, "LeaseExchange_NotOwner", sale.lease.id, sale.buyer.address):
        attempt(sale.exchange, "delist", sale.lease.id, sender=sale.buyer)
    receipt = sale.exchange.send("delist", sale.lease.id, sender=sale.seller)
    assert receipt.event("Delisted").arguments == {
        "leaseId": sale.lease.id,
        "seller": sale.seller.address,
    }
    not_listed(sale)
    sale.refuse("LeaseExchange_NotListed", sale.lease.id)
    with refused(sale.stage, "LeaseExchange_NotListed", sale.lease.id):
        attempt(sale.exchange, "delist", sale.lease.id, sender=sale.seller)


@shows("SALE-5")
@pytest.mark.parametrize("who", ["seller", "buyer"])
def test_an_offer_ends_with_its_owners_time(sale: Sale, who: str) -> None:
    """A later owner has offered nothing; both may clear what is left."""
    stage = sale.stage
    sale.offer(PRICE)
    move = ("transferFrom", sale.seller.address, sale.buyer.address, sale.lease.id)
    stage.market.send(*move, sender=sale.seller)
    stage.market.send("setApprovalForAll", sale.exchange.address, True, sender=sale.buyer)
    not_listed(sale)
    sale.refuse("LeaseExchange_NotListed", sale.lease.id, by=stage.tenants[2])
    with refused(stage, "LeaseExchange_NotOwner", sale.lease.id, stage.stranger.address):
        attempt(sale.exchange, "delist", sale.lease.id, sender=stage.stranger)
    receipt = sale.exchange.send("delist", sale.lease.id, sender=getattr(sale, who))
    assert receipt.event("Delisted")["seller"] == sale.seller.address


@shows("SALE-5")
def test_the_offer_of_a_lease_that_is_burnt_is_none(sale: Sale) -> None:
    sale.offer(PRICE)
    cancel(sale.stage, sale.lease.id, sale.lease.start)
    not_listed(sale)
    sale.refuse("LeaseExchange_NotListed", sale.lease.id)
    sale.exchange.send("delist", sale.lease.id, sender=sale.seller)


def test_the_buyer_offers_it_on(sale: Sale) -> None:
    third = sale.stage.tenants[2]
    sale.offer(PRICE)
    sale.buy()
    exchange = sale.exchange.address
    sale.stage.market.send("approve", exchange, sale.lease.id, sender=sale.buyer)
    sale.offer(2 * PRICE, by=sale.buyer)
    sale.buy(by=third)
    assert sale.owner() == third.address
    claims = [sale.stage.claim_of(who) for who in (sale.seller, sale.buyer, third)]
    assert claims == [PRICE, 2 * PRICE, 0]


@shows("SALE-5")
def test_an_offer_does_not_come_back_with_its_lease(stage: Stage) -> None:
    """The seller gives it away, gets it back and approves the exchange for a better price."""
    sale, market = on_sale(stage), stage.market
    sale.offer(5)
    seller, other, lease = sale.seller, stage.stranger, sale.lease.id
    market.send("transferFrom", seller.address, other.address, lease, sender=seller)
    market.send("transferFrom", other.address, seller.address, lease, sender=other)
    market.send("approve", sale.exchange.address, lease, sender=seller)
    sale.refuse("LeaseExchange_NotListed", lease)
    assert market.call("leaseOf", lease)["transfers"] == 2
