"""Cancel leases, and split them."""

from __future__ import annotations

from dataclasses import replace

from . import price
from .errors import Revert
from .leases import Lease, Part
from .ownership import LeaseOwnership
from .registry import Offer
from .units import HOUR, LEDGER_SCALE, RATE_SCALE, Address, Q, to_sum, to_uint


class LeaseChanges(LeaseOwnership):
    """Only the owner of a lease, or whom it approved, changes it."""

    def cancel(self, caller: Address, lease_id: int, hour: int, min_refund: int) -> int:
        """Sell the hours of a lease from `hour` on back along the curve.

        Returns stablecoin units, rounded down, credited to the owner; what is left of the hours'
        rent is earned at once. With nothing left the lease is gone.
        """
        lease = self._own_lease(caller, lease_id)
        self._require_unused(lease_id, hour)
        self._require_ahead(lease, hour, lease.start)
        offer = self.world.registry.offer_of(lease.cluster_id)
        base = self.base_of(lease.cluster_id)
        given = rent = 0
        # From the end, because the first part found to be cut is the one that an error names.
        sold = [part for part in reversed(lease.parts) if part.end > hour]
        for part in sold:
            if part.is_cut and offer.pricing.discount != 0:
                raise Revert("LeaseMarket_Cut", lease_id, part.start)
            hours = range(max(hour, part.start), part.end)
            given += self._give_back(lease, part, hours, base, offer)
            rent += sum(map(part.rate_at, hours))
        refund = given // RATE_SCALE
        earned = to_uint(rent * Q - refund * LEDGER_SCALE, 112)
        before = self.book_of(lease.cluster_id)
        total = to_sum(before.earned, earned, 112)
        # It is the rent of hours to come, and says nothing of those that have passed.
        cancelled = to_sum(before.cancelled, to_uint(earned // LEDGER_SCALE, 56), 56)
        if refund < min_refund:
            raise Revert("LeaseMarket_RefundBelowMin", refund, min_refund)

        self._store_base(lease.cluster_id, base)
        book = self._open_book(lease.cluster_id)
        book.earned, book.cancelled = total, cancelled
        book.cancel_earned += earned
        book.cancel_refunds += refund
        for part in sold:
            book.leave(lease.units, part, max(hour, part.start))
            if part.start < hour:
                part.end, part.is_cut = hour, True
            else:
                lease.parts.remove(part)
        if not lease.parts:
            del self.leases[lease_id]
            del book.leases[lease_id]
        self.world.vault.move(self.address, self.world.cash.address, lease.owner, refund)
        return refund

    def split_units(self, caller: Address, lease_id: int, units: int) -> int:
        """Make `units` of a lease a lease of their own, after settling; returns its id.

        Its rates are the shares rounded down to multiples of 3,600, which add up in a pro rata
        first hour too. What was refunded is shared: the new lease's in whole units, and the
        fraction that it is due until now stays with the old one.
        """
        lease = self._own_lease(caller, lease_id)
        self._require_unused(lease_id, 0)
        if lease.access.due != 0:
            raise Revert("LeaseMarket_Suspended", lease_id)
        if not 1 <= units < lease.units:
            raise Revert("LeaseMarket_InvalidUnits", units, lease.units - 1)
        self._settle(lease)
        parts = [
            replace(part, rate=part.rate * units // lease.units // HOUR * HOUR)
            for part in lease.parts
        ]
        for part, share in zip(lease.parts, parts, strict=True):
            part.rate -= share.rate
        lease.units -= units
        new_id, new = self._add(Lease(lease.cluster_id, units, lease.owner, parts))
        ledger = self.book_of(lease.cluster_id).refund_of(new)
        # What an earlier split moved away can have left less than that to the old lease.
        new.refunded = min(ledger // LEDGER_SCALE, lease.refunded)
        lease.refunded -= new.refunded
        lease.shared += ledger - new.refunded * LEDGER_SCALE
        new.shared -= ledger - new.refunded * LEDGER_SCALE
        return new_id

    def split_hours(self, caller: Address, lease_id: int, hour: int) -> int:
        """Make the hours of a lease from `hour` on a lease of their own; returns its id."""
        lease = self._own_lease(caller, lease_id)
        self._require_unused(lease_id, hour)
        if lease.access.due != 0:
            raise Revert("LeaseMarket_Suspended", lease_id)
        self._require_ahead(lease, hour, lease.start + 1)
        kept = [part for part in lease.parts if part.start < hour]
        moved = [part for part in lease.parts if part.start >= hour]
        if kept[-1].end > hour:
            cut = kept[-1]
            self._open_book(lease.cluster_id).eras[cut.era].flags.add(hour)
            moved.insert(0, replace(cut, start=hour, first_seconds=HOUR, is_cut=True))
            cut.end, cut.is_cut = hour, True
        lease.parts = kept
        new_id, _ = self._add(Lease(lease.cluster_id, lease.units, lease.owner, moved))
        return new_id

    def _add(self, lease: Lease) -> tuple[int, Lease]:
        """Give a lease its id."""
        self.lease_count += 1
        self.leases[self.lease_count] = lease
        self._open_book(lease.cluster_id).leases[self.lease_count] = lease
        return self.lease_count, lease

    def _give_back(self, lease: Lease, part: Part, hours: range, base: int, offer: Offer) -> int:
        """What the curve gives for the last hours of a part, 2^-32 stablecoin units."""
        calendar = self.book_of(lease.cluster_id).eras[part.era].calendar
        others = sum(calendar.at(hour) - lease.units for hour in hours)
        time = len(hours) * HOUR
        release = price.gross(offer.pricing, base, offer.attested, lease.units, time, others * HOUR)
        empty = price.gross(offer.pricing, base, offer.attested, lease.units, time, 0)
        rent_left = sum(map(part.rate_at, hours))
        return price.refund(
            offer.pricing,
            price.SellBack(part.rent, rent_left, part.seconds, time, release, empty),
        )

    def _require_ahead(self, lease: Lease, hour: int, least: int) -> None:
        """An hour at which a lease can be cut: `least` or later, ahead of the current hour, within
        the lease and before a default."""
        first, stop = max(self.world.hour + 1, least), self._stop_of(lease)
        if not first <= hour < stop:
            raise Revert("LeaseMarket_HourOutOfRange", hour, first, stop - 1)
