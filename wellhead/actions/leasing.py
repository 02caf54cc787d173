"""Leases: quoting, opening, settling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wellhead.actions.errors import Refusal
from wellhead.chain import Account, Deployment, Receipt, Reverted

HOUR = 3600
WAD = 10**18
#: How far the default limit lies above the quote, in hundredths.
MARGIN = 1
#: The price may move between the approval and the lease; so often is it approved anew.
ATTEMPTS = 3


@dataclass(frozen=True)
class Order:
    """What a tenant asks for; hours are unix time / 3600."""

    cluster: int
    units: int
    start: int
    hours: int

    @property
    def end(self) -> int:
        return self.start + self.hours


@dataclass(frozen=True)
class Quote:
    """What an order costs in the latest block, in stablecoin units."""

    order: Order
    cost: int
    rate: int
    first_seconds: int
    base: int
    peak: int

    @property
    def seconds(self) -> int:
        """Seconds that are paid for."""
        return (self.order.hours - 1) * HOUR + self.first_seconds

    @property
    def default_max(self) -> int:
        """The quote and a margin for what happens until the lease is mined."""
        return -(-self.cost * (100 + MARGIN) // 100)


@dataclass(frozen=True)
class Payment:
    """How an order is to be paid: by whom, at most how much, and what that needs."""

    quote: Quote
    max_cost: int
    tenant: str
    balance: int
    allowance: int

    @property
    def needs_approval(self) -> bool:
        return self.allowance < self.quote.cost


@dataclass(frozen=True)
class Opened:
    """A lease that was opened."""

    lease: int
    order: Order
    cost: int
    rate: int
    first_seconds: int
    tenant: str
    approved: int
    receipt: Receipt


def quote(deployment: Deployment, order: Order) -> Quote:
    """What the order costs now; Reverted when it can not be had."""
    answer = deployment.market.call("quote", order.cluster, order.units, order.start, order.hours)
    return as_quote(order, answer)


def as_quote(order: Order, answer: Mapping[str, Any]) -> Quote:
    """What the contract's `quote` answered."""
    return Quote(
        order=order,
        cost=int(answer["cost"]),
        rate=int(answer["rate"]),
        first_seconds=int(answer["firstSeconds"]),
        base=int(answer["base"]),
        peak=int(answer["peak"]),
    )


def prepare(deployment: Deployment, order: Order, tenant: str, max_cost: int | None) -> Payment:
    """Check all that can be checked before anything is sent."""
    priced = quote(deployment, order)
    cash, vault = deployment.cash, deployment.vault.address
    balance, allowance = cash.call_many([("balanceOf", [tenant]), ("allowance", [tenant, vault])])
    payment = Payment(
        quote=priced,
        max_cost=priced.default_max if max_cost is None else max_cost,
        tenant=tenant,
        balance=int(balance),
        allowance=int(allowance),
    )
    if priced.cost > payment.max_cost:
        raise Refusal("LeaseMarket_CostAboveMax", cost=priced.cost, maxCost=payment.max_cost)
    if priced.cost > payment.balance:
        raise Refusal("NotEnoughCash", account=tenant, balance=payment.balance, needed=priced.cost)
    return payment


def open_lease(
    deployment: Deployment,
    payment: Payment,
    sender: Account,
    log: Callable[[str], None] = lambda _: None,
) -> Opened:
    """Approve exactly the cost where the vault may take less, and lease."""
    order, approved = payment.quote.order, 0
    for attempt in range(1, ATTEMPTS + 1):
        if payment.needs_approval:
            approved = payment.quote.cost
            log(f"approving the vault for {approved} stablecoin units")
            deployment.cash.send(
                "approve", deployment.vault.address, approved, sender=sender, gas=None
            )
        try:
            receipt = deployment.market.send(
                "lease",
                order.cluster,
                order.units,
                order.start,
                order.hours,
                payment.max_cost,
                sender=sender,
                gas=None,
            )
        except Reverted as error:
            if error.name != "ERC20InsufficientAllowance" or attempt == ATTEMPTS:
                raise
            payment = prepare(deployment, order, sender.address, payment.max_cost)
            continue
        event = receipt.event("LeaseOpened")
        return Opened(
            lease=int(event["leaseId"]),
            order=order,
            cost=int(event["cost"]),
            rate=int(event["rate"]),
            first_seconds=int(event["firstSeconds"]),
            tenant=sender.address,
            approved=approved,
            receipt=receipt,
        )
    raise AssertionError("the loop returns or raises")


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
    """Every lease of a cluster, the oldest first."""
    opened = deployment.market.events("LeaseOpened", deployment.block)
    return [int(event["leaseId"]) for event in opened if event["clusterId"] == cluster]


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
