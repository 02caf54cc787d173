"""`ape run lease`: units of a cluster for whole hours, paid by the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from scripts._common import NodeCommand, by_ape, with_ape
from wellhead.cli import options

if TYPE_CHECKING:
    from wellhead.cli.session import Settings


@click.command(cls=NodeCommand)
@options.order
@options.max_cost
@by_ape
@options.sending
@options.fees
@options.deployment
@options.as_json
@options.pass_settings
def cli(settings: Settings, /, account: Any, provider: Any, **given: Any) -> None:
    """Lease units of a cluster for whole hours."""
    from wellhead.cli.lease import execute
    from wellhead.cli.session import run

    run(with_ape(settings, provider, account), lambda session: execute(session, **given))
