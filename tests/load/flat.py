"""Flat: what an operation costs does not depend on how much there is."""

from __future__ import annotations

from tests.load.operations import Figures

#: How much more gas an operation may take at a higher level, millionths, and slots that it may
#: touch more than before. The more differently hours are booked, the more of the words on the
#: calendar's way to them change; there are as many as the calendar has levels, and no more.
TOLERANCE, SLOTS = 50_000, 2


def growth(before: Figures, after: Figures) -> list[str]:
    """What has grown by more, in sentences.

    Gas for new slots is not counted: the first to touch an hour pays for its slots, later ones pay
    less.
    """
    found = []
    for key, old in before.items():
        new, name = after[key], f"{key[1]}, {key[0]} cluster"
        most = _settled(old.gas, old.filled) * (1_000_000 + TOLERANCE) // 1_000_000
        gas = _settled(new.gas, new.filled)
        if gas > most:
            found.append(f"{name}: {gas:,} gas without new slots, before {most:,} at most")
        if new.slots > old.slots + SLOTS:
            found.append(f"{name}: {new.slots} slots, before {old.slots}")
        if new.filled > old.filled + SLOTS:
            found.append(f"{name}: {new.filled} new slots, before {old.filled}")
    return found


def _settled(gas: int, filled: int) -> int:
    """As if every slot had been filled before: writing costs 20,000 where it was empty, else
    2,900."""
    return gas - 17_100 * filled
