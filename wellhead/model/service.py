"""Which fraction of a booked hour is given back, and which is paid for."""

from __future__ import annotations

from collections.abc import Iterable

from .units import HOUR, Q


def loss(available: int, booked: int, sla: int, penalty: int) -> int:
    """What tenants lose of a booked hour, millionths of its rent, rounded down; up to Q + penalty.

        a    = min(1, available / booked)
        loss = 0 when a >= sla, else (1 + penalty) * (sla - a) / sla

    `available` is thousandths of a unit, `booked` is units at the hour's end and at least 1, `sla`
    and `penalty` are millionths.
    """
    promised = sla * booked * 1000
    missing = max(0, promised - available * Q)
    return (Q + penalty) * missing // promised


def served(available: int, booked: int, sla: int, penalty: int) -> int:
    """What the cluster earns of a booked hour, millionths of its rent: what is left of it."""
    return max(0, Q - loss(available, booked, sla, penalty))


def available_of(moments: Iterable[tuple[int, int]], booked: int) -> int:
    """Thousandths of a unit that tenants could use, mean over the hour, rounded down.

    `moments` are (seconds, units working) that make up one hour. The minimum with `booked` is taken
    moment by moment, before the mean: idle units in a good half hour do not make up for an outage
    in the other.
    """
    spans = list(moments)
    if sum(seconds for seconds, _ in spans) != HOUR:
        raise ValueError("the moments do not make up an hour")
    return sum(1000 * seconds * min(working, booked) for seconds, working in spans) // HOUR
