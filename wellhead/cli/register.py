"""`wellhead register`: a new cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import people, supply
from wellhead.cli import amounts, options, terms
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.model.terms import Terms


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
        "terms": _document(found),
        "transaction": made.receipt.hash if made.receipt else None,
    }
    title = "Cluster, not registered" if session.dry_run else "Cluster registered"
    rows: list[Row] = [
        ("cluster", str(made.cluster)),
        ("operator", made.operator),
        ("token", f"{name} ({symbol}) {made.token or ''}".strip()),
        *_rows(found),
    ]
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    session.out.result("register", document, title, rows)


def _document(found: Terms) -> dict[str, Any]:
    return {
        "kind": found.kind.name.lower(),
        "sku": found.sku,
        "region": found.region,
        "power": found.power,
        **found.pricing.__dict__,
        **found.service.__dict__,
        "operator_share": found.split.operator,
        "reporter_share": found.split.reporters,
        "bitcoin_share": found.split.bitcoin,
    }


def _rows(found: Terms) -> list[Row]:
    p, service, split = found.pricing, found.service, found.split
    base = [amounts.show_money(value) for value in (p.base_start, p.base_floor, p.base_cap)]
    low, high = (amounts.show_decimal(value, amounts.MILLIONTHS) for value in (p.low, p.high))
    share = amounts.show_share
    return [
        ("units", f"{found.kind.name.lower()}, {found.sku}, {found.region}, {found.power:,} W"),
        ("base price", f"{base[0]} per unit-hour, between {base[1]} and {base[2]}"),
        ("price curve", f"{low} times the base when empty, {high} times when full"),
        ("discount", f"up to {share(p.discount)} at {p.discount_hours:,} hours"),
        ("leases", f"{p.min_hours:,} to {p.max_hours:,} hours, {p.horizon_hours:,} ahead"),
        ("service", f"full from {share(service.sla)} of what is booked"),
        (
            "split",
            f"operator {share(split.operator)}, reporters {share(split.reporters)}, "
            f"holders {share(split.cash)} in cash and {share(split.bitcoin)} in bitcoin",
        ),
    ]
