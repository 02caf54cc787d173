"""`wellhead lease offers`: which leases are for sale."""

from __future__ import annotations

import click

from wellhead.actions import reselling
from wellhead.actions.reselling import Offer
from wellhead.actions.views import lease_states
from wellhead.cli import amounts, leases, options
from wellhead.cli.session import Session, Settings, run


@click.command("offers")
@click.argument("cluster", type=options.WHOLE, required=False, metavar="[CLUSTER]")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def offers(settings: Settings, cluster: int | None) -> None:
    """List the leases that are for sale, with their price now.

    Of CLUSTER, or of all clusters. Offers that nobody could take are left out: those that are
    closed, of leases that are over or suspended, or that the exchange may not move any more.
    """
    run(settings, lambda session: _offers(session, cluster))


def _offers(session: Session, cluster: int | None) -> None:
    deployment = session.deployment
    if cluster is not None:
        deployment.registry.call("clusterOf", cluster)
    with session.out.working("reading offers"):
        found = reselling.offers(deployment, cluster)
        views = lease_states(deployment, [offer.held for offer in found])
    if session.settings.as_json:
        listed = [
            {
                **leases.document(view),
                "listing": leases.listing_document(offer.listing),
                "user_until": offer.user_until,
            }
            for offer, view in zip(found, views, strict=True)
        ]
        session.out.document("lease.offers", {"offers": listed})
        return
    if not found:
        session.out.note("nothing is for sale")
        return
    hour = session.current_hour()
    header = ["lease", "cluster", "units", "from", "to", "price now", "per unit-hour", "until"]
    rows = [
        [
            str(offer.held.lease),
            str(offer.held.cluster),
            f"{offer.held.units:,}",
            _short(max(offer.held.start, hour) * amounts.HOUR),
            _short(offer.held.stop * amounts.HOUR),
            _price_now(offer),
            _each(offer, hour),
            _short(offer.listing.closes),
        ]
        for offer in found
    ]
    if any(offer.user_until for offer in found):
        header.append("used until")
        for row, offer in zip(rows, found, strict=True):
            row.append(_short(offer.user_until) if offer.user_until else "-")
    session.out.table("Offers", header, rows)


def _short(seconds: int) -> str:
    return amounts.show_time(seconds).removesuffix(" UTC")


def _price_now(offer: Offer) -> str:
    if offer.listing.price is None:
        return f"opens {_short(offer.listing.opens)}"
    return amounts.show_money(offer.listing.price)


def _each(offer: Offer, hour: int) -> str:
    """For hours that have not begun."""
    hours = offer.held.stop - max(offer.held.start, hour + 1)
    if offer.listing.price is None or hours <= 0:
        return "-"
    return amounts.show_per_unit_hour(offer.listing.price, offer.held.units, hours * amounts.HOUR)
