"""Asking for much at once: answers, refusals, and logs of many things."""

from __future__ import annotations

import pytest

from tests.support.counting import counted
from tests.support.reverts import expect_revert
from tests.support.stage import Stage
from wellhead.actions import asking
from wellhead.actions.asking import ask, events_among, newest
from wellhead.actions.held import find_leases, held_lease, held_leases

ZERO = "0x" + "00" * 20


def test_answers_of_several_contracts_in_one_request(stage: Stage) -> None:
    cluster = stage.cluster(10)
    token = stage.token(cluster)
    questions = [
        (stage.registry, "clusterOf", [cluster]),
        (token, "symbol", []),
        *[(stage.market, "bookedAt", [cluster, stage.hour() + n]) for n in range(98)],
    ]
    with counted() as asked:
        state, symbol, *booked = ask(stage.anvil.rpc, questions)
    assert asked.requests == 1
    assert (state["attested"], symbol, booked) == (10, "wNH1", [0] * 98)


def test_what_reverts_says_with_what(stage: Stage) -> None:
    cluster = stage.cluster(10)
    questions = [(stage.registry, "clusterOf", [each]) for each in (cluster, cluster + 1)]
    with expect_revert("CapacityRegistry_UnknownCluster", cluster + 1):
        ask(stage.anvil.rpc, questions)


def test_logs_of_some_leases(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in one question, in several, and where all logs are read."""
    cluster, start = stage.cluster(100), stage.hour() + 1
    leases = [stage.lease(cluster, 1, start, 2) for _ in range(7)]
    names, last = ("LeaseOpened",), stage.anvil.rpc.integer("eth_blockNumber")
    wanted = leases[1:6]
    for most, questions, requests in ((500, 4, 1), (2, 4, 3), (2, 2, 1)):
        monkeypatch.setattr(asking, "MOST_VALUES", most)
        monkeypatch.setattr(asking, "MOST_QUESTIONS", questions)
        with counted() as asked:
            found = events_among(stage.market, names, 0, last, 0, wanted)
        assert [event["leaseId"] for event in found] == wanted
        assert asked.calls["eth_getLogs"] == requests


def test_the_newest_log_is_looked_for_backwards(stage: Stage) -> None:
    cluster = stage.cluster(10)
    assert newest(stage.market, "Transfer", 0, 50, [ZERO]) is None
    lease = stage.lease(cluster, 1, stage.hour() + 1, 2)
    for _ in range(3 * asking.FIRST_REACH):
        stage.anvil.rpc("evm_mine")
    last = stage.anvil.rpc.integer("eth_blockNumber")
    found = newest(stage.market, "Transfer", 0, last, [ZERO])
    assert found is not None
    assert found["id"] == lease


def test_leases_that_were_split_cancelled_and_handed_over(stage: Stage) -> None:
    """However they are asked for, they are the same, and where they come from too."""
    first, second = stage.cluster(100), stage.cluster(100)
    start, (tenant, other) = stage.hour() + 1, stage.tenants[:2]
    whole = stage.lease(first, 12, start, 24)
    gone = stage.lease(first, 1, start, 24)
    kept = stage.lease(second, 2, start, 24)
    send = stage.market.send
    half = int(send("splitUnits", whole, 6, sender=tenant).event("UnitsSplit")["newLeaseId"])
    late = int(
        send("splitHours", half, start + 12, sender=tenant).event("HoursSplit")["newLeaseId"]
    )
    send("cancel", gone, start, 0, sender=tenant)
    send("transferFrom", tenant.address, other.address, late, sender=tenant)
    deployment = stage.deployment
    everything = held_leases(deployment)
    assert [lease.lease for lease in everything] == [whole, kept, half, late]
    assert [lease.split_from for lease in everything] == [None, None, whole, half]
    assert {lease.tenant for lease in everything} == {tenant.address}
    assert held_leases(deployment, first) == [x for x in everything if x.cluster == first]
    assert [held_lease(deployment, lease.lease) for lease in everything] == everything
    assert list(find_leases(deployment, None, other.address)) == [late]
    assert list(find_leases(deployment, second, tenant.address)) == [kept]
    assert list(find_leases(deployment, first, tenant.address)) == [whole, half]
