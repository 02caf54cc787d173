"""A reporter's store file as evidence. The reporter may go on writing it meanwhile."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from pydantic import ValidationError

from wellhead.actions.errors import BadInput
from wellhead.oracle import wire
from wellhead.oracle.measurements import (
    Domain,
    Kind,
)
from wellhead.oracle.reporter.database import VERSION, Database
from wellhead.oracle.reporter.raws import Raws
from wellhead.oracle.reporter.store import Store

_KINDS: tuple[Kind, ...] = ("report", "recount")


class StoredEvidence:
    """What is in the store of one reporter; BadInput where the file is none of this deployment."""

    def __init__(self, path: Path, domain: Domain) -> None:
        self._path = path
        try:
            self._store = _Shown(path, domain)
        except sqlite3.Error as error:
            raise BadInput(f"{path} is no reporter's store: {error}") from error

    def batches(self, cluster: int, hour: int, digest: bytes) -> Iterator[wire.Batch]:
        try:
            exact = self._store.granted(digest)
            if exact is not None:
                yield exact.batch
                return
            for kind in _KINDS:
                signed = self._store.signed_for(kind, (cluster, hour))
                if signed is not None:
                    yield signed[1].batch
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def raw(self, cluster: int, hour: int) -> Iterator[wire.RawSamples]:
        try:
            own = self._store.own(cluster, hour)
            samples = self._store.raws.samples(cluster, hour)
        except _DAMAGE as error:
            raise self._damaged(error) from error
        if own is not None and samples is not None:
            yield wire.RawSamples.of(own.signed, own.bookings, own.attested, samples)

    def close(self) -> None:
        self._store.close()

    def _damaged(self, error: Exception) -> BadInput:
        return BadInput(f"{self._path} is damaged: {error}")


_DAMAGE = (sqlite3.Error, zlib.error, ValidationError, ValueError, TypeError, KeyError)


class _File(Database):
    """The file of a store, to be read only: nothing is created, and nobody is kept out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file")
        self._open()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            if self._is_alone and self._log.exists():
                # The reporter was started.
                self._connection.close()
                self._open()
            yield self._connection

    @property
    def _log(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def _open(self) -> None:
        place = f"file:{quote(str(self.path.absolute()))}?mode=ro"
        # Without a log beside it the file is all there is, and SQLite need not put anything there.
        self._is_alone = not self._log.exists()
        if self._is_alone:
            place += "&immutable=1"
        self._connection = sqlite3.connect(
            place, uri=True, isolation_level=None, check_same_thread=False, timeout=10
        )
        try:
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            self._connection.close()
            raise
        if version != VERSION:
            self._connection.close()
            raise BadInput(
                f"{self.path} is no reporter's store of version {VERSION}: its version is {version}"
            )

    def close(self) -> None:
        with self._turn:
            self._connection.close()


class _Shown(Store):
    """The store in such a file, whoever's it is."""

    def __init__(self, path: Path, domain: Domain) -> None:
        self.database = _File(path)
        self.raws = Raws(self.database)
        self.domain = domain
        with self.database.reading() as connection:
            owner = dict(connection.execute("SELECT name, value FROM owner"))
        expected = {"chain": str(domain.chain_id), "oracle": domain.oracle}
        for name, value in expected.items():
            if owner.get(name) != value:
                self.close()
                raise BadInput(
                    f"{path} is a store for {name} {owner.get(name)}, and the deployment's is "
                    f"{value}"
                )
        self.reporter = str(owner["reporter"])
