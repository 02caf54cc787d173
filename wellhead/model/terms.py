"""What is fixed when a cluster is registered, and the bounds that it must keep."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .errors import Revert
from .units import TWO_YEARS_HOURS, Q


class Kind(IntEnum):
    """What a unit is: a GPU, 1,000 sustained output tokens a second, or a node."""

    TRAINING = 0
    INFERENCE = 1
    EDGE = 2


@dataclass(frozen=True)
class Pricing:
    """The price of unit-hours and the leases that are admitted.

    Bases are stablecoin units per unit-hour; `low`, `high`, `target`, `speed`, `discount` and
    `cancel_fee` are millionths; the rest are hours. `speed` is the growth of the base's logarithm
    per hour and unit of (booked fraction - target); the discount rises linearly over
    `discount_hours`; the fee is the part of the gross of cancelled hours that is not given back.
    """

    base_start: int
    base_floor: int
    base_cap: int
    low: int
    high: int
    target: int
    speed: int
    discount: int
    discount_hours: int
    cancel_fee: int
    min_hours: int
    max_hours: int
    horizon_hours: int


@dataclass(frozen=True)
class Service:
    """The promised fraction of booked units, and the extra loss of rent per relative shortfall,
    both in millionths; and the bond behind every booked unit, stablecoin units.
    """

    sla: int
    penalty: int
    bond: int = 0


@dataclass(frozen=True)
class Split:
    """Parts of the rent in millionths; holders receive in cash what is left."""

    operator: int
    reporters: int
    bitcoin: int

    @property
    def cash(self) -> int:
        """Part that holders receive in cash, millionths."""
        return Q - self.operator - self.reporters - self.bitcoin


@dataclass(frozen=True)
class Terms:
    """Everything about a cluster that never changes; `power` is watts of one unit, `policy`
    says who may receive its token."""

    kind: Kind
    power: int
    policy: int
    sku: str
    region: str
    pricing: Pricing
    service: Service
    split: Split


def validate_terms(terms: Terms) -> None:
    """Revert with the first field that is out of its bounds."""
    p = terms.pricing
    bounds = (
        ("baseFloor", p.base_floor >= 1),
        ("baseCap", p.base_floor <= p.base_cap <= 10**12),
        ("baseStart", p.base_floor <= p.base_start <= p.base_cap),
        ("low", p.low >= 1),
        ("high", p.low <= p.high <= 100 * Q),
        ("target", p.target <= Q),
        ("speed", p.speed <= Q),
        ("discountHours", 1 <= p.discount_hours <= TWO_YEARS_HOURS),
        ("cancelFee", p.cancel_fee <= Q),
        ("minHours", p.min_hours >= 1),
        ("maxHours", p.min_hours <= p.max_hours),
        ("horizonHours", p.max_hours <= p.horizon_hours <= TWO_YEARS_HOURS),
    )
    for field, is_valid in bounds:
        if not is_valid:
            raise Revert("CapacityRegistry_InvalidTerms", field)
    # d'(T) * T <= (1 - d(T)) * low / high; a linear ramp is steepest, in this sense, at its end.
    if p.discount * p.high > (Q - p.discount) * p.low:
        raise Revert("CapacityRegistry_DiscountTooSteep", p.discount, p.low, p.high)
    if not 1 <= terms.service.sla <= Q:
        raise Revert("CapacityRegistry_InvalidTerms", "sla")
    if terms.service.penalty > 10 * Q:
        raise Revert("CapacityRegistry_InvalidTerms", "penalty")
    if terms.service.bond > 10**12:
        raise Revert("CapacityRegistry_InvalidTerms", "bond")
    if terms.split.cash < 0:
        raise Revert("CapacityRegistry_InvalidTerms", "split")


def validate_name(name: str, symbol: str) -> None:
    """Revert unless the name has 1 to 31 bytes and the symbol 1 to 11."""
    name_length, symbol_length = len(name.encode()), len(symbol.encode())
    if not (1 <= name_length <= 31 and 1 <= symbol_length <= 11):
        raise Revert("CapacityRegistry_InvalidName", name_length, symbol_length)
