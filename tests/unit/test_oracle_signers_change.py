"""Other reporters: announced two days ahead, enacted by anybody, and removed at once."""

from __future__ import annotations

import pytest
from eth_utils.address import to_checksum_address

from tests.support.contests import reported
from tests.support.records import Skip, record, skipped
from tests.support.reporters import (
    SIGNER_DELAY,
    announce,
    announced,
    change,
    claims,
    enact,
    made_up,
    pay_in,
    remove,
    team,
)
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, Stage
from tests.support.state import refused, unchanged
from wellhead.chain.signing import quorum, report_digest
from wellhead.model.samples import Sample

NONE = (bytes(32), 0)


def signers(stage: Stage) -> tuple[list[str], int]:
    found: tuple[list[str], int] = stage.oracle.call("signers")
    return found


def standing(stage: Stage) -> list[str]:
    return [reporter.address for reporter in stage.reporters]


def due(stage: Stage) -> tuple[bytes, int]:
    found: tuple[bytes, int] = stage.oracle.call("announcement")
    return found


def test_two_days_lie_between_announcement_and_change(stage: Stage) -> None:
    assert stage.oracle.call("SIGNER_DELAY") == SIGNER_DELAY == 2 * 24 * 3600


def test_an_announcement_says_who_and_when_and_changes_nothing(stage: Stage) -> None:
    assert due(stage) == NONE
    receipt = announce(stage, made_up(5), 3)
    enactable_at = stage.now() + SIGNER_DELAY
    assert [event.name for event in receipt.events] == ["SignersAnnounced"]
    assert receipt.event("SignersAnnounced").arguments == {
        "signers": made_up(5),
        "threshold": 3,
        "enactableAt": enactable_at,
    }
    assert due(stage) == (announced(made_up(5), 3), enactable_at)
    assert signers(stage) == (standing(stage), 3)


@shows("SIG-8")
@pytest.mark.parametrize("who", ["stranger", "governor", "guardian", "relay", "operator"])
def test_anybody_enacts_to_the_second(stage: Stage, who: str) -> None:
    announce(stage, made_up(5), 3)
    ready = stage.now() + SIGNER_DELAY
    caller = getattr(stage, who)
    stage.anvil.next_block_at(ready - 1)
    with refused(stage, "MetricsOracle_TooEarly", ready, ready - 1):
        stage.oracle.send("enactSigners", made_up(5), 3, sender=caller)
    stage.anvil.next_block_at(ready)
    receipt = stage.oracle.send("enactSigners", made_up(5), 3, sender=caller)
    assert [event.name for event in receipt.events] == ["SignersSet"]
    assert receipt.event("SignersSet").arguments == {"signers": made_up(5), "threshold": 3}
    assert signers(stage) == (made_up(5), 3)
    assert due(stage) == NONE


@shows("SIG-8")
def test_an_announcement_does_not_expire_and_is_enacted_once(stage: Stage) -> None:
    announce(stage, made_up(5), 3)
    stage.skip(400 * 24 * 3600)
    enact(stage, made_up(5), 3)
    for _ in range(2):
        with refused(stage, "MetricsOracle_NotAnnounced"):
            enact(stage, made_up(5), 3)
        stage.skip(SIGNER_DELAY)


@shows("SIG-8")
@pytest.mark.parametrize(
    ("names", "threshold"),
    [
        (made_up(5), 4),
        (made_up(4), 3),
        (made_up(6), 4),
        (made_up(5, first=2), 3),
        (made_up(5)[::-1], 3),
        ([], 0),
        ([], 3),
    ],
)
def test_exactly_what_was_announced_is_enacted(
    stage: Stage, names: list[str], threshold: int
) -> None:
    with refused(stage, "MetricsOracle_NotAnnounced"):
        enact(stage, names, threshold)
    announce(stage, made_up(5), 3)
    stage.skip(SIGNER_DELAY)
    with refused(stage, "MetricsOracle_NotAnnounced"):
        enact(stage, names, threshold)
    enact(stage, made_up(5), 3)


@shows("SIG-8")
def test_another_announcement_takes_the_place_of_the_first(stage: Stage) -> None:
    announce(stage, made_up(5), 3)
    stage.skip(SIGNER_DELAY - 100)
    announce(stage, made_up(3), 2)
    ready = stage.now() + SIGNER_DELAY
    assert due(stage) == (announced(made_up(3), 2), ready)
    stage.skip(1_000)
    with refused(stage, "MetricsOracle_NotAnnounced"):
        enact(stage, made_up(5), 3)
    stage.anvil.next_block_at(ready - 1)
    with refused(stage, "MetricsOracle_TooEarly", ready, ready - 1):
        enact(stage, made_up(3), 2)
    stage.anvil.next_block_at(ready)
    enact(stage, made_up(3), 2)


@shows("SIG-8")
def test_to_announce_again_is_to_wait_again(stage: Stage) -> None:
    announce(stage, made_up(5), 3)
    stage.skip(SIGNER_DELAY)
    with stage.scratch():
        enact(stage, made_up(5), 3)
    announce(stage, made_up(5), 3)
    ready = stage.now() + SIGNER_DELAY
    stage.anvil.next_block_at(ready - 1)
    with refused(stage, "MetricsOracle_TooEarly", ready, ready - 1):
        enact(stage, made_up(5), 3)


def test_a_refused_announcement_leaves_the_one_before(stage: Stage) -> None:
    announce(stage, made_up(5), 3)
    before = due(stage)
    with refused(stage, "MetricsOracle_InvalidSigners", 5, 2):
        announce(stage, made_up(5), 2)
    assert due(stage) == before


@shows("PAUSE-6")
def test_a_pause_does_not_delay_a_change(stage: Stage) -> None:
    """The two days are days, not those of the market clock: a guardian can not hold it up."""
    announce(stage, made_up(5), 3)
    stage.registry.send("pause", sender=stage.guardian)
    stage.skip(SIGNER_DELAY)
    enact(stage, made_up(5), 3)
    assert signers(stage) == (made_up(5), 3)


@shows("SIG-12")
def test_whoever_reports_until_the_change_is_paid_at_it(stage: Stage) -> None:
    announce(stage, made_up(3), 2)
    pay_in(stage, 1_003)
    stage.skip(SIGNER_DELAY)
    receipt = enact(stage, made_up(3), 2)
    names = [event.name for event in receipt.events if event.name != "Moved"]
    assert names == ["ReportersPaid", "SignersSet"]
    assert claims(stage) == [200] * 5
    assert stage.claim_of(stage.oracle) == 3
    assert stage.oracle.call("payReporters") == 1


@shows("SIG-9")
@pytest.mark.parametrize("place", range(5))
def test_a_guardian_removes_a_reporter_at_once(stage: Stage, place: int) -> None:
    gone = stage.reporters[place].address
    left = [address for address in standing(stage) if address != gone]
    receipt = remove(stage, gone)
    assert [event.name for event in receipt.events] == ["SignersSet", "SignerRemoved"]
    assert receipt.event("SignersSet").arguments == {"signers": left, "threshold": 3}
    assert receipt.event("SignerRemoved").arguments == {"signer": gone}
    assert signers(stage) == (left, 3)


@shows("SIG-10")
def test_a_removed_reporter_signs_nothing_and_the_others_go_on(stage: Stage) -> None:
    cluster_id, hour = stage.cluster(10), stage.hour()
    stage.to_hour(hour + 2)
    gone, *left = stage.reporters
    remove(stage, gone.address)
    sample = Sample(cluster_id, hour, 9_000, 8_000)
    with refused(stage, "MetricsOracle_UnknownSigner", 0, gone.address):
        stage.report([sample], [gone, *left[:2]])
    assert stage.report([sample], left[1:]).event("Reported")["signers"] == 0b1110
    signatures = stage.attest(cluster_id, 5, 1, [gone, *left[:2]])
    with refused(stage, "MetricsOracle_UnknownSigner", 0, gone.address):
        stage.registry.send("mint", cluster_id, 5, 1, EVIDENCE, signatures, sender=stage.operator)


@shows("SIG-9")
def test_never_fewer_reporters_than_a_batch_needs(stage: Stage) -> None:
    for left in (4, 3):
        remove(stage, standing(stage)[left])
        assert len(signers(stage)[0]) == left
    for name in (*standing(stage), made_up(1)[0]):
        with refused(stage, "MetricsOracle_TooFewSigners", 3, 3):
            remove(stage, name)
    assert signers(stage) == (standing(stage)[:3], 3)


@shows("SIG-9")
@pytest.mark.parametrize(("count", "threshold"), [(1, 1), (2, 2), (5, 5), (32, 32)])
def test_where_all_must_sign_nobody_is_removed(stage: Stage, count: int, threshold: int) -> None:
    change(stage, made_up(count), threshold)
    with refused(stage, "MetricsOracle_TooFewSigners", count, threshold):
        remove(stage, made_up(1)[0])


def test_of_the_largest_set_as_many_go_as_can(stage: Stage) -> None:
    change(stage, made_up(32), 31)
    remove(stage, made_up(32)[31])
    assert signers(stage) == (made_up(31), 31)


@pytest.mark.parametrize("name", [made_up(1)[0], "0x" + "00" * 20, "0x" + "ff" * 20])
def test_who_is_no_reporter_is_not_removed(stage: Stage, name: str) -> None:
    with refused(stage, "MetricsOracle_NoSigner", to_checksum_address(name)):
        remove(stage, name)


def test_a_removed_reporter_is_not_removed_again(stage: Stage) -> None:
    gone = standing(stage)[2]
    remove(stage, gone)
    with refused(stage, "MetricsOracle_NoSigner", gone):
        remove(stage, gone)


def test_a_removal_pays_everybody_first(stage: Stage) -> None:
    """Who is removed has earned its part until now."""
    pay_in(stage, 1_004)
    receipt = remove(stage, standing(stage)[0])
    names = [event.name for event in receipt.events if event.name != "Moved"]
    assert names == ["ReportersPaid", "SignersSet", "SignerRemoved"]
    assert receipt.event("ReportersPaid").arguments == {"each": 200, "reporters": 5}
    assert (claims(stage), stage.claim_of(stage.oracle)) == ([200] * 5, 4)
    stage.oracle.send("payReporters", sender=stage.stranger)
    assert (claims(stage), stage.claim_of(stage.oracle)) == ([200, *[201] * 4], 0)


@shows("SIG-9")
@pytest.mark.parametrize("when", ["early", "due"])
def test_a_removal_voids_what_was_announced(stage: Stage, when: str) -> None:
    """It may name the reporter whose key was stolen."""
    names = standing(stage)
    announce(stage, names, 4)
    if when == "due":
        stage.skip(SIGNER_DELAY)
    remove(stage, names[0])
    assert due(stage) == NONE
    stage.skip(SIGNER_DELAY)
    with refused(stage, "MetricsOracle_NotAnnounced"):
        enact(stage, names, 4)
    change(stage, names[1:], 4)


def test_a_refused_removal_voids_and_pays_nothing(stage: Stage) -> None:
    pay_in(stage, 1_000)
    announce(stage, made_up(3), 2)
    before = due(stage)
    with refused(stage, "MetricsOracle_NoSigner"):
        remove(stage, made_up(1)[0])
    assert due(stage) == before
    assert claims(stage) == [0] * 5


def test_who_was_removed_can_be_named_again(stage: Stage) -> None:
    names = standing(stage)
    remove(stage, names[0])
    change(stage, names, 3)
    assert signers(stage) == (names, 3)


def test_a_batch_signed_before_a_change_is_the_new_ones_only_if_they_signed(stage: Stage) -> None:
    cluster_id, hour = stage.cluster(10), stage.hour()
    stage.to_hour(hour + 1)
    old, word = stage.reporters, Sample(cluster_id, hour, 9_000, 8_000).encode()
    digest = report_digest(stage.deployment.chain_id, stage.oracle.address, [word], EVIDENCE)
    signatures = quorum(digest, old[2:])
    batch = ("report", [word], EVIDENCE, signatures)
    with stage.scratch():
        change(stage, [who.address for who in team(5)], 3)
        first = min(old[2:], key=lambda who: int(who.address, 16))
        with refused(stage, "MetricsOracle_UnknownSigner", 0, first.address):
            stage.oracle.send(*batch, sender=stage.relay)
        assert record(stage, cluster_id, hour)["reported"] is False
    change(stage, [who.address for who in old[1:]], 3)
    assert stage.oracle.send(*batch, sender=stage.relay).event("Reported")["signers"] == 0b1110


@shows("SIG-10")
def test_a_batch_is_not_replayed_across_a_change(stage: Stage) -> None:
    """The same reporters, back in office: what they signed then has its record, and keeps it."""
    cluster_id, hour = stage.cluster(10), stage.hour()
    stage.to_hour(hour + 1)
    samples, names = [Sample(cluster_id, hour, 9_000, 8_000)], standing(stage)
    stage.report(samples)
    change(stage, made_up(3), 2)
    change(stage, names, 3)
    kept = record(stage, cluster_id, hour)
    with unchanged(stage):
        receipt = stage.report(samples)
    assert skipped(receipt) == [(cluster_id, hour, Skip.REPORTED)]
    assert record(stage, cluster_id, hour) == kept


@shows("SIG-10")
def test_a_recount_is_not_replayed_across_a_removal(stage: Stage) -> None:
    case = reported(stage)
    case.contest()
    case.recount(0)
    remove(stage, standing(stage)[0])
    with refused(stage, "Contests_NotContested", *case.key):
        case.recount(0, stage.reporters[2:])
