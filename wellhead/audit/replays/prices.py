"""What bookings cost and give back, and what hours lose: the contracts' formulas, written for the
audit alone. Bases are 1e-18 stablecoin units per unit-hour."""

from __future__ import annotations

from typing import NamedTuple

from wellhead.model.fixedpoint import ceil_div, clamp, exp_wad, sdiv
from wellhead.model.terms import Pricing, Service
from wellhead.model.units import HOUR, RATE_SCALE, WAD, Q

#: Bound of the logarithm of one change of a base, 1e-18.
STEEPEST = 40 * WAD


class Curve(NamedTuple):
    """Prices at one moment, by a cluster's terms: its base, and its attested units."""

    pricing: Pricing
    base: int
    attested: int

    def cost(self, units: int, time: int, load: int) -> int:
        """Stablecoin units for `units` units over `time` seconds, rounded up; `load` is the
        unit-seconds that others have booked in them."""
        whole, part = self._gross(units, time, load)
        ramp = _ramp(self.pricing)
        return ceil_div(whole * (ramp - discount(self.pricing, time)), part * ramp)

    def gross(self, units: int, time: int, load: int) -> int:
        """The same without discount, in 2^-32 stablecoin units, rounded down."""
        whole, part = self._gross(units, time, load)
        return whole * RATE_SCALE // part

    def _gross(self, units: int, time: int, load: int) -> tuple[int, int]:
        """Stablecoin units without discount, as a fraction. Where nothing is booked a unit-second
        costs `low` times the base, where everything is, `high` times; what counts is the mean of
        what is booked before and after, twice which is a whole number."""
        pricing = self.pricing
        before_and_after = 2 * load + units * time
        mean = 2 * self.attested * pricing.low * time
        mean += (pricing.high - pricing.low) * before_and_after
        return self.base * units * mean, 2 * self.attested * Q * WAD * HOUR

    def base_after(self, hours: int, covered: int) -> int:
        """The base after so many hours in which `covered` unit-seconds were booked in all, rounded
        down: it follows the mean booked fraction, within the terms' bounds."""
        pricing, whole = self.pricing, self.attested * HOUR
        excess = covered * Q - pricing.target * hours * whole
        growth = clamp(sdiv(pricing.speed * excess * WAD, whole * Q * Q), -STEEPEST, STEEPEST)
        grown = self.base * exp_wad(growth) // WAD
        return clamp(grown, pricing.base_floor * WAD, pricing.base_cap * WAD)


class Back(NamedTuple):
    """Hours at the end of a part that are sold back: seconds and rent of the whole part and of
    them, the latter in 2^-32 stablecoin units; and in those the gross that they have on the curve
    now, with what others have booked and without."""

    time: int
    time_back: int
    rent: int
    rent_back: int
    gross: int
    gross_alone: int


def refund(pricing: Pricing, back: Back) -> int:
    """What is given for them, 2^-32 stablecoin units, rounded down, never below zero."""
    ramp = _ramp(pricing)
    given, kept = discount(pricing, back.time), discount(pricing, back.time - back.time_back)
    # At most what was paid for them, before the discount.
    released = min(back.gross, back.rent_back * ramp // (ramp - given))
    fair = released * (ramp - given) * (Q - pricing.cancel_fee) // (ramp * Q)
    cost = ceil_div(back.rent, RATE_SCALE) * RATE_SCALE
    rest = ceil_div(cost * ramp, ramp - given) - released
    # What is kept loses the discount of the hours that go; what others' bookings add to the price
    # of these comes back at the highest discount.
    lost = (given - kept) * rest
    lost += (discount(pricing, ramp) - kept) * max(0, released - back.gross_alone)
    return max(0, fair - ceil_div(lost, ramp))


def discount(pricing: Pricing, time: int) -> int:
    """The discount of so many seconds, a part of `_ramp`."""
    return pricing.discount * min(time, pricing.discount_hours * HOUR)


def rate_of(cost: int, time: int) -> int:
    """Rent of a whole hour, 2^-32 stablecoin units, rounded down."""
    return cost * RATE_SCALE * HOUR // time


def loss(service: Service, available: int, covered: int) -> int:
    """The part of an hour's rent that tenants lose, millionths, rounded down, and up to `penalty`
    more than all of it. `available` is thousandths of a unit, the mean over the hour; `covered` is
    unit-seconds booked in it, not 0."""
    promised, delivered = service.sla * covered * 1000, available * HOUR * Q
    return (Q + service.penalty) * max(0, promised - delivered) // promised


def _ramp(pricing: Pricing) -> int:
    return pricing.discount_hours * HOUR * Q
