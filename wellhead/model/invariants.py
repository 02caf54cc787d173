"""What must hold in every World, whatever happened; each check raises AssertionError with numbers.

The numbers before the names are those of the list in docs/model.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .leases import Book, Lease
from .router import Parts
from .token import CapacityToken, Revenue
from .units import LEDGER_SCALE, UNIT, Q
from .world import World


@dataclass(frozen=True)
class Books:
    """Where a cluster's rent is, in ledger integers of 1 / (2^32 * 1e6) stablecoin units.

    `paid_in` is what tenants paid. `routed` was split: to `operator` (remainders included),
    `reporters`, `holders_cash` and `bitcoin_pending`. `undistributed` is earned, remainders, and
    what the router's floors carry. `escrowed` is rent of hours that are not accrued.
    `outage_refund` is what hours that were not fully served gave back, paid or owed.
    """

    paid_in: int
    routed: int
    undistributed: int
    refunded: int
    refund_owed: int
    escrowed: int
    outage_refund: int
    operator: int
    holders_cash: int
    bitcoin_pending: int
    reporters: int


def books(world: World, cluster_id: int) -> Books:
    """A cluster's rent from its leases and their hours, not from the market's running totals."""
    book = world.market.book_of(cluster_id)
    leases = list(_leases(world, cluster_id))
    routed = world.router.routed_of(cluster_id)
    carried = world.router.carried_of(cluster_id)
    refunded = sum(lease.refunded for lease in leases) * LEDGER_SCALE
    return Books(
        paid_in=sum(lease.cost for lease in leases) * LEDGER_SCALE,
        routed=(routed.paid.sum() + routed.remainders) * LEDGER_SCALE,
        undistributed=book.earned + book.remainder + carried * LEDGER_SCALE,
        refunded=refunded,
        refund_owed=sum(lease.refund for lease in leases) - refunded,
        escrowed=sum(lease.rent_from(book.cursor) * Q for lease in leases),
        outage_refund=sum(_outage_refund(book, lease) for lease in leases),
        operator=(routed.paid.operator + routed.remainders) * LEDGER_SCALE,
        holders_cash=routed.paid.cash * LEDGER_SCALE,
        bitcoin_pending=routed.bitcoin_pending * LEDGER_SCALE,
        reporters=routed.paid.reporters * LEDGER_SCALE,
    )


def check_bookings(world: World) -> None:
    """1: booked(h) is the sum of live leases; it was <= the sellable in force when it grew."""
    for cluster_id, book in world.market.books.items():
        booked: Counter[int] = Counter()
        for lease in _leases(world, cluster_id):
            for hour in range(lease.start, lease.end):
                booked[hour] += lease.units
                _require(
                    booked[hour] <= lease.sellable,
                    f"cluster {cluster_id}: {booked[hour]} of {lease.sellable} booked in {hour}",
                )
        _equal(dict(booked), book.calendar.hours, f"cluster {cluster_id}: calendar")


def check_supply(world: World) -> None:
    """2: the supply is the attested units, and the sum of balances; sellable is at most that."""
    for cluster_id, cluster in world.registry.clusters.items():
        balances = cluster.token.balances
        _equal(sum(balances.values()), cluster.attested * UNIT, f"cluster {cluster_id}: supply")
        _require(min(balances.values(), default=0) >= 0, f"cluster {cluster_id}: {balances}")
        _require(
            0 <= cluster.sellable <= cluster.attested,
            f"cluster {cluster_id}: {cluster.sellable} of {cluster.attested} sellable",
        )


def check_vault(world: World) -> None:
    """3: the vault holds at least the sum of claims, of every coin."""
    for coin in world.coins.values():
        claims = world.vault.claims.get(coin.address, {})
        held = coin.balance_of(world.vault.address)
        total = world.vault.total_claims(coin.address)
        _require(held >= total, f"{coin.address}: holds {held} for claims of {total}")
        _require(min(claims.values(), default=0) >= 0, f"{coin.address}: {claims}")


def check_rent(world: World) -> None:
    """4: what was paid in is routed, undistributed, refunded, owed or escrowed, to the last step.

    The market's and the router's claims cover what they keep of it.
    """
    cash, kept, waiting = world.cash.address, 0, 0
    for cluster_id in world.registry.clusters:
        b = books(world, cluster_id)
        parts = (b.routed, b.undistributed, b.refunded, b.refund_owed, b.escrowed)
        _equal(sum(parts), b.paid_in, f"cluster {cluster_id}: rent in {parts}")
        routed = b.operator + b.holders_cash + b.bitcoin_pending + b.reporters
        _equal(routed, b.routed, f"cluster {cluster_id}: routed")
        carried = world.router.carried_of(cluster_id)
        _require(0 <= carried < 4, f"cluster {cluster_id}: {carried} carried")
        kept += b.undistributed - carried * LEDGER_SCALE + b.refund_owed + b.escrowed
        waiting += carried * LEDGER_SCALE + b.bitcoin_pending
    for name, address, ledger in (
        ("market", world.market.address, kept),
        ("router", world.router.address, waiting),
    ):
        claim = world.vault.claim_of(cash, address)
        _require(claim * LEDGER_SCALE >= ledger, f"{name}: claim {claim} for ledger {ledger}")


def check_revenue(world: World) -> None:
    """5: claimed, owed, carried and held add up to the revenue that was added, per currency."""
    for cluster_id in world.registry.clusters:
        token = world.token(cluster_id)
        _check_currency(world, token, token.cash)
        _check_currency(world, token, token.reserve)
        paid = world.router.routed_of(cluster_id).paid.cash
        added = (token.cash.total >> token.cash.shift) + token.cash.held
        _equal(added, paid, f"cluster {cluster_id}: cash revenue")


def check_settlements(world: World) -> None:
    """7: every ledger follows from the served hours alone, however often anything was called."""
    for cluster_id, book in world.market.books.items():
        earned = remainder = 0
        for lease in _leases(world, cluster_id):
            name = f"cluster {cluster_id}: lease from {lease.start} to {lease.end}"
            _equal(lease.refund, _outage_refund(book, lease), f"{name}: refund")
            metered = lease.earned + lease.refund + lease.rent_from(book.cursor) * Q
            _equal(metered, lease.rent_from(lease.start) * Q, f"{name}: metered and escrowed")
            _require(
                0 <= lease.refunded * LEDGER_SCALE <= lease.refund,
                f"{name}: refunded {lease.refunded} of ledger {lease.refund}",
            )
            earned += lease.earned
            remainder += lease.remainder
        routed = world.router.routed_of(cluster_id)
        _equal(routed.total * LEDGER_SCALE + book.earned, earned, f"cluster {cluster_id}: earned")
        _equal(
            routed.remainders * LEDGER_SCALE + book.remainder,
            remainder,
            f"cluster {cluster_id}: remainders",
        )
        split = world.registry.cluster_of(cluster_id).terms.split
        _equal(routed.paid, Parts.of(routed.total, split), f"cluster {cluster_id}: parts")


def check_served(world: World) -> None:
    """8: D is the sum of served over final booked hours, each between 0 and Q."""
    for cluster_id, book in world.market.books.items():
        _equal(book.served, sum(book.served_hours.values()), f"cluster {cluster_id}: D")
        for hour, served in book.served_hours.items():
            _require(0 <= served <= Q, f"cluster {cluster_id}: served {served} in {hour}")
            _require(
                hour < book.cursor <= world.hour,
                f"cluster {cluster_id}: hour {hour}, cursor {book.cursor}, now {world.hour}",
            )
            is_final, _ = world.oracle.final_available(cluster_id, hour)
            _require(is_final, f"cluster {cluster_id}: accrued hour {hour} is not final")
        accrued = {hour for hour in book.calendar.hours if hour < book.cursor}
        _equal(set(book.served_hours), accrued, f"cluster {cluster_id}: accrued hours")


def check_all(world: World) -> None:
    """All checks."""
    for check in CHECKS:
        check(world)


CHECKS = (
    check_bookings,
    check_supply,
    check_vault,
    check_rent,
    check_revenue,
    check_settlements,
    check_served,
)


def _leases(world: World, cluster_id: int) -> Iterator[Lease]:
    """The leases of a cluster in the order in which they were opened."""
    for lease in world.market.leases.values():
        if lease.cluster_id == cluster_id:
            yield lease


def _outage_refund(book: Book, lease: Lease) -> int:
    """Ledger that a lease is due back for the hours that were not fully served, one by one."""
    return sum(
        lease.rate_at(hour) * (Q - served)
        for hour, served in book.served_hours.items()
        if served < Q
    )


def _check_currency(world: World, token: CapacityToken, revenue: Revenue) -> None:
    name = f"cluster {token.cluster_id}: {revenue.coin}"
    owed = sum(revenue.owed.values())
    _equal(
        (revenue.claimed << revenue.shift) + owed + revenue.carried,
        revenue.total,
        f"{name}: claimed {revenue.claimed}, owed {owed}, carried {revenue.carried}",
    )
    ledger = owed + revenue.carried + (revenue.held << revenue.shift)
    claim = world.vault.claim_of(revenue.coin, token.address)
    _require(claim << revenue.shift >= ledger, f"{name}: claim {claim} for ledger {ledger}")


def _equal(actual: object, expected: object, what: str) -> None:
    _require(actual == expected, f"{what}: {actual} != {expected}")


def _require(holds: bool, numbers: str) -> None:
    if not holds:
        raise AssertionError(numbers)
