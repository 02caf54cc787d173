"""Slices of a GPU (NVIDIA's MIG): which part of it they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

#: "3g.40gb", "1g.10gb+me", and "1c.3g.40gb" for a compute instance inside a slice.
_PROFILE = re.compile(r"(?:(\d+)c\.)?(\d+)g\.\d+gb(?:[+-][\w.+-]+)?")

#: A GPU is cut into seven, but for these models.
_SLICES = 7
_SLICES_OF = {"A30": 4}


def part_of(profile: str, model: str) -> Fraction | None:
    """Which part of its GPU a slice is, by its profile: 3g.40gb is three sevenths. None for what
    is no profile of that model."""
    match = _PROFILE.fullmatch(profile)
    if not match:
        return None
    count = int(match[1] or match[2])
    whole = next((n for name, n in _SLICES_OF.items() if name in re.split(r"\W+", model)), _SLICES)
    return Fraction(count, whole) if 1 <= count <= whole else None


def shares(weight: int, parts: Iterable[Fraction]) -> list[int]:
    """A GPU's weight cut into its slices. Rounded so that slices that fill it have all of it: the
    nth share is the difference of two sums, each rounded down. What exceeds the GPU has nothing."""
    cut, total, found = 0, Fraction(0), []
    for part in parts:
        total = min(total + part, Fraction(1))
        upto = weight * total.numerator // total.denominator
        found.append(upto - cut)
        cut = upto
    return found
