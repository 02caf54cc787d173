"""Retiring: burning units that nobody has booked; what they earned stays owed."""

from __future__ import annotations

import pytest

from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, UNIT, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Receipt
from wellhead.model.samples import Sample


def retire(stage: Stage, cluster_id: int, units: int) -> Receipt:
    return stage.registry.send("retire", cluster_id, units, sender=stage.operator)


@shows("REG-17")
def test_a_retirement_announces_what_is_left_and_burns(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    receipt = retire(stage, cluster_id, 30)
    assert receipt.event("Retired").arguments == {
        "clusterId": cluster_id,
        "units": 30,
        "attested": 70,
        "sellable": 70,
    }
    burned = receipt.event("Transfer")
    assert (burned["from"], burned["value"]) == (stage.operator.address, 30 * UNIT)
    assert int(burned["to"], 16) == 0
    token = stage.token(cluster_id)
    assert token.call("totalSupply") == 70 * UNIT
    assert token.call("balanceOf", stage.operator.address) == 70 * UNIT
    cluster = stage.registry.call("clusterOf", cluster_id)
    assert (cluster["attested"], cluster["sellable"], cluster["attestations"]) == (70, 70, 1)


@shows("REG-2")
@pytest.mark.parametrize(("sellable", "left"), [(0, 0), (69, 69), (70, 70), (71, 70), (100, 70)])
def test_sellable_falls_only_where_it_must(stage: Stage, sellable: int, left: int) -> None:
    cluster_id = stage.cluster(100)
    stage.registry.send("setSellable", cluster_id, sellable, sender=stage.operator)
    assert retire(stage, cluster_id, 30).event("Retired")["sellable"] == left
    assert stage.registry.call("clusterOf", cluster_id)["sellable"] == left


def test_everything_can_be_retired_and_attested_again(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    retire(stage, cluster_id, 100)
    assert stage.token(cluster_id).call("totalSupply") == 0
    assert stage.registry.call("clusterOf", cluster_id)["attested"] == 0
    stage.mint(cluster_id, 5)
    assert stage.token(cluster_id).call("totalSupply") == 5 * UNIT
    assert stage.registry.call("clusterOf", cluster_id)["attested"] == 5


@pytest.mark.parametrize("units", [0, 101, 2**32 + 1, MAX])
def test_no_units_or_more_than_exist_are_refused(stage: Stage, units: int) -> None:
    cluster_id = stage.cluster(100)
    with refused(stage, "CapacityRegistry_InvalidUnits", units, 100):
        retire(stage, cluster_id, units)


@shows("REG-8")
def test_an_operator_retires_only_tokens_that_it_has(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    token, operator = stage.token(cluster_id), stage.operator
    token.send("transfer", stage.holders[0].address, 40 * UNIT + 1, sender=operator)
    balance = 60 * UNIT - 1
    with refused(stage, "ERC20InsufficientBalance", operator.address, balance, 60 * UNIT):
        retire(stage, cluster_id, 60)
    retire(stage, cluster_id, 59)
    assert token.call("balanceOf", stage.holders[0].address) == 40 * UNIT + 1


def test_a_retirement_works_while_paused(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    stage.registry.send("pause", sender=stage.guardian)
    retire(stage, cluster_id, 100)
    assert stage.token(cluster_id).call("totalSupply") == 0


@shows("REG-7")
def test_units_can_be_retired_down_to_the_peak(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    hour = stage.hour() + 10
    stage.lease(cluster_id, 25, hour, 5)
    stage.lease(cluster_id, 15, hour + 4, 5)
    with refused(stage, "CapacityRegistry_StillBooked", cluster_id, 40, 39):
        retire(stage, cluster_id, 61)
    with refused(stage, "CapacityRegistry_StillBooked", cluster_id, 40, 0):
        retire(stage, cluster_id, 100)
    retire(stage, cluster_id, 60)
    assert stage.registry.call("clusterOf", cluster_id)["attested"] == 40


@shows("REG-7")
def test_a_booking_holds_its_units_to_the_end_of_its_last_hour(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    hour = stage.hour() + 1
    stage.lease(cluster_id, 80, hour, 2)
    stage.anvil.next_block_at((hour + 2) * HOUR - 1)
    with refused(stage, "CapacityRegistry_StillBooked", cluster_id, 80, 79):
        retire(stage, cluster_id, 21)
    stage.anvil.next_block_at((hour + 2) * HOUR)
    retire(stage, cluster_id, 21)


@shows("REG-7")
def test_a_lease_of_the_current_hour_holds_its_units(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    stage.lease(cluster_id, 1, stage.hour(), 1)
    with refused(stage, "CapacityRegistry_StillBooked", cluster_id, 1, 0):
        retire(stage, cluster_id, 100)


@shows("REG-7")
def test_the_last_hour_of_the_horizon_holds_its_units(stage: Stage) -> None:
    cluster_id = stage.cluster(100, Terms(max_hours=24, horizon_hours=48))
    stage.lease(cluster_id, 7, stage.hour() + 47, 1)
    with refused(stage, "CapacityRegistry_StillBooked", cluster_id, 7, 6):
        retire(stage, cluster_id, 94)
    retire(stage, cluster_id, 93)


def shared_cluster(stage: Stage) -> tuple[int, int]:
    """100 units, 40 of them held by a holder, whose hour was booked in full; the hour is over."""
    cluster_id = stage.cluster(100)
    token = stage.token(cluster_id)
    token.send("transfer", stage.holders[0].address, 40 * UNIT, sender=stage.operator)
    hour = stage.hour() + 1
    stage.lease(cluster_id, 100, hour, 1)
    stage.to_hour(hour + 1)
    return cluster_id, hour


@shows("REG-9")
def test_what_retired_tokens_earned_stays_owed(stage: Stage) -> None:
    cluster_id, hour = shared_cluster(stage)
    token, operator, holder = stage.token(cluster_id), stage.operator, stage.holders[0]
    stage.report_hours(cluster_id, hour, hour + 1)
    stage.finalize()
    with stage.scratch():
        stage.router.send("accrueAndDistribute", cluster_id, sender=stage.stranger)
        operators, _ = token.call("claimable", operator.address)
        holders, _ = token.call("claimable", holder.address)
    assert 0 < holders < operators
    names = [event.name for event in retire(stage, cluster_id, 60).events]
    assert names.index("Distributed") < names.index("Retired")
    assert token.call("balanceOf", operator.address) == 0
    assert token.call("claimable", operator.address) == (operators, 0)
    assert token.call("claimable", holder.address) == (holders, 0)
    token.send("claim", operator.address, sender=operator)
    assert stage.cash.call("balanceOf", operator.address) == operators


@shows("REG-9")
def test_hours_that_are_not_final_pay_the_tokens_that_remain(stage: Stage) -> None:
    cluster_id, hour = shared_cluster(stage)
    token, operator, holder = stage.token(cluster_id), stage.operator, stage.holders[0]
    retire(stage, cluster_id, 60)
    stage.report([Sample(cluster_id, hour, 100_000, 100_000)])
    stage.finalize()
    stage.router.send("accrueAndDistribute", cluster_id, sender=stage.stranger)
    assert token.call("claimable", operator.address) == (0, 0)
    total = stage.router.call("totalOf", cluster_id)
    cash_share = total * 450_000 // 1_000_000
    assert token.call("claimable", holder.address)[0] in (cash_share - 1, cash_share)
    assert cash_share > 0
