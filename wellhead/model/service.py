"""Which fraction of a booked hour is paid for."""

from __future__ import annotations

from collections.abc import Iterable

from .units import HOUR, Q


def served(available: int, booked: int, sla: int, penalty: int) -> int:
    """Served fraction of an hour in millionths; the loss is rounded down.

        a = min(1, available / booked)
        served = 1 when a >= sla, else max(0, 1 - (1 + penalty) * (sla - a) / sla)

    `available` is thousandths of a unit, `booked` is units at the hour's end and at least 1, `sla`
    and `penalty` are millionths.
    """
    promised = sla * booked * 1000
    missing = max(0, promised - available * Q)
    return max(0, Q - (Q + penalty) * missing // promised)


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
