"""`wellhead status`: what runs, and what is on it."""

from __future__ import annotations

import sys
from typing import Any

import click

from wellhead.actions import contesting, health, local, people, views
from wellhead.actions.health import Facts
from wellhead.actions.views import ClusterView
from wellhead.chain import Deployment, NodeUnreachable
from wellhead.chain.record import DeploymentError
from wellhead.chain.rpc import shown
from wellhead.cli import amounts, clusters, looking, options
from wellhead.cli.failures import NODE
from wellhead.cli.output import Row
from wellhead.cli.session import HOUR, Session, Settings, run

#: Clusters in a table.
USUAL = 20
#: Whose balances are shown on a local chain.
PEOPLE = (
    (people.OPERATOR, "operator"),
    (people.TENANT, "a tenant"),
    (people.HOLDER, "a holder"),
)


@click.command()
@looking.viewer
@looking.limit(USUAL, "clusters")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def status(settings: Settings, account: int | str | None, limit: int | None) -> None:
    """Show what runs, and what is on it.

    The node, the chain's time, the deployment, the clusters, and balances: of --account, or of some
    dev accounts of a local chain. Ends with code 3 when no node answers.
    """
    run(settings, lambda session: execute(session, account, limit))


def execute(session: Session, account: int | str | None, limit: int | None) -> None:
    try:
        session.freshen()
        chain_id = session.chain_id
    except NodeUnreachable:
        _nothing(session)
    latest = session.rpc("eth_getBlockByNumber", "latest", False)
    block, now = int(latest["number"], 16), int(latest["timestamp"], 16)
    deployment, problem = _deployment(session)
    most = looking.most(session, limit, USUAL)
    found = views.clusters(deployment, most=most) if deployment else []
    more = views.cluster_count(deployment) - len(found) if deployment and most else 0
    contests = contesting.open_contests(deployment) if deployment else []
    balances = _balances(session, deployment, account) if deployment else {}
    node = session.node
    document = {
        "running": True,
        "node": shown(session.rpc.url),
        "pid": node.pid if node else None,
        "kept": local.is_kept(node) if node else None,
        "chain_id": chain_id,
        "local": session.is_local,
        "block": block,
        "time": now,
        "hour": now // HOUR,
        "deployment": session.deployment_file if deployment else None,
        "problem": problem,
        "paused": bool(deployment.registry.call("paused")) if deployment else None,
        "clusters": [clusters.document(view) for view in found],
        "more": more,
        "contested": [{"cluster": one.cluster, "hour": one.hour} for one in contests],
        "balances": [_balance(facts) for facts in balances.values()],
    }
    where = f"{shown(session.rpc.url)} (process {node.pid})" if node else shown(session.rpc.url)
    rows: list[Row] = [
        ("node", where),
        ("chain", f"{chain_id}, {'local' if session.is_local else 'live'}"),
        ("block", f"{block:,} of {amounts.show_time(now)}"),
        ("deployment", str(session.deployment_file) if deployment else str(problem)),
    ]
    if document["paused"]:
        rows.append(("paused", "new leases and mints are stopped"))
    rows += [(f"cluster {view.cluster}", _line(view)) for view in found]
    if more:
        said = amounts.show_count(more, "more cluster")
        rows.append(("", f"{said}: `wellhead cluster list`"))
    if contests:
        count = amounts.show_count(len(contests), "hour")
        first = f"{amounts.show_hour(contests[0].hour)} of cluster {contests[0].cluster}"
        rows.append(("contested", f"{count} to be counted again: {first}"))
    rows += [(name, _money(facts)) for name, facts in balances.items()]
    session.out.result("status", document, "Status", rows)


def _nothing(session: Session) -> None:
    kept = local.remembers()
    document: dict[str, Any] = {"running": False, "node": shown(session.rpc.url), "kept": kept}
    later = "an earlier chain is kept: `wellhead up` goes on with it" if kept else "`wellhead up`"
    rows = [("node", f"none answers at {shown(session.rpc.url)}"), ("next", later)]
    session.out.result("status", document, "Status", rows)
    sys.exit(NODE)


def _deployment(session: Session) -> tuple[Deployment | None, str | None]:
    """The deployment, or why there is none."""
    try:
        return session.deployment, None
    except DeploymentError as error:
        return None, str(error)


def _balances(
    session: Session, deployment: Deployment, account: int | str | None
) -> dict[str, Facts]:
    address = session.address_of(account)
    if address is not None:
        named = [("account", address)]
    elif session.is_local:
        named = [(what, people.dev_address(index)) for index, what in PEOPLE]
    else:
        named = []
    return {name: health.facts(deployment, address) for name, address in named}


def _balance(facts: Facts) -> dict[str, Any]:
    return {
        "account": facts.address,
        "ether": facts.ether,
        "cash": facts.cash,
        "reserve": facts.reserve,
        "allowance": facts.allowance,
    }


def _line(view: ClusterView) -> str:
    units = f"{view.attested:,} attested, {view.sellable:,} open, {view.booked:,} booked now"
    line = f"{view.symbol}: {units}, {clusters.price(view)}"
    if view.covered is not None:
        line += f", bond {amounts.show_money(view.bond)} behind {view.covered:,}"
    if view.down:
        line += f", nothing available for {amounts.show_span(view.down)}"
    if view.era:
        line += f", {amounts.show_count(view.era, 'default')}"
    return line


def _money(facts: Facts) -> str:
    cash, reserve = amounts.show_money(facts.cash), amounts.show_bitcoin(facts.reserve)
    return f"{facts.address}  {cash}, {reserve}"
