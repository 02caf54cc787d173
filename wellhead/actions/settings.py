"""What is wrong with settings that a person wrote, in a sentence."""

from __future__ import annotations

from pydantic import ValidationError


def sentence(error: ValidationError) -> str:
    """What is wrong with the first value that is, by its place."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    said = {
        "missing": "is missing",
        "extra_forbidden": "is not known here",
    }.get(first["type"], first["msg"].removeprefix("Value error, "))
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{place + ': ' if place else ''}{said}{more}"
