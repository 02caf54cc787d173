"""What an operator pays for units that are minted, so that nobody's part of what waits and vests
becomes smaller."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from wellhead.audit.replays.vesting import Ledger
from wellhead.model.fixedpoint import ceil_div


class Vests(Protocol):
    """What the router asks of a token."""

    cash: Ledger
    reserve: Ledger


class Amounts(NamedTuple):
    """Stablecoin units that wait to be swept; and stablecoin and bitcoin units that vest."""

    pending: int
    cash: int
    reserve: int


class Waiting(NamedTuple):
    """What there is of a cluster's revenue at one moment: stablecoin units that wait to be swept;
    and of cash and reserve the ledger that vests still, with its scale."""

    pending: int
    cash: int
    cash_scale: int
    reserve: int
    reserve_scale: int

    @classmethod
    def of(cls, pending: int, token: Vests, time: int) -> Waiting:
        """At a unix time."""
        cash, reserve = token.cash, token.reserve
        return cls(
            pending,
            cash.unvested_at(time),
            1 << cash.shift,
            reserve.unvested_at(time),
            1 << reserve.shift,
        )

    def due(self, units: int, attested: int) -> Amounts:
        """For `units` more as much of it as `attested` units have, each rounded up; nothing where
        there are none."""
        if attested == 0:
            return Amounts(0, 0, 0)
        return Amounts(
            ceil_div(self.pending * units, attested),
            ceil_div(self.cash * units, attested * self.cash_scale),
            ceil_div(self.reserve * units, attested * self.reserve_scale),
        )
