"""`wellhead down`: the end of the local chain."""

from __future__ import annotations

import click

from wellhead.actions import local
from wellhead.cli import options
from wellhead.cli.session import Session, Settings, run


@click.command()
@options.shows
@options.pass_settings
def down(settings: Settings) -> None:
    """Stop the local chain and forget it.

    All that was on the chain is gone. When none runs, nothing happens.
    """
    run(settings, stop)


def stop(session: Session) -> None:
    with local.exclusive():
        node = local.stop()
    document = {"stopped": node is not None, "url": node.url if node else None}
    rows = [("stopped", f"{node.url} (process {node.pid})" if node else "nothing was running")]
    session.out.result("down", document, "Local chain", rows)
