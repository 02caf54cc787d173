"""What an operator does with attested units: opening them to bookings, retiring them."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.actions import calendar
from wellhead.actions.errors import Refusal
from wellhead.chain import Account, Deployment, Receipt, Reverted
from wellhead.model.units import UNIT


@dataclass(frozen=True)
class Change:
    """A cluster's units after a change, or as they would be; without a receipt it was not made.

    `peak` is the most that is booked in any hour from the current one on.
    """

    cluster: int
    operator: str
    attested: int
    sellable_before: int
    sellable: int
    peak: int
    receipt: Receipt | None = None

    @property
    def overbooked(self) -> bool:
        """Whether more is booked in some hour than is open now; those bookings stand."""
        return self.peak > self.sellable


def set_sellable(
    deployment: Deployment, cluster: int, units: int, sender: Account, *, dry: bool
) -> Change:
    """Open so many units to new bookings. With `dry` the chain is only asked."""
    before, registry = _now(deployment, cluster), deployment.registry
    if dry:
        registry.call("setSellable", cluster, units, sender=sender.address)
        return _changed(before, sender, before.attested, units)
    receipt = registry.send("setSellable", cluster, units, sender=sender, gas=None)
    set_to = int(receipt.event("SellableSet")["sellable"])
    return _changed(before, sender, before.attested, set_to, receipt)


def retire(
    deployment: Deployment, cluster: int, units: int, sender: Account, *, dry: bool
) -> Change:
    """Take units out of service and burn as many of the sender's tokens. With `dry` the chain is
    only asked."""
    before, registry = _now(deployment, cluster), deployment.registry
    try:
        if dry:
            registry.call("retire", cluster, units, sender=sender.address)
            attested = before.attested - units
            return _changed(before, sender, attested, min(before.sellable, attested))
        receipt = registry.send("retire", cluster, units, sender=sender, gas=None)
    except Reverted as error:
        if error.name != "ERC20InsufficientBalance":
            raise
        balance = int(deployment.token(cluster).call("balanceOf", sender.address))
        raise Refusal(
            "NotEnoughTokens",
            cluster=cluster,
            account=sender.address,
            balance=balance,
            needed=units * UNIT,
        ) from error
    event = receipt.event("Retired")
    return _changed(before, sender, int(event["attested"]), int(event["sellable"]), receipt)


@dataclass(frozen=True)
class _Before:
    cluster: int
    attested: int
    sellable: int
    peak: int


def _now(deployment: Deployment, cluster: int) -> _Before:
    market = calendar.market_of(deployment, cluster)
    peak = deployment.market.call(
        "peakBooked", cluster, market.hour, market.horizon_end, block=market.block
    )
    return _Before(cluster, market.attested, market.sellable, int(peak))


def _changed(
    before: _Before, sender: Account, attested: int, sellable: int, receipt: Receipt | None = None
) -> Change:
    return Change(
        cluster=before.cluster,
        operator=sender.address,
        attested=attested,
        sellable_before=before.sellable,
        sellable=sellable,
        peak=before.peak,
        receipt=receipt,
    )
