"""Random histories of the model: whatever happens, its invariants hold."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    GOVERNOR,
    OPERATOR,
    PRICING,
    QUORUM,
    TENANT,
    TERMS,
    lease,
    make_world,
    report,
)
from wellhead.model import invariants
from wellhead.model.book import DEFAULT_SECONDS
from wellhead.model.errors import Revert
from wellhead.model.exchange import Bounds
from wellhead.model.leases import digest_of
from wellhead.model.terms import Service
from wellhead.model.units import HOUR, MAX_UINT256, UNIT, Q
from wellhead.model.world import World


def state(value: object) -> object:
    """Everything that a world holds, as plain data."""
    if isinstance(value, int | str | bytes):
        return value
    if isinstance(value, dict):
        return {key: state(item) for key, item in value.items()}
    if isinstance(value, set):
        return frozenset(value)
    if isinstance(value, list | tuple):
        return [state(item) for item in value]
    if hasattr(value, "__dict__"):
        return {k: state(v) for k, v in vars(value).items() if k != "world"}
    return value


def act(world: World, kind: int, a: int, b: int, c: int) -> None:
    """One of everything that can happen, often with arguments that make it revert."""
    who, other = (OPERATOR, TENANT, BUYER)[a % 3], (TENANT, BUYER, OPERATOR)[b % 3]
    token, cash, hour = world.token(1), world.cash.address, world.hour
    match kind:
        case 0 | 1:
            lease(world, a % 5, hour + b % 7 - 1, c % 12, who)
        case 2:
            report(world, range(hour - a % 30, hour - a % 30 + b % 30), c % 4 * 1_500)
        case 3:
            world.market.settle(a % 9)
        case 4:
            world.router.accrue_and_distribute(1)
        case 5:
            world.market.transfer_from(who, who, other, b % 9)
        case 6:
            token.transfer(who, other, c % 7 * UNIT // 3)
        case 7:
            token.claim(who, other)
        case 8:
            world.registry.retire(OPERATOR, 1, a % 3)
        case 9:
            number = world.registry.cluster_of(1).attestations
            world.registry.mint(OPERATOR, 1, a % 3, number, b"", QUORUM)
        case 10:
            world.registry.set_sellable(OPERATOR, 1, a % 20)
        case 11:
            call = world.registry.unpause if world.registry.paused else world.registry.pause
            call(GOVERNOR)
        case 12:
            world.oracle.close_silent(1, hour - 160 - a % 30)
        case 13:
            world.vault.withdraw(who, cash, other, world.vault.claim_of(cash, who) - a % 2)
        case 14:
            world.cash.set_blocked(other, a % 4 == 0)
        case 15:
            world.market.update_base(1)
        case 30:
            # What the operator may be charged for a mint, and for a bond.
            allowed = (MAX_UINT256, c * 1_000, 0)[a % 3]
            world.cash.approve(OPERATOR, world.vault.address, allowed)
        case _ if kind < 30:
            act_on_a_lease(world, kind, a, b, c)
        case _:
            world.advance(a % 40 * 1_111 * (1 + 9 * (b % 5 == 0)))


def act_on_a_lease(world: World, kind: int, a: int, b: int, c: int) -> None:
    """One of everything that can happen to a lease, mostly by its owner, or to a bond."""
    market, exchange, now, hour = world.market, world.exchange, world.now, world.hour
    keys = sorted(market.leases)
    key = keys[a % len(keys)] if keys else 1
    owner = market.leases[key].owner if keys else TENANT
    other = (TENANT, BUYER, OPERATOR)[b % 3]
    match kind:
        case 16 | 17:
            market.cancel(owner, key, hour + b % 8, c % 3 * 100_000)
        case 18:
            market.split_units(owner, key, b % 4)
        case 19:
            market.split_hours(owner, key, hour + b % 8)
        case 20:
            market.extend(owner, key, b % 6, MAX_UINT256 * (c % 4 != 0))
        case 21:
            market.set_user((owner, other)[c % 2], key, other, now + b % 20 * HOUR)
        case 22:
            market.notice_suspension(OPERATOR, key, b"")
        case 23:
            market.suspend(OPERATOR, key)
        case 24:
            market.lift_suspension(OPERATOR, key)
        case 25:
            market.post_bond(other, 1, c * 20_000)
        case 26:
            market.withdraw_bond(OPERATOR, 1, c * 20_000)
        case 27:
            (market.recover if c % 3 == 0 else market.declare_default)(1)
        case 28:
            with world.transaction():
                market.approve(owner, exchange.address, key)
                exchange.list(owner, key, c * 10_000, b * 5_000, now - a % 5, now + b % 30 * HOUR)
        case 29:
            view = market.leases.get(key)
            units, end = (view.units, market.lease_of(key).stop) if view else (0, 0)
            seen = digest_of(view.parts) if view else bytes(32)
            wanted = Bounds(MAX_UINT256, units, end, hour - c % 40, now + HOUR, seen)
            exchange.buy(other, key, wanted)


def follow(world: World, history: list[tuple[int, int, int, int]]) -> None:
    """Live through a history, and check everything after every step."""
    lost = 0
    for kind, a, b, c in history:
        before = state(world)
        try:
            act(world, kind, a, b, c)
        except Revert as error:
            event(error.name)
            assert state(world) == before
        else:
            event(f"step {kind}")
        invariants.check_all(world)
        assert world.market.books_of(1).lost >= lost
        lost = world.market.books_of(1).lost


STEP = st.tuples(st.integers(0, 37), *[st.integers(0, 999)] * 3)


@shows("APART-2")
@given(st.lists(STEP, min_size=10, max_size=60), st.sampled_from([0, 200_000]))
def test_every_history_keeps_the_invariants(
    history: list[tuple[int, int, int, int]], discount: int
) -> None:
    pricing = replace(
        PRICING, speed=50_000, discount=discount, base_start=777_777, cancel_fee=50_000
    )
    terms = replace(TERMS, service=Service(sla=990_000, penalty=3 * Q, bond=300_000))
    world = make_world(pricing=pricing, terms=terms, offset=1_234)
    world.market.post_bond(OPERATOR, 1, 4 * COIN)
    follow(world, history)


@shows("APART-2")
@given(st.lists(STEP, min_size=6, max_size=24), st.integers(0, 40), st.integers(0, 3))
def test_every_history_around_a_default_keeps_the_invariants(
    history: list[tuple[int, int, int, int]], more: int, when: int
) -> None:
    """Nine leases, three days without anything available, and a default in the middle of it all."""
    terms = replace(TERMS, service=Service(sla=990_000, penalty=Q // 20, bond=300_000))
    world = make_world(terms=terms, offset=1_234)
    market, first = world.market, world.hour
    market.post_bond(OPERATOR, 1, 4 * COIN)
    for number in range(8):
        lease(world, 1, first + number % 3, 100 + 9 * number, (TENANT, BUYER)[number % 2])
    market.extend(TENANT, 1, 40, MAX_UINT256)
    market.split_hours(BUYER, 2, first + 99)
    world.now = (first + 72 + more) * HOUR + 5
    report(world, range(first, first + 72 + more), 0)
    world.advance(DAY)
    steps = len(history) * when // 3
    follow(world, history[:steps])
    if not world.registry.paused and market.walk(1).down >= DEFAULT_SECONDS:
        try:
            market.declare_default(1)
        except Revert as error:
            assert error.name == "LeaseMarket_WorksAgain"
        event("default" if market.books_of(1).era else "works again")
    invariants.check_all(world)
    follow(world, history[steps:])
