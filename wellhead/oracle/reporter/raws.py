"""What a reporter saw, kept as canonical lines: moments, canaries, heartbeats and devices.

What belongs to an hour that was measured stays as it is, so that it leads to the same measurement
whenever it is asked for.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Collection, Container, Iterable, Sequence

from wellhead.oracle.readings import (
    Canary,
    Device,
    Heartbeat,
    HourSamples,
    Moment,
    Reading,
    lines_of,
)
from wellhead.oracle.reporter.database import ROW, Database
from wellhead.oracle.reporter.devices import Refused as Refused
from wellhead.oracle.reporter.devices import elsewhere

HOUR = 3600


class Raws:
    """The raw side of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_moment(self, cluster: int, moment: Moment) -> bool:
        """Keep a look; False when there is one at that time, or the hour was measured already."""
        with self._database.writing() as connection:
            if _is_measured(connection, cluster, moment.time_s // HOUR):
                return False
            done = connection.execute(
                "INSERT OR IGNORE INTO moments VALUES (?, ?, ?)",
                (cluster, moment.time_s, packed(moment)),
            )
            return done.rowcount == 1

    def moments(self, cluster: int, begin_s: int, end_s: int) -> list[Moment]:
        with self._database.reading() as connection:
            looks = _looks(connection, cluster, begin_s, end_s)
        return [unpacked(lines) for lines in looks]

    def times(self, cluster: int, begin_s: int, end_s: int) -> list[int]:
        """When it looked."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT time_s FROM moments WHERE cluster = ? AND time_s >= ? AND time_s < ? "
                "ORDER BY time_s",
                (cluster, begin_s, end_s),
            )
            return [int(time_s) for (time_s,) in rows]

    def last_moment(self, cluster: int, before_s: int) -> Moment | None:
        """The last look before a time."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT lines FROM moments WHERE cluster = ? AND time_s < ? "
                "ORDER BY time_s DESC LIMIT 1",
                (cluster, before_s),
            ).fetchone()
        return unpacked(row[0]) if row else None

    def last_time(self, cluster: int) -> int | None:
        with self._database.reading() as connection:
            (time_s,) = connection.execute(
                "SELECT max(time_s) FROM moments WHERE cluster = ?", (cluster,)
            ).fetchone()
        return time_s if time_s is None else int(time_s)

    def add_canary(self, cluster: int, canary: Canary) -> bool:
        """Keep what came of a job; False when there is one of that device at that time. Where hours
        were measured meanwhile it counts from the next one on: what failed is still not there."""
        with self._database.writing() as connection:
            counts_from = max(canary.time_s // HOUR, _next_hour(connection, cluster))
            done = connection.execute(
                "INSERT OR IGNORE INTO canaries VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (cluster, canary.device, canary.time_s, canary.job, canary.passed, counts_from),
            )
            return done.rowcount == 1

    def drop_canaries(self, cluster: int, asked: Collection[str]) -> int:
        """Let canaries that failed, and that nobody asks again, count no more in hours after those
        that were measured; how many these are. `asked` are the devices that jobs answer for."""
        with self._database.writing() as connection:
            done = connection.execute(
                "UPDATE canaries SET counts_to = ? WHERE cluster = ? AND NOT passed AND "
                "counts_to IS NULL AND device NOT IN (SELECT value FROM json_each(?))",
                (_next_hour(connection, cluster), cluster, json.dumps([*asked])),
            )
            return done.rowcount

    def canaries(self, cluster: int, hour: int) -> list[Canary]:
        """Those of an hour, and those that had failed before it and not passed since."""
        begin_s, end_s = hour * HOUR, (hour + 1) * HOUR
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT time_s, device, job, passed FROM canaries AS this WHERE cluster = ?1 AND "
                "time_s < ?3 AND counts_from <= ?4 AND (time_s >= ?2 OR NOT passed AND "
                "coalesce(?4 < counts_to, TRUE) AND time_s = (SELECT max(time_s) FROM canaries "
                "WHERE cluster = ?1 AND device = this.device AND time_s < ?2 AND "
                "counts_from <= ?4)) ORDER BY time_s, device",
                (cluster, begin_s, end_s, hour),
            )
            return [Canary(time, device, job, bool(ok)) for time, device, job, ok in rows]

    def add_heartbeat(self, cluster: int, beat: Heartbeat) -> bool:
        """Keep what a lease's user states; the first of a lease and hour is the one that counts.
        False when there is another, or the hour was measured already."""
        with self._database.writing() as connection:
            if _is_measured(connection, cluster, beat.hour):
                return False
            connection.execute(
                "INSERT OR IGNORE INTO heartbeats VALUES (?, ?, ?, ?, ?, ?)",
                (cluster, beat.hour, beat.lease_id, beat.units, beat.user, beat.signature),
            )
        return beat in self.heartbeats(cluster, beat.hour)

    def heartbeats(self, cluster: int, hour: int) -> list[Heartbeat]:
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT lease, hour, units, user, signature FROM heartbeats "
                "WHERE cluster = ? AND hour = ? ORDER BY lease",
                (cluster, hour),
            )
            return [Heartbeat(*row) for row in rows]

    def elsewhere(
        self, cluster: int, hour: int, devices: Iterable[Device], watched: Container[int]
    ) -> list[Refused]:
        """Those of a cluster's devices that are another's, see `wellhead.oracle.reporter.devices`;
        `watched` are the clusters whose claims count."""
        with self._database.reading() as connection:
            return elsewhere(connection, cluster, hour, devices, watched)

    def refused(self, cluster: int, hour: int | None = None) -> list[Refused]:
        """What was refused in an hour, or in the last that was measured."""
        at = (
            "?"
            if hour is not None
            else "(SELECT max(hour) FROM own WHERE cluster = refused.cluster)"
        )
        given = (cluster,) if hour is None else (cluster, hour)
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT device, elsewhere FROM refused WHERE cluster = ? AND hour = {at} "  # noqa: S608
                "ORDER BY device",
                given,
            )
            return [Refused(*row) for row in rows]

    def samples(self, cluster: int, hour: int) -> HourSamples | None:
        """What the own measurement of an hour rests on; None when it was not measured, or is so
        old that its raw samples are gone."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT earlier FROM own WHERE cluster = ? AND hour = ?", (cluster, hour)
            ).fetchone()
            if row is None:
                return None
            looks = _looks(connection, cluster, hour * HOUR, (hour + 1) * HOUR)
            canaries, heartbeats = self.canaries(cluster, hour), self.heartbeats(cluster, hour)
            refused = self.refused(cluster, hour)
        if not looks:
            return None
        # To unpack them takes its time, in which others have something to write.
        return without(
            HourSamples(
                before=unpacked(row[0]) if row[0] else None,
                moments=tuple(unpacked(lines) for lines in looks),
                canaries=tuple(canaries),
                heartbeats=tuple(heartbeats),
            ),
            refused,
        )

    def stored(self, cluster: int, hour: int) -> int:
        """Bytes that the looks of an hour take."""
        with self._database.reading() as connection:
            (size,) = connection.execute(
                "SELECT coalesce(sum(length(lines)), 0) FROM moments "
                "WHERE cluster = ? AND time_s >= ? AND time_s < ?",
                (cluster, hour * HOUR, (hour + 1) * HOUR),
            ).fetchone()
        return int(size)

    def size(self, cluster: int) -> int:
        """Bytes that are kept of what a cluster's exporters showed."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT bytes FROM sizes WHERE cluster = ?", (cluster,)
            ).fetchone()
        return int(row[0]) if row else 0

    def prune(self, before_s: int) -> int:
        """Forget the raw samples of hours that ended before a time; how many looks that were."""
        before_s -= before_s % HOUR
        with self._database.writing() as connection:
            done = connection.execute("DELETE FROM moments WHERE time_s < ?", (before_s,))
            # The last of a device stays: it may have failed, and later hours rest on that.
            connection.execute(
                "DELETE FROM canaries AS this WHERE time_s < ?1 AND time_s < (SELECT max(time_s) "
                "FROM canaries WHERE cluster = this.cluster AND device = this.device AND "
                "time_s < ?1 AND counts_from <= ?2)",
                (before_s, before_s // HOUR),
            )
            for table in ("heartbeats", "refused"):
                connection.execute(f"DELETE FROM {table} WHERE hour < ?", (before_s // HOUR,))  # noqa: S608
            connection.execute(
                "UPDATE own SET earlier = NULL WHERE hour < ? AND earlier IS NOT NULL",
                (before_s // HOUR,),
            )
            return done.rowcount


def without(samples: HourSamples, refused: Sequence[Refused]) -> HourSamples:
    """The samples in which refused devices are absent."""
    names = {item.device for item in refused}
    if not names:
        return samples

    def kept(moment: Moment) -> Moment:
        readings = (reading for reading in moment.readings if reading.device not in names)
        return Moment(moment.time_s, tuple(readings))

    return HourSamples(
        before=kept(samples.before) if samples.before else None,
        moments=tuple(kept(moment) for moment in samples.moments),
        canaries=samples.canaries,
        heartbeats=samples.heartbeats,
    )


def replace_moments(
    connection: sqlite3.Connection, cluster: int, hour: int, moments: Iterable[Moment]
) -> None:
    """Let these be the looks of an hour."""
    connection.execute(
        "DELETE FROM moments WHERE cluster = ? AND time_s >= ? AND time_s < ?",
        (cluster, hour * HOUR, (hour + 1) * HOUR),
    )
    connection.executemany(
        "INSERT INTO moments VALUES (?, ?, ?)",
        [(cluster, moment.time_s, packed(moment)) for moment in moments],
    )


def packed(moment: Moment) -> bytes:
    """A moment's canonical lines, compressed."""
    return zlib.compress(b"\n".join(lines_of(moment)))


def size_of(moment: Moment) -> int:
    """Bytes that a moment takes in the store."""
    return len(packed(moment)) + ROW


def unpacked(lines: bytes) -> Moment:
    """The moment that these lines are of; they are our own."""
    head, *listed = zlib.decompress(lines).split(b"\n")
    readings = []
    for line in listed:
        body = json.loads(line)
        del body["kind"], body["time_s"]
        readings.append(Reading(**body))
    return Moment(json.loads(head)["time_s"], tuple(readings))


def _looks(connection: sqlite3.Connection, cluster: int, begin_s: int, end_s: int) -> list[bytes]:
    """The looks of [begin_s, end_s), as they are kept."""
    rows = connection.execute(
        "SELECT lines FROM moments WHERE cluster = ? AND time_s >= ? AND time_s < ? "
        "ORDER BY time_s",
        (cluster, begin_s, end_s),
    )
    return [lines for (lines,) in rows]


def _is_measured(connection: sqlite3.Connection, cluster: int, hour: int) -> bool:
    found = connection.execute(
        "SELECT 1 FROM own WHERE cluster = ? AND hour = ?", (cluster, hour)
    ).fetchone()
    return found is not None


def _next_hour(connection: sqlite3.Connection, cluster: int) -> int:
    """The hour after the last that was measured; 0 where none was."""
    (last,) = connection.execute(
        "SELECT max(hour) FROM own WHERE cluster = ?", (cluster,)
    ).fetchone()
    return 0 if last is None else int(last) + 1
