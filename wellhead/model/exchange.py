"""Sell a lease to whoever pays first, at a fixed or a falling price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cashdesk import CashDesk
from .errors import Revert
from .fixedpoint import ceil_div
from .leases import digest_of
from .units import ZERO, Address

if TYPE_CHECKING:
    from .world import World


@dataclass(frozen=True)
class Listing:
    """An offer of a lease: its price falls from `start_price` at `opens` to `end_price` at
    `closes`, unix times, both inclusive; stablecoin units, rounded up. It ends when the lease,
    moved `transfers` times until then, moves again."""

    seller: Address
    start_price: int
    end_price: int
    opens: int
    closes: int
    transfers: int


@dataclass(frozen=True)
class Bounds:
    """What a buyer relies on: the most it pays, stablecoin units; the lease's units and the hour at
    which it ends; up to which hour the books may have moved; until when, unix time, it may have a
    user; and the digest of its parts."""

    max_price: int
    units: int
    end: int
    accrued_to: int
    user_until: int
    parts: bytes


class LeaseExchange(CashDesk):
    """Offers by lease. A listed lease stays with its owner, who approves the exchange for it."""

    def __init__(self, world: World, address: Address) -> None:
        super().__init__(world, address)
        self.listings: dict[int, Listing] = {}

    def list(
        self,
        caller: Address,
        lease_id: int,
        start_price: int,
        end_price: int,
        opens: int,
        closes: int,
    ) -> None:
        """Offer a lease; only its owner, who has approved the exchange. Replaces an offer of it."""
        market = self.world.market
        if self._owner_of(lease_id) != caller:
            raise Revert("LeaseExchange_NotOwner", lease_id, caller)
        if start_price < end_price or opens >= closes or closes < self.world.now:
            raise Revert("LeaseExchange_InvalidListing", start_price, end_price, opens, closes)
        approved = market.get_approved(lease_id)
        if approved != self.address and not market.is_approved_for_all(caller, self.address):
            raise Revert("LeaseExchange_NotApproved", lease_id)
        transfers = market.lease_of(lease_id).transfers
        self.listings[lease_id] = Listing(caller, start_price, end_price, opens, closes, transfers)

    def delist(self, caller: Address, lease_id: int) -> None:
        """Take an offer back; only the lease's owner, or the offer's seller."""
        if lease_id not in self.listings:
            raise Revert("LeaseExchange_NotListed", lease_id)
        if caller not in (self.listings[lease_id].seller, self._owner_of(lease_id)):
            raise Revert("LeaseExchange_NotOwner", lease_id, caller)
        del self.listings[lease_id]

    def buy(self, caller: Address, lease_id: int, bounds: Bounds) -> int:
        """Buy a lease for its price now, stablecoin units, which the caller pays to the seller.

        Final hours are settled to the seller first; the others go with the lease.
        """
        with self.world.transaction():
            listing, price = self.listing_of(lease_id), self.price_of(lease_id)
            if price > bounds.max_price:
                raise Revert("LeaseExchange_PriceAboveMax", price, bounds.max_price)
            del self.listings[lease_id]
            self.world.market.transfer_from(self.address, listing.seller, caller, lease_id)
            self._check(lease_id, bounds)
            self.charge(caller, listing.seller, price)
        return price

    def price_of(self, lease_id: int) -> int:
        """What a lease costs now, stablecoin units, rounded up."""
        listing = self.listing_of(lease_id)
        if not listing.opens <= self.world.now <= listing.closes:
            raise Revert("LeaseExchange_NotOpen", lease_id, listing.opens, listing.closes)
        span, left = listing.closes - listing.opens, listing.closes - self.world.now
        fall = listing.start_price - listing.end_price
        return listing.end_price + ceil_div(fall * left, span)

    def listing_of(self, lease_id: int) -> Listing:
        """The offer of a lease by its present owner, open or not."""
        listing = self.listings.get(lease_id)
        if (
            listing is None
            or listing.seller != self._owner_of(lease_id)
            or listing.transfers != self.world.market.lease_of(lease_id).transfers
        ):
            raise Revert("LeaseExchange_NotListed", lease_id)
        return listing

    def _check(self, lease_id: int, bounds: Bounds) -> None:
        """What the buyer has got now, against what it relies on."""
        market, now = self.world.market, self.world.now
        lease = market.lease_of(lease_id)
        parts = digest_of(market.parts_of(lease_id))
        if (lease.units, lease.stop, parts) != (bounds.units, bounds.end, bounds.parts):
            raise Revert("LeaseExchange_Changed", lease_id, lease.units, lease.stop, parts)
        accrued_to = market.books_of(lease.cluster_id).cursor
        if accrued_to > bounds.accrued_to:
            raise Revert("LeaseExchange_AccruedFurther", lease_id, accrued_to, bounds.accrued_to)
        expires = market.user_expires(lease_id)
        if expires >= now and expires > bounds.user_until:
            raise Revert("LeaseExchange_InUse", lease_id, expires, bounds.user_until)
        due, _ = market.suspension_of(lease_id)
        if due != 0:
            raise Revert("LeaseExchange_Suspended", lease_id)

    def _owner_of(self, lease_id: int) -> Address:
        """Zero where there is no such lease, also after it was cancelled."""
        lease = self.world.market.leases.get(lease_id)
        return lease.owner if lease else ZERO
