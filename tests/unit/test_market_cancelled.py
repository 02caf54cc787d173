"""What cancellations earn, apart from what hours do, and what the books have room for."""

from __future__ import annotations

import pytest

from tests.support.bonds import accrue
from tests.support.lifecycle import cancel
from tests.support.raw import impersonate
from tests.support.rent import (
    FLAT,
    LEDGER,
    RATE,
    Opened,
    books,
    deliver,
    earnings,
    open_lease,
    write_earnings,
)
from tests.support.shows import shows
from tests.support.stage import Q, Stage, Terms
from tests.support.state import refused, unchanged
from wellhead.chain import Receipt

UNITS = 100
#: Costs are no multiples of their hours: rents leave fractions of a unit.
ODD = Terms(speed=0, base_start=1_999_999, discount=0)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, Terms(speed=0))


def sell(stage: Stage, lease: Opened) -> int:
    """Cancel a whole lease; the ledger that this earned."""
    receipt = cancel(stage, lease.id, lease.start, lease.tenant)
    return int(receipt.event("LeaseCancelled")["earned"])


def collect(stage: Stage, cluster: int) -> tuple[int, int, int, int]:
    """Earned, remainder, hours covered and cancelled, as the router is told."""
    router = impersonate(stage, stage.router.address)
    found: tuple[int, int, int, int] = stage.market.call("collect", cluster, sender=router.address)
    stage.market.send("collect", cluster, sender=router)
    return found


def distribute(stage: Stage, cluster: int) -> Receipt:
    return stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)


@shows("CANCEL-13")
def test_what_a_cancellation_earns_counts_apart_and_covers_no_hour(stage: Stage) -> None:
    """Each cancellation in whole units, rounded down, so that all together are never more than
    was earned."""
    cluster = stage.cluster(UNITS, ODD)
    earned = [
        sell(stage, open_lease(stage, cluster, units, stage.hour() + 2, hours))
        for units, hours in [(10, 7), (1, 11), (7, 301)]
    ]
    found = earnings(stage, cluster)
    assert found["earned"] == sum(earned) == books(stage, cluster)["earned"]
    whole = [ledger // LEDGER for ledger in earned]
    assert 0 not in whole
    assert found["cancelled"] == sum(whole) < sum(earned) // LEDGER
    assert found["hoursCovered"] == 0
    remainder = found["remainder"] // RATE
    assert collect(stage, cluster) == (sum(earned) // LEDGER, remainder, 0, sum(whole))
    assert earnings(stage, cluster) == {
        "earned": sum(earned) % LEDGER,
        "cancelled": 0,
        "remainder": found["remainder"] % RATE,
        "hoursCovered": 0,
    }
    assert collect(stage, cluster) == (0, 0, 0, 0)


@shows("CANCEL-13", "ROUT-8")
def test_hours_count_beside_what_is_cancelled(stage: Stage, cluster: int) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 5)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), 10_000) | {lease.start: 0})
    cancelled = sell(stage, open_lease(stage, cluster, 20, stage.hour() + 9, 100))
    accrue(stage, cluster)
    assert collect(stage, cluster) == (
        (4 * lease.rate * Q + cancelled) // LEDGER,
        0,
        4,
        cancelled // LEDGER,
    )


@shows("CANCEL-13")
def test_a_cancellation_that_costs_nothing_earns_nothing(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FLAT.but(cancel_fee=0))
    lease = open_lease(stage, cluster, 10, stage.hour() + 2, 4)
    stage.market.send("accrue", cluster, sender=stage.stranger)
    before = earnings(stage, cluster)
    assert sell(stage, lease) == 0
    assert earnings(stage, cluster) == before
    assert collect(stage, cluster) == (0, 0, 0, 0)


@shows("CANCEL-13")
def test_less_than_a_unit_is_earned_and_not_counted(stage: Stage) -> None:
    """What a free cancellation keeps by rounding: two of them make a unit, which is like an
    hour's."""
    cluster = stage.cluster(UNITS, ODD.but(cancel_fee=0))
    earned = [sell(stage, open_lease(stage, cluster, 1, stage.hour() + 2, 7)) for _ in range(2)]
    assert all(0 < ledger < LEDGER for ledger in earned)
    assert collect(stage, cluster) == (1, 0, 0, 0)
    assert earnings(stage, cluster)["earned"] == sum(earned) - LEDGER


@shows("ROUT-8")
def test_what_a_cancellation_earns_puts_off_no_more_than_itself(stage: Stage) -> None:
    """One unit for 700 hours, cancelled at once, beside an hour that earned."""
    cluster = stage.cluster(1000, FLAT.but(base_start=1_999_999, base_cap=1_999_999))
    lease = open_lease(stage, cluster, 500, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: 500_000})
    decoy = open_lease(stage, cluster, 1, stage.hour() + 1, 700, stage.tenants[2])
    lost = sell(stage, decoy) // LEDGER
    added = distribute(stage, cluster).event("CashAdded")
    assert 0 < added["backlog"] <= lost < added["amount"] // 2


@shows("ROUT-4", "LEASE-2")
def test_remainders_are_kept_in_parts_of_a_unit_and_shown_as_a_ledger(
    stage: Stage, cluster: int
) -> None:
    leases = [
        open_lease(stage, cluster, units, stage.hour() + 1, hours)
        for units, hours in [(7, 3), (11, 13), (1, 700)]
    ]
    ledger = sum(lease.remainder for lease in leases)
    assert books(stage, cluster)["remainder"] == ledger
    assert earnings(stage, cluster)["remainder"] == ledger // Q > 0
    assert ledger % Q == 0
    write_earnings(stage, cluster, 3, remainder=3 * RATE + 5)
    assert books(stage, cluster)["remainder"] == (3 * RATE + 5) * Q
    assert collect(stage, cluster) == (0, 3, 0, 0)
    assert books(stage, cluster)["remainder"] == 5 * Q


# Bounds


@shows("ACC-19")
def test_the_books_have_room_for_2_to_the_112_ledgers_between_distributions(
    stage: Stage, cluster: int
) -> None:
    """What would not fit stops the accrual, until somebody distributes; nothing is cut off."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: 10_000})
    rent = lease.rate * Q
    stage.fund(stage.tenants[-1], 2**62)
    most = 2**112 - 1
    write_earnings(stage, cluster, 2**61, earned=most - rent + 1)
    with refused(stage, "Panic", 0x11):
        accrue(stage, cluster)
    with stage.scratch():
        write_earnings(stage, cluster, 0, earned=most - rent)
        accrue(stage, cluster)
        assert books(stage, cluster)["earned"] == most
    stage.router.send("distribute", cluster, sender=stage.stranger)
    accrue(stage, cluster)
    assert books(stage, cluster)["earned"] == (most - rent + 1) % LEDGER + rent


@shows("ACC-19")
@pytest.mark.parametrize(("field", "unit"), [("earned", 1), ("cancelled", LEDGER)])
def test_a_cancellation_that_does_not_fit_waits_for_a_distribution(
    stage: Stage, cluster: int, field: str, unit: int
) -> None:
    lease = open_lease(stage, cluster, 10, stage.hour() + 2, 20)
    stage.market.send("accrue", cluster, sender=stage.stranger)
    with stage.scratch():
        earned = sell(stage, lease)
    most = {"earned": 2**112, "cancelled": 2**56}[field] - 1
    stage.fund(stage.tenants[-1], 2**62)
    full = {"earned": 2**57 * LEDGER, field: most - earned // unit + 1}
    write_earnings(stage, cluster, 2**61, **full)
    with refused(stage, "Panic", 0x11):
        sell(stage, lease)
    with stage.scratch():
        write_earnings(stage, cluster, 0, **{field: most - earned // unit})
        sell(stage, lease)
        assert earnings(stage, cluster)[field] == most
    stage.router.send("distribute", cluster, sender=stage.stranger)
    assert sell(stage, lease) == earned
    assert earnings(stage, cluster)["cancelled"] == earned // LEDGER


@shows("ACC-19")
def test_a_single_cancellation_that_does_not_fit_is_refused(stage: Stage) -> None:
    """Of a hundred units at a million dollars an hour, for a month; less of it can be sold."""
    price = 10**12
    terms = FLAT.but(base_start=price, base_floor=price, base_cap=price, cancel_fee=Q)
    cluster, tenant = stage.cluster(UNITS, terms), stage.tenants[0]
    stage.fund(tenant, 2**60)
    lease = open_lease(stage, cluster, UNITS, stage.hour() + 2, 730)
    stage.market.send("accrue", cluster, sender=stage.stranger)
    assert lease.cost == UNITS * price * 730 > 2**56
    with refused(stage, "SafeCastOverflowedUintDowncast", 56, lease.cost):
        sell(stage, lease)
    cancel(stage, lease.id, lease.start + 10, tenant)
    assert earnings(stage, cluster)["cancelled"] == UNITS * price * 720 < 2**56


@shows("ACC-19")
def test_the_counters_of_an_hour_that_earned_stop_at_nothing_that_can_pass(
    stage: Stage, cluster: int
) -> None:
    """24 bits of hours are nineteen centuries."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: 10_000})
    write_earnings(stage, cluster, 0, hoursCovered=2**24 - 1)
    with unchanged(stage), refused(stage, "Panic", 0x11):
        accrue(stage, cluster)
