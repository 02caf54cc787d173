"""The test coin: permits, signed transfers, a blocklist and a pause, as regulated coins have."""

from dataclasses import dataclass

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.raw import attempt
from tests.support.signatures import ORDER
from tests.support.stage import MAX, Stage
from tests.support.state import refused
from wellhead.chain import Contract, KeyAccount, UnlockedAccount, dev_account
from wellhead.chain.signing import permit_digest

ZERO = "0x" + "00" * 20
NONCE = bytes(31) + b"\x07"
MOVES = ["transferWithAuthorization", "receiveWithAuthorization"]


@dataclass
class Purse:
    stage: Stage
    coin: Contract
    owner: KeyAccount
    to: UnlockedAccount

    def digest(self, kind: str, *values: object) -> bytes:
        types = ["bytes32", *(t for t in kind[kind.index("(") + 1 : -1].split(","))]
        types = [t.split(" ")[0] for t in types]
        contents = encode(types, [keccak(text=kind), *values])
        domain = self.coin.call("DOMAIN_SEPARATOR")
        return keccak(b"\x19\x01" + domain + keccak(contents))

    def move(
        self,
        function: str,
        after: int = 0,
        before: int = MAX,
        signer: KeyAccount | None = None,
        by: UnlockedAccount | None = None,
        fails: bool = False,
    ) -> None:
        """Move 40 coins of the owner by a signed authorization."""
        kind = (
            f"{function[0].upper()}{function[1:]}(address from,address to,uint256 value,"
            "uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        )
        values = (self.owner.address, self.to.address, 40, after, before, NONCE)
        signature = (signer or self.owner).sign_digest_vrs(self.digest(kind, *values))
        sender = by or (self.to if function.startswith("receive") else self.stage.stranger)
        if fails:
            attempt(self.coin, function, *values, *signature, sender=sender)
        else:
            receipt = self.coin.send(function, *values, *signature, sender=sender)
            assert receipt.event("AuthorizationUsed").arguments == {
                "authorizer": self.owner.address,
                "nonce": NONCE,
            }

    def cancel(self, signer: KeyAccount | None = None, fails: bool = False) -> None:
        kind = "CancelAuthorization(address authorizer,bytes32 nonce)"
        digest = self.digest(kind, self.owner.address, NONCE)
        values = (self.owner.address, NONCE, *(signer or self.owner).sign_digest_vrs(digest))
        sender = self.stage.stranger
        if fails:
            attempt(self.coin, "cancelAuthorization", *values, sender=sender)
        else:
            receipt = self.coin.send("cancelAuthorization", *values, sender=sender)
            assert receipt.event("AuthorizationCanceled")["nonce"] == NONCE

    def used(self) -> bool:
        return bool(self.coin.call("authorizationState", self.owner.address, NONCE))

    def balances(self) -> tuple[int, int]:
        both = [("balanceOf", (who.address,)) for who in (self.owner, self.to)]
        owner, to = self.coin.call_many(both)
        return owner, to


@pytest.fixture
def purse(stage: Stage) -> Purse:
    owner = dev_account(30)
    stage.cash.send("mint", owner.address, 100, sender=stage.stranger)
    return Purse(stage, stage.cash, owner, stage.holders[0])


def test_the_coins_describe_themselves(stage: Stage) -> None:
    for coin, name, symbol, decimals in [
        (stage.cash, "Test Dollar", "tUSD", 6),
        (stage.reserve, "Test Bitcoin", "tBTC", 8),
    ]:
        asked = [(field, ()) for field in ("name", "symbol", "decimals")]
        assert coin.call_many(asked) == [name, symbol, decimals]


def test_anyone_mints(purse: Purse) -> None:
    supply = purse.coin.call("totalSupply")
    receipt = purse.coin.send("mint", purse.to.address, 5, sender=purse.stage.stranger)
    assert receipt.event("Transfer").arguments == {
        "from": ZERO,
        "to": purse.to.address,
        "value": 5,
    }
    assert purse.coin.call("totalSupply") == supply + 5


def test_nothing_is_minted_or_sent_to_nobody(purse: Purse) -> None:
    for function, *arguments in [("mint", ZERO, 1), ("transfer", ZERO, 0)]:
        with refused(purse.stage, "ERC20InvalidReceiver", ZERO):
            attempt(purse.coin, str(function), *arguments, sender=purse.to)


@pytest.mark.parametrize("function", MOVES)
def test_a_signed_transfer_moves_coins_once(purse: Purse, function: str) -> None:
    assert not purse.used()
    purse.move(function)
    assert purse.balances() == (60, 40)
    assert purse.used()
    with refused(purse.stage, "ERC3009UsedAuthorization", purse.owner.address, NONCE):
        purse.move(function, fails=True)


@pytest.mark.parametrize("function", MOVES)
def test_a_signed_transfer_is_good_strictly_between_its_times(purse: Purse, function: str) -> None:
    now = purse.stage.now() + 10
    for after, before in [(now, now + 10), (now - 10, now)]:
        purse.stage.anvil.next_block_at(now)
        error = ("ERC3009InvalidAuthorizationTime", after, before)
        with refused(purse.stage, *error):
            purse.move(function, after, before, fails=True)
    purse.stage.anvil.next_block_at(now)
    purse.move(function, now - 1, now + 1)
    assert purse.balances() == (60, 40)


@pytest.mark.parametrize("function", MOVES)
def test_only_the_owner_signs_a_transfer(purse: Purse, function: str) -> None:
    with refused(purse.stage, "ERC3009InvalidSignature"):
        purse.move(function, signer=dev_account(31), fails=True)


def test_only_the_receiver_takes_what_is_signed_to_be_received(purse: Purse) -> None:
    with refused(purse.stage, "ERC20InvalidReceiver", purse.to.address):
        purse.move("receiveWithAuthorization", by=purse.stage.stranger, fails=True)


@pytest.mark.parametrize("function", MOVES)
def test_a_cancelled_authorization_is_used(purse: Purse, function: str) -> None:
    purse.cancel()
    assert purse.used()
    error = ("ERC3009UsedAuthorization", purse.owner.address, NONCE)
    with refused(purse.stage, *error):
        purse.move(function, fails=True)
    with refused(purse.stage, *error):
        purse.cancel(fails=True)


def test_only_the_owner_cancels(purse: Purse) -> None:
    with refused(purse.stage, "ERC3009InvalidSignature"):
        purse.cancel(signer=dev_account(31), fails=True)


def permit(purse: Purse, deadline: int, signer: KeyAccount | None = None) -> tuple[object, ...]:
    digest = permit_digest(
        purse.stage.deployment.chain_id,
        purse.coin.address,
        "Test Dollar",
        purse.owner.address,
        purse.to.address,
        70,
        purse.coin.call("nonces", purse.owner.address),
        deadline,
    )
    signature = (signer or purse.owner).sign_digest_vrs(digest)
    return purse.owner.address, purse.to.address, 70, deadline, *signature


def test_a_permit_is_an_allowance(purse: Purse) -> None:
    purse.coin.send("permit", *permit(purse, MAX), sender=purse.stage.stranger)
    assert purse.coin.call("allowance", purse.owner.address, purse.to.address) == 70
    assert purse.coin.call("nonces", purse.owner.address) == 1


def test_a_permit_expires(purse: Purse) -> None:
    deadline = purse.stage.now() - 1
    with refused(purse.stage, "ERC2612ExpiredSignature", deadline):
        attempt(purse.coin, "permit", *permit(purse, deadline), sender=purse.to)


def test_a_permit_is_the_owners(purse: Purse) -> None:
    thief = dev_account(31)
    with refused(purse.stage, "ERC2612InvalidSigner", thief.address, purse.owner.address):
        attempt(purse.coin, "permit", *permit(purse, MAX, thief), sender=purse.to)


def test_a_permit_has_one_form_only(purse: Purse) -> None:
    *contents, v, r, s = permit(purse, MAX)
    assert isinstance(v, int)
    assert isinstance(s, bytes)
    high = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    with refused(purse.stage, "ECDSAInvalidSignatureS", high):
        attempt(purse.coin, "permit", *contents, 55 - v, r, high, sender=purse.to)


@pytest.mark.parametrize("function", MOVES)
@pytest.mark.parametrize("side", ["owner", "to"])
def test_a_blocked_account_neither_sends_nor_receives(
    purse: Purse, function: str, side: str
) -> None:
    blocked: KeyAccount | UnlockedAccount = getattr(purse, side)
    receipt = purse.coin.send("setBlocked", blocked.address, True, sender=purse.stage.stranger)
    assert receipt.event("BlockedSet").arguments == {"account": blocked.address, "isBlocked": True}
    assert purse.coin.call("blocked", blocked.address)
    with refused(purse.stage, "TestCoin_Blocked", blocked.address):
        purse.move(function, fails=True)
    purse.coin.send("setBlocked", blocked.address, False, sender=purse.stage.stranger)
    purse.move(function)
    assert purse.balances() == (60, 40)


def test_a_paused_coin_does_not_move(purse: Purse) -> None:
    receipt = purse.coin.send("setPaused", True, sender=purse.stage.stranger)
    assert receipt.event("PausedSet").arguments == {"isPaused": True}
    assert purse.coin.call("paused")
    for function, *arguments in [("mint", purse.to.address, 1), ("transfer", purse.to.address, 0)]:
        with refused(purse.stage, "TestCoin_Paused"):
            attempt(purse.coin, str(function), *arguments, sender=purse.to)
    purse.coin.send("setPaused", False, sender=purse.stage.stranger)
    purse.move("transferWithAuthorization")


@pytest.mark.parametrize("allowed", [0, 4])
def test_balance_and_allowance_bound_a_transfer(purse: Purse, allowed: int) -> None:
    purse.coin.send("mint", purse.to.address, 3, sender=purse.to)
    with refused(purse.stage, "ERC20InsufficientBalance", purse.to.address, 3, 4):
        attempt(purse.coin, "transfer", purse.owner.address, 4, sender=purse.to)
    spender = purse.stage.stranger
    purse.coin.send("approve", spender.address, allowed, sender=purse.to)
    with refused(purse.stage, "ERC20InsufficientAllowance", spender.address, allowed, 5):
        attempt(purse.coin, "transferFrom", purse.to.address, spender.address, 5, sender=spender)
    with refused(purse.stage, "ERC20InvalidSpender", ZERO):
        attempt(purse.coin, "approve", ZERO, 1, sender=spender)
