"""A backlog that comes piece by piece vests like one that comes in one: of all that is distributed
in a clock hour, an hour's mean comes at once, in both currencies."""

from __future__ import annotations

import pytest

from tests.support.rent import FLAT, Opened, open_lease, write_earnings
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, MAX, UNIT, USD, Q, Stage
from tests.support.state import refused
from tests.support.sweeps import Desk, desk_on, earn
from wellhead.chain import Receipt
from wellhead.model.samples import Sample

DAY = 24 * HOUR
#: Rent of an hour of 100 units: a third of 1,200 coins goes to each of the holders' currencies.
TERMS = FLAT.but(
    base_start=12_000_000,
    base_floor=12_000_000,
    base_cap=12_000_000,
    operator_share=0,
    reporter_share=333_332,
    bitcoin_share=333_334,
)
HOURLY = 1_200 * USD * 333_334 // Q
SILENCE = 8 * DAY
#: What a distribution brings, and the part of it of each currency.
AMOUNT, PART = 30_000 * USD, 30_000 * USD * 333_334 // Q


@pytest.fixture
def desk(stage: Stage) -> Desk:
    made = desk_on(stage)
    made.fill(1_000 * 10**8)
    return made


@pytest.fixture
def cluster(desk: Desk) -> int:
    return desk.stage.cluster(100, TERMS)


def lived(stage: Stage, cluster: int, hours: int) -> Opened:
    """All units were leased for so many hours, of which nobody has reported."""
    lease = open_lease(stage, cluster, 100, stage.hour() + 1, hours)
    stage.to_hour(lease.end)
    return lease


def distribute(stage: Stage, cluster: int) -> Receipt:
    """At the time of the block before."""
    stage.anvil.next_block_at(stage.now())
    return stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)


def brought(receipt: Receipt) -> tuple[int, int]:
    """Stablecoin units that reached the token, and those of them that came at once."""
    added = receipt.event("CashAdded")
    return added["amount"], added["amount"] - added["backlog"]


def swept(desk: Desk, cluster: int, most: int = MAX) -> tuple[int, int]:
    """Bitcoin units that reached the token, and those of them that came at once."""
    added = desk.sweep(cluster, most).event("ReserveAdded")
    return added["amount"], added["amount"] - added["backlog"]


def with_gaps(stage: Stage, cluster: int, hours: int) -> list[int]:
    """Every second hour of so many was reported, and of the first and the others nobody will."""
    lease = lived(stage, cluster, hours)
    gaps = list(range(lease.start, lease.end, 2))
    stage.report([Sample(cluster, hour + 1, 100_000, 100_000) for hour in gaps])
    stage.skip(SILENCE)
    stage.to_hour(stage.hour() + 1, 600)
    return gaps


def close(stage: Stage, cluster: int, hour: int) -> None:
    stage.anvil.next_block_at(stage.now())
    stage.oracle.send("closeSilent", cluster, hour, sender=stage.stranger)


@shows("ROUT-15", "REV-11")
def test_gaps_that_silence_closes_let_nobody_take_a_backlog_hour_by_hour(desk: Desk) -> None:
    """Whoever holds all tokens for one moment, and closes, accrues and distributes hour by hour in
    it, gets an hour's part of both currencies."""
    stage = desk.stage
    cluster = stage.cluster(100, TERMS)
    token, buyer = stage.token(cluster), stage.holders[1]
    gaps = with_gaps(stage, cluster, 40)
    stage.anvil.next_block_at(stage.now())
    token.send("transfer", buyer.address, 100 * UNIT, sender=stage.operator)
    came = []
    for hour in gaps:
        close(stage, cluster, hour)
        came.append(brought(distribute(stage, cluster)))
    assert sum(amount for amount, _ in came) == 20 * HOURLY
    assert [at_once for _, at_once in came] == [HOURLY] + 19 * [0]
    stage.anvil.next_block_at(stage.now())
    bought, at_once = swept(desk, cluster)
    assert at_once == bought // 20
    stage.anvil.next_block_at(stage.now())
    token.send("transfer", stage.operator.address, 100 * UNIT, sender=buyer)
    stage.skip(2 * DAY)
    # Rounded down to steps of the index.
    assert token.call("claimable", buyer.address) == (HOURLY - 1, at_once - 1)
    assert token.call("claimable", stage.operator.address) == (19 * HOURLY, bought - at_once)


@shows("ROUT-15", "SWEEP-6")
def test_sweeps_in_between_bring_no_more_at_once(desk: Desk, cluster: int) -> None:
    """The first sweep has all that comes at once, the others nothing."""
    stage = desk.stage
    came = []
    for hour in with_gaps(stage, cluster, 20):
        close(stage, cluster, hour)
        distribute(stage, cluster)
        stage.anvil.next_block_at(stage.now())
        came.append(swept(desk, cluster))
    assert [at_once for _, at_once in came] == [came[0][0]] + 9 * [0]


@shows("ROUT-15")
def test_hours_that_become_final_seconds_apart_come_as_one_backlog(
    desk: Desk, cluster: int
) -> None:
    """Thirty hours are reported one by one, and distributed one by one, 12 seconds apart."""
    stage = desk.stage
    lease = lived(stage, cluster, 30)
    times = []
    for hour in range(lease.start, lease.end):
        stage.anvil.next_block_at(stage.now() + 12)
        stage.report([Sample(cluster, hour, 100_000, 100_000)])
        times.append(stage.now())
    assert times[0] // HOUR == times[-1] // HOUR
    came = []
    for time in times:
        stage.to_time(time + FINALITY)
        came.append(brought(distribute(stage, cluster)))
    assert came == [(HOURLY, HOURLY)] + 29 * [(HOURLY, 0)]
    bought, at_once = swept(desk, cluster)
    assert at_once == bought // 30


def earned_at(desk: Desk, cluster: int, time: int, hours: int, amount: int = AMOUNT) -> Receipt:
    """Let a cluster have earned this in so many hours, and distribute it at this time."""
    earn(desk.stage, cluster, amount, hours)
    desk.stage.anvil.next_block_at(time)
    return desk.stage.router.send("distribute", cluster, sender=desk.keeper)


@shows("ROUT-15")
@pytest.mark.parametrize("hours", [1, 7])
def test_the_next_clock_hour_brings_its_mean_at_once(desk: Desk, cluster: int, hours: int) -> None:
    """Whatever came at once before; and the mean is that of what is distributed then."""
    router, start = desk.stage.router, (desk.stage.hour() + 2) * HOUR
    assert router.call("distributedAtOf", cluster) == 0
    assert brought(earned_at(desk, cluster, start, 1)) == (PART, PART)
    assert router.call("distributedAtOf", cluster) == start // HOUR
    assert brought(earned_at(desk, cluster, start + HOUR - 60, hours)) == (PART, 0)
    assert router.call("distributedAtOf", cluster) == start // HOUR
    assert brought(earned_at(desk, cluster, start + HOUR, hours)) == (PART, PART // hours)
    assert router.call("distributedAtOf", cluster) == start // HOUR + 1
    bought, at_once = swept(desk, cluster)
    assert at_once == bought * (PART + PART // hours) // (3 * PART)


@shows("ROUT-15")
def test_what_covers_no_hour_brings_nothing_at_once_and_takes_no_hours_place(
    desk: Desk, cluster: int
) -> None:
    start = (desk.stage.hour() + 2) * HOUR
    assert brought(earned_at(desk, cluster, start, 0)) == (PART, 0)
    assert desk.stage.router.call("distributedAtOf", cluster) == 0
    assert brought(earned_at(desk, cluster, start + 100, 2)) == (PART, PART // 2)
    bought, at_once = swept(desk, cluster)
    assert at_once == bought * (PART // 2) // (2 * PART)


@shows("ROUT-15")
def test_a_remainder_alone_takes_no_hours_place(desk: Desk, cluster: int) -> None:
    """Hours that earned less than a unit come with an operator's remainder, and are forgotten."""
    stage, start = desk.stage, (desk.stage.hour() + 2) * HOUR
    stage.cash.send("mint", stage.market.address, 10, sender=stage.stranger)
    write_earnings(stage, cluster, 5, remainder=5 << 32, hoursCovered=3)
    stage.anvil.next_block_at(start)
    said = stage.router.send("distribute", cluster, sender=desk.keeper).event("Distributed")
    assert (said["earned"], said["remainder"]) == (0, 5)
    assert stage.router.call("distributedAtOf", cluster) == 0
    assert brought(earned_at(desk, cluster, start + 100, 1)) == (PART, PART)


@shows("SWEEP-6")
def test_a_day_of_hourly_distributions_comes_at_once(desk: Desk, cluster: int) -> None:
    """Swept every 24 hours, at whatever minute: nothing vests, of either currency."""
    start = (desk.stage.hour() + 2) * HOUR
    for day in range(2):
        for hour in range(24):
            time = start + (24 * day + hour) * HOUR + 137 * hour
            assert brought(earned_at(desk, cluster, time, 1, USD)) == (333_334, 333_334)
        bought, at_once = swept(desk, cluster)
        assert bought == at_once > 0


@shows("SWEEP-6")
@pytest.mark.parametrize("hours", [1, 5])
def test_a_late_sweep_lets_a_days_part_come_at_once(desk: Desk, cluster: int, hours: int) -> None:
    """Of what is no backlog. Thirty-six distributions, one an hour."""
    start = (desk.stage.hour() + 2) * HOUR
    for hour in range(36):
        earned_at(desk, cluster, start + hour * HOUR, hours, 3 * Q)
    bought, at_once = swept(desk, cluster)
    fresh = 36 * (1_000_002 // hours)
    assert at_once == bought * fresh // (36 * 1_000_002) * 24 // 36


@shows("SWEEP-6")
@pytest.mark.parametrize(("hours", "cancelled"), [(120, 0), (1, AMOUNT * 119 // 120)])
def test_what_a_part_of_a_backlog_brings_is_rounded_for_the_backlog(
    desk: Desk, hours: int, cancelled: int
) -> None:
    """Bought satoshi by satoshi, it vests all the same."""
    cluster = desk.cluster()
    desk.earn(cluster, AMOUNT, hours, cancelled)
    for _ in range(3):
        assert swept(desk, cluster, 1_010) == (1, 0)
    assert swept(desk, cluster, 1_000 * USD)[1] > 0


@shows("ROUT-15")
def test_remainders_have_a_bound_that_no_leases_reach(desk: Desk, cluster: int) -> None:
    """Each lease leaves less than 2^-17 of a unit: 2^33 leases do not make 2^16 of them."""
    stage = desk.stage
    stage.cash.send("mint", stage.market.address, 1, sender=stage.stranger)
    for remainder, fits in ((2**16 - 2, True), (1, True), (1, False)):
        write_earnings(stage, cluster, remainder, remainder=remainder << 32)
        if fits:
            stage.router.send("distribute", cluster, sender=desk.keeper)
        else:
            with refused(stage, "SafeCastOverflowedUintDowncast", 16, 2**16):
                stage.router.send("distribute", cluster, sender=desk.keeper)
    assert stage.router.call("releasableOf", cluster) == (2**16 - 1, 0)
