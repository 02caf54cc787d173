"""A chain for reporters that is none: what tests say is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from wellhead.chain import KeyAccount, dev_account
from wellhead.model.samples import Sample
from wellhead.model.terms import Kind
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR, Cluster, Signers
from wellhead.oracle.measurements import Domain, Key, Measurement, Signed, sign
from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.reporter.view import Lease, Unready
from wellhead.oracle.sources import SourceError

DOMAIN = Domain(31337, "0x" + "11" * 20, "0x" + "22" * 20)
REPORTERS: list[KeyAccount] = sorted(
    (dev_account(20 + i) for i in range(5)), key=lambda account: int(account.address, 16)
)
STRANGER = dev_account(7)
#: The first hour of the cluster, and the chain's time: this hour is the first that is not over.
GENESIS, NOW = 490_896, 490_906


def nothing() -> dict[str, Any]:
    """The record of an hour that has none."""
    return {"reported": False, "isContested": False, "isFinal": False, "finalAt": 0}


@dataclass
class FakeView:
    """Clusters 1 to 3, five reporters of whom three sign; no hour has a record."""

    time: int = NOW * HOUR + 600
    signing: Signers = field(
        default_factory=lambda: Signers(tuple(account.address for account in REPORTERS), 3)
    )
    reported: set[Key] = field(default_factory=set)
    contested: set[Key] = field(default_factory=set)
    leases: dict[int, Lease] = field(default_factory=dict)
    booked: Bookings | None = field(default_factory=lambda: Bookings(10))
    units_attested: int = 10
    is_down: bool = False
    domain: Domain = DOMAIN

    def now(self) -> int:
        self._require()
        return self.time

    def settled(self, time_s: int) -> int:
        self._require()
        if self.time < time_s:
            raise Unready("the node's latest block is too old")
        return self.time

    def signers(self) -> Signers:
        self._require()
        return self.signing

    def cluster(self, number: int) -> Cluster | None:
        self._require()
        return Cluster(number, GENESIS, Kind.TRAINING, "H100-SXM5-80GB") if number <= 3 else None

    def records(self, keys: Sequence[Key]) -> list[Mapping[str, Any]]:
        self._require()
        return [
            {
                **nothing(),
                "reported": key in self.reported | self.contested,
                "isContested": key in self.contested,
            }
            for key in keys
        ]

    def bookings(
        self, cluster: int, hours: Sequence[int], block: int | None = None
    ) -> list[Bookings | None]:
        self._require()
        return [self.booked for _ in hours]

    def attested(self, cluster: int, hours: Sequence[int], block: int | None = None) -> list[int]:
        self._require()
        return [self.units_attested for _ in hours]

    def lease(self, number: int) -> Lease | None:
        self._require()
        return self.leases.get(number)

    def _require(self) -> None:
        if self.is_down:
            raise Unready("no node answers at http://127.0.0.1:1")


def measured(
    who: int,
    available: int = 10_000,
    hour: int = GENESIS,
    cluster: int = 1,
    root: bytes = bytes(32),
    working: int | None = None,
    energy: int = 0,
) -> Signed:
    """What reporter `who`, from 0 on, says that it measured, thousandths of a unit."""
    sample = Sample(
        cluster, hour, available if working is None else working, available, 500_000, energy
    )
    return sign(DOMAIN, Measurement(sample, root, 60, 60), REPORTERS[who])


@dataclass
class Recorded:
    """A source that says what a test says; where it looks live it gives the last look."""

    moments: list[Moment] = field(default_factory=list)
    failure: str | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)
    name: str = "test"
    was_asked: Event = field(default_factory=Event)

    def read(self, begin_s: int, end_s: int) -> list[Moment]:
        self.asked.append((begin_s, end_s))
        self.was_asked.set()
        if self.failure:
            raise SourceError(self.failure)
        return [moment for moment in self.moments if begin_s <= moment.time_s < end_s]


def looks(
    hour: int,
    devices: Sequence[str] = ("a", "b", "c", "d"),
    step: int = 60,
    active: int = 500_000,
) -> list[Moment]:
    readings = tuple(Reading(device, active_ppm=active) for device in devices)
    return [Moment(time_s, readings) for time_s in range(hour * HOUR, (hour + 1) * HOUR, step)]
