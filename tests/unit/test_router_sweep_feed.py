"""What the feed may answer, and what a sweep makes of it."""

from fractions import Fraction

import pytest

from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import USD, Q
from tests.support.state import refused
from tests.support.sweeps import AT, Desk
from wellhead.chain.uniswap import PRICE, deploy_feed

#: The largest answer that is taken for a price.
LARGEST = 2**96 - 1


@shows("SWEEP-3")
@pytest.mark.parametrize("max_age", [1, 60, 3600, 2**32 - 1])
def test_an_answer_may_be_as_old_as_the_venue_says(desk: Desk, max_age: int) -> None:
    cluster = desk.waiting(10_000 * USD)
    desk.set_venue(max_age=max_age)
    given = desk.stage.now() + 1
    desk.feed.send("set", PRICE, given, sender=desk.keeper)
    with desk.stage.scratch():
        desk.stage.anvil.next_block_at(given + max_age)
        assert desk.sweep(cluster).event("Swept")["spent"] == 10_000 * USD
    late = given + max_age + 1
    desk.stage.to_time(late)
    with expect_revert("RevenueRouter_StalePrice", given, late, max_age):
        desk.would_sweep(cluster)
    with refused(desk.stage, "RevenueRouter_StalePrice"):
        desk.sweep(cluster)


@shows("SWEEP-3")
@pytest.mark.parametrize("ahead", [1, 3600, 2**255])
def test_an_answer_from_the_future_is_none(desk: Desk, ahead: int) -> None:
    cluster, max_age = desk.waiting(10_000 * USD), desk.venue.max_age
    now = desk.stage.now() + 1
    desk.feed.send("set", PRICE, now + ahead, sender=desk.keeper)
    assert desk.stage.now() == now
    with expect_revert("RevenueRouter_StalePrice", now + ahead, now, max_age):
        desk.would_sweep(cluster)


def test_an_answer_of_a_round_that_never_ended_is_none(desk: Desk) -> None:
    cluster = desk.waiting(10_000 * USD)
    desk.feed.send("set", PRICE, 0, sender=desk.keeper)
    now = desk.stage.now()
    with expect_revert("RevenueRouter_StalePrice", 0, now, desk.venue.max_age):
        desk.would_sweep(cluster)


@shows("SWEEP-3")
@pytest.mark.parametrize("answer", [0, -1, -(2**255), LARGEST + 1, 2**255 - 1, LARGEST])
def test_answers_that_are_no_prices(desk: Desk, answer: int) -> None:
    cluster = desk.waiting(10_000 * USD)
    desk.answer(answer)
    with refused(desk.stage, "RevenueRouter_InvalidPrice", answer):
        desk.sweep(cluster)
    assert desk.pending(cluster) == 10_000 * USD


@shows("SWEEP-3")
def test_prices_that_no_pool_can_express(desk: Desk) -> None:
    """From 2^60 stablecoin units for a bitcoin unit on, and as many the other way."""
    cluster = desk.waiting(10_000 * USD)
    edge = -(-(2**60 * 10**10 * Q) // (Q + desk.venue.slippage))
    desk.answer(edge)
    with refused(desk.stage, "RevenueRouter_InvalidPrice", edge):
        desk.sweep(cluster)
    desk.answer(edge - 1)
    assert desk.sweep(cluster).event("Swept")["spent"] == 10_000 * USD
    desk.earn(cluster, 10_000 * USD)
    desk.feed = deploy_feed(desk.stage.anvil.rpc, desk.keeper, 1, 18)
    desk.set_venue(feed=desk.feed.address)
    with refused(desk.stage, "RevenueRouter_InvalidPrice", 1):
        desk.sweep(cluster)


@shows("SWEEP-3")
def test_a_feed_that_answers_nothing(desk: Desk) -> None:
    cluster = desk.waiting(10_000 * USD)
    desk.stage.anvil.rpc("anvil_setCode", desk.feed.address, "0x60006000fd")
    with refused(desk.stage, ""):
        desk.sweep(cluster)


@shows("SWEEP-1")
@pytest.mark.parametrize("decimals", [0, 2, 6, 8, 18])
def test_feeds_of_all_decimals_mean_the_same(desk: Desk, decimals: int) -> None:
    cluster = desk.waiting(10_000 * USD)
    wanted = desk.would_sweep(cluster)
    answer = PRICE * 10**decimals // 10**8
    feed = deploy_feed(desk.stage.anvil.rpc, desk.keeper, answer, decimals)
    desk.feed = feed
    desk.set_venue(feed=feed.address)
    assert desk.feed_price() == AT
    assert desk.would_sweep(cluster) == wanted
    swept = desk.sweep(cluster).event("Swept")
    assert (swept["spent"], swept["received"]) == wanted


def test_a_feed_whose_decimals_are_too_many_is_no_venue(desk: Desk) -> None:
    rpc = desk.stage.anvil.rpc
    for decimals in (19, 255):
        feed = deploy_feed(rpc, desk.keeper, PRICE, decimals)
        with refused(desk.stage, "RevenueRouter_InvalidVenue", "feed"):
            desk.set_venue(feed=feed.address)


def test_the_limit_follows_the_feed(desk: Desk) -> None:
    cluster = desk.waiting(100 * USD)
    fee, slippage = Fraction(Q - desk.fee, Q), Fraction(Q + desk.venue.slippage, Q)
    # The pool stands at AT: the feed's price must be above AT / slippage / fee.
    edge = Fraction(PRICE) / slippage / fee
    desk.answer(int(edge * 99 / 100))
    with expect_revert("RevenueRouter_PriceOutOfBounds", desk.root(), desk.limit()):
        desk.sweep(cluster)
    desk.answer(int(edge * 10_001 / 10_000) + 1)
    swept = desk.sweep(cluster).event("Swept")
    assert swept["spent"] > 0
    assert desk.cheap_enough(swept)


def test_prices_at_the_far_ends_are_computed(desk: Desk) -> None:
    """A bitcoin that costs next to nothing, or nearly all that there can be, has a limit too."""
    cluster = desk.waiting(10_000 * USD)
    desk.answer(1)
    assert desk.limit() > 0
    with expect_revert("RevenueRouter_PriceOutOfBounds", desk.root(), desk.limit()):
        desk.sweep(cluster)
    desk.answer(10**26)
    quoted = desk.quote(10_000 * USD)
    swept = desk.sweep(cluster).event("Swept")
    assert (swept["spent"], swept["received"]) == quoted
