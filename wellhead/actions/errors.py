"""What stops an action before the chain is asked, or instead of it."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818
    """The chain would refuse, or it would be of no use: nothing was sent.

    Named and filled like a contract's custom error, so that both read alike.
    """

    def __init__(self, name: str, **arguments: Any) -> None:
        super().__init__(f"{name}({', '.join(str(value) for value in arguments.values())})")
        self.name = name
        self.arguments = arguments


class BadInput(ValueError):  # noqa: N818
    """A file that was given can not be used: which one, where in it, and why."""


class EvidenceMissing(Exception):  # noqa: N818
    """Nothing is wrong, but what would show it is not at hand; a sentence says what."""


class Unanswered(Exception):  # noqa: N818
    """Somebody who was asked, and is no node, does not answer; a sentence says who."""


class SetupError(Exception):
    """The account, the local node or the deployment is not what the action needs."""
