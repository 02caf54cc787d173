"""The leases of a cluster as the market's events tell them, and what each cancellation had to give.

Parts, what was booked and refunds of cancellations are made anew from what was opened, extended and
cancelled, and compared with what the market holds and gave. Splits and whole cancellations do not
occur in the demonstration.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from wellhead.actions.books import expect
from wellhead.actions.held import HeldLease, Part
from wellhead.chain import Deployment, Event
from wellhead.demo.market import Site
from wellhead.model.price import SellBack, gross, refund
from wellhead.model.units import HOUR, LEDGER_SCALE, RATE_SCALE, WAD, Q

_CHANGES = ("LeaseOpened", "LeaseExtended", "LeaseCancelled", "BaseUpdated")


@dataclass(frozen=True)
class Told:
    """A lease: `paid` is stablecoin units for all its bookings; `extended` are hours that were
    added, `cancelled` hours that were sold back, and `returned` is what these gave, stablecoin
    units. Hours are the chain's."""

    lease_id: int
    tenant: str
    units: int
    parts: tuple[Part, ...]
    paid: int
    extended: int = 0
    cancelled: int = 0
    returned: int = 0

    @property
    def start(self) -> int:
        return self.parts[0].start

    @property
    def hours(self) -> int:
        """Hours that were booked at first."""
        return self.parts[-1].end + self.cancelled - self.extended - self.start

    @property
    def first_seconds(self) -> int:
        return self.parts[0].first_seconds


def read_history(deployment: Deployment, site: Site, held: list[HeldLease]) -> list[Told]:
    """All leases, the oldest first. BooksError where a cancellation gave another refund than the
    formula, or the market holds other parts than the events tell."""
    events = [
        event
        for name in _CHANGES
        for event in deployment.market.events(name, deployment.block)
        if event.arguments.get("clusterId", site.cluster_id) == site.cluster_id
    ]
    history = _History(site)
    for event in sorted(events, key=lambda event: (event.block, event.index)):
        history.take(event)
    told = history.leases
    expect("leases", len(held), len(told))
    for lease in held:
        parts = told[lease.lease].parts
        expect(f"parts of lease {lease.lease}", len(lease.parts), len(parts))
        for found, wanted in zip(lease.parts, parts, strict=True):
            for name in ("start", "end", "first_seconds", "rate", "is_cut"):
                what = f"{name} of a part of lease {lease.lease}"
                expect(what, getattr(found, name), getattr(wanted, name))
    return [told[number] for number in sorted(told)]


@dataclass
class _History:
    site: Site
    base: int = 0
    leases: dict[int, Told] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = self.site.terms.pricing.base_start * WAD

    def take(self, event: Event) -> None:
        if event.name == "BaseUpdated":
            self.base = event["base"]
        elif event.name == "LeaseOpened":
            self.leases[event["leaseId"]] = Told(
                lease_id=event["leaseId"],
                tenant=event["tenant"],
                units=event["units"],
                parts=(_part(event, event["firstSeconds"]),),
                paid=event["cost"],
            )
        elif told := self.leases.get(event["leaseId"]):
            change = self._extended if event.name == "LeaseExtended" else self._cancelled
            self.leases[told.lease_id] = change(told, event)

    def _extended(self, told: Told, event: Event) -> Told:
        return replace(
            told,
            parts=(*told.parts, _part(event, HOUR)),
            paid=told.paid + event["cost"],
            extended=told.extended + event["end"] - event["start"],
        )

    def _cancelled(self, told: Told, event: Event) -> Told:
        """What ILeaseMarket's formula gives for the hours from `from` on, part by part; the rest of
        their rent is earned at once."""
        begin, given, rent = event["from"], 0, 0
        for part in told.parts:
            first = max(begin, part.start)
            if first < part.end:
                given += self._worth(told, part, first)
                rent += part.rent(first, part.end)
        name = f"of cancelling lease {told.lease_id}"
        expect(f"the refund {name}", event["refund"], given // RATE_SCALE)
        earned = Q * rent - LEDGER_SCALE * event["refund"]
        expect(f"the rest {name}", event["earned"], earned)
        kept = (
            part if part.end <= begin else replace(part, end=begin, is_cut=True)
            for part in told.parts
            if part.start < begin
        )
        return replace(
            told,
            parts=tuple(kept),
            cancelled=told.cancelled + event["end"] - begin,
            returned=told.returned + event["refund"],
        )

    def _worth(self, told: Told, part: Part, first: int) -> int:
        """What the curve gives for the hours of a part from `first` on, 2^-32 stablecoin units."""
        pricing, hours = self.site.terms.pricing, part.end - first
        others = sum(
            lease.units * max(0, min(other.end, part.end) - max(other.start, first))
            for lease in self.leases.values()
            if lease is not told
            for other in lease.parts
        )
        units, time = (self.site.units, told.units), hours * HOUR
        back = SellBack(
            rent=part.rent(part.start, part.end),
            rent_left=part.rent(first, part.end),
            time=(part.end - part.start - 1) * HOUR + part.first_seconds,
            time_left=hours * HOUR,
            release=gross(pricing, self.base, *units, time, others * HOUR),
            empty=gross(pricing, self.base, *units, time, 0),
        )
        return refund(pricing, back)


def _part(event: Event, first_seconds: int) -> Part:
    return Part(event["start"], event["end"], first_seconds, event["rate"], is_cut=False)
