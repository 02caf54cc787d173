"""An ERC-20 share of one cluster that earns in two currencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import Revert
from .units import MAX_UINT256, ZERO, Address

if TYPE_CHECKING:
    from .world import World

MAX_LEDGER = 2**128 - 1
MAX_SUPPLY = 2**96 - 1
MAX_CASH_COINS_LOG2 = 40
MAX_RESERVE_COINS_LOG2 = 25


@dataclass
class Revenue:
    """One currency's revenue, in ledger integers of 2^-shift of its smallest unit.

    `index` is ledger per 1e-18 token since genesis; `carried` is the part of `total` that is not in
    the index yet; `held` is smallest units above the bound. `owed` is what every account has earned
    and not claimed, fractions included; `claimed` is smallest units that were paid out.
    """

    coin: Address
    shift: int
    index: int = 0
    total: int = 0
    carried: int = 0
    held: int = 0
    claimed: int = 0
    owed: dict[Address, int] = field(default_factory=dict)

    def add(self, amount: int, balances: dict[Address, int]) -> None:
        """Share `amount` smallest units among all tokens, rounding down to whole index steps.

        What the steps do not express is carried, all of it while no token exists; what exceeds the
        ledger's bound is held.
        """
        taken = min(amount, (MAX_LEDGER - self.total) >> self.shift)
        self.held += amount - taken
        self.total += taken << self.shift
        self.carried += taken << self.shift
        supply = sum(balances.values())
        if amount == 0 or supply == 0:
            return
        step, self.carried = divmod(self.carried, supply)
        self.index += step
        for account, balance in balances.items():
            self.owed[account] = self.owed.get(account, 0) + balance * step

    def owed_to(self, account: Address) -> int:
        """Ledger that an account is owed now."""
        return self.owed.get(account, 0)

    def claimable(self, account: Address) -> int:
        """Smallest units that an account could claim now, rounded down."""
        return self.owed_to(account) >> self.shift

    def take(self, account: Address) -> int:
        """Take what is claimable out of what is owed; the fraction stays."""
        amount = self.claimable(account)
        self.owed[account] = self.owed_to(account) - (amount << self.shift)
        self.claimed += amount
        return amount


def shift_for(decimals: int, coins_log2: int) -> int:
    """Binary digits after the ledger's point that leave room for 2^coins_log2 whole coins."""
    return 128 - coins_log2 - int(10**decimals).bit_length()


class CapacityToken:
    """Balances of one cluster's token, and its cash and reserve revenue."""

    def __init__(self, world: World, address: Address, cluster_id: int, name: str, symbol: str):
        self.world = world
        self.address = address
        self.cluster_id = cluster_id
        self.name = name
        self.symbol = symbol
        cash, reserve = world.cash, world.reserve
        self.cash = Revenue(cash.address, shift_for(cash.decimals, MAX_CASH_COINS_LOG2))
        self.reserve = Revenue(reserve.address, shift_for(reserve.decimals, MAX_RESERVE_COINS_LOG2))
        self.balances: dict[Address, int] = {}
        self.allowances: dict[tuple[Address, Address], int] = {}

    def balance_of(self, account: Address) -> int:
        """1e-18 tokens that an account holds."""
        return self.balances.get(account, 0)

    def total_supply(self) -> int:
        """1e-18 tokens in existence."""
        return sum(self.balances.values())

    def allowance(self, owner: Address, spender: Address) -> int:
        """1e-18 tokens of the owner's that the spender may still move."""
        return self.allowances.get((owner, spender), 0)

    def mint(self, caller: Address, account: Address, amount: int) -> None:
        """Create `amount` for an account; only the registry."""
        self._require_registry(caller)
        if account == ZERO:
            raise Revert("ERC20InvalidReceiver", account)
        supply = self.total_supply() + amount
        if supply > MAX_SUPPLY:
            raise Revert("CapacityToken_SupplyTooLarge", supply)
        self.balances[account] = self.balance_of(account) + amount

    def burn(self, caller: Address, account: Address, amount: int) -> None:
        """Destroy `amount` of an account's; only the registry."""
        self._require_registry(caller)
        self.require_balance(account, amount)
        self.balances[account] = self.balance_of(account) - amount

    def add_revenue(self, caller: Address, cash_amount: int, reserve_amount: int) -> None:
        """Share revenue that already stands in this token's claim; only the router."""
        if caller != self.world.router.address:
            raise Revert("CapacityToken_NotRouter", caller)
        self.cash.add(cash_amount, self.balances)
        self.reserve.add(reserve_amount, self.balances)

    def claim(self, caller: Address, to: Address) -> tuple[int, int]:
        """Pay all that the caller has earned, rounded down, to an account."""
        for revenue in (self.cash, self.reserve):
            amount = revenue.claimable(caller)
            if amount != 0:
                self.world.vault.check_withdraw(self.address, revenue.coin, to, amount)
        return self._pay(self.cash, caller, to), self._pay(self.reserve, caller, to)

    def claimable(self, account: Address) -> tuple[int, int]:
        """Smallest units of cash and reserve that `claim` would pay, rounded down."""
        return self.cash.claimable(account), self.reserve.claimable(account)

    def owed_ledger_of(self, account: Address) -> tuple[int, int]:
        """Cash and reserve ledger that an account is owed, fractions included."""
        return self.cash.owed_to(account), self.reserve.owed_to(account)

    def transfer(self, caller: Address, to: Address, amount: int) -> None:
        """Move `amount` from the caller to an account; what was earned stays with the caller."""
        if caller == ZERO:
            raise Revert("ERC20InvalidSender", caller)
        if to == ZERO:
            raise Revert("ERC20InvalidReceiver", to)
        self.require_balance(caller, amount)
        self.balances[caller] = self.balance_of(caller) - amount
        self.balances[to] = self.balance_of(to) + amount

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

    def require_balance(self, account: Address, amount: int) -> None:
        """Revert unless an account holds `amount`."""
        balance = self.balance_of(account)
        if balance < amount:
            raise Revert("ERC20InsufficientBalance", account, balance, amount)

    def _require_registry(self, caller: Address) -> None:
        if caller != self.world.registry.address:
            raise Revert("CapacityToken_NotRegistry", caller)

    def _pay(self, revenue: Revenue, account: Address, to: Address) -> int:
        amount = revenue.take(account)
        if amount != 0:
            self.world.vault.withdraw(self.address, revenue.coin, to, amount)
        return amount
