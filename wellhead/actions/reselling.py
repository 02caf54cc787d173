"""Selling leases on the exchange, and buying them. Prices are stablecoin units, times unix seconds.

With `dry` the chain is only asked; then there is no receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wellhead.actions import paying
from wellhead.actions.asking import events_among
from wellhead.actions.errors import Refusal
from wellhead.actions.held import HeldLease, held_lease, leases_of
from wellhead.actions.paying import Paid, Plan, Purchase
from wellhead.actions.views import head
from wellhead.chain import Account, Deployment, Event, Receipt, Reverted
from wellhead.model.leases import digest_of
from wellhead.model.units import HOUR, ZERO

DAY = 24 * HOUR
#: Days for which a lease is offered unless it ends earlier.
USUAL_DAYS = 7


@dataclass(frozen=True)
class Listing:
    """An offer of a lease: its price falls from `start_price` at `opens` to `end_price` at
    `closes`, inclusive. `price` is that of now; None while it is not open."""

    lease: int
    seller: str
    start_price: int
    end_price: int
    opens: int
    closes: int
    price: int | None = None


@dataclass(frozen=True)
class Sale:
    """A lease put on offer, or taken from it when there is no listing. `needs_approval` says
    whether the exchange has to be approved for it first."""

    lease: int
    seller: str
    listing: Listing | None
    needs_approval: bool = False
    approval: Receipt | None = None
    receipt: Receipt | None = None


def usual_close(deployment: Deployment, lease: int, opens: int) -> int:
    """When an offer closes unless something else is said: after `USUAL_DAYS`, or with the lease."""
    stop = int(deployment.market.call("leaseOf", lease)["stop"]) * HOUR
    closes = opens + USUAL_DAYS * DAY
    return min(closes, stop) if stop > opens else closes


def prepare_sale(deployment: Deployment, listing: Listing, sender: Account) -> Sale:
    """Check an offer, and whether the exchange needs an approval for it."""
    stop = int(deployment.market.call("leaseOf", listing.lease)["stop"])
    _require_time_left(deployment, listing.lease, stop)
    try:
        deployment.exchange.call("list", *_terms(listing), sender=sender.address)
    except Reverted as error:
        # The exchange looks at the approval last of all.
        if error.name != "LeaseExchange_NotApproved":
            raise
        return Sale(listing.lease, sender.address, listing, needs_approval=True)
    return Sale(listing.lease, sender.address, listing)


def sell(
    deployment: Deployment,
    planned: Sale,
    sender: Account,
    log: Callable[[str], None] = lambda _: None,
) -> Sale:
    """Approve the exchange for the lease where that is needed, and offer it."""
    listing, approval, exchange = planned.listing, None, deployment.exchange
    if listing is None:
        raise ValueError("a sale without a listing")
    if planned.needs_approval:
        log(f"approving the exchange for lease {planned.lease}")
        call = ("approve", exchange.address, planned.lease)
        approval = deployment.market.send(*call, sender=sender, gas=None)
    receipt = exchange.send("list", *_terms(listing), sender=sender, gas=None)
    return Sale(planned.lease, sender.address, listing, planned.needs_approval, approval, receipt)


def withdraw(deployment: Deployment, lease: int, sender: Account, *, dry: bool) -> Sale:
    """Take an offer back."""
    exchange = deployment.exchange
    if dry:
        exchange.call("delist", lease, sender=sender.address)
        return Sale(lease, sender.address, None)
    receipt = exchange.send("delist", lease, sender=sender, gas=None)
    return Sale(lease, str(receipt.event("Delisted")["seller"]), None, receipt=receipt)


def listing_of(deployment: Deployment, lease: int, block: int | None = None) -> Listing | None:
    """The offer of a lease by its present owner, if there is one."""
    try:
        found = deployment.exchange.call("listingOf", lease, block=block)
    except Reverted as error:
        if error.name != "LeaseExchange_NotListed":
            raise
        return None
    price = None
    try:
        price = int(deployment.exchange.call("priceOf", lease, block=block))
    except Reverted as error:
        if error.name != "LeaseExchange_NotOpen":
            raise
    return Listing(lease, *_fields(found), price)


@dataclass(frozen=True)
class Bounds:
    """What a buyer relies on; hours before `accrued_to` may be settled to the seller, and a user
    may stay until `user_until`, 0 for none. `parts` is the digest of the lease's parts."""

    max_price: int
    units: int
    end: int
    accrued_to: int
    user_until: int
    parts: bytes


@dataclass(frozen=True)
class Buy:
    """A purchase of a lease: what it costs, what the buyer relies on, and how it is paid. `user` is
    who may use it until `user_until`, whoever owns it."""

    held: HeldLease
    listing: Listing
    price: int
    bounds: Bounds
    plan: Plan
    purchase: Purchase
    user: str | None
    asked: str | None = None
    paid: Paid | None = None

    @property
    def first(self) -> int:
        """The first hour that may be the buyer's to be refunded."""
        return max(self.held.start, self.bounds.accrued_to)


def prepare_buy(
    deployment: Deployment,
    lease: int,
    sender: Account,
    *,
    max_price: int | None,
    accrued_to: int | None,
    allow_user: bool,
    asked: str | None = None,
) -> Buy:
    """Read what is for sale, and check all that can be checked before anything is sent.

    Without `accrued_to` no hours may be settled to the seller but those that are final now, and
    those before the lease begins.
    """
    market, exchange = deployment.market, deployment.exchange
    held = held_lease(deployment, lease)
    price = int(exchange.call("priceOf", lease))
    listing = Listing(lease, *_fields(exchange.call("listingOf", lease)), price)
    if held.owner == sender.address:
        raise Refusal("OwnLease", leaseId=lease, account=sender.address)
    _require_time_left(deployment, lease, held.stop)
    limit = price if max_price is None else max_price

    def price_now() -> int:
        now = int(exchange.call("priceOf", lease))
        if now > limit:
            raise Refusal("LeaseExchange_PriceAboveMax", price=now, maxPrice=limit)
        return now

    price_now()
    user = str(market.call("userOf", lease))
    until = int(market.call("userExpires", lease)) if user != ZERO else 0
    if accrued_to is None:
        accrued_to = max(int(market.call("accrue", held.cluster)), held.start)
    user_until, parts = until if allow_user else 0, digest_of(held.parts)
    bounds = Bounds(limit, held.units, held.stop, accrued_to, user_until, parts)
    arguments = (lease, tuple(getattr(bounds, name) for name in Bounds.__dataclass_fields__))
    purchase = Purchase(exchange, "buy", arguments, price_now)
    paying.objections(purchase, sender.address)
    planned = paying.plan(deployment, sender, price, asked)
    named = user if user != ZERO else None
    return Buy(held, listing, price, bounds, planned, purchase, named, asked)


def buy(
    deployment: Deployment,
    planned: Buy,
    sender: Account,
    log: Callable[[str], None] = lambda _: None,
) -> tuple[Paid, int]:
    """Pay, and receive the lease: how it was paid, and its price."""
    paid = paying.pay(deployment, planned.plan, planned.purchase, sender, planned.asked, log)
    price = int(paid.receipt.event("Sold")["price"])
    return paid.settled(price), price


@dataclass(frozen=True)
class Offer:
    """A lease that can be bought, now or from its listing's `opens` on. `user_until` is 0 without a
    user."""

    held: HeldLease
    listing: Listing
    user_until: int


def offers(deployment: Deployment, cluster: int | None = None) -> list[Offer]:
    """Every offer that somebody could take, of one cluster's leases or of all, by number: not those
    that are closed, of leases that are over or suspended, or whose owner has taken back the
    exchange's approval."""
    block, now = head(deployment)
    listed = _listed(deployment, now, block)
    candidates = [
        lease
        for lease in leases_of(deployment, dict.fromkeys(sorted(listed)), block)
        if cluster in (None, lease.cluster) and lease.stop > now // HOUR
    ]
    market, exchange = deployment.market, deployment.exchange
    asked = [
        question
        for lease in candidates
        for question in (
            ("getApproved", [lease.lease]),
            ("isApprovedForAll", [lease.owner, exchange.address]),
            ("suspensionOf", [lease.lease]),
            ("userExpires", [lease.lease]),
        )
    ]
    answers = iter(market.call_many(asked, block=block))
    found = []
    for lease in candidates:
        approved, for_all, (due, _), expires = (next(answers) for _ in range(4))
        if (approved == exchange.address or for_all) and not due:
            found.append((lease, int(expires) if int(expires) >= now else 0))
    opened = [lease.lease for lease, _ in found if listed[lease.lease]["opens"] <= now]
    prices = exchange.call_many([("priceOf", [number]) for number in opened], block=block)
    price = dict(zip(opened, map(int, prices), strict=True))
    return [
        Offer(lease, _of_event(listed[lease.lease], price.get(lease.lease)), until)
        for lease, until in found
    ]


def _require_time_left(deployment: Deployment, lease: int, stop: int) -> None:
    """The exchange does not mind; but nobody means to trade in a lease that is over."""
    if stop <= deployment.rpc.now() // HOUR:
        raise Refusal("LeaseMarket_Over", leaseId=lease, stop=stop)


def _listed(deployment: Deployment, now: int, block: int) -> dict[int, Event]:
    """The last listing of every lease, unless it is closed or was taken back since, or the lease
    has moved: with that, by a sale or otherwise, an offer ends."""
    exchange, first = deployment.exchange, deployment.block
    found = {int(event["leaseId"]): event for event in exchange.events("Listed", first, block)}
    found = {number: event for number, event in found.items() if event["closes"] >= now}
    numbers = sorted(found)
    ends = events_among(exchange, ["Delisted"], first, block, 0, numbers)
    ends += events_among(deployment.market, ["Transfer"], first, block, 2, numbers)
    for event in ends:
        number = int(event["id"] if event.name == "Transfer" else event["leaseId"])
        listing = found.get(number)
        if listing is not None and _place(event) > _place(listing):
            del found[number]
    return found


def _place(event: Event) -> tuple[int, int]:
    return event.block, event.index


def _of_event(event: Event, price: int | None) -> Listing:
    return Listing(int(event["leaseId"]), *_fields(event.arguments), price)


def _fields(found: dict[str, object]) -> tuple[str, int, int, int, int]:
    seller, *numbers = (
        found[name] for name in ("seller", "startPrice", "endPrice", "opens", "closes")
    )
    first, last, opens, closes = (int(str(number)) for number in numbers)
    return str(seller), first, last, opens, closes


def _terms(listing: Listing) -> tuple[int, int, int, int, int]:
    return listing.lease, listing.start_price, listing.end_price, listing.opens, listing.closes
