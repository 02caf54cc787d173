"""The oracle's records, read from its events."""

from __future__ import annotations

from collections.abc import Sequence

from wellhead.actions.reporting import SKIPS
from wellhead.chain import Deployment, Event
from wellhead.model.samples import Sample
from wellhead.model.units import Q


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
