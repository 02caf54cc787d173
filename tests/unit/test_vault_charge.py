"""What market, exchange, contests and router may do in the vault: charge the account that called
them, by claim, by allowance or by a signed authorization."""

from typing import Any

import pytest

from tests.support.payment import NONCE, authorization
from tests.support.raw import attempt, deploy
from tests.support.reverts import expect_revert
from tests.support.safe import Mode, Safe, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, Stage
from tests.support.state import refused, unchanged
from wellhead.chain import Receipt, UnlockedAccount

ZERO = "0x" + "00" * 20


@pytest.fixture
def safe(stage: Stage) -> Safe:
    return set_up(stage)


def moves(receipt: Receipt) -> list[tuple[str, dict[str, Any]]]:
    kinds = ("Deposited", "Moved")
    return [(e.name, e.arguments) for e in receipt.events if e.name in kinds]


@shows("VAULT-8")
@pytest.mark.parametrize("caller", ["market", "exchange", "contests", "router"])
@pytest.mark.parametrize(
    ("amount", "by_claim"), [(0, 0), (1, 1), (999, 999), (1000, 1000), (1001, 1000), (2000, 1000)]
)
def test_a_charge_takes_the_claim_first_and_the_rest_by_allowance(
    safe: Safe, caller: str, amount: int, by_claim: int
) -> None:
    receipt = safe.send(
        "charge", safe.ann.address, safe.bob.address, amount, by=getattr(safe, caller)
    )
    people = {"coin": safe.coin.address}
    claimed = {**people, "from": safe.ann.address, "to": safe.bob.address, "amount": by_claim}
    rest = amount - by_claim
    taken = {
        **people,
        "payer": safe.ann.address,
        "account": safe.bob.address,
        "amount": rest,
    }
    assert moves(receipt) == [("Moved", claimed)] + [("Deposited", taken)] * (rest != 0)
    assert (safe.claim(safe.ann), safe.claim(safe.bob)) == (1000 - by_claim, amount)
    assert (safe.has(safe.ann), safe.has(safe.vault)) == (1000 - rest, 1000 + rest)


def test_who_has_no_claim_pays_all_by_allowance(safe: Safe) -> None:
    safe.send("withdraw", safe.ann.address, 1000, by=safe.ann)
    receipt = safe.send("charge", safe.ann.address, safe.bob.address, 70, by=safe.market)
    assert [name for name, _ in moves(receipt)] == ["Deposited"]
    assert (safe.claim(safe.bob), safe.has(safe.ann)) == (70, 1930)


def test_a_charge_of_nothing_calls_no_coin(safe: Safe) -> None:
    safe.coin.send("setMode", Mode.FALSE, sender=safe.eve)
    for payer in (safe.ann, safe.bob):
        safe.send("charge", payer.address, safe.eve.address, 0, by=safe.market)
    assert [safe.claim(who) for who in (safe.ann, safe.bob, safe.eve)] == [1000, 0, 0]


@shows("VAULT-8")
def test_what_the_claim_covers_calls_no_coin(safe: Safe) -> None:
    safe.coin.send("setMode", Mode.FALSE, sender=safe.eve)
    safe.send("charge", safe.ann.address, safe.eve.address, 1000, by=safe.exchange)
    assert safe.claim(safe.eve) == 1000
    with expect_revert("SafeERC20FailedOperation", safe.coin.address):
        safe.refuse("charge", safe.ann.address, safe.eve.address, 1, by=safe.exchange)


@shows("VAULT-8")
def test_a_charge_to_oneself_keeps_the_claim(safe: Safe) -> None:
    with unchanged(safe.stage, safe.vault):
        safe.send("charge", safe.ann.address, safe.ann.address, 1000, by=safe.market)


@shows("VAULT-7")
def test_nobody_else_charges(safe: Safe) -> None:
    for caller in (safe.eve, safe.ann, safe.stage.stranger):
        with expect_revert("Vault_MayNotCharge", caller.address, safe.ann.address):
            safe.refuse("charge", safe.ann.address, safe.bob.address, 1, by=caller)


@shows("VAULT-8")
def test_a_charge_needs_claim_and_balance_and_allowance_together(safe: Safe) -> None:
    with expect_revert("ERC20InsufficientBalance", safe.ann.address, 1000, 1001):
        safe.refuse("charge", safe.ann.address, safe.bob.address, 2001, by=safe.market)
    safe.coin.send("approve", safe.vault.address, 5, sender=safe.ann)
    with expect_revert("ERC20InsufficientAllowance", safe.vault.address, 5, 6):
        safe.refuse("charge", safe.ann.address, safe.bob.address, 1006, by=safe.market)
    safe.send("charge", safe.ann.address, safe.bob.address, 1005, by=safe.market)
    assert safe.coin.call("allowance", safe.ann.address, safe.vault.address) == 0


@pytest.mark.parametrize("amount", [1, 1000, 1001])
def test_nobody_is_not_paid(safe: Safe, amount: int) -> None:
    with expect_revert("Vault_InvalidReceiver", ZERO):
        safe.refuse("charge", safe.ann.address, ZERO, amount, by=safe.market)


@pytest.mark.parametrize(("mode", "received"), [(Mode.FEE, 99), (Mode.BONUS, 101)])
def test_a_coin_that_delivers_another_amount_is_refused(
    safe: Safe, mode: Mode, received: int
) -> None:
    safe.coin.send("setMode", mode, sender=safe.eve)
    with expect_revert("Vault_InexactTransfer", safe.coin.address, 100, received):
        safe.refuse("charge", safe.ann.address, safe.bob.address, 1100, by=safe.market)


@shows("VAULT-10")
@pytest.mark.parametrize(
    ("inner", "values"),
    [("deposit", 2), ("withdraw", 2), ("charge", 3), ("depositWithAuthorization", 8)],
)
def test_a_coin_does_not_come_back_in(safe: Safe, inner: str, values: int) -> None:
    people = [safe.eve.address] * {"charge": 2}.get(inner, 1)
    rest: list[Any] = [0] * (values - len(people))
    if inner == "depositWithAuthorization":
        rest = [0, 0, MAX, NONCE, 27, NONCE, NONCE]
    again = safe.vault.functions[inner].encode((safe.coin.address, *people, *rest))
    safe.coin.send("setCall", safe.vault.address, bytes.fromhex(again[2:]), sender=safe.eve)
    safe.coin.send("setMode", Mode.REENTER, sender=safe.eve)
    with expect_revert("ReentrancyGuardReentrantCall"):
        safe.refuse("charge", safe.ann.address, safe.bob.address, 1001, by=safe.market)


def test_a_coin_can_move_its_own_claim_while_it_is_charged(safe: Safe) -> None:
    """Moving claims has no guard, and needs none: nothing is half done when the coin is called."""
    safe.send("deposit", safe.coin.address, 10, by=safe.ann)
    again = safe.vault.functions["move"].encode((safe.coin.address, safe.eve.address, 10))
    safe.coin.send("setCall", safe.vault.address, bytes.fromhex(again[2:]), sender=safe.eve)
    safe.coin.send("setMode", Mode.REENTER, sender=safe.eve)
    safe.send("charge", safe.ann.address, safe.bob.address, 1500, by=safe.market)
    claims = [safe.claim(who) for who in (safe.ann, safe.bob, safe.eve, safe.coin)]
    assert claims == [0, 1500, 10, 0]
    assert safe.has(safe.vault) == sum(claims)


def authorize(stage: Stage, payer: UnlockedAccount, *signed: Any) -> tuple[Any, ...]:
    return (stage.cash.address, payer.address, *signed)


@shows("VAULT-9")
def test_an_authorization_becomes_the_payers_claim(stage: Stage) -> None:
    ann = stage.holders[0]
    stage.cash.send("mint", ann.address, 100, sender=ann)
    signed = authorization(stage, 40, ann)
    receipt = stage.vault.send(
        "depositWithAuthorization", *authorize(stage, ann, *signed), sender=ann
    )
    assert moves(receipt) == [
        (
            "Deposited",
            {
                "coin": stage.cash.address,
                "payer": ann.address,
                "account": ann.address,
                "amount": 40,
            },
        )
    ]
    assert (stage.claim_of(ann), stage.cash.call("balanceOf", ann.address)) == (40, 60)
    with refused(stage, "ERC3009UsedAuthorization", ann.address, NONCE):
        attempt(
            stage.vault,
            "depositWithAuthorization",
            *authorize(stage, ann, *signed),
            sender=ann,
        )


@shows("VAULT-9")
@pytest.mark.parametrize("caller", ["market", "exchange", "contests", "router"])
def test_who_charges_passes_authorizations_on(stage: Stage, safe: Safe, caller: str) -> None:
    ann = safe.ann
    stage.cash.send("mint", ann.address, 100, sender=ann)
    signed = authorization(stage, 40, ann, to=safe.vault)
    arguments = authorize(stage, ann, *signed)
    safe.vault.send("depositWithAuthorization", *arguments, sender=getattr(safe, caller))
    assert safe.claim(ann, stage.cash) == 40


@shows("VAULT-9")
def test_nobody_else_uses_an_authorization(stage: Stage) -> None:
    ann, bob, _ = stage.holders
    stage.cash.send("mint", ann.address, 100, sender=ann)
    signed = authorization(stage, 40, ann)
    arguments = authorize(stage, ann, *signed)
    with refused(stage, "Vault_MayNotCharge", bob.address, ann.address):
        attempt(stage.vault, "depositWithAuthorization", *arguments, sender=bob)
    named = authorize(stage, bob, *signed)
    with refused(stage, "ERC3009InvalidSignature"):
        attempt(stage.vault, "depositWithAuthorization", *named, sender=bob)


def test_a_coin_without_authorizations_is_refused(safe: Safe) -> None:
    signed = (10, 0, MAX, NONCE, 27, NONCE, NONCE)
    with expect_revert(""):
        safe.refuse("depositWithAuthorization", safe.ann.address, *signed, by=safe.ann)


@shows("VAULT-5")
def test_an_account_without_code_is_no_coin(safe: Safe) -> None:
    with unchanged(safe.stage, safe.vault), expect_revert(""):
        attempt(
            safe.vault,
            "charge",
            safe.eve.address,
            safe.ann.address,
            safe.bob.address,
            1,
            sender=safe.market,
        )


def test_a_blocked_payer_still_pays_by_claim(stage: Stage) -> None:
    vault = deploy(stage, "Vault", *[stage.guardian.address] * 4)
    ann, bob, _ = stage.holders
    stage.cash.send("mint", ann.address, 100, sender=ann)
    stage.cash.send("approve", vault.address, MAX, sender=ann)
    vault.send("deposit", stage.cash.address, ann.address, 60, sender=ann)
    stage.cash.send("setBlocked", ann.address, True, sender=stage.stranger)
    charge = ("charge", stage.cash.address, ann.address, bob.address)
    with unchanged(stage, vault, stage.cash), expect_revert("TestCoin_Blocked", ann.address):
        attempt(vault, *charge, 61, sender=stage.guardian)
    vault.send(*charge, 60, sender=stage.guardian)
    assert vault.call("claimOf", stage.cash.address, bob.address) == 60
