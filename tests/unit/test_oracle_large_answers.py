"""No answer fills memory: of one that is larger than any honest one, so much is read and no more,
and it counts like none."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.support.oracle_bench import ME
from tests.support.oracle_views import GENESIS, measured
from tests.support.trickle import PAGE, WHOLE, trickling
from wellhead.oracle import client as client_module
from wellhead.oracle import wire
from wellhead.oracle.client import ReporterClient, ReporterUnreachable
from wellhead.oracle.deadline import TooLarge, exchange, http_client
from wellhead.oracle.measurements import Proposal
from wellhead.oracle.readings import Moment, Reading, lines_of
from wellhead.oracle.reporter.peers import Peers
from wellhead.oracle.sources import DcgmConfig, PrometheusConfig, SourceError, make_source
from wellhead.oracle.sources import dcgm as dcgm_module
from wellhead.oracle.sources import prometheus as prometheus_module
from wellhead.oracle.sources.dcgm import DcgmSource
from wellhead.oracle.sources.dcgm_fields import Shown

URL = "http://node:9400/metrics"
MOST = 1000


class Endless(httpx.SyncByteStream):
    """A body without an end; `given` bytes were taken of it."""

    def __init__(self, part: int) -> None:
        self.part, self.given, self.is_closed = b" " * part, 0, False

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.given += len(self.part)
            yield self.part

    def close(self) -> None:
        self.is_closed = True


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer))


def endless(part: int) -> tuple[Endless, httpx.MockTransport]:
    body = Endless(part)
    return body, httpx.MockTransport(lambda _: httpx.Response(200, stream=body))


# What is read


@pytest.mark.parametrize("size", [0, MOST, MOST + 1])
def test_an_answer_is_read_up_to_its_bound(size: int) -> None:
    http = answering(lambda _: httpx.Response(404, content=b"x" * size, headers={"a": "b"}))
    if size > MOST:
        with pytest.raises(TooLarge, match="its answer has more than 1,000 bytes"):
            exchange(http, "GET", URL, MOST)
        return
    answer = exchange(http, "GET", URL, MOST)
    assert (answer.status_code, answer.content, answer.headers["a"]) == (404, b"x" * size, "b")
    with pytest.raises(httpx.HTTPStatusError):
        answer.raise_for_status()


def test_what_has_no_end_is_let_go() -> None:
    body, transport = endless(300)
    with pytest.raises(TooLarge):
        exchange(httpx.Client(transport=transport), "GET", URL, MOST)
    assert (body.given, body.is_closed) == (1200, True)


def test_a_connection_that_is_let_go_keeps_no_other_from_being_asked() -> None:
    with trickling(WHOLE) as whole, http_client() as http:
        for _ in range(2):
            with pytest.raises(TooLarge):
                exchange(http, "GET", whole.url, len(PAGE) - 1)
            assert exchange(http, "GET", whole.url, len(PAGE)).content == PAGE


def test_nothing_is_unpacked() -> None:
    """A million bytes of nothing are a thousand on the way, and a thousand millions if it was
    compressed twice."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        headers = {"content-encoding": "gzip, gzip"}
        packed = gzip.compress(gzip.compress(bytes(2**20)))
        return httpx.Response(200, stream=httpx.ByteStream(packed), headers=headers)

    with pytest.raises(TooLarge, match="its answer is compressed"):
        exchange(answering(answer), "POST", URL, 2**30, {"x-some": "1"}, content=b"body")
    (request,) = asked
    assert (request.method, request.content) == ("POST", b"body")
    assert (request.headers["accept-encoding"], request.headers["x-some"]) == ("identity", "1")


def test_what_says_that_it_is_not_compressed_is_read() -> None:
    headers = {"content-encoding": "identity"}
    http = answering(lambda _: httpx.Response(200, content=PAGE, headers=headers))
    assert exchange(http, "GET", URL, MOST).content == PAGE


# Who asks


def test_a_reporter_whose_answer_has_no_end_is_none_that_answers() -> None:
    body, transport = endless(2**20)
    with ReporterClient("http://peer", ME, transport=transport) as client:
        asked: list[tuple[int, Callable[[], object]]] = [
            (client_module.MOST_BYTES, client.health),
            (client_module.MOST_BYTES, lambda: client.measurements(1, 0, 1)),
        ]
        for most, question in asked:
            body.given = 0
            with pytest.raises(ReporterUnreachable, match=f"its answer has more than {most:,} "):
                question()
            assert body.given == most + 2**20


def test_raw_samples_have_a_bound_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MOST_RAW_BYTES", 2**21)
    body, transport = endless(2**20)
    with ReporterClient("http://peer", ME, transport=transport) as client:
        client._reporter = ME.address
        with pytest.raises(ReporterUnreachable, match="more than 2,097,152 bytes"):
            client.raw_samples(1, GENESIS)
    assert body.given == 3 * 2**20


def test_a_peer_whose_answer_has_no_end_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    body, transport = endless(2**20)
    monkeypatch.setattr(client_module, "http_client", lambda *_: httpx.Client(transport=transport))
    peers = Peers(["http://peer"], ME)
    assert peers.measurements(1, GENESIS, GENESIS + 1) == []
    assert peers.silent() == ["http://peer"]
    assert "no reporter answers at http://peer: its answer has more than 16,777,216" in caplog.text
    assert body.given == client_module.MOST_BYTES + 2**20
    peers.close()


def test_a_prometheus_whose_answer_has_no_end_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prometheus_module, "MOST_BYTES", 2**21)
    body, transport = endless(2**20)
    source = make_source(
        PrometheusConfig(url="http://me:secret@prom:9090"),
        lambda: 100,
        httpx.Client(transport=transport),
    )
    said = r"no Prometheus answers at prom:9090: its answer has more than 2,097,152 bytes"
    with pytest.raises(SourceError, match=said):
        source.read(0, 100)
    assert body.given == 3 * 2**20


def test_an_exporter_that_compresses_unasked_shows_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        packed = httpx.ByteStream(gzip.compress(PAGE))
        return httpx.Response(200, stream=packed, headers={"content-encoding": "gzip"})

    source = make_source(DcgmConfig(urls=[URL]), lambda: 100, answering(answer))
    assert source.read(100, 101) == [Moment(100)]
    assert "node:9400 shows nothing: its answer is compressed" in caplog.text


def test_pages_are_read_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many exporters one cluster has: the largest page takes seconds to read."""
    http = answering(lambda _: httpx.Response(200, content=PAGE))
    source = DcgmSource(DcgmConfig(urls=[URL, URL]), lambda: 100, http)
    turns: list[bool] = []

    def shown_in(*_: object) -> list[Shown]:
        turns.append(source._turn.locked())
        return []

    monkeypatch.setattr(dcgm_module, "shown_in", shown_in)
    assert source.read(100, 101) == [Moment(100)]
    assert (turns, source._turn.locked()) == ([True, True], False)


# What has room


def test_the_largest_honest_answers_have_room() -> None:
    gpus = 4096 * 8  # as many as a source can be told of
    listed = [measured(0)] * wire.MOST_MEASUREMENTS
    one = wire.MeasurementBody.of(measured(0)).model_dump_json()
    words = Proposal.of([measured(0)]).samples * wire.MOST_SAMPLES
    batch = wire.Batch.of(Proposal(words, tuple(listed)))
    refused = wire.Refused(reason="signed", detail="", batch=batch).model_dump_json()
    assert wire.MOST_MEASUREMENTS * len(one) < len(refused) < client_module.MOST_BYTES // 4

    uuid = "GPU-c2f76b33-7953-256e-8f33-1343419b1a1c"
    reading = Reading(
        uuid,
        serial="1654623001234",
        model="NVIDIA H100 80GB HBM3",
        active_ppm=10**6,
        tensor_ppm=10**6,
        power_mw=10**6,
        energy_mj=10**15,
    )
    line = lines_of(Moment(1_780_000_000, (reading,)))[1].decode()
    raw = wire.RawSamples(
        measurement=wire.MeasurementBody.of(measured(0)), booked=1, late=[], attested=1, lines=[]
    ).model_copy(update={"lines": [line] * 100})
    assert len(raw.model_dump_json()) // 100 * 61 * gpus < client_module.MOST_RAW_BYTES

    values = ",".join(['[1780000000,"12345678901234567"]'] * prometheus_module.MOST_STEPS)
    series = f'{{"metric":{{{" " * 1024}}},"values":[{values}]}},'
    assert len(series) * gpus < prometheus_module.MOST_BYTES
