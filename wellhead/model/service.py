"""Which fraction of a booked hour is given back, and which is paid for."""

from __future__ import annotations

from collections.abc import Iterable

from .fixedpoint import ceil_div
from .units import HOUR, Q


def loss(available: int, covered: int, sla: int, penalty: int) -> int:
    """What tenants lose of a booked hour, millionths of its rent, rounded down; up to Q + penalty.

        a    = min(1, available / (covered / 3600))
        loss = 0 when a >= sla, else (1 + penalty) * (sla - a) / sla

    `available` is thousandths of a unit, `covered` is the unit-seconds booked in the hour and at
    least 1, `sla` and `penalty` are millionths.
    """
    promised = sla * covered * 1000
    missing = max(0, promised - available * Q * HOUR)
    return (Q + penalty) * missing // promised


def served(available: int, covered: int, sla: int, penalty: int) -> int:
    """What the cluster earns of a booked hour, millionths of its rent: what is left of it."""
    return max(0, Q - loss(available, covered, sla, penalty))


def available_of(moments: Iterable[tuple[int, int, int]]) -> int:
    """Thousandths of a unit that tenants could use, mean over the hour.

    `moments` are (seconds, units working, units booked at that moment) that make up one hour. What
    is missing counts moment by moment, before the mean: idle units in a good half hour do not make
    up for an outage in the other. What was booked is rounded up, and so is what of it was missing:
    down where nothing came in the course of the hour, and to no loss where nothing was missing.
    """
    spans = list(moments)
    if sum(seconds for seconds, _, _ in spans) != HOUR:
        raise ValueError("the moments do not make up an hour")
    covered = sum(seconds * booked for seconds, _, booked in spans)
    missing = sum(seconds * max(0, booked - working) for seconds, working, booked in spans)
    working = sum(seconds * working for seconds, working, _ in spans)
    usable = ceil_div(1000 * covered, HOUR) - ceil_div(1000 * missing, HOUR)
    return min(usable, 1000 * working // HOUR)
