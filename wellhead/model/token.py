"""An ERC-20 share of one cluster that earns in two currencies, for who may hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import Revert
from .revenue import Revenue, shift_for
from .shares import Shares
from .units import UNIT, ZERO, Address

if TYPE_CHECKING:
    from .world import World

MAX_SUPPLY = 2**88 - 1
MAX_CASH_COINS_LOG2 = 40
MAX_RESERVE_COINS_LOG2 = 25
DAY = 24 * 3600
RING = 32
"""Days that are remembered, today included."""

DAYS = 2**16
"""Days after which their count comes round, in 2149."""


class CapacityToken(Shares):
    """Balances of one cluster's token, and its cash and reserve revenue.

    Signatures are arguments: who signed, or whether the right one did.
    """

    def __init__(
        self,
        world: World,
        address: Address,
        cluster_id: int,
        policy: int,
        name: str,
        symbol: str,
    ) -> None:
        super().__init__(world, address, policy)
        self.cluster_id = cluster_id
        self.name = name
        self.symbol = symbol
        self.nonces: dict[Address, int] = {}
        cash, reserve = world.cash, world.reserve
        self.cash = Revenue(
            world, self.balances, cash.address, shift_for(cash.decimals, MAX_CASH_COINS_LOG2)
        )
        self.reserve = Revenue(
            world,
            self.balances,
            reserve.address,
            shift_for(reserve.decimals, MAX_RESERVE_COINS_LOG2),
        )
        self.last_day = 0
        #: Day and both indices as they stood before its first revenue, by day modulo `RING`.
        self.days: dict[int, tuple[int, int, int]] = {}

    # What can be looked up

    def nonce_of(self, account: Address) -> int:
        """The nonce of the account's next permit or signed claim."""
        return self.nonces.get(account, 0)

    def claimable(self, account: Address) -> tuple[int, int]:
        """Smallest units of cash and reserve that `claim` would pay, rounded down."""
        return self.cash.claimable(account), self.reserve.claimable(account)

    def owed_ledger_of(self, account: Address) -> tuple[int, int]:
        """Cash and reserve ledger that an account is owed, fractions included."""
        return self.cash.owed_to(account), self.reserve.owed_to(account)

    def trailing_revenue(self, days_back: int) -> tuple[int, int]:
        """Smallest units of cash and reserve that a token has earned since the beginning of the day
        `days_back` days ago, UTC, rounded down; from that day's first revenue on."""
        if not 1 <= days_back < RING:
            raise Revert("CapacityToken_InvalidPeriod", days_back, RING - 1)
        today = self.world.now // DAY
        for day in range(today - days_back, today + 1):
            remembered, cash, reserve = self.days.get(day % RING, (0, 0, 0))
            if remembered == day % DAYS:
                return (
                    (self.cash.index - cash) * UNIT >> self.cash.shift,
                    (self.reserve.index - reserve) * UNIT >> self.reserve.shift,
                )
        return 0, 0

    # What the registry, the router and the compliance contract do

    def mint(self, caller: Address, account: Address, amount: int) -> None:
        """Create `amount` for an account, which must be allowed to receive; only the registry.

        The first tokens have what came while there was none.
        """
        self._require_registry(caller)
        if not self.can_receive(account):
            raise Revert("ERC7943CannotReceive", account)
        supply = self.total_supply() + amount
        if supply > MAX_SUPPLY:
            raise Revert("CapacityToken_SupplyTooLarge", supply)
        self._settle()
        if supply == amount:
            self.cash.release()
            self.reserve.release()
        self._move(ZERO, account, amount)

    def burn(self, caller: Address, account: Address, amount: int) -> None:
        """Destroy `amount` of an account's that is not frozen; only the registry."""
        self._require_registry(caller)
        self.check_burn(account, amount)
        self._settle()
        self._move(account, ZERO, amount)

    def check_burn(self, account: Address, amount: int) -> None:
        """Revert where `burn` would."""
        if not self.can_send(account):
            raise Revert("ERC7943CannotSend", account)
        self._require_free(account, amount)

    def add_cash(self, caller: Address, amount: int, backlog: int) -> None:
        """Share cash that already stands in this token's claim, `backlog` of it over a day; only
        the router."""
        self._add(caller, self.cash, amount, backlog)

    def add_reserve(self, caller: Address, amount: int, backlog: int) -> None:
        """Share bitcoin that already stands in this token's claim, `backlog` of it over a day; only
        the router."""
        self._add(caller, self.reserve, amount, backlog)

    def top_up(self, caller: Address, cash: int, reserve: int) -> None:
        """Let amounts that already stand in this token's claims vest with what vests; only the
        router, before a mint."""
        self._require_router(caller)
        self._settle()
        self.cash.join(cash)
        self.reserve.join(reserve)

    def set_frozen_tokens(self, caller: Address, account: Address, amount: int) -> None:
        """Freeze `amount` of an account's, instead of what was frozen; only the compliance
        contract."""
        self._require_compliance(caller)
        self.frozen[account] = amount

    def forced_transfer(self, caller: Address, owner: Address, to: Address, amount: int) -> None:
        """Move `amount` to an account that may receive; only the compliance contract.

        What is not frozen goes first; whatever goes of the rest is frozen no more.
        """
        self._require_compliance(caller)
        if owner == to:
            raise Revert("ERC7943CannotTransfer", owner, to, amount)
        if not self.can_receive(to):
            raise Revert("ERC7943CannotReceive", to)
        self._require_balance(owner, amount)
        beyond = max(0, amount - self._unfrozen(owner))
        if beyond:
            self.frozen[owner] -= beyond
        self._move(owner, to, amount)

    # What holders do

    def claim(self, caller: Address, to: Address) -> tuple[int, int]:
        """Pay all that the caller has earned, rounded down, to an account; where that is the vault,
        as the caller's own claims."""
        if to == self.world.vault.address:
            return self._keep(self.cash, caller), self._keep(self.reserve, caller)
        for revenue in (self.cash, self.reserve):
            amount = revenue.claimable(caller)
            if amount != 0:
                self.world.vault.check_withdraw(self.address, revenue.coin, to, amount)
        return self._pay(self.cash, caller, to), self._pay(self.reserve, caller, to)

    def claim_for(
        self, account: Address, to: Address, deadline: int, is_signed: bool
    ) -> tuple[int, int]:
        """`claim` for an account that signed for this receiver, deadline and its next nonce."""
        if self.world.now > deadline:
            raise Revert("CapacityToken_ClaimExpired", deadline)
        if not is_signed:
            raise Revert("CapacityToken_InvalidClaim", account)
        paid = self.claim(account, to)
        self.nonces[account] = self.nonce_of(account) + 1
        return paid

    def permit(
        self, owner: Address, spender: Address, amount: int, deadline: int, signer: Address
    ) -> None:
        """Approve by the signature of `signer` over these numbers and the owner's next nonce."""
        if self.world.now > deadline:
            raise Revert("CapacityToken_PermitExpired", deadline)
        if signer != owner:
            raise Revert("CapacityToken_InvalidPermit", signer, owner)
        self.approve(owner, spender, amount)
        self.nonces[owner] = self.nonce_of(owner) + 1

    # Within

    def _add(self, caller: Address, revenue: Revenue, amount: int, backlog: int) -> None:
        self._require_router(caller)
        day = self.world.now // DAY % DAYS
        if day != self.last_day:
            self.days[day % RING] = (day, self.cash.index, self.reserve.index)
            self.last_day = day
        revenue.add(amount, backlog)

    def _settle(self) -> None:
        """Write down what has vested, before the supply changes; of both as soon as of one."""
        if self.cash.vests or self.reserve.vests:
            self.cash.add(0, 0)
            self.reserve.add(0, 0)

    def _move(self, owner: Address, to: Address, amount: int) -> None:
        """Change balances; what was earned before stays where it was."""
        self.cash.book()
        self.reserve.book()
        super()._move(owner, to, amount)

    def _keep(self, revenue: Revenue, account: Address) -> int:
        amount = revenue.take(account)
        if amount != 0:
            self.world.vault.move(self.address, revenue.coin, account, amount)
        return amount

    def _pay(self, revenue: Revenue, account: Address, to: Address) -> int:
        amount = revenue.take(account)
        if amount != 0:
            self.world.vault.withdraw(self.address, revenue.coin, to, amount)
        return amount

    def _require_registry(self, caller: Address) -> None:
        if caller != self.world.registry.address:
            raise Revert("CapacityToken_NotRegistry", caller)

    def _require_router(self, caller: Address) -> None:
        if caller != self.world.router.address:
            raise Revert("CapacityToken_NotRouter", caller)

    def _require_compliance(self, caller: Address) -> None:
        if caller != self.world.compliance.address:
            raise Revert("CapacityToken_NotCompliance", caller)
