"""One currency's revenue, as the token's storage has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wellhead.audit.replay import Slot
from wellhead.audit.words import packed

VESTING = 24 * 3600
MOST = 2**128 - 1


@dataclass(slots=True)
class Ledger:
    """Ledger integers of 2^-shift of the currency's smallest unit: all that came, what is carried
    to the next step of the index, what vests from `since` until `until`; and units above the
    bound."""

    shift: int
    total: int = 0
    carried: int = 0
    unvested: int = 0
    since: int = 0
    until: int = 0
    held: int = 0

    def add(
        self, time: int, amount: int, backlog: int, supply: int, vests: bool
    ) -> tuple[int, bool]:
        """Take in an amount, `backlog` of which vests; `vests` is whether something may have until
        now. How much the index grows, and whether something vests from now on."""
        room = (MOST - self.total) >> self.shift
        if amount > room:
            self.held += amount - room
            amount = room
            backlog = min(backlog, amount)
        carried = self.carried + ((amount - backlog) << self.shift)
        vests_on, step = False, 0
        if vests or backlog:
            carried += self._vest(time, backlog << self.shift)
            vests_on = self.unvested != 0
        if supply:
            step, carried = divmod(carried, supply)
        self.total += amount << self.shift
        self.carried = carried
        return step, vests_on

    def join(self, amount: int) -> None:
        """Take in an amount that vests with what vests already, to the same end; what has vested
        must be out of it."""
        room = (MOST - self.total) >> self.shift
        self.held += max(0, amount - room)
        more = min(amount, room) << self.shift
        self.total += more
        self.unvested += more

    def growth(self, time: int, supply: int) -> int:
        """Growth of the index since it was last written, as far as a backlog has vested."""
        return (self.carried + self._vested(time)) // supply if supply else 0

    def unvested_at(self, time: int) -> int:
        """Ledger that has not vested yet."""
        return self.unvested - self._vested(time)

    def _vest(self, time: int, more: int) -> int:
        """Take out what has vested, and let `more` join the rest; both end at the mean of their
        ends weighted by amount."""
        vested = self._vested(time)
        rest = self.unvested - vested
        if more:
            left = self.until - time if rest else 0
            self.until = time + (rest * left + more * VESTING) // (rest + more)
        self.unvested = rest + more
        self.since = time
        return vested

    def _vested(self, time: int) -> int:
        if time >= self.until:
            return self.unvested
        return self.unvested * (time - self.since) // (self.until - self.since)

    def slots(self, at: int, name: str) -> Iterator[Slot]:
        """All words, each by its first field's name, for a ledger at slot `at`."""
        yield at, packed((self.total, 128), (self.carried, 128)), (name, "total")
        vesting = packed((self.unvested, 128), (self.since, 64), (self.until, 64))
        yield at + 1, vesting, (name, "unvested")
        yield at + 2, self.held, (name, "held")
