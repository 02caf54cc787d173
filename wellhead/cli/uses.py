"""`wellhead lease user` and `wellhead lease suspend`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import changing, people, suspending
from wellhead.actions.changing import Use
from wellhead.actions.suspending import Change, Suspension
from wellhead.cli import amounts, files, looking, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command("user")
@options.lease
@click.argument("named", type=looking.VIEWED, required=False, metavar="[ACCOUNT]")
@click.option("--none", "nobody", is_flag=True, help="Nobody but the owner, from now on.")
@click.option(
    "--until",
    type=options.TIME,
    metavar="TIME",
    help="Until then: now+24 in hours, 2026-12-01T00:00Z or an hour's number.  [default: the "
    "lease's end]",
)
@options.sender(f"{people.TENANT}, a tenant")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def user(
    settings: Settings,
    lease: int,
    named: int | str | None,
    nobody: bool,
    until: amounts.TimeAt | None,
) -> None:
    """Name who may use the units of a lease (ERC-4907).

    LEASE is the lease's id, ACCOUNT an address, or a dev account's index on a local chain. A user
    stays until its time is over, whatever the owner does: the owner can not name another, take
    units or hours from it, and a sale does not end it. The user itself can pass its use on, or give
    it up with --none.
    """
    if (named is None) != nobody:
        raise click.UsageError("name an ACCOUNT, or --none")
    if nobody and until is not None:
        raise click.UsageError("--until is for an ACCOUNT")
    run(settings, lambda session: _user(session, lease, named, until))


@click.command("suspend")
@options.lease
@click.option(
    "--notice",
    type=options.WORD,
    metavar="HASH",
    help="Give notice; 32 bytes that stand for what the tenant is told.",
)
@click.option(
    "--evidence",
    type=options.FILE,
    help="Give notice, with the Keccak-256 hash of this file, which the tenant is told.",
)
@click.option("--execute", is_flag=True, help="Suspend the use; the notice must be due.")
@click.option("--lift", is_flag=True, help="Take the notice or the suspension back.")
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def suspend(
    settings: Settings,
    lease: int,
    notice: bytes | None,
    evidence: Path | None,
    execute: bool,
    lift: bool,
) -> None:
    """Suspend the use of a lease for misuse, after notice.

    LEASE is the lease's id. Only its cluster's operator may do this: first it gives notice with
    --notice or --evidence, and 24 hours of the market clock later, or any time after that, it
    suspends with --execute. Rent, refunds and the right to cancel stay as they are; from the notice
    on the lease can not be sold on the exchange, split or extended, until that is lifted.
    """
    given = [notice is not None, evidence is not None, execute, lift]
    if given.count(True) != 1:
        raise click.UsageError("give one of --notice, --evidence, --execute and --lift")
    run(settings, lambda session: _suspend(session, lease, notice, evidence, lift))


def _user(
    session: Session, lease: int, named: int | str | None, until: amounts.TimeAt | None
) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    address = session.address_of(named)
    last = None if until is None else until.resolve(session.rpc.now())

    def make(*, dry: bool) -> Use:
        return changing.set_user(deployment, lease, address, last, sender, dry=dry)

    if not session.dry_run:
        coming = make(dry=True)
        session.confirm(
            f"Leave the use of lease {lease} to {coming.user} until "
            f"{amounts.show_time(coming.expires)}, whatever happens?"
            if coming.user
            else f"End the use of lease {lease}?"
        )
    with session.turn_of(sender):
        made = make(dry=session.dry_run)
    session.mined(made.receipt)
    document = {
        "dry_run": session.dry_run,
        "lease": lease,
        "by": sender.address,
        "user": made.user,
        "expires": made.expires,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows: list[Row] = [("lease", str(lease)), ("user", made.user or "nobody")]
    if made.user:
        rows.append(("until", amounts.show_time(made.expires)))
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    title = "User, not set" if session.dry_run else "User set"
    session.out.result("lease.user", document, title, rows)


def _suspend(
    session: Session, lease: int, notice: bytes | None, evidence: Path | None, lift: bool
) -> None:
    told = files.hash_of(evidence) if evidence is not None else notice
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)

    def make(*, dry: bool) -> Change:
        if told is not None:
            return suspending.give_notice(deployment, lease, told, sender, dry=dry)
        if lift:
            return suspending.lift(deployment, lease, sender, dry=dry)
        return suspending.suspend(deployment, lease, sender, dry=dry)

    if not session.dry_run:
        coming = make(dry=True)
        session.confirm(
            {
                suspending.NOTICE: f"Announce that the use of lease {lease} may be suspended?",
                suspending.SUSPEND: f"Suspend the use of lease {lease}?",
                suspending.LIFT: f"Lift the notice or suspension of lease {lease}?",
            }[coming.act]
        )
    with session.turn_of(sender):
        made = make(dry=session.dry_run)
    session.mined(made.receipt)
    document = {
        "dry_run": session.dry_run,
        "lease": lease,
        "operator": sender.address,
        "act": made.act,
        "evidence": told,
        "suspension": document_of(made.suspension),
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows = [("lease", str(lease)), ("use", said(made.suspension))]
    if told is not None:
        rows.append(("evidence", "0x" + told.hex()))
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    done = {
        suspending.NOTICE: "Notice given",
        suspending.SUSPEND: "Use suspended",
        suspending.LIFT: "Suspension lifted",
    }[made.act]
    title = f"{done.split()[0]}, not sent" if session.dry_run else done
    session.out.result("lease.suspend", document, title, rows)


def document_of(found: Suspension) -> dict[str, Any] | None:
    """For programs; shared with `lease show`."""
    if found.due is None:
        return None
    return {"suspended": found.is_suspended, "due": found.due, "earliest": found.earliest}


def said(found: Suspension) -> str:
    """For people."""
    if found.due is None or found.earliest is None:
        return "neither suspended nor under notice"
    if found.is_suspended:
        return "suspended by the operator"
    return f"may be suspended from {amounts.show_time(found.earliest)} on, later after a pause"
