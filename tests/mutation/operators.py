"""What is done to a contract: each operator makes one small mistake at one node of its tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.mutation.syntax import Node


@dataclass(frozen=True)
class Change:
    """Another text in the place of a node's, or of a part of it."""

    operator: str
    start: int
    end: int
    text: str

    def apply(self, source: bytes) -> str:
        return (source[: self.start] + self.text.encode() + source[self.end :]).decode()


_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "**": "*"}
_BITS = {"&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<"}
_COMPARISON = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_LOGIC = {"&&": "||", "||": "&&"}
_BINARY = {
    **dict.fromkeys(_ARITHMETIC, ("arithmetic", _ARITHMETIC)),
    **dict.fromkeys(_BITS, ("bits", _BITS)),
    **dict.fromkeys(_COMPARISON, ("comparison", _COMPARISON)),
    **dict.fromkeys(_LOGIC, ("logic", _LOGIC)),
}
#: Where the order of the two operands matters and both orders make sense.
_ORDERED = ("-", "/", "%", "<<", ">>")
_ASSIGNMENT = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "|": "&", "&": "|", "^": "|"}
_STEP = {"++": "--", "--": "++"}
#: Functions of the libraries by which way they round, or which end they take.
_DIRECTION = {
    "Ceil": "Floor",
    "Floor": "Ceil",
    "fullMulDivUp": "fullMulDiv",
    "mulDivUp": "mulDiv",
    "max": "min",
    "min": "max",
}
#: Types of what such a function or way is named after; `type(uint8).max` is none of them.
_LIBRARY = ("type(library ", "type(enum ")


def changes(node: Node) -> list[Change]:
    """Every mistake that can be made at a node."""
    made = _OPERATORS.get(node.kind, _none)(node)
    return [c for c in made if c.text != node.source[c.start : c.end].decode()]


def _none(_: Node) -> Iterator[Change]:
    return iter(())


def _instead(node: Node, operator: str, text: str) -> Change:
    return Change(operator, node.start, node.end, text)


def _binary(node: Node) -> Iterator[Change]:
    left, right = node.child("leftExpression"), node.child("rightExpression")
    sign = str(node.data["operator"])
    between = node.between(left, right)
    name, others = _BINARY[sign]
    swapped = between.replace(sign, others[sign], 1)
    yield Change(name, left.end, right.start, swapped)
    if sign in _ORDERED and left.text != right.text:
        yield _instead(node, "operands", f"(({right.text}){between}({left.text}))")
    if sign == "/" and node.type.startswith("uint"):
        yield _instead(
            node, "rounding", f"(({left.text} + ({right.text}) - 1){between}({right.text}))"
        )
    if sign in ("<<", ">>") and right.kind != "Literal":
        for step in ("+", "-"):
            yield _instead(right, "shift", f"({right.text} {step} 1)")


def _unary(node: Node) -> Iterator[Change]:
    sign, inner = str(node.data["operator"]), node.child("subExpression")
    if sign in _STEP:
        yield _instead(node, "arithmetic", node.text.replace(sign, _STEP[sign], 1))
    elif sign == "!":
        yield _instead(node, "logic", f"({inner.text})")
    elif sign == "-":
        yield _instead(node, "arithmetic", f"({inner.text})")


def _assignment(node: Node) -> Iterator[Change]:
    left, right = node.child("leftHandSide"), node.child("rightHandSide")
    sign = str(node.data["operator"])[:-1]
    if sign in _ASSIGNMENT:
        between = node.between(left, right)
        for other in (_ASSIGNMENT[sign], ""):
            text = between.replace(f"{sign}=", f"{other}=", 1)
            yield Change("assignment", left.end, right.start, text)


def _literal(node: Node) -> Iterator[Change]:
    if node.data["kind"] == "bool":
        yield _instead(node, "constant", "false" if node.text == "true" else "true")
    elif node.data["kind"] == "number":
        yield _instead(node, "constant", f"({node.text} + 1)")
        if node.data["value"] != "0":
            yield _instead(node, "constant", f"({node.text} - 1)")


def _call(node: Node) -> Iterator[Change]:
    if node.data["kind"] != "functionCall":
        return
    called, given = node.child("expression"), node.children("arguments")
    if called.data.get("memberName") == "divUp":
        first, second = (argument.text for argument in given)
        yield _instead(node, "rounding", f"(({first}) / ({second}))")
    names = node.data.get("names")
    for left, right in pairwise(given):
        if not names and left.type == right.type and left.text != right.text:
            text = right.text + node.between(left, right) + left.text
            yield Change("arguments", left.start, right.end, text)


def _member(node: Node) -> Iterator[Change]:
    name = str(node.data["memberName"])
    if name in _DIRECTION and node.child("expression").type.startswith(_LIBRARY):
        yield Change("rounding", node.end - len(name), node.end, _DIRECTION[name])


def _condition(node: Node) -> Iterator[Change]:
    if node.data.get("condition"):
        condition = node.child("condition")
        yield _instead(condition, "condition", f"!({condition.text})")


def _expression_statement(node: Node) -> Iterator[Change]:
    if node.source[node.end :].lstrip().startswith(b";"):
        yield Change("statement", node.start, _semicolon(node), "{}")
    else:  # the last part of a for loop's head
        yield _instead(node, "statement", "")


def _emit(node: Node) -> Iterator[Change]:
    yield Change("event", node.start, _semicolon(node), "{}")


def _revert(node: Node) -> Iterator[Change]:
    yield Change("revert", node.start, _semicolon(node), "{}")


def _return(node: Node) -> Iterator[Change]:
    if not node.data.get("expression"):
        return
    value = node.child("expression")
    if value.type == "bool":
        yield _instead(value, "return", f"!({value.text})")
    elif value.type.startswith(("uint", "int")):
        yield _instead(value, "return", f"({value.text}) + 1")
        yield _instead(value, "return", "0")
    elif value.type == "address":
        yield _instead(value, "return", "address(0)")


def _modifier(node: Node) -> Iterator[Change]:
    if node.data.get("kind") == "modifierInvocation":
        yield _instead(node, "modifier", "")


def _semicolon(node: Node) -> int:
    """Where a statement ends: its node leaves the semicolon out."""
    return node.source.index(b";", node.end) + 1


_OPERATORS: dict[str, Callable[[Node], Iterator[Change]]] = {
    "Assignment": _assignment,
    "BinaryOperation": _binary,
    "Conditional": _condition,
    "EmitStatement": _emit,
    "ExpressionStatement": _expression_statement,
    "ForStatement": _condition,
    "FunctionCall": _call,
    "IfStatement": _condition,
    "Literal": _literal,
    "MemberAccess": _member,
    "ModifierInvocation": _modifier,
    "Return": _return,
    "RevertStatement": _revert,
    "UnaryOperation": _unary,
    "WhileStatement": _condition,
}
