"""Contests: who may contest which hour, when, and what it does to the record."""

from __future__ import annotations

import pytest

from tests.support.bonds import declare, go_down
from tests.support.contests import (
    DEPOSIT,
    NO_CONTEST,
    SILENCE,
    Case,
    contest,
    digest,
    recount,
    report,
    reported,
    switch,
)
from tests.support.lifecycle import cancel, split_hours, split_units
from tests.support.raw import attempt, deploy, impersonate
from tests.support.records import record
from tests.support.rent import open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, FINALITY, HOUR, MAX, Stage
from tests.support.state import refused
from tests.support.values import plain
from wellhead.chain import Contract
from wellhead.model.samples import Sample

#: `finalAt` of a contested record: a market clock that never comes.
NEVER = 2**32 - 1


@pytest.fixture
def case(stage: Stage) -> Case:
    return reported(stage)


def deploy_contests(stage: Stage, deposit: int) -> Contract:
    at = stage.deployment.addresses
    names = ("CapacityRegistry", "MetricsOracle", "LeaseMarket", "Vault", "cash")
    return deploy(stage, "Contests", *(at[name] for name in names), deposit)


@pytest.mark.parametrize("deposit", [1, 10**12])
def test_a_deposit_is_set_at_deployment(stage: Stage, deposit: int) -> None:
    assert deploy_contests(stage, deposit).call("deposit") == deposit


@pytest.mark.parametrize("deposit", [0, 10**12 + 1, 2**64, MAX])
def test_no_other_deposit_is_deployed(stage: Stage, deposit: int) -> None:
    with expect_revert("Contests_InvalidDeposit", deposit):
        deploy_contests(stage, deposit)


def test_the_constants_are_half_a_percent_and_what_was_deployed(stage: Stage) -> None:
    assert stage.contests.call_many([("TOLERANCE", []), ("deposit", [])]) == [5_000, DEPOSIT]


@shows("SIG-14")
def test_the_domain_is_the_contests(stage: Stage) -> None:
    domain = plain(stage.contests.call("eip712Domain"))
    here = (stage.deployment.chain_id, stage.contests.address)
    assert domain == (b"\x0f", "Wellhead Contests", "1", *here, bytes(32), ())


@pytest.mark.parametrize("word", [0, 1, 2**255 + 7, MAX])
@pytest.mark.parametrize("evidence", [bytes(32), EVIDENCE, bytes(range(32))])
def test_the_digest_is_what_reporters_sign(stage: Stage, word: int, evidence: bytes) -> None:
    assert stage.contests.call("recountDigest", word, evidence) == digest(stage, word, evidence)


def test_a_contest_is_announced_and_the_record_held(case: Case) -> None:
    stage, before = case.stage, case.record
    receipt = case.contest()
    closable_at = stage.registry.call("clock") + SILENCE
    names = [event.name for event in receipt.events if event.name != "Transfer"]
    assert names == ["Held", "Contested", "Deposited"]
    assert receipt.event("Held").arguments == {"clusterId": case.cluster, "hour": case.hour}
    assert receipt.event("Contested").arguments == {
        "clusterId": case.cluster,
        "hour": case.hour,
        "leaseId": case.lease.id,
        "tenant": case.tenant.address,
        "deposit": DEPOSIT,
        "available": 10_000,
        "closableAt": closable_at,
    }
    assert case.open == {
        "tenant": case.tenant.address,
        "closableAt": closable_at,
        "deposit": DEPOSIT,
        "available": 10_000,
    }
    assert case.record == {**before, "isContested": True, "finalAt": NEVER}
    assert stage.claim_of(stage.contests) == DEPOSIT


@shows("CON-1")
def test_a_contested_hour_does_not_become_final(case: Case) -> None:
    stage = case.stage
    case.contest()
    for seconds in (FINALITY, SILENCE, 365 * 24 * HOUR):
        stage.skip(seconds)
        assert stage.oracle.call("finalAvailable", *case.key) == (False, 0)
        assert case.record["isFinal"] is False


@shows("ORA-13")
def test_other_hours_and_clusters_are_not_contested(case: Case) -> None:
    stage = case.stage
    stage.to_hour(case.hour + 2)
    other = stage.cluster(100)
    stage.to_hour(case.hour + 3)
    stage.report([Sample(case.cluster, case.hour + 1, 10_000, 10_000)])
    stage.report([Sample(other, case.hour + 2, 10_000, 0)])
    case.contest()
    for key in ((case.cluster, case.hour + 1), (other, case.hour + 2), (other, case.hour)):
        assert record(stage, *key)["isContested"] is False
        assert stage.contests.call("contestOf", *key) == NO_CONTEST
    stage.finalize()
    assert stage.oracle.call("finalAvailable", case.cluster, case.hour + 1) == (True, 10_000)


@shows("CON-2")
@pytest.mark.parametrize("who", ["stranger", "operator", "governor", "guardian", "relay"])
def test_only_the_owner_contests(case: Case, who: str) -> None:
    caller = getattr(case.stage, who)
    with refused(case.stage, "Contests_NotTenant", case.lease.id, caller.address):
        attempt(case.stage.contests, "contest", case.lease.id, case.hour, sender=caller)


@shows("CON-2")
def test_whom_the_owner_approved_or_lets_use_the_lease_may_not(case: Case) -> None:
    stage, lease = case.stage, case.lease
    friend, user = stage.tenants[1], stage.tenants[2]
    stage.market.send("setApprovalForAll", friend.address, True, sender=case.tenant)
    stage.market.send("approve", stage.stranger.address, lease.id, sender=case.tenant)
    stage.market.send("setUser", lease.id, user.address, lease.end * HOUR, sender=case.tenant)
    for caller in (friend, stage.stranger, user):
        with refused(stage, "Contests_NotTenant", lease.id, caller.address):
            case.contest(caller)
    case.contest()


@pytest.mark.parametrize("lease_id", [0, 2, MAX])
def test_nobody_contests_for_a_lease_that_is_not_there(case: Case, lease_id: int) -> None:
    with refused(case.stage, "TokenDoesNotExist"):
        contest(case.stage, lease_id, case.hour, case.tenant)


@pytest.mark.parametrize("place", ["first", "last"])
def test_every_hour_of_the_lease_can_be_contested(stage: Stage, place: str) -> None:
    case = reported(stage)
    lease = case.lease
    hour = lease.start if place == "first" else lease.end - 1
    if place == "last":
        stage.to_hour(lease.end)
        report(stage, lease, hour, 10_000)
    contest(stage, lease.id, hour, case.tenant)
    assert record(stage, case.cluster, hour)["isContested"] is True


@shows("CON-2")
@pytest.mark.parametrize("offset", [-1, 4, 5, None])
def test_no_other_hour_can_be(stage: Stage, offset: int | None) -> None:
    case = reported(stage)
    lease = case.lease
    hour = MAX if offset is None else lease.start + offset
    stage.to_hour(lease.end + 2)
    # They all have a record: whether there is one is asked later.
    stage.report_hours(case.cluster, lease.start - 1, lease.end + 2)
    range_ = (lease.start, lease.end)
    with refused(stage, "Contests_HourNotLeased", lease.id, hour, *range_):
        contest(stage, lease.id, hour, case.tenant)


@shows("CON-3")
def test_an_hour_without_a_report_can_not_be_contested(case: Case) -> None:
    for hour in (case.hour + 1, case.hour + 2):
        with refused(case.stage, "MetricsOracle_NotReported", case.cluster, hour):
            contest(case.stage, case.lease.id, hour, case.tenant)


@shows("ORA-8")
def test_a_record_can_be_contested_until_it_is_final_to_the_second(case: Case) -> None:
    stage, final_at = case.stage, case.record["finalAt"]
    last = stage.now() + FINALITY - 1
    with stage.scratch():
        stage.anvil.next_block_at(last)
        case.contest()
        assert case.record["isContested"] is True
    stage.anvil.next_block_at(last + 1)
    with refused(stage, "MetricsOracle_AlreadyFinal", *case.key, final_at, final_at):
        case.contest()


@shows("CON-3")
def test_an_hour_closed_for_silence_is_final(stage: Stage) -> None:
    cluster = stage.cluster(100)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 4)
    stage.to_hour(lease.start + 1, SILENCE)
    stage.oracle.send("closeSilent", cluster, lease.start, sender=stage.stranger)
    clock = stage.registry.call("clock")
    stage.anvil.next_block_at(stage.now() + 5)
    refusal = (cluster, lease.start, clock, clock + 5)
    with refused(stage, "MetricsOracle_AlreadyFinal", *refusal):
        contest(stage, lease.id, lease.start, lease.tenant)


@shows("CON-3")
def test_an_hour_is_contested_once(case: Case) -> None:
    stage = case.stage
    case.contest()
    with refused(stage, "MetricsOracle_AlreadyContested", *case.key):
        case.contest()
    stage.skip(FINALITY)
    with refused(stage, "MetricsOracle_AlreadyContested", *case.key):
        case.contest()


@shows("CON-3")
@pytest.mark.parametrize("end", ["upheld", "rejected", "closed"])
def test_a_decided_hour_is_final_and_not_contested_again(case: Case, end: str) -> None:
    stage = case.stage
    case.contest()
    if end == "closed":
        case.pass_silence()
        case.close()
    else:
        case.recount(0 if end == "upheld" else 10_000)
    clock = stage.registry.call("clock")
    assert case.record["finalAt"] == clock
    assert (case.record["isFinal"], case.record["isContested"]) == (True, False)
    assert case.open == NO_CONTEST
    switch(stage, "pause")  # even where no second passes on the market clock
    later = stage.registry.call("clock")
    with refused(stage, "MetricsOracle_AlreadyFinal", *case.key, clock, later):
        case.contest()


def test_two_tenants_share_one_contest(stage: Stage) -> None:
    cluster = stage.cluster(100)
    start, (ann, bob) = stage.hour() + 1, stage.tenants[:2]
    first = open_lease(stage, cluster, 10, start, 4, ann)
    second = open_lease(stage, cluster, 20, start, 4, bob)
    stage.to_hour(start + 2)
    cases = [report(stage, first, start, 30_000), report(stage, second, start + 1, 30_000)]
    cases[0].contest()
    with refused(stage, "MetricsOracle_AlreadyContested", cluster, start):
        contest(stage, second.id, start, bob)
    cases[1].contest()
    with refused(stage, "MetricsOracle_AlreadyContested", cluster, start + 1):
        contest(stage, first.id, start + 1, ann)
    assert stage.claim_of(stage.contests) == 2 * DEPOSIT


@shows("PAUSE-4")
def test_a_pause_stops_finality_but_no_contest(case: Case) -> None:
    stage = case.stage
    paused = stage.now() + FINALITY - 1
    switch(stage, "pause", paused)
    stage.skip(30 * 24 * HOUR)
    clock = stage.registry.call("clock")
    assert case.contest().event("Contested")["closableAt"] == clock + SILENCE
    assert case.open["closableAt"] == clock + SILENCE


def test_a_lease_that_was_moved_has_another_owner(case: Case) -> None:
    stage, buyer = case.stage, case.stage.tenants[1]
    seller = case.tenant
    stage.market.send("transferFrom", seller.address, buyer.address, case.lease.id, sender=seller)
    with refused(stage, "Contests_NotTenant", case.lease.id, seller.address):
        case.contest()
    assert case.contest(buyer).event("Contested")["tenant"] == buyer.address


@shows("CON-2")
def test_hours_that_were_cancelled_are_no_longer_leased(stage: Stage) -> None:
    case = reported(stage)
    lease = case.lease
    cancel(stage, lease.id, lease.start + 2, by=case.tenant)
    stage.to_hour(lease.end)
    stage.report_hours(case.cluster, lease.start + 1, lease.end)
    contest(stage, lease.id, lease.start + 1, case.tenant)
    for hour in (lease.start + 2, lease.end - 1):
        range_ = (lease.start, lease.start + 2)
        with refused(stage, "Contests_HourNotLeased", lease.id, hour, *range_):
            contest(stage, lease.id, hour, case.tenant)


@shows("CON-2")
def test_void_hours_are_not_leased(stage: Stage) -> None:
    cluster = stage.cluster(100)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 200)
    go_down(stage, cluster, lease.start)
    hour = int(declare(stage, cluster).event("Defaulted")["hour"])
    stage.to_hour(hour + 1)
    stage.report([Sample(cluster, h, 10_000, 0) for h in (hour - 1, hour)])
    contest(stage, lease.id, hour - 1, lease.tenant)
    with refused(stage, "Contests_HourNotLeased", lease.id, hour, lease.start, hour):
        contest(stage, lease.id, hour, lease.tenant)


def test_after_a_split_by_units_both_leases_have_the_hour(case: Case) -> None:
    stage, buyer = case.stage, case.stage.tenants[1]
    other, _ = split_units(stage, case.lease.id, 4, case.tenant)
    move = (case.tenant.address, buyer.address, other)
    stage.market.send("transferFrom", *move, sender=case.tenant)
    with stage.scratch():
        case.contest()
    contest(stage, other, case.hour, buyer)
    with refused(stage, "MetricsOracle_AlreadyContested", *case.key):
        case.contest()


@shows("CON-2")
def test_after_a_split_by_hours_each_lease_has_its_own(stage: Stage) -> None:
    case = reported(stage)
    lease, middle = case.lease, case.lease.start + 2
    later, _ = split_hours(stage, lease.id, middle, case.tenant)
    stage.to_hour(lease.end)
    stage.report_hours(case.cluster, lease.start + 1, lease.end)
    for lease_id, hour, range_ in (
        (lease.id, middle, (lease.start, middle)),
        (later, middle - 1, (middle, lease.end)),
    ):
        with refused(stage, "Contests_HourNotLeased", lease_id, hour, *range_):
            contest(stage, lease_id, hour, case.tenant)
    contest(stage, lease.id, middle - 1, case.tenant)
    contest(stage, later, middle, case.tenant)


@shows("CON-12")
@pytest.mark.parametrize("who", ["stranger", "governor", "guardian", "tenant"])
def test_only_the_contests_hold_and_decide(case: Case, who: str) -> None:
    stage = case.stage
    caller = case.tenant if who == "tenant" else getattr(stage, who)
    word = case.sample(0).encode()
    for function, values in (("hold", case.key), ("decide", (word,))):
        with refused(stage, "MetricsOracle_NotContests", caller.address):
            attempt(stage.oracle, function, *values, sender=caller)


@shows("CON-12")
def test_the_oracle_itself_holds_and_decides_what_can_be(case: Case) -> None:
    """It does as the contests contract asks, but where there is nothing to hold or to decide."""
    stage = case.stage
    contests = impersonate(stage, stage.contests.address)
    unreported = (case.cluster, case.hour + 1)
    for key in (unreported, (case.cluster, 2**24 + 1), (7, case.hour), (0, 0)):
        with refused(stage, "MetricsOracle_NotReported", *key):
            stage.oracle.send("hold", *key, sender=contests)
        word = Sample(key[0], key[1] % 2**24, 0, 0).encode()
        with refused(stage, "MetricsOracle_NotContested", key[0], key[1] % 2**24):
            stage.oracle.send("decide", word, sender=contests)
    with refused(stage, "MetricsOracle_NotContested", *case.key):
        stage.oracle.send("decide", case.sample(0).encode(), sender=contests)
    assert stage.oracle.call("hold", *case.key, sender=contests.address) == 10_000


def test_nothing_but_a_contest_is_a_contest(case: Case) -> None:
    for key in (case.key, (case.cluster, case.hour + 1), (9, 9)):
        assert case.stage.contests.call("contestOf", *key) == NO_CONTEST
    with refused(case.stage, "Contests_NotContested", *case.key):
        case.close()
    with refused(case.stage, "Contests_NotContested", *case.key):
        recount(case.stage, case.sample(0))
