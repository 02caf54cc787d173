"""Steps in the life of a lease after it was opened, and what they are checked against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any

from tests.support.rent import RATE, Opened, gross, sold_back
from tests.support.stage import HOUR, MAX, Stage, Terms
from wellhead.chain import Receipt, UnlockedAccount

ZERO = "0x" + "00" * 20


@dataclass(frozen=True)
class Part:
    """A part of a lease, as booked; `cost` is what was paid for it, stablecoin units."""

    start: int
    end: int
    first_seconds: int
    rate: int
    cost: int

    @property
    def rent(self) -> int:
        """Rent of all hours, 2^-32 units."""
        return self.rate * self.first_seconds // HOUR + self.rate * (self.end - self.start - 1)

    @property
    def seconds(self) -> int:
        return (self.end - self.start - 1) * HOUR + self.first_seconds

    def refund(
        self, terms: Terms, base: Fraction | int, attested: int, units: int, others: Sequence[int]
    ) -> Fraction:
        """What the curve gives for the last hours, in which others booked so much."""
        left = HOUR * len(others)
        release, empty = (
            gross(terms, base, attested, units, [HOUR] * len(others), load)
            for load in (others, [0] * len(others))
        )
        return sold_back(terms, self.cost, self.seconds, left, release, empty)


def first_part(lease: Opened) -> Part:
    return Part(lease.start, lease.end, lease.first_seconds, lease.rate, lease.cost)


def extend(
    stage: Stage,
    lease: Opened,
    hours: int,
    by: UnlockedAccount | None = None,
    at: int | None = None,
) -> Part:
    """Make a lease longer, in a block of time `at` if one is given."""
    if at is not None:
        stage.anvil.next_block_at(at)
    receipt = stage.market.send("extend", lease.id, hours, MAX, sender=by or lease.tenant)
    event: Mapping[str, Any] = receipt.event("LeaseExtended").arguments
    return Part(event["start"], event["end"], HOUR, event["rate"], event["cost"])


def cancel(
    stage: Stage, lease_id: int, from_: int, by: UnlockedAccount | None = None, least: int = 0
) -> Receipt:
    return stage.market.send("cancel", lease_id, from_, least, sender=by or stage.tenants[0])


def refund_of(receipt: Receipt) -> int:
    return int(receipt.event("LeaseCancelled")["refund"])


def assert_refund(found: int, exact: Fraction, steps: int = 1) -> None:
    """A refund is the exact one rounded down. It rests on rents and gross amounts that are rounded
    down to 2^-32 units themselves, a few times in all and once an hour at most: only where the
    exact one is that little above a whole number may it be the whole number below."""
    slack = Fraction(steps + 8, RATE)
    assert floor(max(exact - slack, Fraction(0))) <= found <= floor(exact), f"{found}, {exact}"


def parts_of(stage: Stage, lease_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.market.call("partsOf", lease_id)
    return found


def booked(stage: Stage, cluster: int, start: int, end: int) -> list[int]:
    """Units booked in each hour of [start, end)."""
    return stage.market.call_many([("bookedAt", (cluster, hour)) for hour in range(start, end)])


def lease_of(stage: Stage, lease_id: int) -> dict[str, Any]:
    found: dict[str, Any] = stage.market.call("leaseOf", lease_id)
    return found


def split_units(
    stage: Stage, lease_id: int, units: int, by: UnlockedAccount | None = None
) -> tuple[int, Receipt]:
    receipt = stage.market.send("splitUnits", lease_id, units, sender=by or stage.tenants[0])
    return int(receipt.event("UnitsSplit")["newLeaseId"]), receipt


def split_hours(
    stage: Stage, lease_id: int, hour: int, by: UnlockedAccount | None = None
) -> tuple[int, Receipt]:
    receipt = stage.market.send("splitHours", lease_id, hour, sender=by or stage.tenants[0])
    return int(receipt.event("HoursSplit")["newLeaseId"]), receipt
