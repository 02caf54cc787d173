"""`wellhead lease open` and `wellhead lease extend`."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import leasing, people
from wellhead.actions.leasing import Opened, Payment
from wellhead.cli import amounts, options, payments
from wellhead.cli import quote as quoting
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command("open")
@options.order
@options.max_cost
@payments.pay
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
    pay: str | None = None,
) -> None:
    """Lease units of a cluster for whole hours.

    The rent is paid now: out of the account's claim in the vault first, the rest of its coins.
    Never more than the cost is approved or signed for.
    """
    run(settings, lambda session: execute(session, cluster, units, start, hours, max_cost, pay))


@click.command("extend")
@options.lease
@click.option("--hours", type=options.WHOLE, required=True, help="Number of hours more.")
@options.max_cost
@payments.pay
@options.sender(f"{people.TENANT}, a tenant")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def extend(
    settings: Settings, lease: int, hours: int, max_cost: int | None, pay: str | None
) -> None:
    """Lease the same units for more hours.

    LEASE is the lease's id; the hours begin where it ends, at the price of now and with the
    discount of their own number. Only its owner may do this, or whom the owner approved, as long as
    it is not over.
    """
    run(settings, lambda session: _extend(session, lease, hours, max_cost, pay))


def execute(
    session: Session,
    cluster: int,
    units: int,
    start: amounts.HourAt,
    hours: int,
    max_cost: int | None,
    pay: str | None = None,
) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    order = leasing.Order(cluster, units, start.resolve(session.current_hour()), hours)
    payment = leasing.prepare(deployment, order, sender, max_cost, pay)
    if session.dry_run:
        _unsent(session, "lease.open", "Lease, not sent", payment)
        return
    session.confirm(
        f"Lease {amounts.show_count(units, 'unit')} for {amounts.show_count(hours, 'hour')} from "
        f"{amounts.show_hour(order.start)} for {_price(payment)}?"
    )
    with session.turn_of(sender):
        opened = leasing.open_lease(deployment, payment, sender, session.out.detail)
    _sent(session, "lease.open", "Lease opened", payment, opened)


def _extend(
    session: Session, number: int, hours: int, max_cost: int | None, pay: str | None
) -> None:
    deployment = session.deployment
    sender = session.sender(people.TENANT)
    payment = leasing.prepare_extension(deployment, number, hours, sender, max_cost, pay)
    if session.dry_run:
        _unsent(session, "lease.extend", "Extension, not sent", payment)
        return
    session.confirm(
        f"Extend lease {number} by {amounts.show_count(hours, 'hour')} to "
        f"{amounts.show_hour(payment.quote.order.end)} for {_price(payment)}?"
    )
    with session.turn_of(sender):
        opened = leasing.extend_lease(deployment, payment, sender, session.out.detail)
    _sent(session, "lease.extend", "Lease extended", payment, opened)


def _price(payment: Payment) -> str:
    cost = amounts.show_money(payment.quote.cost)
    return f"{cost}, paid from {payments.sources(payment.plan)}"


def _unsent(session: Session, schema: str, title: str, payment: Payment) -> None:
    priced = payment.quote
    document = {
        "dry_run": True,
        "tenant": payment.tenant,
        "max_cost": payment.max_cost,
        "needs_approval": payment.needs_approval,
        "payment": payments.intended(payment.plan),
        **_lease(payment),
        **quoting.document(priced),
    }
    unit = quoting.unit_of(session.deployment, priced.order.cluster)
    rows: list[Row] = [
        *((name, str(value)) for name, value in _lease(payment).items()),
        *quoting.rows(priced, unit),
        ("tenant", payment.tenant),
        ("limit", amounts.show_money(payment.max_cost)),
        ("balance", amounts.show_money(payment.plan.purse.balance)),
        payments.row(payment.plan),
    ]
    session.out.result(schema, document, title, rows)


def _sent(session: Session, schema: str, title: str, payment: Payment, opened: Opened) -> None:
    session.mined(opened.receipt)
    order = opened.order
    document = {
        "dry_run": False,
        "lease": opened.lease,
        "cluster": order.cluster,
        "tenant": opened.tenant,
        "units": order.units,
        "start": order.start,
        "end": order.end,
        "hours": order.hours,
        "first_seconds": opened.first_seconds,
        "cost": opened.cost,
        "rate": opened.rate,
        "max_cost": payment.max_cost,
        "payment": payments.made(opened.paid),
        "approved": opened.approved,
        "transaction": opened.receipt.hash,
        "block": opened.receipt.block,
    }
    seconds = (order.hours - 1) * leasing.HOUR + opened.first_seconds
    each = amounts.show_per_unit_hour(opened.cost, order.units, seconds)
    unit = quoting.unit_of(session.deployment, order.cluster)
    rows = [
        ("lease", str(opened.lease)),
        ("cluster", str(order.cluster)),
        ("tenant", opened.tenant),
        ("units", f"{order.units:,}"),
        *amounts.span_rows(order.start, order.end, opened.first_seconds),
        ("paid", f"{amounts.show_money(opened.cost)} ({each}/{unit})"),
        payments.row(opened.paid.plan),
        ("transaction", opened.receipt.hash),
    ]
    session.out.result(schema, document, title, rows)


def _lease(payment: Payment) -> dict[str, Any]:
    return {} if payment.lease is None else {"lease": payment.lease}
