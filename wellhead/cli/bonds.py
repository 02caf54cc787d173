"""`wellhead cluster bond`, `wellhead cluster default` and `wellhead cluster recover`."""

from __future__ import annotations

from dataclasses import replace

import click

from wellhead.actions import bonding, people
from wellhead.actions.bonding import Bond, Default, Posting, Recovery
from wellhead.actions.paying import Paid
from wellhead.chain import Receipt
from wellhead.cli import amounts, options, payments
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.model.units import LEDGER_SCALE


def _some(text: str) -> int:
    amount = amounts.parse_money(text)
    if not amount:
        raise ValueError("nothing is no amount")
    return amount


_AMOUNT = options.Parsed("dollars", _some)
_CLUSTER = click.argument("cluster", type=options.WHOLE, metavar="CLUSTER")


@click.command("bond")
@_CLUSTER
@click.option("--post", type=_AMOUNT, help="Add this to the bond.")
@click.option(
    "--withdraw",
    type=_AMOUNT,
    help="Take this out of the bond; it becomes a claim of the operator in the vault.",
)
@payments.pay
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def bond(
    settings: Settings, cluster: int, post: int | None, withdraw: int | None, pay: str | None
) -> None:
    """Show the bond behind a cluster's units, add to it or take from it.

    CLUSTER is the cluster's id. The terms say how much must stand behind every booked unit; losses
    beyond the rent come out of it, and compensation when the cluster defaults. Anybody may add to
    it; only the operator can withdraw, and only what is not needed for what is booked.
    """
    if post is not None and withdraw is not None:
        raise click.UsageError("give --post or --withdraw")
    if pay is not None and post is None:
        raise click.UsageError("--pay is for --post")
    run(settings, lambda session: _bond(session, cluster, post, withdraw, pay))


@click.command("default")
@_CLUSTER
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def default(settings: Settings, cluster: int) -> None:
    """Declare the default of a cluster in which nothing works.

    CLUSTER is the cluster's id. Anybody may do this, when nothing was available for 72 booked hours
    in a row, by final reports, and no later report says that it works again. All that is booked
    from the current hour on becomes void: its rent goes back to the tenants in full, with a
    compensation out of the bond.
    """
    run(settings, lambda session: _default(session, cluster))


@click.command("recover")
@_CLUSTER
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def recover(settings: Settings, cluster: int) -> None:
    """Note that a cluster works again after a long outage.

    CLUSTER is the cluster's id. Where the terms ask for a bond, nobody can book while 72 booked
    hours in a row in which nothing was available count towards a default. Anybody may end that,
    when a final report, no older than 72 hours and what it takes to be final, says that something
    was available, or worked while nobody had booked, and no later booked hour has one that says
    that nothing was. For that outage no default can be declared any more.
    """
    run(settings, lambda session: _recover(session, cluster))


def _bond(
    session: Session, cluster: int, post: int | None, withdraw: int | None, pay: str | None
) -> None:
    deployment = session.deployment
    if post is None and withdraw is None:
        found = bonding.bond_of(deployment, cluster)
        _show_bond(session, f"Bond of cluster {cluster}", found, sends=False)
        return
    sender = session.sender(people.OPERATOR)
    account, title = sender.address, "Bond, not changed"
    before = bonding.bond_of(deployment, cluster)
    if post is not None:
        planned = bonding.prepare_posting(deployment, cluster, post, sender, pay)
        after = replace(before, amount=before.amount + post)
        if session.dry_run:
            _show_bond(session, title, after, account=account, posting=planned)
            return
        session.confirm(
            f"Add {amounts.show_money(post)} to the bond of cluster {cluster}, paid from "
            f"{payments.sources(planned.plan)}?"
        )
        with session.turn_of(sender):
            paid = bonding.post(deployment, planned, sender, session.out.detail)
        after = bonding.bond_of(deployment, cluster)
        _show_bond(session, "Bond posted", after, account=account, posting=planned, paid=paid)
        return
    taken = withdraw or 0
    bonding.withdraw(deployment, cluster, taken, sender, dry=True)
    if session.dry_run:
        after = replace(before, amount=before.amount - taken)
        _show_bond(session, title, after, account=account, withdrawn=taken)
        return
    session.confirm(f"Take {amounts.show_money(taken)} out of the bond of cluster {cluster}?")
    with session.turn_of(sender):
        receipt = bonding.withdraw(deployment, cluster, taken, sender, dry=False)
    after = bonding.bond_of(deployment, cluster)
    _show_bond(session, "Bond withdrawn", after, account=account, withdrawn=taken, receipt=receipt)


def _show_bond(
    session: Session,
    title: str,
    found: Bond,
    *,
    sends: bool = True,
    account: str | None = None,
    posting: Posting | None = None,
    paid: Paid | None = None,
    withdrawn: int = 0,
    receipt: Receipt | None = None,
) -> None:
    receipt = paid.receipt if paid else receipt
    session.mined(receipt)
    posted = posting.amount if posting else 0
    payment = payments.intended(posting.plan) if posting else None
    document = {
        "dry_run": sends and session.dry_run,
        "cluster": found.cluster,
        "bond": found.amount,
        "per_unit": found.per_unit,
        "peak": found.peak,
        "needed": found.needed,
        "free": found.free,
        "covered": found.covered,
        "sellable": found.sellable,
        "posted": posted,
        "withdrawn": withdrawn,
        "account": account,
        "payment": payments.made(paid) if paid else payment,
        "transaction": receipt.hash if receipt else None,
    }
    rows: list[Row] = [("cluster", str(found.cluster))]
    if posting:
        rows.append(("posted", f"{amounts.show_money(posted)} by {account}"))
        rows.append(payments.row(paid.plan if paid else posting.plan))
    if withdrawn:
        rows.append(("withdrawn", f"{amounts.show_money(withdrawn)}, a claim of {account}"))
    covered = "no bond is asked for"
    if found.covered is not None:
        covered = f"{amounts.show_count(found.covered, 'unit')}, {found.sellable:,} are open"
    rows += [
        ("bond", amounts.show_money(found.amount)),
        ("behind each unit", amounts.show_money(found.per_unit)),
        ("stands behind", covered),
        (
            "needed",
            f"{amounts.show_money(found.needed)}, up to {amounts.show_count(found.peak, 'unit')} "
            "are booked",
        ),
        ("can be withdrawn", amounts.show_money(found.free)),
    ]
    if receipt:
        rows.append(("transaction", receipt.hash))
    session.out.result("cluster.bond", document, title, rows)


def _default(session: Session, cluster: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    found = bonding.prepare_default(deployment, cluster, sender)
    if not session.dry_run:
        session.confirm(
            f"Declare the default of cluster {cluster}: "
            f"{amounts.show_count(found.leases, 'lease')} with "
            f"{amounts.show_count(found.unit_hours, 'unit-hour')} from "
            f"{amounts.show_hour(found.hour)} on become void, {amounts.show_money(found.rent)} "
            f"goes back, with up to {_ledger(found.reserved)} of compensation?"
        )
        with session.turn_of(sender):
            found = bonding.declare_default(deployment, cluster, sender)
    _show_default(session, found, sender.address)


def _show_default(session: Session, found: Default, by: str) -> None:
    session.mined(found.receipt)
    document = {
        "dry_run": session.dry_run,
        "cluster": found.cluster,
        "by": by,
        "era": found.era,
        "hour": found.hour,
        "leases": found.leases,
        "unit_hours": found.unit_hours,
        "rent": found.rent,
        "compensation": found.compensation,
        "reserved": found.reserved,
        "transaction": found.receipt.hash if found.receipt else None,
    }
    most = "" if found.receipt else "up to "
    rows: list[Row] = [
        ("cluster", str(found.cluster)),
        ("void from", amounts.show_hour(found.hour)),
        (
            "void",
            f"{amounts.show_count(found.unit_hours, 'unit-hour')} of "
            f"{amounts.show_count(found.leases, 'lease')}",
        ),
        ("rent given back", amounts.show_money(found.rent)),
        (
            "compensation",
            f"{most}{_ledger(found.reserved)}, {_ledger(found.compensation)} a unit-hour",
        ),
    ]
    if found.receipt:
        rows.append(("transaction", found.receipt.hash))
        rows.append(("next", "`wellhead lease settle --lease ID` credits a tenant"))
    title = "Default, not declared" if session.dry_run else "Default declared"
    session.out.result("cluster.default", document, title, rows)


def _recover(session: Session, cluster: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    found = bonding.prepare_recovery(deployment, cluster, sender)
    if not session.dry_run:
        session.confirm(
            f"Note that cluster {cluster} works again, by the final report of "
            f"{amounts.show_hour(found.hour)}? {_opens(found, 'will be')}."
        )
        with session.turn_of(sender):
            found = bonding.recover(deployment, found, sender)
    session.mined(found.receipt)
    document = {
        "dry_run": session.dry_run,
        "cluster": cluster,
        "by": sender.address,
        "hour": found.hour,
        "bonded": found.bonded,
        "transaction": found.receipt.hash if found.receipt else None,
    }
    rows: list[Row] = [
        ("cluster", str(cluster)),
        ("works again", f"by the final report of {amounts.show_hour(found.hour)}"),
        ("next", _opens(found, "are" if found.receipt else "would be")),
    ]
    if found.receipt:
        rows.append(("transaction", found.receipt.hash))
    title = "Recovery, not noted" if session.dry_run else "Recovery noted"
    session.out.result("cluster.recover", document, title, rows)


def _opens(found: Recovery, verb: str) -> str:
    if found.bonded:
        return f"Bookings {verb} open again, and the count of hours without anything begins anew"
    return "The count of hours without anything begins anew"


def _ledger(value: int) -> str:
    """A ledger as dollars, rounded down to the stablecoin unit."""
    return amounts.show_money(value // LEDGER_SCALE)
