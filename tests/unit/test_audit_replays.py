"""What the replays of the smaller contracts find in events that do not follow from each other."""

from __future__ import annotations

import pytest

from tests.support.audit_house import CASH, FINALITY, NOW, House, addresses
from tests.support.shows import shows
from wellhead.audit.replay import KEPT, Finding, Findings, Replay, told
from wellhead.audit.replays.authority import SETBACK
from wellhead.audit.replays.fixed import FixedReplay
from wellhead.audit.replays.oracle import RING, SIGNER_DELAY, SILENCE
from wellhead.audit.replays.registry import HOUR
from wellhead.model.samples import Sample


@pytest.fixture
def house() -> House:
    made = House()
    assert made.found == []
    return made


def sample(hour: int, available: int = 5, working: int = 9, cluster: int = 1) -> int:
    return Sample(cluster, NOW // HOUR + hour, working, available).encode()


def report(house: House, at: int, *samples: int, final_at: int | None = None) -> None:
    due = at + FINALITY if final_at is None else final_at
    house.say(
        house.oracle, "Reported", at, evidence=5, signers=3, finalAt=due, samples=list(samples)
    )


def words(replay: Replay) -> dict[tuple[object, ...], int]:
    return {name: word for _, word, name in replay.slots()}


def test_an_event_that_a_contract_does_not_have(house: House) -> None:
    fixed = FixedReplay(1, house.findings, "LeaseMetadata")
    house.say(fixed, "Moved")
    assert house.found == [("Moved", "event", "Moved", "none that this contract emits")]
    assert list(fixed.slots()) == []


def test_very_many_findings_are_counted() -> None:
    findings = Findings()
    for _ in range(KEPT + 5):
        findings.add(Finding("Vault", "Moved", "amount", "1", "2"))
    assert (len(findings.found), findings.count) == (KEPT, KEPT + 5)


def test_values_are_told_so_that_people_can_read_them() -> None:
    shown = [told(value) for value in (-7, 10**30, 0xAB << 152, 1 << 200, b"x", "a\x1b[1m\udcff")]
    assert shown == [
        "-7",
        str(10**30),
        "0xab00000000000000000000000000000000000000",
        hex(1 << 200),
        "b'x'",
        "a\\x1b[1m\\udcff",
    ]


@shows("AUD-5")
def test_nobody_moves_or_withdraws_what_it_does_not_have(house: House) -> None:
    fields = {"coin": CASH, "payer": 1, "account": 2, "amount": 10}
    house.say(house.vault, "Deposited", **fields)
    house.say(house.vault, "Moved", coin=CASH, **{"from": 2}, to=3, amount=11)
    house.say(house.vault, "Withdrawn", coin=CASH, account=3, to=3, amount=12)
    assert house.found == [
        ("Moved", "amount", "11", "at most 10"),
        ("Withdrawn", "amount", "12", "at most 11"),
    ]


def test_clusters_come_one_by_one_in_the_present_hour(house: House) -> None:
    house.register(3)
    assert house.found == [("ClusterRegistered", "clusterId", "3", "2")]


@shows("AUD-5")
def test_units_add_up(house: House) -> None:
    unit = {"clusterId": 1, "units": 5, "evidence": 0, "signers": 3}
    house.say(house.registry, "Attested", **unit, attested=5, sellable=5)
    house.say(house.registry, "Attested", **{**unit, "signers": 8}, attested=11, sellable=10)
    house.say(house.registry, "SellableSet", clusterId=1, sellable=9)
    house.say(house.registry, "Retired", clusterId=1, units=2, attested=8, sellable=7)
    house.say(house.registry, "SellableSet", clusterId=2, sellable=9)
    house.say(house.registry, "OperatorChanged", clusterId=1, former=7, operator=6)
    assert house.found == [
        ("Attested", "signers", "0b1000", "2 bits, of 3 signers"),
        ("Attested", "attested", "11", "10"),
        ("Retired", "sellable", "7", "8"),
        ("SellableSet", "clusterId", "2", "a cluster that was registered"),
        ("OperatorChanged", "former", "7", "8"),
    ]


def test_a_pause_stops_the_clock(house: House) -> None:
    registry = house.registry
    house.say(registry, "Paused", 100, clock=100)
    house.say(registry, "Unpaused", 350, clock=100)
    house.say(registry, "Paused", 400, clock=400)
    house.say(registry, "Paused", 500, clock=150)
    assert house.found == [
        ("Paused", "clock", "400", "150"),
        ("Paused", "event", "Paused", "a clock that ran"),
    ]
    times = (-1, 0, 99, 100, 349, 350, 360, 400, 900)
    clocks = [registry.clock_at(NOW + time) for time in times]
    assert clocks == [0, 0, 99, 100, 100, 100, 110, 150, 150]
    assert registry.clock_now(NOW + 900) == 150


@shows("AUD-5")
def test_samples_that_must_be_passed_over_are(house: House) -> None:
    """In their order, each with its reason; and no others."""
    odd = [sample(0, cluster=2), sample(-1), sample(3), sample(0, 9, 5), sample(0), sample(0)]
    report(house, 2 * HOUR, *odd)
    hour = NOW // HOUR
    due = [(2, hour, 0), (1, hour - 1, 1), (1, hour + 3, 2), (1, hour, 5), (1, hour, 4)]
    for cluster, at, reason in due[:3]:
        house.say(house.oracle, "SampleSkipped", clusterId=cluster, hour=at, reason=reason)
    house.say(house.oracle, "SampleSkipped", clusterId=1, hour=hour, reason=4)
    house.say(house.oracle, "Held", 3 * HOUR, clusterId=1, hour=hour)
    house.say(house.oracle, "SampleSkipped", clusterId=1, hour=hour, reason=4)
    assert house.found == [
        ("SampleSkipped", "reason", "4", "5"),
        (
            "Reported",
            "consequence",
            "none",
            f"SampleSkipped of cluster 1, hour {hour}: Reported",
        ),
        ("SampleSkipped", "event", "skipped", "no more samples that had to be skipped"),
    ]


def test_an_hour_of_two_years_ago_makes_room(house: House) -> None:
    report(house, HOUR, sample(0))
    late = RING * HOUR + HOUR
    report(house, late, sample(RING), sample(0))
    house.say(house.oracle, "SampleSkipped", late, clusterId=1, hour=NOW // HOUR, reason=3)
    assert house.found == []
    assert house.oracle.final_available(1, NOW // HOUR, NOW + late) == (True, 0)
    assert house.oracle.final_available(1, NOW // HOUR + RING, NOW + late) == (False, 0)
    assert house.oracle.final_available(1, NOW // HOUR + RING, NOW + late + FINALITY) == (True, 5)


@shows("AUD-5")
def test_records_are_final_when_they_are(house: House) -> None:
    report(house, HOUR, sample(0), final_at=7)
    hour = NOW // HOUR
    late = HOUR + FINALITY
    house.say(house.oracle, "Held", late, clusterId=1, hour=hour)
    house.say(house.oracle, "Decided", late, sample=sample(0), finalAt=late)
    house.say(house.oracle, "Decided", late, sample=sample(0), finalAt=late)
    house.say(house.oracle, "SilenceClosed", late, clusterId=1, hour=hour + 1, finalAt=late)
    house.say(house.oracle, "SilenceClosed", 9 * SILENCE, clusterId=1, hour=hour + 2, finalAt=1)
    assert house.found == [
        ("Reported", "finalAt", "7", str(HOUR + FINALITY)),
        ("Held", "hour", str(hour), "one with a record that is not final"),
        ("Decided", "sample", hex(sample(0)), "one of an hour that is contested"),
        ("SilenceClosed", "hour", str(hour + 1), "one without a record for seven days"),
        ("SilenceClosed", "finalAt", "1", str(9 * SILENCE)),
    ]


def test_reporters_change_as_announced_or_one_is_removed(house: House) -> None:
    oracle = house.oracle
    house.say(oracle, "SignersSet", signers=addresses(4, 5), threshold=2)
    house.say(oracle, "SignersAnnounced", signers=addresses(6, 7), threshold=2, enactableAt=NOW + 1)
    house.say(oracle, "SignersSet", SIGNER_DELAY - 1, signers=addresses(6, 7), threshold=2)
    house.say(oracle, "SignersSet", signers=addresses(7), threshold=2)
    house.say(oracle, "SignerRemoved", signer=5)
    house.say(oracle, "SignersSet", signers=addresses(), threshold=2)
    house.say(oracle, "AuthorityUpdated", authority=1)
    gone, delay = addresses(7)[0], NOW + SIGNER_DELAY
    assert house.found == [
        ("SignersSet", "signers", "2", "those that were announced"),
        ("SignersAnnounced", "enactableAt", str(NOW + 1), str(delay)),
        ("SignersSet", "event", f"at {delay - 1}", f"at {delay} or later"),
        ("SignerRemoved", "signer", "5", "6"),
        (
            "SignersSet",
            "consequence",
            "none",
            f"SignersAnnounced before, or SignerRemoved of {gone}",
        ),
    ]
    assert len(oracle.signer_sets) == 5


def test_reporters_get_all_that_can_be_divided(house: House) -> None:
    fields = {"coin": CASH, "payer": 1, "account": 3, "amount": 10}
    house.say(house.oracle, "ReportersPaid", each=3, reporters=3)
    house.say(house.vault, "Deposited", **fields)
    house.say(house.vault, "Moved", coin=CASH, **{"from": 3}, to=1, amount=2)
    house.say(house.oracle, "ReportersPaid", each=3, reporters=4)
    assert house.found == [
        ("ReportersPaid", "event", "ReportersPaid", "one after claims were moved"),
        ("ReportersPaid", "reporters", "4", "3"),
        ("ReportersPaid", "each", "3", "2"),
        ("ReportersPaid", "each", "3", "all, but 8 were left"),
    ]


@shows("AUD-5")
def test_contests_end_as_the_recount_says(house: House) -> None:
    report(house, HOUR, sample(0, 2_000, 2_000), sample(-0, 2_000, 2_000))
    house.say(house.oracle, "SampleSkipped", clusterId=1, hour=NOW // HOUR, reason=4)
    key = {"clusterId": 1, "hour": NOW // HOUR}
    house.say(house.oracle, "Held", HOUR, **key)
    closable = HOUR + SILENCE
    opened = {**key, "leaseId": 1, "tenant": 7, "closableAt": closable}
    house.say(house.contests, "Contested", HOUR, **opened, deposit=99, available=2_000)
    house.say(house.oracle, "Decided", 2 * HOUR, sample=sample(0, 1_000, 1_000), finalAt=2 * HOUR)
    ended = {**key, "deposit": 100, "available": 2_000, "evidence": 1}
    house.say(house.contests, "Ended", 2 * HOUR, **ended, verdict=1, tenant=8, signers=7)
    house.say(house.contests, "Ended", 2 * HOUR, **ended, verdict=1, tenant=7, signers=3)
    house.say(house.contests, "Contested", HOUR, **opened, deposit=100, available=1_000)
    house.say(house.contests, "Ended", 2 * HOUR, **ended, verdict=2, tenant=7, signers=0)
    assert house.found == [
        ("Contested", "deposit", "99", "100"),
        ("Ended", "tenant", "8", "7"),
        ("Ended", "signers", "0b111", "2 bits, of 3 signers"),
        ("Ended", "verdict", "1", "0"),
        ("Ended", "hour", str(NOW // HOUR), "one that is contested"),
        ("Ended", "available", "2000", "1000"),
        ("Ended", "evidence", "1", "0"),
        ("Ended", "verdict", "2", "a recount"),
    ]


@shows("AUD-5")
def test_a_sale_is_at_the_price_of_its_moment(house: House) -> None:
    offer = {"leaseId": 4, "startPrice": 100, "endPrice": 0, "opens": NOW, "closes": NOW + 1000}
    house.say(house.exchange, "Sold", leaseId=4, seller=7, buyer=7, price=1)
    house.say(house.exchange, "Listed", **offer, seller=6)
    house.say(house.exchange, "Sold", 15, leaseId=4, seller=7, buyer=7, price=98)
    house.say(house.exchange, "Listed", **{**offer, "endPrice": 101}, seller=7)
    house.say(house.exchange, "Delisted", leaseId=4, seller=7)
    assert house.found == [
        ("Sold", "leaseId", "4", "one that was for sale"),
        ("Listed", "seller", "6", "7"),
        ("Sold", "seller", "7", "6"),
        ("Sold", "price", "98", "99"),
        ("Listed", "closes", str(NOW + 1000), "an offer that falls and ends"),
        ("Delisted", "leaseId", "4", "one that was for sale"),
    ]


@shows("AUD-5")
def test_credentials_are_of_accredited_issuers_and_in_order(house: House) -> None:
    compliance = house.compliance
    said = {"holder": 20, "issuer": 11, "jurisdiction": 578, "class": 1, "expires": NOW + 9}
    house.say(compliance, "CredentialPresented", **said, issued=NOW)
    house.say(compliance, "IssuerAccredited", issuer=11, number=2)
    house.say(compliance, "CredentialPresented", **said, issued=NOW)
    house.say(compliance, "IssuerDismissed", issuer=12, number=0)
    house.say(compliance, "CredentialPresented", 10, **said, issued=NOW + 11)
    assert house.found == [
        ("CredentialPresented", "issuer", addresses(11)[0], "one that is accredited"),
        ("IssuerAccredited", "number", "2", "1"),
        (
            "CredentialPresented",
            "issued",
            str(NOW),
            "after the last one, and by an issuer then",
        ),
        ("IssuerDismissed", "issuer", addresses(12)[0], "one that is accredited"),
        (
            "CredentialPresented",
            "issued",
            str(NOW + 11),
            "after the last one, and by an issuer then",
        ),
        ("CredentialPresented", "expires", str(NOW + 9), f"after {NOW + 10}"),
    ]


def test_grants_and_delays_of_the_authority(house: House) -> None:
    authority = house.authority
    grant = {"roleId": 5, "account": 9}
    house.say(authority, "RoleGrantDelayChanged", roleId=5, delay=50, since=NOW + SETBACK)
    late = SETBACK + 1
    house.say(authority, "RoleGranted", late, **grant, delay=30, since=NOW + late, newMember=1)
    house.say(authority, "RoleGranted", late, **grant, delay=10, since=NOW + late, newMember=0)
    house.say(authority, "RoleRevoked", roleId=5, account=8)
    house.say(authority, "TargetAdminDelayUpdated", target=1, delay=5, since=NOW)
    house.say(authority, "OperationExecuted", operationId=1, nonce=1)
    assert house.found == [
        ("RoleGranted", "since", str(NOW + late), str(NOW + late + 50)),
        ("RoleGranted", "since", str(NOW + late), str(NOW + late + 20)),
        ("RoleRevoked", "account", addresses(8)[0], "a member"),
        ("TargetAdminDelayUpdated", "since", str(NOW), str(NOW + SETBACK)),
        ("OperationExecuted", "operationId", f"{1:#066x}", "one that waits"),
    ]
    member = NOW + late + 50 | (10 | 30 << 32 | NOW + late + 20 << 64) << 48
    assert words(authority)["_roles", 5, "members", 9] == member
