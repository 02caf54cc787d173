"""`wellhead deploy`: the contracts on the node's chain.

On a local chain nothing needs to be named. Any other chain is described by a parameter file, of
which deployments/example.toml is one:

    wellhead deploy --parameters sepolia.toml --account ALIAS --dry-run    show it, send nothing
    wellhead deploy --parameters sepolia.toml --account ALIAS              show it, ask, deploy
    wellhead verify --json-input input.json                                for a block explorer

An interrupted deployment is continued by the same command; its journal lies beside the deployment
file as CHAIN_ID.partial.json until it is finished. At the end the governor holds the only admin
role and the deployer none: who holds what is read back from the chain and shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import deploying, people
from wellhead.actions.errors import Refusal, SetupError
from wellhead.chain import Deployment
from wellhead.chain.journal import Journal, journal_file, only_one
from wellhead.chain.record import DeploymentError
from wellhead.chain.rpc import shown
from wellhead.cli import amounts, options
from wellhead.cli.session import HOUR, Session, Settings, run


@click.command()
@options.deployment_plan
@click.option("--officer", "officers", type=options.ADDRESS, multiple=True, help="May repeat.")
@options.sender(f"{people.GOVERNOR}, the governor", pays=False)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def deploy(settings: Settings, /, **given: Any) -> None:
    """Deploy the contracts to the node's chain.

    A local chain gets test coins, a pool to buy bitcoin on, and the dev reporters, operator,
    guardian and officer for compliance, unless others are named, and the sender becomes the
    governor. Any other chain needs --parameters: they are shown with the cost before anything is
    sent, and all roles go to the governor that they name. If it is interrupted, the same command
    continues. The addresses go to the deployment file.
    """
    run(settings, lambda session: execute(session, **given))


def execute(session: Session, parameters: Path | None, again: bool, **given: Any) -> None:
    if parameters is None:
        return deploy_here(session, again, **given)
    from wellhead.cli.rollout import deploy_by_file

    named = sorted(name for name, value in given.items() if value and name != "finality")
    if named:
        raise SetupError(f"--parameters names everything: leave out the others ({named[0]})")
    return deploy_by_file(session, parameters, again=again)


def deploy_here(
    session: Session,
    again: bool,
    cash: str | None,
    reserve: str | None,
    reporters: tuple[str, ...],
    threshold: int | None,
    operators: tuple[str, ...],
    guardians: tuple[str, ...],
    finality: int,
    contest_deposit: int | None,
    officers: tuple[str, ...] = (),
) -> None:
    """On a local chain, with its own defaults."""
    deposit = deploying.CONTEST_DEPOSIT if contest_deposit is None else contest_deposit
    if not 1 <= deposit <= deploying.MOST_DEPOSIT:
        raise Refusal("Contests_InvalidDeposit", deposit=deposit)
    plan = deploying.Plan(
        cash=cash,
        reserve=reserve,
        reporters=reporters,
        threshold=threshold,
        operators=operators,
        guardians=guardians,
        officers=officers,
        finality=finality * HOUR,
        contest_deposit=deposit,
    )
    if not session.is_local:
        raise SetupError(
            f"chain {session.chain_id} is not local: it needs a file of --parameters, such as "
            "deployments/example.toml"
        )
    sender = session.sender(people.GOVERNOR)
    path = session.deployment_file
    refuse_standing(session, path, again)
    where = shown(session.rpc.url)
    if session.dry_run:
        document = {"dry_run": True, "chain_id": session.chain_id, "governor": sender.address}
        rows = [
            ("chain", f"{session.chain_id} at {where}"),
            ("governor", sender.address),
            ("finality", amounts.show_span(plan.finality)),
            ("contest deposit", amounts.show_money(plan.contest_deposit)),
            ("file", str(path)),
        ]
        session.out.result("deploy", document, "Deployment, not sent", rows)
        return
    session.confirm(f"Deploy to chain {session.chain_id} at {where} as {sender.address}?")
    with only_one(path), session.turn_of(sender):
        session.out.note("deploying ...")
        deployment = deploying.deploy_all(session.rpc, sender, plan, session.out.warn)
        deployment.save(path)
    somebody = people.unlocked(people.GOVERNOR)
    if not (cash or reserve):
        deploying.fund_people(deployment, somebody)
    if not officers:
        deploying.admit_people(deployment, somebody)
    document = {
        "dry_run": False,
        "chain_id": deployment.chain_id,
        "governor": sender.address,
        "block": deployment.block,
        "deployment": path,
        "addresses": deployment.addresses,
    }
    rows = [
        ("chain", f"{deployment.chain_id} at {where}"),
        ("governor", sender.address),
        ("file", str(path)),
        *deployment.addresses.items(),
    ]
    session.out.result("deploy", document, "Deployment", rows)


def refuse_standing(session: Session, path: Path, again: bool) -> None:
    """A deployment that stands is replaced only on demand."""
    if again or not path.exists():
        return
    try:
        Deployment.load(path, session.rpc)
    except DeploymentError as error:
        if session.is_local:
            return  # a local chain that was started anew has forgotten it
        raise SetupError(f"{error}. To deploy nevertheless give --again") from error
    raise SetupError(f"{path} describes a deployment that stands: give --again for another")


def interrupted(path: Path) -> Journal | None:
    """The journal of a deployment to this file that was not finished."""
    return Journal.read(journal_file(path))
