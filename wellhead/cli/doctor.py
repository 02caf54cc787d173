"""`wellhead doctor`: what is wrong, and what to do."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

import click

from wellhead import toolchain
from wellhead.actions import contesting, health, local, offbook, outages, people, views
from wellhead.actions.errors import SetupError
from wellhead.actions.freshness import freshness
from wellhead.actions.records import clock_of
from wellhead.chain import NodeUnreachable, RpcError
from wellhead.chain.record import DeploymentError
from wellhead.chain.rpc import shown
from wellhead.cli import findings, looking, options, selection, venue_findings
from wellhead.cli.amounts import show_count
from wellhead.cli.failures import WRONG
from wellhead.cli.findings import Finding
from wellhead.cli.session import HOUR, Session, Settings, run
from wellhead.sources import ToolchainError

#: Clusters that a table is about.
USUAL = 10


@click.command()
@selection.clusters
@looking.viewer
@looking.limit(USUAL, "clusters")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def doctor(
    settings: Settings, clusters: tuple[int, ...], account: int | str | None, limit: int | None
) -> None:
    """Look for what is wrong, and say what to do.

    At the tools, the node, its chain id and clock, the contracts and their code, roles, issuers of
    credentials and reporters, balances, where bitcoin is bought and at what price, and for every
    cluster at how far reports and books are behind, at what waits to be turned into bitcoin, at its
    bond, at hours in which nothing was available, at contests and at hours off the books. Ends with
    code 6 when something is wrong; notes are not.
    """
    run(settings, lambda session: execute(session, clusters, account, limit))


def execute(
    session: Session, clusters: Sequence[int], account: int | str | None, limit: int | None
) -> None:
    found: list[Finding] = []
    with session.out.working("looking") as advance:
        for finding in _examine(session, clusters, account, limit):
            found.append(finding)
            advance(len(found), None)
    wrong = [finding for finding in found if finding.state == findings.WRONG]
    document = {
        "node": shown(session.rpc.url),
        "healthy": not wrong,
        "findings": [finding.__dict__ for finding in found],
    }
    rows = []
    for finding in found:
        sign = {"ok": "ok", "note": "note", "wrong": "WRONG"}[finding.state]
        rows.append((f"{sign:5}  {finding.check}", finding.message))
        if finding.advice:
            rows.append(("", f"-> {finding.advice}"))
    title = "All is well" if not wrong else f"{len(wrong)} found wrong"
    session.out.result("doctor", document, title, rows)
    if wrong:
        sys.exit(WRONG)


def _examine(
    session: Session, clusters: Sequence[int], account: int | str | None, limit: int | None
) -> Iterator[Finding]:
    yield from _tools()
    try:
        yield from _node(session)
        deployment = session.deployment
    except NodeUnreachable as error:
        yield Finding("node", findings.WRONG, str(error), "`wellhead up` starts a local chain")
        return
    except SetupError as error:
        yield Finding("chain", findings.WRONG, str(error), "another --network or --rpc")
        return
    except DeploymentError as error:
        fresh = "`wellhead up --fresh` for a new chain"
        advice = fresh if session.node is not None else "`wellhead deploy`, or --deployment FILE"
        yield Finding("deployment", findings.WRONG, str(error), advice)
        return
    message = f"{session.deployment_file} stands on the chain, its code as it was compiled"
    yield Finding("deployment", findings.OK, message)
    yield from findings.roles(deployment)
    named = session.address_of(account)
    looked_at = [named] if named else []
    if session.is_local and not named:
        looked_at = [people.dev_address(index) for index in (people.OPERATOR, people.TENANT)]
    for address in looked_at:
        yield from findings.account(session.rpc, health.facts(deployment, address))
    block, now = views.head(deployment)
    waiting, clock = contesting.open_contests(deployment, block=block), clock_of(deployment)
    wanted = selection.wanted(session, clusters)
    most = len(clusters) or looking.most(session, limit, USUAL)
    listed = views.clusters(deployment, wanted[:most], block)
    waits = {view.cluster: health.waiting(deployment, view.cluster, block) for view in listed}
    some = [cluster for cluster, found in waits.items() if found]
    yield from venue_findings.venue(health.buying(deployment), listed, some, now)
    for view in listed:
        yield from venue_findings.waiting(view.cluster, waits[view.cluster], now)
        lag = freshness(deployment, view.cluster, block, now)
        yield from findings.cluster(lag)
        outage = outages.outage_of(deployment, view, block) if view.down or lag.due else None
        yield from findings.outage(view, outage)
        yield from findings.guarantees(view)
        yield from findings.contested([c for c in waiting if c.cluster == view.cluster], clock)
        hour = now // HOUR
        records = offbook.recent_records(deployment, view.cluster, view.genesis, hour, block)
        beyond = offbook.off_book(deployment, view.cluster, records, view.attested, block)
        yield from findings.off_book(view.cluster, beyond)
    if more := len(wanted) - len(listed):
        said = f"{show_count(more, 'more cluster')} were not looked at"
        yield Finding("clusters", findings.NOTE, said, "name them, or a larger --limit")


def _tools() -> Iterator[Finding]:
    try:
        yield Finding("tools", findings.OK, f"anvil is {toolchain.anvil()}")
    except ToolchainError as error:
        yield Finding("tools", findings.NOTE, str(error), "only `up` and `demo` need it")


def _node(session: Session) -> Iterator[Finding]:
    rpc = session.rpc
    chain_id = session.chain_id
    try:
        client = str(rpc("web3_clientVersion"))
    except RpcError:
        client = "a node that does not say what it is"
    where = "a local chain" if session.is_local else "a live one"
    yield Finding("node", findings.OK, f"{shown(rpc.url)} is {client}")
    yield Finding("chain", findings.OK, f"chain {chain_id}, {where}")
    wall = int(time.time())
    if session.is_local:
        yield from findings.local_clock(rpc, wall, ours=session.node is not None)
    else:
        yield from findings.live_clock(rpc, wall)
    if session.node is not None and not local.is_kept(session.node):
        said = "nothing saves this chain: it is lost when the node is killed"
        yield Finding("keeper", findings.WRONG, said, "`wellhead up` starts the keeper again")
