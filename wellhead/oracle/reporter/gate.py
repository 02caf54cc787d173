"""Who may ask the service, how often, and for how much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import Request

from wellhead.oracle import requests, wire
from wellhead.oracle.reporter.config import LimitTable
from wellhead.oracle.reporter.limits import Limiter

#: Bytes of a body that count as one request.
PIECE = 64 * 1024
#: Bytes of looks in the store that count as one request where they are asked for: to make lines of
#: them takes as long as to answer another question.
GIVEN_PIECE = 8 * 1024
#: Addresses that raw samples are on their way to at once. A year's largest hour has some 20 MiB.
MOST_GIVEN = 4


class Turned(Exception):  # noqa: N818
    """A request that goes no further."""

    def __init__(self, status: int, reason: wire.Reason, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.refused = wire.Refused(reason=reason, detail=detail)


class Gate:
    """Who may come in, how often and with how much."""

    def __init__(
        self,
        reporter: str,
        limits: LimitTable,
        now: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._reporter, self._now = reporter, now
        self._most = limits.max_body_bytes
        self._accounts = Limiter(limits.account, clock)
        self._addresses = Limiter(limits.address, clock)
        self._given: set[str] = set()

    def admit(self, request: Request) -> None:
        """Anybody, by the address that they come from."""
        self._charge_address(request, 1)

    async def body_of(self, request: Request) -> bytes:
        """The body of a request that is signed; what is too long, or more than its address may
        send, is not read to its end."""
        body = bytearray()
        pieces = 0
        async for part in request.stream():
            body += part
            if len(body) > self._most:
                raise Turned(413, "malformed", f"a body has at most {self._most:,} bytes")
            # Keys cost nothing, so the account alone would be no limit.
            if len(body) // PIECE > pieces:
                self._charge_address(request, len(body) // PIECE - pieces)
                pieces = len(body) // PIECE
        # As it came: what is signed is not the decoded form.
        target = bytes(request.scope.get("raw_path") or request.url.path.encode())
        if request.scope["query_string"]:
            target += b"?" + request.scope["query_string"]
        try:
            account = requests.sender_of(
                request.headers,
                request.method,
                target.decode("latin-1"),
                int(self._now()),
                self._reporter,
                bytes(body),
            )
        except requests.BadRequest as error:
            raise Turned(401, "unsigned", str(error)) from error
        if not self._accounts.allows(account, 1 + len(body) // PIECE):
            raise Turned(429, "busy", f"too many requests by {account}: wait a minute")
        return bytes(body)

    def charge_for(self, request: Request, stored: int) -> None:
        """For raw samples, of which so many bytes are in the store."""
        self._charge_address(request, stored // GIVEN_PIECE)

    @contextmanager
    def giving(self, request: Request) -> Iterator[None]:
        """While raw samples are made for a request, and on their way: to each address once at a
        time, and to few of them, since they take memory until they are taken."""
        address = _address_of(request)
        if address in self._given or len(self._given) >= MOST_GIVEN:
            raise Turned(429, "busy", "raw samples are given already, here or to others: ask again")
        self._given.add(address)
        try:
            yield
        finally:
            self._given.remove(address)

    def _charge_address(self, request: Request, cost: int) -> None:
        if not self._addresses.allows(_address_of(request), cost):
            raise Turned(429, "busy", "too many requests from this address: wait a minute")


def _address_of(request: Request) -> str:
    return request.client.host if request.client else ""
