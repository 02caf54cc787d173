"""The router rebuilt from its events, word by word, with what it hands to tokens."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import pytest

from tests.support.audited import check
from tests.support.lifecycle import cancel
from tests.support.rent import deliver, report
from tests.support.shares import ZERO
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, MAX, Q, Stage, Terms
from tests.support.sweeps import BITCOIN, Desk, desk_on
from wellhead.audit.whole import Chain
from wellhead.model.units import LEDGER_SCALE

#: Shares whose floors leave something.
UNEVEN = Terms(operator_share=333_333, reporter_share=70_001, bitcoin_share=299_993)


@pytest.fixture
def desk(stage: Stage) -> Desk:
    desk = desk_on(stage)
    desk.fill(1000 * BITCOIN)
    return desk


@pytest.fixture(autouse=True)
def no_other_word(stage: Stage) -> Iterator[None]:
    """In the end there is no word of storage of which no event spoke."""
    yield
    check(stage)


def check_waiting(stage: Stage) -> Chain:
    """All as it is on chain; and the router's claim is what waits there."""
    chain = check(stage, whole=False)
    assert chain.router.waiting() == stage.claim_of(stage.router)
    assert not any(chain.router.handed.values())
    return chain


def earn(stage: Stage, cluster: int, hours: int, available: int = 9_900) -> None:
    """Let booked hours pass, in full or in part, and accrue and distribute them."""
    first = stage.hour() + 1
    stage.lease(cluster, 10, first, hours)
    deliver(stage, cluster, dict.fromkeys(range(first, first + hours), available))
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)


@shows("AUD-2")
def test_revenue_is_split_and_released(stage: Stage) -> None:
    cluster, other = stage.cluster(40, UNEVEN), stage.cluster(40)
    for hours, available in ((1, 9_900), (3, 4_321), (30, 8_000)):
        earn(stage, cluster, hours, available)
        check_waiting(stage)
    stage.router.send("release", cluster, sender=stage.stranger)
    earn(stage, other, 2)
    stage.registry.send("setOperator", cluster, stage.relay.address, sender=stage.operator)
    earn(stage, cluster, 5)
    stage.router.send("release", cluster, sender=stage.stranger)
    routed = check_waiting(stage).router.routed
    assert 0 < routed[other].paid_operator + 1 < routed[cluster].paid_operator
    assert routed[cluster].pending_since < stage.hour() - 60


@shows("AUD-2")
def test_sweeps_tips_and_payments_are_rebuilt(desk: Desk) -> None:
    stage, keeper = desk.stage, desk.keeper
    cluster = stage.cluster(40, UNEVEN)
    earn(stage, cluster, 20)
    pending = desk.pending(cluster)
    desk.answer(int(desk.feed.call("latestRoundData")[1]))
    desk.sweep(cluster, pending // 3)
    check_waiting(stage)
    desk.set_venue(tip=3_333)
    desk.sweep(cluster)
    stage.reserve.send("mint", keeper.address, BITCOIN, sender=keeper)
    stage.reserve.send("approve", stage.vault.address, MAX, sender=keeper)
    stage.router.send("payIn", cluster, 12_345, sender=keeper)
    chain = check_waiting(stage)
    assert chain.router.routed[cluster].pending == 0
    assert chain.tokens[cluster].reserve.unvested > 0
    desk.set_venue(pool=ZERO)
    assert check_waiting(stage).router.venue.pool == 0


@shows("AUD-2")
def test_what_cancellations_earn_waits_apart(desk: Desk) -> None:
    """Of cash and of bitcoin, together with what hours earn and alone; in whatever order it is
    distributed and swept."""
    stage = desk.stage
    cluster = stage.cluster(40, UNEVEN.but(cancel_fee=300_000))

    def give_back(hours: int) -> None:
        lease = stage.lease(cluster, 7, stage.hour() + 3, hours)
        cancel(stage, lease, stage.hour() + 3)

    give_back(24)
    stage.router.send("distribute", cluster, sender=stage.stranger)
    routed = check_waiting(stage).router.routed[cluster]
    assert routed.pending > routed.fresh == 0
    stage.skip(30 * HOUR)
    give_back(30)
    earn(stage, cluster, 5)
    chain = check_waiting(stage)
    routed, cash = chain.router.routed[cluster], chain.tokens[cluster].cash
    assert 0 < routed.fresh < routed.pending
    assert cash.unvested > 0
    give_back(20)
    book = check_waiting(stage).market.books[cluster]
    assert 0 < book.cancelled <= book.earned // LEDGER_SCALE
    for part in (3, 2, 1):
        desk.answer(int(desk.feed.call("latestRoundData")[1]))
        desk.sweep(cluster, desk.pending(cluster) // part)
        check_waiting(stage)
        stage.router.send("distribute", cluster, sender=stage.stranger)
        stage.skip(30 * HOUR)
    routed = check_waiting(stage).router.routed[cluster]
    assert (routed.pending, routed.fresh) == (0, 0)


@shows("AUD-2")
def test_only_the_first_of_a_clock_hours_distributions_is_fresh(desk: Desk) -> None:
    """Hours that become final one by one are distributed so, and swept in between."""
    stage = desk.stage
    cluster, first = stage.cluster(40, UNEVEN), stage.hour() + 1
    stage.lease(cluster, 10, first, 4)
    stage.to_hour(first + 4)
    times = []
    for hour in range(first, first + 4):
        stage.anvil.next_block_at(stage.now() + 60)
        report(stage, cluster, {hour: 9_900})
        times.append(stage.now())
    fresh = []
    for time in times:
        stage.to_time(time + FINALITY)
        stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
        routed = check_waiting(stage).router.routed[cluster]
        assert routed.distributed_at == stage.hour()
        fresh.append(routed.fresh)
    assert 0 < fresh[0] == fresh[-1] < routed.pending
    desk.answer(int(desk.feed.call("latestRoundData")[1]))
    for part in (3, 1):
        desk.sweep(cluster, desk.pending(cluster) // part)
        chain = check_waiting(stage)
    assert chain.tokens[cluster].reserve.unvested > 0


@shows("AUD-2")
def test_a_mint_brings_its_part_of_what_waits_and_vests(desk: Desk) -> None:
    """In all three currencies of it, and with some of it of cancellations; and nothing where nobody
    holds anything, or nothing waits."""
    stage = desk.stage
    stage.reserve.send("mint", stage.operator.address, BITCOIN, sender=stage.operator)
    stage.fund(stage.operator)
    stage.fund(stage.operator, coin=stage.reserve)
    cluster = stage.cluster(40, UNEVEN)
    lease = stage.lease(cluster, 7, stage.hour() + 30, 24)
    cancel(stage, lease, stage.hour() + 30)
    earn(stage, cluster, 20)
    stage.reserve.send("approve", stage.vault.address, MAX, sender=stage.guardian)
    stage.reserve.send("mint", stage.guardian.address, BITCOIN, sender=stage.guardian)
    stage.router.send("payIn", cluster, 12_345, sender=stage.guardian)
    before = check_waiting(stage)
    stage.mint(cluster, 7)
    after = check_waiting(stage)
    was, now = (chain.router.routed[cluster] for chain in (before, after))
    more = now.pending - was.pending
    assert more == ceil(was.pending * 7 / 40)
    assert now.fresh - was.fresh == more * was.fresh // was.pending > 0
    assert all(
        ledger.total > earlier.total
        for ledger, earlier in (
            (after.tokens[cluster].cash, before.tokens[cluster].cash),
            (after.tokens[cluster].reserve, before.tokens[cluster].reserve),
        )
    )
    assert not after.router.topped
    stage.skip(30 * HOUR)
    desk.answer(int(desk.feed.call("latestRoundData")[1]))
    desk.sweep(cluster)
    stage.skip(30 * HOUR)
    report(stage, cluster, dict.fromkeys(range(stage.hour() - 110, stage.hour()), 0))
    stage.registry.send("retire", cluster, 47, sender=stage.operator)
    stage.mint(cluster, 3)
    check_waiting(stage)


def test_a_cluster_that_gives_holders_nothing_has_its_payees_stored(stage: Stage) -> None:
    cluster = stage.cluster(40, Terms(operator_share=Q, reporter_share=0, bitcoin_share=0))
    earn(stage, cluster, 2)
    chain = check_waiting(stage)
    assert chain.router.routed[cluster].payees is not None
    assert chain.tokens[cluster].cash.total == 0
