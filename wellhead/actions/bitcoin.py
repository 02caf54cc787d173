"""A cluster's bitcoin: what was bought or paid in for its holders, and where it is. Amounts are
bitcoin units; all is read at one block."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.actions.asking import events_among
from wellhead.actions.books import expect
from wellhead.actions.vesting import vesting_of
from wellhead.chain import Deployment


@dataclass(frozen=True)
class Bitcoin:
    """`bought` in sweeps, `tips` of it for those who swept, and `paid_in` by anybody; the holders
    have `claimed` a part, the rest is `owed` to them, and of that `unvested` not yet."""

    bought: int
    tips: int
    paid_in: int
    claimed: int
    unvested: int

    @property
    def to_holders(self) -> int:
        return self.bought - self.tips + self.paid_in

    @property
    def owed(self) -> int:
        return self.to_holders - self.claimed


def read_bitcoin(deployment: Deployment, cluster: int, block: int) -> Bitcoin:
    """By the router's events; BooksError unless the token was given exactly that."""
    router, token, first = deployment.router, deployment.token(cluster), deployment.block
    added = events_among(router, ("Swept", "PaidIn"), first, block, 0, [cluster])
    swept = [event for event in added if event.name == "Swept"]
    paid = [event for event in added if event.name == "PaidIn"]
    claims = token.events("Claimed", first, block)
    found = Bitcoin(
        bought=sum(int(event["received"]) for event in swept),
        tips=sum(int(event["tip"]) for event in swept),
        paid_in=sum(int(event["amount"]) for event in paid),
        claimed=sum(int(event["reserve"]) for event in claims),
        unvested=vesting_of(deployment, cluster, block).reserve,
    )
    revenue = token.call("reserveRevenue", block=block)
    given = (int(revenue["total"]) >> int(revenue["shift"])) + int(revenue["held"])
    expect("the holders' bitcoin units", given, found.to_holders)
    return found
