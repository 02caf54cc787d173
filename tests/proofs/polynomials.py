"""Polynomials with integer coefficients in numbered variables."""

from __future__ import annotations

#: The variables of each monomial, sorted and repeated, and its coefficient.
Poly = dict[tuple[int, ...], int]

#: Beyond so many monomials nothing is multiplied out.
TERMS = 64


def constant(value: int) -> Poly:
    return {(): value} if value else {}


def plus(a: Poly, b: Poly, factor: int = 1) -> Poly:
    """a + factor * b."""
    result = dict(a)
    for monomial, coefficient in b.items():
        total = result.get(monomial, 0) + factor * coefficient
        if total:
            result[monomial] = total
        else:
            result.pop(monomial, None)
    return result


def times(a: Poly, b: Poly) -> Poly:
    result: Poly = {}
    for m, c in a.items():
        for n, d in b.items():
            result = plus(result, {tuple(sorted(m + n)): c * d})
    return result


def over(a: Poly, b: Poly) -> Poly | None:
    """a / b, if that is a polynomial."""
    quotient: Poly = {}
    if not b:
        return None
    lead = max(b, key=lambda m: (len(m), m))
    while a:
        top = max(a, key=lambda m: (len(m), m))
        rest = list(top)
        for variable in lead:
            if variable not in rest:
                return None
            rest.remove(variable)
        factor, remainder = divmod(a[top], b[lead])
        if remainder or len(quotient) > TERMS:
            return None
        part = {tuple(rest): factor}
        quotient, a = plus(quotient, part), plus(a, times(part, b), -1)
    return quotient


def signed(value: int, width: int) -> int:
    """The representative nearest to zero."""
    return value - (1 << width) if value >> (width - 1) else value


def reduced(poly: Poly, width: int) -> Poly:
    """The same modulo 2^width, with coefficients near zero."""
    result = {m: signed(c % (1 << width), width) for m, c in poly.items()}
    return {m: c for m, c in result.items() if c}
