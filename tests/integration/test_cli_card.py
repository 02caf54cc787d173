"""token card: what the token's contract says of itself, shown and written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Command
from tests.support.stage import GENESIS, HOUR, Stage
from wellhead.actions import cards

NOW = GENESIS // HOUR


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 units, of which 16 are booked for 24 hours from the next one on."""
    cluster = stage.cluster(64)
    stage.lease(cluster, 16, NOW + 1, 24)
    stage.to_hour(NOW + 1)
    return cluster


def test_card(wellhead: Command, stage: Stage, cluster: int) -> None:
    found = wellhead.json("token", "card", cluster)
    figures, contents = found["figures"], found["contents"]
    assert found["token"] == stage.token(cluster).address
    assert (figures["units"], figures["booked"], figures["remaining"]) == ("64", "16", "24")
    assert (figures["hour"], figures["booked_then"]) == ("0", "0")
    assert (contents["name"], contents["symbol"]) == ("Northern H100", "wNH1")
    assert contents["properties"]["bookedUtilization"] == "0.25"
    assert "image" not in contents
    assert (found["svg"], found["json"]) == (None, None)
    said = wellhead("token", "card", cluster).stdout
    for words in ("Northern H100 (wNH1)", "24 hours more, on average", "H100-SXM5-80GB", "$0.00"):
        assert words in said
    assert "last accrued" not in said


def test_card_of_measured_hours(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.to_hour(NOW + 3)
    report = ("report", "--cluster", cluster, "--hour", NOW + 1, "--hours", 2, "--working", 64)
    wellhead.json(*report, "--energy", 1000, "--work", 2500, "--yes")
    stage.finalize()
    wellhead.json("revenue", "distribute", cluster, "--yes")
    found = wellhead.json("token", "card", "--cluster", cluster)
    assert (found["figures"]["hour"], found["figures"]["booked_then"]) == (str(NOW + 2), "16")
    assert (found["figures"]["measured"], found["figures"]["served"]) == ("250000", "1000000")
    assert int(found["figures"]["cash"]) > 0
    said = wellhead("token", "card", cluster).stdout
    for words in ("last accrued", "25 %", "100 %", "2.5 GFLOP/J"):
        assert words in said


def test_files(wellhead: Command, stage: Stage, cluster: int, tmp_path: Path) -> None:
    svg, body = tmp_path / "card.svg", tmp_path / "card.json"
    found = wellhead.json("token", "card", cluster, "--svg", svg, "--json-file", body)
    assert (found["svg"], found["json"]) == (str(svg), str(body))
    assert svg.read_text() == stage.deployment.metadata.call("card", cluster)
    written = json.loads(body.read_text())
    assert written["image"].startswith("data:image/svg+xml;base64,")
    assert written["properties"]["units"] == 64
    outcome = wellhead("token", "card", cluster, "--svg", svg, "--json-file", body)
    assert "picture" in outcome.stdout
    assert f"the document is in {body}" in " ".join(outcome.stderr.split())


def test_refused(wellhead: Command, stage: Stage, cluster: int, tmp_path: Path) -> None:
    assert "There is no cluster 9." in wellhead.refused(1, "token", "card", 9)
    assert "which cluster? Give its id" in wellhead.refused(2, "token", "card")
    nowhere = tmp_path / "none" / "card.svg"
    said = wellhead.refused(4, "token", "card", cluster, "--svg", nowhere)
    assert said == f"{nowhere}: No such file or directory"


@pytest.mark.parametrize("uri", ["data:application/json;base64,!", "data:application/json;base64,"])
def test_a_document_that_can_not_be_read(
    wellhead: Command, stage: Stage, cluster: int, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setattr(cards, "_JSON", uri + "x")
    said = wellhead.refused(4, "token", "card", cluster)
    assert "is not JSON in a data URI. Please report this" in said
