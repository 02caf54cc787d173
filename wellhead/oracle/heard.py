"""What others said, as it may stand in a log or in a sentence: how long it is, and what a terminal
would obey in it, is theirs to choose."""

from __future__ import annotations

from wellhead.printable import printable

#: Characters that are shown of it.
MOST = 200


def heard(said: object, most: int = MOST) -> str:
    """It on one line, so that it can make up no other, without what a terminal would obey, and cut
    to `most` characters."""
    text = str(said)
    shown = printable(text[:most]).replace("\n", "\\n")
    return shown if len(text) <= most else f"{shown} ..."
