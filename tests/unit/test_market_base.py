"""The base price: it follows the booked fraction of elapsed hours, between floor and cap."""

from fractions import Fraction

import pytest

from tests.support.rent import WAD, base_after, books, open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, USD, Q, Stage, Terms
from tests.support.state import unchanged
from wellhead.chain import Receipt

UNITS = 100
TERMS = Terms(base_start=2 * USD, base_floor=1, base_cap=1000 * USD, speed=50_000)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


def base(stage: Stage, cluster: int) -> int:
    return int(stage.market.call("baseOf", cluster))


def update(stage: Stage, cluster: int) -> Receipt:
    return stage.market.send("updateBase", cluster, sender=stage.stranger)


def growth(terms: Terms, hours: int, booked: int, attested: int = UNITS) -> Fraction:
    """Growth of the base's logarithm over `hours` with `booked` unit-hours in all."""
    return Fraction(terms.speed, Q) * (
        Fraction(booked, attested) - hours * Fraction(terms.target, Q)
    )


def assert_grown(terms: Terms, found: int, start: int, logarithm: Fraction) -> None:
    low, high = base_after(terms, start, logarithm)
    assert low <= found <= high, f"{found} is not between {low} and {high}"


def test_the_base_starts_where_the_terms_say(stage: Stage, cluster: int) -> None:
    assert base(stage, cluster) == TERMS.base_start * WAD
    quoted = stage.market.call("quote", cluster, 1, stage.hour(), 1)
    assert quoted["base"] == TERMS.base_start * WAD


@shows("PRICE-18")
def test_the_base_stands_still_within_an_hour(stage: Stage, cluster: int) -> None:
    hour = stage.hour() + 3
    stage.to_hour(hour)
    first = base(stage, cluster)
    open_lease(stage, cluster, UNITS, hour, 1)
    stage.to_hour(hour, HOUR - 1)
    assert base(stage, cluster) == first


@shows("PRICE-17")
@pytest.mark.parametrize("hours", [1, 2, 24, 100, 1000])
@pytest.mark.parametrize("taken", [0, 1, 69, 70, 71, UNITS])
def test_the_base_follows_the_booked_fraction(
    stage: Stage, cluster: int, hours: int, taken: int
) -> None:
    start = stage.hour() + 1
    if taken:
        open_lease(stage, cluster, taken, start, hours)
    stage.to_hour(start)
    update(stage, cluster)
    before = base(stage, cluster)
    stage.to_hour(start + hours)
    found = base(stage, cluster)
    assert_grown(TERMS, found, before, growth(TERMS, hours, hours * taken))
    if taken == 70:
        assert found == before


@pytest.mark.parametrize(
    ("target", "speed"), [(0, 1), (0, Q), (Q, Q), (Q, 1), (333_333, 123_457), (700_000, 0)]
)
def test_target_and_speed_are_the_terms(stage: Stage, target: int, speed: int) -> None:
    terms = TERMS.but(target=target, speed=speed)
    cluster = stage.cluster(UNITS, terms)
    start = stage.hour()
    open_lease(stage, cluster, 37, start + 1, 3)
    stage.to_hour(start + 6)
    found = base(stage, cluster)
    assert_grown(terms, found, 2 * USD * WAD, growth(terms, 6, 3 * 37))
    if speed == 0:
        assert found == 2 * USD * WAD


@shows("PRICE-18")
def test_only_elapsed_hours_count(stage: Stage, cluster: int) -> None:
    start = stage.hour() + 2
    open_lease(stage, cluster, UNITS, start, 10)
    stage.to_hour(start + 1, 1)
    logarithm = growth(TERMS, 3, UNITS)
    assert_grown(TERMS, base(stage, cluster), TERMS.base_start * WAD, logarithm)


@shows("PRICE-16")
@pytest.mark.parametrize(("taken", "bound"), [(0, "base_floor"), (UNITS, "base_cap")])
def test_the_base_stays_within_floor_and_cap(stage: Stage, taken: int, bound: str) -> None:
    terms = Terms(base_floor=USD, base_cap=3 * USD, speed=Q, target=500_000)
    cluster = stage.cluster(UNITS, terms)
    start = stage.hour()
    if taken:
        open_lease(stage, cluster, taken, start, 20)
    stage.to_hour(start + 20)
    assert base(stage, cluster) == getattr(terms, bound) * WAD


@shows("PRICE-16")
@pytest.mark.parametrize(("taken", "bound"), [(0, "base_floor"), (UNITS, "base_cap")])
def test_two_years_without_an_update_are_no_obstacle(stage: Stage, taken: int, bound: str) -> None:
    terms = Terms(base_floor=1, base_cap=10**12, base_start=10**6, speed=Q, target=500_000)
    cluster = stage.cluster(UNITS, terms)
    start = stage.hour()
    for offset in range(0, 4 * 4380, 4380) if taken else ():
        stage.lease(cluster, taken, start + offset, 4380)
    stage.to_hour(start + 17_520)
    assert update(stage, cluster).event("BaseUpdated")["base"] == getattr(terms, bound) * WAD


@shows("PRICE-19")
def test_an_update_is_written_down_once_an_hour(stage: Stage, cluster: int) -> None:
    hour = stage.hour() + 7
    stage.to_hour(hour, 5)
    expected = base(stage, cluster)
    assert stage.market.call("updateBase", cluster) == expected

    event = update(stage, cluster).event("BaseUpdated")

    assert event.arguments == {"clusterId": cluster, "base": expected, "hour": hour}
    found = books(stage, cluster)
    assert (found["base"], found["baseHour"]) == (expected, hour)
    assert base(stage, cluster) == expected
    with unchanged(stage):
        assert update(stage, cluster).events == ()


def test_a_lease_brings_the_base_up_to_date(stage: Stage, cluster: int) -> None:
    hour = stage.hour() + 7
    stage.to_hour(hour, 5)
    expected = base(stage, cluster)
    lease = open_lease(stage, cluster, 1, hour, 1)
    assert lease.receipt.event("BaseUpdated").arguments == {
        "clusterId": cluster,
        "base": expected,
        "hour": hour,
    }
    again = open_lease(stage, cluster, 1, hour, 1)
    assert again.receipt.all("BaseUpdated") == []
    assert books(stage, cluster)["baseHour"] == hour


@shows("PRICE-19")
def test_updating_often_gives_what_updating_late_gives(stage: Stage, cluster: int) -> None:
    start = stage.hour()
    for units, offset, hours in [(90, 1, 5), (10, 3, 9), (64, 13, 2)]:
        open_lease(stage, cluster, units, start + offset, hours)
    with stage.scratch():
        stage.to_hour(start + 20)
        late = base(stage, cluster)
    for hour in range(start + 1, start + 21):
        stage.to_hour(hour)
        update(stage, cluster)
    # Twenty exponentials, each exact to some 1e-18.
    assert abs(base(stage, cluster) - late) <= 20 * 3 * late // WAD
    logarithm = growth(TERMS, 20, 90 * 5 + 10 * 9 + 64 * 2)
    assert_grown(TERMS, late, TERMS.base_start * WAD, logarithm)


@pytest.mark.parametrize("updated", [False, True])
def test_an_update_at_a_bound_keeps_what_a_later_one_makes_up_for(
    stage: Stage, updated: bool
) -> None:
    terms = TERMS.but(base_floor=TERMS.base_start)
    cluster = stage.cluster(UNITS, terms)
    start = stage.hour()
    open_lease(stage, cluster, UNITS, start + 10, 10)
    stage.to_hour(start + 10)
    if updated:
        update(stage, cluster)
    stage.to_hour(start + 20)
    floor = terms.base_floor * WAD
    rise = growth(terms, 10, 10 * UNITS) if updated else growth(terms, 20, 10 * UNITS)
    assert_grown(terms, base(stage, cluster), floor, rise)
    assert (base(stage, cluster) > floor) == updated


@shows("PRICE-18")
def test_bookings_of_the_hours_to_come_move_nothing(stage: Stage, cluster: int) -> None:
    start = stage.hour() + 1
    stage.to_hour(start)
    before = base(stage, cluster)
    open_lease(stage, cluster, UNITS, start + 5, 100)
    assert base(stage, cluster) == before


@shows("PRICE-17")
def test_without_attested_units_the_base_waits(stage: Stage) -> None:
    cluster = stage.register(TERMS)
    stage.skip(10 * HOUR)
    assert base(stage, cluster) == TERMS.base_start * WAD
    stage.mint(cluster, UNITS)
    minted = stage.hour()
    stage.to_hour(minted + 2)
    assert_grown(TERMS, base(stage, cluster), TERMS.base_start * WAD, growth(TERMS, 2, 0))


@shows("PRICE-20")
def test_hours_before_a_change_of_units_count_by_the_units_they_had(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS)
    start = stage.hour()
    open_lease(stage, cluster, 50, start + 1, 4)
    stage.to_hour(start + 3)
    stage.mint(cluster, UNITS)
    stage.to_hour(start + 5)
    before = growth(TERMS, 3, 2 * 50)
    after = growth(TERMS, 2, 2 * 50, 2 * UNITS)
    found = base(stage, cluster)
    low, high = base_after(TERMS, TERMS.base_start * WAD, before + after)
    assert abs(found - (low + high) // 2) <= 6 * high // WAD


@shows("PAUSE-6")
def test_the_base_moves_on_while_paused(stage: Stage, cluster: int) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    start = stage.hour()
    stage.to_hour(start + 3)
    event = update(stage, cluster).event("BaseUpdated")
    assert_grown(TERMS, event["base"], TERMS.base_start * WAD, growth(TERMS, 3, 0))


@pytest.mark.parametrize("function", ["baseOf", "updateBase"])
@pytest.mark.parametrize("cluster_id", [0, 2, MAX])
def test_an_unknown_cluster_has_no_base(
    stage: Stage, cluster: int, function: str, cluster_id: int
) -> None:
    with expect_revert("CapacityRegistry_UnknownCluster", cluster_id):
        stage.market.call(function, cluster_id)
