"""Hours in which more was measured than was booked: capacity sold off the books, or used by nobody
who pays for it. Measured and limits are millionths of the attested units; what was booked counts in
unit-seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.actions.records import Record, records_of
from wellhead.chain import Account, Deployment, Receipt
from wellhead.model.units import HOUR, Q

DAY = 24
#: Hours that are looked at.
WINDOW = 30 * DAY


@dataclass(frozen=True)
class Excess:
    """An hour in which more was measured than what was booked and the tolerance. `booked` are units
    at its end, and `covered` unit-seconds."""

    hour: int
    measured: int
    limit: int
    booked: int
    covered: int


@dataclass(frozen=True)
class OffBook:
    """What of the hours from `since` to before `until` was off the books, of those that have a
    report; `day` counts those of the last 24 hours. `flagged` are hours of them for which somebody
    raised the alarm."""

    since: int
    until: int
    hours: Sequence[Excess]
    day: int
    flagged: Sequence[int]

    @property
    def worst(self) -> Excess | None:
        """The earliest of those with the most above what is in order."""
        return max(self.hours, key=lambda one: one.measured - one.limit, default=None)


def limit_of(covered: int, attested: int, tolerance: int) -> int:
    """Up to what measured utilization is in order where so many unit-seconds of an hour were
    booked, as ICapacityRegistry.flagOffBook has it: rounded up, so that a fraction is no alarm."""
    return -(-covered * Q // (attested * HOUR)) + tolerance if attested else 0


def off_book(
    deployment: Deployment, cluster: int, records: Sequence[Record], attested: int, block: int
) -> OffBook:
    """What of these hours, all of one cluster, adjoining and up to the present, was off the books,
    judged by the units that are `attested` now."""
    tolerance = int(deployment.registry.call("OFF_BOOK_TOLERANCE", block=block))
    least = limit_of(0, attested, tolerance)
    above = [record for record in records if record.is_reported and record.measured > least]
    judged = _judged(deployment, cluster, above, attested, tolerance, block)
    found = [one for one in judged if one.measured > one.limit]
    until = records[-1].hour + 1 if records else 0
    raised: set[int] = set()
    if found:
        events = deployment.registry.events("OffBook", deployment.block, block, indexed=[cluster])
        raised = {int(event["hour"]) for event in events}
    return OffBook(
        since=records[0].hour if records else 0,
        until=until,
        hours=found,
        day=sum(one.hour >= until - DAY for one in found),
        flagged=[one.hour for one in found if one.hour in raised],
    )


def _judged(
    deployment: Deployment,
    cluster: int,
    records: Sequence[Record],
    attested: int,
    tolerance: int,
    block: int | None = None,
) -> list[Excess]:
    """What was measured and what would be in order, for each of these records."""
    asked = [(name, [cluster, r.hour]) for r in records for name in ("bookedAt", "coveredAt")]
    answers = map(int, deployment.market.call_many(asked, block=block))
    return [
        Excess(r.hour, r.measured, limit_of(covered, attested, tolerance), booked, covered)
        for r, booked, covered in zip(records, answers, answers, strict=True)
    ]


def recent_records(
    deployment: Deployment, cluster: int, genesis: int, hour: int, block: int
) -> list[Record]:
    """Of the hours of a cluster that are over at `hour`, the last `WINDOW`."""
    return records_of(deployment, cluster, range(max(genesis, hour - WINDOW), hour), block)


@dataclass(frozen=True)
class Flag:
    """An alarm that was raised, or would be; without a receipt it was not. `attested` are the units
    by which the hour is judged."""

    cluster: int
    excess: Excess
    attested: int
    raised_before: bool
    receipt: Receipt | None = None


def flag(deployment: Deployment, cluster: int, hour: int, sender: Account, *, dry: bool) -> Flag:
    """Raise the alarm for an hour; Reverted where nothing is off the books."""
    registry = deployment.registry
    registry.call("flagOffBook", cluster, hour, sender=sender.address)
    before = registry.events("OffBook", deployment.block, indexed=[cluster, hour])
    attested = int(registry.call("clusterOf", cluster)["attested"])
    (record,) = records_of(deployment, cluster, [hour])
    tolerance = int(registry.call("OFF_BOOK_TOLERANCE"))
    (excess,) = _judged(deployment, cluster, [record], attested, tolerance)
    receipt = None
    if not dry:
        receipt = registry.send("flagOffBook", cluster, hour, sender=sender, gas=None)
    return Flag(cluster, excess, attested, bool(before), receipt)
