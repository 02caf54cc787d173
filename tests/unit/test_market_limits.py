"""Which leases the market refuses: each bound from both sides, by quote and by lease alike."""

from typing import Any

import pytest

from tests.support.raw import attempt
from tests.support.rent import RATE, cost, open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, USD, Stage, Terms
from tests.support.state import refused
from wellhead.chain import UnlockedAccount

UNITS = 100
TERMS = Terms(speed=0, min_hours=3, max_hours=50, horizon_hours=120)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


def refuse(stage: Stage, lease: tuple[int, ...], error: str, *arguments: Any) -> None:
    """Neither quoted nor leased, for the same reason, and nothing changes."""
    with expect_revert(error, *arguments):
        stage.market.call("quote", *lease)
    with refused(stage, error, *arguments):
        attempt(stage.market, "lease", *lease, MAX, sender=stage.tenants[0])


def accept(stage: Stage, cluster: int, units: int, start: int, hours: int) -> None:
    assert stage.market.call("quote", cluster, units, start, hours)["cost"] > 0
    open_lease(stage, cluster, units, start, hours)


@shows("LEASE-6")
@pytest.mark.parametrize("hours", [3, 50])
def test_the_shortest_and_the_longest_lease_are_open(
    stage: Stage, cluster: int, hours: int
) -> None:
    accept(stage, cluster, 1, stage.hour(), hours)


@shows("LEASE-6")
@pytest.mark.parametrize("hours", [0, 2, 51, 2**32, MAX])
def test_shorter_and_longer_leases_are_refused(stage: Stage, cluster: int, hours: int) -> None:
    lease = (cluster, 1, stage.hour(), hours)
    refuse(stage, lease, "LeaseMarket_InvalidLength", hours, 3, 50)


@shows("LEASE-4")
@pytest.mark.parametrize("into", [1, 3598])
def test_the_current_hour_is_open_to_its_last_second(stage: Stage, cluster: int, into: int) -> None:
    hour = stage.hour() + 1
    stage.to_hour(hour, into)
    accept(stage, cluster, 1, hour, 3)


@shows("LEASE-4", "LEASE-5")
def test_an_hour_is_past_from_the_next_ones_first_second(stage: Stage, cluster: int) -> None:
    hour = stage.hour() + 1
    stage.to_hour(hour, HOUR - 1)
    assert stage.market.call("quote", cluster, 1, hour, 3)["firstSeconds"] == 1
    stage.to_hour(hour + 1)
    refuse(stage, (cluster, 1, hour, 3), "LeaseMarket_StartInPast", hour, hour + 1)


@shows("LEASE-5")
def test_the_hour_zero_is_past(stage: Stage, cluster: int) -> None:
    refuse(stage, (cluster, 1, 0, 3), "LeaseMarket_StartInPast", 0, stage.hour())


@shows("LEASE-6")
@pytest.mark.parametrize("hours", [3, 50])
def test_a_lease_may_end_at_the_horizon(stage: Stage, cluster: int, hours: int) -> None:
    accept(stage, cluster, 1, stage.hour() + 120 - hours, hours)


@shows("LEASE-6")
@pytest.mark.parametrize("hours", [3, 50])
def test_a_lease_may_not_end_an_hour_after_the_horizon(
    stage: Stage, cluster: int, hours: int
) -> None:
    end = stage.hour() + 120
    start = end - hours + 1
    refuse(stage, (cluster, 1, start, hours), "LeaseMarket_PastHorizon", start, hours, end)


@shows("LEASE-6")
@pytest.mark.parametrize("start", [2**32, 2**32 + 490_900, 2**255, MAX - 3, MAX])
def test_a_start_beyond_all_time_is_past_the_horizon(
    stage: Stage, cluster: int, start: int
) -> None:
    end = stage.hour() + 120
    refuse(stage, (cluster, 1, start, 3), "LeaseMarket_PastHorizon", start, 3, end)


def test_a_lease_may_last_until_the_horizon_from_now(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS.but(max_hours=120))
    accept(stage, cluster, 1, stage.hour(), 120)


@shows("LEASE-7")
def test_a_lease_needs_a_unit(stage: Stage, cluster: int) -> None:
    refuse(stage, (cluster, 0, stage.hour(), 3), "LeaseMarket_NoUnits")


@shows("CAL-6")
def test_all_units_can_be_leased_and_no_more(stage: Stage, cluster: int) -> None:
    start = stage.hour()
    lease = (cluster, UNITS + 1, start, 3)
    refuse(stage, lease, "LeaseMarket_SoldOut", 0, UNITS + 1, UNITS)
    accept(stage, cluster, UNITS, start, 3)
    refuse(stage, (cluster, 1, start, 3), "LeaseMarket_SoldOut", UNITS, 1, UNITS)


@shows("LEASE-7")
@pytest.mark.parametrize("units", [2**32, 2**32 + 1, MAX])
def test_more_units_than_any_cluster_has_are_sold_out(
    stage: Stage, cluster: int, units: int
) -> None:
    refuse(stage, (cluster, units, stage.hour(), 3), "LeaseMarket_SoldOut", 0, units, UNITS)


@shows("CAL-6")
@pytest.mark.parametrize("busy", [0, 1, 7, 8, 15, 29])
def test_the_fullest_hour_decides(stage: Stage, cluster: int, busy: int) -> None:
    start = stage.hour() + 10
    open_lease(stage, cluster, 40, start + busy - 2, 3)
    open_lease(stage, cluster, 20, start + busy, 3)
    lease = (cluster, 41, start, 30)
    refuse(stage, lease, "LeaseMarket_SoldOut", 60, 41, UNITS)
    accept(stage, cluster, 40, start, 30)


@shows("CAL-7")
def test_a_full_hour_closes_neither_the_hour_before_nor_the_one_after(
    stage: Stage, cluster: int
) -> None:
    start = stage.hour() + 10
    open_lease(stage, cluster, UNITS, start, 3)
    accept(stage, cluster, UNITS, start - 3, 3)
    accept(stage, cluster, UNITS, start + 3, 3)


@shows("CAL-8")
def test_only_what_is_sellable_is_sold(stage: Stage, cluster: int) -> None:
    start = stage.hour()
    open_lease(stage, cluster, 10, start, 3)
    stage.registry.send("setSellable", cluster, 30, sender=stage.operator)
    refuse(stage, (cluster, 21, start, 3), "LeaseMarket_SoldOut", 10, 21, 30)
    accept(stage, cluster, 20, start, 3)


@shows("CAL-8")
def test_nothing_is_sold_while_more_is_booked_than_sellable(stage: Stage, cluster: int) -> None:
    start = stage.hour()
    open_lease(stage, cluster, 50, start, 3)
    stage.registry.send("setSellable", cluster, 20, sender=stage.operator)
    refuse(stage, (cluster, 1, start, 3), "LeaseMarket_SoldOut", 50, 1, 20)
    accept(stage, cluster, 20, start + 3, 3)


@shows("LEASE-7")
def test_units_that_are_not_attested_yet_are_sold_out(stage: Stage) -> None:
    cluster = stage.register(TERMS)
    refuse(stage, (cluster, 1, stage.hour(), 3), "LeaseMarket_SoldOut", 0, 1, 0)


@shows("LEASE-7")
@pytest.mark.parametrize("cluster_id", [0, 2, 2**32 + 1, MAX])
def test_an_unknown_cluster_has_no_leases(stage: Stage, cluster: int, cluster_id: int) -> None:
    lease = (cluster_id, 1, stage.hour(), 3)
    refuse(stage, lease, "CapacityRegistry_UnknownCluster", cluster_id)


@shows("PAUSE-1")
def test_no_leases_while_paused_and_again_after(stage: Stage, cluster: int) -> None:
    start = stage.hour()
    stage.registry.send("pause", sender=stage.guardian)
    refuse(stage, (cluster, 1, start, 3), "LeaseMarket_Paused")
    stage.registry.send("unpause", sender=stage.guardian)
    accept(stage, cluster, 1, start, 3)


def poor_tenant(stage: Stage, balance: int, allowance: int) -> UnlockedAccount:
    stage.cash.send("mint", stage.stranger.address, balance, sender=stage.stranger)
    stage.cash.send("approve", stage.vault.address, allowance, sender=stage.stranger)
    return stage.stranger


@shows("LEASE-8")
@pytest.mark.parametrize("missing", [0, 1])
def test_a_lease_needs_the_whole_allowance(stage: Stage, cluster: int, missing: int) -> None:
    start = stage.hour() + 1
    price = cost(TERMS, TERMS.base_start, UNITS, 2, [HOUR] * 5, [0] * 5)
    tenant = poor_tenant(stage, 10**12, price - missing)
    lease = (cluster, 2, start, 5, MAX)
    if not missing:
        stage.market.send("lease", *lease, sender=tenant)
        assert stage.cash.call("allowance", tenant.address, stage.vault.address) == 0
        return
    error = ("ERC20InsufficientAllowance", stage.vault.address, price - missing, price)
    with refused(stage, *error):
        attempt(stage.market, "lease", *lease, sender=tenant)


@shows("LEASE-8")
@pytest.mark.parametrize("missing", [0, 1])
def test_a_lease_needs_the_whole_balance(stage: Stage, cluster: int, missing: int) -> None:
    start = stage.hour() + 1
    price = cost(TERMS, TERMS.base_start, UNITS, 2, [HOUR] * 5, [0] * 5)
    tenant = poor_tenant(stage, price - missing, MAX)
    lease = (cluster, 2, start, 5, MAX)
    if not missing:
        stage.market.send("lease", *lease, sender=tenant)
        assert stage.cash.call("balanceOf", tenant.address) == 0
        return
    error = ("ERC20InsufficientBalance", tenant.address, price - missing, price)
    with refused(stage, *error):
        attempt(stage.market, "lease", *lease, sender=tenant)


@shows("LEASE-8")
def test_a_blocked_tenant_leaves_the_calendar_empty(stage: Stage, cluster: int) -> None:
    tenant = stage.tenants[0]
    stage.cash.send("setBlocked", tenant.address, True, sender=stage.stranger)
    with refused(stage, "TestCoin_Blocked", tenant.address):
        attempt(stage.market, "lease", cluster, 1, stage.hour(), 3, MAX, sender=tenant)


@shows("LEASE-9")
def test_a_rate_that_does_not_fit_the_books_is_refused(stage: Stage) -> None:
    dearest = 10**6 * USD
    terms = TERMS.but(base_start=dearest, base_cap=dearest, low=10**8, high=10**8, discount=0)
    cluster = stage.cluster(200_000, terms)
    tenant = stage.tenants[0]
    stage.fund(tenant, 10**30)
    start = stage.hour() + 1
    most = (2**96 - 1) // RATE // (dearest * 100)
    open_lease(stage, cluster, most, start, 3, tenant)
    rate = (most + 1) * dearest * 100 * RATE
    with refused(stage, "SafeCastOverflowedUintDowncast", 96, rate):
        attempt(stage.market, "lease", cluster, most + 1, start + 3, 3, MAX, sender=tenant)
    with expect_revert("SafeCastOverflowedUintDowncast", 96, rate):
        stage.market.call("quote", cluster, most + 1, start + 3, 3)
