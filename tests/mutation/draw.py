"""Which mutants a run judges: a seed puts all there could be into an order, file by file.

The order depends on nothing but the seed and what each mutant changes, so an edit elsewhere leaves
a mutant its name and its place among the others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.mutation.operators import Change, changes
from tests.mutation.syntax import Node


@dataclass(frozen=True)
class Mutant:
    """One small mistake in one file."""

    id: str
    file: str
    line: int
    function: str
    #: The compiler's number for that: another one after every edit.
    declared: int
    operator: str
    #: What is written there, and what the mutant has in its place, each in one line.
    before: str
    after: str
    change: Change


def draw(found: Iterable[Node], seed: int) -> list[Mutant]:
    """A file's mutants in the order in which they are taken, at most one for each node."""
    seen: Counter[str] = Counter()
    drawn: list[tuple[str, Mutant]] = []
    for node in found:
        made = [_mutant(node, change, seen) for change in changes(node)]
        if made:
            chosen = min(made, key=lambda mutant: _rank(f"{seed} change", mutant))
            # A draw of its own: having more mutants gives a node no better place.
            drawn.append((_rank(f"{seed} node", made[0]), chosen))
    return [mutant for _, mutant in sorted(drawn, key=lambda pair: pair[0])]


def _mutant(node: Node, change: Change, seen: Counter[str]) -> Mutant:
    before = " ".join(node.source[change.start : change.end].decode().split())
    after = " ".join(change.text.split())
    what = "\0".join((node.file, node.function, change.operator, before, after))
    seen[what] += 1
    digest = hashlib.sha256(f"{what}\0{seen[what]}".encode()).hexdigest()
    stem = node.file.rsplit("/", 1)[1].removesuffix(".sol")
    return Mutant(
        id=f"{stem}-{digest[:8]}",
        file=node.file,
        line=node.source[: change.start].count(b"\n") + 1,
        function=node.function,
        declared=node.declared,
        operator=change.operator,
        before=before,
        after=after,
        change=change,
    )


def _rank(seed: str, mutant: Mutant) -> str:
    return hashlib.sha256(f"{seed}\0{mutant.id}".encode()).hexdigest()
