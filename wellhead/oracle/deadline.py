"""HTTP exchanges that end, in time and in bytes.

A timeout of httpx is for every single read: who sends a byte now and then holds whoever asked for
as long as it likes. With the client made here a timeout is for the whole exchange, from its turn in
the pool to the last byte of the answer, and `within` bounds several exchanges together. An answer
may be as large as memory, too: `exchange` reads so much of it and no more.

What it does not bound is how long the machine's own resolver takes for a name.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from time import monotonic
from types import MappingProxyType
from typing import Any

import httpcore
import httpx

#: When what is under way must have ended, seconds by `monotonic`.
_UNTIL: ContextVar[float] = ContextVar("until", default=inf)

#: What httpcore raises where an exchange fails; httpx has exceptions of the same names.
_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


def http_client(timeout: float = 5.0, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client whose timeouts, this one and those of single requests, are for whole exchanges,
    seconds. It asks no proxy: those are for the outside world, and whom the oracle asks is
    addressed directly. And it takes no cookies, which would be kept for good."""
    nobodys = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(
        timeout=timeout, trust_env=False, transport=transport or Exchanges(), cookies=nobodys
    )


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All exchanges in this block, taken together, end so many seconds from now, with
    httpx.TimeoutException where they are not done. A block around it may end them sooner."""
    with _ending(monotonic() + seconds):
        yield


class TooLarge(httpx.HTTPError):
    """An answer is larger than whoever asked reads, or could become so."""


def exchange(
    http: httpx.Client,
    method: str,
    url: str,
    most: int,
    headers: Mapping[str, str] = MappingProxyType({}),
    **options: Any,
) -> httpx.Response:
    """Ask, with httpx's `options`, and read the whole answer, which has `most` bytes at most:
    TooLarge where there are more, without reading on, and httpx.InvalidURL where that is none.

    It is asked for as it is, and what comes compressed all the same is not unpacked: one read of it
    can become any size.
    """
    asked = {**headers, "accept-encoding": "identity"}
    try:
        request = http.build_request(method, url, headers=asked, **options)
    except UnicodeError as error:
        raise httpx.InvalidURL("there is no name of a host in it") from error
    with closing(http.send(request, stream=True)) as answer:
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise TooLarge("its answer is compressed, and may be of any size")
        body = bytearray()
        for part in answer.iter_bytes():
            body += part
            if len(body) > most:
                raise TooLarge(f"its answer has more than {most:,} bytes")
    return httpx.Response(
        answer.status_code, headers=answer.headers, content=bytes(body), request=request
    )


class Exchanges(httpx.BaseTransport):
    """httpx's own transport, but for the time that an exchange may take in all."""

    def __init__(self) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeout = request.extensions.get("timeout", {}).get("read")
        with _ending(inf if timeout is None else monotonic() + timeout), _failing_as_httpx():
            left = _left(None, httpcore.PoolTimeout)
            kinds = ("connect", "read", "write", "pool")
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={**request.extensions, "timeout": dict.fromkeys(kinds, left)},
                )
            )
            return httpx.Response(
                answer.status,
                headers=answer.headers,
                stream=_Body(answer, _UNTIL.get()),
                extensions=answer.extensions,
            )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """An answer's body, which is read after the transport gave the answer: the time goes on."""

    def __init__(self, answer: httpcore.Response, until: float) -> None:
        self._answer, self._until = answer, until

    def __iter__(self) -> Iterator[bytes]:
        parts = iter(self._answer.iter_stream())
        while True:
            with _ending(self._until), _failing_as_httpx():
                part = next(parts, None)
            if part is None:
                return
            yield part

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore.NetworkBackend):
    """Connections on which nothing takes longer than what is left."""

    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        places = _places_of(host, port)
        for number, place in enumerate(places):
            left = _left(timeout, httpcore.ConnectTimeout)
            # A name may have many addresses; one that is silent leaves time for the others.
            share = None if left is None else left / (len(places) - number)
            try:
                stream = self._plain.connect_tcp(place, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream)
        raise failure


class _Stream(httpcore.NetworkStream):
    def __init__(self, plain: httpcore.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # One send at a time: httpcore's own write begins anew with every part that goes out.
        plain, rest = self._plain.get_extra_info("socket"), memoryview(buffer)
        try:
            while rest:
                plain.settimeout(_left(timeout, httpcore.WriteTimeout))
                rest = rest[plain.send(rest) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._plain.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)


def _places_of(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order, as numbers."""
    numbers = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [socket.getnameinfo(place, numbers)[0] for *_, place in found]
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    except UnicodeError as error:  # a part of it is empty, too long, or not what its prefix says
        raise httpcore.ConnectError(f"{host} is no name of a host") from error


def _left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    """Seconds that the next step may take, `timeout` at most; None where nothing bounds it."""
    left = min(_UNTIL.get() - monotonic(), inf if timeout is None else timeout)
    if left <= 0:
        raise late("timed out")
    return None if left == inf else left


@contextmanager
def _ending(until: float) -> Iterator[None]:
    token = _UNTIL.set(min(until, _UNTIL.get()))
    try:
        yield
    finally:
        _UNTIL.reset(token)


@contextmanager
def _failing_as_httpx() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__)
        raise kind(str(error)) from error
