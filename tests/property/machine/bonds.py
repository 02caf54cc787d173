"""Bonds are posted and withdrawn; a cluster goes dark, and defaults."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, Reach, edges, near, parts, people, tenants, ups
from tests.support.stage import MAX, Q


class BondRules(Machine):
    """The operator, and whoever sees that nothing works."""

    calls: Reach = (
        "LeaseMarket.withdrawBond",
        "LeaseMarket.declareDefault",
        "LeaseMarket.recover",
    )

    @rule(who=people, part=parts, edge=edges)
    def post_bond(self, who: int, part: int, edge: int) -> None:
        """Around what all units together would need, and more."""
        cluster = self.world.registry.cluster_of(self.key)
        amount = near(2 * cluster.attested * cluster.terms.service.bond, part, edge)
        sender = self.pair.people[who]
        self.act(
            sender, self.stage.market, "postBond", (self.key, amount), self.world.market.post_bond
        )

    @rule(part=parts, edge=edges, who=st.sampled_from([0, 0, 0, 1]))
    def withdraw_bond(self, part: int, edge: int, who: int) -> None:
        bond = self.world.market.book_of(self.key).bond // 2**32 // Q
        amount = near(bond, part, edge)
        sender, market = self.pair.people[who], self.world.market
        self.act(
            sender, self.stage.market, "withdrawBond", (self.key, amount), market.withdraw_bond
        )

    @rule()
    def declare_default(self) -> None:
        self.anyone(self.stage.market, "declareDefault", self.world.market.declare_default)

    @rule()
    def recover(self) -> None:
        self.anyone(self.stage.market, "recover", self.world.market.recover)

    @rule(who=tenants, hours=st.sampled_from([1, 3, 24, 30, 72, 100]), up=ups, first=st.booleans())
    def come_back(self, who: int, hours: int, up: int, first: bool) -> None:
        """What was dark works again, or does not, for nobody or for who booked on; somebody notes
        it or declares the default, and somebody books."""
        self.live_hours(hours, up)
        if first:
            self.declare_default()
        self.recover()
        self.declare_default()
        self.open_lease(who, 1, 0, 3, MAX)

    @rule(
        who=tenants,
        part=parts,
        hours=st.sampled_from([70, 71, 72, 73, 80]),
        blink=st.booleans(),
        up=ups,
        joins=st.booleans(),
        after=st.integers(0, 3),
    )
    def go_dark(
        self, who: int, part: int, hours: int, blink: bool, up: int, joins: bool, after: int
    ) -> None:
        """Nothing works for about 72 booked hours; somebody has booked on, and declares it. In its
        very hour somebody books before and after."""
        self.open_lease(who, near(self.free(self.pair.hour, 96), part, 0), 0, 96, MAX)
        self.open_lease(who, near(self.free(self.pair.hour + 90, 40), part, 0), 90, 40, MAX)
        if blink:
            self.live_hours(1, up)
        self.live_hours(hours, 0)
        self.anyone(self.stage.market, "accrue", self.world.market.accrue)
        if joins:
            self.open_lease(who, near(self.free(self.pair.hour, 3), part, 0), 0, 3, MAX)
        self.declare_default()
        for lease_id in sorted(self.world.market.leases):
            self.settle_lease(lease_id)
        self.open_lease(who, near(self.free(self.pair.hour, 12), part, 0), 0, 12, MAX)
        self.live_hours(after, up)
