"""A regulated coin: balances, allowances, permits, authorizations, a blocklist and a pause."""

from __future__ import annotations

from .errors import Revert
from .units import MAX_UINT256, ZERO, Address


class Coin:
    """An ERC-20 in its smallest units. Anyone may mint, block and pause: it is worth nothing."""

    def __init__(self, address: Address, decimals: int) -> None:
        self.address = address
        self.decimals = decimals
        self.paused = False
        self.blocked: set[Address] = set()
        self.balances: dict[Address, int] = {}
        self.allowances: dict[tuple[Address, Address], int] = {}
        self.nonces: dict[Address, int] = {}
        self.authorized: set[tuple[Address, bytes]] = set()

    def balance_of(self, account: Address) -> int:
        """Smallest units that an account holds."""
        return self.balances.get(account, 0)

    def allowance(self, owner: Address, spender: Address) -> int:
        """Smallest units of the owner's that the spender may still move."""
        return self.allowances.get((owner, spender), 0)

    def total_supply(self) -> int:
        """Smallest units in existence."""
        return sum(self.balances.values())

    def mint(self, account: Address, amount: int) -> None:
        """Create `amount` for an account."""
        if account == ZERO:
            raise Revert("ERC20InvalidReceiver", ZERO)
        self._require_open(ZERO, account)
        self.balances[account] = self.balance_of(account) + amount

    def approve(self, caller: Address, spender: Address, amount: int) -> None:
        """Let `spender` move `amount` of the caller's; the largest word never runs out."""
        if spender == ZERO:
            raise Revert("ERC20InvalidSpender", ZERO)
        self.allowances[caller, spender] = amount

    def transfer(self, caller: Address, to: Address, amount: int) -> None:
        """Move `amount` from the caller to an account."""
        self.check_transfer(caller, to, amount)
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

    def permit(
        self, owner: Address, spender: Address, amount: int, deadline: int, nonce: int, now: int
    ) -> None:
        """Approve by the owner's signature over these numbers, ERC-2612, at unix time `now`.

        A signature over another nonce than the owner's next one is some other account's, and which
        one the model does not know: that error has no arguments here.
        """
        if now > deadline:
            raise Revert("ERC2612ExpiredSignature", deadline)
        if nonce != self.nonce_of(owner):
            raise Revert("ERC2612InvalidSigner")
        self.approve(owner, spender, amount)
        self.nonces[owner] = nonce + 1

    def nonce_of(self, owner: Address) -> int:
        """The nonce of the owner's next permit."""
        return self.nonces.get(owner, 0)

    def receive_with_authorization(
        self,
        caller: Address,
        owner: Address,
        amount: int,
        valid_after: int,
        valid_before: int,
        nonce: bytes,
        now: int,
    ) -> None:
        """Move `amount` from the owner to the caller, whom the owner signed it for, ERC-3009.

        Valid in between the two unix times, both exclusive and below 2^47, and once for each nonce
        of the owner's, 32 bytes.
        """
        if not valid_after < now < valid_before:
            raise Revert("ERC3009InvalidAuthorizationTime", valid_after, valid_before)
        if (owner, nonce) in self.authorized:
            raise Revert("ERC3009UsedAuthorization", owner, nonce)
        self.transfer(owner, caller, amount)
        self.authorized.add((owner, nonce))

    def set_blocked(self, account: Address, is_blocked: bool) -> None:
        """Block an account, which then can neither send nor receive, or release it."""
        if is_blocked:
            self.blocked.add(account)
        else:
            self.blocked.discard(account)

    def set_paused(self, is_paused: bool) -> None:
        """Stop all transfers, or allow them again."""
        self.paused = is_paused

    def check_transfer(self, owner: Address, to: Address, amount: int) -> None:
        """Revert where `transfer` would."""
        if to == ZERO:
            raise Revert("ERC20InvalidReceiver", ZERO)
        self._require_open(owner, to)
        balance = self.balance_of(owner)
        if balance < amount:
            raise Revert("ERC20InsufficientBalance", owner, balance, amount)

    def _require_open(self, owner: Address, to: Address) -> None:
        if self.paused:
            raise Revert("TestCoin_Paused")
        for account in (owner, to):
            if account in self.blocked:
                raise Revert("TestCoin_Blocked", account)
