"""Who connects and asks nothing keeps nobody from asking: with real sockets, on a clock of their
own."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11
import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.support.oracle_bench import Benches
from wellhead.oracle.reporter import connections, run
from wellhead.oracle.reporter.config import ReporterConfig
from wellhead.oracle.reporter.connections import (
    BATCH,
    MOST,
    PATIENCE,
    Connection,
    fitting,
    most_connections,
    sweep,
)

#: How many the server of these tests has room for.
ROOM = 3
GET = b"GET / HTTP/1.1\r\nHost: me\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: me\r\nContent-Length: 2\r\n\r\n"
ANSWER = b"well"


@dataclass
class Guest:
    """Who connected."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def says(self, said: bytes) -> None:
        self.writer.write(said)

    async def hears(self) -> bytes:
        """An answer's body; nothing, once the connection is over."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            return await self.reader.readexactly(len(ANSWER))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return b""


@dataclass
class House:
    """A server, and its clock. What is asked with a body is answered once `free` is set."""

    clock: float = 0.0
    free: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    state: ServerState = field(default_factory=ServerState)
    port: int = 0
    guests: list[Guest] = field(default_factory=list)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        if scope["method"] == "POST":
            self.asked.release()
            await self.free.wait()
        headers = [(b"content-length", str(len(ANSWER)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": ANSWER})

    async def guest(self, said: bytes = b"") -> Guest:
        """One that the server knows of."""
        found = Guest(*await asyncio.open_connection("127.0.0.1", self.port))
        self.guests.append(found)
        name = found.writer.get_extra_info("sockname")
        await self.until(lambda: name in self.names or self.is_full)
        found.says(said)
        return found

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0)

    @property
    def names(self) -> set[tuple[str, int] | None]:
        return {one.client for one in self.kept}

    @property
    def is_full(self) -> bool:
        """Of those that are not waited for."""
        return sum(not one.is_waited_for for one in self.kept) == ROOM

    @property
    def kept(self) -> list[Connection]:
        return [one for one in self.state.connections if isinstance(one, Connection)]

    def at(self, clock: float) -> None:
        self.clock = clock
        sweep(self.state.connections)


def live(monkeypatch: pytest.MonkeyPatch, scene: Callable[[House], Awaitable[None]]) -> None:
    async def lived() -> None:
        house = House()
        monkeypatch.setattr(connections, "monotonic", lambda: house.clock)
        config = uvicorn.Config(
            house.app,
            http=fitting(ROOM),
            ws="none",
            interface="asgi3",
            log_config=None,
            timeout_keep_alive=3600,
        )
        config.load()

        def come() -> asyncio.Protocol:
            kind: Any = config.http_protocol_class
            made: asyncio.Protocol = kind(config=config, server_state=house.state, app_state={})
            return made

        server = await asyncio.get_running_loop().create_server(come, "127.0.0.1", 0)
        house.port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(30):
            await scene(house)
        server.close()
        for guest in house.guests:
            guest.writer.transport.abort()
        await house.until(lambda: not house.kept)

    asyncio.run(lived())


def test_the_one_waited_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(house: House) -> None:
        first, second, third = [await house.guest(), await house.guest(), await house.guest()]
        house.clock = 1.0
        first.says(GET)
        assert await first.hears() == ANSWER  # so it has been waited for since then only
        second.says(GET[:-2])  # half a question is none
        house.clock = 2.0
        fourth, fifth = await house.guest(GET), await house.guest(GET)
        assert await fourth.hears() == await fifth.hears() == ANSWER
        assert await second.hears() == await third.hears() == b""
        first.says(GET)
        assert await first.hears() == ANSWER
        assert len(house.kept) == ROOM

    live(monkeypatch, scene)


def test_many_at_once_each_find_another_to_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(house: House) -> None:
        for _ in range(ROOM):
            await house.guest()
        house.clock = 1.0
        late = await asyncio.gather(*(house.guest(GET) for _ in range(ROOM)))
        assert [await guest.hears() for guest in late] == [ANSWER] * ROOM
        assert len(house.kept) == ROOM

    live(monkeypatch, scene)


def test_who_has_asked_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(house: House) -> None:
        asking = [await house.guest(POST + b"{}") for _ in range(ROOM)]
        for _ in asking:
            await house.asked.acquire()
        house.at(2 * PATIENCE)
        assert await (await house.guest()).hears() == b""
        house.free.set()
        assert [await guest.hears() for guest in asking] == [ANSWER] * ROOM
        house.at(3 * PATIENCE)
        assert len(house.kept) == ROOM
        house.at(3 * PATIENCE + 1)
        assert [await guest.hears() for guest in asking] == [b""] * ROOM

    live(monkeypatch, scene)


@pytest.mark.parametrize(
    ("said", "state"),
    [(b"", h11.IDLE), (GET[:-1], h11.IDLE), (POST + b"{", h11.SEND_BODY)],
    ids=["nothing", "head", "body"],
)
def test_nobody_is_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, said: bytes, state: object
) -> None:
    """However much of a question they have asked."""

    async def scene(house: House) -> None:
        guest = await house.guest(said)
        (connection,) = house.kept
        await house.until(lambda: connection.conn.their_state is state)
        house.at(PATIENCE)
        assert len(house.kept) == 1
        house.at(PATIENCE + 0.1)
        assert await guest.hears() == b""
        assert not house.kept

    live(monkeypatch, scene)


@pytest.mark.parametrize(
    ("files", "most"),
    [(resource.RLIM_INFINITY, MOST), (65536, MOST), (256, 128), (1, 1)],
)
def test_files_are_left_for_everything_else(
    monkeypatch: pytest.MonkeyPatch, files: int, most: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, 65536))
    assert most_connections() == most


def test_a_reporter_is_served_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured: list[uvicorn.Config] = []
    swept: list[object] = []

    def ran(server: run._Server, sockets: object) -> None:
        configured.append(server.config)
        for counter in range(11):
            assert not asyncio.run(server.on_tick(counter))

    monkeypatch.setattr(run._Server, "run", ran)
    monkeypatch.setattr(run, "sweep", swept.append)
    monkeypatch.setattr(run, "most_connections", lambda: 5)
    table = {"port": 0, "store": "", "rpc": "http://x", "deployment": "", "dev_account": 20}
    benches = Benches(tmp_path)
    run.serve(benches(1).reporter, ReporterConfig.model_validate(table), print, verbose=False)
    (config,) = configured
    config.load()
    kind = config.http_protocol_class
    assert issubclass(kind, Connection)
    assert (kind.most, config.backlog, config.ws_protocol_class) == (5, BATCH, None)
    assert swept == [set(), set()]
