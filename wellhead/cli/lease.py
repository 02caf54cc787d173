"""`wellhead lease`: opening a lease."""

from __future__ import annotations

import click

from wellhead.actions import leasing, people
from wellhead.cli import amounts, options
from wellhead.cli import quote as quoting
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command("open")
@options.order
@options.max_cost
@options.sender(f"{people.TENANT}, a tenant")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def lease(
    settings: Settings,
    cluster: int,
    units: int,
    start: amounts.HourAt,
    hours: int,
    max_cost: int | None,
) -> None:
    """Lease units of a cluster for whole hours.

    The rent is paid now. Where the vault may not take it yet, exactly the cost is approved first.
    """
    run(settings, lambda session: execute(session, cluster, units, start, hours, max_cost))


def execute(
    session: Session,
    cluster: int,
    units: int,
    start: amounts.HourAt,
    hours: int,
    max_cost: int | None,
) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    order = leasing.Order(cluster, units, start.resolve(session.current_hour()), hours)
    payment = leasing.prepare(deployment, order, sender.address, max_cost)
    priced, unit = payment.quote, quoting.unit_of(deployment, cluster)
    if session.dry_run:
        document = {
            "dry_run": True,
            "tenant": sender.address,
            "max_cost": payment.max_cost,
            "needs_approval": payment.needs_approval,
            **quoting.document(priced),
        }
        shown = [*quoting.rows(priced, unit), *_payment_rows(payment)]
        session.out.result("lease.open", document, "Lease, not sent", shown)
        return
    session.confirm(
        f"Lease {amounts.show_count(units, 'unit')} for {amounts.show_count(hours, 'hour')} from "
        f"{amounts.show_hour(order.start)} for {amounts.show_money(priced.cost)}?"
    )
    with session.turn_of(sender):
        opened = leasing.open_lease(deployment, payment, sender, session.out.detail)
    session.mined(opened.receipt)
    document = {
        "dry_run": False,
        "lease": opened.lease,
        "cluster": cluster,
        "tenant": opened.tenant,
        "units": units,
        "start": order.start,
        "end": order.end,
        "hours": hours,
        "first_seconds": opened.first_seconds,
        "cost": opened.cost,
        "rate": opened.rate,
        "max_cost": payment.max_cost,
        "approved": opened.approved,
        "transaction": opened.receipt.hash,
        "block": opened.receipt.block,
    }
    seconds = (hours - 1) * leasing.HOUR + opened.first_seconds
    each = amounts.show_per_unit_hour(opened.cost, units, seconds)
    shown = [
        ("lease", str(opened.lease)),
        ("cluster", str(cluster)),
        ("tenant", opened.tenant),
        ("units", f"{units:,}"),
        *amounts.span_rows(order.start, order.end, opened.first_seconds),
        ("paid", f"{amounts.show_money(opened.cost)} ({each}/{unit})"),
        ("transaction", opened.receipt.hash),
    ]
    session.out.result("lease.open", document, "Lease opened", shown)


def _payment_rows(payment: leasing.Payment) -> list[Row]:
    cost = amounts.show_money(payment.quote.cost)
    approval = f"would be given for {cost}" if payment.needs_approval else "is large enough"
    return [
        ("tenant", payment.tenant),
        ("limit", amounts.show_money(payment.max_cost)),
        ("balance", amounts.show_money(payment.balance)),
        ("allowance", approval),
    ]
