"""The books of a cluster: where everything is that tenants paid, from the chain's events and state,
each part on its own. All is read at one block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.actions.reporting import SKIPS
from wellhead.chain import Deployment, Event
from wellhead.model.samples import Sample
from wellhead.model.service import served
from wellhead.model.units import HOUR, LEDGER_SCALE, Q

#: The parts of what was paid in; they add up to it exactly.
PARTS = ("routed", "undistributed", "refunded", "refund_owed", "escrowed")


class BooksError(Exception):
    """The books do not add up, or differ from what the chain holds. A bug in Wellhead."""


@dataclass(frozen=True, slots=True)
class Books:
    """Where every stablecoin unit went that tenants paid, in ledger units.

    `paid_in` is exactly `routed + undistributed + refunded + refund_owed + escrowed`; `routed` is
    exactly `operator + reporters + holders_cash + bitcoin_pending`. `outage_refund` is the refund,
    paid or owed, of the hours that were not fully served.
    """

    paid_in: int
    routed: int
    undistributed: int
    refunded: int
    refund_owed: int
    escrowed: int
    outage_refund: int
    operator: int
    reporters: int
    holders_cash: int
    bitcoin_pending: int

    def check(self) -> None:
        """Fail unless the books add up."""
        parts = sum(getattr(self, name) for name in PARTS)
        if self.paid_in != parts:
            raise BooksError(f"paid in {self.paid_in}, accounted for {parts}")
        split = self.operator + self.reporters + self.holders_cash + self.bitcoin_pending
        if self.routed != split:
            raise BooksError(f"routed {self.routed}, split into {split}")


@dataclass(frozen=True, slots=True)
class OpenedLease:
    """A lease as its event announced it; hours are the chain's."""

    lease_id: int
    cluster: int
    tenant: str
    units: int
    start: int
    end: int
    first_seconds: int
    cost: int
    rate: int

    def rate_in(self, hour: int) -> int:
        """Rent of one of its hours, 2^-32 stablecoin units."""
        if hour == self.start:
            return self.rate * self.first_seconds // HOUR
        return self.rate

    def rent_from(self, hour: int) -> int:
        """Rent of its hours from `hour` on, 2^-32 stablecoin units."""
        if hour <= self.start:
            return self.rate_in(self.start) + self.rate * (self.end - self.start - 1)
        return self.rate * max(0, self.end - hour)

    @property
    def seconds(self) -> int:
        """Time that is paid for: the first hour may be a part of one."""
        return (self.end - self.start - 1) * HOUR + self.first_seconds


def opened_leases(
    deployment: Deployment, cluster: int | None = None, block: int | None = None
) -> list[OpenedLease]:
    """Every lease, of one cluster or of all, the oldest first."""
    events = deployment.market.events(
        "LeaseOpened", deployment.block, block, indexed=[None, cluster]
    )
    return [_opened(event) for event in events]


def reported_samples(
    deployment: Deployment, cluster: int, block: int | None = None
) -> dict[int, Sample]:
    """The record of each of a cluster's hours, from the events; an hour that was closed for want of
    a report is a sample of nothing."""
    oracle, first = deployment.oracle, deployment.block
    events = oracle.events("Reported", first, block)
    events += oracle.events("SampleSkipped", first, block, indexed=[cluster])
    events += oracle.events("SilenceClosed", first, block, indexed=[cluster])
    events.sort(key=lambda event: (event.block, event.index))
    samples: dict[int, Sample] = {}
    for position, event in enumerate(events):
        if event.name == "SilenceClosed":
            samples.setdefault(event["hour"], Sample(cluster, event["hour"], 0, 0))
        elif event.name == "Reported":
            passed = _passed_over(events, position + 1)
            for sample in map(Sample.decode, event["samples"]):
                usable = sample.available <= sample.working and sample.measured <= Q
                if sample.cluster == cluster and sample.hour not in passed and usable:
                    samples.setdefault(sample.hour, sample)
    return samples


def _passed_over(events: Sequence[Event], position: int) -> set[int]:
    """Hours that the oracle did not take from the batch before `position`, whatever they said."""
    hours = set()
    while position < len(events) and events[position].name == "SampleSkipped":
        if SKIPS[events[position]["reason"]] not in ("Reported", "Malformed"):
            hours.add(int(events[position]["hour"]))
        position += 1
    return hours


def booked_in(leases: Sequence[OpenedLease], hour: int) -> int:
    """Units booked in one of the chain's hours."""
    return sum(lease.units for lease in leases if lease.start <= hour < lease.end)


def served_hours(
    deployment: Deployment,
    cluster: int,
    leases: Sequence[OpenedLease],
    samples: dict[int, Sample],
    block: int | None = None,
) -> dict[int, int]:
    """Served fraction of every hour with a record, millionths, recomputed from record and bookings;
    all of it where nothing was booked."""
    service = deployment.registry.call("serviceOf", cluster, block=block)
    booked = booked_units(leases)
    terms = (service["sla"], service["penalty"])
    return {
        hour: served(sample.available, booked[hour], *terms) if booked.get(hour) else Q
        for hour, sample in samples.items()
    }


def booked_units(leases: Sequence[OpenedLease]) -> dict[int, int]:
    """Units booked in every hour that is booked at all."""
    booked: dict[int, int] = defaultdict(int)
    for lease in leases:
        for hour in range(lease.start, lease.end):
            booked[hour] += lease.units
    return dict(booked)


def read_books(deployment: Deployment, cluster: int, block: int | None = None) -> Books:
    """All parts of a cluster's books; BooksError unless they add up."""
    market, router = deployment.market, deployment.router
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    state = market.call("booksOf", cluster, block=at)
    leases = opened_leases(deployment, cluster, at)
    numbers = {lease.lease_id for lease in leases}
    settled = market.events("Settled", deployment.block, at)
    refunded = sum(int(e["amount"]) for e in settled if e["leaseId"] in numbers)
    split = router.events("Distributed", deployment.block, at, indexed=[cluster])
    carried, pending = router.call_many(
        [("carriedOf", [cluster]), ("bitcoinPendingOf", [cluster])], block=at
    )
    due = market.call_many([("refundLedgerOf", [lease.lease_id]) for lease in leases], block=at)
    operator = _sum(split, "operator") + _sum(split, "remainder")
    reporters, holders = _sum(split, "reporters"), _sum(split, "cash")
    ledger = int(state["earned"]) + int(state["remainder"])
    samples = reported_samples(deployment, cluster, at)
    fractions = served_hours(deployment, cluster, leases, samples, at)
    books = Books(
        paid_in=LEDGER_SCALE * sum(lease.cost for lease in leases),
        routed=LEDGER_SCALE * (operator + reporters + holders + _sum(split, "bitcoin")),
        undistributed=ledger + LEDGER_SCALE * int(carried),
        refunded=LEDGER_SCALE * refunded,
        refund_owed=sum(due) - LEDGER_SCALE * refunded,
        escrowed=Q * sum(lease.rent_from(state["cursor"]) for lease in leases),
        outage_refund=_outage_refund(leases, fractions, state["cursor"]),
        operator=LEDGER_SCALE * operator,
        reporters=LEDGER_SCALE * reporters,
        holders_cash=LEDGER_SCALE * holders,
        bitcoin_pending=LEDGER_SCALE * int(pending),
    )
    books.check()
    expect("refunds of short hours", books.outage_refund, books.refunded + books.refund_owed)
    return books


def expect(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise BooksError(f"{what}: {found}, expected {wanted}")


def _outage_refund(leases: Sequence[OpenedLease], fractions: dict[int, int], cursor: int) -> int:
    """Refund ledger of all accrued hours that were not fully served, hour by hour. An hour without
    a record that was accrued all the same had left the oracle's two years: nothing was served."""
    refund = 0
    for lease in leases:
        for hour in range(lease.start, min(lease.end, cursor)):
            refund += (Q - fractions.get(hour, 0)) * lease.rate_in(hour)
    return refund


def _opened(event: Event) -> OpenedLease:
    return OpenedLease(
        lease_id=event["leaseId"],
        cluster=event["clusterId"],
        tenant=event["tenant"],
        units=event["units"],
        start=event["start"],
        end=event["end"],
        first_seconds=event["firstSeconds"],
        cost=event["cost"],
        rate=event["rate"],
    )


def _sum(events: Sequence[Event], name: str) -> int:
    return sum(int(event[name]) for event in events)
