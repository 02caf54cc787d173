"""Reporters for a relay's tests: what they sign and remember is the real thing, what they measure
is what a test says, and they speak through a transport in which anything can go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from pydantic import BaseModel

from tests.support.oracle_views import REPORTERS, FakeView
from tests.support.stage import Stage
from wellhead.chain import KeyAccount, dev_account
from wellhead.model.samples import Sample
from wellhead.oracle import requests, wire
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.client import ReporterClient
from wellhead.oracle.measurements import (
    Kind,
    Measurement,
    Signed,
    sign,
)
from wellhead.oracle.readings import HourSamples
from wellhead.oracle.reporter.policy import Policy
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.store import Own, Store
from wellhead.oracle.reporter.view import NodeView, View

ASKING = dev_account(8)

#: Changes an answer on its way: (method, path, body) to the body that arrives.
Tamper = Callable[[str, str, dict[str, Any]], dict[str, Any]]


class Desk:
    """One reporter. While `is_down` nobody reaches it; `before` is called with each request and
    may raise; `tamper` changes what it answers; what is in `hidden` it does not show by itself."""

    def __init__(self, account: KeyAccount, view: View, folder: Path) -> None:
        self.account = account
        self.view = view
        self.store = Store(folder / f"{account.address}.sqlite", view.domain, account.address)
        self.policy = Policy(self.store, view, account, settle_of=lambda cluster: 0)
        self.is_down = False
        self.before: Callable[[str, str], None] = lambda method, path: None
        self.tamper: Tamper = lambda method, path, body: body
        self.hidden: set[Signed] = set()
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return self.account.address

    @property
    def url(self) -> str:
        return f"http://reporter-{self.address[2:6].lower()}"

    def measure(self, sample: Sample, canaries: int = 0, heartbeats: int = 0) -> Signed:
        """Its own measurement of an hour."""
        signed = self.signed(sample, canaries, heartbeats)
        assert self.store.keep_own(Own(signed, Bookings(0), 0), HourSamples(None, (), (), ()))
        return signed

    def signed(self, sample: Sample, canaries: int = 0, heartbeats: int = 0) -> Signed:
        """Signed, and kept nowhere."""
        made = Measurement(sample, bytes(32), 60, 60, canaries, heartbeats)
        return sign(self.view.domain, made, self.account)

    def client(self, url: str | None = None) -> ReporterClient:
        return ReporterClient(
            url or self.url, ASKING, transport=None if url else httpx.MockTransport(self.handle)
        )

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        self.before(request.method, path)
        if self.is_down:
            raise httpx.ConnectError("connection refused", request=request)
        try:
            answer = self._answer(request.method, path, request)
        except Refusal as refusal:
            return self._response(409, request, refusal.body)
        if answer is None:
            nothing = wire.Refused(reason="unknown", detail="nothing was signed for that hour")
            return self._response(404, request, nothing)
        return self._response(200, request, answer)

    def _response(self, status: int, request: httpx.Request, body: BaseModel) -> httpx.Response:
        told = self.tamper(request.method, request.url.path, body.model_dump())
        return httpx.Response(status, json=told)

    def _answer(self, method: str, path: str, request: httpx.Request) -> BaseModel | None:
        if path == "/health":
            return self._health()
        content = request.read()
        target = request.url.raw_path.decode()
        now = int(request.headers[requests.TIME])
        requests.sender_of(request.headers, method, target, now, self.address, content)
        if (method, path) == ("GET", "/measurements"):
            asked = {name: int(v[0]) for name, v in parse_qs(request.url.query.decode()).items()}
            seen = self.store.seen(asked["cluster"], asked["begin"], asked["end"])
            return wire.Measurements.of(one for one in seen if one not in self.hidden)
        if (method, path) == ("POST", "/measurements"):
            given = wire.Measurements.model_validate_json(content).measurements
            return wire.Taken(taken=self.policy.take(body.signed() for body in given))
        if path in ("/batches", "/recounts"):
            kind: Kind = "report" if path == "/batches" else "recount"
            batch = wire.Batch.model_validate_json(content)
            grant = self.policy.grant(self.policy.prepare(kind, batch))
            return wire.Granted(
                reporter=self.address,
                digest="0x" + grant.digest.hex(),
                signature="0x" + grant.signature.hex(),
            )
        _, _, cluster, hour = path.split("/")
        found = self.store.signed_for("report", (int(cluster), int(hour)))
        return found[1].batch if found else None

    def _health(self) -> wire.Health:
        domain = self.view.domain
        return wire.Health(
            reporter=self.address,
            chain_id=domain.chain_id,
            oracle=domain.oracle,
            ok=True,
            is_signer=None,
            chain_time_s=None,
            skew_s=None,
            clusters=[],
            problems=[],
        )


def desks(folder: Path, view: View | None = None) -> list[Desk]:
    """The five reporters, ascending, on a chain that is none unless there is a view."""
    found = view or FakeView()
    return [Desk(account, found, folder) for account in REPORTERS]


def desks_of(stage: Stage, folder: Path) -> list[Desk]:
    """The stage's reporters."""
    view = NodeView(stage.deployment, lambda: None)
    return [Desk(account, view, folder) for account in stage.reporters]


def measure_all(
    listed: Sequence[Desk], sample: Sample, spread: Sequence[int] = (-2, -1, 0, 1, 2)
) -> None:
    """Every reporter's measurement of an hour, `working` and `available` a little apart."""
    for desk, off in zip(listed, spread, strict=True):
        shifted = replace(
            sample, working=sample.working + off, available=max(sample.available + off, 0)
        )
        desk.measure(replace(shifted, available=min(shifted.available, shifted.working)))


@contextmanager
def served(listed: Sequence[Desk]) -> Iterator[list[str]]:
    """The reporters over HTTP, for a relay in another process; their addresses."""
    servers = [_server(desk) for desk in listed]
    threads = [threading.Thread(target=s.serve_forever, args=(0.02,)) for s in servers]
    for thread in threads:
        thread.start()
    try:
        yield [f"http://127.0.0.1:{server.server_address[1]}" for server in servers]
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def _server(desk: Desk) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            url = f"http://{self.headers['host']}{self.path}"
            request = httpx.Request(
                self.command, url, headers=dict(self.headers), content=self.rfile.read(length)
            )
            try:
                answer = desk.handle(request)
            except httpx.ConnectError:
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
