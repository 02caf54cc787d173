"""The governor grants roles and takes them away; members act at once, or after a delay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Machine, Reach, people
from tests.property.roles import EXPIRATION, ROLE_OF, TARGETS, Operation
from tests.support.stage import HOUR
from wellhead.chain import UnlockedAccount
from wellhead.chain.plan import COMPLIANCE_ROLE, GUARDIAN_ROLE, OPERATOR_ROLE

roles = st.sampled_from([OPERATOR_ROLE, GUARDIAN_ROLE, COMPLIANCE_ROLE])
DELAY = 24 * HOUR
delays = st.sampled_from([0, HOUR, DELAY, DELAY, 3 * DELAY])
strangers = st.sampled_from([False, False, False, True])
#: What members may do: contract, function, what it is called in the model.
ACTS = (
    ("registry", "pause", "pause"),
    ("registry", "unpause", "unpause"),
    ("compliance", "setBlocked", "set_blocked"),
    ("compliance", "revoke", "revoke"),
    ("oracle", "removeSigner", "remove_signer"),
)
acts = st.sampled_from(ACTS)


class RoleRules(Machine):
    """The governor, people whom it trusts, and who would like to be trusted."""

    calls: Reach = (
        "Authority.grantRole",
        "Authority.revokeRole",
        "Authority.setGrantDelay",
        "Authority.setTargetClosed",
        "Authority.renounceRole",
        "Authority.schedule",
        "Authority.cancel",
        "Authority.execute",
        "CapacityRegistry.pause",
        "CapacityRegistry.unpause",
        "Compliance.setBlocked",
        "Compliance.revoke",
        "MetricsOracle.removeSigner",
    )

    @rule(role=roles, who=people, delay=delays, strange=st.booleans())
    def grant(self, role: int, who: int, delay: int, strange: bool) -> None:
        """To somebody new; or another delay, which takes its time where it is shorter."""
        account, known = self.pair.people[who].address, self.pair.roles
        sender = self.pair.people[who] if strange else self.stage.governor
        arguments = (role, account, delay)
        self.act(sender, self.stage.authority, "grantRole", arguments, known.grant_role)

    @rule(
        who=people,
        what=acts,
        on=people,
        longer=st.sampled_from([HOUR, DELAY]),
        shorter=st.sampled_from([0, 0, HOUR // 2]),
        early=st.sampled_from([-1, 0, 1, HOUR]),
    )
    def shorten_a_delay(
        self, who: int, what: tuple[str, str, str], on: int, longer: int, shorter: int, early: int
    ) -> None:
        """Until the difference is over the longer one counts: to act at once, and to schedule."""
        role, member = ROLE_OF[what[2]], self.pair.people[who]
        self.grant(role, who, longer, False)
        self.grant(role, who, shorter, False)
        self._perform(member, what, on)
        _, _, _, effect = self.pair.roles.access_of(role, member.address)
        if (left := effect - 1 - early - self.pair.now) > 0:
            self.pair.wait(left)
        self._perform(member, what, on)
        self._schedule(member, what, on, 0)
        self._perform(member, what, on)

    @rule(role=roles, delay=delays, waits=st.sampled_from([0, -1, 0, 1]), strange=strangers)
    def set_grant_delay(self, role: int, delay: int, waits: int, strange: bool) -> None:
        """Who is granted a role after that has it later; the delay itself counts in five days."""
        known, authority = self.pair.roles, self.stage.authority
        sender = self.stage.stranger if strange else self.stage.governor
        went = self.act(sender, authority, "setGrantDelay", (role, delay), known.set_grant_delay)
        if went and waits:
            effect = known.grant_delays[role].effect
            self.pair.wait(max(1, effect - 2 - self.pair.now + (waits > 0)))

    @rule(
        name=st.sampled_from(sorted(TARGETS)),
        who=people,
        what=acts,
        on=people,
        stays=st.sampled_from([False, False, False, True]),
        strange=strangers,
    )
    def close_a_target(
        self, name: str, who: int, what: tuple[str, str, str], on: int, stays: bool, strange: bool
    ) -> None:
        """Nobody can do anything restricted there, not even what was scheduled; then it opens."""
        member = self.pair.people[who]
        self._schedule(member, what, on, 0)
        self._shut(name, True, strange)
        self._perform(member, what, on)
        self._execute(member, what, on)
        self._schedule(member, what, on, 0)
        if not stays:
            self._shut(name, False, False)
            self._perform(member, what, on)

    @precondition(lambda self: self.pair.roles.closed)
    @rule(data=st.data())
    def open_a_target(self, data: st.DataObject) -> None:
        self._shut(data.draw(st.sampled_from(sorted(self.pair.roles.closed))), False, False)

    @rule(role=roles, who=people, strange=st.booleans())
    def revoke_role(self, role: int, who: int, strange: bool) -> None:
        account, known = self.pair.people[who].address, self.pair.roles
        sender = self.pair.people[who] if strange else self.stage.governor
        self.act(sender, self.stage.authority, "revokeRole", (role, account), known.revoke_role)

    @rule(role=roles, who=people, other=people)
    def renounce(self, role: int, who: int, other: int) -> None:
        arguments = (role, self.pair.people[other if other < 3 else who].address)
        renounce = self.pair.roles.renounce_role
        sender = self.pair.people[who]
        self.act(sender, self.stage.authority, "renounceRole", arguments, renounce)

    @rule(who=people, what=acts, on=people)
    def act_at_once(self, who: int, what: tuple[str, str, str], on: int) -> None:
        """Members without a delay can; the others were not scheduled, or are nobody."""
        self._perform(self.pair.people[who], what, on)

    @rule(
        who=people,
        what=acts,
        on=people,
        later=st.sampled_from([0, 0, 0, -1, HOUR]),
        wait=st.sampled_from([0, 0, 0, -1, EXPIRATION - 1, EXPIRATION]),
        way=st.sampled_from(["itself", "authority", "cancel", "governor", "thief"]),
        again=st.booleans(),
        is_trusted=st.sampled_from([True, True, True, False]),
    )
    def act_later(
        self,
        who: int,
        what: tuple[str, str, str],
        on: int,
        later: int,
        wait: int,
        way: str,
        again: bool,
        is_trusted: bool,
    ) -> None:
        """Scheduled, and then done on the second or not, by the member or through the authority;
        or taken back."""
        member, known = self.pair.people[who], self.pair.roles
        role = ROLE_OF[what[2]]
        if is_trusted and not known.has_role(role, member.address)[0]:
            self.grant(role, who, DELAY, False)
        operation = self._operation(member, what, on)
        for _ in range(1 + again):
            self._schedule(member, what, on, later)
        due = known.schedule_of(operation.id)
        if due and (left := due + wait - 1 - self.pair.now) > 0:
            self.pair.wait(left)
        if way == "itself":
            self._perform(member, what, on)
        elif way == "authority":
            self._execute(member, what, on)
        else:
            by = {"cancel": member, "governor": self.stage.governor, "thief": self.stage.stranger}
            self._cancel(by[way], operation)
        self._execute(member, what, on)

    @precondition(lambda self: any(self.pair.roles.scheduled.values()))
    @rule(who=people, what=acts, on=people)
    def act_through_the_authority(self, who: int, what: tuple[str, str, str], on: int) -> None:
        self._execute(self.pair.people[who], what, on)

    def _call(
        self, what: tuple[str, str, str], on: int
    ) -> tuple[Any, tuple[Any, ...], Callable[..., Any]]:
        """Contract, arguments and model of one of the acts."""
        name, function, model = what
        contract, twin = getattr(self.stage, name), getattr(getattr(self.world, name), model)
        person = self.pair.people[on].address
        arguments: dict[str, tuple[Any, ...]] = {
            "setBlocked": (person, on % 2 == 0),
            "revoke": (person,),
            "removeSigner": (self.pair.reporters[on % 7].address,),
        }
        return contract, arguments.get(function, ()), twin

    def _operation(self, member: UnlockedAccount, what: tuple[str, str, str], on: int) -> Operation:
        contract, arguments, _ = self._call(what, on)
        data = bytes.fromhex(contract.functions[what[1]].encode(arguments)[2:])
        return Operation(member.address, contract.address, data, what[2])

    def _perform(self, member: UnlockedAccount, what: tuple[str, str, str], on: int) -> None:
        contract, arguments, twin = self._call(what, on)
        operation, known = self._operation(member, what, on), self.pair.roles

        def model() -> None:
            known.calling = operation
            with self.world.transaction():
                twin(member.address, *arguments)

        self.call(member, contract, what[1], arguments, model)

    def _schedule(
        self, member: UnlockedAccount, what: tuple[str, str, str], on: int, later: int
    ) -> None:
        """For as early as it can be, or for that time and some seconds more or less."""
        operation, known = self._operation(member, what, on), self.pair.roles
        _, delay = known.may(operation.function, member.address)
        when = 0 if later == 0 else self.pair.now + 1 + delay + later
        self.call(
            member,
            self.stage.authority,
            "schedule",
            (operation.target, operation.data, when),
            lambda: known.schedule(operation, when),
        )

    def _shut(self, name: str, is_closed: bool, strange: bool) -> None:
        """Close a contract for all, or open it."""
        sender = self.stage.stranger if strange else self.stage.governor
        target, known = getattr(self.stage, name).address, self.pair.roles
        self.call(
            sender,
            self.stage.authority,
            "setTargetClosed",
            (target, is_closed),
            lambda: known.set_target_closed(sender.address, name, is_closed),
        )

    def _execute(self, member: UnlockedAccount, what: tuple[str, str, str], on: int) -> None:
        contract, arguments, twin = self._call(what, on)
        operation, known = self._operation(member, what, on), self.pair.roles

        def model() -> None:
            with self.world.transaction():
                known.execute(operation)
                twin(known.address, *arguments)

        self.call(
            member,
            self.stage.authority,
            "execute",
            (contract.address, operation.data),
            model,
        )

    def _cancel(self, by: UnlockedAccount, operation: Operation) -> None:
        known = self.pair.roles
        self.call(
            by,
            self.stage.authority,
            "cancel",
            (operation.caller, operation.target, operation.data),
            lambda: known.cancel(by.address, operation),
        )
