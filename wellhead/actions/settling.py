"""Settling: refunds credited to tenants, and what clusters earned split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wellhead.actions.held import held_leases
from wellhead.chain import Account, Deployment, Receipt


@dataclass(frozen=True)
class Settlement:
    """What settling one lease paid, or would pay, into the tenant's claim."""

    lease: int
    tenant: str
    refund: int
    receipt: Receipt | None = None


def settle(deployment: Deployment, lease: int, sender: Account, *, dry: bool) -> Settlement:
    """Credit what is due for accrued hours; sends nothing when nothing is."""
    market = deployment.market
    refund = int(market.call("settle", lease, sender=sender.address))
    found = Settlement(lease, str(market.call("ownerOf", lease)), refund)
    if dry or not refund:
        return found
    receipt = market.send("settle", lease, sender=sender, gas=None)
    paid = sum(int(event["amount"]) for event in receipt.all("Settled"))
    return replace(found, refund=paid, receipt=receipt)


def leases_of(deployment: Deployment, cluster: int) -> list[int]:
    """Every lease of a cluster that there is, by number."""
    return [lease.lease for lease in held_leases(deployment, cluster)]


@dataclass(frozen=True)
class Distribution:
    """A cluster's books brought up to date, and how what it earned was split, in cash units."""

    cluster: int
    accrued_to: int
    distributed: int
    parts: dict[str, int]
    receipts: Sequence[Receipt] = ()


def distribute(deployment: Deployment, cluster: int, sender: Account, *, dry: bool) -> Distribution:
    """Accrue all final hours and split what they earned; reporters are paid too."""
    market, router, oracle = deployment.market, deployment.router, deployment.oracle
    receipts: list[Receipt] = []
    cursor = int(market.call("accrue", cluster, sender=sender.address))
    if dry:
        due = int(router.call("distribute", cluster, sender=sender.address))
        return Distribution(cluster, cursor, due, {})
    while int(market.call("booksOf", cluster)["cursor"]) < cursor:
        receipts.append(market.send("accrue", cluster, sender=sender, gas=None))
        cursor = int(market.call("accrue", cluster, sender=sender.address))
    parts: dict[str, int] = {}
    distributed = 0
    if int(router.call("distribute", cluster, sender=sender.address)):
        receipts.append(router.send("distribute", cluster, sender=sender, gas=None))
        event = receipts[-1].event("Distributed")
        names = ("operator", "remainder", "reporters", "cash", "bitcoin")
        parts = {name: int(event[name]) for name in names}
        collected = receipts[-1].event("Collected")
        distributed = int(collected["earned"]) + int(collected["remainder"])
    if int(oracle.call("payReporters", sender=sender.address)):
        receipts.append(oracle.send("payReporters", sender=sender, gas=None))
    return Distribution(cluster, cursor, distributed, parts, receipts)
