"""JSON-RPC over one kept connection."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import unquote, urlsplit

from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError, LocationValueError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOut
from urllib3.util import parse_url

from wellhead.chain.answers import is_bytes, is_quantity, is_readable
from wellhead.chain.connections import PACKED, body_of, connections_to


class NodeUnreachable(Exception):  # noqa: N818
    """No node answers at the address, or what answers is no node."""

    def __init__(self, url: str, reason: str) -> None:
        told = reason.replace(url, shown(url))
        super().__init__(f"no node answers at {shown(url)}: {told}")
        self.url = url


class RpcError(Exception):
    """The node answered with an error; `data` holds a revert's bytes where there are any."""

    def __init__(self, method: str, error: Any) -> None:
        told = error if isinstance(error, dict) else {"message": error}
        super().__init__(f"{method}: {told.get('message', told)}")
        self.code = told.get("code")
        self.message = str(told.get("message", ""))
        data = told.get("data")
        if isinstance(data, dict):
            data = data.get("data")
        self.data = data if is_bytes(data) else None


class Unreadable(RpcError):  # noqa: N818
    """The node answered with something else than what the method is for, or the contract with
    something else than what the function gives."""

    def __init__(self, method: str, function: str = "") -> None:
        told = f"the answer{f' to {function}' if function else ''} can not be read"
        super().__init__(method, {"message": told})


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


def _by_id(body: Any) -> dict[int, dict[str, Any]]:
    """The answers of a batch, if it is one."""
    listed = body if isinstance(body, list) else []
    answers = (answer for answer in listed if isinstance(answer, dict))
    return {number: one for one in answers if isinstance(number := one.get("id"), int)}


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
    """A node: `rpc("eth_chainId")`. Every answer is the node's, undecoded, but of the shape that
    the method's answers have; RpcError and NodeUnreachable are all that comes of any other. The
    node has `timeout` seconds for it, and as many for the way there."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        self._timeout = timeout
        self._node: _Node | None = None
        self._ids = count(1)
        #: Calls in one request that the node is known to take, or not known to refuse.
        self._most = 1_000_000

    def __call__(self, method: str, *params: Any) -> Any:
        return self._result(method, params, self._post(self._request(method, params)))

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
                answers += [
                    self._result(one["method"], one["params"], by_id[one["id"]]) for one in requests
                ]
            else:
                self._most = len(part) // 2
        return answers

    def integer(self, method: str, *params: Any) -> int:
        """A call whose answer is a hexadecimal quantity."""
        answer = self(method, *params)
        if not is_quantity(answer):
            raise Unreadable(method)
        return int(answer, 16)

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
        except (ValueError, RecursionError) as error:
            raise NodeUnreachable(self.url, "the answer is not JSON") from error

    def _exchange(self, sent: bytes) -> bytes:
        """One request, and what came back."""
        node = self._node
        if node is None or node.url != self.url:
            self.close()
            node = self._node = self._addressed()
        response = node.connections.urlopen(
            "POST", node.path, sent, node.headers, redirect=False, preload_content=False
        )
        try:
            if not 200 <= response.status < 300:
                raise HTTPError(f"status {response.status} {response.reason or ''}".rstrip())
            return body_of(response)
        except BaseException:
            response.close()
            raise

    def _addressed(self) -> _Node:
        address = parse_url(self.url)
        if address.scheme not in ("http", "https") or not address.host:
            raise LocationValueError("its address is not http:// or https:// and a host")
        headers = {
            "Accept-Encoding": PACKED,
            "Content-Type": "application/json",
            "User-Agent": "wellhead",
        }
        if address.auth is not None:
            user, _, password = address.auth.partition(":")
            known = f"{unquote(user)}:{unquote(password)}".encode()
            headers["Authorization"] = f"Basic {b64encode(known).decode()}"
        connections = connections_to(self.url, self._timeout)
        return _Node(self.url, connections, address.request_uri, headers)

    def _result(self, method: str, params: Sequence[Any], answer: Any) -> Any:
        if not isinstance(answer, dict):
            raise NodeUnreachable(self.url, "the answer is not JSON-RPC")
        error = answer.get("error")
        if error is not None:
            raise RpcError(method, error)
        if "result" not in answer:
            raise NodeUnreachable(self.url, "the answer is not JSON-RPC")
        result = answer["result"]
        if not is_readable(method, params, result):
            raise Unreadable(method)
        return result
