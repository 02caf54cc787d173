"""What a booking costs, and how the base price follows demand."""

from __future__ import annotations

from dataclasses import dataclass

from .fixedpoint import ceil_div, clamp, exp_wad, full_mul_div_up, sdiv
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
    ramp = pricing.discount_hours * HOUR * Q
    paid = ramp - discount(pricing, time)
    potential = base * _potential(pricing, attested, units, time, load)
    return full_mul_div_up(potential, paid, WAD * Q * HOUR * 2 * attested * ramp)


def gross(pricing: Pricing, base: int, attested: int, units: int, time: int, load: int) -> int:
    """Gross of a booking in 2^-32 stablecoin units, rounded down; arguments as in `cost`."""
    potential = base * _potential(pricing, attested, units, time, load)
    return potential * RATE_SCALE // (WAD * Q * HOUR * 2 * attested)


def discount(pricing: Pricing, time: int) -> int:
    """Term discount of so many seconds, in 1 / (discount_hours * 3600 * 1e6)."""
    return pricing.discount * min(time, pricing.discount_hours * HOUR)


@dataclass(frozen=True)
class SellBack:
    """What is sold back of a booking: the rent of all of it and of what is sold back, 2^-32
    stablecoin units; the same in seconds; and, in 2^-32 stablecoin units, the gross that the curve
    gives for it now, and what it takes for the same hours where nobody else has booked."""

    rent: int
    rent_left: int
    time: int
    time_left: int
    release: int
    empty: int


def refund(pricing: Pricing, back: SellBack) -> int:
    """What the tenant gets for hours sold back, 2^-32 stablecoin units, rounded down; not below 0.

        refund = (1 - e) * R * (1 - cancel_fee) - (e - k) * (gross - R) - (discount - k) * (R - R0)

    with gross as paid, d the discount by seconds, e = d(time), k = d(time - time_left), R the
    smaller of the gross paid for the hours and `release`, and R0 that of R and `empty`. The gross
    of what is given is rounded down, of what is taken up.
    """
    ramp = pricing.discount_hours * HOUR * Q
    e = discount(pricing, back.time)
    paid = ramp - e
    released = min(back.rent_left * ramp // paid, back.release)
    given = released * paid * (Q - pricing.cancel_fee) // (ramp * Q)
    # The rent leaves out less than a unit of the cost.
    whole_cost = ceil_div(back.rent, RATE_SCALE) * RATE_SCALE
    whole_gross = ceil_div(whole_cost * ramp, paid)
    kept = discount(pricing, back.time - back.time_left)
    shifted = released - min(released, back.empty)
    taken = (e - kept) * (whole_gross - released)
    taken += (discount(pricing, ramp) - kept) * shifted
    taken = ceil_div(taken, ramp)
    return max(0, given - taken)


def next_base(pricing: Pricing, base: int, attested: int, elapsed: int, covered: int) -> int:
    """Base after `elapsed` hours with `covered` unit-seconds booked in all, 1e-18 stablecoin units
    per unit-hour.

    Grows by exp(speed * (covered / 3600 / G - target * elapsed)); the exponent is rounded towards
    zero, the product down, and the result is bounded by the operator's floor and cap.
    """
    excess = Q * covered - pricing.target * elapsed * attested * HOUR
    exponent = sdiv(pricing.speed * excess * WAD, attested * HOUR * Q * Q)
    factor = exp_wad(clamp(exponent, -MAX_EXPONENT, MAX_EXPONENT))
    return clamp(base * factor // WAD, pricing.base_floor * WAD, pricing.base_cap * WAD)


def rate_of(cost_: int, time: int) -> int:
    """Rent per full hour in 2^-32 stablecoin units, rounded down; `time` is seconds covered."""
    return cost_ * RATE_SCALE * HOUR // time


def _potential(pricing: Pricing, attested: int, units: int, time: int, load: int) -> int:
    """2 * G * gross / base, in millionths and seconds."""
    spread = pricing.high - pricing.low
    flat = 2 * attested * pricing.low * units * time
    return flat + spread * (2 * units * load + time * units**2)
