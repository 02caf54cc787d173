"""Who may call the restricted functions; stands for the AccessManager, without delays."""

from __future__ import annotations

from .errors import Revert
from .units import Address

RESTRICTED = (
    "register",
    "set_operator",
    "pause",
    "unpause",
    "announce_signers",
    "remove_signer",
    "set_venue",
    "add_system_holder",
)
COMPLIANCE = (
    "revoke",
    "accredit",
    "dismiss",
    "set_rule",
    "set_blocked",
    "set_frozen_tokens",
    "forced_transfer",
)
"""What the compliance role may do."""


class Authority:
    """Callers of each restricted function; at first the governor alone."""

    def __init__(self, governor: Address) -> None:
        self.governor = governor
        self.members: dict[str, set[Address]] = {
            name: {governor} for name in (*RESTRICTED, *COMPLIANCE)
        }

    def grant(self, function: str, account: Address) -> None:
        """Let an account call a function."""
        self.members[function].add(account)

    def revoke(self, function: str, account: Address) -> None:
        """Stop an account from calling a function."""
        self.members[function].discard(account)

    def require(self, function: str, caller: Address) -> None:
        """Revert unless the caller may call the function."""
        if caller not in self.members[function]:
            raise Revert("AccessManagedUnauthorized", caller)
