"""`wellhead down`: the local chain stops, and stays as it is."""

from __future__ import annotations

import click

from wellhead.actions import local
from wellhead.cli import options
from wellhead.cli.session import Session, Settings, run


@click.command()
@click.option("--forget", is_flag=True, help="Delete the chain: the next `up` begins anew.")
@options.shows
@options.pass_settings
def down(settings: Settings, forget: bool) -> None:
    """Stop the local chain, and keep it.

    The next `up` goes on with it. When none runs, nothing is stopped.
    """
    run(settings, lambda session: stop(session, forget))


def stop(session: Session, forget: bool) -> None:
    with local.exclusive():
        node = local.stop(forget=forget)
        kept = local.remembers()
    document = {"stopped": node is not None, "url": node.url if node else None, "kept": kept}
    rows = [
        ("stopped", f"{node.url} (process {node.pid})" if node else "nothing was running"),
        ("kept", "the chain, for the next `wellhead up`" if kept else "nothing"),
    ]
    session.out.result("down", document, "Local chain", rows)
