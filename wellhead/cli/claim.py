"""`wellhead claim`: what an account is owed."""

from __future__ import annotations

import click

from wellhead.actions import claiming, people
from wellhead.cli import amounts, options
from wellhead.cli.session import Session, Settings, run


@click.command("claim")
@click.option(
    "--cluster",
    "clusters",
    type=options.WHOLE,
    multiple=True,
    metavar="ID",
    help="A holder's earnings of this cluster; may repeat.",
)
@click.option(
    "--vault",
    "include_vault",
    is_flag=True,
    help="Claims in the vault: a tenant's refunds, an operator's or a reporter's revenue.",
)
@click.option("--to", type=options.ADDRESS, help="Who is paid.  [default: the sender]")
@options.sender(f"{people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def claim(
    settings: Settings, clusters: tuple[int, ...], include_vault: bool, to: str | None
) -> None:
    """Collect what an account is owed.

    Without --cluster and --vault everything: the earnings of all clusters and all claims.
    """
    run(settings, lambda session: execute(session, clusters, include_vault, to))


def execute(
    session: Session, clusters: tuple[int, ...], include_vault: bool, to: str | None
) -> None:
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)
    receiver = to or sender.address
    wanted = list(clusters)
    if not (clusters or include_vault):
        wanted, include_vault = claiming.every_cluster(deployment), True
    if not session.dry_run:
        foreseen = claiming.claim(deployment, wanted, include_vault, receiver, sender, dry=True)
        cash = amounts.show_money(sum(payout.cash for payout in foreseen))
        session.confirm(f"Pay {cash} to {receiver}?")
    with session.turn_of(sender):
        payouts = claiming.claim(
            deployment, wanted, include_vault, receiver, sender, dry=session.dry_run
        )
    for payout in payouts:
        session.mined(*payout.receipts)
    document = {
        "dry_run": session.dry_run,
        "account": sender.address,
        "to": receiver,
        "payouts": [{"source": p.source, "cash": p.cash, "reserve": p.reserve} for p in payouts],
        "cash": sum(payout.cash for payout in payouts),
        "reserve": sum(payout.reserve for payout in payouts),
    }
    rows = [("account", sender.address), ("paid to", receiver)]
    for payout in payouts:
        rows.append((payout.source, amounts.show_money(payout.cash)))
        if payout.reserve:
            rows.append(("", amounts.show_bitcoin(payout.reserve)))
    title = "Claim, not sent" if session.dry_run else "Claimed"
    session.out.result("revenue.claim", document, title, rows)
