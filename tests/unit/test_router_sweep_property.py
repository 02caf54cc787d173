"""Any sweep, at any price, of any sum, on any pool: never above the bound, and to the unit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import MAX, USD, Q
from tests.support.state import unchanged
from tests.support.sweeps import AT, Desk, desk_on, ordered_stage
from wellhead.chain.uniswap import PRICE, deploy_pool, root_of
from wellhead.model import sweep as model
from wellhead.model.errors import Revert

#: Uniswap's three oldest fees.
FEES = (500, 3000, 10_000)


@dataclass(frozen=True)
class Case:
    """What is swept where; of the amount so much was earned by cancellations, the rest in so many
    hours. Prices are millionths of the ordinary price."""

    amount: int
    most: int
    hours: int
    cancelled: int
    fee: int
    slippage: int
    tip: int
    depth: int
    ticks: int | None
    pool_price: int
    feed_price: int


def powers(low: int, high: int) -> st.SearchStrategy[int]:
    """Numbers of all sizes alike."""
    sizes = st.integers(low, high - 1)
    return sizes.flatmap(lambda size: st.integers(10**size, 10 ** (size + 1)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    fee = draw(st.sampled_from(FEES))
    amount, pool_price = draw(powers(3, 14)), draw(st.integers(900_000, 1_100_000))
    return Case(
        amount=amount,
        most=draw(st.one_of(st.just(MAX), st.integers(1, 2 * amount))),
        hours=draw(st.one_of(st.integers(1, 3), st.integers(4, 400))),
        cancelled=draw(st.one_of(st.sampled_from([0, amount]), st.integers(0, amount))),
        fee=fee,
        slippage=draw(st.integers(fee + 1, 100_000)),
        tip=draw(st.integers(0, 10_000)),
        depth=draw(powers(6, 12)),
        ticks=draw(st.one_of(st.none(), st.integers(1, 3000))),
        pool_price=pool_price,
        feed_price=pool_price * draw(st.integers(970_000, 1_080_000)) // Q,
    )


@pytest.fixture(scope="module", params=[True, False], ids=["cash first", "bitcoin first"])
def ordered(request: pytest.FixtureRequest) -> Iterator[tuple[Desk, dict[int, Desk]]]:
    """Desks with pools of all fees, on one stage."""
    with ordered_stage(request.param) as stage:
        desk, pools = desk_on(stage), {}
        for fee in FEES:
            pool = deploy_pool(stage.anvil.rpc, desk.keeper, stage.cash, stage.reserve, AT, fee)
            pool.fund(10**30, 10**30, desk.keeper)
            pools[fee] = replace(desk, pool=pool)
        yield desk, pools


def put(case: Case, pools: dict[int, Desk]) -> Desk:
    """The case's pool, filled and traded with, and its feed."""
    desk = replace(pools[case.fee])
    desk.fill(case.depth, case.ticks)
    root = root_of(AT * case.pool_price / Q, desk.cash_first)
    if root != desk.root():
        desk.move_to(root)
    desk.answer(PRICE * case.feed_price // Q)
    venue = {"pool": desk.pool.address, "slippage": case.slippage, "tip": case.tip}
    desk.set_venue(**venue, max_age=10**6)
    return desk


def model_bounds(desk: Desk) -> model.Bounds:
    """The model's bounds; Revert where the pool has nothing within them."""
    _, answer, _, updated_at, _ = desk.feed.call("latestRoundData")
    named = (desk.pool.contract.call("token0"), desk.pool.contract.call("token1"))
    pool = model.Pool(*named, desk.fee, desk.root())
    venue = model.Venue(*desk.venue.encoded())
    feed = model.Feed(8, answer, updated_at)
    bounds = model.bounds_of(venue, pool, feed, desk.stage.now(), desk.cash_first, (6, 8))
    model.require_room(pool, bounds, desk.cash_first)
    return bounds


@shows("SWEEP-1")
@given(case=cases())
def test_any_sweep(ordered: tuple[Desk, dict[int, Desk]], case: Case) -> None:
    with ordered[0].stage.scratch():
        desk = put(case, ordered[1])
        stage = desk.stage
        cluster = desk.waiting(case.amount, case.hours, case.cancelled)
        amount = min(case.amount, case.most)
        limit, most = desk.limit(), desk.most()
        try:
            bounds = model_bounds(desk)
        except Revert as refusal:
            event("out of bounds")
            assert refusal.name == "RevenueRouter_PriceOutOfBounds"
            with expect_revert(refusal.name, desk.root(), limit), unchanged(stage):
                desk.sweep(cluster, case.most)
            return
        assert bounds.sqrt_price_limit == limit
        spent, received = desk.quote(amount)
        least = bounds.least_for(spent)
        assert least == ceil(spent / most)
        if received == 0 or received < least:
            event("too little for its rounding")
            # Nothing but what the pool rounds away can make a purchase within the limit too dear.
            assert received >= (spent - 2) / most - 2
            with expect_revert("RevenueRouter_BadSwap", spent, received, least), unchanged(stage):
                desk.sweep(cluster, case.most)
            return
        event("partial" if spent < amount else "whole")
        check_sweep(desk, case, cluster, (spent, received))


def check_sweep(desk: Desk, case: Case, cluster: int, quoted: tuple[int, int]) -> None:
    """Prices, payments and books, before and after."""
    before, held = desk.claims(cluster), desk.held()
    receipt = desk.sweep(cluster, case.most)
    swept, after = receipt.event("Swept"), desk.claims(cluster)
    spent, received = quoted
    tip = received * case.tip // Q
    assert (swept["spent"], swept["received"], swept["tip"]) == (spent, received, tip)
    # Never above the feed's price and the slippage, to the unit.
    most = AT * Fraction(PRICE * case.feed_price // Q, PRICE) * (Q + case.slippage) / Q
    assert spent <= received * most
    assert desk.root() >= desk.limit() if desk.cash_first else desk.root() <= desk.limit()
    # What was paid is what was swept; what was bought is the holders' and the tip.
    assert {name: after[name] - before[name] for name in before} == {
        "router's cash": -spent,
        "router's bitcoin": 0,
        "token's bitcoin": received - tip,
        "keeper's bitcoin": tip,
    }
    assert desk.pending(cluster) == case.amount - spent
    vault, pool, router = (c.address for c in (desk.stage.vault, desk.pool, desk.stage.router))
    assert {name: amount - held[name] for name, amount in desk.held().items()} == {
        f"cash of {vault}": -spent,
        f"cash of {pool}": spent,
        f"cash of {router}": 0,
        f"bitcoin of {vault}": received,
        f"bitcoin of {pool}": -received,
        f"bitcoin of {router}": 0,
    }
    added, token = receipt.event("ReserveAdded").arguments, desk.stage.token(cluster)
    # Bitcoin for what comes at once; the hour it waited is less than a day.
    fresh = (case.amount - case.cancelled) // case.hours
    backlog = received - tip - (received - tip) * (spent * fresh // case.amount) // spent
    assert added == {"amount": received - tip, "backlog": backlog}
    revenue = token.call("reserveRevenue")
    assert revenue["total"] == (received - tip) << revenue["shift"]
    assert revenue["unvested"] == backlog << revenue["shift"]


@shows("SWEEP-8")
def test_the_cases_reach_what_they_are_for(ordered: tuple[Desk, dict[int, Desk]]) -> None:
    """One of each outcome, so that the property above is not about refusals alone."""
    plain = Case(10**10, MAX, 1, 0, 500, 10_000, 1_000, 10**11, None, Q, Q)
    outcomes = {
        "whole": plain,
        "partial": replace(plain, amount=10**13),
        "out of bounds": replace(plain, pool_price=1_020_000),
        "too little": replace(plain, amount=500),
    }
    found = {}
    for name, case in outcomes.items():
        with ordered[0].stage.scratch():
            desk = put(case, ordered[1])
            cluster = desk.waiting(case.amount, case.hours)
            try:
                model_bounds(desk)
            except Revert:
                found[name] = "out of bounds"
                continue
            spent, received = desk.quote(case.amount)
            ended = "whole" if spent == case.amount else "partial"
            found[name] = ended if received else "too little"
            if received:
                assert desk.would_sweep(cluster) == (spent, received)
    assert found == {name: name for name in outcomes}
    assert plain.amount == 10_000 * USD
