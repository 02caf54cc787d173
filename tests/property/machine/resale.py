"""Leases are offered and bought."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Reach, parts, tenants
from tests.property.machine.leases import LeaseRules
from tests.support.stage import HOUR, MAX, USD, Q
from wellhead.model.exchange import Bounds
from wellhead.model.leases import digest_of

#: Where a buyer's bounds name the parts.
PARTS = 5


class ResaleRules(LeaseRules):
    """Tenants, with the exchange approved or not."""

    calls: Reach = (
        "LeaseMarket.approve",
        "LeaseMarket.setApprovalForAll",
        "LeaseExchange.list",
        "LeaseExchange.delist",
        "LeaseExchange.buy",
    )

    @rule(who=tenants, approved=st.booleans())
    def approve_the_exchange(self, who: int, approved: bool) -> None:
        arguments = (self.stage.deployment.exchange.address, approved)
        market = self.world.market
        self.act(
            self.stage.tenants[who],
            self.stage.market,
            "setApprovalForAll",
            arguments,
            market.set_approval_for_all,
        )

    @precondition(lambda self: self.world.market.leases)
    @rule(
        data=st.data(),
        start=st.integers(0, 100 * USD),
        fall=parts,
        opens=st.sampled_from([-HOUR, 0, 0, HOUR]),
        length=st.sampled_from([0, 1, 24 * HOUR, 30 * 24 * HOUR]),
        who=st.one_of(st.none(), st.none(), tenants),
    )
    def list(
        self, data: st.DataObject, start: int, fall: int, opens: int, length: int, who: int | None
    ) -> None:
        lease_id, owner = self.draw_lease(data)
        begin = self.pair.now + opens
        prices = (start, start - start * fall // Q)
        arguments = (lease_id, *prices, begin, begin + length)
        sender = owner if who is None else self.stage.tenants[who]
        exchange = self.stage.deployment.exchange
        self.act(sender, exchange, "list", arguments, self.world.exchange.list)

    @precondition(lambda self: self.world.exchange.listings)
    @rule(data=st.data(), who=tenants)
    def delist(self, data: st.DataObject, who: int) -> None:
        lease_id = data.draw(st.sampled_from(sorted(self.world.exchange.listings)))
        exchange = self.stage.deployment.exchange
        sender = self.stage.tenants[who]
        self.act(sender, exchange, "delist", (lease_id,), self.world.exchange.delist)

    @precondition(lambda self: self.world.exchange.listings)
    @rule(data=st.data(), who=tenants, off=st.sampled_from([None, None, None, *range(6)]))
    def buy(self, data: st.DataObject, who: int, off: int | None) -> None:
        """Relying on what there is, or on something else in one respect."""
        self._buy(data.draw(st.sampled_from(sorted(self.world.exchange.listings))), who, off)

    @precondition(lambda self: self.world.market.leases)
    @rule(data=st.data(), who=tenants, start=st.integers(1, 100 * USD), days=st.integers(1, 9))
    def sell_at_once(self, data: st.DataObject, who: int, start: int, days: int) -> None:
        lease_id, seller = self.draw_lease(data)
        exchange, market = self.stage.deployment.exchange, self.world.market
        approval = (exchange.address, lease_id)
        self.act(seller, self.stage.market, "approve", approval, market.approve)
        now = self.pair.now
        listing = (lease_id, start, start // 2, now, now + days * 24 * HOUR)
        self.act(seller, exchange, "list", listing, self.world.exchange.list)
        self.pair.wait(HOUR)
        self._buy(lease_id, who, None)

    def _buy(self, lease_id: int, who: int, off: int | None) -> None:
        market = self.world.market
        lease = market.leases.get(lease_id)
        relied: list[Any] = [
            MAX,
            lease.units if lease else 1,
            market.lease_of(lease_id).stop if lease else 1,
            self.pair.hour + 1,
            MAX,
            digest_of(lease.parts) if lease else bytes(32),
        ]
        if off is not None:
            relied[off] = 0 if off < PARTS else bytes(32)
        bounds, sender = tuple(relied), self.stage.tenants[who]
        exchange = self.stage.deployment.exchange
        model = self.world.exchange
        self.call(
            sender,
            exchange,
            "buy",
            (lease_id, bounds),
            lambda: model.buy(sender.address, lease_id, Bounds(*bounds)),
        )
