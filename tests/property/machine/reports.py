"""Reporters report, or do not."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, Reach, parts, ups
from tests.support.stage import Q
from wellhead.model.samples import Sample

#: Three reporters in order, or anybody's signatures in any order.
orders = st.one_of(
    st.sets(st.integers(0, 6), min_size=3, max_size=3).map(sorted).map(tuple),
    st.lists(st.integers(0, 6), max_size=4).map(tuple),
)


class ReportRules(Machine):
    """Some of the hours, any signers in any order; silence."""

    calls: Reach = ("MetricsOracle.closeSilent", "MetricsOracle.payReporters")

    @rule(
        first=st.integers(-2, 3),
        count=st.integers(1, 30),
        up=parts,
        delivered=parts,
        order=st.one_of(st.none(), orders),
    )
    def report(
        self, first: int, count: int, up: int, delivered: int, order: tuple[int, ...] | None
    ) -> None:
        """Some hours from around the cursor on, most of them open; by a quorum, or by any of those
        who report or may be asked to, in any order."""
        world = self.pair.world
        book = world.market.book_of(self.key)
        genesis = world.registry.genesis_of(self.key)
        start = max(book.cursor or genesis, genesis) + first
        units = world.registry.cluster_of(self.key).attested
        working = units * 1000 * up // Q
        samples = [
            Sample(
                cluster=self.key,
                hour=hour,
                working=working,
                available=min(working, world.market.booked_at(self.key, hour) * delivered // 1000),
                measured=delivered,
                energy=hour,
                work=units,
            )
            for hour in range(start, start + count)
        ]
        who = None if order is None else [self.pair.reporters[i] for i in order]
        self.pair.step("MetricsOracle.report", *self.pair.report(samples, who))

    @rule(up=parts)
    def report_everything(self, up: int) -> None:
        self.report_up(up)

    # Three times, because hypothesis leaves rules out at random and money needs final hours.

    @rule(hours=st.integers(1, 30), up=ups)
    def live(self, hours: int, up: int) -> None:
        self.live_hours(hours, up)

    @rule(hours=st.integers(1, 8), up=ups)
    def live_briefly(self, hours: int, up: int) -> None:
        self.live_hours(hours, up)

    @rule(hours=st.integers(20, 60), up=st.integers(0, Q))
    def live_badly_and_settle(self, hours: int, up: int) -> None:
        self.live_hours(hours, up)
        for lease_id in sorted(self.world.market.leases):
            self.settle_lease(lease_id)

    @rule(offset=st.integers(-1, 4))
    def close_silent(self, offset: int) -> None:
        world = self.pair.world
        book = world.market.book_of(self.key)
        hour = (book.cursor or world.registry.genesis_of(self.key)) + offset
        asked, oracle = (self.key, hour), world.oracle
        self.call(
            self.stage.stranger,
            self.stage.oracle,
            "closeSilent",
            asked,
            lambda: oracle.close_silent(*asked),
        )

    @rule()
    def pay_reporters(self) -> None:
        sender, oracle = self.stage.stranger, self.world.oracle
        self.call(sender, self.stage.oracle, "payReporters", (), oracle.pay_reporters)
