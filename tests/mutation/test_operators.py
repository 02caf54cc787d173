"""Each operator makes the mistakes that its name says, at its nodes and nowhere else."""

from __future__ import annotations

import pytest

from tests.mutation.operators import changes
from tests.mutation.solc import Compiler
from tests.mutation.syntax import Node, nodes
from wellhead.sources import ToolchainError

#: A function's body -> every mistake that can be made in it.
CASES: dict[str, list[tuple[str, str]]] = {
    # Arithmetic, with the operands the other way round where that matters, and rounded up.
    "n = a + b;": [("arithmetic", "n = a - b;")],
    "n = a - b;": [("arithmetic", "n = a + b;"), ("operands", "n = ((b) - (a));")],
    "n = a * b;": [("arithmetic", "n = a / b;")],
    "n = a % b;": [("arithmetic", "n = a * b;"), ("operands", "n = ((b) % (a));")],
    "n = a ** b;": [("arithmetic", "n = a * b;")],
    "n = a / b;": [
        ("arithmetic", "n = a * b;"),
        ("operands", "n = ((b) / (a));"),
        ("rounding", "n = ((a + (b) - 1) / (b));"),
    ],
    "z = -z;": [("arithmetic", "z = (z);")],
    "++n;": [("arithmetic", "--n;")],
    # The parts of a longer expression are nodes of their own.
    "n = a - b * a;": [
        ("arithmetic", "n = a + b * a;"),
        ("operands", "n = ((b * a) - (a));"),
        ("arithmetic", "n = a - b / a;"),
    ],
    "n = (a + b) / a;": [
        ("arithmetic", "n = (a + b) * a;"),
        ("operands", "n = ((a) / ((a + b)));"),
        ("rounding", "n = (((a + b) + (a) - 1) / (a));"),
        ("arithmetic", "n = (a - b) / a;"),
    ],
    # Masks and shifts.
    "n = a & b;": [("bits", "n = a | b;")],
    "n = a ^ b;": [("bits", "n = a | b;")],
    "n = a << b;": [
        ("bits", "n = a >> b;"),
        ("operands", "n = ((b) << (a));"),
        ("shift", "n = a << (b + 1);"),
        ("shift", "n = a << (b - 1);"),
    ],
    "n = a >> 8;": [
        ("bits", "n = a << 8;"),
        ("operands", "n = ((8) >> (a));"),
        ("constant", "n = a >> (8 + 1);"),
        ("constant", "n = a >> (8 - 1);"),
    ],
    # Boundaries.
    "q = a < b;": [("comparison", "q = a <= b;")],
    "q = a <= b;": [("comparison", "q = a < b;")],
    "q = a > b;": [("comparison", "q = a >= b;")],
    "q = a >= b;": [("comparison", "q = a > b;")],
    "q = a == b;": [("comparison", "q = a != b;")],
    "q = a != b;": [("comparison", "q = a == b;")],
    # Truth.
    "q = p && q;": [("logic", "q = p || q;")],
    "q = p || q;": [("logic", "q = p && q;")],
    "q = !p;": [("logic", "q = (p);")],
    "q = true;": [("constant", "q = false;")],
    "if (p) n = a;": [("condition", "if (!(p)) n = a;"), ("statement", "if (p) {}")],
    "n = p ? a : b;": [("condition", "n = !(p) ? a : b;")],
    "while (p) n = a;": [("condition", "while (!(p)) n = a;"), ("statement", "while (p) {}")],
    "for (; p; ++n) {}": [
        ("condition", "for (; !(p); ++n) {}"),
        ("statement", "for (; p; ) {}"),
        ("arithmetic", "for (; p; --n) {}"),
    ],
    # Numbers.
    "n = 0;": [("constant", "n = (0 + 1);")],
    "n = 24 hours;": [("constant", "n = (24 hours + 1);"), ("constant", "n = (24 hours - 1);")],
    "n = 0xff;": [("constant", "n = (0xff + 1);"), ("constant", "n = (0xff - 1);")],
    # Assignments that also read.
    "n += a;": [("assignment", "n -= a;"), ("assignment", "n = a;")],
    "n |= a;": [("assignment", "n &= a;"), ("assignment", "n = a;")],
    # What a statement does is not done.
    "delete n;": [],
    "emit Said(a);": [("event", "{}")],
    "revert Wrong(a);": [("revert", "{}")],
    # Arguments of one type; those of different types can not be mistaken for one another.
    "called(a, b, q);": [("arguments", "called(b, a, q);")],
    "called({x: a, y: b, z: q});": [],
    # Which way, and which end.
    "n = SampleLibrary.divUp(a, b);": [
        ("rounding", "n = ((a) / (b));"),
        ("arguments", "n = SampleLibrary.divUp(b, a);"),
    ],
    "n = SampleLibrary.fullMulDivUp(a);": [("rounding", "n = SampleLibrary.fullMulDiv(a);")],
    "n = SampleLibrary.min(a);": [("rounding", "n = SampleLibrary.max(a);")],
    "way = Way.Ceil;": [("rounding", "way = Way.Floor;")],
    "n = type(uint256).max;": [],
    # Results.
    "return a;": [("return", "return (a) + 1;"), ("return", "return 0;")],
    # Neither assembly nor comments.
    "/* a + b */ assembly { pop(add(1, 2)) }": [],
}
_STATEMENTS = ("++n;", "delete n;", "called(a, b, q);", "called({x: a, y: b, z: q});")

_SAMPLE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

library SampleLibrary {{
    function divUp(uint256 x, uint256 y) internal pure returns (uint256) {{ }}
    function fullMulDivUp(uint256 x) internal pure returns (uint256) {{ }}
    function fullMulDiv(uint256 x) internal pure returns (uint256) {{ }}
    function min(uint256 x) internal pure returns (uint256) {{ }}
    function max(uint256 x) internal pure returns (uint256) {{ }}
}}

contract Sample {{
    enum Way {{ Floor, Ceil }}
    event Said(uint256 what);
    error Wrong(uint256 what);
    uint256 n;
    int256 z;
    bool p;
    bool q;
    Way way;
    modifier only(uint256 x) {{ _; }}
    modifier never() {{ _; }}
    function called(uint256 x, uint256 y, bool z) private {{ }}
    function told() public returns (bool) {{ return q; }}
    function asked() public returns (address) {{ return msg.sender; }}
    function guarded() public only(n) never {{ }}
    {functions}
}}
"""
_FILE = "contracts/Sample.sol"


def _source(bodies: list[str]) -> str:
    functions = "\n    ".join(
        f"function f{number}(uint256 a, uint256 b) public returns (uint256) {{ {body} }}"
        for number, body in enumerate(bodies)
    )
    return _SAMPLE.format(functions=functions)


@pytest.fixture(scope="module")
def sample(compiler: Compiler) -> dict[str, list[Node]]:
    """The nodes of the sample's functions, by the functions' names."""
    text = _source(list(CASES))
    found: dict[str, list[Node]] = {}
    for node in nodes(_FILE, text, compiler.trees({_FILE: text})[_FILE]):
        found.setdefault(node.function.split("(")[0], []).append(node)
    return found


def _made(of: list[Node]) -> list[tuple[str, str]]:
    """The mistakes in a function, each with the body that it makes."""
    (function,) = (node for node in of if node.kind == "FunctionDefinition")
    body = function.child("body")
    start, cut = body.start + 1, len(body.source) - body.end + 1
    return [
        (change.operator, change.apply(body.source).encode()[start:-cut].decode().strip())
        for node in of
        for change in changes(node)
        if change.start >= start
    ]


@pytest.mark.parametrize("body", CASES)
def test_mistakes_at_a_node(sample: dict[str, list[Node]], body: str) -> None:
    made = _made(sample[f"f{list(CASES).index(body)}"])
    expected = list(CASES[body])
    # Beside what the case is about: a statement of an expression may be left out.
    if "statement" not in dict(expected) and (body in _STATEMENTS or _assigns(body)):
        expected.append(("statement", "{}"))
    assert sorted(made) == sorted(expected)


def _assigns(body: str) -> bool:
    return body.split(" ")[0] in ("n", "q", "z", "way")


def test_results_that_are_no_numbers(sample: dict[str, list[Node]]) -> None:
    assert _made(sample["told"]) == [("return", "return !(q);")]
    assert _made(sample["asked"]) == [("return", "return address(0);")]


def test_a_modifier_is_left_out(sample: dict[str, list[Node]]) -> None:
    made = [(c.operator, c.apply(n.source)) for n in sample["guarded"] for c in changes(n)]
    assert [operator for operator, _ in made] == ["modifier", "modifier"]
    for (_, text), head in zip(made, ("public  never {", "public only(n)  {"), strict=True):
        assert f"function guarded() {head}" in text


def test_a_state_variable_has_its_own_name(compiler: Compiler) -> None:
    text = "pragma solidity ^0.8.30; contract Sample { uint256 constant DAY = 24 hours; }"
    found = nodes(_FILE, text, compiler.trees({_FILE: text})[_FILE])
    named = [
        (node.function, change.apply(node.source)) for node in found for change in changes(node)
    ]
    assert named == [
        ("DAY", text.replace("24 hours", "(24 hours + 1)")),
        ("DAY", text.replace("24 hours", "(24 hours - 1)")),
    ]


def test_every_mistake_is_solidity(compiler: Compiler, sample: dict[str, list[Node]]) -> None:
    """Of these cases; elsewhere a type may not fit, and the compiler refuses it."""
    bodies = [text for number in range(len(CASES)) for _, text in _made(sample[f"f{number}"])]
    assert len(bodies) > len(CASES)
    compiler.trees({_FILE: _source(bodies)})
    with pytest.raises(ToolchainError, match="Expected"):
        compiler.trees({_FILE: _source(["n = ;"])})
