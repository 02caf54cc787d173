"""A capacity token on its own: accounts stand in for its registry and its router; the stage's
compliance says who may hold it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.support.raw import deploy
from tests.support.stage import MAX, Stage
from wellhead.chain import Contract, Receipt, UnlockedAccount

NAME = "Bench Capacity"
#: What the router calls for each currency.
ADD = ("addCash", "addReserve")


@dataclass
class Bench:
    stage: Stage
    token: Contract
    vault: Contract
    cash: Contract
    reserve: Contract
    registry: UnlockedAccount
    router: UnlockedAccount
    holders: list[UnlockedAccount]

    def mint(self, account: UnlockedAccount, amount: int) -> Receipt:
        return self.token.send("mint", account.address, amount, sender=self.registry)

    def burn(self, account: UnlockedAccount, amount: int) -> Receipt:
        return self.token.send("burn", account.address, amount, sender=self.registry)

    def revenue(self, cash: int, reserve: int = 0, backlog: int = 0) -> list[Receipt]:
        """Pay into the token's claim, then raise its indices; of each currency up to `backlog`
        units vest. Nothing is no revenue."""
        return [
            self.add(number, amount, min(amount, backlog))
            for number, amount in enumerate((cash, reserve))
            if amount
        ]

    def add(self, number: int, amount: int, backlog: int = 0) -> Receipt:
        """Revenue in the first or the second currency, a part of which vests."""
        self.deposit(number, amount)
        return self.token.send(ADD[number], amount, backlog, sender=self.router)

    def deposit(self, number: int, amount: int) -> None:
        """Put coins of the first or the second currency into the token's claim."""
        coin = (self.cash, self.reserve)[number]
        coin.send("mint", self.router.address, amount, sender=self.router)
        self.vault.send("deposit", coin.address, self.token.address, amount, sender=self.router)

    def top_up(self, cash: int, reserve: int) -> Receipt:
        """Add to what vests."""
        for number, amount in enumerate((cash, reserve)):
            if amount:
                self.deposit(number, amount)
        return self.token.send("topUp", cash, reserve, sender=self.router)

    def transfer(self, source: UnlockedAccount, to: UnlockedAccount, amount: int) -> Receipt:
        return self.token.send("transfer", to.address, amount, sender=source)

    def claim(self, account: UnlockedAccount, to: UnlockedAccount | None = None) -> Receipt:
        return self.token.send("claim", (to or account).address, sender=account)

    def balance(self, account: UnlockedAccount) -> int:
        return int(self.token.call("balanceOf", account.address))

    def owed(self, account: UnlockedAccount) -> tuple[int, int]:
        """Ledger integers owed: (cash, reserve)."""
        found: tuple[int, int] = self.token.call("owedLedgerOf", account.address)
        return found

    def revenues(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The two currencies' state: (cash, reserve)."""
        return self.token.call("cashRevenue"), self.token.call("reserveRevenue")

    def assert_conserved(self, accounts: Iterable[UnlockedAccount]) -> None:
        """Claimed, owed, carried and not yet vested are all that ever arrived, in ledger
        integers."""
        owed = [self.owed(account) for account in accounts]
        for number, state in enumerate(self.revenues()):
            field = ("cash", "reserve")[number]
            claimed = sum(event[field] for event in self.token.events("Claimed"))
            assert state["total"] == (
                (claimed << state["shift"])
                + sum(o[number] for o in owed)
                + state["carried"]
                + state["unvested"]
            )


def set_up(stage: Stage, cash_decimals: int = 6, reserve_decimals: int = 8) -> Bench:
    """A fresh token, with coins and a vault of its own."""
    registry, router = stage.governor, stage.guardian
    cash = deploy(stage, "TestCoin", "Cash", "C", cash_decimals)
    reserve = deploy(stage, "TestCoin", "Reserve", "R", reserve_decimals)
    vault = deploy(stage, "Vault", *[stage.stranger.address] * 4)
    around = (
        registry.address,
        router.address,
        vault.address,
        stage.compliance.address,
        stage.deployment.metadata.address,
        cash.address,
        reserve.address,
    )
    token = deploy(stage, "CapacityToken", around, 7, 0, NAME, "BNCH")
    for coin in (cash, reserve):
        coin.send("approve", vault.address, MAX, sender=router)
    return Bench(
        stage=stage,
        token=token,
        vault=vault,
        cash=cash,
        reserve=reserve,
        registry=registry,
        router=router,
        holders=stage.holders,
    )
