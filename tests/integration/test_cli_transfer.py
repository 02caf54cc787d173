"""transfer: what it does on chain, and what would stop it, said before anything is sent."""

from __future__ import annotations

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import MAX, UNIT, Stage
from wellhead.chain import dev_account

OPERATOR, HOLDER, OTHER, STRANGER = 1, 9, 10, 14


def who(index: int) -> str:
    return dev_account(index).address


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 tokens, the operator's."""
    return stage.cluster(64)


def balance(stage: Stage, index: int) -> int:
    return int(stage.token(1).call("balanceOf", who(index)))


def test_transfer(wellhead: Command, stage: Stage, cluster: int) -> None:
    before = block_number(stage)
    dry = wellhead.json("transfer", cluster, HOLDER, "2.5", "--dry-run")
    assert (dry["amount"], dry["from"], dry["to"]) == (
        str(5 * UNIT // 2),
        who(OPERATOR),
        who(HOLDER),
    )
    assert (dry["from_left"], dry["to_now"]) == (str(123 * UNIT // 2), str(5 * UNIT // 2))
    asked = wellhead("transfer", cluster, who(HOLDER), "2.5", answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert f"Hand 2.5 of the 64 tokens of {who(OPERATOR)} over to {who(HOLDER)}?" in asked.stderr
    done = wellhead.json("transfer", cluster, HOLDER, "2.5", "--yes")
    assert (done["from_left"], done["to_now"]) == (dry["from_left"], dry["to_now"])
    assert balance(stage, HOLDER) == 5 * UNIT // 2
    said = wellhead("transfer", cluster, HOLDER, "1", "--yes").stdout
    assert "60.5 left" in said
    assert "3.5 now" in said


def test_a_transfer_to_oneself_changes_nothing(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    done = wellhead.json("transfer", cluster, OPERATOR, 64, "--yes")
    assert done["from_left"] == done["to_now"] == str(64 * UNIT)


def test_of_somebody_else(wellhead: Command, stage: Stage, cluster: int) -> None:
    """--from names whose tokens; who holds them sends, unless somebody else is named."""
    wellhead.json("transfer", cluster, HOLDER, 10, "--yes")
    for owner in (HOLDER, who(HOLDER)):
        done = wellhead.json("transfer", cluster, OTHER, 1, "--from", owner, "--yes")
        assert (done["from"], done["by"]) == (who(HOLDER), who(HOLDER))
    words = ("transfer", cluster, OTHER, 2, "--from", HOLDER, "--account", 4)
    said = wellhead.refused(1, *words, "--yes")
    assert said == (
        f"{who(4)} may take 0 tokens of {who(HOLDER)}, and 2 are needed: the owner has to approve "
        "more."
    )
    stage.token(1).send("approve", who(4), MAX, sender=stage.holders[0])
    done = wellhead.json(*words, "--yes")
    assert (done["from"], done["by"]) == (who(HOLDER), who(4))
    assert (balance(stage, HOLDER), balance(stage, OTHER)) == (6 * UNIT, 4 * UNIT)
    assert f"sent by      {who(4)}" in wellhead(*words, "--yes").stdout


def test_what_would_stop_it(wellhead: Command, stage: Stage, cluster: int) -> None:
    wellhead.json("transfer", cluster, HOLDER, 10, "--yes")
    stage.compliance.send("setFrozenTokens", 1, who(HOLDER), 8 * UNIT, sender=stage.officer)
    before = block_number(stage)
    for words, said in (
        ([9, HOLDER, 1], "There is no cluster 9."),
        ([cluster, STRANGER, 1], f"{who(STRANGER)} has no credential: an accredited issuer"),
        (
            [cluster, HOLDER, "64.5"],
            f"{who(OPERATOR)} has 54 tokens of cluster 1, and 64.5 are needed.",
        ),
        (
            [cluster, OTHER, "2.5", "--from", HOLDER],
            f"Of the 10 tokens of {who(HOLDER)} 8 are frozen and 2 are not, and 2.5 are needed.",
        ),
        ([cluster, "0x" + "00" * 20, 1], f"0x{'00' * 20} has no credential"),
    ):
        assert said in wellhead.refused(1, "transfer", *words, "--yes")
        assert said in wellhead.refused(1, "transfer", *words, "--dry-run")
    assert block_number(stage) == before
    wellhead.json("transfer", cluster, OTHER, 2, "--from", HOLDER, "--yes")
    assert "'-1'" in wellhead.refused(2, "transfer", cluster, OTHER, "--", "-1")
    assert "has more than 18 digits" in wellhead.refused(2, "transfer", 1, OTHER, "0." + "1" * 19)


def test_a_blocked_account_can_do_neither(wellhead: Command, stage: Stage, cluster: int) -> None:
    wellhead.json("transfer", cluster, HOLDER, 10, "--yes")
    stage.compliance.send("setBlocked", who(HOLDER), True, sender=stage.officer)
    said = f"{who(HOLDER)} is blocked: it can neither send nor receive tokens of any cluster."
    assert wellhead.refused(1, "transfer", 1, OTHER, 1, "--from", HOLDER, "--yes") == said
    assert wellhead.refused(1, "transfer", 1, HOLDER, 1, "--yes") == said


def test_who_lost_the_credential_can_still_send(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    wellhead.json("transfer", cluster, HOLDER, 10, "--yes")
    wellhead.json("credential", "revoke", HOLDER, "--yes")
    said = wellhead.refused(1, "transfer", cluster, HOLDER, 1, "--yes")
    assert f"The credential of {who(HOLDER)} was revoked at 2026-01-01" in said
    wellhead.json("transfer", cluster, OTHER, 10, "--from", HOLDER, "--yes")
    assert (balance(stage, HOLDER), balance(stage, OTHER)) == (0, 10 * UNIT)
