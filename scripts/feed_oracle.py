"""`ape run feed_oracle`: what the reporters measured, brought on chain by an account of ape's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from scripts._common import NodeCommand, by_ape, with_ape
from wellhead.cli import options
from wellhead.cli.relaying import relaying

if TYPE_CHECKING:
    from wellhead.cli.session import Settings


@click.command(cls=NodeCommand)
@relaying
@by_ape
@options.sending
@options.deployment
@options.as_json
@options.pass_settings
def cli(settings: Settings, /, account: Any, provider: Any, **given: Any) -> None:
    """Bring what the reporters measured on chain."""
    from wellhead.cli.relay import execute
    from wellhead.cli.session import run

    run(with_ape(settings, provider, account), lambda session: execute(session, **given))
