"""ERC-7943 (Final) for fungible tokens, sentence by sentence: what may move, and what may not.
Freezing and forcing have a module of their own."""

from __future__ import annotations

import pytest

from tests.support.raw import deploy
from tests.support.shares import ZERO, Share, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from tests.support.standing import Standing, bring
from wellhead import toolchain
from wellhead.chain import UnlockedAccount, dev_account

VIEWS = ["canSend", "canReceive", "canTransfer", "getFrozenTokens"]
#: All but contracts, which have a test of their own.
PEOPLE = [standing for standing in Standing if standing is not Standing.SYSTEM]
OTHER = dev_account(14)


@pytest.fixture
def share(stage: Stage) -> Share:
    made = set_up(stage)
    made.officer("accredit", OTHER.address)
    made.mint(made.holders[0], 10 * UNIT)
    return made


def can(share: Share, source: str, to: str, amount: int) -> bool:
    """What canTransfer says."""
    return bool(share.token.call("canTransfer", source, to, amount))


@shows("TOK-8")
def test_the_views_change_nothing() -> None:
    """canSend, canReceive, canTransfer: MUST NOT change the storage of the contract."""
    entries = toolchain.artifacts()["CapacityToken"]["abi"]
    found = {e["name"]: e["stateMutability"] for e in entries if e.get("name") in VIEWS}
    assert found == dict.fromkeys(VIEWS, "view")


@shows("TOK-8")
def test_the_views_never_revert(share: Share) -> None:
    """canSend, canReceive, canTransfer: MUST NOT revert, whatever they are asked."""
    accounts = [ZERO, "0x" + "ff" * 20, "0x" + "00" * 19 + "01", share.token.address]
    accounts += [share.stage.compliance.address, share.holders[0].address]
    share.freeze(share.holders[0], MAX)
    for account in accounts:
        assert share.token.call("canSend", account) in (True, False)
        assert share.token.call("canReceive", account) in (True, False)
        for to in accounts:
            answers = [can(share, account, to, amount) for amount in (0, 1, UNIT, MAX)]
            assert answers == sorted(answers, reverse=True)


@pytest.mark.parametrize("standing", PEOPLE)
def test_account_checks(share: Share, standing: Standing) -> None:
    """canSend and canReceive are account-level eligibility checks; one-way restrictions are
    possible: an account may be kept from receiving but still allowed to send."""
    account = share.holders[0].address
    bring(share, share.holders[0], standing, OTHER)
    assert share.token.call("canSend", account) is standing.may_send
    assert share.token.call("canReceive", account) is standing.may_receive


@shows("COMP-3")
def test_account_checks_may_depend_on_time(share: Share) -> None:
    """MAY depend on on-chain state such as current timestamp: a credential holds until the second
    before it expires."""
    stage, holder = share.stage, share.holders[1].address
    expires = stage.now() + 1000
    stage.credential(holder, expires=expires)
    for timestamp, allowed in ((expires - 1, True), (expires, False), (expires + 1, False)):
        stage.to_time(timestamp)
        assert share.token.call("canReceive", holder) is allowed
        assert share.token.call("canSend", holder) is True


def test_account_checks_know_no_amounts(share: Share) -> None:
    """canSend and canReceive MUST NOT encode transfer-specific or quantitative rules: neither a
    balance of nothing nor one that is frozen changes what they say."""
    rich, poor = share.holders[:2]
    share.freeze(rich, MAX)
    for account in (rich.address, poor.address):
        assert share.token.call("canSend", account) is True
        assert share.token.call("canReceive", account) is True


@shows("TOK-8", "COMP-1")
@pytest.mark.parametrize("sender", PEOPLE)
@pytest.mark.parametrize("receiver", PEOPLE)
def test_a_transfer_asks_about_both(share: Share, sender: Standing, receiver: Standing) -> None:
    """canTransfer MUST perform a canSend check on the from parameter and a canReceive check on the
    to parameter. Public transfers MUST NOT succeed where it returns false, and here they succeed
    where it returns true. ERC7943CannotSend and ERC7943CannotReceive say which account it was."""
    source, to = share.holders[:2]
    bring(share, source, sender, OTHER)
    bring(share, to, receiver, OTHER)
    allowed = sender.may_send and receiver.may_receive
    for amount in (0, 1, 10 * UNIT):
        assert can(share, source.address, to.address, amount) is allowed
    if allowed:
        share.transfer(source, to, 10 * UNIT)
        assert share.balance(to) == 10 * UNIT
        return
    error, named = (
        ("ERC7943CannotReceive", to) if sender.may_send else ("ERC7943CannotSend", source)
    )
    for amount in (0, 1):
        with share.refused(error, named.address):
            share.refuse("transfer", to.address, amount, by=source)


def test_a_transfer_by_allowance_asks_the_same(share: Share) -> None:
    """Public transfers (transfer, transferFrom, etc.) MUST NOT succeed where canSend would return
    false for the from address, or canReceive for the to address; who brings it does not matter."""
    source, to, spender = share.holders[:3]
    share.token.send("approve", spender.address, 10 * UNIT, sender=source)
    share.block(spender)
    share.token.send("transferFrom", source.address, to.address, UNIT, sender=spender)
    share.block(to)
    with share.refused("ERC7943CannotReceive", to.address):
        share.refuse("transferFrom", source.address, to.address, 1, by=spender)
    share.block(to, False)
    share.block(source)
    with share.refused("ERC7943CannotSend", source.address):
        share.refuse("transferFrom", source.address, to.address, 1, by=spender)
    assert share.balance(to) == UNIT


def test_a_transfer_to_oneself_asks_too(share: Share) -> None:
    """canTransfer MUST perform a canReceive check on the to parameter: also where it is `from`."""
    holder = share.holders[0]
    share.officer("revoke", holder.address)
    assert can(share, holder.address, holder.address, 0) is False
    with share.refused("ERC7943CannotReceive", holder.address):
        share.refuse("transfer", holder.address, 1, by=holder)


@shows("TOK-9")
@pytest.mark.parametrize("frozen", [1, 4 * UNIT, 10 * UNIT - 1, 10 * UNIT, 10 * UNIT + 1, MAX])
def test_only_what_is_not_frozen_moves(share: Share, frozen: int) -> None:
    """canTransfer MUST validate that the amount being transferred doesn't exceed the unfrozen
    amount (the difference between the current balance and the frozen balance). The
    ERC7943InsufficientUnfrozenBalance error SHOULD be triggered when a transfer is attempted with
    an amount less than or equal to its balance, but greater than its unfrozen balance."""
    source, to = share.holders[:2]
    share.freeze(source, frozen)
    free = max(0, 10 * UNIT - frozen)
    assert can(share, source.address, to.address, free) is True
    assert can(share, source.address, to.address, free + 1) is False
    for amount in {free + 1, 10 * UNIT}:
        error = ("ERC7943InsufficientUnfrozenBalance", source.address, amount, free)
        with share.refused(*error):
            share.refuse("transfer", to.address, amount, by=source)
    share.transfer(source, to, free)
    assert (share.balance(source), share.balance(to)) == (10 * UNIT - free, free)
    assert share.frozen(source) == frozen


@pytest.mark.parametrize("frozen", [0, 1, MAX])
def test_more_than_the_balance_is_the_base_standards_error(share: Share, frozen: int) -> None:
    """If the amount is greater than the whole balance, unrelated to the frozen amount, more
    specific errors from the base standard SHOULD be used instead."""
    source, to = share.holders[:2]
    share.freeze(source, frozen)
    for amount in (10 * UNIT + 1, MAX):
        with share.refused("ERC20InsufficientBalance", source.address, 10 * UNIT, amount):
            share.refuse("transfer", to.address, amount, by=source)


@shows("TOK-8")
def test_a_plain_shortage_is_no_matter_of_permission(share: Share) -> None:
    """canTransfer MUST NOT return false based on token-specific, non-permissioned validations such
    as balance or allowance checks. Where something is frozen, the unfrozen amount is the limit, as
    in the standard's reference."""
    rich, poor = share.holders[:2]
    for amount in (0, 1, 10 * UNIT + 1, MAX):
        assert can(share, poor.address, rich.address, amount) is True
        assert can(share, rich.address, poor.address, amount) is True
    assert share.token.call("allowance", rich.address, poor.address) == 0
    share.freeze(poor, 1)
    assert can(share, poor.address, rich.address, 0) is True
    assert can(share, poor.address, rich.address, 1) is False


@shows("COMP-1")
@pytest.mark.parametrize("standing", PEOPLE)
def test_minting(share: Share, standing: Standing) -> None:
    """In permissioned contexts, minting SHOULD respect canReceive checks on the recipient."""
    account = share.holders[1]
    bring(share, account, standing, OTHER)
    if standing.may_receive:
        share.mint(account, UNIT)
        assert share.balance(account) == UNIT
    else:
        with share.refused("ERC7943CannotReceive", account.address):
            share.refuse("mint", account.address, UNIT, by=share.registry)


@pytest.mark.parametrize("standing", PEOPLE)
def test_burning(share: Share, standing: Standing) -> None:
    """Burning MUST respect the canSend check on the token holder in permissionless contexts and MAY
    do without it in permissioned ones; here it respects it always, and needs no credential."""
    holder = share.holders[0]
    bring(share, holder, standing, OTHER)
    if standing.may_send:
        share.burn(holder, UNIT)
        assert share.balance(holder) == share.token.call("totalSupply") == 9 * UNIT
    else:
        with share.refused("ERC7943CannotSend", holder.address):
            share.refuse("burn", holder.address, 1, by=share.registry)


@shows("REG-8")
@pytest.mark.parametrize("frozen", [3 * UNIT, 11 * UNIT])
def test_burning_what_is_frozen(share: Share, frozen: int) -> None:
    """Burning MUST NOT allow burning more assets than the unfrozen amount (permissioned burning
    MAY; here it does not)."""
    holder, free = share.holders[0], max(0, 10 * UNIT - frozen)
    share.freeze(holder, frozen)
    error = ("ERC7943InsufficientUnfrozenBalance", holder.address, free + 1, free)
    with share.refused(*error):
        share.refuse("burn", holder.address, free + 1, by=share.registry)
    with share.refused("ERC20InsufficientBalance", holder.address, 10 * UNIT, 11 * UNIT):
        share.refuse("burn", holder.address, 11 * UNIT, by=share.registry)
    share.burn(holder, free)
    assert (share.balance(holder), share.frozen(holder)) == (10 * UNIT - free, frozen)


@shows("COMP-9")
def test_system_holders_send_and_receive_without_a_credential(share: Share) -> None:
    """canTransfer MUST return false if any permissioned rule would prevent a given transfer; for a
    system holder none does."""
    pool = deploy(share.stage, "TestSigner")
    source, to = share.holders[:2]
    with share.refused("ERC7943CannotReceive", pool.address):
        share.refuse("transfer", pool.address, 1, by=source)
    share.stage.compliance.send("addSystemHolder", pool.address, sender=share.stage.governor)
    assert can(share, source.address, pool.address, UNIT) is True
    share.transfer(source, pool, UNIT)
    share.mint(pool, UNIT)
    assert can(share, pool.address, to.address, 2 * UNIT) is True
    back = share.token.functions["transfer"].encode([to.address, 2 * UNIT])
    anyone: UnlockedAccount = share.stage.stranger
    pool.send("perform", share.token.address, bytes.fromhex(back[2:]), sender=anyone)
    assert (share.balance(pool), share.balance(to)) == (0, 2 * UNIT)
