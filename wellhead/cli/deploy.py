"""`wellhead deploy`: the contracts on the node's chain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import deploying, people
from wellhead.actions.errors import SetupError
from wellhead.chain import Deployment
from wellhead.chain.deployment import DeploymentError
from wellhead.cli import amounts, options
from wellhead.cli.session import HOUR, Session, Settings, run


@click.command()
@options.deployment_plan
@options.sender(f"{people.GOVERNOR}, the governor")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def deploy(settings: Settings, /, **given: Any) -> None:
    """Deploy the contracts to the node's chain.

    The sender becomes the governor. A local chain gets test coins and the dev reporters, operator
    and guardian, unless others are named. The addresses go to the deployment file.
    """
    run(settings, lambda session: execute(session, **given))


def execute(
    session: Session,
    cash: str | None,
    reserve: str | None,
    reporters: tuple[str, ...],
    threshold: int | None,
    operators: tuple[str, ...],
    guardians: tuple[str, ...],
    finality: int,
    again: bool,
) -> None:
    plan = deploying.Plan(
        cash=cash,
        reserve=reserve,
        reporters=reporters,
        threshold=threshold,
        operators=operators,
        guardians=guardians,
        finality=finality * HOUR,
    )
    sender = session.sender(people.GOVERNOR)
    if not session.is_local and plan.missing():
        raise SetupError(f"a chain that is not local needs {', '.join(plan.missing())}")
    path = session.deployment_file
    if not again and _stands(session, path):
        raise SetupError(f"{path} describes a deployment that stands: give --again for another")
    if session.dry_run:
        document = {"dry_run": True, "chain_id": session.chain_id, "governor": sender.address}
        rows = [
            ("chain", f"{session.chain_id} at {session.rpc.url}"),
            ("governor", sender.address),
            ("finality", amounts.show_span(plan.finality)),
            ("file", str(path)),
        ]
        session.out.result("deploy", document, "Deployment, not sent", rows)
        return
    session.confirm(f"Deploy to chain {session.chain_id} at {session.rpc.url} as {sender.address}?")
    session.out.note("deploying ...")
    deployment = deploying.deploy_all(session.rpc, sender, plan)
    deployment.save(path)
    if session.is_local and not (cash or reserve):
        deploying.fund_people(deployment, people.unlocked(people.GOVERNOR))
    document = {
        "dry_run": False,
        "chain_id": deployment.chain_id,
        "governor": sender.address,
        "block": deployment.block,
        "deployment": path,
        "addresses": deployment.addresses,
    }
    rows = [
        ("chain", f"{deployment.chain_id} at {session.rpc.url}"),
        ("governor", sender.address),
        ("file", str(path)),
        *deployment.addresses.items(),
    ]
    session.out.result("deploy", document, "Deployment", rows)


def _stands(session: Session, path: Path) -> bool:
    """Whether the file describes contracts that the node has."""
    if not path.exists():
        return False
    try:
        Deployment.load(path, session.rpc)
    except DeploymentError:
        return False
    return True
