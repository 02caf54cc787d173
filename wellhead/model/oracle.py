"""What was measured, hour by hour, signed by a quorum of reporters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from .errors import Revert
from .samples import Sample
from .units import HOUR, TWO_YEARS_HOURS, ZERO, Address, Q, numeric

if TYPE_CHECKING:
    from .world import World

RING = TWO_YEARS_HOURS
"""Hours kept: a record is overwritten by the hour two years later."""

SILENCE = 7 * 24 * HOUR
"""Seconds on the market clock from an hour's end after which it can be closed as zero."""

MAX_SIGNERS = 32
MAX_FINALITY = 30 * 24 * HOUR
LAST_HOUR = 2**24 - 1


class Skip(IntEnum):
    """Why a sample of an otherwise valid batch was passed over."""

    UNKNOWN_CLUSTER = 0
    BEFORE_GENESIS = 1
    UNFINISHED = 2
    ANCIENT = 3
    REPORTED = 4
    MALFORMED = 5


@dataclass(frozen=True)
class Batch:
    """What a report did: samples recorded, (cluster, hour, reason) of those passed over, bit i of
    `signers` for signer i, and the market clock from which the records are final."""

    recorded: int
    skipped: tuple[tuple[int, int, Skip], ...]
    signers: int
    final_at: int


@dataclass(frozen=True)
class Record:
    """One hour of one cluster; units as in a sample, `final_at` on the market clock."""

    reported: bool = False
    is_final: bool = False
    final_at: int = 0
    working: int = 0
    available: int = 0
    measured: int = 0
    energy: int = 0
    work: int = 0


class MetricsOracle:
    """Records of finished hours. Signatures are abstract: the accounts that they recover to."""

    def __init__(
        self,
        world: World,
        address: Address,
        finality: int,
        signers: Sequence[Address],
        threshold: int,
    ) -> None:
        if not HOUR <= finality <= MAX_FINALITY:
            raise Revert("MetricsOracle_InvalidFinality", finality)
        self._require_valid(signers, threshold)
        self.world = world
        self.address = address
        self.finality = finality
        self.signers = list(signers)
        self.threshold = threshold
        self.ring: dict[tuple[int, int], tuple[Sample, int]] = {}

    def report(
        self, samples: Sequence[Sample], evidence: bytes, signers: Sequence[Address | None]
    ) -> Batch:
        """Record what a quorum measured; samples without effect are passed over.

        `signers` are the accounts recovered from the signatures in the order given, None where
        there is none. `evidence` is only logged.
        """
        if not samples:
            raise Revert("MetricsOracle_EmptyBatch")
        bitmap = self.require_quorum(signers)
        final_at = self.world.registry.clock() + self.finality
        skipped: list[tuple[int, int, Skip]] = []
        for sample in samples:
            reason = self._skip(sample)
            if reason is None:
                self.ring[sample.cluster, sample.hour % RING] = (sample, final_at)
            else:
                skipped.append((sample.cluster, sample.hour, reason))
        return Batch(len(samples) - len(skipped), tuple(skipped), bitmap, final_at)

    def close_silent(self, cluster_id: int, hour: int) -> None:
        """Close an hour without a report as zero, final at once, `SILENCE` after its end."""
        registry, now = self.world.registry, self.world.now
        genesis = registry.genesis_of(cluster_id)
        if genesis == 0 or hour < genesis or self._is_ancient(hour) or hour > LAST_HOUR:
            raise Revert("MetricsOracle_HourOutOfRange", cluster_id, hour)
        if self._stored(cluster_id, hour) is not None:
            raise Revert("MetricsOracle_HourReported", cluster_id, hour)
        clock = registry.clock()
        # An hour that is not over has been silent for no time at all.
        closable_at = registry.clock_at(min((hour + 1) * HOUR, now)) + SILENCE
        if clock < closable_at:
            raise Revert("MetricsOracle_NotSilent", cluster_id, hour, closable_at, clock)
        self.ring[cluster_id, hour % RING] = (Sample(cluster_id, hour, 0, 0), clock)

    def set_signers(self, caller: Address, signers: Sequence[Address], threshold: int) -> None:
        """Pay the present reporters, then replace them."""
        self.world.authority.require("set_signers", caller)
        self._require_valid(signers, threshold)
        self.pay_reporters()
        self.signers = list(signers)
        self.threshold = threshold

    def pay_reporters(self) -> int:
        """Credit every reporter an equal part of the oracle's claim, stablecoin units rounded down.

        The rest waits.
        """
        vault, cash = self.world.vault, self.world.cash.address
        each = vault.claim_of(cash, self.address) // len(self.signers)
        if each != 0:
            vault.move_batch(self.address, cash, self.signers, [each] * len(self.signers))
        return each

    def require_quorum(self, signers: Sequence[Address | None]) -> int:
        """Bit i for signer i; reverts unless exactly `threshold` reporters signed in order."""
        if len(signers) != self.threshold:
            raise Revert("MetricsOracle_SignatureCount", self.threshold, len(signers))
        bitmap = 0
        last = ZERO
        for index, signer in enumerate(signers):
            if signer is None:
                raise Revert("MetricsOracle_InvalidSignature", index)
            if signer == last:
                raise Revert("MetricsOracle_RepeatedSigner", index, signer)
            if signer not in self.signers:
                raise Revert("MetricsOracle_UnknownSigner", index, signer)
            if numeric(signer) < numeric(last):
                raise Revert("MetricsOracle_SignerOrder", index, signer)
            bitmap |= 1 << self.signers.index(signer)
            last = signer
        return bitmap

    def record_of(self, cluster_id: int, hour: int) -> Record:
        """The record of an hour, all zero when there is none."""
        stored = self._stored(cluster_id, hour)
        if stored is None:
            return Record()
        sample, final_at = stored
        return Record(
            reported=True,
            is_final=self.world.registry.clock() >= final_at,
            final_at=final_at,
            working=sample.working,
            available=sample.available,
            measured=sample.measured,
            energy=sample.energy,
            work=sample.work,
        )

    def final_available(self, cluster_id: int, hour: int) -> tuple[bool, int]:
        """Whether an hour is final and, if so, how many thousandths of a unit were available.

        An hour that has left the ring unrecorded is final and zero.
        """
        record = self.record_of(cluster_id, hour)
        if not record.reported:
            return self._is_ancient(hour), 0
        return record.is_final, record.available if record.is_final else 0

    def _skip(self, sample: Sample) -> Skip | None:
        genesis = self.world.registry.genesis_of(sample.cluster)
        if genesis == 0:
            return Skip.UNKNOWN_CLUSTER
        if sample.hour < genesis:
            return Skip.BEFORE_GENESIS
        if (sample.hour + 1) * HOUR > self.world.now:
            return Skip.UNFINISHED
        if self._is_ancient(sample.hour):
            return Skip.ANCIENT
        if self._stored(sample.cluster, sample.hour) is not None:
            return Skip.REPORTED
        if sample.available > sample.working or sample.measured > Q:
            return Skip.MALFORMED
        return None

    def _stored(self, cluster_id: int, hour: int) -> tuple[Sample, int] | None:
        stored = self.ring.get((cluster_id, hour % RING))
        return stored if stored is not None and stored[0].hour == hour else None

    def _is_ancient(self, hour: int) -> bool:
        return hour + RING <= self.world.hour

    @staticmethod
    def _require_valid(signers: Sequence[Address], threshold: int) -> None:
        numbers = [0, *(numeric(signer) for signer in signers)]
        ascending = all(a < b for a, b in pairwise(numbers))
        majority = len(signers) < 2 * threshold <= 2 * len(signers)
        if not (1 <= len(signers) <= MAX_SIGNERS and majority and ascending):
            raise Revert("MetricsOracle_InvalidSigners", len(signers), threshold)
