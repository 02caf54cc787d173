"""Splits earned rent between operator, reporters, holders' cash and holders' bitcoin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import sweep
from .errors import Revert
from .fixedpoint import ceil_div
from .routed import Parts, Routed, TopUp, Waiting, backlog_of
from .sweep import Feed, Pool, Venue
from .units import LEDGER_SCALE, MAX_UINT256, RATE_SCALE, Address, Q, to_uint

if TYPE_CHECKING:
    from .world import World

DAY_HOURS = 24


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
        cash. The first distribution of an hour that covers any brings an hour's mean at once, in
        both currencies; all else is a backlog, as `backlog_of` has it. Returns the stablecoin units
        that left the market, remainders included.
        """
        market = self.world.market
        book = market.book_of(cluster_id)
        self._require_room(cluster_id, book.earned, book.remainder)
        earned, remainder, hours_covered, cancelled = market.collect(self.address, cluster_id)
        if earned + remainder == 0:
            return 0
        cluster = self.world.registry.cluster_of(cluster_id)
        routed = self.routed.setdefault(cluster_id, Routed())
        before = routed.parts
        hour = self.world.hour
        # Into how many parts what is no cancellation's goes, one of which comes at once.
        parted = hours_covered if earned != 0 and routed.distributed_at != hour else 0
        if parted != 0:
            routed.distributed_at = hour
            if routed.bitcoin_pending == routed.bitcoin_backlog:
                routed.pending_since = hour - 1
        routed.total += earned
        routed.remainders += remainder
        routed.parts = Parts.of(routed.total, cluster.terms.split)
        parts = routed.parts.less(before)
        routed.bitcoin_pending += parts.bitcoin
        routed.bitcoin_backlog += backlog_of(parts.bitcoin, cancelled, earned, parted)
        if parts.cash != 0:
            backlog = backlog_of(parts.cash, cancelled, earned, parted)
            self._move(self.world.cash.address, cluster.token.address, parts.cash)
            cluster.token.add_cash(self.address, parts.cash, backlog)
        return earned + remainder

    def accrue_and_distribute(self, cluster_id: int) -> int:
        """Accrue a cluster, then distribute."""
        market = self.world.market
        walk = market.walk(cluster_id)
        book = market.book_of(cluster_id)
        self._require_room(cluster_id, book.earned + walk.earned, book.remainder)
        market.follow(cluster_id, walk)
        return self.distribute(cluster_id)

    def top_up(self, caller: Address, cluster_id: int, operator: Address, units: int) -> None:
        """Charge the operator what `units` new units bring to what waits and vests; only the
        registry, in the transaction of a mint.

        What joins what waits to be swept counts as that does: in part, rounded up, as a backlog,
        and in part as old as the rest.
        """
        if caller != self.world.registry.address:
            raise Revert("RevenueRouter_NotRegistry", caller)
        due, token = self.top_up_of(cluster_id, units), self.world.token(cluster_id)
        if due == TopUp():
            return
        routed = self.routed.setdefault(cluster_id, Routed())
        routed.topped_up = routed.topped_up.plus(due)
        cash, reserve = self.world.cash.address, self.world.reserve.address
        if due.pending != 0:
            more = ceil_div(due.pending * routed.bitcoin_backlog, routed.bitcoin_pending)
            routed.bitcoin_backlog += more
            routed.bitcoin_pending = to_uint(routed.bitcoin_pending + due.pending, 64)
        for coin, to, amount in (
            (cash, self.address, due.pending),
            (cash, token.address, due.cash),
            (reserve, token.address, due.reserve),
        ):
            if amount != 0:
                self.world.vault.charge(self.address, coin, operator, to, amount)
        if due.cash + due.reserve != 0:
            token.top_up(self.address, due.cash, due.reserve)

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
        the model. The caller is paid the tip, rounded down; the token gets the rest. Over a day it
        gets the backlog's part, rounded up; at once what a day's part of the time that the rest
        waited is, rounded down; and over a day what is more.
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
        late = ceil_div(spent * routed.bitcoin_backlog, routed.bitcoin_pending)
        routed.bitcoin_pending -= spent
        routed.bitcoin_backlog -= late
        tip = received * venue.tip // Q
        added = received - tip
        waited = self.world.hour - routed.pending_since
        backlog = ceil_div(added * late, spent) if late else 0
        if waited > DAY_HOURS:
            backlog = added - (added - backlog) * DAY_HOURS // waited
        routed.swept += spent
        routed.reserve_sent += added
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
        self.routed.setdefault(cluster_id, Routed()).reserve_sent += amount
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

    def distributed_at_of(self, cluster_id: int) -> int:
        """The last hour in which a distribution brought something at once; 0 before."""
        return self.routed_of(cluster_id).distributed_at

    def top_up_of(self, cluster_id: int, units: int) -> TopUp:
        """What the operator pays for a mint of `units` units, if nothing is accrued or distributed
        before: for each attested unit as much as waits and vests for it, all rounded up."""
        waiting, token = self.waiting_of(cluster_id), self.world.token(cluster_id)
        if waiting.attested == 0:
            return TopUp()
        return TopUp(
            pending=ceil_div(waiting.pending * units, waiting.attested),
            cash=ceil_div(waiting.cash * units, waiting.attested << token.cash.shift),
            reserve=ceil_div(waiting.reserve * units, waiting.attested << token.reserve.shift),
        )

    def waiting_of(self, cluster_id: int) -> Waiting:
        """What waits and vests for the attested units, after distributions."""
        token = self.world.token(cluster_id)
        return Waiting(
            attested=self.world.registry.cluster_of(cluster_id).attested,
            pending=self.bitcoin_pending_of(cluster_id),
            cash=token.cash.unvested,
            reserve=token.reserve.unvested,
        )

    def routed_of(self, cluster_id: int) -> Routed:
        """What was split for a cluster, to be read only."""
        return self.routed.get(cluster_id) or Routed()

    def _require_room(self, cluster_id: int, ledger: int, remainder: int) -> None:
        """A cluster's revenue, and what waits to be swept, must fit 64 binary digits, in stablecoin
        units, and its remainders 16."""
        routed = self.routed_of(cluster_id)
        if ledger >= LEDGER_SCALE:
            total = to_uint(routed.total + ledger // LEDGER_SCALE, 64)
            split = self.world.registry.cluster_of(cluster_id).terms.split
            more = Parts.of(total, split).bitcoin - routed.parts.bitcoin
            to_uint(routed.bitcoin_pending + more, 64)
        to_uint(routed.remainders + remainder // RATE_SCALE, 16)

    def _move(self, coin: Address, to: Address, amount: int) -> None:
        self.world.vault.move(self.address, coin, to, amount)
