"""Polynomials: sums, products and quotients by their values; what is reduced stays congruent."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.proofs.polynomials import Poly, constant, over, plus, reduced, signed, times

VARIABLES = 3
monomials = st.lists(st.integers(0, VARIABLES - 1), max_size=3).map(lambda m: tuple(sorted(m)))
coefficients = st.integers(-(2**70), 2**70).filter(bool)
polys = st.dictionaries(monomials, coefficients, max_size=4)
points = st.lists(st.integers(-100, 100), min_size=VARIABLES, max_size=VARIABLES)


def value(poly: Poly, point: list[int]) -> int:
    return sum(c * prod(point[variable] for variable in m) for m, c in poly.items())


@given(polys, polys, points, st.integers(-5, 5))
def test_sums_and_products(a: Poly, b: Poly, point: list[int], factor: int) -> None:
    x, y = value(a, point), value(b, point)
    assert value(plus(a, b, factor), point) == x + factor * y
    assert value(times(a, b), point) == x * y
    for result in (plus(a, b, factor), times(a, b)):
        assert all(result.values())
        assert all(list(monomial) == sorted(monomial) for monomial in result)
    assert plus(a, a, -1) == {}


@given(polys, polys, polys)
def test_quotients_are_exact(a: Poly, b: Poly, c: Poly) -> None:
    if b:
        assert over(times(a, b), b) == a
    quotient = over(a, c)
    assert quotient is None or times(quotient, c) == a


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({(0,): 3}, {(): 2}),
        ({(0, 0): 1, (): 1}, {(0,): 1}),
        ({(0,): 1}, {(1,): 1}),
        ({(): 1}, {}),
        ({}, {}),
        ({(0,): 1}, {(0,): 2}),
    ],
)
def test_what_has_no_quotient(a: Poly, b: Poly) -> None:
    assert over(a, b) is None


@given(polys, points, st.integers(1, 80))
def test_what_is_reduced_is_congruent_and_small(a: Poly, point: list[int], width: int) -> None:
    result = reduced(a, width)
    assert (value(result, point) - value(a, point)) % 2**width == 0
    half = 2 ** (width - 1)
    assert all(c and -half <= c < half for c in result.values())


@pytest.mark.parametrize("width", range(1, 5))
def test_signed_is_two_s_complement(width: int) -> None:
    half = 2 ** (width - 1)
    assert [signed(v, width) for v in range(2 * half)] == [*range(half), *range(-half, 0)]


def test_a_constant_has_one_monomial_or_none() -> None:
    assert constant(0) == {}
    assert constant(-3) == {(): -3}
