"""The lease market: quote, lease, extend, collect; the rest is in the classes below it."""

from __future__ import annotations

from dataclasses import dataclass

from . import price
from .book import DEFAULT_SECONDS
from .errors import Revert
from .leases import Lease, Part, Quote
from .records import LeaseRecords
from .registry import Offer
from .state import MAX_PARTS
from .units import HOUR, LEDGER_SCALE, RATE_SCALE, Address, to_uint


@dataclass(frozen=True)
class Ask:
    """What is to be booked."""

    cluster_id: int
    units: int
    start: int
    hours: int
    is_extension: bool = False


class LeaseMarket(LeaseRecords):
    """Everything that the market's address answers to."""

    def quote(self, cluster_id: int, units: int, start: int, hours_asked: int) -> Quote:
        """What a lease would cost now, with the same checks as `lease` but for payment."""
        return self._quote(Ask(cluster_id, units, start, hours_asked))

    def quote_extension(self, lease_id: int, hours_asked: int) -> Quote:
        """What extending a lease would cost now, with the same checks as `extend` but for
        payment."""
        self._lease(lease_id)
        return self._quote(self._extension(lease_id, hours_asked))

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

        The caller pays at most `max_cost` stablecoin units.
        """
        part, _ = self._book(caller, Ask(cluster_id, units, start, hours_asked), max_cost)
        lease_id, _ = self._add(Lease(cluster_id, units, caller, [part]))
        return lease_id

    def extend(self, caller: Address, lease_id: int, hours_asked: int, max_cost: int) -> int:
        """Lease the same units for `hours_asked` more hours, from the end of the lease on.

        The caller, the owner or whom it approved, pays; returns stablecoin units paid.
        """
        lease = self._own_lease(caller, lease_id)
        part, cost = self._book(caller, self._extension(lease_id, hours_asked), max_cost)
        lease.parts.append(part)
        return cost

    def update_base(self, cluster_id: int) -> int:
        """Bring the base up to the current hour, 1e-18 stablecoin units per unit-hour."""
        base = self.base_of(cluster_id)
        self._store_base(cluster_id, base)
        return base

    def collect(self, caller: Address, cluster_id: int) -> tuple[int, int, int, int]:
        """Hand the whole units of what was earned and of the remainders to the router.

        Only the router. Both in stablecoin units, rounded down; the fractions stay. Where something
        is handed over, also how many accrued hours earned something since the last time, and how
        much of what was earned cancellations have, each rounded down.
        """
        if caller != self.world.router.address:
            raise Revert("LeaseMarket_NotRouter", caller)
        before = self.book_of(cluster_id)
        if before.earned < LEDGER_SCALE and before.remainder < RATE_SCALE:
            return 0, 0, 0, 0
        book = self._open_book(cluster_id)
        earned, book.earned = divmod(book.earned, LEDGER_SCALE)
        remainder, book.remainder = divmod(book.remainder, RATE_SCALE)
        hours_covered, book.hours_covered = book.hours_covered, 0
        cancelled, book.cancelled = book.cancelled, 0
        self.world.vault.move(self.address, self.world.cash.address, caller, earned + remainder)
        return earned, remainder, hours_covered, cancelled

    def _book(self, caller: Address, ask: Ask, max_cost: int) -> tuple[Part, int]:
        """Price and enter a booking, which the caller pays. Where a bond is asked for, what final
        hours take from it is taken first."""
        if not self.world.registry.offer_of(ask.cluster_id).bond:
            return self._enter(caller, ask, max_cost)
        with self.world.transaction():
            self.follow(ask.cluster_id, self._whole_walk(ask.cluster_id))
            return self._enter(caller, ask, max_cost)

    def _enter(self, caller: Address, ask: Ask, max_cost: int) -> tuple[Part, int]:
        priced = self._quote(ask)
        if priced.cost > max_cost:
            raise Revert("LeaseMarket_CostAboveMax", priced.cost, max_cost)
        self.charge(caller, self.address, priced.cost)
        self._store_base(ask.cluster_id, priced.base)
        book = self._open_book(ask.cluster_id)
        offer = self.world.registry.offer_of(ask.cluster_id)
        part = Part(
            era=book.era,
            start=ask.start,
            end=ask.start + ask.hours,
            first_seconds=priced.first_seconds,
            rate=priced.rate,
        )
        limit = offer.sellable
        if offer.bond:
            limit = min(limit, book.bond // (offer.bond * LEDGER_SCALE))
        remainder = priced.cost * RATE_SCALE - part.rent
        book.enter(ask.units, part, priced.cost, remainder, limit)
        return part, priced.cost

    def _extension(self, lease_id: int, hours_asked: int) -> Ask:
        """The booking that makes a lease longer."""
        lease = self.leases[lease_id]
        if len(lease.parts) == MAX_PARTS:
            raise Revert("LeaseMarket_TooManyParts", lease_id, MAX_PARTS)
        if lease.access.due != 0:
            raise Revert("LeaseMarket_Suspended", lease_id)
        stop = self._stop_of(lease)
        if stop <= self.world.hour:
            raise Revert("LeaseMarket_Over", lease_id, stop)
        return Ask(lease.cluster_id, lease.units, stop, hours_asked, is_extension=True)

    def _quote(self, ask: Ask) -> Quote:
        offer = self.world.registry.offer_of(ask.cluster_id)
        self._require_bookable(ask, offer)
        hours = range(ask.start, ask.start + ask.hours)
        calendar = self.book_of(ask.cluster_id).calendar
        peak = max(map(calendar.at, hours))
        self._require_room(ask, offer, peak)
        base = self.base_of(ask.cluster_id)
        first_seconds = HOUR - self.world.now % HOUR if ask.start == self.world.hour else HOUR
        covered = dict.fromkeys(hours, HOUR) | {ask.start: first_seconds}
        time = sum(covered.values())
        load = sum(calendar.at(hour) * seconds for hour, seconds in covered.items())
        cost = price.cost(offer.pricing, base, offer.attested, ask.units, time, load)
        rate = to_uint(price.rate_of(cost, time), 96)
        return Quote(cost, rate, first_seconds, base, peak)

    def _require_bookable(self, ask: Ask, offer: Offer) -> None:
        pricing, hour = offer.pricing, self.world.hour
        if offer.is_paused:
            raise Revert("LeaseMarket_Paused")
        if ask.units == 0:
            raise Revert("LeaseMarket_NoUnits")
        if ask.start < hour:
            raise Revert("LeaseMarket_StartInPast", ask.start, hour)
        least = 1 if ask.is_extension else pricing.min_hours
        if not least <= ask.hours <= pricing.max_hours:
            raise Revert("LeaseMarket_InvalidLength", ask.hours, least, pricing.max_hours)
        horizon_end = hour + pricing.horizon_hours
        if ask.start + ask.hours > horizon_end:
            raise Revert("LeaseMarket_PastHorizon", ask.start, ask.hours, horizon_end)

    def _require_room(self, ask: Ask, offer: Offer, peak: int) -> None:
        """In every hour there must be units open to bookings, and a bond behind them."""
        if peak + ask.units > offer.sellable:
            raise Revert("LeaseMarket_SoldOut", peak, ask.units, offer.sellable)
        if offer.bond:
            bonded = self.book_of(ask.cluster_id).bond // (offer.bond * LEDGER_SCALE)
            if peak + ask.units > bonded:
                raise Revert("LeaseMarket_Unbonded", peak, ask.units, bonded)
            book = self.book_of(ask.cluster_id)
            # While the walk is still in the era that ended, its count is no reason to end the next.
            if book.walk_era == book.era and book.down >= DEFAULT_SECONDS:
                raise Revert("LeaseMarket_InDefault", ask.cluster_id)
