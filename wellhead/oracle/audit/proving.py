"""Proof that a raw sample stands behind a record, and checking one without asking any reporter."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from wellhead.actions.errors import EvidenceMissing, Refusal
from wellhead.chain import Deployment
from wellhead.oracle.audit.batches import Batches, Claim, Offered, signed_of
from wellhead.oracle.audit.evidence import EvidenceSource
from wellhead.oracle.audit.history import (
    Head,
    History,
    Hour,
    Place,
    read_history,
    read_logs,
    read_sets,
)
from wellhead.oracle.audit.quorums import recount_statement, report_statement
from wellhead.oracle.audit.records import UNDECIDED
from wellhead.oracle.chain import ChainView
from wellhead.oracle.measurements import Signed, raw_path, root_of


@dataclass(frozen=True)
class Proof:
    """That `line`, a raw sample, is behind the record of an hour: under the root of a reporter's
    signed measurement, which is under the evidence of the batch, or the recount, in a transaction.
    """

    chain_id: int
    oracle: str
    cluster: int
    hour: int
    evidence: bytes
    block: int
    transaction: str
    signed: Signed
    path: tuple[bytes, ...]
    line: bytes
    raw_path: tuple[bytes, ...]


@dataclass(frozen=True)
class Checked:
    """One thing that must hold of a proof, and whether it does."""

    check: str
    holds: bool
    detail: str


@dataclass(frozen=True)
class Wanted:
    """The raw sample that is looked for: what a device showed at a time, or that it was seen at all
    in the hour; by any reporter, or by one."""

    device: str
    time_s: int | None = None
    reporter: str | None = None

    def matches(self, body: dict[str, Any]) -> bool:
        if body.get("device") != self.device:
            return False
        if self.time_s is None:
            return body.get("kind") == "device"
        return body.get("kind") == "reading" and body.get("time_s") == self.time_s


def prove(
    deployment: Deployment, source: EvidenceSource, cluster: int, hour: int, wanted: Wanted
) -> Proof:
    """Refusal where the hour has no record with evidence; EvidenceMissing where no source has what
    the proof is made of."""
    claim, place = _claim_of(deployment, cluster, hour)
    view = ChainView(deployment)
    hearing, _ = Batches(source, view.domain).find(claim)
    if hearing is None:
        raise EvidenceMissing(
            f"no batch with the evidence 0x{claim.evidence.hex()} is at hand, from which hour "
            f"{hour} of cluster {cluster} was recorded"
        )
    times: set[int] = set()
    for raw in source.raw(cluster, hour):
        shown = signed_of(raw.measurement)
        signed = hearing.genuine.get(shown.reporter)
        is_asked = wanted.reporter in (None, shown.reporter)
        if signed is None or shown.measurement != signed.measurement or not is_asked:
            continue
        lines = [line.encode("ascii", "replace") for line in raw.lines]
        if root_of(lines) != signed.measurement.root:
            continue
        line = _find(lines, wanted, times)
        if line is not None:
            return Proof(
                chain_id=view.domain.chain_id,
                oracle=view.domain.oracle,
                cluster=cluster,
                hour=hour,
                evidence=claim.evidence,
                block=place.block,
                transaction=place.transaction,
                signed=signed,
                path=tuple(_path(view, hearing.offered, signed)),
                line=line,
                raw_path=tuple(raw_path(lines, line)),
            )
    raise EvidenceMissing(_not_found(wanted, times))


def check(deployment: Deployment, proof: Proof) -> list[Checked]:
    """Everything that the chain can say about a proof; what fails is said, and nothing raised."""
    view = ChainView(deployment)
    domain, signed = view.domain, proof.signed
    if (proof.chain_id, proof.oracle.lower()) != (domain.chain_id, domain.oracle.lower()):
        said = f"it is for {proof.oracle} on chain {proof.chain_id}, not {domain.oracle} on chain "
        return [Checked("deployment", False, f"{said}{domain.chain_id}")]
    found = [_check_path(deployment, proof)]
    key = f"hour {proof.hour} of cluster {proof.cluster}"
    fits = signed.key == (proof.cluster, proof.hour)
    said = f"the measurement is of {key}" if fits else f"the measurement is not of {key}"
    found.append(Checked("hour", fits, said))
    is_genuine = signed.is_genuine(domain)
    said = "signed" if is_genuine else "did not sign"
    found.append(Checked("signature", is_genuine, f"{signed.reporter} {said} the measurement"))
    found.append(_check_event(deployment, proof))
    return found


def _check_path(deployment: Deployment, proof: Proof) -> Checked:
    made = proof.signed.measurement
    body = (
        made.sample.encode(),
        made.root,
        made.moments,
        made.gap,
        made.canaries,
        made.heartbeats,
    )
    holds = bool(
        deployment.oracle.call(
            "proves",
            proof.evidence,
            proof.signed.reporter,
            body,
            list(proof.path),
            proof.line,
            list(proof.raw_path),
        )
    )
    said = (
        "the raw sample is under the measurement, and that is under the evidence"
        if holds
        else "the raw sample is not under the measurement, or that is not under the evidence"
    )
    return Checked("proves", holds, said)


def _check_event(deployment: Deployment, proof: Proof) -> Checked:
    """Whether the transaction recorded the hour, with this evidence, and whether the reporter was
    one then."""
    key = f"hour {proof.hour} of cluster {proof.cluster}"
    head = Head.of(deployment)
    history = History(ChainView(deployment).domain, proof.cluster, proof.hour, proof.hour + 1)
    # Some nodes take a block to come for an error.
    logs = read_logs(deployment, proof.block, min(proof.block, head.block))
    history.read(log for log in logs if log["transactionHash"] == proof.transaction)
    story = history.hours.get(proof.hour, Hour())
    event = story.ending or story.report
    if event is None:
        said = (
            f"transaction {proof.transaction} did not record {key}, or it is not in block "
            f"{proof.block}: the chain may have been reorganised"
        )
        return Checked("event", False, said)
    if event.evidence != proof.evidence:
        said = f"transaction {proof.transaction} recorded {key} with other evidence"
        return Checked("event", False, said)
    signers = read_sets(deployment, head).at(event.place)
    if proof.signed.reporter not in signers.addresses:
        return Checked("event", False, f"{proof.signed.reporter} was no reporter then")
    if story.ending is None and _was_recounted(deployment, proof):
        said = f"the evidence is that of a report of {key} which a contest replaced since"
        return Checked("event", False, said)
    what = "the recount" if story.ending else "the report"
    return Checked("event", True, f"the evidence is that of {what} that recorded {key}")


def _was_recounted(deployment: Deployment, proof: Proof) -> bool:
    ended = deployment.contests.events(
        "Ended", deployment.block, indexed=[proof.cluster, proof.hour]
    )
    return bool(ended)


def _claim_of(deployment: Deployment, cluster: int, hour: int) -> tuple[Claim, Place]:
    """What the chain says of an hour that has evidence, and where it says so."""
    view, head = ChainView(deployment), Head.of(deployment)
    view.cluster(cluster)
    story = read_history(deployment, cluster, hour, hour + 1, head).hours.get(hour, Hour())
    sets = read_sets(deployment, head)
    head.require(deployment)
    ending, report = story.ending, story.report
    if ending is not None and ending.sample is not None and ending.verdict != UNDECIDED:
        signers = sets.at(ending.place)
        statement = recount_statement(deployment, view.domain, ending, ending.sample, signers)
        sample, evidence, place = ending.sample, ending.evidence, ending.place
    elif ending is not None or story.silent:
        raise Refusal("ClosedAsZero", clusterId=cluster, hour=hour)
    elif report is not None and story.sample is not None:
        signers = sets.at(report.place)
        statement = report_statement(deployment, view.domain, report, signers)
        sample, evidence, place = story.sample, report.evidence, report.place
    else:
        raise Refusal("CapacityRegistry_NotReported", clusterId=cluster, hour=hour)
    return Claim(sample, evidence, statement.digest, signers, statement.needed), place


def _path(view: ChainView, offered: Offered, signed: Signed) -> list[bytes]:
    return offered.tree.path(signed.leaf(view.domain))


def _find(lines: list[bytes], wanted: Wanted, times: set[int]) -> bytes | None:
    """The line that is wanted; else `times` learns when its device was seen."""
    for line in lines:
        try:
            body = json.loads(line)
        except ValueError:
            continue
        if not isinstance(body, dict):
            continue
        if wanted.matches(body):
            return line
        is_reading = body.get("kind") == "reading" and isinstance(body.get("time_s"), int)
        if is_reading and body.get("device") == wanted.device:
            times.add(body["time_s"])
    return None


def _not_found(wanted: Wanted, times: set[int]) -> str:
    who = f"{wanted.reporter} has" if wanted.reporter else "reporters have"
    said = f"no raw sample of {wanted.device} is in what {who} at hand of that hour"
    at = wanted.time_s
    if at is None or not times:
        return said
    nearest = min(times, key=lambda time_s: (abs(time_s - at), time_s))
    return f"{said} at unix time {at}; the nearest one is of {nearest}"
