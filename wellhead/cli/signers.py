"""`wellhead signers show`, `announce`, `enact` and `remove`."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import people, signers
from wellhead.actions.signers import Announced, Change, Signers
from wellhead.cli import amounts, looking, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command("show")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings) -> None:
    """Show who signs reports, and who is announced."""
    run(settings, _show)


@click.command("announce")
@click.option(
    "--reporter",
    "reporters",
    type=looking.VIEWED,
    multiple=True,
    required=True,
    help="One of all that there will be; may repeat. An address, or a dev account's index on a "
    "local chain.",
)
@click.option(
    "--threshold",
    type=click.IntRange(1, 32),
    required=True,
    help="Signatures that a report needs: more than half of the reporters.",
)
@options.sender(f"{people.GOVERNOR}, the governor")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def announce(settings: Settings, reporters: tuple[int | str, ...], threshold: int) -> None:
    """Announce other reporters, or another threshold.

    Only the governor may do this, and nothing changes before somebody enacts it, two days later or
    any time after that. Name all that there will be, those that stay too. With --dry-run it also
    shows the call, for a multisig to send.
    """
    run(settings, lambda session: _announce(session, reporters, threshold))


@click.command("enact")
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def enact(settings: Settings) -> None:
    """Put the announced reporters in the place of the present ones.

    Anybody may do this, from two days after the announcement on. The present ones are paid first,
    of what was released; release what waits before, with `wellhead revenue release`.
    """
    run(settings, _enact)


@click.command("remove")
@click.argument("reporter", type=looking.VIEWED, metavar="REPORTER")
@options.sender(f"{people.GUARDIAN}, the guardian")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def remove(settings: Settings, reporter: int | str) -> None:
    """Remove a reporter at once, whose key was stolen for instance.

    REPORTER is an address, or a dev account's index on a local chain. Only a guardian may do this,
    down to as many reporters as must sign a report. All are paid first, and what was announced is
    void: the governor announces anew who is to come.
    """
    run(settings, lambda session: _remove(session, reporter))


def _show(session: Session) -> None:
    present = signers.signers_of(session.deployment)
    announced = signers.announced_of(session.deployment)
    now = session.rpc.now()
    document: dict[str, Any] = {"present": _document(present), "announced": None}
    rows: list[Row] = [
        *_listed("signers", present.addresses),
        ("sign a report", f"{present.threshold} of {len(present.addresses)}"),
        ("sign a recount", f"{present.for_recount} of {len(present.addresses)}"),
    ]
    if announced is not None:
        document["announced"] = {
            "signers": _document(announced.signers),
            "enactable_at": announced.enactable_at,
            "enactable": now >= announced.enactable_at,
        }
        rows += _announced(present, announced, now)
    else:
        rows.append(("announced", "nobody else"))
    session.out.result("signers.show", document, "Reporters who sign", rows)


def _announced(present: Signers, announced: Announced, now: int) -> list[Row]:
    due = announced.enactable_at
    when = "from now on" if now >= due else f"from {amounts.show_time(due)} on"
    return [
        *_differences(present, announced.signers),
        ("announced", _of(announced.signers)),
        ("can be enacted", f"{when}, by anybody: `wellhead signers enact`"),
    ]


def _announce(session: Session, reporters: tuple[int | str, ...], threshold: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.GOVERNOR)
    named = [address for one in reporters if (address := session.address_of(one)) is not None]
    change = signers.announce(deployment, named, threshold, sender, dry=True)
    if not session.dry_run:
        session.confirm(
            f"Announce {_of(change.after)}{_in_place(signers.announced_of(deployment))}?"
        )
        with session.turn_of(sender):
            change = signers.announce(deployment, named, threshold, sender, dry=False)
    due = change.enactable_at or 0
    rows: list[Row] = [
        *_differences(change.before, change.after),
        ("announced", _of(change.after)),
        ("can be enacted", f"from {amounts.show_time(due)} on, by anybody"),
    ]
    title = "Reporters, not announced" if session.dry_run else "Reporters announced"
    _result(session, "signers.announce", title, change, rows, {"enactable_at": due})


def _enact(session: Session) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    change = signers.enact(deployment, sender, dry=True)
    if not session.dry_run:
        session.confirm(f"Let {_of(change.after)} take the place of the present reporters?")
        with session.turn_of(sender):
            change = signers.enact(deployment, sender, dry=False)
    rows = [*_differences(change.before, change.after), ("now", _of(change.after)), _paid(change)]
    title = "Reporters, not enacted" if session.dry_run else "Reporters enacted"
    _result(session, "signers.enact", title, change, rows, {"each": change.each})


def _remove(session: Session, named: int | str) -> None:
    deployment = session.deployment
    sender = session.sender(people.GUARDIAN)
    reporter = str(session.address_of(named))
    void = signers.announced_of(deployment) is not None
    change = signers.remove(deployment, reporter, sender, dry=True)
    if not session.dry_run:
        more = ", and make void what is announced" if void else ""
        session.confirm(f"Remove the reporter {reporter}, leaving {_of(change.after)}{more}?")
        with session.turn_of(sender):
            change = signers.remove(deployment, reporter, sender, dry=False)
    rows: list[Row] = [("removed", reporter), ("now", _of(change.after)), _paid(change)]
    if void:
        rows.append(("announcement", "void"))
    title = "Reporter, not removed" if session.dry_run else "Reporter removed"
    more_fields = {"each": change.each, "removed": reporter, "void": void}
    _result(session, "signers.remove", title, change, rows, more_fields)


def _result(
    session: Session,
    schema: str,
    title: str,
    change: Change,
    rows: list[Row],
    more: dict[str, Any],
) -> None:
    session.mined(change.receipt)
    call = change.call
    document = {
        "dry_run": session.dry_run,
        "by": change.by,
        "before": _document(change.before),
        "after": _document(change.after),
        **more,
        "call": {"to": call.to, "data": call.data, "delay": change.delay},
        "transaction": change.receipt.hash if change.receipt else None,
    }
    if change.receipt:
        rows.append(("transaction", change.receipt.hash))
    else:
        rows += [("call to", call.to), ("call data", call.data)]
        if change.delay:
            wait = amounts.show_span(change.delay)
            rows.append(("schedule", f"with the authority, {wait} before it is executed"))
    session.out.result(schema, document, title, rows)


def _document(found: Signers) -> dict[str, Any]:
    return {
        "addresses": list(found.addresses),
        "threshold": found.threshold,
        "for_recount": found.for_recount,
    }


def _differences(before: Signers, after: Signers) -> list[Row]:
    come = [address for address in after.addresses if address not in before.addresses]
    gone = [address for address in before.addresses if address not in after.addresses]
    return [*_listed("to come", come), *_listed("to go", gone)]


def _listed(name: str, addresses: tuple[str, ...] | list[str]) -> list[Row]:
    return [("" if number else name, address) for number, address in enumerate(addresses)]


def _of(found: Signers) -> str:
    count = amounts.show_count(len(found.addresses), "reporter")
    return f"{count}, of whom {found.threshold} must sign"


def _in_place(announced: Announced | None) -> str:
    return "" if announced is None else f", in the place of {_of(announced.signers)}"


def _paid(change: Change) -> Row:
    count = amounts.show_count(len(change.before.addresses), "reporter")
    return ("paid before", f"{amounts.show_money(change.each)} to each of {count}")
