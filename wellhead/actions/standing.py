"""Who may receive capacity tokens: what is known of an account, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wellhead.actions.errors import Refusal
from wellhead.chain import Deployment
from wellhead.chain.blocks import time_of
from wellhead.model.units import ZERO


@dataclass(frozen=True)
class Standing:
    """What is known of an account. `issued` is of its credential, or of its revocation; `issuer` is
    None where it never had one. `now` is the unix time as of which this is."""

    account: str
    jurisdiction: int
    kind: int
    issued: int
    expires: int
    issuer: str | None
    is_accredited: bool
    is_blocked: bool
    is_system_holder: bool
    now: int

    @property
    def is_valid(self) -> bool:
        """Whether its credential counts, whatever a policy says."""
        return self.is_accredited and self.expires > self.now

    def objection(self, policy: int, classes: int) -> Refusal | None:
        """Why the account may not receive under a policy that admits these `classes` of its
        jurisdiction, bit n for class n; None where it may."""
        if self.is_system_holder:
            return None
        if self.is_blocked:
            return Refusal("Blocked", account=self.account)
        if self.issuer is None:
            return Refusal("NoCredential", account=self.account)
        if self.expires == 0:
            return Refusal("CredentialRevoked", account=self.account, revoked=self.issued)
        if self.expires <= self.now:
            return Refusal("CredentialExpired", account=self.account, expires=self.expires)
        if not self.is_accredited:
            return Refusal("IssuerDismissed", account=self.account, issuer=self.issuer)
        if not classes >> self.kind & 1:
            return Refusal(
                "NotAdmitted",
                account=self.account,
                policy=policy,
                jurisdiction=self.jurisdiction,
                kind=self.kind,
            )
        return None


def standings(
    deployment: Deployment, accounts: Sequence[str], block: int | None = None
) -> list[Standing]:
    """What is known of accounts, as of a block."""
    rpc = deployment.rpc
    at = rpc.integer("eth_blockNumber") if block is None else block
    now = time_of(rpc, at)
    found = deployment.compliance.call_many([("standingOf", [who]) for who in accounts], block=at)
    return [
        Standing(
            account=account,
            jurisdiction=int(one["jurisdiction"]),
            kind=int(one["class"]),
            issued=int(one["issued"]),
            expires=int(one["expires"]),
            issuer=None if one["issuer"] == ZERO else str(one["issuer"]),
            is_accredited=bool(one["isAccredited"]),
            is_blocked=bool(one["isBlocked"]),
            is_system_holder=bool(one["isSystemHolder"]),
            now=now,
        )
        for account, one in zip(accounts, found, strict=True)
    ]


def objections(
    deployment: Deployment, policy: int, found: Sequence[Standing], block: int | None = None
) -> Mapping[str, Refusal | None]:
    """By account, why it may not receive under a policy; None where it may."""
    jurisdictions = sorted({one.jurisdiction for one in found})
    rules = deployment.compliance.call_many(
        [("ruleOf", [policy, jurisdiction]) for jurisdiction in jurisdictions], block=block
    )
    classes = dict(zip(jurisdictions, rules, strict=True))
    return {one.account: one.objection(policy, int(classes[one.jurisdiction])) for one in found}
