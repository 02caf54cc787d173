"""Units are attested, opened, closed and retired; the market is paused."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, near, parts, people


class SupplyRules(Machine):
    """The operator and the guardian."""

    @rule(units=st.one_of(st.integers(0, 500), st.just(2**26)), short=st.sampled_from([0, 0, 1]))
    def mint(self, units: int, short: int) -> None:
        self.pair.step("mint", *self.pair.mint(units, short))

    @rule(part=parts, edge=st.sampled_from([0, 1]))
    def retire(self, part: int, edge: int) -> None:
        world, operator = self.pair.world, self.pair.operator
        units = near(world.registry.cluster_of(self.key).attested, part, edge)
        self.pair.step(
            "retire",
            lambda: self.stage.registry.send("retire", self.key, units, sender=operator),
            lambda: world.registry.retire(operator.address, self.key, units),
        )

    @rule(part=parts, edge=st.sampled_from([0, 1]))
    def set_sellable(self, part: int, edge: int) -> None:
        world, operator = self.pair.world, self.pair.operator
        units = near(world.registry.cluster_of(self.key).attested, part, edge)
        self.pair.step(
            "setSellable",
            lambda: self.stage.registry.send("setSellable", self.key, units, sender=operator),
            lambda: world.registry.set_sellable(operator.address, self.key, units),
        )

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
        name, guardian = ("pause" if stop else "unpause"), self.stage.guardian
        self.pair.step(
            name,
            lambda: self.stage.registry.send(name, sender=guardian),
            lambda: getattr(self.world.registry, name)(guardian.address),
        )
