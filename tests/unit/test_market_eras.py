"""Before and after a default: two eras of bookings for the same hours, one set of books."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.bonds import (
    Flows,
    accrue,
    assert_balanced,
    bonded,
    compensation,
    declare,
    deliver_hours,
    expect,
    go_down,
    post,
    settle,
    void,
)
from tests.support.rent import (
    FLAT,
    LEDGER,
    Opened,
    books,
    cost,
    deliver,
    open_lease,
    refund_ledger,
    report,
)
from tests.support.shows import shows
from tests.support.stage import HOUR, Q, Stage, Terms

UNITS = 100
BOND = 3_000_000_000
CURVED = Terms(speed=0, discount=0, bond=BOND, horizon_hours=8760)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """No bond, and a rent of one stablecoin unit per unit-hour."""
    return stage.cluster(UNITS, FLAT)


def load(stage: Stage, cluster: int, hours: range) -> list[int]:
    """Units booked by hour; the views of a range must agree with it."""
    calls = [("bookedAt", [cluster, hour]) for hour in hours]
    found: list[int] = stage.market.call_many(calls)
    asked = (cluster, hours.start, hours.stop)
    assert stage.market.call("peakBooked", *asked) == max(found)
    assert stage.market.call("sumBooked", *asked) == sum(found)
    return found


@shows("CAL-9")
def test_new_leases_are_booked_for_the_hours_that_became_void(stage: Stage) -> None:
    """At the price of an empty calendar, and accounted for apart from the old ones."""
    cluster = bonded(stage, CURVED, UNITS, UNITS * BOND)
    start = stage.hour() + 1
    old = open_lease(stage, cluster, 60, start, 200)
    deliver_hours(stage, cluster, start, [0] * 72)
    bond = books(stage, cluster)["bond"]
    declare(stage, cluster)
    hour = stage.hour()
    post(stage, cluster, UNITS * BOND)
    paid = expect(CURVED, [old], dict.fromkeys(range(start, start + 72), 0), bond)
    due = compensation(CURVED, paid.bond, 60)
    assert load(stage, cluster, range(start, start + 250)) == [60] * (hour - start) + [0] * (
        250 - (hour - start)
    )
    new = [
        open_lease(stage, cluster, 80, hour, 30, stage.tenants[1], at=hour * HOUR + 900),
        open_lease(stage, cluster, 20, hour + 10, 90, stage.tenants[2]),
    ]
    seconds = [HOUR - 900] + [HOUR] * 29
    assert new[0].cost == cost(CURVED, 2_000_000, UNITS, 80, seconds, [0] * 30)
    assert new[1].cost == cost(CURVED, 2_000_000, UNITS, 20, [HOUR] * 90, [80] * 20 + [0] * 70)
    expected = [60] * (hour - start) + [80] * 10 + [100] * 20 + [20] * 70
    assert load(stage, cluster, range(start, hour + 100)) == expected

    between = {h: 50_000 + h % 7_000 for h in range(start + 72, hour)}
    after = {h: min(90_000, expected[h - start] * 990) for h in range(hour, hour + 100)}
    deliver(stage, cluster, between | after)
    accrue(stage, cluster)
    left = paid.bond - due * 60 * (old.end - hour) + UNITS * BOND * LEDGER
    first = expect(CURVED, [old], between, left)
    second = expect(CURVED, new, after, first.bond)
    found = books(stage, cluster)
    losses = [*paid.lost.values(), *first.lost.values(), *second.lost.values()]
    assert (found["cursor"], found["lost"]) == (stage.hour(), sum(losses))
    assert found["earned"] == paid.earned + first.earned + second.earned
    assert found["bond"] == second.bond
    assert refund_ledger(stage, old) == (
        paid.refund(old) + first.refund(old) + void(old, hour, due)
    )
    for lease in new:
        assert refund_ledger(stage, lease) == second.refund(lease)
    assert second.refund(new[0]) > 0, "the second era must have losses of its own"


def history(stage: Stage, cluster: int, early: bool) -> dict[str, Any]:
    """The same default, with everything settled at every turn, or once at the end."""
    start = stage.hour() + 1
    old = [
        open_lease(stage, cluster, 10, start, 90, stage.tenants[0]),
        open_lease(stage, cluster, 25, start + 80, 100, stage.tenants[1]),
        open_lease(stage, cluster, 5, start + 150, 10, stage.tenants[2]),
    ]
    deliver_hours(stage, cluster, start, [7_000] * 5 + [0] * 72)
    flows = Flows(paid=sum(lease.cost for lease in old), posted=UNITS * BOND)
    hour = stage.hour()

    def turn(leases: list[Opened]) -> None:
        if early:
            for lease in leases:
                settle(stage, lease.id)
                assert_balanced(stage, cluster, flows, [each.id for each in leases])

    turn(old)
    stage.anvil.next_block_at(hour * HOUR + 100)
    declare(stage, cluster)
    turn(old)
    new = open_lease(stage, cluster, 90, hour, 40, stage.tenants[3], at=hour * HOUR + 1_000)
    flows.paid += new.cost
    leases = [*old, new]
    turn(leases)
    for first in range(start + 77, hour + 40, 9):
        hours = range(first, min(first + 9, hour + 40))
        stage.to_hour(max(hour + 41, stage.hour() + 30))
        report(stage, cluster, {h: (h * 977) % 36_000 for h in hours})
        turn(leases)
    stage.to_hour(hour + 1_000)
    for lease in leases:
        settle(stage, lease.id)
    assert_balanced(stage, cluster, flows, [lease.id for lease in leases])
    return {
        "hour": hour,
        "books": books(stage, cluster),
        "refunds": [refund_ledger(stage, lease) for lease in leases],
        "claims": [stage.claim_of(tenant) for tenant in stage.tenants],
    }


@shows("DEF-7")
def test_old_and_new_leases_settle_the_same_early_and_late(stage: Stage) -> None:
    cluster = bonded(stage, CURVED, UNITS, UNITS * BOND)
    outcomes = []
    for early in (True, False):
        with stage.scratch():
            outcomes.append(history(stage, cluster, early))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0]["claims"] == [ledger // LEDGER for ledger in outcomes[0]["refunds"]]


@shows("DEF-8")
def test_a_default_while_the_books_stand_at_the_current_hour(stage: Stage, cluster: int) -> None:
    """The lease is over, and the hours since were not booked: the books are at its very hour."""
    over = open_lease(stage, cluster, 10, stage.hour() + 1, 72)
    ahead = open_lease(stage, cluster, 7, over.end + 60, 20)
    go_down(stage, cluster, over.start)
    declare(stage, cluster)
    hour = stage.hour()
    assert books(stage, cluster)["cursor"] == hour
    assert accrue(stage, cluster).events == ()
    assert settle(stage, ahead.id) == 7 * 20
    new = open_lease(stage, cluster, 9, hour, 5, stage.tenants[1], at=hour * HOUR + 1_800)
    again = open_lease(stage, cluster, 3, ahead.start, 20, stage.tenants[2])
    deliver(stage, cluster, dict.fromkeys(range(hour, hour + 5), 9_000))
    accrue(stage, cluster)
    found = books(stage, cluster)
    assert (found["cursor"], found["booked"]) == (stage.hour(), 0)
    assert found["earned"] == new.rent * Q
    deliver(stage, cluster, dict.fromkeys(range(again.start, again.end), 0))
    accrue(stage, cluster)
    assert refund_ledger(stage, ahead) == 140 * LEDGER
    assert refund_ledger(stage, again) == 60 * LEDGER


@shows("DEF-5")
@pytest.mark.parametrize("later", [0, 1])
def test_leases_that_begin_or_end_at_the_hour_of_the_default(
    stage: Stage, cluster: int, later: int
) -> None:
    """Marks of the old era at the hour where it ends, and of the new one at the same hour."""
    base = open_lease(stage, cluster, 10, stage.hour() + 1, 300)
    deliver_hours(stage, cluster, base.start, [0] * 72)
    hour = stage.hour() + 1
    ends = open_lease(stage, cluster, 20, hour - 1, 1, stage.tenants[1])
    begins = open_lease(stage, cluster, 30, hour, 5, stage.tenants[1])
    stage.to_hour(hour)
    declare(stage, cluster)
    new = open_lease(stage, cluster, 40, hour + later, 5, stage.tenants[2])
    available = dict.fromkeys(range(base.start + 72, hour - 1), 5000) | {hour - 1: 24_000}
    deliver(stage, cluster, available | dict.fromkeys(range(hour + later, hour + later + 5), 39600))
    accrue(stage, cluster)
    assert books(stage, cluster)["cursor"] == stage.hour()
    parts = expect(FLAT, [base, ends], available, 0)
    assert refund_ledger(stage, ends) == parts.refund(ends) > 0
    assert refund_ledger(stage, base) == 720 * LEDGER + parts.refund(base) + void(base, hour, 0)
    assert refund_ledger(stage, begins) == 150 * LEDGER
    assert refund_ledger(stage, new) == 0
    assert books(stage, cluster)["earned"] == parts.earned + new.rent * Q


@shows("CAL-9")
def test_views_across_three_eras(stage: Stage, cluster: int) -> None:
    expected: dict[int, int] = {}
    start = stage.hour() + 1
    for units in (30, 20, 10):
        first = stage.hour() + 1
        open_lease(stage, cluster, units, first, 300)
        open_lease(stage, cluster, 5, first + 90, 7)
        for hour in range(first, first + 300):
            expected[hour] = units + (5 if first + 90 <= hour < first + 97 else 0)
        if units == 10:
            break
        # What is left of an era that ended is over too before the next can end.
        cursor = books(stage, cluster)["cursor"]
        open_hours = {h: 1 for h in range(max(cursor, start), first) if h in expected}
        deliver(stage, cluster, open_hours | dict.fromkeys(range(first, first + 72), 0))
        declare(stage, cluster)
        expected = {hour: n for hour, n in expected.items() if hour < stage.hour()}
    assert books(stage, cluster)["era"] == 2
    span = range(start - 5, max(expected) + 5)
    assert load(stage, cluster, span) == [expected.get(hour, 0) for hour in span]
    ends = [stage.market.call("defaultOf", cluster, era)[0] for era in (0, 1)]
    for end in ends:
        for cut in (range(end - 1, end + 1), range(end, end + 3), range(end - 3, end)):
            assert load(stage, cluster, cut) == [expected.get(hour, 0) for hour in cut]
    inner = range(ends[0] - 2, ends[1] + 2)
    assert load(stage, cluster, inner) == [expected.get(hour, 0) for hour in inner]
    for nothing in (range(ends[0], ends[0]), range(ends[1] + 1, ends[1])):
        asked = (cluster, nothing.start, nothing.stop)
        assert stage.market.call("peakBooked", *asked) == 0
        assert stage.market.call("sumBooked", *asked) == 0
