"""`ape run deploy`: the contracts on the connected chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from scripts._common import NodeCommand, by_ape, with_ape
from wellhead.cli import options

if TYPE_CHECKING:
    from wellhead.cli.session import Settings


@click.command(cls=NodeCommand)
@options.deployment_plan
@click.option("--officer", "officers", type=options.ADDRESS, multiple=True, help="May repeat.")
@by_ape
@options.sending
@options.deployment
@options.as_json
@options.pass_settings
def cli(settings: Settings, /, account: Any, provider: Any, **given: Any) -> None:
    """Deploy the contracts; the account becomes the governor."""
    from wellhead.cli.deploy import execute
    from wellhead.cli.session import run

    run(with_ape(settings, provider, account), lambda session: execute(session, **given))
