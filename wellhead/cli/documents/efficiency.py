"""Documents of what was measured beside what was booked, and of work per joule."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wellhead.cli.documents.chain import Cluster
from wellhead.cli.documents.holders import Vesting
from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Sent


class Excess(Part):
    """An hour in which `measured` was above `limit`: what was booked and the tolerance. Both are
    millionths of the units that are attested now; `booked` are whole units at the hour's end, and
    `covered` unit-seconds."""

    hour: Integer
    measured: Integer
    limit: Integer
    booked: Integer
    covered: Integer


class OffBook(Part):
    """How many reported hours from `since` to before `until` were off the books, how many of the
    last 24, and for how many of them the alarm was raised."""

    since: Integer
    until: Integer
    hours: Integer
    day: Integer
    flagged: Integer
    worst: Excess | None


class Spent(Part):
    """What so many hours took and gave: joules at the devices, and GFLOP or tokens. Work per joule
    is in millionths, rounded down; null where nothing was measured. The facility's follow from the
    caller's PUE; null without one."""

    hours: Integer
    energy: Integer
    work: Integer
    per_joule: Integer | None
    facility_energy: Integer | None = None
    facility_per_joule: Integer | None = None


class Waiting(Part):
    """Stablecoin units that were split and wait: the operator's and the reporters' to be released,
    the holders' to be turned into bitcoin."""

    operator: Integer
    reporters: Integer
    bitcoin: Integer


class ClusterShow(Cluster, Document):
    """A cluster. `contested` are the hours that wait for a recount; `efficiency` is of the last 24
    reported hours, of the last 30 days, that have both energy and work."""

    off_book: OffBook
    efficiency: Spent
    contested: list[Integer]
    waiting: Waiting
    vesting: Vesting


class ClusterFlag(Sent):
    """`raised_before` is whether somebody had raised this alarm before."""

    cluster: Integer
    by: Address
    attested: Integer
    excess: Excess
    raised_before: bool
    transaction: Hash | None


class Hour(Part):
    """An hour; `spent` is null where energy or work was not measured, or nothing was reported."""

    hour: Integer
    reported: bool
    spent: Spent | None


class ClusterEfficiency(Document):
    """Hours [from, to) of a cluster; `pue` is the caller's own, in millionths."""

    cluster: Integer
    kind: Literal["training", "inference", "edge"]
    work_unit: Literal["GFLOP", "token"]
    from_: Integer = Field(alias="from")
    to: Integer
    pue: Integer | None
    total: Spent
    hours: list[Hour]
