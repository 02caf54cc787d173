"""Whether a translation with one wrong rule is noticed: some query's assignment must be lost by it.

`make prove` runs this with check_translation.py.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest

from tests.proofs import check_translation
from tests.proofs.check_translation import KINDS, admits, written

HERE = Path(__file__).parent
#: As they import each other.
MODULES = ("polynomials", "bounds", "integers", "server")
#: Of each kind, at most.
QUERIES = 100
#: What each rule, by its module and what it has once, is broken into.
FAULTS = (
    # Polynomials.
    ("polynomials", "c * d", "c"),
    ("polynomials", "sorted(m + n)", "sorted({*m, *n})"),
    ("polynomials", "return None\n        part", "return quotient\n        part"),
    ("polynomials", "value - (1 << width) if", "value + 1 - (1 << width) if"),
    # Bounds.
    ("bounds", "(least if coefficient > 0 else most)", "least"),
    ("bounds", "(most if coefficient > 0 else least)", "most"),
    ("bounds", "[least * low_, least * high_, most * low_, most * high_]", "[least * low_]"),
    ("bounds", "self._range(plus(poly, fact, -1))[0]", "self._range(plus(poly, fact, -1))[1]"),
    ("bounds", "self._range(plus(poly, fact))[1]", "self._range(plus(poly, fact))[1] - 1"),
    ("bounds", "-(most // coefficient)", "1 - (most // coefficient)"),
    ("bounds", "most // -coefficient", "(most - 1) // -coefficient"),
    ("bounds", "if m != monomial})[1]", "if m != monomial})[0]"),
    ("bounds", "if len(monomial) == 1:", "if monomial:"),
    # What wraps.
    ("integers", "if low < 0 or high >= size:", "if low < 0:"),
    ("integers", "if low < 0 or high >= size:", "if high >= size:"),
    ("integers", "self._variable(low // size, high // size)", "self._variable(0, high // size)"),
    ("integers", "ends = [low * low_, low * high_, high * low_,", "ends = [low * low_,"),
    ("integers", "if small == poly:\n            self._tighten(poly", "self._tighten(small"),
    # What is learnt.
    ("integers", "constant(-(strict == holds))", "constant(-1)"),
    ("integers", "constant(-1 if strict == holds else 0)", "constant(-1)"),
    ("integers", "if swapped != (not holds):", "if swapped:"),
    ("integers", "if self._limits(a)[1] < half:", "if self._limits(a)[1] <= half:"),
    ("integers", "constant(half - 1), b, -1", "constant(half - 2), b, -1"),
    ("integers", "constant(first + (1 << low) - 1)", "constant(first)"),
    ("integers", "elif not b and self._range(a)[0] == 0:", "elif self._range(a)[0] == 0:"),
    ("integers", "self._learn(term.arg(0), not holds)", "self._learn(term.arg(0), holds)"),
    ("integers", "(kind == z3.Z3_OP_OR and not holds)", "(kind == z3.Z3_OP_OR)"),
    # Terms.
    ("integers", "(0, (1 << width) - 1)))", "(0, (1 << width) - 2)))"),
    ("integers", "constant(-1), self._poly(children[0])", "{}, self._poly(children[0])"),
    ("integers", "constant(1 << (high + 1)))[1]", "constant(1 << high))[1]"),
    ("integers", "poly, self.value(child), width)", "poly, self._poly(child), width)"),
    (
        "integers",
        "ZERO_EXT:\n            return self.value(",
        "ZERO_EXT:\n            return self._poly(",
    ),
    (
        "integers",
        "if kind == z3.Z3_OP_ZERO_EXT:",
        "if kind in (z3.Z3_OP_ZERO_EXT, z3.Z3_OP_SIGN_EXT):",
    ),
    (
        "integers",
        "in (z3.Z3_OP_BSHL, z3.Z3_OP_BLSHR)",
        "in (z3.Z3_OP_BSHL, z3.Z3_OP_BLSHR, z3.Z3_OP_BASHR)",
    ),
    ("integers", "min(children[1].as_long(), width)", "(children[1].as_long() % width)"),
    (
        "integers",
        "if kind in (z3.Z3_OP_BUDIV, z3.Z3_OP_BUREM):",
        "if kind in (z3.Z3_OP_BUDIV, z3.Z3_OP_BSDIV):",
    ),
    # Quotients.
    ("integers", "if self._limits(b)[0] > 0:", "if self._limits(b)[0] >= 0:"),
    ("integers", "if high < least:", "if low < least:"),
    ("integers", "high // max(least, 1))", "high // max(most, 1))"),
    ("integers", "max(min(high, most - 1), 0)", "max(min(high, most - 2), 0)"),
    ("integers", "z3.Or(none, z3.And(y > 0, division))", "z3.And(y > 0, division)"),
    ("integers", "self._know(parts)\n", "self._know(plus(parts, constant(-1)))\n"),
    ("integers", "None, *sorted(b.items()))", "None)"),
    ("integers", "u <= v + self.expression(r) + 1]", "u <= v + self.expression(r)]"),
    ("integers", "z3.Implies(x <= y, u <= v)", "z3.Implies(x < y, u < v)"),
    # What is true.
    ("integers", 'z3.Bool(f"open{term.get_id()}")', "z3.BoolVal(True)"),
    (
        "integers",
        "if kind == z3.Z3_OP_AND else z3.Or(parts)",
        "if kind == z3.Z3_OP_OR else z3.Or(parts)",
    ),
    ("integers", "z3.Not(self._truth(children[0]))", "self._truth(children[0])"),
    ("integers", "z3.Not(is_first)", "is_first"),
    ("integers", "if kind == z3.Z3_OP_XOR else a == b", "if kind != z3.Z3_OP_XOR else a == b"),
    ("integers", "z3.If(v >= half, v - 2 * half, v)", "z3.If(v > half, v - 2 * half, v)"),
    ("integers", "(y, x) if _SIGNED[kind][0] else (x, y)", "(x, y)"),
    ("integers", "return x < y if _SIGNED[kind][1] else x <= y", "return x < y"),
    ("integers", "return difference >= 0", "return difference > 0"),
    ("integers", "return difference <= 0", "return difference < 0"),
    ("integers", "difference > 0 if kind == z3.Z3_OP_ULT else difference < 0", "difference > 0"),
)


def broken(module: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The server's module with one rule of the translation replaced."""
    for name in MODULES:
        path = HERE / f"{name}.py"
        text = path.read_text("utf-8")
        if name == module:
            assert text.count(old) == 1
            text = text.replace(old, new)
        made = ModuleType(f"tests.proofs.{name}")
        made.__file__ = str(path)
        monkeypatch.setitem(sys.modules, made.__name__, made)
        exec(compile(text, name, "exec"), made.__dict__)  # noqa: S102
    return made


@pytest.mark.parametrize(("module", "old", "new"), FAULTS)
def test_a_wrong_rule_is_noticed(
    module: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_translation, "server", broken(module, old, new, monkeypatch))
    for seed, kind in product(range(QUERIES), KINDS):
        query = written(kind, seed)
        if not admits(query, query.models()[0]):
            return
    raise AssertionError("no query notices it")
