"""What became of a token's revenue, one currency at a time, to the last fraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.actions.books import expect
from wellhead.chain import Contract, Deployment, Event


@dataclass(frozen=True, slots=True)
class Earnings:
    """Ledger integers of 2^-`shift` of the currency's smallest unit. Of what was `added` holders
    `claimed` a part, and a part is `claimable`; `carried` is what the index can not express yet,
    and `unvested` what comes bit by bit. The four are what was added, exactly."""

    added: int
    claimed: int
    claimable: int
    carried: int
    unvested: int
    shift: int

    def check(self, name: str) -> None:
        """Fail unless the parts add up."""
        parts = self.claimed + self.claimable + self.carried + self.unvested
        expect(f"the holders' {name}", parts, self.added)

    def in_units(self) -> dict[str, int]:
        """The parts in the currency's smallest unit, rounded down; their fractions are with what is
        carried, so that they add up."""
        names = ("claimed", "claimable", "unvested")
        whole = {name: int(getattr(self, name)) >> self.shift for name in names}
        return whole | {"carried": (self.added >> self.shift) - sum(whole.values())}


@dataclass(frozen=True, slots=True)
class Purchases:
    """Bitcoin that was bought for a cluster's holders: stablecoin units `spent`, bitcoin units
    `bought`, and what of it whoever bought was paid."""

    spent: int
    bought: int
    tips: int


def read_earnings(deployment: Deployment, cluster: int) -> tuple[Earnings, Earnings, Purchases]:
    """Cash, bitcoin, and how that was bought; BooksError unless each adds up, and the vault holds
    what was not claimed."""
    token, first = deployment.token(cluster), deployment.block
    claims = token.events("Claimed", first)
    holders = sorted({event["to"] for event in token.events("Transfer", first)})
    owed = token.call_many([("owedLedgerOf", [holder]) for holder in holders])
    swept = deployment.router.events("Swept", first, indexed=[cluster])
    purchases = Purchases(*(_sum(swept, name) for name in ("spent", "received", "tip")))
    given = _sum(token.events("ReserveAdded", first), "amount")
    expect("the bitcoin that was bought", purchases.bought - purchases.tips, given)
    found = []
    for index, (name, added) in enumerate(
        (("cash", _sum(token.events("CashAdded", first), "amount")), ("reserve", given))
    ):
        claimed = _sum(claims, name)
        earnings = _earnings(token, name, claimed, sum(int(each[index]) for each in owed))
        expect(f"the {name} that was added", earnings.added, added << earnings.shift)
        earnings.check(name)
        coin = deployment.contract(name).address
        held = int(deployment.vault.call("claimOf", coin, token.address))
        expect(f"the token's claim of {name}", held, added - claimed)
        found.append(earnings)
    cash, reserve = found
    return cash, reserve, purchases


def _earnings(token: Contract, name: str, claimed: int, claimable: int) -> Earnings:
    state = token.call(f"{name}Revenue")
    expect(f"the {name} above the bound", int(state["held"]), 0)
    shift = int(state["shift"])
    return Earnings(
        added=int(state["total"]),
        claimed=claimed << shift,
        claimable=claimable,
        carried=int(state["carried"]),
        unvested=int(state["unvested"]),
        shift=shift,
    )


def _sum(events: Sequence[Event], name: str) -> int:
    return sum(int(event[name]) for event in events)
