"""`wellhead audit`: everything rebuilt from events, and compared with the chain."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wellhead.cli import audit_tables, options
from wellhead.cli.failures import WRONG
from wellhead.cli.session import Session, Settings, run

if TYPE_CHECKING:
    from wellhead.actions.auditing import Audit


@click.command()
@click.option(
    "--to-block",
    "block",
    type=options.WHOLE,
    metavar="N",
    help="Audit the state of this block.  [default: the latest]",
)
@click.option("--fresh", is_flag=True, help="Read everything again, and forget what was read.")
@click.option(
    "--no-receipts",
    is_flag=True,
    help="Take logs on the node's word: quicker, and less is proven.",
)
@click.option(
    "--every-block",
    is_flag=True,
    help="Look at the header of every block since the deployment, so that the node can hide none "
    "with logs, and make none up.",
)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def audit(
    settings: Settings, block: int | None, fresh: bool, no_receipts: bool, every_block: bool
) -> None:
    """Rebuild all state from events, and compare it with the chain.

    Every event is held against those before it and against the receipts of its block, and every
    word of storage of every contract against what the events give. Logs that were read are kept, so
    that the next audit reads new blocks alone. Ends with code 6 when anything disagrees; each
    disagreement says where it is and what should be there.
    """
    if every_block and no_receipts:
        raise click.UsageError("--every-block needs the receipts that --no-receipts leaves out.")
    run(settings, lambda session: execute(session, block, fresh, no_receipts, every_block))


def execute(
    session: Session, block: int | None, fresh: bool, no_receipts: bool, every_block: bool
) -> None:
    from wellhead.actions import auditing

    def show(found: Audit) -> None:
        out = session.out
        if session.settings.as_json:
            out.document("audit", audit_tables.document(found))
        else:
            out.table(audit_tables.TITLE, audit_tables.HEADER, audit_tables.rows(found))
            out.plain("\n")
            out.facts("", audit_tables.facts(found))
            if found.findings:
                out.plain("\n")
                out.facts("Found", audit_tables.finding_rows(found))

    found = auditing.audit(
        session.deployment,
        session.out.working,
        block=block,
        fresh=fresh,
        receipts=not no_receipts,
        every_block=every_block,
        show=show,
    )
    if found.findings:
        sys.exit(WRONG)
