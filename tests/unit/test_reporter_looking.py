"""How a reporter looks at live sources, and asks a cluster to do jobs of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.oracle_bench import HISTORY, LIVE, ME, Benches
from tests.support.oracle_views import (
    GENESIS,
    NOW,
    Recorded,
    looks,
)
from tests.support.shows import shows
from wellhead.oracle.canary import CanaryError, Challenger
from wellhead.oracle.chain import HOUR
from wellhead.oracle.readings import Canary, Moment
from wellhead.oracle.reporter.config import ClusterTable
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.watching import Watch
from wellhead.oracle.sources import SourceError


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[Benches]:
    made = Benches(tmp_path)
    yield made
    made.close()


# Live sources


def test_live_sources_are_looked_at_and_remembered(benches: Benches) -> None:
    bench = benches(1, live=True)
    (watch,) = bench.watches
    for moment in looks(GENESIS):
        bench.view.time = moment.time_s
        bench.sources[1].moments = [moment]
        bench.reporter.rounds.look(watch)
    bench.at(GENESIS + 1, 60)
    assert bench.available() == 4000
    assert bench.metric('wellhead_reporter_moments_total{cluster="1"}') == "60.0"
    assert bench.reporter.health().clusters[0].last_moment_s == (GENESIS + 1) * HOUR - 60


def test_a_look_that_fails_is_no_look(benches: Benches) -> None:
    """That somebody can not look says nothing about the cluster."""
    bench = benches(1, live=True)
    (watch,) = bench.watches
    bench.sources[1].failure = "no library"
    bench.reporter.rounds.look(watch)
    assert bench.store.raws.last_time(1) is None
    assert "cluster 1: no library" in bench.problems()
    assert bench.metric('wellhead_reporter_failed_looks_total{cluster="1"}') == "1.0"
    bench.sources[1].failure = None
    bench.sources[1].moments = [Moment(bench.view.time)]  # looked in vain: that is one
    bench.reporter.rounds.look(watch)
    assert bench.store.raws.last_time(1) == bench.view.time
    assert bench.reporter.health().ok


@shows("REP-10")
@pytest.mark.parametrize(("skew", "said"), [(121, "ahead of"), (-121, "behind")])
def test_a_wrong_clock_measures_no_live_source(benches: Benches, skew: int, said: str) -> None:
    bench = benches(1, live=True)
    for moment in looks(GENESIS):
        bench.store.raws.add_moment(1, moment)
    bench.machine = bench.view.time + skew
    assert bench.own() is None
    assert f"the machine's clock is 121 s {said} the chain's time" in bench.problems()
    assert bench.reporter.health().skew_s == skew
    assert bench.metric("wellhead_reporter_skew_seconds") == f"{skew}.0"
    bench.machine = bench.view.time + (120 if skew > 0 else -120)
    assert bench.own() is not None
    assert bench.reporter.health().ok


def test_a_wrong_clock_does_not_matter_to_what_others_recorded(benches: Benches) -> None:
    bench = benches(1)
    bench.sources[1].moments = looks(GENESIS)
    bench.machine = 0
    assert bench.own() is not None
    assert bench.reporter.health().ok


def test_live_hours_before_its_time_are_not_measured(benches: Benches) -> None:
    bench = benches(1, live=True)
    for moment in looks(NOW - 1):
        bench.store.raws.add_moment(1, moment)
    found = bench.reporter.measurements(1, GENESIS, NOW)
    assert [signed.key[1] for signed in found] == [NOW - 1]


def test_sources_of_a_cluster_look_together() -> None:
    config = ClusterTable.model_validate({"cluster": 1, "sources": [HISTORY, HISTORY]})
    one, two = looks(GENESIS, "ab")[:3], looks(GENESIS, "bc", active=1)[1:4]
    watch = Watch(config, [Recorded(one), Recorded(two)])
    found = watch.recorded(0, 2**40, 10)
    assert [moment.time_s for moment in found] == [m.time_s for m in one[1:]]
    assert [(r.device, r.active_ppm) for r in found[0].readings] == [
        ("a", 500_000),
        ("b", 500_000),
        ("c", 1),
    ]
    with pytest.raises(SourceError):
        Watch(config, [Recorded(one), Recorded(failure="down")]).recorded(0, 2**40, 10)


def test_a_live_look_is_of_all_sources_or_none() -> None:
    config = ClusterTable.model_validate({"cluster": 1, "sources": [LIVE, LIVE]})
    now = GENESIS * HOUR
    shown = [Recorded(looks(GENESIS, name)[:1]) for name in "ab"]
    found = Watch(config, shown, lambda: now).look()
    assert (found.time_s, [r.device for r in found.readings]) == (now, ["a", "b"])
    with pytest.raises(SourceError, match="down"):
        Watch(config, [shown[0], Recorded(failure="down")], lambda: now).look()
    with pytest.raises(SourceError, match="too long"):
        Watch(config, [shown[0], Recorded([])], lambda: now).look()


# Canaries


class Challenged(Challenger):
    """A challenger whose outcome is known."""

    def __init__(self, outcome: Canary | CanaryError) -> None:
        super().__init__(["true"], "checksum")
        self._outcome = outcome

    def challenge(self) -> Canary:
        if isinstance(self._outcome, CanaryError):
            raise self._outcome
        return self._outcome


def job(device: str = "", **more: object) -> dict[str, object]:
    """A canary in a cluster's settings."""
    return {"command": ["true"], "kind": "checksum", "device": device, **more}


def test_what_fails_a_canary_is_absent_until_it_passes(benches: Benches) -> None:
    bench = benches(1, canaries=[job("a"), job("b")])
    (watch,) = bench.watches
    begin = GENESIS * HOUR
    for time_s, device, passed in (
        (begin - 600, "a", False),
        (begin + 1800, "a", True),
        (begin + 2400, "b", False),
    ):
        bench.reporter.rounds.challenge(
            watch, Challenged(Canary(time_s, device, "checksum", passed))
        )
    bench.sources[1].moments = looks(GENESIS)
    signed = bench.own()
    assert signed is not None
    assert signed.measurement.canaries == 1
    # "a" is absent for 30 minutes, "b" for 20.
    assert signed.measurement.sample.working == 4000 - 500 - 333 - 1
    line = 'wellhead_reporter_canaries_total{cluster="1",outcome='
    assert (bench.metric(line + '"passed"}'), bench.metric(line + '"failed"}')) == ("1.0", "2.0")


def test_a_canary_that_could_not_be_asked_says_nothing(benches: Benches) -> None:
    bench = benches(1)
    (watch,) = bench.watches
    bench.reporter.rounds.challenge(watch, Challenged(CanaryError("ssh can not be run")))
    assert "cluster 1, canary: ssh can not be run" in bench.problems()
    bench.sources[1].moments = looks(GENESIS)
    assert bench.available() == 4000


@pytest.mark.parametrize("asked_before", [300, 30])
def test_a_canary_that_fails_after_its_hour_was_measured_counts_from_the_next_on(
    benches: Benches, asked_before: int
) -> None:
    bench = benches(1, canaries=[job()])
    (watch,) = bench.watches
    bench.sources[1].moments = [moment for n in range(4) for moment in looks(GENESIS + n)]
    bench.at(GENESIS + 1, 60)
    assert bench.available() == 4000
    evidence = bench.reporter.raw_samples(1, GENESIS)
    asked = (GENESIS + 1) * HOUR - asked_before
    bench.reporter.rounds.challenge(watch, Challenged(Canary(asked, "", "gemm", passed=False)))
    bench.at(GENESIS + 3, 60)
    assert [bench.available(GENESIS + n) for n in range(3)] == [4000, 0, 0]
    # What was signed for already rests on what it rested on.
    assert bench.reporter.raw_samples(1, GENESIS) == evidence
    # One that passed as late lets it come back, in the hours that follow.
    passed = Canary((GENESIS + 3) * HOUR - 10, "", "gemm", passed=True)
    bench.reporter.rounds.challenge(watch, Challenged(passed))
    bench.at(GENESIS + 4, 60)
    assert [bench.available(GENESIS + n) for n in range(4)] == [4000, 0, 0, 4000]


def test_what_failed_a_job_that_is_asked_no_more_comes_back(benches: Benches) -> None:
    bench = benches(1, canaries=[job("a"), job()])
    for device in ("", "a", "b"):
        failed = Canary((GENESIS - 5) * HOUR, device, "checksum", passed=False)
        assert bench.store.raws.add_canary(1, failed)
    bench.sources[1].moments = [moment for n in range(3) for moment in looks(GENESIS + n)]
    assert bench.available() == 0
    evidence = bench.reporter.raw_samples(1, GENESIS)
    # The same store, another configuration: only "a" is asked.
    table = bench.watches[0].table.model_copy(
        update={"canaries": bench.watches[0].table.canaries[:1]}
    )
    later = Reporter(
        ME, bench.store, bench.view, [Watch(table, [bench.sources[1]])], now=lambda: bench.view.time
    )
    later.measurements(1, GENESIS, GENESIS + 2)
    own = bench.store.own(1, GENESIS + 1)
    assert own is not None
    assert own.signed.measurement.sample.available == 3000  # without "a", which fails on
    assert later.raw_samples(1, GENESIS) == evidence
    found = later.raw_samples(1, GENESIS + 1)
    assert found is not None
    assert sum('"kind":"canary"' in line for line in found.lines) == 1
