"""`ape run mint`: tokens for attested units, sent by the cluster's operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from scripts._common import NodeCommand, by_ape, with_ape
from wellhead.cli import options, sampling

if TYPE_CHECKING:
    from wellhead.cli.session import Settings


@click.command(cls=NodeCommand)
@sampling.attestation
@by_ape
@options.sending
@options.fees
@options.deployment
@options.as_json
@options.pass_settings
def cli(settings: Settings, /, account: Any, provider: Any, **given: Any) -> None:
    """Mint the tokens of newly attested units."""
    from wellhead.cli.mint import execute
    from wellhead.cli.session import run

    run(with_ape(settings, provider, account), lambda session: execute(session, **given))
