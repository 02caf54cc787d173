"""solc's syntax tree, as far as mutants need it: nodes with their text, in their file's order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

#: What holds no code that runs, or none in Solidity.
_SKIPPED = (
    "EnumDefinition",
    "ErrorDefinition",
    "EventDefinition",
    "ImportDirective",
    "InheritanceSpecifier",
    "InlineAssembly",
    "OverrideSpecifier",
    "PragmaDirective",
    "StructDefinition",
    "StructuredDocumentation",
    "UserDefinedValueTypeDefinition",
    "UsingForDirective",
)


@dataclass(frozen=True)
class Node:
    """A node of the tree in its file. Positions are in bytes, as the compiler counts."""

    file: str
    source: bytes
    #: The function that it is in, with its parameters' types, or the state variable.
    function: str
    #: The compiler's number for that.
    declared: int
    data: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.data["nodeType"])

    @property
    def start(self) -> int:
        return int(self.data["src"].split(":")[0])

    @property
    def end(self) -> int:
        return self.start + int(self.data["src"].split(":")[1])

    @property
    def text(self) -> str:
        return self.source[self.start : self.end].decode()

    @property
    def line(self) -> int:
        return self.source[: self.start].count(b"\n") + 1

    @property
    def type(self) -> str:
        """Of an expression."""
        return str((self.data.get("typeDescriptions") or {}).get("typeString") or "")

    def child(self, name: str) -> Node:
        return self.of(self.data[name])

    def children(self, name: str) -> list[Node]:
        return [self.of(data) for data in self.data.get(name) or [] if data is not None]

    def of(self, data: dict[str, Any]) -> Node:
        """A node below this one."""
        return replace(self, data=data)

    def between(self, left: Node, right: Node) -> str:
        """What is written between two of its children."""
        return self.source[left.end : right.start].decode()


def nodes(file: str, text: str, tree: dict[str, Any]) -> Iterator[Node]:
    """All nodes of a file that can be mutated."""
    yield from _below(Node(file, text.encode(), "", 0, tree))


def _below(node: Node) -> Iterator[Node]:
    if node.kind in _SKIPPED:
        return
    if node.kind in ("ContractDefinition", "FunctionDefinition", "ModifierDefinition"):
        node = replace(node, function=_named(node), declared=int(node.data["id"]))
    elif node.data.get("stateVariable"):
        node = replace(node, function=str(node.data["name"]), declared=int(node.data["id"]))
    yield node
    for value in node.data.values():
        for data in value if isinstance(value, list) else [value]:
            if isinstance(data, dict) and "nodeType" in data:
                yield from _below(node.of(data))


def _named(node: Node) -> str:
    """`f(uint256,address)`; the kind where a function has no name."""
    name = str(node.data["name"] or node.data.get("kind"))
    if node.kind == "ContractDefinition":
        return name
    types = [
        str(parameter["typeDescriptions"]["typeString"])
        for parameter in node.data["parameters"]["parameters"]
    ]
    return f"{name}({','.join(types)})"
