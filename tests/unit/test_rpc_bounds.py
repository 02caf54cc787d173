"""Answers of a node end, in time and in bytes, whatever it sends."""

from __future__ import annotations

import gzip
import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from time import monotonic

import pytest

from tests.support.trickle import BODY, HEADER, LONG, SHORT, trickling
from wellhead.chain import NodeUnreachable, Rpc, connections

ANSWER = b'{"jsonrpc":"2.0","id":1,"result":"0x1"}'


def head(*lines: bytes, body: bytes = b"") -> bytes:
    """An answer's first lines, and its body."""
    return b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", body])


@contextmanager
def saying(*answers: bytes) -> Iterator[tuple[str, list[int]]]:
    """A node that answers so, one request after the other, and then closes; its address, and how
    many requests came on each connection."""
    left, came = list(answers), []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while left:
                connection, _ = server.accept()
                came.append(0)
                with connection, suppress(OSError):
                    while left and _request(connection):
                        came[-1] += 1
                        connection.sendall(left.pop(0))

        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", came
        finally:
            left.clear()
            with suppress(OSError):
                socket.create_connection(server.getsockname()).close()
            thread.join()


def _request(connection: socket.socket) -> bool:
    """Read one request, if there is one."""
    read = b""
    while not read.endswith(b"}"):
        part = connection.recv(2**16)
        if not part:
            return False
        read += part
    return True


def refused(url: str, timeout: float = LONG) -> str:
    with pytest.raises(NodeUnreachable) as caught:
        Rpc(url, timeout)("eth_chainId")
    return str(caught.value).partition(": ")[2]


@pytest.mark.parametrize("first", [HEADER, BODY, b""], ids=["head", "body", "status"])
def test_what_trickles_in_is_not_waited_for(first: bytes) -> None:
    """Every single byte comes in time."""
    with trickling(first) as node:
        begin = monotonic()
        assert refused(node.url, SHORT) == "timed out"
        assert monotonic() - begin < LONG / 2
        assert node.left(1) == 1


def test_a_connection_has_its_time_anew_for_every_answer() -> None:
    whole = head(b"Content-Length: %d" % len(ANSWER), body=ANSWER)
    with saying(whole, whole) as (url, came):
        rpc = Rpc(url, LONG)
        assert rpc("eth_chainId") == "0x1"
        pool = rpc._node.connections  # type: ignore[union-attr]
        # As if most of the time had gone into the first answer.
        pool.pool.queue[-1].sock.settimeout(0.0)  # type: ignore[union-attr]
        assert rpc("eth_chainId") == "0x1"
        rpc.close()
    assert came[0] == 2


PACKED = gzip.compress(ANSWER)
CHUNKED = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (5, ANSWER[:5], len(ANSWER) - 5, ANSWER[5:])


@pytest.mark.parametrize(
    "answer",
    [
        head(b"Content-Length: %d" % len(ANSWER), body=ANSWER),
        head(b"Transfer-Encoding: chunked", body=CHUNKED),
        head(b"Content-Encoding: GZIP", b"Content-Length: %d" % len(PACKED), body=PACKED),
    ],
    ids=["of a length", "in chunks", "packed"],
)
def test_a_connection_is_kept_however_it_is_answered(answer: bytes) -> None:
    with saying(answer, answer) as (url, came):
        rpc = Rpc(url, LONG)
        assert [rpc("eth_chainId"), rpc("eth_chainId")] == ["0x1", "0x1"]
        rpc.close()
    assert came[0] == 2


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    with saying(head(b"Connection: close", body=ANSWER)) as (url, _):
        assert Rpc(url, LONG)("eth_chainId") == "0x1"


MOST = 2**20


@pytest.mark.parametrize(
    "way", ["Content-Length: 2000000", "Transfer-Encoding: chunked", "Connection: close"]
)
def test_an_answer_has_a_size(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_BYTES", MOST)
    body = b" " * 2_000_000
    if "chunked" in way:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with saying(head(way.encode(), body=body)) as (url, came):
        assert refused(url) == "its answer has more than 1,048,576 bytes"
    assert came[0] == 1


def test_it_is_the_size_that_it_unpacks_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_BYTES", MOST)
    packed = gzip.compress(b" " * 64 * MOST)
    lines = (b"Content-Encoding: gzip", b"Content-Length: %d" % len(packed))
    with saying(head(*lines, body=packed)) as (url, _):
        tracemalloc.start()
        try:
            assert refused(url) == "its answer has more than 1,048,576 bytes"
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 8 * MOST


@pytest.mark.parametrize("how", [b"gzip, gzip", b"zstd", b"br", b"compress"])
def test_what_is_packed_otherwise_is_not_unpacked(how: bytes) -> None:
    packed = gzip.compress(PACKED)
    lines = (b"Content-Encoding: " + how, b"Content-Length: %d" % len(packed))
    with saying(head(*lines, body=packed)) as (url, _):
        assert refused(url) == "its answer is packed in a way that was not asked for"
