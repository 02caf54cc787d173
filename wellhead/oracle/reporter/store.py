"""What a reporter must not forget: what it measured, what it saw of the others, what it signed."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from wellhead.oracle import wire
from wellhead.oracle.bookings import THOUSANDTHS, Bookings
from wellhead.oracle.chain import HOUR
from wellhead.oracle.measurements import (
    Domain,
    Key,
    Kind,
    Signed,
    without_equivocators,
)
from wellhead.oracle.readings import HourSamples
from wellhead.oracle.reporter.database import Database
from wellhead.oracle.reporter.devices import keep_devices
from wellhead.oracle.reporter.locks import keep_latest
from wellhead.oracle.reporter.raws import Raws, Refused, packed, replace_moments, without

#: Different measurements of one hour that are kept of a reporter: two prove an equivocation.
MOST_EACH = 2


@dataclass(frozen=True)
class Own:
    """The own measurement of an hour, and what its formulas took from the chain."""

    signed: Signed
    bookings: Bookings
    attested: int

    @property
    def booked_milli(self) -> int:
        """What was booked in the hour, mean over its seconds, thousandths of a unit, rounded up:
        the most that can have been available."""
        return -(-self.bookings.covered * THOUSANDTHS // HOUR)


@dataclass(frozen=True)
class Grant:
    """A batch as it was signed."""

    digest: bytes
    batch: wire.Batch
    signature: bytes


class Conflict(Exception):  # noqa: N818
    """Another word was signed for an hour before; `batch` is where."""

    def __init__(self, key: Key, batch: wire.Batch) -> None:
        super().__init__(f"another word was signed for hour {key[1]} of cluster {key[0]}")
        self.key, self.batch = key, batch


class Store:
    """The store of one reporter on one chain: `reporter` is its address."""

    def __init__(
        self, path: Path, domain: Domain, reporter: str, max_bytes: int | None = None
    ) -> None:
        self.database = Database(path, max_bytes)
        self.raws = Raws(self.database)
        self.domain, self.reporter = domain, reporter
        try:
            self.database.claim(
                {
                    "reporter": reporter,
                    "chain": str(domain.chain_id),
                    "oracle": domain.oracle,
                    "contests": domain.contests,
                }
            )
        except BaseException:
            self.database.close()
            raise

    # Measurements

    def take(self, measurements: Iterable[Signed]) -> int:
        """Keep measurements, which are genuine; how many are new. Of what contradicts what the
        same reporter signed, one is kept: that proves it."""
        # Found before the transaction begins: while it lasts nothing else can be written.
        listed = list(measurements)
        with self.database.writing() as connection:
            return sum(self._put(connection, signed) for signed in listed)

    def held(self, key: Key, reporter: str) -> dict[bytes, str]:
        """The measurements of one hour by one reporter: their digests, and the bodies as JSON."""
        with self.database.reading() as connection:
            return dict(
                connection.execute(
                    "SELECT digest, body FROM measurements "
                    "WHERE cluster = ? AND hour = ? AND reporter = ?",
                    (*key, reporter),
                )
            )

    def seen(self, cluster: int, begin: int, end: int) -> list[Signed]:
        """All measurements of the hours [begin, end), contradictions included."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT body FROM measurements WHERE cluster = ? AND hour >= ? AND hour < ? "
                "ORDER BY hour, reporter, rowid",
                (cluster, begin, end),
            ).fetchall()
        return [wire.MeasurementBody.model_validate_json(body).signed() for (body,) in rows]

    def contradictions(self, key: Key, reporter: str) -> list[Signed]:
        """What proves that a reporter signed two different measurements; empty if it did not."""
        cluster, hour = key
        found = [s for s in self.seen(cluster, hour, hour + 1) if s.reporter == reporter]
        return found if not without_equivocators(found) else []

    def own(self, cluster: int, hour: int) -> Own | None:
        with self.database.reading() as connection:
            row = connection.execute(
                "SELECT body, booked, late, attested FROM own NATURAL JOIN measurements "
                "WHERE cluster = ? AND hour = ? AND reporter = ?",
                (cluster, hour, self.reporter),
            ).fetchone()
        if row is None:
            return None
        body, booked, late, attested = row
        return Own(
            wire.MeasurementBody.model_validate_json(body).signed(),
            Bookings(booked, tuple((second, units) for second, units in json.loads(late))),
            attested,
        )

    def measured_hours(self, cluster: int, begin: int, end: int) -> set[int]:
        """Which of the hours [begin, end) it measured."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT hour FROM own WHERE cluster = ? AND hour >= ? AND hour < ?",
                (cluster, begin, end),
            )
            return {int(hour) for (hour,) in rows}

    def keep_own(self, own: Own, whole: HourSamples, refused: Sequence[Refused] = ()) -> bool:
        """Keep the own measurement of an hour with all that was seen of it, of which what is
        refused does not count. False, and nothing is kept, when canaries and heartbeats are others
        by now. An hour that was measured stays as it is."""
        cluster, hour = own.signed.key
        with self.database.writing() as connection:
            if self.own(cluster, hour) is not None:
                return True
            if (whole.canaries, whole.heartbeats) != (
                tuple(self.raws.canaries(cluster, hour)),
                tuple(self.raws.heartbeats(cluster, hour)),
            ):
                return False
            self._put(connection, own.signed, MOST_EACH + 1)
            replace_moments(connection, cluster, hour, whole.moments)
            connection.execute(
                "INSERT INTO own VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    cluster,
                    hour,
                    own.signed.measurement.digest(self.domain),
                    own.bookings.booked,
                    json.dumps(own.bookings.late),
                    own.attested,
                    packed(whole.before) if whole.before else None,
                ),
            )
            connection.executemany(
                "INSERT INTO refused VALUES (?, ?, ?, ?)",
                [(cluster, hour, item.device, item.elsewhere) for item in refused],
            )
            devices = without(whole, refused).devices()
            keep_devices(connection, cluster, hour, own.attested, devices)
        return True

    # Locks and what was signed

    def granted(self, digest: bytes) -> Grant | None:
        """The batch with this digest, if it was signed and is kept."""
        with self.database.reading() as connection:
            row = connection.execute(
                "SELECT digest, body, signature FROM batches WHERE digest = ?", (digest,)
            ).fetchone()
        return _grant(*row) if row else None

    def signed_for(self, kind: Kind, key: Key) -> tuple[int, Grant] | None:
        """The word that an hour is bound to, and the batch that bound it."""
        with self.database.reading() as connection:
            row = connection.execute(
                "SELECT word, digest, body, signature FROM locks JOIN batches ON batch = digest "
                "WHERE kind = ? AND cluster = ? AND hour = ?",
                (kind, *key),
            ).fetchone()
        return (int(row[0], 16), _grant(*row[1:])) if row else None

    def lock(
        self,
        kind: Kind,
        words: Mapping[Key, int],
        grant: Grant,
        released: Mapping[Key, bytes] = MappingProxyType({}),
    ) -> None:
        """Bind each hour to its word, and keep the batch; Conflict, and nothing is bound, when an
        hour is bound to another word. `released` are the hours that may be bound anew, with the
        digest of the batch that binds them: where another does by now, it is a Conflict too."""
        binds = False
        with self.database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO batches VALUES (?, ?, ?)",
                (
                    grant.digest,
                    zlib.compress(grant.batch.model_dump_json().encode()),
                    grant.signature,
                ),
            )
            for key, word in words.items():
                place, bound_to = (kind, *key), (wire.word_of(word), grant.digest)
                if key in released:
                    done = connection.execute(
                        "UPDATE locks SET word = ?, batch = ? "
                        "WHERE kind = ? AND cluster = ? AND hour = ? AND batch = ?",
                        (*bound_to, *place, released[key]),
                    )
                else:
                    done = connection.execute(
                        "INSERT OR IGNORE INTO locks VALUES (?, ?, ?, ?, ?)", (*place, *bound_to)
                    )
                binds = binds or done.rowcount == 1
                bound, earlier = self.signed_for(kind, key) or (None, grant)
                if bound != word:
                    raise Conflict(key, earlier.batch)
            if not binds:
                keep_latest(connection, kind, words, grant.digest)

    def last_hours(self, cluster: int) -> tuple[int | None, int | None]:
        """The last hour that it measured, and the last that it signed."""
        with self.database.reading() as connection:
            (measured,) = connection.execute(
                "SELECT max(hour) FROM own WHERE cluster = ?", (cluster,)
            ).fetchone()
            (signed,) = connection.execute(
                "SELECT max(hour) FROM locks WHERE kind = 'report' AND cluster = ?", (cluster,)
            ).fetchone()
        return measured, signed

    def signed_hours(self, cluster: int) -> int:
        """How many hours it signed."""
        with self.database.reading() as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM locks WHERE kind = 'report' AND cluster = ?", (cluster,)
            ).fetchone()
        return int(count)

    def close(self) -> None:
        self.database.close()

    def _put(self, connection: sqlite3.Connection, signed: Signed, most: int = MOST_EACH) -> int:
        key, digest = signed.key, signed.measurement.digest(self.domain)
        known = connection.execute(
            "SELECT digest FROM measurements WHERE cluster = ? AND hour = ? AND reporter = ?",
            (*key, signed.reporter),
        ).fetchall()
        if len(known) >= most or (digest,) in known:
            return 0
        body = wire.MeasurementBody.of(signed).model_dump_json()
        connection.execute(
            "INSERT INTO measurements VALUES (?, ?, ?, ?, ?)",
            (*key, signed.reporter, digest, body),
        )
        return 1


def _grant(digest: bytes, body: bytes, signature: bytes) -> Grant:
    return Grant(digest, wire.Batch.model_validate_json(zlib.decompress(body)), signature)
