"""Branches of holding that nothing else meets."""

from __future__ import annotations

import pytest

from tests.support.bench import set_up
from tests.support.reverts import expect_revert
from tests.support.shares import ZERO
from tests.support.shares import set_up as set_up_share
from tests.support.stage import UNIT, Stage

DAY = 24 * 3600


@pytest.mark.parametrize("number", [0, 1])
def test_units_that_go_while_revenue_vests_leave_the_rest_of_it_behind(
    stage: Stage, number: int
) -> None:
    """In either currency: the burnt unit keeps its part of the first half, and no more."""
    bench = set_up(stage)
    stays, goes = bench.holders[:2]
    bench.mint(stays, UNIT)
    bench.mint(goes, UNIT)
    amount = DAY * 1_000
    bench.add(number, amount, amount)
    begin, shift = stage.now(), bench.revenues()[number]["shift"]
    stage.anvil.next_block_at(begin + DAY // 2)
    bench.burn(goes, UNIT)
    assert bench.owed(goes)[number] >> shift in (amount // 4 - 1, amount // 4)
    stage.to_time(begin + DAY)
    assert bench.owed(goes)[number] >> shift in (amount // 4 - 1, amount // 4)
    assert bench.owed(stays)[number] >> shift in (amount * 3 // 4 - 1, amount * 3 // 4)
    bench.assert_conserved((stays, goes))


@pytest.mark.parametrize("amount", [0, 1])
def test_nobodys_units_are_neither_frozen_nor_set_free(stage: Stage, amount: int) -> None:
    share = set_up_share(stage)
    with expect_revert("Compliance_InvalidAccount", ZERO):
        stage.compliance.send("setFrozenTokens", share.cluster, ZERO, amount, sender=stage.officer)
