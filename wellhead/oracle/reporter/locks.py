"""Which of the batches that were signed are kept. The same words can be asked for in ever other
batches, by anybody, so not all of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from wellhead.oracle import wire
from wellhead.oracle.measurements import Key, Kind


def keep_latest(
    connection: sqlite3.Connection, kind: Kind, words: Mapping[Key, int], digest: bytes
) -> None:
    """Let a batch that bound no hour be the latest of its hours, and forget what was so before, but
    where another hour still has it.

    So of an hour there are at most two: the one that bound it, and this. One of them is on chain
    in the end, unless relays raced: once an hour has a record, no other batch of it is signed. A
    batch that is forgotten and asked for again is signed again, and by the same signature.
    """
    latest = f"{kind}, latest"
    former: set[bytes] = set()
    for key, word in words.items():
        former.update(
            batch
            for (batch,) in connection.execute(
                "SELECT batch FROM locks WHERE kind = ? AND cluster = ? AND hour = ?",
                (latest, *key),
            )
        )
        connection.execute(
            "INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?, ?)",
            (latest, *key, wire.word_of(word), digest),
        )
    former.discard(digest)
    if former:
        places = ", ".join("?" * len(former))
        connection.execute(
            f"DELETE FROM batches WHERE digest IN ({places}) "  # noqa: S608
            "AND digest NOT IN (SELECT batch FROM locks)",
            tuple(former),
        )
