"""Minting attested units, and paying what they bring to what waits and vests.

No signature for the coins can be handed in: where the claim in the vault and the allowance are too
small, an approval of just what is missing is sent before. Amounts are the coins' smallest units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from wellhead.actions.errors import Refusal
from wellhead.actions.paying import (
    ATTEMPTS,
    Paid,
    Plan,
    is_short,
    plan_unsigned,
    purse_of,
)
from wellhead.actions.supply import Attestation, digest_of
from wellhead.actions.topping import TopUp, top_up_of
from wellhead.actions.views import head
from wellhead.chain import Account, Deployment, Receipt, Reverted


@dataclass(frozen=True)
class Payment:
    """How one coin's part of a top-up is paid, and what is approved for it before. `coin` is its
    name in a deployment."""

    coin: str
    plan: Plan
    approved: int


@dataclass(frozen=True)
class Minting:
    """Units that were minted, or would be; without a receipt they were not. What they bring to what
    waits and vests is the `top_up`, paid in stablecoins and in bitcoin."""

    attestation: Attestation
    digest: bytes
    operator: str
    token: str
    attested: int
    sellable: int
    top_up: TopUp
    payments: tuple[Payment, ...]
    receipt: Receipt | None = None


def prepare(deployment: Deployment, attestation: Attestation, sender: Account) -> Minting:
    """Check all that can be checked before anything is sent, and what it costs now. Refusal where
    the operator has not got that."""
    cluster, units = attestation.cluster, attestation.units
    registry = deployment.registry
    before = registry.call("clusterOf", cluster)
    try:
        registry.call("mint", *_arguments(attestation), sender=sender.address)
    except Reverted as error:
        if not is_short(error):
            raise
        # The token says last whether the operator may hold it; nothing is approved in vain.
        if not deployment.token(cluster).call("canReceive", sender.address):
            raise Refusal("ERC7943CannotReceive", account=sender.address) from None
    block, _ = head(deployment)
    top_up = top_up_of(deployment, cluster, units, block)
    due = {"cash": top_up.stablecoins, "reserve": top_up.reserve}
    return Minting(
        attestation=attestation,
        digest=digest_of(deployment, attestation),
        operator=sender.address,
        token=str(before["token"]),
        attested=int(before["attested"]) + units,
        sellable=int(before["sellable"]) + units,
        top_up=top_up,
        payments=tuple(
            _payment(deployment, coin, amount, sender.address) for coin, amount in due.items()
        ),
    )


def mint(
    deployment: Deployment,
    planned: Minting,
    sender: Account,
    log: Callable[[str], None] = lambda _: None,
) -> Minting:
    """Mint the attested units to the operator. Never more than what they cost is approved for it:
    what vests becomes less with time, and where something came in meanwhile, it is done anew."""
    for attempt in range(1, ATTEMPTS + 1):
        if attempt > 1 or any(payment.approved for payment in planned.payments):
            planned = prepare(deployment, planned.attestation, sender)
        for payment in planned.payments:
            _approve(deployment, payment, sender, log)
        arguments = _arguments(planned.attestation)
        try:
            receipt = deployment.registry.send("mint", *arguments, sender=sender, gas=None)
        except Reverted as error:
            if not is_short(error) or attempt == ATTEMPTS:
                raise
            continue
        return _minted(deployment, planned, receipt)
    raise AssertionError("the loop returns or raises")


def _arguments(attestation: Attestation) -> tuple[Any, ...]:
    return (
        attestation.cluster,
        attestation.units,
        attestation.number,
        attestation.evidence,
        list(attestation.signatures),
    )


def _payment(deployment: Deployment, coin: str, amount: int, account: str) -> Payment:
    purse = purse_of(deployment, account, deployment.contract(coin))
    if amount > purse.claim + purse.balance:
        raise Refusal(
            "TopUpTooLarge",
            account=account,
            coin=coin,
            balance=purse.balance,
            claim=purse.claim,
            needed=amount,
        )
    plan = plan_unsigned(purse, amount)
    return Payment(coin, plan, plan.from_coins if plan.needs_approval else 0)


def _approve(
    deployment: Deployment, payment: Payment, sender: Account, log: Callable[[str], None]
) -> None:
    if not payment.approved:
        return
    amount, coin = payment.approved, deployment.contract(payment.coin)
    log(f"approving the vault for {amount} smallest units of {coin.address}")
    coin.send("approve", deployment.vault.address, amount, sender=sender, gas=None)


def _minted(deployment: Deployment, planned: Minting, receipt: Receipt) -> Minting:
    """What it came to, by the events."""
    router, attested = deployment.router.address, receipt.event("Attested")
    said = [event for event in receipt.all("ToppedUp") if event.address == router]
    names = ("pending", "cash", "reserve")
    top_up = TopUp(*(sum(int(event[name]) for event in said) for name in names))
    costs = (top_up.stablecoins, top_up.reserve)
    return replace(
        planned,
        attested=int(attested["attested"]),
        sellable=int(attested["sellable"]),
        top_up=top_up,
        payments=tuple(
            replace(payment, plan=Paid(payment.plan, 0, receipt).settled(cost).plan)
            for payment, cost in zip(planned.payments, costs, strict=True)
        ),
        receipt=receipt,
    )
