"""Offers of leases, from the exchange's events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.words import packed, slot_of

_LISTINGS = 0


class Leases(Protocol):
    """What the exchange asks of the market."""

    def owner(self, lease: int) -> int:
        """Whose a lease is; 0 when there is no such lease."""
        ...

    def transfers(self, lease: int) -> int:
        """How often a lease changed hands."""
        ...


@dataclass(slots=True)
class Listing:
    seller: int
    start_price: int
    end_price: int
    opens: int
    closes: int
    transfers: int

    def price(self, time: int) -> int:
        """What the lease costs then, rounded up."""
        fall = (self.start_price - self.end_price) * (time - self.opens)
        return self.start_price - fall // (self.closes - self.opens)


class ExchangeReplay(Replay):
    """The exchange's storage."""

    contract = "LeaseExchange"

    def __init__(self, address: int, findings: Findings, market: Leases) -> None:
        super().__init__(address, findings)
        self.market = market
        self.listings: dict[int, Listing] = {}

    def Listed(self, log: Log) -> None:  # noqa: N802
        args = log.args
        lease = args["leaseId"]
        self.expect(log, "seller", self.market.owner(lease))
        if args["startPrice"] < args["endPrice"] or args["opens"] >= args["closes"]:
            self.differ(log, "closes", args["closes"], "an offer that falls and ends")
            return
        self.listings[lease] = Listing(
            args["seller"],
            args["startPrice"],
            args["endPrice"],
            args["opens"],
            args["closes"],
            self.market.transfers(lease),
        )

    def Delisted(self, log: Log) -> None:  # noqa: N802
        listing = self._take(log)
        if listing is not None:
            self.expect(log, "seller", listing.seller)

    def Sold(self, log: Log) -> None:  # noqa: N802
        listing = self._take(log)
        if listing is not None:
            self.expect(log, "seller", listing.seller)
            self.expect(log, "price", listing.price(log.time))
            self.expect(log, "buyer", self.market.owner(log.args["leaseId"]))

    def _take(self, log: Log) -> Listing | None:
        listing = self.listings.pop(log.args["leaseId"], None)
        if listing is None:
            self.differ(log, "leaseId", log.args["leaseId"], "one that was for sale")
        return listing

    def slots(self) -> Iterator[Slot]:
        for lease, offer in self.listings.items():
            first = slot_of(_LISTINGS, lease)
            word = packed((offer.seller, 160), (offer.start_price, 96))
            yield first, word, ("_listings", lease, "seller")
            word = packed(
                (offer.end_price, 96), (offer.opens, 64), (offer.closes, 64), (offer.transfers, 32)
            )
            if word:
                yield first + 1, word, ("_listings", lease, "endPrice")
