"""signers show, announce, enact and remove on a chain."""

from __future__ import annotations

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import GENESIS, HOUR, Stage
from wellhead.actions import people
from wellhead.chain import dev_account
from wellhead.chain.abi import functions_of

NOW = GENESIS // HOUR
DAY = 24 * HOUR
GOVERNOR, OPERATOR, GUARDIAN = 0, 1, 2


def who(index: int) -> str:
    return dev_account(index).address


def ascending(*indices: int) -> list[str]:
    return sorted((who(index) for index in indices), key=lambda address: int(address, 16))


def announce(*reporters: int | str, threshold: int = 2) -> list[object]:
    named = [word for reporter in reporters for word in ("--reporter", reporter)]
    return ["signers", "announce", *named, "--threshold", threshold]


def signers(stage: Stage) -> tuple[list[str], int]:
    addresses, threshold = stage.oracle.call("signers")
    return list(addresses), int(threshold)


def test_other_reporters_are_announced_and_enacted(wellhead: Command, stage: Stage) -> None:
    shown = wellhead.json("signers", "show")
    assert shown["present"] == {
        "addresses": ascending(*people.REPORTERS),
        "threshold": "3",
        "for_recount": "4",
    }
    assert shown["announced"] is None
    assert "nobody else" in wellhead("signers", "show").stdout
    before = block_number(stage)
    words = announce(30, 20, 21)
    dry = wellhead.json(*words, "--dry-run")
    assert dry["after"]["addresses"] == ascending(20, 21, 30)
    asked = wellhead(*words, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "Announce 3 reporters, of whom 2 must sign?" in asked.stderr
    done = wellhead.json(*words, "--yes")
    due = stage.now() + 2 * DAY
    assert (done["by"], done["enactable_at"]) == (who(GOVERNOR), str(due))
    assert signers(stage) == (ascending(*people.REPORTERS), 3)
    coming = wellhead.json("signers", "show")["announced"]
    assert coming["signers"]["addresses"] == ascending(20, 21, 30)
    assert (coming["enactable_at"], coming["enactable"]) == (str(due), False)
    said = wellhead("signers", "show").stdout
    assert "from 2026-01-03" in said
    assert ("to come" in said, "to go" in said, who(30) in said) == (True, True, True)
    early = wellhead.refused(1, "signers", "enact", "--yes")
    assert early.startswith("The announced reporters can take their place from 2026-01-03")
    again = wellhead(*announce(20, 21, 22), answer="n\n")
    assert "in the place of 3 reporters, of whom 2 must sign?" in again.stderr
    stage.to_time(due)
    assert wellhead.json("signers", "show")["announced"]["enactable"] is True
    asked = wellhead("signers", "enact", answer="n\n")
    assert "Let 3 reporters, of whom 2 must sign take the place of" in asked.stderr
    dry = wellhead.json("signers", "enact", "--dry-run")
    done = wellhead.json("signers", "enact", "--yes")
    assert (done["before"], done["after"], done["call"]) == (
        dry["before"],
        dry["after"],
        dry["call"],
    )
    assert done["by"] == who(people.ANYBODY)
    assert signers(stage) == (ascending(20, 21, 30), 2)
    assert wellhead.json("signers", "show")["present"]["for_recount"] == "2"
    said = wellhead.refused(1, "signers", "enact", "--yes")
    assert said == "No such reporters are announced: the governor announces them first."


def test_the_present_ones_are_paid_before(wellhead: Command, stage: Stage) -> None:
    stage.cash.send("mint", stage.relay.address, 1000, sender=stage.relay)
    stage.cash.send("approve", stage.vault.address, 1000, sender=stage.relay)
    deposit = ("deposit", stage.cash.address, stage.oracle.address, 503)
    stage.vault.send(*deposit, sender=stage.relay)
    done = wellhead.json("signers", "remove", 22, "--yes")
    assert (done["each"], done["removed"]) == ("100", who(22))
    assert stage.claim_of(dev_account(22)) == 100
    wellhead.json(*announce(20, 21, 30), "--yes")
    stage.skip(2 * DAY)
    stage.vault.send(*deposit[:3], 400, sender=stage.relay)
    done = wellhead.json("signers", "enact", "--yes")
    assert done["each"] == "100"
    assert (stage.claim_of(dev_account(20)), stage.claim_of(dev_account(30))) == (200, 0)


def test_a_guardian_removes_one_at_once(wellhead: Command, stage: Stage) -> None:
    wellhead.json(*announce(20, 21, 30), "--yes")
    before = block_number(stage)
    dry = wellhead.json("signers", "remove", who(23), "--dry-run")
    asked = wellhead("signers", "remove", who(23), answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert (
        f"Remove the reporter {who(23)}, leaving 4 reporters, of whom 3 must sign, and make void "
        "what is announced?"
    ) in asked.stderr
    done = wellhead.json("signers", "remove", who(23), "--yes")
    assert (done["by"], done["void"], done["after"]) == (who(GUARDIAN), True, dry["after"])
    assert signers(stage) == (ascending(20, 21, 22, 24), 3)
    assert wellhead.json("signers", "show")["announced"] is None
    shown = wellhead("signers", "remove", 24, "--yes").stdout
    assert ("3 reporters, of whom 3 must sign" in shown, "void" in shown) == (True, False)
    said = wellhead.refused(1, "signers", "remove", 20, "--yes")
    assert said == (
        "3 reporters can not be fewer: 3 must sign a report. The governor can announce others."
    )


def test_what_is_refused(wellhead: Command, stage: Stage) -> None:
    before = block_number(stage)
    role = "does not have the role that this needs"
    contract = stage.market.address
    for words, code, said in (
        ([*announce(20, 21, 30), "--account", OPERATOR], 1, role),
        (["signers", "remove", 20, "--account", OPERATOR], 1, role),
        (["signers", "remove", 30], 1, f"{who(30)} is no reporter."),
        (announce(20, 21, threshold=1), 1, "1 of 2 reporters is not possible"),
        (announce(20, 21, threshold=3), 1, "3 of 2 reporters is not possible"),
        (announce(20, 20, 21), 1, "2 of 3 reporters is not possible"),
        (announce(20, "0x" + "00" * 20), 1, "2 of 2 reporters is not possible"),
        (announce(20, contract), 4, f"reporter {contract} is a contract, and contracts can not"),
        (["signers", "enact"], 1, "No such reporters are announced"),
    ):
        assert said in wellhead.refused(code, *words, "--yes")
        assert said in wellhead.refused(code, *words, "--dry-run")
    for words, said in (
        (["signers", "announce", "--threshold", 2], "Missing option '--reporter'"),
        (["signers", "announce", "--reporter", 20], "Missing option '--threshold'"),
        (announce("somebody"), "is no address"),
        (["signers", "remove"], "Missing argument 'REPORTER'"),
    ):
        outcome = wellhead(*words, "--yes")
        assert (outcome.code, said in " ".join(outcome.stderr.split())) == (2, True)
    assert block_number(stage) == before


@pytest.fixture
def delayed(stage: Stage) -> None:
    """The governor's acts take effect a day after they are scheduled."""
    stage.authority.send("grantRole", 0, stage.governor.address, DAY, sender=stage.governor)


def test_a_governor_with_a_delay_is_shown_what_to_schedule(
    wellhead: Command, stage: Stage, delayed: None
) -> None:
    words = announce(20, 21, 30)
    said = wellhead.refused(1, *words, "--yes")
    assert said == f"{who(GOVERNOR)} may do this only 1 day after scheduling it."
    dry = wellhead.json(*words, "--dry-run")
    assert (dry["call"]["to"], dry["call"]["delay"]) == (stage.oracle.address, str(DAY))
    assert "with the authority, 1 day before it is executed" in wellhead(*words, "--dry-run").stdout
    expected = functions_of("MetricsOracle")["announceSigners"]
    assert dry["call"]["data"] == expected.encode([ascending(20, 21, 30), 2])
    data = bytes.fromhex(dry["call"]["data"][2:])
    schedule = ("schedule", dry["call"]["to"], data, 0)
    stage.authority.send(*schedule, sender=stage.governor)
    assert "delay is not over" in wellhead.refused(1, *words, "--yes")
    stage.skip(DAY)
    done = wellhead.json(*words, "--yes")
    assert done["call"] == {**dry["call"], "delay": "0"}
    assert int(done["enactable_at"]) == stage.now() + 2 * DAY


def test_an_announcement_is_found_among_others(wellhead: Command, stage: Stage) -> None:
    wellhead.json(*announce(20, 21, 30), "--yes")
    wellhead.json(*announce(31, 20, 21, threshold=3), "--yes")
    coming = wellhead.json("signers", "show")["announced"]
    assert coming["signers"]["addresses"] == ascending(20, 21, 31)
    assert coming["signers"]["threshold"] == "3"
    findings = wellhead.json("doctor")["findings"]
    (said,) = (f for f in findings if "others are announced" in f["message"])
    assert (said["state"], said["advice"]) == ("note", "`wellhead signers show` says who")
