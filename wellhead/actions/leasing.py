"""Leases: quoting, opening, extending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wellhead.actions import paying
from wellhead.actions.errors import Refusal
from wellhead.actions.paying import Paid, Purchase
from wellhead.chain import Account, Deployment, Receipt

HOUR = 3600
WAD = 10**18
#: How far the default limit lies above the quote, in hundredths.
MARGIN = 1


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
    """How an order is to be paid, and at most how much. `lease` is the one that it extends."""

    quote: Quote
    max_cost: int
    plan: paying.Plan
    purchase: Purchase
    asked: str | None = None
    lease: int | None = None

    @property
    def tenant(self) -> str:
        return self.plan.purse.account

    @property
    def needs_approval(self) -> bool:
        return self.plan.needs_approval


@dataclass(frozen=True)
class Opened:
    """A lease that was opened, or hours that were added to one."""

    lease: int
    order: Order
    cost: int
    rate: int
    first_seconds: int
    tenant: str
    paid: Paid

    @property
    def approved(self) -> int:
        """What the vault was allowed to take by a transaction before."""
        return self.paid.approved

    @property
    def receipt(self) -> Receipt:
        return self.paid.receipt


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


def quote_extension(deployment: Deployment, lease: int, hours: int) -> Quote:
    """What so many more hours of a lease cost now; Reverted when they can not be had."""
    market = deployment.market
    state = market.call("leaseOf", lease)
    answer = market.call("quoteExtension", lease, hours)
    order = Order(int(state["clusterId"]), int(state["units"]), int(state["stop"]), hours)
    return as_quote(order, answer)


def prepare(
    deployment: Deployment,
    order: Order,
    sender: Account,
    max_cost: int | None,
    asked: str | None = None,
) -> Payment:
    """Check all that can be checked before anything is sent. `asked` is a way to pay."""

    def arguments(limit: int) -> tuple[Any, ...]:
        return order.cluster, order.units, order.start, order.hours, limit

    def priced() -> Quote:
        return quote(deployment, order)

    return _prepare(deployment, priced, "lease", arguments, sender, max_cost, asked)


def prepare_extension(
    deployment: Deployment,
    lease: int,
    hours: int,
    sender: Account,
    max_cost: int | None,
    asked: str | None = None,
) -> Payment:
    """The same for more hours of a lease that the sender owns, or is approved for."""

    def arguments(limit: int) -> tuple[Any, ...]:
        return lease, hours, limit

    def priced() -> Quote:
        return quote_extension(deployment, lease, hours)

    return _prepare(deployment, priced, "extend", arguments, sender, max_cost, asked, lease)


def open_lease(
    deployment: Deployment,
    payment: Payment,
    sender: Account,
    log: Callable[[str], None] = lambda _: None,
) -> Opened:
    """Pay, and lease."""
    return _buy(deployment, payment, sender, "LeaseOpened", log)


def extend_lease(
    deployment: Deployment,
    payment: Payment,
    sender: Account,
    log: Callable[[str], None] = lambda _: None,
) -> Opened:
    """Pay, and make the lease longer."""
    return _buy(deployment, payment, sender, "LeaseExtended", log)


def _prepare(
    deployment: Deployment,
    priced: Callable[[], Quote],
    function: str,
    arguments: Callable[[int], tuple[Any, ...]],
    sender: Account,
    max_cost: int | None,
    asked: str | None,
    lease: int | None = None,
) -> Payment:
    def price(limit: int) -> Quote:
        found = priced()
        if found.cost > limit:
            raise Refusal("LeaseMarket_CostAboveMax", cost=found.cost, maxCost=limit)
        return found

    limit = priced().default_max if max_cost is None else max_cost
    found = price(limit)
    purchase = Purchase(deployment.market, function, arguments(limit), lambda: price(limit).cost)
    paying.objections(purchase, sender.address)
    planned = paying.plan(deployment, sender, found.cost, asked)
    return Payment(found, limit, planned, purchase, asked, lease)


def _buy(
    deployment: Deployment,
    payment: Payment,
    sender: Account,
    name: str,
    log: Callable[[str], None],
) -> Opened:
    paid = paying.pay(deployment, payment.plan, payment.purchase, sender, payment.asked, log)
    event, order = paid.receipt.event(name), payment.quote.order
    start, end = int(event["start"]), int(event["end"])
    return Opened(
        lease=int(event["leaseId"]),
        order=Order(order.cluster, order.units, start, end - start),
        cost=int(event["cost"]),
        rate=int(event["rate"]),
        first_seconds=int(event.arguments.get("firstSeconds", HOUR)),
        tenant=sender.address,
        paid=paid.settled(int(event["cost"])),
    )
