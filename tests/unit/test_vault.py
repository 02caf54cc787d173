"""The vault: claims move inside it, coins enter and leave exactly, and nobody is in the way."""

from typing import Any

import pytest

from tests.support.raw import attempt, deploy
from tests.support.reverts import expect_revert
from tests.support.safe import Mode, Safe, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, Stage
from tests.support.state import refused, unchanged
from wellhead.chain import Receipt

ZERO = "0x" + "00" * 20


@pytest.fixture
def safe(stage: Stage) -> Safe:
    return set_up(stage)


def events(receipt: Receipt, *names: str) -> list[dict[str, Any]]:
    return [event.arguments for event in receipt.events if event.name in names]


@shows("VAULT-7")
def test_who_may_charge_is_fixed_at_deployment(safe: Safe) -> None:
    for name in ("market", "exchange", "contests", "router"):
        assert safe.vault.call(name) == getattr(safe, name).address


@shows("VAULT-5")
@pytest.mark.parametrize("amount", [0, 1, 1000])
def test_a_deposit_becomes_a_claim_of_anybody(safe: Safe, amount: int) -> None:
    receipt = safe.send("deposit", safe.bob.address, amount, by=safe.ann)
    assert events(receipt, "Deposited") == [
        {
            "coin": safe.coin.address,
            "payer": safe.ann.address,
            "account": safe.bob.address,
            "amount": amount,
        }
    ]
    assert (safe.claim(safe.ann), safe.claim(safe.bob)) == (1000, amount)
    assert (safe.has(safe.ann), safe.has(safe.vault)) == (1000 - amount, 1000 + amount)


def test_a_deposit_needs_balance_and_allowance(safe: Safe) -> None:
    with expect_revert("ERC20InsufficientBalance", safe.ann.address, 1000, 1001):
        safe.refuse("deposit", safe.ann.address, 1001, by=safe.ann)
    with expect_revert("ERC20InsufficientAllowance", safe.vault.address, 0, 1):
        safe.refuse("deposit", safe.bob.address, 1, by=safe.bob)


def test_nobody_is_no_account(safe: Safe) -> None:
    for function, to in [("deposit", ZERO), ("move", ZERO), ("withdraw", ZERO)]:
        with expect_revert("Vault_InvalidReceiver", ZERO):
            safe.refuse(function, to, 1, by=safe.ann)
    with expect_revert("Vault_InvalidReceiver", ZERO):
        safe.refuse("moveBatch", [safe.bob.address, ZERO], [1, 1], by=safe.ann)


@shows("VAULT-3")
@pytest.mark.parametrize("amount", [0, 1, 1000])
def test_a_claim_moves_without_the_coin(safe: Safe, amount: int) -> None:
    safe.coin.send("setMode", Mode.FALSE, sender=safe.eve)
    receipt = safe.send("move", safe.bob.address, amount, by=safe.ann)
    assert [event.name for event in receipt.events] == ["Moved"]
    assert events(receipt, "Moved") == [
        {
            "coin": safe.coin.address,
            "from": safe.ann.address,
            "to": safe.bob.address,
            "amount": amount,
        }
    ]
    assert (safe.claim(safe.ann), safe.claim(safe.bob)) == (1000 - amount, amount)


@shows("VAULT-3")
def test_moving_to_oneself_keeps_the_claim(safe: Safe) -> None:
    with unchanged(safe.stage, safe.vault):
        safe.send("move", safe.ann.address, 600, by=safe.ann)


@shows("VAULT-4")
@pytest.mark.parametrize("amount", [1001, MAX])
@pytest.mark.parametrize("function", ["move", "withdraw", "moveBatch"])
def test_more_than_the_claim_goes_nowhere(safe: Safe, function: str, amount: int) -> None:
    arguments: tuple[Any, ...] = (safe.bob.address, amount)
    if function == "moveBatch":
        arguments = ([safe.bob.address, safe.eve.address], [amount - 1, 1])
    error = ("Vault_InsufficientClaim", safe.coin.address, safe.ann.address, 1000, amount)
    with expect_revert(*error):
        safe.refuse(function, *arguments, by=safe.ann)


@shows("VAULT-4")
def test_a_claim_is_in_one_coin_only(safe: Safe) -> None:
    other = deploy(safe.stage, "TestCoin", "Other", "O", 6)
    other.send("mint", safe.vault.address, 5000, sender=safe.ann)
    error = ("Vault_InsufficientClaim", other.address, safe.ann.address, 0, 1)
    with unchanged(safe.stage, safe.vault, other), expect_revert(*error):
        attempt(safe.vault, "withdraw", other.address, safe.ann.address, 1, sender=safe.ann)


@shows("VAULT-3")
def test_a_batch_moves_all_parts_and_skips_zeros(safe: Safe) -> None:
    to = [safe.bob.address, ZERO, safe.eve.address, safe.bob.address]
    receipt = safe.send("moveBatch", to, [5, 0, 7, 11], by=safe.ann)
    assert [(e["from"], e["to"], e["amount"]) for e in events(receipt, "Moved")] == [
        (safe.ann.address, safe.bob.address, 5),
        (safe.ann.address, safe.eve.address, 7),
        (safe.ann.address, safe.bob.address, 11),
    ]
    claims = [safe.claim(person) for person in (safe.ann, safe.bob, safe.eve)]
    assert claims == [1000 - 23, 16, 7]


@shows("VAULT-4")
def test_a_batch_may_take_the_whole_claim_and_may_be_empty(safe: Safe) -> None:
    assert safe.send("moveBatch", [], [], by=safe.bob).events == ()
    safe.send("moveBatch", [safe.bob.address, safe.ann.address], [999, 1], by=safe.ann)
    assert (safe.claim(safe.ann), safe.claim(safe.bob)) == (1, 999)


@pytest.mark.parametrize(("accounts", "amounts"), [(1, 2), (2, 1), (0, 1), (1, 0)])
def test_a_batch_names_an_account_for_each_amount(safe: Safe, accounts: int, amounts: int) -> None:
    with expect_revert("Vault_LengthMismatch", accounts, amounts):
        safe.refuse("moveBatch", [safe.bob.address] * accounts, [1] * amounts, by=safe.ann)


@shows("VAULT-3")
def test_a_batch_can_not_overflow_into_a_small_sum(safe: Safe) -> None:
    with expect_revert("Panic", 0x11):
        safe.refuse("moveBatch", [safe.bob.address] * 2, [MAX, 2], by=safe.ann)


@shows("VAULT-6")
@pytest.mark.parametrize("amount", [0, 1, 1000])
def test_a_withdrawal_pays_the_coin_out(safe: Safe, amount: int) -> None:
    receipt = safe.send("withdraw", safe.bob.address, amount, by=safe.ann)
    assert events(receipt, "Withdrawn") == [
        {
            "coin": safe.coin.address,
            "account": safe.ann.address,
            "to": safe.bob.address,
            "amount": amount,
        }
    ]
    assert safe.claim(safe.ann) == safe.has(safe.vault) == 1000 - amount
    assert safe.has(safe.bob) == amount


@shows("VAULT-6")
def test_coins_do_not_go_back_into_the_vault(safe: Safe) -> None:
    with expect_revert("Vault_InvalidReceiver", safe.vault.address):
        safe.refuse("withdraw", safe.vault.address, 1, by=safe.ann)


@shows("VAULT-5")
@pytest.mark.parametrize(("mode", "received"), [(Mode.FEE, 99), (Mode.BONUS, 101)])
def test_a_coin_that_delivers_another_amount_is_refused(
    safe: Safe, mode: Mode, received: int
) -> None:
    safe.coin.send("setMode", mode, sender=safe.eve)
    with expect_revert("Vault_InexactTransfer", safe.coin.address, 100, received):
        safe.refuse("deposit", safe.ann.address, 100, by=safe.ann)


@shows("VAULT-5")
@pytest.mark.parametrize("function", ["deposit", "withdraw"])
def test_a_coin_that_says_no_is_believed(safe: Safe, function: str) -> None:
    safe.coin.send("setMode", Mode.FALSE, sender=safe.eve)
    with expect_revert("SafeERC20FailedOperation", safe.coin.address):
        safe.refuse(function, safe.ann.address, 100, by=safe.ann)


@shows("VAULT-10")
@pytest.mark.parametrize("outer", ["deposit", "withdraw"])
@pytest.mark.parametrize("inner", ["deposit", "withdraw"])
def test_a_coin_does_not_come_back_in(safe: Safe, outer: str, inner: str) -> None:
    again = safe.vault.functions[inner].encode((safe.coin.address, safe.eve.address, 0))
    safe.coin.send("setCall", safe.vault.address, bytes.fromhex(again[2:]), sender=safe.eve)
    safe.coin.send("setMode", Mode.REENTER, sender=safe.eve)
    with expect_revert("ReentrancyGuardReentrantCall"):
        safe.refuse(outer, safe.ann.address, 100, by=safe.ann)


@shows("VAULT-1", "VAULT-12")
def test_donations_are_nobodys(safe: Safe) -> None:
    safe.coin.send("transfer", safe.vault.address, 50, sender=safe.ann)
    assert safe.claim(safe.ann) == 1000
    assert safe.claim(safe.vault) == 0
    safe.send("deposit", safe.bob.address, 1, by=safe.ann)
    assert safe.claim(safe.bob) == 1


@shows("VAULT-6")
def test_a_blocked_receiver_takes_another_address_and_stops_nobody(stage: Stage) -> None:
    ann, bob, friend = stage.holders
    for person in (ann, bob):
        stage.fund(person, 500)
        stage.vault.send("deposit", stage.cash.address, person.address, 500, sender=person)
    stage.cash.send("setBlocked", ann.address, True, sender=stage.stranger)
    with refused(stage, "TestCoin_Blocked", ann.address):
        attempt(stage.vault, "withdraw", stage.cash.address, ann.address, 500, sender=ann)
    stage.vault.send("withdraw", stage.cash.address, bob.address, 500, sender=bob)
    stage.vault.send("move", stage.cash.address, friend.address, 100, sender=ann)
    stage.vault.send("withdraw", stage.cash.address, friend.address, 400, sender=ann)
    balances = [stage.cash.call("balanceOf", who.address) for who in (ann, bob, friend)]
    assert balances == [0, 500, 400]
    assert [stage.claim_of(who) for who in (ann, bob, friend)] == [0, 0, 100]


def test_a_paused_coin_keeps_claims_and_lets_them_move(stage: Stage) -> None:
    ann, bob, _ = stage.holders
    stage.fund(ann, 500)
    stage.vault.send("deposit", stage.cash.address, ann.address, 500, sender=ann)
    stage.cash.send("setPaused", True, sender=stage.stranger)
    with refused(stage, "TestCoin_Paused"):
        attempt(stage.vault, "withdraw", stage.cash.address, ann.address, 1, sender=ann)
    stage.vault.send("move", stage.cash.address, bob.address, 500, sender=ann)
    assert stage.claim_of(bob) == 500
