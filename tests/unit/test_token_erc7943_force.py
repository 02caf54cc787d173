"""ERC-7943 (Final) for fungible tokens, sentence by sentence: freezing and forced transfers, as the
compliance contract asks the token for them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.raw import deploy
from tests.support.shares import ZERO, Share, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from tests.support.standing import Standing, bring
from wellhead.chain import Receipt, dev_account

OTHER = dev_account(14)
PEOPLE = [standing for standing in Standing if standing is not Standing.SYSTEM]


@pytest.fixture
def share(stage: Stage) -> Share:
    made = set_up(stage)
    made.officer("accredit", OTHER.address)
    made.mint(made.holders[0], 10 * UNIT)
    return made


def told(receipt: Receipt) -> list[tuple[str, dict[str, Any]]]:
    """Every event, in order."""
    return [(event.name, event.arguments) for event in receipt.events]


def frozen_of(account: str, amount: int) -> tuple[str, dict[str, Any]]:
    return "Frozen", {"account": account, "amount": amount}


@shows("TOK-9")
@pytest.mark.parametrize("amount", [0, 1, 10 * UNIT, 10 * UNIT + 1, MAX])
def test_freezing(share: Share, amount: int) -> None:
    """setFrozenTokens MUST emit the Frozen event. It MUST allow freezing more assets than those
    held. It overwrites the current value, similar to an approve function. getFrozenTokens will
    return the absolute frozen amount, which MAY exceed the account's current balance."""
    holder = share.holders[0]
    for value in (5, amount, amount, 0, amount):
        receipt = share.officer("setFrozenTokens", share.cluster, holder.address, value)
        assert told(receipt) == [frozen_of(holder.address, value)]
        assert share.frozen(holder) == value
    assert share.balance(holder) == share.token.call("totalSupply") == 10 * UNIT
    assert share.token.call("setFrozenTokens", holder.address, 1, sender=share.keeper.address)


@shows("TOK-9")
def test_freezing_withholds_what_comes_later(share: Share) -> None:
    """This allows for future balances withholding."""
    first, second, third = share.holders[:3]
    share.freeze(second, 3 * UNIT)
    share.transfer(first, second, 4 * UNIT)
    error = ("ERC7943InsufficientUnfrozenBalance", second.address, UNIT + 1, UNIT)
    with share.refused(*error):
        share.refuse("transfer", third.address, UNIT + 1, by=second)
    share.transfer(second, third, UNIT)
    share.mint(second, 2)
    share.transfer(second, third, 2)
    assert (share.balance(second), share.frozen(second)) == (3 * UNIT, 3 * UNIT)
    share.freeze(second, 0)
    share.transfer(second, third, 3 * UNIT)


@shows("TOK-9")
def test_freezing_is_each_accounts_own(share: Share) -> None:
    """Frozen tokens cannot be transferred by the account; those of others can."""
    first, second = share.holders[:2]
    share.freeze(second, MAX)
    share.transfer(first, second, UNIT)
    assert (share.frozen(first), share.frozen(second)) == (0, MAX)


@pytest.mark.parametrize("who", ["holder", "operator", "officer", "governor", "registry"])
def test_only_compliance_enforces(share: Share, who: str) -> None:
    """forcedTransfer and setFrozenTokens MUST be restricted in access."""
    stage, (holder, to) = share.stage, share.holders[:2]
    callers = {
        "holder": holder,
        "operator": stage.operator,
        "officer": stage.officer,
        "governor": stage.governor,
        "registry": share.registry,
    }
    caller = callers[who]
    with share.refused("CapacityToken_NotCompliance", caller.address):
        share.refuse("setFrozenTokens", holder.address, 0, by=caller)
    with share.refused("CapacityToken_NotCompliance", caller.address):
        share.refuse("forcedTransfer", holder.address, to.address, 0, by=caller)


@pytest.mark.parametrize("amount", [0, 1, 10 * UNIT])
def test_forcing(share: Share, amount: int) -> None:
    """forcedTransfer MUST directly manipulate balances to transfer the asset from from to to. It
    MUST emit the base standard's canonical transfer event, and MUST emit the ForcedTransfer event.
    Result: true if the transfer executed correctly."""
    source, to = share.holders[:2]
    arguments = (source.address, to.address, amount)
    assert share.token.call("forcedTransfer", *arguments, sender=share.keeper.address) is True
    receipt = share.officer("forcedTransfer", share.cluster, *arguments)
    assert told(receipt) == [
        ("Transfer", {"from": source.address, "to": to.address, "value": amount}),
        ("ForcedTransfer", {"from": source.address, "to": to.address, "amount": amount}),
    ]
    assert (share.balance(source), share.balance(to)) == (10 * UNIT - amount, amount)
    assert share.token.call("totalSupply") == 10 * UNIT


@shows("TOK-10")
@pytest.mark.parametrize(
    ("frozen", "amount", "left"),
    [
        (10 * UNIT, 10 * UNIT, 0),
        (10 * UNIT, 1, 10 * UNIT - 1),
        (4 * UNIT, 6 * UNIT + 1, 4 * UNIT - 1),
        (4 * UNIT, 10 * UNIT, 0),
        (1, 10 * UNIT, 0),
        # More than the balance is frozen: what is withheld of the future stays withheld.
        (10 * UNIT + 1, 1, 10 * UNIT),
        (12 * UNIT, 5 * UNIT, 7 * UNIT),
        (12 * UNIT, 10 * UNIT, 2 * UNIT),
        (20 * UNIT, 10 * UNIT, 10 * UNIT),
        (MAX, 10 * UNIT, MAX - 10 * UNIT),
    ],
)
def test_forcing_what_is_frozen(share: Share, frozen: int, amount: int, left: int) -> None:
    """If the transfer involves tokens that are currently counted as frozen, it MUST unfreeze the
    assets first and emit a Frozen event before the underlying base token transfer event reflecting
    the change."""
    source, to = share.holders[:2]
    share.freeze(source, frozen)
    arguments = (source.address, to.address, amount)
    receipt = share.officer("forcedTransfer", share.cluster, *arguments)
    assert told(receipt) == [
        frozen_of(source.address, left),
        ("Transfer", {"from": source.address, "to": to.address, "value": amount}),
        ("ForcedTransfer", {"from": source.address, "to": to.address, "amount": amount}),
    ]
    assert (share.balance(source), share.balance(to)) == (10 * UNIT - amount, amount)
    assert share.frozen(source) == left


@shows("TOK-10")
@pytest.mark.parametrize("amount", [0, 1, 6 * UNIT])
def test_forcing_what_is_not_frozen_unfreezes_nothing(share: Share, amount: int) -> None:
    """Only a transfer that involves frozen tokens changes what is frozen."""
    source, to = share.holders[:2]
    share.freeze(source, 4 * UNIT)
    receipt = share.force(source, to, amount)
    assert [event.name for event in receipt.events] == ["Transfer", "ForcedTransfer"]
    assert share.frozen(source) == 4 * UNIT


@shows("TOK-10")
def test_forced_tokens_are_free_at_the_receiver(share: Share) -> None:
    """What is frozen is the account's, not the tokens': the receiver's own freeze counts there."""
    source, to, third = share.holders[:3]
    share.freeze(to, 2 * UNIT)
    share.freeze(source, 10 * UNIT)
    share.force(source, to, 5 * UNIT)
    assert share.frozen(to) == 2 * UNIT
    share.transfer(to, third, 3 * UNIT)
    error = ("ERC7943InsufficientUnfrozenBalance", to.address, 1, 0)
    with share.refused(*error):
        share.refuse("transfer", third.address, 1, by=to)


@shows("COMP-1")
@pytest.mark.parametrize("standing", PEOPLE)
def test_forcing_to_whom(share: Share, standing: Standing) -> None:
    """It SHOULD at least perform a canReceive check on the to parameter; it MUST revert in cases
    where canReceive checks return false."""
    source, to = share.holders[:2]
    bring(share, to, standing, OTHER)
    if standing.may_receive:
        share.force(source, to, UNIT)
        assert share.balance(to) == UNIT
    else:
        with share.refused("ERC7943CannotReceive", to.address):
            share.refuse("forcedTransfer", source.address, to.address, UNIT, by=share.keeper)


@shows("COMP-11")
@pytest.mark.parametrize("standing", PEOPLE)
def test_forcing_from_whom(share: Share, standing: Standing) -> None:
    """In single-party permissioned contexts it MAY bypass the canTransfer checks: it takes from
    those who are blocked, too."""
    source, to = share.holders[:2]
    bring(share, source, standing, OTHER)
    share.force(source, to, 10 * UNIT)
    assert (share.balance(source), share.balance(to)) == (0, 10 * UNIT)


@shows("TOK-10")
@pytest.mark.parametrize("frozen", [0, 10 * UNIT, MAX])
@pytest.mark.parametrize("amount", [10 * UNIT + 1, MAX])
def test_forcing_more_than_there_is(share: Share, frozen: int, amount: int) -> None:
    """It MUST perform necessary validation checks (e.g., sufficient balance)."""
    source, to = share.holders[:2]
    share.freeze(source, frozen)
    with share.refused("ERC20InsufficientBalance", source.address, 10 * UNIT, amount):
        share.refuse("forcedTransfer", source.address, to.address, amount, by=share.keeper)


@pytest.mark.parametrize("amount", [0, 1, 10 * UNIT])
def test_forcing_to_oneself(share: Share, amount: int) -> None:
    """It MUST revert in cases where validations fail: from an account to itself nothing is forced,
    which would only unfreeze."""
    holder = share.holders[0].address
    with share.refused("ERC7943CannotTransfer", holder, holder, amount):
        share.refuse("forcedTransfer", holder, holder, amount, by=share.keeper)


def test_forcing_from_or_to_nobody(share: Share) -> None:
    """It MUST perform necessary validation checks."""
    holder = share.holders[0].address
    with share.refused("ERC7943CannotReceive", ZERO):
        share.refuse("forcedTransfer", holder, ZERO, 1, by=share.keeper)
    with share.refused("ERC20InsufficientBalance", ZERO, 0, 1):
        share.refuse("forcedTransfer", ZERO, holder, 1, by=share.keeper)


def test_forcing_to_a_system_holder(share: Share) -> None:
    """A canReceive check on the to parameter: a system holder needs no credential."""
    pool = deploy(share.stage, "TestSigner")
    source = share.holders[0]
    with share.refused("ERC7943CannotReceive", pool.address):
        share.refuse("forcedTransfer", source.address, pool.address, 1, by=share.keeper)
    share.stage.compliance.send("addSystemHolder", pool.address, sender=share.stage.governor)
    share.force(source, pool, UNIT)
    assert share.balance(pool) == UNIT


@shows("REV-13", "COMP-11")
@pytest.mark.parametrize("frozen", [0, 10 * UNIT])
def test_what_was_earned_is_not_forced(share: Share, frozen: int) -> None:
    """Revenue is no token: the former holder keeps what it earned until then."""
    source, to = share.holders[:2]
    share.freeze(source, frozen)
    share.earn(1_000_000, 400)
    owed = share.owed(source)
    share.force(source, to, 10 * UNIT)
    assert (share.owed(source), share.owed(to)) == (owed, (0, 0))
    share.earn(1_000_000, 400)
    assert share.owed(source) == owed
    share.assert_conserved([source, to])
    paid = share.claim(source).event("Claimed")
    assert (paid["cash"], paid["reserve"]) == (999_999, 399)
