"""The connections of the service: so many at once, and none for nothing.

Each takes one of the files that the process may have open, and without any left a reporter could
neither be asked nor ask its node. So whoever connects must say what it wants within a time, and
take the answer within the same; and where there are too many, the one that has been waited for
longest makes room. Those that ask are let be: how often they may is bounded elsewhere.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterable
from time import monotonic
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Connections at once, and at most one of so many files that the process may have open: the store,
#: the node, the peers and the exporters need some too.
MOST, OF_FILES = 256, 2
#: Connections that are taken in one go. Some such goes begin before the first of one can have made
#: room. And those that wait to be taken.
BATCH, QUEUE = 16, 256
#: Seconds that one may be waited for.
PATIENCE = 30.0

#: What HTTP knows of a side that has not asked, or not said all of its question.
_ASKING = (h11.IDLE, h11.SEND_BODY)


def most_connections() -> int:
    """How many this process may have."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(1, min(MOST, files // OF_FILES))


class Connection(H11Protocol):
    """One of them, as the server has it."""

    most: ClassVar[int] = MOST

    #: When it came, or had its last answer, by `monotonic`.
    since: float

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.since = monotonic()
        if len(self.connections) > self.most:
            self._make_room()

    def on_response_complete(self) -> None:
        self.since = monotonic()
        super().on_response_complete()

    @property
    def is_waited_for(self) -> bool:
        """Whether the other side is to do something: to ask, or to take what is left for it."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered or self.conn.their_state in _ASKING or self.transport.is_closing()

    def drop(self) -> None:
        """End it at once, whatever is not taken yet."""
        self.connections.discard(self)
        self.transport.abort()

    def _make_room(self) -> None:
        waited_for = [other for other in _ours(self.connections) if other.is_waited_for]
        min(waited_for, key=lambda other: other.since).drop()  # this one, if there is no other


def fitting(most: int) -> type[Connection]:
    """The connections of a server that has so many."""
    return type("Connection", (Connection,), {"most": most})


def sweep(connections: Iterable[object]) -> None:
    """Drop those that were waited for too long."""
    for one in _ours(connections):
        if one.is_waited_for and monotonic() - one.since > PATIENCE:
            one.drop()


def _ours(connections: Iterable[object]) -> list[Connection]:
    return [one for one in connections if isinstance(one, Connection)]
