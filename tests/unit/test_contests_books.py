"""What contests do to the money: a contested hour, and those after it, wait for the decision."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.bonds import Flows, accrue, assert_balanced, settle, snapshot
from tests.support.contests import DEPOSIT, SILENCE, Case, contest, recount, report, reported
from tests.support.lifecycle import cancel, extend, refund_of
from tests.support.rent import FLAT, LEDGER, RATE, books, deliver, loss, open_lease
from tests.support.reporters import claims
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, USD, Q, Stage
from tests.support.state import refused
from wellhead.model.samples import Sample

#: Rent of 100 dollars per unit and hour, so that losses are whole units.
TERMS = FLAT.but(base_start=100 * USD, base_floor=100 * USD, base_cap=100 * USD)


@pytest.fixture
def case(stage: Stage) -> Case:
    """The first of four hours, served in full as was reported, and contested."""
    found = reported(stage, terms=TERMS)
    found.contest()
    return found


def serve(case: Case, hours: int = 3) -> None:
    """The hours after the contested one pass, are reported, and become final."""
    start = case.hour + 1
    deliver(case.stage, case.cluster, dict.fromkeys(range(start, start + hours), 10_000))


def due(case: Case, available: int) -> int:
    """Refund of the contested hour, whole units, when so much was available."""
    lost = loss(available, 10_000 // 1000, TERMS.sla, TERMS.penalty)
    return case.lease.rate_at(case.hour) * min(lost, Q) // LEDGER


@shows("ACC-4", "CON-1")
def test_a_contested_hour_moves_nothing_and_neither_does_any_after_it(case: Case) -> None:
    stage = case.stage
    serve(case)
    stage.skip(SILENCE)
    before = books(stage, case.cluster)
    for _ in range(2):
        accrue(stage, case.cluster)
        stage.router.send("accrueAndDistribute", case.cluster, sender=stage.stranger)
        assert settle(stage, case.lease.id) == 0
    after = books(stage, case.cluster)
    assert (after["cursor"], after["lost"], after["earned"]) == (case.hour, 0, before["earned"])
    assert stage.router.call("totalOf", case.cluster) == 0


@shows("CON-4")
@pytest.mark.parametrize("end", ["upheld", "rejected", "closed"])
def test_the_decision_moves_all_at_once(case: Case, end: str) -> None:
    stage = case.stage
    serve(case)
    available = {"upheld": 6_000, "rejected": 10_000, "closed": 0}[end]
    if end == "closed":
        stage.skip(SILENCE)
        case.close()
    else:
        case.recount(available)
    before = case.wallet()[1]
    assert settle(stage, case.lease.id) == due(case, available)
    assert case.wallet()[1] == before + due(case, available)
    assert books(stage, case.cluster)["cursor"] == stage.hour()
    rent = case.lease.rate * 4 // RATE
    stage.router.send("accrueAndDistribute", case.cluster, sender=stage.stranger)
    assert stage.router.call("totalOf", case.cluster) == rent - due(case, available)


@shows("CON-4")
def test_a_recount_is_the_record_of_every_tenant_of_the_hour(stage: Stage) -> None:
    cluster = stage.cluster(100, TERMS)
    start, (ann, bob) = stage.hour() + 1, stage.tenants[:2]
    first = open_lease(stage, cluster, 10, start, 2, ann)
    second = open_lease(stage, cluster, 30, start, 2, bob)
    stage.to_hour(start + 1)
    case = report(stage, first, start, 40_000)
    case.contest()
    recount(stage, case.sample(20_000))
    lost = loss(20_000, 40, TERMS.sla, TERMS.penalty)
    for lease in (first, second):
        assert settle(stage, lease.id) == lease.rate * lost // LEDGER > 0


@shows("CON-10")
def test_a_contest_that_changes_nothing_leaves_no_trace_in_the_books(stage: Stage) -> None:
    """But for the deposit, and for the time it took."""
    case = reported(stage, 7_000, terms=TERMS)
    ids, ends = [case.lease.id], []
    for is_contested in (False, True):
        with stage.scratch():
            if is_contested:
                case.contest()
            serve(case)
            if is_contested:
                case.recount(7_000)
                stage.oracle.send("payReporters", sender=stage.stranger)
            settle(stage, case.lease.id)
            stage.router.send("accrueAndDistribute", case.cluster, sender=stage.stranger)
            ends.append(snapshot(stage, case.cluster, ids))
    plain, contested = ends
    paid = [contested["tenants"][0] + DEPOSIT, *contested["tenants"][1:]]
    hour = {"cursor": plain["books"]["cursor"], "baseHour": plain["books"]["baseHour"]}
    assert {**contested, "tenants": paid, "books": {**contested["books"], **hour}} == plain


@shows("CON-10")
def test_what_tenants_paid_in_is_all_accounted_for(case: Case) -> None:
    stage, lease = case.stage, case.lease
    flows = Flows()
    flows.note(lease.receipt)
    assert_balanced(stage, case.cluster, flows, [lease.id])
    serve(case)
    settle(stage, lease.id)
    assert_balanced(stage, case.cluster, flows, [lease.id])
    case.recount(5_000)
    settle(stage, lease.id)
    assert_balanced(stage, case.cluster, flows, [lease.id])


@shows("CON-11")
def test_while_an_hour_is_contested_leases_are_cancelled_extended_and_sold(case: Case) -> None:
    """All but the refund of that hour, which the next owner gets when it is decided."""
    stage, lease, buyer = case.stage, case.lease, case.stage.tenants[1]
    extend(stage, lease, 6)
    assert refund_of(cancel(stage, lease.id, lease.end + 2, by=case.tenant)) > 0
    move = (case.tenant.address, buyer.address, lease.id)
    stage.market.send("transferFrom", *move, sender=case.tenant)
    seller, before = case.wallet()[1], case.wallet(buyer)[1]
    case.recount(0)
    settle(stage, lease.id)
    assert case.wallet(buyer)[1] == before + lease.rate // RATE
    assert case.wallet()[1] == seller + DEPOSIT


@shows("CON-11")
def test_nothing_is_minted_until_the_hour_is_decided(case: Case) -> None:
    """New units must take no part of what the hour earned."""
    stage = case.stage
    with stage.scratch():
        stage.mint(case.cluster, 5)  # nothing that timely reports would have made final is open yet
    serve(case)
    stage.skip(2 * HOUR)
    at = (stage.now() // HOUR + 1) * HOUR
    stage.anvil.next_block_at(at)
    current = (case.cluster, case.hour, (at - FINALITY) // HOUR - 1)
    with refused(stage, "CapacityRegistry_RecordNotCurrent", *current):
        stage.mint(case.cluster, 5)
    case.recount(10_000)
    stage.mint(case.cluster, 5)
    assert stage.registry.call("clusterOf", case.cluster)["attested"] == 105


def test_an_hour_closed_for_want_of_a_recount_counts_as_dark(case: Case) -> None:
    """Seventy-two of them in a row would be a default: reporters must not stay silent."""
    stage = case.stage
    case.pass_silence()
    case.close()
    accrue(stage, case.cluster)
    found = books(stage, case.cluster)
    assert (found["cursor"], found["down"]) == (case.hour + 1, HOUR)
    serve(case, 1)
    accrue(stage, case.cluster)
    assert books(stage, case.cluster)["down"] == 0


def test_a_tenant_who_contests_everything_pays_for_it(stage: Stage) -> None:
    """Every hour waits, nobody else is harmed, and the reporters earn what they spend on it."""
    cluster = stage.cluster(100, TERMS)
    start, (spiteful, other) = stage.hour() + 1, stage.tenants[:2]
    mine = open_lease(stage, cluster, 1, start, 6, spiteful)
    theirs = open_lease(stage, cluster, 50, start, 6, other)
    hours = range(start, start + 6)
    found: dict[bool, dict[str, Any]] = {}
    for is_spiteful in (False, True):
        with stage.scratch():
            for hour in hours:
                stage.to_hour(hour + 1)
                stage.report([Sample(cluster, hour, 100_000, 51_000 if hour % 2 else 25_500)])
                if is_spiteful:
                    contest(stage, mine.id, hour, spiteful)
                    assert stage.claim_of(stage.contests) == DEPOSIT
                    recount(stage, Sample(cluster, hour, 100_000, 51_000 if hour % 2 else 25_500))
            if is_spiteful:
                assert stage.claim_of(stage.oracle) == 6 * DEPOSIT
                stage.oracle.send("payReporters", sender=stage.stranger)
                assert claims(stage) == [6 * DEPOSIT // 5] * 5
            stage.finalize()
            settle(stage, mine.id)
            settle(stage, theirs.id)
            stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
            found[is_spiteful] = snapshot(stage, cluster, [mine.id, theirs.id])
    paid = found[True]["tenants"]
    found[True]["tenants"] = [paid[0] + 6 * DEPOSIT, *paid[1:]]
    assert found[True] == found[False]
