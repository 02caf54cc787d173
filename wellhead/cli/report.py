"""`wellhead report`: what was measured, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from wellhead.actions import people, reporting
from wellhead.cli import amounts, files, options, sampling
from wellhead.cli.amounts import HourAt
from wellhead.cli.session import Session, Settings, run
from wellhead.model.samples import Sample

ZERO = bytes(32)
SHOWN = 12


@click.command()
@sampling.samples
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def report(settings: Settings, /, **given: Any) -> None:
    """Submit what was measured, hour by hour.

    Anybody may submit: the reporters' signatures are the authority. On a local chain the dev
    reporters sign whatever is asked; elsewhere --dry-run shows the digest that they must sign.
    """
    run(settings, lambda session: execute(session, **given))


def execute(
    session: Session,
    cluster: int | None,
    hour: HourAt | None,
    hours: int,
    working: int | None,
    available: int | None,
    measured: int | None,
    energy: int,
    work: int,
    sample_file: Path | None,
    evidence: bytes,
    signature_file: Path | None,
) -> None:
    read_evidence = None
    samples: list[Sample] = []
    if sample_file is not None:
        if cluster is not None or working is not None:
            raise click.UsageError("give samples by options or by --file, not both")
        samples, read_evidence = files.read_samples(sample_file)
    elif cluster is None or working is None:
        raise click.UsageError("give --cluster and --working, or --file FILE")
    signatures = files.read_signatures(signature_file) if signature_file else None
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    if sample_file is None:
        first = (hour or HourAt(-1, relative=True)).resolve(session.current_hour())
        assert cluster is not None  # noqa: S101
        assert working is not None  # noqa: S101
        samples = reporting.measure(
            deployment,
            cluster,
            range(first, first + hours),
            working,
            available,
            measured,
            energy,
            work,
        )
    batch = reporting.Batch(
        samples, read_evidence if evidence == ZERO and read_evidence else evidence
    )
    if session.dry_run and signatures is None and not session.is_local:
        _show_digest(session, reporting.digest_of(deployment, batch), batch)
        return
    if not session.dry_run:
        reporting.report(deployment, batch, signatures, sender, dry=True)
        session.confirm(f"Report {amounts.show_count(len(samples), 'sample')}?")
    with session.turn_of(sender):
        made = reporting.report(deployment, batch, signatures, sender, dry=session.dry_run)
    session.mined(made.receipt)
    _show(session, made)


def _show(session: Session, made: reporting.Report) -> None:
    samples = made.batch.samples
    document = {
        "dry_run": session.dry_run,
        "recorded": made.recorded,
        "skipped": [skip.__dict__ for skip in made.skipped],
        "samples": [sample_document(sample) for sample in samples],
        "evidence": made.batch.evidence,
        "digest": made.digest,
        "final_at": made.final_at,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    if session.settings.as_json:
        session.out.document("report", document)
    else:
        session.out.table(
            "Report, not sent" if session.dry_run else "Report",
            ("hour", "cluster", "working", "available", "measured"),
            _cells(samples),
        )
        rows = [("recorded", f"{made.recorded} of {len(samples)}")]
        if made.final_at is not None:
            rows.append(("final from", amounts.show_time(made.final_at)))
        if made.receipt:
            rows.append(("transaction", made.receipt.hash))
        session.out.facts("", rows)
    for skip in made.skipped:
        where = f"{amounts.show_hour(skip.hour)} of cluster {skip.cluster}"
        session.out.warn(f"skipped {where}: {_REASONS[skip.reason]}")


def _cells(samples: Sequence[Sample]) -> list[tuple[str, ...]]:
    """A line a sample; of very many only the first and the last."""
    lines: list[tuple[str, ...]] = [
        (
            amounts.show_hour(sample.hour),
            str(sample.cluster),
            amounts.show_thousandths(sample.working),
            amounts.show_thousandths(sample.available),
            amounts.show_share(sample.measured),
        )
        for sample in samples
    ]
    if len(lines) > 2 * SHOWN:
        return [*lines[:SHOWN], ("...", "", "", "", ""), *lines[-SHOWN:]]
    return lines


def _show_digest(session: Session, digest: bytes, batch: reporting.Batch) -> None:
    document = {
        "dry_run": True,
        "samples": [sample_document(sample) for sample in batch.samples],
        "evidence": batch.evidence,
        "digest": digest,
    }
    rows = [("samples", str(len(batch.samples))), ("digest to sign", "0x" + digest.hex())]
    session.out.result("report", document, "Report, not sent", rows)


def sample_document(sample: Sample) -> dict[str, Any]:
    """For programs; shared with recounts."""
    return {**sample.__dict__, "word": "0x" + sample.encode().to_bytes(32, "big").hex()}


_REASONS = {
    "UnknownCluster": "there is no such cluster",
    "BeforeGenesis": "before the cluster was registered",
    "Unfinished": "the hour is not over",
    "Ancient": "more than two years back",
    "Reported": "it has a report already",
    "Malformed": "it contradicts itself",
}
