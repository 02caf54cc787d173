"""The capacity token as an ERC-20: movements, allowances, who mints, who is paid."""

import pytest

from tests.support.bench import NAME, Bench, set_up
from tests.support.raw import attempt
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from tests.support.state import refused, unchanged

ZERO = "0x" + "00" * 20
SUPPLY_LIMIT = 2**88 - 1


@pytest.fixture
def bench(stage: Stage) -> Bench:
    made = set_up(stage)
    made.mint(made.holders[0], 10 * UNIT)
    return made


def test_the_token_describes_itself(bench: Bench) -> None:
    asked = ("name", "symbol", "decimals", "clusterId", "policy", "cash", "reserve", "totalSupply")
    assert bench.token.call_many([(name, ()) for name in asked]) == [
        NAME,
        "BNCH",
        18,
        7,
        0,
        bench.cash.address,
        bench.reserve.address,
        10 * UNIT,
    ]


def test_minting_raises_supply_and_balance(bench: Bench) -> None:
    holder = bench.holders[1]
    assert bench.mint(holder, 3).event("Transfer").arguments == {
        "from": ZERO,
        "to": holder.address,
        "value": 3,
    }
    assert bench.token.call("totalSupply") == 10 * UNIT + 3
    assert bench.balance(holder) == 3


def test_burning_lowers_supply_and_balance(bench: Bench) -> None:
    holder = bench.holders[0]
    assert bench.burn(holder, UNIT).event("Transfer").arguments == {
        "from": holder.address,
        "to": ZERO,
        "value": UNIT,
    }
    assert bench.token.call("totalSupply") == bench.balance(holder) == 9 * UNIT


def test_no_more_is_burned_than_there_is(bench: Bench) -> None:
    holder = bench.holders[0].address
    error = ("ERC20InsufficientBalance", holder, 10 * UNIT, 10 * UNIT + 1)
    with refused(bench.stage, *error), unchanged(bench.stage, bench.token):
        attempt(bench.token, "burn", holder, 10 * UNIT + 1, sender=bench.registry)


@shows("TOK-11")
@pytest.mark.parametrize("function", ["mint", "burn"])
def test_only_the_registry_mints_and_burns(bench: Bench, function: str) -> None:
    for caller in (bench.router, bench.holders[0]):
        with expect_revert("CapacityToken_NotRegistry", caller.address):
            attempt(bench.token, function, bench.holders[0].address, 1, sender=caller)
    assert bench.token.call("totalSupply") == 10 * UNIT


def test_nothing_is_minted_to_the_zero_address(bench: Bench) -> None:
    with expect_revert("ERC7943CannotReceive", ZERO):
        attempt(bench.token, "mint", ZERO, 1, sender=bench.registry)


@shows("TOK-11")
def test_the_supply_fits_an_account(bench: Bench) -> None:
    holder = bench.holders[0]
    with expect_revert("CapacityToken_SupplyTooLarge", SUPPLY_LIMIT + 1):
        attempt(
            bench.token,
            "mint",
            holder.address,
            SUPPLY_LIMIT + 1 - 10 * UNIT,
            sender=bench.registry,
        )
    bench.mint(holder, SUPPLY_LIMIT - 10 * UNIT)
    assert bench.token.call("totalSupply") == bench.balance(holder) == SUPPLY_LIMIT


@shows("TOK-2")
def test_a_transfer_moves_tokens(bench: Bench) -> None:
    first, second, _ = bench.holders
    receipt = bench.transfer(first, second, 4 * UNIT)
    (event,) = receipt.events
    assert (event.name, event.arguments) == (
        "Transfer",
        {"from": first.address, "to": second.address, "value": 4 * UNIT},
    )
    assert (bench.balance(first), bench.balance(second)) == (6 * UNIT, 4 * UNIT)
    assert bench.token.call("transfer", second.address, 1, sender=first.address) is True


@pytest.mark.parametrize("amount", [0, 10 * UNIT])
def test_nothing_and_everything_can_be_moved(bench: Bench, amount: int) -> None:
    first, second, _ = bench.holders
    bench.transfer(first, second, amount)
    assert bench.balance(second) == amount
    assert bench.balance(first) == 10 * UNIT - amount


@shows("TOK-2")
@pytest.mark.parametrize("amount", [10 * UNIT + 1, MAX])
def test_more_than_the_balance_does_not_move(bench: Bench, amount: int) -> None:
    first, second, _ = bench.holders
    error = ("ERC20InsufficientBalance", first.address, 10 * UNIT, amount)
    with unchanged(bench.stage, bench.token), expect_revert(*error):
        attempt(bench.token, "transfer", second.address, amount, sender=first)


def test_nothing_comes_from_the_zero_address(bench: Bench) -> None:
    to, anyone, _ = bench.holders
    with unchanged(bench.stage, bench.token), expect_revert("ERC20InvalidSender", ZERO):
        attempt(bench.token, "transferFrom", ZERO, to.address, 0, sender=anyone)


def test_tokens_do_not_go_to_the_zero_address(bench: Bench) -> None:
    with expect_revert("ERC20InvalidReceiver", ZERO):
        attempt(bench.token, "transfer", ZERO, 1, sender=bench.holders[0])


@shows("TOK-3")
def test_an_allowance_is_spent(bench: Bench) -> None:
    owner, spender, to = bench.holders
    receipt = bench.token.send("approve", spender.address, 5, sender=owner)
    assert receipt.event("Approval").arguments == {
        "owner": owner.address,
        "spender": spender.address,
        "value": 5,
    }
    bench.token.send("transferFrom", owner.address, to.address, 3, sender=spender)
    assert bench.token.call("allowance", owner.address, spender.address) == 2
    assert bench.balance(to) == 3
    error = ("ERC20InsufficientAllowance", spender.address, 2, 3)
    with unchanged(bench.stage, bench.token), expect_revert(*error):
        attempt(bench.token, "transferFrom", owner.address, to.address, 3, sender=spender)


@shows("TOK-3")
def test_an_endless_allowance_stays(bench: Bench) -> None:
    owner, spender, to = bench.holders
    bench.token.send("approve", spender.address, MAX, sender=owner)
    bench.token.send("transferFrom", owner.address, to.address, UNIT, sender=spender)
    assert bench.token.call("allowance", owner.address, spender.address) == MAX


def test_an_allowance_is_no_balance(bench: Bench) -> None:
    owner, spender, _ = bench.holders
    bench.token.send("approve", spender.address, MAX, sender=owner)
    with expect_revert("ERC20InsufficientBalance", owner.address, 10 * UNIT, 11 * UNIT):
        attempt(
            bench.token, "transferFrom", owner.address, spender.address, 11 * UNIT, sender=spender
        )


def test_nobody_is_no_spender(bench: Bench) -> None:
    with expect_revert("ERC20InvalidSpender", ZERO):
        attempt(bench.token, "approve", ZERO, 1, sender=bench.holders[0])


@shows("REV-4")
def test_a_claim_pays_both_coins_and_keeps_the_fraction(bench: Bench) -> None:
    holder, to = bench.holders[0], bench.stage.tenants[3]
    bench.revenue(1_000, 3)
    shifts = [state["shift"] for state in bench.revenues()]
    owed = bench.owed(holder)
    paid = tuple(amount >> shift for amount, shift in zip(owed, shifts, strict=True))
    assert bench.token.call("claimable", holder.address) == paid
    assert bench.token.call("claim", to.address, sender=holder.address) == paid

    receipt = bench.claim(holder, to)

    assert receipt.event("Claimed").arguments == {
        "account": holder.address,
        "to": to.address,
        "cash": paid[0],
        "reserve": paid[1],
    }
    assert [e["amount"] for e in receipt.all("Withdrawn")] == list(paid)
    for coin, amount in zip((bench.cash, bench.reserve), paid, strict=True):
        assert coin.call("balanceOf", to.address) == amount
    fractions = tuple(o - (p << s) for o, p, s in zip(owed, paid, shifts, strict=True))
    assert bench.owed(holder) == fractions
    assert bench.claim(holder).event("Claimed")["cash"] == 0
    bench.assert_conserved(bench.holders)


def test_a_claim_of_nothing_calls_no_coin(bench: Bench) -> None:
    bench.cash.send("setPaused", True, sender=bench.holders[0])
    receipt = bench.claim(bench.holders[1])
    assert [(e.name, e["cash"], e["reserve"]) for e in receipt.events] == [("Claimed", 0, 0)]


@shows("REV-14")
def test_a_blocked_holder_claims_to_another_address(bench: Bench) -> None:
    holder, other, friend = bench.holders
    bench.mint(other, 10 * UNIT)
    bench.revenue(200, 0)
    bench.cash.send("setBlocked", holder.address, True, sender=friend)
    owed = bench.owed(holder)
    with expect_revert("TestCoin_Blocked", holder.address):
        attempt(bench.token, "claim", holder.address, sender=holder)
    assert bench.owed(holder) == owed
    assert bench.claim(other).event("Claimed")["cash"] == 99
    assert bench.claim(holder, friend).event("Claimed")["cash"] == 99
    assert bench.cash.call("balanceOf", friend.address) == 99


def test_a_claim_goes_not_to_nobody(bench: Bench) -> None:
    bench.revenue(10)
    with unchanged(bench.stage, bench.token), expect_revert("Vault_InvalidReceiver", ZERO):
        attempt(bench.token, "claim", ZERO, sender=bench.holders[0])


def test_a_claim_to_the_vault_stays_there_as_the_holders_own(bench: Bench) -> None:
    """Which asks no coin."""
    holder = bench.holders[0]
    bench.revenue(1_000, 1_000)
    for coin in (bench.cash, bench.reserve):
        coin.send("setPaused", True, sender=holder)
    receipt = bench.token.send("claim", bench.vault.address, sender=holder)
    paid = receipt.event("Claimed")
    assert (paid["to"], paid["cash"], paid["reserve"]) == (bench.vault.address, 999, 999)
    for coin in (bench.cash, bench.reserve):
        assert bench.vault.call("claimOf", coin.address, holder.address) == 999
