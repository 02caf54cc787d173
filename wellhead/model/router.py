"""Splits earned rent between operator, reporters, holders' cash and holders' bitcoin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .terms import Split
from .units import Address, Q

if TYPE_CHECKING:
    from .world import World


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


@dataclass
class Routed:
    """What was split for a cluster, stablecoin units.

    `paid` adds up the parts as they were handed out, `remainders` are the operator's on top, and
    `bitcoin_pending` waits to be turned into bitcoin.
    """

    total: int = 0
    remainders: int = 0
    bitcoin_pending: int = 0
    paid: Parts = Parts(0, 0, 0, 0)


class RevenueRouter:
    """Revenue of every cluster, cumulative."""

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        self.address = address
        self.routed: dict[int, Routed] = {}

    def distribute(self, cluster_id: int) -> int:
        """Accrue a cluster, collect what it earned and split it.

        Every part is the floor of its share of the cumulative revenue. Returns the stablecoin units
        that left the market, remainders included.
        """
        earned, remainder = self.world.market.collect(self.address, cluster_id)
        if earned + remainder == 0:
            return 0
        cluster = self.world.registry.cluster_of(cluster_id)
        routed = self.routed.setdefault(cluster_id, Routed())
        split, paid = cluster.terms.split, routed.paid
        routed.total += earned
        routed.remainders += remainder
        routed.paid = Parts.of(routed.total, split)
        parts = routed.paid.less(paid)
        routed.bitcoin_pending += parts.bitcoin
        self.world.vault.move_batch(
            self.address,
            self.world.cash.address,
            [cluster.operator, self.world.oracle.address, cluster.token.address],
            [parts.operator + remainder, parts.reporters, parts.cash],
        )
        cluster.token.add_revenue(self.address, parts.cash, 0)
        return earned + remainder

    def total_of(self, cluster_id: int) -> int:
        """Stablecoin units that were split since registration, without remainders."""
        return self.routed_of(cluster_id).total

    def carried_of(self, cluster_id: int) -> int:
        """Stablecoin units that the floors leave for later distributions; below 4."""
        self.world.registry.cluster_of(cluster_id)
        routed = self.routed_of(cluster_id)
        return routed.total - routed.paid.sum()

    def bitcoin_pending_of(self, cluster_id: int) -> int:
        """Stablecoin units that wait to be turned into bitcoin."""
        return self.routed_of(cluster_id).bitcoin_pending

    def routed_of(self, cluster_id: int) -> Routed:
        """What was split for a cluster, to be read only."""
        return self.routed.get(cluster_id) or Routed()
