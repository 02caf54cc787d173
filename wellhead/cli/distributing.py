"""`wellhead revenue distribute` and `wellhead revenue release`."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import people, settling
from wellhead.actions.settling import Distribution, Release
from wellhead.cli import amounts, options, selection, standings
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command("distribute")
@selection.clusters
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def distribute(settings: Settings, clusters: tuple[int, ...]) -> None:
    """Accrue final hours, split what they earned, and release it.

    Among the operator, the reporters and the holders, who then can claim it: the holders' cash at
    once, but what comes for several hours together, or again in the same clock hour, vests over a
    day. Their bitcoin part waits for `revenue sweep`. Anybody may do this, at any time and any
    number of times. Refunds of leases are `lease settle`'s.
    """
    run(settings, lambda session: _distribute(session, clusters))


@click.command("release")
@selection.clusters
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def release(settings: Settings, clusters: tuple[int, ...]) -> None:
    """Make the operator's and the reporters' parts claims of theirs.

    Of what was distributed; `revenue distribute` does it too. They go to the operator of now, and
    among the reporters of now. Anybody may do this, at any time.
    """
    run(settings, lambda session: _release(session, clusters))


def _distribute(session: Session, clusters: tuple[int, ...]) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    wanted = selection.wanted(session, clusters)
    session.confirm(f"Distribute what {amounts.show_count(len(wanted), 'cluster')} earned?")
    splits = []
    with session.turn_of(sender), session.out.working("distributing") as advance:
        for done, cluster in enumerate(wanted, 1):
            split = settling.distribute(deployment, cluster, sender, dry=session.dry_run)
            session.mined(*split.receipts)
            splits.append(split)
            advance(done, len(wanted))
    document = {
        "dry_run": session.dry_run,
        "clusters": [split_document(split) for split in splits],
        "distributed": sum(split.distributed for split in splits),
    }
    rows = [row for split in splits for row in split_rows(split)]
    title = "Distribution, not sent" if session.dry_run else "Distribution"
    session.out.result("revenue.distribute", document, title, rows)


def _release(session: Session, clusters: tuple[int, ...]) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    wanted = selection.wanted(session, clusters)
    coming = [settling.release(deployment, each, sender, dry=True) for each in wanted]
    paid = None
    if not session.dry_run:
        total = sum(each.total for each in coming)
        session.confirm(f"Release {amounts.show_money(total)} to operators and reporters?")
        with session.turn_of(sender):
            coming = [settling.release(deployment, each, sender, dry=False) for each in wanted]
            paid = settling.pay_reporters(deployment, sender)
    session.mined(*(each.receipt for each in coming), paid)
    document = {
        "dry_run": session.dry_run,
        "clusters": [{"cluster": each.cluster, **release_document(each)} for each in coming],
        "released": sum(each.total for each in coming),
        "reporters_paid": paid.hash if paid else None,
    }
    rows: list[Row] = []
    for each in coming:
        rows += [(f"cluster {each.cluster}", "" if each.total else "nothing waits")]
        rows += release_rows(each)
    title = "Release, not sent" if session.dry_run else "Released"
    session.out.result("revenue.release", document, title, rows)


def split_document(split: Distribution) -> dict[str, Any]:
    """For programs; shared with `lease settle`."""
    return {
        "cluster": split.cluster,
        "accrued_to": split.accrued_to,
        "distributed": split.distributed,
        "parts": split.parts,
        "released": release_document(split.released),
        "vesting": standings.vesting_document(split.vesting) if split.vesting else None,
    }


def split_rows(split: Distribution) -> list[Row]:
    """For people."""
    parts = {name: amounts.show_money(value) for name, value in split.parts.items() if value}
    if "bitcoin" in parts:
        parts["bitcoin"] += ", waiting for a sweep"
    vesting = standings.vesting_lines(split.vesting) if split.vesting else []
    return [
        (f"cluster {split.cluster}", f"accrued to {amounts.show_hour(split.accrued_to)}"),
        ("distributed", amounts.show_money(split.distributed)),
        *((f"  {name}", shown) for name, shown in parts.items()),
        *(("vesting" if not number else "", line) for number, line in enumerate(vesting)),
        *release_rows(split.released),
    ]


def release_document(released: Release) -> dict[str, Any]:
    return {
        "operator": released.operator,
        "operator_amount": released.operator_amount,
        "reporter_amount": released.reporter_amount,
        "transaction": released.receipt.hash if released.receipt else None,
    }


def release_rows(released: Release) -> list[Row]:
    """What reached whom; nothing where nothing was released."""
    rows: list[Row] = []
    if released.operator_amount:
        shown = amounts.show_money(released.operator_amount)
        rows.append(("released", f"{shown} to the operator {released.operator}"))
    if released.reporter_amount:
        shown = amounts.show_money(released.reporter_amount)
        rows.append(("" if rows else "released", f"{shown} to the reporters"))
    return rows
