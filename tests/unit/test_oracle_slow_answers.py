"""Whoever answers byte by byte keeps nobody from hearing the others: reporters among themselves,
relays, and what looks at clusters."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from time import monotonic

import pytest

from tests.support.oracle_bench import ME
from tests.support.oracle_views import DOMAIN, GENESIS, REPORTERS, measured
from tests.support.relay_rooms import KEY, Room, hour
from tests.support.relays import ASKING
from tests.support.trickle import BODY, HEADER, LONG, SHORT, SOME, WHOLE, Trickle, trickling
from wellhead.oracle import deadline
from wellhead.oracle.client import ReporterClient, ReporterUnreachable
from wellhead.oracle.deadline import http_client
from wellhead.oracle.measurements import Signed
from wellhead.oracle.relay import collect as collecting
from wellhead.oracle.relay.collect import Panel, Peer, Pool, collect
from wellhead.oracle.reporter.peers import AT_ONCE, REST, Peers
from wellhead.oracle.sources import DcgmConfig, PrometheusConfig, SourceError, make_source

# Reporters among themselves


@pytest.fixture
def late() -> Signed:
    return measured(3)


def peers_of(
    monkeypatch: pytest.MonkeyPatch, slow: Trickle, heard: Signed, clock: list[float]
) -> Peers:
    """A peer that trickles, and one that answers at once."""
    good, ask = "http://127.0.0.1:1", ReporterClient.measurements

    def answer(client: ReporterClient, *asked: int) -> list[Signed]:
        return [heard] if client.url == good else ask(client, *asked)

    monkeypatch.setattr(ReporterClient, "measurements", answer)
    return Peers([slow.url, good], ME, lambda: clock[0], patience=SOME / 2)


def test_a_slow_peer_keeps_nobody_from_hearing_the_others(
    monkeypatch: pytest.MonkeyPatch, late: Signed
) -> None:
    clock = [0.0]
    with trickling() as slow:
        peers = peers_of(monkeypatch, slow, late, clock)
        for _ in range(2 * AT_ONCE + 1):
            assert peers.measurements(1, GENESIS, GENESIS + 1) == [late]
            assert peers.silent() == [slow.url]
            clock[0] += REST
        assert slow.left(2 * AT_ONCE + 1) == 2 * AT_ONCE + 1
        peers.close()


def test_many_questions_at_once_wait_for_a_slow_peer_in_its_own_queue(
    monkeypatch: pytest.MonkeyPatch, late: Signed
) -> None:
    with trickling() as slow, ThreadPoolExecutor(12) as threads:
        peers = peers_of(monkeypatch, slow, late, [0.0])
        asked = [threads.submit(peers.measurements, 1, GENESIS, GENESIS + 1) for _ in range(12)]
        assert [one.result() for one in asked] == [[late]] * 12
        assert peers.silent() == [slow.url]
        assert slow.left(AT_ONCE) >= AT_ONCE
        peers.close()


def test_a_peer_whose_turn_did_not_come_is_not_called_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Earlier questions take its time: what becomes of this one says nothing of it."""
    asked: list[str] = []
    monkeypatch.setattr(ReporterClient, "measurements", lambda client, *_: asked.append(client.url))
    peers = Peers(["http://127.0.0.1:1"], ME, lambda: 0.0, patience=0.01)
    ((client, workers),) = peers._workers.items()
    free = threading.Event()
    busy = [workers.submit(free.wait) for _ in range(AT_ONCE)]
    assert peers.measurements(1, 0, 1) == []
    free.set()
    wait(busy)
    assert peers._ask(client, 1, 0, 1, now=0.0, until=monotonic()) == []
    assert asked == peers.silent() == []
    peers.close()


def test_who_a_peer_is_and_what_it_saw_are_asked_in_one_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends: list[float] = []

    def noted(client: ReporterClient, *_: int) -> list[Signed]:
        ends.append(deadline._UNTIL.get())
        return []

    monkeypatch.setattr(ReporterClient, "measurements", noted)
    peers = Peers(["http://127.0.0.1:1"], ME, patience=LONG)
    begin = monotonic()
    assert peers.measurements(1, 0, 1) == []
    peers.close()
    (end,) = ends
    assert begin + LONG <= end <= monotonic() + LONG


# Relays


@pytest.fixture
def room(tmp_path: Path) -> Room:
    found = Room(tmp_path)
    for desk in found.desks:
        desk.measure(hour())
    return found


def collected(room: Room, panel: Panel) -> int:
    """How many measurements of the hour a round finds."""
    pool = Pool(DOMAIN, room.view.signing, [KEY], {}, room.warnings.append)
    collect(panel, pool, [KEY])
    return pool.count(KEY)


def test_a_relays_round_ends_though_a_reporter_trickles(room: Room) -> None:
    """One does so whatever it is asked, one once it has said who it is."""
    with trickling() as slow:
        first, second = (ReporterClient(slow.url, ASKING, timeout=SHORT) for _ in range(2))
        honest = [desk.client() for desk in room.desks[:4]]
        panel = Panel([*honest, first], room.view.signing, room.warnings.append)
        assert len(panel.peers) == 4
        second._reporter = REPORTERS[4].address
        panel.peers.append(Peer(REPORTERS[4].address, second))
        assert collected(room, panel) == 4
        assert [peer.client for peer in panel.peers] == honest
        assert room.warnings == [f"no reporter answers at {slow.url}: timed out"] * 2
        first.close()
        second.close()


def test_all_questions_of_a_round_share_a_reporters_time(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "PATIENCE", SHORT)
    with trickling() as slow, ReporterClient(slow.url, ASKING, timeout=2 * LONG) as client:
        panel = Panel([], room.view.signing, room.warnings.append)
        client._reporter = REPORTERS[4].address
        panel.peers.append(Peer(REPORTERS[4].address, client))
        assert collected(room, panel) == 0
        assert panel.peers == []
        assert room.warnings == [f"no reporter answers at {slow.url}: timed out"]


def test_a_reporter_that_trickles_is_none_that_answers() -> None:
    with trickling() as slow, ReporterClient(slow.url, ASKING, timeout=SHORT) as client:
        for ask in (client.health, lambda: client.measurements(1, 0, 1)):
            with pytest.raises(ReporterUnreachable, match="timed out"):
                ask()


# Sources


@pytest.mark.parametrize("first", [HEADER, BODY], ids=["header", "body"])
def test_an_exporter_that_trickles_shows_nothing_and_the_others_are_seen(
    first: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with trickling(first) as slow, trickling(WHOLE) as whole, http_client() as http:
        config = DcgmConfig(urls=[slow.url, whole.url], timeout_s=2 * SOME)
        (moment,) = make_source(config, lambda: 100, http).read(100, 101)
        assert [reading.device for reading in moment.readings] == ["GPU-1"]
        place = slow.url.removeprefix("http://")
        assert f"{place} shows nothing: timed out" in caplog.text


def test_a_prometheus_that_trickles_does_not_answer() -> None:
    with trickling() as slow, http_client() as http:
        config = PrometheusConfig(url=slow.url, timeout_s=SHORT)
        with pytest.raises(SourceError, match=r"no Prometheus answers at .*: timed out"):
            make_source(config, lambda: 100, http).read(0, 100)
