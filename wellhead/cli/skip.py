"""`wellhead skip`: a jump ahead in a local chain's time."""

from __future__ import annotations

import click

from wellhead.actions import local
from wellhead.cli import amounts, options
from wellhead.cli.session import HOUR, Session, Settings, run


@click.command()
@click.option("--hours", type=click.IntRange(1, 17_520), required=True, help="Hours to skip.")
@options.node
@options.shows
@options.pass_settings
def skip(settings: Settings, hours: int) -> None:
    """Let the local chain's time jump ahead.

    For trying things out: hours must be over before they can be reported, and reports take their
    time to become final.
    """
    run(settings, lambda session: jump(session, hours))


def jump(session: Session, hours: int) -> None:
    now = local.skip_time(session.rpc, hours * HOUR)
    document = {"time": now, "hour": now // HOUR}
    rows = [("time", amounts.show_time(now)), ("hour", str(now // HOUR))]
    session.out.result("skip", document, "Chain time", rows)
