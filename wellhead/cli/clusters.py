"""`wellhead cluster list` and `wellhead cluster show`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from wellhead.actions import contesting, efficiency, offbook, vesting, views
from wellhead.actions.contesting import Contest
from wellhead.actions.vesting import Vesting, Waiting
from wellhead.actions.views import ClusterView
from wellhead.cli import alarms, amounts, looking, options, standings, terms
from wellhead.cli.efficiency import show_per_joule, spent_document
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.model.book import DEFAULT_SECONDS

#: Clusters in a table.
USUAL = 100


@click.command("list")
@looking.limit(USUAL, "clusters")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def listed(settings: Settings, limit: int | None) -> None:
    """List the clusters.

    Units are attested, open to bookings and booked in the current hour; the price is that of one
    more unit for the current hour, without discount.
    """
    run(settings, lambda session: _list(session, limit))


@click.command("show")
@looking.one("cluster", "The cluster's id.")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings, cluster: int) -> None:
    """Show a cluster, its terms and its state.

    With hours off the books, in which more was measured than booked, of the last 30 days, with what
    a joule gave in the last 24 hours of which that was measured, and with what was earned and has
    not reached everybody yet: it waits to be released or swept, or vests.
    """
    run(settings, lambda session: _show(session, cluster))


def _list(session: Session, limit: int | None) -> None:
    deployment, most = session.deployment, looking.most(session, limit, USUAL)
    found = views.clusters(deployment, most=most)
    more = views.cluster_count(deployment) - len(found) if most is not None else 0
    if session.settings.as_json:
        listed = {"clusters": [document(view) for view in found], "more": more}
        session.out.document("cluster.list", listed)
        return
    if not found:
        session.out.note("there is no cluster yet: `wellhead cluster register`")
        return
    session.out.table(
        "Clusters",
        ("cluster", "symbol", "hardware", "region", "attested", "open", "booked", "price"),
        [
            (
                str(view.cluster),
                view.symbol,
                view.terms.sku,
                view.terms.region,
                f"{view.attested:,}",
                f"{view.sellable:,}",
                f"{view.booked:,}",
                price(view),
            )
            for view in found
        ],
    )
    looking.tell_more(session, more, "cluster")


def _show(session: Session, cluster: int) -> None:
    deployment = session.deployment
    block, now = views.head(deployment)
    (view,) = views.clusters(deployment, [cluster], block)
    hour = now // amounts.HOUR
    records = offbook.recent_records(deployment, cluster, view.genesis, hour, block)
    beyond = offbook.off_book(deployment, cluster, records, view.attested, block)
    spent = efficiency.recent(records)
    waiting = vesting.waiting_of(deployment, cluster, block)
    unvested = vesting.vesting_of(deployment, cluster, block)
    open_ones = contesting.open_contests(deployment, cluster, block)
    per_joule = show_per_joule(spent.per_joule, view.terms.kind)
    hours = amounts.show_count(spent.hours, "hour")
    rows = [
        ("cluster", str(view.cluster)),
        ("operator", view.operator),
        ("token", f"{view.name} ({view.symbol})"),
        ("", view.token),
        ("attested", f"{view.attested:,}"),
        ("open to bookings", f"{view.sellable:,}"),
        ("booked now", f"{view.booked:,}"),
        ("price now", f"{price(view)} without discount"),
        ("record from", amounts.show_hour(view.genesis)),
        ("accrued to", amounts.show_hour(view.accrued_to)),
        *_bond(view),
        *_contested(open_ones),
        *alarms.rows_of(beyond),
        ("efficiency", f"{per_joule}, over {hours}" if spent.hours else per_joule),
        *_waiting(waiting, unvested),
        *terms.rows(view.terms),
    ]
    whole = {
        **document(view),
        "off_book": alarms.document_of(beyond),
        "efficiency": spent_document(spent),
        "contested": [contest.hour for contest in open_ones],
        "waiting": {
            "operator": waiting.operator,
            "reporters": waiting.reporters,
            "bitcoin": waiting.bitcoin,
        },
        "vesting": standings.vesting_document(unvested),
    }
    session.out.result("cluster.show", whole, f"Cluster {cluster}", rows)


def _waiting(waiting: Waiting, unvested: Vesting) -> list[Row]:
    """What has not reached everybody yet, where there is any."""
    rows: list[Row] = []
    if waiting.to_release:
        rows.append(("to be released", amounts.show_money(waiting.to_release)))
    if waiting.bitcoin:
        rows.append(("to be swept", f"{amounts.show_money(waiting.bitcoin)}, for bitcoin"))
    lines = standings.vesting_lines(unvested)
    return rows + [("vesting" if not number else "", line) for number, line in enumerate(lines)]


def _contested(found: Sequence[Contest]) -> list[Row]:
    if not found:
        return []
    first = amounts.show_hour(found[0].hour)
    count = amounts.show_count(len(found), "hour")
    return [("contested", f"{count}: nothing from {first} on is paid before it is decided")]


def _bond(view: ClusterView) -> list[Row]:
    """The bond, hours without service in a row, and defaults, where there are any."""
    rows: list[Row] = []
    if view.covered is not None or view.bond:
        behind = "" if view.covered is None else f", behind {view.covered:,} units"
        needed = f"{amounts.show_money(view.bond_needed)} needed"
        rows.append(("bond now", f"{amounts.show_money(view.bond)}{behind}, {needed}"))
    if view.down:
        said = f"for {amounts.show_span(view.down)} of booked hours"
        if view.down >= DEFAULT_SECONDS:
            said += f": `wellhead doctor --cluster {view.cluster}` says what follows"
        rows.append(("nothing available", said))
    if view.era:
        rows.append(("defaults", f"{view.era:,}"))
    return rows


def price(view: ClusterView) -> str:
    """Of one more unit for the current hour."""
    return f"{amounts.show_money(view.price)}/{amounts.unit_hour(view.terms.kind)}"


def document(view: ClusterView) -> dict[str, Any]:
    """For programs; shared with `status`."""
    return {
        "cluster": view.cluster,
        "name": view.name,
        "symbol": view.symbol,
        "operator": view.operator,
        "token": view.token,
        "attested": view.attested,
        "sellable": view.sellable,
        "booked": view.booked,
        "genesis": view.genesis,
        "attestations": view.attestations,
        "base": view.base,
        "price": view.price,
        "accrued_to": view.accrued_to,
        "bond": view.bond,
        "bond_needed": view.bond_needed,
        "covered": view.covered,
        "down": view.down,
        "era": view.era,
        "terms": terms.document(view.terms),
    }
