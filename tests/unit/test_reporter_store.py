"""What a reporter must not forget: full disks, power cuts, two processes, old samples."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.oracle_views import DOMAIN, GENESIS, REPORTERS, measured
from tests.support.shows import shows
from wellhead.model.terms import Kind
from wellhead.oracle import wire
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR
from wellhead.oracle.hours import Frame, measure_hour
from wellhead.oracle.measurements import Domain, Proposal, sign
from wellhead.oracle.readings import Canary, Heartbeat, HourSamples, Moment, Reading
from wellhead.oracle.reporter.database import LEAST_BYTES, VERSION, StoreFull, StoreProblem
from wellhead.oracle.reporter.raws import Refused, without
from wellhead.oracle.reporter.store import Conflict, Grant, Own, Store

ME = REPORTERS[0]
BEGIN = GENESIS * HOUR


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path, DOMAIN, ME.address)
    yield opened
    opened.close()


def grant_of(number: int, available: int = 1) -> Grant:
    listed = [measured(who, available) for who in range(3)]
    return Grant(bytes([number]) * 32, wire.Batch.of(Proposal.of(listed)), bytes([number]) * 64)


def looks(devices: int, count: int = 60, first_s: int = BEGIN) -> tuple[Moment, ...]:
    readings = tuple(
        Reading(f"GPU-{number:04}", serial=f"{number}", active_ppm=500_000, energy_mj=number)
        for number in range(devices)
    )
    return tuple(Moment(first_s + 60 * minute, readings) for minute in range(count))


def own_of(samples: HourSamples, hour: int = GENESIS) -> Own:
    frame = Frame(1, hour, Bookings(2), 4, Kind.TRAINING, "H100-SXM5-80GB")
    return Own(sign(DOMAIN, measure_hour(frame, samples), ME), frame.bookings, frame.attested)


# Locks


@shows("REP-2")
def test_an_hour_is_bound_to_its_first_word(store: Store) -> None:
    key, other = (1, GENESIS), (1, GENESIS + 1)
    store.lock("report", {key: 7}, grant_of(1))
    store.lock("report", {key: 7, other: 8}, grant_of(2))
    with pytest.raises(Conflict) as caught:
        store.lock("report", {(1, GENESIS + 2): 9, other: 9}, grant_of(3))
    assert caught.value.key == other
    assert caught.value.batch == grant_of(2).batch
    assert store.signed_for("report", key) == (7, grant_of(1))
    assert store.signed_for("report", other) == (8, grant_of(2))
    assert store.signed_for("report", (1, GENESIS + 2)) is None
    assert store.granted(bytes([3]) * 32) is None
    store.lock("recount", {key: 9}, grant_of(4))
    assert store.signed_for("recount", key) == (9, grant_of(4))
    assert store.signed_hours(1) == 2


@shows("REP-2")
def test_locks_outlive_the_process(path: Path) -> None:
    """The process is killed right after it bound an hour; no time to tidy up."""
    script = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from tests.unit.test_reporter_store import DOMAIN, GENESIS, ME, Store, grant_of\n"
        "store = Store(Path(sys.argv[1]), DOMAIN, ME.address)\n"
        "store.lock('report', {(1, GENESIS): 7}, grant_of(1))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=root, capture_output=True, check=False
    )
    assert ended.returncode == -9, ended.stderr
    store = Store(path, DOMAIN, ME.address)
    assert store.signed_for("report", (1, GENESIS)) == (7, grant_of(1))
    with pytest.raises(Conflict):
        store.lock("report", {(1, GENESIS): 8}, grant_of(2))
    store.close()


def test_what_is_written_is_synced(store: Store) -> None:
    with store.database.reading() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# Whose it is


def test_a_store_has_one_owner(path: Path) -> None:
    Store(path, DOMAIN, ME.address).close()
    with pytest.raises(StoreProblem, match=f"is the store of reporter {ME.address}, not of"):
        Store(path, DOMAIN, REPORTERS[1].address)
    with pytest.raises(StoreProblem, match="is the store of chain 31337, not of 1"):
        Store(path, Domain(1, DOMAIN.oracle, DOMAIN.contests), ME.address)
    Store(path, DOMAIN, ME.address).close()


def test_one_process_at_a_time_has_it(path: Path, store: Store) -> None:
    with pytest.raises(StoreProblem, match="in use by another reporter"):
        Store(path, DOMAIN, ME.address)


def test_a_file_that_is_no_store_is_refused(path: Path) -> None:
    path.write_bytes(b"something else entirely" * 1000)
    with pytest.raises(StoreProblem, match="can not be used as a store"):
        Store(path, DOMAIN, ME.address)
    path.unlink()
    for version, made_by in ((1, "an earlier"), (VERSION + 1, "a later")):
        with sqlite3.connect(path) as connection:
            connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        with pytest.raises(StoreProblem, match=f"made by {made_by} Wellhead"):
            Store(path, DOMAIN, ME.address)


def test_a_folder_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreProblem, match="can not be used"):
        Store(tmp_path / "file" / "store", DOMAIN, ME.address)


# No room


def look(store: Store, second: int) -> None:
    """A look that takes room: random names, because what repeats itself takes little."""
    readings = tuple(Reading(os.urandom(16).hex()) for _ in range(200))
    store.raws.add_moment(1, Moment(BEGIN - 3 * HOUR + second, readings))


def fill(store: Store) -> int:
    """Look until there is no room; how many looks it kept."""
    for second in range(10_000):
        try:
            look(store, second)
        except StoreFull as error:
            assert "database or disk is full" in str(error)
            return second
    raise AssertionError("there is always room")


def test_a_full_store_refuses_loses_nothing_and_recovers(path: Path) -> None:
    store = Store(path, DOMAIN, ME.address, max_bytes=LEAST_BYTES)
    store.lock("report", {(1, GENESIS): 7}, grant_of(1))
    store.take([measured(1)])
    kept = fill(store)
    assert kept > 3
    assert store.database.refusal is not None
    assert store.database.used_bytes() <= LEAST_BYTES
    samples = HourSamples(None, looks(1000, 5))
    with pytest.raises(StoreFull):
        store.keep_own(own_of(samples), samples)
    with pytest.raises(StoreFull):
        look(store, -60)
    # Nothing is half done, and what was there is there.
    assert store.own(1, GENESIS) is None
    assert len(store.raws.moments(1, 0, 2**40)) == kept
    assert store.signed_for("report", (1, GENESIS)) == (7, grant_of(1))
    assert store.seen(1, GENESIS, GENESIS + 1) == [measured(1)]
    # Old samples make room, in the same process.
    store.raws.prune(BEGIN + HOUR)
    assert store.raws.add_moment(1, looks(1)[0])
    assert store.database.refusal is None
    store.lock("report", {(1, GENESIS + 1): 8}, grant_of(2))
    fill(store)
    store.close()
    # So does a larger limit.
    store = Store(path, DOMAIN, ME.address, max_bytes=2 * LEAST_BYTES)
    assert store.raws.add_moment(2, looks(1)[0])
    assert store.signed_for("report", (1, GENESIS + 1)) == (8, grant_of(2))
    store.close()


@shows("REP-10")
def test_a_full_store_binds_nothing(path: Path) -> None:
    store = Store(path, DOMAIN, ME.address, max_bytes=LEAST_BYTES)
    fill(store)
    number = 0
    # A page that has room left may take some.
    with suppress(StoreFull):
        for number in range(1, 200):
            store.lock("report", {(1, number): 7}, grant_of(number, number))
    assert 1 <= number < 199
    assert store.signed_for("report", (1, number)) is None
    assert store.granted(bytes([number]) * 32) is None
    assert store.signed_hours(1) == number - 1
    store.close()


# Raw samples


def test_the_raw_samples_of_an_hour_lead_to_its_measurement(store: Store) -> None:
    before = looks(4, 1, BEGIN - 60)[0]
    canary = Canary(BEGIN, "GPU-0001", "gemm", passed=False)
    beat = Heartbeat(3, GENESIS, 2, ME.address, "0x" + "ab" * 64)
    whole = HourSamples(before, looks(4), (canary,), (beat,))
    store.raws.add_canary(1, canary)
    assert store.raws.add_heartbeat(1, beat)
    refused = [Refused("GPU-0002", 2)]
    own = own_of(without(whole, refused))
    assert own.signed.measurement.sample.working == 2000
    assert store.keep_own(own, whole, refused)
    # Nothing that comes later changes it, and nobody measures it twice.
    assert not store.raws.add_moment(1, Moment(BEGIN + 1))
    assert store.raws.add_canary(1, Canary(BEGIN + 3000, "GPU-0000", "gemm", passed=False))
    assert not store.raws.add_heartbeat(1, Heartbeat(4, GENESIS, 1, ME.address, "0x"))
    assert store.keep_own(own_of(looks_only := HourSamples(None, looks(1))), looks_only)
    found = store.raws.samples(1, GENESIS)
    assert found == without(whole, refused)
    assert own_of(HourSamples.parse(found.lines(), BEGIN)) == own == store.own(1, GENESIS)
    assert store.raws.refused(1) == store.raws.refused(1, GENESIS) == refused
    assert store.raws.samples(1, GENESIS + 1) is None


def test_what_is_stated_meanwhile_makes_measure_again(store: Store) -> None:
    samples = HourSamples(None, looks(2))
    store.raws.add_heartbeat(1, Heartbeat(3, GENESIS, 2, ME.address, "0x"))
    assert not store.keep_own(own_of(samples), samples)
    assert store.own(1, GENESIS) is None


def test_a_stolen_key_does_not_keep_the_own_measurement_out(store: Store) -> None:
    store.take([measured(0, 1), measured(0, 2), measured(0, 3)])
    samples = HourSamples(None, looks(2))
    own = own_of(samples)
    assert store.keep_own(own, samples)
    assert store.own(1, GENESIS) == own
    assert len(store.contradictions((1, GENESIS), ME.address)) == 3


def test_canaries_that_failed_before_the_hour_still_count(store: Store) -> None:
    def canary(minute: int, device: str, passed: bool) -> Canary:
        made = Canary(BEGIN + 60 * minute, device, "gemm", passed)
        assert store.raws.add_canary(1, made)
        return made

    failed = canary(-90, "a", False)
    canary(-90, "b", False)
    canary(-80, "b", True)
    canary(-70, "", True)
    canary(-95, "a", True)
    inside = canary(5, "a", True)
    canary(61, "a", False)
    assert store.raws.canaries(1, GENESIS) == [failed, inside]
    assert store.raws.canaries(2, GENESIS) == []
    store.raws.prune(BEGIN)
    assert store.raws.canaries(1, GENESIS) == [failed, inside]


def test_what_a_measured_hour_rests_on_no_late_canary_changes(store: Store) -> None:
    failed = Canary(BEGIN - 600, "GPU-0000", "gemm", passed=False)
    assert store.raws.add_canary(1, failed)
    samples = HourSamples(None, looks(2), (failed,))
    assert store.keep_own(own_of(samples), samples)
    # It was asked before the hour, and answered after it was measured.
    assert store.raws.add_canary(1, Canary(BEGIN - 60, "GPU-0000", "gemm", passed=True))
    assert store.raws.samples(1, GENESIS) == samples
    assert store.raws.canaries(1, GENESIS + 1) == []
    store.raws.prune(BEGIN)
    assert store.raws.samples(1, GENESIS) == samples


def test_old_samples_are_forgotten_and_locks_are_not(store: Store) -> None:
    for hour in (GENESIS, GENESIS + 1):
        samples = HourSamples(None, looks(1, first_s=hour * HOUR))
        assert store.keep_own(own_of(samples, hour), samples)
    store.lock("report", {(1, GENESIS): 7}, grant_of(1))
    assert store.raws.prune(BEGIN + 2 * HOUR - 1) == 60
    assert store.raws.samples(1, GENESIS) is None
    assert store.own(1, GENESIS) is not None
    assert store.raws.samples(1, GENESIS + 1) is not None
    assert store.signed_for("report", (1, GENESIS)) is not None
