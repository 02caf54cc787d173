"""What a mint costs: the new units' part of what waits and vests for the others, which the operator
pays, so that nobody's becomes smaller. Amounts are the coins' smallest units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wellhead.actions.asking import ask
from wellhead.chain import Deployment
from wellhead.chain.blocks import time_of
from wellhead.model.units import HOUR, Q

#: What a currency's ledger stays below.
_LEDGER_BOUND = 2**128


@dataclass(frozen=True)
class TopUp:
    """Stablecoin units, `pending` for what waits to be turned into bitcoin and `cash` for what
    vests, and bitcoin units, `reserve` for what vests of it; each rounded up."""

    pending: int
    cash: int
    reserve: int

    @property
    def stablecoins(self) -> int:
        return self.pending + self.cash

    @property
    def is_nothing(self) -> bool:
        return not (self.stablecoins or self.reserve)


def top_up_of(deployment: Deployment, cluster: int, units: int, block: int) -> TopUp:
    """What a mint of so many units would cost at a block, exactly: what the mint itself accrues and
    distributes first is counted. What vests only becomes less with time."""
    registry, router, token = deployment.registry, deployment.router, deployment.token(cluster)
    offer, (_, _, split), total, waiting, cash, reserve = ask(
        deployment.rpc,
        [
            (registry, "offerOf", [cluster]),
            (registry, "payeesOf", [cluster]),
            (router, "totalOf", [cluster]),
            (router, "bitcoinPendingOf", [cluster]),
            (token, "cashRevenue", []),
            (token, "reserveRevenue", []),
        ],
        block,
    )
    attested = int(offer["attested"])
    if not attested:
        return TopUp(0, 0, 0)
    given, backlog, bitcoin = _distribution(deployment, cluster, split, int(total), block)
    # What is above the ledger's bound is held, and no backlog.
    room = (_LEDGER_BOUND - 1 - int(cash["total"])) >> int(cash["shift"])
    backlog = min(backlog, given, room)
    return TopUp(
        pending=-(-(int(waiting) + bitcoin) * units // attested),
        cash=_part(cash, backlog, units, attested),
        reserve=_part(reserve, 0, units, attested),
    )


def _distribution(
    deployment: Deployment, cluster: int, split: Mapping[str, int], total: int, block: int
) -> tuple[int, int, int]:
    """What a distribution would give to the holders: cash, what of it is a backlog, and what would
    wait to be turned into bitcoin."""
    market, router = deployment.market, deployment.router
    steps = ("accrue", "collect")
    calls = [bytes.fromhex(market.functions[step].encode([cluster])[2:]) for step in steps]
    # Only the router may collect; asked as that, the market says what it would hand over.
    answers = market.call("multicall", calls, sender=router.address, block=block)
    found: Any = market.functions["collect"].decode(bytes(answers[1]))
    earned, _, hours, cancelled = (int(each) for each in found)
    shares = {name: int(share) for name, share in split.items()}
    bitcoin, cash = (
        (total + earned) * share // Q - total * share // Q
        for share in (shares["bitcoin"], Q - sum(shares.values()))
    )
    hour = time_of(deployment.rpc, block) // HOUR
    if not earned or not hours or router.call("distributedAtOf", cluster, block=block) == hour:
        return cash, cash, bitcoin
    backlog = cash - (cash - cash * cancelled // earned) // hours
    return cash, backlog, bitcoin


def _part(revenue: Mapping[str, Any], backlog: int, units: int, attested: int) -> int:
    """The part of what vests in a currency that `units` bring to the attested ones."""
    shift = int(revenue["shift"])
    unvested = int(revenue["unvested"]) + (backlog << shift)
    return -(-unvested * units // (attested << shift))
