"""Credentials: what an issuer says of a holder. Signing them, bringing them on chain, revoking."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.actions.errors import Refusal, SetupError
from wellhead.actions.governing import Act, govern
from wellhead.actions.standing import standings
from wellhead.chain import Account, Deployment, Receipt
from wellhead.chain.locality import is_local
from wellhead.chain.typed import TypedData, TypedSigner

_FIELDS = {
    "holder": "address",
    "jurisdiction": "uint16",
    "class": "uint8",
    "issued": "uint40",
    "expires": "uint40",
}
#: A credential that never expires, as far as anybody is concerned.
LAST = 2**40 - 1


@dataclass(frozen=True)
class Credential:
    """What an issuer says: a jurisdiction by ISO 3166-1's number, a class from 0 to 7, and unix
    times."""

    holder: str
    jurisdiction: int
    kind: int
    issued: int
    expires: int

    def encoded(self) -> tuple[str, int, int, int, int]:
        """In the order of ICompliance.Credential."""
        return self.holder, self.jurisdiction, self.kind, self.issued, self.expires


@dataclass(frozen=True)
class Signed:
    """A credential and its issuer's signature: 65 bytes (r, s, v), or whatever a contract takes."""

    credential: Credential
    issuer: str
    signature: bytes


def sign(deployment: Deployment, credential: Credential, issuer: Account) -> Signed:
    """SetupError where whoever holds the issuer's key signs no typed data."""
    domain = {
        "name": "Wellhead Compliance",
        "version": "1",
        "chainId": deployment.chain_id,
        "verifyingContract": deployment.compliance.address,
    }
    message = dict(zip(_FIELDS, credential.encoded(), strict=True))
    data = TypedData(domain, "Credential", _FIELDS, message)
    return Signed(credential, issuer.address, signature_of(deployment, data, issuer))


def signature_of(deployment: Deployment, data: TypedData, signer: Account) -> bytes:
    """Over typed data, 65 bytes (r, s, v)."""
    found = signer.sign_typed(deployment.rpc, data) if isinstance(signer, TypedSigner) else None
    if found is None:
        raise SetupError(
            f"{signer.address} can not sign typed data: whoever holds its key has to know EIP-712"
        )
    v, r, s = found
    return r + s + bytes([v])


def time_to_issue(deployment: Deployment, holder: str) -> int:
    """The present, by the latest block; Refusal where the holder's last credential or revocation is
    not older: then another block has to come first. A local chain is given one."""
    (known,) = standings(deployment, [holder])
    now = deployment.rpc.now()
    if known.issued >= now and is_local(deployment.rpc):
        deployment.rpc("evm_mine")
        now = deployment.rpc.now()
    if known.issued >= now:
        raise Refusal("Compliance_Outdated", issued=now, latest=known.issued)
    return now


def present(
    deployment: Deployment, signed: Signed, sender: Account, *, dry: bool
) -> Receipt | None:
    """Bring a credential on chain; anybody may. With `dry` the chain is only asked."""
    arguments = (signed.issuer, signed.credential.encoded(), signed.signature)
    compliance = deployment.compliance
    if dry:
        compliance.call("present", *arguments, sender=sender.address)
        return None
    return compliance.send("present", *arguments, sender=sender, gas=None)


def revoke(deployment: Deployment, holder: str, sender: Account, *, dry: bool) -> Act:
    """Take a holder's credential away: its issuer's, an officer's, or where none is valid any
    accredited issuer's to do."""
    return govern(deployment, deployment.compliance, "revoke", [holder], sender, dry=dry)
