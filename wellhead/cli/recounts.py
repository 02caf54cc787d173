"""`wellhead contest recount`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import contesting, people, reporting
from wellhead.actions.contesting import Contest, Ending
from wellhead.actions.quorum import Signature, supermajority
from wellhead.actions.records import clock_of
from wellhead.cli import amounts, contests, files, options, sampling
from wellhead.cli.output import Row
from wellhead.cli.report import sample_document
from wellhead.cli.session import Session, Settings, run
from wellhead.model.samples import Sample


@click.command("recount")
@click.option("--cluster", type=options.WHOLE, metavar="ID", help="The cluster's id.")
@click.option(
    "--hour",
    type=options.HOUR,
    help="The contested hour: now-2, 2026-12-01T00:00Z or an hour's number.",
)
@sampling.measures
@sampling.evidence
@click.option(
    "--file",
    "recount_file",
    type=options.FILE,
    help="Sample, evidence and the reporters' signatures from a file instead (JSON).  [default: "
    "on a local chain the dev reporters sign]",
)
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def recount(settings: Settings, /, **given: Any) -> None:
    """Decide a contest: submit what reporters found when they counted the hour again.

    Anybody may submit; all reporters but one must have signed. What they found is the hour's record
    from then on, and final at once. On a local chain the dev reporters sign whatever is asked;
    elsewhere --dry-run shows the digest that must be signed.
    """
    run(settings, lambda session: _recount(session, **given))


def _recount(
    session: Session,
    cluster: int | None,
    hour: amounts.HourAt | None,
    working: int | None,
    evidence: bytes,
    recount_file: Path | None,
    **others: int | None,
) -> None:
    signatures: list[Signature] | None = None
    if recount_file is not None:
        if cluster is not None or hour is not None or working is not None:
            raise click.UsageError("give the recount by options or by --file, not both")
        sample, evidence, signatures = files.read_recount(recount_file)
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    if recount_file is None:
        if cluster is None or hour is None or working is None:
            raise click.UsageError("give --cluster, --hour and --working, or --file FILE")
        hours = [hour.resolve(session.current_hour())]
        contesting.require_open(deployment, cluster, hours[0])
        (sample,) = reporting.measure(deployment, cluster, hours, working, **_given(others))
    if session.dry_run and signatures is None and not session.is_local:
        found = contesting.require_open(deployment, sample.cluster, sample.hour)
        _show(session, sample, evidence, found, None)
        return
    arguments = (deployment, sample, evidence, signatures, sender)
    ending = contesting.recount(*arguments, dry=True)
    if not session.dry_run:
        session.confirm(_question(ending))
        with session.turn_of(sender):
            ending = contesting.recount(*arguments, dry=False)
    _show(session, sample, evidence, ending.contest, ending)


def _given(others: dict[str, int | None]) -> dict[str, Any]:
    return {name: value for name, value in others.items() if value is not None}


def _question(ending: Ending) -> str:
    contest = ending.contest
    found = amounts.show_thousandths(contest.decided.available if contest.decided else 0)
    whose = f"goes back to {contest.tenant}" if ending.is_returned else "is the reporters'"
    return (
        f"Put {found} available units on record for {amounts.show_hour(contest.hour)} of cluster "
        f"{contest.cluster}, where {amounts.show_thousandths(contest.available)} were reported? "
        f"The deposit of {amounts.show_money(contest.deposit)} {whose}."
    )


def _show(
    session: Session, sample: Sample, evidence: bytes, contest: Contest, ending: Ending | None
) -> None:
    deployment = session.deployment
    signers, threshold = deployment.oracle.call("signers")
    needed = supermajority(len(signers), int(threshold))
    digest = contesting.digest_of(deployment, sample, evidence)
    clock = clock_of(deployment)
    receipt = ending.receipt if ending else None
    session.mined(receipt)
    document: dict[str, Any] = {
        "dry_run": session.dry_run,
        "sample": sample_document(sample),
        "evidence": evidence,
        "digest": digest,
        "needed": needed,
        "contest": contests.contest_document(contest, clock),
    }
    rows: list[Row] = [
        ("cluster", str(sample.cluster)),
        ("hour", amounts.show_hour(sample.hour)),
        ("found", f"{amounts.show_thousandths(sample.available)} available"),
    ]
    if ending is None:
        rows.append(("digest to sign", "0x" + digest.hex()))
        rows.append(("signatures needed", f"{needed} of {len(signers)}"))
    else:
        document["deposit_to"] = "tenant" if ending.is_returned else "reporters"
        document["transaction"] = receipt.hash if receipt else None
        booked = contesting.booked_in(deployment, sample.cluster, sample.hour)
        rows = rows[:2] + contests.contest_rows(contest, clock, booked)
    if receipt:
        rows.append(("transaction", receipt.hash))
    title = "Recount, not sent" if session.dry_run else "Recount"
    session.out.result("contest.recount", document, title, rows)
