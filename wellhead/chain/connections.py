"""Connections to a node, whose answers end: in time and in bytes.

A socket's timeout is for every single read: who sends a byte now and then holds whoever asked for
as long as it likes. On a connection from here it is for an answer as a whole, from the moment the
request is sent. And an answer has `MOST_BYTES` at most, unpacked: a little that was packed well
may be more than there is memory.
"""

from __future__ import annotations

from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import socket
from time import monotonic
from typing import Any

import certifi
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

#: Bytes of an answer. The largest by far are the logs of a stretch of blocks, which is halved where
#: they are too many.
MOST_BYTES = 2**28
#: How an answer may be packed.
PACKED = "gzip, deflate"
#: Bytes that are unpacked at once.
_PART = 2**16
#: Connections that are kept, where several threads ask the same node.
_KEPT = 20


def connections_to(url: str, timeout: float) -> HTTPConnectionPool:
    """Connections, which are opened when they are needed. Proxies of the environment are for the
    outside world: no pool of urllib3 asks for one."""
    pools = PoolManager(timeout=timeout, maxsize=_KEPT, retries=False, ca_certs=certifi.where())
    pools.pool_classes_by_scheme = {"http": _Plain, "https": _Secure}
    return pools.connection_from_url(url)


def body_of(response: BaseHTTPResponse) -> bytes:
    """All of an answer of which nothing was read yet; HTTPError where it is too large. Then, as
    where it is not read at all, its connection must be closed."""
    packed = response.headers.get("content-encoding")
    length = getattr(response, "length_remaining", None)
    if packed is None and length is not None and length <= MOST_BYTES:
        return response.read()
    if packed is not None and packed.strip().lower() not in PACKED.split(", "):
        raise HTTPError("its answer is packed in a way that was not asked for")
    parts, size = [], 0
    while part := response.read(_PART):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise HTTPError(f"its answer has more than {MOST_BYTES:,} bytes")
    return b"".join(parts)


class _Ending(RawIOBase):
    """What comes from a connection, until the connection's timeout is over."""

    def __init__(self, plain: RawIOBase, connected: socket, seconds: float) -> None:
        self._plain, self._socket = plain, connected
        self._until = monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        return self._plain.readinto(buffer)

    def close(self) -> None:
        self._plain.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket, *rest: Any, **named: Any) -> None:
        super().__init__(sock, *rest, **named)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp = BufferedReader(_Ending(self.fp.detach(), sock, seconds))


class _PlainConnection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Plain(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _Secure(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
