"""The authority from its events: OpenZeppelin's AccessManager, with its delays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.words import keccak, packed, slot_of

#: The least time from which another grant delay or admin delay is in force.
SETBACK = 5 * 24 * 3600

_TARGETS, _ROLES, _SCHEDULES = 0, 1, 2


@dataclass(slots=True)
class Delay:
    """Seconds that are in force until `effect`, and those from then on."""

    before: int = 0
    after: int = 0
    effect: int = 0

    def at(self, time: int) -> int:
        return self.after if self.effect <= time else self.before

    def update(self, value: int, setback: int, time: int) -> None:
        """A shorter delay is in force when the difference has passed."""
        now = self.at(time)
        self.before, self.after = now, value
        self.effect = time + max(setback, now - value)

    @property
    def word(self) -> int:
        return packed((self.after, 32), (self.before, 32), (self.effect, 48))


@dataclass(slots=True)
class Member:
    since: int
    delay: Delay


@dataclass(slots=True)
class Role:
    members: dict[int, Member] = field(default_factory=dict)
    admin: int = 0
    guardian: int = 0
    grant_delay: Delay = field(default_factory=Delay)


@dataclass(slots=True)
class Target:
    functions: dict[int, int] = field(default_factory=dict)
    admin_delay: Delay = field(default_factory=Delay)
    closed: int = 0


@dataclass(slots=True)
class Schedule:
    timepoint: int = 0
    nonce: int = 0


class AuthorityReplay(Replay):
    """The authority's storage."""

    contract = "Authority"

    def __init__(self, address: int, findings: Findings) -> None:
        super().__init__(address, findings)
        self.roles: dict[int, Role] = {}
        self.targets: dict[int, Target] = {}
        self.schedules: dict[int, Schedule] = {}

    def RoleGranted(self, log: Log) -> None:  # noqa: N802
        args = log.args
        role = self._role(args["roleId"])
        member = role.members.get(args["account"])
        self.expect(log, "newMember", int(member is None))
        if member is None:
            since = log.time + role.grant_delay.at(log.time)
            role.members[args["account"]] = Member(since, Delay(after=args["delay"]))
        else:
            member.delay.update(args["delay"], 0, log.time)
            since = member.delay.effect
        self.expect(log, "since", since)

    def RoleRevoked(self, log: Log) -> None:  # noqa: N802
        account = log.args["account"]
        if self._role(log.args["roleId"]).members.pop(account, None) is None:
            self.differ(log, "account", f"{account:#042x}", "a member")

    def RoleLabel(self, log: Log) -> None:  # noqa: N802
        """Kept nowhere."""

    def RoleAdminChanged(self, log: Log) -> None:  # noqa: N802
        self._role(log.args["roleId"]).admin = log.args["admin"]

    def RoleGuardianChanged(self, log: Log) -> None:  # noqa: N802
        self._role(log.args["roleId"]).guardian = log.args["guardian"]

    def RoleGrantDelayChanged(self, log: Log) -> None:  # noqa: N802
        delay = self._role(log.args["roleId"]).grant_delay
        delay.update(log.args["delay"], SETBACK, log.time)
        self.expect(log, "since", delay.effect)

    def TargetFunctionRoleUpdated(self, log: Log) -> None:  # noqa: N802
        functions = self._target(log.args["target"]).functions
        functions[log.args["selector"]] = log.args["roleId"]

    def TargetAdminDelayUpdated(self, log: Log) -> None:  # noqa: N802
        delay = self._target(log.args["target"]).admin_delay
        delay.update(log.args["delay"], SETBACK, log.time)
        self.expect(log, "since", delay.effect)

    def TargetClosed(self, log: Log) -> None:  # noqa: N802
        self._target(log.args["target"]).closed = log.args["closed"]

    def OperationScheduled(self, log: Log) -> None:  # noqa: N802
        args = log.args
        operation = args["operationId"]
        self.expect(log, "operationId", _operation(args["caller"], args["target"], args["data"]))
        planned = self.schedules.setdefault(operation, Schedule())
        planned.nonce += 1
        planned.timepoint = args["schedule"]
        self.expect(log, "nonce", planned.nonce)

    def OperationExecuted(self, log: Log) -> None:  # noqa: N802
        self._finish(log)

    def OperationCanceled(self, log: Log) -> None:  # noqa: N802
        self._finish(log)

    def _finish(self, log: Log) -> None:
        planned = self.schedules.get(log.args["operationId"])
        if planned is None or not planned.timepoint:
            self.differ(log, "operationId", f"{log.args['operationId']:#066x}", "one that waits")
            return
        if log.name == "OperationExecuted" and planned.timepoint > log.time:
            self.differ(log, "event", f"at {log.time}", f"at {planned.timepoint} or later")
        self.expect(log, "nonce", planned.nonce)
        planned.timepoint = 0

    def _role(self, number: int) -> Role:
        return self.roles.setdefault(number, Role())

    def _target(self, address: int) -> Target:
        return self.targets.setdefault(address, Target())

    def slots(self) -> Iterator[Slot]:
        for address, target in self.targets.items():
            first = slot_of(_TARGETS, address)
            for selector, role in target.functions.items():
                if role:
                    name = ("_targets", address, "allowedRoles", f"{selector:#010x}")
                    yield slot_of(first, selector << 224), role, name
            word = target.admin_delay.word | target.closed << 112
            if word:
                yield first + 1, word, ("_targets", address, "adminDelay")
        for number, role_ in self.roles.items():
            first = slot_of(_ROLES, number)
            for account, member in role_.members.items():
                word = member.since | member.delay.word << 48
                yield slot_of(first, account), word, ("_roles", number, "members", account)
            word = packed((role_.admin, 64), (role_.guardian, 64), (role_.grant_delay.word, 112))
            if word:
                yield first + 1, word, ("_roles", number, "admin")
        for operation, planned in self.schedules.items():
            word = packed((planned.timepoint, 48), (planned.nonce, 32))
            yield slot_of(_SCHEDULES, operation), word, ("_schedules", operation)


def _operation(caller: int, target: int, data: bytes) -> int:
    words = b"".join(word.to_bytes(32, "big") for word in (caller, target, 0x60, len(data)))
    return int.from_bytes(keccak(words + data + bytes(-len(data) % 32)), "big")
