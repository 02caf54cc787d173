"""compliance and cluster operator: the rulebook, and what officers do about it."""

from __future__ import annotations

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import UNIT, Stage, Terms
from wellhead.chain import UnlockedAccount, dev_account

OPERATOR, HOLDER, OTHER, OFFICER, ISSUER, STRANGER = 1, 9, 10, 12, 13, 14
US = 840


def who(index: int) -> str:
    return dev_account(index).address


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 tokens, 10 of them a holder's."""
    cluster = stage.cluster(64)
    stage.token(cluster).send("transfer", who(HOLDER), 10 * UNIT, sender=stage.operator)
    return cluster


def asks(wellhead: Command, stage: Stage, *words: object) -> str:
    """What a command asks, and that it sends nothing when the answer is no, or in a dry run, which
    shows the call."""
    before = block_number(stage)
    asked = wellhead(*words, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    dry = wellhead.json(*words, "--dry-run")
    assert (dry["dry_run"], dry["transaction"], dry["call"]["delay"]) == (True, None, "0")
    assert "call data" in wellhead(*words, "--dry-run").stdout
    assert block_number(stage) == before
    return " ".join(asked.stderr.split())


# The rules


def test_show(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.register(Terms(policy=3))
    stage.compliance.send("setRule", 3, [US, 578, 999], 0b1100, sender=stage.officer)
    stage.compliance.send("setRule", 3, [578], 0, sender=stage.officer)
    stage.compliance.send("setBlocked", who(OTHER), True, sender=stage.officer)
    stage.compliance.send("addSystemHolder", stage.vault.address, sender=stage.governor)
    found = wellhead.json("compliance", "show")
    assert found["issuers"] == [{"issuer": who(ISSUER), "number": "1", "accredited": True}]
    assert [policy["policy"] for policy in found["policies"]] == ["0", "3"]
    assert [policy["clusters"] for policy in found["policies"]] == [["1"], ["2"]]
    assert found["policies"][0]["rules"] == [
        {"jurisdiction": "578", "country": "NO", "classes": ["0"]}
    ]
    assert found["policies"][1]["rules"] == [
        {"jurisdiction": "840", "country": "US", "classes": ["2", "3"]},
        {"jurisdiction": "999", "country": None, "classes": ["2", "3"]},
    ]
    assert (found["blocked"], found["system_holders"]) == ([who(OTHER)], [stage.vault.address])
    said = wellhead("compliance", "show").stdout
    for words in ("NO (Norway)", "jurisdiction 999", "accredited, institution", who(OTHER)):
        assert words in said
    (one,) = wellhead.json("compliance", "show", "--policy", 3)["policies"]
    assert one == found["policies"][1]
    assert wellhead.json("compliance", "show", "--policy", 4)["policies"] == []
    assert (
        "admits nobody, and no cluster follows it"
        in wellhead("compliance", "show", "--policy", 4).stdout
    )


def test_rule(wellhead: Command, stage: Stage) -> None:
    words = ("compliance", "rule", 5, "NO", "us", "999", "578", "--classes", "retail,institution,4")
    said = asks(wellhead, stage, *words)
    assert (
        "Let policy 5 admit of NO (Norway), US (United States), jurisdiction 999: retail, "
        "institution, class 4?" in said
    )
    done = wellhead.json(*words, "--yes")
    assert done["jurisdictions"] == ["578", "840", "999"]
    assert done["classes"] == ["0", "3", "4"]
    for place in (578, US, 999):
        assert stage.compliance.call("ruleOf", 5, place) == 0b11001
    wellhead.json("compliance", "rule", 5, "NO", "--classes", "all", "--yes")
    assert stage.compliance.call("ruleOf", 5, 578) == 255
    wellhead.json("compliance", "rule", 5, "NO", "--classes", "none", "--yes")
    assert stage.compliance.call("ruleOf", 5, 578) == 0
    said = wellhead.refused(1, "compliance", "rule", 5, "NO", "--classes", "all", "--account", 3)
    assert f"{who(3)} does not have the role that this needs" in said
    usage = wellhead.refused(2, "compliance", "rule", 5, "NO", "--classes", "rich")
    assert "'rich' is no class" in usage


def test_accredit_and_dismiss(wellhead: Command, stage: Stage, cluster: int) -> None:
    said = asks(wellhead, stage, "compliance", "dismiss", ISSUER)
    assert f"Make all credentials of {who(ISSUER)} void?" in said
    wellhead.json("compliance", "dismiss", ISSUER, "--yes")
    assert stage.compliance.call("issuerNumberOf", who(ISSUER)) == 0
    assert not stage.compliance.call("canReceive", 0, who(HOLDER))
    (issuer,) = wellhead.json("compliance", "show")["issuers"]
    assert (issuer["number"], issuer["accredited"]) == ("1", False)
    assert f"{who(ISSUER)}, dismissed" in wellhead("compliance", "show").stdout
    said = wellhead.refused(1, "compliance", "dismiss", ISSUER, "--yes")
    assert said == f"{who(ISSUER)} is no accredited issuer: its credentials do not count."
    assert "Let the credentials of" in asks(wellhead, stage, "compliance", "accredit", ISSUER)
    wellhead.json("compliance", "accredit", ISSUER, "--yes")
    assert stage.compliance.call("issuerNumberOf", who(ISSUER)) == 2
    said = wellhead.refused(1, "compliance", "accredit", ISSUER, "--yes")
    assert said == f"Issuer {who(ISSUER)} is accredited already."
    (issuer,) = wellhead.json("compliance", "show")["issuers"]
    assert (issuer["number"], issuer["accredited"]) == ("2", True)


# Accounts


def test_block_and_unblock(wellhead: Command, stage: Stage, cluster: int) -> None:
    said = asks(wellhead, stage, "compliance", "block", HOLDER)
    assert f"Block {who(HOLDER)} in the tokens of all clusters?" in said
    done = wellhead.json("compliance", "block", who(HOLDER), "--yes")
    assert (done["account"], done["blocked"], done["by"]) == (who(HOLDER), True, who(OFFICER))
    assert not stage.compliance.call("canSend", who(HOLDER))
    said = wellhead.refused(1, "compliance", "block", HOLDER, "--yes")
    assert said == f"{who(HOLDER)} is blocked already."
    assert "Unblock" in asks(wellhead, stage, "compliance", "unblock", HOLDER)
    assert wellhead.json("compliance", "unblock", HOLDER, "--yes")["blocked"] is False
    assert stage.compliance.call("canSend", who(HOLDER))
    said = wellhead.refused(1, "compliance", "unblock", HOLDER, "--yes")
    assert said == f"{who(HOLDER)} is not blocked."
    assert "can not be meant" in wellhead.refused(1, "compliance", "block", "0x" + "00" * 20)


def test_system_holder(wellhead: Command, stage: Stage, cluster: int) -> None:
    words = ("compliance", "system-holder", stage.vault.address)
    assert "a system holder, for ever?" in asks(wellhead, stage, *words)
    done = wellhead.json(*words, "--yes")
    assert (done["account"], done["by"]) == (stage.vault.address, who(0))
    assert stage.compliance.call("canReceive", 0, stage.vault.address)
    already = f"{stage.vault.address} is a system holder: it can not be blocked, frozen or taken"
    assert already in wellhead.refused(1, *words, "--yes")
    assert already in wellhead.refused(1, "compliance", "block", stage.vault.address, "--yes")
    said = wellhead.refused(1, "compliance", "system-holder", 3, "--yes")
    assert said.startswith(f"{who(3)} is no contract")
    said = wellhead.refused(1, *words, "--account", OFFICER, "--yes")
    assert f"{who(OFFICER)} does not have the role" in said
    assert "none needed: a system holder" in _given(wellhead, stage)


def _given(wellhead: Command, stage: Stage) -> str:
    wellhead.json("transfer", 1, stage.vault.address, 1, "--yes")
    return wellhead("holders", 1).stdout


def test_freeze(wellhead: Command, stage: Stage, cluster: int) -> None:
    words = ("compliance", "freeze", cluster, HOLDER)
    assert f"Freeze 4.5 of the 10 tokens of {who(HOLDER)}?" in asks(wellhead, stage, *words, "4.5")
    done = wellhead.json(*words, "4.5", "--yes")
    assert (done["frozen"], done["frozen_before"]) == (str(9 * UNIT // 2), "0")
    assert stage.token(cluster).call("getFrozenTokens", who(HOLDER)) == 9 * UNIT // 2
    again = wellhead.json(*words, 100, "--yes")
    assert (again["frozen"], again["frozen_before"]) == (str(100 * UNIT), str(9 * UNIT // 2))
    assert f"Free all tokens of {who(HOLDER)}" in asks(wellhead, stage, *words, 0)
    assert "Tokens freed" in wellhead(*words, 0, "--yes").stdout
    assert stage.token(cluster).call("getFrozenTokens", who(HOLDER)) == 0
    assert "There is no cluster 9." in wellhead.refused(1, "compliance", "freeze", 9, HOLDER, 1)


def test_force(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.compliance.send("setFrozenTokens", 1, who(HOLDER), 10 * UNIT, sender=stage.officer)
    words = ("compliance", "force", cluster, HOLDER, OTHER)
    said = asks(wellhead, stage, *words, "2.5")
    assert f"Take 2.5 of the 10 tokens of {who(HOLDER)} and give them to {who(OTHER)}?" in said
    done = wellhead.json(*words, "2.5", "--yes")
    assert (done["from"], done["to"], done["amount"]) == (
        who(HOLDER),
        who(OTHER),
        str(5 * UNIT // 2),
    )
    token = stage.token(cluster)
    assert token.call("balanceOf", who(OTHER)) == 5 * UNIT // 2
    assert token.call("getFrozenTokens", who(HOLDER)) == 15 * UNIT // 2
    said = wellhead.refused(1, *words, 8, "--yes")
    assert said == f"{who(HOLDER)} has 7.5 tokens of cluster 1, and 8 are needed."
    said = wellhead.refused(1, "compliance", "force", 1, HOLDER, STRANGER, 1, "--yes")
    assert said.startswith(f"{who(STRANGER)} has no credential")
    said = wellhead.refused(1, "compliance", "force", 1, HOLDER, HOLDER, 1, "--yes")
    assert said == f"1 tokens can not be moved from {who(HOLDER)} to {who(HOLDER)}."
    said = wellhead.refused(1, *words, 1, "--account", ISSUER, "--yes")
    assert f"{who(ISSUER)} does not have the role" in said


def test_an_officer_who_has_to_wait(wellhead: Command, stage: Stage, cluster: int) -> None:
    """What has to be scheduled is refused, and a dry run says for how long."""
    stage.authority.send("grantRole", 3, who(3), 7200, sender=stage.governor)
    words = ("compliance", "block", HOLDER, "--account", 3)
    dry = wellhead.json(*words, "--dry-run")
    assert dry["call"]["delay"] == "7200"
    assert "2 hours before it is executed" in wellhead(*words, "--dry-run").stdout
    said = wellhead.refused(1, *words, "--yes")
    assert said == f"{who(3)} may do this only 2 hours after scheduling it."
    data = bytes.fromhex(dry["call"]["data"][2:])
    officer = UnlockedAccount(who(3))
    stage.authority.send("schedule", dry["call"]["to"], data, 0, sender=officer)
    stage.skip(7200)
    wellhead.json(*words, "--yes")
    assert not stage.compliance.call("canSend", who(HOLDER))


# The operator


def test_cluster_operator(wellhead: Command, stage: Stage, cluster: int) -> None:
    words = ("cluster", "operator", cluster, STRANGER)
    said = asks(wellhead, stage, *words)
    assert f"Let {who(STRANGER)} run cluster 1, and have the $0.00 that were not released" in said
    said = wellhead.refused(1, *words, "--account", 3, "--yes")
    assert f"{who(3)} does not have the role" in said
    done = wellhead.json(*words, "--yes")
    assert (done["former"], done["operator"]) == (who(OPERATOR), who(STRANGER))
    assert stage.registry.call("operatorOf", cluster) == who(STRANGER)
    said = wellhead.refused(1, *words, "--account", STRANGER, "--yes")
    assert said == (
        f"{who(STRANGER)} can not become the cluster's operator: it is that already, or nobody."
    )
    # The new one can not mint before somebody says who it is.
    mint = ("mint", "--cluster", cluster, "--units", 4, "--account", STRANGER, "--yes")
    assert f"{who(STRANGER)} may not receive this token" in wellhead.refused(1, *mint)
    stage.credential(who(STRANGER))
    wellhead.json(*mint)
    assert stage.token(cluster).call("balanceOf", who(STRANGER)) == 4 * UNIT
    # The governor can, where the key is lost.
    wellhead.json("cluster", "operator", cluster, OPERATOR, "--account", 0, "--yes")
    assert stage.registry.call("operatorOf", cluster) == who(OPERATOR)
    assert "There is no cluster 9." in wellhead.refused(1, "cluster", "operator", 9, 3, "--yes")
