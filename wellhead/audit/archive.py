"""What an audit has read of a chain: the logs of our contracts, and the blocks that they are in.

One SQLite file per chain and registry. A stretch of blocks is written as a whole together with how
far it reaches, so an audit that was killed goes on where it was. Each block carries a digest of
what is kept of it: a byte that the disk changed is found when it is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from wellhead.actions.errors import SetupError

FORMAT = 1
#: Seconds that another audit's lock is waited for.
PATIENCE = 2.0
#: Whether the receipts of a block vouch for its logs.
UNPROVEN, PROVEN = 0, 1

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL, time INTEGER NOT NULL,
    proven INTEGER NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE logs (
    block INTEGER NOT NULL, position INTEGER NOT NULL, address BLOB NOT NULL,
    topics BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY (block, position)
) WITHOUT ROWID;
"""


class RawLog(NamedTuple):
    """A log as the chain has it; `topics` one after another."""

    block: int
    position: int
    address: bytes
    topics: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A block with logs of ours."""

    number: int
    hash: bytes
    time: int
    proven: int = UNPROVEN

    def digest(self, logs: Iterable[RawLog]) -> bytes:
        """Over everything that is kept of it."""
        parts = [b"%d %d %d %s" % (self.number, self.time, self.proven, self.hash)]
        for log in logs:
            sizes = b"%d %d %d" % (log.position, len(log.topics), len(log.data))
            parts += (sizes, log.address, log.topics, log.data)
        return blake2b(b"|".join(parts), digest_size=16).digest()


@dataclass(frozen=True)
class Place:
    """How far an archive reaches: all blocks up to this one."""

    block: int
    hash: bytes


class Archive:
    """The file. It is locked while it is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._guarded():
            self._database = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("BEGIN EXCLUSIVE")
            try:
                self._prepare()
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _prepare(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _TABLES.split(";\n"):
                self._database.execute(statement)
            self._database.execute(f"PRAGMA user_version = {FORMAT}")
        elif version != FORMAT:
            raise SetupError(f"{self.path} is of another version of wellhead: use --fresh")

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # How far it reaches

    @property
    def place(self) -> Place | None:
        """None where nothing was read yet."""
        with self._guarded():
            rows = dict(self._database.execute("SELECT name, value FROM meta"))
        if "block" not in rows or "hash" not in rows:
            return None
        try:
            return Place(int(rows["block"]), bytes.fromhex(rows["hash"]))
        except ValueError as error:
            raise self._damaged(error) from error

    def data_of(self, address: bytes, topic: bytes) -> list[bytes]:
        """The data of all events of one kind, in order."""
        with self._guarded():
            rows = self._database.execute(
                "SELECT data FROM logs WHERE address = ? AND substr(topics, 1, 32) = ? "
                "ORDER BY block, position",
                (address, topic),
            )
            return [data for (data,) in rows]

    # Writing

    def add(self, blocks: Sequence[tuple[Block, Sequence[RawLog]]], place: Place) -> None:
        """The next stretch: its blocks with their logs, and how far it reaches."""
        with self._guarded(), self._whole():
            for block, logs in blocks:
                self._put(block, logs)
            kept = self._kept()
            kept = kept[0] + len(blocks), kept[1] + sum(len(logs) for _, logs in blocks)
            self._note(place, kept)

    def replace(self, block: Block, logs: Sequence[RawLog]) -> None:
        """What is kept of a block."""
        with self._guarded(), self._whole() as database:
            database.execute("DELETE FROM logs WHERE block = ?", (block.number,))
            database.execute("DELETE FROM blocks WHERE number = ?", (block.number,))
            self._put(block, logs)
            place = self.place
            if place is not None:
                self._note(place, self.counted())

    def _put(self, block: Block, logs: Sequence[RawLog]) -> None:
        row = (block.number, block.hash, block.time, block.proven, block.digest(logs))
        self._database.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", row)
        self._database.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?)", logs)

    def cut(self, place: Place | None) -> None:
        """Forget everything after a place; None for everything."""
        last = -1 if place is None else place.block
        with self._guarded(), self._whole() as database:
            database.execute("DELETE FROM logs WHERE block > ?", (last,))
            database.execute("DELETE FROM blocks WHERE number > ?", (last,))
            database.execute("DELETE FROM meta")
            if place is not None:
                self._note(place, self.counted())

    def _note(self, place: Place, kept: tuple[int, int]) -> None:
        values = (place.block, place.hash.hex(), *kept)
        rows = zip(("block", "hash", "blocks", "logs"), map(str, values), strict=True)
        self._database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def _kept(self) -> tuple[int, int]:
        """Blocks and logs that must be in it."""
        found = dict(self._database.execute("SELECT name, value FROM meta"))
        return int(found.get("blocks", 0)), int(found.get("logs", 0))

    # Reading

    def latest(self, below: int, count: int) -> list[Block]:
        """The last blocks with logs before one, latest first."""
        with self._guarded():
            rows = self._database.execute(
                "SELECT number, hash, time, proven FROM blocks WHERE number < ? "
                "ORDER BY number DESC LIMIT ?",
                (below, count),
            )
            return [Block(*row) for row in rows]

    def unproven(self) -> list[Block]:
        """Blocks whose logs nothing vouches for."""
        with self._guarded():
            rows = self._database.execute(
                "SELECT number, hash, time, proven FROM blocks WHERE proven = 0 ORDER BY number"
            )
            return [Block(*row) for row in rows]

    def counted(self) -> tuple[int, int]:
        """Blocks and logs that are in it."""
        with self._guarded():
            (blocks,) = self._database.execute("SELECT count(*) FROM blocks").fetchone()
            (logs,) = self._database.execute("SELECT count(*) FROM logs").fetchone()
            return blocks, logs

    def require_whole(self) -> None:
        """SetupError where something that was written is gone."""
        with self._guarded():
            try:
                is_whole = self.counted() == self._kept()
            except ValueError as error:
                raise self._damaged(error) from error
        if not is_whole:
            raise self._damaged(ValueError("it lacks some of what was written, or has more"))

    def logs_of(self, block: int) -> list[RawLog]:
        with self._guarded():
            rows = self._database.execute(
                "SELECT * FROM logs WHERE block = ? ORDER BY position", (block,)
            )
            return [RawLog(*row) for row in rows]

    def blocks(self, last: int) -> Iterator[tuple[Block, list[RawLog], bool]]:
        """Blocks up to one with their logs, in order, and whether they are as they were written."""
        with self._guarded():
            logs = iter(
                self._database.execute(
                    "SELECT * FROM logs WHERE block <= ? ORDER BY block, position", (last,)
                )
            )
            row = next(logs, None)
            for number, hashed, time, proven, digest in self._database.execute(
                "SELECT * FROM blocks WHERE number <= ? ORDER BY number", (last,)
            ):
                block, own = Block(number, hashed, time, proven), []
                while row is not None and row[0] <= number:
                    own.append(RawLog(*row))
                    row = next(logs, None)
                yield block, own, _digest(block, own) == digest
            if row is not None:
                raise sqlite3.DatabaseError("it has logs of no block")

    # Inside

    @contextmanager
    def _whole(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise SetupError(f"{self.path} is in use: another audit runs") from error
            raise SetupError(f"{self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> SetupError:
        return SetupError(f"{self.path} is damaged ({error}): --fresh reads everything again")


def _digest(block: Block, logs: Sequence[RawLog]) -> bytes | None:
    """None where what was read is not even of the right kinds."""
    try:
        return block.digest(logs)
    except TypeError:
        return None
