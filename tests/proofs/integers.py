"""Bit-vector queries of Halmos as integer ones, where solvers know multiplication and division.

A term of w bits becomes a polynomial with integer coefficients that is congruent to it modulo
2^w. Where the term's value itself is needed, and bounds known so far show that the polynomial lies
in [0, 2^w), it is the value; else the value is a new variable with the polynomial's remainder.
Quotients and remainders are new variables with what defines them. So every integer constraint
follows from the query's: where they contradict each other, so do the query's. What is not
understood becomes a variable without a meaning, which weakens the constraints: no contradiction
comes of it, only a proof less.

Runs in the environment of `make prove`.
"""

from __future__ import annotations

from typing import Any

import z3  # type: ignore[import-not-found]

from tests.proofs.bounds import Bounds, Variables
from tests.proofs.polynomials import TERMS, Poly, constant, over, plus, reduced, signed, times

#: Halmos leaves these open at first; they mean what they say, and x / 0 = x % 0 = 0.
_NAMED = {
    "f_evm_bvmul": z3.Z3_OP_BMUL,
    "f_evm_bvudiv": z3.Z3_OP_BUDIV,
    "f_evm_bvurem": z3.Z3_OP_BUREM,
}
#: Signed comparisons: whether the second comes first in a < b or a <= b, and which it is.
_SIGNED = {
    z3.Z3_OP_SLT: (False, True),
    z3.Z3_OP_SLEQ: (False, False),
    z3.Z3_OP_SGT: (True, True),
    z3.Z3_OP_SGEQ: (True, False),
}


def _kind(term: Any) -> int | None:
    """What a Bool is made with; None for a quantifier."""
    return term.decl().kind() if z3.is_app(term) else None


class Integers(Variables):
    """The integer constraints of a query, in the order of its assertions."""

    def __init__(self, known: dict[int, Bounds] | None = None) -> None:
        super().__init__()
        self.constraints: list[Any] = []
        self._known = known or {}
        self._leaves: dict[int, int] = {}  # variables of the query itself, by term
        self._polys: dict[int, Poly] = {}
        self._values: dict[int, Poly] = {}
        self._divisions: dict[tuple[Any, ...], tuple[Poly, Poly]] = {}
        self._quotients: list[tuple[Poly, Poly, Poly]] = []
        self._kept: list[Any] = []  # an id is another term's once its term is gone

    def assertion(self, term: Any) -> None:
        """Take in what a query asserts."""
        if z3.is_and(term):
            for child in term.children():
                self.assertion(child)
            return
        self._learn(term, True)
        self.constraints.append(self._truth(term))

    def leaves(self) -> dict[int, Bounds]:
        """The bounds of the query's variables, which are better known at the end."""
        self._recall()
        return {term: self.bounds[variable] for term, variable in self._leaves.items()}

    def all(self) -> list[Any]:
        """All constraints, bounds included, and what is known of quotients by equal divisors."""
        result = list(self.constraints)
        for variable, (low, high) in zip(self.variables, self.bounds, strict=True):
            result += [variable >= low, variable <= high]
        for i, (a, b, p) in enumerate(self._quotients):
            for j, (c, d, q) in enumerate(self._quotients):
                if i == j or b != d:
                    continue
                x, y, u, v = (self.expression(e) for e in (a, c, p, q))
                result.append(z3.Implies(x <= y, u <= v))
                for e, f, r in self._quotients[:j]:
                    if f == b and plus(plus(a, c, -1), e, -1) == {}:  # a = c + e
                        result += [u >= v + self.expression(r), u <= v + self.expression(r) + 1]
        return result

    def _learn(self, term: Any, holds: bool) -> None:
        """Keep what a fact says about order, to know later what can not wrap."""
        kind = _kind(term)
        if kind == z3.Z3_OP_NOT:
            self._learn(term.arg(0), not holds)
        elif (kind == z3.Z3_OP_OR and not holds) or (kind == z3.Z3_OP_AND and holds):
            for child in term.children():
                self._learn(child, holds)
        elif kind in (z3.Z3_OP_ULEQ, z3.Z3_OP_UGEQ, z3.Z3_OP_ULT, z3.Z3_OP_UGT):
            a, b = (self.value(c) for c in term.children())
            if kind in (z3.Z3_OP_UGEQ, z3.Z3_OP_UGT):
                a, b = b, a
            strict = kind in (z3.Z3_OP_ULT, z3.Z3_OP_UGT)
            self._know(
                plus(plus(b, a, -1) if holds else plus(a, b, -1), constant(-(strict == holds)))
            )
        elif kind in _SIGNED:
            swapped, strict = _SIGNED[kind]
            a, b = (self.value(c) for c in term.children())
            if swapped != (not holds):
                a, b = b, a
            half = 1 << (term.arg(0).size() - 1)
            if self._limits(a)[1] < half:  # not negative, and so is not what is above it
                self._know(plus(plus(b, a, -1), constant(-1 if strict == holds else 0)))
                self._know(plus(constant(half - 1), b, -1))
        elif kind == z3.Z3_OP_EQ and z3.is_bv(term.arg(0)):
            self._learn_equal(term.arg(0), term.arg(1), holds)

    def _learn_equal(self, x: Any, y: Any, holds: bool) -> None:
        if z3.is_bv_value(x):
            x, y = y, x
        if holds and z3.is_bv_value(y) and x.decl().kind() == z3.Z3_OP_EXTRACT:
            high, low = x.params()
            if high == x.arg(0).size() - 1:  # the highest bits
                inner, first = self.value(x.arg(0)), y.as_long() << low
                self._know(plus(inner, constant(-first)))
                self._know(plus(constant(first + (1 << low) - 1), inner, -1))
        a, b = self.value(x), self.value(y)
        if holds:
            self._know(plus(a, b, -1))
            self._know(plus(b, a, -1))
        elif not b and self._range(a)[0] == 0:
            self._know(plus(a, constant(-1)))

    def value(self, term: Any) -> Poly:
        """The term's value, from 0 to 2^w - 1."""
        if z3.is_bv_value(term):
            return constant(term.as_long())
        key = term.get_id()
        if key not in self._values:
            self._kept.append(term)
            size = 1 << term.size()
            poly = self._poly(term)
            low, high = self._limits(poly)
            if low < 0 or high >= size:
                wraps = self._variable(low // size, high // size)
                value = self._variable(0, size - 1)
                equal = plus(plus(value, wraps, size), poly, -1)
                self.constraints.append(self.expression(equal) == 0)
                self._polys[key] = poly = value
            self._values[key] = poly
        return self._values[key]

    def _poly(self, term: Any) -> Poly:
        key = term.get_id()
        if key not in self._polys:
            self._kept.append(term)
            self._polys[key] = self._translated(term)
        return self._polys[key]

    def _translated(self, term: Any) -> Poly:
        kind, children, width = term.decl().kind(), term.children(), term.size()
        if kind == z3.Z3_OP_UNINTERPRETED and children:
            kind = _NAMED.get(term.decl().name().rsplit("_", 1)[0], kind)
        if kind == z3.Z3_OP_BNUM:
            return constant(signed(term.as_long(), width))
        if kind in (z3.Z3_OP_BADD, z3.Z3_OP_BMUL):
            poly = self._poly(children[0])
            for child in children[1:]:
                poly = self._combined(kind, poly, self._poly(child), width)
            return poly
        if kind == z3.Z3_OP_BSUB:
            return reduced(plus(self._poly(children[0]), self._poly(children[1]), -1), width)
        if kind == z3.Z3_OP_BNEG:
            return plus({}, self._poly(children[0]), -1)
        if kind == z3.Z3_OP_BNOT:
            return plus(constant(-1), self._poly(children[0]), -1)
        if kind in (z3.Z3_OP_BUDIV, z3.Z3_OP_BUREM):
            a, b = (self.value(c) for c in children)
            return self._ratio(a, b, kind == z3.Z3_OP_BUREM, width)
        if kind == z3.Z3_OP_EXTRACT:
            high, low = term.params()
            value = self.value(children[0])
            if high + 1 < children[0].size():
                value = self._divided(value, constant(1 << (high + 1)))[1]
            return self._divided(value, constant(1 << low))[0]
        if kind == z3.Z3_OP_CONCAT:
            poly = {}
            for child in children:
                poly = self._combined(z3.Z3_OP_BMUL, poly, constant(1 << child.size()), width)
                poly = self._combined(z3.Z3_OP_BADD, poly, self.value(child), width)
            return poly
        if kind == z3.Z3_OP_ZERO_EXT:
            return self.value(children[0])
        if kind in (z3.Z3_OP_BSHL, z3.Z3_OP_BLSHR) and z3.is_bv_value(children[1]):
            by = constant(1 << min(children[1].as_long(), width))
            if kind == z3.Z3_OP_BSHL:
                return self._combined(z3.Z3_OP_BMUL, self._poly(children[0]), by, width)
            return self._divided(self.value(children[0]), by)[0]
        if kind == z3.Z3_OP_ITE:
            return self._either(children[0], self.value(children[1]), self.value(children[2]))
        variable = self._variable(*self._known.get(term.get_id(), (0, (1 << width) - 1)))
        self._leaves[term.get_id()] = len(self.variables) - 1
        return variable

    def _combined(self, kind: int, a: Poly, b: Poly, width: int) -> Poly:
        (low, high), (low_, high_) = self._limits(a), self._limits(b)
        if kind == z3.Z3_OP_BADD:
            poly, bounds = plus(a, b), (low + low_, high + high_)
        elif len(a) * len(b) > TERMS:
            return self._variable(0, (1 << width) - 1)
        else:
            ends = [low * low_, low * high_, high * low_, high * high_]
            poly, bounds = times(a, b), (min(ends), max(ends))
        small = reduced(poly, width)
        if small == poly:
            self._tighten(poly, bounds)
        return small

    def _either(self, condition: Any, a: Poly, b: Poly) -> Poly:
        (low, high), (low_, high_) = self._limits(a), self._limits(b)
        value = self._variable(min(low, low_), max(high, high_))
        is_first, result = self._truth(condition), self.expression(value)
        self.constraints.append(z3.Implies(is_first, result == self.expression(a)))
        self.constraints.append(z3.Implies(z3.Not(is_first), result == self.expression(b)))
        return value

    def _ratio(self, a: Poly, b: Poly, rest: bool, width: int) -> Poly:
        """Quotient or remainder; anything where b is 0, which the query itself excludes."""
        result = self._divided(a, b)[rest]
        if self._limits(b)[0] > 0:
            return result
        value = self._variable(0, (1 << width) - 1)
        equal = self.expression(plus(value, result, -1)) == 0
        self.constraints.append(z3.Or(self.expression(b) == 0, equal))
        return value

    def _divided(self, a: Poly, b: Poly) -> tuple[Poly, Poly]:
        """Quotient and remainder of two values; both 0 where b is."""
        key = (*sorted(a.items()), None, *sorted(b.items()))
        if key not in self._divisions:
            self._divisions[key] = self._new_division(a, b)
        return self._divisions[key]

    def _new_division(self, a: Poly, b: Poly) -> tuple[Poly, Poly]:
        (low, high), (least, most) = self._limits(a), self._limits(b)
        exact = over(a, b)
        if least > 0:
            if exact is not None:
                return exact, {}
            if high < least:
                return {}, a
        quotient = self._variable(low // most if least > 0 else 0, high // max(least, 1))
        remainder = self._variable(0, max(min(high, most - 1), 0))
        q, r, y = (self.expression(p) for p in (quotient, remainder, b))
        parts = plus(plus(a, times(quotient, b), -1), remainder, -1)
        division = z3.And(self.expression(parts) == 0, r < y)
        if exact is not None:
            division = z3.And(division, q == self.expression(exact), r == 0)
        if least > 0:
            self._know(parts)
            self._know(plus({}, parts, -1))
            self.constraints.append(division)
            self._quotients.append((a, b, quotient))
        else:
            none = z3.And(y == 0, q == 0, r == 0)
            self.constraints.append(z3.Or(none, z3.And(y > 0, division)))
        return quotient, remainder

    def _truth(self, term: Any) -> Any:
        kind, children = _kind(term), term.children()
        if kind in (z3.Z3_OP_TRUE, z3.Z3_OP_FALSE):
            return term
        if kind == z3.Z3_OP_NOT:
            return z3.Not(self._truth(children[0]))
        if kind in (z3.Z3_OP_AND, z3.Z3_OP_OR):
            parts = [self._truth(c) for c in children]
            return z3.And(parts) if kind == z3.Z3_OP_AND else z3.Or(parts)
        if kind == z3.Z3_OP_IMPLIES:
            return z3.Implies(*(self._truth(c) for c in children))
        if kind in (z3.Z3_OP_EQ, z3.Z3_OP_IFF, z3.Z3_OP_XOR) and z3.is_bool(children[0]):
            a, b = (self._truth(c) for c in children)
            return z3.Xor(a, b) if kind == z3.Z3_OP_XOR else a == b
        if kind == z3.Z3_OP_ITE:
            return z3.If(*(self._truth(c) for c in children))
        if len(children) == 2 and z3.is_bv(children[0]):
            a, b = (self.value(c) for c in children)
            if kind == z3.Z3_OP_EQ:
                return self.expression(plus(a, b, -1)) == 0
            if kind in _SIGNED:
                half = 1 << (children[0].size() - 1)
                x, y = (self.expression(p) for p in (a, b))
                x, y = (z3.If(v >= half, v - 2 * half, v) for v in (x, y))
                x, y = (y, x) if _SIGNED[kind][0] else (x, y)
                return x < y if _SIGNED[kind][1] else x <= y
            if kind in (z3.Z3_OP_ULEQ, z3.Z3_OP_UGEQ, z3.Z3_OP_ULT, z3.Z3_OP_UGT):
                difference = self.expression(plus(b, a, -1))
                if kind == z3.Z3_OP_ULEQ:
                    return difference >= 0
                if kind == z3.Z3_OP_UGEQ:
                    return difference <= 0
                return difference > 0 if kind == z3.Z3_OP_ULT else difference < 0
        return z3.Bool(f"open{term.get_id()}")
