"""Suspending the use of a lease for misuse: what the operator does, and what is on record.

With `dry` the chain is only asked; then there is no receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wellhead.chain import Account, Deployment, Receipt

NOTICE, SUSPEND, LIFT = "notice", "suspend", "lift"


@dataclass(frozen=True)
class Suspension:
    """A notice or a suspension. `due` is when it may begin, in seconds of the market clock, and
    `earliest` that as a unix time if nothing is paused before; None without one."""

    lease: int
    is_suspended: bool
    due: int | None
    earliest: int | None


@dataclass(frozen=True)
class Change:
    """What was done, and what is on record after it."""

    act: str
    suspension: Suspension
    receipt: Receipt | None = None


def suspension_of(deployment: Deployment, lease: int, block: int | None = None) -> Suspension:
    """What is on record of a lease; an unknown one is refused."""
    due, is_suspended = deployment.market.call("suspensionOf", lease, block=block)
    return _on_record(deployment, lease, int(due), bool(is_suspended))


def give_notice(
    deployment: Deployment, lease: int, evidence: bytes, sender: Account, *, dry: bool
) -> Change:
    """Announce that the use may be suspended; `evidence` is the hash of what the tenant is told."""
    receipt = _do(deployment, ("noticeSuspension", lease, evidence), sender, dry=dry)
    if receipt is None:
        market, registry = deployment.market, deployment.registry
        due = int(registry.call("clock")) + int(market.call("NOTICE"))
    else:
        due = int(receipt.event("SuspensionNoticed")["from"])
    return Change(NOTICE, _on_record(deployment, lease, due, False), receipt)


def suspend(deployment: Deployment, lease: int, sender: Account, *, dry: bool) -> Change:
    """Suspend the use, when its notice is due."""
    found = suspension_of(deployment, lease)
    receipt = _do(deployment, ("suspend", lease), sender, dry=dry)
    return Change(SUSPEND, Suspension(lease, True, found.due, found.earliest), receipt)


def lift(deployment: Deployment, lease: int, sender: Account, *, dry: bool) -> Change:
    """Take a notice or a suspension back."""
    receipt = _do(deployment, ("liftSuspension", lease), sender, dry=dry)
    return Change(LIFT, Suspension(lease, False, None, None), receipt)


def _do(
    deployment: Deployment, call: tuple[Any, ...], sender: Account, *, dry: bool
) -> Receipt | None:
    if dry:
        deployment.market.call(*call, sender=sender.address)
        return None
    return deployment.market.send(*call, sender=sender, gas=None)


def _on_record(deployment: Deployment, lease: int, due: int, is_suspended: bool) -> Suspension:
    if not due:
        return Suspension(lease, False, None, None)
    left = due - int(deployment.registry.call("clock"))
    return Suspension(lease, is_suspended, due, deployment.rpc.now() + left)
