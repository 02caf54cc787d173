"""What a cluster's token says of itself, against what the other contracts and the deals say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import pytest

from tests.support import faces
from tests.support.contests import DEPOSIT, SILENCE, reported
from tests.support.rent import WAD, served
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, MAX, UNIT, USD, Q, Stage, Terms
from wellhead.chain import Contract
from wellhead.model import price
from wellhead.model.samples import Sample

DAY = 24 * HOUR
LOOKBACK = 168


@dataclass(frozen=True)
class Booking:
    units: int
    start: int
    end: int


@dataclass
class Scene:
    """A cluster of 100 units of which a witness holds one token, and everything booked of it."""

    stage: Stage
    cluster: int
    terms: Terms
    bookings: list[Booking]

    @property
    def metadata(self) -> Contract:
        return self.stage.deployment.metadata

    @property
    def figures(self) -> dict[str, int]:
        found: dict[str, int] = self.metadata.call("figures", self.cluster)
        return found

    @property
    def witness(self) -> tuple[int, int]:
        """What one token has earned since there are any, cash and reserve."""
        cash, reserve = self.stage.token(self.cluster).call(
            "claimable", self.stage.holders[0].address
        )
        return cash, reserve

    def book(self, units: int, start: int, hours: int) -> None:
        self.stage.lease(self.cluster, units, start, hours)
        self.bookings.append(Booking(units, start, start + hours))

    def booked(self, hour: int) -> int:
        return sum(b.units for b in self.bookings if b.start <= hour < b.end)

    def sample(self, hour: int, available: int | None = None) -> Sample:
        """All that was booked was available, or so much, thousandths of a unit."""
        given = 1000 * self.booked(hour) if available is None else available
        return Sample(self.cluster, hour, 100_000, given, 300_000 + hour % 7, 10**9, 3 * 10**11)

    def expected(self, measured: Sample | None = None, earned: Sequence[int] = (0, 0)) -> Any:
        """Figures of now, of this measured hour, and so much earned by one token."""
        hour = self.stage.hour()
        cluster = self.stage.registry.call("clusterOf", self.cluster)
        units, booked = cluster["attested"], self.booked(hour)
        left = sum(b.units * max(0, b.end - max(b.start, hour)) for b in self.bookings)
        found = asdict(faces.EMPTY) | {
            "units": units,
            "sellable": cluster["sellable"],
            "booked": booked,
            "price": self.price(units, booked) if units else 0,
            "remaining": left // booked if booked else 0,
            "cash": earned[0],
            "reserve": earned[1],
        }
        if measured is None:
            return found
        then = self.booked(measured.hour)
        promise = self.terms.sla, self.terms.penalty
        return found | {
            "hour": measured.hour,
            "bookedThen": then,
            "measured": measured.measured,
            "served": served(measured.available, then, *promise) if then else Q,
            "work": measured.work,
            "energy": measured.energy,
        }

    def price(self, units: int, booked: int) -> int:
        base = Fraction(self.stage.market.call("baseOf", self.cluster), WAD)
        low, high = Fraction(self.terms.low, Q), Fraction(self.terms.high, Q)
        return ceil(base * (low + (high - low) * booked / units))

    def distribute(self) -> None:
        self.stage.router.send("accrueAndDistribute", self.cluster, sender=self.stage.stranger)

    def pay_in(self, amount: int) -> None:
        """Bitcoin for the holders, which vests over a day."""
        payer = self.stage.stranger
        self.stage.reserve.send("mint", payer.address, amount, sender=payer)
        self.stage.reserve.send("approve", self.stage.vault.address, MAX, sender=payer)
        self.stage.router.send("payIn", self.cluster, amount, sender=payer)


@pytest.fixture
def scene(stage: Stage) -> Scene:
    terms = Terms(penalty=Q // 2)
    cluster = stage.cluster(100, terms)
    token = stage.token(cluster)
    token.send("transfer", stage.holders[0].address, UNIT, sender=stage.operator)
    return Scene(stage, cluster, terms, [])


@pytest.fixture
def running(scene: Scene) -> Scene:
    """Two leases, both running, and two hours of the first one final."""
    start = scene.stage.hour() + 1
    scene.book(40, start, 96)
    scene.book(20, start + 24, 72)
    scene.stage.to_hour(start + 2)
    scene.stage.report([scene.sample(hour) for hour in (start, start + 1)])
    scene.stage.finalize()
    return scene


@shows("META-3")
def test_before_there_are_units(stage: Stage) -> None:
    scene = Scene(stage, stage.register(), Terms(), [])
    assert scene.figures == scene.expected() == asdict(faces.EMPTY)


def test_before_there_is_a_lease(scene: Scene) -> None:
    figures = scene.figures
    assert figures == scene.expected()
    # The base has fallen for want of demand, from two dollars at eight tenths.
    assert USD * 15 // 10 < figures["price"] <= USD * 16 // 10
    assert (figures["units"], figures["booked"], figures["hour"]) == (100, 0, 0)


def test_an_hour_without_bookings_is_measured_too(scene: Scene) -> None:
    sample = scene.sample(scene.stage.hour())
    scene.stage.skip(HOUR)
    scene.stage.report([sample])
    scene.stage.finalize()
    assert scene.figures == scene.expected(sample)
    assert scene.figures["served"] == Q


def test_while_nothing_is_accrued(running: Scene) -> None:
    last = running.sample(running.bookings[0].start + 1)
    assert running.figures == running.expected(last)
    assert running.figures["booked"] == 60
    # 40 units for 70 hours more and 20 units for 70 hours more.
    assert running.figures["remaining"] == 70


@shows("META-5")
def test_while_leases_run(running: Scene) -> None:
    last = running.sample(running.bookings[0].start + 1)
    running.distribute()
    running.pay_in(123_456_789)
    for seconds in (0, 5 * HOUR, DAY):  # of the backlog something vests
        running.stage.skip(seconds)
        assert running.figures == running.expected(last, running.witness)
    assert running.figures["cash"] > 0
    assert running.figures["reserve"] == 1_234_567
    assert running.figures["remaining"] == 70 - 29


@shows("META-5")
def test_the_term_weighs_the_units(scene: Scene) -> None:
    hour = scene.stage.hour()
    scene.book(30, hour, 10)
    scene.book(10, hour, 50)
    scene.book(50, hour + 100, 2)  # later: booked, but not in the denominator
    assert scene.figures == scene.expected()
    assert scene.figures["remaining"] == (30 * 10 + 10 * 50 + 50 * 2) // 40


@pytest.mark.parametrize("available", [59_400, 59_399, 40_000, 19_801, 19_800, 0])
def test_an_outage(running: Scene, available: int) -> None:
    hour = running.bookings[1].start
    running.stage.report([running.sample(hour, available)])
    running.stage.finalize()
    assert running.figures == running.expected(running.sample(hour, available))
    assert (running.figures["served"] == Q) == (available == 59_400)
    assert (running.figures["served"] == 0) == (available <= 19_800)


@shows("META-4")
def test_only_final_records_count(running: Scene) -> None:
    start = running.bookings[0].start
    running.stage.report([running.sample(start + 2)])
    running.stage.skip(FINALITY - 1)
    assert running.figures["hour"] == start + 1
    running.stage.skip(1)
    assert running.figures == running.expected(running.sample(start + 2))


@shows("META-4")
def test_a_contested_record_does_not_count(stage: Stage) -> None:
    case = reported(stage)
    case.contest()
    stage.finalize()
    figures = stage.deployment.metadata.call("figures", case.cluster)
    assert (figures["hour"], figures["served"]) == (0, Q)
    case.recount(4_000)
    found = case.sample(4_000)
    figures = stage.deployment.metadata.call("figures", case.cluster)
    assert figures["hour"] == found.hour
    assert (figures["measured"], figures["work"]) == (found.measured, found.work)
    assert figures["served"] == served(4_000, 10, Terms().sla, Terms().penalty)
    assert stage.claim_of(case.tenant) >= DEPOSIT


@shows("META-4")
def test_an_hour_of_silence_served_nobody(running: Scene) -> None:
    hour = running.bookings[0].start + 2
    running.stage.skip(SILENCE)
    running.stage.oracle.send("closeSilent", running.cluster, hour, sender=running.stage.stranger)
    assert running.figures == running.expected(Sample(running.cluster, hour, 0, 0, 0))
    assert running.figures["served"] == 0


@shows("META-4")
def test_an_old_record_is_no_news(running: Scene) -> None:
    last = running.sample(running.bookings[0].start + 1)
    assert running.metadata.call("LOOKBACK") == LOOKBACK
    # The hour `LOOKBACK` before the first one that can not be final yet.
    running.stage.to_time((last.hour + LOOKBACK + 1) * HOUR + FINALITY - 1)
    assert running.figures == running.expected(last)
    running.stage.skip(1)
    assert running.figures == running.expected()


def test_revenue_is_of_thirty_days(scene: Scene) -> None:
    stage = scene.stage
    first = stage.now() // DAY + 1
    stage.to_time(first * DAY + HOUR)
    scene.pay_in(10**8)
    stage.to_time((first + 5) * DAY + 7 * HOUR)
    before = scene.witness
    scene.pay_in(3 * 10**8)
    stage.to_time((first + 31) * DAY - 1)
    assert scene.figures == scene.expected(earned=scene.witness)
    # What the index can not express yet is below a unit.
    assert scene.witness == (0, 4 * 10**6 - 1)
    stage.to_time((first + 31) * DAY)
    later = scene.witness[1] - before[1]
    assert scene.figures == scene.expected(earned=(0, later))
    assert later == 3 * 10**6
    stage.to_time((first + 36) * DAY)
    assert scene.figures == scene.expected()


def test_after_retirement(running: Scene) -> None:
    stage, last = running.stage, running.sample(running.bookings[0].start + 1)
    running.distribute()
    stage.skip(DAY)
    stage.registry.send("retire", running.cluster, 39, sender=stage.operator)
    figures = running.figures
    assert figures == running.expected(last, running.witness)
    assert (figures["units"], figures["booked"]) == (61, 60)
    # Of those that are left nearly all are booked.
    assert figures["price"] > running.price(100, 60)
    stage.token(running.cluster).send(
        "transfer", stage.operator.address, UNIT, sender=stage.holders[0]
    )
    stage.to_hour(running.bookings[0].end)
    stage.registry.send("retire", running.cluster, 61, sender=stage.operator)
    assert running.figures == running.expected(last, (figures["cash"], 0))
    assert (running.figures["units"], running.figures["price"]) == (0, 0)


@shows("META-3")
def test_the_price_is_the_middle_of_what_the_units_around_it_cost(running: Scene) -> None:
    """The model prices whole units only: the last one booked, and the next one."""
    terms, booked = running.terms.model().pricing, running.booked(running.stage.hour())
    base = running.stage.market.call("baseOf", running.cluster)
    around = [
        price.gross(terms, base, 100, 1, HOUR, others * HOUR) for others in (booked - 1, booked)
    ]
    assert running.figures["price"] == ceil(Fraction(sum(around) + 1, 2 * 2**32))


def test_an_unknown_cluster_says_nothing(stage: Stage) -> None:
    for function in ("figures", "uri", "card"):
        with expect_revert("CapacityRegistry_UnknownCluster", 77):
            stage.deployment.metadata.call(function, 77)
