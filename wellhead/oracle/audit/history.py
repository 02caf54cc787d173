"""How the records came about: what the events say of each hour, and who could sign when."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wellhead.actions.errors import Refusal
from wellhead.actions.reporting import SKIPS
from wellhead.chain import Deployment, Event
from wellhead.chain.abi import decode_log, events_of
from wellhead.chain.blocks import BlockGone, first_from
from wellhead.chain.logs import scan
from wellhead.chain.signing import report_digest
from wellhead.model.samples import Sample
from wellhead.model.units import Q
from wellhead.oracle.chain import HOUR, ChainView, Signers
from wellhead.oracle.measurements import Domain, Key

#: What is read of the two contracts.
EVENTS = ("Reported", "SampleSkipped", "SilenceClosed", "Held", "Decided", "Ended")
#: Reasons for which one sample of an hour is passed over and another of the same batch is not.
_NOT_FOR_GOOD = {SKIPS.index("Reported"), SKIPS.index("Malformed")}


@dataclass(frozen=True)
class Head:
    """The block at which something is read."""

    block: int
    hash: str
    time_s: int

    @classmethod
    def of(cls, deployment: Deployment) -> Head:
        found = deployment.rpc("eth_getBlockByNumber", "latest", False)
        return cls(int(found["number"], 16), found["hash"], int(found["timestamp"], 16))

    def require(self, deployment: Deployment) -> None:
        """Refusal when the chain has another block in its place now."""
        found = deployment.rpc("eth_getBlockByNumber", hex(self.block), False)
        if found is None or found["hash"] != self.hash:
            raise Refusal("Reorganised", block=self.block)


@dataclass(frozen=True)
class Place:
    """Where an event is: in the log `index` of a block, from the transaction at `position` in it,
    which has this hash."""

    block: int
    index: int
    position: int
    transaction: str


@dataclass(frozen=True)
class Report:
    """A batch that the oracle accepted: `digest` is what was signed, and bit i of `signers` is set
    when signer i did."""

    place: Place
    evidence: bytes
    signers: int
    digest: bytes


@dataclass(frozen=True)
class Ending:
    """The end of a contest. `available` is what had been reported by it; `sample` is the record
    from then on, None where none was put in its place."""

    place: Place
    verdict: int  # IContests.Verdict
    available: int
    evidence: bytes
    signers: int
    sample: Sample | None


@dataclass
class Hour:
    """What the events say of one hour."""

    report: Report | None = None
    sample: Sample | None = None  # of the report
    silent: bool = False
    held: bool = False
    ending: Ending | None = None

    def record(self, key: Key) -> Sample | None:
        """What must stand on chain; None when nothing was recorded."""
        if self.ending is not None and self.ending.sample is not None:
            return self.ending.sample
        return Sample(*key, 0, 0) if self.silent else self.sample


@dataclass
class History:
    """What the events say of the hours [begin, end) of a cluster, in the order of the chain. Of a
    batch no more is kept than these hours need: it may be mostly of others."""

    domain: Domain
    cluster: int
    begin: int
    end: int
    hours: dict[int, Hour] = field(default_factory=dict)
    _batch: tuple[Report, list[Sample], Counter[int]] | None = None
    _decided: dict[int, Sample] = field(default_factory=dict)

    def read(self, logs: Iterable[dict[str, Any]]) -> None:
        for log in logs:
            event = decode_log(log)
            if event is not None and event.name in EVENTS:
                position = int(log["transactionIndex"], 16)
                place = Place(event.block, event.index, position, str(log["transactionHash"]))
                self._take(event, place)
        self._close_batch()

    def _take(self, event: Event, place: Place) -> None:
        if event.name == "SampleSkipped":
            self._skip(event)
            return
        self._close_batch()
        if event.name == "Reported":
            self._open_batch(event, place)
        elif event.name == "Decided":
            sample = Sample.decode(event["sample"])
            if self._has(sample.cluster, sample.hour):
                self._decided[sample.hour] = sample
        elif self._has(int(event["clusterId"]), int(event["hour"])):
            hour = self._hour(int(event["hour"]))
            if event.name == "SilenceClosed":
                hour.silent = True
            elif event.name == "Held":
                hour.held = True
            else:
                hour.ending = _ending(event, place, self._decided.get(int(event["hour"])))

    def _skip(self, event: Event) -> None:
        if self._batch is None or not self._has(int(event["clusterId"]), int(event["hour"])):
            return
        skips = self._batch[2]
        # Any other reason holds for every sample of the hour.
        skips[int(event["hour"])] += 1 if int(event["reason"]) in _NOT_FOR_GOOD else 2**32

    def _open_batch(self, event: Event, place: Place) -> None:
        words, evidence = list(event["samples"]), bytes(event["evidence"])
        samples = [s for s in map(Sample.decode, words) if self._has(s.cluster, s.hour)]
        if not samples:
            return
        domain = self.domain
        report = Report(
            place=place,
            evidence=evidence,
            signers=int(event["signers"]),
            digest=report_digest(domain.chain_id, domain.oracle, words, evidence),
        )
        self._batch = report, samples, Counter()

    def _close_batch(self) -> None:
        """Note what the last batch recorded: of an hour that was passed over less often than it
        was given, the first sample that does not contradict itself."""
        if self._batch is None:
            return
        report, samples, skips = self._batch
        self._batch = None
        given = Counter(sample.hour for sample in samples)
        for sample in samples:
            sound = sample.available <= sample.working and sample.measured <= Q
            hour = self._hour(sample.hour)
            if sound and hour.report is None and given[sample.hour] > skips[sample.hour]:
                hour.report, hour.sample = report, sample

    def _has(self, cluster: int, hour: int) -> bool:
        return cluster == self.cluster and self.begin <= hour < self.end

    def _hour(self, hour: int) -> Hour:
        return self.hours.setdefault(hour, Hour())


class Sets:
    """The reporters of every time."""

    def __init__(self, events: Iterable[Event]) -> None:
        listed = sorted(events, key=lambda event: (event.block, event.index))
        self._places = [(event.block, event.index) for event in listed]
        self._signers = [
            Signers(tuple(event["signers"]), int(event["threshold"])) for event in listed
        ]

    def at(self, place: Place) -> Signers:
        """Those in force right before an event."""
        return self._signers[bisect_left(self._places, (place.block, place.index)) - 1]


def read_history(deployment: Deployment, cluster: int, begin: int, end: int, head: Head) -> History:
    """All logs from the first block in which the hour `begin` can have been recorded."""
    history = History(ChainView(deployment).domain, cluster, begin, end)
    first = _block_at(deployment, (begin + 1) * HOUR, head)
    history.read(read_logs(deployment, first, head.block))
    return history


def read_logs(deployment: Deployment, first: int, last: int) -> Iterator[dict[str, Any]]:
    """The logs of both contracts that a history is read from, in these blocks."""
    topics = [
        topic
        for contract in ("MetricsOracle", "Contests")
        for topic, entry in events_of(contract).items()
        if entry["name"] in EVENTS
    ]
    addresses = [deployment.oracle.address, deployment.contests.address]
    return scan(deployment.rpc, addresses, [topics], first, last)


def read_sets(deployment: Deployment, head: Head) -> Sets:
    return Sets(deployment.oracle.events("SignersSet", deployment.block, head.block))


def _block_at(deployment: Deployment, time_s: int, head: Head) -> int:
    """The first block from a time on, or one after the head."""
    try:
        return first_from(deployment.rpc, time_s, deployment.block, head.block + 1)
    except BlockGone as gone:
        raise Refusal("Reorganised", block=gone.number) from gone


def _ending(event: Event, place: Place, sample: Sample | None) -> Ending:
    return Ending(
        place=place,
        verdict=int(event["verdict"]),
        available=int(event["available"]),
        evidence=bytes(event["evidence"]),
        signers=int(event["signers"]),
        sample=sample,
    )
