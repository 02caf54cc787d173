"""Leases on offer at the exchange."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Any

from tests.support.raw import attempt
from tests.support.rent import Opened, open_lease
from tests.support.stage import HOUR, MAX, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Contract, Receipt, UnlockedAccount
from wellhead.model.leases import Part, digest_of

TERMS = Terms(speed=0)


@dataclass(frozen=True)
class Bounds:
    """What a buyer relies on, ILeaseExchange.Bounds; `but` changes one."""

    units: int
    end: int
    parts: bytes
    max_price: int = MAX
    accrued_to: int = MAX
    user_until: int = 0

    def but(self, **changes: Any) -> Bounds:
        return replace(self, **changes)

    def encoded(self) -> tuple[int | bytes, ...]:
        return self.max_price, self.units, self.end, self.accrued_to, self.user_until, self.parts


@dataclass
class Sale:
    """A lease of the seller, who has approved the exchange for all its leases."""

    stage: Stage
    lease: Opened
    seller: UnlockedAccount
    buyer: UnlockedAccount

    @property
    def exchange(self) -> Contract:
        return self.stage.deployment.exchange

    @property
    def bounds(self) -> Bounds:
        """The lease as it was opened."""
        lease = self.lease
        part = Part(0, lease.start, lease.end, lease.first_seconds, lease.rate)
        return Bounds(lease.units, lease.end, digest_of([part]))

    @property
    def parts(self) -> bytes:
        """The digest of its parts now."""
        return parts_digest(self.stage.market, self.lease.id)

    def offer(
        self,
        start_price: int,
        end_price: int | None = None,
        opens: int | None = None,
        closes: int | None = None,
        by: UnlockedAccount | None = None,
    ) -> Receipt:
        """Offer it, at a fixed price if one is given, from now on and for 100 hours if not said."""
        return self.exchange.send(
            "list",
            self.lease.id,
            start_price,
            start_price if end_price is None else end_price,
            self.stage.now() if opens is None else opens,
            self.stage.now() + 100 * HOUR if closes is None else closes,
            sender=by or self.seller,
        )

    def buy(self, bounds: Bounds | None = None, by: UnlockedAccount | None = None) -> Receipt:
        wanted = (bounds or self.bounds).encoded()
        return self.exchange.send("buy", self.lease.id, wanted, sender=by or self.buyer)

    def refuse(
        self,
        error: str,
        *arguments: Any,
        bounds: Bounds | None = None,
        by: UnlockedAccount | None = None,
    ) -> None:
        """The buyer gets nothing, pays nothing, and nothing changes."""
        wanted = (bounds or self.bounds).encoded()
        with refused(self.stage, error, *arguments):
            attempt(self.exchange, "buy", self.lease.id, wanted, sender=by or self.buyer)

    def owner(self) -> str:
        return str(self.stage.market.call("ownerOf", self.lease.id))

    def wallets(self) -> list[tuple[int, int]]:
        """Coins and claims of seller and buyer."""
        people = (self.seller, self.buyer)
        return [
            (self.stage.cash.call("balanceOf", who.address), self.stage.claim_of(who))
            for who in people
        ]

    @contextmanager
    def pays(self, price: int, claimed: int = 0) -> Iterator[None]:
        """Inside, `price` moves from buyer to seller: `claimed` of it out of the buyer's claim."""
        before = self.wallets()
        yield
        (sold, seller), (bought, buyer) = before
        after = [(sold, seller + price), (bought - price + claimed, buyer - claimed)]
        assert self.wallets() == after


def parts_digest(market: Contract, lease_id: int) -> bytes:
    """What a buyer relies on, of a lease's parts as the market shows them."""
    shown = market.call("partsOf", lease_id)
    return digest_of(
        Part(0, part["start"], part["end"], part["firstSeconds"], part["rate"], part["isCut"])
        for part in shown
    )


def seen(market: Contract, lease_id: int) -> Bounds:
    """What a buyer relies on that takes a lease as it is."""
    lease = market.call("leaseOf", lease_id)
    return Bounds(lease["units"], lease["stop"], parts_digest(market, lease_id))


def falling(start: int, end: int, opens: int, closes: int, now: int) -> int:
    """A price on the straight line from `start` at `opens` to `end` at `closes`, rounded up."""
    return ceil(start - Fraction((start - end) * (now - opens), closes - opens))


def on_sale(stage: Stage, units: int = 10, hours: int = 24) -> Sale:
    """A lease that begins in the second hour from now on."""
    cluster = stage.cluster(100, TERMS)
    seller, buyer = stage.tenants[:2]
    lease = open_lease(stage, cluster, units, stage.hour() + 2, hours, seller)
    exchange = stage.deployment.exchange.address
    stage.market.send("setApprovalForAll", exchange, True, sender=seller)
    return Sale(stage, lease, seller, buyer)
