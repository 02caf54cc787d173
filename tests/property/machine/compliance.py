"""Credentials are presented, expire and are revoked; officers block, freeze and move tokens."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, Reach, near, parts, people
from tests.support.stage import HOUR, NORWAY, RETAIL, UNIT, Q
from wellhead.chain import KeyAccount, UnlockedAccount, dev_account
from wellhead.chain.signing import credential_digest
from wellhead.model.compliance import Credential

DAY = 24 * HOUR
#: An issuer besides the stage's.
SECOND = dev_account(14)
issuers = st.sampled_from([0, 0, 1])
#: Mostly the officer does what officers do.
senders = st.sampled_from([*["officer"] * 8, "governor", "stranger"])
#: Those who hold tokens from the beginning, and anybody.
owners = st.one_of(st.sampled_from([0, 5, 6]), people)


class ComplianceRules(Machine):
    """The issuer and the officers, and who would like to be one."""

    calls: Reach = (
        "Compliance.present",
        "Compliance.revoke",
        "Compliance.setBlocked",
        "Compliance.accredit",
        "Compliance.dismiss",
        "Compliance.setRule",
        "Compliance.setFrozenTokens",
        "Compliance.forcedTransfer",
    )

    @rule(
        who=people,
        place=st.sampled_from([NORWAY, NORWAY, NORWAY, 752, 0]),
        kind=st.sampled_from([RETAIL, RETAIL, 1]),
        age=st.sampled_from([0, 0, 0, 1, 30 * DAY]),
        lasts=st.sampled_from([0, 1, HOUR, DAY, 400 * DAY, 400 * DAY]),
        is_signed=st.sampled_from([True, True, True, False]),
        number=issuers,
    )
    def present(
        self, who: int, place: int, kind: int, age: int, lasts: int, is_signed: bool, number: int
    ) -> None:
        """A stranger brings what an issuer said, or did not say; the second one may not be
        accredited."""
        self.identify(who, lasts, place, kind, age, is_signed, number)

    def identify(
        self,
        who: int,
        lasts: int,
        place: int = NORWAY,
        kind: int = RETAIL,
        age: int = 0,
        is_signed: bool = True,
        number: int = 0,
    ) -> None:
        stage, known, holder = self.stage, self.world.compliance, self.pair.people[who].address
        issuer = self._issuer(number)
        issued = self.pair.now + 1 - age
        said = (holder, place, kind, issued, issued + lasts)
        digest = credential_digest(stage.deployment.chain_id, stage.compliance.address, said)
        signer = issuer if is_signed else self._issuer(1 - number)
        v, r, s = signer.sign_digest_vrs(digest)
        arguments = (issuer.address, said, r + s + bytes([v]))
        self.call(
            stage.stranger,
            stage.compliance,
            "present",
            arguments,
            lambda: known.present(issuer.address, Credential(*said), is_signed),
        )

    @rule(who=people, number=issuers, lasts=st.sampled_from([HOUR, 400 * DAY]), again=st.booleans())
    def change_issuers(self, who: int, number: int, lasts: int, again: bool) -> None:
        """One is accredited, says who somebody is, and is dismissed: the word of the other, who may
        have said so before, does not come back by that."""
        self.accredit(True, "officer", number)
        self.identify(who, lasts, number=number)
        self.accredit(False, "officer", number)
        if again:
            self.accredit(True, "officer", number)
            self.identify(who, lasts, number=number)

    @rule(who=people, by=st.one_of(senders, issuers))
    def revoke(self, who: int, by: str | int) -> None:
        """By an officer; or by an issuer, which can take back only its own word."""
        arguments = (self.pair.people[who].address,)
        known = self.world.compliance
        sender = (
            self._sender(by) if isinstance(by, str) else UnlockedAccount(self._issuer(by).address)
        )
        self.act(sender, self.stage.compliance, "revoke", arguments, known.revoke)

    @rule(who=people, blocked=st.booleans(), by=senders)
    def bar(self, who: int, blocked: bool, by: str) -> None:
        """Block somebody from all tokens, or no more."""
        arguments = (self.pair.people[who].address, blocked)
        known = self.world.compliance
        self.act(
            self._sender(by), self.stage.compliance, "setBlocked", arguments, known.set_blocked
        )

    @rule(is_accredited=st.booleans(), by=senders, number=issuers)
    def accredit(self, is_accredited: bool, by: str, number: int) -> None:
        """An issuer loses its standing, or gets it again: for credentials from then on."""
        known, arguments = self.world.compliance, (self._issuer(number).address,)
        name, twin = ("accredit", known.accredit) if is_accredited else ("dismiss", known.dismiss)
        self.act(self._sender(by), self.stage.compliance, name, arguments, twin)

    @rule(classes=st.sampled_from([0, 1, 1, 3, 256]), by=senders)
    def set_rule(self, classes: int, by: str) -> None:
        arguments = (0, [NORWAY, 752], classes)
        known = self.world.compliance
        self.act(self._sender(by), self.stage.compliance, "setRule", arguments, known.set_rule)

    @rule(who=owners, part=parts, edge=st.sampled_from([0, 0, 1, UNIT]), by=senders)
    def freeze(self, who: int, part: int, edge: int, by: str) -> None:
        """A part of what somebody has, or more than that."""
        share, known = self.world.token(self.key), self.world.compliance
        account = self.pair.people[who].address
        arguments = (self.key, account, near(share.balance_of(account), part, edge))
        compliance, twin = self.stage.compliance, known.set_frozen_tokens
        self.act(self._sender(by), compliance, "setFrozenTokens", arguments, twin)

    @rule(frm=owners, to=people, part=parts, edge=st.sampled_from([0, 0, 1]), by=senders)
    def force(self, frm: int, to: int, part: int, edge: int, by: str) -> None:
        """Take tokens from somebody, frozen or not."""
        share, known = self.world.token(self.key), self.world.compliance
        owner, receiver = self.pair.people[frm].address, self.pair.people[to].address
        amount = near(share.balance_of(owner), part, edge)
        arguments = (self.key, owner, receiver, amount)
        compliance, twin = self.stage.compliance, known.forced_transfer
        self.act(self._sender(by), compliance, "forcedTransfer", arguments, twin)

    @rule(frm=owners, to=people, frozen=parts, part=parts, edge=st.sampled_from([0, UNIT]))
    def seize(self, frm: int, to: int, frozen: int, part: int, edge: int) -> None:
        """Freeze tokens, try to send them, and take some, of what is free or not."""
        self.freeze(frm, frozen, edge, "officer")
        self.send(frm, to, part, 0)
        self.force(frm, to, part, 0, "officer")
        self.send(frm, to, Q, 0)

    @rule(frm=owners, to=owners, part=parts, lasts=st.integers(1, DAY), late=st.integers(-2, 1))
    def lapse(self, frm: int, to: int, part: int, lasts: int, late: int) -> None:
        """Tokens arrive around the moment at which the receiver's credential ends, and leave."""
        self.identify(to, lasts)
        self.pair.wait(max(1, lasts + late))
        self.send(frm, to, part, 0)
        self.send(to, frm, part, 0)

    def _issuer(self, number: int) -> KeyAccount:
        """The stage's, or another one."""
        return self.stage.issuer if number == 0 else SECOND

    def _sender(self, name: str) -> UnlockedAccount:
        sender: UnlockedAccount = getattr(self.stage, name)
        return sender
