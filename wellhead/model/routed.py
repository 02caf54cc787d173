"""What was split for a cluster, and where it went."""

from __future__ import annotations

from dataclasses import dataclass

from .terms import Split
from .units import Q


@dataclass(frozen=True)
class Parts:
    """The floors of the four shares of a cumulative revenue, stablecoin units."""

    operator: int
    reporters: int
    cash: int
    bitcoin: int

    @classmethod
    def of(cls, total: int, split: Split) -> Parts:
        """Every share of `total` rounded down on its own; less than four units are left."""
        return cls(
            operator=total * split.operator // Q,
            reporters=total * split.reporters // Q,
            cash=total * split.cash // Q,
            bitcoin=total * split.bitcoin // Q,
        )

    def sum(self) -> int:
        """All four together."""
        return self.operator + self.reporters + self.cash + self.bitcoin

    def less(self, other: Parts) -> Parts:
        """The growth since other parts."""
        return Parts(
            self.operator - other.operator,
            self.reporters - other.reporters,
            self.cash - other.cash,
            self.bitcoin - other.bitcoin,
        )


@dataclass(frozen=True)
class TopUp:
    """What waits and vests beside new units: stablecoin units that wait to be turned into bitcoin,
    and units of both coins that vest."""

    pending: int = 0
    cash: int = 0
    reserve: int = 0

    def plus(self, other: TopUp) -> TopUp:
        """Both together."""
        return TopUp(
            self.pending + other.pending, self.cash + other.cash, self.reserve + other.reserve
        )


@dataclass(frozen=True)
class Waiting:
    """What waits for the tokens of so many attested units: stablecoin units that wait to be turned
    into bitcoin, and the ledgers that vest in both coins."""

    attested: int
    pending: int
    cash: int
    reserve: int


def backlog_of(amount: int, cancelled: int, earned: int, parted: int) -> int:
    """What vests of a distribution's amount, stablecoin units: what cancellations earned, rounded
    down; and of the rest all but one of `parted` parts, which is rounded down. All of it where
    there are no parts."""
    if parted == 0:
        return amount
    return amount - (amount - amount * cancelled // earned) // parted


@dataclass
class Routed:
    """What was split for a cluster, stablecoin units.

    `parts` are those of `total`, `remainders` are the operator's on top. Of its `released_operator`
    became a claim, of the reporters' `released_reporters`. `bitcoin_pending` waits to be turned
    into bitcoin: `bitcoin_backlog` of it vests then, of the rest some waits since the hour
    `pending_since`. `distributed_at` is the last hour in which a distribution brought something
    that does not vest. `swept` was turned into bitcoin, and `reserve_sent` bitcoin units went to
    the token, by sweeps or paid in; `topped_up` is what operators paid for mints.
    """

    total: int = 0
    remainders: int = 0
    parts: Parts = Parts(0, 0, 0, 0)
    released_operator: int = 0
    released_reporters: int = 0
    bitcoin_pending: int = 0
    bitcoin_backlog: int = 0
    pending_since: int = 0
    distributed_at: int = 0
    swept: int = 0
    reserve_sent: int = 0
    topped_up: TopUp = TopUp()

    @property
    def releasable(self) -> tuple[int, int]:
        """What waits to become claims of the operator and of the reporters."""
        operator = self.parts.operator + self.remainders - self.released_operator
        return operator, self.parts.reporters - self.released_reporters
