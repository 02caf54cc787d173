"""Whose a device is: that cluster's in whose evidence it stood first, while it stands there.

The names and serial numbers of devices are public, so any exporter can list those of another
cluster. A claim outlives an outage: it ends after `DEVICE_HOURS` measured hours of its cluster in
which the device did not stand. Hours that nobody measured say nothing about it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterable
from dataclasses import dataclass

from wellhead.oracle.readings import Device

#: Measured hours in a row that a device is absent from its cluster until another may have it.
DEVICE_HOURS = 48
#: Claims of one cluster that are kept, for every attested unit and beside these: the oldest.
CLAIMS_PER_UNIT, MORE_CLAIMS = 128, 100_000

#: The clusters that had a device, by one of its two identities, before this one had it. A claim
#: says nothing of hours that ended long before it began.
_BEFORE = """
SELECT other.cluster FROM devices AS other
LEFT JOIN devices AS mine ON mine.cluster = ?1 AND mine.identity = other.identity
WHERE other.identity IN (?2, ?3) AND other.cluster != ?1 AND other.since <= ?4
AND (mine.id IS NULL OR other.id < mine.id) ORDER BY other.id
"""


@dataclass(frozen=True)
class Refused:
    """A device that counts as absent, and the cluster whose evidence it stands in."""

    device: str
    elsewhere: int


def elsewhere(
    connection: sqlite3.Connection,
    cluster: int,
    hour: int,
    devices: Iterable[Device],
    watched: Container[int],
) -> list[Refused]:
    """Those of a cluster's devices in an hour that are another's of the clusters `watched`, by name
    or by serial number. What a cluster claims that nobody watches any more does not count."""
    found: dict[str, Refused] = {}
    for device in devices:
        names = identities(device)
        asked = (cluster, names[0], names[-1], hour + DEVICE_HOURS)
        for (other,) in connection.execute(_BEFORE, asked):
            if other in watched:
                found.setdefault(device.device, Refused(device.device, int(other)))
                break
    return list(found.values())


def keep_devices(
    connection: sqlite3.Connection,
    cluster: int,
    hour: int,
    attested: int,
    devices: Iterable[Device],
) -> None:
    """Let a cluster have the devices that stand in its evidence of an hour, which was kept just
    now, and no more those that have been absent for long. An hour that is made up later takes
    nothing back."""
    listed = sorted({name for device in devices for name in identities(device)})
    connection.executemany(
        "INSERT INTO devices (cluster, identity, since, hour) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (cluster, identity) DO UPDATE SET hour = max(hour, excluded.hour)",
        [(cluster, name, hour, hour) for name in listed],
    )
    connection.execute(
        "DELETE FROM devices WHERE cluster = ?1 AND hour <= "
        "(SELECT own.hour FROM own WHERE cluster = ?1 ORDER BY own.hour DESC LIMIT 1 OFFSET ?2)",
        (cluster, DEVICE_HOURS),
    )
    # Made-up names come and go; who makes them up loses the latest.
    most = CLAIMS_PER_UNIT * attested + MORE_CLAIMS
    (count,) = connection.execute(
        "SELECT count(*) FROM devices WHERE cluster = ?", (cluster,)
    ).fetchone()
    if count > most:
        connection.execute(
            "DELETE FROM devices WHERE id IN "
            "(SELECT id FROM devices WHERE cluster = ? ORDER BY id LIMIT -1 OFFSET ?)",
            (cluster, most),
        )


def identities(device: Device) -> list[str]:
    """By what a device is known: its name, and its serial number if it has one."""
    serials = [f"serial:{device.serial}"] if device.serial else []
    return [f"device:{device.device}", *serials]
