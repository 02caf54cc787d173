"""A vault of its own, with accounts for those who charge in it and a coin that misbehaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tests.support.raw import attempt, deploy
from tests.support.stage import MAX, Stage
from tests.support.state import unchanged
from wellhead.chain import Contract, Receipt, UnlockedAccount


class Mode(IntEnum):
    """TestHostileCoin.Mode."""

    PLAIN = 0
    FEE = 1
    BONUS = 2
    FALSE = 3
    REENTER = 4


@dataclass
class Safe:
    """A vault of its own whose market, exchange, contests and router are accounts, with a coin and
    people."""

    stage: Stage
    vault: Contract
    coin: Contract
    market: UnlockedAccount
    exchange: UnlockedAccount
    contests: UnlockedAccount
    router: UnlockedAccount
    ann: UnlockedAccount
    bob: UnlockedAccount
    eve: UnlockedAccount

    def claim(self, account: UnlockedAccount | Contract, coin: Contract | None = None) -> int:
        address = (coin or self.coin).address
        return int(self.vault.call("claimOf", address, account.address))

    def has(self, account: UnlockedAccount | Contract) -> int:
        return int(self.coin.call("balanceOf", account.address))

    def send(self, function: str, *arguments: Any, by: UnlockedAccount) -> Receipt:
        return self.vault.send(function, self.coin.address, *arguments, sender=by)

    def refuse(self, function: str, *arguments: Any, by: UnlockedAccount) -> None:
        with unchanged(self.stage, self.vault, self.coin):
            attempt(self.vault, function, self.coin.address, *arguments, sender=by)


def set_up(stage: Stage) -> Safe:
    """Ann has a claim of 1,000 and 1,000 more outside; Bob and Eve have nothing."""
    desks = (stage.guardian, stage.governor, stage.relay, stage.operator)
    ann, bob, eve = stage.holders
    coin = deploy(stage, "TestHostileCoin")
    vault = deploy(stage, "Vault", *(desk.address for desk in desks))
    made = Safe(stage, vault, coin, *desks, ann, bob, eve)
    coin.send("mint", ann.address, 2000, sender=ann)
    coin.send("approve", vault.address, MAX, sender=ann)
    made.send("deposit", ann.address, 1000, by=ann)
    return made
