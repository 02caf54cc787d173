"""Puts probes into a Solidity source, by its syntax tree, and says what each stands for.

No line is added, so line numbers stay. What is counted:

* every statement in a function, constructor or modifier: it ran. Declarations without a value, the
  `_;` of a modifier and a `for`'s init and step count with what is around them.
* both outcomes of every condition: of if, loops, `?:` and require, and of each operand of && and ||
  on its own; and each way out of a try.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.coverage import probes

Node = dict[str, Any]

_BLOCKS = ("Block", "UncheckedBlock")
_LOOPS = ("ForStatement", "WhileStatement", "DoWhileStatement")
_ENDS_WITHOUT_SEMICOLON = ("InlineAssembly", "TryStatement", *_BLOCKS)
_CLOSING, _OPENING = 0, 1


class Unsupported(Exception):  # noqa: N818
    """Something in a source that no probe can be put into."""


@dataclass(frozen=True, order=True)
class Point:
    """One thing that a test can meet. Its number is its probe's."""

    file: str
    line: int
    number: int
    #: Contract and function, or library and function.
    where: str
    #: "" of a statement; else "true", "false", "success" or "failure".
    outcome: str
    text: str

    @property
    def is_branch(self) -> bool:
        return self.outcome != ""


@dataclass
class Instrumented:
    """A source on its way to the one with probes."""

    file: str
    source: bytes
    numbers: Iterator[int]
    points: list[Point] = field(default_factory=list)
    #: Place and order, characters that are left out there, and what is put there.
    _added: list[tuple[tuple[int, int, int, int], int, str]] = field(default_factory=list)
    _conditions: set[str] = field(default_factory=set)
    _where: str = ""

    def text(self) -> str:
        """The source with its probes."""
        made, at = bytearray(), 0
        for (offset, *_), left_out, text in sorted(self._added):
            made += self.source[at:offset] + text.encode()
            at = offset + left_out
        return (made + self.source[at:]).decode()

    # What is in a source

    def unit(self, tree: Node) -> None:
        """A whole file."""
        pragma = next(n for n in tree["nodes"] if n["nodeType"] == "PragmaDirective")
        self._open(self._end_of(pragma), 0, probes.IMPORT)
        stem = self.file.rpartition("/")[2].removesuffix(".sol")
        for node in tree["nodes"]:
            for inner in node.get("nodes", [node]):
                if inner["nodeType"] in ("FunctionDefinition", "ModifierDefinition"):
                    owner = node["name"] if inner is not node else stem
                    self._function(owner, inner)

    def _function(self, owner: str, function: Node) -> None:
        if function.get("body") is None:
            return
        self._where = f"{owner}.{function.get('name') or function['kind']}"
        self._statement(function["body"])
        for node in _within(function["body"]):
            self._expression(node)

    def _statement(self, node: Node, *, bare: bool = False) -> None:
        """A statement; a bare one is the body of another without braces around it."""
        kind = node["nodeType"]
        if kind in _BLOCKS:
            for inner in node["statements"]:
                self._statement(inner)
            return
        declared_only = kind == "VariableDeclarationStatement" and not node.get("initialValue")
        if declared_only or kind == "PlaceholderStatement":
            return
        start = _start(node)
        probe = probes.hit(self._point(node, ""))
        if bare:
            self._open(start, 0, "{ " + probe + " ")
            self._close(self._end_of(node), 0, " }")
        else:
            self._open(start, 0, probe + " ")
        self._inner(node)

    def _inner(self, node: Node) -> None:
        kind = node["nodeType"]
        if kind == "IfStatement":
            self._statement(node["trueBody"], bare=True)
            if node.get("falseBody"):
                self._statement(node["falseBody"], bare=True)
        elif kind in _LOOPS:
            self._statement(node["body"], bare=True)
        elif kind == "TryStatement":
            for clause in node["clauses"]:
                self._clause(node, clause)
        elif kind == "InlineAssembly":
            for inner in _within(node["AST"]):
                self._assembly(inner)

    def _clause(self, node: Node, clause: Node) -> None:
        outcome = "success" if clause is node["clauses"][0] else "failure"
        number = self._point(node, outcome, node["externalCall"])
        self._open(_start(clause["block"]) + 1, 0, " " + probes.hit(number))
        self._statement(clause["block"])

    def _expression(self, node: Node) -> None:
        kind = node["nodeType"]
        if kind == "IfStatement" or kind in _LOOPS or kind == "Conditional":
            if node.get("condition"):
                self._condition(node["condition"])
        elif kind == "FunctionCall":
            called = node["expression"]
            if called["nodeType"] == "Identifier" and called["name"] in ("require", "assert"):
                self._condition(node["arguments"][0])
        elif _joins(node):
            self._condition(node)

    def _condition(self, node: Node) -> None:
        if node["nodeType"] == "TupleExpression":
            self._condition(node["components"][0])
        elif node["nodeType"] == "UnaryOperation" and node["operator"] == "!":
            self._condition(node["subExpression"])
        elif _joins(node):
            self._condition(node["leftExpression"])
            self._condition(node["rightExpression"])
        elif node["src"] not in self._conditions:
            self._conditions.add(node["src"])
            number = self._point(node, "true")
            self._point(node, "false")
            before, after = probes.around(number)
            start, end = _start(node), _end(node)
            self._open(start, 1, before, end - start)
            self._close(end, start, after)

    def _assembly(self, node: Node) -> None:
        kind = node["nodeType"]
        if kind in ("YulSwitch", "YulForLoop", "YulFunctionDefinition"):
            raise Unsupported(f"{self.file}:{self._line(node)}: {kind} in assembly is not counted")
        if kind == "YulIf":
            condition = node["condition"]
            met = probes.hit_in_assembly(self._point(node, "true", condition))
            missed = probes.hit_in_assembly(self._point(node, "false", condition))
            self._open(_start(node), 0, "switch iszero(iszero(", left_out=len("if"))
            self._close(_end(condition), 0, ")) case 0 { " + missed + " } default")
            self._open(_start(node["body"]) + 1, 0, f" {met}")

    # Where things are

    def _point(self, node: Node, outcome: str, shown: Node | None = None) -> int:
        number = next(self.numbers)
        said = self.source[_start(shown or node) : _end(shown or node)].decode()
        text = " ".join(said.split())
        if not outcome:
            text = text[:100]
        self.points.append(Point(self.file, self._line(node), number, self._where, outcome, text))
        return number

    def _line(self, node: Node) -> int:
        return self.source.count(b"\n", 0, _start(node)) + 1

    def _end_of(self, node: Node) -> int:
        """Where a statement ends, its semicolon included, which the tree leaves out."""
        kind = node["nodeType"]
        if kind == "IfStatement":
            return self._end_of(node.get("falseBody") or node["trueBody"])
        if kind in ("ForStatement", "WhileStatement"):
            return self._end_of(node["body"])
        end = _end(node)
        if kind in _ENDS_WITHOUT_SEMICOLON:
            return end
        if self.source[end - 1 : end] == b";":
            return end
        return self.source.index(b";", end) + 1

    def _open(self, offset: int, rank: int, text: str, length: int = 0, left_out: int = 0) -> None:
        """At one place the statement's probe comes first, and then what reaches further."""
        self._added.append(((offset, _OPENING, rank, -length), left_out, text))

    def _close(self, offset: int, start: int, text: str) -> None:
        """At one place what began last ends first."""
        self._added.append(((offset, _CLOSING, -start, 0), 0, text))


def instrument(
    trees: Mapping[str, Node], sources: Mapping[str, str]
) -> tuple[dict[str, str], list[Point]]:
    """These sources with probes in them, and the probes' meaning."""
    numbers = count(1)
    made: dict[str, str] = {}
    points: list[Point] = []
    for file, tree in sorted(trees.items()):
        work = Instrumented(file, sources[file].encode(), numbers)
        work.unit(tree)
        made[file] = work.text()
        points += work.points
    return made, points


def _joins(node: Node) -> bool:
    return node["nodeType"] == "BinaryOperation" and node["operator"] in ("&&", "||")


def _start(node: Node) -> int:
    return int(node["src"].split(":")[0])


def _end(node: Node) -> int:
    start, length, _ = node["src"].split(":")
    return int(start) + int(length)


def _within(node: Any) -> Iterator[Node]:
    """A node and all nodes inside it."""
    if isinstance(node, list):
        for inner in node:
            yield from _within(inner)
    elif isinstance(node, dict):
        if "nodeType" in node:
            yield node
        for inner in node.values():
            yield from _within(inner)
