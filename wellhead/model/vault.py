"""Holds every coin; everybody else holds claims in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .errors import Revert
from .units import ZERO, Address

if TYPE_CHECKING:
    from .world import World


class Vault:
    """Claims per coin and account, in the coin's smallest units."""

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        self.address = address
        self.claims: dict[Address, dict[Address, int]] = {}

    def claim_of(self, coin: Address, account: Address) -> int:
        """Smallest units of a coin that an account can withdraw or move."""
        return self.claims.get(coin, {}).get(account, 0)

    def total_claims(self, coin: Address) -> int:
        """Sum of all claims in a coin."""
        return sum(self.claims.get(coin, {}).values())

    def deposit(self, caller: Address, coin: Address, account: Address, amount: int) -> None:
        """Pay `amount` from the caller, by allowance to the vault, into a claim."""
        self._take_in(coin, caller, account, amount)

    def deposit_with_authorization(
        self,
        caller: Address,
        coin: Address,
        payer: Address,
        amount: int,
        valid_after: int,
        valid_before: int,
        nonce: bytes,
    ) -> None:
        """Pay `amount`, by the payer's authorization to the vault, into the payer's claim.

        Only the payer, the market, the exchange, the contests or the router.
        """
        if caller != payer:
            self._require_desk(caller, payer)
        self.world.coins[coin].receive_with_authorization(
            self.address, payer, amount, valid_after, valid_before, nonce, self.world.now
        )
        self._add(coin, payer, amount)

    def charge(
        self, caller: Address, coin: Address, payer: Address, to: Address, amount: int
    ) -> None:
        """Pay `amount` from `payer` into the claim of `to`: out of the payer's own claim as far as
        that goes, the rest by allowance to the vault. Only the market, the exchange, the contests
        or the router."""
        self._require_desk(caller, payer)
        spent = min(self.claim_of(coin, payer), amount)
        if amount != 0 and to == ZERO:
            raise Revert("Vault_InvalidReceiver", to)
        if spent < amount:
            self._take_in(coin, payer, to, amount - spent)
        self._add(coin, payer, -spent)
        self._add(coin, to, spent)

    def move(self, caller: Address, coin: Address, to: Address, amount: int) -> None:
        """Move `amount` of the caller's claim to an account."""
        self._require_claim(coin, caller, amount)
        if to == ZERO:
            raise Revert("Vault_InvalidReceiver", to)
        self._add(coin, caller, -amount)
        self._add(coin, to, amount)

    def move_batch(
        self, caller: Address, coin: Address, to: Sequence[Address], amounts: Sequence[int]
    ) -> None:
        """Move parts of the caller's claim to several accounts; amounts of zero are skipped."""
        if len(to) != len(amounts):
            raise Revert("Vault_LengthMismatch", len(to), len(amounts))
        self._require_claim(coin, caller, sum(amounts))
        parts = [(account, part) for account, part in zip(to, amounts, strict=True) if part != 0]
        if any(account == ZERO for account, _ in parts):
            raise Revert("Vault_InvalidReceiver", ZERO)
        for account, part in parts:
            self._add(coin, caller, -part)
            self._add(coin, account, part)

    def withdraw(self, caller: Address, coin: Address, to: Address, amount: int) -> None:
        """Pay `amount` of the caller's claim out to an account."""
        self.check_withdraw(caller, coin, to, amount)
        self._add(coin, caller, -amount)
        self.world.coins[coin].transfer(self.address, to, amount)

    def check_withdraw(self, caller: Address, coin: Address, to: Address, amount: int) -> None:
        """Revert where `withdraw` would."""
        if to in (ZERO, self.address):
            raise Revert("Vault_InvalidReceiver", to)
        self._require_claim(coin, caller, amount)
        self.world.coins[coin].check_transfer(self.address, to, amount)

    def _take_in(self, coin: Address, payer: Address, account: Address, amount: int) -> None:
        if account == ZERO:
            raise Revert("Vault_InvalidReceiver", account)
        self.world.coins[coin].transfer_from(self.address, payer, self.address, amount)
        self._add(coin, account, amount)

    def _require_desk(self, caller: Address, payer: Address) -> None:
        world = self.world
        desks = (world.market, world.exchange, world.contests, world.router)
        if caller not in (desk.address for desk in desks):
            raise Revert("Vault_MayNotCharge", caller, payer)

    def _require_claim(self, coin: Address, account: Address, amount: int) -> None:
        claim = self.claim_of(coin, account)
        if claim < amount:
            raise Revert("Vault_InsufficientClaim", coin, account, claim, amount)

    def _add(self, coin: Address, account: Address, amount: int) -> None:
        claims = self.claims.setdefault(coin, {})
        claims[account] = claims.get(account, 0) + amount
