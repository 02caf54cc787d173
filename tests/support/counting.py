"""What a command asks of the node: requests, the calls in them, and the bytes of the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from wellhead.chain import Rpc


@dataclass
class Asked:
    """Requests over the wire, the calls that were in them, and the bytes that came back."""

    requests: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    received: int = 0

    @property
    def singles(self) -> int:
        return self.calls.total()


@contextmanager
def counted() -> Iterator[Asked]:
    """Everything that this process asks nodes inside."""
    asked, post, exchange = Asked(), Rpc._post, Rpc._exchange

    def posting(self: Rpc, body: Any) -> Any:
        asked.requests += 1
        asked.calls.update(
            str(one["method"]) for one in (body if isinstance(body, list) else [body])
        )
        return post(self, body)

    def exchanging(self: Rpc, sent: bytes) -> bytes:
        answer = exchange(self, sent)
        asked.received += len(answer)
        return answer

    with patch.object(Rpc, "_post", posting), patch.object(Rpc, "_exchange", exchanging):
        yield asked
