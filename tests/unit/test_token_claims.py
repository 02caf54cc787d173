"""Claims by signature: who can have revenue paid, where to, how often, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from tests.support.raw import deploy
from tests.support.reverts import expect_revert
from tests.support.shares import ZERO, Share, key_of, packed, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from wellhead.chain import Contract, KeyAccount, Receipt, UnlockedAccount, dev_account
from wellhead.chain.signing import claim_digest, permit_digest

#: Where revenue goes; no credential is needed there.
PURSE = UnlockedAccount(dev_account(30).address)
THIEF = dev_account(31)
OTHER_CHAIN = 4711
EARNED = (999_999, 399)


@pytest.fixture
def share(stage: Stage) -> Share:
    """Two holders have earned 999,999 and 399 each."""
    made = set_up(stage)
    for holder in made.holders[:2]:
        made.mint(holder, 5 * UNIT)
    made.earn(2_000_000, 800)
    return made


@pytest.fixture
def holder(share: Share) -> UnlockedAccount:
    return share.holders[0]


def contents(
    share: Share, account: str, to: str = PURSE.address, deadline: int = MAX, **other: Any
) -> bytes:
    """The digest of a claim; `other` changes nonce, token, chain_id or name."""
    signed = {
        "chain_id": share.stage.deployment.chain_id,
        "token": share.token.address,
        "name": share.name,
        "nonce": share.token.call("nonces", account),
    }
    return claim_digest(account=account, to=to, deadline=deadline, **{**signed, **other})


def claim(
    share: Share, account: str, signature: bytes, deadline: int = MAX, to: str = PURSE.address
) -> Receipt:
    """A stranger brings a signed claim."""
    arguments = (account, to, deadline, signature)
    return share.token.send("claimFor", *arguments, sender=share.stage.stranger)


def refuse(
    share: Share, account: str, signature: bytes, deadline: int = MAX, to: str = PURSE.address
) -> None:
    """The same, where it must be refused as no claim of the account's."""
    with share.refused("CapacityToken_InvalidClaim", account):
        share.refuse("claimFor", account, to, deadline, signature, by=share.stage.stranger)


def assert_paid(share: Share, receipt: Receipt, account: str) -> None:
    """All was paid out to the purse, once."""
    said = {"account": account, "to": PURSE.address, "cash": EARNED[0], "reserve": EARNED[1]}
    assert receipt.event("Claimed").arguments == said
    assert [event["amount"] for event in receipt.all("Withdrawn")] == list(EARNED)
    assert share.holds(PURSE) == EARNED
    assert share.token.call("claimable", account) == (0, 0)


def test_anyone_brings_a_holders_claim(share: Share, holder: UnlockedAccount) -> None:
    signature = packed(key_of(holder).sign_digest_vrs(contents(share, holder.address)))
    arguments = (holder.address, PURSE.address, MAX, signature)
    assert share.token.call("claimFor", *arguments) == EARNED
    assert_paid(share, claim(share, holder.address, signature), holder.address)
    assert share.token.call("nonces", holder.address) == 1
    share.assert_conserved(share.holders)
    assert share.claimable(share.holders[1]) == EARNED


def test_a_claim_is_typed_data(share: Share, holder: UnlockedAccount) -> None:
    """Another library hashes it to the same, by the domain that the token describes."""
    _, name, version, chain_id, contract, _, _ = share.token.call("eip712Domain")
    fields = [("account", "address"), ("to", "address")]
    fields += [("nonce", "uint256"), ("deadline", "uint256")]
    message = encode_typed_data(
        domain_data={
            "name": name,
            "version": version,
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        message_types={"Claim": [{"name": n, "type": kind} for n, kind in fields]},
        message_data={
            "account": holder.address,
            "to": PURSE.address,
            "nonce": 0,
            "deadline": 12345,
        },
    )
    digest = keccak(b"\x19" + message.version + message.header + message.body)
    assert digest == contents(share, holder.address, deadline=12345)


@shows("REV-15")
def test_a_claim_is_good_once(share: Share, holder: UnlockedAccount) -> None:
    signature = packed(key_of(holder).sign_digest_vrs(contents(share, holder.address)))
    claim(share, holder.address, signature)
    share.earn(2_000_000, 800)
    refuse(share, holder.address, signature)
    assert share.claimable(holder)[0] >= EARNED[0]


def test_a_claim_of_nothing_is_good_once_too(share: Share) -> None:
    """It pays nothing and is spent: it can not be kept for better days."""
    poor = share.holders[4]
    signature = packed(key_of(poor).sign_digest_vrs(contents(share, poor.address)))
    used, event = claim(share, poor.address, signature).events
    assert (used.name, used["account"], used["nonce"]) == ("NonceUsed", poor.address, 0)
    assert (event.name, event["cash"], event["reserve"]) == ("Claimed", 0, 0)
    refuse(share, poor.address, signature)


@shows("REV-15")
def test_only_the_account_signs(share: Share, holder: UnlockedAccount) -> None:
    """Neither a thief nor the receiver nor another holder."""
    digest = contents(share, holder.address)
    for signer in (THIEF, dev_account(30), key_of(share.holders[1])):
        refuse(share, holder.address, packed(signer.sign_digest_vrs(digest)))


@shows("REV-15")
@pytest.mark.parametrize("field", ["account", "to", "deadline", "nonce", "token", "name", "chain"])
def test_a_claim_is_for_its_contents(share: Share, holder: UnlockedAccount, field: str) -> None:
    """For this account, receiver, deadline and nonce, on this token and chain."""
    other = set_up(share.stage)
    wrong: dict[str, dict[str, Any]] = {
        "account": {"account": share.holders[1].address},
        "to": {"to": THIEF.address},
        "deadline": {"deadline": MAX - 1},
        "nonce": {"nonce": 1},
        "token": {"token": other.token.address},
        "name": {"name": "Southern H100"},
        "chain": {"chain_id": OTHER_CHAIN},
    }
    signed = {"account": holder.address, **wrong[field]}
    digest = contents(share, **signed)
    refuse(share, holder.address, packed(key_of(holder).sign_digest_vrs(digest)))


@pytest.fixture
def other_chain(share: Share) -> Iterator[None]:
    share.stage.anvil.rpc("anvil_setChainId", OTHER_CHAIN)
    yield
    share.stage.anvil.rpc("anvil_setChainId", share.stage.deployment.chain_id)


@shows("REV-15")
@pytest.mark.usefixtures("other_chain")
def test_a_claim_from_before_the_chain_split(share: Share, holder: UnlockedAccount) -> None:
    here = contents(share, holder.address, chain_id=OTHER_CHAIN)
    signature = packed(key_of(holder).sign_digest_vrs(here))
    arguments = (holder.address, PURSE.address, MAX)
    assert share.token.call("claimFor", *arguments, signature) == EARNED
    signature = packed(key_of(holder).sign_digest_vrs(contents(share, holder.address)))
    with expect_revert("CapacityToken_InvalidClaim", holder.address):
        share.token.call("claimFor", *arguments, signature)


@shows("REV-15")
@pytest.mark.parametrize("late", [0, 1])
def test_a_claim_has_a_deadline(share: Share, holder: UnlockedAccount, late: int) -> None:
    """It is good in the block of its deadline, and no second later."""
    deadline = share.stage.now() + 100
    digest = contents(share, holder.address, deadline=deadline)
    signature = packed(key_of(holder).sign_digest_vrs(digest))
    share.stage.anvil.next_block_at(deadline + late)
    if not late:
        assert_paid(share, claim(share, holder.address, signature, deadline), holder.address)
        return
    arguments = (holder.address, PURSE.address, deadline, signature)
    with share.refused("CapacityToken_ClaimExpired", deadline):
        share.refuse("claimFor", *arguments, by=share.stage.stranger)


@shows("TOK-7")
def test_nobody_claims_for_nobody(share: Share) -> None:
    for signature in (b"", bytes(65), bytes(64) + b"\x1b"):
        refuse(share, ZERO, signature)


def permit(share: Share, owner: UnlockedAccount, nonce: int) -> tuple[int, bytes, bytes]:
    digest = permit_digest(
        share.stage.deployment.chain_id,
        share.token.address,
        share.name,
        owner.address,
        PURSE.address,
        5,
        nonce,
        MAX,
    )
    return key_of(owner).sign_digest_vrs(digest)


@shows("TOK-6")
def test_claims_and_permits_count_one_nonce(share: Share, holder: UnlockedAccount) -> None:
    """A holder voids what it signed, of either kind, with the next signature of either kind."""
    claims = [
        packed(key_of(holder).sign_digest_vrs(contents(share, holder.address, nonce=nonce)))
        for nonce in range(4)
    ]
    allow = (holder.address, PURSE.address, 5, MAX)
    share.token.send("permit", *allow, *permit(share, holder, 0), sender=share.stage.stranger)
    refuse(share, holder.address, claims[0])
    claim(share, holder.address, claims[1])
    with share.refused("CapacityToken_InvalidPermit"):
        share.refuse("permit", *allow, *permit(share, holder, 1), by=share.stage.stranger)
    share.token.send("permit", *allow, *permit(share, holder, 2), sender=share.stage.stranger)
    claim(share, holder.address, claims[3])
    assert share.token.call("nonces", holder.address) == 4


def test_a_permit_is_no_claim(share: Share, holder: UnlockedAccount) -> None:
    """Both structs begin with two addresses; their type keeps them apart."""
    refuse(share, holder.address, packed(permit(share, holder, 0)))


@shows("REV-15")
def test_a_claim_that_can_not_be_paid_is_not_spent(share: Share, holder: UnlockedAccount) -> None:
    """The coin refuses the receiver: the signature stays good for when it does not."""
    signature = packed(key_of(holder).sign_digest_vrs(contents(share, holder.address)))
    share.reserve.send("setBlocked", PURSE.address, True, sender=share.stage.stranger)
    arguments = (holder.address, PURSE.address, MAX, signature)
    with share.refused("TestCoin_Blocked", PURSE.address):
        share.refuse("claimFor", *arguments, by=share.stage.stranger)
    assert share.token.call("nonces", holder.address) == 0
    share.reserve.send("setBlocked", PURSE.address, False, sender=share.stage.stranger)
    assert_paid(share, claim(share, holder.address, signature), holder.address)


def test_who_is_blocked_by_the_coin_signs_for_elsewhere(
    share: Share, holder: UnlockedAccount
) -> None:
    for coin in share.coins:
        coin.send("setBlocked", holder.address, True, sender=share.stage.stranger)
    own = packed(key_of(holder).sign_digest_vrs(contents(share, holder.address, to=holder.address)))
    arguments = (holder.address, holder.address, MAX, own)
    with share.refused("TestCoin_Blocked", holder.address):
        share.refuse("claimFor", *arguments, by=share.stage.stranger)
    away = packed(key_of(holder).sign_digest_vrs(contents(share, holder.address)))
    assert_paid(share, claim(share, holder.address, away), holder.address)


# Holders that are contracts


@pytest.fixture
def wallet(share: Share) -> Contract:
    """A contract that took over what the first holder has, and the same has been earned since."""
    made = deploy(share.stage, "TestSigner")
    share.stage.credential(made.address)
    share.transfer(share.holders[0], made, 5 * UNIT)
    share.earn(2_000_000, 800)
    assert share.claimable(made) == EARNED
    return made


@pytest.mark.parametrize("signature", [b"", b"\1" * 65, b"\2" * 300])
def test_a_contracts_claim(share: Share, wallet: Contract, signature: bytes) -> None:
    """By ERC-1271: what the contract says it signed, and nothing else."""
    refuse(share, wallet.address, signature)
    wallet.send("sign", contents(share, wallet.address), signature, sender=share.stage.stranger)
    refuse(share, wallet.address, signature + b"\0")
    refuse(share, wallet.address, signature, to=THIEF.address)
    assert_paid(share, claim(share, wallet.address, signature), wallet.address)
    refuse(share, wallet.address, signature)


@pytest.mark.parametrize("answer", ["00000000", "ffffffff"])
def test_a_contract_that_answers_otherwise(share: Share, wallet: Contract, answer: str) -> None:
    wallet.send("sign", contents(share, wallet.address), b"", sender=share.stage.stranger)
    wallet.send("setAnswer", bytes.fromhex(answer), sender=share.stage.stranger)
    refuse(share, wallet.address, b"")


def test_no_key_signs_for_a_contract(share: Share, wallet: Contract) -> None:
    signer: KeyAccount = key_of(share.holders[0])
    refuse(share, wallet.address, packed(signer.sign_digest_vrs(contents(share, wallet.address))))
