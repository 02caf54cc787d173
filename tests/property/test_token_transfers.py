"""Over all states of two accounts: nothing moves where ERC-7943's views say no, everything moves
where they say yes and there is enough, and each refusal names its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.raw import deploy, impersonate
from tests.support.shares import Share, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from tests.support.standing import Standing, bring
from wellhead.chain import Reverted, UnlockedAccount, dev_account

ISSUER = dev_account(14)
FUNCTIONS = ["transfer", "transferFrom", "mint", "burn"]

standings = st.sampled_from(list(Standing))
balances = st.one_of(st.sampled_from([0, 1, UNIT]), st.integers(0, 100 * UNIT))
#: Frozen, and wanted: nothing, everything, a step beyond, or any amount.
amounts = st.one_of(
    st.tuples(st.sampled_from(["balance", "free"]), st.integers(-1, 1)),
    st.tuples(st.just("any"), st.one_of(st.sampled_from([0, 1, MAX]), st.integers(0, 200 * UNIT))),
)


@pytest.fixture(scope="module")
def share(deployed: Stage) -> Iterator[Share]:
    """One token for all examples."""
    with deployed.scratch():
        made = set_up(deployed)
        made.officer("accredit", ISSUER.address)
        yield made


def person(share: Share, number: int, standing: Standing, balance: int) -> UnlockedAccount:
    """An account with this balance, brought into this standing."""
    account = share.holders[number]
    if standing is Standing.SYSTEM:
        contract = deploy(share.stage, "TestSigner")
        share.stage.compliance.send(
            "addSystemHolder", contract.address, sender=share.stage.governor
        )
        account = impersonate(share.stage, contract.address)
    share.mint(account, balance)
    bring(share, account, standing, ISSUER)
    return account


def amount_of(wanted: tuple[str, int], balance: int, frozen: int) -> int:
    """What the drawn words mean here."""
    base = {"balance": balance, "free": max(0, balance - frozen), "any": 0}[wanted[0]]
    return max(0, min(MAX, base + wanted[1]))


def reason(
    sends: Standing, receives: Standing, balance: int, frozen: int, amount: int, function: str
) -> str:
    """Why a movement must be refused, by the standards' own words; "" where it must not."""
    if function != "mint" and not sends.may_send:
        return "ERC7943CannotSend"
    if function != "burn" and not receives.may_receive:
        return "ERC7943CannotReceive"
    if function == "mint":
        return ""
    if amount > balance:
        return "ERC20InsufficientBalance"
    if amount > max(0, balance - frozen):
        return "ERC7943InsufficientUnfrozenBalance"
    return ""


@shows("TOK-2", "TOK-8", "COMP-1")
@pytest.mark.property
@given(
    function=st.sampled_from(FUNCTIONS),
    sends=standings,
    receives=standings,
    balance=balances,
    frozen=amounts,
    wanted=amounts,
)
def test_what_may_move_moves_and_nothing_else(
    share: Share,
    function: str,
    sends: Standing,
    receives: Standing,
    balance: int,
    frozen: tuple[str, int],
    wanted: tuple[str, int],
) -> None:
    """Public transfers MUST NOT succeed in cases where canTransfer would return false, or where
    canSend would return false for the from address, or canReceive for the to address."""
    stage, token = share.stage, share.token
    with stage.scratch():
        source = person(share, 0, sends, balance)
        to = person(share, 1, receives, 5)
        locked = 0 if sends is Standing.SYSTEM else amount_of(frozen, balance, 0)
        share.freeze(source, locked)
        amount = amount_of(wanted, balance, locked)
        if function == "mint":
            amount = min(amount, 2**80)
        spender = share.holders[2]
        token.send("approve", spender.address, MAX, sender=source)
        calls: dict[str, tuple[tuple[Any, ...], UnlockedAccount]] = {
            "transfer": ((to.address, amount), source),
            "transferFrom": ((source.address, to.address, amount), spender),
            "mint": ((to.address, amount), share.registry),
            "burn": ((source.address, amount), share.registry),
        }
        arguments, caller = calls[function]
        may_send, may_receive, may = token.call_many(
            [
                ("canSend", (source.address,)),
                ("canReceive", (to.address,)),
                ("canTransfer", (source.address, to.address, amount)),
            ]
        )
        assert (may_send, may_receive) == (sends.may_send, receives.may_receive)
        within = locked == 0 or amount <= max(0, balance - locked)
        assert may is (may_send and may_receive and within)
        refusal = ""
        try:
            token.send(function, *arguments, sender=caller)
        except Reverted as error:
            refusal = error.name
        assert refusal == reason(sends, receives, balance, locked, amount, function)
        if not refusal:
            assert function == "mint" or may_send
            assert function == "burn" or may_receive
            assert may or function in ("mint", "burn")
        elif may and function.startswith("transfer"):
            assert amount > balance
        left = 0 if refusal or function == "mint" else amount
        come = 0 if refusal or function == "burn" else amount
        assert (share.balance(source), share.balance(to)) == (balance - left, 5 + come)
        assert share.frozen(source) == locked
