"""The operator's and the reporters' parts wait in the router until anybody asks for them."""

from __future__ import annotations

import pytest

from tests.support.rent import FLAT, LEDGER, deliver, open_lease, set_remainder
from tests.support.shows import shows
from tests.support.stage import Q, Stage, Terms
from tests.support.state import unchanged
from wellhead.chain import Receipt

ASKED = ("releasableOf", "carriedOf", "bitcoinPendingOf")


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A unit-hour earns one stablecoin unit; the parts are 3/10, 1/10, 2/10, and 4/10 in cash."""
    return stage.cluster(
        100, FLAT.but(operator_share=300_000, reporter_share=100_000, bitcoin_share=200_000)
    )


def earn(stage: Stage, cluster: int, units: int) -> None:
    """Distribute what an hour of so many units brings."""
    lease = open_lease(stage, cluster, units, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: units * 1_000})
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)


def release(stage: Stage, cluster: int) -> Receipt:
    return stage.router.send("release", cluster, sender=stage.stranger)


@shows("ROUT-7")
def test_anybody_releases_what_waits(stage: Stage, cluster: int) -> None:
    earn(stage, cluster, 100)
    assert stage.router.call("releasableOf", cluster) == (30, 10)
    assert stage.router.call("release", cluster, sender=stage.stranger.address) == (30, 10)
    receipt = release(stage, cluster)
    assert receipt.event("Released").arguments == {
        "clusterId": cluster,
        "operator": stage.operator.address,
        "operatorAmount": 30,
        "reporterAmount": 10,
    }
    moved = [(e["from"], e["to"], e["amount"]) for e in receipt.all("Moved")]
    router = stage.router.address
    assert moved == [(router, stage.operator.address, 30), (router, stage.oracle.address, 10)]
    assert (stage.claim_of(stage.operator), stage.claim_of(stage.oracle)) == (30, 10)
    # What waits for a sweep stays.
    assert stage.claim_of(stage.router) == 20
    assert stage.router.call_many([(name, (cluster,)) for name in ASKED]) == [(0, 0), 0, 20]


@shows("ROUT-7")
def test_releasing_again_changes_nothing(stage: Stage, cluster: int) -> None:
    earn(stage, cluster, 100)
    release(stage, cluster)
    with unchanged(stage):
        assert release(stage, cluster).events == ()
    assert stage.router.call("release", cluster) == (0, 0)


@shows("ROUT-7")
def test_releasing_often_gives_what_releasing_once_gives(stage: Stage, cluster: int) -> None:
    """The floors are of all that was ever earned, so nothing is lost between."""
    found = []
    for often in (True, False):
        with stage.scratch():
            for units in (1, 3, 7, 2, 1, 5):
                earn(stage, cluster, units)
                if often:
                    release(stage, cluster)
            release(stage, cluster)
            found.append([stage.claim_of(who) for who in (stage.operator, stage.oracle)])
    assert found == [[5, 1], [5, 1]]


def test_what_is_zero_is_not_moved(stage: Stage, cluster: int) -> None:
    earn(stage, cluster, 4)  # 1.2 for the operator, 0.4 for the reporters
    receipt = release(stage, cluster)
    assert [e["to"] for e in receipt.all("Moved")] == [stage.operator.address]
    only_reporters = stage.cluster(
        100, FLAT.but(operator_share=0, reporter_share=Q, bitcoin_share=0)
    )
    earn(stage, only_reporters, 4)
    receipt = release(stage, only_reporters)
    assert [e["to"] for e in receipt.all("Moved")] == [stage.oracle.address]
    assert receipt.event("Released")["operatorAmount"] == 0


def test_the_remainder_is_released_with_the_operators_part(stage: Stage, cluster: int) -> None:
    set_remainder(stage, cluster, 5 * LEDGER)
    earn(stage, cluster, 10)
    assert stage.router.call("releasableOf", cluster) == (3 + 5, 1)
    assert release(stage, cluster).event("Released")["operatorAmount"] == 8
    earn(stage, cluster, 10)
    assert stage.router.call("releasableOf", cluster) == (3, 1)


@shows("ROUT-13")
def test_clusters_wait_on_their_own(stage: Stage, cluster: int) -> None:
    other = stage.cluster(100, FLAT.but(operator_share=Q, reporter_share=0, bitcoin_share=0))
    earn(stage, cluster, 50)
    earn(stage, other, 70)
    release(stage, other)
    assert stage.claim_of(stage.operator) == 70
    assert stage.router.call("releasableOf", cluster) == (15, 5)
    assert stage.claim_of(stage.router) == 30


def test_reporters_are_paid_from_what_was_released(stage: Stage, cluster: int) -> None:
    earn(stage, cluster, 100)
    assert stage.oracle.call("payReporters") == 0
    release(stage, cluster)
    paid = stage.oracle.send("payReporters", sender=stage.stranger).event("ReportersPaid")
    assert paid["each"] == 2
    assert {stage.claim_of(reporter) for reporter in stage.reporters} == {2}


@shows("ROUT-11")
def test_a_release_stays_open_while_paused_and_without_the_coin(stage: Stage, cluster: int) -> None:
    earn(stage, cluster, 100)
    stage.registry.send("pause", sender=stage.guardian)
    stage.cash.send("setPaused", True, sender=stage.stranger)
    for account in (stage.operator.address, stage.oracle.address, stage.router.address):
        stage.cash.send("setBlocked", account, True, sender=stage.stranger)
    release(stage, cluster)
    assert (stage.claim_of(stage.operator), stage.claim_of(stage.oracle)) == (30, 10)


@shows("ROUT-7")
def test_a_barred_operator_is_paid_all_the_same(stage: Stage, cluster: int) -> None:
    """Who may hold tokens is one thing, who is owed rent another."""
    earn(stage, cluster, 100)
    stage.compliance.send("setBlocked", stage.operator.address, True, sender=stage.officer)
    stage.compliance.send("revoke", stage.operator.address, sender=stage.officer)
    assert release(stage, cluster).event("Released")["operatorAmount"] == 30
    stage.vault.send(
        "withdraw", stage.cash.address, stage.operator.address, 30, sender=stage.operator
    )
    assert stage.cash.call("balanceOf", stage.operator.address) == 30


@shows("ROUT-6")
def test_everything_that_was_paid_in_is_somewhere(stage: Stage) -> None:
    cluster = stage.cluster(100, Terms(speed=0))
    paid = 0
    for units in (7, 13, 64):
        lease = open_lease(stage, cluster, units, stage.hour() + 1, 5)
        paid += lease.cost
        deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), units * 1_000))
        stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
        release(stage, cluster)
    accounts = (stage.market, stage.router, stage.oracle, stage.operator, stage.token(cluster))
    assert sum(stage.claim_of(account) for account in accounts) == paid
    assert stage.claim_of(stage.router) == (
        stage.router.call("bitcoinPendingOf", cluster) + stage.router.call("carriedOf", cluster)
    )
