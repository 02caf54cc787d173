"""How much one may ask: buckets of tokens that fill again with time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

#: Whoever has not asked for the longest time is forgotten beyond this many.
MOST_BUCKETS = 10_000


@dataclass(frozen=True)
class Rate:
    """`burst` requests at once, and `per_minute` more every minute."""

    per_minute: int
    burst: int


class Limiter:
    """Counts requests by whom they are from; `clock` is in seconds."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        #: What is left, and when that was so.
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._turn = threading.Lock()

    def allows(self, who: Hashable, cost: int = 1) -> bool:
        """Take `cost` tokens if they are there; what costs more than a whole bucket takes a full
        one."""
        cost = min(cost, self._rate.burst)
        with self._turn:
            now = self._clock()
            left, then = self._buckets.pop(who, (float(self._rate.burst), now))
            left = min(self._rate.burst, left + (now - then) * self._rate.per_minute / 60)
            allowed = left >= cost
            self._buckets[who] = (left - cost if allowed else left, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        return allowed
