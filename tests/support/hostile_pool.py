"""A venue that is no Uniswap pool: it does in a swap what a test says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.payment import encoded
from tests.support.raw import deploy
from tests.support.stage import Stage
from tests.support.sweeps import AT
from wellhead.chain import Contract
from wellhead.chain.uniswap import comes_first, root_of

Call = tuple[str, bytes]


@dataclass
class HostilePool:
    """The pool, standing at a fair price, and shortcuts for what it can do."""

    stage: Stage
    contract: Contract

    @property
    def address(self) -> str:
        return self.contract.address

    @property
    def cash_first(self) -> bool:
        return comes_first(self.stage.cash.address, self.stage.reserve.address)

    def ordered(self, cash: int, bitcoin: int) -> tuple[int, int]:
        """As token0 and token1."""
        return (cash, bitcoin) if self.cash_first else (bitcoin, cash)

    def ask(self, cash: int, bitcoin: int = 0) -> Call:
        """Ask the router for so much."""
        amounts = self.ordered(cash, bitcoin)
        return self.call(self.stage.router, "uniswapV3SwapCallback", *amounts, b"")

    def pay(self, bitcoin: int) -> Call:
        """Pay the router so much."""
        return self.call(self.stage.reserve, "transfer", self.stage.router.address, bitcoin)

    @staticmethod
    def call(target: Contract, function: str, *arguments: Any) -> Call:
        return target.address, encoded(target, function, *arguments)

    def will(self, *calls: Call, spent: int = 0, received: int = 0) -> None:
        """In the next swaps make these calls, and say that this was swapped."""
        amounts = self.ordered(spent, -received)
        self.contract.send("setSwap", *amounts, list(calls), sender=self.stage.stranger)

    def act(self, call: Call) -> None:
        """Make a call outside of any swap."""
        self.contract.send("act", call, sender=self.stage.stranger)

    def stand_at(self, root: int) -> None:
        self.contract.send("setPrice", root, sender=self.stage.stranger)


def hostile_pool(stage: Stage) -> HostilePool:
    """One at a fair price, with a bit of bitcoin."""
    contract = deploy(stage, "TestHostilePool", stage.cash.address, stage.reserve.address)
    pool = HostilePool(stage, contract)
    pool.stand_at(root_of(AT, pool.cash_first))
    stage.reserve.send("mint", pool.address, 10**10, sender=stage.stranger)
    return pool
