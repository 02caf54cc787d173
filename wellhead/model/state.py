"""The state of the lease market, and what all of its functions do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import price, service
from .book import DEFAULT_SECONDS, Book, Walk
from .cashdesk import CashDesk
from .errors import Revert
from .leases import Lease
from .registry import Cluster
from .units import HOUR, LEDGER_SCALE, WAD, ZERO, Address, Q, to_sum, to_uint

if TYPE_CHECKING:
    from .world import World

MAX_STEPS = 240
"""Steps of one call of `accrue`: a booked hour is one, a stretch without bookings up to the next
flagged hour is one, a change of era is one."""

MAX_PARTS = 16
"""Parts that a lease has at most."""


class LeaseState(CashDesk):
    """Leases by id, counting from 1, without those cancelled as a whole; books by cluster."""

    def __init__(self, world: World, address: Address) -> None:
        super().__init__(world, address)
        self.leases: dict[int, Lease] = {}
        self.lease_count = 0
        self.books: dict[int, Book] = {}
        self.operators: set[tuple[Address, Address]] = set()

    def book_of(self, cluster_id: int) -> Book:
        """State of a cluster, to be read only; empty where nothing happened."""
        return self.books.get(cluster_id) or Book()

    def walk(self, cluster_id: int, steps: int = MAX_STEPS) -> Walk:
        """Where `accrue` would bring the books, and what they would learn; changes nothing."""
        cluster = self.world.registry.cluster_of(cluster_id)
        book = self.book_of(cluster_id)
        walk = Walk(
            cursor=book.cursor or cluster.genesis,
            era=book.walk_era,
            booked=book.booked,
            rate=book.rate,
            down=book.down,
            down_from=book.down_from,
        )
        for _ in range(steps):
            if walk.cursor >= self.world.hour or not self._step(cluster_id, cluster, book, walk):
                break
        return walk

    def _whole_walk(self, cluster_id: int) -> Walk:
        """The walk of one call, which must come to the last final hour."""
        walk = self.walk(cluster_id)
        if self.walk(cluster_id, 2 * MAX_STEPS).cursor != walk.cursor:
            raise Revert("LeaseMarket_NotAccrued", cluster_id, walk.cursor)
        return walk

    def accrue(self, cluster_id: int) -> int:
        """Move a cluster's books over its final hours, `MAX_STEPS` at most; returns the cursor.

        Stops at the first booked hour that is not final.
        """
        return self.follow(cluster_id, self.walk(cluster_id))

    def follow(self, cluster_id: int, walk: Walk) -> int:
        """Move a cluster's books to where a walk has led; returns the cursor."""
        earned = to_sum(self.book_of(cluster_id).earned, to_uint(walk.earned, 112), 112)
        book = self._open_book(cluster_id)
        book.cursor, book.walk_era = walk.cursor, walk.era
        book.booked, book.rate = walk.booked, walk.rate
        book.down, book.down_from = walk.down, walk.down_from
        book.losses |= walk.losses
        book.earned = earned
        book.hours_covered += walk.hours_covered
        book.bond -= walk.compensated
        return walk.cursor

    def base_of(self, cluster_id: int) -> int:
        """The base that a lease would rest on now, 1e-18 stablecoin units per unit-hour.

        Follows what was booked in all whole hours elapsed since its last update; stands still while
        nothing is attested.
        """
        cluster = self.world.registry.cluster_of(cluster_id)
        book = self.book_of(cluster_id)
        pricing = cluster.terms.pricing
        since, base = book.base_hour, book.base
        if since == 0:
            since, base = cluster.genesis, pricing.base_start * WAD
        elapsed = self.world.hour - since
        if elapsed == 0 or cluster.attested == 0:
            return base
        covered = book.covered(since, self.world.hour)
        return price.next_base(pricing, base, cluster.attested, elapsed, covered)

    def booked_at(self, cluster_id: int, hour: int) -> int:
        """Units booked in an hour, as at its end; void bookings do not count."""
        return self.book_of(cluster_id).sum(hour, hour + 1)

    def peak_booked(self, cluster_id: int, start: int, end: int) -> int:
        """Most units booked in any hour of [start, end)."""
        return self.book_of(cluster_id).peak(start, end)

    def sum_booked(self, cluster_id: int, start: int, end: int) -> int:
        """Sum of the units booked over the hours [start, end), each as at its end."""
        return self.book_of(cluster_id).sum(start, end)

    def covered_at(self, cluster_id: int, hour: int) -> int:
        """Unit-seconds booked in an hour; void bookings do not count."""
        return self.book_of(cluster_id).covered(hour, hour + 1)

    def _open_book(self, cluster_id: int) -> Book:
        return self.books.setdefault(cluster_id, Book())

    def _lease(self, lease_id: int) -> Lease:
        if lease_id not in self.leases:
            raise Revert("LeaseMarket_UnknownLease", lease_id)
        return self.leases[lease_id]

    def _own_lease(self, caller: Address, lease_id: int) -> Lease:
        """A lease for its owner, or for whom it approved."""
        lease = self._lease(lease_id)
        self._require_tenant(caller, lease_id)
        return lease

    def _require_tenant(self, caller: Address, lease_id: int) -> None:
        lease = self.leases[lease_id]
        is_operator = (lease.owner, caller) in self.operators
        if caller not in (lease.owner, lease.approved) and not is_operator:
            raise Revert("LeaseMarket_NotTenant", lease_id, caller)

    def _require_unused(self, lease_id: int, hour: int) -> None:
        """What the owner does at `hour` must not take anything from a user; 0 for at once."""
        access = self.leases[lease_id].access
        is_used = access.user != ZERO and self.world.now <= access.expires
        if is_used and access.expires > hour * HOUR:
            raise Revert("LeaseMarket_InUse", lease_id, access.user, access.expires)

    def _stop_of(self, lease: Lease) -> int:
        """The hour after the last one of a lease that is not void."""
        return self.book_of(lease.cluster_id).stop_of(lease.parts[-1])

    def _store_base(self, cluster_id: int, base: int) -> None:
        book = self._open_book(cluster_id)
        book.base, book.base_hour = base, self.world.hour

    def _settle(self, lease: Lease) -> int:
        self.accrue(lease.cluster_id)
        due = self.book_of(lease.cluster_id).refund_of(lease) // LEDGER_SCALE
        refund = due - lease.refunded
        lease.refunded += refund
        self.world.vault.move(self.address, self.world.cash.address, lease.owner, refund)
        return refund

    def _step(self, cluster_id: int, cluster: Cluster, book: Book, walk: Walk) -> bool:
        """Move over a booked hour, a stretch without bookings, or the end of an era.

        False where an hour is not final.
        """
        era, hour = book.eras[walk.era], walk.cursor
        if hour == era.end:
            walk.era += 1
            walk.booked = walk.rate = walk.down = 0
            walk.down_from = hour
            return True
        booked = era.calendar.at(hour)
        if booked == 0:
            walk.cursor = era.next_flag(hour + 1, self.world.hour)
            walk.booked = walk.rate = 0
            return True
        is_final, available = self.world.oracle.final_available(cluster_id, hour)
        if not is_final:
            return False
        terms = cluster.terms.service
        rate = book.rate_in(walk.era, hour)
        loss = service.loss(available, era.covered(hour), terms.sla, terms.penalty)
        if loss > Q:
            affordable = (book.bond - walk.compensated) // rate if rate else 0
            loss = Q + min(loss - Q, affordable)
            walk.compensated += rate * (loss - Q)
        walk.losses[hour] = loss
        earned = rate * max(0, Q - loss)
        walk.earned += earned
        walk.hours_covered += earned != 0
        if available != 0:
            walk.down = 0
        elif walk.down < DEFAULT_SECONDS:
            walk.down += self._running(hour)
        walk.cursor, walk.booked, walk.rate = hour + 1, booked, rate
        return True

    def _running(self, hour: int) -> int:
        """Seconds of a past hour that were not paused."""
        registry = self.world.registry
        return registry.clock_at((hour + 1) * HOUR) - registry.clock_at(hour * HOUR)
