"""What tenants do with their leases: extend them, cancel hours, sell the rest to another tenant.

Each deal is a transaction or two, and leaves a step for the account of what happened, with figures
from the chain.
"""

from __future__ import annotations

from wellhead.actions.held import held_lease
from wellhead.chain import Receipt
from wellhead.demo.market import Market, Site
from wellhead.demo.money import dollars
from wellhead.demo.plan import TENANTS, Booking, Change
from wellhead.demo.results import Step
from wellhead.model.leases import digest_of
from wellhead.model.units import HOUR, LEDGER_SCALE, RATE_SCALE

#: A lease is offered for so many halves of the rent that its seller paid for the hours left, at
#: first and at last.
ASKED, LEAST = 3, 1


class Deals:
    """The deals on one cluster; `first` is the chain's hour that the account counts from."""

    def __init__(self, market: Market, site: Site, first: int) -> None:
        self._market, self._site, self._first = market, site, first
        self.steps: list[Step] = []

    def opened(self, booking: Booking, receipt: Receipt) -> None:
        """A lease that will be extended was booked ahead: the account begins there."""
        if booking.start > booking.at_hour and any(c.kind == "extend" for c in booking.changes):
            event = receipt.event("LeaseOpened")
            self._say(
                booking.at_hour,
                f"{TENANTS[booking.tenant]} books {booking.units:,} GPUs ahead, for hours "
                f"{booking.start:,} to {booking.end - 1:,}: {dollars(event['cost'])}",
            )

    def change(self, booking: Booking, change: Change, lease_id: int) -> None:
        """Make one of a booking's changes to its lease."""
        deal = {
            "extend": self._extend,
            "cancel": self._cancel,
            "offer": self._offer,
            "sell": self._sell,
        }[change.kind]
        deal(booking, change, lease_id)

    def _extend(self, booking: Booking, change: Change, lease_id: int) -> None:
        market = self._market.deployment.market
        tenant, hours = self._market.tenants[booking.tenant], change.hour - booking.end
        cost = int(market.call("quoteExtension", lease_id, hours)["cost"])
        self._market.fund(tenant, cost)
        receipt = market.send("extend", lease_id, hours, cost, sender=tenant)
        event = receipt.event("LeaseExtended")
        self._say(
            change.at_hour,
            f"{TENANTS[booking.tenant]} extends lease {lease_id} by "
            f"{event['end'] - event['start']:,} hours: {dollars(event['cost'])}",
        )

    def _cancel(self, booking: Booking, change: Change, lease_id: int) -> None:
        market, tenant = self._market.deployment.market, self._market.tenants[booking.tenant]
        asked = (lease_id, self._first + change.hour)
        refund = int(market.call("cancel", *asked, 0, sender=tenant.address))
        event = market.send("cancel", *asked, refund, sender=tenant).event("LeaseCancelled")
        rent = event["refund"] + event["earned"] // LEDGER_SCALE
        self._say(
            change.at_hour,
            f"{TENANTS[booking.tenant]} cancels lease {lease_id} from hour {change.hour:,} on: "
            f"{dollars(event['refund'])} of {dollars(rent)} come back",
        )

    def _offer(self, booking: Booking, change: Change, lease_id: int) -> None:
        market, exchange = self._market.deployment.market, self._market.deployment.exchange
        tenant = self._market.tenants[booking.tenant]
        market.send("approve", exchange.address, lease_id, sender=tenant)
        left = self._rent_left(lease_id, self._first + change.at_hour)
        opens, closes = self._market.anvil.now(), (self._first + change.hour) * HOUR
        prices = (ASKED * left // 2, LEAST * left // 2)
        receipt = exchange.send("list", lease_id, *prices, opens, closes, sender=tenant)
        event = receipt.event("Listed")
        self._say(
            change.at_hour,
            f"{TENANTS[booking.tenant]} offers the rest of lease {lease_id}, "
            f"{dollars(left)} of rent, for {dollars(event['startPrice'])} falling to "
            f"{dollars(event['endPrice'])} at hour {change.hour:,}",
        )

    def _sell(self, booking: Booking, change: Change, lease_id: int) -> None:
        market, exchange = self._market.deployment.market, self._market.deployment.exchange
        buyer, seller = TENANTS[change.buyer], TENANTS[booking.tenant]
        account, end = self._market.tenants[change.buyer], self._first + booking.end
        alternative = ""
        if change.at_hour + 1 < booking.end:
            asked = (lease_id, self._first + change.at_hour + 1, 0)
            owner = self._market.tenants[booking.tenant].address
            refund = int(market.call("cancel", *asked, sender=owner))
            alternative = f" (cancelling would give {dollars(refund)})"
        price = int(exchange.call("priceOf", lease_id))
        self._market.fund(account, price)
        # Final hours are settled to the seller; the buyer accepts those that are final now.
        accrued = int(market.call("accrue", self._site.cluster_id))
        parts = digest_of(held_lease(self._market.deployment, lease_id).parts)
        bounds = (price, booking.units, end, accrued, 0, parts)
        receipt = exchange.send("buy", lease_id, bounds, sender=account)
        settled = sum(int(event["amount"]) for event in receipt.all("Settled"))
        self._say(
            change.at_hour,
            f"{buyer} buys it for {dollars(receipt.event('Sold')['price'])}{alternative}; refunds "
            f"of {dollars(settled)} go to {seller} first",
        )

    def _rent_left(self, lease_id: int, hour: int) -> int:
        """What was paid for the hours of a lease from `hour` on, stablecoin units."""
        parts = self._market.deployment.market.call("partsOf", lease_id)
        hours = ((part["rate"], part["end"] - max(hour, part["start"])) for part in parts)
        return int(sum(rate * max(0, left) for rate, left in hours) // RATE_SCALE)

    def _say(self, hour: int, text: str) -> None:
        self.steps.append(Step(hour, text))
