"""The file that a reporter must not forget: SQLite, on disk before anything is shown or signed.

One process at a time has it. It may be given a largest size; a file that has no room left, like a
disk that has none, refuses to be written and keeps what it holds. It counts what each cluster's
exporters brought into it, see `wellhead.oracle.reporter.shares`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: A file of an older version than `_OLDEST` is of other contracts, whose hours nobody measures with
#: these. One of the versions between is made a present one when it is opened, and forgets nothing.
VERSION, _OLDEST = 4, 2
#: The smallest size that has room for the tables and some work.
LEAST_BYTES = 256 * 1024
#: Bytes that a row takes beside what is in it.
ROW = 64

#: SQLite's answers when a file can not be written, whatever was asked.
_NOT_WRITTEN = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_PERM,
}

_DEVICES = """
CREATE TABLE devices (
    id INTEGER PRIMARY KEY, cluster INTEGER NOT NULL, identity TEXT NOT NULL,
    since INTEGER NOT NULL, hour INTEGER NOT NULL, UNIQUE (cluster, identity)
);
CREATE INDEX devices_by_identity ON devices (identity);
"""

_TABLES = f"""{_DEVICES}
CREATE TABLE owner (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE moments (
    cluster INTEGER, time_s INTEGER, lines BLOB NOT NULL, PRIMARY KEY (cluster, time_s)
);
CREATE TABLE canaries (
    cluster INTEGER, device TEXT, time_s INTEGER, job TEXT NOT NULL, passed INTEGER NOT NULL,
    counts_from INTEGER NOT NULL DEFAULT 0, counts_to INTEGER, -- hours, the second one excluded
    PRIMARY KEY (cluster, device, time_s)
);
CREATE TABLE heartbeats (
    cluster INTEGER, hour INTEGER, lease INTEGER, units INTEGER NOT NULL, user TEXT NOT NULL,
    signature TEXT NOT NULL, PRIMARY KEY (cluster, hour, lease)
);
CREATE TABLE refused (
    cluster INTEGER, hour INTEGER, device TEXT, elsewhere INTEGER NOT NULL,
    PRIMARY KEY (cluster, hour, device)
);
CREATE TABLE measurements (
    cluster INTEGER, hour INTEGER, reporter TEXT, digest BLOB, body TEXT NOT NULL,
    PRIMARY KEY (cluster, hour, reporter, digest)
);
CREATE TABLE own (
    cluster INTEGER, hour INTEGER, digest BLOB NOT NULL, booked INTEGER NOT NULL,
    late TEXT NOT NULL, attested INTEGER NOT NULL, earlier BLOB, PRIMARY KEY (cluster, hour)
);
CREATE TABLE batches (
    digest BLOB PRIMARY KEY, body BLOB NOT NULL, signature BLOB NOT NULL
);
CREATE TABLE locks (
    kind TEXT, cluster INTEGER, hour INTEGER, word TEXT NOT NULL, batch BLOB NOT NULL,
    PRIMARY KEY (kind, cluster, hour)
);
"""

_FROM_2 = f"""
ALTER TABLE canaries ADD COLUMN counts_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE canaries ADD COLUMN counts_to INTEGER;
ALTER TABLE devices RENAME TO former;
{_DEVICES}
INSERT INTO devices (cluster, identity, since, hour)
    SELECT cluster, 'device:' || device, hour, hour FROM former ORDER BY cluster, device;
INSERT OR IGNORE INTO devices (cluster, identity, since, hour)
    SELECT cluster, 'serial:' || serial, hour, hour FROM former WHERE serial != ''
    ORDER BY cluster, serial;
DROP TABLE former;
"""  # noqa: S608

#: By table, the column that a cluster's exporters fill, and the bytes that a row takes by it: once
#: for the table, and once for every index that has it.
_SIZES = {
    "moments": ("lines", f"length({{0}}.lines) + {ROW}"),
    "own": ("earlier", "coalesce(length({0}.earlier), 0)"),
    "refused": ("device", f"2 * length(CAST({{0}}.device AS BLOB)) + {ROW}"),
    "devices": ("identity", f"3 * length(CAST({{0}}.identity AS BLOB)) + {ROW}"),
}


def _counting(table: str, column: str, size: str) -> str:
    """Triggers, so that rows are counted by whatever statement they come, change and go. Where that
    one ignores conflicts what is in here does, too; so nothing in here rests on a conflict."""
    new, old = size.format("new"), size.format("old")
    return f"""
CREATE TRIGGER {table}_come AFTER INSERT ON {table} BEGIN
    INSERT OR IGNORE INTO sizes VALUES (new.cluster, 0);
    UPDATE sizes SET bytes = bytes + {new} WHERE cluster = new.cluster;
END;
CREATE TRIGGER {table}_change AFTER UPDATE OF {column} ON {table} BEGIN
    UPDATE sizes SET bytes = bytes + {new} - ({old}) WHERE cluster = new.cluster;
END;
CREATE TRIGGER {table}_go AFTER DELETE ON {table} BEGIN
    UPDATE sizes SET bytes = bytes - ({old}) WHERE cluster = old.cluster;
END;
"""  # noqa: S608


_SIZE_OF_EACH = " UNION ALL ".join(
    f"SELECT cluster, {size.format(table)} AS bytes FROM {table}"  # noqa: S608
    for table, (_, size) in _SIZES.items()
)
_FROM_3 = f"""
CREATE TABLE sizes (cluster INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);
INSERT INTO sizes SELECT cluster, sum(bytes) FROM ({_SIZE_OF_EACH}) GROUP BY cluster;
{"".join(_counting(table, *told) for table, told in _SIZES.items())}
"""  # noqa: S608

#: What makes a file of a version one of this; 0 is a new one.
_STEPS = {0: _TABLES + _FROM_3, 2: _FROM_2 + _FROM_3, 3: _FROM_3}


class StoreProblem(Exception):  # noqa: N818
    """The file is not one that this reporter can use: a sentence says why."""


class StoreFull(Exception):  # noqa: N818
    """Nothing can be written: there is no room, or the disk refuses. Nothing is lost by it."""


class Database:
    """The file, and who may write to it when. Safe to use from several threads."""

    def __init__(self, path: Path, max_bytes: int | None = None) -> None:
        self.path = path
        self._turn = threading.RLock()
        self._guard = _guarded(path)
        #: Why the last thing was not written; None when it was.
        self.refusal: str | None = None
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10
            )
            try:
                self._prepare(max_bytes)
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.DatabaseError as error:
            self._guard.close()
            raise StoreProblem(f"{path} can not be used as a store: {error}") from error
        except BaseException:
            self._guard.close()
            raise

    def _prepare(self, max_bytes: int | None) -> None:
        ask = self._connection.execute
        ask("PRAGMA journal_mode = WAL")
        ask("PRAGMA synchronous = FULL")
        (version,) = ask("PRAGMA user_version").fetchone()
        if version != 0 and not _OLDEST <= version <= VERSION:
            made_by = "a later" if version > VERSION else "an earlier"
            raise StoreProblem(
                f"{self.path} has version {version}, made by {made_by} Wellhead: this one knows "
                f"version {VERSION}"
            )
        if version != VERSION:
            self._connection.executescript(
                f"BEGIN; {_STEPS[version]} PRAGMA user_version = {VERSION}; COMMIT"
            )
        (self._page,) = ask("PRAGMA page_size").fetchone()
        self.max_bytes = max_bytes
        if max_bytes is not None:
            ask(f"PRAGMA max_page_count = {max_bytes // self._page}")

    def claim(self, owner: Mapping[str, str]) -> None:
        """Write down whose store it is; StoreProblem when it is somebody else's."""
        with self.writing() as connection:
            known = dict(connection.execute("SELECT name, value FROM owner"))
            for name, value in owner.items():
                if known.setdefault(name, value) != value:
                    raise StoreProblem(
                        f"{self.path} is the store of {name} {known[name]}, not of {value}: a "
                        "reporter that forgets what it signed must not sign"
                    )
                connection.execute("INSERT OR IGNORE INTO owner VALUES (?, ?)", (name, value))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, and on disk when it is left; StoreFull when it can not be."""
        with self._turn:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                self._roll_back()
                if error.sqlite_errorcode & 0xFF not in _NOT_WRITTEN:
                    raise
                self.refusal = str(error)
                raise StoreFull(f"nothing can be written to the store: {error}") from error
            except BaseException:
                self._roll_back()
                raise
            self.refusal = None

    def used_bytes(self) -> int:
        """Bytes that are taken up in the file, without what was freed in it."""
        with self._turn:
            (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
            (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int(pages - free) * int(self._page)

    def close(self) -> None:
        with self._turn:
            self._connection.close()
            self._guard.close()

    def _roll_back(self) -> None:
        # A full file makes SQLite roll back by itself.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _guarded(path: Path) -> IO[bytes]:
    """Keep other processes out: two with one key could sign two words for an hour."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        guard = path.with_name(path.name + ".lock").open("ab")
    except OSError as error:
        raise StoreProblem(f"{path} can not be used: {error.strerror or error}") from error
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        guard.close()
        raise StoreProblem(f"{path} is in use by another reporter") from error
    os.set_inheritable(guard.fileno(), False)
    return guard
