"""Where a cluster's money is, from its leases and their hours, not from the market's totals."""

from __future__ import annotations

from dataclasses import dataclass

from .book import Book
from .leases import Lease
from .units import LEDGER_SCALE, Q
from .world import World


@dataclass(frozen=True)
class Accounts:
    """What came in and where it is, in ledger integers of 1 / (2^32 * 1e6) stablecoin units.

    `paid_in` is what tenants paid, `bond_posted` what stood behind it. `routed` was split: to the
    `operator` (remainders included), the `reporters`, `holders_cash` and `holders_bitcoin`; of
    these the router keeps what is `releasable`. Of the last, and of what operators `topped_up` for
    new units, it keeps what is `bitcoin_pending`; the rest was `swept`. `undistributed` is earned,
    remainders, and what the router's floors carry. `refunded` was credited for losses, void hours
    and cancelled ones; `refund_owed` is what is due and not credited yet, compensation and the
    reserve of a default included. `escrowed` is rent of hours that are neither accrued nor void.
    `lost` is what losses of accrued hours gave back, paid or owed; `voided` the same of void hours.
    """

    paid_in: int
    bond_posted: int
    routed: int
    undistributed: int
    refunded: int
    refund_owed: int
    escrowed: int
    bond: int
    bond_withdrawn: int
    lost: int
    voided: int
    operator: int
    reporters: int
    holders_cash: int
    holders_bitcoin: int
    releasable: int
    topped_up: int
    bitcoin_pending: int
    swept: int


def accounts(world: World, cluster_id: int) -> Accounts:
    """A cluster's money; zeros before anything happened."""
    book = world.market.book_of(cluster_id)
    leases = list(book.leases.values())
    routed = world.router.routed_of(cluster_id)
    carried = world.router.carried_of(cluster_id)
    lost = sum(lost_of(book, lease) for lease in leases)
    voided = sum(voided_of(book, lease) for lease in leases)
    settled = sum(lease.refunded for lease in leases) * LEDGER_SCALE
    return Accounts(
        paid_in=sum(entry.cost for entry in book.history) * LEDGER_SCALE,
        bond_posted=book.bond_posted * LEDGER_SCALE,
        routed=(routed.parts.sum() + routed.remainders) * LEDGER_SCALE,
        undistributed=book.earned + book.remainder * Q + carried * LEDGER_SCALE,
        refunded=settled + book.cancel_refunds * LEDGER_SCALE,
        refund_owed=lost + voided - settled,
        escrowed=sum(book.escrow_of(lease) for lease in leases),
        bond=book.bond,
        bond_withdrawn=book.bond_withdrawn * LEDGER_SCALE,
        lost=lost,
        voided=voided,
        operator=(routed.parts.operator + routed.remainders) * LEDGER_SCALE,
        reporters=routed.parts.reporters * LEDGER_SCALE,
        holders_cash=routed.parts.cash * LEDGER_SCALE,
        holders_bitcoin=routed.parts.bitcoin * LEDGER_SCALE,
        releasable=sum(routed.releasable) * LEDGER_SCALE,
        topped_up=routed.topped_up.pending * LEDGER_SCALE,
        bitcoin_pending=routed.bitcoin_pending * LEDGER_SCALE,
        swept=routed.swept * LEDGER_SCALE,
    )


def lost_of(book: Book, lease: Lease) -> int:
    """Ledger that a lease is due for the losses of accrued hours."""
    return sum(
        part.rate_at(hour) * loss
        for part in lease.parts
        for hour, loss in book.losses.items()
        if book.eras[part.era].stands(hour)
    )


def voided_of(book: Book, lease: Lease) -> int:
    """Ledger that a lease is due for void hours: their rent, and the compensation."""
    due = 0
    for part in lease.parts:
        era = book.eras[part.era]
        void = [hour for hour in part.hours if not era.stands(hour)]
        due += sum(part.rate_at(hour) for hour in void) * Q
        due += len(void) * lease.units * era.compensation
    return due


def earned_of(book: Book, lease: Lease) -> int:
    """Ledger that a lease's accrued hours earned for the cluster."""
    return sum(
        part.rate_at(hour) * max(0, Q - loss)
        for part in lease.parts
        for hour, loss in book.losses.items()
        if book.eras[part.era].stands(hour)
    )
