"""`wellhead settle`: refunds credited, revenue split."""

from __future__ import annotations

import click

from wellhead.actions import people, settling
from wellhead.cli import amounts, options
from wellhead.cli.distributing import split_document, split_rows
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command("settle")
@click.option(
    "--lease", "leases", type=options.WHOLE, multiple=True, metavar="ID", help="May repeat."
)
@click.option(
    "--cluster",
    "clusters",
    type=options.WHOLE,
    multiple=True,
    metavar="ID",
    help="All leases of a cluster, and the split of what it earned; may repeat.",
)
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def settle(settings: Settings, leases: tuple[int, ...], clusters: tuple[int, ...]) -> None:
    """Credit refunds, and split what a cluster earned.

    Only final hours count. Anybody may do it, at any time and any number of times: the outcome is
    the same. What is credited waits in the vault for `claim`.
    """
    if not (leases or clusters):
        raise click.UsageError("give --lease or --cluster")
    run(settings, lambda session: execute(session, leases, clusters))


def execute(session: Session, leases: tuple[int, ...], clusters: tuple[int, ...]) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    for lease in leases:  # an unknown one is refused before anything is sent
        deployment.market.call("leaseOf", lease)
    for cluster in clusters:
        deployment.registry.call("clusterOf", cluster)
    session.confirm("Settle?")
    wanted, splits, refunds = list(leases), [], []
    with session.turn_of(sender), session.out.working("settling") as advance:
        for cluster in clusters:
            split = settling.distribute(deployment, cluster, sender, dry=session.dry_run)
            session.mined(*split.receipts)
            splits.append(split)
            wanted += [n for n in settling.leases_of(deployment, cluster) if n not in wanted]
        for done, refund in enumerate(settling.due(deployment, wanted), 1):
            if refund.refund and not session.dry_run:
                refund = settling.settle(deployment, refund.lease, sender, dry=False)
            session.mined(refund.receipt)
            refunds.append(refund)
            advance(done, len(wanted))
    document = {
        "dry_run": session.dry_run,
        "clusters": [split_document(split) for split in splits],
        "leases": [
            {"lease": refund.lease, "tenant": refund.tenant, "refund": refund.refund}
            for refund in refunds
        ],
        "refunded": sum(refund.refund for refund in refunds),
    }
    rows: list[Row] = []
    for split in splits:
        rows += split_rows(split)
    rows += [
        (
            f"refund of lease {refund.lease}",
            f"{amounts.show_money(refund.refund)} to {refund.tenant}",
        )
        for refund in refunds
        if refund.refund
    ]
    if not any(refund.refund for refund in refunds):
        rows.append(("refunds", "none due"))
    title = "Settlement, not sent" if session.dry_run else "Settlement"
    session.out.result("lease.settle", document, title, rows)
