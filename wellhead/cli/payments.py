"""How something is paid: the option, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from wellhead.actions import paying
from wellhead.actions.paying import Paid, Plan
from wellhead.cli import amounts
from wellhead.cli.output import Row

pay = click.option(
    "--pay",
    type=click.Choice(paying.ASKED),
    help="How the vault gets what the payer's claim there does not cover: by an allowance, which "
    "is approved first where it is too small, or by a permit (ERC-2612) or an authorization "
    "(ERC-3009) that the account signs, in the same transaction.  [default: with the fewest "
    "transactions]",
)

_HOW = {
    paying.ALLOWANCE: "by the allowance that the vault has",
    paying.APPROVAL: "by an approval of just that, sent first",
    paying.PERMIT: "by a signed permit in the same transaction",
    paying.AUTHORIZATION: "by a signed authorization in the same transaction",
}


def sources(plan: Plan, show: Callable[[int], str] = amounts.show_money) -> str:
    """Where the money comes from, for people; `show` says how much it is in its coin."""
    parts = []
    if plan.from_claim:
        parts.append(f"{show(plan.from_claim)} of the claim in the vault")
    if plan.from_coins:
        parts.append(f"{show(plan.from_coins)} of the account, {_HOW[plan.way]}")
    return " and ".join(parts) or "nothing"


def row(plan: Plan) -> Row:
    return ("paid from", sources(plan))


def intended(plan: Plan) -> dict[str, Any]:
    """For programs, before it is paid."""
    return document(plan, plan.from_coins if plan.needs_approval else 0)


def made(paid: Paid) -> dict[str, Any]:
    """For programs."""
    return document(paid.plan, paid.approved)


def document(plan: Plan, approved: int) -> dict[str, Any]:
    return {
        "way": plan.way,
        "from_claim": plan.from_claim,
        "from_coins": plan.from_coins,
        "approved": approved,
    }
