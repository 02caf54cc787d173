"""Showing: tables for people or one JSON document on stdout; everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from wellhead.printable import printable

#: Width of a table when stdout is no terminal and $COLUMNS does not say.
WIDTH = 100

#: Width of an address, which should stand on one line.
ADDRESS = 42

Row = tuple[str, str]
#: Says how much of long work is done, and of how much, where that is known.
Advance = Callable[[int, int | None], None]


class Output:
    """Where a command says what it found and did."""

    def __init__(self, *, as_json: bool, verbose: bool) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self._stdout = _console(sys.stdout)
        self._stderr = _console(sys.stderr, soft_wrap=True)

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
        self.plain(json.dumps(whole, indent=2) + "\n")

    def plain(self, text: str) -> None:
        """Text for stdout as it is."""
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()

    def facts(self, title: str, rows: Iterable[Row]) -> None:
        """Named facts, one a line."""
        self._print(self._facts(title, rows))

    def table(self, title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Several things of a kind; numbers stand right. Where it is too narrow for that, each
        stands for itself."""
        listed = [tuple(row) for row in rows]
        table = Table(title=_title(title), title_justify="left", box=None)
        for position, name in enumerate(header):
            table.add_column(name, justify="right" if position else "left", overflow="fold")
        for row in listed:
            table.add_row(*(Text(printable(cell)) for cell in row))
        unbounded = self._stdout.options.update(max_width=10_000)
        if self._stdout.measure(table, options=unbounded).maximum <= self._stdout.width:
            self._print(table)
            return
        names = ("", *header[1:])
        for number, row in enumerate(listed):
            head = f"{header[0]} {row[0]}"
            facts = [(name, cell) for name, cell in zip(names[1:], row[1:], strict=True) if cell]
            self._print(self._facts(f"{title}: {head}" if not number else head, facts))

    def drawing(self, draw: Callable[[int, bool], Text]) -> None:
        """Lines that are made for a width, and for ASCII alone where stdout knows no more."""
        options = self._stdout.options
        self._print(draw(self._stdout.width, options.ascii_only))

    def note(self, text: str) -> None:
        """Something that a person should know."""
        self._stderr.print(Text(printable(text)))

    def warn(self, text: str) -> None:
        self._stderr.print(Text(printable(text), style="yellow"))

    def fail(self, text: str) -> None:
        self._stderr.print(Text.assemble(("error: ", "bold red"), printable(text)))

    def detail(self, text: str) -> None:
        """Something that only --verbose shows."""
        if self.verbose:
            self._stderr.print(Text(printable(text), style="dim"))

    @contextmanager
    def working(self, what: str) -> Iterator[Advance]:
        """Long work: a bar on a terminal that goes away, a line on stderr elsewhere."""
        if not self._stderr.is_terminal:
            self.note(f"{what} ...")
            yield lambda done, total: None
            return
        bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            console=self._stderr,
            transient=True,
        )
        task = bar.add_task(what, total=None)
        with bar:
            yield lambda done, total: bar.update(task, completed=done, total=total)

    def _facts(self, title: str, rows: Iterable[Row]) -> Table:
        """Names and values side by side; a value under its name where it is too narrow for that."""
        listed = [(name, printable(value)) for name, value in rows]
        names = max((cell_len(name) for name, _ in listed), default=0)
        words = [cell_len(word) for _, value in listed for word in value.split()]
        needed = names + min(max(words, default=0), ADDRESS) + 4
        table = Table(title=_title(title), title_justify="left", show_header=False, box=None)
        if needed > self._stdout.width:
            table.add_column(overflow="fold")
            for name, value in listed:
                if name:
                    table.add_row(Text(name, style="cyan"))
                table.add_row(Padding(Text(value, overflow="fold"), (0, 0, 0, 2)))
            return table
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in listed:
            table.add_row(Text(name), Text(value))
        return table

    def _print(self, shown: Table | Text) -> None:
        self._stdout.print(shown)
        if sys.stdout is not None:
            sys.stdout.flush()


def _console(stream: IO[str] | None, *, soft_wrap: bool = False) -> Console:
    """Colour and bold on a terminal alone, and not even there if NO_COLOR is set. A process may
    have no such stream at all."""
    if stream is None:
        return Console(file=open(os.devnull, "w"), width=WIDTH)
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    width = None
    if not stream.isatty():
        columns = os.environ.get("COLUMNS", "")
        width = max(int(columns), 20) if columns.isdecimal() else WIDTH
    return Console(
        file=stream,
        width=width,
        highlight=False,
        soft_wrap=soft_wrap,
        color_system=None if plain else "auto",
    )


def _title(title: str) -> Text | None:
    return Text(printable(title), style="bold") if title else None


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
