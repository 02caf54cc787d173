"""The reporter over HTTP, in this process: who may ask, how much, and what is answered when
something is in the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.support.oracle_views import (
    DOMAIN,
    GENESIS,
    NOW,
    REPORTERS,
    STRANGER,
    FakeView,
    measured,
)
from wellhead.chain import KeyAccount, dev_account
from wellhead.oracle import requests, wire
from wellhead.oracle.client import ReporterClient, ReporterRefused
from wellhead.oracle.measurements import Proposal, recovered
from wellhead.oracle.reporter.config import LimitTable
from wellhead.oracle.reporter.database import StoreFull
from wellhead.oracle.reporter.limits import MOST_BUCKETS, Limiter, Rate
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.service import make_app
from wellhead.oracle.reporter.store import Store

ME = REPORTERS[0]
ALL = f"/measurements?cluster=1&begin={GENESIS}&end={NOW}"
THREE = [measured(who) for who in range(3)]


class Bridge(httpx.BaseTransport):
    """Requests to an application in this process; what it raises stays with it."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answer() -> httpx.Response:
            response = await self._transport.handle_async_request(request)
            return httpx.Response(
                response.status_code, headers=response.headers, content=await response.aread()
            )

        return asyncio.run(answer())


@dataclass
class Site:
    """A service and the means to ask it. `clock` is the limits', `now` the machine's time."""

    reporter: Reporter
    view: FakeView
    store: Store
    limits: LimitTable
    now: int = 1_800_000_000
    clock: float = 0.0
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        app = make_app(self.reporter, self.limits, lambda: self.now, lambda: self.clock)
        self._bridge = Bridge(app)
        self.http = httpx.Client(base_url="http://testserver", transport=self._bridge)

    def client(self, account: KeyAccount = STRANGER) -> ReporterClient:
        """A client whose clock is right."""
        return ReporterClient("http://testserver", account, transport=self._bridge)

    def ask(
        self,
        method: str = "GET",
        target: str = ALL,
        body: bytes = b"",
        *,
        account: KeyAccount = STRANGER,
        age: int = 0,
        signed_for: Mapping[str, Any] = MappingProxyType({}),
    ) -> httpx.Response:
        """A request that is signed for these values; `signed_for` changes some."""
        headers = requests.headers_for(
            account,
            **{
                "method": method,
                "target": target,
                "time_s": self.now - age,
                "reporter": ME.address,
                "body": body,
                **signed_for,
            },
        )
        return self.http.request(method, target, content=body, headers=headers)


def refused(response: httpx.Response) -> wire.Refused:
    assert "Traceback" not in response.text
    return wire.Refused.model_validate_json(response.content)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    yield from sites(tmp_path, monkeypatch)


def sites(folder: Path, monkeypatch: pytest.MonkeyPatch, **limits: int) -> Iterator[Site]:
    view = FakeView()
    store = Store(folder / "store", DOMAIN, ME.address)
    reporter = Reporter(ME, store, view)
    made = Site(reporter, view, store, LimitTable(**limits))
    # Clients sign with the machine's time.
    monkeypatch.setattr("wellhead.oracle.client.time.time_ns", lambda: made.now * 10**9)
    yield made
    reporter.close()


def test_measurements_are_taken_shown_and_signed(site: Site) -> None:
    client = site.client()
    assert client.reporter == ME.address
    assert client.push(THREE) == 3
    assert client.push(THREE) == 0
    assert set(client.measurements(1, GENESIS, NOW)) == set(THREE)
    proposal = Proposal.of(THREE)
    signature = client.grant(proposal)
    assert recovered(proposal.digest(DOMAIN), signature) == ME.address
    assert client.grant(proposal) == signature
    assert client.signed_batch(1, GENESIS).proposal() == proposal


def test_a_refusal_says_why(site: Site) -> None:
    client = site.client()
    client.push([measured(3, 9_000)])
    with pytest.raises(ReporterRefused, match="1 more measurements of hour") as caught:
        client.grant(Proposal.of(THREE))
    assert caught.value.refused.reason == "incomplete"
    assert [body.signed() for body in caught.value.refused.missing] == [measured(3, 9_000)]
    with pytest.raises(ReporterRefused) as caught:
        client.grant_recount(Proposal.of(THREE))
    assert caught.value.refused.reason == "not_contested"
    text = site.http.get("/metrics").text
    assert 'wellhead_reporter_refused_total{kind="report",reason="incomplete"} 1.0' in text
    assert 'refused_total{kind="recount",reason="not_contested"} 1.0' in text


def test_health_and_metrics_are_for_everybody(site: Site) -> None:
    health = wire.Health.model_validate_json(site.http.get("/health").content)
    assert (health.reporter, health.ok, health.is_signer) == (ME.address, True, True)
    assert (health.chain_id, health.oracle) == (DOMAIN.chain_id, DOMAIN.oracle)
    page = site.http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "wellhead_reporter_problems 0.0" in page.text


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", ALL),
        ("POST", "/measurements"),
        ("POST", "/batches"),
        ("POST", "/recounts"),
        ("GET", f"/batches/1/{GENESIS}"),
        ("GET", f"/samples/1/{GENESIS}"),
        ("POST", "/heartbeats"),
    ],
)
def test_everything_else_must_be_signed(site: Site, method: str, target: str) -> None:
    response = site.http.request(method, target, content=b"" if method == "GET" else b"{}")
    assert response.status_code == 401
    assert refused(response).reason == "unsigned"
    assert "it needs the headers" in refused(response).detail


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "POST"},
        {"target": ALL.replace("end", "begin")},
        {"reporter": REPORTERS[1].address},
        {"body": b"something else"},
        {"time_s": 0},
    ],
)
def test_a_request_is_signed_for_what_it_asks(site: Site, changed: dict[str, Any]) -> None:
    assert site.ask().status_code == 200
    assert site.ask(signed_for=changed).status_code == 401


@pytest.mark.parametrize(("age", "status"), [(300, 200), (-300, 200), (301, 401), (-301, 401)])
def test_a_request_that_is_replayed_too_late_is_refused(site: Site, age: int, status: int) -> None:
    assert site.ask(age=age).status_code == status


def test_somebody_elses_signature_is_none(site: Site) -> None:
    headers = requests.headers_for(STRANGER, "GET", ALL, site.now, ME.address)
    headers[requests.ACCOUNT] = ME.address
    response = site.http.get(ALL, headers=headers)
    assert (response.status_code, refused(response).reason) == (401, "unsigned")
    headers[requests.SIGNATURE] = "0xzz"
    assert site.http.get(ALL, headers=headers).status_code == 401


def test_a_replayed_request_does_nothing_twice(site: Site) -> None:
    body = wire.Measurements.of(THREE).model_dump_json().encode()
    answers = [site.ask("POST", "/measurements", body).json() for _ in range(2)]
    assert answers == [{"taken": 3}, {"taken": 0}]
    batch = wire.Batch.of(Proposal.of(THREE)).model_dump_json().encode()
    first, second = (site.ask("POST", "/batches", batch) for _ in range(2))
    assert first.status_code == 200
    assert first.content == second.content


@pytest.mark.parametrize(
    ("method", "target", "body", "said"),
    [
        ("POST", "/batches", b"", "no Batch"),
        ("POST", "/batches", b"[]", "no Batch"),
        ("POST", "/batches", b'{"samples": [], "measurements": []}', "samples"),
        ("POST", "/batches", b'{"samples": ["0x1"], "measurements": []}', "samples.0"),
        ("POST", "/measurements", b'{"measurements": [{}]}', "is missing"),
        ("POST", "/measurements", b'{"measurements": [], "more": 1}', "more: is not known here"),
        ("POST", "/heartbeats", b'{"lease_id": 0}', "lease_id"),
        ("GET", "/measurements?cluster=1&begin=5", b"", "query.end: Field required"),
        ("GET", "/measurements?cluster=x&begin=5&end=6", b"", "query.cluster"),
        ("GET", f"/measurements?cluster={2**32}&begin=5&end=6", b"", "query.cluster"),
        ("GET", "/measurements?cluster=1&begin=6&end=6", b"", "ask for 1 to 512 hours, not 0"),
        ("GET", "/measurements?cluster=1&begin=0&end=513", b"", "1 to 512 hours, not 513"),
        ("GET", f"/samples/1/{2**64}", b"", "path.hour"),
    ],
)
def test_what_has_another_shape_is_refused(
    site: Site, method: str, target: str, body: bytes, said: str
) -> None:
    response = site.ask(method, target, body)
    assert response.status_code == 422
    assert refused(response).reason == "malformed"
    assert said in refused(response).detail


def test_what_is_not_there_is_not_found(site: Site) -> None:
    for target in (f"/batches/1/{GENESIS}", f"/samples/1/{GENESIS}", "/nowhere"):
        response = site.ask(target=target)
        assert (response.status_code, refused(response).reason) == (404, "unknown")
    response = site.ask("DELETE", "/batches")
    assert response.status_code == 405
    assert refused(response).reason == "unknown"
    for page in ("/docs", "/redoc", "/openapi.json"):
        assert site.http.get(page).status_code == 404


def test_a_body_that_is_too_long_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for site in sites(tmp_path, monkeypatch, max_body_bytes=2048):
        response = site.ask("POST", "/measurements", b" " * 2048)
        assert response.status_code == 422  # read, and no JSON
        response = site.ask("POST", "/measurements", b" " * 2049)
        assert (response.status_code, refused(response).reason) == (413, "malformed")
        assert "at most 2,048 bytes" in refused(response).detail


def test_an_account_that_asks_too_much_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for site in sites(tmp_path, monkeypatch, account_burst=3, account_per_minute=60):
        assert [site.ask().status_code for _ in range(4)] == [200, 200, 200, 429]
        response = site.ask()
        assert refused(response).reason == "busy"
        assert STRANGER.address in refused(response).detail
        assert site.ask(account=ME).status_code == 200
        site.clock += 1
        assert [site.ask().status_code for _ in range(2)] == [200, 429]
        # Bad requests are not held against the account that they name.
        for _ in range(5):
            assert site.ask(account=dev_account(8), body=b"", method="GET", age=999).status_code
        assert site.ask(account=dev_account(8)).status_code == 200
        # A long body counts as several.
        site.clock += 60
        assert site.ask("POST", "/measurements", b" " * 2 * 65536).status_code == 422
        assert site.ask().status_code == 429


def test_an_address_that_asks_too_much_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for site in sites(tmp_path, monkeypatch, address_burst=2, address_per_minute=60):
        found = [site.http.get("/health").status_code for _ in range(3)]
        assert found == [200, 200, 429]
        for response in (site.ask(), site.http.get("/metrics"), site.http.get(ALL)):
            assert (response.status_code, refused(response).reason) == (429, "busy")
        site.clock += 1
        assert site.http.get("/health").status_code == 200


def test_an_address_that_sends_too_much_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever signs: keys cost nothing. And whether anybody does."""
    for site in sites(tmp_path, monkeypatch, address_burst=10, address_per_minute=60):
        body = b" " * 3 * 65536
        for account in (STRANGER, dev_account(8)):
            assert site.ask("POST", "/measurements", body, account=account).status_code == 422
        response = site.ask("POST", "/measurements", body, account=dev_account(9))
        assert (response.status_code, refused(response).reason) == (429, "busy")
        assert "from this address" in refused(response).detail
        site.clock += 3
        assert site.ask("POST", "/measurements", body, age=999).status_code == 401
        assert site.http.get("/health").status_code == 429
        site.clock += 1
        assert site.http.get("/health").status_code == 200


def test_buckets_fill_with_time_and_are_forgotten() -> None:
    clock = [0.0]
    limiter = Limiter(Rate(per_minute=60, burst=2), lambda: clock[0])
    assert [limiter.allows("a") for _ in range(3)] == [True, True, False]
    assert limiter.allows("b")
    clock[0] = 0.5
    assert not limiter.allows("a")
    clock[0] = 1.0
    assert limiter.allows("a")
    clock[0] = 1000.0
    assert [limiter.allows("a", 2), limiter.allows("a")] == [True, False]
    clock[0] = 2000.0
    assert [limiter.allows("a", 99), limiter.allows("a")] == [True, False]
    for number in range(MOST_BUCKETS):
        limiter.allows(number)
    assert limiter.allows("a")


def test_without_a_node_it_is_unready(site: Site) -> None:
    site.view.is_down = True
    batch = wire.Batch.of(Proposal.of(THREE)).model_dump_json().encode()
    for response in (
        site.ask("POST", "/measurements", wire.Measurements.of(THREE).model_dump_json().encode()),
        site.ask("POST", "/batches", batch),
        site.ask("POST", "/recounts", batch),
    ):
        assert (response.status_code, refused(response).reason) == (503, "unready")
        assert refused(response).detail == "no node answers at http://127.0.0.1:1"
    assert site.http.get("/health").json()["ok"] is False
    assert site.http.get("/metrics").status_code == 200
    site.view.is_down = False
    assert site.ask("POST", "/batches", batch).status_code == 200


def test_without_room_it_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreFull("nothing can be written to the store: database or disk is full")

    monkeypatch.setattr(site.store, "lock", full)
    batch = wire.Batch.of(Proposal.of(THREE)).model_dump_json().encode()
    response = site.ask("POST", "/batches", batch)
    assert (response.status_code, refused(response).reason) == (507, "unready")
    assert "disk is full" in refused(response).detail


def test_no_traceback_leaves(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(site.store, "seen", broken)
    response = site.ask()
    assert (response.status_code, refused(response).reason) == (500, "unready")
    assert "secret" not in response.text


def test_each_answer_is_what_the_wire_says(site: Site) -> None:
    site.client().push(THREE)
    site.client().grant(Proposal.of(THREE))
    for target, kind in ((ALL, wire.Measurements), (f"/batches/1/{GENESIS}", wire.Batch)):
        response = site.ask(target=target)
        assert response.headers["content-type"] == "application/json"
        assert json.loads(kind.model_validate_json(response.content).model_dump_json()) == (
            response.json()
        )
