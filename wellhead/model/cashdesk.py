"""Ways to pay in the stablecoin; what market, exchange and contests share.

Signatures are left out: an account that calls has signed. Several calls in one transaction, all or
nothing, are calls within `World.transaction`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import Revert
from .units import Address

if TYPE_CHECKING:
    from .world import World


class CashDesk:
    """A contract that charges its callers."""

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        self.address = address

    def permit_cash(self, caller: Address, amount: int, deadline: int, nonce: int) -> None:
        """Let the vault spend `amount` of the caller's, by a permit that the caller signed.

        Goes on where the permit fails but the allowance is there, because somebody has sent it
        before, say.
        """
        cash, vault = self.world.cash, self.world.vault.address
        try:
            cash.permit(caller, vault, amount, deadline, nonce, self.world.now)
        except Revert:
            if cash.allowance(caller, vault) < amount:
                raise

    def authorize_cash(
        self, caller: Address, amount: int, valid_after: int, valid_before: int, nonce: bytes
    ) -> None:
        """Move `amount` of the caller's into its claim, by an authorization that it signed."""
        self.world.vault.deposit_with_authorization(
            self.address,
            self.world.cash.address,
            caller,
            amount,
            valid_after,
            valid_before,
            nonce,
        )

    def charge(self, payer: Address, to: Address, amount: int) -> None:
        """Charge an account that calls."""
        self.world.vault.charge(self.address, self.world.cash.address, payer, to, amount)
