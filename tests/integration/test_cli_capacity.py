"""cluster sellable and cluster retire on a chain."""

from __future__ import annotations

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import GENESIS, HOUR, UNIT, Stage

NOW = GENESIS // HOUR


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A cluster of 64 units."""
    return stage.cluster(64)


def units_of(stage: Stage, cluster: int) -> tuple[int, int]:
    state = stage.registry.call("clusterOf", cluster)
    return state["attested"], state["sellable"]


def test_sellable(wellhead: Command, stage: Stage, cluster: int) -> None:
    before = block_number(stage)
    dry = wellhead.json("cluster", "sellable", cluster, 40, "--dry-run")
    assert (dry["dry_run"], dry["sellable_before"], dry["sellable"]) == (True, "64", "40")
    assert dry["transaction"] is None
    assert (block_number(stage), units_of(stage, cluster)) == (before, (64, 64))
    done = wellhead.json("cluster", "sellable", cluster, 40, "--yes")
    assert done["schema"] == "wellhead.cluster.sellable/1"
    assert (done["attested"], done["sellable"], done["peak"]) == ("64", "40", "0")
    assert done["operator"] == stage.operator.address
    assert done["transaction"].startswith("0x")
    assert units_of(stage, cluster) == (64, 40)
    opened = wellhead("cluster", "sellable", cluster, 64, "--yes")
    assert (opened.code, opened.stderr) == (0, "")
    assert "64, before 40" in opened.stdout
    assert units_of(stage, cluster) == (64, 64)


def test_bookings_above_what_is_open_are_said_and_stand(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    lease = stage.lease(cluster, 48, NOW + 10_000, 5)
    said = "up to 48 units of cluster 1 are booked in an hour to come, more than the 47 that will"
    dry = wellhead("cluster", "sellable", cluster, 47, "--dry-run")
    assert (dry.code, said in dry.stderr) == (0, True)
    asked = wellhead("cluster", "sellable", cluster, 47, answer="n\n")
    assert (asked.code, units_of(stage, cluster)) == (2, (64, 64))
    assert said in asked.stderr
    assert "Open 47 of 64 units of cluster 1 to new bookings, instead of 64?" in asked.stderr
    done = wellhead("cluster", "sellable", cluster, 47, "--yes")
    assert done.stderr.count(said) == 1
    assert "48 units in an hour to come" in done.stdout
    assert units_of(stage, cluster) == (64, 47)
    assert stage.market.call("leaseOf", lease)["units"] == 48
    assert said not in wellhead("cluster", "sellable", cluster, 48, "--yes").stderr
    stage.to_hour(NOW + 10_005)
    assert wellhead("cluster", "sellable", cluster, 10, "--yes").stderr == ""


def test_retire(wellhead: Command, stage: Stage, cluster: int) -> None:
    before = block_number(stage)
    dry = wellhead.json("cluster", "retire", cluster, 4, "--dry-run")
    assert (dry["dry_run"], dry["units"], dry["attested"], dry["sellable"]) == (
        True,
        "4",
        "60",
        "60",
    )
    assert (block_number(stage), units_of(stage, cluster)) == (before, (64, 64))
    asked = wellhead("cluster", "retire", cluster, 4, answer="n\n")
    assert (asked.code, units_of(stage, cluster)) == (2, (64, 64))
    assert "Retire 4 units of cluster 1 for good, and burn as many tokens of" in asked.stderr
    stage.registry.send("setSellable", cluster, 62, sender=stage.operator)
    done = wellhead.json("cluster", "retire", cluster, 4, "--yes")
    assert done["schema"] == "wellhead.cluster.retire/1"
    assert (done["attested"], done["sellable"], done["sellable_before"]) == ("60", "60", "62")
    assert units_of(stage, cluster) == (60, 60)
    balance = stage.token(cluster).call("balanceOf", stage.operator.address)
    assert balance == 60 * UNIT
    shown = wellhead("cluster", "retire", cluster, 1, "--yes")
    assert "1 unit, with as many tokens of" in " ".join(shown.stdout.split())


def test_what_the_registry_refuses(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.lease(cluster, 10, NOW + 9, 2)
    stage.token(cluster).send(
        "transfer", stage.holders[0].address, 14 * UNIT, sender=stage.operator
    )
    before = block_number(stage)
    for words, said in (
        (["sellable", cluster, 65], "65 units can not be open to bookings: only 64 are attested."),
        (["sellable", 9, 1], "There is no cluster 9."),
        (["sellable", cluster, 1, "--account", 3], "Only the operator of cluster 1 may do this"),
        (["retire", cluster, 0], "0 units is not possible: between 1 and 64 are."),
        (["retire", cluster, 65], "65 units is not possible: between 1 and 64 are."),
        (["retire", cluster, 55], "up to 10 units booked, more than the 9 that would remain"),
        (["retire", cluster, 51], "has 50 tokens of cluster 1, and 51 would be burned"),
        (["retire", 9, 1], "There is no cluster 9."),
        (["retire", cluster, 1, "--account", 3], "Only the operator of cluster 1 may do this"),
    ):
        assert said in wellhead.refused(1, "cluster", *words, "--dry-run")
        assert said in wellhead.refused(1, "cluster", *words, "--yes")
    assert (block_number(stage), units_of(stage, cluster)) == (before, (64, 64))
    wellhead.json("cluster", "retire", cluster, 50, "--yes")
    assert units_of(stage, cluster) == (14, 14)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sellable", 1], "Missing argument 'UNITS'"),
        (["sellable", 1, "1.5"], "0 digits after the point"),
        (["retire", "one", 1], "is no number"),
        (["retire", 1, 2**32], "too large"),
    ],
)
def test_wrong_usage(wellhead: Command, cluster: int, arguments: list[object], said: str) -> None:
    outcome = wellhead("cluster", *arguments, "--yes")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert said in " ".join(outcome.stderr.split())
