"""`wellhead lease cancel`, `split` and `transfer`."""

from __future__ import annotations

import click

from wellhead.actions import changing, people
from wellhead.actions.changing import Cancellation, Split, Transfer
from wellhead.cli import amounts, looking, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run

_SENDER = f"{people.TENANT}, a tenant"


@click.command("cancel")
@options.lease
@click.option(
    "--from",
    "since",
    type=options.HOUR,
    metavar="TIME",
    help="First hour that is sold back: now+24, 2026-12-01T00:00Z or an hour's number.  [default: "
    "the next hour, or all of a lease that has not begun]",
)
@click.option(
    "--min-refund",
    type=options.MONEY,
    help="Accept no less than this.  [default: what it gives now, less 1 %]",
)
@options.sender(_SENDER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def cancel(
    settings: Settings, lease: int, since: amounts.HourAt | None, min_refund: int | None
) -> None:
    """Sell hours of a lease back to the market.

    LEASE is the lease's id. Its hours from --from to the end go back at what the price curve gives
    for them now, never more than was paid, less the cluster's fee and the discount that they
    carried. The refund is the owner's, as a claim in the vault; the rest of their rent is earned at
    once. Of a lease that has not begun nothing is left, and it is burnt.
    """
    run(settings, lambda session: _cancel(session, lease, since, min_refund))


@click.command("split")
@options.lease
@click.option("--units", type=options.WHOLE, help="Units of the new lease; at least one stays.")
@click.option(
    "--at",
    "hour",
    type=options.HOUR,
    metavar="TIME",
    help="First hour of the new lease: now+24, 2026-12-01T00:00Z or an hour's number.",
)
@options.sender(_SENDER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def split(settings: Settings, lease: int, units: int | None, hour: amounts.HourAt | None) -> None:
    """Make two leases of one, by units or by hours.

    LEASE is the lease's id. Either --units of it become a lease of their own, for the same hours,
    or its hours from --at on do. Both belong to its owner, and nothing is paid. In a cluster that
    gives discounts a part that was split by hours can not be cancelled any more.
    """
    if (units is None) == (hour is None):
        raise click.UsageError("give --units or --at")
    run(settings, lambda session: _split(session, lease, units, hour))


@click.command("transfer")
@options.lease
@click.argument("to", type=looking.VIEWED, metavar="TO")
@options.sender(_SENDER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def transfer(settings: Settings, lease: int, to: int | str) -> None:
    """Hand a lease over to somebody else.

    LEASE is the lease's id, TO an address, or a dev account's index on a local chain. Hours that
    are final are settled to the owner before; the refunds of all others go with the lease, and so
    does its user. An offer of it on the exchange ends.
    """
    run(settings, lambda session: _transfer(session, lease, to))


def _cancel(
    session: Session, lease: int, since: amounts.HourAt | None, min_refund: int | None
) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    start = None if since is None else since.resolve(session.current_hour())
    planned = changing.prepare_cancellation(deployment, lease, start, min_refund, sender)
    if session.dry_run:
        _cancelled(session, "Cancellation, not sent", planned)
        return
    whole = "all" if planned.is_whole else f"the hours from {amounts.show_hour(planned.start)} on"
    session.confirm(
        f"Cancel {whole} of lease {lease}, for which {amounts.show_money(planned.paid)} was paid, "
        f"and get {amounts.show_money(planned.refund)} back, at least "
        f"{amounts.show_money(planned.min_refund)}?"
    )
    with session.turn_of(sender):
        done = changing.cancel(deployment, planned, sender)
    _cancelled(session, "Lease cancelled" if done.is_whole else "Hours cancelled", done)


def _cancelled(session: Session, title: str, made: Cancellation) -> None:
    session.mined(made.receipt)
    held = made.lease
    document = {
        "dry_run": session.dry_run,
        "lease": held.lease,
        "cluster": held.cluster,
        "tenant": held.owner,
        "units": held.units,
        "from": made.start,
        "end": made.end,
        "hours": made.end - made.start,
        "paid": made.paid,
        "refund": made.refund,
        "min_refund": made.min_refund,
        "earned": made.earned,
        "burnt": made.is_whole,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    length = amounts.show_count(made.end - made.start, "hour")
    left = "nothing: it is burnt" if made.is_whole else f"up to {amounts.show_hour(made.start)}"
    if made.is_whole and session.dry_run:
        left = "nothing: it would be burnt"
    rows: list[Row] = [
        ("lease", str(held.lease)),
        ("units", f"{held.units:,}"),
        ("sold back from", amounts.show_hour(made.start)),
        ("to", f"{amounts.show_hour(made.end)} ({length})"),
        ("paid for them", amounts.show_money(made.paid)),
        ("refund", f"{amounts.show_money(made.refund)} to {held.owner}"),
        ("left", left),
    ]
    if made.receipt is None:
        rows.append(("limit", f"at least {amounts.show_money(made.min_refund)}"))
    else:
        rows.append(("transaction", made.receipt.hash))
    session.out.result("lease.cancel", document, title, rows)


def _split(session: Session, lease: int, units: int | None, hour: amounts.HourAt | None) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    at = hour.resolve(session.current_hour()) if hour else 0

    def make(*, dry: bool) -> Split:
        if units is not None:
            return changing.split_units(deployment, lease, units, sender, dry=dry)
        return changing.split_hours(deployment, lease, at, sender, dry=dry)

    if not session.dry_run:
        make(dry=True)
        what = (
            amounts.show_count(units, "unit")
            if units is not None
            else f"the hours from {amounts.show_hour(at)} on"
        )
        session.confirm(f"Make {what} of lease {lease} a lease of their own?")
    with session.turn_of(sender):
        made = make(dry=session.dry_run)
    session.mined(made.receipt)
    kept = {"lease": made.lease, "units": made.units, "start": made.start, "end": made.end}
    new = {
        "lease": made.new_lease,
        "units": made.new_units,
        "start": made.new_start,
        "end": made.new_end,
    }
    document = {
        "dry_run": session.dry_run,
        "by": "hours" if units is None else "units",
        "kept": kept,
        "new": new,
        "settled": made.settled,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows = [(f"lease {piece['lease']}", _piece(**piece)) for piece in (kept, new)]
    if made.settled:
        rows.append(("settled before", amounts.show_money(made.settled)))
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    title = "Split, not sent" if session.dry_run else "Lease split"
    session.out.result("lease.split", document, title, rows)


def _piece(lease: int, units: int, start: int, end: int) -> str:
    return (
        f"{amounts.show_count(units, 'unit')} from {amounts.show_hour(start)} to "
        f"{amounts.show_hour(end)}"
    )


def _transfer(session: Session, lease: int, to: int | str) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    receiver = str(session.address_of(to))

    def make(*, dry: bool) -> Transfer:
        return changing.transfer(deployment, lease, receiver, sender, dry=dry)

    if not session.dry_run:
        coming = make(dry=True)
        session.confirm(f"Hand lease {lease} of {coming.owner} over to {receiver}?")
    with session.turn_of(sender):
        made = make(dry=session.dry_run)
    session.mined(made.receipt)
    document = {
        "dry_run": session.dry_run,
        "lease": lease,
        "owner": made.owner,
        "to": made.to,
        "settled": made.settled,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows = [("lease", str(lease)), ("from", made.owner), ("to", made.to)]
    if made.settled:
        rows.append(("settled before", f"{amounts.show_money(made.settled)} to {made.owner}"))
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    title = "Transfer, not sent" if session.dry_run else "Lease transferred"
    session.out.result("lease.transfer", document, title, rows)
