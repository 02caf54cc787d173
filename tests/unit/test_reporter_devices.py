"""In whose cluster a device counts, when several clusters show it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.oracle_bench import ME, Bench, Benches
from tests.support.oracle_views import DOMAIN, GENESIS, looks, measured
from tests.unit.test_reporter_shares import UNCOUNTED
from wellhead.oracle import wire
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR
from wellhead.oracle.measurements import Proposal
from wellhead.oracle.readings import Canary, HourSamples, Moment, Reading
from wellhead.oracle.reporter import database, devices
from wellhead.oracle.reporter.devices import DEVICE_HOURS, Refused
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.store import Grant, Own, Store

MINE, BOTH = "abcd", "abcdx"


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[Benches]:
    made = Benches(tmp_path)
    yield made
    made.close()


def show(bench: Bench, cluster: int, hours: Sequence[str]) -> None:
    """Let a cluster show these devices in each hour from the first on, at two looks."""
    bench.sources[cluster].moments = [
        moment
        for number, shown in enumerate(hours)
        for moment in looks(GENESIS + number, shown, step=1800)
    ]


def counted(bench: Bench, number: int, *clusters: int) -> list[int | None]:
    """What is available in the clusters in an hour that has just ended, in their numbers' order."""
    bench.at(GENESIS + number + 1, 60)
    return [bench.available(GENESIS + number, cluster) for cluster in sorted(clusters)]


@pytest.mark.parametrize("victim", [1, 2])
@pytest.mark.parametrize("left", ["", "abc"])
def test_an_outage_gives_a_rival_nothing(benches: Benches, victim: int, left: str) -> None:
    """One of the two lists the other's devices beside its own, all the time."""
    bench, rival = benches(1, 2, max_gap_s=3600), 3 - victim
    hours = [MINE] * 3 + [left] * (DEVICE_HOURS - 1) + [MINE] * 2
    show(bench, victim, hours)
    show(bench, rival, ["x"] + [BOTH] * (len(hours) - 1))
    for number, shown in enumerate(hours):
        found = counted(bench, number, victim), counted(bench, number, rival)
        assert found == ([len(shown) * 1000], [1000]), number


def test_who_is_away_for_longer_loses_them_until_the_rival_is_dropped(benches: Benches) -> None:
    bench = benches(1, 2, max_gap_s=3600)
    back = DEVICE_HOURS + 1
    show(bench, 1, [MINE] + [""] * DEVICE_HOURS + [MINE] * 4)
    show(bench, 2, ["x"] + [BOTH] * (DEVICE_HOURS + 4))
    for number in range(back):
        last = counted(bench, number, 1, 2)
    assert last == [0, 5000]
    assert counted(bench, back, 1, 2) == [0, 5000]
    assert counted(bench, back + 1, 1, 2) == [0, 5000]
    # Nobody watches the rival any more: what it claims lapses at once.
    alone = Reporter(ME, bench.store, bench.view, bench.watches[:1], now=lambda: bench.view.time)
    bench.at(GENESIS + back + 3, 60)
    alone.measurements(1, GENESIS + back + 2, GENESIS + back + 3)
    assert bench.store.raws.refused(1) == []
    # Watched again, it has the older claim: what was not measured was no absence.
    assert counted(bench, back + 3, 1, 2)[1] == 5000


def test_hours_that_nobody_measured_are_no_absence(benches: Benches) -> None:
    """The reporter itself was down, and the rival's number is the lower one."""
    bench = benches(1, 2, max_gap_s=3600)
    show(bench, 2, [MINE] * 202)
    show(bench, 1, ["x"] * 2 + [BOTH] * 200)
    assert counted(bench, 0, 1, 2) == [1000, 4000]
    assert counted(bench, 200, 1, 2) == [1000, 4000]


def test_an_hour_that_is_made_up_later_takes_nothing_back(benches: Benches) -> None:
    bench = benches(1, 2, max_gap_s=3600)
    show(bench, 2, [MINE] * 2 + [""] + [MINE] * 60)
    show(bench, 1, ["x"] + [BOTH] * 62)
    last = 4 + DEVICE_HOURS
    for number in (0, 1, *range(4, last + 1)):
        assert counted(bench, number, 1, 2) == [1000, 4000]
    # One without the devices and one with them, when both were long over.
    assert (bench.available(GENESIS + 2, 2), bench.available(GENESIS + 3, 2)) == (0, 4000)
    # Of the next hour only the rival's is asked for.
    assert counted(bench, last + 1, 1) == [1000]


def test_a_device_that_moved_long_ago_counts_where_it_was(benches: Benches) -> None:
    bench = benches(1, 2, max_gap_s=3600)
    show(bench, 1, [MINE] * 20 + [""] * 100)
    show(bench, 2, ["x"] * 100 + [BOTH] * 20)
    assert counted(bench, 110, 2) == [4000 + 1000]
    assert counted(bench, 10, 1) == [4000]


def test_a_card_is_known_by_its_serial_number_too(store: Store) -> None:
    keep(store, 1, GENESIS, Reading("a", serial="1"), Reading("b", serial="2"), Reading("c"))
    assert refused(store, 2, Reading("other", serial="1"), Reading("third", serial="9")) == [
        "other"
    ]
    assert refused(store, 2, Reading("c", serial="9"), Reading("1"), Reading("fourth")) == ["c"]
    assert refused(store, 1, Reading("a", serial="1"), Reading("c")) == []
    # Who shows another's number at its own old device takes nothing from it.
    keep(store, 2, GENESIS, Reading("made up"))
    assert refused(store, 2, Reading("made up", serial="2")) == ["made up"]
    assert refused(store, 1, Reading("b", serial="2")) == []


def test_a_device_of_two_models_is_refused_once(benches: Benches) -> None:
    bench = benches(1, 2)
    bench.sources[1].moments = looks(GENESIS, "a")
    bench.sources[2].moments = [
        Moment(moment.time_s, (Reading("a", model=f"model {moment.time_s % 7}"),))
        for moment in looks(GENESIS)
    ]
    assert (bench.available(GENESIS, 1), bench.available(GENESIS, 2)) == (1000, 0)
    assert bench.store.raws.refused(2) == [Refused("a", 1)]


def test_made_up_names_do_not_pile_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MORE_CLAIMS", 4)
    monkeypatch.setattr(devices, "CLAIMS_PER_UNIT", 1)
    keep(store, 1, GENESIS, Reading("a"), Reading("b", serial="b"))
    for hour in range(1, 5):
        names = [Reading(f"{hour} {number}") for number in range(20)]
        keep(store, 1, GENESIS + hour, Reading("a"), *names)
    with store.database.reading() as connection:
        rows = connection.execute("SELECT identity FROM devices ORDER BY id").fetchall()
    assert [identity for (identity,) in rows[:3]] == ["device:a", "device:b", "serial:b"]
    assert len(rows) == 4 + 2  # two units are attested


def test_a_store_of_the_last_version_is_taken_over(tmp_path: Path) -> None:
    """It holds what was signed: a reporter must not begin without it."""
    path, listed = tmp_path / "store", [measured(who) for who in range(3)]
    store = Store(path, DOMAIN, ME.address)
    grant = Grant(bytes(32), wire.Batch.of(Proposal.of(listed)), bytes(64))
    store.lock("report", {(1, GENESIS): 7}, grant)
    failed = Canary((GENESIS - 1) * HOUR, "a", "gemm", passed=False)
    store.raws.add_canary(1, failed)
    store.close()
    # As that version had it.
    with sqlite3.connect(path) as connection:
        connection.executescript(FORMER)
    connection.close()
    store = Store(path, DOMAIN, ME.address)
    assert store.signed_for("report", (1, GENESIS)) == (7, grant)
    assert store.raws.canaries(1, GENESIS) == [failed]
    assert refused(store, 2, Reading("a"), Reading("z", serial="2")) == ["a", "z"]
    assert refused(store, 1, Reading("a"), Reading("b", serial="2")) == []
    keep(store, 1, GENESIS, Reading("b", serial="2"))
    with store.database.reading() as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (database.VERSION,)
        (rows,) = connection.execute("SELECT count(*) FROM devices").fetchone()
        assert rows == 3
    store.close()


FORMER = f"""{UNCOUNTED}
DROP TABLE devices;
ALTER TABLE canaries DROP COLUMN counts_from;
ALTER TABLE canaries DROP COLUMN counts_to;
CREATE TABLE devices (
    cluster INTEGER, device TEXT, serial TEXT NOT NULL, hour INTEGER NOT NULL,
    PRIMARY KEY (cluster, device)
);
CREATE INDEX devices_by_name ON devices (device);
CREATE INDEX devices_by_serial ON devices (serial) WHERE serial != '';
INSERT INTO devices VALUES (1, 'a', '', {GENESIS - 1}), (1, 'b', '2', {GENESIS - 1});
PRAGMA user_version = 2;
"""  # noqa: S608


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store", DOMAIN, ME.address)
    yield opened
    opened.close()


def keep(store: Store, cluster: int, hour: int, *readings: Reading) -> None:
    """Let these stand in a cluster's evidence of an hour."""
    canaries = tuple(store.raws.canaries(cluster, hour))
    samples = HourSamples(None, (Moment(hour * HOUR, readings),), canaries)
    own = Own(measured(0, hour=hour, cluster=cluster), Bookings(2), 2)
    assert own.signed.reporter == ME.address
    assert store.keep_own(own, samples)


def refused(store: Store, cluster: int, *readings: Reading) -> list[str]:
    listed = HourSamples(None, (Moment(GENESIS * HOUR, readings),)).devices()
    found = store.raws.elsewhere(cluster, GENESIS, listed, {1, 2})
    return sorted(item.device for item in found)
