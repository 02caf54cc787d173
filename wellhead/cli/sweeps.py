"""`wellhead revenue sweep` and `wellhead revenue pay-in`."""

from __future__ import annotations

import click

from wellhead.actions import people, sweeping
from wellhead.actions.sweeping import PayIn, Sweep
from wellhead.cli import amounts, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


def _some(text: str) -> int:
    amount = amounts.parse_bitcoin(text)
    if not amount:
        raise ValueError("nothing is no amount")
    return amount


_CLUSTER = click.argument("cluster", type=options.WHOLE, metavar="CLUSTER")


@click.command("sweep")
@_CLUSTER
@click.option(
    "--amount",
    type=options.MONEY,
    help="At most this, in dollars.  [default: all that waits, or as much as the pool has at the "
    "price]",
)
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def sweep(settings: Settings, cluster: int, amount: int | None) -> None:
    """Buy bitcoin for a cluster's holders with what waits for it.

    CLUSTER is the cluster's id. It is bought on the venue's pool, never above the feed's price and
    the slippage; what the pool has not got at that price goes on waiting. Anybody may do this, and
    is paid the tip. Bitcoin for what came for several hours together vests, and so does, all but a
    day's part, that for what waited more than a day.
    """
    run(settings, lambda session: _sweep(session, cluster, amount))


@click.command("pay-in")
@_CLUSTER
@click.argument("amount", type=options.Parsed("bitcoin", _some), metavar="AMOUNT")
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def pay_in(settings: Settings, cluster: int, amount: int) -> None:
    """Pay bitcoin to a cluster's holders, such as what mining brought.

    CLUSTER is the cluster's id, AMOUNT is in bitcoin, such as 0.05. It comes out of the sender's
    claim in the vault first, and vests over 24 hours. Nothing of it is the operator's or the
    reporters'.
    """
    run(settings, lambda session: _pay_in(session, cluster, amount))


def _sweep(session: Session, cluster: int, most: int | None) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    made = sweeping.sweep(deployment, cluster, most, sender, dry=True)
    if not session.dry_run:
        session.confirm(
            f"Buy {amounts.show_bitcoin(made.received)} for {amounts.show_money(made.spent)}, "
            f"{_compared(made.slippage)}?"
        )
        with session.turn_of(sender):
            made = sweeping.sweep(deployment, cluster, most, sender, dry=False)
    session.mined(made.receipt)
    document = {
        "dry_run": session.dry_run,
        "cluster": cluster,
        "by": sender.address,
        "spent": made.spent,
        "received": made.received,
        "tip": made.tip,
        "to_holders": made.received - made.tip,
        "feed_price": made.feed,
        "price": made.price,
        "slippage": made.slippage,
        "left": made.left,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    title = "Sweep, not sent" if session.dry_run else "Swept"
    session.out.result("revenue.sweep", document, title, _sweep_rows(made))


def _sweep_rows(made: Sweep) -> list[Row]:
    rows: list[Row] = [
        ("cluster", str(made.cluster)),
        ("spent", amounts.show_money(made.spent)),
        ("bought", amounts.show_bitcoin(made.received)),
        ("  for the holders", amounts.show_bitcoin(made.received - made.tip)),
        ("  tip", amounts.show_bitcoin(made.tip)),
        ("feed price", amounts.show_per_bitcoin(made.feed)),
        ("price paid", f"{amounts.show_per_bitcoin(made.price)}, {_compared(made.slippage)}"),
        ("goes on waiting", amounts.show_money(made.left)),
    ]
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    return rows


def _compared(slippage: int) -> str:
    way = "above" if slippage >= 0 else "below"
    return f"{amounts.show_share(abs(slippage))} {way} the feed's price"


def _pay_in(session: Session, cluster: int, amount: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)
    made = sweeping.prepare_pay_in(deployment, cluster, amount, sender)
    if not session.dry_run:
        session.confirm(
            f"Pay {amounts.show_bitcoin(amount)} to the holders of cluster {cluster}, from "
            f"{_sources(made)}?"
        )
        with session.turn_of(sender):
            made = sweeping.pay_in(deployment, made, sender)
    session.mined(made.approval, made.receipt)
    document = {
        "dry_run": session.dry_run,
        "cluster": cluster,
        "payer": made.payer,
        "amount": made.amount,
        "from_claim": made.from_claim,
        "from_coins": made.from_coins,
        "needs_approval": made.needs_approval,
        "approval": made.approval.hash if made.approval else None,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows: list[Row] = [
        ("cluster", str(cluster)),
        ("paid in", f"{amounts.show_bitcoin(amount)} by {made.payer}"),
        ("paid from", _sources(made)),
        ("vests", "over 24 hours"),
    ]
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    title = "Bitcoin, not paid in" if session.dry_run else "Bitcoin paid in"
    session.out.result("revenue.pay-in", document, title, rows)


def _sources(made: PayIn) -> str:
    parts = []
    if made.from_claim:
        parts.append(f"{amounts.show_bitcoin(made.from_claim)} of the claim in the vault")
    if made.from_coins:
        how = "an approval of just that, sent first" if made.needs_approval else "an allowance"
        parts.append(f"{amounts.show_bitcoin(made.from_coins)} of the account, by {how}")
    return " and ".join(parts)
