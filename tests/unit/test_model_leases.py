"""The life of a lease in the model, from booking to claim."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    DAY,
    GOVERNOR,
    NOW,
    OPERATOR,
    PRICING,
    TENANT,
    claim,
    lease,
    make_world,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.accounts import accounts
from wellhead.model.errors import Revert
from wellhead.model.oracle import SILENCE
from wellhead.model.units import HOUR, LEDGER_SCALE, RATE_SCALE, ZERO


def test_a_lease_from_booking_to_claim() -> None:
    world = make_world(offset=900)  # a quarter of the first hour is over
    first = world.hour
    lease_id = lease(world, 5, first, 3)
    opened = world.market.lease_of(lease_id)
    # 2.75 h of 5 units at 1.0 coin on average.
    assert accounts(world, 1).paid_in == 13_750_000 * LEDGER_SCALE
    assert (opened.first_seconds, opened.stop, opened.parts) == (2_700, first + 3, 1)
    assert opened.rate == 5_000_000 * RATE_SCALE
    (part,) = world.market.parts_of(lease_id)
    assert part.rate_at(first) == 3_750_000 * RATE_SCALE
    assert world.market.books_of(1).remainder == 0

    world.now = NOW + 3 * HOUR
    assert report(world, range(first, first + 3), available=4_950) == 3
    assert world.market.accrue(1) == first  # nothing is final yet
    world.advance(DAY - 1)
    assert world.market.accrue(1) == first
    world.advance(1)
    # All 5 units worked but for 1 %: the SLA is met to the digit.
    assert world.market.settle(lease_id) == 0
    assert world.market.books_of(1).lost == 0
    assert world.router.accrue_and_distribute(1) == 13_750_000
    assert world.router.bitcoin_pending_of(1) == 4_125_000
    assert world.router.release(1) == (1_375_000, 275_000)
    assert claim(world, world.oracle.address) == 275_000
    # 0.58 of it for 10 tokens, a third of that at once: it is the revenue of three hours.
    token = world.token(1)
    assert token.cash.total == 7_975_000 << 68
    assert token.cash.unvested == (7_975_000 - 2_658_333) << 68
    assert token.cash.claimable(OPERATOR) == 2_658_332
    world.advance(DAY // 2)
    assert token.cash.claimable(OPERATOR) == 2_658_333 + 2_658_333
    world.advance(DAY // 2)
    # The index step rounds down and the rest is carried.
    claimed, _ = token.claim(OPERATOR, OPERATOR)
    assert claimed == 7_974_999 + (token.cash.carried == 0)
    assert world.oracle.pay_reporters() == 91_666
    invariants.check_all(world)


def test_an_outage_is_refunded_with_the_penalty() -> None:
    world = make_world()
    first = world.hour
    lease_id = lease(world, 10, first, 4)
    assert accounts(world, 1).paid_in == 48_000_000 * LEDGER_SCALE
    world.now += 4 * HOUR
    report(world, range(first, first + 2), available=10_000)
    report(world, range(first + 2, first + 3), available=4_950)  # served 0.25
    world.now += DAY
    assert world.market.settle(lease_id) == 9_000_000  # 0.75 of an hour of 12 coins
    assert world.market.settle(lease_id) == 0
    assert world.market.books_of(1).cursor == first + 3
    assert world.market.books_of(1).lost == 750_000
    books = accounts(world, 1)
    assert books.escrowed == 12_000_000 * LEDGER_SCALE
    assert books.lost == books.refunded == 9_000_000 * LEDGER_SCALE
    assert books.undistributed == 27_000_000 * LEDGER_SCALE

    # The last hour stays silent: it waits for seven days, then anybody closes it.
    closable = (first + 4) * HOUR + SILENCE
    world.now = closable - 1
    clock = closable - NOW
    too_early = refused(lambda: world.oracle.close_silent(1, first + 3))
    assert too_early == ("NotSilent", 1, first + 3, clock, clock - 1)
    world.now = closable
    world.oracle.close_silent(1, first + 3)
    assert world.market.settle(lease_id) == 12_000_000
    assert world.router.accrue_and_distribute(1) == 27_000_000
    invariants.check_all(world)


def test_a_transfer_settles_to_the_seller() -> None:
    world = make_world()
    first = world.hour
    lease_id = lease(world, 10, first, 2)
    world.now += HOUR
    report(world, range(first, first + 1), available=0)
    world.now += DAY
    with pytest.raises(Revert, match="NotOwnerNorApproved"):
        world.market.transfer_from(BUYER, TENANT, BUYER, lease_id)
    world.market.approve(TENANT, BUYER, lease_id)
    world.market.transfer_from(BUYER, TENANT, BUYER, lease_id)
    assert claim(world, TENANT) == 12_000_000
    report(world, range(first + 1, first + 2), available=0)
    world.now += DAY
    world.market.settle(lease_id)
    assert claim(world, TENANT) == claim(world, BUYER) == 12_000_000
    assert world.market.get_approved(lease_id) == ZERO
    cash = world.cash.address
    world.cash.set_blocked(BUYER, True)
    with pytest.raises(Revert, match="TestCoin_Blocked"):
        world.vault.withdraw(BUYER, cash, BUYER, 12_000_000)
    world.vault.withdraw(BUYER, cash, GOVERNOR, 12_000_000)
    invariants.check_all(world)


@shows("ACC-7")
@given(st.lists(st.integers(0, 10_000), min_size=30, max_size=30), st.integers(0, HOUR - 1))
def test_late_is_the_same_as_often(available: list[int], offset: int) -> None:
    often = make_world(offset=offset, pricing=replace(PRICING, base_start=777_777, speed=10_000))
    ids = [lease(often, n, often.hour + s, h) for n, s, h in ((3, 0, 30), (1, 5, 1), (4, 7, 13))]
    first = often.hour
    often.now = NOW + 30 * HOUR
    late = copy.deepcopy(often)
    for world in (often, late):
        for index, thousandths in enumerate(available):
            report(world, range(first + index, first + index + 1), thousandths)
            if world is often:
                world.advance(7)
        world.now = NOW + 31 * HOUR
    for step in range(300):
        often.advance(DAY // 300)
        often.router.accrue_and_distribute(1)
        often.market.settle(ids[step % 3])
        invariants.check_rent(often)
    late.now = often.now = NOW + 60 * HOUR
    for world in (often, late):
        world.router.accrue_and_distribute(1)
        for lease_id in ids:
            world.market.settle(lease_id)
        invariants.check_all(world)
    assert often.vault.claims[often.cash.address] == late.vault.claims[late.cash.address]
    assert often.market.books_of(1) == late.market.books_of(1)
    routed = [
        replace(world.router.routed_of(1), pending_since=0, distributed_at=0, bitcoin_backlog=0)
        for world in (often, late)
    ]
    assert routed[0] == routed[1]
    # When all has vested, everybody was paid the same for the same.
    for world in (often, late):
        world.now = NOW + 90 * HOUR
    assert often.token(1).cash.unvested == late.token(1).cash.unvested == 0
    assert often.token(1).owed_ledger_of(OPERATOR) == late.token(1).owed_ledger_of(OPERATOR)


@shows("ACC-12")
def test_the_longest_walk_of_one_call() -> None:
    world = make_world(pricing=replace(PRICING, horizon_hours=2_000))
    first = world.hour
    lease(world, 1, first + 10, 241)
    world.now += 1_000 * HOUR
    report(world, range(first + 10, first + 251), 1_000)
    world.now += DAY
    assert world.market.accrue(1) == first + 249  # one step to the lease, 239 in it
    assert world.market.accrue(1) == world.hour
    assert world.market.books_of(1).lost == 0
