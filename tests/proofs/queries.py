"""Random bit-vector queries of the kinds that Halmos writes, each with what satisfies it.

A term is computed in several worlds at once: in all that there are where variables are narrow, in
one where they are as wide as the EVM's. A query that holds in a world is satisfiable, whatever a
solver says.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from tests.proofs.meaning import (
    COMPARISONS,
    CONNECTIVES,
    OPEN,
    OPERATORS,
    Term,
    applied,
    constant,
    denied,
    signed,
)

#: An array, and a function of the hash's kind; what they hold is the same in all worlds.
_MORE = (
    "(declare-fun held () (Array (_ BitVec {0}) (_ BitVec {0})))",
    "(declare-fun f_sha3 ((_ BitVec {0})) (_ BitVec {0}))",
    *(
        f"(declare-fun {name}_{{0}} ((_ BitVec {{0}}) (_ BitVec {{0}})) (_ BitVec {{0}}))"
        for name in OPEN
    ),
)


@dataclass(frozen=True)
class Query:
    """Assertions over variables of one width."""

    width: int
    variables: tuple[Term, ...]
    assertions: tuple[Term, ...]

    @property
    def text(self) -> str:
        """As Halmos writes it: what it leaves open is declared."""
        bits = f"(_ BitVec {self.width})"
        lines = ["(set-logic QF_AUFBV)", *(text.format(self.width) for text in _MORE)]
        lines += [f"(declare-fun {variable.text} () {bits})" for variable in self.variables]
        lines += [f"(assert {assertion.text})" for assertion in self.assertions]
        return "\n".join([*lines, "(check-sat)", "(get-model)"]) + "\n"

    def models(self) -> list[tuple[int, ...]]:
        """The variables' values in the worlds where all assertions hold."""
        holds = [all(world) for world in zip(*(a.values for a in self.assertions), strict=True)]
        worlds = zip(*(variable.values for variable in self.variables), strict=True)
        return list(itertools.compress(worlds, holds))

    def but(self) -> Query:
        """The same with the last assertion denied."""
        return replace(self, assertions=(*self.assertions[:-1], denied(self.assertions[-1])))


class Writer:
    """Writes queries; the same ones for the same seed."""

    def __init__(self, seed: int, width: int, variables: int, *, every: bool) -> None:
        """Over all worlds, where nothing else decides what is true, or over one."""
        self._random = Random(seed)
        self._width, self._every = width, every
        if every:
            worlds = list(itertools.product(range(1 << width), repeat=variables))
        else:
            worlds = [tuple(self._number(width) for _ in range(variables))]
        self._worlds = len(worlds)
        self._scope = [
            Term(f"v{i}", width, values) for i, values in enumerate(zip(*worlds, strict=True))
        ]

    def query(self, assertions: int, depth: int) -> Query:
        """One that holds in at least one world."""
        query = Query(self._width, tuple(self._scope), ())
        for _ in range(assertions):
            fact = self._fact(depth)
            longer = replace(query, assertions=(*query.assertions, fact))
            query = longer if longer.models() else longer.but()
        return query

    def _number(self, width: int) -> int:
        """Often one next to a power of two, or a small one."""
        kind = self._random.randrange(4)
        if kind == 0:
            return self._random.getrandbits(width)
        near = 1 << self._random.randrange(width + 1) if kind < 3 else 0
        return (near + self._random.randint(-2, 2)) % (1 << width)

    def _constant(self, width: int) -> Term:
        return constant(self._number(width), width, self._worlds)

    def _fact(self, depth: int) -> Term:
        """What is asserted: mostly a comparison, often with a number close to what is compared."""
        if self._random.random() < 0.3:
            return self._bool(depth)
        if self._random.random() < 0.1:
            a = self._sum_of_shares()
        else:
            a = self._term(depth, self._random.choice((self._width, self._width, self._odd())))
        b = self._near(a) if self._random.random() < 0.7 else self._term(depth - 1, a.width)
        name = self._random.choice(["=", *COMPARISONS])
        fact = applied(name, *self._random.sample((a, b), 2))
        return denied(fact) if self._random.random() < 0.2 else fact

    def _sum_of_shares(self) -> Term:
        """What the quotient of a sum, which does not wrap, is above those of its parts."""
        half, by = (constant(n, self._width, self._worlds) for n in (1, self._random.randint(2, 3)))
        a, b = (applied("bvlshr", self._random.choice(self._scope), half) for _ in "ab")
        above = applied("bvudiv", applied("bvadd", a, b), by)
        for part in (a, b):
            above = applied("bvsub", above, applied("bvudiv", part, by))
        return above

    def _near(self, a: Term) -> Term:
        value = self._random.choice(a.values) + self._random.randint(-1, 1)
        return constant(value % (1 << a.width), a.width, self._worlds)

    def _odd(self) -> int:
        return self._random.randint(1, self._width)

    def _bool(self, depth: int) -> Term:
        kind = self._random.randrange(8)
        if depth <= 0 or kind < 3:
            a = self._term(depth - 1, self._width)
            b = self._near(a) if kind == 0 else self._term(depth - 1, a.width)
            return applied(self._random.choice(list(COMPARISONS)), a, b)
        if kind == 3:
            return denied(self._bool(depth - 1))
        if kind == 4:
            return self._either(self._bool(depth - 1), *(self._bool(depth - 1) for _ in "ab"))
        if kind == 5:
            return self._let(lambda: self._bool(depth - 1), depth)
        name = self._random.choice(list(CONNECTIVES))
        a, b = self._bool(depth - 1), self._bool(depth - 1)
        values = tuple(CONNECTIVES[name](x, y) for x, y in zip(a.values, b.values, strict=True))
        return Term(f"({name} {a.text} {b.text})", 0, values)

    def _term(self, depth: int, width: int) -> Term:
        if depth <= 0 or self._random.random() < 0.15:
            fitting = [v for v in self._scope if v.width == width]
            if fitting and self._random.random() < 0.75:
                return self._random.choice(fitting)
            return self._constant(width)
        if width != self._width:
            return self._resized(self._term(depth - 1, self._width), width)
        kind = self._random.randrange(16)
        if kind < 8:
            name = self._random.choice(list(OPERATORS) + list(OPEN) * 2)
            a, b = self._term(depth - 1, width), self._term(depth - 1, width)
            if "sh" in name and self._random.random() < 0.7:
                b = constant(self._random.randint(0, width + 1) % (1 << width), width, self._worlds)
            return applied(name, a, b)
        if kind == 8:
            name = self._random.choice(("bvneg", "bvnot"))
            a = self._term(depth - 1, width)
            less = 0 if name == "bvneg" else 1
            values = tuple((-v - less) % (1 << width) for v in a.values)
            return Term(f"({name} {a.text})", width, values)
        if kind == 9:
            a, b = self._term(depth - 1, width), self._term(depth - 1, width)
            return self._either(self._bool(depth - 1), a, b)
        if kind == 10:
            return self._let(lambda: self._term(depth - 1, width), depth)
        if kind == 11 and not self._every:
            return self._held(self._term(depth - 1, width), self._term(depth - 1, width))
        if kind == 12 and width > 1:
            high = self._random.randrange(1, width)
            a, b = self._term(depth - 1, high), self._term(depth - 1, width - high)
            values = tuple(x << b.width | y for x, y in zip(a.values, b.values, strict=True))
            return Term(f"(concat {a.text} {b.text})", width, values)
        return self._resized(self._term(depth - 1, self._odd()), width)

    def _either(self, condition: Term, a: Term, b: Term) -> Term:
        rows = zip(condition.values, a.values, b.values, strict=True)
        values = tuple(x if first else y for first, x, y in rows)
        return Term(f"(ite {condition.text} {a.text} {b.text})", a.width, values)

    def _let(self, body: Callable[[], Term], depth: int) -> Term:
        """Two names at once, which may hide others; each means what it did before in the other."""
        names = self._random.sample(["v0", "v1", "w"], 2)
        bound = [self._term(depth - 2, self._width) for _ in names]
        scope = self._scope
        hidden = [v for v in scope if v.text not in names]
        self._scope = hidden + [
            Term(name, term.width, term.values) for name, term in zip(names, bound, strict=True)
        ]
        inner = body()
        self._scope = scope
        bindings = " ".join(f"({n} {t.text})" for n, t in zip(names, bound, strict=True))
        return Term(f"(let ({bindings}) {inner.text})", inner.width, inner.values)

    def _held(self, place: Term, other: Term) -> Term:
        """A word of the array, one of another array with a word written, or a hash."""
        mask = (1 << place.width) - 1
        held = tuple((v * 7 + 3) & mask for v in place.values)
        kind = self._random.randrange(3)
        if kind == 0:
            return Term(f"(select held {place.text})", place.width, held)
        if kind == 1:
            return Term(f"(f_sha3 {place.text})", place.width, tuple(v ^ 5 & mask for v in held))
        written = self._constant(place.width)
        rows = zip(place.values, other.values, written.values, held, strict=True)
        values = tuple(new if at == to else old for at, to, new, old in rows)
        stored = f"(store held {other.text} {written.text})"
        return Term(f"(select {stored} {place.text})", place.width, values)

    def _resized(self, a: Term, width: int) -> Term:
        """To another width, or a part of it moved to the lower end and filled up."""
        if width < a.width:
            most = a.width - width
            low = self._random.choice((0, most, self._random.randint(0, most)))
            values = tuple(v >> low & ((1 << width) - 1) for v in a.values)
            return Term(f"((_ extract {low + width - 1} {low}) {a.text})", width, values)
        more = width - a.width
        if self._random.random() < 0.7:
            return Term(f"((_ zero_extend {more}) {a.text})", width, a.values)
        values = tuple(signed(v, a.width) % (1 << width) for v in a.values)
        return Term(f"((_ sign_extend {more}) {a.text})", width, values)
