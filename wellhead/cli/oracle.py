"""`wellhead oracle heartbeat`: a lease's user says that it uses it."""

from __future__ import annotations

import sys

import click

from wellhead.actions import heartbeats, people
from wellhead.actions.heartbeats import Answer, Statement
from wellhead.cli import amounts, options
from wellhead.cli.amounts import HourAt
from wellhead.cli.failures import NODE, REFUSED
from wellhead.cli.session import Session, Settings, run

_TOLD = {
    "taken": "taken",
    "passed_over": "counts for nothing",
    "refused": "refused",
    "unanswered": "no answer",
}


@click.command()
@click.option("--lease", type=options.WHOLE, required=True, metavar="ID", help="The lease's id.")
@click.option(
    "--hour",
    type=options.HOUR,
    default="now",
    show_default=True,
    help="The hour in which it was used: the current one, or one of the 24 before it.",
)
@click.option("--units", type=options.WHOLE, help="Units that were used.  [default: all of them]")
@click.option(
    "--reporter",
    "reporters",
    metavar="URL",
    multiple=True,
    required=True,
    help="Tell this reporter. May repeat.",
)
@options.sender(f"{people.TENANT}, a tenant")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def heartbeat(
    settings: Settings, lease: int, hour: HourAt, units: int | None, reporters: tuple[str, ...]
) -> None:
    """State to reporters that a lease is used.

    Only its user (ERC-4907) may sign that or, where it has none, its owner. Reporters count it as
    evidence that does not come from the operator. Nothing is sent to the chain. Ends with code 1
    when no reporter takes it.
    """
    run(settings, lambda session: execute(session, lease, hour, units, reporters))


def execute(
    session: Session, lease: int, hour: HourAt, units: int | None, reporters: tuple[str, ...]
) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    statement = heartbeats.prepare(deployment, lease, hour.resolve(session.current_hour()), units)
    if session.dry_run:
        _show(session, statement, None, [])
        return
    session.confirm(
        f"State that {amounts.show_count(statement.units, 'unit')} of lease {lease} were used in "
        f"the hour {amounts.show_hour(statement.hour)}?"
    )
    signature = heartbeats.sign(deployment, statement, sender)
    answers = heartbeats.send(statement, signature, reporters)
    _show(session, statement, signature, answers)
    if not any(answer.outcome in ("taken", "passed_over") for answer in answers):
        sys.exit(REFUSED if any(answer.outcome == "refused" for answer in answers) else NODE)


def _show(
    session: Session, statement: Statement, signature: bytes | None, answers: list[Answer]
) -> None:
    digest = statement.data.digest()
    document = {
        "dry_run": session.dry_run,
        "lease": statement.lease,
        "cluster": statement.cluster,
        "hour": statement.hour,
        "units": statement.units,
        "user": statement.user,
        "digest": digest,
        "signature": signature,
        "reporters": [answer.__dict__ for answer in answers],
    }
    rows = [
        ("lease", str(statement.lease)),
        ("cluster", str(statement.cluster)),
        ("hour", amounts.show_hour(statement.hour)),
        ("units used", f"{statement.units:,}"),
        ("signed by", statement.user),
        *([("digest to sign", "0x" + digest.hex())] if signature is None else []),
        *((answer.url, _told(answer)) for answer in answers),
    ]
    title = "Heartbeat, not sent" if session.dry_run else "Heartbeat"
    session.out.result("oracle.heartbeat", document, title, rows)


def _told(answer: Answer) -> str:
    said = _TOLD[answer.outcome]
    return f"{said}: {answer.detail}" if answer.detail else said
