"""report, settle, claim: what they do on chain, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import EVIDENCE, FINALITY, GENESIS, HOUR, Stage
from wellhead.chain import dev_account
from wellhead.chain.signing import quorum, report_digest
from wellhead.model.samples import Sample

NOW = GENESIS // HOUR


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 units, 16 of them leased for the hours NOW + 1 to NOW + 4, all of which are over."""
    cluster = stage.cluster(64)
    stage.lease(cluster, 16, NOW + 1, 4)
    stage.to_hour(NOW + 5, 60)
    return cluster


# report


def test_report_by_options(wellhead: Command, stage: Stage, cluster: int) -> None:
    document = wellhead.json("report", "--cluster", cluster, "--working", "63.5", "--yes")
    assert document["schema"] == "wellhead.report/1"
    assert (document["recorded"], document["skipped"]) == ("1", [])
    record = stage.oracle.call("recordOf", cluster, NOW + 4)
    assert record["reported"]
    assert (record["working"], record["available"], record["measured"]) == (63_500, 16_000, 250_000)
    assert int(document["final_at"]) == stage.now() + FINALITY
    (sample,) = document["samples"]
    assert (sample["hour"], sample["available"]) == (str(NOW + 4), "16000")


def test_report_of_several_hours_with_everything(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    report = ["report", "--cluster", cluster, "--hour", "now-4", "--hours", 3, "--working", 8]
    more = ["--available", 7.25, "--measured", "11%", "--energy", 5, "--work", 9]
    document = wellhead.json(*report, *more, "--evidence", "0x" + EVIDENCE.hex(), "--yes")
    assert document["recorded"] == "3"
    for hour in range(NOW + 1, NOW + 4):
        record = stage.oracle.call("recordOf", cluster, hour)
        assert (record["working"], record["available"]) == (8000, 7250)
        assert (record["measured"], record["energy"], record["work"]) == (110_000, 5, 9)
    shown = wellhead(
        "report", "--cluster", cluster, "--hour", "now-1", "--working", 0.5, "--dry-run"
    )
    assert "2026-01-01 04:00 UTC" in shown.stdout


def rows(cluster: int) -> list[dict[str, object]]:
    return [
        {"cluster": cluster, "hour": NOW + n, "working": "64", "available": 16, "measured": "25%"}
        for n in range(1, 5)
    ]


def test_report_from_csv(wellhead: Command, stage: Stage, cluster: int, tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    lines = [",".join(str(value) for value in row.values()) for row in rows(cluster)]
    path.write_text("cluster,hour,working,available,measured\n" + "\n".join(lines) + "\n")
    assert wellhead.json("report", "--file", path, "--yes")["recorded"] == "4"
    assert stage.oracle.call("recordOf", cluster, NOW + 2)["available"] == 16_000


def test_report_from_json_with_signatures(
    wellhead: Command, stage: Stage, cluster: int, tmp_path: Path
) -> None:
    path, signed = tmp_path / "samples.json", tmp_path / "signatures.json"
    path.write_text(json.dumps({"samples": rows(cluster), "evidence": "0x" + EVIDENCE.hex()}))
    words = [Sample(cluster, NOW + n, 64_000, 16_000, 250_000).encode() for n in range(1, 5)]
    digest = report_digest(31337, stage.oracle.address, words, EVIDENCE)
    report = ["report", "--file", path, "--signatures", signed, "--yes"]

    def sign(*indices: int) -> None:
        signatures = quorum(digest, [dev_account(index) for index in indices])
        listed = [{"r": "0x" + r.hex(), "vs": "0x" + vs.hex()} for r, vs in reversed(signatures)]
        signed.write_text(json.dumps(listed))

    sign(20, 21)
    assert "Exactly 3 signatures are needed, 2 were given" in wellhead.refused(1, *report)
    sign(20, 21, 21)
    assert "who signed already" in wellhead.refused(1, *report)
    sign(20, 21, 30)
    assert f"{dev_account(30).address}, who is no reporter" in wellhead.refused(1, *report)
    assert not stage.oracle.call("recordOf", cluster, NOW + 1)["reported"]
    sign(20, 21, 24)
    document = wellhead.json(*report)
    assert document["digest"] == "0x" + digest.hex()
    assert stage.oracle.call("recordOf", cluster, NOW + 4)["reported"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--hour", "now"], "2026-01-01 05:00 UTC of cluster 1 is not over"),
        (["--hour", "now+1000"], "is not over"),
        (["--hour", NOW - 1], "before cluster 1 was registered"),
        (["--hour", 5], "before cluster 1 was registered"),
        (["--available", 65], "contradicts itself"),
    ],
)
def test_reports_of_which_nothing_would_be_recorded(
    wellhead: Command, stage: Stage, cluster: int, arguments: list[object], said: str
) -> None:
    before = block_number(stage)
    report = ["report", "--cluster", cluster, "--working", 64]
    assert said in wellhead.refused(1, *report, *arguments, "--yes")
    assert said in wellhead.refused(1, *report, *arguments, "--dry-run")
    assert block_number(stage) == before


def test_a_report_is_not_repeated(wellhead: Command, stage: Stage, cluster: int) -> None:
    report = ["report", "--cluster", cluster, "--working", 64, "--yes"]
    wellhead.json(*report)
    before = block_number(stage)
    assert "has a report already" in wellhead.refused(1, *report)
    assert "There is no cluster 7." in wellhead.refused(
        1, "report", "--cluster", 7, "--working", 1, "--yes"
    )
    assert block_number(stage) == before


def test_samples_without_effect_are_said(wellhead: Command, stage: Stage, cluster: int) -> None:
    report = ["report", "--cluster", cluster, "--hour", "now-1", "--hours", 2, "--working", 64]
    outcome = wellhead(*report, "--yes", "--json")
    assert outcome.code == 0
    (skipped,) = outcome.document["skipped"]
    assert skipped == {"cluster": str(cluster), "hour": str(NOW + 5), "reason": "Unfinished"}
    assert "skipped 2026-01-01 05:00 UTC of cluster 1: the hour is not over" in outcome.stderr


def test_an_hour_that_left_the_ring(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.to_hour(NOW + 1 + stage.oracle.call("RING"))
    report = ["report", "--cluster", cluster, "--hour", NOW + 1, "--working", 64, "--yes"]
    assert "more than two years back" in wellhead.refused(1, *report)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.csv", "", "row 1: column cluster is missing"),
        ("a.csv", "cluster,hour,working,available\n", "row 1: column measured is missing"),
        ("a.csv", "cluster,hour,working,available,measured\n", "no samples in it"),
        ("a.csv", "cluster,cluster,hour,working,available,measured\n", "is there twice"),
        ("a.csv", "cluster,hour,working,available,measured\n1,2,3\n", "row 2: it must have 5"),
        ("a.csv", "cluster,hour,working,available,measured\n1,2,x,1,1\n", "row 2: working: 'x'"),
        ("a.csv", "cluster,hour,working,available,measured\n1,2,1.0005,1,1\n", "more than 3 dig"),
        ("a.csv", f"cluster,hour,working,available,measured\n{2**32},2,1,1,1\n", "does not fit"),
        ("a.csv", 'cluster,hour,working,available,measured\n1,"2,1,1,1\n', "not CSV"),
        ("a.json", "{}", "object with a list of samples"),
        ("a.json", "[1]", "sample 1: not an object"),
        ("a.json", '[{"hour": 1}]', "sample 1: cluster is missing"),
        ("a.json", '[{"cluster": 1, "hour": "now"}]', "hour: a file names hours by number"),
        ("a.json", '[{"cluster": 1, "our": 1}]', "unknown field 'our'"),
        ("a.json", '{"samples": [], "evidence": "0x"}', "evidence: '0x' is no 32-byte word"),
    ],
)
def test_a_malformed_sample_file_is_exit_code_5(
    wellhead: Command, tmp_path: Path, name: str, body: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(body)
    assert said in wellhead.refused(5, "report", "--file", path, "--yes")


def test_samples_come_from_one_place(wellhead: Command, tmp_path: Path) -> None:
    outcome = wellhead("report", "--file", tmp_path / "a", "--cluster", 1)
    assert outcome.code == 2
    assert "not both" in outcome.stderr


# settle and claim


def test_from_report_to_money(wellhead: Command, stage: Stage, cluster: int) -> None:
    """Half of the units were there: the tenant gets refunds, all others their parts."""
    report = ["report", "--cluster", cluster, "--hour", "now-4", "--hours", 4, "--working", 8]
    wellhead.json(*report, "--yes")
    early = wellhead.json("settle", "--cluster", cluster, "--yes")
    assert (early["refunded"], early["clusters"][0]["distributed"]) == ("0", "0")
    assert early["clusters"][0]["accrued_to"] == str(NOW + 1)
    stage.finalize()

    cost = stage.market.events("LeaseOpened")[0]["cost"]
    dry = wellhead.json("settle", "--cluster", cluster, "--dry-run")
    settled = wellhead.json("settle", "--cluster", cluster, "--yes")
    refund = int(settled["refunded"])
    split = settled["clusters"][0]
    assert (dry["refunded"], dry["clusters"][0]["distributed"]) == (
        settled["refunded"],
        split["distributed"],
    )
    parts = {name: int(value) for name, value in split["parts"].items()}
    assert 0 < cost - refund - int(split["distributed"]) <= 2  # fractions stay in the ledgers
    assert int(split["accrued_to"]) >= NOW + 5
    assert stage.claim_of(stage.tenants[0]) == refund
    assert parts["operator"] + parts["remainder"] == stage.claim_of(stage.operator)
    again = wellhead.json("settle", "--cluster", cluster, "--lease", 1, "--yes")
    assert (again["refunded"], again["clusters"][0]["distributed"]) == ("0", "0")

    claimed = wellhead.json(
        "claim", "--account", 5, "--vault", "--to", dev_account(30).address, "-y"
    )
    assert int(claimed["cash"]) == refund
    assert stage.cash.call("balanceOf", dev_account(30).address) == refund
    assert stage.claim_of(stage.tenants[0]) == 0
    assert int(split["vesting"]["cash"]) > 0
    stage.to_time(int(split["vesting"]["cash_until"]))
    dry = wellhead.json("claim", "--dry-run")
    assert {payout["source"] for payout in dry["payouts"]} == {"cluster 1", "vault"}
    assert stage.cash.call("balanceOf", stage.operator.address) == 0
    claimed = wellhead.json("claim", "--yes")
    assert claimed["cash"] == dry["cash"]
    assert stage.cash.call("balanceOf", stage.operator.address) == int(claimed["cash"])
    assert "Nothing is owed to" in wellhead.refused(1, "claim", "--yes")
    reporter = wellhead.json("claim", "--account", 20, "--yes")
    assert int(reporter["cash"]) == parts["reporters"] // 5


def test_a_backlog_longer_than_one_call(wellhead: Command, stage: Stage) -> None:
    cluster = stage.cluster(64)
    stage.lease(cluster, 16, NOW + 1, 900)
    stage.to_hour(NOW + 901)
    stage.report_hours(cluster, NOW + 1, NOW + 901)
    stage.finalize()
    settled = wellhead.json("settle", "--cluster", cluster, "--yes")
    assert int(settled["clusters"][0]["accrued_to"]) >= NOW + 901
    assert int(settled["clusters"][0]["distributed"]) > 0


def test_settling_or_claiming_what_is_not_there(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    before = block_number(stage)
    assert "There is no lease 9." in wellhead.refused(1, "settle", "--lease", 9, "--yes")
    assert "There is no cluster 9." in wellhead.refused(1, "settle", "--cluster", 9, "--yes")
    assert "There is no cluster 9." in wellhead.refused(1, "claim", "--cluster", 9, "--yes")
    assert "Nothing is owed" in wellhead.refused(1, "claim", "--cluster", cluster, "--yes")
    assert block_number(stage) == before


def test_a_claim_that_the_coin_refuses_stays(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.report_hours(cluster, NOW + 1, NOW + 5)
    stage.finalize()
    wellhead.json("settle", "--cluster", cluster, "--yes")
    stage.cash.send("setBlocked", stage.operator.address, True, sender=stage.stranger)
    owed = stage.claim_of(stage.operator)
    said = wellhead.refused(1, "claim", "--vault", "--yes")
    assert f"{stage.operator.address} is blocked by the coin's issuer." in said
    assert stage.claim_of(stage.operator) == owed
    elsewhere = dev_account(31).address
    assert int(wellhead.json("claim", "--vault", "--to", elsewhere, "--yes")["cash"]) == owed
