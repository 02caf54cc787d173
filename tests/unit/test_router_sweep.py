"""Sweeps buy bitcoin on a real pool: what they spend, what they get, and who gets it."""

from math import ceil

import pytest

from tests.support.rent import deliver, open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, UNIT, USD, Q, Terms
from tests.support.state import refused
from tests.support.sweeps import ALL_BITCOIN, AT, Desk, backlog_of


@shows("SWEEP-5")
def test_a_sweep_buys_what_the_pool_gives_for_all_that_waits(desk: Desk) -> None:
    amount = 50_000 * USD
    cluster = desk.waiting(amount)
    quoted = desk.quote(amount)
    before, held = desk.claims(cluster), desk.held()
    assert desk.would_sweep(cluster) == quoted == (amount, 49_950_037)

    receipt = desk.sweep(cluster)

    received, tip = quoted[1], quoted[1] * desk.venue.tip // Q
    assert receipt.event("Swept").arguments == {
        "clusterId": cluster,
        "keeper": desk.keeper.address,
        "spent": amount,
        "received": received,
        "tip": tip,
    }
    assert desk.pending(cluster) == 0
    assert desk.claims(cluster) == {
        "router's cash": before["router's cash"] - amount,
        "router's bitcoin": 0,
        "token's bitcoin": received - tip,
        "keeper's bitcoin": tip,
    }
    vault, pool, router = (c.address for c in (desk.stage.vault, desk.pool, desk.stage.router))
    moved = {place: count - held[place] for place, count in desk.held().items()}
    assert moved == {
        f"cash of {vault}": -amount,
        f"cash of {pool}": amount,
        f"cash of {router}": 0,
        f"bitcoin of {vault}": received,
        f"bitcoin of {pool}": -received,
        f"bitcoin of {router}": 0,
    }
    assert receipt.event("ReserveAdded").arguments == {"amount": received - tip, "backlog": 0}
    with refused(desk.stage, "RevenueRouter_NothingToSweep", cluster):
        desk.sweep(cluster)


def test_no_more_is_swept_than_was_asked_for(desk: Desk) -> None:
    cluster = desk.waiting(10_000 * USD)
    swept = desk.sweep(cluster, 2_500 * USD).event("Swept")
    assert swept["spent"] == 2_500 * USD
    assert desk.pending(cluster) == 7_500 * USD
    assert desk.sweep(cluster, 10_000 * USD).event("Swept")["spent"] == 7_500 * USD
    assert desk.pending(cluster) == 0


def test_there_must_be_something_to_sweep_and_somewhere(desk: Desk) -> None:
    cluster = desk.waiting(10_000 * USD)
    for asked in ((cluster, 0), (cluster + 1, MAX), (0, 1)):
        with refused(desk.stage, "RevenueRouter_NothingToSweep", asked[0]):
            desk.sweep(*asked)
    zero = "0x" + "00" * 20
    desk.set_venue(pool=zero, feed=zero, max_age=0, slippage=0, tip=0)
    with refused(desk.stage, "RevenueRouter_NoVenue"):
        desk.sweep(cluster)


@shows("SWEEP-1", "SWEEP-4")
@pytest.mark.parametrize(
    ("amount", "bought", "due"),
    [(1, 0, 1), (1_000, 0, 1), (1_011, 1, 2), (1_999, 1, 2), (3_000, 2, 3)],
)
def test_a_sum_that_buys_too_little_waits_for_more(
    desk: Desk, amount: int, bought: int, due: int
) -> None:
    """A bitcoin unit costs 1,000 stablecoin units and the fee, and may cost 1,010; what is left
    over for less than a unit would make the others dearer."""
    cluster = desk.waiting(amount)
    before = desk.claims(cluster)
    with refused(desk.stage, "RevenueRouter_BadSwap", amount, bought, due):
        desk.sweep(cluster)
    assert desk.pending(cluster) == amount
    desk.earn(cluster, USD)
    swept = desk.sweep(cluster).event("Swept")
    assert swept["spent"] == amount + USD
    assert desk.cheap_enough(swept)
    after = desk.claims(cluster)
    assert after["router's cash"] == before["router's cash"] - amount
    assert after["token's bitcoin"] == swept["received"] - swept["tip"]


@shows("SWEEP-1")
def test_no_piece_of_a_sum_is_bought_too_dear(desk: Desk) -> None:
    """Unit by unit of bitcoin, a sweep pays what a large one may pay, or is refused."""
    cluster = desk.waiting(USD)
    went = []
    for piece in [*range(990, 3_100, 10), 1_999, 50_001, 100_999]:
        spent, received = desk.quote(piece)
        if received and spent <= received * desk.most():
            assert desk.would_sweep(cluster, piece) == (spent, received)
            went.append(piece)
            continue
        with expect_revert("RevenueRouter_BadSwap", spent, received, ceil(spent / desk.most())):
            desk.would_sweep(cluster, piece)
    assert went == [1_010, 2_010, 2_020, 3_010, 3_020, 3_030, 100_999]
    for piece in went:
        swept = desk.sweep(cluster, piece).event("Swept")
        assert (swept["spent"], swept["received"]) == (piece, piece // 1_000)
        assert desk.cheap_enough(swept)
    assert desk.pending(cluster) == USD - sum(went)


@shows("SWEEP-5")
def test_the_tip_is_a_share_of_what_was_bought(desk: Desk) -> None:
    for tip in (0, 1, 10_000):
        desk.set_venue(tip=tip)
        cluster = desk.waiting(30_000 * USD)
        before = desk.claims(cluster)["keeper's bitcoin"]
        swept = desk.sweep(cluster).event("Swept")
        assert swept["tip"] == swept["received"] * tip // Q
        after = desk.claims(cluster)
        assert after["keeper's bitcoin"] - before == swept["tip"]
        assert after["token's bitcoin"] == swept["received"] - swept["tip"]


@shows("SWEEP-5")
def test_the_tip_is_the_callers_to_withdraw(desk: Desk) -> None:
    cluster = desk.waiting(30_000 * USD)
    tip = desk.sweep(cluster).event("Swept")["tip"]
    assert tip > 0
    coin, to = desk.stage.reserve, desk.stage.tenants[0].address
    desk.stage.vault.send("withdraw", coin.address, to, tip, sender=desk.keeper)
    assert coin.call("balanceOf", to) == tip


@shows("SWEEP-4")
def test_the_rest_of_a_partial_sweep_has_waited_since_the_beginning(desk: Desk) -> None:
    cluster, fair = desk.waiting(2_000_000 * USD), desk.root()
    began = desk.stage.hour() - 1
    desk.stage.to_hour(began + 20)
    assert desk.sweep(cluster).event("ReserveAdded")["backlog"] == 0
    desk.stage.to_hour(began + 60)
    # More revenue does not make what waits any younger.
    desk.earn(cluster, 1_000 * USD)
    desk.move_to(fair)
    added = desk.sweep(cluster).event("ReserveAdded")
    assert added["backlog"] == backlog_of(added["amount"], 60) > 0


@shows("SWEEP-6")
@pytest.mark.parametrize("covered", [1, 2, 48])
@pytest.mark.parametrize("later", [0, 23, 24, 25, 100])
def test_what_waited_for_more_than_a_day_vests_all_but_a_days_part(
    desk: Desk, covered: int, later: int
) -> None:
    """Of what is no backlog: an hour's mean of those that the revenue was for."""
    cluster = desk.waiting(10_000 * USD, hours=covered)
    desk.stage.to_hour(desk.stage.hour() + later, 600)
    added = desk.sweep(cluster).event("ReserveAdded")
    fresh = added["amount"] * (10_000 * USD // covered) // (10_000 * USD)
    assert added["backlog"] == backlog_of(added["amount"], 1 + later, added["amount"] - fresh)
    token = desk.stage.token(cluster)
    revenue = token.call("reserveRevenue")
    assert revenue["unvested"] == added["backlog"] << revenue["shift"]
    desk.stage.skip(12 * HOUR)
    half = token.call("reserveRevenue")["unvested"]
    assert half == revenue["unvested"] - revenue["unvested"] * 12 // 24
    desk.stage.skip(12 * HOUR)
    assert token.call("reserveRevenue")["unvested"] == 0


@shows("SWEEP-6")
def test_what_was_swept_whole_begins_to_wait_anew(desk: Desk) -> None:
    cluster = desk.waiting(1_000 * USD)
    desk.stage.to_hour(desk.stage.hour() + 90)
    assert desk.sweep(cluster).event("ReserveAdded")["backlog"] > 0
    desk.earn(cluster, 1_000 * USD)
    assert desk.sweep(cluster).event("ReserveAdded")["backlog"] == 0


@shows("ROUT-6")
def test_clusters_share_the_routers_claim_and_can_not_spend_each_others(desk: Desk) -> None:
    amounts = (30_000 * USD, 7_000 * USD, 11 * USD)
    half = ALL_BITCOIN.but(bitcoin_share=Q // 2, operator_share=Q // 4)
    clusters = [desk.cluster(terms=half) for _ in amounts]
    for cluster, amount in zip(clusters, amounts, strict=True):
        desk.earn(cluster, 2 * amount)
    router = sum(amounts) + sum(2 * amount // 4 for amount in amounts)
    left = dict(zip(clusters, amounts, strict=True))
    for cluster in reversed(clusters):
        assert desk.claims(cluster)["router's cash"] == router
        swept = desk.sweep(cluster).event("Swept")
        assert swept["spent"] == left.pop(cluster)
        router -= swept["spent"]
        assert {c: desk.pending(c) for c in left} == left
        with expect_revert("RevenueRouter_NothingToSweep", cluster):
            desk.sweep(cluster)
    # What is left is the operator's.
    for cluster in clusters:
        desk.stage.router.send("release", cluster, sender=desk.keeper)
    assert desk.claims(clusters[0])["router's cash"] == 0


def test_from_a_lease_to_the_holders_bitcoin(desk: Desk) -> None:
    stage = desk.stage
    cluster = stage.cluster(100, Terms(speed=0))
    token, holder = stage.token(cluster), stage.holders[0]
    token.send("transfer", holder.address, 40 * UNIT, sender=stage.operator)
    lease = open_lease(stage, cluster, 50, stage.hour() + 1, 24)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), 50_000))
    receipt = stage.router.send("accrueAndDistribute", cluster, sender=desk.keeper)
    waits = receipt.event("Distributed")["bitcoin"]
    assert waits == receipt.event("Distributed")["earned"] * 200_000 // Q > 0
    swept = desk.sweep(cluster).event("Swept")
    assert swept["spent"] == waits
    assert swept["received"] * AT > waits * 99 / 100
    stage.skip(24 * HOUR)
    claimed = token.send("claim", holder.address, sender=holder).event("Claimed")["reserve"]
    share = (swept["received"] - swept["tip"]) * 40 // 100
    assert share - 1 <= claimed <= share
    assert stage.reserve.call("balanceOf", holder.address) == claimed
