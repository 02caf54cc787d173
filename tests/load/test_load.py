"""The load test in small: what it says of a thousand clusters, on ten and twenty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.load import audit
from tests.load.bulk import Bulk, call
from tests.load.flat import growth
from tests.load.node import LoadNode
from tests.load.operations import AMONG_MANY, Figures, measure
from tests.load.world import LEVELS, PACE, TENANTS, Size, World
from tests.load.year import DAY, Year
from tests.support.cli import Command, command_on
from tests.support.counting import Asked, counted
from tests.support.stage import GENESIS, HOUR, build_stage

SMALL = Size(clusters=20, leases=200, holders=200)
LATER = GENESIS // HOUR + PACE * len(LEVELS)
#: A cluster that exists, and has all that it will have, at half of the load.
OTHER = 5
#: What it costs to look at one thing, or at the first few of many.
BOUNDED: list[Sequence[object]] = [
    ("status", "--limit", 3),
    ("cluster", "list", "--limit", 3),
    ("lease", "list", "--limit", 5),
    ("lease", "list", "--cluster", OTHER),
    ("lease", "offers", OTHER),
    ("holders", 1, "--limit", 5),
    ("revenue", "show", OTHER),
    ("doctor", OTHER),
]


@dataclass
class Grown:
    """One market at a tenth, half and all of the load: figures of the first and the last, and what
    each command asked at the second and the last."""

    world: World
    wellhead: Command
    few: Figures
    many: Figures
    half: list[Asked]
    full: list[Asked]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    names = ["lease", "report of 100", "settle", *AMONG_MANY]
    with LoadNode(GENESIS) as node:
        world = World.build(node, SMALL)
        wellhead = command_on(world.stage, tmp_path_factory.mktemp("load"))
        world.grow(1)
        few = measure(world, ["busiest"], names)
        world.grow(2)
        # At one time, because some look at the last days.
        with world.stage.scratch():
            world.stage.to_hour(LATER)
            half = [_asked(wellhead, words) for words in BOUNDED]
        world.grow(3)
        world.stage.to_hour(LATER)
        full = [_asked(wellhead, words) for words in BOUNDED]
        many = measure(world, ["busiest"], names)
        yield Grown(world, wellhead, few, many, half, full)


def _asked(wellhead: Command, words: Sequence[object]) -> Asked:
    with counted() as found:
        outcome = wellhead(*words)
    assert outcome.code in (0, 6), outcome.stderr
    return found


def test_the_market_is_as_large_as_was_asked(grown: Grown) -> None:
    stage, world = grown.world.stage, grown.world
    assert stage.registry.call("clusterCount") == SMALL.clusters
    assert len(stage.market.events("LeaseOpened")) == world.leases > SMALL.leases
    claims = [
        event
        for cluster in range(1, SMALL.clusters + 1)
        for event in stage.token(cluster).events("Claimed")
    ]
    assert len(claims) == len({event["account"] for event in claims}) == SMALL.holders
    assert all(event["cash"] for event in claims)


def test_gas_does_not_grow(grown: Grown) -> None:
    assert growth(grown.few, grown.many) == []


def test_growth_would_be_seen(grown: Grown) -> None:
    """Six of a hundred, and new slots are not the reason."""
    assert len(growth(grown.many, _with_slots_more(grown.many))) == len(grown.many)


def _with_slots_more(figures: Figures) -> Figures:
    return {
        place: figure._replace(gas=figure.gas * 106 // 100) for place, figure in figures.items()
    }


@pytest.mark.parametrize("words", BOUNDED, ids=lambda words: " ".join(map(str, words)))
def test_lists_ask_for_no_more_than_is_shown(grown: Grown, words: Sequence[object]) -> None:
    """Twice as many clusters, leases and holders: the same questions, and the same answers."""
    half, full = (asked[BOUNDED.index(words)] for asked in (grown.half, grown.full))
    assert full.requests <= half.requests + 1
    assert full.received <= half.received * 11 // 10


def test_an_account_asks_for_its_own_leases(grown: Grown) -> None:
    own, nobody = (
        _asked(grown.wellhead, ("lease", "list", "--account", who))
        for who in (TENANTS[0], f"0x{7:040x}")
    )
    owned = grown.world.stage.market.events("Transfer", indexed=[None, TENANTS[0]])
    # Three for each, and the state of each cluster that they are of.
    assert nobody.calls["eth_call"] == 0
    assert 3 * len(owned) < own.calls["eth_call"] <= 4 * len(owned)


def test_tables_say_how_much_more_there_is(grown: Grown) -> None:
    wellhead = grown.wellhead
    for words, more in (
        (("cluster", "list", "--limit", 3), "and 17 more clusters"),
        (("lease", "list", "--limit", 5), f"and {grown.world.leases - 5} more older leases"),
        (("holders", 1, "--limit", 5), "more accounts: a larger --limit shows them"),
        (("revenue", "show", "--limit", 1), "and 19 more clusters"),
    ):
        assert more in wellhead(*words).stderr
    assert "17 more clusters: `wellhead cluster list`" in wellhead("status", "--limit", 3).stdout
    assert "18 more clusters were not looked at" in wellhead("doctor", "--limit", 2).stdout


def test_documents_hold_all_unless_limited(grown: Grown) -> None:
    wellhead = grown.wellhead
    whole = wellhead.json("lease", "list")
    some = wellhead.json("lease", "list", "--limit", 7)
    assert (len(whole["leases"]), whole["more"]) == (grown.world.leases, "0")
    assert (some["leases"], some["more"]) == (whole["leases"][-7:], str(grown.world.leases - 7))
    for state in ("future", "final"):
        asked = ("lease", "list", "--state", state)
        found = [lease for lease in whole["leases"] if lease["state"] == state]
        assert wellhead.json(*asked)["leases"] == found != []
        assert wellhead.json(*asked, "--limit", 3)["leases"] == found[-3:]
    mine = [lease for lease in whole["leases"] if lease["owner"].lower() == TENANTS[3]]
    assert wellhead.json("lease", "list", "--account", TENANTS[3])["leases"] == mine != []
    holders = wellhead.json("holders", 1)
    assert wellhead.json("holders", 1, "--limit", 4)["holders"] == holders["holders"][:4]
    assert len(holders["holders"]) > SMALL.holders // 10


def test_a_year_in_small(tmp_path: Path) -> None:
    """Every hour of three clusters is reported, final and accrued, day by day distributed; and the
    events tell all of it."""
    with LoadNode(GENESIS) as node:
        year = Year.build(build_stage(node), 3)
        lived = year.run(node, 8)
        market, end = year.stage.market, year.first + 8 * DAY
        for cluster in year.clusters:
            assert market.call("booksOf", cluster)["cursor"] >= end
            records = year.stage.oracle.call_many(
                [("recordOf", [cluster, hour]) for hour in range(year.first, end)]
            )
            assert all(record["reported"] for record in records)
        assert len(market.events("LeaseOpened")) == year.leases > 0
        given = year.stage.router.events("Distributed")
        assert {event["clusterId"] for event in given} == set(year.clusters)
        assert market.events("Settled")
        assert lived.events > 3 * 8 * DAY
        command_on(year.stage, tmp_path)
        audited = audit.run(tmp_path, node.rpc.url)
    assert (audited.disagreements, audited.vouched_for) == (0, audited.blocks), audited.said
    assert audited.logs > lived.events


def test_a_failed_transaction_is_noticed() -> None:
    with LoadNode(GENESIS) as node:
        stage = build_stage(node)
        bad = call(stage.market, "settle", 1, sender=stage.stranger.address, gas=100_000)
        with pytest.raises(AssertionError, match="1 of 1 transactions failed"):
            Bulk(node.rpc).send([bad])
