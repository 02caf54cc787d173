"""`wellhead up`: a local chain with everything deployed."""

from __future__ import annotations

import time
from typing import Any

import click

from wellhead.actions import deploying, local, people
from wellhead.chain import Deployment, Rpc
from wellhead.chain.anvil import LOCAL_CHAIN_ID
from wellhead.cli import amounts, options
from wellhead.cli.output import Row
from wellhead.cli.session import HOUR, Session, Settings, run


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
    default=24,
    show_default=True,
    metavar="HOURS",
    help="Hours after which a report is final.",
)
@options.shows
@options.pass_settings
def up(settings: Settings, port: int, finality: int) -> None:
    """Start a local chain with everything deployed.

    The chain starts now and its time passes like yours; `skip` lets it jump. Dev accounts 0 to 19
    hold test dollars and test bitcoin: 0 is the governor, 1 an operator, 2 the guardian, 5 to 8
    stand for tenants and 9 to 11 for holders; 20 to 24 are the reporters. It runs until `down`.
    """
    run(settings, lambda session: start(session, port, finality * HOUR))


def start(session: Session, port: int, finality: int) -> None:
    with local.exclusive():
        node = local.running()
        if node is not None:
            session.out.note(f"a local chain runs already at {node.url}")
            rpc = Rpc(node.url)
            deployment = Deployment.load(local.deployment_file(LOCAL_CHAIN_ID), rpc)
        else:
            session.out.note("starting anvil and deploying ...")
            node, rpc = local.start(port, int(time.time()))
            try:
                deployment = deploying.deploy_local(rpc, finality)
                deployment.save(local.deployment_file(LOCAL_CHAIN_ID))
            except BaseException:
                local.stop()
                raise
    document: dict[str, Any] = {
        "url": node.url,
        "pid": node.pid,
        "log": node.log,
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
        ("chain", str(deployment.chain_id)),
        ("time", amounts.show_time(document["time"])),
        ("final after", amounts.show_span(document["finality"])),
        ("deployment", str(document["deployment"])),
        ("log", node.log),
        *((f"account {i}", f"{people.dev_address(i)}  {what}") for i, what in _ROLES),
    ]
    session.out.result("up", document, "Local chain", rows)
    session.out.note("next: wellhead register, then wellhead mint --cluster 1 --units 64")


_ROLES = (
    (people.GOVERNOR, "governor"),
    (people.OPERATOR, "operator"),
    (people.GUARDIAN, "guardian"),
    (people.TENANT, "a tenant"),
    (people.HOLDER, "a holder"),
)
