"""The router rebuilt from its events, word by word, with what it hands to tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.audited import check
from tests.support.rent import deliver, report
from tests.support.shares import ZERO
from tests.support.stage import MAX, Q, Stage, Terms
from tests.support.sweeps import BITCOIN, Desk, desk_on
from wellhead.audit.whole import Chain

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


def test_what_waits_to_be_swept_is_paid_in_cash_before_a_mint(stage: Stage) -> None:
    cluster = stage.cluster(40, UNEVEN)
    hour = stage.hour()
    stage.lease(cluster, 10, hour + 1, 20)
    stage.to_hour(hour + 21)
    report(stage, cluster, dict.fromkeys(range(hour, hour + 21), 9_000))
    stage.finalize()
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    before = check_waiting(stage)
    stage.mint(cluster, 7)
    after = check_waiting(stage)
    assert before.router.routed[cluster].pending > 0 == after.router.routed[cluster].pending
    assert before.tokens[cluster].totals.flags != 0 == after.tokens[cluster].totals.flags
    stage.registry.send("retire", cluster, 5, sender=stage.operator)
    check_waiting(stage)


def test_a_cluster_that_gives_holders_nothing_has_its_payees_stored(stage: Stage) -> None:
    cluster = stage.cluster(40, Terms(operator_share=Q, reporter_share=0, bitcoin_share=0))
    earn(stage, cluster, 2)
    chain = check_waiting(stage)
    assert chain.router.routed[cluster].payees is not None
    assert chain.tokens[cluster].cash.total == 0
