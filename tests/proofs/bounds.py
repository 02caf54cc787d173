"""Integer variables, and the bounds that polynomials in them are known to keep."""

from __future__ import annotations

from typing import Any

import z3  # type: ignore[import-not-found]

from tests.proofs.polynomials import Poly, plus

Bounds = tuple[int, int]


class Variables:
    """Variables with bounds, and facts: polynomials known to be 0 or more."""

    def __init__(self) -> None:
        self.variables: list[Any] = []
        self.bounds: list[Bounds] = []
        self._tight: dict[frozenset[Any], Bounds] = {}  # of sums and products, from their parts
        self._facts: list[Poly] = []

    def expression(self, poly: Poly) -> Any:
        parts = []
        for monomial, coefficient in sorted(poly.items()):
            part = z3.IntVal(coefficient)
            for variable in monomial:
                part = part * self.variables[variable]
            parts.append(part)
        return z3.Sum(parts) if parts else z3.IntVal(0)

    def _variable(self, low: int, high: int) -> Poly:
        self.variables.append(z3.Int(f"v{len(self.variables)}"))
        self.bounds.append((low, high))
        return {(len(self.variables) - 1,): 1}

    def _range(self, poly: Poly) -> Bounds:
        low = high = 0
        for monomial, coefficient in poly.items():
            least = most = 1
            for variable in monomial:
                low_, high_ = self.bounds[variable]
                ends = [least * low_, least * high_, most * low_, most * high_]
                least, most = min(ends), max(ends)
            low += coefficient * (least if coefficient > 0 else most)
            high += coefficient * (most if coefficient > 0 else least)
        return low, high

    def _limits(self, poly: Poly) -> Bounds:
        """Bounds, with the help of what it was made of, and of one fact."""
        low, high = self._range(poly)
        least, most = self._tight.get(frozenset(poly.items()), (low, high))
        low, high = max(low, least), min(high, most)
        for fact in self._facts:
            if not poly.keys().isdisjoint(fact.keys() - {()}):
                low = max(low, self._range(plus(poly, fact, -1))[0])
                high = min(high, self._range(plus(poly, fact))[1])
        return low, high

    def _know(self, fact: Poly) -> None:
        """That fact >= 0."""
        self._facts.append(fact)
        self._apply(fact)

    def _recall(self) -> None:
        """Apply all facts once more: later ones may have changed what earlier ones say."""
        for fact in self._facts:
            self._apply(fact)

    def _apply(self, fact: Poly) -> None:
        for monomial, coefficient in fact.items():
            if len(monomial) == 1:
                most = self._range({m: c for m, c in fact.items() if m != monomial})[1]
                low, high = self.bounds[monomial[0]]
                if coefficient > 0:
                    low = max(low, -(most // coefficient))
                else:
                    high = min(high, most // -coefficient)
                self.bounds[monomial[0]] = low, high

    def _tighten(self, poly: Poly, bounds: Bounds) -> None:
        """That poly keeps these bounds too."""
        key = frozenset(poly.items())
        low, high = self._tight.get(key, bounds)
        self._tight[key] = max(low, bounds[0]), min(high, bounds[1])
