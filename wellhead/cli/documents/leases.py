"""Documents of commands about leases: opening, changing, selling and using them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Sent, Word


class Payment(Part):
    """How something is paid: `from_claim` out of the payer's claim in the vault, `from_coins` of
    its coins, by an allowance that is there, an approval that is sent first, or a signature. A dry
    run says what is intended."""

    way: Literal["claim", "allowance", "approval", "permit", "authorization"]
    from_claim: Integer
    from_coins: Integer
    approved: Integer


class LeaseOpen(Sent):
    """A dry run has the quote's fields instead of those of the lease and its transaction."""

    cluster: Integer
    tenant: Address
    units: Integer
    start: Integer
    end: Integer
    hours: Integer
    first_seconds: Integer
    cost: Integer
    rate: Integer
    max_cost: Integer
    payment: Payment
    lease: Integer | None = None
    approved: Integer | None = None
    transaction: Hash | None = None
    block: Integer | None = None
    needs_approval: bool | None = None
    base: Integer | None = None
    peak: Integer | None = None
    default_max_cost: Integer | None = None


class LeaseExtend(LeaseOpen):
    """`start` and `end` are those of the hours that are added; `tenant` is who pays."""


class Lease(Part):
    """A lease. Hours from `stop` on are void; `cost` is what was paid for the hours that it has,
    and `rate` the first part's. `tenant` opened it, or the lease that it was split from."""

    lease: Integer
    cluster: Integer
    tenant: Address
    owner: Address
    units: Integer
    start: Integer
    end: Integer
    stop: Integer
    hours: Integer
    first_seconds: Integer
    cost: Integer
    rate: Integer
    refunded: Integer
    split_from: Integer | None
    state: Literal["future", "running", "ended", "final"]


class LeaseList(Document):
    """The newest of those that were asked for; `more` were not looked at."""

    leases: list[Lease]
    more: Integer


class LeasePart(Part):
    """Hours that were booked together; `cut` where it is not whole any more."""

    start: Integer
    end: Integer
    first_seconds: Integer
    rate: Integer
    cut: bool


class Suspension(Part):
    """`due` is in seconds of the market clock, `earliest` that as a unix time if nothing is paused
    before."""

    suspended: bool
    due: Integer
    earliest: Integer


class Listing(Part):
    """An offer: its price falls from `start_price` at the unix time `opens` to `end_price` at
    `closes`; `price` is that of now, null while it is not open."""

    seller: Address
    start_price: Integer
    end_price: Integer
    opens: Integer
    closes: Integer
    price: Integer | None


class LeaseShow(Lease, Document):
    """`user` may use it until the unix time `user_expires`; null for nobody."""

    due: Integer
    parts: list[LeasePart]
    void_hours: Integer
    user: Address | None
    user_expires: Integer
    suspension: Suspension | None
    listing: Listing | None


class LeaseCancel(Sent):
    """Hours [from, end) are sold back for `refund`; `paid` was paid for them. `earned` is a ledger
    and, as the transaction, null when nothing was sent. `burnt` when no hours are left."""

    lease: Integer
    cluster: Integer
    tenant: Address
    units: Integer
    from_: Integer = Field(alias="from")
    end: Integer
    hours: Integer
    paid: Integer
    refund: Integer
    min_refund: Integer
    earned: Integer | None
    burnt: bool
    transaction: Hash | None


class Piece(Part):
    """One of two leases that were one."""

    lease: Integer
    units: Integer
    start: Integer
    end: Integer


class LeaseSplit(Sent):
    """What stays of the lease, and the new one; a dry run tells the number that it would get now.
    `settled` was credited to the owner before."""

    by: Literal["units", "hours"]
    kept: Piece
    new: Piece
    settled: Integer
    transaction: Hash | None


class LeaseSell(Sent):
    """`listing` is null when the offer was withdrawn. `approval` is the transaction that let the
    exchange move the lease, null where that was not needed."""

    lease: Integer
    seller: Address
    listing: Listing | None
    needs_approval: bool
    approval: Hash | None
    transaction: Hash | None


class Bounds(Part):
    """What the buyer relies on; `user_until` is 0 for no user. `parts` is keccak256 of the lease's
    parts as the ABI encodes them."""

    max_price: Integer
    units: Integer
    end: Integer
    accrued_to: Integer
    user_until: Integer
    parts: Hash


class LeaseBuy(Sent):
    """`first` is the first hour whose refunds are the buyer's for certain."""

    lease: Integer
    cluster: Integer
    seller: Address
    buyer: Address
    price: Integer
    first: Integer
    bounds: Bounds
    user: Address | None
    payment: Payment
    transaction: Hash | None


class Offer(Lease):
    """A lease that is for sale; `user_until` is the unix time until which it has a user, 0 for
    none."""

    listing: Listing
    user_until: Integer


class LeaseOffers(Document):
    """Offers that somebody could take, now or from `opens` on."""

    offers: list[Offer]


class LeaseUser(Sent):
    """`user` may use the lease until the unix time `expires`; null for nobody."""

    lease: Integer
    by: Address
    user: Address | None
    expires: Integer
    transaction: Hash | None


class LeaseTransfer(Sent):
    """`settled` was credited to the former owner before."""

    lease: Integer
    owner: Address
    to: Address
    settled: Integer
    transaction: Hash | None


class LeaseSuspend(Sent):
    """What was done, and what is on record after it: null where nothing is."""

    lease: Integer
    operator: Address
    act: Literal["notice", "suspend", "lift"]
    evidence: Word | None
    suspension: Suspension | None
    transaction: Hash | None
