"""Buying bitcoin with the holders' bitcoin part: where it is bought, sweeps, and paying it in.

Prices are stablecoin units for a whole bitcoin, rounded down; amounts are the coins' smallest
units, shares are millionths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wellhead.actions.errors import Refusal, SetupError
from wellhead.actions.governing import Act, govern
from wellhead.actions.venues import Sight, sight
from wellhead.chain import Account, Contract, Deployment, Receipt, parameters
from wellhead.chain.locality import is_local
from wellhead.chain.uniswap import comes_first, exact_price, price_of
from wellhead.model.units import MAX_UINT256, ZERO, Q


@dataclass(frozen=True)
class Venue(parameters.Venue):
    """Where bitcoin is bought, if anywhere."""

    @property
    def is_somewhere(self) -> bool:
        return self.pool != ZERO


#: Bitcoin is bought nowhere.
NOWHERE = Venue(ZERO, ZERO, 0, 0, 0)


@dataclass(frozen=True)
class Prices:
    """What bitcoin costs at a venue: by the feed, as of `updated_at`, and on the pool without its
    `fee`. `limit` is the most that a sweep pays. The pool holds `pool_cash` and `pool_reserve`."""

    feed: int
    updated_at: int
    is_fresh: bool
    pool: int
    fee: int
    limit: int
    pool_cash: int
    pool_reserve: int

    @property
    def is_within(self) -> bool:
        """Whether the next bit of bitcoin costs no more than the limit, the pool's fee included."""
        return self.pool * Q <= self.limit * (Q - self.fee)


def venue_of(deployment: Deployment) -> Venue:
    found: Mapping[str, Any] = deployment.router.call("venue")
    return Venue(
        pool=str(found["pool"]),
        feed=str(found["feed"]),
        max_age=int(found["maxAge"]),
        slippage=int(found["slippage"]),
        tip=int(found["tip"]),
    )


def prices_at(deployment: Deployment, venue: Venue) -> Prices:
    """As of the latest block."""
    rpc, cash, reserve = deployment.rpc, deployment.cash, deployment.reserve
    pool = Contract(rpc, "IUniswapV3Pool", venue.pool)
    feed = Contract(rpc, "IPriceFeed", venue.feed)
    decimals = int(cash.call("decimals")), int(reserve.call("decimals"))
    bitcoin = 10 ** decimals[1]
    digits, (_, answer, _, updated_at, _) = feed.call_many(
        [("decimals", []), ("latestRoundData", [])]
    )
    slot, fee = pool.call_many([("slot0", []), ("fee", [])])
    at_pool = price_of(int(slot[0]), comes_first(cash.address, reserve.address))
    price = int(exact_price(max(int(answer), 0), int(digits), *decimals) * bitcoin)
    return Prices(
        feed=price,
        updated_at=int(updated_at),
        is_fresh=0 <= rpc.now() - int(updated_at) <= venue.max_age,
        pool=int(at_pool * bitcoin),
        fee=int(fee),
        limit=price * (Q + venue.slippage) // Q,
        pool_cash=int(cash.call("balanceOf", venue.pool)),
        pool_reserve=int(reserve.call("balanceOf", venue.pool)),
    )


def look_at(deployment: Deployment, venue: Venue) -> Sight:
    """A venue before it is trusted; SetupError where sweeps could never buy there, or where its
    feed is for local chains only and this is none."""
    cash, reserve = deployment.cash, deployment.reserve
    digits = int(cash.call("decimals")), int(reserve.call("decimals"))
    found = sight(deployment.rpc, venue, cash.address, reserve.address, digits)
    if found.anyone_answers and not is_local(deployment.rpc):
        raise SetupError(
            f"the feed {venue.feed} says what anybody tells it: it is for local chains only"
        )
    return found


def set_venue(deployment: Deployment, venue: Venue, sender: Account, *, dry: bool) -> Act:
    """Buy bitcoin elsewhere from now on, or nowhere; the governor's alone."""
    arguments = [venue.encoded()]
    return govern(deployment, deployment.router, "setVenue", arguments, sender, dry=dry)


@dataclass(frozen=True)
class Sweep:
    """Bitcoin that was bought for a cluster's holders, or would be: `spent` for `received`, of
    which `tip` is the sender's. `feed` was the feed's price before; what waited and was not spent
    is `left`. Without a receipt nothing was sent."""

    cluster: int
    spent: int
    received: int
    tip: int
    feed: int
    left: int
    reserve_unit: int
    receipt: Receipt | None = None

    @property
    def price(self) -> int:
        """What a whole bitcoin did cost, rounded up."""
        return -(-self.spent * self.reserve_unit // self.received)

    @property
    def slippage(self) -> int:
        """How far that is above the feed's price, or below, millionths rounded up."""
        return -((self.feed - self.price) * Q // self.feed)


def sweep(
    deployment: Deployment, cluster: int, most: int | None, sender: Account, *, dry: bool
) -> Sweep:
    """Buy bitcoin with what waits, or with `most` of it. With `dry` the chain is only asked."""
    router = deployment.router
    deployment.registry.call("clusterOf", cluster)
    venue = venue_of(deployment)
    if not venue.is_somewhere:
        raise Refusal("RevenueRouter_NoVenue")
    arguments = (cluster, MAX_UINT256 if most is None else most)
    spent, received = router.call("sweep", *arguments, sender=sender.address)
    waiting = int(router.call("bitcoinPendingOf", cluster))
    found = Sweep(
        cluster=cluster,
        spent=int(spent),
        received=int(received),
        tip=int(received) * venue.tip // Q,
        feed=prices_at(deployment, venue).feed,
        left=waiting - int(spent),
        reserve_unit=10 ** int(deployment.reserve.call("decimals")),
    )
    if dry:
        return found
    receipt = router.send("sweep", *arguments, sender=sender, gas=None)
    event = receipt.event("Swept")
    return replace(
        found,
        spent=int(event["spent"]),
        received=int(event["received"]),
        tip=int(event["tip"]),
        left=int(router.call("bitcoinPendingOf", cluster)),
        receipt=receipt,
    )


@dataclass(frozen=True)
class PayIn:
    """Bitcoin that somebody pays to a cluster's holders: out of the payer's claim in the vault as
    far as that goes, the rest of its coins. `approval` let the vault take these, where it could not
    before."""

    cluster: int
    payer: str
    amount: int
    from_claim: int
    needs_approval: bool
    approval: Receipt | None = None
    receipt: Receipt | None = None

    @property
    def from_coins(self) -> int:
        return self.amount - self.from_claim


def prepare_pay_in(deployment: Deployment, cluster: int, amount: int, payer: Account) -> PayIn:
    """Refusal where the payer has not got it."""
    deployment.registry.call("clusterOf", cluster)
    reserve, vault = deployment.reserve, deployment.vault
    balance, allowance = reserve.call_many(
        [("balanceOf", [payer.address]), ("allowance", [payer.address, vault.address])]
    )
    claim = int(vault.call("claimOf", reserve.address, payer.address))
    if amount > claim + int(balance):
        raise Refusal(
            "NotEnoughBitcoin",
            account=payer.address,
            balance=int(balance),
            needed=amount,
            claim=claim,
        )
    from_claim = min(claim, amount)
    needs_approval = int(allowance) < amount - from_claim
    if not needs_approval:
        deployment.router.call("payIn", cluster, amount, sender=payer.address)
    return PayIn(cluster, payer.address, amount, from_claim, needs_approval)


def pay_in(deployment: Deployment, planned: PayIn, payer: Account) -> PayIn:
    """Approve just what is missing, then pay."""
    approval = None
    if planned.needs_approval:
        vault = deployment.vault.address
        approval = deployment.reserve.send(
            "approve", vault, planned.from_coins, sender=payer, gas=None
        )
    receipt = deployment.router.send(
        "payIn", planned.cluster, planned.amount, sender=payer, gas=None
    )
    return replace(planned, approval=approval, receipt=receipt)
