"""Where bitcoin is bought: who says so, what is taken for a venue, and who may ask for money."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.payment import encoded
from tests.support.raw import deploy, impersonate
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, USD, Stage
from tests.support.state import refused
from tests.support.sweeps import AT, BITCOIN, Desk
from wellhead.chain import UnlockedAccount, deploy_coins
from wellhead.chain.uniswap import deploy_pool


def as_set(desk: Desk) -> dict[str, Any]:
    names = ("pool", "feed", "maxAge", "slippage", "tip")
    return dict(zip(names, desk.venue.encoded(), strict=True))


def test_the_governor_sets_the_venue(desk: Desk) -> None:
    assert desk.stage.router.call("venue") == as_set(desk)
    desk.venue = replace(desk.venue, max_age=77, slippage=501, tip=0)
    receipt = desk.stage.router.send("setVenue", desk.venue.encoded(), sender=desk.stage.governor)
    assert receipt.event("VenueSet")["venue"] == as_set(desk)
    assert desk.stage.router.call("venue") == as_set(desk)


def test_a_deployment_can_name_its_venue(desk: Desk) -> None:
    stage = desk.stage
    around = [stage.authority, stage.registry, stage.market, stage.vault, stage.oracle]
    named = [contract.address for contract in (*around, stage.cash, stage.reserve)]
    router = deploy(stage, "RevenueRouter", *named, desk.venue.encoded())
    assert router.call("venue") == as_set(desk)
    (event,) = router.events("VenueSet")
    assert event["venue"] == as_set(desk)
    with expect_revert("RevenueRouter_InvalidVenue", "maxAge"):
        deploy(stage, "RevenueRouter", *named, replace(desk.venue, max_age=0).encoded())


def everybody_else(stage: Stage) -> list[UnlockedAccount]:
    return [
        stage.operator,
        stage.guardian,
        stage.stranger,
        stage.officer,
        stage.relay,
        stage.tenants[0],
        *(impersonate(stage, c.address) for c in (stage.vault, stage.market, stage.router)),
    ]


@shows("SWEEP-7")
def test_nobody_else_sets_it(desk: Desk) -> None:
    for somebody in everybody_else(desk.stage):
        with refused(desk.stage, "AccessManagedUnauthorized", somebody.address):
            desk.stage.router.send("setVenue", desk.venue.encoded(), sender=somebody)


def test_the_governors_delay_holds(desk: Desk) -> None:
    stage, delay = desk.stage, 48 * HOUR
    authority, governor, router = stage.authority, stage.governor, stage.router
    authority.send("grantRole", 0, governor.address, delay, sender=governor)
    changed = replace(desk.venue, tip=5)
    data = encoded(router, "setVenue", changed.encoded())
    with expect_revert("AccessManagerNotScheduled"):
        router.send("setVenue", changed.encoded(), sender=governor)
    authority.send("schedule", router.address, data, 0, sender=governor)
    began = stage.now()
    stage.to_time(began + delay - 2)
    with expect_revert("AccessManagerNotReady"):
        router.send("setVenue", changed.encoded(), sender=governor)
    assert router.call("venue") == as_set(desk)
    stage.to_time(began + delay)
    router.send("setVenue", changed.encoded(), sender=governor)
    assert router.call("venue")["tip"] == 5


@shows("SWEEP-7")
@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("maxAge", {"max_age": 0}),
        ("slippage", {"slippage": 0}),
        ("slippage", {"slippage": 500}),  # the pool's fee
        ("slippage", {"slippage": 100_001}),
        ("slippage", {"slippage": 2**32 - 1}),
        ("tip", {"tip": 10_001}),
        ("tip", {"tip": 2**32 - 1}),
    ],
)
def test_numbers_out_of_bounds(desk: Desk, field: str, changes: dict[str, int]) -> None:
    before = desk.stage.router.call("venue")
    with refused(desk.stage, "RevenueRouter_InvalidVenue", field):
        desk.set_venue(**changes)
    assert desk.stage.router.call("venue") == before


@shows("SWEEP-7")
@pytest.mark.parametrize(
    "changes",
    [
        {"max_age": 1},
        {"max_age": 2**32 - 1},
        {"slippage": 501},
        {"slippage": 100_000},
        {"tip": 0},
        {"tip": 10_000},
    ],
)
def test_numbers_at_the_bounds(desk: Desk, changes: dict[str, int]) -> None:
    desk.set_venue(**changes)
    assert desk.stage.router.call("venue") == as_set(desk)


@shows("SWEEP-7")
def test_a_pool_of_other_coins_is_none(desk: Desk) -> None:
    stage = desk.stage
    other, another = deploy_coins(stage.anvil.rpc, stage.governor)
    for coins in ((stage.cash, other), (other, stage.reserve), (other, another)):
        pool = deploy_pool(stage.anvil.rpc, stage.governor, *coins, AT)
        with refused(stage, "RevenueRouter_InvalidVenue", "pool"):
            desk.set_venue(pool=pool.address)


def test_what_is_no_pool_or_no_feed_is_no_venue(desk: Desk) -> None:
    somebody = desk.stage.tenants[0].address
    for changes in (
        {"pool": somebody},
        {"feed": somebody},
        {"pool": desk.stage.cash.address},
        {"feed": desk.stage.vault.address},
    ):
        with refused(desk.stage, ""):
            desk.set_venue(**changes)


def test_a_dearer_pool_needs_more_slippage(desk: Desk) -> None:
    rpc, governor = desk.stage.anvil.rpc, desk.stage.governor
    dear = deploy_pool(rpc, governor, desk.stage.cash, desk.stage.reserve, AT, fee=10_000)
    with refused(desk.stage, "RevenueRouter_InvalidVenue", "slippage"):
        desk.set_venue(pool=dear.address)
    desk.set_venue(pool=dear.address, slippage=10_001)


def test_the_pools_fee_counts_as_a_part_of_the_price(desk: Desk) -> None:
    """At a fee of 1 % and 1.2 % of slippage there are hardly 0.2 % left for the price."""
    rpc, governor = desk.stage.anvil.rpc, desk.stage.governor
    dear = deploy_pool(rpc, governor, desk.stage.cash, desk.stage.reserve, AT, fee=10_000)
    dear.fund(10**30, 10**30, governor)
    desk.pool = dear
    desk.fill(1000 * BITCOIN)
    desk.set_venue(pool=dear.address, slippage=12_000)
    amount = 1_000_000 * USD
    cluster = desk.waiting(amount)
    quoted = desk.quote(amount)
    swept = desk.sweep(cluster).event("Swept")
    assert (swept["spent"], swept["received"]) == quoted
    assert desk.cheap_enough(swept)
    assert swept["spent"] * 1000 > swept["received"] * AT * 1010
    assert 80_000 * USD < swept["spent"] < 100_000 * USD


def test_the_venue_can_be_taken_away_and_given_back(desk: Desk) -> None:
    cluster, before = desk.waiting(10_000 * USD), desk.venue
    zero = "0x" + "00" * 20
    desk.set_venue(pool=zero)  # the rest does not matter then
    with refused(desk.stage, "RevenueRouter_NoVenue"):
        desk.sweep(cluster)
    desk.set_venue(pool=before.pool)
    assert desk.sweep(cluster).event("Swept")["spent"] == 10_000 * USD


def test_only_the_pool_may_ask_for_money_and_only_in_a_sweep(desk: Desk) -> None:
    desk.waiting(10_000 * USD)
    callers = [*everybody_else(desk.stage), desk.stage.governor]
    callers.append(impersonate(desk.stage, desk.pool.address))
    for caller in callers:
        for amounts in ((1, 1), (0, 0), (-1, 1), (1, -1)):
            with refused(desk.stage, "RevenueRouter_NotPool", caller.address):
                desk.stage.router.send("uniswapV3SwapCallback", *amounts, b"", sender=caller)


def test_somebody_elses_swap_is_not_paid_for(desk: Desk) -> None:
    """The pool asks whoever swaps, and the router swaps in a sweep alone."""
    cluster, stage = desk.waiting(10_000 * USD), desk.stage
    trader = deploy(stage, "TestHostilePool", stage.cash.address, stage.reserve.address)
    asked = (stage.router.address, desk.cash_first, 1_000 * USD, desk.limit(), b"")
    call = (desk.pool.address, encoded(desk.pool.contract, "swap", *asked))
    with refused(stage, ""):
        trader.send("act", call, sender=desk.keeper)
    assert desk.pending(cluster) == 10_000 * USD
