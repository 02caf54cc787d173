"""The bond behind a cluster's booked units, its default, and the end of an outage without one.
Amounts are stablecoin units.

With `dry` the chain is only asked; then there is no receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wellhead.actions import paying
from wellhead.actions.errors import Refusal
from wellhead.actions.held import HeldLease, held_leases
from wellhead.actions.paying import Paid, Plan, Purchase
from wellhead.actions.views import head
from wellhead.chain import Account, Deployment, Receipt, Reverted
from wellhead.model.book import DEFAULT_SECONDS
from wellhead.model.units import HOUR, LEDGER_SCALE, RATE_SCALE, TWO_YEARS_HOURS


@dataclass(frozen=True)
class Bond:
    """A cluster's bond: what there is of it, rounded down, and what the terms want for every booked
    unit. `peak` is the most that is booked in an hour that is not accrued."""

    cluster: int
    amount: int
    per_unit: int
    peak: int
    sellable: int

    @property
    def needed(self) -> int:
        """What must stay."""
        return self.peak * self.per_unit

    @property
    def free(self) -> int:
        """What the operator can withdraw."""
        return max(self.amount - self.needed, 0)

    @property
    def covered(self) -> int | None:
        """Units that it can stand behind; None where the terms ask for none."""
        return self.amount // self.per_unit if self.per_unit else None


def bond_of(deployment: Deployment, cluster: int) -> Bond:
    """The bond as it is, hours that could be accrued left aside; an unknown cluster is refused."""
    block, now = head(deployment)
    offer = deployment.registry.call("offerOf", cluster, block=block)
    market = deployment.market
    cursor = int(market.call("accrue", cluster, block=block))
    last = now // HOUR + TWO_YEARS_HOURS
    books, peak = market.call_many(
        [("booksOf", [cluster]), ("peakBooked", [cluster, cursor, last])], block=block
    )
    return Bond(
        cluster=cluster,
        amount=int(books["bond"]) // LEDGER_SCALE,
        per_unit=int(offer["bond"]),
        peak=int(peak),
        sellable=int(offer["sellable"]),
    )


@dataclass(frozen=True)
class Posting:
    """An amount that is added to a bond, and how it is paid."""

    amount: int
    plan: Plan
    purchase: Purchase
    asked: str | None = None


def prepare_posting(
    deployment: Deployment, cluster: int, amount: int, sender: Account, asked: str | None = None
) -> Posting:
    """Check all that can be checked before anything is sent."""
    deployment.registry.call("clusterOf", cluster)
    planned = paying.plan(deployment, sender, amount, asked)
    purchase = Purchase(deployment.market, "postBond", (cluster, amount), lambda: amount)
    paying.objections(purchase, sender.address)
    return Posting(amount, planned, purchase, asked)


def post(
    deployment: Deployment,
    planned: Posting,
    sender: Account,
    log: Callable[[str], None] = lambda _: None,
) -> Paid:
    """Add to the bond."""
    paid = paying.pay(deployment, planned.plan, planned.purchase, sender, planned.asked, log)
    return paid.settled(planned.amount)


def withdraw(
    deployment: Deployment, cluster: int, amount: int, sender: Account, *, dry: bool
) -> Receipt | None:
    """Take from the bond what is not needed; it becomes a claim of the operator's in the vault."""
    call = ("withdrawBond", cluster, amount)
    if dry:
        deployment.market.call(*call, sender=sender.address)
        return None
    return deployment.market.send(*call, sender=sender, gas=None)


@dataclass(frozen=True)
class Default:
    """A cluster's default: what is booked from `hour` on is void, `unit_hours` of `leases`. `rent`
    goes back for it, rounded down; `compensation` is the ledger due for each void unit-hour,
    `reserved` for all of them. Until it is declared these two are what the bond gives now: losses
    of hours that are not accrued yet come first."""

    cluster: int
    era: int
    hour: int
    leases: int
    unit_hours: int
    rent: int
    compensation: int
    reserved: int
    receipt: Receipt | None = None


def prepare_default(deployment: Deployment, cluster: int, sender: Account) -> Default:
    """What declaring it would do now; Reverted while there is nothing to declare."""
    market, registry = deployment.market, deployment.registry
    registry.call("clusterOf", cluster)
    hour = int(market.call("declareDefault", cluster, sender=sender.address))
    block, _ = head(deployment)
    offer = registry.call("offerOf", cluster, block=block)
    books, peak = market.call_many(
        [("booksOf", [cluster]), ("peakBooked", [cluster, hour, hour + TWO_YEARS_HOURS])],
        block=block,
    )
    each = 0
    if peak:
        most = int(offer["bond"]) * LEDGER_SCALE
        each = min(int(books["bond"]) // int(peak), most) // int(offer["pricing"]["horizonHours"])
    leases, unit_hours, rent = _struck(held_leases(deployment, cluster, block), hour)
    era = int(books["era"])
    return Default(cluster, era, hour, leases, unit_hours, rent, each, each * unit_hours)


def declare_default(deployment: Deployment, cluster: int, sender: Account) -> Default:
    """Declare it."""
    before = held_leases(deployment, cluster)
    receipt = deployment.market.send("declareDefault", cluster, sender=sender, gas=None)
    event = receipt.event("Defaulted")
    hour = int(event["hour"])
    leases, unit_hours, rent = _struck(before, hour)
    return Default(
        cluster=cluster,
        era=int(event["era"]),
        hour=hour,
        leases=leases,
        unit_hours=unit_hours,
        rent=rent,
        compensation=int(event["compensation"]),
        reserved=int(event["reserved"]),
        receipt=receipt,
    )


@dataclass(frozen=True)
class Recovery:
    """A cluster works again, by the final record of `hour`: what its outage
    counts towards a default is forgotten. Where the terms ask for a bond, which `bonded` says,
    bookings were closed until then."""

    cluster: int
    hour: int
    bonded: bool
    receipt: Receipt | None = None


def prepare_recovery(deployment: Deployment, cluster: int, sender: Account) -> Recovery:
    """What noting it would say now; Reverted where there is no outage, or it goes on."""
    market = deployment.market
    offer = deployment.registry.call("offerOf", cluster)
    try:
        hour = int(market.call("recover", cluster, sender=sender.address))
    except Reverted as error:
        # Accruing comes first, so a refusal says nothing of the books as they are.
        books = market.call("booksOf", cluster)
        if error.name != "LeaseMarket_NotInDefault" or int(books["down"]) < DEFAULT_SECONDS:
            raise
        raise Refusal("BooksBehind", clusterId=cluster, cursor=int(books["cursor"])) from error
    return Recovery(cluster, hour, bool(offer["bond"]))


def recover(deployment: Deployment, planned: Recovery, sender: Account) -> Recovery:
    """Note it."""
    receipt = deployment.market.send("recover", planned.cluster, sender=sender, gas=None)
    return replace(planned, hour=int(receipt.event("Recovered")["hour"]), receipt=receipt)


def _struck(held: Sequence[HeldLease], hour: int) -> tuple[int, int, int]:
    """How many leases have hours from `hour` on, their unit-hours from then on, and the rent."""
    struck = [lease for lease in held if min(lease.end, lease.stop) > hour]
    unit_hours = sum(lease.units * (lease.end - max(hour, lease.start)) for lease in struck)
    rent = sum(lease.rent(hour, lease.end) for lease in struck)
    return len(struck), unit_hours, rent // RATE_SCALE
