"""What does not touch what: clusters, gifts, pieces and sales; and the order within a block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.bonds import declare, post
from tests.support.contests import contest, recount
from tests.support.lifecycle import cancel, extend, split_hours, split_units
from tests.support.rent import Opened, books, deliver, open_lease
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, MAX, UNIT, USD, Q, Stage, Terms
from tests.support.sweeps import earn
from wellhead.chain import Contract
from wellhead.model.samples import Sample

TERMS = Terms(penalty=Q, bond=10 * USD, horizon_hours=400, max_hours=300)

TOKEN_VIEWS = ("totalSupply", "cashRevenue", "reserveRevenue")


def figures(stage: Stage, cluster: int, leases: list[Opened]) -> dict[str, Any]:
    """All that anybody can see of a cluster and of leases in it."""
    token, key, hour = stage.token(cluster), (cluster,), stage.hour()
    near = (cluster, hour - 200, hour + 400)
    holders = [who.address for who in (*stage.holders, stage.operator)]
    asked: list[tuple[str, tuple[int, ...]]] = [
        (view, (lease.id,)) for lease in leases for view in ("leaseOf", "partsOf", "userOf")
    ]
    asked += [("refundLedgerOf", (lease.id,)) for lease in leases]
    asked += [("booksOf", key), ("baseOf", key), ("peakBooked", near), ("sumBooked", near)]
    asked += [("quote", (cluster, 5, hour + 2, 7))]
    routed = ("totalOf", "carriedOf", "releasableOf", "bitcoinPendingOf")
    return {
        "market": stage.market.call_many(asked),
        "cluster": stage.registry.call_many([("clusterOf", key), ("termsOf", key)]),
        "router": stage.router.call_many([(view, key) for view in routed]),
        "token": token.call_many(
            [("totalSupply", []), ("cashRevenue", []), ("reserveRevenue", [])]
        ),
        "holders": token.call_many(
            [(view, [who]) for who in holders for view in ("balanceOf", "owedLedgerOf")]
        ),
        "records": stage.oracle.call_many([("recordOf", (cluster, hour - n)) for n in range(90)]),
    }


def trouble(stage: Stage, cluster: int, lease: Opened) -> None:
    """Everything at once: use, changes, contests, an outage, a default, a freeze, a retirement."""
    tenant, holder = lease.tenant, stage.holders[0]
    stage.market.send("noticeSuspension", lease.id, bytes(32), sender=stage.operator)
    stage.market.send("liftSuspension", lease.id, sender=stage.operator)
    split_units(stage, lease.id, 3, tenant)
    extend(stage, lease, 5)
    cancel(stage, lease.id, lease.start + 100, tenant)
    stage.registry.send("setSellable", cluster, 0, sender=stage.operator)
    stage.registry.send("retire", cluster, 1, sender=stage.operator)
    stage.token(cluster).send("transfer", holder.address, UNIT, sender=stage.operator)
    frozen = (cluster, holder.address, UNIT)
    stage.compliance.send("setFrozenTokens", *frozen, sender=stage.officer)


def outage(stage: Stage, cluster: int, lease: Opened) -> None:
    """Dark from the lease's first hour on, contested and in default."""
    stage.to_hour(lease.start + 80)
    hours = range(lease.start, lease.start + 80)
    stage.report([Sample(cluster, hour, 0, 0) for hour in hours[:-1]])
    stage.report([Sample(cluster, hours[-1], 9, 9)])
    contest(stage, lease.id, hours[-1], lease.tenant)
    recount(stage, Sample(cluster, hours[-1], 0, 0))
    stage.skip(FINALITY)
    declare(stage, cluster)
    stage.market.send("settle", lease.id, sender=stage.stranger)


@shows("ROUT-13", "APART-1")
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_one_clusters_trouble_is_nothing_to_another(stage: Stage, first: bool) -> None:
    clusters = [stage.cluster(100, TERMS) for _ in range(2)]
    bad, good = clusters if first else clusters[::-1]
    for cluster in clusters:
        post(stage, cluster, 2_000 * USD)
    start = stage.hour() + 2
    unlucky = open_lease(stage, bad, 20, start, 200, stage.tenants[0])
    lucky = open_lease(stage, good, 20, start, 200, stage.tenants[1])
    for holder in stage.holders:
        stage.token(good).send("transfer", holder.address, 7 * UNIT, sender=stage.operator)

    def outcome(troubled: bool) -> dict[str, Any]:
        with stage.scratch():
            if troubled:
                trouble(stage, bad, unlucky)
                outage(stage, bad, unlucky)
            stage.to_hour(start + 120)
            hours = range(start, start + 80)
            stage.report([Sample(good, h, 100_000, 20_000 - h % 3 * 500, 200_000) for h in hours])
            stage.to_hour(start + 150)
            stage.router.send("accrueAndDistribute", good, sender=stage.stranger)
            stage.market.send("settle", lucky.id, sender=stage.stranger)
            stage.to_hour(start + 160)
            return figures(stage, good, [lucky])

    assert outcome(troubled=True) == outcome(troubled=False)


@shows("VAULT-12")
def test_a_gift_changes_nobodys_figures(stage: Stage) -> None:
    """But the reporters': what the oracle has is theirs."""
    cluster = stage.cluster(100, TERMS)
    post(stage, cluster, 2_000 * USD)
    lease = open_lease(stage, cluster, 20, stage.hour() + 1, 30)
    earn(stage, cluster, 12_345_678, 1)
    stage.router.send("distribute", cluster, sender=stage.stranger)
    giver = stage.tenants[3]
    stage.reserve.send("mint", giver.address, 10**9, sender=giver)
    stage.reserve.send("approve", stage.vault.address, MAX, sender=giver)
    deployed = stage.deployment
    places = [stage.vault, stage.market, stage.router, stage.registry, stage.contests]
    places += [deployed.exchange, stage.compliance, deployed.factory, stage.token(cluster)]
    before = figures(stage, cluster, [lease])
    for place in places:
        for coin in (stage.cash, stage.reserve):
            coin.send("transfer", place.address, 1_000, sender=giver)
            stage.vault.send("deposit", coin.address, place.address, 1_000, sender=giver)
    assert figures(stage, cluster, [lease]) == before
    assert stage.oracle.call("payReporters") == 0
    stage.vault.send("deposit", stage.cash.address, stage.oracle.address, 1_004, sender=giver)
    assert stage.oracle.call("payReporters") == 200
    assert figures(stage, cluster, [lease]) == before


Change = Callable[[Stage, Opened], Any]


@shows("LEASE-20")
@pytest.mark.parametrize(
    "change",
    [
        lambda stage, lease: split_units(stage, lease.id, 7),
        lambda stage, lease: split_hours(stage, lease.id, lease.start + 9),
        lambda stage, lease: stage.market.send(
            "transferFrom",
            lease.tenant.address,
            stage.tenants[2].address,
            lease.id,
            sender=lease.tenant,
        ),
        lambda stage, lease: stage.market.send(
            "setUser", lease.id, stage.stranger.address, stage.now() + HOUR, sender=lease.tenant
        ),
        lambda stage, lease: stage.market.send(
            "noticeSuspension", lease.id, bytes(32), sender=stage.operator
        ),
    ],
    ids=["split by units", "split by hours", "moved", "used", "under notice"],
)
def test_what_becomes_of_a_lease_is_nothing_to_the_books(stage: Stage, change: Change) -> None:
    """Whose it is, and in how many pieces, changes neither what is booked nor what is earned."""
    cluster = stage.cluster(100, Terms(speed=0))
    other = open_lease(stage, cluster, 11, stage.hour() + 1, 20, stage.tenants[1])
    lease = open_lease(stage, cluster, 20, stage.hour() + 1, 20)
    start = lease.start
    before: list[Any] = []
    after: list[Any] = []
    for seen, changed in ((before, False), (after, True)):
        with stage.scratch():
            stage.to_hour(start, 60)
            if changed:
                change(stage, lease)
            hours = range(start, start + 20)
            deliver(stage, cluster, {hour: 9_000 + 1_100 * (hour - start) for hour in hours})
            stage.to_hour(start + 60)
            stage.market.send("accrue", cluster, sender=stage.stranger)
            seen += [books(stage, cluster), stage.market.call("refundLedgerOf", other.id)]
            seen += stage.market.call_many([("bookedAt", (cluster, hour)) for hour in hours])
    assert after == before


@shows("PRICE-5")
def test_the_order_of_a_block_changes_nothing_but_the_roundings(stage: Stage) -> None:
    """Who comes first pays less, by what who comes second pays more."""
    cluster, start = stage.cluster(100, Terms(speed=0, discount=0)), stage.hour() + 3
    asks = [(30, start, 24), (17, start + 5, 40), (1, start, 1), (52, start + 23, 2)]

    def paid(order: list[tuple[int, int, int]]) -> int:
        with stage.scratch():
            return sum(open_lease(stage, cluster, *ask).cost for ask in order)

    totals = [paid(asks), paid(asks[::-1]), paid([asks[n] for n in (2, 0, 3, 1)])]
    assert max(totals) - min(totals) < len(asks)


def approvals(market: Contract, lease_id: int) -> str:
    return str(market.call("getApproved", lease_id))


@shows("LEASE-15")
def test_an_approval_ends_with_its_owner_and_is_not_inherited(stage: Stage) -> None:
    """Whoever may move a lease may not move it again, nor what was split off."""
    cluster = stage.cluster(100, Terms(speed=0))
    lease, market = open_lease(stage, cluster, 20, stage.hour() + 1, 20), stage.market
    tenant, buyer, agent = stage.tenants[:3]
    zero = "0x" + "00" * 20
    market.send("approve", agent.address, lease.id, sender=tenant)
    by_units, _ = split_units(stage, lease.id, 7, agent)
    by_hours, _ = split_hours(stage, lease.id, lease.start + 9, agent)
    assert approvals(market, lease.id) == agent.address
    for piece in (by_units, by_hours):
        assert approvals(market, piece) == zero
        assert market.call("ownerOf", piece) == tenant.address
    market.send("transferFrom", tenant.address, buyer.address, lease.id, sender=agent)
    assert approvals(market, lease.id) == zero
