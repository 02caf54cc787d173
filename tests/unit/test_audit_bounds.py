"""Values that no contract has: they end in a finding or a refusal, and in nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import audit, happen, node_of
from tests.support.audit_house import House
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.audit.replays.token_state import (
    CASH_COINS_LOG2,
    RESERVE_COINS_LOG2,
    shift_of,
)
from wellhead.chain import RpcError
from wellhead.chain.abi import events_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    return tmp_path


@shows("AUD-20")
def test_rules_of_policies_that_there_can_not_be(stage: Stage) -> None:
    """A policy of all ones has no slot."""
    happen(stage)
    events = events_of("Compliance").items()
    topic = next(topic for topic, entry in events if entry["name"] == "RuleSet")

    def change(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        return [
            {**log, "topics": [topic, "0x" + "ff" * 32, *log["topics"][2:]]}
            if log["topics"][0] == topic
            else log
            for log in answer
        ]

    node = node_of(stage, change, ["eth_getBlockReceipts", "eth_getTransactionReceipt"])
    done = audit(stage, node)
    found = {(one.where, one.what, one.expected) for one in done.findings if one.kind == "event"}
    assert found == {("RuleSet", "policy", "from 0 to 4294967295")}


@shows("AUD-20")
@pytest.mark.parametrize(
    ("name", "value", "due"),
    [
        ("policy", 2**32, "from 0 to 4294967295"),
        ("jurisdiction", 0, "from 1 to 1023"),
        ("jurisdiction", 1024, "from 1 to 1023"),
        ("classes", 256, "from 0 to 255"),
    ],
)
def test_rules_stay_within_their_bounds(name: str, value: int, due: str) -> None:
    house = House()
    highest = {"policy": 2**32 - 1, "jurisdiction": 1023, "classes": 255}
    house.say(house.compliance, "RuleSet", **highest)
    assert house.found == []
    before = list(house.compliance.slots())
    house.say(house.compliance, "RuleSet", **{**highest, name: value})
    assert house.found == [("RuleSet", name, str(value), due)]
    assert list(house.compliance.slots()) == before


@shows("AUD-20")
@pytest.mark.parametrize("coin", ["cash", "reserve"])
@pytest.mark.parametrize("decimals", [32, 255])
def test_coins_for_which_no_token_can_be_made_are_the_nodes_fault(
    stage: Stage, coin: str, decimals: int
) -> None:
    """Their smallest unit is below what a ledger can express."""
    happen(stage)
    contract = getattr(stage, coin)
    selector = contract.functions["decimals"].selector.hex().removeprefix("0x")

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method != "eth_call" or params[0]["to"].lower() != contract.address.lower():
            return answer
        is_it = selector in params[0].get("data", params[0].get("input", ""))
        return f"{decimals:#066x}" if is_it else answer

    with pytest.raises(RpcError, match=f"can not be read: .*decimals of {decimals}"):
        audit(stage, node_of(stage, change))


def test_a_ledgers_point() -> None:
    """All digits that are left behind as many whole coins as must fit, and no fewer than none."""
    assert (shift_of(6, CASH_COINS_LOG2), shift_of(8, RESERVE_COINS_LOG2)) == (68, 76)
    assert (shift_of(26, CASH_COINS_LOG2), shift_of(30, RESERVE_COINS_LOG2)) == (1, 3)
    for decimals, coins_log2 in ((27, CASH_COINS_LOG2), (32, RESERVE_COINS_LOG2)):
        with pytest.raises(ValueError, match=f"decimals of {decimals}"):
            shift_of(decimals, coins_log2)
