"""Where an audit keeps what it has read of a chain.

One SQLite file per chain and registry. A stretch of blocks is written as a whole together with how
far it reaches, so an audit that was killed goes on where it was. Each block carries a digest of
what is kept of it: a byte that the disk changed is found when it is read. What was wrong with what
the node said stays until an audit has told of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wellhead.actions.errors import SetupError
from wellhead.audit.blocks import Block, Place, RawLog, Read
from wellhead.audit.replay import Finding
from wellhead.audit.untold import TABLE, Untold

FORMAT = 3
#: Seconds that another audit's lock is waited for.
PATIENCE = 2.0

_TABLES = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL, time INTEGER NOT NULL,
    proven INTEGER NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE logs (
    block INTEGER NOT NULL, position INTEGER NOT NULL, address BLOB NOT NULL,
    topics BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY (block, position)
) WITHOUT ROWID;
{TABLE.strip()};
"""
#: How far the reading is, and how far every block was looked at.
_READ, _LINKED = "block", "linked"


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
            self._untold = Untold(self._database)

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
        return self._place(_READ)

    @property
    def linked(self) -> Place | None:
        """Up to where every block was looked at; None where none was."""
        return self._place(_LINKED)

    def _place(self, name: str) -> Place | None:
        with self._guarded():
            asked = "SELECT value FROM meta WHERE name = ?"
            for (value,) in self._database.execute(asked, (name,)):
                number, hashed = value.split()
                return Place(int(number), bytes.fromhex(hashed))
            return None

    def require_scope(self, scope: str) -> None:
        """SetupError where it was read for something else than a text says."""
        with self._guarded(), self._whole() as database:
            database.execute("INSERT OR IGNORE INTO meta VALUES ('scope', ?)", (scope,))
            (kept,) = database.execute("SELECT value FROM meta WHERE name = 'scope'").fetchone()
        if kept != scope:
            raise SetupError(f"{self.path} was read for other contracts: use --fresh")

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

    def add(self, reads: Sequence[Read], place: Place) -> None:
        """The next stretch: its blocks with their logs, and how far it reaches."""
        with self._guarded(), self._whole():
            blocks, logs = self._kept()
            for read in reads:
                blocks += self._put(read)
                logs += len(read.logs)
            self._note(_READ, place)
            self._count(blocks, logs)

    def link(self, reads: Sequence[Read], place: Place) -> None:
        """Every block up to a place was looked at, and these were left out before."""
        with self._guarded(), self._whole():
            for read in reads:
                self._put(read)
            self._note(_LINKED, place)
            if reads:
                self._count(*self.counted())

    def unlink(self) -> None:
        """Every block is to be looked at again."""
        with self._guarded(), self._whole() as database:
            database.execute("DELETE FROM meta WHERE name = ?", (_LINKED,))

    def replace(self, reads: Sequence[Read]) -> None:
        """What is kept of blocks, and what was told of them."""
        with self._guarded(), self._whole():
            for read in reads:
                number = (read.block.number,)
                self._database.execute("DELETE FROM logs WHERE block = ?", number)
                self._database.execute("DELETE FROM blocks WHERE number = ?", number)
                self._untold.settle(read.block.number)
                self._put(read)
            self._count(*self.counted())

    def restart(self, reads: Sequence[Read]) -> None:
        """Forget all blocks, which are to be read again for what was found in some. What was not
        told of stays."""
        with self._guarded(), self._whole():
            self._untold.settle()
            for read in reads:
                self._untold.add(read)
            self._cut(None)

    def _put(self, read: Read) -> bool:
        """Whether there was anything to keep but findings."""
        block, logs, _ = read
        self._untold.add(read)
        if block.proven and not logs:
            return False
        row = (block.number, block.hash, block.time, block.proven, block.digest(logs))
        self._database.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", row)
        self._database.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?)", logs)
        return True

    def cut(self, place: Place | None) -> None:
        """Forget everything after a place, and what was found of it: the chain is another one now.
        None for everything."""
        with self._guarded(), self._whole():
            self._untold.cut(-1 if place is None else place.block)
            self._cut(place)

    def _cut(self, place: Place | None) -> None:
        last, linked = -1 if place is None else place.block, self.linked
        self._database.execute("DELETE FROM logs WHERE block > ?", (last,))
        self._database.execute("DELETE FROM blocks WHERE number > ?", (last,))
        self._database.execute("DELETE FROM meta WHERE name IN (?, ?)", (_READ, _LINKED))
        if place is not None:
            self._note(_READ, place)
            if linked is not None:
                self._note(_LINKED, min(linked, place, key=lambda one: one.block))
        self._count(*self.counted())

    def tell(self, last: int) -> None:
        """What was found up to a block was told of. That of blocks that nothing vouches for
        stays."""
        with self._guarded(), self._whole():
            self._untold.tell(last)

    def _note(self, name: str, place: Place) -> None:
        row = (name, f"{place.block} {place.hash.hex()}")
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)

    def _count(self, blocks: int, logs: int) -> None:
        rows = (("blocks", str(blocks)), ("logs", str(logs)))
        self._database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def _kept(self) -> tuple[int, int]:
        """Blocks and logs that must be in it."""
        found = dict(self._database.execute("SELECT name, value FROM meta"))
        return int(found.get("blocks", 0)), int(found.get("logs", 0))

    # Reading

    def latest(self, below: int, count: int) -> list[Block]:
        """The last blocks with logs before one, latest first."""
        return self._blocks("WHERE number < ? ORDER BY number DESC LIMIT ?", below, count)

    def unproven(self) -> list[Block]:
        """Blocks whose logs nothing vouches for."""
        return self._blocks("WHERE proven = 0 ORDER BY number")

    def findings(self, last: int) -> list[Finding]:
        """What was found up to a block and not told of, in order."""
        with self._guarded():
            return self._untold.until(last)

    def between(self, first: int, last: int) -> dict[int, Block]:
        """The blocks of [first, last] that it has."""
        found = self._blocks("WHERE number BETWEEN ? AND ?", first, last)
        return {block.number: block for block in found}

    def _blocks(self, which: str, *values: int) -> list[Block]:
        with self._guarded():
            asked = f"SELECT number, hash, time, proven FROM blocks {which}"  # noqa: S608
            return [Block(*row) for row in self._database.execute(asked, values)]

    def counted(self) -> tuple[int, int]:
        """Blocks and logs that are in it."""
        with self._guarded():
            (blocks,) = self._database.execute("SELECT count(*) FROM blocks").fetchone()
            (logs,) = self._database.execute("SELECT count(*) FROM logs").fetchone()
            return blocks, logs

    def require_whole(self) -> None:
        """SetupError where something that was written is gone."""
        with self._guarded():
            if self.counted() != self._kept() or not self._untold.is_whole():
                raise ValueError("it lacks some of what was written, or has more")

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
                yield block, own, block.is_digest(digest, own)
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
        except (sqlite3.DatabaseError, TypeError, ValueError) as error:
            said = f"{self.path} is damaged ({error}): --fresh reads everything again"
            raise SetupError(said) from error
