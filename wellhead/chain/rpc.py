"""JSON-RPC over one kept connection."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import unquote, urlsplit

import certifi
from urllib3 import HTTPConnectionPool, PoolManager
from urllib3.exceptions import HTTPError, LocationValueError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOut
from urllib3.util import parse_url

#: Connections that are kept, where several threads ask the same node.
_KEPT = 20


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
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all, and nobody knows where in it a key is
        return f"{url.partition('://')[0]}://..."
    host = parts.netloc.rpartition("@")[2]
    if not host or (host == parts.netloc and parts.path in ("", "/") and not parts.query):
        return url
    return f"{parts.scheme}://{host}/..."


def _by_id(body: Any) -> dict[Any, dict[str, Any]]:
    """The answers of a batch, if it is one."""
    listed = body if isinstance(body, list) else []
    return {answer.get("id"): answer for answer in listed if isinstance(answer, dict)}


def _reason(error: HTTPError) -> str:
    """Why there was no answer, in the system's own words where it has any."""
    if isinstance(error, TimedOut) and not isinstance(error, NewConnectionError):
        return "timed out"
    told = error.__cause__ or (error.args or [error])[-1]
    return str(told) or type(told).__name__


@dataclass(frozen=True)
class _Node:
    """Where an address leads: connections, which are opened when they are needed, the path behind
    them, and what every request says of itself."""

    url: str
    connections: HTTPConnectionPool
    path: str
    headers: dict[str, str]


class Rpc:
    """A node: `rpc("eth_chainId")`. Every answer is the node's, undecoded."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        self._timeout = timeout
        self._node: _Node | None = None
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
        if self._node is not None:
            self._node.connections.close()

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _post(self, body: Any) -> Any:
        sent = json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
        try:
            return json.loads(self._exchange(sent))
        except HTTPError as error:
            raise NodeUnreachable(self.url, _reason(error)) from error
        except ValueError as error:
            raise NodeUnreachable(self.url, "the answer is not JSON") from error

    def _exchange(self, sent: bytes) -> bytes:
        """One request, and what came back."""
        node = self._node
        if node is None or node.url != self.url:
            self.close()
            node = self._node = self._addressed()
        response = node.connections.urlopen("POST", node.path, sent, node.headers, redirect=False)
        if not 200 <= response.status < 300:
            raise HTTPError(f"status {response.status} {response.reason or ''}".rstrip())
        return response.data

    def _addressed(self) -> _Node:
        """Proxies of the environment are for the outside world: no pool of urllib3 asks for one."""
        address = parse_url(self.url)
        if address.scheme not in ("http", "https") or not address.host:
            raise LocationValueError("its address is not http:// or https:// and a host")
        headers = {
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/json",
            "User-Agent": "wellhead",
        }
        if address.auth is not None:
            user, _, password = address.auth.partition(":")
            known = f"{unquote(user)}:{unquote(password)}".encode()
            headers["Authorization"] = f"Basic {b64encode(known).decode()}"
        pools = PoolManager(
            timeout=self._timeout, maxsize=_KEPT, retries=False, ca_certs=certifi.where()
        )
        connections = pools.connection_from_url(self.url)
        return _Node(self.url, connections, address.request_uri, headers)

    @staticmethod
    def _result(method: str, answer: dict[str, Any]) -> Any:
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer["result"]
