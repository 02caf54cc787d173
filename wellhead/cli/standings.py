"""What is known of holders, as people and programs are told it; and the types of what they give."""

from __future__ import annotations

from typing import Any

from wellhead.actions.errors import Refusal
from wellhead.actions.standing import Standing
from wellhead.actions.vesting import Vesting
from wellhead.cli import amounts
from wellhead.cli.jurisdictions import code_of, show_class, show_jurisdiction
from wellhead.cli.sentences import sentence


def reason(objection: Refusal | None) -> str | None:
    """Why somebody may not receive, in a sentence."""
    return None if objection is None else sentence(objection.name, objection.arguments)


def in_short(known: Standing, objection: Refusal | None) -> str:
    """A holder's credential in a few words, or why it is none."""
    if known.is_system_holder:
        return "none needed: a system holder"
    if objection is None:
        place = code_of(known.jurisdiction) or show_jurisdiction(known.jurisdiction)
        return f"{place}, {show_class(known.kind)}, {until(known.expires)}"
    return {
        "Blocked": "blocked",
        "NoCredential": "none",
        "CredentialRevoked": f"revoked {amounts.show_time(known.issued)}",
        "CredentialExpired": f"expired {amounts.show_time(known.expires)}",
        "IssuerDismissed": "of an issuer that was dismissed",
    }.get(
        objection.name,
        f"{code_of(known.jurisdiction) or show_jurisdiction(known.jurisdiction)}, "
        f"{show_class(known.kind)}: not admitted by policy {objection.arguments.get('policy')}",
    )


def until(expires: int) -> str:
    """For how long a credential holds."""
    return f"until {amounts.show_time(expires)}" if amounts.is_date(expires) else "for ever"


def document(known: Standing) -> dict[str, Any] | None:
    """For programs; None where there never was a credential."""
    if known.issuer is None:
        return None
    return {
        "jurisdiction": known.jurisdiction,
        "country": code_of(known.jurisdiction),
        "class": known.kind,
        "issued": known.issued,
        "expires": known.expires,
        "issuer": known.issuer,
        "accredited": known.is_accredited,
        "valid": known.is_valid,
    }


def eligibility(objection: Refusal | None) -> dict[str, Any]:
    """Whether somebody may receive, for programs: why not, by name and in a sentence."""
    return {
        "eligible": objection is None,
        "reason": None if objection is None else objection.name,
        "message": reason(objection),
    }


def vesting_document(vesting: Vesting) -> dict[str, Any]:
    return {
        "cash": vesting.cash,
        "cash_until": vesting.cash_until,
        "reserve": vesting.reserve,
        "reserve_until": vesting.reserve_until,
    }


def vesting_lines(vesting: Vesting) -> list[str]:
    """What vests, and until when; nothing where nothing does."""
    return [
        f"{shown} vests until {amounts.show_time(end)}"
        for shown, amount, end in (
            (amounts.show_money(vesting.cash), vesting.cash, vesting.cash_until),
            (amounts.show_bitcoin(vesting.reserve), vesting.reserve, vesting.reserve_until),
        )
        if amount
    ]
