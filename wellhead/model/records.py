"""The use of leases, the bond and default, and what can be looked up."""

from __future__ import annotations

from .book import DEFAULT_SECONDS, Walk
from .changes import LeaseChanges
from .errors import Revert
from .fixedpoint import ceil_div
from .leases import Books, Lease, LeaseView, Part
from .units import HOUR, LEDGER_SCALE, TWO_YEARS_HOURS, ZERO, Address, Q, to_uint

NOTICE = 24 * HOUR
"""Seconds of the market clock between the notice of a suspension and the suspension."""


class LeaseRecords(LeaseChanges):
    """Owners lend the use of leases, operators suspend it; operators post bonds and default."""

    def set_user(self, caller: Address, lease_id: int, user: Address, expires: int) -> None:
        """Name who may use the leased units until `expires`, unix time, at most the lease's end.

        The owner or whom it approved, unless there is a user; the user itself for its time or less.
        """
        access = self._lease(lease_id).access
        if caller == access.user and self.world.now <= access.expires:
            if expires > access.expires:
                raise Revert("LeaseMarket_UseTooLong", lease_id, expires, access.expires)
        else:
            self._require_tenant(caller, lease_id)
            self._require_unused(lease_id, 0)
        limit = self._stop_of(self.leases[lease_id]) * HOUR
        if expires > limit:
            raise Revert("LeaseMarket_UseTooLong", lease_id, expires, limit)
        access.user, access.expires = user, expires if user != ZERO else 0

    def notice_suspension(self, caller: Address, lease_id: int, evidence: bytes) -> None:
        """Announce that the use of a lease may be suspended; only the operator. `evidence` is only
        logged."""
        lease = self._as_operator(caller, lease_id)
        if lease.access.is_suspended:
            raise Revert("LeaseMarket_Suspended", lease_id)
        lease.access.due = self.world.registry.clock() + NOTICE

    def suspend(self, caller: Address, lease_id: int) -> None:
        """Suspend the use of a lease when its notice is due; only the operator."""
        access = self._as_operator(caller, lease_id).access
        if access.is_suspended:
            raise Revert("LeaseMarket_Suspended", lease_id)
        clock = self.world.registry.clock()
        if access.due == 0 or clock < access.due:
            raise Revert("LeaseMarket_NotDue", lease_id, access.due, clock)
        access.is_suspended = True

    def lift_suspension(self, caller: Address, lease_id: int) -> None:
        """Take a notice or a suspension back; only the operator."""
        access = self._as_operator(caller, lease_id).access
        if access.due == 0:
            raise Revert("LeaseMarket_NotDue", lease_id, 0, self.world.registry.clock())
        access.due, access.is_suspended = 0, False

    def post_bond(self, caller: Address, cluster_id: int, amount: int) -> None:
        """Add `amount` stablecoin units to a cluster's bond; the caller pays."""
        self.world.registry.cluster_of(cluster_id)
        bond = to_uint(self.book_of(cluster_id).bond + amount * LEDGER_SCALE, 104)
        self.charge(caller, self.address, amount)
        book = self._open_book(cluster_id)
        book.bond = bond
        book.bond_posted += amount

    def withdraw_bond(self, caller: Address, cluster_id: int, amount: int) -> None:
        """Withdraw `amount` stablecoin units of a cluster's bond after accruing; only the operator.

        Every unit booked in an hour that is not accrued keeps its bond.
        """
        cluster = self.world.registry.cluster_of(cluster_id)
        if caller != cluster.operator:
            raise Revert("CapacityRegistry_NotOperator", cluster_id, caller)
        walk, book = self.walk(cluster_id), self.book_of(cluster_id)
        peak = book.peak(walk.cursor, self.world.hour + TWO_YEARS_HOURS)
        needed = peak * cluster.terms.service.bond
        bond = (book.bond - walk.compensated) // LEDGER_SCALE
        if bond - amount < needed:
            raise Revert("LeaseMarket_BondInUse", cluster_id, bond, needed)
        self.accrue(cluster_id)
        book = self._open_book(cluster_id)
        book.bond -= amount * LEDGER_SCALE
        book.bond_withdrawn += amount
        self.world.vault.move(self.address, self.world.cash.address, caller, amount)

    def declare_default(self, cluster_id: int) -> int:
        """Declare the default of a cluster, after accruing: from the current hour on, which is
        returned, all bookings are void. Refused where something was available in one of the last
        72 hours by a record that is not contested, or worked while nobody had booked."""
        walk = self._whole_walk(cluster_id)
        self._require_in_default(cluster_id, walk)
        working = self._working_hours(cluster_id)
        if working:
            raise Revert("LeaseMarket_WorksAgain", cluster_id, working[0])
        hour = self.world.hour
        self.accrue(cluster_id)
        self._store_base(cluster_id, self.base_of(cluster_id))
        terms = self.world.registry.cluster_of(cluster_id).terms
        book = self._open_book(cluster_id)
        void = book.loads(hour, hour + TWO_YEARS_HOURS)
        compensation = 0
        if void:
            per_unit = min(book.bond // max(void.values()), terms.service.bond * LEDGER_SCALE)
            compensation = per_unit // terms.pricing.horizon_hours
        book.close(hour, compensation, compensation * sum(void.values()))
        return hour

    def recover(self, cluster_id: int) -> int:
        """Note, after accruing, that a cluster works again in which nothing was available for 72
        booked hours: they count no more. Returns the last hour that shows it, by a final record;
        no further back than 72 hours can lie that have only just become final, and not before a
        booked hour that is dark on final record."""
        walk = self.walk(cluster_id)
        self._require_in_default(cluster_id, walk)
        hour = self._last_working_hour(cluster_id)
        if hour == 0:
            raise Revert("LeaseMarket_StillDown", cluster_id)
        self.accrue(cluster_id)
        book = self._open_book(cluster_id)
        book.down, book.down_from = 0, book.cursor
        return hour

    def _require_in_default(self, cluster_id: int, walk: Walk) -> None:
        down = walk.down if walk.era == self.book_of(cluster_id).era else 0
        if down < DEFAULT_SECONDS:
            raise Revert("LeaseMarket_NotInDefault", cluster_id, down, DEFAULT_SECONDS)

    def _working_hours(self, cluster_id: int) -> list[int]:
        """Those of the last 72 hours in which something was available, or worked while nobody had
        booked, by records that are not contested."""
        found = []
        for hour in range(self.world.hour - DEFAULT_SECONDS // HOUR, self.world.hour):
            record = self.world.oracle.record_of(cluster_id, hour)
            is_booked = self.covered_at(cluster_id, hour) != 0
            if not record.is_contested and (record.available if is_booked else record.working):
                found.append(hour)
        return found

    def _last_working_hour(self, cluster_id: int) -> int:
        """The last hour that worked, by final records alone; 0 for none."""
        back = ceil_div(DEFAULT_SECONDS + self.world.oracle.finality, HOUR)
        final = {
            hour: record
            for hour in range(self.world.hour - back, self.world.hour)
            if (record := self.world.oracle.record_of(cluster_id, hour)).is_final
        }
        booked = {hour for hour in final if self.covered_at(cluster_id, hour) != 0}
        dark = max((hour for hour in booked if final[hour].available == 0), default=0)
        works = (h for h in final if (final[h].available if h in booked else final[h].working))
        return max((hour for hour in works if hour > dark), default=0)

    def lease_of(self, lease_id: int) -> LeaseView:
        """A lease; reverts when there is none."""
        lease = self._lease(lease_id)
        return LeaseView(
            cluster_id=lease.cluster_id,
            units=lease.units,
            start=lease.start,
            end=lease.end,
            stop=self._stop_of(lease),
            first_seconds=lease.parts[0].first_seconds,
            rate=lease.parts[0].rate,
            refunded=lease.refunded,
            parts=len(lease.parts),
            transfers=lease.transfers % 2**16,
        )

    def parts_of(self, lease_id: int) -> list[Part]:
        """The parts of a lease, in order; to be read only."""
        return self._lease(lease_id).parts

    def refund_ledger_of(self, lease_id: int) -> int:
        """Refund ledger of a lease's accrued and void hours: all that was ever due, paid or not."""
        lease = self._lease(lease_id)
        return self.book_of(lease.cluster_id).refund_of(lease)

    def user_of(self, lease_id: int) -> Address:
        """Who may use a lease now; zero for nobody, when suspended or when the lease is over."""
        lease = self._lease(lease_id)
        access, now = lease.access, self.world.now
        is_over = now >= self._stop_of(lease) * HOUR
        return ZERO if is_over or access.is_suspended or now > access.expires else access.user

    def user_expires(self, lease_id: int) -> int:
        """The unix time until which the user was named."""
        return self._lease(lease_id).access.expires

    def suspension_of(self, lease_id: int) -> tuple[int, bool]:
        """From when on, on the market clock, the use may be suspended, and whether it is; 0 without
        a notice."""
        access = self._lease(lease_id).access
        return access.due, access.is_suspended

    def default_of(self, cluster_id: int, era: int) -> tuple[int, int]:
        """The hour from which on bookings of an era are void, and the ledger due for each unit-hour
        of them; zeros for an era that has not ended."""
        eras = self.book_of(cluster_id).eras
        if era >= len(eras):
            return 0, 0
        return eras[era].end or 0, eras[era].compensation

    def books_of(self, cluster_id: int) -> Books:
        """A cluster's books, all zero before anything happened."""
        book = self.book_of(cluster_id)
        return Books(
            cursor=book.cursor,
            booked=book.booked,
            rate=book.rate,
            lost=book.lost,
            down=book.down,
            earned=book.earned,
            remainder=book.remainder * Q,
            bond=book.bond,
            base=book.base,
            base_hour=book.base_hour,
            era=book.era,
        )

    def _as_operator(self, caller: Address, lease_id: int) -> Lease:
        lease = self._lease(lease_id)
        if caller != self.world.registry.operator_of(lease.cluster_id):
            raise Revert("CapacityRegistry_NotOperator", lease.cluster_id, caller)
        return lease
