"""From a booking to what a tenant gets back: a reporter on a chain, and nobody hides an outage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bonds import accrue, settle
from tests.support.oracle_bench import HISTORY
from tests.support.oracle_views import Recorded
from tests.support.rent import Opened, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, Q, Stage, Terms
from wellhead.actions import reporting
from wellhead.chain import UnlockedAccount
from wellhead.model.samples import Sample
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.reporter.config import ClusterTable
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.store import Store
from wellhead.oracle.reporter.view import NodeView
from wellhead.oracle.reporter.watching import Watch

UNITS = 20
#: All of an hour is promised, so every thousandth that is missing is felt.
TERMS = Terms(speed=0, discount=0, sla=Q, penalty=0)
#: How many units work, by the second of the hour.
Working = Callable[[int], int]


def always(second: int) -> int:
    return UNITS


def first_half(second: int) -> int:
    return UNITS if second < HOUR // 2 else 0


class Scene:
    """A cluster and one of its reporters, who looks at it every minute."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.cluster = stage, stage.cluster(UNITS, TERMS)
        stage.fund(stage.operator)
        self.source = Recorded()
        view = NodeView(stage.deployment, lambda: None)
        account = stage.reporters[0]
        table = ClusterTable.model_validate({"cluster": self.cluster, "sources": [HISTORY]})
        self.reporter = Reporter(
            account,
            Store(folder / "store", view.domain, account.address),
            view,
            [Watch(table, [self.source])],
        )
        self.hour = stage.hour() + 1

    def lease(self, units: int, second: int = 0, who: UnlockedAccount | None = None) -> Opened:
        """For what is left of the hour."""
        at = self.hour * HOUR + second
        return open_lease(self.stage, self.cluster, units, self.hour, 1, who, at=at)

    def measure(self, working: Working) -> Sample:
        """Let the hour pass, and have it measured."""
        begin = self.hour * HOUR
        self.source.moments = [
            Moment(begin + at, tuple(Reading(f"GPU-{n}") for n in range(working(at))))
            for at in range(0, HOUR, 60)
        ]
        self.stage.to_hour(self.hour + 1, 600)
        (signed,) = self.reporter.measurements(self.cluster, self.hour, self.hour + 1)
        return signed.measurement.sample

    def lost(self, working: Working) -> int:
        """Millionths of the hour's rent that are lost by what the reporter measures."""
        self.stage.report([self.measure(working)])
        self.stage.finalize()
        before = int(self.stage.market.call("booksOf", self.cluster)["lost"])
        accrued = accrue(self.stage, self.cluster).event("Accrued")
        assert accrued["cursor"] > self.hour
        return int(accrued["lost"]) - before


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(stage, tmp_path)
    yield made
    made.reporter.close()


@shows("ACC-11")
def test_an_outage_is_not_hidden_by_units_booked_at_the_end(scene: Scene) -> None:
    """Half of the hour nothing works, and of ten leased units half is lost. The operator books the
    other ten for the hour's last second: at the hour's end as many units are booked as worked on
    average, but not when they did."""
    lease = scene.lease(10)
    scene.lease(10, HOUR - 1, scene.stage.operator)
    assert scene.stage.market.call("bookedAt", scene.cluster, scene.hour) == 20
    sample = scene.measure(first_half)
    assert (sample.working, sample.available) == (10_000, 5_000)
    scene.stage.report([sample])
    scene.stage.finalize()
    # The late second's units did not work either: that is all the difference.
    half = lease.cost // 2
    assert half < settle(scene.stage, lease.id) < half + half // 1000


@pytest.mark.parametrize("second", [1, 900, HOUR // 2, HOUR - 1])
def test_what_is_booked_late_makes_no_outage_less(scene: Scene, second: int) -> None:
    """With and without the late units: what was missing of the first ten is missing still."""
    scene.lease(10)
    scene.lease(10, second, scene.stage.operator)
    covered = 10 * HOUR + 10 * (HOUR - second)
    # Of the late units those seconds are missing in which they were booked and down.
    missing = 10 * HOUR // 2 + 10 * (HOUR - max(second, HOUR // 2))
    # To the thousandth of a unit, and rounded down.
    assert abs(scene.lost(first_half) - Q * missing // covered) <= Q * 4 // covered + 1


@pytest.mark.parametrize("second", [1, 7, 1801, 3598, HOUR - 1])
def test_where_all_worked_nothing_is_lost_and_nothing_is_down(scene: Scene, second: int) -> None:
    """All of the hour is promised, and one unit is leased for what is left of it."""
    scene.lease(1, second)
    assert scene.lost(always) == 0
    assert scene.stage.market.call("booksOf", scene.cluster)["down"] == 0


def test_an_outage_before_the_booking_is_not_the_tenants(scene: Scene) -> None:
    scene.lease(10, HOUR // 2)
    assert scene.lost(lambda second: UNITS - first_half(second)) == 0


def test_what_a_person_reports_by_hand_counts_late_units_too(scene: Scene) -> None:
    """Of 3 units and, for a third of the hour, 4 more."""
    scene.lease(3)
    scene.lease(4, HOUR * 2 // 3, scene.stage.tenants[1])
    scene.stage.to_hour(scene.hour + 1)

    def available(working: int) -> int:
        (sample,) = reporting.measure(scene.stage.deployment, scene.cluster, [scene.hour], working)
        assert sample.working == working
        return sample.available

    assert [available(w) for w in (20_000, 7_000, 5_000, 1_000)] == [4_334, 4_334, 3_667, 1_000]


def test_a_reporter_tells_and_keeps_when_units_were_booked(scene: Scene) -> None:
    scene.lease(3)
    scene.lease(4, 600, scene.stage.tenants[1])
    scene.measure(always)
    raw = scene.reporter.raw_samples(scene.cluster, scene.hour)
    assert raw is not None
    assert (raw.booked, raw.late, raw.attested) == (7, [(600, 4)], UNITS)
    covered = scene.stage.market.call("coveredAt", scene.cluster, scene.hour)
    assert Bookings(raw.booked, (*raw.late,)).covered == covered
