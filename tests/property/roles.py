"""The authority beside the model: roles, delays and what is scheduled, as OpenZeppelin has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.stage import HOUR
from wellhead.chain.plan import ADMIN_ROLE, COMPLIANCE_ROLE, GUARDIAN_ROLE, OPERATOR_ROLE
from wellhead.model.authority import COMPLIANCE, Authority
from wellhead.model.errors import Revert

if TYPE_CHECKING:
    from wellhead.model.world import World

#: Seconds after which what was scheduled can not be done any more.
EXPIRATION = 7 * 24 * HOUR
#: Seconds that it takes at least until another grant delay counts.
SETBACK = 5 * 24 * HOUR

#: The role that may call each restricted function, by the model's name.
ROLE_OF = {
    "register": OPERATOR_ROLE,
    "pause": GUARDIAN_ROLE,
    "unpause": GUARDIAN_ROLE,
    "remove_signer": GUARDIAN_ROLE,
    **dict.fromkeys(COMPLIANCE, COMPLIANCE_ROLE),
    "set_operator": ADMIN_ROLE,
    "announce_signers": ADMIN_ROLE,
    "set_venue": ADMIN_ROLE,
    "add_system_holder": ADMIN_ROLE,
}
#: The contracts that have restricted functions, and these, both by the model's name.
TARGETS = {
    "registry": ("register", "pause", "unpause", "set_operator"),
    "oracle": ("announce_signers", "remove_signer"),
    "router": ("set_venue",),
    "compliance": (*COMPLIANCE, "add_system_holder"),
}
TARGET_OF = {function: name for name, functions in TARGETS.items() for function in functions}


@dataclass(frozen=True)
class Delay:
    """Seconds, and those that take their place at a unix time."""

    before: int = 0
    after: int = 0
    effect: int = 0

    def at(self, now: int) -> int:
        """Those that count now."""
        return self.after if self.effect <= now else self.before

    def full(self, now: int) -> tuple[int, int, int]:
        """Those that count now; and what comes, and when, if anything does."""
        waits = self.effect > now
        return (self.before, self.after, self.effect) if waits else (self.after, 0, 0)

    def updated(self, now: int, value: int, least: int) -> Delay:
        """Other seconds after `least`, or where they are fewer after the difference."""
        current = self.at(now)
        return Delay(current, value, now + max(least, current - value))


@dataclass(frozen=True)
class Member:
    """Has a role from a unix time on, and acts with a delay; `NOBODY` has not got it."""

    since: int
    delay: Delay


NOBODY = Member(0, Delay())


@dataclass(frozen=True)
class Operation:
    """A call of a restricted function; `function` is its name in the model."""

    caller: str
    target: str
    data: bytes
    function: str

    @property
    def id(self) -> bytes:
        called = [self.caller, self.target, self.data]
        return keccak(encode(["address", "address", "bytes"], called))

    @property
    def named(self) -> tuple[str, str, bytes]:
        """Caller, target and selector, as errors name them."""
        return self.caller, self.target, self.data[:4]


class Roles(Authority):
    """Members of roles with their delays in seconds, and which contracts are closed.

    Who has a delay calls through `calling`, which says what exactly is called: the model's
    functions do not.
    """

    def __init__(self, world: World, address: str, members: dict[int, dict[str, int]]) -> None:
        """`members` say since when."""
        super().__init__(next(iter(members[ADMIN_ROLE])))
        self.world = world
        self.address = address
        #: Everybody who ever had a role, or is to have it.
        self.members_of = {
            role: {account: Member(since, Delay()) for account, since in accounts.items()}
            for role, accounts in members.items()
        }
        #: Seconds from a grant until somebody new has the role.
        self.grant_delays = dict.fromkeys(members, Delay())
        #: Contracts whose restricted functions nobody can call, by the model's name.
        self.closed: set[str] = set()
        #: Unix times from which what was scheduled can be done, by id; 0 when it was.
        self.scheduled: dict[bytes, int] = {}
        self.calling: Operation | None = None

    # What can be looked up

    def has_role(self, role: int, account: str) -> tuple[bool, int]:
        """Whether an account has a role, and its delay."""
        member = self.members_of[role].get(account, NOBODY)
        return 0 < member.since <= self.world.now, member.delay.at(self.world.now)

    def access_of(self, role: int, account: str) -> tuple[int, int, int, int]:
        """Since when an account has a role, its delay, the one to come, and when."""
        member = self.members_of[role].get(account, NOBODY)
        return (member.since, *member.delay.full(self.world.now))

    def grant_delay_of(self, role: int) -> int:
        """Seconds from a grant until somebody new has the role."""
        return self.grant_delays[role].at(self.world.now)

    def schedule_of(self, operation: bytes) -> int:
        """When something can be done; 0 when it can not (any more)."""
        due = self.scheduled.get(operation, 0)
        return 0 if due + EXPIRATION <= self.world.now else due

    def may(self, function: str, account: str) -> tuple[bool, int]:
        """Whether an account may call a function at once, else after which delay; 0 for never."""
        if TARGET_OF[function] in self.closed:
            return False, 0
        is_member, delay = self.has_role(ROLE_OF[function], account)
        return (delay == 0, delay) if is_member else (False, 0)

    def require(self, function: str, caller: str) -> None:
        """Revert unless the caller may call now; uses up what was scheduled."""
        if caller == self.address:
            return
        at_once, delay = self.may(function, caller)
        if at_once:
            return
        if delay == 0:
            raise Revert("AccessManagedUnauthorized", caller)
        assert self.calling is not None, "who has a delay says what it calls"
        self._consume(self.calling.id)

    # What members do

    def grant_role(self, caller: str, role: int, account: str, delay: int) -> None:
        """Only the governor. Whoever has the role, or is to have it, gets another delay; a shorter
        one after the difference."""
        self._require_admin(caller)
        now, members = self.world.now, self.members_of[role]
        member = members.get(account, NOBODY)
        if member.since == 0:
            members[account] = Member(now + self.grant_delay_of(role), Delay(after=delay))
        else:
            members[account] = Member(member.since, member.delay.updated(now, delay, 0))

    def set_grant_delay(self, caller: str, role: int, delay: int) -> None:
        """Only the governor; counts after five days, or longer where it is shorter."""
        self._require_admin(caller)
        changed = self.grant_delays[role].updated(self.world.now, delay, SETBACK)
        self.grant_delays[role] = changed

    def set_target_closed(self, caller: str, name: str, is_closed: bool) -> None:
        """Only the governor; at once."""
        self._require_admin(caller)
        if is_closed:
            self.closed.add(name)
        else:
            self.closed.discard(name)

    def revoke_role(self, caller: str, role: int, account: str) -> None:
        """Only the governor."""
        self._require_admin(caller)
        self.members_of[role][account] = NOBODY

    def renounce_role(self, caller: str, role: int, confirmation: str) -> None:
        """A member's own, who says so twice."""
        if confirmation != caller:
            raise Revert("AccessManagerBadConfirmation")
        self.members_of[role][caller] = NOBODY

    def schedule(self, operation: Operation, when: int) -> None:
        """Announce a call: for `when`, or for as early as it can be."""
        _, delay = self.may(operation.function, operation.caller)
        earliest = self.world.now + delay
        if delay == 0 or 0 < when < earliest:
            raise Revert("AccessManagerUnauthorizedCall", *operation.named)
        if self.schedule_of(operation.id) != 0:
            raise Revert("AccessManagerAlreadyScheduled", operation.id)
        self.scheduled[operation.id] = max(when, earliest)

    def cancel(self, caller: str, operation: Operation) -> None:
        """Take an announcement back: its caller, or the governor."""
        if self.scheduled.get(operation.id, 0) == 0:
            raise Revert("AccessManagerNotScheduled", operation.id)
        is_admin, _ = self.has_role(ADMIN_ROLE, caller)
        if caller != operation.caller and not is_admin:
            raise Revert("AccessManagerUnauthorizedCancel", caller, *operation.named)
        self.scheduled[operation.id] = 0

    def execute(self, operation: Operation) -> None:
        """What the authority checks before it makes the call itself."""
        at_once, delay = self.may(operation.function, operation.caller)
        if not at_once and delay == 0:
            raise Revert("AccessManagerUnauthorizedCall", *operation.named)
        if delay != 0 or self.schedule_of(operation.id) != 0:
            self._consume(operation.id)

    # Within

    def _consume(self, operation: bytes) -> None:
        due = self.scheduled.get(operation, 0)
        if due == 0:
            raise Revert("AccessManagerNotScheduled", operation)
        if due > self.world.now:
            raise Revert("AccessManagerNotReady", operation)
        if due + EXPIRATION <= self.world.now:
            raise Revert("AccessManagerExpired", operation)
        self.scheduled[operation] = 0

    def _require_admin(self, caller: str) -> None:
        if not self.has_role(ADMIN_ROLE, caller)[0]:
            raise Revert("AccessManagerUnauthorizedAccount", caller, ADMIN_ROLE)
