"""A provider's pool whose nodes are not all at the same block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wellhead.chain import Rpc, RpcError


class Lagging(Rpc):
    """Those nodes that are asked for the `late` methods have no block after `last`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.last: int | None = None
        self.late: set[str] = set()

    def __call__(self, method: str, *params: Any) -> Any:
        return super().__call__(method, *self._late(method, params))

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        return super().batch([(method, self._late(method, params)) for method, params in calls])

    def _late(self, method: str, params: Sequence[Any]) -> list[Any]:
        changed = list(params)
        if self.last is None or method not in self.late:
            return changed
        if method == "eth_getLogs":  # what it does not have it does not miss
            asked = int(params[0]["toBlock"], 16)
            return [{**params[0], "toBlock": hex(min(self.last, asked))}]
        place = {"eth_getBlockByNumber": 0, "eth_call": 1}[method]
        if params[place] == "latest":
            changed[place] = hex(self.last)
        elif int(params[place], 16) > self.last:
            raise RpcError(method, {"code": -32000, "message": "header not found"})
        return changed
