"""What a mint is said to cost before it is made, to the unit."""

from __future__ import annotations

import pytest

from tests.support.cli import block_number
from tests.support.minting import TERMS, make_wait, mint_now, topped_up
from tests.support.stage import USD, Q, Stage
from wellhead.actions.topping import TopUp, top_up_of

UNITS = 64


@pytest.mark.parametrize("hours", [1, 30])
@pytest.mark.parametrize("cancelled", [False, True])
@pytest.mark.parametrize("held", [False, True])
def test_the_figures_are_those_of_the_mint(
    stage: Stage, hours: int, cancelled: bool, held: bool
) -> None:
    """With all that it accrues and distributes before, hours of a lease and cancellations, at the
    bound of the token's ledger too."""
    cluster = stage.cluster(UNITS, TERMS.but(cancel_fee=Q // 2))
    make_wait(stage, cluster, 2**60 - 2 if held else 77 * USD, 1_234_567, 3)
    if held:
        make_wait(stage, cluster, 2**59, 0)
    first = stage.hour() + 1
    stage.lease(cluster, 40, first, hours)
    spare = stage.lease(cluster, 7, first + 400, 20)
    stage.to_hour(first + hours)
    stage.report_hours(cluster, first, first + hours)
    stage.finalize()
    if cancelled:
        stage.market.send("cancel", spare, first + 401, 0, sender=stage.tenants[0])
    stage.fund(stage.operator, 2**64)
    stage.fund(stage.operator, coin=stage.reserve)
    block = block_number(stage)
    told = top_up_of(stage.deployment, cluster, 37, block)
    assert told != TopUp(*stage.router.call("topUpOf", cluster, 37))
    receipt = mint_now(stage, cluster, 37)
    assert receipt.all("Distributed")
    assert (told.pending, told.cash, told.reserve) == topped_up(stage, receipt)


@pytest.mark.parametrize("again", [False, True])
def test_the_figures_know_what_came_at_once_in_this_hour(stage: Stage, again: bool) -> None:
    """Where an hour's mean did, all that the mint distributes besides vests."""
    cluster = stage.cluster(UNITS, TERMS)
    first = stage.hour() + 1
    stage.lease(cluster, 40, first, 1)
    stage.to_hour(first + 1)
    stage.report_hours(cluster, first, first + 1)
    stage.finalize()
    stage.to_hour(stage.hour() + 1)
    if again:
        make_wait(stage, cluster, 77 * USD, 0, 1)
    stage.fund(stage.operator, 2**64)
    told = top_up_of(stage.deployment, cluster, 37, block_number(stage))
    receipt = mint_now(stage, cluster, 37)
    added = receipt.event("CashAdded")
    assert added["backlog"] == (added["amount"] if again else 0)
    assert (told.pending, told.cash, told.reserve) == topped_up(stage, receipt)
