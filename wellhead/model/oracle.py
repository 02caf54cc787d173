"""What was measured, hour by hour, signed by a quorum of reporters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from .errors import Revert
from .reporters import Reporters
from .samples import Sample
from .units import HOUR, TWO_YEARS_HOURS, Address, Q

if TYPE_CHECKING:
    from .world import World

RING = TWO_YEARS_HOURS
"""Hours kept: a record is overwritten by the hour two years later."""

SILENCE = 7 * 24 * HOUR
"""Seconds on the market clock from an hour's end after which it can be closed as zero."""

NEVER = 2**32 - 1
"""What a contested record shows as the market clock from which it is final."""

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
    is_contested: bool = False
    is_final: bool = False
    final_at: int = 0
    working: int = 0
    available: int = 0
    measured: int = 0
    energy: int = 0
    work: int = 0


@dataclass(frozen=True)
class Stored:
    """What the ring keeps of an hour; contested, it waits for a decision and is not final."""

    sample: Sample
    final_at: int
    is_contested: bool = False


class MetricsOracle(Reporters):
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
        super().__init__(world, address, signers, threshold)
        self.finality = finality
        self.ring: dict[tuple[int, int], Stored] = {}

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
                self._store(sample, final_at)
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
        self._store(Sample(cluster_id, hour, 0, 0), clock)

    def hold(self, caller: Address, cluster_id: int, hour: int) -> int:
        """Keep a record from becoming final; what it says was available, thousandths of a unit."""
        self._require_contests(caller)
        stored = self.check_hold(cluster_id, hour)
        self.ring[cluster_id, hour % RING] = replace(stored, is_contested=True)
        return stored.sample.available

    def check_hold(self, cluster_id: int, hour: int) -> Stored:
        """Revert where `hold` would, unless the hour has a record neither final nor contested."""
        stored, clock = self._stored(cluster_id, hour), self.world.registry.clock()
        if stored is None:
            raise Revert("MetricsOracle_NotReported", cluster_id, hour)
        if stored.is_contested:
            raise Revert("MetricsOracle_AlreadyContested", cluster_id, hour)
        if stored.final_at <= clock:
            raise Revert("MetricsOracle_AlreadyFinal", cluster_id, hour, stored.final_at, clock)
        return stored

    def decide(self, caller: Address, sample: Sample) -> None:
        """Put a sample in the place of a contested record, final at once."""
        self._require_contests(caller)
        stored = self._stored(sample.cluster, sample.hour)
        if stored is None or not stored.is_contested:
            raise Revert("MetricsOracle_NotContested", sample.cluster, sample.hour)
        if self._is_malformed(sample):
            raise Revert("MetricsOracle_MalformedSample", sample.encode())
        self._store(sample, self.world.registry.clock())

    def record_of(self, cluster_id: int, hour: int) -> Record:
        """The record of an hour, all zero when there is none."""
        stored = self._stored(cluster_id, hour)
        if stored is None:
            return Record()
        sample, is_contested = stored.sample, stored.is_contested
        return Record(
            reported=True,
            is_contested=is_contested,
            is_final=not is_contested and self.world.registry.clock() >= stored.final_at,
            final_at=NEVER if is_contested else stored.final_at,
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
        # Where the ring holds a later hour, an hour before genesis has left the window too, which
        # is then the reason given.
        if sample.hour < genesis and (sample.cluster, sample.hour % RING) not in self.ring:
            return Skip.BEFORE_GENESIS
        if (sample.hour + 1) * HOUR > self.world.now:
            return Skip.UNFINISHED
        if self._is_ancient(sample.hour):
            return Skip.ANCIENT
        if self._stored(sample.cluster, sample.hour) is not None:
            return Skip.REPORTED
        if self._is_malformed(sample):
            return Skip.MALFORMED
        return None

    def _store(self, sample: Sample, final_at: int) -> None:
        self.ring[sample.cluster, sample.hour % RING] = Stored(sample, final_at)

    def _stored(self, cluster_id: int, hour: int) -> Stored | None:
        stored = self.ring.get((cluster_id, hour % RING))
        return stored if stored is not None and stored.sample.hour == hour else None

    def _require_contests(self, caller: Address) -> None:
        if caller != self.world.contests.address:
            raise Revert("MetricsOracle_NotContests", caller)

    def _is_ancient(self, hour: int) -> bool:
        return hour + RING <= self.world.hour

    @staticmethod
    def _is_malformed(sample: Sample) -> bool:
        return sample.available > sample.working or sample.measured > Q
