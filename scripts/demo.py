"""`ape run demo`: a real cluster's trace, replayed on a chain of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wellhead.cli import options
from wellhead.cli.demo import demonstration

if TYPE_CHECKING:
    from wellhead.cli.session import Settings


@click.command()
@demonstration
@options.as_json
@options.pass_settings
def cli(settings: Settings, /, **given: Any) -> None:
    """Replay a real cluster's trace on a chain of its own."""
    from wellhead.cli.demo import execute
    from wellhead.cli.session import run

    run(settings, lambda session: execute(session, **given))
