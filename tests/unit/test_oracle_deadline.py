"""HTTP exchanges end when their time is over, however the other side goes about it."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import httpcore
import httpx
import pytest

from tests.support.oracle_bench import ME
from tests.support.trickle import BODY, HEADER, LONG, PAGE, RECORD, SHORT, SOME, WHOLE, trickling
from wellhead.oracle import deadline
from wellhead.oracle.client import ReporterClient, ReporterUnreachable
from wellhead.oracle.deadline import exchange, http_client, within


@pytest.mark.parametrize("first", [b"", HEADER, BODY], ids=["status", "header", "body"])
def test_an_answer_that_trickles_in_is_given_up(first: bytes) -> None:
    with trickling(first) as slow, http_client(SHORT) as http:
        with pytest.raises(httpx.TimeoutException):
            http.get(slow.url)
        assert slow.left(1) == 1


def test_a_single_requests_timeout_is_for_the_whole_of_it_too() -> None:
    with (
        trickling(BODY) as slow,
        http_client() as http,
        http.stream("GET", slow.url, timeout=SOME) as answer,
    ):
        assert answer.status_code == 200
        with pytest.raises(httpx.ReadTimeout):
            answer.read()


def test_a_handshake_that_trickles_in_is_given_up() -> None:
    with trickling(RECORD) as slow, http_client(SHORT) as http, pytest.raises(httpx.ConnectTimeout):
        http.get(slow.url.replace("http:", "https:"))


def test_a_question_that_is_taken_bit_by_bit_is_given_up() -> None:
    with trickling(b"") as slow, http_client(SHORT) as http, pytest.raises(httpx.WriteTimeout):
        http.post(slow.url, content=bytes(2**27))


def test_several_exchanges_in_one_time() -> None:
    """No exchange and no block within it lengthens it, and it stands for what is in it only."""
    with trickling() as slow, http_client(LONG) as http:
        with within(SHORT):
            with within(LONG), pytest.raises(httpx.TimeoutException):
                http.get(slow.url)
            with pytest.raises(httpx.PoolTimeout, match="timed out"):
                http.get(slow.url)
        with pytest.raises(httpx.ReadTimeout):
            http.get(slow.url, timeout=SOME)


def test_without_a_timeout_only_what_stands_around_it_counts() -> None:
    late = pytest.raises(httpx.TimeoutException)
    with trickling() as slow, http_client() as http, within(SHORT), late:
        http.get(slow.url, timeout=None)


def test_other_failures_are_httpxs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with trickling(WHOLE) as whole, trickling(b"no HTTP\r\n\r\n") as other, http_client() as http:
        for _ in range(2):
            assert http.get(whole.url).content == PAGE
        with pytest.raises(httpx.RemoteProtocolError):
            http.get(other.url)
        with pytest.raises(httpx.ConnectError, match="refused"):
            http.get("http://127.0.0.1:1/", timeout=None)
        with pytest.raises(httpx.ConnectError):
            http.get("http://nowhere.invalid/")
        with pytest.raises(httpx.UnsupportedProtocol):
            http.get("ftp://127.0.0.1/")


@pytest.mark.parametrize("host", ["reporter..example.com", f"{'a' * 64}.example"])
def test_what_can_be_no_name_of_a_host_has_no_address(host: str) -> None:
    with http_client() as http, pytest.raises(httpx.ConnectError, match="is no name of a host"):
        http.get(f"http://{host}/")


def test_what_no_name_can_be_decoded_from_is_no_address() -> None:
    url = "http://me:secret@xn--.example/"
    with http_client() as http, pytest.raises(httpx.InvalidURL, match="no name of a host in it"):
        exchange(http, "GET", url, 1)
    with ReporterClient(url, ME) as client, pytest.raises(ReporterUnreachable, match="no name of"):
        client.health()


def test_nothing_is_kept_of_an_answer() -> None:
    """Whoever is asked could have cookies kept for good, and sent with every question."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        cookies = [("set-cookie", f"{number}={'x' * 4000}; path=/") for number in range(3)]
        return httpx.Response(200, headers=cookies)

    with http_client(transport=httpx.MockTransport(answer)) as http:
        for _ in range(2):
            http.get("http://127.0.0.1/")
        assert list(http.cookies.jar) == []
    assert ["cookie" in request.headers for request in asked] == [False, False]


def test_certificates_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")  # what httpx trusts, whatever is set here
    made: list[ssl.SSLContext] = []
    pool = httpcore.ConnectionPool

    def noted(*, ssl_context: ssl.SSLContext, **others: Any) -> httpcore.ConnectionPool:
        made.append(ssl_context)
        return pool(ssl_context=ssl_context, **others)

    monkeypatch.setattr(httpcore, "ConnectionPool", noted)
    http_client().close()
    (context,) = made
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


class Silent(httpcore.NetworkBackend, httpcore.NetworkStream):
    """Every address but the one that is there takes all the time that it is given."""

    def __init__(self, there: str = "") -> None:
        self.clock, self.there = 0.0, there
        self.asked: list[tuple[str, float | None]] = []

    def connect_tcp(self, host: str, port: int, timeout: Any = None, *_: Any) -> Any:
        self.asked.append((host, timeout))
        if host != self.there:
            self.clock += timeout
            raise httpcore.ConnectTimeout("timed out")
        return self

    def start_tls(self, context: ssl.SSLContext, host: Any = None, timeout: Any = None) -> Any:
        self.asked.append((host, timeout))
        return self


@pytest.mark.parametrize("there", ["", "::3"])
def test_all_addresses_of_a_name_share_the_time(
    monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    """And a handshake has what they leave."""
    plain, backend = Silent(there), deadline._Backend()
    backend._plain = plain  # type: ignore[assignment]
    found = [(0, 0, 0, "", (place, 80)) for place in ("127.0.0.1", "127.0.0.2", "::3", "::4")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(deadline, "monotonic", lambda: plain.clock)
    with within(2.0):
        if there:
            stream = backend.connect_tcp("reporter.example", 80, 30.0)
            stream.start_tls(ssl.create_default_context(), "reporter.example", 30.0)
        else:
            with pytest.raises(httpcore.ConnectTimeout):
                backend.connect_tcp("reporter.example", 80, 30.0)
    last = ("reporter.example", 1.0) if there else ("::4", 0.5)
    assert plain.asked == [*((name, 0.5) for name in ("127.0.0.1", "127.0.0.2", "::3")), last]
