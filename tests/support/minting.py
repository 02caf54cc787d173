"""What waits and vests of a cluster when units are minted, and what their operator pays for them;
written down from the documentation in fractions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from tests.support.stage import EVIDENCE, UNIT, Stage, Terms
from tests.support.sweeps import earn
from wellhead.chain import Contract, Receipt

#: All that is earned is the holders', a third of it for bitcoin.
TERMS = Terms(operator_share=0, reporter_share=0, bitcoin_share=333_334)

Paid = tuple[int, int, int]


@dataclass(frozen=True)
class Waiting:
    """Stablecoin units that wait to be swept, and what vests, in the coins' smallest units."""

    attested: int
    pending: int
    cash: Fraction
    reserve: Fraction

    def part(self, units: int) -> Paid:
        """What so many new units bring: as much for each as there is for the others, each rounded
        up."""
        parts = (self.pending, self.cash, self.reserve)
        pending, cash, reserve = (ceil(Fraction(part * units, self.attested)) for part in parts)
        return pending, cash, reserve


def waiting_of(stage: Stage, cluster: int) -> Waiting:
    """As of the latest block."""
    token = stage.token(cluster)
    cash, reserve = (
        Fraction(revenue["unvested"], 1 << revenue["shift"])
        for revenue in (token.call("cashRevenue"), token.call("reserveRevenue"))
    )
    attested = stage.registry.call("clusterOf", cluster)["attested"]
    return Waiting(attested, stage.router.call("bitcoinPendingOf", cluster), cash, reserve)


def make_wait(
    stage: Stage, cluster: int, amount: int, bitcoin: int, hours: int = 30, cancelled: int = 0
) -> None:
    """Let a cluster earn this in so many hours, `cancelled` of it by cancellations, and distribute
    it; and let somebody pay bitcoin in."""
    if amount:
        earn(stage, cluster, amount, hours, cancelled)
        stage.router.send("distribute", cluster, sender=stage.stranger)
    if bitcoin:
        stage.fund(stage.stranger, bitcoin, stage.reserve)
        stage.router.send("payIn", cluster, bitcoin, sender=stage.stranger)


def topped_up(stage: Stage, receipt: Receipt) -> Paid:
    """What an operator paid in a mint, as the router says; nothing where it says nothing."""
    found = [each for each in receipt.all("ToppedUp") if each.address == stage.router.address]
    if not found:
        return 0, 0, 0
    (event,) = found
    return event["pending"], event["cash"], event["reserve"]


def order(stage: Stage, cluster: int, units: int, later: int = 0) -> tuple[Any, ...]:
    """What the registry's mint takes for the next attestation, or a later one."""
    number = stage.registry.call("clusterOf", cluster)["attestations"] + later
    return cluster, units, number, EVIDENCE, stage.attest(cluster, units, number)


def at_once(stage: Stage, contract: Contract, function: str, *arguments: Any) -> Receipt:
    """Send as the operator, in a block of the latest one's time: nothing vests meanwhile."""
    stage.anvil.next_block_at(stage.now())
    return contract.send(function, *arguments, sender=stage.operator)


def mint_now(stage: Stage, cluster: int, units: int) -> Receipt:
    """Mint in a block of the latest one's time."""
    return at_once(stage, stage.registry, "mint", *order(stage, cluster, units))


def give(stage: Stage, cluster: int, units: int) -> None:
    """Let the first holder have so many of the operator's tokens."""
    to = stage.holders[0].address
    stage.token(cluster).send("transfer", to, units * UNIT, sender=stage.operator)


def purses(stage: Stage) -> list[tuple[int, int]]:
    """The operator's claim in the vault and its coins, in stablecoins and in bitcoin."""
    operator = stage.operator.address
    coins = (stage.cash, stage.reserve)
    return [
        (stage.vault.call("claimOf", c.address, operator), c.call("balanceOf", operator))
        for c in coins
    ]


def owed(stage: Stage, cluster: int) -> list[tuple[int, int]]:
    """Ledgers that the first holder and the operator are owed, in cash and in bitcoin."""
    people = (stage.holders[0], stage.operator)
    found: list[tuple[int, int]] = stage.token(cluster).call_many(
        [("owedLedgerOf", [who.address]) for who in people]
    )
    return found


def indices(stage: Stage, cluster: int) -> tuple[int, int]:
    token = stage.token(cluster)
    return token.call("cashRevenue")["index"], token.call("reserveRevenue")["index"]
