"""`wellhead lease sell` and `wellhead lease buy`: leases from one tenant to another."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import people, reselling
from wellhead.actions.paying import Paid
from wellhead.actions.reselling import Buy, Listing, Sale
from wellhead.cli import amounts, leases, options, payments
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run

_SENDER = f"{people.TENANT}, a tenant"
DAY = 24 * amounts.HOUR


def _price(text: str) -> int:
    price = amounts.parse_money(text)
    if price >= 2**96:
        raise ValueError(f"{text!r} is too large")
    return price


_PRICE = options.Parsed("dollars", _price)


@click.command("sell")
@options.lease
@click.option("--price", type=_PRICE, help="Its price, or the price when the offer opens.")
@click.option(
    "--to-price",
    type=_PRICE,
    help="The price falls in a straight line to this one until the offer closes.",
)
@click.option(
    "--opens",
    type=options.TIME,
    metavar="TIME",
    help="When it can be bought: now, now+24 in hours, 2026-12-01T00:00Z or an hour's number.  "
    "[default: now]",
)
@click.option(
    "--closes",
    type=options.TIME,
    metavar="TIME",
    help=f"Until when.  [default: {reselling.USUAL_DAYS} days later, or the end of the lease]",
)
@click.option(
    "--days", type=click.IntRange(1, 731), help="Close so many days after it opens instead."
)
@click.option("--withdraw", is_flag=True, help="Take the offer back.")
@options.sender(_SENDER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def sell(
    settings: Settings,
    lease: int,
    price: int | None,
    to_price: int | None,
    opens: amounts.TimeAt | None,
    closes: amounts.TimeAt | None,
    days: int | None,
    withdraw: bool,
) -> None:
    """Offer a lease for sale, at a fixed or a falling price.

    LEASE is the lease's id. It stays with its owner until somebody buys it; an earlier offer is
    replaced. The exchange is approved for this lease first, where it is not yet. The price becomes
    a claim of the seller in the vault.
    """
    others = (price, to_price, opens, closes, days)
    if withdraw and any(value is not None for value in others):
        raise click.UsageError("--withdraw goes alone")
    if not withdraw and price is None:
        raise click.UsageError("give --price, or --withdraw")
    if closes is not None and days is not None:
        raise click.UsageError("give --closes or --days")
    if withdraw or price is None:
        run(settings, lambda session: _withdraw(session, lease))
    else:
        last = price if to_price is None else to_price
        run(settings, lambda session: _sell(session, lease, price, last, opens, closes, days))


@click.command("buy")
@options.lease
@click.option(
    "--max-price", type=options.MONEY, help="Pay no more than this.  [default: its price now]"
)
@click.option(
    "--accrued-to",
    type=options.HOUR,
    metavar="TIME",
    help="Buy only if no hours from this one on are settled to the seller.  [default: the first "
    "that is not final now, or the lease's first]",
)
@click.option("--allow-user", is_flag=True, help="Buy it although somebody else may use it now.")
@payments.pay
@options.sender(_SENDER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def buy(
    settings: Settings,
    lease: int,
    max_price: int | None,
    accrued_to: amounts.HourAt | None,
    allow_user: bool,
    pay: str | None,
) -> None:
    """Buy a lease that is for sale.

    LEASE is the lease's id. What is read before is what the purchase relies on: it fails when the
    lease has other units or another end, was cut or extended, costs more, has a user, or when more
    hours were settled to the seller.
    """
    run(settings, lambda session: _buy(session, lease, max_price, accrued_to, allow_user, pay))


def _sell(
    session: Session,
    lease: int,
    price: int,
    to_price: int,
    opens: amounts.TimeAt | None,
    closes: amounts.TimeAt | None,
    days: int | None,
) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    now = session.rpc.now()
    first = now if opens is None else opens.resolve(now)
    if closes is not None:
        last = closes.resolve(now)
    elif days is not None:
        last = first + days * DAY
    else:
        last = reselling.usual_close(deployment, lease, first)
    listing = Listing(lease, sender.address, price, to_price, first, last)
    planned = reselling.prepare_sale(deployment, listing, sender)
    if planned.needs_approval:
        session.out.note(f"the exchange is not approved for lease {lease} yet: that is sent first")
    if not session.dry_run:
        approval = (
            "Approve the exchange for lease {0} and offer it"
            if planned.needs_approval
            else ("Offer lease {0}")
        )
        session.confirm(f"{approval.format(lease)} for {_fall(listing)}?")
        with session.turn_of(sender):
            planned = reselling.sell(deployment, planned, sender, session.out.detail)
    _show_sale(session, "Offer, not sent" if session.dry_run else "Lease offered", planned)


def _withdraw(session: Session, lease: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    if not session.dry_run:
        reselling.withdraw(deployment, lease, sender, dry=True)
        session.confirm(f"Take the offer of lease {lease} back?")
    with session.turn_of(sender):
        made = reselling.withdraw(deployment, lease, sender, dry=session.dry_run)
    _show_sale(session, "Withdrawal, not sent" if session.dry_run else "Offer withdrawn", made)


def _show_sale(session: Session, title: str, made: Sale) -> None:
    session.mined(made.approval, made.receipt)
    listing = made.listing
    document = {
        "dry_run": session.dry_run,
        "lease": made.lease,
        "seller": made.seller,
        "listing": None if listing is None else leases.listing_document(listing),
        "needs_approval": made.needs_approval,
        "approval": made.approval.hash if made.approval else None,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows: list[Row] = [("lease", str(made.lease)), ("seller", made.seller)]
    if listing is not None:
        rows += leases.listing_rows(listing)
    if made.approval:
        rows.append(("approval", made.approval.hash))
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    session.out.result("lease.sell", document, title, rows)


def _fall(listing: Listing) -> str:
    price = amounts.show_money(listing.start_price)
    if listing.end_price != listing.start_price:
        price += f", falling to {amounts.show_money(listing.end_price)},"
    return f"{price} until {amounts.show_time(listing.closes)}"


def _buy(
    session: Session,
    lease: int,
    max_price: int | None,
    accrued_to: amounts.HourAt | None,
    allow_user: bool,
    pay: str | None,
) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    planned = reselling.prepare_buy(
        deployment,
        lease,
        sender,
        max_price=max_price,
        accrued_to=accrued_to.resolve(session.current_hour()) if accrued_to else None,
        allow_user=allow_user,
        asked=pay,
    )
    if session.dry_run:
        _show_buy(session, "Purchase, not sent", planned, sender.address, None, planned.price)
        return
    user = f", used by {planned.user} until then" if planned.user else ""
    session.confirm(
        f"Buy lease {lease}, {amounts.show_count(planned.held.units, 'unit')} until "
        f"{amounts.show_hour(planned.held.stop)}{user}, for {amounts.show_money(planned.price)}, "
        f"paid from {payments.sources(planned.plan)}?"
    )
    with session.turn_of(sender):
        paid, price = reselling.buy(deployment, planned, sender, session.out.detail)
    _show_buy(session, "Lease bought", planned, sender.address, paid, price)


def _show_buy(
    session: Session, title: str, made: Buy, buyer: str, paid: Paid | None, price: int
) -> None:
    session.mined(paid.receipt if paid else None)
    held, bounds = made.held, made.bounds
    document: dict[str, Any] = {
        "dry_run": session.dry_run,
        "lease": held.lease,
        "cluster": held.cluster,
        "seller": made.listing.seller,
        "buyer": buyer,
        "price": price,
        "first": made.first,
        "bounds": {**bounds.__dict__, "parts": "0x" + bounds.parts.hex()},
        "user": made.user,
        "payment": payments.made(paid) if paid else payments.intended(made.plan),
        "transaction": paid.receipt.hash if paid else None,
    }
    settled = f"hours before {amounts.show_hour(bounds.accrued_to)} at most"
    rows: list[Row] = [
        ("lease", str(held.lease)),
        ("cluster", str(held.cluster)),
        ("seller", made.listing.seller),
        ("buyer", buyer),
        ("units", f"{held.units:,}"),
        *amounts.span_rows(held.start, held.stop, held.first_seconds),
        ("settled to seller", settled),
        ("user", "nobody" if made.user is None else made.user),
        ("price", amounts.show_money(price)),
        payments.row(paid.plan if paid else made.plan),
    ]
    if made.user:
        rows.insert(8, ("", f"allowed until {amounts.show_time(bounds.user_until)}"))
    if paid is None:
        rows.append(("limit", amounts.show_money(bounds.max_price)))
    else:
        rows.append(("transaction", paid.receipt.hash))
    session.out.result("lease.buy", document, title, rows)
