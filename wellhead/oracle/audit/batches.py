"""Whether a batch at hand is the one on chain, and whether its measurements make the record."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from wellhead.model.samples import Sample
from wellhead.oracle import wire
from wellhead.oracle.audit.evidence import EvidenceSource
from wellhead.oracle.audit.findings import Check, Findings
from wellhead.oracle.chain import Signers
from wellhead.oracle.measurements import Domain, Key, Signed, evidence_tree, median
from wellhead.oracle.merkle import Tree

#: Batches that are kept when they were looked at: successive hours often have the same.
KEPT = 8


@dataclass(frozen=True)
class Problem:
    """Something wrong with an hour, without the hour; `reporter` is whose measurement it is."""

    check: Check
    detail: str
    reporter: str | None


@dataclass(frozen=True)
class Claim:
    """What the chain says of an hour: the recorded sample, the evidence and the digest of the batch
    that it is from, and who could sign and how many had to. Before a recount there was a report."""

    sample: Sample
    evidence: bytes
    digest: bytes
    signers: Signers
    needed: int
    earlier: Claim | None = None

    @property
    def key(self) -> Key:
        return self.sample.cluster, self.sample.hour


@dataclass(frozen=True)
class Offered:
    """A batch that a source has, unchecked; its measurements by hour."""

    tree: Tree
    hours: dict[Key, list[Signed]]


@dataclass(frozen=True)
class Hearing:
    """The measurements of an hour in a batch: the first genuine one of each reporter, and what
    speaks against them as the reason for the record."""

    offered: Offered
    genuine: dict[str, Signed]
    problems: list[Problem]

    @classmethod
    def of(cls, domain: Domain, claim: Claim, offered: Offered) -> Hearing:
        listed = offered.hours.get(claim.key, [])
        genuine: dict[str, Signed] = {}
        problems: list[Problem] = []
        for signed in listed:
            reporter = signed.reporter
            first = genuine.get(reporter, signed)
            if not signed.is_genuine(domain):
                said = f"{reporter} did not sign the measurement under its name"
                problems.append(Problem("forged", said, reporter))
                continue
            genuine[reporter] = first
            if reporter not in claim.signers.addresses:
                problems.append(Problem("foreign", f"{reporter} was no reporter then", reporter))
            elif first.measurement != signed.measurement:
                said = f"{reporter} signed two different measurements"
                problems.append(Problem("equivocation", said, reporter))
        if len(genuine) < claim.needed:
            said = f"{len(genuine)} reporters' measurements, and {claim.needed} are needed"
            problems.append(Problem("too_few", said, None))
        if listed:
            middle = median([signed.measurement.sample for signed in listed])
            if middle != claim.sample:
                said = difference(claim.sample, middle)
                problems.append(Problem("median", f"recorded and median differ: {said}", None))
        return cls(offered, genuine, problems)


class Batches:
    """Finds the batches behind records."""

    def __init__(self, source: EvidenceSource, domain: Domain) -> None:
        self._source, self._domain = source, domain
        self._kept: OrderedDict[bytes, Offered] = OrderedDict()

    def check(self, claim: Claim, found: Findings) -> Hearing | None:
        """The measurements behind a record; None when the batch is not at hand."""
        hour = claim.sample.hour
        hearing, other = self.find(claim)
        if hearing is not None:
            _note(hour, hearing.problems, found)
        elif other is None:
            found.missing(hour, "batch", "no batch with the event's evidence is at hand")
        else:
            self._check_other(claim, other, found)
        return hearing

    def find(self, claim: Claim) -> tuple[Hearing | None, Offered | None]:
        """The measurements in the batch with the claim's evidence; else another batch, if one is
        offered.

        The evidence binds measurements and not the signatures under them: if somebody shows wrong
        ones, others may have the right ones.
        """
        best: Hearing | None = None
        other: Offered | None = None
        for offered in self._offers(claim):
            if offered.tree.root != claim.evidence:
                other = other or offered
                continue
            hearing = self.hear(claim, offered)
            if not hearing.problems:
                return hearing, None
            best = best or hearing
        return best, other

    def hear(self, claim: Claim, offered: Offered) -> Hearing:
        return Hearing.of(self._domain, claim, offered)

    def _offers(self, claim: Claim) -> Iterator[Offered]:
        for known in list(self._kept.values()):
            if known.tree.root == claim.evidence and claim.key in known.hours:
                yield known
        for batch in self._source.batches(*claim.key, claim.digest):
            yield self._offered(batch)

    def _check_other(self, claim: Claim, offered: Offered, found: Findings) -> None:
        """A reporter may have signed the same sample in several batches, so another one that makes
        it is no contradiction."""
        hour, shown = claim.sample.hour, offered.tree.root.hex()
        problems = self.hear(claim, offered).problems
        if not problems:
            detail = f"another batch is at hand, with evidence 0x{shown}; it makes the same sample"
            found.missing(hour, "batch", detail)
            return
        if claim.earlier is not None and not self.hear(claim.earlier, offered).problems:
            found.missing(hour, "batch", "at hand is a batch of the contested report alone")
            return
        detail = f"the batch at hand has evidence 0x{shown}, the event 0x{claim.evidence.hex()}"
        found.wrong(hour, "evidence", detail)
        _note(hour, problems, found)

    def _offered(self, batch: wire.Batch) -> Offered:
        name = hashlib.sha256(batch.model_dump_json().encode()).digest()
        if name not in self._kept:
            listed = [signed_of(body) for body in batch.measurements]
            hours: dict[Key, list[Signed]] = {}
            for signed in listed:
                hours.setdefault(signed.key, []).append(signed)
            self._kept[name] = Offered(evidence_tree(self._domain, listed), hours)
        self._kept.move_to_end(name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[name]


def signed_of(body: wire.MeasurementBody) -> Signed:
    """With the reporter's address as it is written elsewhere."""
    signed = body.signed()
    return Signed(to_checksum_address(signed.reporter), signed.measurement, signed.signature)


def difference(stated: object, found: object) -> str:
    """The fields in which two of a kind differ, as "name 1 and 2"."""
    told = (
        f"{name} {getattr(stated, name)} and {getattr(found, name)}"
        for name in stated.__dataclass_fields__  # type: ignore[attr-defined]
        if getattr(stated, name) != getattr(found, name)
    )
    return ", ".join(told)


def _note(hour: int, problems: Iterable[Problem], found: Findings) -> None:
    for problem in problems:
        found.wrong(hour, problem.check, problem.detail, problem.reporter)
