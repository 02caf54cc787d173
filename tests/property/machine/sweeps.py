"""Bitcoin is bought on a real pool, which others trade with, at a price that a feed says."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Machine, Reach, people, ups
from tests.property.twin import feed_of, pool_of, sweeping, venue_of
from tests.support.stage import MAX, Q
from tests.support.sweeps import AT, Desk
from wellhead.chain.uniswap import PRICE, root_of
from wellhead.model.sweep import Venue


class AtDesk(Machine):
    """A machine whose market buys at `desk`, a pool and a feed."""

    calls: Reach = ("TestFeed.set",)
    desk: Desk

    def begin_to_sweep(self) -> None:
        """The venue of the chain is the model's, and the pool has what it has."""
        self.world.router.set_venue(
            self.stage.governor.address,
            (venue_of(self.desk), pool_of(self.desk), feed_of(self.desk)),
        )
        self._see_the_pool()
        self.say(PRICE, self.pair.now)

    def say(self, answer: int, at: int) -> None:
        """The feed says a price of a unix time."""
        feed = self.desk.feed
        self.call(self.stage.stranger, feed, "set", (answer, at), lambda: None)

    def _see_the_pool(self) -> None:
        """The model knows what the pool has, not how it trades."""
        for coin in self.pair.coins[:2]:
            held = coin.call("balanceOf", self.desk.pool.address)
            self.world.coins[coin.address].balances[self.desk.pool.address] = held


class SweepRules(AtDesk):
    """Keepers, traders, whoever feeds the price, and the governor."""

    calls: Reach = (
        "RevenueRouter.sweep",
        "RevenueRouter.setVenue",
        "TestLiquidity.swap",
    )

    @rule(who=people, amount=st.one_of(st.just(MAX), st.integers(0, 10**10)))
    def sweep(self, who: int, amount: int) -> None:
        """What the pool took and gave is what the model learns, whether that was good enough or
        not."""
        steps = sweeping(self.desk, self.world, self.key, self.pair.people[who], amount)
        self.pair.step("RevenueRouter.sweep", *steps)

    @rule(hours=st.integers(1, 40), up=ups, who=people, wait=st.integers(0, 30))
    def earn_and_sweep(self, hours: int, up: int, who: int, wait: int) -> None:
        """What has waited longer than a day vests."""
        self.live_hours(hours, up)
        self.distribute()
        self.pair.wait(max(1, wait * 3600))
        self.speak(0, 0)
        self.sweep(who, MAX)

    @rule(
        move=st.sampled_from([0, 0, 0, Q // 100, -Q // 100, -Q]),
        age=st.sampled_from([0, 0, 3599, 3600, -10]),
    )
    def speak(self, move: int, age: int) -> None:
        """The feed says a price, of some time ago, or of a time to come."""
        self.say(PRICE * (Q + move) // Q, self.pair.now - age)

    @rule(shift=st.integers(-15_000, 15_000))
    def trade(self, shift: int) -> None:
        """Somebody brings the pool to another price: a bit more or less than the feed's."""
        root = root_of(AT * Fraction(Q + shift, Q), self.desk.cash_first)
        down = root < self.desk.root()
        if root == self.desk.root():
            return
        asked = (self.desk.pool.address, down, 10**30, root)
        liquidity = self.desk.pool.liquidity
        self.call(self.stage.stranger, liquidity, "swap", asked, self._see_the_pool)

    @rule(
        kind=st.sampled_from(["same", "same", "none", "tip", "slippage", "age", "feed"]),
        by=st.sampled_from(["governor", "governor", "stranger"]),
    )
    def set_venue(self, kind: str, by: str) -> None:
        """The same again with other bounds, valid or not, or nothing at all."""
        venue, router = self.desk.venue, self.world.router
        pool, feed, slippage, tip, age = venue.pool, venue.feed, 10_000, 1_000, 3600
        zero = "0x" + "00" * 20
        if kind == "none":
            pool, feed, slippage, tip, age = zero, zero, 0, 0, 0
        elif kind == "tip":
            tip = 10_001
        elif kind == "slippage":
            slippage = 500
        elif kind == "age":
            age = 0
        sender = getattr(self.stage, by)
        chosen = Venue(pool, feed, age, slippage, tip)
        given = None if kind == "none" else (chosen, pool_of(self.desk), feed_of(self.desk))
        self.call(
            sender,
            self.stage.router,
            "setVenue",
            (tuple(vars(chosen).values()),),
            lambda: router.set_venue(sender.address, given),
        )

    @precondition(lambda self: self.world.router.venue is None)
    @rule()
    def set_venue_again(self) -> None:
        self.set_venue("same", "governor")
