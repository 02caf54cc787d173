"""The errors of tokens and of compliance, and our refusals about holders, as sentences."""

from __future__ import annotations

from collections.abc import Callable

from wellhead.cli.amounts import show_bitcoin, show_count, show_time, show_tokens
from wellhead.cli.jurisdictions import show_class, show_jurisdiction

Sentence = Callable[..., str]

_SEE = "`wellhead credential show` says what is known of it"

TOKEN: dict[str, Sentence] = {
    "CapacityToken_NotRegistry": lambda caller: f"Only the registry mints and burns, not {caller}.",
    "CapacityToken_NotRouter": lambda caller: f"Only the router adds revenue, not {caller}.",
    "CapacityToken_NotCompliance": lambda caller: (
        f"Only the compliance contract freezes tokens and forces transfers, not {caller}."
    ),
    "CapacityToken_PermitExpired": lambda deadline: (
        f"The permit was good until {show_time(deadline)}."
    ),
    "CapacityToken_InvalidPermit": lambda signer, owner: (
        f"The permit was signed by {signer} and not by {owner}, or for other contents."
    ),
    "CapacityToken_ClaimExpired": lambda deadline: (
        f"The signed claim was good until {show_time(deadline)}."
    ),
    "CapacityToken_InvalidClaim": lambda account: (
        f"The claim was not signed by {account}, or for other contents."
    ),
    "CapacityToken_SupplyTooLarge": lambda supply: (
        f"A supply of {show_tokens(supply)} tokens is more than a token can have."
    ),
    "CapacityToken_InvalidPeriod": lambda days, limit: (
        f"{show_count(days, 'day')} can not be looked back on: between 1 and {limit} can."
    ),
    "CapacityTokenFactory_NotRegistry": lambda caller: (
        f"Only the registry deploys tokens, not {caller}."
    ),
    "ERC7943CannotSend": lambda account: (
        f"{account} may not send tokens: the officers for compliance have blocked it."
    ),
    "ERC7943CannotReceive": lambda account: (
        f"{account} may not receive this token: it has no valid credential that the cluster's "
        f"policy admits, or is blocked; {_SEE}."
    ),
    "ERC7943CannotTransfer": lambda owner, to, amount: (
        f"{show_tokens(amount)} tokens can not be moved from {owner} to {to}."
    ),
    "ERC7943InsufficientUnfrozenBalance": lambda account, amount, unfrozen: (
        f"Of the tokens of {account} only {show_tokens(unfrozen)} are not frozen, and "
        f"{show_tokens(amount)} are needed."
    ),
}

COMPLIANCE: dict[str, Sentence] = {
    "Compliance_NotAccredited": lambda issuer: (
        f"{issuer} is no accredited issuer: its credentials do not count."
    ),
    "Compliance_AlreadyAccredited": lambda issuer: f"Issuer {issuer} is accredited already.",
    "Compliance_TooManyIssuers": lambda limit: (
        f"There were {limit:,} accreditations, as many as there can ever be."
    ),
    "Compliance_InvalidSignature": lambda issuer: (
        f"The credential was not signed by {issuer}, or for other contents."
    ),
    "Compliance_Expired": lambda expires, now: (
        f"The credential would be over since {show_time(expires)}: it is {show_time(now)}."
    ),
    "Compliance_NotYetIssued": lambda issued, now: (
        f"The credential is of {show_time(issued)}, which is yet to come: it is {show_time(now)}."
    ),
    "Compliance_BeforeAccreditation": lambda issued, since: (
        f"The credential is of {show_time(issued)}, before its issuer was accredited at "
        f"{show_time(since)}: it has to issue it anew."
    ),
    "Compliance_Outdated": lambda issued, latest: (
        f"The credential is of {show_time(issued)}, but the holder has one, or a revocation, of "
        f"{show_time(latest)}: a later one is needed."
    ),
    "Compliance_InvalidJurisdiction": lambda jurisdiction, limit: (
        f"There is no jurisdiction {jurisdiction:,}: numbers go from 1 to {limit:,}."
    ),
    "Compliance_InvalidPolicy": lambda policy, limit: (
        f"There is no policy {policy:,}: numbers go from 0 to {limit:,}."
    ),
    "Compliance_InvalidClass": lambda kind, limit: (
        f"There is no class or set of classes {kind:,}: numbers go from 0 to {limit:,}."
    ),
    "Compliance_InvalidAccount": lambda account: f"{account} can not be meant.",
    "Compliance_SystemHolder": lambda account: (
        f"{account} is a system holder: it can not be blocked, frozen or taken from, nor be made "
        "one again."
    ),
    "Compliance_NotContract": lambda account: (
        f"{account} is no contract: only contracts, such as pools, can be system holders."
    ),
}

#: Refusals of ours.
HOLDERS: dict[str, Sentence] = {
    "Blocked": lambda account: (
        f"{account} is blocked: it can neither send nor receive tokens of any cluster."
    ),
    "NoCredential": lambda account: (
        f"{account} has no credential: an accredited issuer has to give it one, `wellhead "
        "credential issue`."
    ),
    "CredentialRevoked": lambda account, revoked: (
        f"The credential of {account} was revoked at {show_time(revoked)}."
    ),
    "CredentialExpired": lambda account, expires: (
        f"The credential of {account} expired at {show_time(expires)}."
    ),
    "IssuerDismissed": lambda account, issuer: (
        f"The credential of {account} does not count any more: its issuer {issuer} was dismissed."
    ),
    "NotAdmitted": lambda account, policy, jurisdiction, kind: (
        f"{account} belongs to {show_jurisdiction(jurisdiction)} as {show_class(kind)}, and policy "
        f"{policy:,} does not admit that."
    ),
    "TooFewTokens": lambda cluster, account, balance, needed: (
        f"{account} has {show_tokens(balance)} tokens of cluster {cluster}, and "
        f"{show_tokens(needed)} are needed."
    ),
    "Frozen": lambda account, balance, frozen, needed: (
        f"Of the {show_tokens(balance)} tokens of {account} {show_tokens(min(frozen, balance))} "
        f"are frozen and {show_tokens(max(balance - frozen, 0))} are not, and "
        f"{show_tokens(needed)} are needed."
    ),
    "NotAllowed": lambda account, owner, allowance, needed: (
        f"{account} may take {_allowed(allowance)} tokens of {owner}, and {show_tokens(needed)} "
        "are needed: the owner has to approve more."
    ),
    "NotBlocked": lambda account: f"{account} is not blocked.",
    "BlockedAlready": lambda account: f"{account} is blocked already.",
    "NotEnoughBitcoin": lambda account, balance, needed, claim: (
        f"{account} has {show_bitcoin(balance)}"
        + (f" and a claim of {show_bitcoin(claim)} in the vault" if claim else "")
        + f", and {show_bitcoin(needed)} is needed."
    ),
    "UsedNonce": lambda account, given, expected: (
        f"The claim was signed with nonce {given:,}, but the next one of {account} is "
        f"{expected:,}: it was used, or another claim or permit was."
    ),
}


def _allowed(allowance: int) -> str:
    return "any number of" if allowance >= 2**128 else show_tokens(allowance)
