"""credential issue, present, show and revoke on a chain, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import FOREVER, GENESIS, HOUR, NORWAY, Stage
from wellhead.chain import dev_account

DAY = 24 * HOUR
#: Nobody has given this one a credential.
NEW = 14
ISSUE = ("credential", "issue", NEW, "--jurisdiction", "NO", "--class", "retail", "--yes")


def who(index: int) -> str:
    return dev_account(index).address


def standing(stage: Stage, account: str = who(NEW)) -> dict[str, Any]:
    found = stage.compliance.call("standingOf", account)
    assert isinstance(found, dict)
    return found


def test_issue(wellhead: Command, stage: Stage) -> None:
    before = block_number(stage)
    dry = wellhead.json(*ISSUE[:-1], "--days", 30, "--dry-run")
    assert (dry["dry_run"], dry["transaction"], block_number(stage)) == (True, None, before)
    asked = wellhead(*ISSUE[:-1], "--days", 30, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert f"Put on chain that {who(NEW)} belongs to NO (Norway) as retail, until" in asked.stderr
    now = stage.now()
    done = wellhead.json(*ISSUE, "--days", 30)
    said = done["credential"]
    assert (said["jurisdiction"], said["country"], said["class"]) == ("578", "NO", "0")
    assert (said["holder"], said["issuer"]) == (who(NEW), stage.issuer.address)
    known = standing(stage)
    assert (known["jurisdiction"], known["class"], known["issuer"]) == (578, 0, who(13))
    assert (known["issued"], known["expires"]) == (now, now + 30 * DAY)
    assert done["transaction"] is not None
    assert stage.compliance.call("canReceive", 0, who(NEW))


def test_issue_until_a_time_by_number_and_from_another_country(
    wellhead: Command, stage: Stage
) -> None:
    words = ("credential", "issue", who(NEW), "--jurisdiction", "840", "--class", "4", "--yes")
    wellhead.json(*words, "--expires", "2027-01-01T00:00Z")
    known = standing(stage)
    assert (known["jurisdiction"], known["class"], known["expires"]) == (840, 4, 1_798_761_600)
    said = wellhead("credential", "show", NEW, "--cluster", stage.cluster(8)).stdout
    assert "US (United States)" in said
    assert "class 4" in said
    assert "policy 0 does not admit that" in " ".join(said.split())


def test_a_new_one_right_after_another_or_a_revocation(wellhead: Command, stage: Stage) -> None:
    """Each word has to be later than the one before, and a local chain's time moves on for it."""
    wellhead.json(*ISSUE, "--days", 1)
    stage.compliance.send("revoke", who(NEW), sender=stage.officer)
    assert standing(stage)["issued"] == stage.now()
    wellhead.json(*ISSUE, "--days", 2)
    assert standing(stage)["expires"] == standing(stage)["issued"] + 2 * DAY


def test_offline_and_present(wellhead: Command, stage: Stage, tmp_path: Path) -> None:
    before = block_number(stage)
    outcome = wellhead(*ISSUE, "--days", 30, "--offline")
    assert (outcome.code, block_number(stage)) == (0, before)
    printed = outcome.document
    assert (printed["schema"], printed["transaction"]) == ("wellhead.credential.issue/1", None)
    whole, alone = tmp_path / "whole.json", tmp_path / "alone.json"
    whole.write_text(outcome.stdout)
    alone.write_text(json.dumps(printed["credential"]))
    dry = wellhead.json("credential", "present", alone, "--dry-run")
    assert dry["credential"] == printed["credential"]
    assert standing(stage)["expires"] == 0
    done = wellhead.json("credential", "present", whole, "--yes")
    assert done["schema"] == "wellhead.credential.present/1"
    assert standing(stage)["expires"] == int(printed["credential"]["expires"])
    said = wellhead.refused(1, "credential", "present", alone, "--yes")
    assert "the holder has one, or a revocation, of 2026-01-01" in said


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"expires": None}, 5, "expires is missing"),
        ({"jurisdiction": "70000"}, 5, "jurisdiction is 70000; it can be at most 65535"),
        ({"jurisdiction": "1024"}, 1, "There is no jurisdiction 1,024: numbers go from 1 to 1,023"),
        ({"class": "8"}, 1, "There is no class or set of classes 8: numbers go from 0 to 7."),
        ({"class": "x"}, 5, "class: 'x' is no number"),
        ({"holder": "0x12"}, 5, "holder: '0x12' is no address"),
        ({"holder": "0x" + "00" * 20}, 1, f"0x{'00' * 20} can not be meant."),
        ({"signature": "zz"}, 5, "signature: not hexadecimal"),
        ({"signature": "0x12"}, 1, f"The credential was not signed by {who(13)}, or for other"),
        ({"class": "1"}, 1, f"The credential was not signed by {who(13)}, or for other"),
        ({"issuer": who(3)}, 1, f"{who(3)} is no accredited issuer"),
        ({"chain_id": "1"}, 5, "it was signed for chain_id 1, and this is 31337"),
        ({"compliance": who(3)}, 5, f"it was signed for compliance {who(3)}, and this is 0x"),
        ({"issued": str(FOREVER)}, 1, "which is yet to come: it is 2026-01-01"),
        ({"expires": "1"}, 1, "would be over since 1970-01-01 00:00:01 UTC: it is 2026-01-01"),
    ],
)
def test_statements_that_can_not_be_used(
    wellhead: Command,
    stage: Stage,
    tmp_path: Path,
    change: dict[str, str | None],
    code: int,
    said: str,
) -> None:
    body = wellhead(*ISSUE, "--days", 30, "--offline").document["credential"]
    changed = {name: value for name, value in {**body, **change}.items() if value is not None}
    path = tmp_path / "statement.json"
    path.write_text(json.dumps(changed))
    assert said in wellhead.refused(code, "credential", "present", path, "--yes")
    assert standing(stage)["expires"] == 0


@pytest.mark.parametrize("body", ["[]", '{"credential": 3}', "{", "3"])
def test_files_that_are_no_statements(wellhead: Command, stage: Stage, body: str) -> None:
    path = wellhead.folder / "statement.json"
    path.write_text(body)
    assert str(path) in wellhead.refused(5, "credential", "present", path, "--yes")


def test_issuing_that_is_refused(wellhead: Command, stage: Stage) -> None:
    before = block_number(stage)
    said = wellhead.refused(1, *ISSUE, "--days", 1, "--account", 3)
    assert said == f"{who(3)} is no accredited issuer: its credentials do not count."
    assert "would be over" in wellhead.refused(1, *ISSUE, "--expires", "now-1")
    for words, usage in (
        ([], "give --expires or --days"),
        (["--days", 1, "--expires", "now+1"], "give --expires or --days"),
        (["--days", 0], "0 is not in the range"),
        (["--days", 1, "--class", "rich"], "'rich' is no class: write retail, professional"),
        (["--days", 1, "--class", "8"], "'8' is no class"),
        (["--days", 1, "--jurisdiction", "XX"], "'XX' is no country of ISO 3166-1"),
        (["--days", 1, "--jurisdiction", "0"], "numbers go from 1 to 1023"),
    ):
        assert usage in " ".join(wellhead.refused(2, *ISSUE, *words).split())
    assert block_number(stage) == before


def test_show(wellhead: Command, stage: Stage) -> None:
    nothing = wellhead.json("credential", "show", NEW)
    assert (nothing["credential"], nothing["blocked"], nothing["cluster"]) == (None, False, None)
    assert nothing["eligible"] is None
    cluster = stage.cluster(8)
    known = wellhead.json("credential", "show", 5, "--cluster", cluster)
    assert (known["policy"], known["eligible"], known["reason"]) == ("0", True, None)
    assert known["credential"]["expires"] == str(FOREVER)
    assert (known["credential"]["country"], known["credential"]["valid"]) == ("NO", True)
    said = wellhead("credential", "show", 5, "--cluster", cluster).stdout
    assert "for ever" in said
    assert "may receive   yes" in said
    without = wellhead.json("credential", "show", NEW, "--cluster", cluster)
    assert (without["eligible"], without["reason"]) == (False, "NoCredential")
    assert f"{who(NEW)} has no credential" in without["message"]
    assert "There is no cluster 9." in wellhead.refused(1, "credential", "show", 5, "--cluster", 9)


def reason(wellhead: Command, index: int) -> tuple[str, str]:
    found = wellhead.json("credential", "show", index, "--cluster", 1)
    assert found["eligible"] is False
    return found["reason"], found["message"]


def test_show_why_not(wellhead: Command, stage: Stage) -> None:
    """Every way to be kept out, in the words that `transfer` and `holders` use too."""
    stage.cluster(8)
    compliance, officer = stage.compliance, stage.officer
    wellhead.json("credential", "revoke", 5, "--yes")
    assert reason(wellhead, 5)[0] == "CredentialRevoked"
    assert "was revoked at 2026-01-01" in reason(wellhead, 5)[1]
    assert "revoked" in wellhead("credential", "show", 5).stdout
    stage.credential(who(6), expires=stage.now() + HOUR)
    stage.skip(HOUR)
    assert reason(wellhead, 6)[0] == "CredentialExpired"
    assert "expired at 2026-01-01 01:" in reason(wellhead, 6)[1]
    assert "no more, since 2026-01-01 01:" in wellhead("credential", "show", 6).stdout
    stage.credential(who(7), jurisdiction=840)
    said = f"{who(7)} belongs to US (United States) as retail, and policy 0 does not admit that."
    assert reason(wellhead, 7) == ("NotAdmitted", said)
    compliance.send("setBlocked", who(8), True, sender=officer)
    assert reason(wellhead, 8)[0] == "Blocked"
    assert "it can neither send nor receive" in wellhead("credential", "show", 8).stdout
    compliance.send("dismiss", stage.issuer.address, sender=officer)
    assert reason(wellhead, 9)[0] == "IssuerDismissed"
    shown = " ".join(wellhead("credential", "show", 9).stdout.split())
    assert "dismissed: its credentials do not count" in shown


def test_what_was_signed_before_an_accreditation_is_void(
    wellhead: Command, stage: Stage, tmp_path: Path
) -> None:
    file = tmp_path / "statement.json"
    file.write_text(wellhead(*ISSUE, "--days", 30, "--offline").stdout)
    wellhead.json("compliance", "dismiss", 13, "--yes")
    stage.skip(60)
    wellhead.json("compliance", "accredit", 13, "--yes")
    said = wellhead.refused(1, "credential", "present", file, "--yes")
    assert "before its issuer was accredited at 2026-01-01 00:01" in said
    wellhead.json(*ISSUE, "--days", 30)
    assert standing(stage)["isAccredited"]


def test_revoke(wellhead: Command, stage: Stage) -> None:
    before = block_number(stage)
    dry = wellhead.json("credential", "revoke", 5, "--dry-run")
    assert dry["call"]["to"] == stage.compliance.address
    assert dry["call"]["data"].startswith("0x")
    asked = wellhead("credential", "revoke", 5, answer="n\n")
    assert f"Revoke the credential of {who(5)}" in asked.stderr
    said = wellhead.refused(1, "credential", "revoke", 5, "--account", 3, "--yes")
    assert "does not have the role that this needs" in said
    assert block_number(stage) == before
    wellhead.json("credential", "revoke", 5, "--yes")
    wellhead.json("credential", "revoke", 6, "--account", 12, "--yes")
    for index in (5, 6):
        assert standing(stage, who(index))["expires"] == 0
    assert not stage.compliance.call("canReceive", 0, who(5))


def test_somebody_who_signs_no_typed_data(
    wellhead: Command, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wellhead.chain.accounts.UnlockedAccount.sign_typed", lambda *_: None)
    said = wellhead.refused(4, *ISSUE, "--days", 1)
    assert said.startswith(f"{who(13)} can not sign typed data")


def test_credentials_of_the_command_are_those_of_the_stage(stage: Stage) -> None:
    assert GENESIS < standing(stage, who(5))["issued"] <= stage.now()
    assert standing(stage, who(5))["jurisdiction"] == NORWAY
