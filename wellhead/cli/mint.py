"""`wellhead mint`: tokens for attested units."""

from __future__ import annotations

from pathlib import Path

import click

from wellhead.actions import people, supply
from wellhead.actions.errors import BadInput
from wellhead.actions.quorum import in_order
from wellhead.chain import Deployment
from wellhead.cli import amounts, files, options
from wellhead.cli.session import Session, Settings, run


@click.command()
@options.attestation
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
    if not session.dry_run:
        supply.mint(deployment, attestation, sender, dry=True)
        count = amounts.show_count(attestation.units, "unit")
        session.confirm(f"Mint {count} of cluster {attestation.cluster}?")
    with session.turn_of(sender):
        made = supply.mint(deployment, attestation, sender, dry=session.dry_run)
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
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows = [
        ("cluster", str(attestation.cluster)),
        ("minted", f"{amounts.show_count(attestation.units, 'unit')} to {made.operator}"),
        ("token", made.token),
        ("attested now", f"{made.attested:,}"),
        ("open to bookings", f"{made.sellable:,}"),
        ("signed digest", "0x" + made.digest.hex()),
    ]
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    title = "Units, not minted" if session.dry_run else "Units minted"
    session.out.result("mint", document, title, rows)


def _ordered(deployment: Deployment, read: supply.Attestation) -> supply.Attestation:
    digest = supply.digest_of(deployment, read)
    return supply.Attestation(
        read.cluster, read.units, read.number, read.evidence, in_order(digest, read.signatures)
    )
