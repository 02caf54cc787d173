"""Groups of commands whose modules are imported when they are needed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True)
class Leaf:
    """A command: "module:function" in wellhead.cli, and what it does in a line."""

    place: str
    line: str

    def load(self) -> click.Command:
        module, _, function = self.place.partition(":")
        command = getattr(importlib.import_module(f"wellhead.cli.{module}"), function)
        assert isinstance(command, click.Command)  # noqa: S101
        return command


class Tree(click.Group):
    """A group of commands and groups. `otherwise` is the command that is meant when an option
    stands where a command would; `hidden` are commands that no list shows."""

    def __init__(
        self,
        name: str,
        *,
        leaves: Mapping[str, Leaf | Tree],
        hidden: Mapping[str, Leaf] | None = None,
        otherwise: str | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(name, **attributes)
        self.leaves = leaves
        self._hidden = hidden or {}
        self._otherwise = otherwise

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.leaves)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = self.leaves.get(cmd_name) or self._hidden.get(cmd_name)
        return found.load() if isinstance(found, Leaf) else found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if self._otherwise and first.startswith("-") and first not in ctx.help_option_names:
            args.insert(0, self._otherwise)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lines = [(name, _line(item)) for name, item in self.leaves.items()]
        with formatter.section("Commands"):
            formatter.write_dl(lines)


def _line(item: Leaf | Tree) -> str:
    return item.line if isinstance(item, Leaf) else (item.help or "").partition("\n")[0]
