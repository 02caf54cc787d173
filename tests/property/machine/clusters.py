"""More than one cluster, with the same people in them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import HORIZON, Reach, near, parts, tenants, ups
from tests.property.machine.leases import LeaseRules
from tests.support.stage import MAX, NORWAY, RETAIL, USD, Q, Terms

MOST = 3


class ClusterRules(LeaseRules):
    """The operators, and tenants who lease here and there. All other rules are about the cluster
    where everybody is; what happens there must not move a unit elsewhere."""

    calls: Reach = ("CapacityRegistry.register", "CapacityRegistry.mint", "Compliance.setRule")

    @precondition(lambda self: self.world.registry.cluster_count < MOST)
    @rule(
        units=st.integers(1, 300),
        bond=st.sampled_from([0, 0, USD]),
        policy=st.sampled_from([0, 1]),
        penalty=st.sampled_from([0, Q]),
        by=st.sampled_from(["operator", "operator", "operator", "stranger"]),
    )
    def register(self, units: int, bond: int, policy: int, penalty: int, by: str) -> None:
        """Everybody goes there."""
        terms = Terms(
            policy=policy,
            max_hours=96,
            horizon_hours=HORIZON,
            discount=0,
            penalty=penalty,
            bond=bond,
        )
        known, sender = self.world.compliance, getattr(self.stage, by)
        if not self.pair.step("CapacityRegistry.register", *self.pair.register(terms, sender)):
            return
        arguments = (policy, [NORWAY], 1 << RETAIL)
        officer, compliance = self.stage.officer, self.stage.compliance
        self.act(officer, compliance, "setRule", arguments, known.set_rule)
        self.pair.cluster = self.world.registry.cluster_count
        self.pair.step("CapacityRegistry.mint", *self.pair.mint(units))
        self.post(units * bond)

    @rule(number=st.integers(1, MOST))
    def go(self, number: int) -> None:
        """To another cluster, which the next rules are about."""
        self.pair.cluster = min(number, self.world.registry.cluster_count)

    @precondition(lambda self: self.world.registry.cluster_count > 1)
    @rule(who=tenants, hours=st.integers(1, 8), up=ups, part=parts)
    def lease_everywhere(self, who: int, hours: int, up: int, part: int) -> None:
        """One tenant has leases of all clusters; only one of these is reported, badly or well."""
        here = self.pair.cluster
        for cluster in self.pair.tokens:
            self.pair.cluster = cluster
            start = self.pair.hour + 1
            units = min(near(self.free(start, hours), part, 0), self.backed(start, hours))
            self.open_lease(who, units, 1, hours, MAX)
        self.pair.cluster = here
        self.live_hours(hours + 1, up)
        for lease_id in sorted(self.world.market.leases):
            self.settle_lease(lease_id)
        self.distribute()
