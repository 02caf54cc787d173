"""`wellhead register`, a new cluster, and `wellhead cluster operator`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import people, supply, vesting
from wellhead.cli import acts, amounts, looking, options, terms
from wellhead.cli.acts import Intent
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command()
@click.option(
    "--terms",
    "terms_file",
    type=options.FILE,
    help="A TOML or JSON file with any of the terms below; options go before it.",
)
@terms.options
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def register(settings: Settings, /, terms_file: Path | None, **given: Any) -> None:
    """Register a cluster and its terms.

    The sender becomes its operator. Terms never change. No tokens exist until units are attested
    and minted.
    """
    run(settings, lambda session: execute(session, terms_file, given))


@click.command("operator")
@click.argument("cluster", type=options.WHOLE, metavar="CLUSTER")
@click.argument("named", type=looking.VIEWED, metavar="ACCOUNT")
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def operator(settings: Settings, cluster: int, named: int | str) -> None:
    """Let another account run a cluster.

    CLUSTER is the cluster's id, ACCOUNT an address, or a dev account's index on a local chain. It
    gets what of the operator's share was not released yet, and what there is of the bond; tokens
    and claims stay where they are. To mint it needs a credential. Only the operator may do this, or
    the governor where the operator's key is lost.
    """
    run(settings, lambda session: _operator(session, cluster, named))


def execute(session: Session, terms_file: Path | None, given: dict[str, Any]) -> None:
    found, name, symbol = terms.gather(terms_file, given)
    supply.encode_terms(found)  # what is wrong with a file is said before the node is asked
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)
    if not session.dry_run:
        supply.register(deployment, found, name, symbol, sender, dry=True)
        session.confirm(f"Register {name} ({symbol}) as {sender.address}, for good?")
    with session.turn_of(sender):
        made = supply.register(deployment, found, name, symbol, sender, dry=session.dry_run)
    session.mined(made.receipt)
    document = {
        "dry_run": session.dry_run,
        "cluster": made.cluster,
        "operator": made.operator,
        "token": made.token,
        "genesis": made.genesis,
        "name": name,
        "symbol": symbol,
        "terms": terms.document(found),
        "transaction": made.receipt.hash if made.receipt else None,
    }
    title = "Cluster, not registered" if session.dry_run else "Cluster registered"
    rows: list[Row] = [
        ("cluster", str(made.cluster)),
        ("operator", made.operator),
        ("token", f"{name} ({symbol}) {made.token or ''}".strip()),
        *terms.rows(found),
    ]
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    session.out.result("cluster.register", document, title, rows)


def _operator(session: Session, cluster: int, named: int | str) -> None:
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)
    account = str(session.address_of(named))
    former = str(deployment.registry.call("clusterOf", cluster)["operator"])
    waiting = vesting.waiting_of(deployment, cluster).operator
    shown = amounts.show_money(waiting)
    intent = Intent(
        schema="cluster.operator",
        question=f"Let {account} run cluster {cluster}, and have the {shown} that were not "
        "released yet?",
        title="Operator changed",
        undone="Operator, not changed",
        document={
            "cluster": cluster,
            "former": former,
            "operator": account,
            "unreleased": waiting,
        },
        rows=[
            ("cluster", str(cluster)),
            ("operator", account),
            ("former", former),
            ("gets", f"{shown} of the operator's share that were not released"),
        ],
    )
    acts.perform(
        session,
        sender,
        intent,
        lambda dry: supply.set_operator(deployment, cluster, account, sender, dry=dry),
    )
