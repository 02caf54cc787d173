"""The tables that are made from the project's own data: every command's help, and gas."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

from docs import gas
from docs.world import World
from wellhead.cli import cli


def commands(world: World) -> Iterator[str]:
    """The help of every command."""
    for number, path in enumerate(command_paths()):
        if number:
            yield ""
        yield f"## {' '.join(path)}"
        yield ""
        yield "```text"
        yield from world.run([*path, "--help"]).splitlines()
        yield "```"


def command_paths(
    group: click.Group = cli, above: tuple[str, ...] = ("wellhead",)
) -> list[list[str]]:
    """Every command and group, as it is called."""
    found = [list(above)]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        path = (*above, name)
        found += command_paths(command, path) if isinstance(command, click.Group) else [list(path)]
    return found


TABLES: dict[str, Callable[[World], Iterator[str]]] = {
    "commands": commands,
    "gas": gas.operations,
    "gas of others": gas.peers,
}
