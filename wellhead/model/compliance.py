"""Who may hold capacity tokens: credentials and their issuers, rules, blocks, system holders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import Revert
from .units import ZERO, Address

if TYPE_CHECKING:
    from .token import CapacityToken
    from .world import World

MAX_ISSUERS = 255
"""Most accreditations there can ever be."""

LAST_JURISDICTION = 1023
LAST_CLASS = 7
ALL_CLASSES = 255
LAST_POLICY = 2**32 - 1


@dataclass(frozen=True)
class Credential:
    """What an issuer says of a holder: an ISO 3166-1 numeric `jurisdiction`, a class from 0 to 7;
    said at `issued`, valid before `expires`, unix times."""

    holder: Address
    jurisdiction: int
    kind: int
    issued: int
    expires: int


@dataclass
class Holder:
    """What is known of an account; `issuer` is the number of whoever issued the credential, 0 for
    nobody."""

    jurisdiction: int = 0
    kind: int = 0
    issued: int = 0
    expires: int = 0
    issuer: int = 0
    is_blocked: bool = False
    is_system_holder: bool = False


@dataclass(frozen=True)
class Standing:
    """What can be looked up of an account."""

    jurisdiction: int
    kind: int
    issued: int
    expires: int
    issuer: Address
    is_accredited: bool
    is_blocked: bool
    is_system_holder: bool


class Compliance:
    """Holders by account; issuers by number, from 1 on; sets of classes by policy and
    jurisdiction.

    An issuer that is accredited again has a new number.
    """

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        self.address = address
        self.holders: dict[Address, Holder] = {}
        self.issuers: dict[int, Address] = {}
        self.since: dict[int, int] = {}
        self.numbers: dict[Address, int] = {}
        self.accredited: set[int] = set()
        self.rules: dict[tuple[int, int], int] = {}

    # What can be looked up

    def eligible(self, policy: int, sender: Address, to: Address) -> tuple[bool, bool]:
        """Whether the one may send and the other may receive under a policy."""
        return self.can_send(sender), self.can_receive(policy, to)

    def can_send(self, account: Address) -> bool:
        """Whether an account may send."""
        return not self.holder_of(account).is_blocked

    def can_receive(self, policy: int, account: Address) -> bool:
        """Whether an account may receive under a policy: a system holder, or somebody who is not
        blocked and whose valid credential is of an accredited issuer and of a class that the rule
        of its jurisdiction names."""
        holder = self.holder_of(account)
        if holder.is_system_holder:
            return True
        if holder.is_blocked or holder.expires <= self.world.now:
            return False
        if holder.issuer not in self.accredited:
            return False
        return self.rule_of(policy, holder.jurisdiction) >> holder.kind & 1 == 1

    def standing_of(self, account: Address) -> Standing:
        """What is known of an account."""
        holder = self.holder_of(account)
        return Standing(
            jurisdiction=holder.jurisdiction,
            kind=holder.kind,
            issued=holder.issued,
            expires=holder.expires,
            issuer=self.issuers.get(holder.issuer, ZERO),
            is_accredited=holder.issuer in self.accredited,
            is_blocked=holder.is_blocked,
            is_system_holder=holder.is_system_holder,
        )

    def rule_of(self, policy: int, jurisdiction: int) -> int:
        """Classes of a jurisdiction that may receive under a policy; bit n for class n."""
        return self.rules.get((policy, jurisdiction), 0)

    def issuer_number_of(self, issuer: Address) -> int:
        """The number of an accredited issuer; 0 for others."""
        number = self.numbers.get(issuer, 0)
        return number if number in self.accredited else 0

    def holder_of(self, account: Address) -> Holder:
        """What is known of an account, to be read only."""
        return self.holders.get(account) or Holder()

    # Credentials

    def present(self, issuer: Address, credential: Credential, is_signed: bool) -> None:
        """Bring a credential on chain, which the issuer signed or not."""
        number, now = self.issuer_number_of(issuer), self.world.now
        if number == 0:
            raise Revert("Compliance_NotAccredited", issuer)
        _require_jurisdiction(credential.jurisdiction)
        if credential.kind > LAST_CLASS:
            raise Revert("Compliance_InvalidClass", credential.kind, LAST_CLASS)
        if credential.holder == ZERO:
            raise Revert("Compliance_InvalidAccount", credential.holder)
        if credential.expires <= now:
            raise Revert("Compliance_Expired", credential.expires, now)
        if credential.issued > now:
            raise Revert("Compliance_NotYetIssued", credential.issued, now)
        latest = self.holder_of(credential.holder).issued
        if credential.issued <= latest:
            raise Revert("Compliance_Outdated", credential.issued, latest)
        if credential.issued < self.since[number]:
            raise Revert("Compliance_BeforeAccreditation", credential.issued, self.since[number])
        if not is_signed:
            raise Revert("Compliance_InvalidSignature", issuer)
        holder = self._open_holder(credential.holder)
        holder.jurisdiction, holder.kind = credential.jurisdiction, credential.kind
        holder.issued, holder.expires = credential.issued, credential.expires
        holder.issuer = number

    def revoke(self, caller: Address, account: Address) -> None:
        """Take a credential away, and make void whatever was issued up to now.

        By its issuer while it is accredited; by any accredited one where none is valid; by the
        compliance role.
        """
        holder, number = self.holder_of(account), self.issuer_number_of(caller)
        is_own = number != 0 and number == holder.issuer
        is_valid = holder.expires > self.world.now and holder.issuer in self.accredited
        is_free = number != 0 and not is_valid
        if not is_own and not is_free:
            self.world.authority.require("revoke", caller)
        holder = self._open_holder(account)
        holder.expires, holder.issued = 0, self.world.now

    # Rules

    def accredit(self, caller: Address, issuer: Address) -> None:
        """Let an issuer's credentials count, under a new number."""
        self.world.authority.require("accredit", caller)
        if issuer == ZERO:
            raise Revert("Compliance_InvalidAccount", issuer)
        if self.issuer_number_of(issuer) != 0:
            raise Revert("Compliance_AlreadyAccredited", issuer)
        if len(self.issuers) == MAX_ISSUERS:
            raise Revert("Compliance_TooManyIssuers", MAX_ISSUERS)
        number = len(self.issuers) + 1
        self.since[number] = self.world.now
        self.issuers[number] = issuer
        self.numbers[issuer] = number
        self.accredited.add(number)

    def dismiss(self, caller: Address, issuer: Address) -> None:
        """Make all credentials of an issuer void."""
        self.world.authority.require("dismiss", caller)
        number = self.issuer_number_of(issuer)
        if number == 0:
            raise Revert("Compliance_NotAccredited", issuer)
        self.accredited.discard(number)

    def set_rule(
        self, caller: Address, policy: int, jurisdictions: Sequence[int], classes: int
    ) -> None:
        """Let these classes of these jurisdictions receive under a policy, and no others."""
        self.world.authority.require("set_rule", caller)
        if policy > LAST_POLICY:
            raise Revert("Compliance_InvalidPolicy", policy, LAST_POLICY)
        if classes > ALL_CLASSES:
            raise Revert("Compliance_InvalidClass", classes, ALL_CLASSES)
        for jurisdiction in jurisdictions:
            _require_jurisdiction(jurisdiction)
        self.rules |= {(policy, jurisdiction): classes for jurisdiction in jurisdictions}

    def set_blocked(self, caller: Address, account: Address, is_blocked: bool) -> None:
        """Forbid an account to send and to receive, or allow it again."""
        self.world.authority.require("set_blocked", caller)
        self._require_person(account)
        self._open_holder(account).is_blocked = is_blocked

    def add_system_holder(self, caller: Address, account: Address, is_contract: bool) -> None:
        """Make a contract a system holder, for ever; whether it is one the model does not know."""
        self.world.authority.require("add_system_holder", caller)
        if not is_contract:
            raise Revert("Compliance_NotContract", account)
        if self.holder_of(account).is_system_holder:
            raise Revert("Compliance_SystemHolder", account)
        holder = self._open_holder(account)
        holder.is_system_holder, holder.is_blocked = True, False

    # Tokens

    def set_frozen_tokens(
        self, caller: Address, cluster_id: int, account: Address, amount: int
    ) -> None:
        """Freeze `amount` of an account's tokens of a cluster, instead of what was frozen; of a
        system holder only nothing."""
        self.world.authority.require("set_frozen_tokens", caller)
        if amount != 0 or account == ZERO:
            self._require_person(account)
        self._token(cluster_id).set_frozen_tokens(self.address, account, amount)

    def forced_transfer(
        self, caller: Address, cluster_id: int, owner: Address, to: Address, amount: int
    ) -> None:
        """Take tokens of a cluster from one account and give them to another."""
        self.world.authority.require("forced_transfer", caller)
        self._require_person(owner)
        self._token(cluster_id).forced_transfer(self.address, owner, to, amount)

    def _open_holder(self, account: Address) -> Holder:
        return self.holders.setdefault(account, Holder())

    def _token(self, cluster_id: int) -> CapacityToken:
        return self.world.registry.cluster_of(cluster_id).token

    def _require_person(self, account: Address) -> None:
        if account == ZERO:
            raise Revert("Compliance_InvalidAccount", account)
        if self.holder_of(account).is_system_holder:
            raise Revert("Compliance_SystemHolder", account)


def _require_jurisdiction(jurisdiction: int) -> None:
    if not 1 <= jurisdiction <= LAST_JURISDICTION:
        raise Revert("Compliance_InvalidJurisdiction", jurisdiction, LAST_JURISDICTION)
