"""Where bitcoin is bought, named in a parameter file: checked before anything is sent, shown, put
into the router, and read back."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from tests.support.live import put_contract
from tests.support.rehearsal import Rehearsal, person
from tests.support.stage import USD, Stage
from tests.support.sweeps import desk_on
from tests.support.venues import AT, BITCOIN, Market, open_market
from wellhead import toolchain
from wellhead.chain import Deployment
from wellhead.chain.plan import OPERATOR_ROLE
from wellhead.chain.proof import prove
from wellhead.chain.record import DeploymentError
from wellhead.chain.uniswap import FEED_DECIMALS, PRICE, comes_first, price_of, root_of
from wellhead.cli.amounts import show_per_bitcoin


@pytest.fixture
def market(rehearsal: Rehearsal) -> Market:
    made = open_market(rehearsal)
    rehearsal.values["venue"] = {
        "pool": made.pool,
        "feed": made.feed,
        "max_age_seconds": 4500,
        "slippage_percent": "1.25",
        "tip_percent": "0.05",
    }
    return made


def changed(rehearsal: Rehearsal, **changes: Any) -> dict[str, Any]:
    return {"venue": {**rehearsal.values["venue"], **changes}}


def test_a_deployment_that_buys_bitcoin_from_the_start(
    rehearsal: Rehearsal, market: Market
) -> None:
    dry = rehearsal.deploy("--dry-run")
    assert dry.code == 0, dry.stderr
    shown = " ".join(dry.stderr.split())
    pool, feed, factory = map(
        to_checksum_address, (market.pool, market.feed, market.factory.address)
    )
    first = comes_first(market.cash, market.reserve)
    # What a pool shows is the square of the root that it keeps, rounded down.
    at_pool = int(price_of(root_of(AT, first), first) * BITCOIN)
    assert 0 <= 100_000 * USD - at_pool <= 1
    for said in (
        f"pool {pool}, {show_per_bitcoin(at_pool)} and a fee of 0.05 %",
        f"made by {factory}",
        f"feed {feed}, BTC / USD, $100,000.00/BTC as of 2025-12-31 23:59",
        "answers may be 1 hour 15 minutes old",
        "slippage 1.25 %: now up to $101,250.00/BTC, the fee included",
        "tip of a sweep 0.05 % of what it buys",
    ):
        assert said in shown, said
    assert "warning" not in dry.stderr

    document = rehearsal.wellhead.json(*rehearsal.command())
    venue = {"pool": pool, "feed": feed, "max_age": "4500", "slippage": "12500", "tip": "500"}
    assert {**document["parameters"]["venue"], "pool": pool, "feed": feed} == venue
    made = Deployment.load(rehearsal.file, rehearsal.rpc)
    assert made.router.call("venue") == {
        "pool": pool,
        "feed": feed,
        "maxAge": 4500,
        "slippage": 12_500,
        "tip": 500,
    }


def test_pools_that_will_not_do(rehearsal: Rehearsal, market: Market) -> None:
    nothing = person("nothing").address
    said = rehearsal.refused(4, **changed(rehearsal, pool=nothing))
    assert f"the pool: there is no contract at {nothing}" in said
    for other in (rehearsal.values["governor"], rehearsal.values["cash"]):
        said = rehearsal.refused(4, **changed(rehearsal, pool=other))
        assert "does not answer as a Uniswap v3 pool" in said
    foreign = market.new_pool(rehearsal.values["governor"])
    market.initialize(foreign, 2**96)
    said = rehearsal.refused(4, **changed(rehearsal, pool=foreign))
    assert "not of the cash and reserve coins" in said
    blank = market.new_pool(market.reserve, fee=3000)
    said = rehearsal.refused(4, **changed(rehearsal, pool=blank))
    assert "has no price yet: nobody initialized it" in said
    said = rehearsal.refused(4, **changed(rehearsal, slippage_percent="0.05"))
    assert "takes a fee of 0.05 %, and the slippage of 0.05 %, which includes it, must be" in said
    market.initialize(blank, root_of(AT, comes_first(market.cash, market.reserve)))
    said = rehearsal.refused(4, **changed(rehearsal, pool=blank, slippage_percent="0.25"))
    assert "takes a fee of 0.3 %, and the slippage of 0.25 %" in said
    assert rehearsal.nonce("pending") == 0
    assert rehearsal.journal is None


def test_feeds_that_will_not_do(rehearsal: Rehearsal, market: Market) -> None:
    nothing = person("nothing").address
    said = rehearsal.refused(4, **changed(rehearsal, feed=nothing))
    assert f"the feed: there is no contract at {nothing}" in said
    said = rehearsal.refused(4, **changed(rehearsal, feed=rehearsal.values["cash"]))
    assert "does not answer as a price feed" in said
    for answer in (0, -5):
        feed = market.new_feed(answer, age=1)
        said = rehearsal.refused(4, **changed(rehearsal, feed=feed))
        assert f"answers {answer}, which is no price" in said
    many = market.new_feed(PRICE, age=1, decimals=19)
    said = rehearsal.refused(4, **changed(rehearsal, feed=many))
    assert "has 19 decimals: up to 18 can be used" in said
    old = market.new_feed(PRICE, age=4501)
    said = rehearsal.refused(4, **changed(rehearsal, feed=old))
    assert "is 4,501 seconds old: up to 4,500 are allowed" in said
    coming = market.new_feed(PRICE, age=-90)
    said = rehearsal.refused(4, **changed(rehearsal, feed=coming))
    assert "is of 90 seconds in the future" in said
    bytecode = toolchain.artifacts()["TestFeed"]["bytecode"]
    told = put_contract(market.node, bytecode, ["uint8", "int256"], [FEED_DECIMALS, PRICE])
    said = rehearsal.refused(4, **changed(rehearsal, feed=told))
    assert "says what anybody tells it: it is for local chains only" in said
    assert rehearsal.nonce("pending") == 0


def test_what_may_surprise_is_said(rehearsal: Rehearsal, market: Market) -> None:
    """It may be deployed like this: liquidity can come later, and prices move."""
    empty = market.new_pool(market.reserve, fee=3000)
    market.initialize(empty, root_of(AT, comes_first(market.cash, market.reserve)))
    dry = rehearsal.deploy("--dry-run", **changed(rehearsal, pool=empty), officers=[])
    assert dry.code == 0, dry.stderr
    said = " ".join(dry.stderr.split())
    assert "has no liquidity at its price: nothing is bought yet" in said
    assert "warning: no officer is named: nobody can receive tokens before" in said
    # The pool asks for 100,000 dollars and its fee, and 1.25 % more than 98,700 are 99,933.
    low = market.new_feed(98_700 * 10**FEED_DECIMALS, age=1)
    dry = rehearsal.deploy("--dry-run", **changed(rehearsal, feed=low))
    assert dry.code == 0, dry.stderr
    assert "asks for more than the feed's price and the slippage" in " ".join(dry.stderr.split())


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"pool": "0x12"}, "venue.pool: '0x12' is no address"),
    ({"slippage_percent": "10.0001"}, "venue.slippage_percent: 10.0001 % is more than 10 %"),
    ({"slippage_percent": 0}, "venue.slippage_percent: "),
    ({"slippage_percent": "0.00001"}, "has more than 4 digits after the point"),
    ({"tip_percent": "1.5"}, "venue.tip_percent: 1.5 % is more than 1 %"),
    ({"tip_percent": "-1"}, "venue.tip_percent: '-1' is no number"),
    ({"max_age_seconds": 0}, "venue.max_age_seconds: "),
    ({"max_age_seconds": 604_801}, "venue.max_age_seconds: "),
    ({"colour": "blue"}, "venue.colour: is not known here"),
]


def test_files_that_will_not_do(rehearsal: Rehearsal, market: Market) -> None:
    for changes, said in WRONG:
        assert said in rehearsal.refused(5, **changed(rehearsal, **changes))
    assert "venue.feed: is missing" in rehearsal.refused(5, venue={"pool": market.pool})
    twice = [person("officer").address] * 2
    assert "officers names" in rehearsal.refused(5, officers=twice)


def test_what_is_not_as_planned_is_noticed(stage: Stage) -> None:
    deployment, governor = stage.deployment, stage.governor
    prove(deployment)
    with stage.scratch():
        desk = desk_on(stage)
        with pytest.raises(DeploymentError, match=f"the venue's pool is {desk.pool.address} and"):
            prove(deployment)
        desk.set_venue(pool="0x" + "00" * 20, feed="0x" + "00" * 20, max_age=0, slippage=0, tip=7)
        with pytest.raises(DeploymentError, match="the venue's tip is 7 and not 0"):
            prove(deployment)
    with stage.scratch():
        selectors = [stage.router.functions["setVenue"].selector]
        arguments = (stage.router.address, selectors, OPERATOR_ROLE)
        stage.authority.send("setTargetFunctionRole", *arguments, sender=governor)
        with pytest.raises(DeploymentError, match="setVenue is open to role 1 and not to ADMIN"):
            prove(deployment)
    with stage.scratch():
        stage.authority.send("revokeRole", 3, stage.officer.address, sender=governor)
        with pytest.raises(DeploymentError, match="does not hold the role COMPLIANCE"):
            prove(deployment)
