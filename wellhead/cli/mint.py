"""`wellhead mint`: tokens for attested units."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wellhead.actions import minting, people, supply
from wellhead.actions.errors import BadInput
from wellhead.actions.minting import Minting
from wellhead.actions.quorum import in_order
from wellhead.chain import Deployment
from wellhead.cli import amounts, files, options, payments, sampling
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command()
@sampling.attestation
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def mint(
    settings: Settings,
    cluster: int | None,
    units: int | None,
    evidence: bytes,
    attestation_file: Path | None,
) -> None:
    """Mint the tokens of newly attested units.

    They go to the cluster's operator, who must send this. On a local chain the dev reporters attest
    whatever is asked.

    New units bring their part of the revenue that still vests for the others, and of what waits to
    be turned into bitcoin, so that nobody's becomes smaller. The operator pays that, out of its
    claim in the vault first and then of its coins, and earns it back with the new tokens. What it
    comes to is shown before anything is sent.
    """
    run(
        settings,
        lambda session: execute(session, cluster, units, evidence, attestation_file),
    )


def execute(
    session: Session,
    cluster: int | None,
    units: int | None,
    evidence: bytes,
    attestation_file: Path | None,
) -> None:
    read = files.read_attestation(attestation_file) if attestation_file else None
    if read is None and (cluster is None or units is None):
        raise click.UsageError("give --cluster and --units, or --attestation FILE")
    for name, value in (("cluster", cluster), ("units", units)):
        if read is not None and value is not None and value != getattr(read, name):
            raise BadInput(f"{attestation_file}: {name} is {getattr(read, name)}, not {value}")
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)
    if read is not None:
        attestation = _ordered(deployment, read)
    else:
        assert cluster is not None  # noqa: S101
        assert units is not None  # noqa: S101
        attestation = supply.attest_locally(deployment, cluster, units, evidence)
    made = minting.prepare(deployment, attestation, sender)
    if not session.dry_run:
        session.confirm(_question(made))
        with session.turn_of(sender):
            made = minting.mint(deployment, made, sender, session.out.detail)
    session.mined(made.receipt)
    document = {
        "dry_run": session.dry_run,
        "cluster": attestation.cluster,
        "units": attestation.units,
        "number": attestation.number,
        "evidence": attestation.evidence,
        "digest": made.digest,
        "operator": made.operator,
        "token": made.token,
        "attested": made.attested,
        "sellable": made.sellable,
        "top_up": asdict(made.top_up),
        "payments": [
            {"coin": each.coin, **payments.document(each.plan, each.approved)}
            for each in made.payments
        ],
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows: list[Row] = [
        ("cluster", str(attestation.cluster)),
        ("minted", f"{amounts.show_count(attestation.units, 'unit')} to {made.operator}"),
        ("token", made.token),
        ("attested now", f"{made.attested:,}"),
        ("open to bookings", f"{made.sellable:,}"),
        *_paid_rows(made),
        ("signed digest", "0x" + made.digest.hex()),
    ]
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    title = "Units, not minted" if session.dry_run else "Units minted"
    session.out.result("mint", document, title, rows)


def _question(made: Minting) -> str:
    mint = f"Mint {amounts.show_count(made.attestation.units, 'unit')} of cluster "
    mint += str(made.attestation.cluster)
    if made.top_up.is_nothing:
        return f"{mint}?"
    cost = amounts.show_both(made.top_up.stablecoins, made.top_up.reserve)
    return f"{mint}, and pay {cost} for their part of what waits and vests, from {_sources(made)}?"


def _paid_rows(made: Minting) -> list[Row]:
    """What the units bring, where that is something."""
    top_up = made.top_up
    if top_up.is_nothing:
        return []
    return [
        ("topped up", f"{amounts.show_money(top_up.pending)} of what waits for a sweep"),
        ("", f"{amounts.show_both(top_up.cash, top_up.reserve)} of what vests"),
        ("paid from", _sources(made)),
    ]


def _sources(made: Minting) -> str:
    shows = {"cash": amounts.show_money, "reserve": amounts.show_bitcoin}
    return ", and ".join(
        payments.sources(each.plan, shows[each.coin]) for each in made.payments if each.plan.cost
    )


def _ordered(deployment: Deployment, read: supply.Attestation) -> supply.Attestation:
    digest = supply.digest_of(deployment, read)
    return supply.Attestation(
        read.cluster, read.units, read.number, read.evidence, in_order(digest, read.signatures)
    )
