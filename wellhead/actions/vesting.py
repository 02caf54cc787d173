"""What waits between a cluster's revenue and its holders: for a release, a sweep, or for time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wellhead.chain import Deployment


@dataclass(frozen=True)
class Vesting:
    """What was added to a token and has not vested yet, in the coins' smallest units, rounded up,
    and the unix times when all of it will have; 0 where nothing vests."""

    cash: int
    cash_until: int
    reserve: int
    reserve_until: int


@dataclass(frozen=True)
class Waiting:
    """Cash units of a cluster that were split and wait: for the operator and the reporters to be
    released, for the holders to be turned into bitcoin."""

    operator: int
    reporters: int
    bitcoin: int

    @property
    def to_release(self) -> int:
        return self.operator + self.reporters


def vesting_of(deployment: Deployment, cluster: int, block: int | None = None) -> Vesting:
    """As of a block."""
    token = deployment.token(cluster)
    cash, reserve = token.call_many([("cashRevenue", []), ("reserveRevenue", [])], block=block)
    return Vesting(*_unvested(cash), *_unvested(reserve))


def waiting_of(deployment: Deployment, cluster: int, block: int | None = None) -> Waiting:
    """As of a block."""
    (operator, reporters), bitcoin = deployment.router.call_many(
        [("releasableOf", [cluster]), ("bitcoinPendingOf", [cluster])], block=block
    )
    return Waiting(int(operator), int(reporters), int(bitcoin))


def _unvested(revenue: Mapping[str, int]) -> tuple[int, int]:
    ledger = int(revenue["unvested"])
    if not ledger:
        return 0, 0
    return -(-ledger >> int(revenue["shift"])), int(revenue["vestedAt"])
