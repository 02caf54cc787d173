"""The market clock: seconds since deployment that were not paused."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Clock:
    """Runs from `started` on but for its pauses.

    A pause is (begin, end), unix times; the end of one that lasts is None.
    """

    started: int
    pauses: list[tuple[int, int | None]] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        """Whether a pause lasts."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def stop(self, now: int) -> None:
        """Begin a pause."""
        self.pauses.append((now, None))

    def start(self, now: int) -> None:
        """End the pause that lasts."""
        began, _ = self.pauses.pop()
        self.pauses.append((began, now))

    def at(self, timestamp: int) -> int:
        """The clock as it stood at a unix time, seconds; 0 before the start."""
        paused = 0
        for began, ended in self.pauses:
            last = timestamp if ended is None else min(ended, timestamp)
            paused += max(0, last - began)
        return max(0, timestamp - self.started) - paused
