"""A cluster's bitcoin: what was bought, paid in or topped up for its holders, and where it is.
Amounts are bitcoin units; all is read at one block."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.actions.asking import events_among
from wellhead.actions.books import expect
from wellhead.actions.vesting import vesting_of
from wellhead.chain import Deployment


@dataclass(frozen=True)
class Bitcoin:
    """`bought` in sweeps, `tips` of it for those who swept, `paid_in` by anybody, and `topped_up`
    by operators for new units; the holders have `claimed` a part, the rest is `owed` to them, and
    of that `unvested` not yet."""

    bought: int
    tips: int
    paid_in: int
    topped_up: int
    claimed: int
    unvested: int

    @property
    def to_holders(self) -> int:
        return self.bought - self.tips + self.paid_in + self.topped_up

    @property
    def owed(self) -> int:
        return self.to_holders - self.claimed


def read_bitcoin(deployment: Deployment, cluster: int, block: int) -> Bitcoin:
    """By the router's events; BooksError unless the token was given exactly that."""
    router, token, first = deployment.router, deployment.token(cluster), deployment.block
    names = ("Swept", "PaidIn", "ToppedUp")
    added = events_among(router, names, first, block, 0, [cluster])
    swept, paid, topped_up = ([each for each in added if each.name == name] for name in names)
    claims = token.events("Claimed", first, block)
    found = Bitcoin(
        bought=sum(int(event["received"]) for event in swept),
        tips=sum(int(event["tip"]) for event in swept),
        paid_in=sum(int(event["amount"]) for event in paid),
        topped_up=sum(int(event["reserve"]) for event in topped_up),
        claimed=sum(int(event["reserve"]) for event in claims),
        unvested=vesting_of(deployment, cluster, block).reserve,
    )
    revenue = token.call("reserveRevenue", block=block)
    given = (int(revenue["total"]) >> int(revenue["shift"])) + int(revenue["held"])
    expect("the holders' bitcoin units", given, found.to_holders)
    return found
