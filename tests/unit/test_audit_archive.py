"""What an audit keeps: whole or not at all, and every byte of it can be told from another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.shows import shows
from wellhead.actions.errors import SetupError
from wellhead.audit.archive import Archive
from wellhead.audit.blocks import Block, Place, RawLog, Read
from wellhead.audit.replay import Finding

ADDRESS = bytes(range(20))


def block(number: int, proven: int = 1) -> Block:
    return Block(number, number.to_bytes(32, "big"), 1_000 + number, proven)


def log(number: int, position: int = 0) -> RawLog:
    return RawLog(number, position, ADDRESS, bytes(32) + number.to_bytes(32, "big"), b"data")


def place(number: int) -> Place:
    return Place(number, block(number).hash)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit" / "1.sqlite"


@pytest.fixture
def archive(file: Path) -> Iterator[Archive]:
    """Three blocks with logs, and read up to a block without."""
    with Archive(file) as opened:
        assert opened.place is None
        opened.add([Read(block(5), [log(5, 3), log(5, 7)])], place(6))
        opened.add([Read(block(8), [log(8)]), Read(block(9, proven=0), [log(9)])], place(10))
        yield opened


def all_of(archive: Archive, last: int = 1 << 60) -> list[tuple[int, int, bool]]:
    """Blocks, how many logs they have, and whether they are as they were written."""
    return [(found.number, len(logs), whole) for found, logs, whole in archive.blocks(last)]


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)


def test_it_gives_back_what_it_was_given(archive: Archive) -> None:
    assert archive.place == place(10)
    assert all_of(archive) == [(5, 2, True), (8, 1, True), (9, 1, True)]
    assert all_of(archive, 8) == [(5, 2, True), (8, 1, True)]
    assert archive.logs_of(5) == [log(5, 3), log(5, 7)]
    assert [found.number for found in archive.latest(9, 5)] == [8, 5]
    assert archive.unproven() == [block(9, proven=0)]
    assert archive.data_of(ADDRESS, bytes(32)) == [b"data"] * 4
    archive.require_whole()


def test_it_stays_when_it_is_closed(archive: Archive, file: Path) -> None:
    archive.close()
    with Archive(file) as again:
        assert again.place == place(10)
        assert len(all_of(again)) == 3


@shows("AUD-13")
def test_a_stretch_that_does_not_fit_leaves_nothing(archive: Archive) -> None:
    with pytest.raises(SetupError):
        archive.add([Read(block(11), [log(11)]), Read(block(8), [log(8)])], place(12))
    assert archive.place == place(10)
    assert [number for number, _, _ in all_of(archive)] == [5, 8, 9]
    archive.require_whole()


def test_a_block_is_replaced(archive: Archive) -> None:
    archive.replace([Read(block(9), [log(9), log(9, 1)])])
    assert all_of(archive)[-1] == (9, 2, True)
    assert archive.unproven() == []
    archive.require_whole()


def finding(number: int, said: str = "7") -> Finding:
    return Finding("Vault", "Moved", "amount", said, "8", number, 0, "logs")


@shows("AUD-18")
def test_what_was_found_stays_until_it_is_told(archive: Archive, file: Path) -> None:
    """And that of a block that nothing vouches for until something does."""
    archive.add([Read(block(12), [log(12)], [finding(12)])], place(14))
    archive.add([Read(block(15, proven=0), [log(15)], [finding(15)])], place(15))
    archive.add([Read(block(16), [], [finding(16), finding(16, "9")])], place(20))
    archive.close()
    with Archive(file) as again:
        assert again.findings(15) == [finding(12), finding(15)]
        assert again.findings(20) == [finding(12), finding(15), finding(16), finding(16, "9")]
        assert [number for number, _, _ in all_of(again)] == [5, 8, 9, 12, 15], "16 had no logs"
        again.tell(15)
        assert again.findings(20) == [finding(15), finding(16), finding(16, "9")]
        again.replace([Read(block(15), [log(15)], [finding(15, "1")])])
        again.tell(20)
        again.tell(20)
        assert again.findings(20) == []
        again.require_whole()


@shows("AUD-18")
def test_what_was_found_on_another_chain_is_forgotten(archive: Archive) -> None:
    archive.add([Read(block(12), [log(12)], [finding(12)])], place(14))
    archive.restart([])
    archive.add([Read(block(12), [log(12)], [finding(12)])], place(14))
    assert archive.findings(14) == [finding(12)], "once, though it was found twice"
    archive.cut(place(10))
    assert archive.findings(14) == []


@shows("AUD-13")
def test_it_knows_how_far_every_block_was_looked_at(archive: Archive, file: Path) -> None:
    archive.link([Read(block(7), [log(7)])], place(8))
    assert archive.linked == place(8)
    assert [number for number, _, _ in all_of(archive)] == [5, 7, 8, 9]
    archive.require_whole()
    archive.cut(place(9))
    assert (archive.place, archive.linked) == (place(9), place(8))
    archive.cut(place(7))
    assert (archive.place, archive.linked) == (place(7), place(7))
    archive.cut(None)
    assert archive.linked is None


@shows("AUD-13")
def test_it_is_for_the_contracts_that_it_was_read_for(archive: Archive, file: Path) -> None:
    archive.require_scope("these")
    archive.cut(None)
    archive.close()
    with Archive(file) as again:
        again.require_scope("these")
        with pytest.raises(SetupError, match="was read for other contracts: use --fresh"):
            again.require_scope("those")


@shows("AUD-13")
def test_what_comes_after_a_block_is_cut_off(archive: Archive) -> None:
    archive.cut(place(8))
    assert archive.place == place(8)
    assert [number for number, _, _ in all_of(archive)] == [5, 8]
    archive.require_whole()
    archive.cut(None)
    assert archive.place is None
    assert all_of(archive) == []
    archive.require_whole()


@shows("AUD-9")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE logs SET data = x'00' WHERE block = 8",
        "UPDATE logs SET topics = x'00' WHERE block = 8",
        "UPDATE logs SET address = x'00' WHERE block = 8",
        "UPDATE logs SET position = 4 WHERE block = 8",
        "UPDATE logs SET data = 'text' WHERE block = 8",
        "UPDATE blocks SET time = 7 WHERE number = 8",
        "UPDATE blocks SET hash = x'00' WHERE number = 8",
        "UPDATE blocks SET proven = 0 WHERE number = 8",
        "UPDATE blocks SET digest = x'00' WHERE number = 8",
        "DELETE FROM logs WHERE block = 8",
    ],
)
def test_whatever_the_disk_changes_of_a_block_shows(
    archive: Archive, file: Path, statement: str
) -> None:
    archive.close()
    change(file, statement)
    with Archive(file) as again:
        assert [number for number, _, whole in all_of(again) if not whole] == [8]


@shows("AUD-9")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM logs WHERE block = 8",
        "DELETE FROM blocks WHERE number = 9",
        "INSERT INTO logs VALUES (7, 0, x'00', x'00', x'00')",
        "UPDATE meta SET value = 'x' WHERE name = 'logs'",
    ],
)
def test_what_is_gone_or_was_put_in_shows(archive: Archive, file: Path, statement: str) -> None:
    archive.close()
    change(file, statement)
    with Archive(file) as again, pytest.raises(SetupError, match="--fresh reads everything again"):
        again.require_whole()


@shows("AUD-9")
def test_logs_of_no_block_show(archive: Archive, file: Path) -> None:
    archive.close()
    change(file, "INSERT INTO logs VALUES (77, 0, x'00', x'00', x'00')")
    with Archive(file) as again, pytest.raises(SetupError, match="logs of no block"):
        all_of(again)


@shows("AUD-9")
def test_a_place_that_can_not_be_read_shows(archive: Archive, file: Path) -> None:
    archive.close()
    change(file, "UPDATE meta SET value = '10 zz' WHERE name = 'block'")
    with Archive(file) as again, pytest.raises(SetupError, match="is damaged"):
        assert again.place


@shows("AUD-9")
def test_a_file_that_is_none_of_ours_is_refused(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"something else, and long enough to be a file" * 100)
    with pytest.raises(SetupError, match="is damaged"):
        Archive(file)


def test_a_file_of_another_version_is_refused(archive: Archive, file: Path) -> None:
    archive.close()
    change(file, "PRAGMA user_version = 7")
    with pytest.raises(SetupError, match="another version of wellhead: use --fresh"):
        Archive(file)


def test_one_audit_at_a_time(archive: Archive, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wellhead.audit.archive.PATIENCE", 0.05)
    with pytest.raises(SetupError, match="is in use: another audit runs"):
        Archive(file)
