"""Tenants contest what was reported of their hours, against a deposit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from .cashdesk import CashDesk
from .errors import Revert
from .oracle import SILENCE
from .samples import Sample
from .units import Address, Q

if TYPE_CHECKING:
    from .world import World

TOLERANCE = 5_000
"""Millionths of the reported `available` by which a recount must lie below it to uphold."""

MAX_DEPOSIT = 10**12


class Verdict(IntEnum):
    """How a contest ended."""

    UPHELD = 0
    REJECTED = 1
    UNDECIDED = 2


@dataclass(frozen=True)
class Contest:
    """A contest in progress: who gets the deposit (stablecoin units) back, the market clock from
    which the hour can be closed as zero, and what was reported, thousandths of a unit."""

    tenant: Address
    closable_at: int
    deposit: int
    available: int


class Contests(CashDesk):
    """Contests in progress by (cluster, hour). Signatures are abstract, as in `MetricsOracle`."""

    def __init__(self, world: World, address: Address, deposit: int) -> None:
        if not 1 <= deposit <= MAX_DEPOSIT:
            raise Revert("Contests_InvalidDeposit", deposit)
        super().__init__(world, address)
        self.deposit = deposit
        self.open: dict[tuple[int, int], Contest] = {}

    def contest(self, caller: Address, lease_id: int, hour: int) -> None:
        """Contest the record of one hour of the caller's lease; charges the deposit."""
        market, vault = self.world.market, self.world.vault
        if market.owner_of(lease_id) != caller:
            raise Revert("Contests_NotTenant", lease_id, caller)
        lease = market.lease_of(lease_id)
        if not lease.start <= hour < lease.stop:
            raise Revert("Contests_HourNotLeased", lease_id, hour, lease.start, lease.stop)
        key = lease.cluster_id, hour
        self.world.oracle.check_hold(*key)
        vault.charge(self.address, self.world.cash.address, caller, self.address, self.deposit)
        reported = self.world.oracle.hold(self.address, *key)
        closable_at = self.world.registry.clock() + SILENCE
        self.open[key] = Contest(caller, closable_at, self.deposit, reported)

    def recount(
        self, sample: Sample, evidence: bytes, signers: Sequence[Address | None]
    ) -> Verdict:
        """Decide a contest by what all reporters but one counted again; `evidence` is only logged.

        The recount is the record, whatever the verdict.
        """
        oracle, key = self.world.oracle, (sample.cluster, sample.hour)
        oracle.require_supermajority(signers)
        contest = self._contest(*key)
        oracle.decide(self.address, sample)
        is_clearly_less = sample.available * Q < contest.available * (Q - TOLERANCE)
        verdict = Verdict.UPHELD if is_clearly_less else Verdict.REJECTED
        self._pay_back(key, contest.tenant if is_clearly_less else oracle.address)
        return verdict

    def close(self, cluster_id: int, hour: int) -> None:
        """Close a contested hour as zero when no recount came; the deposit goes back."""
        oracle, clock = self.world.oracle, self.world.registry.clock()
        contest = self._contest(cluster_id, hour)
        if clock < contest.closable_at:
            raise Revert("Contests_NotSilent", cluster_id, hour, contest.closable_at, clock)
        # After two years the hour may have left the ring.
        if oracle.record_of(cluster_id, hour).reported:
            oracle.decide(self.address, Sample(cluster_id, hour, 0, 0))
        self._pay_back((cluster_id, hour), contest.tenant)

    def contest_of(self, cluster_id: int, hour: int) -> Contest | None:
        """The contest of an hour, None when it is not contested."""
        return self.open.get((cluster_id, hour))

    def _contest(self, cluster_id: int, hour: int) -> Contest:
        contest = self.contest_of(cluster_id, hour)
        if contest is None:
            raise Revert("Contests_NotContested", cluster_id, hour)
        return contest

    def _pay_back(self, key: tuple[int, int], to: Address) -> None:
        contest = self.open.pop(key)
        self.world.vault.move(self.address, self.world.cash.address, to, contest.deposit)
