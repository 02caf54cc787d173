"""Hours off the books and work per joule: cluster show, flag and efficiency on a chain."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import GENESIS, HOUR, Q, Stage, Terms
from wellhead.model.samples import Sample

NOW = GENESIS // HOUR


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 units, 16 of them leased for the hours NOW + 1 to NOW + 40, which are over."""
    cluster = stage.cluster(64)
    stage.lease(cluster, 16, NOW + 1, 40)
    stage.to_hour(NOW + 41, 60)
    return cluster


def report(stage: Stage, cluster: int, hours: Sequence[int], **measured: int) -> None:
    fields = {"working": 64_000, "available": 16_000, "measured": Q // 4, **measured}
    stage.report([Sample(cluster, hour, **fields) for hour in hours])


# Off the books


def test_hours_off_the_books(wellhead: Command, stage: Stage, cluster: int) -> None:
    # A quarter is booked, and 2 % more is the tolerance.
    report(stage, cluster, range(NOW + 4, NOW + 8))
    report(stage, cluster, [NOW + 8, NOW + 38], measured=270_000)
    assert wellhead.json("cluster", "show", cluster)["off_book"] == {
        "since": str(NOW),
        "until": str(NOW + 41),
        "hours": "0",
        "day": "0",
        "flagged": "0",
        "worst": None,
    }
    assert "off the books" not in wellhead("cluster", "show", cluster).stdout
    report(stage, cluster, [NOW + 9, NOW + 39], measured=270_001)
    report(stage, cluster, [NOW + 10, NOW + 11], measured=500_000)
    report(stage, cluster, [NOW], measured=20_001, available=0)
    found = wellhead.json("cluster", "show", cluster)["off_book"]
    assert (found["hours"], found["day"], found["flagged"]) == ("5", "1", "0")
    assert found["worst"] == {
        "hour": str(NOW + 10),
        "measured": "500000",
        "limit": "270000",
        "booked": "16",
        "covered": str(16 * HOUR),
    }
    people = " ".join(wellhead("cluster", "show", cluster).stdout.split())
    assert "off the books 5 hours of the last 30 days, 1 of the last 24 hours" in people
    assert "worst 2026-01-01 10:00 UTC: 50 % measured, up to 27 % is in order" in people
    assert "alarm not raised" in people
    findings = wellhead.json("doctor", code=6)["findings"]
    (alarm,) = (f for f in findings if "off the books" in f["message"])
    assert (alarm["state"], alarm["advice"]) == (
        "wrong",
        f"`wellhead cluster flag --cluster 1 --hour {NOW + 39}`",
    )
    for hour in (NOW, NOW + 9, NOW + 10, NOW + 11, NOW + 39):
        wellhead.json("cluster", "flag", "--cluster", cluster, "--hour", hour, "--yes")
    assert wellhead.json("cluster", "show", cluster)["off_book"]["flagged"] == "5"
    assert "alarm raised for 5 of them" in wellhead("cluster", "show", cluster).stdout
    found = [f for f in wellhead.json("doctor", code=6)["findings"] if "alarm was" in f["message"]]
    assert [one["state"] for one in found] == ["note"]
    # Only the last thirty days count.
    stage.to_hour(NOW + 40 + 30 * 24)
    found = wellhead.json("cluster", "show", cluster)["off_book"]
    assert (found["since"], found["hours"], found["worst"]) == (str(NOW + 40), "0", None)


def test_what_is_shown_is_what_the_contract_would_flag(wellhead: Command, stage: Stage) -> None:
    """A booked part that is no whole number of millionths is rounded up, and no alarm."""
    cluster = stage.cluster(7)
    stage.lease(cluster, 1, NOW + 1, 4)
    stage.to_hour(NOW + 5)
    for hour, measured in ((NOW + 1, 162_858), (NOW + 2, 162_859)):
        report(stage, cluster, [hour], measured=measured)
    found = wellhead.json("cluster", "show", cluster)["off_book"]
    assert (found["hours"], found["worst"]["limit"]) == ("1", "162858")
    flag = ["cluster", "flag", cluster, "--dry-run", "--hour"]
    assert "up to 16.2858 % is in order" in wellhead.refused(1, *flag, NOW + 1)
    assert wellhead.json(*flag, NOW + 2)["excess"] == found["worst"]


def test_the_alarm_is_raised(wellhead: Command, stage: Stage, cluster: int) -> None:
    report(stage, cluster, [NOW + 39], measured=300_000)
    before = block_number(stage)
    flag = ["cluster", "flag", cluster, "--hour", "now-2"]
    dry = wellhead.json(*flag, "--dry-run")
    assert dry["excess"] == {
        "hour": str(NOW + 39),
        "measured": "300000",
        "limit": "270000",
        "booked": "16",
        "covered": str(16 * HOUR),
    }
    asked = wellhead(*flag, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert (
        "Raise the alarm for 2026-01-02 15:00 UTC of cluster 1: 30 % measured, up to 27 % is in"
    ) in asked.stderr
    done = wellhead.json(*flag, "--yes")
    assert (done["raised_before"], done["excess"]) == (False, dry["excess"])
    (event,) = stage.registry.events("OffBook")
    assert (event["hour"], event["measured"], event["covered"]) == (NOW + 39, 300_000, 16 * HOUR)
    again = wellhead(*flag, "--dry-run")
    assert "this alarm was raised before" in again.stderr
    assert "30 % of 64 attested" in again.stdout


def test_units_that_were_booked_late_are_no_excuse(wellhead: Command, stage: Stage) -> None:
    """Of 64 units 16 are booked for all of the hour, and 24 more for a quarter of it: 22."""
    hour, clusters = NOW + 1, (stage.cluster(64), stage.cluster(64))
    for cluster in clusters:
        stage.lease(cluster, 16, hour, 2)
    for cluster in clusters:
        stage.anvil.next_block_at(hour * HOUR + HOUR * 3 // 4)
        stage.lease(cluster, 24, hour, 2)
    stage.to_hour(hour + 1)
    for cluster, measured in zip(clusters, (363_750, 363_751), strict=True):
        report(stage, cluster, [hour], measured=measured)
    flag = ["cluster", "flag", "--hour", hour, "--dry-run", "--cluster"]
    assert "up to 36.375 % is in order" in wellhead.refused(1, *flag, clusters[0])
    alarm = wellhead.json(*flag, clusters[1])["excess"]
    assert (alarm["booked"], alarm["covered"]) == ("40", str(22 * HOUR))
    assert wellhead.json("cluster", "show", clusters[1])["off_book"]["worst"] == alarm
    people = wellhead(*flag, clusters[1]).stdout
    assert "22 units: up to 36.375 % is in order" in people


def test_alarms_that_are_refused(wellhead: Command, stage: Stage, cluster: int) -> None:
    report(stage, cluster, [NOW + 39])
    before = block_number(stage)
    for words, said in (
        ([cluster, "--hour", NOW + 38], "The hour 2026-01-02 14:00 UTC of cluster 1 has no report"),
        ([cluster, "--hour", NOW + 39], "25 % of the attested units was measured as used, and up"),
        ([9, "--hour", NOW + 39], "There is no cluster 9."),
    ):
        assert said in wellhead.refused(1, "cluster", "flag", *words, "--yes")
        assert said in wellhead.refused(1, "cluster", "flag", *words, "--dry-run")
    assert block_number(stage) == before


# Work per joule


def test_work_per_joule(wellhead: Command, stage: Stage, cluster: int) -> None:
    assert wellhead.json("cluster", "show", cluster)["efficiency"]["per_joule"] is None
    assert "not measured" in wellhead("cluster", "show", cluster).stdout
    report(stage, cluster, [NOW + 38], energy=36_000_000, work=40_000_000_001)
    report(stage, cluster, [NOW + 39], energy=7_200_000, work=3_000_000_000)
    report(stage, cluster, [NOW + 40], energy=1)  # no work: not measured
    whole = wellhead.json("cluster", "efficiency", cluster)
    assert (whole["from"], whole["to"], whole["pue"]) == (str(NOW + 17), str(NOW + 41), None)
    assert whole["total"] == {
        "hours": "2",
        "energy": "43200000",
        "work": "43000000001",
        "per_joule": str(43_000_000_001 * 10**6 // 43_200_000),
        "facility_energy": None,
        "facility_per_joule": None,
    }
    assert [h["hour"] for h in whole["hours"] if h["spent"]] == [str(NOW + 38), str(NOW + 39)]
    assert [h["hour"] for h in whole["hours"] if h["reported"]][-1] == str(NOW + 40)
    assert wellhead.json("cluster", "show", cluster)["efficiency"] == whole["total"]
    assert "995.3703 GFLOP/J, over 2 hours" in wellhead("cluster", "show", cluster).stdout
    # PUE is applied once, to the sum, and nothing is rounded before.
    part = ["cluster", "efficiency", "--cluster", cluster, "--from", "now-3", "--pue", 1.3]
    found = wellhead.json(*part)
    assert (found["pue"], len(found["hours"])) == ("1300000", 3)
    assert found["total"]["facility_energy"] == str(56_160_000)
    assert found["total"]["facility_per_joule"] == str(43_000_000_001 * 10**6 // 56_160_000)
    wellhead.environment["COLUMNS"] = "120"
    people = " ".join(wellhead(*part).stdout.split())
    assert "measured 2 of 3 hours" in people
    assert "energy 12.000 kWh at the devices" in people
    assert "PUE 1.3, your assumption: nobody measured it" in people
    assert "facility energy 15.600 kWh, by that" in people
    assert "2026-01-02 14:00 UTC 10.000 40,000,000,001 1,111.1111 13.000 854.7008" in people
    assert "2026-01-02 16:00 UTC not measured - - - -" in people


def test_recent_is_the_last_24_that_were_measured(wellhead: Command, stage: Stage) -> None:
    """Of a cluster that counts tokens, however long ago; the hours beside them say nothing."""
    cluster = stage.cluster(4, Terms(kind=1))
    stage.to_hour(NOW + 200)
    report(stage, cluster, [NOW + 1], energy=1, work=10**9, available=0)
    report(stage, cluster, range(NOW + 2, NOW + 26), energy=4_000, work=1_001, available=0)
    report(stage, cluster, range(NOW + 30, NOW + 60), energy=4_000, available=0)
    shown = wellhead.json("cluster", "show", cluster)["efficiency"]
    assert (shown["hours"], shown["energy"], shown["per_joule"]) == ("24", "96000", "250250")
    assert "0.2502 tokens/J, over 24 hours" in wellhead("cluster", "show", cluster).stdout
    span = ["cluster", "efficiency", cluster, "--from", NOW - 5, "--to", NOW + 60]
    people = wellhead(*span).stdout
    assert "..." in people
    assert "25 of 60 hours" in people
    assert wellhead.json(*span)["work_unit"] == "token"
    assert "no report" in wellhead("cluster", "efficiency", cluster).stdout


def test_efficiencies_that_are_refused(wellhead: Command, stage: Stage, cluster: int) -> None:
    words = ["cluster", "efficiency", cluster]
    assert "There is no cluster 9." in wellhead.refused(1, "cluster", "efficiency", 9)
    said = wellhead.refused(1, *words, "--to", NOW)
    assert said == (
        "Cluster 1 has no hours there: its record goes from 2026-01-01 00:00 UTC to 2026-01-02 "
        "17:00 UTC, and two years back at most."
    )
    for options, told in (
        (["--from", NOW + 5, "--to", NOW + 5], "2026-01-01 05:00 UTC is not before --to 2026"),
        (["--from", "now+1"], "is not before --to 2026-01-02 17:00 UTC"),
        (["--pue", "0.9"], "'0.9' is below 1"),
        (["--pue", "much"], "is no number"),
    ):
        outcome = wellhead(*words, *options)
        assert (outcome.code, told in " ".join(outcome.stderr.split())) == (2, True)
