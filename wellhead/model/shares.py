"""A token's balances: who holds how much, how much of it is frozen, and who may move it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .compliance import Standing
from .errors import Revert
from .units import MAX_UINT256, ZERO, Address

if TYPE_CHECKING:
    from .world import World


@dataclass(frozen=True)
class Arrival:
    """Tokens that an account received at a unix time: what was known of it then, and the classes
    of its jurisdiction that could."""

    account: Address
    at: int
    standing: Standing
    classes: int


class Shares:
    """An ERC-20 by the rules of ERC-7943, amounts in 1e-18 tokens.

    A frozen amount may exceed the balance: what comes later is frozen too.
    """

    def __init__(self, world: World, address: Address, policy: int) -> None:
        self.world = world
        self.address = address
        self.policy = policy
        self.balances: dict[Address, int] = {}
        self.frozen: dict[Address, int] = {}
        self.allowances: dict[tuple[Address, Address], int] = {}
        self.arrivals: list[Arrival] = []

    def balance_of(self, account: Address) -> int:
        """1e-18 tokens that an account holds."""
        return self.balances.get(account, 0)

    def total_supply(self) -> int:
        """1e-18 tokens in existence."""
        return sum(self.balances.values())

    def allowance(self, owner: Address, spender: Address) -> int:
        """1e-18 tokens of the owner's that the spender may still move."""
        return self.allowances.get((owner, spender), 0)

    def frozen_of(self, account: Address) -> int:
        """1e-18 tokens of an account that are frozen; may exceed its balance."""
        return self.frozen.get(account, 0)

    def can_send(self, account: Address) -> bool:
        """Whether an account may send."""
        return self.world.compliance.can_send(account)

    def can_receive(self, account: Address) -> bool:
        """Whether an account may receive this token."""
        return self.world.compliance.can_receive(self.policy, account)

    def can_transfer(self, owner: Address, to: Address, amount: int) -> bool:
        """Whether the rules allow this transfer; says nothing about balance and allowance."""
        is_free = self.frozen_of(owner) == 0 or amount <= self._unfrozen(owner)
        return self.can_send(owner) and self.can_receive(to) and is_free

    def transfer(self, caller: Address, to: Address, amount: int) -> None:
        """Move `amount` from the caller to an account; what was earned stays with the caller."""
        if caller == ZERO:
            raise Revert("ERC20InvalidSender", caller)
        if to == ZERO:
            raise Revert("ERC20InvalidReceiver", to)
        if not self.can_send(caller):
            raise Revert("ERC7943CannotSend", caller)
        if not self.can_receive(to):
            raise Revert("ERC7943CannotReceive", to)
        self._require_free(caller, amount)
        self._move(caller, to, amount)

    def transfer_from(self, caller: Address, owner: Address, to: Address, amount: int) -> None:
        """Move `amount` from the owner to an account, by allowance to the caller."""
        allowed = self.allowance(owner, caller)
        if allowed != MAX_UINT256 and allowed < amount:
            raise Revert("ERC20InsufficientAllowance", caller, allowed, amount)
        self.transfer(owner, to, amount)
        if allowed != MAX_UINT256:
            self.allowances[owner, caller] = allowed - amount

    def approve(self, caller: Address, spender: Address, amount: int) -> None:
        """Let `spender` move `amount` of the caller's; the largest word never runs out."""
        if spender == ZERO:
            raise Revert("ERC20InvalidSpender", spender)
        self.allowances[caller, spender] = amount

    def _move(self, owner: Address, to: Address, amount: int) -> None:
        """Change balances; `ZERO` has none."""
        if owner != ZERO:
            self.balances[owner] = self.balance_of(owner) - amount
        if to != ZERO:
            self.balances[to] = self.balance_of(to) + amount
            who = self.world.compliance.standing_of(to)
            classes = self.world.compliance.rule_of(self.policy, who.jurisdiction)
            self.arrivals.append(Arrival(to, self.world.now, who, classes))

    def _unfrozen(self, account: Address) -> int:
        return max(0, self.balance_of(account) - self.frozen_of(account))

    def _require_balance(self, account: Address, amount: int) -> None:
        balance = self.balance_of(account)
        if balance < amount:
            raise Revert("ERC20InsufficientBalance", account, balance, amount)

    def _require_free(self, account: Address, amount: int) -> None:
        """Revert unless an account has `amount` that is not frozen."""
        self._require_balance(account, amount)
        unfrozen = self._unfrozen(account)
        if self.frozen_of(account) != 0 and amount > unfrozen:
            raise Revert("ERC7943InsufficientUnfrozenBalance", account, amount, unfrozen)
