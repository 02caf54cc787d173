"""The split of revenue: floors of what was earned in all, so that distributing often is as good
as distributing once."""

import pytest

from tests.support.rent import FLAT, LEDGER, Opened, deliver, open_lease, set_remainder
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, UNIT, Q, Stage, Terms
from tests.support.state import unchanged
from wellhead.chain import Receipt

UNITS = 100
DAY = 24 * HOUR
#: Operator, reporters, bitcoin; holders' cash is the rest.
SPLITS = [
    (300_000, 50_000, 200_000),
    (333_333, 333_333, 333_333),
    (333_333, 333_333, 333_334),
    (250_000, 250_000, 250_000),
    (1, 1, 1),
    (999_997, 1, 1),
    (Q, 0, 0),
    (0, Q, 0),
    (0, 0, Q),
    (0, 0, 0),
]
PARTS = ("operator", "reporters", "cash", "bitcoin")


def with_split(terms: Terms, split: tuple[int, int, int]) -> Terms:
    operator, reporters, bitcoin = split
    return terms.but(operator_share=operator, reporter_share=reporters, bitcoin_share=bitcoin)


def parts_of(total: int, split: tuple[int, int, int]) -> dict[str, int]:
    """Floors of the four shares of all that was earned so far."""
    operator, reporters, bitcoin = split
    shares = (operator, reporters, Q - sum(split), bitcoin)
    return {part: total * share // Q for part, share in zip(PARTS, shares, strict=True)}


def distribute(stage: Stage, cluster: int) -> Receipt:
    return stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)


def assert_split(stage: Stage, cluster: int, total: int, split: tuple[int, int, int]) -> None:
    """All claims, and the router's own books, after `total` units of one cluster: the token has its
    part, and all the rest is in the router's claim."""
    parts = parts_of(total, split)
    carried = total - sum(parts.values())
    assert 0 <= carried < 4
    assert stage.claim_of(stage.operator) == stage.claim_of(stage.oracle) == 0
    assert stage.claim_of(stage.token(cluster)) == parts["cash"]
    assert stage.claim_of(stage.router) == total - parts["cash"]
    names = ("totalOf", "carriedOf", "bitcoinPendingOf", "releasableOf")
    assert stage.router.call_many([(name, (cluster,)) for name in names]) == [
        total,
        carried,
        parts["bitcoin"],
        (parts["operator"], parts["reporters"]),
    ]


def served_lease(stage: Stage, cluster: int, units: int = 7, hours: int = 5) -> Opened:
    lease = open_lease(stage, cluster, units, stage.hour() + 1, hours)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), units * 1000))
    return lease


@shows("ROUT-1")
@pytest.mark.parametrize("split", SPLITS)
def test_revenue_is_split_as_the_terms_say(stage: Stage, split: tuple[int, int, int]) -> None:
    cluster = stage.cluster(UNITS, with_split(Terms(speed=0), split))
    lease = served_lease(stage, cluster)
    total = lease.rent * Q // LEDGER
    parts = parts_of(total, split)
    assert stage.router.call("accrueAndDistribute", cluster) == total

    receipt = distribute(stage, cluster)

    assert receipt.event("Distributed").arguments == {
        "clusterId": cluster,
        "earned": total,
        "remainder": 0,
        "cash": parts["cash"],
        "bitcoin": parts["bitcoin"],
    }
    paid = [(e["to"], e["amount"]) for e in receipt.all("Moved")[1:]]
    has_cash = parts["cash"] > 0
    assert paid == [(stage.token(cluster).address, parts["cash"])] * has_cash
    # Five hours came together: what is more than one of them vests.
    late = {"amount": parts["cash"], "backlog": parts["cash"] - parts["cash"] // 5}
    assert [event.arguments for event in receipt.all("CashAdded")] == [late] * has_cash
    assert_split(stage, cluster, total, split)


@shows("ROUT-3")
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("every", [1, 3])
def test_distributing_often_gives_what_distributing_once_gives(
    stage: Stage, split: tuple[int, int, int], every: int
) -> None:
    cluster = stage.cluster(UNITS, with_split(FLAT, split))
    hours = 7
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, hours)
    for done, hour in enumerate(range(lease.start, lease.end), 1):
        deliver(stage, cluster, {hour: 1_000})
        if done % every == 0:
            distribute(stage, cluster)
            assert_split(stage, cluster, done, split)
    distribute(stage, cluster)
    assert_split(stage, cluster, hours, split)


@shows("ROUT-3")
def test_distributing_again_changes_nothing(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    served_lease(stage, cluster)
    distribute(stage, cluster)
    for function in ("distribute", "accrueAndDistribute"):
        with unchanged(stage):
            assert stage.router.send(function, cluster, sender=stage.stranger).events == ()
        assert stage.router.call(function, cluster) == 0


def test_distributing_leaves_the_accrual_to_others(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    total = served_lease(stage, cluster).rent * Q // LEDGER
    with unchanged(stage):
        stage.router.send("distribute", cluster, sender=stage.stranger)
    stage.market.send("accrue", cluster, sender=stage.stranger)
    receipt = stage.router.send("distribute", cluster, sender=stage.stranger)
    assert receipt.event("Distributed")["earned"] == total
    assert receipt.all("Accrued") == []
    assert_split(stage, cluster, total, SPLITS[0])


def test_a_cluster_that_earned_nothing_distributes_nothing(stage: Stage) -> None:
    cluster = stage.register()
    assert stage.router.call("accrueAndDistribute", cluster) == 0
    assert distribute(stage, cluster).all("Distributed") == []
    assert_split(stage, cluster, 0, SPLITS[0])


@shows("ROUT-4")
def test_remainders_are_the_operators_alone(stage: Stage) -> None:
    split = (100_000, 200_000, 300_000)
    cluster = stage.cluster(UNITS, with_split(Terms(speed=0), split))
    lease = served_lease(stage, cluster)
    set_remainder(stage, cluster, 9 * LEDGER)
    total = lease.rent * Q // LEDGER
    parts = parts_of(total, split)
    assert stage.router.call("accrueAndDistribute", cluster) == total + 9
    receipt = distribute(stage, cluster)
    assert receipt.event("Distributed").arguments == {
        "clusterId": cluster,
        "earned": total,
        "remainder": 9,
        "cash": parts["cash"],
        "bitcoin": parts["bitcoin"],
    }
    waiting = (parts["operator"] + 9, parts["reporters"])
    assert stage.router.call("releasableOf", cluster) == waiting
    stage.router.send("release", cluster, sender=stage.stranger)
    assert (stage.claim_of(stage.operator), stage.claim_of(stage.oracle)) == waiting
    assert stage.router.call("totalOf", cluster) == total


@shows("ROUT-4")
def test_a_remainder_without_revenue_is_paid_too(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    open_lease(stage, cluster, 1, stage.hour() + 1, 1)
    set_remainder(stage, cluster, 2 * LEDGER + Q)
    assert distribute(stage, cluster).event("Distributed")["remainder"] == 2
    assert stage.router.call("releasableOf", cluster) == (2, 0)
    assert stage.claim_of(stage.router) == 2
    assert stage.router.call("totalOf", cluster) == 0


@shows("ROUT-13")
def test_clusters_have_books_of_their_own(stage: Stage) -> None:
    first, second = (stage.cluster(UNITS, with_split(FLAT, SPLITS[1])) for _ in range(2))
    served_lease(stage, first, units=1, hours=5)
    served_lease(stage, second, units=1, hours=2)
    distribute(stage, second)
    distribute(stage, first)
    asked = ("totalOf", "carriedOf", "bitcoinPendingOf")
    assert [stage.router.call(name, first) for name in asked] == [5, 2, 1]
    assert [stage.router.call(name, second) for name in asked] == [2, 2, 0]
    # Of three parts in three the token has one, and of two the floors gave it none.
    waits = [stage.router.call("releasableOf", cluster) for cluster in (first, second)]
    assert waits == [(1, 1), (0, 0)]
    assert stage.claim_of(stage.router) == 7


@pytest.mark.parametrize("cluster_id", [0, 2, MAX])
def test_an_unknown_cluster_is_refused(stage: Stage, cluster_id: int) -> None:
    stage.cluster()
    for function, more in (("accrueAndDistribute", ()), ("carriedOf", ()), ("payIn", (1,))):
        with expect_revert("CapacityRegistry_UnknownCluster", cluster_id):
            stage.router.call(function, cluster_id, *more)
    for function in ("distribute", "totalOf", "bitcoinPendingOf"):
        assert stage.router.call(function, cluster_id) == 0
    for function in ("release", "releasableOf"):
        assert stage.router.call(function, cluster_id) == (0, 0)
    for function in ("distribute", "release"):
        assert stage.router.send(function, cluster_id, sender=stage.stranger).events == ()


@shows("PAUSE-2")
def test_distribution_and_claims_stay_open_while_paused(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, with_split(Terms(speed=0), (0, 0, 0)))
    lease = served_lease(stage, cluster)
    stage.registry.send("pause", sender=stage.guardian)
    distribute(stage, cluster)
    stage.skip(DAY)
    event = stage.token(cluster).send("claim", stage.holders[0].address, sender=stage.operator)
    earned = lease.rent * Q // LEDGER
    assert earned - 1 <= event.event("Claimed")["cash"] <= earned
    assert stage.cash.call("balanceOf", stage.holders[0].address) == event.event("Claimed")["cash"]


@shows("ROUT-11")
def test_blocked_payees_stop_no_distribution(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    lease = served_lease(stage, cluster)
    contracts = (stage.oracle, stage.token(cluster), stage.router)
    for address in (stage.operator.address, *(contract.address for contract in contracts)):
        stage.cash.send("setBlocked", address, True, sender=stage.stranger)
    stage.cash.send("setPaused", True, sender=stage.stranger)
    distribute(stage, cluster)
    total = lease.rent * Q // LEDGER
    assert_split(stage, cluster, total, SPLITS[0])
    stage.router.send("release", cluster, sender=stage.stranger)
    parts = parts_of(total, SPLITS[0])
    assert stage.claim_of(stage.operator) == parts["operator"]
    assert stage.claim_of(stage.oracle) == parts["reporters"]


def test_revenue_of_retired_units_waits_in_the_token(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, with_split(FLAT, (0, 0, 0)))
    lease = open_lease(stage, cluster, 9, stage.hour() + 1, 1)
    stage.to_hour(lease.end)
    stage.registry.send("retire", cluster, UNITS, sender=stage.operator)
    deliver(stage, cluster, {lease.start: 9_000})
    assert distribute(stage, cluster).event("Distributed")["cash"] == 9
    revenue = stage.token(cluster).call("cashRevenue")
    assert revenue["carried"] == 9 << revenue["shift"]


@shows("REV-2")
def test_every_holder_earns_by_balance(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    token = stage.token(cluster)
    for holder, units in zip(stage.holders, (10, 25, 40), strict=True):
        token.send("transfer", holder.address, units * UNIT, sender=stage.operator)
    total = served_lease(stage, cluster).rent * Q // LEDGER
    distribute(stage, cluster)
    stage.skip(DAY)
    cash = parts_of(total, SPLITS[0])["cash"]
    owners = [*stage.holders, stage.operator]
    for holder, units in zip(owners, (10, 25, 40, 25), strict=True):
        event = token.send("claim", holder.address, sender=holder).event("Claimed")
        # A step of the index that is not full is carried: it may cost the last unit.
        assert event["cash"] in (cash * units // UNITS, cash * units // UNITS - 1)
        assert event["reserve"] == 0
