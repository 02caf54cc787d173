"""Paying, and selling leases, in the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    OPERATOR,
    PEOPLE,
    TENANT,
    USER,
    claim,
    lease,
    make_world,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.errors import Revert
from wellhead.model.exchange import Bounds, Listing
from wellhead.model.leases import digest_of
from wellhead.model.units import HOUR, MAX_UINT256, ZERO
from wellhead.model.world import World

NONCE = bytes(31) + b"\x01"


# --- paying ----------------------------------------------------------------------------------


def test_a_charge_takes_the_claim_first() -> None:
    world = make_world()
    cash, vault = world.cash, world.vault
    cost = world.market.quote(1, 5, world.hour + 1, 4).cost
    vault.deposit(TENANT, cash.address, TENANT, cost + 5)
    cash.approve(TENANT, vault.address, 0)
    held = cash.balance_of(TENANT)
    key = lease(world, 5, world.hour + 1, 4)
    assert (claim(world, TENANT), cash.balance_of(TENANT)) == (5, held)
    more = world.market.quote_extension(key, 1).cost
    short = refused(lambda: world.market.extend(TENANT, key, 1, more))
    assert short == ("ERC20InsufficientAllowance", vault.address, 0, more - 5)
    cash.approve(TENANT, vault.address, more - 5)
    world.market.extend(TENANT, key, 1, more)
    assert (claim(world, TENANT), cash.balance_of(TENANT)) == (0, held - more + 5)
    assert claim(world, world.market.address) == cost + more
    invariants.check_all(world)


def test_only_market_and_exchange_charge() -> None:
    world = make_world()
    vault, coin = world.vault, world.cash.address
    denied = ("MayNotCharge", BUYER, TENANT)
    assert refused(lambda: vault.charge(BUYER, coin, TENANT, BUYER, 1)) == denied
    both = refused(
        lambda: vault.deposit_with_authorization(BUYER, coin, TENANT, 1, 0, MAX_UINT256, NONCE)
    )
    assert both == denied
    vault.charge(world.exchange.address, coin, TENANT, BUYER, 7)
    assert claim(world, BUYER) == 7
    nowhere = refused(lambda: vault.charge(world.market.address, coin, TENANT, ZERO, 1))
    assert nowhere == ("InvalidReceiver", ZERO)


def test_a_permit() -> None:
    world = make_world()
    cash, market, vault = world.cash, world.market, world.vault.address
    cash.approve(TENANT, vault, 0)
    late = refused(lambda: market.permit_cash(TENANT, 5, world.now - 1, 0))
    assert late == ("ERC2612ExpiredSignature", world.now - 1)
    market.permit_cash(TENANT, 5, world.now, 0)
    assert (cash.allowance(TENANT, vault), cash.nonce_of(TENANT)) == (5, 1)
    # Sent again, it fails, and goes on as long as the allowance is there.
    world.exchange.permit_cash(TENANT, 5, world.now, 0)
    again = refused(lambda: world.exchange.permit_cash(TENANT, 6, world.now, 0))
    assert again == ("ERC2612InvalidSigner",)
    assert (cash.allowance(TENANT, vault), cash.nonce_of(TENANT)) == (5, 1)


def test_an_authorization() -> None:
    world = make_world()
    market, now = world.market, world.now
    for after, before in ((now, now + 1), (now - 1, now), (now + 5, now + 9)):
        bad = refused(lambda a=after, b=before: market.authorize_cash(TENANT, 5, a, b, NONCE))  # type: ignore[misc]
        assert bad == ("ERC3009InvalidAuthorizationTime", after, before)
    market.authorize_cash(TENANT, 5, now - 1, now + 1, NONCE)
    assert claim(world, TENANT) == 5
    used = refused(lambda: world.exchange.authorize_cash(TENANT, 1, 0, MAX_UINT256, NONCE))
    assert used == ("ERC3009UsedAuthorization", TENANT, NONCE)
    poor = refused(lambda: market.authorize_cash(USER, 1, 0, MAX_UINT256, NONCE))
    assert poor == ("ERC20InsufficientBalance", USER, 0, 1)
    market.authorize_cash(BUYER, 1, 0, MAX_UINT256, NONCE)  # each account has its own nonces
    world.vault.deposit_with_authorization(
        OPERATOR, world.cash.address, OPERATOR, 9, 0, MAX_UINT256, NONCE
    )
    assert [claim(world, account) for account in PEOPLE] == [9, 5, 1]
    invariants.check_all(world)


def test_several_calls_or_none() -> None:
    world = make_world()
    world.cash.approve(TENANT, world.vault.address, 0)
    cost = world.market.quote(1, 5, world.hour, 4).cost
    for amount in (cost - 1, cost):
        try:
            with world.transaction():
                world.market.authorize_cash(TENANT, amount, 0, MAX_UINT256, NONCE)
                lease(world, 5, world.hour, 4)
        except Revert as error:
            assert error.name == "ERC20InsufficientAllowance"
            assert claim(world, TENANT) == 0
            assert world.cash.authorized == set()
            assert world.market.leases == {}
    assert list(world.market.leases) == [1]
    assert claim(world, TENANT) == 0
    assert world.market.world is world
    invariants.check_all(world)


# --- selling ---------------------------------------------------------------------------------


def offer(world: World, key: int, start: int = 10 * COIN, end: int = 4 * COIN) -> None:
    """Put a lease on offer for an hour."""
    world.market.approve(TENANT, world.exchange.address, key)
    world.exchange.list(TENANT, key, start, end, world.now, world.now + HOUR)


def digest(world: World, key: int) -> bytes:
    return digest_of(world.market.parts_of(key))


def bounds(world: World, key: int, **changed: Any) -> Bounds:
    """What a buyer sees."""
    view = world.market.lease_of(key)
    seen = Bounds(MAX_UINT256, view.units, view.stop, MAX_UINT256, 0, digest(world, key))
    return replace(seen, **changed)


def test_an_offer() -> None:
    world = make_world()
    exchange, market, now = world.exchange, world.market, world.now
    key = lease(world, 5, world.hour, 4)

    def put(
        who: str = TENANT, start: int = 9, end: int = 5, opens: int = 0, closes: int = now
    ) -> None:
        exchange.list(who, key, start, end, opens, closes)

    assert refused(lambda: put(BUYER)) == ("NotOwner", key, BUYER)
    assert refused(lambda: exchange.list(TENANT, 9, 1, 1, 0, now)) == ("NotOwner", 9, TENANT)
    assert refused(lambda: put(end=10)) == ("InvalidListing", 9, 10, 0, now)
    assert refused(lambda: put(opens=now)) == ("InvalidListing", 9, 5, now, now)
    assert refused(lambda: put(closes=now - 1)) == ("InvalidListing", 9, 5, 0, now - 1)
    assert refused(put) == ("NotApproved", key)
    assert refused(lambda: exchange.listing_of(key)) == ("NotListed", key)
    market.set_approval_for_all(TENANT, exchange.address, True)
    put(opens=now + 1, closes=now + 5)
    assert exchange.listing_of(key) == Listing(TENANT, 9, 5, now + 1, now + 5, 0)
    assert refused(lambda: exchange.price_of(key)) == ("NotOpen", key, now + 1, now + 5)
    prices = []
    for _ in range(5):
        world.advance(1)
        prices.append(exchange.price_of(key))
    assert prices == [9, 8, 7, 6, 5]
    world.advance(1)
    assert refused(lambda: exchange.price_of(key)) == ("NotOpen", key, now + 1, now + 5)
    put(start=10, end=0, closes=now + 300)  # rounded up
    world.now = now + 100
    assert exchange.price_of(key) == 10 - 10 * (now + 100) // (now + 300) == 1
    assert refused(lambda: exchange.delist(BUYER, key)) == ("NotOwner", key, BUYER)
    market.transfer_from(TENANT, TENANT, BUYER, key)
    # A later owner has offered nothing, but can clear away what is left.
    assert refused(lambda: exchange.price_of(key)) == ("NotListed", key)
    market.transfer_from(BUYER, BUYER, TENANT, key)
    # Nor does the offer stand again when the lease comes back.
    assert refused(lambda: exchange.price_of(key)) == ("NotListed", key)
    assert market.lease_of(key).transfers == 2
    market.transfer_from(TENANT, TENANT, BUYER, key)
    exchange.delist(BUYER, key)
    assert refused(lambda: exchange.delist(TENANT, key)) == ("NotListed", key)


def test_a_sale_settles_to_the_seller() -> None:
    world = make_world()
    first = world.hour
    key = lease(world, 10, first, 60)
    world.now += 2 * HOUR
    report(world, range(first, first + 2), 0)
    world.advance(DAY)
    offer(world, key)
    world.advance(HOUR // 2)
    assert world.exchange.price_of(key) == 7 * COIN
    assert world.exchange.buy(BUYER, key, bounds(world, key, accrued_to=first + 2)) == 7 * COIN
    assert claim(world, TENANT) == 24 * COIN + 7 * COIN
    assert world.market.owner_of(key) == BUYER
    assert world.market.get_approved(key) == ZERO
    assert world.exchange.listings == {}
    report(world, [first + 2], 0)
    world.advance(DAY)
    world.market.settle(key)
    assert claim(world, BUYER) == 12 * COIN
    invariants.check_all(world)


def test_what_a_buyer_relies_on() -> None:
    world = make_world()
    first, market = world.hour, world.market
    key = lease(world, 5, first, 60)
    offer(world, key)
    market.set_user(TENANT, key, USER, world.now + 500)
    price = world.exchange.price_of(key)

    def buy(**changed: Any) -> tuple[object, ...]:
        return refused(lambda: world.exchange.buy(BUYER, key, bounds(world, key, **changed)))

    assert buy(max_price=price - 1) == ("PriceAboveMax", price, price - 1)
    changed = ("Changed", key, 5, first + 60, digest(world, key))
    assert buy(units=4) == buy(end=first + 61) == buy(parts=bytes(32)) == changed
    assert buy(accrued_to=first - 1) == ("AccruedFurther", key, first, first - 1)
    assert buy(user_until=world.now + 499) == ("InUse", key, world.now + 500, world.now + 499)
    market.notice_suspension(OPERATOR, key, b"")
    assert buy(user_until=world.now + 500) == ("Suspended", key)
    world.market.lift_suspension(OPERATOR, key)
    world.cash.set_blocked(BUYER, True)
    assert buy(user_until=world.now + 500) == ("Blocked", BUYER)
    world.cash.set_blocked(BUYER, False)
    world.market.approve(TENANT, ZERO, key)
    assert buy(user_until=world.now + 500) == ("NotOwnerNorApproved",)
    # None of this has changed anything.
    assert world.market.owner_of(key) == TENANT
    assert world.exchange.listing_of(key).seller == TENANT
    assert claim(world, TENANT) == claim(world, BUYER) == 0
    world.market.approve(TENANT, world.exchange.address, key)
    world.exchange.buy(BUYER, key, bounds(world, key, user_until=world.now + 500))
    assert world.market.user_of(key) == USER
    invariants.check_all(world)


def test_what_is_sold_ends_where_a_default_was() -> None:
    world = make_world()
    first = world.hour
    key = lease(world, 5, first, 600)
    world.now += 72 * HOUR
    report(world, range(first, first + 72), 0)
    world.advance(DAY)
    offer(world, key)
    seen = bounds(world, key)
    hour = world.market.declare_default(1)
    changed = refused(lambda: world.exchange.buy(BUYER, key, seen))
    assert changed == ("Changed", key, 5, hour, digest(world, key))
    seen = bounds(world, key)
    assert seen.end == hour
    world.exchange.buy(BUYER, key, seen)
    invariants.check_all(world)


@pytest.mark.parametrize("paid", [0, 6 * COIN])
def test_a_seller_can_buy_from_itself_with_what_is_settled(paid: int) -> None:
    world = make_world()
    first = world.hour
    key = lease(world, 10, first, 2)
    world.now += HOUR
    report(world, [first], 5_000)
    world.advance(DAY)
    offer(world, key, start=paid, end=paid)
    world.cash.approve(TENANT, world.vault.address, 0)
    world.exchange.buy(TENANT, key, bounds(world, key))
    # Half of what was promised, and half of that again: 0.7424 of the 12 coins.
    assert claim(world, TENANT) == 8_909_088
    invariants.check_all(world)
