"""ERC-20 and ERC-6093 on the capacity token, sentence by sentence; each test says which."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.shares import ZERO, Share, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from wellhead import toolchain
from wellhead.chain import Receipt
from wellhead.chain.abi import canonical_type

METHODS = {
    "name()": ("string", "view"),
    "symbol()": ("string", "view"),
    "decimals()": ("uint8", "view"),
    "totalSupply()": ("uint256", "view"),
    "balanceOf(address)": ("uint256", "view"),
    "transfer(address,uint256)": ("bool", "nonpayable"),
    "transferFrom(address,address,uint256)": ("bool", "nonpayable"),
    "approve(address,uint256)": ("bool", "nonpayable"),
    "allowance(address,address)": ("uint256", "view"),
}
EVENTS = {
    "Transfer": [("address", True), ("address", True), ("uint256", False)],
    "Approval": [("address", True), ("address", True), ("uint256", False)],
}
#: Errors of ERC-6093 for ERC-20, with the names of their arguments.
ERRORS = {
    "ERC20InsufficientBalance": ["sender", "balance", "needed"],
    "ERC20InvalidSender": ["sender"],
    "ERC20InvalidReceiver": ["receiver"],
    "ERC20InsufficientAllowance": ["spender", "allowance", "needed"],
    "ERC20InvalidApprover": ["approver"],
    "ERC20InvalidSpender": ["spender"],
}


@pytest.fixture
def share(stage: Stage) -> Share:
    made = set_up(stage)
    made.mint(made.holders[0], 10 * UNIT)
    return made


def the_only_event(receipt: Receipt) -> tuple[str, dict[str, Any]]:
    (event,) = receipt.events
    return event.name, event.arguments


def approval_and_transfer(receipt: Receipt, left: int) -> tuple[str, dict[str, Any]]:
    """The second of two events, where the first says what is left of an allowance."""
    approval, transfer = receipt.events
    assert (approval.name, approval["value"]) == ("Approval", left)
    return transfer.name, transfer.arguments


def transfer_of(source: str, to: str, value: int) -> tuple[str, dict[str, Any]]:
    return "Transfer", {"from": source, "to": to, "value": value}


def abi(kind: str) -> list[dict[str, Any]]:
    return [e for e in toolchain.artifacts()["CapacityToken"]["abi"] if e["type"] == kind]


def signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}({','.join(canonical_type(i) for i in entry['inputs'])})"


@shows("TOK-1")
def test_all_methods_are_there() -> None:
    """The methods of the standard, the optional ones too, with its types."""
    found = {
        signature(e): (
            canonical_type(e["outputs"][0]),
            e["stateMutability"].replace("pure", "view"),
        )
        for e in abi("function")
        if signature(e) in METHODS
    }
    assert found == METHODS


@shows("TOK-1")
def test_both_events_are_there() -> None:
    """event Transfer(address indexed _from, address indexed _to, uint256 _value); event
    Approval(address indexed _owner, address indexed _spender, uint256 _value)."""
    found = {
        e["name"]: [(i["type"], i["indexed"]) for i in e["inputs"]]
        for e in abi("event")
        if e["name"] in EVENTS
    }
    assert found == EVENTS


@shows("TOK-1")
def test_the_errors_are_those_of_the_standard() -> None:
    """ERC-6093: the names of the error arguments MUST be used according to the definitions."""
    found = {e["name"]: [i["name"] for i in e["inputs"]] for e in abi("error")}
    assert {name: found[name] for name in ERRORS} == ERRORS


def test_name_symbol_and_decimals(share: Share) -> None:
    """Returns the name of the token; returns the symbol of the token; returns the number of
    decimals the token uses."""
    asked = share.token.call_many([("name", ()), ("symbol", ()), ("decimals", ())])
    assert asked == ["Northern H100", "wNH1", 18]


def test_supply_and_balances(share: Share) -> None:
    """totalSupply returns the total token supply; balanceOf returns the account balance of another
    account."""
    second = share.holders[1]
    share.mint(second, 3)
    share.transfer(share.holders[0], share.holders[2], 4)
    balances = [share.balance(holder) for holder in share.holders[:4]]
    assert balances == [10 * UNIT - 4, 3, 4, 0]
    assert share.token.call("totalSupply") == sum(balances)
    assert share.balance(share.stage.stranger) == 0


@shows("TOK-1")
@pytest.mark.parametrize("value", [0, 1, 10 * UNIT])
def test_transfer(share: Share, value: int) -> None:
    """Transfers _value amount of tokens to address _to, and MUST fire the Transfer event.
    Transfers of 0 values MUST be treated as normal transfers and fire the Transfer event."""
    first, second = share.holders[:2]
    receipt = share.transfer(first, second, value)
    assert the_only_event(receipt) == transfer_of(first.address, second.address, value)
    assert (share.balance(first), share.balance(second)) == (10 * UNIT - value, value)
    assert share.token.call("transfer", second.address, 0, sender=first.address) is True


@shows("TOK-1")
def test_transfer_of_nothing_by_who_has_nothing(share: Share) -> None:
    """Transfers of 0 values MUST be treated as normal transfers: no balance is needed."""
    poor, other = share.holders[4:6]
    receipt = share.transfer(poor, other, 0)
    assert the_only_event(receipt) == transfer_of(poor.address, other.address, 0)


@shows("TOK-1")
@pytest.mark.parametrize("value", [0, 1, 10 * UNIT])
def test_transfer_to_oneself(share: Share, value: int) -> None:
    """A transfer to oneself fires the event and changes nothing."""
    first = share.holders[0]
    receipt = share.transfer(first, first, value)
    assert the_only_event(receipt) == transfer_of(first.address, first.address, value)
    assert share.balance(first) == share.token.call("totalSupply") == 10 * UNIT


@pytest.mark.parametrize("value", [10 * UNIT + 1, MAX])
@pytest.mark.parametrize("own", [False, True])
def test_transfer_without_balance(share: Share, value: int, own: bool) -> None:
    """The function SHOULD throw if the message caller's account balance does not have enough tokens
    to spend. ERC-6093: `balance` MUST be less than `needed`."""
    first = share.holders[0]
    to = first if own else share.holders[1]
    with share.refused("ERC20InsufficientBalance", first.address, 10 * UNIT, value):
        share.refuse("transfer", to.address, value, by=first)


@pytest.mark.parametrize("value", [0, 1, 7])
def test_transfer_from(share: Share, value: int) -> None:
    """transferFrom transfers _value amount of tokens from address _from to address _to, and MUST
    fire the Transfer event; of 0 values too. What is left of the allowance is in an Approval."""
    owner, spender, to = share.holders[:3]
    share.token.send("approve", spender.address, 7, sender=owner)
    arguments = (owner.address, to.address, value)
    assert share.token.call("transferFrom", *arguments, sender=spender.address) is True
    receipt = share.token.send("transferFrom", *arguments, sender=spender)
    assert approval_and_transfer(receipt, 7 - value) == transfer_of(
        owner.address, to.address, value
    )
    assert (share.balance(owner), share.balance(to)) == (10 * UNIT - value, value)
    assert share.token.call("allowance", owner.address, spender.address) == 7 - value


def test_transfer_from_of_nothing_needs_no_allowance(share: Share) -> None:
    """Transfers of 0 values MUST be treated as normal transfers and fire the Transfer event."""
    owner, spender, to = share.holders[:3]
    arguments = (owner.address, to.address, 0)
    receipt = share.token.send("transferFrom", *arguments, sender=spender)
    assert approval_and_transfer(receipt, 0) == transfer_of(owner.address, to.address, 0)


@shows("TOK-3")
@pytest.mark.parametrize("allowed", [0, 4])
@pytest.mark.parametrize("own", [False, True])
def test_transfer_from_needs_authorization(share: Share, allowed: int, own: bool) -> None:
    """The function SHOULD throw unless the _from account has deliberately authorized the sender of
    the message. Here that holds for one's own tokens too. ERC-6093: `allowance` MUST be less than
    `needed`."""
    owner = share.holders[0]
    spender = owner if own else share.holders[1]
    share.token.send("approve", spender.address, allowed, sender=owner)
    error = ("ERC20InsufficientAllowance", spender.address, allowed, allowed + 1)
    with share.refused(*error):
        share.refuse("transferFrom", owner.address, spender.address, allowed + 1, by=spender)


def test_transfer_from_without_balance(share: Share) -> None:
    """An allowance is no balance: ERC20InsufficientBalance names the owner, and the allowance is
    not spent."""
    owner, spender = share.holders[:2]
    share.token.send("approve", spender.address, 11 * UNIT, sender=owner)
    error = ("ERC20InsufficientBalance", owner.address, 10 * UNIT, 11 * UNIT)
    with share.refused(*error):
        share.refuse("transferFrom", owner.address, spender.address, 11 * UNIT, by=spender)


def test_an_allowance_serves_several_times(share: Share) -> None:
    """approve allows _spender to withdraw from your account multiple times, up to the _value
    amount; allowance returns the amount which _spender is still allowed to withdraw."""
    owner, spender, to = share.holders[:3]
    share.token.send("approve", spender.address, 10, sender=owner)
    for value, left in ((3, 7), (0, 7), (6, 1), (1, 0)):
        share.token.send("transferFrom", owner.address, to.address, value, sender=spender)
        assert share.token.call("allowance", owner.address, spender.address) == left
    with share.refused("ERC20InsufficientAllowance", spender.address, 0, 1):
        share.refuse("transferFrom", owner.address, to.address, 1, by=spender)
    assert share.balance(to) == 10


@shows("TOK-3")
@pytest.mark.parametrize(("first", "second"), [(5, 3), (3, 5), (5, 0), (MAX, 1), (0, 0)])
def test_approve_overwrites(share: Share, first: int, second: int) -> None:
    """If this function is called again it overwrites the current allowance with _value; the
    contract itself shouldn't enforce that it was set to 0 first. Approval MUST trigger on any
    successful call to approve."""
    owner, spender = share.holders[:2]
    for value in (first, second):
        receipt = share.token.send("approve", spender.address, value, sender=owner)
        said = {"owner": owner.address, "spender": spender.address, "value": value}
        assert the_only_event(receipt) == ("Approval", said)
        assert share.token.call("allowance", owner.address, spender.address) == value
    assert share.token.call("approve", spender.address, 1, sender=owner.address) is True


@shows("TOK-3")
def test_allowances_are_each_pairs_own(share: Share) -> None:
    """allowance(_owner, _spender) is of this owner and this spender alone."""
    first, second, third = (holder.address for holder in share.holders[:3])
    share.token.send("approve", second, 5, sender=share.holders[0])
    pairs = [(first, second), (second, first), (first, third), (second, second)]
    asked = share.token.call_many([("allowance", pair) for pair in pairs])
    assert asked == [5, 0, 0, 0]


def test_the_largest_allowance_is_endless(share: Share) -> None:
    """What wallets rely on: the largest allowance is not spent; one less is."""
    owner, spender, to = share.holders[:3]
    for value, left in ((MAX, MAX), (MAX - 1, MAX - 8)):
        share.token.send("approve", spender.address, value, sender=owner)
        arguments = (owner.address, to.address, 7)
        receipt = share.token.send("transferFrom", *arguments, sender=spender)
        assert share.token.call("allowance", owner.address, spender.address) == left
        assert len(receipt.all("Approval")) == (value != MAX)


def test_new_and_burned_tokens_fire_the_event(share: Share) -> None:
    """A token contract which creates new tokens SHOULD trigger a Transfer event with the _from
    address set to 0x0 when tokens are created; here those that are burned go there."""
    holder = share.holders[1]
    minted = share.mint(holder, 5).event("Transfer").arguments
    burned = share.burn(holder, 3).event("Transfer").arguments
    assert minted == {"from": ZERO, "to": holder.address, "value": 5}
    assert burned == {"from": holder.address, "to": ZERO, "value": 3}


@shows("TOK-7")
@pytest.mark.parametrize("value", [0, 1])
def test_nothing_goes_to_the_zero_address(share: Share, value: int) -> None:
    """ERC-6093: ERC20InvalidReceiver is RECOMMENDED for disallowed transfers to the zero
    address."""
    owner, spender = share.holders[:2]
    with share.refused("ERC20InvalidReceiver", ZERO):
        share.refuse("transfer", ZERO, value, by=owner)
    share.token.send("approve", spender.address, 1, sender=owner)
    with share.refused("ERC20InvalidReceiver", ZERO):
        share.refuse("transferFrom", owner.address, ZERO, value, by=spender)


@shows("TOK-7")
def test_nothing_comes_from_the_zero_address(share: Share) -> None:
    """ERC-6093: ERC20InvalidSender is RECOMMENDED for disallowed transfers from the zero address;
    MUST NOT be used for balance or allowance requirements, which come first."""
    anyone, to = share.holders[:2]
    with share.refused("ERC20InvalidSender", ZERO):
        share.refuse("transferFrom", ZERO, to.address, 0, by=anyone)
    with share.refused("ERC20InsufficientAllowance", anyone.address, 0, 1):
        share.refuse("transferFrom", ZERO, to.address, 1, by=anyone)


@shows("TOK-7")
@pytest.mark.parametrize("value", [0, 1, MAX])
def test_nobody_is_no_spender(share: Share, value: int) -> None:
    """ERC-6093: ERC20InvalidSpender is RECOMMENDED for disallowed approvals to the zero address;
    MUST NOT be used for transfer operations."""
    with share.refused("ERC20InvalidSpender", ZERO):
        share.refuse("approve", ZERO, value, by=share.holders[0])


def test_no_more_is_burned_than_there_is(share: Share) -> None:
    """ERC-6093: `balance` MUST be less than `needed`."""
    holder = share.holders[0]
    error = ("ERC20InsufficientBalance", holder.address, 10 * UNIT, 10 * UNIT + 1)
    with share.refused(*error):
        share.refuse("burn", holder.address, 10 * UNIT + 1, by=share.registry)
