"""Comparing what a contract returns with what was sent."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> Any:
    """Structs as tuples of their fields, in the ABI's order, as they are encoded."""
    if isinstance(value, dict):
        return tuple(plain(field) for field in value.values())
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    return value
