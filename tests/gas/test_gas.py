"""Gas is deterministic, so any drift fails until the snapshot is renewed on purpose."""

from __future__ import annotations

import pytest

from tests.gas.measure import REPORT, measure, read_snapshot, write


@pytest.mark.gas
def test_gas_and_new_slots_are_those_of_the_snapshot() -> None:
    figures = measure()
    write(REPORT, figures)
    assert figures == read_snapshot(), (
        "gas or storage changed; if that is meant, run `make gas RENEW=1` and commit the snapshot"
    )
