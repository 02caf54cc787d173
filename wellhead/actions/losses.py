"""What tenants lost, hour by hour, and what a default cost: recomputed from records and bookings,
and from what the bond held when an hour was accrued."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wellhead.actions.asking import events_among
from wellhead.actions.held import HeldLease, covered_seconds
from wellhead.chain import Deployment, Event
from wellhead.model.samples import Sample
from wellhead.model.service import loss
from wellhead.model.units import LEDGER_SCALE, Q

_MOVES = ("BondPosted", "BondWithdrawn", "Accrued", "Defaulted")


@dataclass(frozen=True)
class Losses:
    """A cluster's losses up to its cursor. `hours` has those of booked hours, Q for an hour's whole
    rent, and `lost` is their sum; `records` counts the hours whose records were given. The rest are
    ledgers: what is due for the losses, the rent of hours that are void and the compensation for
    these; what was posted as a bond, withdrawn, and is left of it."""

    records: int
    hours: Mapping[int, int]
    refund: int
    void_rent: int
    compensation: int
    posted: int
    withdrawn: int
    bond: int

    @property
    def lost(self) -> int:
        return sum(self.hours.values())


def read_losses(
    deployment: Deployment,
    cluster: int,
    leases: Sequence[HeldLease],
    samples: Mapping[int, Sample],
    block: int,
) -> Losses:
    """Everything anew: events up to `block` only say when the books moved, when a default was
    declared, and what was posted and withdrawn."""
    terms = deployment.registry.call("termsOf", cluster, block=block)
    genesis = int(deployment.registry.call("genesisOf", cluster, block=block))
    moves = events_among(deployment.market, _MOVES, deployment.block, block, 0, [cluster])
    walk = _Walk(terms, genesis, samples, leases)
    for event in moves:
        walk.move(event)
    void = [lease for lease in leases if lease.void_hours]
    return Losses(
        records=len(samples),
        hours=walk.lost,
        refund=sum(_due(lease, walk) for lease in leases),
        void_rent=Q * sum(lease.rent(lease.stop, lease.end) for lease in void),
        compensation=sum(
            lease.void_hours * lease.units * walk.compensation[lease.stop] for lease in void
        ),
        posted=walk.posted,
        withdrawn=walk.withdrawn,
        bond=walk.bond,
    )


@dataclass
class _Walk:
    """The meter's way over the hours."""

    terms: Mapping[str, Mapping[str, int]]
    cursor: int
    samples: Mapping[int, Sample]
    leases: Sequence[HeldLease]
    posted: int = 0
    withdrawn: int = 0
    bond: int = 0
    lost: dict[int, int] = field(default_factory=dict)
    #: Ledger due for a void unit-hour, by the hour of the default.
    compensation: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._covered = covered_seconds(self.leases)
        self._rates: dict[int, int] = defaultdict(int)
        for lease in self.leases:
            for hour, rate in lease.rates(lease.end):
                self._rates[hour] += rate

    def move(self, event: Event) -> None:
        if event.name == "BondPosted":
            self.posted += LEDGER_SCALE * int(event["amount"])
            self.bond += LEDGER_SCALE * int(event["amount"])
        elif event.name == "BondWithdrawn":
            self.withdrawn += LEDGER_SCALE * int(event["amount"])
            self.bond -= LEDGER_SCALE * int(event["amount"])
        elif event.name == "Defaulted":
            self._default(int(event["hour"]))
        else:
            for hour in range(self.cursor, int(event["cursor"])):
                if self._covered.get(hour):
                    self.lost[hour] = self._loss(hour)
            self.cursor = int(event["cursor"])

    def _loss(self, hour: int) -> int:
        """Of a booked hour that is accrued. Without a record, its time for one had passed: nothing
        was served."""
        service, sample = self.terms["service"], self.samples.get(hour)
        available = sample.available if sample else 0
        lost = loss(available, self._covered[hour], service["sla"], service["penalty"])
        if lost <= Q:
            return lost
        rate = self._rates[hour]
        beyond = min(lost - Q, self.bond // rate if rate else 0)
        self.bond -= beyond * rate
        return Q + beyond

    def _default(self, hour: int) -> None:
        """Compensate for what a default in this hour makes void: a unit's bond, or an equal part of
        what is left of the bond, spread over the hours that a booking can reach."""
        void: dict[int, int] = defaultdict(int)
        for lease in self.leases:
            if lease.void_hours and lease.stop == hour:
                for each in range(max(lease.start, hour), lease.end):
                    void[each] += lease.units
        if void:
            most = LEDGER_SCALE * self.terms["service"]["bond"]
            share = min(most, self.bond // max(void.values()))
            self.compensation[hour] = share // self.terms["pricing"]["horizonHours"]
            self.bond -= self.compensation[hour] * sum(void.values())


def _due(lease: HeldLease, walk: _Walk) -> int:
    """Refund ledger of a lease for the losses of its hours."""
    return sum(rate * walk.lost[hour] for hour, rate in lease.rates(walk.cursor))
