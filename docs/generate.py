"""Puts what commands really say into README.md and docs/*.md: `make docs`.

Each page is played from top to bottom in a fresh checkout's place (see docs.world):

    ```sh ... ```                     its lines that begin with `wellhead` are run, in their order
    <!-- output -->                   above a block: it becomes what the commands above it said
    <!-- output: wellhead ... -->     the same for a command that is not shown
    <!-- run: wellhead ... -->        a command that is neither shown nor heard
    <!-- file: NAME -->               above a block: its text is put into a file of this name
    <!-- not run -->                  above a block that is only to be read
    <!-- live chain -->               what follows is on a chain that passes for a live one
    <!-- table: NAME --> <!-- end --> between them stands a table that is made here

An output's command may fail: <!-- output, code 1 -->. `rows 4-20 left out` behind the code leaves
lines out that begin with these numbers.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from docs.tables import TABLES
from docs.world import PageError, World, world

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_MARK = re.compile(
    r"<!-- ([a-z ]+?)(?:, code (\d+))?(?:, rows (\d+)-(\d+) left out)?(?:: (.+))? -->"
)
_FENCE = "```"


@dataclass
class Player:
    """A page's lines on their way from the old page to the new one."""

    lines: list[str]
    world: World
    stack: ExitStack
    #: Commands that are not run again: what the page shows of them is taken over.
    kept: frozenset[str] = frozenset()
    made: list[str] = field(default_factory=list)
    #: Commands of the last shown block, and the exit codes that their outputs' marks announce.
    waiting: list[list[str]] = field(default_factory=list)
    at: int = 0

    def play(self) -> list[str]:
        while self.at < len(self.lines):
            line = self._take()
            mark = _MARK.fullmatch(line)
            if mark:
                self._mark(mark)
            elif line == f"{_FENCE}sh":
                self._run_waiting()
                self.waiting = list(commands(self._block()))
            elif line.startswith(_FENCE):
                self._block()
        self._run_waiting()
        return self.made

    def _take(self) -> str:
        line = self.lines[self.at]
        self.made.append(line)
        self.at += 1
        return line

    def _block(self) -> list[str]:
        """The lines up to the closing fence, which goes over too."""
        start = self.at
        while self._take() != _FENCE:
            if self.at == len(self.lines):
                raise PageError("a block does not end")
        return self.lines[start : self.at - 1]

    def _mark(self, mark: re.Match[str]) -> None:
        kind, code, first, last, argument = mark.groups()
        if kind == "output" and argument in self.kept:
            self._run_waiting()
        elif kind == "output":
            if argument:
                self._run_waiting()
                self.waiting = [shlex.split(argument)]
            said = self._run_waiting(int(code or 0))
            self._replace_block(leave_out(said, int(first), int(last)) if first else said)
        elif kind == "run":
            self._run_waiting()
            self.world.run(shlex.split(argument))
        elif kind == "file":
            self._take()
            (self.world.folder / argument).write_text("\n".join(self._block()) + "\n", "utf-8")
        elif kind == "not run":
            self._take()
            self._block()
        elif kind == "live chain":
            self._run_waiting()
            self.world.to_a_live_chain(self.stack)
        elif kind == "table":
            self._run_waiting()
            while self.lines[self.at] != "<!-- end -->":
                self.at += 1
            self.made += ["", *TABLES[argument](self.world), ""]
        elif kind != "end":
            raise PageError(f"no such mark: {mark[0]}")

    def _run_waiting(self, code: int = 0) -> str:
        """Run what the last shown block has; only its last command may fail."""
        said = []
        while self.waiting:
            words = self.waiting.pop(0)
            said.append(self.world.run(words, 0 if self.waiting else code))
        return "\n\n".join(said)

    def _replace_block(self, text: str) -> None:
        if not self._take().startswith(_FENCE):
            raise PageError("an output needs a block below it")
        while self.lines[self.at] != _FENCE:
            self.at += 1
        self.made += text.splitlines()
        self._take()


def commands(block: Iterable[str]) -> Iterator[list[str]]:
    """The wellhead commands of a shell block, lines that end in a backslash joined."""
    for line in "\n".join(block).replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["wellhead"]:
            yield words


def leave_out(text: str, first: int, last: int) -> str:
    """Without the lines that begin with these numbers; a line of dots instead."""
    kept: list[str] = []
    for line in text.splitlines():
        number = line.split()[0] if line.split() else ""
        if number.isdigit() and first <= int(number) <= last:
            if kept[-1] != " ...":
                kept.append(" ...")
        else:
            kept.append(line)
    return "\n".join(kept)


def render(page: Path, kept: frozenset[str] = frozenset()) -> str:
    """A page with everything that is made here as it is now, but for the commands in `kept`."""
    with world() as there, ExitStack() as stack:
        lines = page.read_text("utf-8").splitlines()
        return "\n".join(Player(lines, there, stack, kept).play()) + "\n"


def main() -> int:
    """Renew the pages."""
    for page in PAGES:
        text = render(page)
        changed = text != page.read_text("utf-8")
        if changed:
            page.write_text(text, "utf-8")
        print(f"{page.relative_to(ROOT)}: {'renewed' if changed else 'as it was'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
