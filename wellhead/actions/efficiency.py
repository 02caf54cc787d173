"""Work per joule, from what reporters measured. All of it integers.

Energy is joules at the devices. A facility's energy is that times its PUE, once; a PUE is the
caller's own, in millionths. Work is GFLOP or tokens; work per joule is in millionths, rounded down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.actions.errors import Refusal
from wellhead.actions.records import Record, records_of
from wellhead.actions.views import head
from wellhead.chain import Deployment
from wellhead.model.terms import Kind
from wellhead.model.units import HOUR, TWO_YEARS_HOURS, Q

#: Hours that the recent efficiency is of.
RECENT = 24


@dataclass(frozen=True)
class Spent:
    """What so many hours took and gave: joules, and GFLOP or tokens."""

    hours: int
    energy: int
    work: int

    @property
    def per_joule(self) -> int | None:
        """Millionths; None where nothing was measured."""
        return self.work * Q // self.energy if self.hours else None

    def facility_energy(self, pue: int) -> int:
        """Joules that the facility took, rounded up."""
        return -(-self.energy * pue // Q)

    def facility_per_joule(self, pue: int) -> int | None:
        """Of the facility's joules, before these are rounded."""
        return self.work * Q * Q // (self.energy * pue) if self.hours else None


@dataclass(frozen=True)
class Hourly:
    """An hour of a cluster; None where it was not measured, or has no report."""

    hour: int
    is_reported: bool
    spent: Spent | None


@dataclass(frozen=True)
class Efficiency:
    """A cluster's hours from `since` to before `until`, and all that was measured in them."""

    cluster: int
    kind: Kind
    since: int
    until: int
    hours: Sequence[Hourly]
    total: Spent


def recent(records: Sequence[Record]) -> Spent:
    """Of the last `RECENT` of these hours in which both energy and work were measured."""
    measured = [spent for record in records if (spent := _spent(record)) is not None]
    return _sum(measured[-RECENT:])


def efficiency(
    deployment: Deployment, cluster: int, since: int | None, until: int | None
) -> Efficiency:
    """Of the hours [since, until) that the cluster has a record of and that are over; left out, the
    last 24. Refusal where there is none."""
    block, now = head(deployment)
    registry = deployment.registry
    state, terms = registry.call_many(
        [("clusterOf", [cluster]), ("termsOf", [cluster])], block=block
    )
    current, genesis = now // HOUR, int(state["genesis"])
    last = current if until is None else min(until, current)
    first = max(last - RECENT if since is None else since, genesis, current - TWO_YEARS_HOURS + 1)
    if first >= last:
        raise Refusal("NoHours", clusterId=cluster, genesis=genesis, current=current)
    records = records_of(deployment, cluster, range(first, last), block)
    hours = [Hourly(record.hour, record.is_reported, _spent(record)) for record in records]
    total = _sum([one.spent for one in hours if one.spent is not None])
    return Efficiency(cluster, Kind(int(terms["kind"])), first, last, hours, total)


def _spent(record: Record) -> Spent | None:
    measured = record.is_reported and record.energy and record.work
    return Spent(1, record.energy, record.work) if measured else None


def _sum(listed: Sequence[Spent]) -> Spent:
    return Spent(
        hours=sum(one.hours for one in listed),
        energy=sum(one.energy for one in listed),
        work=sum(one.work for one in listed),
    )
