"""Who holds a cluster's token, and handing tokens over. Amounts of tokens are 1e-18, of money the
coins' smallest units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wellhead.actions.asking import events_among
from wellhead.actions.books import BooksError, expect
from wellhead.actions.errors import Refusal
from wellhead.actions.standing import Standing, objections, standings
from wellhead.actions.vesting import Vesting, vesting_of
from wellhead.chain import Account, Contract, Deployment, Event, Receipt
from wellhead.model.units import ZERO, Q

__all__ = ["BooksError", "Holding", "Register", "Transfer", "prepare", "register_of", "transfer"]


@dataclass(frozen=True)
class Holding:
    """An account's part of a cluster. `cash` and `reserve` could be claimed now, the other two were
    claimed so far. `objection` says why it may not receive; None where it may."""

    account: str
    tokens: int
    frozen: int
    cash: int
    reserve: int
    cash_claimed: int
    reserve_claimed: int
    standing: Standing
    objection: Refusal | None


@dataclass(frozen=True)
class Register:
    """Everybody who holds a cluster's token or can claim something of what it earned, the largest
    first, at one block. `more` accounts held tokens once and were not looked at."""

    cluster: int
    token: str
    policy: int
    block: int
    supply: int
    holdings: Sequence[Holding]
    vesting: Vesting
    more: int = 0

    def share(self, holding: Holding) -> int:
        """Part of the supply, millionths rounded down."""
        return holding.tokens * Q // self.supply if self.supply else 0


def register_of(
    deployment: Deployment, cluster: int, block: int | None = None, most: int | None = None
) -> Register:
    """From the token's events alone, and checked against the balances, the supply, and to the last
    fraction against what it earned; BooksError where it does not fit. Of more than `most` accounts
    the largest are read, and what the others could claim is checked against nothing."""
    rpc, token = deployment.rpc, deployment.token(cluster)
    at = rpc.integer("eth_blockNumber") if block is None else block
    balances = _balances(token.events("Transfer", deployment.block, at))
    accounts = sorted(balances, key=lambda account: (-balances[account], int(account, 16)))
    more = 0 if most is None else max(len(accounts) - most, 0)
    accounts = accounts[: len(accounts) - more]
    supply, policy = token.call_many([("totalSupply", []), ("policy", [])], block=at)
    found = token.call_many([("balanceOf", [who]) for who in accounts], block=at)
    for account, balance in zip(accounts, found, strict=True):
        expect(f"tokens of {account}", balances[account], int(balance))
    expect("the supply", sum(balances.values()), int(supply))
    if more:
        claims = events_among(token, ["Claimed"], deployment.block, at, 0, accounts)
    else:
        claims = token.events("Claimed", deployment.block, at)
        _check_revenue(token, accounts, claims, at)
    claimed: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for event in claims:
        claimed[str(event["account"])][0] += int(event["cash"])
        claimed[str(event["account"])][1] += int(event["reserve"])
    frozen = token.call_many([("getFrozenTokens", [who]) for who in accounts], block=at)
    due = token.call_many([("claimable", [who]) for who in accounts], block=at)
    known = standings(deployment, accounts, at)
    objected = objections(deployment, int(policy), known, at)
    holdings = [
        Holding(
            account=one.account,
            tokens=balances[one.account],
            frozen=int(held),
            cash=int(cash),
            reserve=int(reserve),
            cash_claimed=claimed[one.account][0],
            reserve_claimed=claimed[one.account][1],
            standing=one,
            objection=objected[one.account],
        )
        for one, held, (cash, reserve) in zip(known, frozen, due, strict=True)
    ]
    return Register(
        cluster=cluster,
        token=token.address,
        policy=int(policy),
        block=at,
        supply=int(supply),
        holdings=[one for one in holdings if one.tokens or one.cash or one.reserve],
        vesting=vesting_of(deployment, cluster, at),
        more=more,
    )


def _balances(transfers: Iterable[Event]) -> Mapping[str, int]:
    """Of everybody who ever had tokens."""
    balances: dict[str, int] = defaultdict(int)
    for event in transfers:
        balances[str(event["from"])] -= int(event["value"])
        balances[str(event["to"])] += int(event["value"])
    balances.pop(ZERO, None)
    return balances


def _check_revenue(
    token: Contract, accounts: Sequence[str], claims: Sequence[Event], block: int
) -> None:
    """All that was added is claimed, owed, carried or has not vested."""
    owed = token.call_many([("owedLedgerOf", [account]) for account in accounts], block=block)
    cash, reserve = token.call_many([("cashRevenue", []), ("reserveRevenue", [])], block=block)
    for place, (name, revenue) in enumerate((("cash", cash), ("reserve", reserve))):
        claimed = sum(int(event[name]) for event in claims) << int(revenue["shift"])
        due = sum(int(each[place]) for each in owed)
        rest = int(revenue["carried"]) + int(revenue["unvested"])
        expect(f"the token's {name} ledger", claimed + due + rest, int(revenue["total"]))


@dataclass(frozen=True)
class Transfer:
    """Tokens that were handed over, or would be; `owner_left` and `to_now` are what the two hold
    then. Without a receipt nothing was sent."""

    cluster: int
    owner: str
    to: str
    amount: int
    owner_left: int
    to_now: int
    receipt: Receipt | None = None


def prepare(
    deployment: Deployment, cluster: int, owner: str, to: str, amount: int, sender: Account
) -> Transfer:
    """Refusal, or Reverted, where something would stop it."""
    token = deployment.token(cluster)
    giver, taker = standings(deployment, [owner, to])
    if giver.is_blocked:
        raise Refusal("Blocked", account=owner)
    policy = int(token.call("policy"))
    objection = objections(deployment, policy, [taker])[to]
    if objection is not None:
        raise objection
    balance, frozen, allowance, theirs = (
        int(value)
        for value in token.call_many(
            [
                ("balanceOf", [owner]),
                ("getFrozenTokens", [owner]),
                ("allowance", [owner, sender.address]),
                ("balanceOf", [to]),
            ]
        )
    )
    if amount > balance:
        raise Refusal(
            "TooFewTokens", cluster=cluster, account=owner, balance=balance, needed=amount
        )
    free = max(balance - frozen, 0)
    if amount > free:
        raise Refusal("Frozen", account=owner, balance=balance, frozen=frozen, needed=amount)
    if owner != sender.address and allowance < amount:
        raise Refusal(
            "NotAllowed", account=sender.address, owner=owner, allowance=allowance, needed=amount
        )
    function, arguments = _call(owner, to, amount, sender)
    token.call(function, *arguments, sender=sender.address)
    moved = 0 if owner == to else amount
    return Transfer(cluster, owner, to, amount, balance - moved, theirs + moved)


def transfer(deployment: Deployment, planned: Transfer, sender: Account) -> Transfer:
    """Hand them over."""
    token, owner, to = deployment.token(planned.cluster), planned.owner, planned.to
    function, arguments = _call(owner, to, planned.amount, sender)
    receipt = token.send(function, *arguments, sender=sender, gas=None)
    left, now = token.call_many([("balanceOf", [owner]), ("balanceOf", [to])])
    return Transfer(planned.cluster, owner, to, planned.amount, int(left), int(now), receipt)


def _call(owner: str, to: str, amount: int, sender: Account) -> tuple[str, list[object]]:
    if owner == sender.address:
        return "transfer", [to, amount]
    return "transferFrom", [owner, to, amount]
