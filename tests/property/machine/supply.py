"""Units are attested, opened, closed and retired; the market is paused."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, Reach, near, parts, people


class SupplyRules(Machine):
    """The operator and the guardian."""

    calls: Reach = (
        "CapacityRegistry.retire",
        "CapacityRegistry.setSellable",
        "CapacityRegistry.setOperator",
        "CapacityRegistry.pause",
        "CapacityRegistry.unpause",
    )

    @rule(units=st.one_of(st.integers(0, 500), st.just(2**26)), short=st.sampled_from([0, 0, 1]))
    def mint(self, units: int, short: int) -> None:
        self.pair.step("CapacityRegistry.mint", *self.pair.mint(units, short))

    @rule(part=parts, edge=st.sampled_from([0, 1]))
    def retire(self, part: int, edge: int) -> None:
        registry = self.world.registry
        units = near(registry.cluster_of(self.key).attested, part, edge)
        operator = self.pair.operator
        self.act(operator, self.stage.registry, "retire", (self.key, units), registry.retire)

    @rule(part=parts, edge=st.sampled_from([0, 1]))
    def set_sellable(self, part: int, edge: int) -> None:
        registry = self.world.registry
        units = near(registry.cluster_of(self.key).attested, part, edge)
        arguments = (self.key, units)
        operator = self.pair.operator
        self.act(operator, self.stage.registry, "setSellable", arguments, registry.set_sellable)

    @rule(to=people, by=st.sampled_from(["operator", "governor", "stranger"]))
    def hand_over(self, to: int, by: str) -> None:
        """The operator, or the governor for it, names another one."""
        senders = {
            "operator": self.pair.operator,
            "governor": self.stage.governor,
            "stranger": self.stage.stranger,
        }
        registry = self.world.registry
        arguments = (self.key, self.pair.people[to].address)
        self.act(senders[by], self.stage.registry, "setOperator", arguments, registry.set_operator)

    @rule(stop=st.booleans())
    def pause(self, stop: bool) -> None:
        name, registry = ("pause" if stop else "unpause"), self.world.registry
        self.act(self.stage.guardian, self.stage.registry, name, (), getattr(registry, name))
