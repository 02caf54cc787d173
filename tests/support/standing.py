"""Accounts in every kind of standing that compliance knows."""

from __future__ import annotations

from enum import Enum

from tests.support.shares import Share
from tests.support.stage import FOREVER, NORWAY, RETAIL, Stage
from wellhead.chain import KeyAccount, Receipt, UnlockedAccount
from wellhead.chain.signing import Credential, credential_digest

SWEDEN = 752


class Standing(Enum):
    """Why an account may send or receive, or may not: (name, may send, may receive)."""

    GOOD = ("good", True, True)
    EXPIRED = ("expired", True, False)
    REVOKED = ("revoked", True, False)
    ELSEWHERE = ("of a jurisdiction without a rule", True, False)
    WRONG_CLASS = ("of a class that the rule leaves out", True, False)
    DISMISSED = ("by a dismissed issuer", True, False)
    BLOCKED = ("blocked", False, False)
    SYSTEM = ("system holder", True, True)

    @property
    def may_send(self) -> bool:
        return self.value[1]

    @property
    def may_receive(self) -> bool:
        return self.value[2]


def statement(
    holder: str,
    issued: int,
    expires: int = FOREVER,
    jurisdiction: int = NORWAY,
    kind: int = RETAIL,
) -> Credential:
    """What an issuer says of a holder."""
    return holder, jurisdiction, kind, issued, expires


def signature_of(
    stage: Stage,
    issuer: KeyAccount,
    said: Credential,
    compliance: str | None = None,
    chain_id: int | None = None,
) -> bytes:
    """The issuer's, of this credential: for the stage's compliance and chain, or for others."""
    contract = compliance or stage.compliance.address
    chain = stage.deployment.chain_id if chain_id is None else chain_id
    v, r, s = issuer.sign_digest_vrs(credential_digest(chain, contract, said))
    return r + s + bytes([v])


def present(stage: Stage, issuer: KeyAccount, said: Credential) -> Receipt:
    """A stranger brings what an issuer says of a holder."""
    arguments = (issuer.address, said, signature_of(stage, issuer, said))
    return stage.compliance.send("present", *arguments, sender=stage.stranger)


def bring(share: Share, account: UnlockedAccount, standing: Standing, other: KeyAccount) -> None:
    """Bring an account that has a good credential into this standing. `other` is an accredited
    issuer that whoever is dismissed had; system holders are contracts and not made here."""
    stage = share.stage
    stage.skip(1)
    match standing:
        case Standing.REVOKED:
            share.officer("revoke", account.address)
        case Standing.EXPIRED:
            stage.credential(account.address, expires=stage.now() + 100)
            stage.skip(100)
        case Standing.ELSEWHERE:
            stage.credential(account.address, jurisdiction=SWEDEN)
        case Standing.WRONG_CLASS:
            stage.credential(account.address, kind=RETAIL + 1)
        case Standing.DISMISSED:
            said = statement(account.address, stage.now())
            present(stage, other, said)
            share.officer("dismiss", other.address)
            share.officer("accredit", other.address)
        case Standing.BLOCKED:
            share.block(account)
