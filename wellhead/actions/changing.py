"""Leases given back or cut, passed on or handed over: what their owners do with them.

With `dry` the chain is only asked; then there is no receipt.
"""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.actions.errors import Refusal
from wellhead.actions.held import HeldLease, held_lease
from wellhead.chain import Account, Deployment, Receipt
from wellhead.model.units import HOUR, RATE_SCALE, ZERO

#: How far the default limit lies below what cancelling gives now, in hundredths.
TOLERANCE = 1


@dataclass(frozen=True)
class Cancellation:
    """Hours [start, end) of a lease that are sold back; amounts are stablecoin units. `paid` is
    what was paid for them, rounded up; `earned` the ledger that went to the cluster's earnings."""

    lease: HeldLease
    start: int
    refund: int
    min_refund: int
    paid: int
    earned: int | None = None
    receipt: Receipt | None = None

    @property
    def end(self) -> int:
        return self.lease.end

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left, so that the lease is burnt."""
        return self.start == self.lease.start


def first_cancellable(held: HeldLease, hour: int) -> int:
    """The first hour that can be sold back when the current one is `hour`: the next one, or that of
    a lease which has not begun."""
    return max(hour + 1, held.start)


def prepare_cancellation(
    deployment: Deployment, lease: int, start: int | None, min_refund: int | None, sender: Account
) -> Cancellation:
    """What cancelling gives now, from `start` or from the first hour that can be sold back."""
    held = held_lease(deployment, lease)
    hour = deployment.rpc.now() // HOUR
    first = first_cancellable(held, hour) if start is None else start
    refund = int(deployment.market.call("cancel", lease, first, 0, sender=sender.address))
    least = refund * (100 - TOLERANCE) // 100 if min_refund is None else min_refund
    if refund < least:
        raise Refusal("LeaseMarket_RefundBelowMin", refund=refund, minRefund=least)
    paid = -(-held.rent(first, held.end) // RATE_SCALE)
    return Cancellation(held, first, refund, least, paid)


def cancel(deployment: Deployment, planned: Cancellation, sender: Account) -> Cancellation:
    """Sell the hours back."""
    call = ("cancel", planned.lease.lease, planned.start, planned.min_refund)
    receipt = deployment.market.send(*call, sender=sender, gas=None)
    event = receipt.event("LeaseCancelled")
    return Cancellation(
        planned.lease,
        planned.start,
        int(event["refund"]),
        planned.min_refund,
        planned.paid,
        int(event["earned"]),
        receipt,
    )


@dataclass(frozen=True)
class Split:
    """A lease that became two: units and hours of both. `settled` was credited to the owner first,
    in stablecoin units."""

    lease: int
    new_lease: int
    units: int
    start: int
    end: int
    new_units: int
    new_start: int
    new_end: int
    settled: int = 0
    receipt: Receipt | None = None


def split_units(
    deployment: Deployment, lease: int, units: int, sender: Account, *, dry: bool
) -> Split:
    """Make so many units a lease of their own."""
    held = held_lease(deployment, lease)
    number, settled, receipt = _split(deployment, "splitUnits", lease, units, sender, dry)
    hours = (held.start, held.end)
    return Split(lease, number, held.units - units, *hours, units, *hours, settled, receipt)


def split_hours(
    deployment: Deployment, lease: int, hour: int, sender: Account, *, dry: bool
) -> Split:
    """Make the hours from `hour` on a lease of their own."""
    held = held_lease(deployment, lease)
    number, settled, receipt = _split(deployment, "splitHours", lease, hour, sender, dry)
    kept, moved = (held.units, held.start, hour), (held.units, hour, held.end)
    return Split(lease, number, *kept, *moved, settled, receipt)


def _split(
    deployment: Deployment, function: str, lease: int, at: int, sender: Account, dry: bool
) -> tuple[int, int, Receipt | None]:
    market = deployment.market
    if dry:
        return int(market.call(function, lease, at, sender=sender.address)), 0, None
    receipt = market.send(function, lease, at, sender=sender, gas=None)
    event = receipt.all("UnitsSplit" if function == "splitUnits" else "HoursSplit")[0]
    return int(event["newLeaseId"]), _settled(receipt), receipt


@dataclass(frozen=True)
class Transfer:
    """A lease that went from one account to another; `settled` was credited to the former first,
    in stablecoin units."""

    lease: int
    owner: str
    to: str
    settled: int = 0
    receipt: Receipt | None = None


def transfer(
    deployment: Deployment, lease: int, to: str, sender: Account, *, dry: bool
) -> Transfer:
    """Hand a lease over; a contract must accept it."""
    market = deployment.market
    market.call("leaseOf", lease)
    owner = str(market.call("ownerOf", lease))
    if to == owner:
        raise Refusal("OwnLease", leaseId=lease, account=to)
    call = ("safeTransferFrom(address,address,uint256)", owner, to, lease)
    if dry:
        market.call(*call, sender=sender.address)
        return Transfer(lease, owner, to)
    receipt = market.send(*call, sender=sender, gas=None)
    return Transfer(lease, owner, to, _settled(receipt), receipt)


def _settled(receipt: Receipt) -> int:
    return sum(int(event["amount"]) for event in receipt.all("Settled"))


@dataclass(frozen=True)
class Use:
    """Who may use a lease until the unix time `expires`, inclusive; nobody is None."""

    lease: int
    user: str | None
    expires: int
    receipt: Receipt | None = None


def use_of(deployment: Deployment, lease: int) -> Use:
    """Who may use a lease now."""
    user, expires = deployment.market.call_many([("userOf", [lease]), ("userExpires", [lease])])
    return Use(lease, None if user == ZERO else str(user), int(expires) if user != ZERO else 0)


def set_user(
    deployment: Deployment,
    lease: int,
    user: str | None,
    until: int | None,
    sender: Account,
    *,
    dry: bool,
) -> Use:
    """Name who may use a lease, until its end or until `until`; None for nobody."""
    market, now = deployment.market, deployment.rpc.now()
    expires = int(market.call("leaseOf", lease)["stop"]) * HOUR if until is None else until
    if user is None:
        expires = 0
    elif expires < now:
        raise Refusal("UseOver", leaseId=lease, expires=expires, now=now)
    call = ("setUser", lease, user or ZERO, expires)
    if dry:
        market.call(*call, sender=sender.address)
        return Use(lease, user, expires)
    return Use(lease, user, expires, market.send(*call, sender=sender, gas=None))
