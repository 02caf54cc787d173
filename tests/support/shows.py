"""What a test shows: properties of docs/invariants.md, by their ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test")


def shows(*_: str) -> Callable[[Test], Test]:
    """Says so, and does nothing; `tests/unit/test_invariants_page.py` reads it."""
    return lambda test: test
