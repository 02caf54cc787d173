"""When a reporter agrees with a recount: reporters that look at other moments see another part of
an outage, and must be able to decide a contest nevertheless."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.oracle_views import DOMAIN, GENESIS, REPORTERS
from wellhead.model.samples import Sample
from wellhead.model.terms import Kind
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR, Signers
from wellhead.oracle.hours import Frame, sample_of
from wellhead.oracle.measurements import Measurement, Proposal, Signed, sign
from wellhead.oracle.readings import HourSamples, Moment, Reading
from wellhead.oracle.reporter.judging import Case, judge
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.store import Own

FRAME = Frame(1, GENESIS, Bookings(10), 10, Kind.TRAINING, "H100-SXM5-80GB")
SIGNERS = Signers(tuple(account.address for account in REPORTERS), 3)
DEVICES = tuple(Reading(f"GPU-{number:02}") for number in range(10))
#: The second of its interval at which each reporter looks.
PHASES = (3, 17, 29, 41, 55)


def measured(who: int, phase: int, outage: range, interval: int = 60) -> Signed:
    """What reporter `who` measures of an hour in which nothing worked in the seconds `outage`."""
    looks = tuple(
        Moment(FRAME.begin_s + second, () if second in outage else DEVICES)
        for second in range(phase, HOUR, interval)
    )
    sample = sample_of(FRAME, HourSamples(None, looks))
    return sign(DOMAIN, Measurement(sample, bytes(32), len(looks), interval), REPORTERS[who])


def agrees(own: Own, sample: Sample, listed: Sequence[Signed]) -> bool:
    """Whether the reporter with that own measurement signs a recount."""
    made = own.signed.measurement
    case = Case("recount", sample, listed, listed, made.sample, made.moments, own.booked_milli)
    try:
        judge(case, SIGNERS, lambda: False)
    except Refusal as refusal:
        assert refusal.reason == "disagrees"
        return False
    return True


def willing(listed: Sequence[Signed]) -> int:
    """How many of those who measured sign the recount that their measurements make."""
    (sample,) = Proposal.of(listed).samples
    return sum(agrees(Own(one, FRAME.bookings, 10), sample, listed) for one in listed)


def spread(outage: range, interval: int = 60) -> list[Signed]:
    return [
        measured(who, phase * interval // 60, outage, interval) for who, phase in enumerate(PHASES)
    ]


@pytest.mark.parametrize("seconds", [30, 90, 630])
def test_who_looks_at_other_moments_can_decide_a_contest(seconds: int) -> None:
    """Wherever the outage begins within a minute: some see a look more of it than others."""
    apart = set()
    for begin in range(1500, 1560, 7):
        listed = spread(range(begin, begin + seconds))
        found = [one.measurement.sample.available for one in listed]
        apart.add(max(found) - min(found))
        assert willing(listed) == 5, (begin, found)
    assert max(apart) >= 10_000 // 60


def test_who_looks_rarely_can_decide_a_contest_too() -> None:
    assert willing(spread(range(1500, 1590), interval=300)) == 5


@pytest.mark.parametrize(
    ("looks", "bookings", "least"),
    [
        (60, Bookings(10), 9_616),  # 334 for the looks, half a percent of 10,000 besides
        (30, Bookings(10), 9_283),
        (12, Bookings(10), 8_283),
        (1, Bookings(10), 8_283),  # what agrees with anything decides nothing
        (0, Bookings(10), 8_283),
        (60, Bookings(0), 9_950),
        # A thousand units more, booked in the last second, are 278 thousandths.
        (60, Bookings(1010, ((3599, 1000),)), 9_607),
    ],
)
def test_how_far_apart_a_recount_may_be(looks: int, bookings: Bookings, least: int) -> None:
    own = Own(said(0, 10_000, looks), bookings, 2_000)

    def is_signed(available: int) -> bool:
        listed = [said(who, available) for who in range(1, 5)]
        return agrees(own, listed[0].measurement.sample, listed)

    assert is_signed(least)
    assert not is_signed(least - 1)


def said(who: int, available: int, looks: int = 60) -> Signed:
    sample = Sample(1, GENESIS, 10_000, available, 0)
    return sign(DOMAIN, Measurement(sample, bytes(32), looks, 60), REPORTERS[who])
