"""holders: who has a cluster's token, what they could claim and did, and that it all adds up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cli import Command
from tests.support.stage import GENESIS, HOUR, UNIT, Stage, Terms
from tests.support.sweeps import BITCOIN, earn
from wellhead.actions import holding
from wellhead.chain import dev_account

NOW = GENESIS // HOUR
OPERATOR, HOLDER, OTHER = 1, 9, 10
#: All in cash for the holders.
CASH = Terms(operator_share=0, reporter_share=0, bitcoin_share=0)


def who(index: int) -> str:
    return dev_account(index).address


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 tokens: the operator's, but 16 for a holder and 8 for another."""
    cluster = stage.cluster(64, CASH)
    token = stage.token(cluster)
    token.send("transfer", who(HOLDER), 16 * UNIT, sender=stage.operator)
    token.send("transfer", who(OTHER), 8 * UNIT, sender=stage.operator)
    return cluster


def holders(wellhead: Command, cluster: int = 1) -> dict[str, Any]:
    """By account; the document itself under "whole"."""
    found = wellhead.json("holders", cluster)
    return {"whole": found, **{each["account"]: each for each in found["holders"]}}


def test_holders(wellhead: Command, stage: Stage, cluster: int) -> None:
    found = wellhead.json("holders", "--cluster", cluster)
    assert [each["account"] for each in found["holders"]] == [who(1), who(HOLDER), who(OTHER)]
    assert [each["tokens"] for each in found["holders"]] == [
        str(count * UNIT) for count in (40, 16, 8)
    ]
    assert [each["share"] for each in found["holders"]] == ["625000", "250000", "125000"]
    assert (found["supply"], found["policy"]) == (str(64 * UNIT), "0")
    first = found["holders"][0]
    assert (first["eligible"], first["credential"]["country"]) == (True, "NO")
    assert first["claimed"] == first["claimable"] == {"cash": "0", "reserve": "0"}
    said = wellhead("holders", cluster).stdout
    assert "64 tokens, 3 holders" in said
    for words in (f"62.5 %  {who(1)}", "40 tokens; credential: NO, retail, for ever"):
        assert words in said
    assert "vesting" not in said


def test_money_in_both_currencies(wellhead: Command, stage: Stage, cluster: int) -> None:
    """An hour's cash at once, a backlog and bitcoin bit by bit; what is claimed is gone from what
    can be, and the sums are checked to the last fraction each time."""
    earn(stage, cluster, 64_000_000, 1)
    stage.router.send("distribute", cluster, sender=stage.stranger)
    found = holders(wellhead)
    # The index's last step is not complete: a fraction of a unit is carried.
    assert found[who(HOLDER)]["claimable"] == {"cash": "15999999", "reserve": "0"}
    assert found[who(OTHER)]["claimable"] == {"cash": "7999999", "reserve": "0"}
    wellhead.json("claim", "--account", HOLDER, "--yes")
    found = holders(wellhead)
    assert found[who(HOLDER)]["claimable"]["cash"] == "0"
    assert found[who(HOLDER)]["claimed"] == {"cash": "15999999", "reserve": "0"}
    # A backlog of 4 hours, of which an hour's part comes at once, and bitcoin.
    stage.to_hour(stage.hour() + 1)
    earn(stage, cluster, 64_000_000, 4)
    stage.router.send("distribute", cluster, sender=stage.stranger)
    at_once = holders(wellhead)
    cash = int(at_once[who(HOLDER)]["claimable"]["cash"])
    assert 4_000_000 <= cash < 4_100_000
    assert 47_900_000 < int(at_once["whole"]["vesting"]["cash"]) <= 48_000_000
    stage.reserve.send("mint", who(OPERATOR), BITCOIN, sender=stage.operator)
    wellhead.json("revenue", "pay-in", cluster, "0.64", "--yes")
    both = holders(wellhead)
    assert int(both["whole"]["vesting"]["reserve"]) > 63_990_000
    until = int(both["whole"]["vesting"]["reserve_until"])
    assert "BTC vests until 2026-01-02" in wellhead("holders", cluster).stdout
    # The holder sells everything: what it earned stays its own, and it is listed for that.
    wellhead.json("transfer", cluster, OTHER, 16, "--from", HOLDER, "--yes")
    stage.to_time(until)
    last = holders(wellhead)
    assert last["whole"]["vesting"] == {
        "cash": "0",
        "cash_until": "0",
        "reserve": "0",
        "reserve_until": "0",
    }
    assert last[who(HOLDER)]["tokens"] == "0"
    assert int(last[who(HOLDER)]["claimable"]["cash"]) >= cash
    assert 23_000_000 < int(last[who(OTHER)]["claimable"]["reserve"]) < 24_000_000
    done = wellhead.json("claim", "--account", OTHER, "--yes")
    assert done["reserve"] == last[who(OTHER)]["claimable"]["reserve"]
    assert stage.reserve.call("balanceOf", who(OTHER)) == int(done["reserve"])
    wellhead.json("claim", "--account", HOLDER, "--yes")
    assert who(HOLDER) not in holders(wellhead)


def test_frozen_and_not_eligible(wellhead: Command, stage: Stage, cluster: int) -> None:
    wellhead.json("compliance", "freeze", cluster, HOLDER, 20, "--yes")
    wellhead.json("credential", "revoke", OTHER, "--yes")
    found = holders(wellhead)
    assert (found[who(HOLDER)]["frozen"], found[who(HOLDER)]["eligible"]) == (str(20 * UNIT), True)
    other = found[who(OTHER)]
    assert (other["eligible"], other["reason"]) == (False, "CredentialRevoked")
    assert other["credential"]["expires"] == "0"
    said = wellhead("holders", cluster).stdout
    assert "revoked 2026-01-01" in said
    assert "16 tokens, 20 frozen" in said


def test_every_short_form(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.compliance.send("setBlocked", who(HOLDER), True, sender=stage.officer)
    stage.credential(who(OTHER), jurisdiction=999, kind=7)
    said = " ".join(wellhead("holders", cluster).stdout.split())
    assert "credential: blocked" in said
    assert "credential: jurisdiction 999, class 7: not admitted by policy 0" in said
    stage.compliance.send("dismiss", stage.issuer.address, sender=stage.officer)
    assert "of an issuer that was dismissed" in wellhead("holders", cluster).stdout
    stage.compliance.send("accredit", stage.issuer.address, sender=stage.officer)
    stage.credential(who(OPERATOR), expires=stage.now() + 60)
    stage.skip(60)
    assert "expired 2026-01-01" in wellhead("holders", cluster).stdout


def test_nobody_and_nothing(wellhead: Command, stage: Stage) -> None:
    stage.register()
    found = wellhead.json("holders", 1)
    assert (found["supply"], found["holders"]) == ("0", [])
    assert "0 tokens, 0 holders" in wellhead("holders", 1).stdout
    assert "There is no cluster 9." in wellhead.refused(1, "holders", 9)
    assert "which cluster? Give its id" in wellhead.refused(2, "holders")


def test_what_does_not_add_up_is_said(
    wellhead: Command, stage: Stage, cluster: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that leaves logs out is found out."""
    read = holding._balances

    def short(transfers: Any) -> Any:
        return read(list(transfers)[:-1])

    monkeypatch.setattr(holding, "_balances", short)
    said = wellhead.refused(4, "holders", cluster)
    assert "does not add up: tokens of 0x" in said
