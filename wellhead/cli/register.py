"""`wellhead register`: a new cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import people, supply
from wellhead.cli import options, terms
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
