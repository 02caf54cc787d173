"""How much of a reporter's store one cluster's exporters may fill."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.oracle_bench import ME, Bench, Benches
from tests.support.oracle_views import DOMAIN, GENESIS, looks, measured
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR
from wellhead.oracle.readings import HourSamples, Moment, Reading
from wellhead.oracle.reporter.database import ROW, VERSION, StoreFull
from wellhead.oracle.reporter.raws import Refused, packed, size_of
from wellhead.oracle.reporter.shares import Shares
from wellhead.oracle.reporter.store import Own, Store

BEGIN = GENESIS * HOUR
MIB = 2**20
#: A store as it was before anything was counted.
UNCOUNTED = "DROP TABLE sizes;" + "".join(
    f"DROP TRIGGER {table}_{what};"
    for table in ("moments", "own", "refused", "devices")
    for what in ("come", "change", "go")
)


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[Benches]:
    made = Benches(tmp_path)
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path, DOMAIN, ME.address)
    yield opened
    opened.close()


def junk(count: int, prefix: str = "") -> tuple[Reading, ...]:
    """Made-up devices that weigh nothing, and show what can not be made smaller."""
    names = sorted(f"{prefix}{number:064}" for number in range(count))
    return tuple(Reading(name, model=os.urandom(64).hex(), weight_milli=0) for name in names)


def filling(hour: int = GENESIS, count: int = 200, most: int = 60) -> list[Moment]:
    """Looks at four devices, and at so many made-up ones."""
    return [Moment(look.time_s, look.readings + junk(count)) for look in looks(hour)[:most]]


def look(bench: Bench, cluster: int, moment: Moment) -> None:
    bench.view.time = moment.time_s
    bench.sources[cluster].moments = [moment]
    (watch,) = [watch for watch in bench.watches if watch.cluster == cluster]
    bench.reporter.rounds.look(watch)


def kept(bench: Bench, cluster: int) -> list[int]:
    """How many devices stand in each look that is kept."""
    return [len(moment.readings) for moment in bench.store.raws.moments(cluster, 0, 2**40)]


# What a full share means


def test_who_fills_its_share_loses_by_it_and_nobody_else_does(
    benches: Benches, caplog: pytest.LogCaptureFixture
) -> None:
    bench = benches(1, 2, live=True, max_bytes=2 * MIB)
    share = bench.reporter.measuring.shares.share
    assert share == MIB // 2
    for full, honest in zip(filling(), looks(GENESIS, "wxyz"), strict=True):
        look(bench, 1, full)
        look(bench, 2, honest)
    shown = kept(bench, 1)
    room = shown.index(0)
    assert 10 < room < 50
    assert shown == [204] * room + [0] * (60 - room)
    assert share - size_of(full) - 60 * 2 * ROW < bench.store.raws.size(1) < share + 60 * 2 * ROW
    said = "cluster 1: 1 of 1 looks count for nothing: what its exporters show has no room in its "
    assert [record.message.startswith(said) for record in caplog.records] == [True] * (60 - room)
    assert f"share of the store, {share} bytes" in caplog.text
    assert kept(bench, 2) == [4] * 60
    assert bench.metric('wellhead_reporter_moments_total{cluster="1"}') == "60.0"
    # Both hours are measured, and the one is what was kept of it.
    bench.at(GENESIS + 1, 60)
    assert bench.available(cluster=1) == 4000 * room // 60
    assert bench.available(cluster=2) == 4000
    assert f"cluster 1 takes {100 * bench.store.raws.size(1) // share} % of its" in bench.problems()


def test_a_history_that_fills_its_share_loses_by_it_and_nobody_else_does(
    benches: Benches, caplog: pytest.LogCaptureFixture
) -> None:
    bench = benches(1, 2, max_bytes=2 * MIB)
    bench.sources[1].moments, bench.sources[2].moments = filling(), looks(GENESIS, "wxyz")
    available = bench.available(cluster=1)
    shown = kept(bench, 1)
    room = shown.index(0)
    assert shown == [204] * room + [0] * (60 - room)
    assert available == 4000 * room // 60
    assert f"cluster 1: {60 - room} of 60 looks count for nothing" in caplog.text
    assert bench.available(cluster=2) == 4000
    # The look before the next hour is none of those that have room, either.
    bench.sources[1].moments += looks(GENESIS + 1, devices=())
    assert bench.available(GENESIS + 1) == 0
    samples = bench.store.raws.samples(1, GENESIS + 1)
    assert samples is not None
    assert samples.before == Moment(BEGIN + HOUR - 60)


def test_what_has_room_still_counts(benches: Benches, caplog: pytest.LogCaptureFixture) -> None:
    bench = benches(1, live=True, max_bytes=MIB)
    for moment in filling(most=40):
        look(bench, 1, moment)
    assert kept(bench, 1)[-1] == 0
    caplog.clear()
    look(bench, 1, looks(GENESIS + 1)[0])
    assert kept(bench, 1)[-1] == 4
    # And of what shows nothing anyway nobody says that it has no room.
    while bench.store.raws.size(1) <= MIB // 2:
        look(bench, 1, Moment(bench.view.time + 1))
    assert not caplog.records


def test_forgotten_looks_make_room(benches: Benches) -> None:
    bench = benches(1, live=True, max_bytes=MIB)
    for moment in filling(most=40):
        look(bench, 1, moment)
    full, whole = filling(GENESIS + 1, most=2)
    look(bench, 1, full)
    bench.store.raws.prune(BEGIN + HOUR)
    look(bench, 1, whole)
    assert kept(bench, 1) == [0, 204]
    assert bench.reporter.health().ok


def test_a_store_without_a_largest_size_has_no_shares(benches: Benches) -> None:
    bench = benches(1, live=True)
    for moment in filling(most=40):
        look(bench, 1, moment)
    assert kept(bench, 1) == [204] * 40
    assert bench.reporter.health().ok


def test_a_share_that_is_nearly_full_is_a_problem(store: Store) -> None:
    assert Shares(store, [1]).problems() == []
    while store.raws.size(1) < 9000:
        store.raws.add_moment(1, Moment(store.raws.size(1), junk(3)))
    store.database.max_bytes = 4 * (store.raws.size(1) * 10 // 9)
    assert Shares(store, [1, 2]).problems() == [
        "cluster 1 takes 90 % of its share of the store: looks that have no room in it count for "
        "nothing"
    ]
    store.database.max_bytes += 8
    assert Shares(store, [1, 2]).problems() == []


@pytest.mark.parametrize(("clusters", "share"), [([], 500), ([7], 500), ([1, 2, 3], 166)])
def test_all_clusters_have_the_same_share(store: Store, clusters: list[int], share: int) -> None:
    store.database.max_bytes = 1000
    assert Shares(store, clusters).share == share


def test_a_full_store_still_forgets(benches: Benches) -> None:
    """Else it would be full for ever."""
    bench = benches(1, max_bytes=MIB // 2, retention_s=HOUR)
    with suppress(StoreFull):  # by a cluster that nobody watches any more
        for moment in filling(GENESIS - 2):
            bench.store.raws.add_moment(9, moment)
    bench.sources[1].moments = filling(count=40)
    with pytest.raises(StoreFull):
        bench.reporter.rounds.measure()
    assert kept(bench, 9) == []
    bench.reporter.rounds.measure()
    assert bench.available() == 4000


# What is counted


def total(store: Store, cluster: int) -> int:
    """What the exporters of a cluster have in the store, counted anew."""
    with store.database.reading() as connection:

        def ask(columns: str, table: str) -> list[int]:
            found = connection.execute(
                f"SELECT {columns} FROM {table} WHERE cluster = ?",  # noqa: S608
                (cluster,),
            )
            return [
                sum(len(one.encode() if isinstance(one, str) else one) for one in row)
                for row in found
                if None not in row
            ]

        return (
            sum(size + ROW for size in ask("lines", "moments"))
            + sum(ask("earlier", "own"))
            + sum(2 * size + ROW for size in ask("device", "refused"))
            + sum(3 * size + ROW for size in ask("identity", "devices"))
        )


def keep(store: Store, hour: int, *moments: Moment, before: Moment | None = None) -> None:
    own = Own(measured(0, hour=hour), Bookings(2), 2)
    refused = [Refused(reading.device, 2) for reading in moments[0].readings[:2]]
    assert store.keep_own(own, HourSamples(before, moments), refused)


def test_whatever_comes_and_goes_is_counted(store: Store) -> None:
    assert store.raws.size(1) == 0
    first, last = Moment(BEGIN - 60, junk(5)), Moment(BEGIN, junk(7, "ü"))
    for _ in range(2):  # the second time it is there already
        store.raws.add_moment(1, first)
        assert store.raws.size(1) == total(store, 1) == size_of(first)
    store.raws.add_moment(1, last)
    assert store.raws.size(1) == size_of(first) + size_of(last)
    # Looks are replaced; the one before, what is refused and whose names are claimed come.
    keep(store, GENESIS, last, Moment(BEGIN + 60), before=first)
    assert store.raws.size(1) == total(store, 1) > 2 * size_of(first) + size_of(last)
    # The same again changes nothing but for the looks.
    so_far = store.raws.size(1)
    again = Moment(BEGIN + HOUR, last.readings[2:])
    keep(store, GENESIS + 1, Moment(BEGIN + HOUR + 60), again)
    assert store.raws.size(1) == total(store, 1)
    assert store.raws.size(1) - so_far == size_of(again) + size_of(Moment(BEGIN + HOUR + 60))
    # All but the claims goes.
    store.raws.prune(BEGIN + 2 * HOUR)
    claims = store.raws.size(1)
    assert claims == total(store, 1) == 5 * (3 * (len("device:ü".encode()) + 64) + ROW)
    with store.database.writing() as connection:
        connection.execute("DELETE FROM devices")
    assert store.raws.size(1) == store.raws.size(2) == 0


def test_what_was_not_written_is_not_counted(store: Store) -> None:
    with suppress(ZeroDivisionError), store.database.writing() as connection:
        connection.execute("INSERT INTO moments VALUES (1, 1, x'00')")
        raise ZeroDivisionError
    assert store.raws.size(1) == 0


@pytest.mark.parametrize("count", [0, 1, 15, 27, 200])
def test_a_look_takes_less_than_twice_what_is_counted(store: Store, count: int) -> None:
    """A page of the file has room for one of 2 kB, and for no second."""
    before = store.database.used_bytes()
    with store.database.writing() as connection:
        for time_s in range(300 if count < 30 else 60):
            connection.execute(
                "INSERT INTO moments VALUES (1, ?, ?)",
                (time_s, packed(Moment(time_s, junk(count)))),
            )
    assert 0 < store.database.used_bytes() - before < 2 * store.raws.size(1)


def test_the_look_before_an_hour_is_forgotten_with_it(store: Store) -> None:
    for hour in (GENESIS, GENESIS + 1):
        keep(store, hour, looks(hour)[0], before=Moment(hour * HOUR - 60))
    store.raws.prune(BEGIN + HOUR)
    assert store.raws.samples(1, GENESIS) is None
    with store.database.reading() as connection:
        rows = connection.execute("SELECT hour, earlier IS NULL FROM own ORDER BY hour").fetchall()
    assert rows == [(GENESIS, 1), (GENESIS + 1, 0)]
    samples = store.raws.samples(1, GENESIS + 1)
    assert samples is not None
    assert samples.before == Moment(BEGIN + HOUR - 60)


def test_a_store_that_counted_nothing_is_counted_when_it_is_taken_over(path: Path) -> None:
    store = Store(path, DOMAIN, ME.address)
    for moment in filling():
        store.raws.add_moment(2, moment)
    keep(store, GENESIS, *filling(count=3), before=Moment(BEGIN - 60, junk(3)))
    counted = [store.raws.size(cluster) for cluster in (1, 2, 3)]
    store.close()
    with sqlite3.connect(path) as connection:
        connection.executescript(f"{UNCOUNTED} PRAGMA user_version = {VERSION - 1};")
    connection.close()
    store = Store(path, DOMAIN, ME.address)
    assert [store.raws.size(cluster) for cluster in (1, 2, 3)] == counted
    assert counted[0] > 0 < counted[1]
    store.raws.add_moment(3, looks(GENESIS)[0])
    assert store.raws.size(3) == total(store, 3) > 0
    store.close()
