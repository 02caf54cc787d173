"""`wellhead oracle verify` and `wellhead oracle prove`: checking what reporters measured."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wellhead.cli import amounts, looking, options, oracle_tables
from wellhead.cli.amounts import HourAt, TimeAt
from wellhead.cli.failures import MISSING, WRONG
from wellhead.cli.session import Session, Settings, run

if TYPE_CHECKING:
    from wellhead.oracle.audit.evidence import EvidenceSource

#: Seconds until a reporter must have answered: raw samples are long.
TIMEOUT = 60.0

#: Where the evidence is.
evidence = options.stack(
    click.option(
        "--reporter",
        "reporters",
        metavar="URL",
        multiple=True,
        help="Ask this reporter. May repeat.",
    ),
    click.option(
        "--store",
        "stores",
        type=options.FILE,
        multiple=True,
        help="Read this reporter's store file. May repeat.",
    ),
)


@click.command()
@looking.one("cluster", "The cluster's id.")
@click.option(
    "--from",
    "since",
    type=options.HOUR,
    metavar="TIME",
    help="First hour: now-24, 2026-12-01T00:00Z or an hour's number.  [default: the cluster's "
    "first, or the first of the last two years]",
)
@click.option(
    "--to",
    "until",
    type=options.HOUR,
    metavar="TIME",
    help="The hour after the last one.  [default: now]",
)
@evidence
@click.option("--allow-missing", is_flag=True, help="End with 0 if only evidence is missing.")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def verify(settings: Settings, /, **given: Any) -> None:
    """Check a cluster's records, down to what reporters saw of it.

    For every hour with a record: that it is what the event says which made it, that enough
    reporters of that time signed, that the batch's measurements are genuine and the recorded sample
    is their median, and that each measurement is what its raw samples come to, with the units that
    were booked and attested. Ends with code 6 when something is wrong, and with 7 when nothing is,
    but evidence is missing. The work grows with the hours and with what reporters saw in them.
    """
    run(settings, lambda session: _verify(session, **given))


def _verify(
    session: Session,
    cluster: int,
    since: HourAt | None,
    until: HourAt | None,
    reporters: Sequence[str],
    stores: Sequence[Path],
    allow_missing: bool,
) -> None:
    from wellhead.oracle.audit import verifying

    _require_source(reporters, stores)
    deployment, current = session.deployment, session.current_hour()
    hours = verifying.span(
        deployment,
        cluster,
        since.resolve(current) if since else None,
        until.resolve(current) if until else None,
    )
    with (
        _sources(session, reporters, stores) as source,
        session.out.working(f"checking {amounts.show_count(hours.end - hours.begin, 'hour')}") as a,
    ):
        audit = verifying.verify(deployment, source, hours, a)
    findings = audit.findings
    if session.settings.as_json:
        session.out.document("oracle.verify", oracle_tables.document(audit, findings))
    else:
        session.out.facts(oracle_tables.title(audit), oracle_tables.rows(audit))
        if findings:
            session.out.plain("\n")
            session.out.facts("Found", oracle_tables.finding_rows(findings))
    if audit.verdict == "wrong":
        sys.exit(WRONG)
    if audit.verdict == "missing" and not allow_missing:
        sys.exit(MISSING)


@click.command()
@click.argument("given", type=options.WHOLE, required=False, metavar="[ID]")
@click.option("--cluster", "named", type=options.WHOLE, metavar="ID", help="The cluster's id.")
@click.option("--hour", type=options.HOUR, help="The hour: now-2, 2026-12-01T00:00Z or its number.")
@click.option("--device", metavar="UUID", help="The device, as the reporter's source calls it.")
@click.option(
    "--time",
    "moment",
    type=options.TIME,
    help="What the device showed then, such as 2026-12-01T00:00:30Z.  [default: that it was seen "
    "in the hour]",
)
@click.option(
    "--by", "by", type=options.ADDRESS, metavar="ADDRESS", help="Of this reporter's measurement."
)
@evidence
@click.option(
    "--check",
    "proof_file",
    type=options.FILE,
    help="Check the proof in this file, which --json printed; no reporter is asked.",
)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def prove(settings: Settings, /, **given: Any) -> None:
    """Prove that a raw sample stands behind an hour's record.

    The proof leads from the sample to the evidence that the reporters signed for the hour, and the
    oracle's contract checks it. With --json it is a document that anybody can check against the
    chain, with --check or by `IMetricsOracle.proves`. Ends with code 6 when a proof does not hold,
    and with 7 when there is no evidence to make one.
    """
    run(settings, lambda session: _prove(session, **given))


def _prove(
    session: Session,
    given: int | None,
    named: int | None,
    hour: HourAt | None,
    device: str | None,
    moment: TimeAt | None,
    by: str | None,
    reporters: Sequence[str],
    stores: Sequence[Path],
    proof_file: Path | None,
) -> None:
    from wellhead.oracle.audit import proofs, proving

    cluster = named if given is None else given
    if proof_file is not None:
        if reporters or stores or any(v is not None for v in (cluster, hour, device, moment, by)):
            raise click.UsageError("--check takes all from the file: give nothing else")
        proof = proofs.read(proof_file)
        deployment = session.deployment
    else:
        if cluster is None or named not in (None, cluster):
            raise click.UsageError("which cluster? Give its id, once")
        if hour is None or device is None:
            raise click.UsageError("give --hour and --device, or --check FILE")
        _require_source(reporters, stores)
        deployment = session.deployment
        now = session.rpc.now()
        wanted = proving.Wanted(device, moment.resolve(now) if moment else None, by)
        with _sources(session, reporters, stores) as source:
            proof = proving.prove(
                deployment, source, cluster, hour.resolve(now // amounts.HOUR), wanted
            )
    checks = proving.check(deployment, proof)
    if session.settings.as_json:
        session.out.document("oracle.prove", proofs.document(proof, checks))
    else:
        holds = all(checked.holds for checked in checks)
        title = "Proof" if holds else "A proof that does not hold"
        session.out.facts(title, oracle_tables.proof_rows(proof, checks))
    if not all(checked.holds for checked in checks):
        sys.exit(WRONG)


def _require_source(reporters: Sequence[str], stores: Sequence[Path]) -> None:
    if not reporters and not stores:
        raise click.UsageError("where is the evidence? Give --reporter URL or --store FILE")


@contextmanager
def _sources(
    session: Session, reporters: Sequence[str], stores: Sequence[Path]
) -> Iterator[EvidenceSource]:
    """All that were named, as one. Whoever asks a reporter needs a key, and it may be any."""
    from wellhead.chain import KeyAccount
    from wellhead.oracle.audit.evidence import Joined, ReporterEvidence
    from wellhead.oracle.audit.stored import StoredEvidence
    from wellhead.oracle.chain import ChainView
    from wellhead.oracle.client import ReporterClient

    domain = ChainView(session.deployment).domain
    found: list[EvidenceSource] = []
    with ExitStack() as stack:
        for path in stores:
            stored = StoredEvidence(path, domain)
            stack.callback(stored.close)
            found.append(stored)
        for url in reporters:
            client = stack.enter_context(
                ReporterClient(url, KeyAccount(secrets.token_bytes(32)), TIMEOUT)
            )
            asked = ReporterEvidence(client, session.out.warn)
            asked.require(domain)
            found.append(asked)
        yield Joined(found)
