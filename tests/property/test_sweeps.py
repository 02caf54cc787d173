"""Sweeps on a real pool, and in the model beside it: what may be bought, and who gets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.property.pair import Pair
from tests.property.twin import feed_of, pool_of, sweeping, venue_of
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, MAX, USD, Q, Terms
from tests.support.sweeps import BITCOIN, Desk, desk_on, ordered_stage
from wellhead.model import invariants
from wellhead.model.samples import Sample

UNITS = 1_000
TERMS = Terms(base_start=50 * USD, base_cap=100 * USD, bitcoin_share=Q // 2)


@pytest.fixture(scope="module", params=[True, False], ids=["cash first", "bitcoin first"])
def ordered(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with ordered_stage(request.param) as stage:
        yield desk_on(stage)


class Counter:
    """A pair whose chain sweeps at a desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.pair = Pair(desk.stage, TERMS, UNITS)
        world, chosen = (
            self.pair.world,
            (venue_of(self.desk), pool_of(self.desk), feed_of(self.desk)),
        )
        world.router.set_venue(desk.stage.governor.address, chosen)
        for coin, twin in ((desk.stage.cash, world.cash), (desk.stage.reserve, world.reserve)):
            twin.mint(desk.pool.address, coin.call("balanceOf", desk.pool.address))

    def earn(self, hours: int) -> None:
        """Half of the units are leased for so many hours, which become final."""
        pair, world = self.pair, self.pair.world
        market, tenant = self.desk.stage.market, self.desk.stage.tenants[0]
        asked = (pair.cluster, UNITS // 2, pair.hour + 1, hours, MAX)
        pair.step(
            "lease",
            lambda: market.send("lease", *asked, sender=tenant),
            lambda: world.market.lease(tenant.address, *asked),
        )
        pair.wait((hours + 1) * HOUR)
        samples = [
            Sample(pair.cluster, hour, UNITS * 1_000, UNITS * 500)
            for hour in range(asked[2], asked[2] + hours)
        ]
        pair.step("report", *pair.report(samples))
        pair.wait(FINALITY)
        router, anyone = self.desk.stage.router, self.desk.keeper
        pair.step(
            "distribute",
            lambda: router.send("accrueAndDistribute", pair.cluster, sender=anyone),
            lambda: world.router.accrue_and_distribute(pair.cluster),
        )

    def sweep(self, amount: int) -> bool:
        """Sweep on both; where the chain's goes through, the model learns what the pool did."""
        pair, keeper = self.pair, self.desk.keeper
        steps = sweeping(self.desk, pair.world, pair.cluster, keeper, amount)
        went = pair.step("sweep", *steps)
        self.agree()
        return went

    def agree(self) -> None:
        """All of the pair, the keeper's claim, and the model's own invariants."""
        self.pair.compare()
        invariants.check_all(self.pair.world)
        asked = (self.desk.stage.reserve.address, self.desk.keeper.address)
        claim = self.desk.stage.vault.call("claimOf", *asked)
        assert claim == self.pair.world.vault.claim_of(*asked)


@pytest.fixture
def counter(ordered: Desk) -> Iterator[Counter]:
    """A counter at a pool with a hundred bitcoin."""
    with ordered.stage.scratch():
        desk = replace(ordered)
        desk.fill(100 * BITCOIN)
        yield Counter(desk)


def fresh(counter: Counter) -> None:
    """The feed speaks now."""
    counter.desk.answer(feed_of(counter.desk).answer)
    counter.pair.now = counter.desk.stage.now()


@shows("SWEEP-8")
@pytest.mark.property
@pytest.mark.parametrize("hours", [1, 30])
def test_sweeps_agree_with_the_model(counter: Counter, hours: int) -> None:
    assert not counter.sweep(MAX)  # nothing waits
    counter.earn(hours)
    counter.desk.answer(feed_of(counter.desk).answer, age=2 * HOUR)
    counter.pair.now = counter.desk.stage.now()
    assert not counter.sweep(MAX)  # stale
    for amount in (0, 1, 1_000, 1_999, 3_030, 1_234_567_891):
        fresh(counter)
        # A bitcoin unit costs a thousand stablecoin units and the fee, and 1,010 at most.
        assert counter.sweep(amount) is (amount > 2_000)
    counter.pair.wait(3 * 24 * HOUR)
    fresh(counter)
    assert counter.sweep(MAX)
    # Thirty hours bring more than the pool has at the price: the rest waits.
    waits = counter.pair.world.router.bitcoin_pending_of(counter.pair.cluster)
    assert (waits == 0) is (hours == 1)
    for _ in range(3):
        counter.pair.wait(10 * HOUR + 1)
        counter.agree()
    counter.earn(2)
    fresh(counter)
    assert counter.sweep(MAX) is (hours == 1)
    assert {"RevenueRouter_NothingToSweep", "RevenueRouter_StalePrice"} <= counter.pair.errors


@shows("SWEEP-8")
@pytest.mark.property
def test_a_pool_at_its_bounds_agrees_with_the_model(counter: Counter) -> None:
    counter.earn(5)
    fresh(counter)
    limit = counter.desk.limit()
    counter.desk.move_to(limit)
    counter.pair.now = counter.desk.stage.now()
    for coin, twin in (
        (counter.desk.stage.cash, counter.pair.world.cash),
        (counter.desk.stage.reserve, counter.pair.world.reserve),
    ):
        pool = counter.desk.pool.address
        twin.balances[pool] = coin.call("balanceOf", pool)
    assert not counter.sweep(MAX)
    assert "RevenueRouter_PriceOutOfBounds" in counter.pair.errors
