"""What a node is sent, and what is said where it gives no answer."""

from __future__ import annotations

import gzip
import json
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import certifi
import pytest

from wellhead.chain import NodeUnreachable, Rpc

#: A certificate of localhost that nobody trusts, with its key, until 2126.
CERTIFICATE = Path(__file__).parents[1] / "data" / "tls" / "localhost.pem"
PATIENCE = 30.0


class Node(ThreadingHTTPServer):
    """Answers each call with its parameters, or as the path says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        #: The caller's port, for each request.
        self.callers: list[int] = []
        self.closed, self.released = Event(), Event()

    def handle_error(self, *_: object) -> None:
        """Callers go away, as they are meant to."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Node

    def do_POST(self) -> None:
        node, word = self.server, self.path.strip("/").partition("?")[0]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        node.bodies.append(body)
        node.headers.append({name.lower(): value for name, value in self.headers.items()})
        node.paths.append(self.path)
        node.callers.append(self.client_address[1])
        answer = json.dumps({"id": body["id"], "result": body["params"]}).encode()
        if word == "later":
            node.released.wait(PATIENCE)
        if word == "nothing":
            self.close_connection = True
        elif word.isdigit():
            self._answer(answer, int(word), headers={"Location": "/"})
        elif word == "half":
            self._answer(answer[:5], length=100)
            self.close_connection = True
        elif word == "page":
            self._answer(b"<html>")
        elif word == "noise":
            self._answer(b"\xff\xfe\xfd")
        elif word == "packed":
            self._answer(gzip.compress(answer), headers={"Content-Encoding": "gzip"})
        elif word == "badly-packed":
            self._answer(answer, headers={"Content-Encoding": "gzip"})
        else:
            self._answer(answer)
        if word == "once":
            self.close_connection = True

    def _answer(
        self,
        body: bytes,
        status: int = 200,
        length: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


class _Closing(Node):
    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.closed.set()


@contextmanager
def serving() -> Iterator[Node]:
    with _Closing() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def served() -> Iterator[Node]:
    with serving() as server:
        yield server


@pytest.fixture
def node(served: Node) -> Node:
    for seen in (served.bodies, served.headers, served.paths, served.callers):
        seen.clear()
    served.closed.clear()
    return served


def refused(url: str, **options: float) -> str:
    """What is said of a node that gives no answer, behind its address."""
    with pytest.raises(NodeUnreachable) as caught:
        Rpc(url, **options)("eth_chainId")
    said, _, reason = str(caught.value).partition(": ")
    assert said.startswith("no node answers at ")
    return reason


def test_a_call_is_one_request(node: Node) -> None:
    assert Rpc(f"http://{node.host}/v1/key?a=%20b&c")("echo", {"to": "ü"}, None) == [
        {"to": "ü"},
        None,
    ]
    assert node.paths == ["/v1/key?a=%20b&c"]
    (body,), (headers,) = node.bodies, node.headers
    assert body == {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "echo",
        "params": [{"to": "ü"}, None],
    }
    assert headers["content-type"] == "application/json"
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("before", "known"),
    [
        ("us%40er:p%3Aw@", "us@er:p:w"),
        ("user@", "user:"),
        ("übel:gößen@", "übel:gößen"),
        (":secret@", ":secret"),
    ],
)
def test_an_address_may_say_who_asks(node: Node, before: str, known: str) -> None:
    Rpc(f"http://{before}{node.host}/a b#c")("echo")
    assert node.headers[0]["authorization"] == f"Basic {b64encode(known.encode()).decode()}"
    assert node.headers[0]["host"] == node.host
    assert node.paths == ["/a%20b"]


def test_proxies_of_the_environment_are_not_for_nodes(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert Rpc(f"http://{node.host}")("echo") == []


def test_one_connection_is_kept(node: Node) -> None:
    rpc = Rpc(f"http://{node.host}")
    for number in range(5):
        assert rpc("echo", number) == [number]
    assert len(set(node.callers)) == 1
    rpc.close()
    assert node.closed.wait(PATIENCE)
    with pytest.raises(NodeUnreachable, match="closed"):
        rpc("echo")


def test_what_the_node_closed_is_opened_anew(node: Node) -> None:
    """As a node does with connections that nobody used for a while: without a word."""
    rpc = Rpc(f"http://{node.host}/once")
    for number in range(3):
        node.closed.clear()
        assert rpc("echo", number) == [number]
        assert node.closed.wait(PATIENCE)
    assert len(set(node.callers)) == 3


def test_a_node_may_move(node: Node) -> None:
    rpc = Rpc("http://127.0.0.1:1")
    with pytest.raises(NodeUnreachable, match=r"answers at http://127\.0\.0\.1:1: "):
        rpc("echo", 1)
    rpc.url = f"http://{node.host}/here"
    assert rpc("echo", 2) == [2]
    rpc.url = f"http://{node.host}/there"
    assert rpc("echo", 3) == [3]
    assert node.paths == ["/here", "/there"]


def test_many_threads_may_ask(node: Node) -> None:
    rpc = Rpc(f"http://{node.host}")
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: rpc("echo", number), range(200)))
    assert answers == [[number] for number in range(200)]
    assert len({body["id"] for body in node.bodies}) == 200


def test_a_packed_answer_is_unpacked(node: Node) -> None:
    assert Rpc(f"http://{node.host}/packed")("echo", 7) == [7]
    assert "gzip" in node.headers[0]["accept-encoding"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("301", "status 301 Moved Permanently"),
        ("404", "status 404 Not Found"),
        ("429", "status 429 Too Many Requests"),
        ("503", "status 503 Service Unavailable"),
        ("204", "the answer is not JSON"),
        ("page", "the answer is not JSON"),
        ("noise", "the answer is not JSON"),
        ("nothing", "Remote end closed connection without response"),
        ("half", "IncompleteRead(5 bytes read, 95 more expected)"),
        ("badly-packed", "Error -3 while decompressing data: incorrect header check"),
    ],
)
def test_what_is_no_answer_is_said(node: Node, path: str, reason: str) -> None:
    assert refused(f"http://{node.host}/{path}?key=secret") == reason
    assert node.paths == [f"/{path}?key=secret"]  # once: a transaction must not be sent twice


def test_a_node_is_not_waited_for_forever(node: Node) -> None:
    assert refused(f"http://{node.host}/later", timeout=0.05) == "timed out"
    node.released.set()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1", "[Errno 111] Connection refused"),
        ("http://[::1]:1/", ""),  # refused, or no such network
        ("http://nowhere.invalid", ""),  # in the resolver's words
        ("ftp://127.0.0.1", "its address is not http:// or https:// and a host"),
        ("ws://127.0.0.1:8545", "its address is not http:// or https:// and a host"),
        ("127.0.0.1:8545", "its address is not http:// or https:// and a host"),
        ("localhost:8545/x", "its address is not http:// or https:// and a host"),
        ("nonsense", "its address is not http:// or https:// and a host"),
        ("", "its address is not http:// or https:// and a host"),
        ("http://", "its address is not http:// or https:// and a host"),
        ("http:///path", "its address is not http:// or https:// and a host"),
        ("http://127.0.0.1:99999", "Failed to parse"),
        ("http://127.0.0.1:port", "Failed to parse"),
        ("http://exa mple", "Failed to parse"),
        ("http://a\nb", "Failed to parse"),
        ("http://.example", "Failed to parse"),
    ],
)
def test_what_is_no_address_is_said(url: str, reason: str) -> None:
    said = refused(url)
    assert said.startswith(reason)
    assert said


def test_a_broken_address_keeps_its_key() -> None:
    with pytest.raises(NodeUnreachable) as caught:
        Rpc("https://user:secret@[::1/v1/key")("eth_chainId")
    assert str(caught.value).startswith("no node answers at https://...: ")
    assert "secret" not in str(caught.value)
    assert "key" not in str(caught.value)


def test_certificates_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with serving() as server:
        url = f"https://localhost:{server.server_port}"
        assert "SSL" in refused(url)  # it speaks no TLS
        server.socket = context.wrap_socket(server.socket, server_side=True)
        assert "certificate verify failed" in refused(url)
        monkeypatch.setattr(certifi, "where", lambda: str(CERTIFICATE))
        assert Rpc(url)("echo", 1) == [1]
        assert "certificate verify failed" in refused(f"https://{server.host}")  # another name
    assert [body["method"] for body in server.bodies] == ["echo"]
