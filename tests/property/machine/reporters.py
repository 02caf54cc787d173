"""Reporters come, go, and are removed."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Machine, Reach
from wellhead.model.reporters import SIGNER_DELAY

_ordered = st.sets(st.integers(0, 6), min_size=3).map(sorted)
#: Any of the seven who report or may be asked to, most often in order.
teams = st.one_of(_ordered, _ordered, st.lists(st.integers(0, 6), max_size=7))
#: Signatures needed above half of the reporters.
above = st.sampled_from([1, 1, 1, 1, 2, 0])


class ReporterRules(Machine):
    """The governor announces, anybody enacts, the guardian removes; now and then somebody else."""

    calls: Reach = (
        "MetricsOracle.announceSigners",
        "MetricsOracle.enactSigners",
        "MetricsOracle.removeSigner",
    )

    @rule(team=teams, more=above, is_strange=st.sampled_from([False, False, True]))
    def announce_signers(self, team: list[int], more: int, is_strange: bool) -> None:
        sender = self.stage.guardian if is_strange else self.stage.governor
        arguments = self._team(team, more)
        announce = self.world.oracle.announce_signers
        self.act(sender, self.stage.oracle, "announceSigners", arguments, announce)

    @precondition(lambda self: self.world.oracle.announcement)
    @rule(team=st.one_of(st.none(), st.none(), teams), more=above)
    def enact_signers(self, team: list[int] | None, more: int) -> None:
        """Those that were announced, or others."""
        said = self.world.oracle.announcement
        if team is not None:
            self._enact(self._team(team, more))
        elif said is not None:
            self._enact((list(said.signers), said.threshold))

    @rule(team=_ordered, more=st.integers(1, 2), early=st.sampled_from([0, 0, 0, 1]))
    def change_signers(self, team: list[int], more: int, early: int) -> None:
        """From the announcement to the very second from which it can be enacted, or before."""
        arguments = self._team(team, more)
        announce = self.world.oracle.announce_signers
        self.act(self.stage.governor, self.stage.oracle, "announceSigners", arguments, announce)
        self.pair.wait(SIGNER_DELAY - 1 - early)
        self._enact(arguments)

    @rule(who=st.integers(0, 6), is_strange=st.sampled_from([False, False, False, True]))
    def remove_signer(self, who: int, is_strange: bool) -> None:
        sender = self.stage.governor if is_strange else self.stage.guardian
        gone = (self.pair.reporters[who].address,)
        self.act(sender, self.stage.oracle, "removeSigner", gone, self.world.oracle.remove_signer)

    def _team(self, team: list[int], more: int) -> tuple[list[str], int]:
        return [self.pair.reporters[i].address for i in team], len(team) // 2 + more

    def _enact(self, arguments: tuple[list[str], int]) -> None:
        oracle = self.world.oracle
        self.call(
            self.stage.relay,
            self.stage.oracle,
            "enactSigners",
            arguments,
            lambda: oracle.enact_signers(*arguments),
        )
