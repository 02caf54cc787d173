"""The oracle's records, as they stand and as its events tell them; and the market clock's times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wellhead.actions.reporting import SKIPS
from wellhead.chain import Deployment, Event
from wellhead.model.samples import Sample
from wellhead.model.units import TWO_YEARS_HOURS, Q

DAY = 24
#: Hours that are asked for at a time where there was no record in the last day.
MANY = 500


@dataclass(frozen=True)
class Record:
    """What stands of an hour; units as in a Sample. Until it is decided, a contested hour has what
    was reported. `final_at` is on the market clock, and says nothing while it is contested."""

    cluster: int
    hour: int
    is_reported: bool
    is_contested: bool
    is_final: bool
    final_at: int
    working: int
    available: int
    measured: int
    energy: int
    work: int


def records_of(
    deployment: Deployment, cluster: int, hours: Sequence[int], block: int | None = None
) -> list[Record]:
    """The records of a cluster's hours, in their order; two years back and more there is none."""
    found = deployment.oracle.call_many(
        [("recordOf", [cluster, hour]) for hour in hours], block=block
    )
    return [_record(cluster, hour, body) for hour, body in zip(hours, found, strict=True)]


@dataclass(frozen=True)
class Clock:
    """What the market clock shows at the unix time `now`, and whether it is stopped."""

    now: int
    shown: int
    is_paused: bool

    def time_of(self, shown: int) -> int | None:
        """The unix time at which it shows this if nothing pauses from now on; None while something
        does. Of what is past, as if nothing had paused since."""
        return None if self.is_paused else self.now + shown - self.shown


def clock_of(deployment: Deployment) -> Clock:
    """The market clock in the latest block."""
    paused, shown = deployment.registry.call_many([("paused", []), ("clock", [])])
    return Clock(deployment.rpc.now(), int(shown), bool(paused))


def _record(cluster: int, hour: int, body: dict[str, Any]) -> Record:
    return Record(
        cluster=cluster,
        hour=hour,
        is_reported=bool(body["reported"]),
        is_contested=bool(body["isContested"]),
        is_final=bool(body["isFinal"]),
        final_at=int(body["finalAt"]),
        working=int(body["working"]),
        available=int(body["available"]),
        measured=int(body["measured"]),
        energy=int(body["energy"]),
        work=int(body["work"]),
    )


def samples_of(
    deployment: Deployment, cluster: int, hours: Sequence[int], block: int | None = None
) -> dict[int, Sample]:
    """What stands of these hours, of those that have a record, as samples."""
    return {
        one.hour: Sample(
            cluster, one.hour, one.working, one.available, one.measured, one.energy, one.work
        )
        for one in records_of(deployment, cluster, hours, block)
        if one.is_reported
    }


def last_reported(
    deployment: Deployment, cluster: int, genesis: int, before: int, block: int
) -> int | None:
    """The last hour before `before` that has a record; two years back and more there is none."""
    end, size = before, DAY
    while end > genesis:
        start = max(end - size, genesis)
        records = records_of(deployment, cluster, range(start, end), block)
        if found := [record.hour for record in records if record.is_reported]:
            return found[-1]
        if end <= before - TWO_YEARS_HOURS:
            break
        end, size = start, MANY
    return None


def reported_samples(
    deployment: Deployment, cluster: int, block: int | None = None
) -> dict[int, Sample]:
    """The record of each of a cluster's hours, from the events; an hour that was closed for want of
    a report, or of a recount, is a sample of nothing."""
    oracle, first = deployment.oracle, deployment.block
    events = oracle.events("Reported", first, block)
    events += oracle.events("SampleSkipped", first, block, indexed=[cluster])
    events += oracle.events("SilenceClosed", first, block, indexed=[cluster])
    events += oracle.events("Decided", first, block)
    events.sort(key=lambda event: (event.block, event.index))
    samples: dict[int, Sample] = {}
    for position, event in enumerate(events):
        if event.name == "SilenceClosed":
            samples.setdefault(event["hour"], Sample(cluster, event["hour"], 0, 0))
        elif event.name == "Decided":
            decided = Sample.decode(event["sample"])
            if decided.cluster == cluster:
                samples[decided.hour] = decided
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
