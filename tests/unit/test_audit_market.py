"""The market rebuilt from its events, word by word, after everything that leases can go through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.audited import check
from tests.support.bonds import (
    DEFAULT,
    HARSH,
    accrue,
    declare,
    deliver_hours,
    go_down,
    post,
    settle,
    withdraw,
)
from tests.support.bookings import book
from tests.support.lifecycle import cancel, extend, split_hours, split_units
from tests.support.rent import deliver, open_lease, report
from tests.support.shares import at_once
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, FINALITY, GENESIS, HOUR, MAX, USD, Q, Stage, Terms
from wellhead.audit.replays.book import STEPS
from wellhead.audit.whole import Chain
from wellhead.model.samples import Sample
from wellhead.model.units import LEDGER_SCALE

DAY = 24 * HOUR
#: Cut parts can be sold back, and prices move quickly.
LOOSE = Terms(discount=0, speed=50_000)


@pytest.fixture(autouse=True)
def no_other_word(stage: Stage) -> Iterator[None]:
    """In the end there is no word of storage of which no event spoke."""
    yield
    check(stage)


def check_owed(stage: Stage) -> Chain:
    """All as it is on chain; and the market's claim is what its books come to, to the last ledger
    unit."""
    chain = check(stage, whole=False)
    assert chain.market.owed() == stage.claim_of(stage.market) * LEDGER_SCALE
    return chain


@shows("AUD-2")
@pytest.mark.parametrize("seed", [1, 2])
def test_leases_of_all_lengths_are_rebuilt(stage: Stage, seed: int) -> None:
    cluster = stage.cluster(150)
    stage.skip(17 * 60)
    book(stage, cluster, seed, 30, 90)
    first = GENESIS // HOUR
    deliver(stage, cluster, {hour: (hour * 7919) % 150_000 for hour in range(first, first + 70)})
    accrue(stage, cluster)
    stage.market.send("updateBase", cluster, sender=stage.stranger)
    chain = check_owed(stage)
    settled = [settle(stage, lease) for lease in range(1, chain.market.lease_count + 1, 3)]
    assert any(settled)
    stage.router.send("distribute", cluster, sender=stage.stranger)
    check_owed(stage)


@shows("AUD-2")
def test_a_lease_is_extended_cancelled_and_burnt(stage: Stage) -> None:
    cluster, hour = stage.cluster(100), stage.hour()
    whole, part, ahead = (
        open_lease(stage, cluster, 7, hour, 30, at=stage.now() + 601) for _ in range(3)
    )
    for lease in (part, ahead):
        extend(stage, lease, 5)
        extend(stage, lease, 48)
    later = open_lease(stage, cluster, 60, hour + 20, 10)
    stage.skip(3 * HOUR)
    cancel(stage, part.id, hour + 60)  # the last part is shortened
    cancel(stage, ahead.id, hour + 30)  # both extensions go
    cancel(stage, whole.id, hour + 7)
    stage.market.send("approve", stage.stranger.address, later.id, sender=stage.tenants[0])
    cancel(stage, later.id, hour + 20, by=stage.stranger)
    chain = check_owed(stage)
    assert chain.market.owner(later.id) == 0
    assert chain.market.terms[ahead.id].extensions == 0
    deliver(stage, cluster, dict.fromkeys(range(hour, hour + 40), 20500))
    for lease in (whole, part, ahead):
        settle(stage, lease.id)
    check_owed(stage)


@shows("AUD-2")
def test_parts_of_parts_are_split_off_and_handed_on(stage: Stage) -> None:
    cluster, hour = stage.cluster(100, LOOSE), stage.hour()
    tenant, other = stage.tenants[:2]
    lease = open_lease(stage, cluster, 11, hour, 40, at=stage.now() + 77)
    extend(stage, lease, 40)
    deliver(stage, cluster, dict.fromkeys(range(hour, hour + 12), 10123))
    few, _ = split_units(stage, lease.id, 4)
    fewer, _ = split_units(stage, few, 3)
    late, _ = split_hours(stage, lease.id, hour + 70)
    later, _ = split_hours(stage, few, hour + 38)
    stage.market.send("transferFrom", tenant.address, other.address, fewer, sender=tenant)
    stage.market.send("approve", other.address, later, sender=tenant)
    stage.market.send("transferFrom", tenant.address, tenant.address, later, sender=other)
    stage.market.send("setApprovalForAll", stage.relay.address, True, sender=other)
    stage.market.send("setApprovalForAll", stage.relay.address, False, sender=other)
    chain = check_owed(stage)
    assert chain.market.shared, "no fraction of a unit stayed with the old lease"
    assert chain.market.transfers(fewer) == 1
    assert chain.market.titles.title(later).approved == 0
    report(stage, cluster, dict.fromkeys(range(hour + 12, hour + 36), 10123))
    stage.finalize()
    cancel(stage, late, hour + 75)
    for number in (lease.id, few, fewer, later):
        settle(stage, number)
    check_owed(stage)


@shows("AUD-2")
def test_users_notices_and_suspensions_are_rebuilt(stage: Stage) -> None:
    cluster, hour = stage.cluster(), stage.hour()
    lease, other = (stage.lease(cluster, 3, hour + 1, 100) for _ in range(2))
    tenant, user = stage.tenants[0], stage.stranger
    stage.market.send("setUser", lease, user.address, stage.now() + DAY, sender=tenant)
    stage.market.send("setUser", other, user.address, stage.now() + DAY, sender=tenant)
    stage.market.send("setUser", other, "0x" + 40 * "0", stage.now(), sender=user)
    for number in (lease, other):
        stage.market.send("noticeSuspension", number, EVIDENCE, sender=stage.operator)
    stage.registry.send("pause", sender=stage.guardian)
    stage.skip(DAY)
    stage.registry.send("unpause", sender=stage.guardian)
    stage.skip(DAY)
    stage.market.send("suspend", lease, sender=stage.operator)
    stage.market.send("suspend", other, sender=stage.operator)
    stage.market.send("liftSuspension", other, sender=stage.operator)
    access = check_owed(stage).market.access
    assert (access[lease].is_suspended, access[other].is_suspended) == (True, False)
    assert (access[lease].user, access[other].user) == (int(user.address, 16), 0)


@shows("AUD-2")
def test_losses_beyond_the_rent_and_two_defaults_are_rebuilt(stage: Stage) -> None:
    terms = HARSH.but(bond=40, base_start=3, base_floor=3, base_cap=3, horizon_hours=700)
    cluster, hour = stage.cluster(50, terms.but(max_hours=700)), stage.hour()
    post(stage, cluster, 60_000)
    post(stage, cluster, 7)
    leases = [stage.lease(cluster, units, hour + 1, hours) for units, hours in ((9, 300), (4, 90))]
    ahead = stage.lease(cluster, 5, hour + 250, 60)
    go_down(stage, cluster, hour + 1, DEFAULT // HOUR + 3)
    declare(stage, cluster)
    chain = check_owed(stage)
    assert chain.market.books[cluster].era == 1
    again = stage.hour()
    leases.append(stage.lease(cluster, 6, again, 120))
    # The meter walks on through the old era until it comes to the default.
    report(stage, cluster, dict.fromkeys(range(hour + 76, again), 2000))
    stage.to_hour(again + 80)
    report(stage, cluster, dict.fromkeys(range(again, again + 79), 0))
    stage.finalize()
    accrue(stage, cluster)
    check_owed(stage)
    declare(stage, cluster)
    for lease in (*leases, ahead):
        settle(stage, lease)
    bond = check_owed(stage).market.books[cluster].bond // LEDGER_SCALE
    withdraw(stage, cluster, bond - 6 * terms.bond)  # what the void hours have not left yet
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    found = check_owed(stage).market.books[cluster]
    assert (found.era, found.bond // LEDGER_SCALE) == (2, 6 * terms.bond)


@shows("AUD-2")
def test_an_outage_is_counted_without_its_pauses(stage: Stage) -> None:
    cluster, hour = stage.cluster(50, HARSH), stage.hour()
    stage.lease(cluster, 9, hour + 1, 100)
    stage.to_hour(hour + 5, 17)
    stage.registry.send("pause", sender=stage.guardian)
    stage.skip(5 * HOUR + 40)
    stage.registry.send("unpause", sender=stage.guardian)
    go_down(stage, cluster, hour + 1, 20)
    down = check_owed(stage).market.books[cluster].down
    assert 14 * HOUR < down < 15 * HOUR


@shows("AUD-2")
def test_many_hours_take_several_walks(stage: Stage) -> None:
    """Of 720 steps at most; hours that nobody booked are one step together."""
    cluster, hour = stage.cluster(20), stage.hour()
    stage.lease(cluster, 20, hour + 300, STEPS + 50)
    stage.lease(cluster, 20, hour + 1_500, 3)
    stage.to_hour(hour + 1_510)
    report(stage, cluster, dict.fromkeys(range(hour + 300, hour + STEPS + 350), 19900))
    report(stage, cluster, dict.fromkeys(range(hour + 1500, hour + 1503), 13000))
    stage.finalize()
    for _ in range(3):
        accrue(stage, cluster)
        check_owed(stage)
    assert check_owed(stage).market.books[cluster].cursor == stage.hour()


@shows("AUD-2")
def test_all_in_one_block_is_taken_in_its_order(stage: Stage) -> None:
    cluster, hour = stage.cluster(20, LOOSE), stage.hour()
    one, two = stage.tenants[:2]
    lease = open_lease(stage, cluster, 5, hour, 60)
    deliver(stage, cluster, dict.fromkeys(range(hour, hour + 20), 4000))
    market = stage.market
    at_once(
        stage,
        [
            (market, "lease", (cluster, 3, stage.hour() + 2, 9, MAX), one),
            (market, "splitUnits", (lease.id, 2), one),
            (market, "transferFrom", (one.address, two.address, lease.id + 2), one),
            (market, "lease", (cluster, 2, stage.hour() + 1, 30, MAX), two),
            (market, "cancel", (lease.id, stage.hour() + 4, 0), one),
            (stage.router, "accrueAndDistribute", (cluster,), stage.stranger),
            (market, "settle", (lease.id + 2,), stage.stranger),
        ],
        gas=2_000_000,
    )
    assert check_owed(stage).market.lease_count == 4


@shows("AUD-2")
def test_clusters_keep_books_of_their_own(stage: Stage) -> None:
    terms = [Terms(), LOOSE, HARSH.but(bond=USD, max_hours=500, horizon_hours=500)]
    clusters = [stage.cluster(units, some) for units, some in zip((30, 40, 50), terms, strict=True)]
    post(stage, clusters[2], 40 * USD)
    hour = stage.hour()
    for number, cluster in enumerate(clusters):
        for lease in range(3):
            stage.lease(cluster, 2 + lease, hour + lease + number, 20, stage.tenants[lease])
    stage.to_hour(hour + 15)
    for number, cluster in enumerate(clusters):
        report(stage, cluster, dict.fromkeys(range(hour, hour + 15), 2500 * (number + 1)))
    stage.skip(FINALITY)
    for cluster in clusters:
        accrue(stage, cluster)
    stage.registry.send("setSellable", clusters[0], 5, sender=stage.operator)
    books = check_owed(stage).market.books
    assert [books[cluster].bond > 0 for cluster in clusters] == [False, False, True]


@shows("AUD-5")
def test_an_alarm_names_what_was_booked_in_its_own_hour(stage: Stage) -> None:
    """Not in the hours around it, which is more; and not for longer than it was."""
    cluster, hour = stage.cluster(100, LOOSE), stage.hour() + 2
    for start, units in ((hour - 1, 30), (hour, 10), (hour + 1, 20)):
        open_lease(stage, cluster, units, start, 1)
    stage.to_hour(hour)
    open_lease(stage, cluster, 7, hour, 2, at=stage.now() + 599)
    stage.to_hour(hour + 1)
    stage.report([Sample(cluster, hour, 100_000, 10_000, Q)])
    flagged = stage.registry.send("flagOffBook", cluster, hour, sender=stage.stranger)
    assert 10 * HOUR + 7 * 2_900 < flagged.event("OffBook")["covered"] < 10 * HOUR + 7 * 3_100


@shows("AUD-2")
def test_units_that_come_late_count_for_what_is_left_of_the_hour(stage: Stage) -> None:
    """In what the hour loses and in the base price; also in the hour of a default, of which only
    what was booked after it counts."""
    # A bond that is posted but not asked for: so somebody can book into the hour of the default.
    terms = HARSH.but(base_start=3, base_floor=1, base_cap=9, speed=50_000)
    cluster, hour = stage.cluster(50, terms), stage.hour()
    post(stage, cluster, 60_000)
    stage.lease(cluster, 4, hour + 1, 100)
    for seconds in (700, 1_900, 3_599):
        open_lease(stage, cluster, 5, hour, 3, at=hour * HOUR + seconds)
    books = check_owed(stage).market.books[cluster]
    assert books.eras[0].marks[hour].late == 5 * (700 + 1_900 + 3_599)
    deliver(stage, cluster, {hour: 4_000, **dict.fromkeys(range(hour + 1, hour + 3), 19_000)})
    accrue(stage, cluster)
    stage.market.send("updateBase", cluster, sender=stage.stranger)
    check_owed(stage)
    deliver_hours(stage, cluster, hour + 3, [0] * (DEFAULT // HOUR))
    again = stage.hour()
    for seconds in (20, 40):
        open_lease(stage, cluster, 3, again, 5, at=again * HOUR + seconds)
    declare(stage, cluster)
    for seconds in (1_000, 2_000):
        open_lease(stage, cluster, 6, again, 5, at=again * HOUR + seconds)
    eras = check_owed(stage).market.books[cluster].eras
    assert [eras[era].marks[again].late for era in (0, 1)] == [3 * 60, 6 * 3_000]
    stage.to_hour(again + 2)
    stage.market.send("updateBase", cluster, sender=stage.stranger)
    report(stage, cluster, dict.fromkeys(range(hour + 75, again), 0))
    late = [(again, 3_500), (again + 1, 11_000)]
    stage.report([Sample(cluster, at, 50_000, available, Q) for at, available in late])
    flagged = stage.registry.send("flagOffBook", cluster, again, sender=stage.stranger)
    assert flagged.event("OffBook")["covered"] == 6 * (2 * HOUR - 3_000)
    stage.finalize()
    accrue(stage, cluster)
    found = check_owed(stage).market.books[cluster]
    assert (found.cursor, found.era) == (again + 2, 1)
