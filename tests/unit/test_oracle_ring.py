"""The ring's second turn: what is skipped there is what was skipped in the first."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.support.records import NO_RECORD, Skip, record, skipped, stored
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, Stage
from wellhead.chain.signing import quorum, report_digest
from wellhead.model.samples import Sample

RING = 17_520
UNKNOWN = 99


def sample(cluster: int, hour: int) -> Sample:
    return Sample(cluster, hour, 9_000, 8_000)


def malformed(cluster: int, hour: int) -> Sample:
    return Sample(cluster, hour, 8_000, 8_001)


def reason(genesis: int, hour: int, now: int, recorded: Mapping[int, int]) -> Skip | None:
    """Why a good sample is skipped; `recorded` are the hours in the ring by their places. The one
    place where two reasons hold and the later one is given: an hour of before the genesis where the
    ring holds an hour is two years old."""
    held = recorded.get(hour % RING)
    if genesis == 0:
        return Skip.UNKNOWN_CLUSTER
    if hour < genesis and held is None:
        return Skip.BEFORE_GENESIS
    if hour >= now:
        return Skip.UNFINISHED
    if hour + RING <= now:
        return Skip.ANCIENT
    return Skip.REPORTED if held == hour else None


@shows("ORA-9")
@pytest.mark.parametrize("turn", [0, 1, 2])
def test_the_same_hours_are_skipped_in_every_turn(stage: Stage, turn: int) -> None:
    """Around every edge: genesis, now, two years ago, and the places that the ring has filled."""
    old = stage.register()
    genesis = stage.hour()
    kept: dict[int, dict[int, int]] = {old: {}, UNKNOWN: {}}
    for done in range(turn + 1):
        first = genesis + done * RING
        stage.to_hour(first + 3)
        stage.report([sample(old, hour) for hour in (first, first + 1)])
        kept[old] |= {hour % RING: hour for hour in (first, first + 1)}
    young = stage.register()
    born = {old: genesis, young: stage.hour(), UNKNOWN: 0}
    kept[young] = {}
    stage.to_hour(stage.hour() + 4)
    now = stage.hour()
    edges = (genesis, genesis + turn * RING, born[young], now, now - RING, now + RING)
    hours = sorted(
        {edge + lap + off for edge in edges for lap in (-RING, 0, RING) for off in range(-2, 4)}
    )
    for cluster in (old, young, UNKNOWN):
        expected, taken = [], []
        places = dict(kept[cluster])
        for hour in hours:
            why = reason(born[cluster], hour, now, places)
            if why is None:
                taken.append(hour)
                places[hour % RING] = hour
            else:
                expected.append((cluster, hour, why))
        receipt = stage.report([sample(cluster, hour) for hour in hours])
        assert skipped(receipt) == expected
        final_at = receipt.event("Reported")["finalAt"]
        for hour in taken:
            assert record(stage, cluster, hour) == stored(sample(cluster, hour), final_at)
        assert bool(taken) is (cluster != UNKNOWN)


@shows("ORA-5")
def test_what_contradicts_itself_leaves_the_record_of_two_years_ago(stage: Stage) -> None:
    cluster, hour = stage.register(), stage.hour()
    stage.to_hour(hour + 1)
    stage.report([sample(cluster, hour)])
    stage.to_hour(hour + RING + 1)
    before = record(stage, cluster, hour)
    later = hour + RING
    assert skipped(stage.report([malformed(cluster, later)])) == [(cluster, later, Skip.MALFORMED)]
    assert record(stage, cluster, hour) == before
    assert record(stage, cluster, later) == NO_RECORD


def test_an_hour_closed_for_silence_is_followed_by_that_of_two_years_later(stage: Stage) -> None:
    cluster, hour = stage.register(), stage.hour()
    stage.to_hour(hour + 1 + 7 * 24)
    stage.oracle.send("closeSilent", cluster, hour, sender=stage.stranger)
    later = sample(cluster, hour + RING)
    stage.to_hour(hour + RING + 1)
    final_at = stage.report([later]).event("Reported")["finalAt"]
    assert record(stage, cluster, later.hour) == stored(later, final_at)
    assert record(stage, cluster, hour) == NO_RECORD


@shows("GAS-7")
def test_the_registry_is_asked_for_a_clusters_genesis_in_the_first_turn_alone(
    stage: Stage,
) -> None:
    cluster, hour = stage.register(), stage.hour()

    def asked(of: int) -> int:
        """Slots of the registry's that a report of one hour reads."""
        words = [sample(cluster, of).encode()]
        digest = report_digest(stage.deployment.chain_id, stage.oracle.address, words, EVIDENCE)
        call = (words, EVIDENCE, quorum(digest, stage.reporters[:3]))
        data = stage.oracle.functions["report"].encode(call)
        body = {"from": stage.relay.address, "to": stage.oracle.address, "data": data}
        found = stage.anvil.rpc("eth_createAccessList", body, "latest")["accessList"]
        registry = stage.registry.address.lower()
        return sum(len(e["storageKeys"]) for e in found if e["address"].lower() == registry)

    stage.to_hour(hour + 1)
    first = asked(hour)
    stage.report([sample(cluster, hour)])
    stage.to_hour(hour + RING + 1)
    assert asked(hour + RING) == first - 1
    assert asked(hour + RING - 1) == first
