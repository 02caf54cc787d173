"""A strict check of reverts: the custom error's name and every argument, from the raw data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wellhead.chain import Reverted


@contextmanager
def expect_revert(name: str, *arguments: Any) -> Iterator[None]:
    """The block must revert with this error and, if any are given, exactly these arguments."""
    caught = None
    try:
        yield
    except Reverted as error:
        caught = error
    assert caught is not None, f"no revert, wanted {name}"
    assert caught.name == name, f"reverted with {caught}, wanted {name}"
    if arguments:
        assert tuple(caught.arguments.values()) == arguments, f"reverted with {caught}"
