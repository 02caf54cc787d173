"""Giving raw samples, which are large: to whom, how many at once, and at what price."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI

from tests.support.oracle_bench import ME, Bench, Benches
from tests.support.oracle_views import GENESIS, NOW, STRANGER, looks
from wellhead.oracle import requests, wire
from wellhead.oracle.chain import HOUR
from wellhead.oracle.readings import HourSamples, Moment
from wellhead.oracle.reporter import raws, service
from wellhead.oracle.reporter.config import LimitTable
from wellhead.oracle.reporter.gate import GIVEN_PIECE, MOST_GIVEN
from wellhead.oracle.reporter.service import make_app

TARGET = f"/samples/1/{GENESIS}"
NOW_S = 1_800_000_000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    benches = Benches(tmp_path)
    made = benches(1)
    made.sources[1].moments = looks(GENESIS)
    yield made
    benches.close()


@dataclass
class Visit:
    """A request for raw samples, and what comes of it; `takes` is set while the answer is taken."""

    address: str
    takes: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    body: bytes = b""
    parts: int = 0
    is_whole: bool = False

    async def to(self, app: FastAPI, target: str = TARGET) -> Visit:
        signed = requests.headers_for(STRANGER, "GET", target, NOW_S, ME.address)
        scope = {
            "type": "http",
            "method": "GET",
            "path": target,
            "raw_path": target.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in signed.items()],
            "client": (self.address, 1),
        }
        await app(scope, self._receive, self._send)
        return self

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Any) -> None:
        self.begun.set()
        await self.takes.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self.body += message["body"]
        self.parts += bool(message["body"])
        self.is_whole = not message.get("more_body")

    @property
    def reason(self) -> str:
        return wire.Refused.model_validate_json(self.body).reason


def quick(address: str) -> Visit:
    """One that takes what comes."""
    made = Visit(address)
    made.takes.set()
    return made


def app_of(bench: Bench, **limits: int) -> FastAPI:
    return make_app(bench.reporter, LimitTable(**limits), lambda: NOW_S, lambda: 0.0)


def live(scene: Callable[[], Awaitable[None]]) -> None:
    async def lived() -> None:
        async with asyncio.timeout(60):
            await scene()

    asyncio.run(lived())


def test_an_answer_goes_in_parts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PART", 1000)
    bench.own()

    async def scene() -> None:
        visit = await quick("a").to(app_of(bench))
        given = wire.RawSamples.model_validate_json(visit.body)
        assert (visit.status, visit.is_whole) == (200, True)
        assert given == bench.reporter.raw_samples(1, GENESIS)
        assert visit.parts == -(-len(visit.body) // 1000) > 1

    live(scene)


def test_an_address_is_given_one_at_a_time(bench: Bench) -> None:
    """Until it has taken it, whoever signs for it."""

    async def scene() -> None:
        app, slow = app_of(bench), Visit("a")
        waiting = asyncio.create_task(slow.to(app))
        await slow.begun.wait()
        second = await quick("a").to(app)
        assert (second.status, second.reason) == (429, "busy")
        assert (await quick("b").to(app)).status == 200
        slow.takes.set()
        assert (await waiting).is_whole
        assert (await quick("a").to(app)).status == 200

    live(scene)


def test_few_addresses_are_given_any_at_once(bench: Bench) -> None:
    async def scene() -> None:
        app, slow = app_of(bench), [Visit(str(number)) for number in range(MOST_GIVEN)]
        waiting = [asyncio.create_task(visit.to(app)) for visit in slow]
        for visit in slow:
            await visit.begun.wait()
        assert (await quick("a").to(app)).reason == "busy"
        slow[0].takes.set()
        await waiting[0]
        assert (await quick("a").to(app)).status == 200
        for visit in slow:
            visit.takes.set()
        await asyncio.gather(*waiting)

    live(scene)


def test_who_does_not_take_it_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "GIVEN_S", 0.0)

    async def scene() -> None:
        app = app_of(bench)
        slow = await Visit("a").to(app)
        assert not slow.is_whole
        monkeypatch.setattr(service, "GIVEN_S", 60.0)
        assert (await quick("a").to(app)).is_whole

    live(scene)


def test_what_is_not_there_is_not_given(bench: Bench) -> None:
    async def scene() -> None:
        app = app_of(bench)
        for _ in range(MOST_GIVEN + 1):
            visit = await quick("a").to(app, f"/samples/1/{NOW}")
            assert (visit.status, visit.reason) == (404, "unknown")

    live(scene)


def test_they_are_made_one_after_the_other(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """For whomever: the reporter has other things to do."""
    bench.own()
    whole, stored = bench.reporter.raw_samples, bench.reporter.stored_bytes
    free, making, charged = Event(), [0], [0]

    def raw_samples(cluster: int, hour: int) -> wire.RawSamples | None:
        making[0] += 1
        assert making[0] == 1
        assert free.wait(30)
        found = whole(cluster, hour)
        making[0] -= 1
        return found

    def stored_bytes(cluster: int, hour: int) -> int:
        charged[0] += 1
        return stored(cluster, hour)

    monkeypatch.setattr(bench.reporter, "raw_samples", raw_samples)
    monkeypatch.setattr(bench.reporter, "stored_bytes", stored_bytes)

    async def scene() -> None:
        app = app_of(bench)
        asked = [asyncio.create_task(quick(str(who)).to(app)) for who in range(MOST_GIVEN)]
        while charged[0] < MOST_GIVEN or not making[0]:
            await asyncio.sleep(0)
        for _ in range(100):  # all of them come as far as they can
            await asyncio.sleep(0)
        free.set()
        assert [(await one).status for one in asked] == [200] * MOST_GIVEN

    live(scene)


def test_what_is_large_counts_as_many_requests(bench: Bench) -> None:
    """By what is stored, so that it need not be made to be refused."""
    names = [f"{number:064d}" for number in range(600)]
    bench.sources[1].moments = looks(GENESIS, names)
    bench.view.units_attested = len(names)
    bench.own()
    stored = bench.reporter.stored_bytes(1, GENESIS)
    assert stored == sum(len(raws.packed(look)) for look in bench.sources[1].moments)
    pieces = stored // GIVEN_PIECE
    assert pieces > 2

    async def scene() -> None:
        for burst, status in ((2 * pieces + 1, 429), (2 * pieces + 2, 200)):
            app = app_of(bench, address_burst=burst)
            assert (await quick("a").to(app)).status == 200
            visit = await quick("a").to(app)
            assert visit.status == status
            if status != 200:
                assert "from this address" in json.loads(visit.body)["detail"]
                assert (await quick("b").to(app)).status == 200

    live(scene)


def test_it_can_look_while_it_unpacks(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large takes its time, and nothing is locked meanwhile."""
    bench.own()
    unpacked, store = raws.unpacked, bench.store
    before = store.raws.samples(1, GENESIS)
    times = iter(range(NOW * HOUR, 2**40))

    with ThreadPoolExecutor(1) as looking:

        def slowly(lines: bytes) -> Moment:
            kept = looking.submit(store.raws.add_moment, 2, Moment(next(times)))
            assert kept.result(timeout=30)
            return unpacked(lines)

        monkeypatch.setattr(raws, "unpacked", slowly)
        assert isinstance(before, HourSamples)
        assert store.raws.samples(1, GENESIS) == before
    assert len(store.raws.times(2, 0, 2**40)) == len(before.moments)
