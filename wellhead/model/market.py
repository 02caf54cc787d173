"""Quote, lease, accrue, settle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import price, service
from .errors import Revert
from .leases import Book, Books, Lease, Quote
from .registry import Cluster
from .units import HOUR, LEDGER_SCALE, WAD, ZERO, Address, to_uint

if TYPE_CHECKING:
    from .world import World

MAX_STEPS = 720
"""Steps of one call of `accrue`: a booked hour is one, a stretch without bookings is one."""


class LeaseMarket:
    """Leases by id, counting from 1, and the books of every cluster."""

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        self.address = address
        self.leases: dict[int, Lease] = {}
        self.books: dict[int, Book] = {}
        self.operators: set[tuple[Address, Address]] = set()

    def quote(self, cluster_id: int, units: int, start: int, hours_asked: int) -> Quote:
        """What a lease would cost now, with the same checks as `lease` but for payment."""
        cluster = self.world.registry.cluster_of(cluster_id)
        self._require_bookable(cluster, units, start, hours_asked)
        calendar = self.book_of(cluster_id).calendar
        peak = calendar.peak(start, start + hours_asked)
        if peak + units > cluster.sellable:
            raise Revert("LeaseMarket_SoldOut", peak, units, cluster.sellable)
        base = self.base_of(cluster_id)
        first_seconds = HOUR - self.world.now % HOUR if start == self.world.hour else HOUR
        covered = dict.fromkeys(range(start, start + hours_asked), HOUR)
        covered[start] = first_seconds
        time = sum(covered.values())
        load = sum(calendar.at(hour) * seconds for hour, seconds in covered.items())
        cost = price.cost(cluster.terms.pricing, base, cluster.attested, units, time, load)
        rate = to_uint(price.rate_of(cost, time), 96)
        return Quote(cost, rate, first_seconds, base, peak)

    def lease(
        self,
        caller: Address,
        cluster_id: int,
        units: int,
        start: int,
        hours_asked: int,
        max_cost: int,
    ) -> int:
        """Lease `units` units for the hours [start, start + hours_asked); returns the lease's id.

        The caller pays at most `max_cost` stablecoin units, by allowance to the vault.
        """
        priced = self.quote(cluster_id, units, start, hours_asked)
        if priced.cost > max_cost:
            raise Revert("LeaseMarket_CostAboveMax", priced.cost, max_cost)
        lease = Lease(
            cluster_id=cluster_id,
            units=units,
            start=start,
            end=start + hours_asked,
            first_seconds=priced.first_seconds,
            cost=priced.cost,
            rate=priced.rate,
            owner=caller,
            sellable=self.world.registry.cluster_of(cluster_id).sellable,
        )
        self.world.vault.pull(self.address, self.world.cash.address, caller, priced.cost)
        book = self._open_book(cluster_id)
        self._store_base(book, priced.base)
        book.calendar.add(lease.start, lease.end, units)
        book.remainder += lease.remainder
        lease_id = len(self.leases) + 1
        self.leases[lease_id] = lease
        book.leases.append(lease_id)
        book.live.append(lease_id)
        return lease_id

    def walk(self, cluster_id: int) -> tuple[int, list[tuple[int, int]]]:
        """Where `accrue` would bring the cursor, and served of the booked hours on its way."""
        book = self.book_of(cluster_id)
        terms = self.world.registry.cluster_of(cluster_id).terms.service
        hour = book.cursor or self.world.registry.cluster_of(cluster_id).genesis
        walked: list[tuple[int, int]] = []
        for _ in range(MAX_STEPS):
            if hour >= self.world.hour:
                break
            booked = book.calendar.at(hour)
            if booked == 0:
                while hour < self.world.hour and book.calendar.at(hour) == 0:
                    hour += 1
                continue
            is_final, available = self.world.oracle.final_available(cluster_id, hour)
            if not is_final:
                break
            walked.append((hour, service.served(available, booked, terms.sla, terms.penalty)))
            hour += 1
        return hour, walked

    def accrue(self, cluster_id: int) -> int:
        """Move a cluster's books over its final hours, `MAX_STEPS` at most; returns the cursor.

        Stops at the first booked hour that is not final.
        """
        cursor, walked = self.walk(cluster_id)
        book = self._open_book(cluster_id)
        book.cursor = cursor
        for hour, served in walked:
            book.served_hours[hour] = served
            book.served += served
            book.earned += sum(self.leases[key].meter(hour, served) for key in book.live)
        book.live = [key for key in book.live if self.leases[key].end > cursor]
        return cursor

    def settle(self, lease_id: int) -> int:
        """Credit what is due for accrued hours to the lease's owner, after accruing.

        Returns stablecoin units, rounded down; the fraction stays owed.
        """
        return self._settle(self.lease_of(lease_id))

    def transfer_from(self, caller: Address, owner: Address, to: Address, lease_id: int) -> None:
        """Move a lease; final hours are settled to the seller, the others go with it."""
        lease = self.leases.get(lease_id)
        if lease is None:
            raise Revert("TokenDoesNotExist")
        if lease.owner != owner:
            raise Revert("TransferFromIncorrectOwner")
        if caller not in (owner, lease.approved) and (owner, caller) not in self.operators:
            raise Revert("NotOwnerNorApproved")
        if to == ZERO:
            raise Revert("TransferToZeroAddress")
        self._settle(lease)
        lease.owner, lease.approved = to, None

    def approve(self, caller: Address, account: Address, lease_id: int) -> None:
        """Let an account move one lease; the zero account takes that back."""
        lease = self.leases.get(lease_id)
        if lease is None:
            raise Revert("TokenDoesNotExist")
        if caller != lease.owner and (lease.owner, caller) not in self.operators:
            raise Revert("NotOwnerNorApproved")
        lease.approved = None if account == ZERO else account

    def set_approval_for_all(self, caller: Address, operator: Address, is_approved: bool) -> None:
        """Let an account move all leases of the caller, or take that back."""
        if is_approved:
            self.operators.add((caller, operator))
        else:
            self.operators.discard((caller, operator))

    def update_base(self, cluster_id: int) -> int:
        """Bring the base up to the current hour, 1e-18 stablecoin units per unit-hour."""
        base = self.base_of(cluster_id)
        self._store_base(self._open_book(cluster_id), base)
        return base

    def collect(self, caller: Address, cluster_id: int) -> tuple[int, int]:
        """Accrue, and hand the whole units of the earned and the remainder ledger to the router.

        Only the router. Both in stablecoin units, rounded down; the fractions stay.
        """
        if caller != self.world.router.address:
            raise Revert("LeaseMarket_NotRouter", caller)
        self.accrue(cluster_id)
        book = self._open_book(cluster_id)
        earned, book.earned = divmod(book.earned, LEDGER_SCALE)
        remainder, book.remainder = divmod(book.remainder, LEDGER_SCALE)
        self.world.vault.move(self.address, self.world.cash.address, caller, earned + remainder)
        return earned, remainder

    def lease_of(self, lease_id: int) -> Lease:
        """A lease; reverts when there is none."""
        if lease_id not in self.leases:
            raise Revert("LeaseMarket_UnknownLease", lease_id)
        return self.leases[lease_id]

    def refund_ledger_of(self, lease_id: int) -> int:
        """Refund ledger of a lease's accrued hours: all that was ever due, paid or not."""
        return self.lease_of(lease_id).refund

    def balance_of(self, account: Address) -> int:
        """How many leases an account owns."""
        return sum(lease.owner == account for lease in self.leases.values())

    def books_of(self, cluster_id: int) -> Books:
        """A cluster's books, all zero before anything happened."""
        book = self.book_of(cluster_id)
        last = book.cursor - 1
        return Books(
            cursor=book.cursor,
            booked=book.calendar.at(last),
            rate=sum(self.leases[key].rate_at(last) for key in book.leases),
            served=book.served,
            earned=book.earned,
            remainder=book.remainder,
            base=book.base,
            base_hour=book.base_hour,
        )

    def base_of(self, cluster_id: int) -> int:
        """The base that a lease would rest on now, 1e-18 stablecoin units per unit-hour.

        Follows the bookings of all whole hours elapsed since its last update; stands still while
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
        booked = book.calendar.sum(since, self.world.hour)
        return price.next_base(pricing, base, cluster.attested, elapsed, booked)

    def booked_at(self, cluster_id: int, hour: int) -> int:
        """Units booked in an hour."""
        return self.book_of(cluster_id).calendar.at(hour)

    def peak_booked(self, cluster_id: int, start: int, end: int) -> int:
        """Most units booked in any hour of [start, end)."""
        return self.book_of(cluster_id).calendar.peak(start, end)

    def sum_booked(self, cluster_id: int, start: int, end: int) -> int:
        """Sum of the units booked over the hours [start, end)."""
        return self.book_of(cluster_id).calendar.sum(start, end)

    def book_of(self, cluster_id: int) -> Book:
        """State of a cluster, to be read only; empty where nothing happened."""
        return self.books.get(cluster_id) or Book()

    def _open_book(self, cluster_id: int) -> Book:
        return self.books.setdefault(cluster_id, Book())

    def _settle(self, lease: Lease) -> int:
        self.accrue(lease.cluster_id)
        refund = lease.refundable()
        lease.refunded += refund
        self.world.vault.move(self.address, self.world.cash.address, lease.owner, refund)
        return refund

    def _store_base(self, book: Book, base: int) -> None:
        book.base, book.base_hour = base, self.world.hour

    def _require_bookable(self, cluster: Cluster, units: int, start: int, hours_asked: int) -> None:
        pricing, hour = cluster.terms.pricing, self.world.hour
        if self.world.registry.paused:
            raise Revert("LeaseMarket_Paused")
        if units == 0:
            raise Revert("LeaseMarket_NoUnits")
        if start < hour:
            raise Revert("LeaseMarket_StartInPast", start, hour)
        least, most = pricing.min_hours, pricing.max_hours
        if not least <= hours_asked <= most:
            raise Revert("LeaseMarket_InvalidLength", hours_asked, least, most)
        horizon_end = hour + pricing.horizon_hours
        if start + hours_asked > horizon_end:
            raise Revert("LeaseMarket_PastHorizon", start, hours_asked, horizon_end)
