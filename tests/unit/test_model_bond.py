"""Bonds in the model, with numbers computed by hand."""

from __future__ import annotations

from fractions import Fraction

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    OPERATOR,
    TENANT,
    bonded,
    claim,
    lease,
    make_world,
    outage,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.accounts import accounts
from wellhead.model.units import HOUR, LEDGER_SCALE, MAX_UINT256, Q


def test_every_booked_unit_is_covered() -> None:
    world = make_world(terms=bonded(2 * COIN))
    first, market = world.hour, world.market
    assert refused(lambda: lease(world, 1, first, 1)) == ("Unbonded", 0, 1, 0)
    market.post_bond(BUYER, 1, 10 * COIN - 1)  # anyone may
    lease(world, 3, first, 2)
    assert refused(lambda: lease(world, 2, first + 1, 2)) == ("Unbonded", 3, 2, 4)
    lease(world, 4, first + 2, 1)
    assert refused(lambda: lease(world, 11, first, 1)) == ("SoldOut", 3, 11, 10)
    market.post_bond(OPERATOR, 1, 1)
    key = lease(world, 2, first + 1, 1)
    over = refused(lambda: market.extend(TENANT, key, 1, MAX_UINT256))
    assert over == ("Unbonded", 4, 2, 5)
    assert market.books_of(1).bond == 10 * COIN * LEDGER_SCALE
    invariants.check_all(world)


def test_what_can_be_withdrawn() -> None:
    world = make_world(terms=bonded(2 * COIN))
    first, market = world.hour, world.market
    market.post_bond(OPERATOR, 1, 10 * COIN)
    lease(world, 3, first, 1)
    lease(world, 2, first + 2, 1)

    def withdraw(amount: int, caller: str = OPERATOR) -> tuple[object, ...]:
        return refused(lambda: market.withdraw_bond(caller, 1, amount))

    assert withdraw(1, TENANT) == ("NotOperator", 1, TENANT)
    assert withdraw(4 * COIN + 1) == ("BondInUse", 1, 10 * COIN, 6 * COIN)
    assert withdraw(11 * COIN) == ("BondInUse", 1, 10 * COIN, 6 * COIN)
    assert refused(lambda: market.withdraw_bond(OPERATOR, 2, 0)) == ("UnknownCluster", 2)
    assert refused(lambda: market.post_bond(OPERATOR, 2, 0)) == ("UnknownCluster", 2)
    market.withdraw_bond(OPERATOR, 1, 4 * COIN)
    assert claim(world, OPERATOR) == 4 * COIN
    # Hours that are not accrued keep theirs, however long ago they were.
    world.advance(50 * HOUR)
    assert withdraw(1) == ("BondInUse", 1, 6 * COIN, 6 * COIN)
    report(world, [first], 3_000)
    world.advance(DAY)
    assert withdraw(2 * COIN + 1) == ("BondInUse", 1, 6 * COIN, 4 * COIN)
    market.withdraw_bond(OPERATOR, 1, 2 * COIN)
    assert market.books_of(1).cursor == first + 2
    too_much = 2**104 // LEDGER_SCALE + 1
    expected = ("SafeCastOverflowedUintDowncast", 104, (4 * COIN + too_much) * LEDGER_SCALE)
    assert refused(lambda: market.post_bond(OPERATOR, 1, too_much)) == expected
    invariants.check_all(world)


@shows("BOND-4")
def test_the_bond_pays_beyond_the_rent_until_it_runs_dry() -> None:
    world = make_world(terms=bonded(COIN))
    first, market = world.hour, world.market
    market.post_bond(OPERATOR, 1, 10 * COIN)
    key = lease(world, 10, first, 4)  # 12 coins an hour
    outage(world, range(first, first + 1))
    assert market.settle(key) == 18 * COIN  # rent and half of it
    assert market.books_of(1).bond == 4 * COIN * LEDGER_SCALE
    # Four coins are a third of the rent: 333,333 millionths, and what is left of the coins.
    outage(world, range(first + 1, first + 2))
    market.accrue(1)
    books = market.books_of(1)
    assert books.lost == 1_500_000 + 1_333_333
    left = Fraction(4 * COIN) - 12 * COIN * Fraction(333_333, Q)
    assert Fraction(books.bond, LEDGER_SCALE) == left == 4
    outage(world, range(first + 2, first + 3))
    # Four units of the twelve coins: nothing to a millionth of the rent.
    market.accrue(1)
    assert market.books_of(1).lost == 1_500_000 + 1_333_333 + Q
    assert market.settle(key) == 15_999_996 + 12 * COIN
    assert market.books_of(1).earned == 0
    assert accounts(world, 1).bond == 4 * LEDGER_SCALE
    invariants.check_all(world)


def test_all_leases_of_an_hour_share_by_their_rent() -> None:
    world = make_world(terms=bonded(COIN))
    first, market = world.hour, world.market
    market.post_bond(OPERATOR, 1, 10 * COIN)
    cheap, dear = lease(world, 5, first, 2), lease(world, 5, first, 1, BUYER)
    outage(world, range(first, first + 1))
    assert market.settle(cheap) == 7_500_000  # 5 coins of rent
    assert market.settle(dear) == 10_500_000  # 7 coins of rent
    assert market.books_of(1).bond == 4 * COIN * LEDGER_SCALE
    # Late is the same as often, and a bond posted later pays later hours only.
    market.post_bond(OPERATOR, 1, 10 * COIN)
    outage(world, range(first + 1, first + 2))
    assert market.settle(cheap) == 7_500_000
    invariants.check_all(world)
