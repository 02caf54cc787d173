"""JSON-RPC over one kept connection."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx


class NodeUnreachable(Exception):  # noqa: N818
    """No node answers at the address, or what answers is no node."""

    def __init__(self, url: str, reason: str) -> None:
        told = reason.replace(url, shown(url))
        super().__init__(f"no node answers at {shown(url)}: {told}")
        self.url = url


class RpcError(Exception):
    """The node answered with an error; `data` holds a revert's bytes where there are any."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        super().__init__(f"{method}: {error.get('message', error)}")
        self.code = error.get("code")
        self.message = str(error.get("message", ""))
        data = error.get("data")
        if isinstance(data, dict):
            data = data.get("data")
        self.data = data if isinstance(data, str) and data.startswith("0x") else None


def shown(url: str) -> str:
    """A node's address as it may be shown and logged: providers put their keys into the rest."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if not host or (host == parts.netloc and parts.path in ("", "/") and not parts.query):
        return url
    return f"{parts.scheme}://{host}/..."


def _by_id(body: Any) -> dict[Any, dict[str, Any]]:
    """The answers of a batch, if it is one."""
    listed = body if isinstance(body, list) else []
    return {answer.get("id"): answer for answer in listed if isinstance(answer, dict)}


class Rpc:
    """A node: `rpc("eth_chainId")`. Every answer is the node's, undecoded."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        # The environment's proxies are for the outside world; a node is addressed directly.
        self._http = httpx.Client(timeout=timeout, trust_env=False)
        self._ids = count(1)
        #: Calls in one request that the node is known to take, or not known to refuse.
        self._most = 1_000_000

    def __call__(self, method: str, *params: Any) -> Any:
        answer = self._post(self._request(method, params))
        if not isinstance(answer, dict):
            raise NodeUnreachable(self.url, "the answer is not JSON-RPC")
        return self._result(method, answer)

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Several calls in one request, answered in their order; the first error is raised.

        A node that does not answer all of them, because they are too many for it or because it
        knows no batches, is asked in halves, down to single calls, and for no more at once later:
        so a call may be made twice.
        """
        answers: list[Any] = []
        while len(answers) < len(calls):
            part = calls[len(answers) : len(answers) + self._most]
            if len(part) == 1:
                method, params = part[0]
                answers.append(self(method, *params))
                continue
            requests = [self._request(method, params) for method, params in part]
            by_id = _by_id(self._post(requests))
            if all(request["id"] in by_id for request in requests):
                answers += [self._result(r["method"], by_id[r["id"]]) for r in requests]
            else:
                self._most = len(part) // 2
        return answers

    def integer(self, method: str, *params: Any) -> int:
        """A call whose answer is a hexadecimal quantity."""
        return int(self(method, *params), 16)

    def now(self) -> int:
        """Chain time: the latest block's timestamp."""
        return int(self("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def close(self) -> None:
        self._http.close()

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _post(self, body: Any) -> Any:
        try:
            response = self._http.post(self.url, json=body)
            response.raise_for_status()
            return response.json()
        except httpx.InvalidURL as error:
            raise NodeUnreachable(self.url, str(error)) from error
        except httpx.HTTPError as error:
            raise NodeUnreachable(self.url, str(error) or type(error).__name__) from error
        except ValueError as error:
            raise NodeUnreachable(self.url, "the answer is not JSON") from error

    @staticmethod
    def _result(method: str, answer: dict[str, Any]) -> Any:
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer["result"]
