"""Recomputing what is on chain, hour by hour: events, signatures, medians, raw samples.

The work is in proportion to the hours and to the raw samples; in memory are a few lines for each
hour, and at any time the raw samples of one reporter's hour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from wellhead.actions.errors import Refusal
from wellhead.chain import Deployment
from wellhead.oracle.audit.batches import Batches, Claim, Hearing, Problem, signed_of
from wellhead.oracle.audit.evidence import EvidenceSource
from wellhead.oracle.audit.findings import Audit, spans_of
from wellhead.oracle.audit.history import (
    Ending,
    Head,
    History,
    Hour,
    Place,
    Report,
    Sets,
    read_history,
    read_sets,
)
from wellhead.oracle.audit.quorums import (
    Statement,
    check_bitmap,
    check_signatures,
    recount_statement,
    report_statement,
)
from wellhead.oracle.audit.raw import Leases, RawCheck
from wellhead.oracle.audit.records import UNDECIDED, check_record, check_verdict
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR, ChainView, Signers
from wellhead.oracle.hours import Frame
from wellhead.oracle.measurements import Signed

#: Hours whose records and transactions are asked for at once.
CHUNK = 100

#: Says how many hours are done, of how many.
Advance = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Span:
    """Hours [begin, end) of a cluster that are over and that the chain still keeps."""

    cluster: int
    begin: int
    end: int
    head: Head


def span(deployment: Deployment, cluster: int, begin: int | None, end: int | None) -> Span:
    """What can be checked of a cluster: from its genesis on where `begin` is None, to now where
    `end` is, two years at most. Refusal where a named hour is none of them."""
    view, head = ChainView(deployment), Head.of(deployment)
    genesis, current = view.cluster(cluster).genesis, head.time_s // HOUR
    oldest = current - int(deployment.oracle.call("RING")) + 1
    first = max(genesis, oldest) if begin is None else begin
    if first < genesis:
        raise Refusal("SampleSkipped_BeforeGenesis", clusterId=cluster, hour=first)
    if first < oldest:
        raise Refusal("SampleSkipped_Ancient", clusterId=cluster, hour=first)
    if begin is not None and first >= current:
        raise Refusal("SampleSkipped_Unfinished", clusterId=cluster, hour=first)
    last = current if end is None else min(end, current)
    if last < first or (end is not None and last == first):
        raise Refusal("NoHours", clusterId=cluster, genesis=genesis, current=current)
    return Span(cluster, first, last, head)


def verify(
    deployment: Deployment,
    source: EvidenceSource,
    hours: Span,
    advance: Advance = lambda done, total: None,
) -> Audit:
    """Check every hour. Refusal when the chain was reorganised meanwhile."""
    total = hours.end - hours.begin
    advance(0, total)
    check = _Check(deployment, source, hours)
    for first in range(hours.begin, hours.end, CHUNK):
        last = min(first + CHUNK, hours.end)
        check.chunk(range(first, last), lambda hour: advance(hour - hours.begin + 1, total))
    hours.head.require(deployment)
    check.audit.gaps = spans_of(check.unreported)
    return check.audit


class _Check:
    """What is known while hours are gone through in ascending order."""

    def __init__(self, deployment: Deployment, source: EvidenceSource, hours: Span) -> None:
        self._deployment, self._source = deployment, source
        self._view = ChainView(deployment)
        self._domain = self._view.domain
        self._block = hours.head.block
        self._cluster = self._view.cluster(hours.cluster)
        self._history: History = read_history(
            deployment, hours.cluster, hours.begin, hours.end, hours.head
        )
        self._sets: Sets = read_sets(deployment, hours.head)
        listed = range(hours.begin, hours.end)
        self._attested = dict(zip(listed, self._view.attested(hours.cluster, listed), strict=True))
        self._bookings: dict[int, Bookings] = {}
        self._batches = Batches(source, self._domain)
        self._raw = RawCheck(
            self._domain, Leases(deployment, self._block), hours.cluster, self._frame
        )
        self._tolerance = int(deployment.contests.call("TOLERANCE"))
        #: Events whose signatures are checked already: a batch has many hours.
        self._signed: set[Place] = set()
        self.audit = Audit(hours.cluster, hours.begin, hours.end, self._block)
        self.unreported: list[int] = []

    def chunk(self, hours: Sequence[int], done: Callable[[int], None]) -> None:
        number, block = self._cluster.number, self._block
        records = self._deployment.oracle.call_many(
            [("recordOf", [number, hour]) for hour in hours], block=block
        )
        self._bookings = dict(zip(hours, self._view.sure_bookings(number, hours), strict=True))
        stories = [self._history.hours.get(hour, Hour()) for hour in hours]
        transactions = self._transactions(stories)
        for hour, record, story in zip(hours, records, stories, strict=True):
            self._hour(hour, record, story, transactions)
            done(hour)

    def _hour(
        self, hour: int, record: dict[str, Any], story: Hour, transactions: dict[Place, Any]
    ) -> None:
        totals = self.audit.totals
        totals.hours += 1
        if not check_record(self.audit, (self._cluster.number, hour), record, story):
            self.unreported.append(hour)
        report, ending = story.report, story.ending
        claim = None
        if report is not None and story.sample is not None:
            signers = self._sets.at(report.place)
            statement = report_statement(self._deployment, self._domain, report, signers)
            self._check_quorum(hour, report, statement, signers, transactions)
            claim = Claim(
                story.sample, report.evidence, statement.digest, signers, statement.needed
            )
        if ending is not None:
            check_verdict(self.audit, hour, story, ending, self._tolerance)
            recounted, claim = claim, None
            if ending.verdict != UNDECIDED and ending.sample is not None:
                signers = self._sets.at(ending.place)
                statement = recount_statement(
                    self._deployment, self._domain, ending, ending.sample, signers
                )
                self._check_quorum(hour, ending, statement, signers, transactions)
                claim = Claim(
                    sample=ending.sample,
                    evidence=ending.evidence,
                    digest=statement.digest,
                    signers=signers,
                    needed=statement.needed,
                    earlier=recounted,
                )
        if claim is not None:
            self._check_evidence(claim)

    def _check_quorum(
        self,
        hour: int,
        event: Report | Ending,
        statement: Statement,
        signers: Signers,
        transactions: dict[Place, Any],
    ) -> None:
        """Once for each event, at the first hour that it recorded."""
        if event.place in self._signed:
            return
        self._signed.add(event.place)
        totals, found = self.audit.totals, self.audit.found
        for check, detail in check_bitmap(statement, signers):
            found.wrong(hour, check, detail)
        problems = check_signatures(statement, signers, transactions[event.place])
        if problems is None:
            totals.signatures_unread += 1
            return
        totals.signatures_read += 1
        for check, detail in problems:
            found.wrong(hour, check, detail)

    def _check_evidence(self, claim: Claim) -> None:
        """The measurements behind a record, and what they rest on."""
        totals = self.audit.totals
        hearing = self._batches.check(claim, self.audit.found)
        if hearing is None:
            totals.batches_missing += 1
            return
        totals.batches += 1
        listed = list(hearing.genuine.values())
        totals.measurements += len(listed)
        canaries = any(signed.measurement.canaries for signed in listed)
        heartbeats = any(signed.measurement.heartbeats for signed in listed)
        totals.canaries += canaries
        totals.heartbeats += heartbeats
        totals.no_outside_input += not canaries and not heartbeats
        self._check_raw(claim, hearing)

    def _check_raw(self, claim: Claim, hearing: Hearing) -> None:
        """Several sources may show a reporter's raw samples; the best are what counts."""
        totals, found, hour = self.audit.totals, self.audit.found, claim.sample.hour
        checked: dict[str, list[Problem]] = {}
        left_out: set[str] = set()
        for raw in self._source.raw(*claim.key):
            shown = signed_of(raw.measurement)
            signed = hearing.genuine.get(shown.reporter)
            if signed is None:
                if self._counts(claim, shown):
                    left_out.add(shown.reporter)
            elif shown.measurement != signed.measurement:
                self._note_other(hour, shown)
            elif checked.get(shown.reporter) != []:
                checked[shown.reporter] = self._raw.problems(signed, raw)
        totals.raw += len(checked)
        totals.left_out += len(left_out)
        for problem in chain.from_iterable(checked.values()):
            found.wrong(hour, problem.check, problem.detail, problem.reporter)
        for reporter in sorted(hearing.genuine.keys() - checked.keys()):
            totals.raw_missing += 1
            said = "no raw samples of its measurement are at hand"
            found.missing(hour, "raw", said, reporter)

    def _counts(self, claim: Claim, shown: Signed) -> bool:
        """Whether a measurement that is not in the batch could have been."""
        return (
            shown.key == claim.key
            and shown.reporter in claim.signers.addresses
            and shown.is_genuine(self._domain)
        )

    def _note_other(self, hour: int, shown: Signed) -> None:
        """A reporter shows raw samples for another measurement than the one in the batch."""
        if shown.is_genuine(self._domain):
            said = "signed the measurement in the batch, and another one for its raw samples"
            self.audit.found.wrong(hour, "equivocation", said, shown.reporter)
        else:
            said = "its raw samples come with a measurement that it did not sign"
            self.audit.found.wrong(hour, "forged", said, shown.reporter)

    def _transactions(self, stories: Sequence[Hour]) -> dict[Place, Any]:
        """The transactions of these hours' events that are not checked yet. They are asked for by
        place: many nodes find only the later ones by hash."""
        events = [e for story in stories for e in (story.report, story.ending) if e is not None]
        places = list(dict.fromkeys(e.place for e in events if e.place not in self._signed))
        asked = [
            ("eth_getTransactionByBlockNumberAndIndex", [hex(place.block), hex(place.position)])
            for place in places
        ]
        found = dict(zip(places, self._deployment.rpc.batch(asked), strict=True))
        for place, transaction in found.items():
            if transaction is None or transaction["hash"] != place.transaction:
                raise Refusal("Reorganised", block=place.block)
        return found

    def _frame(self, hour: int) -> Frame:
        cluster = self._cluster
        return Frame(
            cluster.number,
            hour,
            self._bookings[hour],
            self._attested[hour],
            cluster.kind,
            cluster.sku,
        )
