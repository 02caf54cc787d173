"""Servers that answer byte by byte, and never end by themselves what they began."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep

#: Seconds that are given, and that are given where something else must be done in them; and those
#: after which a trickle ends by itself: who waits for that hears of no timeout.
SHORT, SOME, LONG = 0.2, 1.0, 10.0
HEADER = b"HTTP/1.1 200 OK\r\nX-Filler: "
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
#: The head of a TLS record of 16 KiB: the client waits for all of it.
RECORD = b"\x16\x03\x03\x40\x00"
PAGE = b'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-1",Hostname="node"} 50\n'
WHOLE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE


class Trickle:
    """Answers every connection with `first`, and then a byte every now and then."""

    def __init__(self, first: bytes) -> None:
        self._first = first
        self._server = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._over = threading.Condition()
        self._left = self._ended = 0
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self._threads.append(threading.Thread(target=self._speak, args=(connection,)))
                self._threads[-1].start()

    def left(self, count: int) -> int:
        """Once so many connections are over: how many were closed by the other side."""
        with self._over:
            assert self._over.wait_for(lambda: self._ended >= count, 2 * LONG)
            return self._left

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def _speak(self, connection: socket.socket) -> None:
        end = monotonic() + LONG
        with connection, suppress(OSError):
            connection.sendall(self._first)
            connection.setblocking(False)
            while monotonic() < end:
                connection.send(b"a")
                sleep(0.02)
                with suppress(BlockingIOError):
                    if not connection.recv(2**18):
                        break
        with self._over:
            self._ended += 1
            self._left += monotonic() < end
            self._over.notify_all()


@contextmanager
def trickling(first: bytes = HEADER) -> Iterator[Trickle]:
    found = Trickle(first)
    thread = threading.Thread(target=found.serve)
    thread.start()
    try:
        yield found
    finally:
        found.close()
        thread.join()
        found.wait()
