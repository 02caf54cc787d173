"""The reporter over HTTP: signed requests in, what `wellhead.oracle.wire` says out.

Every request may be made again: what was taken is not taken twice, and what was signed is answered
with the same signature.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from wellhead.actions.settings import sentence
from wellhead.oracle import requests, wire
from wellhead.oracle.reporter.config import LimitTable
from wellhead.oracle.reporter.database import StoreFull
from wellhead.oracle.reporter.limits import Limiter
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.view import Unready

log = logging.getLogger("wellhead.reporter")

#: Bytes of a body that count as one request.
PIECE = 64 * 1024

Body = TypeVar("Body", bound=BaseModel)
ClusterId = Annotated[int, Query(ge=1, lt=2**32)]
HourNumber = Annotated[int, Query(ge=0, lt=2**24)]
ClusterPart = Annotated[int, Path(ge=1, lt=2**32)]
HourPart = Annotated[int, Path(ge=0, lt=2**24)]
WordPart = Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$")]


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

    def _charge_address(self, request: Request, cost: int) -> None:
        if not self._addresses.allows(request.client.host if request.client else "", cost):
            raise Turned(429, "busy", "too many requests from this address: wait a minute")


def make_app(
    reporter: Reporter,
    limits: LimitTable,
    now: Callable[[], float] = time.time,
    clock: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """The service. `now` is unix time and judges the times of requests, `clock` the limits' own."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        reporter.start()
        yield
        await run_in_threadpool(reporter.close)

    # A page with the API's schema would load scripts from elsewhere; the schema is `wire`.
    app = FastAPI(openapi_url=None, lifespan=lifespan)
    gate = Gate(reporter.address, limits, now, clock)
    _refuse_with_sentences(app)

    async def asked(request: Request) -> bytes:
        gate.admit(request)
        return await gate.body_of(request)

    @app.get("/health")
    async def health(request: Request) -> Response:
        gate.admit(request)
        return _answer(await run_in_threadpool(reporter.health))

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:
        gate.admit(request)
        text = await run_in_threadpool(reporter.metrics_text)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/measurements")
    async def measurements(
        request: Request, cluster: ClusterId, begin: HourNumber, end: HourNumber
    ) -> Response:
        await asked(request)
        if not begin < end <= begin + wire.MOST_SAMPLES:
            raise Turned(
                422, "malformed", f"ask for 1 to {wire.MOST_SAMPLES} hours, not {end - begin}"
            )
        found = await run_in_threadpool(reporter.measurements, cluster, begin, end)
        if len(found) > wire.MOST_MEASUREMENTS:
            raise Turned(422, "malformed", f"{len(found)} measurements: ask for fewer hours")
        return _answer(wire.Measurements.of(found))

    @app.post("/measurements")
    async def take(request: Request) -> Response:
        body = _parsed(wire.Measurements, await asked(request))
        signed = [item.signed() for item in body.measurements]
        return _answer(wire.Taken(taken=await run_in_threadpool(reporter.take, signed)))

    @app.post("/batches")
    async def grant(request: Request) -> Response:
        body = _parsed(wire.Batch, await asked(request))
        return _answer(await run_in_threadpool(reporter.grant, "report", body))

    @app.post("/recounts")
    async def recount(request: Request) -> Response:
        body = _parsed(wire.Batch, await asked(request))
        return _answer(await run_in_threadpool(reporter.grant, "recount", body))

    @app.get("/batches/{cluster}/{hour}")
    async def signed_batch(request: Request, cluster: ClusterPart, hour: HourPart) -> Response:
        await asked(request)
        found = await run_in_threadpool(reporter.signed_batch, cluster, hour)
        if found is None:
            raise Turned(404, "unknown", f"nothing was signed for hour {hour} of cluster {cluster}")
        return _answer(found)

    @app.get("/signed/{digest}")
    async def signed_under(request: Request, digest: WordPart) -> Response:
        await asked(request)
        found = await run_in_threadpool(reporter.signed_under, bytes.fromhex(digest[2:]))
        if found is None:
            raise Turned(404, "unknown", f"nothing was signed under {digest}")
        return _answer(found)

    @app.get("/samples/{cluster}/{hour}")
    async def samples(request: Request, cluster: ClusterPart, hour: HourPart) -> Response:
        await asked(request)
        found = await run_in_threadpool(reporter.raw_samples, cluster, hour)
        if found is None:
            raise Turned(404, "unknown", f"no samples of hour {hour} of cluster {cluster} are here")
        return _answer(found)

    @app.post("/heartbeats")
    async def heartbeat(request: Request) -> Response:
        body = _parsed(wire.HeartbeatBody, await asked(request))
        return _answer(wire.Taken(taken=await run_in_threadpool(reporter.heartbeat, body)))

    return app


def _answer(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, media_type="application/json")


def _parsed(kind: type[Body], body: bytes) -> Body:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Turned(422, "malformed", f"no {kind.__name__}: {sentence(error)}") from error


def _refuse_with_sentences(app: FastAPI) -> None:
    """Whatever goes wrong, the answer is `Refused`."""

    def refused(status: int, reason: wire.Reason, detail: str) -> Response:
        return _answer(wire.Refused(reason=reason, detail=detail), status)

    @app.exception_handler(Turned)
    async def turned(request: Request, error: Turned) -> Response:
        return _answer(error.refused, error.status)

    @app.exception_handler(Refusal)
    async def refusal(request: Request, error: Refusal) -> Response:
        return _answer(error.body, 409)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return refused(422, "malformed", f"{place}: {first['msg']}")

    @app.exception_handler(Unready)
    async def unready(request: Request, error: Unready) -> Response:
        return refused(503, "unready", str(error))

    @app.exception_handler(StoreFull)
    async def full(request: Request, error: StoreFull) -> Response:
        return refused(507, "unready", str(error))

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        return refused(error.status_code, "unknown", str(error.detail))

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        # The server logs the traceback; it is nobody else's.
        return refused(500, "unready", "something broke here; the reporter's log says what")
