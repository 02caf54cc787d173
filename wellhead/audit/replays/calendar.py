"""Units booked per hour, in the words in which the contract keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wellhead.audit.replay import Slot
from wellhead.audit.words import MAX, slot_of

LEAF = 8
FAN = 3
TOP = 648
#: Hours of a node on each level, single hours last.
SIZES = (648, 216, 72, 24, 8, 1)
HOUR_BITS = 32
NODE_BITS = 80
SUM_BITS = 48
UNITS = 2**32 - 1
SUM = 2**48 - 1


@dataclass(slots=True)
class Calendar:
    """A tree over the hours. Every node keeps the peak and the sum of its hours without what is
    booked across its ancestors; three siblings share a word, and so do eight hours. Ranges are
    [start, end)."""

    words: dict[int, dict[int, int]] = field(default_factory=lambda: {size: {} for size in SIZES})

    def add(self, start: int, end: int, units: int) -> None:
        """Book `units` more in every hour of a range."""
        for slot in range(start // (TOP * FAN), -(-end // (TOP * FAN))):
            self._change(TOP, slot, start, end, units)

    def remove(self, start: int, end: int, units: int) -> None:
        """Take out a range as it was added."""
        self.add(start, end, -units)

    def cut(self, start: int, stop: int, end: int, units: int) -> None:
        """Take the hours from `stop` on out of the range [start, end), which was added: what is
        left is written as if only that had been."""
        for slot in range(stop // (TOP * FAN), -(-end // (TOP * FAN))):
            self._cut(TOP, slot, (start, stop, end), units)

    def at(self, hour: int) -> int:
        """Units booked in one hour."""
        return self.load(hour, hour + 1)[0]

    def load(self, start: int, end: int) -> tuple[int, int]:
        """Most units booked in an hour of the range, and the sum of all its hours."""
        peak = total = 0
        if start < end:
            for slot in range(start // (TOP * FAN), -(-end // (TOP * FAN))):
                most, some, _ = self._load(TOP, slot, start, end)
                peak = max(peak, most)
                total += some
        return peak, total

    def slots(self, at: int, name: tuple[object, ...]) -> Iterator[Slot]:
        """All words, for a calendar at slot `at`."""
        for size, words in self.words.items():
            level = slot_of(at, size)
            for slot, word in words.items():
                yield slot_of(level, slot), word, (*name, size, slot)

    def _change(self, size: int, slot: int, start: int, end: int, units: int) -> int:
        """Change three siblings; returns how much their highest peak grew."""
        words = self.words[size]
        before = word = words.get(slot, 0)
        first = slot * FAN * size
        for lane in range(FAN):
            covered = min(end, first + size) - max(start, first)
            if covered > 0:
                raised = units
                if covered < size:
                    raised = self._change_below(size, slot * FAN + lane, start, end, units)
                word += ((raised << SUM_BITS) + units * covered) << (lane * NODE_BITS)
            first += size
        words[slot] = word & MAX
        return _highest(word & MAX) - _highest(before)

    def _change_below(self, size: int, node: int, start: int, end: int, units: int) -> int:
        """Change what is below a node; returns how much the peak there grew."""
        if size != LEAF:
            return self._change(size // FAN, node, start, end, units)
        words, first = self.words[1], node * LEAF
        before = word = words.get(node, 0)
        for hour in range(max(start - first, 0), min(end - first, LEAF)):
            word += units << (hour * HOUR_BITS)
        words[node] = word & MAX
        return _hours(word & MAX)[0] - _hours(before)[0]

    def _cut(self, size: int, slot: int, cut: tuple[int, int, int], units: int) -> int:
        """Shorten a range in three siblings, none of whose ancestors it covers whole; returns how
        much their highest peak grew."""
        start, stop, end = cut
        words = self.words[size]
        before = word = words.get(slot, 0)
        for node in range(slot * FAN, slot * FAN + FAN):
            first = max(start, node * size)
            was = max(min(end, (node + 1) * size) - first, 0)
            kept = max(min(stop, (node + 1) * size) - first, 0)
            if was == kept:
                continue
            if was == size:
                # It was written here; what is kept of it goes below.
                raised = self._change_below(size, node, start, stop, units) if kept else 0
                raised -= units
            elif size == LEAF:
                raised = self._change_below(size, node, stop, end, -units)
            else:
                raised = self._cut(size // FAN, node, cut, units)
            word += ((raised << SUM_BITS) + (kept - was) * units) << (node % FAN * NODE_BITS)
        words[slot] = word & MAX
        return _highest(word & MAX) - _highest(before)

    def _load(self, size: int, slot: int, start: int, end: int) -> tuple[int, int, int]:
        """Of the range's hours below three siblings: their peak and sum; and the peak of all."""
        word = self.words[size].get(slot, 0)
        peak = total = 0
        first = slot * FAN * size
        for lane in range(FAN):
            covered = min(end, first + size) - max(start, first)
            if covered > 0:
                part = word >> (lane * NODE_BITS)
                most, some = (part >> SUM_BITS) & UNITS, part & SUM
                if covered < size:
                    below = self._load_below(size, slot * FAN + lane, start, end)
                    across = most - below[2]
                    most, some = across + below[0], across * covered + below[1]
                peak = max(peak, most)
                total += some
            first += size
        return peak, total, _highest(word)

    def _load_below(self, size: int, node: int, start: int, end: int) -> tuple[int, int, int]:
        if size != LEAF:
            return self._load(size // FAN, node, start, end)
        word, first = self.words[1].get(node, 0), node * LEAF
        low, high = max(start - first, 0), min(end - first, LEAF)
        part = (word >> (low * HOUR_BITS)) & ((1 << ((high - low) * HOUR_BITS)) - 1)
        return (*_hours(part), _hours(word)[0])


def _highest(word: int) -> int:
    """The highest of the three peaks in a word."""
    return max(
        (word >> SUM_BITS) & UNITS,
        (word >> (NODE_BITS + SUM_BITS)) & UNITS,
        (word >> (2 * NODE_BITS + SUM_BITS)) & UNITS,
    )


def _hours(word: int) -> tuple[int, int]:
    """Peak and sum of eight hours."""
    peak = total = 0
    while word:
        units = word & UNITS
        peak = max(peak, units)
        total += units
        word >>= HOUR_BITS
    return peak, total
