"""Hours that were reported and can be contested, and the steps of a contest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tests.support.records import record
from tests.support.rent import FLAT, Opened, open_lease
from tests.support.stage import EVIDENCE, HOUR, USD, Stage, Terms
from wellhead.chain import Contract, KeyAccount, Receipt, UnlockedAccount
from wellhead.chain.signing import quorum, recount_digest
from wellhead.model.samples import Sample

DEPOSIT = 100 * USD
SILENCE = 7 * 24 * HOUR
RING = 17_520
#: What `contestOf` says of an hour that is not contested.
NO_CONTEST = {"tenant": "0x" + "00" * 20, "closableAt": 0, "deposit": 0, "available": 0}


class Verdict(IntEnum):
    """IContests.Verdict."""

    UPHELD = 0
    REJECTED = 1
    UNDECIDED = 2


@dataclass
class Case:
    """An hour of a lease of ten units, reported a moment ago: `available` thousandths of a unit."""

    stage: Stage
    lease: Opened
    hour: int
    available: int

    @property
    def cluster(self) -> int:
        return self.lease.cluster

    @property
    def key(self) -> tuple[int, int]:
        return self.cluster, self.hour

    @property
    def tenant(self) -> UnlockedAccount:
        return self.lease.tenant

    @property
    def record(self) -> dict[str, Any]:
        return record(self.stage, *self.key)

    @property
    def open(self) -> dict[str, Any]:
        """The contest of the hour."""
        found: dict[str, Any] = self.stage.contests.call("contestOf", *self.key)
        return found

    def contest(self, by: UnlockedAccount | None = None) -> Receipt:
        return contest(self.stage, self.lease.id, self.hour, by or self.tenant)

    def sample(self, available: int, working: int | None = None) -> Sample:
        """What a recount finds; `measured` and the rest are the reporters'."""
        return Sample(*self.key, working or available, available, 120_000, 7_000, 9_000)

    def recount(self, available: int, signers: Sequence[KeyAccount] | None = None) -> Receipt:
        return recount(self.stage, self.sample(available), signers)

    def close(self) -> Receipt:
        return self.stage.contests.send("close", *self.key, sender=self.stage.stranger)

    def pass_silence(self) -> None:
        self.stage.skip(SILENCE)

    def wallet(self, account: UnlockedAccount | Contract | None = None) -> tuple[int, int]:
        """Coins and claim, of the tenant if nobody is named."""
        who = account or self.tenant
        coins = self.stage.cash.call("balanceOf", who.address)
        return coins, self.stage.claim_of(who)


def reported(
    stage: Stage,
    available: int = 10_000,
    *,
    terms: Terms = FLAT,
    hours: int = 4,
    tenant: UnlockedAccount | None = None,
) -> Case:
    """A lease of ten of a hundred units, and its first hour as it was just reported."""
    cluster = stage.cluster(100, terms)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, hours, tenant)
    stage.to_hour(lease.start + 1)
    return report(stage, lease, lease.start, available)


def report(stage: Stage, lease: Opened, hour: int, available: int) -> Case:
    """Report an hour of a lease, so much of it available of so much working, and no more."""
    stage.report([Sample(lease.cluster, hour, max(available, 10_000), available, 100_000)])
    return Case(stage, lease, hour, available)


def contest(stage: Stage, lease_id: int, hour: int, by: UnlockedAccount) -> Receipt:
    return stage.contests.send("contest", lease_id, hour, sender=by)


def recount(
    stage: Stage,
    sample: Sample | int,
    signers: Sequence[KeyAccount] | None = None,
    evidence: bytes = EVIDENCE,
) -> Receipt:
    """Decide a contest, signed by the last four reporters, or by those given."""
    word = sample if isinstance(sample, int) else sample.encode()
    signatures = quorum(digest(stage, word, evidence), signers or stage.reporters[1:])
    return stage.contests.send("recount", word, evidence, signatures, sender=stage.relay)


def digest(stage: Stage, word: int, evidence: bytes = EVIDENCE) -> bytes:
    return recount_digest(stage.deployment.chain_id, stage.contests.address, word, evidence)


def switch(stage: Stage, function: str, at: int | None = None) -> None:
    """Pause or unpause, in a block of time `at` if one is given."""
    if at is not None:
        stage.anvil.next_block_at(at)
    stage.registry.send(function, sender=stage.guardian)
