"""Gas is deterministic, so any drift fails until the snapshot is renewed on purpose."""

from __future__ import annotations

import pytest

from tests.gas.measure import (
    REPORT,
    Measured,
    figures_of,
    measure,
    over_limit,
    read_snapshot,
    write,
)
from tests.gas.operations import OPERATIONS
from tests.support.shows import shows

pytestmark = pytest.mark.gas


@pytest.fixture(scope="module")
def measured() -> dict[str, list[Measured]]:
    found = measure()
    write(REPORT, figures_of(found))
    return found


@shows("GAS-1")
def test_gas_floors_and_new_slots_are_those_of_the_snapshot(
    measured: dict[str, list[Measured]],
) -> None:
    assert figures_of(measured) == read_snapshot(), (
        "gas or storage changed; if that is meant, run `make gas RENEW=1` and commit the snapshot"
    )


@shows("GAS-1")
def test_no_operation_is_over_its_limit(measured: dict[str, list[Measured]]) -> None:
    assert over_limit(figures_of(measured)) == {}


@shows("GAS-1")
def test_a_gas_too_much_is_over_the_limit() -> None:
    figures = {name: {"gas": op.limit or 0} for name, op in OPERATIONS.items()}
    assert over_limit(figures) == {}
    figures["accrue"]["gas"] += 1
    assert over_limit(figures) == {"accrue": 1}


@shows("GAS-2")
def test_no_transaction_uses_less_than_its_floor(measured: dict[str, list[Measured]]) -> None:
    for name, transactions in measured.items():
        for transaction in transactions:
            assert 21_000 < transaction.touched.floor <= transaction.gas, name


def test_what_data_costs_at_least_since_prague_binds_no_transaction(
    measured: dict[str, list[Measured]],
) -> None:
    for name, transactions in measured.items():
        for transaction in transactions:
            assert transaction.touched.data_floor < transaction.gas, name
