"""What must hold in every World, whatever happened; each check raises AssertionError with numbers.

The numbers before the names are those of the list in docs/model.md.
"""

from __future__ import annotations

from collections import Counter

from .accounts import accounts, earned_of
from .book import DEFAULT_SECONDS, Book
from .checking import equal, require
from .distributions import check_mints, check_revenue
from .routed import Parts
from .service import loss
from .units import HOUR, LEDGER_SCALE, RATE_SCALE, UNIT, Q
from .world import World


def check_bookings(world: World) -> None:
    """1: booked(h) is the sum of live leases, and covered(h) that of the seconds they cover of it;
    booked(h) was <= the sellable in force, and covered by the bond, when it grew. [CAL-2, CAL-6,
    BOND-1]"""
    for cluster_id, book in world.market.books.items():
        name = f"cluster {cluster_id}"
        live = [Counter[int]() for _ in book.eras]
        covered = [Counter[int]() for _ in book.eras]
        for lease, part in book.parts():
            for hour in part.hours:
                live[part.era][hour] += lease.units
                covered[part.era][hour] += lease.units * part.seconds_at(hour)
        # As it came about: bookings, and what was sold back of them.
        grown = [Counter[int]() for _ in book.eras]
        for entry in book.history:
            booked = grown[entry.era]
            for hour in range(entry.start, entry.end):
                booked[hour] += entry.units
                require(
                    entry.units < 0 or booked[hour] <= entry.limit,
                    f"{name}: {booked[hour]} of {entry.limit} booked in {hour}",
                )
        for number, era in enumerate(book.eras):
            equal(dict(live[number]), era.calendar.hours, f"{name}: leases of era {number}")
            equal(dict(+grown[number]), era.calendar.hours, f"{name}: history of era {number}")
            hours = era.calendar.hours.keys() | era.late.keys()
            seconds = {hour: era.covered(hour) for hour in hours}
            equal(seconds, dict(covered[number]), f"{name}: covered in era {number}")
            _check_flags(book, number, name)


def check_supply(world: World) -> None:
    """2: the supply is the attested units, and the sum of balances; sellable is at most that.
    [REG-1, REG-2]"""
    for cluster_id, cluster in world.registry.clusters.items():
        balances = cluster.token.balances
        equal(sum(balances.values()), cluster.attested * UNIT, f"cluster {cluster_id}: supply")
        require(min(balances.values(), default=0) >= 0, f"cluster {cluster_id}: {balances}")
        require(
            0 <= cluster.sellable <= cluster.attested,
            f"cluster {cluster_id}: {cluster.sellable} of {cluster.attested} sellable",
        )


def check_vault(world: World) -> None:
    """3: the vault holds at least the sum of claims, of every coin. [VAULT-1]"""
    for coin in world.coins.values():
        claims = world.vault.claims.get(coin.address, {})
        held = coin.balance_of(world.vault.address)
        total = world.vault.total_claims(coin.address)
        require(held >= total, f"{coin.address}: holds {held} for claims of {total}")
        require(min(claims.values(), default=0) >= 0, f"{coin.address}: {claims}")


def check_rent(world: World) -> None:
    """4: what was paid in and posted is routed, undistributed, refunded, owed, escrowed, or bond
    that is left or withdrawn, to the last step.

    The market's and the router's claims cover what they keep of it: in the router what waits to be
    released or swept, what operators topped up for mints included, and what the floors carry.
    [ACC-15, CANCEL-10, ROUT-1]"""
    cash, kept, waiting = world.cash.address, 0, 0
    for cluster_id in world.registry.clusters:
        a = accounts(world, cluster_id)
        parts = (a.routed, a.undistributed, a.refunded, a.refund_owed, a.escrowed, a.bond)
        equal(
            sum(parts) + a.bond_withdrawn,
            a.paid_in + a.bond_posted,
            f"cluster {cluster_id}: rent and bond in {parts}",
        )
        least = min(a.escrowed, a.bond, a.undistributed, a.refund_owed)
        require(least >= 0, f"cluster {cluster_id}: {a}")
        routed = a.operator + a.reporters + a.holders_cash + a.holders_bitcoin
        equal(routed, a.routed, f"cluster {cluster_id}: routed")
        carried = world.router.carried_of(cluster_id)
        require(0 <= carried < 4, f"cluster {cluster_id}: {carried} carried")
        kept += a.undistributed - carried * LEDGER_SCALE + a.refund_owed + a.escrowed + a.bond
        require(
            0 <= a.releasable <= a.operator + a.reporters and min(a.bitcoin_pending, a.swept) >= 0,
            f"cluster {cluster_id}: {a}",
        )
        equal(
            a.bitcoin_pending + a.swept,
            a.holders_bitcoin + a.topped_up,
            f"cluster {cluster_id}: to be turned into bitcoin",
        )
        waiting += carried * LEDGER_SCALE + a.releasable + a.bitcoin_pending
    for name, address, ledger in (
        ("market", world.market.address, kept),
        ("router", world.router.address, waiting),
    ):
        claim = world.vault.claim_of(cash, address)
        require(claim * LEDGER_SCALE >= ledger, f"{name}: claim {claim} for ledger {ledger}")


def check_settlements(world: World) -> None:
    """7: every ledger follows from the losses alone, however often anything was called.
    [ACC-7, SETTLE-1, SPLIT-3, BOND-5, BOND-8, ROUT-3]"""
    for cluster_id, book in world.market.books.items():
        name = f"cluster {cluster_id}"
        for lease_id, lease in book.leases.items():
            due = book.refund_of(lease)
            require(
                0 <= lease.refunded * LEDGER_SCALE <= due,
                f"{name}: lease {lease_id}: refunded {lease.refunded} of ledger {due}",
            )
        shared = sum(lease.shared for lease in book.leases.values())
        equal(shared, 0, f"{name}: shared by splits")
        earned = book.cancel_earned + sum(earned_of(book, lease) for lease in book.leases.values())
        routed = world.router.routed_of(cluster_id)
        equal(routed.total * LEDGER_SCALE + book.earned, earned, f"{name}: earned")
        require(
            0 <= book.cancelled * LEDGER_SCALE <= min(book.earned, book.cancel_earned),
            f"{name}: {book.cancelled} of ledger {book.earned} earned by cancellations",
        )
        equal(
            routed.remainders * RATE_SCALE + book.remainder,
            sum(entry.remainder for entry in book.history),
            f"{name}: remainders",
        )
        compensated = sum(
            part.rate_at(hour) * max(0, lost - Q)
            for hour, lost in book.losses.items()
            for _, part in book.parts()
            if book.eras[part.era].stands(hour)
        )
        reserved = sum(
            units * era.compensation
            for era in book.eras
            for hour, units in era.calendar.hours.items()
            if not era.stands(hour)
        )
        equal(book.bond_reserved, reserved, f"{name}: reserved")
        spent = book.bond_withdrawn * LEDGER_SCALE + compensated + reserved
        equal(book.bond + spent, book.bond_posted * LEDGER_SCALE, f"{name}: bond")
        split = world.registry.cluster_of(cluster_id).terms.split
        equal(routed.parts, Parts.of(routed.total, split), f"{name}: parts")


def check_losses(world: World) -> None:
    """8: L is the sum of the losses of final booked hours: what the record says up to Q, and more
    only as far as the bond went. [ACC-3, ACC-4, ACC-5]"""
    for cluster_id, book in world.market.books.items():
        name = f"cluster {cluster_id}"
        terms = world.registry.cluster_of(cluster_id).terms.service
        equal(book.lost, sum(book.losses.values()), f"{name}: L")
        require(book.cursor <= world.hour, f"{name}: cursor {book.cursor}, now {world.hour}")
        accrued = {hour: era.covered(hour) for hour, era in book.booked_hours(0, book.cursor)}
        equal(set(book.losses), set(accrued), f"{name}: accrued hours")
        for hour, lost in book.losses.items():
            is_final, available = world.oracle.final_available(cluster_id, hour)
            require(is_final, f"{name}: accrued hour {hour} is not final")
            due = loss(available, accrued[hour], terms.sla, terms.penalty)
            require(
                min(due, Q) <= lost <= due <= Q + terms.penalty,
                f"{name}: lost {lost} of {due} in {hour}",
            )


def check_contests(world: World) -> None:
    """3 and 9: a contested hour is a record that is not final and moved nothing, and every deposit
    is in the contests' claim. [CON-1, CON-7]"""
    contests, ring = world.contests.open, world.oracle.ring
    held = {(s.sample.cluster, s.sample.hour) for s in ring.values() if s.is_contested}
    require(held <= set(contests), f"held without a contest: {held - set(contests)}")
    for (cluster_id, hour), contest in contests.items():
        name = f"cluster {cluster_id}: contested hour {hour}"
        is_final, available = world.oracle.final_available(cluster_id, hour)
        record = world.oracle.record_of(cluster_id, hour)
        if record.reported:
            require(record.is_contested and not is_final and available == 0, f"{name}: {record}")
            equal(contest.available, record.available, f"{name}: available")
            require(hour not in world.market.book_of(cluster_id).losses, f"{name}: accrued already")
    deposits = sum(contest.deposit for contest in contests.values())
    claim = world.vault.claim_of(world.cash.address, world.contests.address)
    require(claim >= deposits, f"contests: claim {claim} for deposits of {deposits}")


def check_down(world: World) -> None:
    """12: the default clock counts the seconds that were not paused of booked hours in a row in
    which nothing was available, up to what suffices. [DEF-3]"""
    for cluster_id, book in world.market.books.items():
        down = 0
        for hour in sorted(book.losses):
            if hour < book.down_from:
                continue
            _, available = world.oracle.final_available(cluster_id, hour)
            if available != 0:
                down = 0
            elif down < DEFAULT_SECONDS:
                down += _unpaused(world, hour * HOUR, (hour + 1) * HOUR)
        equal(book.down, down, f"cluster {cluster_id}: down since {book.down_from}")


def check_receivers(world: World) -> None:
    """11: tokens only ever arrived at system holders, and at accounts that were not blocked and had
    a credential of an accredited issuer, not expired, of a class that the rule named. [COMP-1]"""
    for cluster_id in world.registry.clusters:
        for arrival in world.token(cluster_id).arrivals:
            who, names = arrival.standing, arrival.classes >> arrival.standing.kind & 1
            is_valid = who.is_accredited and who.issued <= arrival.at < who.expires
            require(
                who.is_system_holder or (is_valid and not who.is_blocked and names == 1),
                f"cluster {cluster_id}: {arrival}",
            )


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
    check_mints,
    check_settlements,
    check_losses,
    check_contests,
    check_receivers,
    check_down,
)


def _check_flags(book: Book, number: int, name: str) -> None:
    """Wherever the units or the rate change, or a lease begins or ends, there is a flag."""
    era = book.eras[number]
    edges = {
        edge for _, part in book.parts() if part.era == number for edge in (part.start, part.end)
    }
    require(edges <= era.flags, f"{name}: no flags at {edges - era.flags} of era {number}")
    for hour in era.calendar.hours:
        is_same = era.calendar.at(hour) == era.calendar.at(hour - 1)
        require(is_same or hour in era.flags, f"{name}: no flag at {hour} of era {number}")


def _unpaused(world: World, begin: int, end: int) -> int:
    """Seconds between two unix times, the second not after now, that the market ran."""
    clock = world.registry.market_clock
    begin = max(begin, clock.started)
    paused = 0
    for stopped, resumed in clock.pauses:
        until = end if resumed is None else min(resumed, end)
        paused += max(0, until - max(stopped, begin))
    return max(0, end - begin) - paused
