"""The coin that breaks the rules, in the model: what TestHostileCoin does in each of its modes."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from wellhead.model.coin import Coin
from wellhead.model.errors import Revert


class Mode(IntEnum):
    """TestHostileCoin.Mode."""

    PLAIN = 0
    FEE = 1
    BONUS = 2
    FALSE = 3
    REENTER = 4


class HostileCoin(Coin):
    """A coin whose transfers do what its mode says; the vault looks at what came in."""

    def __init__(self, address: str, vault: str) -> None:
        super().__init__(address, 18)
        self.vault = vault
        self.mode = Mode.PLAIN
        self.reentry: Callable[[], Any] = self.refuse_reentry

    def set_mode(self, mode: Mode) -> None:
        """Behave so from now on."""
        self.mode = mode

    def set_call(self, reentry: Callable[[], Any]) -> None:
        """Do this in the middle of each transfer, when re-entering."""
        self.reentry = reentry

    def refuse_reentry(self) -> None:
        """What the vault says while it waits for a coin."""
        raise Revert("ReentrancyGuardReentrantCall")

    def transfer_from(self, caller: str, owner: str, to: str, amount: int) -> None:
        """The vault reverts where another amount came in than was asked for."""
        delivered = self._before(amount)
        super().transfer_from(caller, owner, to, delivered)
        if to == self.vault and delivered != amount:
            raise Revert("Vault_InexactTransfer", self.address, amount, delivered)

    def transfer(self, caller: str, to: str, amount: int) -> None:
        """From the vault another amount may leave than the vault knows."""
        delivered = self._before(amount) if caller == self.vault else amount
        super().check_transfer(caller, to, delivered)
        self.balances[caller] = self.balance_of(caller) - delivered
        self.balances[to] = self.balance_of(to) + delivered

    def check_transfer(self, owner: str, to: str, amount: int) -> None:
        """Nobody knows before it happens; so what moves this coin is a transaction of the world."""

    def _before(self, amount: int) -> int:
        if self.mode is Mode.FALSE:
            raise Revert("SafeERC20FailedOperation", self.address)
        if self.mode is Mode.FEE:
            if amount == 0:
                raise Revert("Panic", 0x11)
            return amount - 1
        if self.mode is Mode.BONUS:
            return amount + 1
        if self.mode is Mode.REENTER:
            self.reentry()
        return amount
