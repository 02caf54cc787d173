"""When an hour is measured, from what, and when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.oracle_bench import ME, Benches
from tests.support.oracle_views import (
    DOMAIN,
    GENESIS,
    NOW,
    looks,
    measured,
)
from tests.support.shows import shows
from wellhead.model.terms import Kind
from wellhead.oracle import wire
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR
from wellhead.oracle.hours import Frame, measure_hour
from wellhead.oracle.measurements import Proposal
from wellhead.oracle.readings import HourSamples, Moment, Reading
from wellhead.oracle.reporter.database import LEAST_BYTES, StoreFull
from wellhead.oracle.reporter.metrics import is_off_book
from wellhead.oracle.reporter.refusals import Refusal


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[Benches]:
    made = Benches(tmp_path)
    yield made
    made.close()


def test_an_hour_is_measured_when_it_is_over_and_has_settled(benches: Benches) -> None:
    bench = benches(1, settle_s=90)
    bench.view.booked = Bookings(3)
    bench.sources[1].moments = looks(GENESIS)
    for seconds in (-1, 0, 89):
        bench.at(GENESIS + 1, seconds)
        assert bench.own() is None
    assert bench.sources[1].asked == []
    bench.at(GENESIS + 1, 90)
    signed = bench.own()
    assert signed is not None
    assert signed.is_genuine(DOMAIN)
    sample = signed.measurement.sample
    assert (sample.working, sample.available, sample.measured) == (4000, 3000, 200_000)
    assert (signed.measurement.moments, signed.measurement.gap) == (60, 60)


def test_an_hour_is_measured_once(benches: Benches) -> None:
    bench = benches(1)
    bench.sources[1].moments = looks(GENESIS)
    first = bench.own()
    bench.sources[1].moments = looks(GENESIS, "a")
    bench.view.booked = Bookings(1)
    assert bench.own() == first
    assert len(bench.sources[1].asked) == 1


def test_raw_samples_lead_to_the_measurement(benches: Benches) -> None:
    bench = benches(1)
    bench.sources[1].moments = looks(GENESIS) + looks(GENESIS + 1)
    raw = bench.reporter.raw_samples(1, GENESIS + 1)
    assert raw is not None
    lines = [line.encode() for line in raw.lines]
    samples = HourSamples.parse(lines, (GENESIS + 1) * HOUR)
    assert samples.before == bench.sources[1].moments[59]
    frame = Frame(
        1, GENESIS + 1, Bookings(raw.booked), raw.attested, Kind.TRAINING, "H100-SXM5-80GB"
    )
    assert measure_hour(frame, samples) == raw.measurement.signed().measurement
    assert bench.reporter.raw_samples(1, NOW) is None
    assert bench.reporter.raw_samples(2, GENESIS) is None


@shows("REP-10")
@pytest.mark.parametrize("live", [False, True])
def test_a_gap_is_not_guessed_over(benches: Benches, live: bool) -> None:
    bench = benches(1, live=live, max_gap_s=300)
    missing = range(GENESIS * HOUR + 600, GENESIS * HOUR + 900)
    shown = [m for m in looks(GENESIS) if m.time_s not in missing]  # 360 s
    other = [m for m in looks(GENESIS + 1) if m.time_s - HOUR not in missing[:240]]  # 300 s
    bench.sources[1].moments = shown + other
    for moment in shown + other if live else []:
        bench.store.raws.add_moment(1, moment)
    assert bench.own(GENESIS + 1) is not None
    assert bench.own() is None
    assert "nobody looked for 360 s, more than 300 s" in bench.problems()
    assert not bench.reporter.health().ok


def test_after_an_outage_a_source_with_a_history_is_asked_for_all_hours(benches: Benches) -> None:
    bench = benches(1)
    bench.sources[1].moments = [m for hour in range(GENESIS, NOW) for m in looks(hour)]
    found = bench.reporter.measurements(1, GENESIS - 9, NOW + 9)
    assert [signed.key[1] for signed in found] == list(range(GENESIS, NOW))
    # What lies between is counted once: each hour's counters begin where the last one's ended.
    befores = [bench.store.raws.samples(1, hour) for hour in range(GENESIS, NOW)]
    assert [s.before.time_s if s and s.before else None for s in befores] == [
        None,
        *(hour * HOUR - 60 for hour in range(GENESIS + 1, NOW)),
    ]


def test_by_itself_it_measures_what_has_no_record(benches: Benches) -> None:
    bench = benches(1)
    bench.sources[1].moments = [m for hour in range(GENESIS, NOW) for m in looks(hour)]
    bench.view.reported = {(1, GENESIS), (1, NOW - 1)}
    bench.reporter.rounds.measure()
    done = bench.store.measured_hours(1, 0, 2**24)
    assert done == set(range(GENESIS + 1, NOW - 1))


def test_by_itself_it_forgets_old_samples(benches: Benches) -> None:
    bench = benches(1, retention_s=3 * HOUR)
    bench.sources[1].moments = [m for hour in range(GENESIS, NOW) for m in looks(hour)]
    bench.reporter.rounds.measure()
    kept = [hour for hour in range(GENESIS, NOW) if bench.store.raws.samples(1, hour)]
    # The chain's time is ten minutes into an hour.
    assert kept == list(range(NOW - 3, NOW))
    assert bench.store.measured_hours(1, 0, 2**24) == set(range(GENESIS, NOW))
    bench.at(NOW, 3599)
    bench.reporter.rounds.measure()
    assert bench.reporter.raw_samples(1, NOW - 4) is None
    assert bench.reporter.raw_samples(1, NOW - 3) is not None


def test_hours_that_can_not_be_measured_do_not_keep_out_the_others(benches: Benches) -> None:
    bench = benches(1)
    bench.at(GENESIS + 60, 600)
    bench.sources[1].moments = [
        m for hour in range(GENESIS + 40, GENESIS + 60) for m in looks(hour)
    ]
    for _ in range(8):
        bench.reporter.rounds.measure()
    assert bench.store.measured_hours(1, 0, 2**24) == set(range(GENESIS + 40, GENESIS + 60))


def test_a_source_that_fails_is_left_alone_for_a_while(benches: Benches) -> None:
    bench = benches(1)
    bench.sources[1].failure = "no Prometheus answers"
    bench.reporter.measurements(1, GENESIS, NOW)
    assert len(bench.sources[1].asked) == 1
    assert f"cluster 1, hour {GENESIS}: no Prometheus answers" in bench.problems()
    bench.sources[1].failure = None
    bench.sources[1].moments = looks(GENESIS)
    assert bench.own() is None
    bench.reporter.measuring.wake()
    assert bench.own() is not None
    assert bench.reporter.health().ok


def test_much_work_is_done_in_rounds(benches: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is signed without the own measurement only because it is not made yet."""
    monkeypatch.setattr("wellhead.oracle.reporter.measuring.MOST_LINES", 2 * 60 * 5 - 1)
    bench = benches(1)
    hours = range(GENESIS, GENESIS + 5)
    bench.sources[1].moments = [moment for hour in hours for moment in looks(hour)]
    batch = wire.Batch.of(Proposal.of(measured(who, hour=h) for who in (1, 2, 3) for h in hours))
    with pytest.raises(Refusal, match=f"hour {GENESIS + 2} .* still to be measured") as caught:
        bench.reporter.grant("report", batch)
    assert caught.value.reason == "busy"
    assert bench.store.measured_hours(1, 0, 2**24) == set(hours[:2])
    bench.reporter.measurements(1, GENESIS, NOW)
    with pytest.raises(Refusal) as caught:
        bench.reporter.grant("report", batch)
    assert caught.value.reason == "incomplete"
    assert bench.store.measured_hours(1, 0, 2**24) == set(hours)


def test_a_source_that_contradicts_itself_is_a_sentence(benches: Benches) -> None:
    bench = benches(1)
    bench.sources[1].moments = looks(GENESIS, active=1_000_001)
    assert bench.own() is None
    assert "impossible values" in bench.problems()


# At which block


def test_all_that_an_hour_takes_from_the_chain_is_of_one_block(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(1, settle_s=90)
    bench.sources[1].moments = looks(GENESIS) + looks(GENESIS + 1)
    asked: list[tuple[str, int | None]] = []

    def settled(time_s: int) -> int:
        asked.append(("settled", time_s))
        return 77

    def bookings(cluster: int, hours: list[int], block: int | None = None) -> list[Bookings]:
        asked.append(("bookings", block))
        return [Bookings(10) for _ in hours]

    def attested(cluster: int, hours: list[int], block: int | None = None) -> list[int]:
        asked.append(("attested", block))
        return [10 for _ in hours]

    for answer in (settled, bookings, attested):
        monkeypatch.setattr(bench.view, answer.__name__, answer)
    bench.reporter.measurements(1, GENESIS, GENESIS + 2)
    end = (GENESIS + 2) * HOUR
    assert asked == [("settled", end + 90), ("bookings", 77), ("attested", 77)]


# Devices in two clusters


def test_a_device_of_another_clusters_evidence_counts_as_absent(benches: Benches) -> None:
    bench = benches(1, 2)
    bench.sources[1].moments = looks(GENESIS, "ab") + looks(GENESIS + 1, "a")
    bench.sources[2].moments = looks(GENESIS, "bc") + looks(GENESIS + 1, "bc")
    # Asked for the second first: the lower number still is the one that has it.
    assert bench.available(GENESIS, 2) == 1000
    assert bench.available(GENESIS, 1) == 2000
    assert "1 devices of cluster 2 count as absent, they stand in cluster 1: b" in bench.problems()
    assert bench.metric('wellhead_reporter_refused_devices{cluster="2"}') == "1.0"
    raw = bench.reporter.raw_samples(2, GENESIS)
    assert raw is not None
    assert not any('"device":"b"' in line for line in raw.lines)
    samples = HourSamples.parse([line.encode() for line in raw.lines], GENESIS * HOUR)
    frame = Frame(2, GENESIS, Bookings(raw.booked), raw.attested, Kind.TRAINING, "H100-SXM5-80GB")
    assert measure_hour(frame, samples) == raw.measurement.signed().measurement
    # What was seen of it is kept all the same, and it stays where it is for a while.
    (seen, *_) = bench.store.raws.moments(2, GENESIS * HOUR, (GENESIS + 1) * HOUR)
    assert [reading.device for reading in seen.readings] == ["b", "c"]
    assert bench.available(GENESIS + 1, 2) == 1000


# No room, no node


def test_a_full_store_measures_nothing_and_shows_what_it_has(benches: Benches) -> None:
    bench = benches(1, max_bytes=LEAST_BYTES)
    bench.sources[1].moments = looks(GENESIS) + [
        Moment(m.time_s, tuple(Reading(f"{m.time_s * n:x}") for n in range(1, 100)))
        for m in looks(GENESIS + 1)
    ]
    first = bench.own()
    with pytest.raises(StoreFull):
        bench.own(GENESIS + 1)
    assert "nothing can be written to the store" in bench.problems()
    assert bench.own() == first
    bench.sources[1].moments = looks(GENESIS + 1)
    assert bench.own(GENESIS + 1) is not None
    assert bench.reporter.health().ok


def test_without_a_node_health_says_so(benches: Benches) -> None:
    bench = benches(1)
    bench.view.is_down = True
    health = bench.reporter.health()
    assert (health.ok, health.is_signer, health.chain_time_s, health.skew_s) == (
        False,
        None,
        None,
        None,
    )
    assert health.problems == ["no node answers at http://127.0.0.1:1"]


def test_health_says_whether_it_is_a_reporter(benches: Benches) -> None:
    bench = benches(1)
    assert bench.reporter.health().is_signer is True
    bench.view.signing = type(bench.view.signing)(bench.view.signing.addresses[1:], 3)
    assert bench.reporter.health().is_signer is False
    assert f"{ME.address} is none of the chain's reporters" in bench.problems()


# What is told


@pytest.mark.parametrize(
    ("measured_ppm", "covered", "attested", "alarm"),
    [
        (320_000, 3 * HOUR, 10, False),
        (320_001, 3 * HOUR, 10, True),
        (353_334, HOUR, 3, False),
        (353_335, HOUR, 3, True),
        # Units that came in the course of the hour count for what was left of it.
        (170_000, 3 * HOUR // 2, 10, False),
        (170_001, 3 * HOUR // 2, 10, True),
        (1, 0, 0, True),
        (0, 0, 0, False),
    ],
)
def test_off_book_is_two_points_above_what_was_booked(
    measured_ppm: int, covered: int, attested: int, alarm: bool
) -> None:
    assert is_off_book(measured_ppm, covered, attested) is alarm


def test_an_hour_of_which_the_node_disagrees_with_itself_is_not_measured(benches: Benches) -> None:
    """It is none of the others' problem, and is tried again after a while."""
    bench = benches(1)
    bench.sources[1].moments = [*looks(GENESIS), *looks(GENESIS + 1)]
    told = {GENESIS: None, GENESIS + 1: Bookings(1)}
    bench.view.bookings = lambda cluster, hours, *_: [told[hour] for hour in hours]  # type: ignore[method-assign]
    bench.at(GENESIS + 1, 600)
    assert bench.own() is None
    assert f"cluster 1, hour {GENESIS}: the node's logs disagree with its state" in bench.problems()
    bench.at(GENESIS + 2, 600)
    bench.reporter.measuring.wake()
    found = bench.reporter.measurements(1, GENESIS, GENESIS + 2)
    assert [(one.key[1], one.measurement.sample.available) for one in found] == [
        (GENESIS + 1, 1000)
    ]
    told[GENESIS] = Bookings(2)
    assert bench.own() is None
    bench.reporter.measuring.wake()
    assert bench.available() == 2000


@pytest.mark.parametrize(("second", "alarm"), [(1, "0.0"), (HOUR // 2, "1.0")])
def test_units_that_were_booked_late_explain_less_use(
    benches: Benches, second: int, alarm: str
) -> None:
    """A fifth of all units was in use, and as many were booked at the hour's end."""
    bench = benches(1)
    bench.view.booked = Bookings(2, ((second, 2),))
    bench.sources[1].moments = looks(GENESIS)
    assert bench.own() is not None
    assert bench.metric('wellhead_reporter_off_book{cluster="1"}') == alarm


def test_what_was_measured_shows_in_the_metrics(benches: Benches) -> None:
    bench = benches(1)
    bench.view.booked = Bookings(1)
    bench.sources[1].moments = looks(GENESIS)
    assert bench.own() is not None
    bench.reporter.take([measured(who) for who in (1, 2)])
    for name, value in (
        ("available_thousandths", "1000.0"),
        ("off_book", "1.0"),
        ("last_measured_hour", f"{GENESIS}.0"),
        ("signed_hours", "0.0"),
    ):
        assert bench.metric(f'wellhead_reporter_{name}{{cluster="1"}}') == value
    assert int(float(bench.metric("wellhead_reporter_store_bytes"))) > 4096
    assert bench.metric("wellhead_reporter_problems") == "0.0"
