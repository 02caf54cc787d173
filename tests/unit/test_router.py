"""The split of revenue: floors of what was earned in all, so that distributing often is as good
as distributing once."""

import pytest

from tests.support.rent import FLAT, LEDGER, Opened, deliver, open_lease, set_remainder
from tests.support.reverts import expect_revert
from tests.support.stage import MAX, UNIT, Q, Stage, Terms
from tests.support.state import unchanged
from wellhead.chain import Receipt

UNITS = 100
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
    return stage.router.send("distribute", cluster, sender=stage.stranger)


def claims(stage: Stage, cluster: int) -> dict[str, int]:
    return {
        "operator": stage.claim_of(stage.operator),
        "reporters": stage.claim_of(stage.oracle),
        "cash": stage.claim_of(stage.token(cluster)),
        "bitcoin": stage.claim_of(stage.router),
    }


def assert_split(stage: Stage, cluster: int, total: int, split: tuple[int, int, int]) -> None:
    """All claims, and the router's own books, after `total` units of one cluster."""
    parts = parts_of(total, split)
    carried = total - sum(parts.values())
    assert 0 <= carried < 4
    assert claims(stage, cluster) == {**parts, "bitcoin": parts["bitcoin"] + carried}
    asked = [(name, (cluster,)) for name in ("totalOf", "carriedOf", "bitcoinPendingOf")]
    assert stage.router.call_many(asked) == [total, carried, parts["bitcoin"]]


def served_lease(stage: Stage, cluster: int, units: int = 7, hours: int = 5) -> Opened:
    lease = open_lease(stage, cluster, units, stage.hour() + 1, hours)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), units * 1000))
    return lease


@pytest.mark.parametrize("split", SPLITS)
def test_revenue_is_split_as_the_terms_say(stage: Stage, split: tuple[int, int, int]) -> None:
    cluster = stage.cluster(UNITS, with_split(Terms(speed=0), split))
    lease = served_lease(stage, cluster)
    total = lease.rent * Q // LEDGER
    parts = parts_of(total, split)
    assert stage.router.call("distribute", cluster) == total

    receipt = distribute(stage, cluster)

    assert receipt.event("Distributed").arguments == {
        "clusterId": cluster,
        "remainder": 0,
        **parts,
    }
    paid = [(e["to"], e["amount"]) for e in receipt.all("Moved")[1:]]
    payees = (
        (stage.operator.address, parts["operator"]),
        (stage.oracle.address, parts["reporters"]),
        (stage.token(cluster).address, parts["cash"]),
    )
    assert paid == [(payee, amount) for payee, amount in payees if amount]
    assert [event["cash"] for event in receipt.all("RevenueAdded")] == [parts["cash"]] * (
        parts["cash"] > 0
    )
    assert_split(stage, cluster, total, split)


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


def test_distributing_again_changes_nothing(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    served_lease(stage, cluster)
    distribute(stage, cluster)
    with unchanged(stage):
        assert distribute(stage, cluster).events == ()
    assert stage.router.call("distribute", cluster) == 0


def test_a_cluster_that_earned_nothing_distributes_nothing(stage: Stage) -> None:
    cluster = stage.register()
    assert stage.router.call("distribute", cluster) == 0
    assert distribute(stage, cluster).all("Distributed") == []
    assert_split(stage, cluster, 0, SPLITS[0])


def test_remainders_are_the_operators_alone(stage: Stage) -> None:
    split = (100_000, 200_000, 300_000)
    cluster = stage.cluster(UNITS, with_split(Terms(speed=0), split))
    lease = served_lease(stage, cluster)
    set_remainder(stage, cluster, 9 * LEDGER)
    total = lease.rent * Q // LEDGER
    assert stage.router.call("distribute", cluster) == total + 9
    receipt = distribute(stage, cluster)
    assert receipt.event("Distributed").arguments == {
        "clusterId": cluster,
        "remainder": 9,
        **parts_of(total, split),
    }
    assert stage.claim_of(stage.operator) == parts_of(total, split)["operator"] + 9
    assert stage.router.call("totalOf", cluster) == total


def test_a_remainder_without_revenue_is_paid_too(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    open_lease(stage, cluster, 1, stage.hour() + 1, 1)
    set_remainder(stage, cluster, 2 * LEDGER + 1)
    assert distribute(stage, cluster).event("Distributed")["remainder"] == 2
    assert stage.claim_of(stage.operator) == 2
    assert stage.router.call("totalOf", cluster) == 0


def test_clusters_have_books_of_their_own(stage: Stage) -> None:
    first, second = (stage.cluster(UNITS, with_split(FLAT, SPLITS[1])) for _ in range(2))
    served_lease(stage, first, units=1, hours=5)
    served_lease(stage, second, units=1, hours=2)
    distribute(stage, second)
    distribute(stage, first)
    asked = ("totalOf", "carriedOf", "bitcoinPendingOf")
    assert [stage.router.call(name, first) for name in asked] == [5, 2, 1]
    assert [stage.router.call(name, second) for name in asked] == [2, 2, 0]
    assert stage.claim_of(stage.router) == 5


@pytest.mark.parametrize("cluster_id", [0, 2, MAX])
def test_an_unknown_cluster_is_refused(stage: Stage, cluster_id: int) -> None:
    stage.cluster()
    for function in ("distribute", "carriedOf"):
        with expect_revert("CapacityRegistry_UnknownCluster", cluster_id):
            stage.router.call(function, cluster_id)
    for function in ("totalOf", "bitcoinPendingOf"):
        assert stage.router.call(function, cluster_id) == 0


def test_distribution_and_claims_stay_open_while_paused(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, with_split(Terms(speed=0), (0, 0, 0)))
    lease = served_lease(stage, cluster)
    stage.registry.send("pause", sender=stage.guardian)
    distribute(stage, cluster)
    event = stage.token(cluster).send("claim", stage.holders[0].address, sender=stage.operator)
    earned = lease.rent * Q // LEDGER
    assert earned - 1 <= event.event("Claimed")["cash"] <= earned
    assert stage.cash.call("balanceOf", stage.holders[0].address) == event.event("Claimed")["cash"]


def test_blocked_payees_stop_no_distribution(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    lease = served_lease(stage, cluster)
    contracts = (stage.oracle, stage.token(cluster), stage.router)
    for address in (stage.operator.address, *(contract.address for contract in contracts)):
        stage.cash.send("setBlocked", address, True, sender=stage.stranger)
    stage.cash.send("setPaused", True, sender=stage.stranger)
    distribute(stage, cluster)
    assert_split(stage, cluster, lease.rent * Q // LEDGER, SPLITS[0])


def test_revenue_of_retired_units_waits_in_the_token(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, with_split(FLAT, (0, 0, 0)))
    lease = open_lease(stage, cluster, 9, stage.hour() + 1, 1)
    stage.to_hour(lease.end)
    stage.registry.send("retire", cluster, UNITS, sender=stage.operator)
    deliver(stage, cluster, {lease.start: 9_000})
    assert distribute(stage, cluster).event("Distributed")["cash"] == 9
    revenue = stage.token(cluster).call("cashRevenue")
    assert revenue["carried"] == 9 << revenue["shift"]


def test_every_holder_earns_by_balance(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, Terms(speed=0))
    token = stage.token(cluster)
    for holder, units in zip(stage.holders, (10, 25, 40), strict=True):
        token.send("transfer", holder.address, units * UNIT, sender=stage.operator)
    total = served_lease(stage, cluster).rent * Q // LEDGER
    distribute(stage, cluster)
    cash = parts_of(total, SPLITS[0])["cash"]
    owners = [*stage.holders, stage.operator]
    for holder, units in zip(owners, (10, 25, 40, 25), strict=True):
        event = token.send("claim", holder.address, sender=holder).event("Claimed")
        # A step of the index that is not full is carried: it may cost the last unit.
        assert event["cash"] in (cash * units // UNITS, cash * units // UNITS - 1)
        assert event["reserve"] == 0
