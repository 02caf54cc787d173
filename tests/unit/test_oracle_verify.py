"""Checking records whose evidence is at hand and sound: whatever happened meanwhile, it passes."""

from __future__ import annotations

import pytest

from tests.support import reporters
from tests.support.evidence import NOW, Market, found, look_at, opened, with_more
from tests.support.stage import FINALITY, HOUR, Stage
from wellhead.actions.errors import Refusal
from wellhead.chain import Reverted, dev_account
from wellhead.oracle.measurements import Proposal


@pytest.fixture
def market(stage: Stage) -> Market:
    return opened(stage)


@pytest.fixture
def reported(market: Market) -> Market:
    return market.with_reports()


def test_everything_at_hand_and_sound(reported: Market) -> None:
    audit = reported.check()
    totals = audit.totals
    assert audit.verdict == "sound"
    assert audit.findings == []
    assert (audit.begin, audit.end) == (reported.view.cluster(reported.first).genesis, NOW + 6)
    assert (totals.hours, totals.reported) == (audit.end - audit.begin, 4)
    assert (audit.begin, audit.gaps) == (NOW, [(NOW, NOW + 1), (NOW + 5, NOW + 6)])
    assert totals.unreported == 2
    assert (totals.batches, totals.batches_missing) == (4, 0)
    assert (totals.measurements, totals.raw, totals.raw_missing) == (18, 18, 0)
    assert (totals.signatures_read, totals.signatures_unread) == (2, 0)
    assert (totals.canaries, totals.heartbeats, totals.no_outside_input) == (0, 0, 4)


def test_clusters_of_one_batch_are_checked_apart(reported: Market) -> None:
    reported.shelf.change_raw((reported.second, NOW + 2), reported.address(0), booked=7)
    assert reported.check().verdict == "sound"
    audit = reported.audit(reported.second)
    assert found(audit) == [("wrong", "booked")]
    assert audit.totals.reported == 3


def test_a_range_of_hours(reported: Market) -> None:
    audit = reported.audit(reported.first, NOW + 2, NOW + 4)
    assert (audit.begin, audit.end) == (NOW + 2, NOW + 4)
    assert (audit.totals.hours, audit.totals.reported) == (2, 2)
    assert audit.gaps == []
    assert audit.verdict == "sound"
    reported.shelf.raws.pop(reported.key(4))
    assert reported.audit(reported.first, NOW + 2, NOW + 4).verdict == "sound"
    assert reported.audit(reported.first, NOW + 4).verdict == "missing"


@pytest.mark.parametrize(
    ("begin", "end", "name"),
    [
        (NOW - 5, None, "SampleSkipped_BeforeGenesis"),
        (NOW + 6, None, "SampleSkipped_Unfinished"),
        (NOW + 3, NOW + 3, "NoHours"),
        (NOW + 3, NOW + 2, "NoHours"),
    ],
)
def test_hours_that_can_not_be_checked(
    reported: Market, begin: int, end: int | None, name: str
) -> None:
    with pytest.raises(Refusal) as raised:
        reported.audit(reported.first, begin, end)
    assert raised.value.name == name


def test_a_cluster_that_there_is_not(reported: Market) -> None:
    with pytest.raises(Reverted) as raised:
        reported.audit(9)
    assert raised.value.name == "CapacityRegistry_UnknownCluster"


def test_hours_that_left_the_ring(reported: Market) -> None:
    reported.stage.to_hour(NOW + 3 + reported.stage.oracle.call("RING"))
    with pytest.raises(Refusal) as raised:
        reported.audit(reported.first, NOW + 3)
    assert raised.value.name == "SampleSkipped_Ancient"
    audit = reported.audit(reported.first, end=NOW + 8)
    assert (audit.begin, audit.totals.reported, audit.verdict) == (NOW + 4, 1, "sound")


def test_units_minted_and_retired_in_between(market: Market) -> None:
    stage = market.stage
    market.report_hours([market.key(hour) for hour in range(6)])
    stage.skip(FINALITY)
    hour = stage.hour()
    stage.mint(market.first, 3)
    stage.to_hour(hour + 2, 5)
    stage.registry.send("retire", market.first, 5, sender=stage.operator)
    stage.to_hour(hour + 4, 5)
    market.report_hours([(market.first, hour + n) for n in (-1, 0, 1, 2, 3)])
    units = [market.frame((market.first, hour + n)).attested for n in (-1, 0, 1, 2, 3)]
    assert units == [4, 7, 7, 2, 2]
    assert market.check().verdict == "sound"
    market.shelf.change_raw((market.first, hour + 2), market.address(3), attested=7)
    audit = market.check()
    assert found(audit) == [("wrong", "attested")]
    assert audit.findings[0].detail == "attested 7 by the reporter, 2 by the registry"


def test_outside_input_is_counted(market: Market) -> None:
    stage, tenant = market.stage, dev_account(5)
    assert tenant.address == stage.tenants[0].address
    for hour, canaries, beats in ((1, True, False), (2, False, True), (3, True, True)):
        key = market.key(hour)
        beat = market.heartbeat(market.lease, NOW + hour, tenant)
        samples = with_more(
            look_at(NOW + hour, 4),
            [market.canary(NOW + hour)] if canaries else [],
            [beat] if beats else [],
        )
        signed = [market.measure(key, 0, samples), *(market.measure(key, n) for n in (1, 2))]
        market.report(Proposal.of(signed))
    market.report_hours([market.key(4)])
    audit = market.check()
    assert audit.findings == []
    totals = audit.totals
    assert (totals.canaries, totals.heartbeats, totals.no_outside_input) == (2, 2, 1)


def test_the_user_of_a_lease_sends_heartbeats(market: Market) -> None:
    user, stage = dev_account(30), market.stage
    hour = stage.hour()
    lease = stage.lease(market.first, 1, hour, 3)
    stage.market.send("setUser", lease, user.address, hour * HOUR + HOUR, sender=stage.tenants[0])
    stage.to_hour(hour + 1, 30)
    key = (market.first, hour)
    samples = with_more(look_at(hour, 4), heartbeats=[market.heartbeat(lease, hour, user)])
    market.report(Proposal.of([market.measure(key, n, samples) for n in range(3)]))
    assert market.check().verdict == "sound"


def test_a_former_reporter_was_one_then(reported: Market) -> None:
    """The first batch is of before the removal, the other holds its measurement after it."""
    stage = reported.stage
    signed = [reported.measure(reported.key(5), n) for n in (0, 1, 2, 3)]
    reporters.remove(stage, reported.address(0))
    assert reported.check().verdict == "sound"
    reported.report(Proposal.of(signed), reported.reporters[1:4])
    audit = reported.check()
    assert found(audit) == [("wrong", "foreign")]
    (finding,) = audit.findings
    assert (finding.begin, finding.end) == (NOW + 5, NOW + 6)
    assert finding.reporter == reported.address(0)


def test_a_whole_new_set_of_reporters(reported: Market) -> None:
    stage = reported.stage
    team = reporters.team(3)
    reporters.change(stage, [account.address for account in team], 2)
    hour = stage.hour() - 1
    stage.reporters, former = team, stage.reporters
    try:
        proposal = reported.propose([(reported.first, hour)], range(3))
        reported.report(proposal, team[1:])
        assert reported.check().verdict == "sound"
        assert reported.check().totals.reported == 5
    finally:
        stage.reporters = former
