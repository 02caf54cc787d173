"""A venue that the governor was wrong to name: it can not take more than was being swept, and no
bitcoin that it gave comes short of what was due."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.support.hostile_pool import HostilePool, hostile_pool
from tests.support.shows import shows
from tests.support.stage import MAX, USD, Q
from tests.support.state import refused
from tests.support.sweeps import ALL_BITCOIN, Desk, desk_on, earn, ordered_stage

#: What is swept, and what it must bring at least: at 101,000 dollars per bitcoin.
AMOUNT = 10_000 * USD
LEAST = -(-AMOUNT // 1010)
FAIR = AMOUNT // 1000


@dataclass
class Trap(Desk):
    """A desk whose venue is hostile, with a cluster of which AMOUNT waits beside another's."""

    hostile: HostilePool
    one: int
    other: int

    def total(self) -> int:
        """Cash of everybody's in the router's claim."""
        return self.claims(self.one)["router's cash"]


@pytest.fixture(scope="module", params=[True, False], ids=["cash first", "bitcoin first"])
def ordered(request: pytest.FixtureRequest) -> Iterator[Trap]:
    with ordered_stage(request.param) as stage:
        desk = desk_on(stage)
        hostile = hostile_pool(stage)
        desk.set_venue(pool=hostile.address)
        one, other = desk.waiting(AMOUNT), desk.waiting(50 * AMOUNT)
        parts = (stage, desk.pool, desk.feed, desk.venue)
        yield Trap(*parts, hostile=hostile, one=one, other=other)


@pytest.fixture
def trap(ordered: Trap) -> Iterator[Trap]:
    with ordered.stage.scratch():
        yield replace(ordered)


def test_a_venue_that_does_what_a_pool_does(trap: Trap) -> None:
    pool = trap.hostile
    pool.will(pool.pay(FAIR), pool.ask(AMOUNT), spent=AMOUNT, received=FAIR)
    swept = trap.sweep(trap.one).event("Swept")
    assert (swept["spent"], swept["received"]) == (AMOUNT, FAIR)
    assert trap.stage.cash.call("balanceOf", pool.address) == AMOUNT


@shows("SWEEP-2")
@pytest.mark.parametrize("more", [1, 49 * AMOUNT, 2**255 - 1 - AMOUNT])
def test_it_can_not_ask_for_more_than_is_swept(trap: Trap, more: int) -> None:
    """Much more lies in the router's claim, the other cluster's."""
    pool = trap.hostile
    pool.will(pool.pay(FAIR), pool.ask(AMOUNT + more), spent=AMOUNT, received=FAIR)
    with refused(trap.stage, "RevenueRouter_Overcharged", AMOUNT + more, AMOUNT):
        trap.sweep(trap.one)
    # A smaller sweep bounds it more closely.
    with refused(trap.stage, "RevenueRouter_Overcharged", AMOUNT + more, 7 * USD):
        trap.sweep(trap.one, 7 * USD)


@shows("SWEEP-2")
def test_it_can_not_ask_for_more_in_parts(trap: Trap) -> None:
    pool = trap.hostile
    parts = [pool.ask(AMOUNT // 4)] * 4
    pool.will(pool.pay(FAIR), *parts, pool.ask(1), spent=AMOUNT, received=FAIR)
    # Where all is paid there is no sweep under way any more.
    with refused(trap.stage, "RevenueRouter_NotPool", pool.address):
        trap.sweep(trap.one)
    pool.will(pool.pay(FAIR), *parts[1:], pool.ask(AMOUNT // 4 + 1), received=FAIR)
    with refused(trap.stage, "RevenueRouter_Overcharged", AMOUNT // 4 + 1, AMOUNT // 4):
        trap.sweep(trap.one)
    pool.will(pool.pay(FAIR), *parts, spent=AMOUNT, received=FAIR)
    swept = trap.sweep(trap.one).event("Swept")
    assert (swept["spent"], swept["received"]) == (AMOUNT, FAIR)


@pytest.mark.parametrize("asked", [-1, -(2**255)])
def test_it_can_not_ask_for_less_than_nothing(trap: Trap, asked: int) -> None:
    pool = trap.hostile
    pool.will(pool.pay(FAIR), pool.ask(asked, AMOUNT), spent=asked, received=FAIR)
    with refused(trap.stage, "RevenueRouter_Overcharged", asked, AMOUNT):
        trap.sweep(trap.one)


@pytest.mark.parametrize("said", [0, 1, LEAST - 1, -LEAST, -(2**255 - 1)])
def test_it_can_not_say_that_it_gave_too_little(trap: Trap, said: int) -> None:
    """What it says counts, whatever it paid; a sign that does not fit is nothing."""
    pool = trap.hostile
    pool.will(pool.pay(FAIR), pool.ask(AMOUNT), spent=AMOUNT, received=said)
    with refused(trap.stage, "RevenueRouter_BadSwap", AMOUNT, max(said, 0), LEAST):
        trap.sweep(trap.one)


@shows("SWEEP-2")
@pytest.mark.parametrize("paid", [0, 1, LEAST - 1])
def test_it_can_not_give_less_than_it_says(trap: Trap, paid: int) -> None:
    pool, router = trap.hostile, trap.stage.router
    pool.will(pool.pay(paid), pool.ask(AMOUNT), spent=AMOUNT, received=LEAST)
    with refused(trap.stage, "ERC20InsufficientBalance", router.address, paid, LEAST):
        trap.sweep(trap.one)
    pool.will(pool.pay(LEAST), pool.ask(AMOUNT), spent=AMOUNT, received=LEAST)
    assert trap.sweep(trap.one).event("Swept")["received"] == LEAST


def test_what_it_says_of_the_stablecoin_does_not_count(trap: Trap) -> None:
    pool = trap.hostile
    for said in (0, 1, -AMOUNT, 2**255 - 1):
        with trap.stage.scratch():
            pool.will(pool.pay(FAIR), pool.ask(AMOUNT), spent=said, received=FAIR)
            assert trap.sweep(trap.one).event("Swept")["spent"] == AMOUNT
            assert trap.pending(trap.one) == 0


def test_what_it_gives_beyond_its_word_is_nobodys(trap: Trap) -> None:
    pool, stage = trap.hostile, trap.stage
    pool.will(pool.pay(2 * FAIR), pool.ask(AMOUNT), spent=AMOUNT, received=FAIR)
    trap.sweep(trap.one)
    left = stage.reserve.call("balanceOf", stage.router.address)
    assert left == FAIR
    # The next one may count it as its own: the holders get their due all the same.
    before = trap.total()
    pool.will(pool.ask(AMOUNT // 2), spent=AMOUNT // 2, received=FAIR)
    swept = trap.sweep(trap.other, AMOUNT).event("Swept")
    assert (swept["spent"], swept["received"]) == (AMOUNT // 2, FAIR)
    assert before - trap.total() == AMOUNT // 2


def test_a_gift_costs_nothing(trap: Trap) -> None:
    pool = trap.hostile
    pool.will(pool.pay(FAIR), received=FAIR)
    swept = trap.sweep(trap.one).event("Swept")
    assert (swept["spent"], swept["received"]) == (0, FAIR)
    assert trap.pending(trap.one) == AMOUNT


@shows("SWEEP-2")
def test_it_can_not_ask_outside_of_a_sweep(trap: Trap) -> None:
    pool = trap.hostile
    pool.will(pool.pay(FAIR), pool.ask(AMOUNT // 2), spent=AMOUNT // 2, received=FAIR)
    trap.sweep(trap.one)
    # It left half of that on the table, and can not come back for it.
    for asked in (0, 1, AMOUNT // 2):
        with refused(trap.stage, "RevenueRouter_NotPool", pool.address):
            pool.act(pool.ask(asked))


def test_nobody_else_can_ask_in_its_sweep(trap: Trap) -> None:
    pool = trap.hostile
    accomplice = hostile_pool(trap.stage)
    ask = pool.call(accomplice.contract, "act", accomplice.ask(AMOUNT))
    pool.will(pool.pay(FAIR), ask, spent=AMOUNT, received=FAIR)
    with refused(trap.stage, "RevenueRouter_NotPool", accomplice.address):
        trap.sweep(trap.one)


@shows("SWEEP-2")
def test_it_can_not_sweep_in_a_sweep(trap: Trap) -> None:
    pool, router = trap.hostile, trap.stage.router
    for cluster in (trap.one, trap.other):
        again = pool.call(router, "sweep", cluster, MAX)
        pool.will(pool.pay(FAIR), again, pool.ask(AMOUNT), spent=AMOUNT, received=FAIR)
        with refused(trap.stage, "ReentrancyGuardReentrantCall"):
            trap.sweep(trap.one)


@shows("SWEEP-2")
def test_what_it_may_do_in_a_sweep_leaves_the_books_right(trap: Trap) -> None:
    """Distributing and releasing are anybody's, and paying in: the sweep takes no notice."""
    pool, stage, router = trap.hostile, trap.stage, trap.stage.router
    third = trap.cluster(terms=ALL_BITCOIN.but(operator_share=Q // 2, bitcoin_share=Q // 2))
    trap.earn(third, 2 * AMOUNT)
    earn(stage, trap.one, 3 * AMOUNT, 1)
    total = trap.total()
    approve = pool.call(stage.reserve, "approve", stage.vault.address, MAX)
    pool.will(
        pool.pay(FAIR),
        pool.ask(AMOUNT // 2),
        pool.call(router, "distribute", trap.one),
        pool.call(router, "release", third),
        approve,
        pool.call(router, "payIn", trap.one, 5),
        pool.ask(AMOUNT // 2),
        spent=AMOUNT,
        received=FAIR,
    )
    receipt = trap.sweep(trap.one)
    swept = receipt.event("Swept")
    assert (swept["spent"], swept["received"]) == (AMOUNT, FAIR)
    assert trap.pending(trap.one) == 3 * AMOUNT
    assert trap.total() == total - AMOUNT + 3 * AMOUNT - AMOUNT
    assert trap.claims(trap.one)["token's bitcoin"] == FAIR - swept["tip"] + 5
    assert [e["amount"] for e in receipt.all("ReserveAdded")] == [5, FAIR - swept["tip"]]


def test_a_price_that_it_only_shows(trap: Trap) -> None:
    """What counts is what it gives."""
    pool = trap.hostile
    pool.will(pool.pay(LEAST - 1), pool.ask(AMOUNT), spent=AMOUNT, received=LEAST - 1)
    pool.stand_at(2 * trap.limit() if trap.cash_first else 1)
    with refused(trap.stage, "RevenueRouter_BadSwap", AMOUNT, LEAST - 1, LEAST):
        trap.sweep(trap.one)
    pool.stand_at(trap.limit())
    with refused(trap.stage, "RevenueRouter_PriceOutOfBounds", trap.limit(), trap.limit()):
        trap.sweep(trap.one)


@shows("SWEEP-1")
def test_the_most_that_it_can_take_is_the_slippage(trap: Trap) -> None:
    """However it goes about it, with every sweep and every cluster."""
    pool, stage = trap.hostile, trap.stage
    waits = trap.pending(trap.one) + trap.pending(trap.other)
    paid = 0
    for cluster, amount in ((trap.one, AMOUNT), (trap.other, 50 * AMOUNT)):
        least = -(-amount // 1010)
        pool.will(pool.pay(least), pool.ask(amount), spent=amount, received=least)
        trap.sweep(cluster)
        paid += least
    assert stage.cash.call("balanceOf", pool.address) == waits == 51 * AMOUNT
    assert paid * 1010 >= waits
