"""revenue distribute, release, sweep, pay-in and venue, and claims that somebody else brings on
chain; the books of both currencies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import GENESIS, HOUR, MAX, UNIT, USD, Q, Stage, Terms
from tests.support.sweeps import BITCOIN, Desk, desk_on, earn
from wellhead.actions.books import PARTS
from wellhead.chain import dev_account
from wellhead.cli.amounts import show_money
from wellhead.model.units import LEDGER_SCALE

NOW = GENESIS // HOUR
OPERATOR, ANYBODY, TENANT, HOLDER, OTHER = 1, 4, 5, 9, 10


def who(index: int) -> str:
    return dev_account(index).address


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 tokens, a quarter of them a holder's."""
    cluster = stage.cluster(64)
    stage.token(cluster).send("transfer", who(HOLDER), 16 * UNIT, sender=stage.operator)
    return cluster


@pytest.fixture
def desk(stage: Stage, cluster: int) -> Desk:
    """A pool with 100 bitcoin on either side at $100,000, where the feed says so too."""
    desk = desk_on(stage)
    desk.fill(100 * BITCOIN)
    return desk


def books(wellhead: Command) -> tuple[dict[str, int], dict[str, int]]:
    """Those of cluster 1, in dollars and in bitcoin; reading them checks that they add up."""
    found = wellhead.json("revenue", "show", 1)
    (cash,), (coins,) = found["clusters"], found["bitcoin"]
    return numbers(cash), numbers(coins)


def numbers(found: dict[str, Any]) -> dict[str, int]:
    return {name: int(value) for name, value in found.items()}


def split(stage: Stage, cluster: int, amount: int, hours: int = 1) -> None:
    """Let so much be earned and distributed."""
    earn(stage, cluster, amount, hours)
    stage.router.send("distribute", cluster, sender=stage.stranger)


def rented(stage: Stage, cluster: int) -> int:
    """Let a tenant pay for a day, and all of it be earned and distributed; what waits for a
    sweep."""
    first = stage.hour() + 1
    stage.lease(cluster, 32, first, 24)
    stage.to_hour(first + 24)
    stage.report_hours(cluster, first, first + 24)
    stage.finalize()
    stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    return int(stage.router.call("bitcoinPendingOf", cluster))


# Distributing and releasing


def test_distribute_says_what_reached_whom(wellhead: Command, stage: Stage, cluster: int) -> None:
    earn(stage, cluster, 100 * USD, 4)
    dry = wellhead.json("revenue", "distribute", cluster, "--dry-run")["clusters"][0]
    assert (dry["distributed"], dry["parts"], dry["vesting"]) == (str(100 * USD), {}, None)
    assert dry["released"]["operator_amount"] == "0"
    done = wellhead.json("revenue", "distribute", cluster, "--yes")
    (found,) = done["clusters"]
    assert numbers(found["parts"]) == {
        "operator": 30 * USD,
        "remainder": 0,
        "reporters": 5 * USD,
        "cash": 45 * USD,
        "bitcoin": 20 * USD,
    }
    released = found["released"]
    assert (released["operator"], released["operator_amount"]) == (who(OPERATOR), str(30 * USD))
    assert released["reporter_amount"] == str(5 * USD)
    assert stage.claim_of(stage.operator) == 30 * USD
    assert stage.claim_of(stage.reporters[0]) == USD
    # A quarter of four hours' cash is there at once, and the rest vests.
    vesting = found["vesting"]
    assert 33 * USD < int(vesting["cash"]) <= 135 * USD // 4
    assert int(vesting["cash_until"]) > stage.now() + 23 * HOUR
    (again,) = wellhead.json("revenue", "distribute", "--cluster", cluster, "--yes")["clusters"]
    assert (again["distributed"], again["parts"]) == ("0", {})
    assert again["released"]["transaction"] is None


def test_distribute_in_words(wellhead: Command, stage: Stage, cluster: int) -> None:
    earn(stage, cluster, 100 * USD, 4)
    said = " ".join(wellhead("revenue", "distribute", cluster, "--yes").stdout.split())
    for words in (
        "distributed $100.00",
        "bitcoin $20.00, waiting for a sweep",
        "vests until 2026-01-02",
        f"released $30.00 to the operator {who(OPERATOR)}",
        "$5.00 to the reporters",
    ):
        assert words in said


def test_the_split_of_floors(wellhead: Command, stage: Stage, cluster: int) -> None:
    """Parts are floors of what there is in all, so a unit may come a distribution later."""
    for amount in (1, 2, 7, 101, 3):
        split(stage, cluster, amount)
    earn(stage, cluster, 5, 1)
    before = numbers(_released(wellhead))
    (found,) = wellhead.json("revenue", "distribute", cluster, "--yes")["clusters"]
    parts = numbers(found["parts"])
    total = 119
    assert parts["operator"] == total * 3 // 10 - (total - 5) * 3 // 10
    assert parts["reporters"] == total // 20 - (total - 5) // 20
    assert int(found["released"]["operator_amount"]) == before["operator"] + parts["operator"]


def _released(wellhead: Command) -> dict[str, Any]:
    waiting = wellhead.json("cluster", "show", 1)["waiting"]
    assert isinstance(waiting, dict)
    return waiting


def test_release(wellhead: Command, stage: Stage, cluster: int) -> None:
    rented(stage, cluster)
    waiting = numbers(_released(wellhead))
    operator, reporters = stage.router.call("releasableOf", cluster)
    assert (waiting["operator"], waiting["reporters"]) == (operator, reporters)
    assert min(operator, reporters, waiting["bitcoin"]) > 0
    said = wellhead("cluster", "show", cluster).stdout
    assert f"to be released    {show_money(operator + reporters)}" in said
    assert f"{show_money(waiting['bitcoin'])}, for bitcoin" in said
    shown, _ = books(wellhead)
    assert (shown["operator_waiting"], shown["operator"]) == (operator * LEDGER_SCALE,) * 2
    part = show_money(operator)
    assert f"{part}, of which {part} wait to be released" in wellhead("revenue", "show").stdout
    before = block_number(stage)
    dry = wellhead.json("revenue", "release", "--dry-run")
    assert (dry["released"], dry["reporters_paid"]) == (str(operator + reporters), None)
    asked = wellhead("revenue", "release", cluster, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    total = show_money(operator + reporters)
    assert f"Release {total} to operators and reporters?" in asked.stderr
    done = wellhead.json("revenue", "release", cluster, "--yes")
    (found,) = done["clusters"]
    assert (found["operator_amount"], found["reporter_amount"]) == (str(operator), str(reporters))
    assert done["reporters_paid"] is not None
    assert stage.claim_of(stage.operator) == operator
    shown, _ = books(wellhead)
    assert (shown["operator_waiting"], shown["reporters_waiting"]) == (0, 0)
    assert "nothing waits" in wellhead("revenue", "release", "--yes").stdout
    assert "There is no cluster 9." in wellhead.refused(1, "revenue", "release", 9, "--yes")


def test_what_was_not_released_is_the_new_operators(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    split(stage, cluster, 100 * USD)
    done = wellhead.json("cluster", "operator", cluster, OTHER, "--yes")
    assert done["unreleased"] == str(30 * USD)
    (found,) = wellhead.json("revenue", "release", cluster, "--yes")["clusters"]
    assert (found["operator"], found["operator_amount"]) == (who(OTHER), str(30 * USD))
    assert stage.claim_of(stage.operator) == 0


# Sweeps


def test_sweep(wellhead: Command, stage: Stage, cluster: int, desk: Desk) -> None:
    pending = rented(stage, cluster)
    desk.answer(100_000 * BITCOIN)
    before = block_number(stage)
    dry = wellhead.json("revenue", "sweep", cluster, "--dry-run")
    spent, received = desk.would_sweep(cluster)
    assert (int(dry["spent"]), int(dry["received"])) == (spent, received)
    assert (spent, dry["left"]) == (pending, "0")
    assert dry["feed_price"] == str(100_000 * USD)
    price = -(-spent * BITCOIN // received)
    assert (int(dry["price"]), int(dry["tip"])) == (price, received // 1000)
    assert int(dry["slippage"]) == -(-(price - 100_000 * USD) // 100_000) > 500  # the pool's fee
    asked = wellhead("revenue", "sweep", cluster, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert f"BTC for {show_money(spent)}, 0." in asked.stderr
    assert "above the feed's price?" in asked.stderr
    done = wellhead.json("revenue", "sweep", cluster, "--yes")
    assert (done["spent"], done["received"]) == (dry["spent"], dry["received"])
    assert int(done["to_holders"]) == received - received // 1000
    assert done["by"] == who(ANYBODY)
    claim = stage.vault.call("claimOf", stage.reserve.address, who(ANYBODY))
    assert claim == int(done["tip"]) > 0
    cash, coins = books(wellhead)
    assert (cash["bitcoin_swept"], cash["bitcoin_pending"]) == (spent * LEDGER_SCALE, 0)
    assert (coins["bought"], coins["tips"]) == (received, received // 1000)
    assert coins["owed"] == received - received // 1000
    said = wellhead("revenue", "show").stdout
    assert f"{show_money(spent)}, swept" in said
    assert "of it for tips" in said
    nothing = wellhead.refused(1, "revenue", "sweep", cluster, "--yes")
    assert nothing == (
        "Nothing of cluster 1 waits to be turned into bitcoin, or nothing was asked for."
    )


def test_sweep_in_part(wellhead: Command, stage: Stage, cluster: int, desk: Desk) -> None:
    left = rented(stage, cluster) - 100 * USD
    desk.answer(100_000 * BITCOIN)
    done = wellhead("revenue", "sweep", cluster, "--amount", "100", "--yes")
    for words in ("$100.00", "goes on waiting", show_money(left), "$100,000.00/BTC"):
        assert words in done.stdout
    swept = f"$100.00, swept, and {show_money(left)}, waiting to be swept"
    assert swept in " ".join(wellhead("revenue", "show").stdout.split())
    assert "Nothing of" in wellhead.refused(1, "revenue", "sweep", cluster, "--amount", 0, "--yes")


def test_a_late_sweep_vests(wellhead: Command, stage: Stage, cluster: int, desk: Desk) -> None:
    rented(stage, cluster)
    stage.skip(96 * HOUR)
    desk.answer(100_000 * BITCOIN)
    wellhead.json("revenue", "sweep", cluster, "--yes")
    vesting = numbers(wellhead.json("cluster", "show", cluster)["vesting"])
    assert vesting["reserve"] > 0
    assert vesting["reserve_until"] > stage.now() + 23 * HOUR
    assert "BTC vests until 2026-01-08" in wellhead("cluster", "show", cluster).stdout
    assert "BTC not yet" in wellhead("revenue", "show").stdout
    _, coins = books(wellhead)
    assert 0 < coins["unvested"] < coins["owed"]


def test_sweeps_that_are_refused(wellhead: Command, stage: Stage, cluster: int, desk: Desk) -> None:
    split(stage, cluster, 5_000 * USD)

    def refused() -> str:
        said = wellhead.refused(1, "revenue", "sweep", cluster, "--yes")
        assert wellhead.refused(1, "revenue", "sweep", cluster, "--dry-run") == said
        return said

    assert "There is no cluster 9." in wellhead.refused(1, "revenue", "sweep", 9, "--yes")
    desk.answer(100_000 * BITCOIN, age=7200)
    assert "The feed's last answer is 2 hours" in refused()
    assert "and at most 1 hour are allowed" in refused()
    desk.answer(100_000 * BITCOIN, age=-7200)
    assert "is from the future" in refused()
    desk.answer(0)
    assert "The feed's answer 0 is no price" in refused()
    # 3 % below what the pool wants, where 1 % and the pool's fee are the most.
    desk.answer(97_000 * BITCOIN)
    said = refused()
    assert said.startswith("Bitcoin costs 2.1")
    assert "% more on the pool than a sweep may pay" in said
    desk.set_venue(pool="0x" + "00" * 20, feed="0x" + "00" * 20)
    assert "There is nowhere to buy bitcoin" in refused()
    assert int(_released(wellhead)["bitcoin"]) == 1_000 * USD


# The venue


def test_venue_show(wellhead: Command, stage: Stage, cluster: int, desk: Desk) -> None:
    found = wellhead.json("revenue", "venue", "show")
    assert found["venue"] == {
        "pool": desk.pool.address,
        "feed": desk.feed.address,
        "max_age": "3600",
        "slippage": "10000",
        "tip": "1000",
    }
    prices = found["prices"]
    assert (prices["feed"], prices["limit"]) == (str(100_000 * USD), str(101_000 * USD))
    assert abs(int(prices["pool"]) - 100_000 * USD) <= 1
    assert (prices["fee"], prices["fresh"], prices["within"]) == ("500", True, True)
    assert int(prices["pool_reserve"]) > 0
    said = wellhead("revenue", "venue", "show").stdout
    for words in (
        "$100,000.00/BTC",
        "a fee of 0.05 %",
        "1 hour old",
        "$101,000.00/BTC",
        desk.pool.address,
    ):
        assert words in said
    desk.answer(97_000 * BITCOIN, age=3601)
    prices = wellhead.json("revenue", "venue", "show")["prices"]
    assert (prices["fresh"], prices["within"]) == (False, False)
    said = " ".join(wellhead("revenue", "venue", "show").stdout.split())
    assert "too old" in said
    assert "beyond what a sweep may pay" in said


def test_venue_set(wellhead: Command, stage: Stage, cluster: int, desk: Desk) -> None:
    before = block_number(stage)
    words = ("revenue", "venue", "set", "--pool", desk.pool.address, "--feed", desk.feed.address)
    dry = wellhead.json(*words, "--slippage", "2%", "--dry-run")
    assert (dry["venue"]["slippage"], dry["call"]["to"]) == ("20000", stage.router.address)
    assert (dry["seen"]["fee"], dry["seen"]["feed"]) == ("500", str(100_000 * USD))
    asked = wellhead(*words, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert f"Buy bitcoin on {desk.pool.address} from now on?" in asked.stderr
    wellhead.json(*words, "--slippage", "2%", "--tip", "0.5%", "--max-age", 60, "--yes")
    venue = stage.router.call("venue")
    assert (venue["slippage"], venue["tip"], venue["maxAge"]) == (20_000, 5_000, 60)
    for more, said in (
        (["--tip", "2%"], "the tip must be at most 1 %"),
        (["--account", 3], f"{who(3)} does not have the role"),
    ):
        assert said in wellhead.refused(1, *words, *more, "--yes")
    for more, said in (
        (["--slippage", "0.05%"], "and the slippage of 0.05 %, which includes it, must be more"),
        (["--pool", stage.vault.address], f"{stage.vault.address} does not answer as a Uniswap v3"),
        (["--feed", who(3)], f"the feed: there is no contract at {who(3)}"),
    ):
        assert said in wellhead.refused(4, *words, *more, "--yes")
    desk.answer(97_000 * BITCOIN)
    outcome = wellhead(*words, "--yes")
    assert "asks for more than the feed's price and the slippage" in outcome.stderr
    assert "feed is of" in outcome.stdout
    for usage, said in (
        ([], "give --pool and --feed, or --nowhere"),
        (["--pool", who(3)], "give --pool and --feed, or --nowhere"),
        (["--pool", who(3), "--nowhere"], "name somewhere"),
        (["--pool", who(3), "--feed", who(3), "--tip", "101%"], "--tip is 101 %: more than all"),
    ):
        assert said in wellhead.refused(2, "revenue", "venue", "set", *usage)
    assert wellhead.json("revenue", "venue", "set", "--nowhere", "--yes")["venue"] is None
    nowhere = wellhead.json("revenue", "venue", "show")
    assert (nowhere["venue"], nowhere["prices"]) == (None, None)
    assert "nowhere" in wellhead("revenue", "venue", "show").stdout


# Paying in


def test_pay_in(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.reserve.send("mint", who(OPERATOR), BITCOIN, sender=stage.operator)
    before = block_number(stage)
    dry = wellhead.json("revenue", "pay-in", cluster, "0.25", "--dry-run")
    assert (dry["from_claim"], dry["from_coins"], dry["needs_approval"]) == (
        "0",
        "25000000",
        True,
    )
    asked = wellhead("revenue", "pay-in", cluster, "0.25", answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "Pay 0.25 BTC to the holders of cluster 1, from 0.25 BTC of the account" in (
        asked.stderr
    )
    done = wellhead.json("revenue", "pay-in", cluster, "0.25", "--yes")
    assert done["approval"] is not None
    assert stage.reserve.call("allowance", who(OPERATOR), stage.vault.address) == 0
    # Out of the claim first, and by the allowance that is there.
    vault, coin = stage.vault, stage.reserve.address
    stage.reserve.send("approve", vault.address, MAX, sender=stage.operator)
    vault.send("deposit", coin, who(OPERATOR), 10_000_000, sender=stage.operator)
    again = wellhead.json("revenue", "pay-in", cluster, "0.15 BTC", "--yes")
    assert (again["from_claim"], again["from_coins"], again["approval"]) == (
        "10000000",
        "5000000",
        None,
    )
    _, coins = books(wellhead)
    assert (coins["paid_in"], coins["owed"]) == (40_000_000, 40_000_000)
    assert "bitcoin paid in" in wellhead("revenue", "show").stdout
    said = wellhead.refused(1, "revenue", "pay-in", cluster, 1, "--yes")
    assert said == f"{who(OPERATOR)} has 0.6 BTC, and 1 BTC is needed."
    assert "There is no cluster 9." in wellhead.refused(1, "revenue", "pay-in", 9, 1, "--yes")
    assert "nothing is no amount" in wellhead.refused(2, "revenue", "pay-in", cluster, 0)


# Claims


def test_claim_both_currencies(wellhead: Command, stage: Stage, cluster: int, desk: Desk) -> None:
    split(stage, cluster, 5_000 * USD)
    wellhead.json("revenue", "sweep", cluster, "--yes")
    asked = wellhead("claim", "--account", HOLDER, "--to", who(30), answer="n\n")
    assert f"BTC to {who(30)}?" in asked.stderr
    assert "Pay $562.49" in asked.stderr
    done = wellhead.json("claim", "--account", HOLDER, "--to", who(30), "--yes")
    assert done["by"] == who(HOLDER)
    assert stage.cash.call("balanceOf", who(30)) == int(done["cash"]) > 0
    assert stage.reserve.call("balanceOf", who(30)) == int(done["reserve"]) > 0
    (payout,) = done["payouts"]
    assert (payout["source"], payout["reserve"]) == ("cluster 1", done["reserve"])
    assert len(done["transactions"]) == 1
    assert "BTC" in wellhead("claim", "--yes").stdout


def test_a_claim_while_a_coin_is_stopped(
    wellhead: Command, stage: Stage, cluster: int, desk: Desk
) -> None:
    """Earnings are kept in the vault without asking a coin, and the other coin is withdrawn."""
    split(stage, cluster, 5_000 * USD)
    wellhead.json("revenue", "sweep", cluster, "--yes")
    stage.reserve.send("setPaused", True, sender=stage.stranger)
    assert "paused all transfers" in wellhead.refused(1, "claim", "--account", HOLDER, "--yes")
    kept = wellhead.json("claim", "--account", HOLDER, "--keep", "--yes")
    assert kept["to"] == stage.vault.address
    for coin in (stage.cash, stage.reserve):
        name = "cash" if coin is stage.cash else "reserve"
        assert stage.vault.call("claimOf", coin.address, who(HOLDER)) == int(kept[name]) > 0
    before = int(stage.cash.call("balanceOf", who(HOLDER)))
    paid = wellhead.json("claim", "--account", HOLDER, "--vault", "--coin", "cash", "--yes")
    assert (paid["cash"], paid["reserve"]) == (kept["cash"], "0")
    assert stage.cash.call("balanceOf", who(HOLDER)) == before + int(kept["cash"])
    stage.reserve.send("setPaused", False, sender=stage.stranger)
    rest = wellhead.json("claim", "--account", HOLDER, "--vault", "--yes")
    assert (rest["cash"], rest["reserve"]) == ("0", kept["reserve"])
    for wrong in (("--keep", "--vault"), ("--keep", "--to", who(30)), ("--coin", "cash")):
        wellhead.refused(2, "claim", *wrong, "--yes")


def test_a_signed_claim(wellhead: Command, stage: Stage, cluster: int, tmp_path: Path) -> None:
    split(stage, cluster, 5_000 * USD)
    before = block_number(stage)
    words = ("claim", "--sign", "--cluster", cluster, "--account", HOLDER, "--to", who(30))
    outcome = wellhead(*words)
    assert (outcome.code, block_number(stage)) == (0, before)
    signed = outcome.document["signed"]
    assert (signed["account"], signed["to"], signed["nonce"]) == (who(HOLDER), who(30), "0")
    assert int(signed["deadline"]) == stage.now() + 24 * HOUR
    assert "by" not in outcome.document  # nobody has sent it
    file = tmp_path / "claim.json"
    file.write_text(outcome.stdout)
    asked = wellhead("claim", "--signed", file, answer="n\n")
    assert f"of {who(HOLDER)} to {who(30)}?" in asked.stderr
    assert wellhead.json("claim", "--signed", file, "--dry-run")["transactions"] == []
    done = wellhead.json("claim", "--signed", file, "--yes")
    assert (done["account"], done["to"], done["by"]) == (who(HOLDER), who(30), who(ANYBODY))
    assert stage.cash.call("balanceOf", who(30)) == int(done["cash"]) > 0
    said = wellhead.refused(1, "claim", "--signed", file, "--yes")
    assert said.startswith(
        f"The claim was signed with nonce 0, but the next one of {who(HOLDER)} is 1"
    )


def signed_claim(wellhead: Command, *more: object) -> dict[str, Any]:
    words = ("claim", "--sign", "--cluster", 1, "--account", HOLDER)
    found = wellhead(*words, *more).document["signed"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"to": who(3)}, 1, f"The claim was not signed by {who(HOLDER)}, or for other contents."),
        ({"account": who(3)}, 1, f"The claim was not signed by {who(3)}, or for other contents."),
        ({"nonce": "7"}, 1, "The claim was signed with nonce 7, but the next one"),
        ({"nonce": str(2**256)}, 5, "is no number that fits into 256 bits"),
        ({"deadline": "1"}, 1, "The signed claim was good until 1970-01-01 00:00:01 UTC."),
        ({"chain_id": "1"}, 5, "the claim was signed for chain 1, not 31337"),
        ({"token": who(3)}, 5, f"the claim was signed for {who(3)}, which is no cluster's token"),
        ({"signature": "0x12"}, 1, f"The claim was not signed by {who(HOLDER)}"),
        ({"signature": None}, 5, "signature is missing"),
    ],
)
def test_signed_claims_that_can_not_be_used(
    wellhead: Command,
    stage: Stage,
    cluster: int,
    tmp_path: Path,
    change: dict[str, str | None],
    code: int,
    said: str,
) -> None:
    split(stage, cluster, 5_000 * USD)
    body = {**signed_claim(wellhead), **change}
    file = tmp_path / "claim.json"
    file.write_text(json.dumps({k: v for k, v in body.items() if v is not None}))
    assert said in wellhead.refused(code, "claim", "--signed", file, "--yes")
    assert stage.cash.call("balanceOf", who(HOLDER)) == 0


def test_claims_and_usage(wellhead: Command, stage: Stage, cluster: int, tmp_path: Path) -> None:
    file = tmp_path / "claim.json"
    file.write_text(json.dumps(signed_claim(wellhead, "--until", "now+1")))
    assert "Nothing is owed to" in wellhead.refused(1, "claim", "--signed", file, "--yes")
    for words, said in (
        (["--signed", file, "--cluster", 1], "says itself of what"),
        (["--signed", file, "--sign"], "says itself of what"),
        (["--sign"], "--sign is for one --cluster"),
        (["--sign", "--cluster", 1, "--cluster", 2], "--sign is for one --cluster"),
        (["--sign", "--cluster", 1, "--vault"], "--sign is for one --cluster"),
        (["--until", "now+1"], "--until is for --sign"),
    ):
        assert said in " ".join(wellhead.refused(2, "claim", *words).split())
    assert "no signed in it" in _refused_body(wellhead, file, "[]")
    assert "There is no cluster 9." in wellhead.refused(1, "claim", "--sign", "--cluster", 9)


def _refused_body(wellhead: Command, file: Path, body: str) -> str:
    file.write_text(body)
    return wellhead.refused(5, "claim", "--signed", file)


# The books


def test_books_of_a_real_lease_in_both_currencies(
    wellhead: Command, stage: Stage, cluster: int, desk: Desk
) -> None:
    """From what a tenant pays to what a holder claims, every unit is somewhere."""
    lease = stage.lease(cluster, 16, NOW + 1, 24)
    stage.to_hour(NOW + 25)
    stage.report_hours(cluster, NOW + 1, NOW + 25, 900_000)
    stage.finalize()
    wellhead.json("settle", "--cluster", cluster, "--yes")
    stage.reserve.send("mint", who(OPERATOR), BITCOIN, sender=stage.operator)
    wellhead.json("revenue", "pay-in", cluster, "0.01", "--yes")
    wellhead.json("revenue", "sweep", cluster, "--yes")
    stage.skip(25 * HOUR)
    for account in (OPERATOR, HOLDER):
        wellhead.json("claim", "--account", account, "--yes")
    cash, coins = books(wellhead)
    assert cash["paid_in"] == sum(cash[part] for part in PARTS)
    paid = stage.market.events("LeaseOpened", indexed=[lease])[0]["cost"]
    assert cash["paid_in"] == paid * LEDGER_SCALE
    assert min(cash["refunded"], cash["bitcoin_swept"]) > 0
    assert (cash["bitcoin_pending"], cash["operator_waiting"]) == (0, 0)
    assert (coins["paid_in"], coins["unvested"]) == (1_000_000, 0)
    assert 0 <= coins["owed"] <= 3  # fractions of two holders, and what the index's step leaves
    holders = wellhead.json("holders", cluster)["holders"]
    claimed = sum(int(each["claimed"]["reserve"]) for each in holders)
    assert (
        claimed == coins["claimed"] == coins["bought"] - coins["tips"] + 1_000_000 - coins["owed"]
    )


def test_the_policy_of_a_cluster(wellhead: Command, stage: Stage, tmp_path: Path) -> None:
    """A cluster's terms name its policy for good."""
    file = tmp_path / "terms.toml"
    file.write_text("policy = 4\n")
    assert wellhead.json("register", "--terms", file, "--yes")["terms"]["policy"] == "4"
    assert wellhead.json("register", "--policy", 7, "--yes")["terms"]["policy"] == "7"
    assert stage.registry.call("termsOf", 1)["policy"] == 4
    assert stage.token(2).call("policy") == 7
    assert wellhead.json("cluster", "show", 2)["terms"]["policy"] == "7"
    assert "7 says who may receive the token" in wellhead("cluster", "show", 2).stdout
    assert f"policy is {2**32}" in wellhead.refused(5, "register", "--policy", 2**32, "--yes")
    said = wellhead.refused(1, "mint", "--cluster", 2, "--units", 1, "--yes")
    assert f"{stage.operator.address} may not receive this token" in said


def test_terms_without_a_bitcoin_part_have_nothing_to_sweep(
    wellhead: Command, stage: Stage, cluster: int, desk: Desk
) -> None:
    other = stage.cluster(8, Terms(bitcoin_share=0, operator_share=Q - 50_000))
    split(stage, other, 100 * USD)
    assert f"Nothing of cluster {other} waits" in wellhead.refused(1, "revenue", "sweep", other)
