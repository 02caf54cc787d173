"""Splits earned rent between operator, reporters, holders' cash and holders' bitcoin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import sweep
from .errors import Revert
from .sweep import Feed, Pool, Venue
from .terms import Split
from .units import MAX_UINT256, Address, Q, to_uint

if TYPE_CHECKING:
    from .world import World

DAY_HOURS = 24


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

    `parts` are those of `total`, `remainders` are the operator's on top. Of its `released_operator`
    became a claim, of the reporters' `released_reporters`; `bitcoin_pending` waits to be turned
    into bitcoin, some of it since the hour `pending_since`.
    """

    total: int = 0
    remainders: int = 0
    parts: Parts = Parts(0, 0, 0, 0)
    released_operator: int = 0
    released_reporters: int = 0
    bitcoin_pending: int = 0
    paid_in_cash: int = 0
    pending_since: int = 0

    @property
    def releasable(self) -> tuple[int, int]:
        """What waits to become claims of the operator and of the reporters."""
        operator = self.parts.operator + self.remainders - self.released_operator
        return operator, self.parts.reporters - self.released_reporters


class RevenueRouter:
    """Revenue of every cluster, cumulative."""

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        self.address = address
        self.routed: dict[int, Routed] = {}
        self.venue: Venue | None = None
        world.reserve.approve(address, world.vault.address, MAX_UINT256)

    def distribute(self, cluster_id: int) -> int:
        """Collect what a cluster's accrued hours have earned and split it.

        Every part is the floor of its share of the cumulative revenue. The token gets the holders'
        cash; what of it exceeds an hour's average, rounded down, is a backlog. Returns the
        stablecoin units that left the market, remainders included.
        """
        earned, remainder, hours_covered = self.world.market.collect(self.address, cluster_id)
        if earned + remainder == 0:
            return 0
        cluster = self.world.registry.cluster_of(cluster_id)
        routed = self.routed.setdefault(cluster_id, Routed())
        before = routed.parts
        routed.total = to_uint(routed.total + earned, 80)
        routed.remainders += remainder
        routed.parts = Parts.of(routed.total, cluster.terms.split)
        parts = routed.parts.less(before)
        if parts.bitcoin != 0:
            # Each distribution adds the hours that it covers, beyond one, to the time that passed.
            is_first = routed.bitcoin_pending == 0
            since = self.world.hour if is_first else routed.pending_since
            more = hours_covered if is_first else max(0, hours_covered - 1)
            routed.pending_since = max(0, since - more)
        routed.bitcoin_pending += parts.bitcoin
        if parts.cash != 0:
            backlog = parts.cash - parts.cash // hours_covered if hours_covered > 1 else 0
            self._move(self.world.cash.address, cluster.token.address, parts.cash)
            cluster.token.add_cash(self.address, parts.cash, backlog)
        return earned + remainder

    def accrue_and_distribute(self, cluster_id: int) -> int:
        """Accrue a cluster, then distribute."""
        self.world.market.accrue(cluster_id)
        return self.distribute(cluster_id)

    def close_for_mint(self, caller: Address, cluster_id: int) -> None:
        """Accrue and distribute, and give the holders in stablecoins what waits to be swept; only
        the registry."""
        if caller != self.world.registry.address:
            raise Revert("RevenueRouter_NotRegistry", caller)
        self.accrue_and_distribute(cluster_id)
        routed = self.routed_of(cluster_id)
        amount, routed.bitcoin_pending = routed.bitcoin_pending, 0
        routed.paid_in_cash += amount
        if amount != 0:
            token = self.world.token(cluster_id)
            self._move(self.world.cash.address, token.address, amount)
            token.add_cash(self.address, amount, 0)

    def release(self, cluster_id: int) -> tuple[int, int]:
        """Make the parts of the operator, as it is now, and of the reporters claims of theirs;
        returns both in stablecoin units."""
        operator, reporters = self.releasable_of(cluster_id)
        if operator + reporters == 0:
            return 0, 0
        routed = self.routed[cluster_id]
        routed.released_operator += operator
        routed.released_reporters += reporters
        cash = self.world.cash.address
        self._move(cash, self.world.registry.operator_of(cluster_id), operator)
        self._move(cash, self.world.oracle.address, reporters)
        return operator, reporters

    def sweep(
        self,
        caller: Address,
        cluster_id: int,
        max_amount: int,
        pool: Pool,
        feed: Feed,
        spent: int,
        received: int,
    ) -> tuple[int, int]:
        """Buy bitcoin with at most `max_amount` stablecoin units of what waits.

        What the pool takes, `spent`, and what it gives, `received`, are arguments; it is no part of
        the model. The caller is paid the tip, rounded down; the token gets the rest, at once what a
        day's part of the time it waited is, rounded down, and over a day what is more.
        """
        venue, routed = self.venue, self.routed_of(cluster_id)
        if venue is None:
            raise Revert("RevenueRouter_NoVenue")
        amount = min(max_amount, routed.bitcoin_pending)
        if amount == 0:
            raise Revert("RevenueRouter_NothingToSweep", cluster_id)
        cash, reserve = self.world.cash, self.world.reserve
        cash_first = int(cash.address, 16) < int(reserve.address, 16)
        bounds = sweep.bounds_of(
            venue, pool, feed, self.world.now, cash_first, (cash.decimals, reserve.decimals)
        )
        sweep.require_room(pool, bounds, cash_first)
        if spent > amount:
            raise Revert("RevenueRouter_Overcharged", spent, amount)
        least = bounds.least_for(spent)
        if received == 0 or received < least:
            raise Revert("RevenueRouter_BadSwap", spent, received, least)
        self.world.vault.withdraw(self.address, cash.address, venue.pool, spent)
        routed.bitcoin_pending -= spent
        tip = received * venue.tip // Q
        added = received - tip
        waited = self.world.hour - routed.pending_since
        backlog = added - added * DAY_HOURS // waited if waited > DAY_HOURS else 0
        reserve.transfer(venue.pool, self.address, received)
        self.world.vault.deposit(self.address, reserve.address, self.address, received)
        token = self.world.token(cluster_id)
        self._move(reserve.address, token.address, added)
        self._move(reserve.address, caller, tip)
        token.add_reserve(self.address, added, backlog)
        return spent, received

    def pay_in(self, caller: Address, cluster_id: int, amount: int) -> None:
        """Pay bitcoin units of the caller's to a cluster's holders, all of it over a day."""
        token = self.world.token(cluster_id)
        reserve = self.world.reserve.address
        self.world.vault.charge(self.address, reserve, caller, token.address, amount)
        token.add_reserve(self.address, amount, amount)

    def set_venue(self, caller: Address, chosen: tuple[Venue, Pool, Feed] | None) -> None:
        """Buy bitcoin elsewhere from now on, or nowhere; only the governor."""
        self.world.authority.require("set_venue", caller)
        if chosen is not None:
            sweep.validate(*chosen, self.world.cash.address, self.world.reserve.address)
        self.venue = chosen[0] if chosen else None

    def total_of(self, cluster_id: int) -> int:
        """Stablecoin units that were split since registration, without remainders."""
        return self.routed_of(cluster_id).total

    def carried_of(self, cluster_id: int) -> int:
        """Stablecoin units that the floors leave for later distributions; below 4."""
        self.world.registry.cluster_of(cluster_id)
        routed = self.routed_of(cluster_id)
        return routed.total - routed.parts.sum()

    def releasable_of(self, cluster_id: int) -> tuple[int, int]:
        """Stablecoin units of the operator and of the reporters that wait to be released."""
        return self.routed_of(cluster_id).releasable

    def bitcoin_pending_of(self, cluster_id: int) -> int:
        """Stablecoin units that wait to be turned into bitcoin."""
        return self.routed_of(cluster_id).bitcoin_pending

    def routed_of(self, cluster_id: int) -> Routed:
        """What was split for a cluster, to be read only."""
        return self.routed.get(cluster_id) or Routed()

    def _move(self, coin: Address, to: Address, amount: int) -> None:
        self.world.vault.move(self.address, coin, to, amount)
