"""What a pool has at the price, and what it asks where somebody traded with it before a sweep."""

from dataclasses import replace

from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import USD, Q
from tests.support.state import refused
from tests.support.sweeps import BITCOIN, Desk


def test_the_pools_own_arithmetic(desk: Desk) -> None:
    """Within one position the pool keeps cash * bitcoin, and takes its fee of what is paid in."""
    cluster = desk.waiting(5_000 * USD)
    liquidity = desk.pool.contract.call("liquidity")
    root = desk.root()
    spent, received = desk.would_sweep(cluster)
    net = spent * (Q - desk.fee) // Q
    # Of either coin as much as stands at the price: liquidity times the root, or by it.
    bitcoin_by_root = (liquidity << 96) // root if not desk.cash_first else liquidity * root >> 96
    cash_by_root = liquidity * root >> 96 if not desk.cash_first else (liquidity << 96) // root
    exact = bitcoin_by_root * net // (cash_by_root + net)
    assert 0 <= exact - received <= 1


@shows("SWEEP-4")
def test_a_thin_pool_sells_what_it_has_at_the_price_and_the_rest_waits(desk: Desk) -> None:
    """Liquidity of 1,000 bitcoin lets the price rise by 0.95 % for some 4.7 bitcoin."""
    amount = 2_000_000 * USD
    cluster = desk.waiting(amount)
    quoted = desk.quote(amount)
    swept = desk.sweep(cluster).event("Swept")
    assert (swept["spent"], swept["received"]) == quoted
    assert 450_000 * USD < swept["spent"] < 500_000 * USD
    assert desk.root() == desk.limit()
    assert desk.cheap_enough(swept)
    assert desk.pending(cluster) == amount - swept["spent"]
    with refused(desk.stage, "RevenueRouter_PriceOutOfBounds", desk.limit(), desk.limit()):
        desk.sweep(cluster)


@shows("SWEEP-4")
def test_a_price_that_was_pushed_too_far_buys_nothing(desk: Desk) -> None:
    """Somebody buys before the sweep, to sell to it dearly."""
    cluster = desk.waiting(10_000 * USD)
    up = -1 if desk.cash_first else 1
    for root in (
        desk.limit(),
        desk.limit() + up,
        desk.limit() * 90 // 100 if desk.cash_first else desk.limit() * 110 // 100,
    ):
        with desk.stage.scratch():
            desk.move_to(root)
            with refused(desk.stage, "RevenueRouter_PriceOutOfBounds", root, desk.limit()):
                desk.sweep(cluster)
            assert desk.pending(cluster) == 10_000 * USD


@shows("SWEEP-1")
def test_a_price_that_was_pushed_to_just_inside_costs_no_more_than_allowed(desk: Desk) -> None:
    cluster = desk.waiting(10_000 * USD)
    limit, up = desk.limit(), -1 if desk.cash_first else 1
    ordinary = desk.would_sweep(cluster)
    for part in (20, 1000, 3000):
        with desk.stage.scratch():
            desk.move_to(limit - up * limit // (part * 100))
            quoted = desk.quote(10_000 * USD)
            swept = desk.sweep(cluster).event("Swept")
            assert (swept["spent"], swept["received"]) == quoted
            assert desk.cheap_enough(swept)
            assert swept["spent"] * ordinary[1] > swept["received"] * ordinary[0]
            assert desk.pending(cluster) == 10_000 * USD - swept["spent"]
    # A hair within the limit there is less than a bitcoin unit to be had.
    desk.move_to(limit - up)
    with expect_revert("RevenueRouter_BadSwap"):
        desk.sweep(cluster)
    assert desk.pending(cluster) == 10_000 * USD


def test_a_price_below_the_feeds_is_taken(desk: Desk) -> None:
    cluster = desk.waiting(10_000 * USD)
    fair = desk.would_sweep(cluster)[1]
    root = desk.root()
    desk.move_to(root * 105 // 100 if desk.cash_first else root * 95 // 100)
    assert desk.sweep(cluster).event("Swept")["received"] > fair * 110 // 100


def test_concentrated_liquidity_is_used_up_to_its_end(desk: Desk) -> None:
    """All of a position around the price is bought, across the empty rest up to the limit."""
    with desk.stage.scratch():
        bare = replace(desk)
        bare.drain((*whole(desk), desk.pool.contract.call("liquidity")))
        bare.fill(1000 * BITCOIN, ticks=20)
        cluster = bare.waiting(1_000_000 * USD)
        quoted = bare.quote(1_000_000 * USD)
        before = bare.stage.reserve.call("balanceOf", bare.pool.address)
        swept = bare.sweep(cluster).event("Swept")
        assert (swept["spent"], swept["received"]) == quoted
        assert before - swept["received"] <= 2  # all that was there
        assert bare.root() == bare.limit()
        assert bare.pending(cluster) == 1_000_000 * USD - swept["spent"]


@shows("SWEEP-4")
def test_an_empty_pool_sells_nothing(desk: Desk) -> None:
    cluster = desk.waiting(10_000 * USD)
    desk.drain((*whole(desk), desk.pool.contract.call("liquidity")))
    with refused(desk.stage, "RevenueRouter_BadSwap", 0, 0, 0):
        desk.sweep(cluster)


def test_a_pool_that_has_no_price_yet(desk: Desk) -> None:
    cluster = desk.waiting(10_000 * USD)
    factory = desk.pool.contract.call("factory")
    maker = type(desk.pool.contract)(desk.stage.anvil.rpc, "IUniswapV3Factory", factory)
    coins = (desk.stage.cash.address, desk.stage.reserve.address)
    maker.send("createPool", *coins, 3000, sender=desk.keeper)
    desk.set_venue(pool=maker.call("getPool", *coins, 3000))
    if desk.cash_first:
        with refused(desk.stage, "RevenueRouter_PriceOutOfBounds"):
            desk.sweep(cluster)
    else:
        with refused(desk.stage, "Error", "LOK"):  # the pool's own word
            desk.sweep(cluster)


def whole(desk: Desk) -> tuple[int, int]:
    """The bounds of a position everywhere."""
    spacing = desk.pool.contract.call("tickSpacing")
    most = 887_272 // spacing * spacing
    return -most, most
