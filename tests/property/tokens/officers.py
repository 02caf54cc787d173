"""What issuers and the compliance role do: credentials, rules, blocks, freezes, force."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Reach
from tests.property.tokens.base import PEOPLE, TokenMachine, accounts, edges, near, parts, people
from tests.support.shares import packed
from tests.support.stage import MAX, NORWAY, RETAIL
from tests.support.standing import SWEDEN
from wellhead.chain import UnlockedAccount
from wellhead.chain.signing import credential_digest
from wellhead.model.compliance import Credential

issuers = st.integers(0, 2)
jurisdictions = st.sampled_from([NORWAY, NORWAY, NORWAY, SWEDEN])
kinds = st.sampled_from([RETAIL, RETAIL, RETAIL, 1, 7])


class OfficerRules(TokenMachine):
    """Who may hold, as it changes."""

    calls: Reach = (
        "Compliance.present",
        "Compliance.revoke",
        "Compliance.dismiss",
        "Compliance.accredit",
        "Compliance.setRule",
        "Compliance.setBlocked",
        "Compliance.setFrozenTokens",
        "Compliance.forcedTransfer",
        "Compliance.addSystemHolder",
    )

    def is_named(self) -> bool:
        """Whether the second contract is a system holder."""
        contract = self.account(PEOPLE + 1).address
        return self.pair.world.compliance.holder_of(contract).is_system_holder

    def officer(self, function: str, model: str, *arguments: object) -> bool:
        """A call of the compliance role."""
        compliance = self.pair.world.compliance
        return self.act(
            self.stage.officer,
            function,
            arguments,
            getattr(compliance, model),
            self.stage.compliance,
        )

    @rule(
        who=accounts,
        number=issuers,
        where=jurisdictions,
        kind=kinds,
        back=st.sampled_from([0, 0, 0, 1, 1000, -1]),
        length=st.sampled_from([3600, 86_400, 10**9, 2, 1, 0]),
        own=st.sampled_from([True, True, True, True, False]),
    )
    def present(
        self, who: int, number: int, where: int, kind: int, back: int, length: int, own: bool
    ) -> None:
        """Of an issuer that may be accredited, for some seconds from some second on; signed by it
        or by another."""
        pair, issuer = self.pair, self.pair.issuers[number]
        signer = issuer if own else pair.issuers[number - 1]
        now = pair.now + 1
        said = (self.account(who).address, where, kind, now - back, now + length)
        compliance = self.stage.compliance
        digest = credential_digest(self.stage.deployment.chain_id, compliance.address, said)
        signature = packed(signer.sign_digest_vrs(digest))
        pair.step(
            compliance,
            "present",
            (issuer.address, said, signature),
            self.stage.stranger,
            lambda: pair.world.compliance.present(issuer.address, Credential(*said), own),
        )

    @rule(who=people, length=st.sampled_from([2, 3600]))
    def renew(self, who: int, length: int) -> None:
        """A good credential for whoever has none, as far as the stage's issuer goes."""
        if not self.share.can_receive(self.account(who).address):
            self.present(who, 0, NORWAY, RETAIL, 0, length, True)

    @rule(who=people, number=st.integers(-1, 2))
    def revoke(self, who: int, number: int) -> None:
        """By the officer, or by some issuer."""
        issuers = self.pair.issuers
        by = self.stage.officer if number < 0 else UnlockedAccount(issuers[number].address)
        arguments = (self.account(who).address,)
        compliance = self.pair.world.compliance
        self.act(by, "revoke", arguments, compliance.revoke, self.stage.compliance)

    @rule(number=issuers, again=st.sampled_from([True, True, False]))
    def dismiss(self, number: int, again: bool) -> None:
        """Mostly it is accredited again at once, and who had its word needs a new one."""
        issuer = self.pair.issuers[number].address
        self.officer("dismiss", "dismiss", issuer)
        if again:
            self.officer("accredit", "accredit", issuer)

    @rule(
        policy=st.sampled_from([0, 0, 1]),
        where=st.sampled_from([(NORWAY,), (NORWAY, SWEDEN), (NORWAY + 1,), (0,), (1024,)]),
        classes=st.sampled_from([1, 1, 3, 255, 254, 0, 256]),
    )
    def set_rule(self, policy: int, where: tuple[int, ...], classes: int) -> None:
        self.officer("setRule", "set_rule", policy, where, classes)
        compliance = self.stage.compliance
        for one in where:
            if 0 < one < 1024:
                expected = self.pair.world.compliance.rule_of(policy, one)
                assert compliance.call("ruleOf", policy, one) == expected

    @rule(who=accounts, is_blocked=st.booleans())
    def block(self, who: int, is_blocked: bool) -> None:
        self.officer("setBlocked", "set_blocked", self.account(who).address, is_blocked)

    @rule(who=accounts, part=parts, edge=edges, double=st.booleans())
    def freeze(self, who: int, part: int, edge: int, double: bool) -> None:
        """Up to the balance, or up to twice as much."""
        account = self.account(who).address
        amount = near(self.share.balance_of(account) * (1 + double), part, edge)
        self.officer("setFrozenTokens", "set_frozen_tokens", self.pair.cluster, account, amount)

    @rule(who=accounts)
    def freeze_everything(self, who: int) -> None:
        account = self.account(who).address
        self.officer("setFrozenTokens", "set_frozen_tokens", self.pair.cluster, account, MAX)

    @rule(who=people)
    def release(self, who: int) -> None:
        """Neither blocked nor frozen any more."""
        account = self.account(who).address
        self.officer("setFrozenTokens", "set_frozen_tokens", self.pair.cluster, account, 0)
        self.officer("setBlocked", "set_blocked", account, False)

    @rule(frm=accounts, to=accounts, part=parts, edge=edges)
    def force(self, frm: int, to: int, part: int, edge: int) -> None:
        """What the former holder earned stays its own."""
        source, receiver = self.account(frm).address, self.account(to).address
        amount = near(self.share.balance_of(source), part, edge)
        arguments = (self.pair.cluster, source, receiver, amount)
        self.officer("forcedTransfer", "forced_transfer", *arguments)

    @rule(frm=people, to=people, part=parts, extra=st.sampled_from([0, 1, 10**18]))
    def force_what_is_frozen(self, frm: int, to: int, part: int, extra: int) -> None:
        """More than there is was frozen before; the receiver has a credential if it can."""
        source = self.account(frm).address
        amount = self.share.balance_of(source) + extra
        self.officer("setFrozenTokens", "set_frozen_tokens", self.pair.cluster, source, amount)
        self.force(frm, to, part, 0)

    @precondition(lambda self: self.steps > 12 and not self.is_named())
    @rule()
    def name_system_holder(self) -> None:
        """The second contract, once: what it had as a person is over."""
        compliance = self.pair.world.compliance
        contract = self.account(PEOPLE + 1).address
        self.pair.step(
            self.stage.compliance,
            "addSystemHolder",
            (contract,),
            self.stage.governor,
            lambda: compliance.add_system_holder(self.stage.governor.address, contract, True),
        )
