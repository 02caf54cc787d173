"""`wellhead up`: a local chain with everything deployed."""

from __future__ import annotations

import time
from typing import Any

import click

from wellhead.actions import deploying, local, people
from wellhead.actions.errors import SetupError
from wellhead.chain import Deployment, Rpc
from wellhead.chain.anvil import LOCAL_CHAIN_ID
from wellhead.chain.record import DeploymentError
from wellhead.cli import amounts, options
from wellhead.cli.output import Row
from wellhead.cli.session import HOUR, Session, Settings, run

#: Hours, where none are asked for.
FINALITY = 24


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=local.DEFAULT_PORT,
    show_default=True,
    help="Where the node listens, on this machine only.",
)
@click.option(
    "--finality",
    type=click.IntRange(1, 720),
    metavar="HOURS",
    help="Hours after which a report is final.  [default: 24; a kept chain has its own]",
)
@click.option("--fresh", is_flag=True, help="Forget an earlier chain, and start from nothing.")
@options.shows
@options.pass_settings
def up(settings: Settings, port: int, finality: int | None, fresh: bool) -> None:
    """Start a local chain with everything deployed.

    The first one starts now; later ones go on where `down`, a reboot or a crash left it. Its time
    passes like yours; `skip` lets it jump. Dev accounts 0 to 19 hold test dollars and test bitcoin:
    0 is the governor, 1 an operator, 2 the guardian, 5 to 8 stand for tenants and 9 to 11 for
    holders; 20 to 24 are the reporters. It runs until `down`.
    """
    run(settings, lambda session: start(session, port, finality, fresh))


def start(session: Session, port: int, finality: int | None, fresh: bool) -> None:
    with local.exclusive():
        if fresh:
            local.stop(forget=True)
        node, earlier = local.running(), local.remembers()
        if node is not None:
            session.out.note(f"a local chain runs already at {node.url}")
            rpc = Rpc(node.url)
            deployment = _known(rpc)
        else:
            with session.out.working("starting anvil"):
                node, rpc = local.start(port, int(time.time()))
            try:
                deployment = _known(rpc) if earlier else _deployed(session, rpc, finality)
            except BaseException:
                local.stop(forget=not earlier)
                raise
        node = local.watch(node)
    if finality is not None and int(deployment.oracle.call("finality")) != finality * HOUR:
        session.out.warn("this chain's finality is another: --fresh starts one with that")
    _show(session, node, rpc, deployment, earlier=earlier)


def _known(rpc: Rpc) -> Deployment:
    """The deployment that an earlier `up` left."""
    try:
        return Deployment.load(local.deployment_file(LOCAL_CHAIN_ID), rpc)
    except DeploymentError as error:
        raise SetupError(f"{error}. `wellhead up --fresh` starts from nothing") from error


def _deployed(session: Session, rpc: Rpc, finality: int | None) -> Deployment:
    with session.out.working("deploying"):
        deployment = deploying.deploy_local(rpc, (finality or FINALITY) * HOUR)
        deployment.save(local.deployment_file(LOCAL_CHAIN_ID))
    return deployment


def _show(
    session: Session, node: local.Node, rpc: Rpc, deployment: Deployment, *, earlier: bool
) -> None:
    document: dict[str, Any] = {
        "url": node.url,
        "pid": node.pid,
        "keeper": node.keeper,
        "log": node.log,
        "earlier": earlier,
        "chain_id": deployment.chain_id,
        "time": rpc.now(),
        "finality": int(deployment.oracle.call("finality")),
        "deployment": local.deployment_file(LOCAL_CHAIN_ID),
        "addresses": deployment.addresses,
        "accounts": {
            "governor": people.dev_address(people.GOVERNOR),
            "operator": people.dev_address(people.OPERATOR),
            "guardian": people.dev_address(people.GUARDIAN),
            "tenant": people.dev_address(people.TENANT),
            "holder": people.dev_address(people.HOLDER),
            "reporters": [people.dev_address(index) for index in people.REPORTERS],
        },
    }
    rows: list[Row] = [
        ("node", f"{node.url} (process {node.pid})"),
        ("chain", f"{deployment.chain_id}, {'an earlier one goes on' if earlier else 'new'}"),
        ("time", amounts.show_time(document["time"])),
        ("final after", amounts.show_span(document["finality"])),
        ("deployment", str(document["deployment"])),
        ("log", node.log),
        *((f"account {i}", f"{people.dev_address(i)}  {what}") for i, what in _ROLES),
    ]
    session.out.result("up", document, "Local chain", rows)
    if not deployment.registry.call("clusterCount"):
        session.out.note(
            "next: wellhead cluster register, then wellhead mint --cluster 1 --units 64"
        )


_ROLES = (
    (people.GOVERNOR, "governor"),
    (people.OPERATOR, "operator"),
    (people.GUARDIAN, "guardian"),
    (people.TENANT, "a tenant"),
    (people.HOLDER, "a holder"),
)
