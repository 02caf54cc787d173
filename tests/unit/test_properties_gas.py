"""What a call can cost at most, and what it does not grow with."""

from __future__ import annotations

from tests.support.bonds import declare, post
from tests.support.lifecycle import extend, split_units
from tests.support.rent import deliver, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, USD, Q, Stage, Terms

TERMS = Terms(penalty=Q, bond=10 * USD, horizon_hours=400, max_hours=300)


def accrual_gas(stage: Stage, leases: int) -> int:
    """Gas of an accrual over four hours of so many leases, all from the first to the last."""
    with stage.scratch():
        cluster = stage.cluster(100, Terms(speed=0))
        start = stage.hour() + 1
        for n in range(leases):
            open_lease(stage, cluster, 2, start, 4, stage.tenants[n % 4])
        hours = range(start, start + 4)
        deliver(stage, cluster, dict.fromkeys(hours, 2_000 * leases - 1_000))
        return stage.market.send("accrue", cluster, sender=stage.stranger).gas_used


@shows("GAS-4")
def test_an_accrual_costs_the_same_however_many_leases_run(stage: Stage) -> None:
    assert abs(accrual_gas(stage, 1) - accrual_gas(stage, 12)) < 100


def settlement_gas(stage: Stage, hours: int) -> int:
    """Gas of settling a lease of so many hours, all of them accrued."""
    with stage.scratch():
        cluster = stage.cluster(100, Terms(speed=0))
        lease = open_lease(stage, cluster, 10, stage.hour() + 1, hours)
        deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), 5_000))
        stage.market.send("accrue", cluster, sender=stage.stranger)
        return stage.market.send("settle", lease.id, sender=stage.stranger).gas_used


@shows("GAS-5")
def test_a_settlement_costs_the_same_however_long_the_lease_is(stage: Stage) -> None:
    assert abs(settlement_gas(stage, 3) - settlement_gas(stage, 96)) < 100


def default_gas(stage: Stage, leases: int) -> int:
    """Gas of declaring a default that makes so many leases void, booked for the same hours."""
    with stage.scratch():
        cluster = stage.cluster(100, TERMS)
        post(stage, cluster, 2_000 * USD)
        start = stage.hour() + 1
        for n in range(leases):
            open_lease(stage, cluster, 2, start, 300, stage.tenants[n % 4])
        deliver(stage, cluster, dict.fromkeys(range(start, start + 72), 0))
        stage.market.send("accrue", cluster, sender=stage.stranger)
        return declare(stage, cluster).gas_used


@shows("GAS-6")
def test_a_default_costs_the_same_however_many_leases_it_makes_void(stage: Stage) -> None:
    assert abs(default_gas(stage, 1) - default_gas(stage, 12)) < 1_000


@shows("GAS-9")
def test_a_lease_of_as_many_parts_as_there_can_be_is_settled_for_little(stage: Stage) -> None:
    """Also where it was split, and a default has made the last of its parts void."""
    with stage.scratch():
        cluster = stage.cluster(100, TERMS)
        post(stage, cluster, 2_000 * USD)
        lease = open_lease(stage, cluster, 20, stage.hour(), 60, at=stage.hour() * HOUR + 1_234)
        for _ in range(15):
            extend(stage, lease, 10)
        hours = range(lease.start, lease.start + 80)
        deliver(stage, cluster, {hour: 7_000 if hour < lease.start + 5 else 0 for hour in hours})
        stage.market.send("accrue", cluster, sender=stage.stranger)
        split_units(stage, lease.id, 7)
        declare(stage, cluster)
        assert stage.market.call("leaseOf", lease.id)["parts"] == stage.market.call("MAX_PARTS")
        receipt = stage.market.send("settle", lease.id, sender=stage.stranger)
        assert receipt.event("Settled")["amount"] > 0
        assert receipt.gas_used < 500_000
