"""Units that are minted while something waits and vests bring their part of it, in the model."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    DAY,
    GOVERNOR,
    OPERATOR,
    QUORUM,
    TENANT,
    claim,
    lease,
    make_world,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.distributions import check_mints
from wellhead.model.errors import Revert
from wellhead.model.routed import TopUp
from wellhead.model.units import HOUR, MAX_UINT256, UNIT
from wellhead.model.world import World

#: What `minting` makes wait, for ten units.
WAITING = TopUp(pending=2_520_000, cash=4_384_800, reserve=1_000_000)
NOTHING = TopUp()
#: What three units bring to it, rounded up.
DUE = TopUp(pending=756_000, cash=1_315_440, reserve=300_000)


def minting(units: int = 10) -> World:
    """Ten hours of 0.84 coins were distributed just now, and bitcoin paid in. The operator has
    nothing but what a test gives it."""
    world = make_world(units=units)
    first = world.hour
    lease(world, 1, first, 10)
    world.now += 10 * HOUR
    report(world, range(first, first + 10), 1_000)
    world.now += DAY
    world.router.accrue_and_distribute(1)
    world.reserve.mint(TENANT, WAITING.reserve)
    world.reserve.approve(TENANT, world.vault.address, MAX_UINT256)
    world.router.pay_in(TENANT, 1, WAITING.reserve)
    world.token(1).transfer(OPERATOR, BUYER, units * UNIT // 2)
    for coin in (world.cash, world.reserve):
        coin.balances[OPERATOR] = 0
        coin.approve(OPERATOR, world.vault.address, 0)
    return world


def give(world: World, amounts: TopUp, claims: TopUp = NOTHING) -> None:
    """Coins with an allowance for just as much, and claims."""
    for coin, amount, claimed in (
        (world.cash, amounts.pending + amounts.cash, claims.pending + claims.cash),
        (world.reserve, amounts.reserve, claims.reserve),
    ):
        coin.mint(OPERATOR, amount + claimed)
        coin.approve(OPERATOR, world.vault.address, amount + claimed)
        world.vault.deposit(OPERATOR, coin.address, OPERATOR, claimed)


def mint(world: World, units: int = 3) -> None:
    """A mint of the operator's."""
    number = world.registry.cluster_of(1).attestations
    world.registry.mint(OPERATOR, 1, units, number, b"", QUORUM)


@shows("REG-4")
@pytest.mark.parametrize(
    ("amounts", "claims"),
    [
        (DUE, NOTHING),
        (NOTHING, DUE),
        (TopUp(0, 1_315_441, 1), TopUp(755_999, 0, 299_999)),
    ],
)
def test_the_operator_pays_from_claims_and_by_allowance(amounts: TopUp, claims: TopUp) -> None:
    world = minting()
    assert world.router.top_up_of(1, 3) == DUE
    token, router = world.token(1), world.router.address
    held = [claim(world, account) for account in (router, token.address)]
    before = token.owed_ledger_of(BUYER)
    give(world, amounts, claims)
    mint(world)
    paid = [claim(world, account) for account in (router, token.address)]
    assert [paid[0] - held[0], paid[1] - held[1]] == [DUE.pending, DUE.cash]
    assert claim(world, OPERATOR) == 0
    assert world.cash.balance_of(OPERATOR) == world.reserve.balance_of(OPERATOR) == 0
    assert world.router.bitcoin_pending_of(1) == WAITING.pending + DUE.pending
    assert token.cash.unvested == (WAITING.cash + DUE.cash) << token.cash.shift
    assert token.reserve.unvested == (WAITING.reserve + DUE.reserve) << token.reserve.shift
    assert token.owed_ledger_of(BUYER) == before
    assert world.router.routed_of(1).topped_up == DUE
    invariants.check_all(world)


@shows("REG-4")
@pytest.mark.parametrize(
    ("missing", "error"),
    [
        (TopUp(0, 1, 0), ("ERC20InsufficientAllowance", 1_315_439, 1_315_440)),
        (TopUp(1_315_441, 0, 0), ("ERC20InsufficientAllowance", 755_999, 756_000)),
        (TopUp(0, 0, 1), ("ERC20InsufficientAllowance", 299_999, 300_000)),
    ],
)
def test_without_the_means_nothing_happens(missing: TopUp, error: tuple[str, int, int]) -> None:
    """Nothing is half-done, and the attestation is good for another time."""
    world = minting()
    give(
        world,
        TopUp(
            DUE.pending - missing.pending,
            DUE.cash - missing.cash,
            DUE.reserve - missing.reserve,
        ),
    )
    before = copy.deepcopy(world)
    with pytest.raises(Revert) as caught:
        mint(world)
    assert caught.value.name == error[0]
    assert caught.value.args_ == (world.vault.address, *error[1:])
    for mine, then in (
        (world.router.routed, before.router.routed),
        (world.vault.claims, before.vault.claims),
    ):
        assert mine == then
    assert world.token(1).balances == before.token(1).balances
    assert world.token(1).cash.total == before.token(1).cash.total
    assert world.registry.cluster_of(1).attestations == 1
    world.cash.approve(OPERATOR, world.vault.address, MAX_UINT256)
    world.reserve.approve(OPERATOR, world.vault.address, MAX_UINT256)
    world.cash.mint(OPERATOR, missing.cash + missing.pending)
    world.reserve.mint(OPERATOR, missing.reserve)
    mint(world)
    invariants.check_all(world)


def test_who_may_not_receive_pays_nothing() -> None:
    world = minting()
    give(world, DUE)
    world.compliance.set_blocked(GOVERNOR, OPERATOR, True)
    assert refused(partial(mint, world)) == ("ERC7943CannotReceive", OPERATOR)
    assert world.cash.balance_of(OPERATOR) == DUE.pending + DUE.cash
    assert world.router.routed_of(1).topped_up == NOTHING


def test_an_older_record_is_told_before_the_charge() -> None:
    world = minting()
    lease(world, 1, world.hour, 40)
    world.advance(30 * HOUR)
    assert world.router.top_up_of(1, 3) != NOTHING
    assert refused(partial(mint, world))[0] == "RecordNotCurrent"
    assert world.router.routed_of(1).topped_up == NOTHING


def test_only_the_registry_tops_up() -> None:
    world = minting()
    top_up = partial(world.router.top_up, OPERATOR, 1, OPERATOR, 3)
    assert refused(top_up) == ("NotRegistry", OPERATOR)
    assert refused(partial(world.token(1).top_up, OPERATOR, 1, 0)) == ("NotRouter", OPERATOR)
    assert refused(partial(world.router.top_up_of, 2, 1)) == ("UnknownCluster", 2)


@shows("REG-4")
def test_the_first_units_after_all_were_retired_bring_nothing() -> None:
    """There is nobody whose part could become smaller: what vests is theirs."""
    world = minting()
    world.token(1).transfer(BUYER, OPERATOR, 5 * UNIT)
    world.registry.retire(OPERATOR, 1, 10)
    assert world.router.top_up_of(1, 7) == NOTHING
    mint(world, 7)
    assert world.token(1).cash.unvested == WAITING.cash << 68
    assert world.registry.cluster_of(1).mints == []
    world.advance(DAY)
    invariants.check_all(world)


@shows("REG-4")
@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, DAY)), min_size=1, max_size=4),
    st.integers(0, 5),
)
def test_others_have_what_they_would_have_without_mints(
    units: int, mints: list[tuple[int, int]], back: int
) -> None:
    """At every second at least, and together less than a unit more for each mint; the operator has
    back what it pays. Where it retires units again, the others have more."""
    world = minting(10 + units)
    for coin in (world.cash, world.reserve):
        coin.mint(OPERATOR, 10**18)
        coin.approve(OPERATOR, world.vault.address, MAX_UINT256)
    without = copy.deepcopy(world)
    for more, wait in mints:
        world.advance(wait // len(mints))
        mint(world, more)
        if back != 0:
            world.registry.retire(OPERATOR, 1, min(back, more))
        without.now = world.now
        for mine, then in zip(
            (world.token(1).cash, world.token(1).reserve),
            (without.token(1).cash, without.token(1).reserve),
            strict=True,
        ):
            gained = mine.owed_to(BUYER) - then.owed_to(BUYER)
            # A step of the index is rounded down each time that something is written.
            steps = world.token(1).balance_of(BUYER) * (len(mints) * 2 + 1)
            assert -steps <= gained
            assert back != 0 or gained <= len(mints) << mine.shift
        invariants.check_all(world)
    world.now = without.now = world.now + DAY
    paid = world.router.routed_of(1).topped_up
    if back == 0:
        got, had = world.token(1), without.token(1)
        for revenue, was, amount in (
            (got.cash, had.cash, paid.cash),
            (got.reserve, had.reserve, paid.reserve),
        ):
            earned = revenue.owed_to(OPERATOR) - was.owed_to(OPERATOR)
            assert amount - len(mints) - 1 <= earned >> revenue.shift <= amount


# --- bounds ----------------------------------------------------------------------------------


def test_what_waits_has_a_bound() -> None:
    world = minting()
    world.router.routed[1].bitcoin_pending = 2**63
    give(world, TopUp(2**63, 2**50, 2**50))
    assert refused(partial(mint, world, 10)) == (
        "SafeCastOverflowedUintDowncast",
        64,
        2**64,
    )
    world.router.routed[1].bitcoin_pending = WAITING.pending
    mint(world, 10)
    invariants.check_all(world)


def test_what_the_ledger_can_not_take_is_held() -> None:
    world = minting()
    give(world, DUE)
    cash = world.token(1).cash
    cash.total = 2**128 - 1 - (1_000 << cash.shift)
    mint(world)
    assert cash.held == DUE.cash - 1_000
    assert cash.unvested == (WAITING.cash + 1_000) << cash.shift


# --- the check -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pending", "cash", "reserve"])
@pytest.mark.parametrize("more", [-1, 1])
def test_the_check_of_mints_finds_what_is_wrong(name: str, more: int) -> None:
    world = minting()
    give(world, DUE)
    mint(world)
    mints, token = world.registry.cluster_of(1).mints, world.token(1)
    ((before, after),) = mints
    assert (before.attested, after.attested) == (10, 13)
    shift = {"cash": token.cash.shift, "reserve": token.reserve.shift}.get(name, 0)
    mints[0] = before, replace(after, **{name: getattr(after, name) + (more << shift)})
    with pytest.raises(AssertionError, match=f"cluster 1: {name}"):
        check_mints(world)
