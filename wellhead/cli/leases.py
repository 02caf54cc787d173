"""`wellhead lease list` and `wellhead lease show`."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import changing, reselling, suspending, views
from wellhead.actions.held import HeldLease
from wellhead.actions.reselling import Listing
from wellhead.actions.views import LeaseView
from wellhead.cli import amounts, looking, options, uses
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run

#: Leases in a table.
USUAL = 100


@click.command("list")
@click.option("--cluster", type=options.WHOLE, metavar="ID", help="Of this cluster.")
@looking.viewer
@click.option("--state", type=click.Choice(views.STATES), help="In this state.")
@looking.limit(USUAL, "leases, the newest,")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def listed(
    settings: Settings,
    cluster: int | None,
    account: int | str | None,
    state: str | None,
    limit: int | None,
) -> None:
    """List leases.

    A lease is future, running, ended, or final once all its hours are accrued.
    """
    run(settings, lambda session: _list(session, cluster, account, state, limit))


@click.command("show")
@looking.one("lease", "The lease's id.")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings, lease: int) -> None:
    """Show a lease and what it paid.

    Its parts where it was extended, hours that a default made void, who may use it, a notice or
    suspension, and its offer on the exchange.
    """
    run(settings, lambda session: _show(session, lease))


def _list(
    session: Session,
    cluster: int | None,
    account: int | str | None,
    state: str | None,
    limit: int | None,
) -> None:
    deployment = session.deployment
    if cluster is not None:
        deployment.registry.call("clusterOf", cluster)
    owner, most = session.address_of(account), looking.most(session, limit, USUAL)
    with session.out.working("reading leases"):
        read = views.leases(deployment, cluster, owner, state, most)
    found = read.views
    if session.settings.as_json:
        listed = {"leases": [document(view) for view in found], "more": read.more}
        session.out.document("lease.list", listed)
        return
    if not found:
        session.out.note("there is no such lease")
        return
    session.out.table(
        "Leases",
        ("lease", "cluster", "units", "from", "to", "paid", "refunded", "state", "owner"),
        [
            (
                str(view.held.lease),
                str(view.held.cluster),
                f"{view.held.units:,}",
                amounts.show_hour(view.held.start).removesuffix(" UTC"),
                amounts.show_hour(max(view.held.start, view.held.stop)).removesuffix(" UTC"),
                amounts.show_money(view.held.cost),
                amounts.show_money(view.held.refunded),
                view.state,
                _short(view.held.owner),
            )
            for view in found
        ],
    )
    looking.tell_more(session, read.more, "older lease")


def _show(session: Session, number: int) -> None:
    deployment = session.deployment
    view = views.lease(deployment, number)
    held = view.held
    due = int(deployment.market.call("settle", number))
    use = changing.use_of(deployment, number)
    suspension = suspending.suspension_of(deployment, number)
    listing = reselling.listing_of(deployment, number)
    kind = views.clusters(deployment, [held.cluster])[0].terms.kind
    each = amounts.show_per_unit_hour(held.cost, held.units, held.seconds)
    more = {
        "due": due,
        "parts": [
            {
                "start": part.start,
                "end": part.end,
                "first_seconds": part.first_seconds,
                "rate": part.rate,
                "cut": part.is_cut,
            }
            for part in held.parts
        ],
        "void_hours": held.void_hours,
        "user": use.user,
        "user_expires": use.expires,
        "suspension": uses.document_of(suspension),
        "listing": listing and listing_document(listing),
    }
    origin = f", split from lease {held.split_from}" if held.split_from else ""
    rows: list[Row] = [
        ("lease", f"{number}, {view.state}"),
        ("cluster", str(held.cluster)),
        ("owner", held.owner),
        ("opened by", f"{held.tenant}{origin}"),
        ("units", f"{held.units:,}"),
        *amounts.span_rows(held.start, held.end, held.first_seconds),
        *_parts(held),
        ("paid", f"{amounts.show_money(held.cost)} ({each}/{amounts.unit_hour(kind)})"),
        ("refunded", amounts.show_money(held.refunded)),
        ("refund due", f"{amounts.show_money(due)}" + (" (`wellhead settle`)" if due else "")),
    ]
    if use.user:
        rows.append(("used by", f"{use.user} until {amounts.show_time(use.expires)}"))
    if suspension.due is not None:
        rows.append(("use", uses.said(suspension)))
    if listing is not None:
        rows += listing_rows(listing)
    session.out.result("lease.show", {**document(view), **more}, f"Lease {number}", rows)


def _parts(held: HeldLease) -> list[Row]:
    """Extensions, and hours that a default made void."""
    rows: list[Row] = []
    if len(held.parts) > 1:
        for number, part in enumerate(held.parts, 1):
            length = amounts.show_count(part.end - part.start, "hour")
            cut = ", cut" if part.is_cut else ""
            until = amounts.show_hour(part.end)
            rows.append((f"  part {number}", f"to {until} ({length}{cut})"))
    elif held.parts[0].is_cut:
        rows.append(("", "cut from a longer booking"))
    if held.void_hours:
        length = amounts.show_count(held.void_hours, "hour")
        since = amounts.show_hour(max(held.stop, held.start))
        rows.append(("void from", f"{since} ({length}), by the cluster's default"))
    return rows


def document(view: LeaseView) -> dict[str, Any]:
    """For programs."""
    held = view.held
    return {
        "lease": held.lease,
        "cluster": held.cluster,
        "tenant": held.tenant,
        "owner": held.owner,
        "units": held.units,
        "start": held.start,
        "end": held.end,
        "stop": held.stop,
        "hours": held.end - held.start,
        "first_seconds": held.first_seconds,
        "cost": held.cost,
        "rate": held.parts[0].rate,
        "refunded": held.refunded,
        "split_from": held.split_from,
        "state": view.state,
    }


def listing_document(listing: Listing) -> dict[str, Any]:
    """For programs; shared with `sell` and `offers`."""
    return {
        "seller": listing.seller,
        "start_price": listing.start_price,
        "end_price": listing.end_price,
        "opens": listing.opens,
        "closes": listing.closes,
        "price": listing.price,
    }


def listing_rows(listing: Listing) -> list[Row]:
    """For people."""
    price = amounts.show_money(listing.start_price)
    if listing.end_price != listing.start_price:
        price += f", falling to {amounts.show_money(listing.end_price)}"
    if listing.price not in (None, listing.start_price):
        price += f", now {amounts.show_money(listing.price or 0)}"
    times = f"{amounts.show_time(listing.opens)} to {amounts.show_time(listing.closes)}"
    return [("for sale at", price), ("offered from", times)]


def _short(address: str) -> str:
    return f"{address[:6]}..{address[-4:]}"
