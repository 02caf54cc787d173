"""What a booking costs, and how the base price follows demand."""

from __future__ import annotations

from .fixedpoint import clamp, exp_wad, full_mul_div_up, sdiv
from .terms import Pricing
from .units import HOUR, RATE_SCALE, WAD, Q

MAX_EXPONENT = 40 * WAD
"""Bound of the logarithm of one base update, in 1e-18."""


def cost(pricing: Pricing, base: int, attested: int, units: int, time: int, load: int) -> int:
    """Cost of `units` units for `time` seconds in stablecoin units, rounded up once.

        gross = base * (low * n * T + (high - low) / G * (n * load + T * n^2 / 2))
        cost  = gross * (1 - discount * min(T, ramp) / ramp)

    `base` is in 1e-18 stablecoin units per unit-hour, `attested` is the G of the price, and `load`
    is the sum over the hours of units booked by others times seconds covered.
    """
    spread = pricing.high - pricing.low
    # The gross is base * potential / (WAD * Q * HOUR * 2 * G).
    potential = 2 * attested * pricing.low * units * time
    potential += spread * (2 * units * load + time * units**2)
    ramp = pricing.discount_hours * HOUR
    undiscounted = ramp * Q - pricing.discount * min(time, ramp)
    return full_mul_div_up(
        base * potential, undiscounted, WAD * Q * HOUR * 2 * attested * (ramp * Q)
    )


def next_base(pricing: Pricing, base: int, attested: int, elapsed: int, booked: int) -> int:
    """Base after `elapsed` hours with `booked` unit-hours in all, 1e-18 stablecoin units per
    unit-hour.

    Grows by exp(speed * (booked / G - target * elapsed)); the exponent is rounded towards zero, the
    product down, and the result is bounded by the operator's floor and cap.
    """
    excess = Q * booked - pricing.target * elapsed * attested
    exponent = sdiv(pricing.speed * excess * WAD, attested * Q * Q)
    factor = exp_wad(clamp(exponent, -MAX_EXPONENT, MAX_EXPONENT))
    return clamp(base * factor // WAD, pricing.base_floor * WAD, pricing.base_cap * WAD)


def rate_of(cost_: int, time: int) -> int:
    """Rent per full hour in 2^-32 stablecoin units, rounded down; `time` is seconds covered."""
    return cost_ * RATE_SCALE * HOUR // time
