"""What a token has earned in one currency, shared among its holders to the last fraction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .units import Address

if TYPE_CHECKING:
    from .world import World

MAX_LEDGER = 2**128 - 1
VESTING = 24 * 3600
"""Seconds over which a backlog vests."""


@dataclass
class Revenue:
    """One currency's revenue, in ledger integers of 2^-shift of its smallest unit.

    `balances` are the token's. `total` is all that was added; of it `rest` was not in the index and
    `vesting` had not vested when it was last written, with the index at `written`, at `since`; all
    has vested at `until`. While it `vests` the index moves with time, in whole steps. `held` is
    smallest units above the bound, `claimed` those that were paid out. `owed` is what every account
    has earned up to the index `booked` and not claimed, fractions included.
    """

    world: World = field(repr=False)
    balances: dict[Address, int] = field(repr=False)
    coin: Address
    shift: int
    written: int = 0
    total: int = 0
    rest: int = 0
    vesting: int = 0
    since: int = 0
    until: int = 0
    vests: bool = False
    held: int = 0
    claimed: int = 0
    booked: int = 0
    owed: dict[Address, int] = field(default_factory=dict)

    @property
    def index(self) -> int:
        """Ledger per 1e-18 token since genesis, with what has vested."""
        supply = self._supply()
        if not self.vests or supply == 0:
            return self.written
        return self.written + (self.rest + self._vested()) // supply

    @property
    def carried(self) -> int:
        """Part of the total that is not in the index: less than a step, or all without tokens."""
        return self.rest + self._vested() - (self.index - self.written) * self._supply()

    @property
    def unvested(self) -> int:
        """Part of the total that has not vested."""
        return self.vesting - self._vested()

    def add(self, amount: int, backlog: int) -> None:
        """Share `amount` smallest units among all tokens, rounding down to whole index steps;
        `backlog` of them vest.

        What the steps do not express is carried, all of it while no token exists; what exceeds the
        ledger's bound is held. A backlog joins what has not vested, and both end at the mean of
        their ends weighted by amount, rounded up to seconds.
        """
        taken = min(amount, (MAX_LEDGER - self.total) >> self.shift)
        backlog = min(backlog, taken)
        self.held += amount - taken
        self.total += taken << self.shift
        self.rest += (taken - backlog) << self.shift
        if self.vests or backlog != 0:
            self._vest(backlog << self.shift)
        supply = self._supply()
        if supply != 0:
            step, self.rest = divmod(self.rest, supply)
            self.written += step

    def join(self, amount: int) -> None:
        """Take in `amount` smallest units that vest with what vests, to the same end; what exceeds
        the ledger's bound is held. What has vested must be written down until now."""
        taken = min(amount, (MAX_LEDGER - self.total) >> self.shift)
        self.held += amount - taken
        self.total += taken << self.shift
        self.vesting += taken << self.shift

    def release(self) -> None:
        """Let what is carried be in the index as soon as there is a token, as if it had vested."""
        self.vests = self.vests or self.rest != 0

    def book(self) -> None:
        """Book to everybody what it has earned; goes before every change of a balance."""
        step = self.index - self.booked
        self.booked += step
        for account, balance in self.balances.items():
            self.owed[account] = self.owed.get(account, 0) + balance * step

    def owed_to(self, account: Address) -> int:
        """Ledger that an account is owed now."""
        step = self.index - self.booked
        return self.owed.get(account, 0) + self.balances.get(account, 0) * step

    def claimable(self, account: Address) -> int:
        """Smallest units that an account could claim now, rounded down."""
        return self.owed_to(account) >> self.shift

    def take(self, account: Address) -> int:
        """Take what is claimable out of what is owed; the fraction stays."""
        self.book()
        amount = self.claimable(account)
        self.owed[account] = self.owed_to(account) - (amount << self.shift)
        self.claimed += amount
        return amount

    def _vest(self, more: int) -> None:
        """Take out what has vested, and let `more` join what has not."""
        now, vested = self.world.now, self._vested()
        left = self.vesting - vested
        seconds = self.until - now if left else 0
        self.rest += vested
        self.vesting, self.since = left + more, now
        if more:
            self.until = now + (left * seconds + more * VESTING) // self.vesting
        self.vests = self.vesting != 0

    def _vested(self) -> int:
        """What has vested of what was vesting, rounded down."""
        if self.world.now >= self.until:
            return self.vesting
        passed = self.world.now - self.since
        return self.vesting * passed // (self.until - self.since)

    def _supply(self) -> int:
        return sum(self.balances.values())


def shift_for(decimals: int, coins_log2: int) -> int:
    """Binary digits after the ledger's point that leave room for 2^coins_log2 whole coins."""
    return 128 - coins_log2 - int(10**decimals).bit_length()
