"""Texts that others wrote, on chain or on a node, as they may be shown."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text without what a terminal would obey: of other than printed characters and the ends of
    lines it shows the codes."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
