"""The reporter over HTTP: signed requests in, what `wellhead.oracle.wire` says out.

Every request may be made again: what was taken is not taken twice, and what was signed is answered
with the same signature.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from typing import Annotated, TypeVar

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from wellhead.actions.settings import sentence
from wellhead.oracle import wire
from wellhead.oracle.reporter.config import LimitTable
from wellhead.oracle.reporter.database import StoreFull
from wellhead.oracle.reporter.gate import Gate, Turned
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.view import Unready

log = logging.getLogger("wellhead.reporter")

#: Seconds in which raw samples must be taken once they are made, and bytes that are handed on at a
#: time.
GIVEN_S, PART = 60.0, 256 * 1024

Body = TypeVar("Body", bound=BaseModel)
ClusterId = Annotated[int, Query(ge=1, lt=2**32)]
HourNumber = Annotated[int, Query(ge=0, lt=2**24)]
ClusterPart = Annotated[int, Path(ge=1, lt=2**32)]
HourPart = Annotated[int, Path(ge=0, lt=2**24)]
WordPart = Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$")]


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
    making = asyncio.Lock()  # raw samples, which are work
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

        def dumped() -> bytes | None:
            found = reporter.raw_samples(cluster, hour)
            return None if found is None else found.model_dump_json().encode()

        async def made() -> bytes:
            stored = await run_in_threadpool(reporter.stored_bytes, cluster, hour)
            gate.charge_for(request, stored)
            async with making:
                found = await run_in_threadpool(dumped)
            if found is None:
                raise Turned(
                    404, "unknown", f"no samples of hour {hour} of cluster {cluster} are here"
                )
            return found

        return _Given(gate.giving(request), made)

    @app.post("/heartbeats")
    async def heartbeat(request: Request) -> Response:
        body = _parsed(wire.HeartbeatBody, await asked(request))
        return _answer(wire.Taken(taken=await run_in_threadpool(reporter.heartbeat, body)))

    return app


class _Given(Response):
    """A large answer, which is made, and handed on as fast as it is taken, while `turn` lasts: who
    does not take it in time gets no more of it."""

    def __init__(
        self, turn: AbstractContextManager[None], made: Callable[[], Awaitable[bytes]]
    ) -> None:
        super().__init__(media_type="application/json")
        self._turn, self._made = turn, made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._turn:
            self.body = await self._made()
            self.init_headers()
            with suppress(TimeoutError):
                async with asyncio.timeout(GIVEN_S):
                    await self._hand_on(send)

    async def _hand_on(self, send: Send) -> None:
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        for begin in range(0, len(self.body), PART):
            part = self.body[begin : begin + PART]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


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
