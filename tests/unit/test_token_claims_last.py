"""What was earned can be claimed whatever happens to the tokens, the holder or a coin, and no more
than that can be had."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.payment import encoded
from tests.support.raw import deploy
from tests.support.safe import Mode
from tests.support.shares import Share, key_of, packed, plain_coins, set_up, set_up_alone
from tests.support.shows import shows
from tests.support.stage import MAX, NORWAY, UNIT, Stage
from wellhead.chain import Contract, UnlockedAccount, dev_account

PURSE = UnlockedAccount(dev_account(30).address)
EARNED = (999_999, 399)
BROKEN = {"burns all gas": "0xfe", "reverts": "0x60006000fd"}


@pytest.fixture
def share(stage: Stage) -> Share:
    """Two holders have earned 999,999 and 399 each."""
    made = set_up(stage)
    for holder in made.holders[:2]:
        made.mint(holder, 5 * UNIT)
    made.earn(2_000_000, 800)
    return made


def expire(share: Share, holder: UnlockedAccount) -> None:
    stage = share.stage
    stage.skip(1)
    stage.credential(holder.address, expires=stage.now() + 60)
    stage.skip(60)


FATES: dict[str, Callable[[Share, UnlockedAccount], object]] = {
    "frozen": lambda share, holder: share.freeze(holder, MAX),
    "blocked": lambda share, holder: share.block(holder),
    "taken": lambda share, holder: share.force(holder, share.holders[2], 5 * UNIT),
    "sold": lambda share, holder: share.transfer(holder, share.holders[2], 5 * UNIT),
    "retired": lambda share, holder: share.burn(holder, 5 * UNIT),
    "revoked": lambda share, holder: share.officer("revoke", holder.address),
    "expired": expire,
    "dismissed": lambda share, _: share.officer("dismiss", share.stage.issuer.address),
    "ruled out": lambda share, _: share.officer("setRule", 0, [NORWAY], 0),
    "paused": lambda share, _: share.stage.registry.send("pause", sender=share.stage.guardian),
}


@shows("REV-13")
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("signed", [False, True])
def test_a_claim_survives(share: Share, fate: str, signed: bool) -> None:
    """Freeze, block, forced transfer, sale, retirement, and any end of a credential: what was
    earned before stays the holder's, is claimed by its own call or signature, and is paid in
    full."""
    holder = share.holders[0]
    owed = share.owed(holder)
    FATES[fate](share, holder)
    assert share.owed(holder) == owed
    if signed:
        signature = packed(key_of(holder).sign_digest_vrs(share.claim_digest(holder, PURSE)))
        arguments = (holder.address, PURSE.address, MAX, signature)
        share.token.send("claimFor", *arguments, sender=share.stage.stranger)
    else:
        share.claim(holder, PURSE)
    assert share.holds(PURSE) == EARNED
    assert share.claimable(holder) == (0, 0)
    share.assert_conserved(share.holders)


@pytest.mark.parametrize("fate", ["frozen", "blocked", "revoked", "expired", "ruled out"])
def test_who_still_holds_still_earns(share: Share, fate: str) -> None:
    """Compliance stops movements, not revenue."""
    holder, other = share.holders[:2]
    FATES[fate](share, holder)
    share.earn(2_000_000, 800)
    assert share.owed(holder) == share.owed(other)
    share.claim(holder, PURSE)
    # Two earnings of 999,999.99 make one unit more than twice 999,999.
    assert share.holds(PURSE) == (1_999_999, 799)


@shows("REV-13")
def test_a_receiver_needs_nothing(share: Share) -> None:
    """Revenue is no token: it goes to whom the holder says, one who is blocked here too."""
    share.block(share.holders[4])
    before = share.holds(share.holders[4])
    share.claim(share.holders[0], share.holders[4])
    after = share.holds(share.holders[4])
    assert (after[0] - before[0], after[1] - before[1]) == EARNED


@shows("REV-14")
@pytest.mark.parametrize("number", [0, 1])
def test_a_coin_that_is_paused_leaves_all_as_it_was(share: Share, number: int) -> None:
    """A claim to an address pays both or nothing; once the coin moves again it pays all. Revenue,
    transfers and those who are owed nothing in that coin are not held up."""
    holder, coin = share.holders[0], share.coins[number]
    share.deposit(coin, 800)
    coin.send("setPaused", True, sender=share.stage.stranger)
    for to in (holder, PURSE):
        with share.refused("TestCoin_Paused"):
            share.refuse("claim", to.address, by=holder)
    share.token.send(("addCash", "addReserve")[number], 800, 0, sender=share.router)
    share.transfer(holder, share.holders[2], UNIT)
    share.claim(share.holders[4])
    coin.send("setPaused", False, sender=share.stage.stranger)
    share.claim(holder, PURSE)
    more = (400, 0) if number == 0 else (0, 400)
    assert share.holds(PURSE) == (EARNED[0] + more[0], EARNED[1] + more[1])
    share.assert_conserved(share.holders)


@shows("REV-14")
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("signed", [False, True])
def test_a_claim_into_the_vault_asks_no_coin(share: Share, number: int, signed: bool) -> None:
    """While one coin is paused, whoever claims to the vault has both as claims of its own there,
    and withdraws the other one at once."""
    holder, vault = share.holders[0], share.stage.vault
    before = [int(vault.call("claimOf", coin.address, holder.address)) for coin in share.coins]
    share.coins[number].send("setPaused", True, sender=share.stage.stranger)
    if signed:
        digest = share.claim_digest(holder, UnlockedAccount(vault.address))
        signature = packed(key_of(holder).sign_digest_vrs(digest))
        arguments = (holder.address, vault.address, MAX, signature)
        receipt = share.token.send("claimFor", *arguments, sender=share.stage.stranger)
    else:
        receipt = share.token.send("claim", vault.address, sender=holder)
    claimed = receipt.event("Claimed")
    assert (claimed["account"], claimed["to"]) == (holder.address, vault.address)
    after = [int(vault.call("claimOf", coin.address, holder.address)) for coin in share.coins]
    assert (after[0] - before[0], after[1] - before[1]) == EARNED
    assert share.claimable(holder) == (0, 0)
    other = share.coins[1 - number]
    held = int(other.call("balanceOf", PURSE.address))
    asked = (other.address, PURSE.address, EARNED[1 - number])
    vault.send("withdraw", *asked, sender=holder)
    assert other.call("balanceOf", PURSE.address) == held + EARNED[1 - number]
    asked = (share.coins[number].address, PURSE.address, EARNED[number])
    with share.refused("TestCoin_Paused"):
        vault.call("withdraw", *asked, sender=holder.address)
    share.coins[number].send("setPaused", False, sender=share.stage.stranger)
    vault.send("withdraw", *asked, sender=holder)
    share.assert_conserved(share.holders)


@shows("REV-14")
@pytest.mark.parametrize("code", BROKEN)
@pytest.mark.parametrize("number", [0, 1])
def test_a_coin_that_is_broken_takes_nothing_away(share: Share, number: int, code: str) -> None:
    """The token keeps its books; tokens move, are minted and burned without any coin."""
    first, second, third = share.holders[:3]
    coin = share.coins[number]
    good = share.stage.anvil.rpc("eth_getCode", coin.address, "latest")
    share.stage.anvil.rpc("anvil_setCode", coin.address, BROKEN[code])
    with share.refused(""):
        share.refuse("claim", first.address, by=first)
    share.transfer(first, third, UNIT)
    share.mint(third, UNIT)
    share.burn(second, UNIT)
    share.force(second, third, UNIT)
    share.stage.anvil.rpc("anvil_setCode", coin.address, good)
    assert [share.claimable(holder) for holder in (first, second)] == [EARNED] * 2
    share.claim(first, PURSE)
    assert share.holds(PURSE) == EARNED


# Coins that call back


@pytest.fixture
def coin(stage: Stage) -> Contract:
    return deploy(stage, "TestHostileCoin")


@pytest.fixture(params=[0, 1], ids=["cash", "reserve"])
def hostile(stage: Stage, coin: Contract, request: pytest.FixtureRequest) -> Share:
    """A token that earns in a hostile coin, which is itself a holder of as much as another."""
    plain = plain_coins(stage, 18, 18)
    coins = (coin, plain[1]) if request.param == 0 else (plain[0], coin)
    made = set_up_alone(stage, *coins)
    stage.credential(coin.address)
    made.mint(made.holders[0], 5 * UNIT)
    made.mint(coin, 5 * UNIT)
    made.earn(UNIT, UNIT)
    return made


def reenter(share: Share, coin: Contract, target: Contract, function: str, *values: object) -> None:
    """From each of its transfers on the coin makes this call."""
    stranger = share.stage.stranger
    coin.send("setCall", target.address, encoded(target, function, *values), sender=stranger)
    coin.send("setMode", Mode.REENTER, sender=stranger)


def half(share: Share) -> tuple[int, ...]:
    """What each of the two has earned: the value of 5 tokens, rounded down."""
    return tuple(5 * UNIT * state["index"] >> state["shift"] for state in share.revenues())


def assert_nothing_gained(share: Share, coin: Contract) -> None:
    """Each got its half, and the vault paid out nothing more."""
    coin.send("setMode", Mode.PLAIN, sender=share.stage.stranger)
    share.claim(share.holders[0], PURSE)
    share.assert_conserved([share.holders[0], coin])
    assert share.holds(PURSE) == share.claimable(coin) == half(share)
    # A step of the index of a coin with 18 decimals is less than a ten-millionth of it.
    assert min(half(share)) > UNIT // 2 - UNIT // 10**7
    for paid in share.coins:
        claim = share.vault.call("claimOf", paid.address, share.token.address)
        assert claim == paid.call("balanceOf", share.vault.address)


@shows("REV-16")
def test_a_coin_does_not_claim_from_within_a_claim(hostile: Share, coin: Contract) -> None:
    """It is owed something, and the vault pays one at a time."""
    holder = hostile.holders[0]
    reenter(hostile, coin, hostile.token, "claim", coin.address)
    with hostile.refused("ReentrancyGuardReentrantCall"):
        hostile.refuse("claim", PURSE.address, by=holder)
    assert_nothing_gained(hostile, coin)


@shows("REV-16")
def test_a_coin_does_not_use_a_signature_twice(hostile: Share, coin: Contract) -> None:
    """What the holder signed next is spent within the payment, on nothing."""
    holder = hostile.holders[0]
    signature = packed(key_of(holder).sign_digest_vrs(hostile.claim_digest(holder, coin)))
    claim = ("claimFor", holder.address, coin.address, MAX, signature)
    reenter(hostile, coin, hostile.token, *claim)
    receipt = hostile.claim(holder, PURSE)
    paid = {(event["to"], event["cash"], event["reserve"]) for event in receipt.all("Claimed")}
    assert paid == {(coin.address, 0, 0), (PURSE.address, *half(hostile))}
    assert_nothing_gained(hostile, coin)


@shows("REV-16")
def test_a_coin_that_moves_tokens_meanwhile_gains_no_revenue(
    hostile: Share, coin: Contract
) -> None:
    """Tokens that arrive within a payment earned nothing there; those that leave take nothing."""
    holder = hostile.holders[0]
    hostile.token.send("approve", coin.address, MAX, sender=holder)
    take = ("transferFrom", holder.address, coin.address, 5 * UNIT)
    reenter(hostile, coin, hostile.token, *take)
    hostile.claim(holder, PURSE)
    assert (hostile.balance(holder), hostile.balance(coin)) == (0, 10 * UNIT)
    assert_nothing_gained(hostile, coin)


@shows("REV-16")
def test_a_coin_that_lies_is_not_believed(hostile: Share, coin: Contract) -> None:
    """It moves nothing and says so: the claim stays owed."""
    holder = hostile.holders[0]
    coin.send("setMode", Mode.FALSE, sender=hostile.stage.stranger)
    with hostile.refused("SafeERC20FailedOperation", coin.address):
        hostile.refuse("claim", PURSE.address, by=holder)
    assert_nothing_gained(hostile, coin)
