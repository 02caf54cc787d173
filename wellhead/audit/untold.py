"""What was found of a node's answers and nobody was told of yet, in an archive's file.

How many rows there are, and the sum of their digests, are kept apart from them: a row that the disk
changed, lost or moved to another block shows, and goes on showing when others come and go.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import blake2b

from wellhead.audit.blocks import Read
from wellhead.audit.replay import Finding

#: `told` is 1 where an audit told of it, and nothing vouches for the block yet.
TABLE = """
CREATE TABLE findings (
    block INTEGER NOT NULL, finding TEXT NOT NULL, told INTEGER NOT NULL, UNIQUE (block, finding)
)
"""
_SIZE = 16
_UNPROVEN = "block IN (SELECT number FROM blocks WHERE proven = 0)"

_Row = tuple[int, str, int]


class Untold:
    """The rows. Whoever writes does so within a transaction of the archive's."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, read: Read) -> None:
        """What was found of a block; once, though it is found again."""
        if not read.findings:
            return
        block = read.block.number
        kept = {text for _, text, _ in self._of(block)}
        for found in read.findings:
            text = json.dumps(asdict(found))
            if text not in kept:
                kept.add(text)
                self._change(None, (block, text, 0))

    def settle(self, block: int | None = None) -> None:
        """Forget what was told of a block, or of all; what was not told stays until it is."""
        for row in self._rows("") if block is None else self._of(block):
            if row[2]:
                self._change(row, None)

    def cut(self, last: int) -> None:
        """Forget what was found after a block."""
        for row in self._rows("WHERE block > ?", last):
            self._change(row, None)

    def tell(self, last: int) -> None:
        """What was found up to a block was told of. That of blocks that nothing vouches for
        stays."""
        for row in self._rows(f"WHERE block <= ? AND NOT {_UNPROVEN}", last):
            self._change(row, None)
        for row in self._rows(f"WHERE block <= ? AND told = 0 AND {_UNPROVEN}", last):
            self._change(row, (row[0], row[1], 1))

    def until(self, last: int) -> list[Finding]:
        """What is to be told up to a block, in order."""
        rows = self._rows("WHERE block <= ? ORDER BY block, rowid", last)
        return [Finding(**json.loads(text)) for _, text, _ in rows]

    def is_whole(self) -> bool:
        """Whether the rows are those that were written."""
        rows = self._rows("")
        return (len(rows), sum(map(_digest, rows)) % (1 << 8 * _SIZE)) == self._kept()

    def _of(self, block: int) -> list[_Row]:
        return self._rows("WHERE block = ?", block)

    def _rows(self, which: str, *values: int) -> list[_Row]:
        asked = f"SELECT block, finding, told FROM findings {which}"  # noqa: S608
        return list(self._database.execute(asked, values))

    def _change(self, old: _Row | None, new: _Row | None) -> None:
        """Put one row in another's place; None is no row."""
        count, digest = self._kept()
        if old is not None:
            count, digest = count - 1, digest - _digest(old)
            self._database.execute("DELETE FROM findings WHERE block = ? AND finding = ?", old[:2])
        if new is not None:
            count, digest = count + 1, digest + _digest(new)
            self._database.execute("INSERT INTO findings VALUES (?, ?, ?)", new)
        row = f"{count} {digest % (1 << 8 * _SIZE):0{2 * _SIZE}x}"
        self._database.execute("INSERT OR REPLACE INTO meta VALUES ('findings', ?)", (row,))

    def _kept(self) -> tuple[int, int]:
        """How many rows there must be, and the sum of their digests."""
        asked = "SELECT value FROM meta WHERE name = 'findings'"
        for (value,) in self._database.execute(asked):
            count, digest = value.split()
            return int(count), int(digest, 16)
        return 0, 0


def _digest(row: Iterable[object]) -> int:
    whole = blake2b(repr(tuple(row)).encode("utf-8", "surrogateescape"), digest_size=_SIZE)
    return int.from_bytes(whole.digest(), "big")
