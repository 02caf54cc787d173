"""Signed measurements, their medians, and the evidence of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from eth_keys.datatypes import Signature as KeySignature
from eth_keys.exceptions import BadSignature, ValidationError

from wellhead.chain import KeyAccount
from wellhead.chain.signing import measurement_digest, recount_digest, report_digest
from wellhead.model.samples import Sample
from wellhead.model.units import Q
from wellhead.oracle.merkle import Tree, leaf_of

#: (cluster, hour).
Key = tuple[int, int]
#: What a batch is for: hours without a record, or the one hour that is contested. The two are
#: signed apart, for the one may correct the other.
Kind = Literal["report", "recount"]

_HIGH_BIT = 1 << 255
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@dataclass(frozen=True)
class Domain:
    """The chain and the contracts that signatures are for."""

    chain_id: int
    oracle: str
    contests: str


@dataclass(frozen=True)
class Measurement:
    """What a reporter measured of one hour, and from what; units as in IMetricsOracle."""

    sample: Sample
    root: bytes
    moments: int
    gap: int
    canaries: int = 0
    heartbeats: int = 0

    @property
    def key(self) -> Key:
        return self.sample.cluster, self.sample.hour

    def digest(self, domain: Domain) -> bytes:
        return measurement_digest(
            domain.chain_id,
            domain.oracle,
            self.sample.encode(),
            self.root,
            self.moments,
            self.gap,
            self.canaries,
            self.heartbeats,
        )


@dataclass(frozen=True)
class Signed:
    """A measurement, and who signed it: `signature` is r and vs, 64 bytes."""

    reporter: str
    measurement: Measurement
    signature: bytes

    @property
    def key(self) -> Key:
        return self.measurement.key

    def is_genuine(self, domain: Domain) -> bool:
        """Whether the reporter signed it."""
        return recovered(self.measurement.digest(domain), self.signature) == self.reporter

    def leaf(self, domain: Domain) -> bytes:
        """Its leaf in the evidence of a batch."""
        reporter = int(self.reporter, 16).to_bytes(32, "big")
        return leaf_of(reporter + self.measurement.digest(domain))


def sign(domain: Domain, measurement: Measurement, account: KeyAccount) -> Signed:
    r, vs = account.sign_digest(measurement.digest(domain))
    return Signed(account.address, measurement, r + vs)


def recovered(digest: bytes, signature: bytes) -> str | None:
    """The checksummed address that signed a digest; None where the signature is none, or is the
    twin with the larger s that anybody can make."""
    if len(signature) != 64:
        return None
    r, vs = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    s = vs & (_HIGH_BIT - 1)
    if s > _HALF_ORDER:
        return None
    try:
        key = KeySignature(vrs=(vs >> 255, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError):
        return None
    return str(key.to_checksum_address())


def told(key: Key) -> str:
    """An hour, in a sentence."""
    return f"hour {key[1]} of cluster {key[0]}"


def is_sound(sample: Sample) -> bool:
    """Whether the oracle would take it: at most what worked was available, at most all of it was
    measured in use."""
    return sample.available <= sample.working and sample.measured <= Q


def median(samples: Sequence[Sample]) -> Sample:
    """Field by field the median of one hour's samples; of an even number the lower of the two in
    the middle, for what is not proven is not paid. So available stays at most working."""
    (key,) = {(sample.cluster, sample.hour) for sample in samples}
    middle = (len(samples) - 1) // 2

    def of(field: str) -> int:
        return sorted(int(getattr(sample, field)) for sample in samples)[middle]

    return Sample(*key, of("working"), of("available"), of("measured"), of("energy"), of("work"))


def without_equivocators(measurements: Iterable[Signed]) -> list[Signed]:
    """One measurement of each reporter and hour; none of a reporter that signed two different
    ones for the hour. In ascending order of cluster, hour and reporter."""
    found: dict[tuple[Key, str], Signed | None] = {}
    for signed in measurements:
        place = (signed.key, signed.reporter)
        other = found.get(place, signed)
        same = other is not None and other.measurement == signed.measurement
        found[place] = signed if same else None
    kept = [signed for signed in found.values() if signed is not None]
    return sorted(kept, key=lambda signed: (signed.key, int(signed.reporter, 16)))


@dataclass(frozen=True)
class Proposal:
    """A batch before it is signed: samples in ascending order of cluster and hour, each the median
    of its measurements."""

    samples: tuple[Sample, ...]
    measurements: tuple[Signed, ...]

    @classmethod
    def of(cls, measurements: Iterable[Signed]) -> Proposal:
        """The batch that these measurements make."""
        listed = without_equivocators(measurements)
        hours: dict[Key, list[Sample]] = {}
        for signed in listed:
            hours.setdefault(signed.key, []).append(signed.measurement.sample)
        return cls(tuple(median(hours[key]) for key in sorted(hours)), tuple(listed))

    def evidence(self, domain: Domain) -> bytes:
        """The Merkle root over the measurements."""
        return evidence_tree(domain, self.measurements).root

    def digest(self, domain: Domain) -> bytes:
        """What reporters sign for the chain."""
        words = [sample.encode() for sample in self.samples]
        return report_digest(domain.chain_id, domain.oracle, words, self.evidence(domain))

    def recount_digest(self, domain: Domain) -> bytes:
        """The same for the recount of the one contested hour."""
        (sample,) = self.samples
        evidence = self.evidence(domain)
        return recount_digest(domain.chain_id, domain.contests, sample.encode(), evidence)


def evidence_tree(domain: Domain, measurements: Iterable[Signed]) -> Tree:
    return Tree(signed.leaf(domain) for signed in measurements)


def root_of(lines: Iterable[bytes]) -> bytes:
    """The Merkle root over raw samples."""
    return Tree(leaf_of(line) for line in lines).root


def raw_path(lines: Iterable[bytes], line: bytes) -> list[bytes]:
    """The path of one raw sample in its measurement's tree."""
    return Tree(leaf_of(other) for other in lines).path(leaf_of(line))
