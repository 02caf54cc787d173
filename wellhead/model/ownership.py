"""Leases as ERC-721: who owns them, and who may move them."""

from __future__ import annotations

from .errors import Revert
from .leases import Lease
from .state import LeaseState
from .units import ZERO, Address


class LeaseOwnership(LeaseState):
    """Transfers settle final hours to the seller; the others go with the lease."""

    def settle(self, lease_id: int) -> int:
        """Credit what is due for losses in accrued hours, and for void hours, to the lease's owner,
        after accruing.

        Returns stablecoin units, rounded down; the fraction stays owed.
        """
        return self._settle(self._lease(lease_id))

    def transfer_from(self, caller: Address, owner: Address, to: Address, lease_id: int) -> None:
        """Move a lease; its user and its suspension stay."""
        lease = self._token(lease_id)
        if lease.owner != owner:
            raise Revert("TransferFromIncorrectOwner")
        if caller not in (owner, lease.approved) and (owner, caller) not in self.operators:
            raise Revert("NotOwnerNorApproved")
        if to == ZERO:
            raise Revert("TransferToZeroAddress")
        self._settle(lease)
        lease.owner, lease.approved = to, None
        lease.transfers += 1

    def approve(self, caller: Address, account: Address, lease_id: int) -> None:
        """Let an account move one lease; the zero account takes that back."""
        lease = self._token(lease_id)
        if caller != lease.owner and (lease.owner, caller) not in self.operators:
            raise Revert("NotOwnerNorApproved")
        lease.approved = None if account == ZERO else account

    def set_approval_for_all(self, caller: Address, operator: Address, is_approved: bool) -> None:
        """Let an account move all leases of the caller, or take that back."""
        if is_approved:
            self.operators.add((caller, operator))
        else:
            self.operators.discard((caller, operator))

    def owner_of(self, lease_id: int) -> Address:
        """Who owns a lease."""
        return self._token(lease_id).owner

    def get_approved(self, lease_id: int) -> Address:
        """Who may move a lease besides its owner; zero for nobody."""
        return self._token(lease_id).approved or ZERO

    def is_approved_for_all(self, owner: Address, operator: Address) -> bool:
        """Whether an account may move all leases of an owner."""
        return (owner, operator) in self.operators

    def balance_of(self, account: Address) -> int:
        """How many leases an account owns."""
        return sum(lease.owner == account for lease in self.leases.values())

    def _token(self, lease_id: int) -> Lease:
        if lease_id not in self.leases:
            raise Revert("TokenDoesNotExist")
        return self.leases[lease_id]
