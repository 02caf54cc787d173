"""The translation to integers: what satisfies a query satisfies the integers that come of it.

`make prove` runs this before any proof, in its own environment, where Z3 is.
"""

from __future__ import annotations

from itertools import islice, product
from typing import Any

import pytest
import z3  # type: ignore[import-not-found]

from tests.proofs import server
from tests.proofs.meaning import (
    COMPARISONS,
    OPEN,
    OPERATORS,
    Term,
    applied,
    constant,
    denied,
    signed,
)
from tests.proofs.queries import Query, Writer

#: Kinds of queries: width and number of variables, whether in all worlds, assertions, depth.
KINDS = {
    "all worlds": (3, 2, True, 3, 2),
    "three variables": (2, 3, True, 4, 2),
    "bytes": (8, 3, False, 8, 2),
    "words": (256, 3, False, 6, 3),
    "deep words": (256, 2, False, 2, 5),
}
QUERIES = 150
#: Wide enough for every case of an operator, narrow enough for all pairs of operands.
WIDTH = 3
NUMBERS = range(1 << WIDTH)
#: Terms and comparisons that are understood; divisions where the divisor is not 0, and shifts by
#: numbers. Of others nothing is known.
UNDERSTOOD = {"bvadd", "bvsub", "bvmul", "f_evm_bvmul", "=", *COMPARISONS} - {"distinct"}
DIVISIONS = {"bvudiv", "bvurem", "f_evm_bvudiv", "f_evm_bvurem"}


def written(kind: str, seed: int) -> Query:
    width, variables, every, assertions, depth = KINDS[kind]
    return Writer(seed, width, variables, every=every).query(assertions, depth)


def admits(query: Query, model: tuple[int, ...]) -> bool:
    """Whether the query's integers can be had with these values of its variables."""
    integers = server.translated(server.asserted(query.text))
    solver = z3.SimpleSolver()
    solver.add(integers.all())
    for variable, value in zip(query.variables, model, strict=True):
        known = integers.value(z3.BitVec(variable.text, variable.width))
        solver.add(integers.expression(known) == value)
    answer = solver.check()
    assert answer != z3.unknown
    return bool(answer == z3.sat)


@pytest.mark.parametrize("kind", KINDS)
def test_what_satisfies_a_query_satisfies_its_integers(kind: str) -> None:
    for seed in range(QUERIES):
        query = written(kind, seed)
        for model in islice(query.models(), 2):
            assert admits(query, model), (seed, model, query.text)


def test_only_contradictions_are_called_so_and_most_of_them_are() -> None:
    """All worlds are known, so it is known what contradicts itself."""
    contradictions = found = 0
    for seed in range(QUERIES):
        query = written("all worlds", seed)
        assert not server.is_contradiction(query.text), (seed, query.text)
        other = query.but()
        says = server.is_contradiction(other.text)
        assert not (says and other.models()), (seed, other.text)
        contradictions += not other.models()
        found += says
    assert contradictions > QUERIES // 4
    assert found > contradictions // 2


def known(term: Term, operands: list[Term]) -> bool:
    """Whether its value is all that the integers admit, in each world; that they do is asserted."""
    result = constant(0, max(term.width, 1), len(term.values))
    result = Term("result", result.width, term.values)
    text = term.text if term.width else f"(ite {term.text} #b1 #b0)"
    names = [Term(f"v{i}", operand.width, operand.values) for i, operand in enumerate(operands)]
    lines = [f"(declare-fun {t.text} () (_ BitVec {t.width}))" for t in (*names, result)]
    lines += [
        f"(declare-fun {n}_{WIDTH} ({b} {b}) {b})" for b in [f"(_ BitVec {WIDTH})"] for n in OPEN
    ]
    integers = server.translated(server.asserted("".join(lines) + f"(assert (= result {text}))"))
    solver = z3.SimpleSolver()
    solver.add(integers.all())
    only = True
    for world in zip(*(t.values for t in (*names, result)), strict=True):
        solver.push()
        *given, last = (
            integers.expression(integers.value(z3.BitVec(t.text, t.width))) - value
            for t, value in zip((*names, result), world, strict=True)
        )
        solver.add([each == 0 for each in given])
        assert solver.check(last == 0) == z3.sat, (term.text, world)
        only = only and solver.check(last != 0) == z3.unsat
        solver.pop()
    return only


def all_pairs(where: Any = lambda a, b: True) -> list[Term]:
    pairs = [pair for pair in product(NUMBERS, repeat=2) if where(*pair)]
    return [Term(f"v{i}", WIDTH, values) for i, values in enumerate(zip(*pairs, strict=True))]


@pytest.mark.parametrize("name", [*OPERATORS, *OPEN, *COMPARISONS])
def test_an_operator_has_its_value_for_all_operands(name: str) -> None:
    pairs = all_pairs()
    assert known(applied(name, *pairs), pairs) == (name in UNDERSTOOD)


@pytest.mark.parametrize("name", sorted(DIVISIONS))
def test_a_division_has_its_value_but_by_zero_any(name: str) -> None:
    pairs = all_pairs(lambda _, divisor: divisor != 0)
    assert known(applied(name, *pairs), pairs)
    by_zero = all_pairs(lambda _, divisor: divisor == 0)
    assert not known(applied(name, *by_zero), by_zero)
    for divisor in NUMBERS[1:]:
        number = Term("v0", WIDTH, tuple(NUMBERS))
        assert known(applied(name, number, constant(divisor, WIDTH, len(NUMBERS))), [number])


@pytest.mark.parametrize("name", ["bvshl", "bvlshr", "bvashr"])
def test_shifts_by_numbers_are_known_also_by_the_width_and_beyond(name: str) -> None:
    number = Term("v0", WIDTH, tuple(NUMBERS))
    for by in NUMBERS:
        term = applied(name, number, constant(by, WIDTH, len(NUMBERS)))
        assert known(term, [number]) == (name != "bvashr")


def test_parts_and_wider_words() -> None:
    number = Term("v0", WIDTH, tuple(NUMBERS))
    for high, low in ((h, low) for h in range(WIDTH) for low in range(h + 1)):
        values = tuple(v >> low & ((2 << (high - low)) - 1) for v in NUMBERS)
        part = Term(f"((_ extract {high} {low}) v0)", high - low + 1, values)
        assert known(part, [number])
    for more in range(WIDTH):
        assert known(Term(f"((_ zero_extend {more}) v0)", WIDTH + more, number.values), [number])
        values = tuple(signed(v, WIDTH) % (1 << WIDTH + more) for v in NUMBERS)
        known(Term(f"((_ sign_extend {more}) v0)", WIDTH + more, values), [number])
    pairs = all_pairs()
    values = tuple(a << WIDTH | b for a, b in zip(*(p.values for p in pairs), strict=True))
    assert known(Term("(concat v0 v1)", 2 * WIDTH, values), pairs)
    assert known(Term("(bvneg v0)", WIDTH, tuple(-v % 8 for v in NUMBERS)), [number])
    assert known(Term("(bvnot v0)", WIDTH, tuple(7 - v for v in NUMBERS)), [number])


#: What is not understood, as a Bool over x, y, z of three bits, p and q.
STRANGE = (
    "(forall ((k (_ BitVec 3))) (bvule k x))",
    "(exists ((k (_ BitVec 3))) (bvult k x))",
    "(distinct x y z)",
    "(bvumul_noovfl x y)",
    "(bvult (bvand x y) z)",
    "(= (bvsdiv x y) z)",
    "(= (select held x) y)",
    "(= held (store held x y))",
    "(= (f_sha3 x) (f_sha3 y))",
    "(= ((_ int2bv 3) (bv2int x)) (bvnot x))",
    "p",
)


def says(asserted: str) -> bool:
    declared = "".join(f"(declare-fun {name} () (_ BitVec 3))" for name in "xyz")
    declared += "".join(f"(declare-fun {name} () Bool)" for name in "pq")
    declared += "(declare-fun held () (Array (_ BitVec 3) (_ BitVec 3)))"
    declared += "(declare-fun f_sha3 ((_ BitVec 3)) (_ BitVec 3))"
    return server.is_contradiction(declared + asserted)


@pytest.mark.parametrize("strange", STRANGE)
def test_what_is_not_understood_may_be_and_may_not_be(strange: str) -> None:
    for form in ("{}", "(not {})", "(=> {} q)", "(=> q {})", "(xor {} q)", "(= {} q)"):
        fact = form.format(strange)
        assert not says(f"(assert {fact})")
        assert not says(f"(assert (not {fact}))")
        assert not says(f"(assert (ite {fact} q (not q)))")
    # But not both.
    assert says(f"(assert {strange})(assert (not {strange}))")


def test_names_are_hidden_and_exchanged() -> None:
    assert not says("(assert (bvult x y))(assert (let ((x y) (y x)) (bvugt x y)))")
    assert says("(assert (bvult x y))(assert (let ((x y) (y x)) (bvult x y)))")
    assert not says("(assert (let ((x (bvadd x y))) (let ((y x)) (and (= x y) (= y #b101)))))")


def test_several_assertions_are_one_question_and_what_comes_after_it_is_none() -> None:
    assert says("(assert p)(assert (not p))(check-sat)")
    assert not says("(assert p)(check-sat)(assert (not p))")
    assert not says("(push 1)(assert (not p))(pop 1)(assert p)(check-sat)")
    assert not says("(assert p)(check-sat)(push 1)(assert (not p))(check-sat)")
    assert says("(assert (=> p (= x #b001)))(assert (! p :named <1>))(assert (= x #b010))")
    assert not says(
        "(assert (=> p (= x #b001)))(assert (=> q (= x #b010)))(assert (! p :named <1>))"
    )


def test_beyond_its_effort_it_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fact = "(assert (bvult (bvudiv x (bvadd z #b001)) y))"
    contradiction = f"{fact}(assert (bvuge x (bvmul y #b111)))(assert (bvult z #b001))"
    contradiction += "(assert (bvult y #b010))(assert (= (bvmul x x) #b010))"
    assert says(contradiction)
    monkeypatch.setattr(server, "EFFORT", 1)
    assert not says(contradiction)


def test_negations_of_facts_are_learnt_the_right_way_round() -> None:
    pairs = all_pairs()
    for name in COMPARISONS:
        fact = applied(name, *pairs)
        for asserted in (fact, denied(fact), denied(denied(fact))):
            query = Query(WIDTH, tuple(pairs), (asserted,))
            assert all(admits(query, model) for model in query.models()[::7])
            others = Query(WIDTH, tuple(pairs), (denied(asserted),)).models()
            if name != "distinct":
                assert not any(admits(query, model) for model in others[::7])
