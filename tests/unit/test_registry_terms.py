"""Every field of a cluster's terms at its bounds, and one beyond."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import Q, Stage, Terms
from tests.support.state import refused, unchanged
from tests.support.values import plain

#: A flat price without a discount: every bound of one field can be reached alone.
FLAT = Terms(low=Q, high=Q, discount=0, operator_share=0, reporter_share=0, bitcoin_share=0)
UINT32 = 2**32 - 1
TWO_YEARS = 17_520

ALLOWED: list[dict[str, Any]] = [
    {"kind": 0},
    {"kind": 1},
    {"kind": 2},
    {"power": 0},
    {"power": UINT32},
    {"sku": "", "region": ""},
    {"sku": "x" * 32, "region": "y" * 32},
    {"base_floor": 1},
    {"base_floor": 2_000_000},  # equal to baseStart
    {"base_cap": 2_000_000},  # equal to baseStart
    {"base_cap": 10**12},
    {"base_floor": 10**12, "base_start": 10**12, "base_cap": 10**12},
    {"base_floor": 1, "base_start": 1, "base_cap": 1},
    {"low": 1},
    {"high": 100 * Q},
    {"low": 100 * Q, "high": 100 * Q},
    {"low": 1, "high": 1},
    {"target": 0},
    {"target": Q},
    {"speed": 0},
    {"speed": Q},
    {"discount_hours": 1},
    {"discount_hours": TWO_YEARS},
    {"cancel_fee": 0},
    {"cancel_fee": Q},
    {"min_hours": 1, "max_hours": 1, "horizon_hours": 1},
    {"min_hours": 8760},  # equal to maxHours
    {"max_hours": TWO_YEARS},  # equal to horizonHours
    {"horizon_hours": 8760},  # equal to maxHours
    {"min_hours": TWO_YEARS, "max_hours": TWO_YEARS, "horizon_hours": TWO_YEARS},
    {"sla": 1},
    {"sla": Q},
    {"penalty": 0},
    {"penalty": 10 * Q},
    {"bond": 0},
    {"bond": 1},
    {"bond": 10**12},
    {"operator_share": Q},
    {"reporter_share": Q},
    {"bitcoin_share": Q},
    {"operator_share": Q - 2, "reporter_share": 1, "bitcoin_share": 1},
]

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("baseFloor", {"base_floor": 0}),
    ("baseCap", {"base_cap": 10**12 + 1}),
    ("baseCap", {"base_cap": 2**64 - 1}),
    ("baseCap", {"base_floor": 3, "base_start": 3, "base_cap": 2}),
    ("baseStart", {"base_floor": 10, "base_start": 9}),
    ("baseStart", {"base_start": 0}),
    ("baseStart", {"base_cap": 3_000_000, "base_start": 3_000_001}),
    ("low", {"low": 0}),
    ("high", {"low": Q, "high": Q - 1}),
    ("high", {"high": 100 * Q + 1}),
    ("high", {"low": 100 * Q + 1, "high": 100 * Q + 1}),
    ("target", {"target": Q + 1}),
    ("target", {"target": UINT32}),
    ("speed", {"speed": Q + 1}),
    ("speed", {"speed": UINT32}),
    ("discountHours", {"discount_hours": 0}),
    ("discountHours", {"discount_hours": TWO_YEARS + 1}),
    ("cancelFee", {"cancel_fee": Q + 1}),
    ("cancelFee", {"cancel_fee": UINT32}),
    ("minHours", {"min_hours": 0}),
    ("maxHours", {"min_hours": 25, "max_hours": 24}),
    ("maxHours", {"max_hours": 0}),
    ("horizonHours", {"max_hours": 24, "horizon_hours": 23}),
    ("horizonHours", {"horizon_hours": TWO_YEARS + 1}),
    ("horizonHours", {"max_hours": TWO_YEARS + 1, "horizon_hours": TWO_YEARS + 1}),
    ("sla", {"sla": 0}),
    ("sla", {"sla": Q + 1}),
    ("penalty", {"penalty": 10 * Q + 1}),
    ("penalty", {"penalty": UINT32}),
    ("bond", {"bond": 10**12 + 1}),
    ("bond", {"bond": 2**64 - 1}),
    ("split", {"operator_share": Q + 1}),
    ("split", {"reporter_share": Q + 1}),
    ("split", {"bitcoin_share": Q + 1}),
    ("split", {"operator_share": Q - 1, "reporter_share": 1, "bitcoin_share": 1}),
    ("split", {"operator_share": UINT32, "reporter_share": UINT32, "bitcoin_share": UINT32}),
    ("split", {"operator_share": 2**31, "reporter_share": 2**31}),
]


def named(changes: Any) -> str | None:
    """A readable id for a changed field."""
    if not isinstance(changes, dict):
        return None
    return ",".join(f"{field}={value}" for field, value in changes.items())


@shows("REG-11")
@pytest.mark.parametrize("changes", ALLOWED, ids=named)
def test_terms_at_their_bounds_are_taken_as_they_are(stage: Stage, changes: dict[str, Any]) -> None:
    terms = FLAT.but(**changes)
    cluster_id = stage.register(terms)
    assert plain(stage.registry.call("termsOf", cluster_id)) == terms.encoded()


@shows("REG-11")
@pytest.mark.parametrize(("field", "changes"), REFUSED, ids=named)
def test_terms_beyond_their_bounds_are_refused(
    stage: Stage, field: str, changes: dict[str, Any]
) -> None:
    with refused(stage, "CapacityRegistry_InvalidTerms", field):
        stage.register(FLAT.but(**changes))
    assert stage.registry.call("clusterCount") == 0


@shows("REG-11")
@pytest.mark.parametrize("kind", [3, 255])
def test_there_are_three_kinds(stage: Stage, kind: int) -> None:
    with unchanged(stage), expect_revert(""):
        stage.register(FLAT.but(kind=kind))


#: The largest discount for a price from low to high: discount * high <= (1e6 - discount) * low.
STEEPEST = [
    (Q, Q, 500_000),
    (800_000, 1_600_000, 333_333),
    (Q, 3 * Q, 250_000),
    (2 * Q, 3 * Q, 400_000),
    (1, 100 * Q, 0),
    (100, 100 * Q, 0),
    (101, 100 * Q, 1),
    (100 * Q, 100 * Q, 500_000),
    (999_999, Q, 499_999),
]


@shows("PRICE-10")
@pytest.mark.parametrize(("low", "high", "steepest"), STEEPEST)
def test_the_steepest_discount_is_taken(stage: Stage, low: int, high: int, steepest: int) -> None:
    terms = FLAT.but(low=low, high=high, discount=steepest)
    cluster_id = stage.register(terms)
    assert stage.registry.call("termsOf", cluster_id)["pricing"]["discount"] == steepest


@shows("PRICE-10")
@pytest.mark.parametrize(("low", "high", "steepest"), STEEPEST)
def test_a_steeper_discount_is_refused(stage: Stage, low: int, high: int, steepest: int) -> None:
    for discount in (steepest + 1, Q - 1, Q, Q + 1, UINT32):
        with refused(stage, "CapacityRegistry_DiscountTooSteep", discount, low, high):
            stage.register(FLAT.but(low=low, high=high, discount=discount))
    assert stage.registry.call("clusterCount") == 0
