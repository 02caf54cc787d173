"""How a check says what does not hold."""

from __future__ import annotations


def equal(actual: object, expected: object, what: str) -> None:
    """Raise AssertionError unless both are equal."""
    require(actual == expected, f"{what}: {actual} != {expected}")


def require(holds: bool, numbers: str) -> None:
    """Raise AssertionError with the numbers unless something holds."""
    if not holds:
        raise AssertionError(numbers)
