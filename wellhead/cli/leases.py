"""`wellhead lease list` and `wellhead lease show`."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import views
from wellhead.actions.views import LeaseView
from wellhead.cli import amounts, looking, options
from wellhead.cli.session import Session, Settings, run


@click.command("list")
@click.option("--cluster", type=options.WHOLE, metavar="ID", help="Of this cluster.")
@looking.viewer
@click.option("--state", type=click.Choice(views.STATES), help="In this state.")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def listed(
    settings: Settings, cluster: int | None, account: int | str | None, state: str | None
) -> None:
    """List leases.

    A lease is future, running, ended, or final once all its hours are accrued.
    """
    run(settings, lambda session: _list(session, cluster, account, state))


@click.command("show")
@looking.one("lease", "The lease's id.")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings, lease: int) -> None:
    """Show a lease and what it paid."""
    run(settings, lambda session: _show(session, lease))


def _list(
    session: Session, cluster: int | None, account: int | str | None, state: str | None
) -> None:
    deployment = session.deployment
    if cluster is not None:
        deployment.registry.call("clusterOf", cluster)
    owner = session.address_of(account)
    with session.out.working("reading leases"):
        found = views.leases(deployment, cluster)
    found = [view for view in found if owner in (None, view.owner) and state in (None, view.state)]
    if session.settings.as_json:
        session.out.document("lease.list", {"leases": [document(view) for view in found]})
        return
    if not found:
        session.out.note("there is no such lease")
        return
    session.out.table(
        "Leases",
        ("lease", "cluster", "units", "from", "to", "paid", "refunded", "state", "owner"),
        [
            (
                str(view.opened.lease_id),
                str(view.opened.cluster),
                f"{view.opened.units:,}",
                amounts.show_hour(view.opened.start).removesuffix(" UTC"),
                amounts.show_hour(view.opened.end).removesuffix(" UTC"),
                amounts.show_money(view.opened.cost),
                amounts.show_money(view.refunded),
                view.state,
                _short(view.owner),
            )
            for view in found
        ],
    )


def _show(session: Session, number: int) -> None:
    deployment = session.deployment
    view = views.lease(deployment, number)
    opened = view.opened
    due = int(deployment.market.call("settle", number))
    kind = views.clusters(deployment, [opened.cluster])[0].terms.kind
    each = amounts.show_per_unit_hour(opened.cost, opened.units, opened.seconds)
    rows = [
        ("lease", f"{number}, {view.state}"),
        ("cluster", str(opened.cluster)),
        ("owner", view.owner),
        ("opened by", opened.tenant),
        ("units", f"{opened.units:,}"),
        *amounts.span_rows(opened.start, opened.end, opened.first_seconds),
        ("paid", f"{amounts.show_money(opened.cost)} ({each}/{amounts.unit_hour(kind)})"),
        ("refunded", amounts.show_money(view.refunded)),
        ("refund due", f"{amounts.show_money(due)}" + (" (`wellhead settle`)" if due else "")),
    ]
    session.out.result("lease.show", {**document(view), "due": due}, f"Lease {number}", rows)


def document(view: LeaseView) -> dict[str, Any]:
    """For programs."""
    opened = view.opened
    return {
        "lease": opened.lease_id,
        "cluster": opened.cluster,
        "tenant": opened.tenant,
        "owner": view.owner,
        "units": opened.units,
        "start": opened.start,
        "end": opened.end,
        "hours": opened.end - opened.start,
        "first_seconds": opened.first_seconds,
        "cost": opened.cost,
        "rate": opened.rate,
        "refunded": view.refunded,
        "state": view.state,
    }


def _short(address: str) -> str:
    return f"{address[:6]}..{address[-4:]}"
