"""What a transaction touches, asked just before it is sent: so the node need keep no old state."""

from __future__ import annotations

from typing import Any, NamedTuple
from unittest.mock import patch

from wellhead.chain import Rpc, UnlockedAccount


class Figure(NamedTuple):
    """A transaction's gas, the storage slots that it reads or writes, and those of them that it
    fills for the first time."""

    gas: int
    slots: int
    filled: int


class Watch:
    """Looks at what the node's accounts send inside, at those transactions whose places are
    given."""

    def __init__(self, places: set[int]) -> None:
        self._places = places
        self.sent: list[str] = []
        self.figures: dict[int, Figure] = {}

    def last(self, hashed: str) -> int:
        """The place of the latest transaction of this hash."""
        return max(place for place, each in enumerate(self.sent) if each == hashed)

    def __enter__(self) -> Watch:
        watch, transact = self, UnlockedAccount.transact

        def watched(
            account: UnlockedAccount, rpc: Rpc, transaction: dict[str, Any]
        ) -> dict[str, Any]:
            seen = len(watch.sent) in watch._places
            body = {"from": account.address, **transaction}
            slots, filled = _slots(rpc, body) if seen else (0, 0)
            mined = transact(account, rpc, transaction)
            if seen:
                watch.figures[len(watch.sent)] = Figure(int(mined["gasUsed"], 16), slots, filled)
            watch.sent.append(mined["transactionHash"])
            return mined

        self._patch = patch.object(UnlockedAccount, "transact", watched)
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()


def _slots(rpc: Rpc, body: dict[str, Any]) -> tuple[int, int]:
    before, change = rpc.batch([_trace(body), _trace(body, diffMode=True)])
    filled = sum(
        slot not in change["pre"].get(address, {}).get("storage", {})
        for address, account in change["post"].items()
        for slot in account.get("storage", {})
    )
    return sum(len(account.get("storage", {})) for account in before.values()), filled


def _trace(body: dict[str, Any], **config: bool) -> tuple[str, list[Any]]:
    options = {"tracer": "prestateTracer", "tracerConfig": config}
    return "debug_traceCall", [body, "latest", options]
