"""mint where something waits or vests: what it costs is said before anything is sent, just that is
approved, and what is missing is said in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cli import Command, block_number
from tests.support.minting import (
    TERMS,
    give,
    make_wait,
    purses,
    waiting_of,
)
from tests.support.reverts import expect_revert
from tests.support.stage import HOUR, USD, Stage
from tests.support.sweeps import BITCOIN
from wellhead.actions import minting, supply
from wellhead.actions.errors import Refusal
from wellhead.cli.amounts import show_bitcoin, show_both, show_money
from wellhead.model.units import LEDGER_SCALE

UNITS, MORE = 64, 16
MINT = ["mint", "--cluster", 1, "--units", MORE]
EVIDENCE = bytes(32)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """$3,000.00 wait for a sweep, and of $6,000.00 and 0.5 bitcoin a part vests. The operator has
    coins, and lets the vault take none."""
    made = stage.cluster(UNITS, TERMS.but(bitcoin_share=333_333))
    give(stage, made, 24)
    make_wait(stage, made, 9_000 * USD, BITCOIN // 2, 10)
    stage.cash.send("mint", stage.operator.address, 10**10, sender=stage.operator)
    stage.reserve.send("mint", stage.operator.address, 10**8, sender=stage.operator)
    stage.skip(6 * HOUR)
    return made


def allowances(stage: Stage) -> list[int]:
    asked = (stage.operator.address, stage.vault.address)
    return [int(coin.call("allowance", *asked)) for coin in (stage.cash, stage.reserve)]


def figures(document: dict[str, Any]) -> tuple[int, int, int]:
    pending, cash, reserve = (int(document["top_up"][n]) for n in ("pending", "cash", "reserve"))
    return pending, cash, reserve


def paid(document: dict[str, Any]) -> list[tuple[str, int, int, int]]:
    """How each coin's part is paid: the way, out of the claim, of coins, and what is approved."""
    assert [each["coin"] for each in document["payments"]] == ["cash", "reserve"]
    return [
        (each["way"], int(each["from_claim"]), int(each["from_coins"]), int(each["approved"]))
        for each in document["payments"]
    ]


def now(stage: Stage) -> tuple[int, int, int]:
    return waiting_of(stage, 1).part(MORE)


@pytest.mark.usefixtures("cluster")
def test_what_it_costs_is_said_before_anything_is_sent(wellhead: Command, stage: Stage) -> None:
    before, (pending, cash, reserve) = block_number(stage), now(stage)
    assert min(pending, cash, reserve) > 0
    dry = wellhead.json(*MINT, "--dry-run")
    assert figures(dry) == (pending, cash, reserve)
    assert paid(dry) == [
        ("approval", 0, pending + cash, pending + cash),
        ("approval", 0, reserve, reserve),
    ]
    asked = wellhead(*MINT, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    how = "of the account, by an approval of just that, sent first"
    assert (
        f"Mint 16 units of cluster 1, and pay {show_both(pending + cash, reserve)} for their part "
        f"of what waits and vests, from {show_money(pending + cash)} {how}, and "
        f"{show_bitcoin(reserve)} {how}? "
    ) in asked.stderr
    said = wellhead(*MINT, "--dry-run").stdout
    assert f"{show_money(pending)} of what waits for a sweep" in said
    assert f"{show_both(cash, reserve)} of what vests" in said
    assert block_number(stage) == before


@pytest.mark.usefixtures("cluster")
def test_just_that_is_approved_and_paid(wellhead: Command, stage: Stage) -> None:
    """What vests becomes less until it is mined: a little of the allowance is left."""
    first, before = now(stage), purses(stage)
    done = wellhead.json(*MINT, "--yes")
    (event,) = stage.router.events("ToppedUp")
    charged = (event["pending"], event["cash"], event["reserve"])
    assert figures(done) == charged
    assert charged[0] == first[0]
    assert 0 < charged[1] < first[1]
    assert 0 < charged[2] < first[2]
    costs = (charged[0] + charged[1], charged[2])
    approved = [int(each["approved"]) for each in done["payments"]]
    assert [most - cost for most, cost in zip(approved, costs, strict=True)] == allowances(stage)
    assert paid(done) == [
        ("approval", 0, costs[0], approved[0]),
        ("approval", 0, costs[1], approved[1]),
    ]
    assert costs[0] < approved[0] <= first[0] + first[1]
    assert costs[1] < approved[1] <= first[2]
    assert purses(stage) == [
        (0, balance - cost) for (_, balance), cost in zip(before, costs, strict=True)
    ]
    assert stage.registry.call("clusterOf", 1)["attested"] == UNITS + MORE


@pytest.mark.usefixtures("cluster")
def test_claims_are_used_before_coins(wellhead: Command, stage: Stage) -> None:
    """Of the stablecoin there is a part, of bitcoin more than enough."""
    stage.afford_mints()
    for coin, amount in ((stage.cash, 400 * USD), (stage.reserve, BITCOIN)):
        deposit = (coin.address, stage.operator.address, amount)
        stage.vault.send("deposit", *deposit, sender=stage.operator)
        coin.send("approve", stage.vault.address, 0, sender=stage.operator)
    dry = wellhead.json(*MINT, "--dry-run")
    pending, cash, reserve = figures(dry)
    assert paid(dry) == [
        ("approval", 400 * USD, pending + cash - 400 * USD, pending + cash - 400 * USD),
        ("claim", reserve, 0, 0),
    ]
    done = wellhead.json(*MINT, "--yes")
    (way, claim, coins, _), bitcoin = paid(done)
    assert (way, claim) == ("approval", 400 * USD)
    assert claim + coins == sum(figures(done)[:2])
    assert bitcoin == ("claim", figures(done)[2], 0, 0)
    assert purses(stage)[0][0] == 0
    assert purses(stage)[1][0] == BITCOIN - figures(done)[2]


@pytest.mark.usefixtures("cluster")
def test_an_allowance_that_is_there_is_used(wellhead: Command, stage: Stage) -> None:
    stage.afford_mints()
    before = allowances(stage)
    done = wellhead.json(*MINT, "--yes")
    assert [way for way, *_ in paid(done)] == ["allowance", "allowance"]
    assert [approved for *_, approved in paid(done)] == [0, 0]
    assert allowances(stage) == before
    said = " ".join(wellhead(*MINT, "--dry-run").stdout.split())
    assert "by the allowance that the vault has" in said


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("coin", ["cash", "reserve"])
def test_what_is_missing_is_said(wellhead: Command, stage: Stage, coin: str) -> None:
    contract, operator = getattr(stage, coin), stage.operator
    rest = contract.call("balanceOf", operator.address) - 1_234
    contract.send("transfer", stage.stranger.address, rest, sender=operator)
    before, (pending, cash, reserve) = block_number(stage), now(stage)
    needed, show = (pending + cash, show_money) if coin == "cash" else (reserve, show_bitcoin)
    said = wellhead.refused(1, *MINT, "--yes")
    assert said.startswith(
        f"New units bring their part of what waits and vests, here {show(needed)}"
    )
    assert f"{operator.address} has {show(1_234)} and a claim of {show(0)} in the vault" in said
    assert f"{show(needed - 1_234)} is missing" in said
    failed = wellhead(*MINT, "--yes", "--json").document
    assert failed["error"] == "TopUpTooLarge"
    assert failed["arguments"]["coin"] == coin
    assert (failed["arguments"]["needed"], failed["arguments"]["balance"]) == (str(needed), "1234")
    assert (block_number(stage), allowances(stage)) == (before, [0, 0])


def test_where_nothing_waits_nothing_is_said(wellhead: Command, stage: Stage) -> None:
    stage.cluster(UNITS)
    asked = wellhead(*MINT, answer="n\n")
    assert asked.stderr.startswith("Mint 16 units of cluster 1? ")
    done = wellhead(*MINT, "--yes")
    assert "topped up" not in done.stdout
    document = wellhead.json(*MINT, "--yes")
    assert figures(document) == (0, 0, 0)
    assert paid(document) == [("claim", 0, 0, 0)] * 2


@pytest.mark.usefixtures("cluster")
def test_nothing_is_approved_for_a_mint_that_is_refused_otherwise(
    wellhead: Command, stage: Stage
) -> None:
    """Neither where the record is not current, nor where the operator may not hold the token."""
    with stage.scratch():
        stage.compliance.send("setBlocked", stage.operator.address, True, sender=stage.officer)
        before = block_number(stage)
        said = wellhead.refused(1, *MINT, "--yes")
        assert f"{stage.operator.address} may not receive this token" in said
        assert (block_number(stage), allowances(stage)) == (before, [0, 0])
    hour = stage.hour() + 1
    stage.lease(1, 1, hour, 1)
    stage.to_hour(hour + 40)
    make_wait(stage, 1, 100 * USD, 0, 2)
    before = block_number(stage)
    said = wellhead.refused(1, *MINT, "--yes")
    assert "still has unreported or unaccrued hours" in said
    assert (block_number(stage), allowances(stage)) == (before, [0, 0])
    with expect_revert("CapacityRegistry_RecordNotCurrent", 1, hour, hour + 15):
        stage.mint(1, MORE)


def test_what_comes_in_meanwhile_is_paid_too(stage: Stage, cluster: int) -> None:
    """The mint that was agreed to is done anew, with an approval of what it costs now; or refused
    where the operator has not got that. Nothing is lost by it: the operator earns it back."""

    def prepared() -> minting.Minting:
        attestation = supply.attest_locally(stage.deployment, cluster, MORE, EVIDENCE)
        return minting.prepare(stage.deployment, attestation, stage.operator)

    coins = (stage.cash, stage.reserve)
    for coin, each in zip(coins, prepared().payments, strict=True):
        approve = (stage.vault.address, each.plan.cost)
        coin.send("approve", *approve, sender=stage.operator)
    planned = prepared()
    assert [each.plan.way for each in planned.payments] == ["allowance", "allowance"]
    make_wait(stage, cluster, 30 * USD, BITCOIN)
    said: list[str] = []
    made = minting.mint(stage.deployment, planned, stage.operator, said.append)
    assert made.top_up.pending > planned.top_up.pending
    assert made.top_up.reserve > planned.top_up.reserve
    assert [each.plan.way for each in made.payments] == ["approval", "approval"]
    for each, line in zip(made.payments, said, strict=True):
        assert f"for {each.approved} smallest units" in line
    planned = prepared()
    make_wait(stage, cluster, 0, 100 * BITCOIN)
    with pytest.raises(Refusal, match="TopUpTooLarge"):
        minting.mint(stage.deployment, planned, stage.operator)
    assert stage.registry.call("clusterOf", cluster)["attested"] == UNITS + MORE


def test_the_books_add_up_after_it(wellhead: Command, stage: Stage) -> None:
    """What was topped up is the holders' too."""
    cluster, first = stage.cluster(UNITS, TERMS), stage.hour() + 1
    stage.lease(cluster, 32, first, 24)
    stage.to_hour(first + 24)
    stage.report_hours(cluster, first, first + 24)
    stage.finalize()
    make_wait(stage, cluster, 0, BITCOIN // 2)
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    stage.afford_mints()
    before = wellhead.json("revenue", "show", cluster)
    pending, cash, reserve = figures(wellhead.json(*MINT, "--yes"))
    after = wellhead.json("revenue", "show", cluster)
    (was,), (books,) = before["clusters"], after["clusters"]
    assert (was["topped_up"], books["topped_up"]) == ("0", str((pending + cash) * LEDGER_SCALE))
    for name, more in (("holders_cash", cash), ("bitcoin_pending", pending)):
        assert int(books[name]) - int(was[name]) == more * LEDGER_SCALE > 0
    (coins,) = after["bitcoin"]
    assert int(coins["topped_up"]) == reserve > 0
    assert int(coins["owed"]) == BITCOIN // 2 + reserve
    rows = [" ".join(line.split()) for line in wellhead("revenue", "show").stdout.splitlines()]
    assert f"topped up {show_money(pending + cash)} for new units, the holders' too" in rows
    assert f"bitcoin topped up {show_bitcoin(reserve)}" in rows
