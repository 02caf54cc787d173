"""Showing: tables for people or one JSON document on stdout; everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Width of a table when stdout is no terminal.
WIDTH = 100

Row = tuple[str, str]


class Output:
    """Where a command says what it found and did."""

    def __init__(self, *, as_json: bool, verbose: bool) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self._stdout = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
        self._stderr = Console(stderr=True, highlight=False, soft_wrap=True)

    def result(
        self, schema: str, document: dict[str, Any], title: str, rows: Iterable[Row]
    ) -> None:
        """The outcome: a document for programs, or its rows for people."""
        if self.as_json:
            self.document(schema, document)
        else:
            self.facts(title, rows)

    def document(self, schema: str, document: dict[str, Any]) -> None:
        """One JSON document, integers as strings."""
        whole = {"schema": f"wellhead.{schema}/1", **_plain(document)}
        sys.stdout.write(json.dumps(whole, indent=2) + "\n")

    def facts(self, title: str, rows: Iterable[Row]) -> None:
        """Named facts, one a line."""
        table = Table(
            title=Text(title, style="bold"), title_justify="left", show_header=False, box=None
        )
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(Text(name), Text(value))
        self._stdout.print(table)

    def table(self, title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Several things of a kind; numbers stand right."""
        table = Table(title=Text(title, style="bold"), title_justify="left", box=None)
        for position, name in enumerate(header):
            table.add_column(name, justify="right" if position else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._stdout.print(table)

    def note(self, text: str) -> None:
        """Something that a person should know."""
        self._stderr.print(Text(text))

    def warn(self, text: str) -> None:
        self._stderr.print(Text(text, style="yellow"))

    def fail(self, text: str) -> None:
        self._stderr.print(Text.assemble(("error: ", "bold red"), text))

    def detail(self, text: str) -> None:
        """Something that only --verbose shows."""
        if self.verbose:
            self._stderr.print(Text(text, style="dim"))


def _plain(value: Any) -> Any:
    """As JSON has it: integers as strings, bytes in hexadecimal."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    raise TypeError(f"{value!r} has no place in a document")
