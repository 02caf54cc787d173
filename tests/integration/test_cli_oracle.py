"""`wellhead oracle verify` and `wellhead oracle prove`, with store files."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Command
from tests.support.evidence import NOW, STEP, Market, keep_in, opened
from tests.support.program import program_on
from tests.support.stage import HOUR, Stage
from wellhead.oracle.audit import evidence
from wellhead.oracle.measurements import Proposal


@pytest.fixture
def market(stage: Stage) -> Market:
    return opened(stage)


@pytest.fixture
def stores(market: Market, tmp_path: Path) -> list[Path]:
    """Hours 1 to 3 were reported by three reporters, whose stores these are."""
    proposal = market.propose([market.key(hour) for hour in (1, 2, 3)], range(3))
    market.report(proposal)
    return [keep_in(tmp_path / f"{n}.sqlite", market, n, proposal) for n in range(3)]


@pytest.fixture
def wide(wellhead: Command) -> Command:
    """With tables as wide as they like to be."""
    wellhead.environment["COLUMNS"] = "200"
    return wellhead


def named(paths: list[Path]) -> list[object]:
    return [word for path in paths for word in ("--store", path)]


def damage(path: Path) -> None:
    """The store says that one more unit was booked in hour 2."""
    with sqlite3.connect(path) as connection:
        done = connection.execute("UPDATE own SET booked = 3 WHERE hour = ?", (NOW + 2,))
        assert done.rowcount == 1
    connection.close()


# verify


def test_verify_with_everything_at_hand(
    wellhead: Command, market: Market, stores: list[Path]
) -> None:
    document = wellhead.json("oracle", "verify", market.first, *named(stores))
    assert document["schema"] == "wellhead.oracle.verify/1"
    assert (document["from"], document["to"]) == (str(NOW), str(NOW + 6))
    assert (document["verdict"], document["findings"]) == ("sound", [])
    assert document["gaps"] == [
        {"from": str(NOW), "to": str(NOW + 1)},
        {"from": str(NOW + 4), "to": str(NOW + 6)},
    ]
    totals = {name: int(value) for name, value in document["totals"].items()}
    assert (totals["hours"], totals["reported"], totals["unreported"]) == (6, 3, 3)
    assert (totals["batches"], totals["measurements"], totals["raw"]) == (3, 9, 9)
    assert (totals["no_outside_input"], totals["signatures_read"]) == (3, 1)


def test_verify_for_people(wide: Command, market: Market, stores: list[Path]) -> None:
    outcome = wide("oracle", "verify", market.first, *named(stores))
    assert outcome.code == 0
    for line in (
        "Records of cluster 1, 2026-01-01 00:00 UTC to 2026-01-01 06:00 UTC",
        "hours             6",
        "reported          3",
        "without a record  3",
        "                  2026-01-01 04:00 UTC to 2026-01-01 06:00 UTC (2 hours from",
        "signatures        of 1 transaction recovered, of 0 left to the oracle's own check",
        "evidence at hand  for 3 of 3 hours",
        "outside input     canaries in 0, heartbeats in 0, neither in 3 hours",
        "measurements      9 of 9 made anew from raw samples, 0 without",
        "result            all of it holds",
    ):
        assert line in outcome.stdout
    assert "Found" not in outcome.stdout
    assert outcome.stderr == "checking 6 hours ...\n"


def test_verify_a_range(wellhead: Command, market: Market, stores: list[Path]) -> None:
    verify = ["oracle", "verify", "--cluster", market.first, *named(stores)]
    document = wellhead.json(*verify, "--from", "2026-01-01T01:00Z", "--to", "now-3")
    assert (document["from"], document["to"]) == (str(NOW + 1), str(NOW + 3))
    assert (document["gaps"], document["totals"]["reported"]) == ([], "2")


def test_something_wrong_is_exit_code_6(wide: Command, market: Market, stores: list[Path]) -> None:
    damage(stores[1])
    verify = ["oracle", "verify", market.first, *named(stores)]
    document = wide.json(*verify, code=6)
    assert document["verdict"] == "wrong"
    (finding,) = document["findings"]
    assert finding == {
        "from": str(NOW + 2),
        "to": str(NOW + 3),
        "level": "wrong",
        "check": "booked",
        "reporter": market.address(1),
        "detail": "booked 3 by the reporter, 2 by the market",
    }
    outcome = wide(*verify, "--allow-missing")
    assert outcome.code == 6
    assert "result            something is wrong" in outcome.stdout
    assert "WRONG  booked  2026-01-01 02:00 UTC (hour 490898)" in outcome.stdout
    assert f"{market.address(1)}: booked 3 by the reporter" in outcome.stdout


def test_only_missing_evidence_is_exit_code_7(
    wide: Command, market: Market, stores: list[Path]
) -> None:
    verify = ["oracle", "verify", market.first, *named(stores[:2])]
    document = wide.json(*verify, code=7)
    assert document["verdict"] == "missing"
    (finding,) = document["findings"]
    assert (finding["level"], finding["check"]) == ("missing", "raw")
    assert (finding["from"], finding["to"]) == (str(NOW + 1), str(NOW + 4))
    assert finding["reporter"] == market.address(2)
    assert wide.json(*verify, "--allow-missing")["verdict"] == "missing"
    outcome = wide(*verify)
    assert outcome.code == 7
    assert "nothing is wrong, but evidence is missing" in outcome.stdout
    assert "(3 hours from 490897)" in outcome.stdout


def test_many_gaps_and_what_was_left_out(
    wide: Command, market: Market, stores: list[Path], tmp_path: Path
) -> None:
    stage = market.stage
    late = Proposal.of([market.measure(market.key(hour), 4) for hour in (2, 3)])
    fourth = keep_in(tmp_path / "late.sqlite", market, 4, late)
    stage.to_hour(NOW + 40, 60)
    for hour in range(8, 36, 2):
        market.report_hours([market.key(hour)], range(3))
    outcome = wide("oracle", "verify", market.first, *named([*stores, fourth]), "--allow-missing")
    assert outcome.code == 0
    assert "left out          2 more measurements" in outcome.stdout
    assert "and 4 more stretches" in outcome.stdout
    assert "without a record  23" in outcome.stdout


def test_contested_and_closed_hours_are_shown(
    wide: Command, market: Market, stores: list[Path]
) -> None:
    stage = market.stage
    for hour in (2, 3):
        stage.contests.send("contest", market.lease, NOW + hour, sender=stage.tenants[0])
    stage.skip(7 * 24 * HOUR + HOUR)
    stage.contests.send("close", *market.key(2), sender=stage.stranger)
    stage.oracle.send("closeSilent", *market.key(4), sender=stage.stranger)
    outcome = wide("oracle", "verify", market.first, "--to", NOW + 6, *named(stores))
    assert outcome.code == 0
    said = "contested         0 upheld, 0 rejected, 1 closed as zero, 1 not decided"
    assert said in outcome.stdout
    assert "closed as zero    1" in outcome.stdout


def test_what_can_not_be_verified_is_said(
    wellhead: Command, market: Market, stores: list[Path], tmp_path: Path
) -> None:
    verify = ["oracle", "verify", market.first]
    assert "Give --reporter URL or --store FILE" in wellhead.refused(2, *verify)
    gone = tmp_path / "gone.sqlite"
    assert f"{gone}: there is no such file" in wellhead.refused(5, *verify, "--store", gone)
    text = tmp_path / "text.sqlite"
    text.write_text("no store, and long enough to be looked at as one" * 9)
    assert "is no reporter's store" in wellhead.refused(5, *verify, "--store", text)
    store = named(stores)
    assert "There is no cluster 9." in wellhead.refused(1, "oracle", "verify", 9, *store)
    said = wellhead.refused(1, *verify, "--from", NOW - 3, *store)
    assert "lies before cluster 1 was registered" in said
    assert "is not over" in wellhead.refused(1, *verify, "--from", "now", *store)
    said = wellhead.refused(1, *verify, "--from", NOW + 2, "--to", NOW + 1, *store)
    assert "Cluster 1 has no hours there" in said


def test_a_reporter_that_does_not_answer(
    wellhead: Command, market: Market, stores: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "PAUSE_S", 0)
    nobody = "http://127.0.0.1:1"
    outcome = wellhead("oracle", "verify", market.first, "--reporter", nobody, "--json")
    assert outcome.code == 7
    assert outcome.document["totals"]["batches_missing"] == "3"
    assert f"no reporter answers at {nobody}" in outcome.stderr
    assert "what it holds is missing from here on" in outcome.stderr
    outcome = wellhead("oracle", "verify", market.first, "--reporter", nobody, *named(stores))
    assert outcome.code == 0


def test_progress_on_a_terminal(market: Market, stores: list[Path], tmp_path: Path) -> None:
    program = program_on(tmp_path, market.stage.deployment)
    shown = program.on_terminal("oracle", "verify", market.first, *named(stores), width=100)
    assert "checking 6 hours" in shown
    assert "6/6" in shown
    assert "all of it holds" in shown


# prove


def proof_of(wellhead: Command, market: Market, stores: list[Path], *more: object) -> Any:
    asked = ["oracle", "prove", market.first, "--hour", NOW + 2, "--device", "GPU-1"]
    return wellhead.json(*asked, *more, *named(stores))


def test_prove_and_check(wide: Command, market: Market, stores: list[Path], tmp_path: Path) -> None:
    time_s = (NOW + 2) * HOUR + 10 + STEP
    document = proof_of(
        wide, market, stores, "--time", "2026-01-01T02:05:10Z", "--by", market.address(2)
    )
    assert document["schema"] == "wellhead.oracle.prove/1"
    assert document["reporter"] == market.address(2)
    line = json.loads(document["line"])
    assert (line["kind"], line["device"], line["time_s"]) == ("reading", "GPU-1", time_s)
    assert document["raw"] == "0x" + document["line"].encode().hex()
    assert [check["check"] for check in document["checks"]] == [
        "proves",
        "hour",
        "signature",
        "event",
    ]
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(document))
    for store in stores:
        store.unlink()
    assert wide.json("oracle", "prove", "--check", path) == document
    outcome = wide("oracle", "prove", "--check", path)
    assert outcome.code == 0
    assert "the raw sample is under the measurement" in outcome.stdout
    said = f"the evidence is that of the report that recorded hour {NOW + 2} of cluster 1"
    assert said in " ".join(outcome.stdout.split())

    document["line"] = document["line"].replace("GPU-1", "GPU-2")
    document["raw"] = "0x" + document["line"].encode().hex()
    path.write_text(json.dumps(document))
    wrong = wide.json("oracle", "prove", "--check", path, code=6)
    assert [check["check"] for check in wrong["checks"] if not check["holds"]] == ["proves"]
    outcome = wide("oracle", "prove", "--check", path)
    assert outcome.code == 6
    assert "A proof that does not hold" in outcome.stdout
    assert "WRONG  proves" in outcome.stdout


def test_prove_that_a_device_was_seen(wide: Command, market: Market, stores: list[Path]) -> None:
    document = proof_of(wide, market, stores)
    assert json.loads(document["line"])["kind"] == "device"
    asked = ["oracle", "prove", market.first, "--hour", NOW + 2, "--device", "GPU-1"]
    outcome = wide(*asked, *named(stores))
    assert outcome.code == 0
    assert document["transaction"] in outcome.stdout


def test_what_can_not_be_proven_is_said(
    wellhead: Command, market: Market, stores: list[Path], tmp_path: Path
) -> None:
    hour = ["--hour", NOW + 2]
    prove = ["oracle", "prove", market.first]
    device, store = ["--device", "GPU-1"], named(stores)
    assert "give --hour and --device" in wellhead.refused(2, *prove, *hour, *store)
    assert "Give --reporter URL" in wellhead.refused(2, *prove, *hour, *device)
    said = wellhead.refused(2, "oracle", "prove", *hour, *device, *store)
    assert "which cluster? Give its id" in said
    said = wellhead.refused(1, *prove, "--hour", NOW + 5, *device, *store)
    assert "The hour 2026-01-01 05:00 UTC of cluster 1 has no report yet." in said
    said = wellhead.refused(1, "oracle", "prove", 9, *hour, *device, *store)
    assert "There is no cluster 9." in said
    said = wellhead.refused(7, *prove, *hour, "--device", "GPU-9", *store)
    assert "no raw sample of GPU-9" in said
    said = wellhead.refused(7, *prove, *hour, *device, "--by", market.address(4), *store)
    assert f"is in what {market.address(4)} has at hand" in said
    path = tmp_path / "proof.json"
    assert "No such file" in wellhead.refused(5, "oracle", "prove", "--check", path)
    path.write_text("{}")
    assert "is no proof: schema" in wellhead.refused(5, "oracle", "prove", "--check", path)
    said = wellhead.refused(2, "oracle", "prove", "--check", path, *device)
    assert "give nothing else" in said


def test_a_zero_has_no_proof(wellhead: Command, market: Market, stores: list[Path]) -> None:
    stage = market.stage
    stage.skip(7 * 24 * HOUR + HOUR)
    stage.oracle.send("closeSilent", *market.key(4), sender=stage.stranger)
    prove = ["oracle", "prove", market.first, "--hour", NOW + 4, "--device", "GPU-1"]
    said = wellhead.refused(1, *prove, *named(stores))
    assert "was closed as zero: there is no evidence behind it." in said


def test_a_reorganised_transaction(
    wellhead: Command, market: Market, stores: list[Path], tmp_path: Path
) -> None:
    """The proof was made of a block that the chain has no more."""
    document = proof_of(wellhead, market, stores)
    path = tmp_path / "proof.json"
    path.write_text(json.dumps({**document, "transaction": "0x" + "12" * 32}))
    wrong = wellhead.json("oracle", "prove", "--check", path, code=6)
    (check,) = [check for check in wrong["checks"] if not check["holds"]]
    assert check["check"] == "event"
    assert check["detail"].endswith("the chain may have been reorganised")
