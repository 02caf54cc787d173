"""`wellhead contest open`, `wellhead contest show` and `wellhead contest close`."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import contesting, people
from wellhead.actions.contesting import CLOSABLE, OPEN, REJECTED, UPHELD, Contest, Intent, Opened
from wellhead.actions.records import Clock, Record, clock_of, records_of
from wellhead.cli import amounts, options, payments
from wellhead.cli.output import Row
from wellhead.cli.report import sample_document
from wellhead.cli.session import Session, Settings, run

hour_option = click.option(
    "--hour",
    type=options.HOUR,
    required=True,
    help="The hour: now-2, 2026-12-01T00:00Z or an hour's number.",
)


@click.command("open")
@click.option("--lease", type=options.WHOLE, required=True, metavar="ID", help="Your lease.")
@hour_option
@payments.pay
@options.sender(f"{people.TENANT}, a tenant")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def opened(settings: Settings, lease: int, hour: amounts.HourAt, pay: str | None) -> None:
    """Contest what was reported of an hour that you leased.

    Only the owner of the lease may do this, and only before the report is final. It takes a
    deposit, paid like a lease. All reporters but one then count the hour again: if they find
    clearly less than was reported, the deposit comes back; if not, it is the reporters'. Until
    then the hour, and those after it, move no money.
    """
    run(settings, lambda session: _open(session, lease, hour, pay))


@click.command("show")
@options.cluster
@click.option(
    "--hour",
    type=options.HOUR,
    help="Only this hour: now-2, 2026-12-01T00:00Z or an hour's number.  [default: all of them]",
)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings, cluster: int, hour: amounts.HourAt | None) -> None:
    """Show the contests of a cluster, and how they ended.

    With --hour also what is on record of that hour, and until when it can be contested.
    """
    run(settings, lambda session: _show(session, cluster, hour))


@click.command("close")
@options.cluster
@hour_option
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def close(settings: Settings, cluster: int, hour: amounts.HourAt) -> None:
    """Close a contested hour as zero, where no recount came.

    Anybody may do this, seven days of the market clock after it was contested. Nothing of the hour
    is paid then, and the deposit goes back to the tenant.
    """
    run(settings, lambda session: _close(session, cluster, hour))


def _open(session: Session, lease: int, named: amounts.HourAt, pay: str | None) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    hour = named.resolve(session.current_hour())
    intent = contesting.prepare(deployment, lease, hour, sender, pay)
    if session.dry_run:
        _show_opening(session, "Contest, not opened", intent, None)
        return
    record = intent.record
    session.confirm(
        f"Contest that {_of_booked(record.available, intent.booked)} were available in "
        f"{amounts.show_hour(hour)} of cluster {record.cluster}, with a deposit of "
        f"{amounts.show_money(intent.deposit)}, paid from {payments.sources(intent.plan)}? It is "
        "lost unless less is found."
    )
    with session.turn_of(sender):
        done = contesting.open_contest(deployment, intent, sender, session.out.detail)
    _show_opening(session, "Hour contested", intent, done)


def _show_opening(session: Session, title: str, intent: Intent, done: Opened | None) -> None:
    receipt = done.paid.receipt if done else None
    session.mined(receipt)
    record, closable = intent.record, done.closable if done else intent.closable
    document = {
        "dry_run": session.dry_run,
        "cluster": record.cluster,
        "hour": record.hour,
        "lease": intent.lease,
        "tenant": intent.plan.purse.account,
        "deposit": intent.deposit,
        "record": _record_document(record, intent.booked, contested=bool(done)),
        "contestable_until": intent.until,
        "closable_from": closable,
        "payment": payments.made(done.paid) if done else payments.intended(intent.plan),
        "transaction": receipt.hash if receipt else None,
    }
    rows: list[Row] = [
        ("lease", str(intent.lease)),
        ("cluster", str(record.cluster)),
        ("hour", amounts.show_hour(record.hour)),
        ("reported", f"{_of_booked(record.available, intent.booked)} available"),
        ("could be contested", _until(intent.until)),
        ("deposit", amounts.show_money(intent.deposit)),
        payments.row(done.paid.plan if done else intent.plan),
        ("without a recount", f"can be closed as zero {_from(closable)}"),
    ]
    if receipt:
        rows.append(("transaction", receipt.hash))
    session.out.result("contest.open", document, title, rows)


def _show(session: Session, cluster: int, named: amounts.HourAt | None) -> None:
    deployment = session.deployment
    deployment.registry.call("clusterOf", cluster)
    deposit = contesting.deposit_of(deployment)
    hour = None if named is None else named.resolve(session.current_hour())
    found = contesting.contests(deployment, cluster, hour)
    clock = clock_of(deployment)
    documents = [contest_document(contest, clock) for contest in found]
    document: dict[str, Any] = {
        "cluster": cluster,
        "deposit": deposit,
        "hour": hour,
        "record": None,
        "contestable_until": None,
        "contests": documents,
    }
    if hour is None:
        _show_all(session, found, clock, document)
        return
    (record,) = records_of(deployment, cluster, [hour])
    booked = contesting.booked_in(deployment, cluster, hour)
    until = None
    if record.is_reported and not record.is_contested and not record.is_final:
        until = clock.time_of(record.final_at)
    document |= {
        "record": _record_document(record, booked, contested=record.is_contested),
        "contestable_until": until,
    }
    rows: list[Row] = [("cluster", str(cluster)), ("hour", amounts.show_hour(hour))]
    if found:
        rows += contest_rows(found[0], clock, booked)
    else:
        rows += _uncontested(record, booked, until)
    rows.append(("deposit now", f"{amounts.show_money(deposit)} for another hour"))
    session.out.result("contest.show", document, f"Contest of an hour of cluster {cluster}", rows)


def _show_all(
    session: Session, found: list[Contest], clock: Clock, document: dict[str, Any]
) -> None:
    cluster = document["cluster"]
    if session.settings.as_json:
        session.out.document("contest.show", document)
        return
    if not found:
        session.out.note(f"no hour of cluster {cluster} was contested")
        return
    session.out.table(
        f"Contests of cluster {cluster}",
        ("hour", "lease", "deposit", "reported", "on record", "state"),
        [
            (
                amounts.show_hour(contest.hour),
                str(contest.lease),
                amounts.show_money(contest.deposit),
                amounts.show_thousandths(contest.available),
                "-" if not contest.decided else _units(contest.decided.available),
                contest.state(clock),
            )
            for contest in found
        ],
    )


def _uncontested(record: Record, booked: contesting.Booked, until: int | None) -> list[Row]:
    if not record.is_reported:
        return [("state", "not reported")]
    said = "not contested, and final"
    if not record.is_final:
        said = f"not contested; can be {_until(until)}"
    return [("state", said), ("reported", f"{_of_booked(record.available, booked)} available")]


def contest_rows(contest: Contest, clock: Clock, booked: contesting.Booked) -> list[Row]:
    """A contest for people, the cluster and the hour left out; shared with `contest recount`."""
    state = contest.state(clock)
    rows: list[Row] = [
        ("state", _STATES[state]),
        ("lease", str(contest.lease)),
        ("tenant", contest.tenant),
        ("reported", f"{_of_booked(contest.available, booked)} available"),
    ]
    if contest.decided is not None:
        rows.append(("on record now", f"{_units(contest.decided.available)} available, final"))
    deposit = amounts.show_money(contest.deposit)
    if state in (OPEN, CLOSABLE):
        until = clock.time_of(contest.closable_at)
        rows.append(("without a recount", f"can be closed as zero {_from(until)}"))
        rows.append(("deposit", f"{deposit}, held"))
    else:
        whose = "the reporters'" if state == REJECTED else "back to the tenant"
        rows.append(("deposit", f"{deposit}, {whose}"))
    return rows


def contest_document(contest: Contest, clock: Clock) -> dict[str, Any]:
    """For programs; shared with `contest recount`."""
    is_open = contest.verdict is None
    return {
        "cluster": contest.cluster,
        "hour": contest.hour,
        "lease": contest.lease,
        "tenant": contest.tenant,
        "deposit": contest.deposit,
        "available": contest.available,
        "state": contest.state(clock),
        "closable_from": clock.time_of(contest.closable_at) if is_open else None,
        "decided": sample_document(contest.decided) if contest.decided else None,
        "evidence": contest.evidence,
        "signers": contest.signers,
    }


def _close(session: Session, cluster: int, named: amounts.HourAt) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    hour = named.resolve(session.current_hour())
    ending = contesting.close(deployment, cluster, hour, sender, dry=True)
    if not session.dry_run:
        session.confirm(
            f"Close {amounts.show_hour(hour)} of cluster {cluster} as zero, and give the deposit "
            f"of {amounts.show_money(ending.contest.deposit)} back to {ending.contest.tenant}?"
        )
        with session.turn_of(sender):
            ending = contesting.close(deployment, cluster, hour, sender, dry=False)
    session.mined(ending.receipt)
    clock = clock_of(deployment)
    document = {
        "dry_run": session.dry_run,
        "contest": contest_document(ending.contest, clock),
        "transaction": ending.receipt.hash if ending.receipt else None,
    }
    booked = contesting.booked_in(deployment, cluster, hour)
    rows: list[Row] = [
        ("cluster", str(cluster)),
        ("hour", amounts.show_hour(hour)),
        *contest_rows(ending.contest, clock, booked),
    ]
    if ending.receipt:
        rows.append(("transaction", ending.receipt.hash))
    title = "Contest, not closed" if session.dry_run else "Contest closed"
    session.out.result("contest.close", document, title, rows)


_STATES = {
    OPEN: "contested, to be counted again",
    CLOSABLE: "contested; no recount came, anybody can close it as zero",
    UPHELD: "upheld: less was found than reported",
    REJECTED: "rejected: not clearly less was found than reported",
    contesting.UNDECIDED: "undecided: no recount came, the hour counts as zero",
}


def _record_document(
    record: Record, booked: contesting.Booked, *, contested: bool
) -> dict[str, Any]:
    return {
        "reported": record.is_reported,
        "contested": contested,
        "final": record.is_final,
        "working": record.working,
        "available": record.available,
        "measured": record.measured,
        "energy": record.energy,
        "work": record.work,
        "booked": booked.units,
        "covered": booked.covered,
    }


def _of_booked(available: int, booked: contesting.Booked) -> str:
    return f"{_units(available)} of {amounts.show_mean_units(booked.covered, 'booked unit')}"


def _units(thousandths: int) -> str:
    return amounts.show_thousandths(thousandths)


def _until(seconds: int | None) -> str:
    if seconds is None:
        return "while paused, and some time after it"
    return f"until {amounts.show_time(seconds)}"


def _from(seconds: int | None) -> str:
    if seconds is None:
        return "some time after the pause"
    return f"from {amounts.show_time(seconds)} on"
