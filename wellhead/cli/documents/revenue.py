"""Documents of commands about what clusters earned: its split, sweeps, claims, and the token's
card."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from wellhead.cli.documents.chain import Venue
from wellhead.cli.documents.holders import Act, Vesting
from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Sent


class Released(Part):
    """What became claims in the vault: the operator's, and the oracle's for the reporters. In a dry
    run what waits already."""

    operator: Address
    operator_amount: Integer
    reporter_amount: Integer
    transaction: Hash | None


class Distribution(Part):
    """`parts` are those of the split: operator, remainder, reporters, cash, bitcoin; none in a dry
    run. `vesting` is what the holders have not got yet, null in a dry run."""

    cluster: Integer
    accrued_to: Integer
    distributed: Integer
    parts: dict[str, Integer]
    released: Released
    vesting: Vesting | None


class RevenueDistribute(Sent):
    clusters: list[Distribution]
    distributed: Integer


class ClusterReleased(Released):
    cluster: Integer


class RevenueRelease(Sent):
    """`reporters_paid` is the transaction that divided their part among the reporters, null where
    there was nothing to divide."""

    clusters: list[ClusterReleased]
    released: Integer
    reporters_paid: Hash | None


class Books(Part):
    """In ledger units. `paid_in` and `from_bond` are the sum of routed, undistributed, refunded,
    refund_owed, cancelled and escrowed; `bond_posted` of from_bond, bond and bond_withdrawn;
    `routed` and `topped_up`, what operators paid for new units, of operator, reporters,
    holders_cash, bitcoin_swept and bitcoin_pending. Of the operator's and the reporters' parts
    `operator_waiting` and `reporters_waiting` were not released yet. What was refunded or is owed
    is outage_refund, void_refund and compensation."""

    cluster: Integer
    paid_in: Integer
    bond_posted: Integer
    from_bond: Integer
    routed: Integer
    undistributed: Integer
    refunded: Integer
    refund_owed: Integer
    cancelled: Integer
    escrowed: Integer
    outage_refund: Integer
    void_refund: Integer
    compensation: Integer
    operator: Integer
    reporters: Integer
    holders_cash: Integer
    bitcoin_swept: Integer
    bitcoin_pending: Integer
    operator_waiting: Integer
    reporters_waiting: Integer
    bond: Integer
    bond_withdrawn: Integer
    topped_up: Integer


class Bitcoin(Part):
    """A cluster's, in bitcoin units: `bought` in sweeps, `tips` of it for those who swept,
    `paid_in` by anybody, and `topped_up` by operators for new units. Of the rest the holders have
    `claimed` a part, and are `owed` what is left, of it `unvested` not yet."""

    cluster: Integer
    bought: Integer
    tips: Integer
    paid_in: Integer
    topped_up: Integer
    claimed: Integer
    unvested: Integer
    owed: Integer


class Claimable(Part):
    source: str
    cash: Integer
    reserve: Integer


class RevenueShow(Document):
    """A stablecoin unit has `ledger_scale` ledger units. `more` clusters are there and were not
    asked for."""

    block: Integer
    ledger_scale: Integer
    more: Integer
    clusters: list[Books]
    bitcoin: list[Bitcoin]
    account: Address | None
    claimable: list[Claimable]


class RevenueSweep(Sent):
    """`spent` stablecoin units bought `received` bitcoin units, `tip` of them for `by`. Prices are
    stablecoin units for a whole bitcoin; `slippage` is how far the price paid is above the feed's,
    millionths. `left` goes on waiting."""

    cluster: Integer
    by: Address
    spent: Integer
    received: Integer
    tip: Integer
    to_holders: Integer
    feed_price: Integer
    price: Integer
    slippage: Integer
    left: Integer
    transaction: Hash | None


class RevenuePayIn(Sent):
    """Amounts are bitcoin units. `approval` is the transaction that let the vault take the coins,
    null where that was not needed."""

    cluster: Integer
    payer: Address
    amount: Integer
    from_claim: Integer
    from_coins: Integer
    needs_approval: bool
    approval: Hash | None
    transaction: Hash | None


class Prices(Part):
    """Stablecoin units for a whole bitcoin: the feed's as of `updated_at`, the pool's without its
    `fee`, and the most that a sweep pays. `within` says whether it could buy anything now, were the
    feed fresh. The pool holds `pool_cash` stablecoin units and `pool_reserve` bitcoin units."""

    feed: Integer
    updated_at: Integer
    fresh: bool
    pool: Integer
    fee: Integer
    limit: Integer
    within: bool
    pool_cash: Integer
    pool_reserve: Integer


class RevenueVenueShow(Document):
    """Both null where bitcoin is bought nowhere."""

    venue: Venue | None
    prices: Prices | None


class Seen(Part):
    """What was seen of a venue: what made the pool, its fee and its price without it; what the feed
    says that it is of, and its price of `updated_at`. Prices are stablecoin units for a whole
    bitcoin."""

    factory: Address
    fee: Integer
    pool: Integer
    description: str
    feed: Integer
    updated_at: Integer


class RevenueVenueSet(Act):
    """Both are null for nowhere."""

    venue: Venue | None
    seen: Seen | None


class SignedClaim(Part):
    """What a holder signed, for a chain and a cluster's token; good once, until the unix time
    `deadline`."""

    chain_id: Integer
    token: Address
    account: Address
    to: Address
    nonce: Integer
    deadline: Integer
    signature: str = Field(pattern=r"^0x([0-9a-f]{2})*$")


class RevenueClaim(Sent):
    """`by` sent it. With --sign nothing was sent: `payouts` is what would be paid now, and `signed`
    what brings it on chain."""

    account: Address
    to: Address
    payouts: list[Claimable]
    cash: Integer
    reserve: Integer
    transactions: list[Hash]
    by: Address | None = None
    signed: SignedClaim | None = None


class Figures(Part):
    """Of the latest block; those from `hour` on, which is the last accrued hour or 0, are of that
    hour, `cash` and `reserve` of the last 30 days. `price` is stablecoin units per unit-hour,
    `remaining` the mean hours that leases go on, `measured` and `served` are millionths, `energy`
    is joules; `cash` and `reserve` are the coins' smallest units a token."""

    units: Integer
    sellable: Integer
    booked: Integer
    price: Integer
    remaining: Integer
    hour: Integer
    booked_then: Integer
    measured: Integer
    served: Integer
    work: Integer
    energy: Integer
    cash: Integer
    reserve: Integer


class TokenCard(Document):
    """`contents` is the ERC-7572 document as it stands on chain but for the picture, with integers
    as strings; `svg` and `json` are files that were written."""

    cluster: Integer
    token: Address
    figures: Figures
    contents: dict[str, Any]
    svg: str | None
    json_: str | None = Field(alias="json")
