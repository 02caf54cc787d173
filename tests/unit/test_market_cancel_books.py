"""What is sold back leaves books, calendar and other tenants as if only what is kept had ever been
booked, and everything that was paid is somewhere."""

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from tests.support.lifecycle import booked, cancel, extend, refund_of
from tests.support.rent import (
    FLAT,
    LEDGER,
    RATE,
    Opened,
    books,
    deliver,
    loss,
    open_lease,
    refund_ledger,
)
from tests.support.shows import shows
from tests.support.stage import HOUR, Q, Stage, Terms

UNITS = 100
#: A unit-hour costs the same at all times and cancelling is free: rates do not tell leases apart.
FREE = FLAT.but(base_start=7, base_floor=7, base_cap=7, cancel_fee=0)
TERMS = Terms(speed=0, penalty=500_000)


def told(stage: Stage, cluster: int, first: int, last: int) -> dict[str, Any]:
    """All that the market says of a cluster."""
    asked = [
        (function, (cluster, first, first + length))
        for function in ("peakBooked", "sumBooked")
        for length in (1, 5, 8, 24, 71, 72, 73, last - first)
    ]
    return {
        "books": books(stage, cluster),
        "hours": booked(stage, cluster, first, last),
        "ranges": stage.market.call_many(asked),
    }


@shows("CAL-10")
@pytest.mark.parametrize("seed", range(8))
def test_calendar_and_books_are_as_if_only_the_kept_hours_had_been_booked(
    stage: Stage, seed: int
) -> None:
    """Leases across borders of leaves, nodes and rows; some are cut, some sold whole; then the
    hours pass, short ones too."""
    chance = random.Random(seed)
    cluster = stage.cluster(UNITS, FREE)
    start = (stage.hour() // 72 + 1) * 72
    plans = []
    for _ in range(10):
        units, first, hours = chance.randint(1, 10), chance.randint(0, 90), chance.randint(1, 90)
        keep = chance.choice([0, hours, chance.randint(0, hours)])
        plans.append((units, start + first, hours, keep))
    available = {h: chance.choice([0, 5_000, 99_000, 99_500]) for h in range(start, start + 180)}

    def outcome(take: Callable[[int, int, int, int], Opened | None]) -> list[Any]:
        with stage.scratch():
            leases = [take(*plan) for plan in plans]
            seen: list[Any] = [told(stage, cluster, start - 1, start + 200)]
            deliver(stage, cluster, available)
            for lease in leases:
                if lease is not None:
                    stage.market.send("settle", lease.id, sender=stage.stranger)
            stage.market.send("accrue", cluster, sender=stage.stranger)
            seen += [told(stage, cluster, start - 1, start + 200)]
            return [*seen, [refund_ledger(stage, lease) for lease in leases if lease]]

    def cut(units: int, first: int, hours: int, keep: int) -> Opened | None:
        lease = open_lease(stage, cluster, units, first, hours)
        if keep < hours:
            refund = refund_of(cancel(stage, lease.id, first + keep))
            assert refund == 7 * units * (hours - keep)
        return lease if keep else None

    def plain(units: int, first: int, hours: int, keep: int) -> Opened | None:
        return open_lease(stage, cluster, units, first, keep) if keep else None

    assert outcome(cut) == outcome(plain)


@shows("CAL-10")
def test_hours_sold_back_can_be_leased_again(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, FREE)
    start = stage.hour() + 2
    lease = open_lease(stage, cluster, UNITS, start, 100)
    cancel(stage, lease.id, start + 37)
    again = open_lease(stage, cluster, UNITS, start + 37, 63, stage.tenants[1])
    assert booked(stage, cluster, start, start + 101) == [UNITS] * 100 + [0]
    assert again.cost == 7 * UNITS * 63


@shows("CANCEL-9")
@pytest.mark.parametrize("from_", [1, 3, 7, 8, 9, 23, 24, 25, 71, 72, 73])
@pytest.mark.parametrize("fee", [0, 50_000])
def test_other_tenants_do_not_notice(stage: Stage, from_: int, fee: int) -> None:
    """Same rents, refunds and earnings for them, whether somebody came and went before the hours
    were there or not."""
    cluster = stage.cluster(UNITS, TERMS.but(cancel_fee=fee))
    start = stage.hour() + 3
    first = open_lease(stage, cluster, 20, start, 80, stage.tenants[1])
    second = open_lease(stage, cluster, 30, start + 24, 48, stage.tenants[2])

    def outcome(comes: bool) -> tuple[list[int], list[Any], list[Any]]:
        with stage.scratch():
            kept = open_lease(stage, cluster, 10, start, from_)
            if comes:
                extend(stage, kept, 75 - from_)
                cancel(stage, kept.id, start + from_)
            before = books(stage, cluster)["earned"]
            deliver(stage, cluster, {h: 9_000 * (h % 5) for h in range(start, start + 80)})
            accrued = stage.market.send("accrue", cluster, sender=stage.stranger).event("Accrued")
            assert books(stage, cluster)["earned"] == before + accrued["earned"]
            ledgers = [refund_ledger(stage, lease) for lease in (first, second, kept)]
            return (
                ledgers,
                [accrued["earned"], accrued["lost"]],
                booked(stage, cluster, start, start + 80),
            )

    assert outcome(True) == outcome(False)


@shows("CANCEL-9")
def test_final_hours_stay_as_they_were(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 100)
    deliver(stage, cluster, {lease.start: 0, lease.start + 1: 5_000})
    lost = [loss(value, 10, TERMS.sla, TERMS.penalty) for value in (0, 5_000)]
    stage.market.send("settle", lease.id, sender=stage.stranger)
    owed = min(Q, lost[0]) + min(Q, lost[1])
    assert refund_ledger(stage, lease) == lease.rate * owed
    claim = stage.claim_of(lease.tenant)
    assert claim == lease.rate * owed // LEDGER

    refund = refund_of(cancel(stage, lease.id, lease.start + 50))

    assert refund_ledger(stage, lease) == lease.rate * owed
    assert stage.market.call("leaseOf", lease.id)["refunded"] == claim
    assert stage.claim_of(lease.tenant) == claim + refund
    assert stage.market.send("settle", lease.id, sender=stage.stranger).all("Settled") == []


@shows("CANCEL-9")
def test_hours_before_the_cut_that_are_not_final_are_refunded_later(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 20)
    stage.to_hour(lease.start + 5)
    cancel(stage, lease.id, lease.start + 8)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.start + 8), 0))
    stage.market.send("settle", lease.id, sender=stage.stranger)
    assert refund_ledger(stage, lease) == lease.rate * 8 * Q
    found = books(stage, cluster)
    assert (found["booked"], found["rate"], found["cursor"]) == (0, 0, stage.hour())


@shows("CANCEL-10")
@pytest.mark.parametrize("into", [0, 1, 2401])
@pytest.mark.parametrize("from_", [1, 2, 11, 12, 13, 17])
def test_all_that_was_paid_is_earned_refunded_or_left_over(
    stage: Stage, into: int, from_: int
) -> None:
    """In ledger units, to the last one: with an extension, a short hour and a pro rata one."""
    cluster = stage.cluster(UNITS, TERMS)
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, 10, start, 12, at=start * HOUR + into)
    added = extend(stage, lease, 6)
    paid = lease.cost + added.cost
    receipt = cancel(stage, lease.id, start + from_)
    refund = refund_of(receipt)
    covered = Fraction(10 * lease.first_seconds, HOUR)
    working = 600 * covered.numerator // covered.denominator
    hours = dict.fromkeys(range(start, start + from_), 10_000) | {start: working}
    deliver(stage, cluster, hours)
    stage.market.send("accrue", cluster, sender=stage.stranger)

    found = books(stage, cluster)
    left = (paid * RATE - lease.rent - added.rent) * Q
    lost = loss(working, covered, TERMS.sla, TERMS.penalty)
    assert refund_ledger(stage, lease) == lease.first_rate * lost > 0
    assert found["remainder"] == left
    assert found["earned"] + refund_ledger(stage, lease) + left + refund * LEDGER == paid * LEDGER
    kept = sum(lease.rate_at(hour) for hour in range(start + 1, start + min(from_, 12)))
    kept += added.rate * max(0, from_ - 12)
    served = lease.first_rate * (Q - lost) + kept * Q
    assert found["earned"] == served + receipt.event("LeaseCancelled")["earned"]
