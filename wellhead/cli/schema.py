"""`wellhead schema`: the JSON schemas of the documents."""

from __future__ import annotations

import json

import click

from wellhead.cli import documents

#: Other spellings of commands.
SHORT = {
    "lease": "lease.open",
    "register": "cluster.register",
    "settle": "lease.settle",
    "claim": "revenue.claim",
}


@click.command()
@click.argument("command", nargs=-1)
def schema(command: tuple[str, ...]) -> None:
    """Print the JSON schema of a command's document.

    COMMAND is as it is called, such as `lease open`; `error` is what any of them prints when it
    fails. Without one the names are listed.
    """
    if not command:
        click.echo("\n".join(documents.MODELS))
        return
    name = ".".join(command)
    name = SHORT.get(name, name)
    if name not in documents.MODELS:
        said = f"{' '.join(command)!r} has no document"
        raise click.UsageError(f"{said}: `wellhead schema` lists those that have one")
    click.echo(json.dumps(documents.schema_of(name), indent=2))
