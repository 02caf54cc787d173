"""What a buyer relies on, and what becomes of the hours that are final already."""

from dataclasses import replace

import pytest

from tests.support.lifecycle import cancel, extend, first_part, split_hours, split_units
from tests.support.raw import attempt
from tests.support.rent import LEDGER, deliver, report
from tests.support.sales import Sale, falling, on_sale
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Q, Stage
from tests.support.state import refused, unchanged

PRICE = 123_456_789


@pytest.fixture
def sale(stage: Stage) -> Sale:
    made = on_sale(stage)
    made.offer(PRICE)
    return made


@shows("SALE-7")
@pytest.mark.parametrize("less", [0, 1, PRICE])
def test_the_price_a_buyer_agreed_to_is_the_most_it_pays(sale: Sale, less: int) -> None:
    bounds = sale.bounds.but(max_price=PRICE - less)
    if less:
        sale.refuse("LeaseExchange_PriceAboveMax", PRICE, PRICE - less, bounds=bounds)
    else:
        with sale.pays(PRICE):
            sale.buy(bounds)


def test_a_falling_price_is_waited_for(sale: Sale) -> None:
    opens = sale.stage.now() + 10
    sale.offer(1000, 0, opens, opens + 1000)
    bounds = sale.bounds.but(max_price=600)
    sale.stage.anvil.next_block_at(opens + 399)
    sale.refuse("LeaseExchange_PriceAboveMax", 601, 600, bounds=bounds)
    sale.stage.anvil.next_block_at(opens + 400)
    assert falling(1000, 0, opens, opens + 1000, opens + 400) == 600
    with sale.pays(600):
        sale.buy(bounds)


def test_a_seller_that_raises_the_price_surprises_nobody(sale: Sale) -> None:
    sale.offer(PRICE + 1)
    bounds = sale.bounds.but(max_price=PRICE)
    sale.refuse("LeaseExchange_PriceAboveMax", PRICE + 1, PRICE, bounds=bounds)


@shows("SALE-7")
@pytest.mark.parametrize(("units", "hours"), [(9, 0), (11, 0), (0, 0), (10, -1), (10, 1)])
def test_a_buyer_gets_these_units_and_hours_or_nothing(sale: Sale, units: int, hours: int) -> None:
    bounds = sale.bounds.but(units=units, end=sale.lease.end + hours)
    found = (10, sale.lease.end, sale.parts)
    sale.refuse("LeaseExchange_Changed", sale.lease.id, *found, bounds=bounds)


@pytest.mark.parametrize("change", ["cancel", "split units", "split hours", "extend"])
def test_a_lease_that_changed_is_not_bought_as_it_was(sale: Sale, change: str) -> None:
    stage, lease = sale.stage, sale.lease
    units, end = 10, lease.end
    if change == "cancel":
        end = lease.start + 20
        cancel(stage, lease.id, end)
    elif change == "split units":
        split_units(stage, lease.id, 4)
        units = 6
    elif change == "split hours":
        end = lease.start + 5
        split_hours(stage, lease.id, end)
    else:
        end = extend(stage, lease, 7).end
    sale.refuse("LeaseExchange_Changed", lease.id, units, end, sale.parts)
    wanted = sale.bounds.but(units=units, end=end)
    sale.refuse("LeaseExchange_Changed", lease.id, units, end, sale.parts, bounds=wanted)
    with sale.pays(PRICE):
        sale.buy(wanted.but(parts=sale.parts))


@shows("SALE-7")
def test_a_lease_that_was_cut_and_extended_again_is_another(sale: Sale) -> None:
    """It has the units and the end that it had, but its cut part can not be sold back."""
    stage, lease = sale.stage, sale.lease
    with stage.scratch():
        sale.buy()
        cancel(stage, lease.id, lease.start, by=sale.buyer)
    cancel(stage, lease.id, lease.end - 1)
    assert extend(stage, replace(lease, end=lease.end - 1), 1).end == lease.end
    found = (lease.units, lease.end, sale.parts)
    sale.refuse("LeaseExchange_Changed", lease.id, *found)
    sale.refuse("LeaseExchange_Changed", lease.id, *found, bounds=sale.bounds.but(parts=bytes(32)))
    sale.buy(sale.bounds.but(parts=sale.parts))
    cut = ("cancel", lease.id, lease.start, 0)
    with refused(stage, "LeaseMarket_Cut", lease.id, lease.start):
        attempt(stage.market, *cut, sender=sale.buyer)


def test_a_piece_that_was_split_off_is_not_on_offer(sale: Sale) -> None:
    new, _ = split_units(sale.stage, sale.lease.id, 4)
    piece = replace(sale, lease=replace(sale.lease, id=new))
    piece.refuse("LeaseExchange_NotListed", new, bounds=sale.bounds.but(units=4))


def test_a_lease_in_default_ends_at_it(stage: Stage) -> None:
    """The rent of the void hours is the seller's; what is not final yet goes to the buyer."""
    sale = on_sale(stage, hours=300)
    lease = sale.lease
    deliver(stage, lease.cluster, dict.fromkeys(range(lease.start, lease.start + 72), 0))
    sale.offer(PRICE)
    stage.market.send("declareDefault", lease.cluster, sender=stage.stranger)
    stop = stage.hour()
    sale.refuse("LeaseExchange_Changed", lease.id, 10, stop, sale.parts)
    (coins, claim), (paid, _) = sale.wallets()
    sale.buy(sale.bounds.but(end=stop))
    due = lease.rate * (72 + lease.end - stop) * Q // LEDGER
    assert sale.wallets() == [(coins, claim + due + PRICE), (paid - PRICE, 0)]


@shows("SALE-8")
def test_final_hours_are_settled_to_the_seller_and_later_ones_go_to_the_buyer(
    sale: Sale,
) -> None:
    stage, lease = sale.stage, sale.lease
    deliver(stage, lease.cluster, {lease.start: 0, lease.start + 1: 0})
    report(stage, lease.cluster, {lease.start + 2: 0})
    seller = lease.rate * 2 * Q // LEDGER
    before = sale.wallets()

    receipt = sale.buy(sale.bounds.but(accrued_to=lease.start + 2))

    assert receipt.event("Settled").arguments == {
        "leaseId": lease.id,
        "tenant": sale.seller.address,
        "amount": seller,
        "hour": lease.start + 2,
    }
    (coins, claim), (paid, _) = before
    assert sale.wallets() == [(coins, claim + seller + PRICE), (paid - PRICE, 0)]
    stage.finalize()
    stage.market.send("settle", lease.id, sender=stage.stranger)
    assert stage.claim_of(sale.seller) == claim + seller + PRICE
    assert stage.claim_of(sale.buyer) == lease.rate * 3 * Q // LEDGER - seller


@shows("SALE-7")
@pytest.mark.parametrize("less", [0, 1, 2])
def test_a_buyer_says_up_to_which_hour_the_seller_is_settled(sale: Sale, less: int) -> None:
    stage, lease = sale.stage, sale.lease
    deliver(stage, lease.cluster, {lease.start: 0, lease.start + 1: 0})
    cursor = lease.start + 2
    bounds = sale.bounds.but(accrued_to=cursor - less)
    if less:
        error = ("LeaseExchange_AccruedFurther", lease.id, cursor, cursor - less)
        sale.refuse(*error, bounds=bounds)
        stage.market.send("accrue", lease.cluster, sender=stage.stranger)
        sale.refuse(*error, bounds=bounds)
    else:
        sale.buy(bounds)
        assert sale.owner() == sale.buyer.address


def test_no_hour_is_never_enough_and_the_largest_always(sale: Sale) -> None:
    hour = sale.stage.market.call("accrue", sale.lease.cluster)
    bounds = sale.bounds.but(accrued_to=0)
    sale.refuse("LeaseExchange_AccruedFurther", sale.lease.id, hour, 0, bounds=bounds)
    sale.buy(sale.bounds.but(accrued_to=MAX))
    assert sale.owner() == sale.buyer.address


@shows("SALE-8")
def test_a_report_that_becomes_final_just_before_a_sale_stops_it(sale: Sale) -> None:
    """Who reckons with the refund of an hour says so, and does not pay for it when it is gone."""
    stage, lease = sale.stage, sale.lease
    stage.to_hour(lease.start + 1)
    report(stage, lease.cluster, {lease.start: 0})
    bounds = sale.bounds.but(accrued_to=lease.start)
    with stage.scratch():
        sale.buy(bounds)
        stage.finalize()
        stage.market.send("settle", lease.id, sender=stage.stranger)
        assert stage.claim_of(sale.buyer) == lease.rate * Q // LEDGER
    stage.finalize()
    error = ("LeaseExchange_AccruedFurther", lease.id, lease.start + 1, lease.start)
    sale.refuse(*error, bounds=bounds)


@shows("SALE-7")
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_buyer_bounds_how_long_a_user_stays(sale: Sale, more: int) -> None:
    stage, user = sale.stage, sale.stage.stranger
    expires = (sale.lease.start + 7) * HOUR
    stage.market.send("setUser", sale.lease.id, user.address, expires, sender=sale.seller)
    sale.refuse("LeaseExchange_InUse", sale.lease.id, expires, 0)
    bounds = sale.bounds.but(user_until=expires + more)
    if more < 0:
        sale.refuse("LeaseExchange_InUse", sale.lease.id, expires, expires - 1, bounds=bounds)
        return
    sale.buy(bounds)
    assert stage.market.call("userOf", sale.lease.id) == user.address


@pytest.mark.parametrize("late", [0, 1])
def test_a_user_whose_time_is_over_is_none(sale: Sale, late: int) -> None:
    stage = sale.stage
    expires = stage.now() + 100
    user = stage.stranger.address
    stage.market.send("setUser", sale.lease.id, user, expires, sender=sale.seller)
    stage.anvil.next_block_at(expires + late)
    if late:
        sale.buy()
        assert sale.owner() == sale.buyer.address
    else:
        sale.refuse("LeaseExchange_InUse", sale.lease.id, expires, 0)


def test_a_use_that_was_given_up_is_none(sale: Sale) -> None:
    stage, user = sale.stage, sale.stage.stranger
    expires = (sale.lease.start + 7) * HOUR
    for who, time, by in [(user, expires, sale.seller), (None, 0, user)]:
        named = who.address if who else "0x" + "00" * 20
        stage.market.send("setUser", sale.lease.id, named, time, sender=by)
    sale.buy()
    assert sale.owner() == sale.buyer.address


@shows("SALE-7")
@pytest.mark.parametrize("suspended", [False, True])
def test_a_lease_under_notice_is_not_sold(sale: Sale, suspended: bool) -> None:
    stage, lease = sale.stage, sale.lease
    stage.market.send("noticeSuspension", lease.id, bytes(32), sender=stage.operator)
    if suspended:
        stage.skip(stage.market.call("NOTICE"))
        stage.market.send("suspend", lease.id, sender=stage.operator)
    sale.refuse("LeaseExchange_Suspended", lease.id)
    stage.market.send("liftSuspension", lease.id, sender=stage.operator)
    with sale.pays(PRICE):
        sale.buy()


@shows("SALE-9")
def test_a_sale_asks_for_no_report_and_no_open_market(sale: Sale) -> None:
    sale.stage.registry.send("pause", sender=sale.stage.guardian)
    with sale.pays(PRICE):
        sale.buy()


def test_an_owner_that_buys_its_own_lease_keeps_all(sale: Sale) -> None:
    stage = sale.stage
    deposit = ("deposit", stage.cash.address, sale.seller.address, PRICE)
    stage.vault.send(*deposit, sender=sale.seller)
    before = sale.wallets()
    sale.buy(by=sale.seller)
    assert sale.wallets() == before
    assert sale.owner() == sale.seller.address


@shows("SALE-1")
def test_a_price_of_nothing_moves_the_lease_alone(sale: Sale) -> None:
    stage = sale.stage
    sale.offer(0)
    stage.cash.send("setPaused", True, sender=stage.stranger)
    with unchanged(stage, stage.cash), sale.pays(0):
        receipt = sale.buy(sale.bounds.but(max_price=0))
    assert receipt.event("Sold")["price"] == 0
    assert sale.owner() == sale.buyer.address


@shows("SALE-1")
def test_without_the_money_nothing_is_bought(sale: Sale) -> None:
    stage, poor = sale.stage, sale.stage.holders[0]
    error = ("ERC20InsufficientAllowance", stage.vault.address, 0, PRICE)
    sale.refuse(*error, by=poor)
    stage.fund(poor, PRICE - 1)
    sale.refuse("ERC20InsufficientBalance", poor.address, PRICE - 1, PRICE, by=poor)
    stage.fund(poor, 1)
    sale.buy(by=poor)
    assert sale.owner() == poor.address


def test_a_blocked_buyer_pays_by_claim_only(sale: Sale) -> None:
    stage = sale.stage
    deposit = ("deposit", stage.cash.address, sale.buyer.address, PRICE - 1)
    stage.vault.send(*deposit, sender=sale.buyer)
    stage.cash.send("setBlocked", sale.buyer.address, True, sender=stage.stranger)
    sale.refuse("TestCoin_Blocked", sale.buyer.address)
    sale.offer(PRICE - 1)
    with sale.pays(PRICE - 1, PRICE - 1):
        sale.buy()


@shows("SALE-9")
def test_a_blocked_seller_is_paid_a_claim_and_takes_it_elsewhere(sale: Sale) -> None:
    stage, seller, friend = sale.stage, sale.seller, sale.stage.holders[0]
    stage.cash.send("setBlocked", seller.address, True, sender=stage.stranger)
    with sale.pays(PRICE):
        sale.buy()
    stage.vault.send("withdraw", stage.cash.address, friend.address, PRICE, sender=seller)
    assert stage.cash.call("balanceOf", friend.address) == PRICE


def test_what_was_bought_is_sold_back_by_the_buyer(sale: Sale) -> None:
    """The refund rests on what the first tenant paid, not on the price of the sale."""
    with sale.stage.scratch():
        first = cancel(sale.stage, sale.lease.id, sale.lease.start, by=sale.seller)
    sale.buy()
    receipt = cancel(sale.stage, sale.lease.id, sale.lease.start, by=sale.buyer)
    assert receipt.event("LeaseCancelled")["refund"] == first.event("LeaseCancelled")["refund"]
    assert first_part(sale.lease).cost > receipt.event("LeaseCancelled")["refund"] > 0
    assert sale.stage.claim_of(sale.buyer) == receipt.event("LeaseCancelled")["refund"]
