"""What was found is told, whatever happens before somebody has read it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import audit, happen, node_of, quietly, told
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.actions import auditing
from wellhead.actions.auditing import Audit
from wellhead.actions.errors import SetupError
from wellhead.audit.archive import Archive
from wellhead.audit.blocks import Block, Place, RawLog, Read
from wellhead.audit.replay import Finding
from wellhead.chain import Deployment


def block(number: int, proven: int = 1) -> Block:
    return Block(number, number.to_bytes(32, "big"), 1_000 + number, proven)


def place(number: int) -> Place:
    return Place(number, block(number).hash)


def finding(number: int, said: str = "7") -> Finding:
    return Finding("Vault", "Moved", "amount", said, "8", number, 0, "logs")


def read(number: int, *said: str, proven: int = 1) -> Read:
    log = RawLog(number, 0, bytes(20), bytes(32), b"")
    return Read(block(number, proven), [log], [finding(number, one) for one in said])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "1.sqlite"


@pytest.fixture
def archive(file: Path) -> Iterator[Archive]:
    """A block that receipts vouch for, and one for which nothing does; of both something was found,
    and of a third."""
    with Archive(file) as opened:
        opened.add([read(5, "7"), read(8, "7", proven=0), read(9, "7", "9")], place(10))
        yield opened


@shows("AUD-18")
def test_what_nobody_was_told_stays_when_its_block_is_vouched_for(archive: Archive) -> None:
    archive.replace([read(8, "1")])
    assert archive.findings(8) == [finding(5), finding(8), finding(8, "1")]
    archive.tell(10)
    assert archive.findings(10) == []
    archive.require_whole()


@shows("AUD-18")
def test_what_was_told_of_a_block_goes_when_it_is_vouched_for(archive: Archive) -> None:
    archive.tell(10)
    assert archive.findings(10) == [finding(8)], "it is so still"
    archive.replace([read(8, proven=0)])
    assert archive.findings(10) == []
    archive.replace([read(8, "1", proven=0)])
    archive.tell(10)
    archive.restart([read(7, "3")])
    assert archive.findings(10) == [finding(7, "3")], "all blocks are read again"
    archive.require_whole()


@shows("AUD-9")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM findings WHERE block = 9",
        "DELETE FROM findings",
        "UPDATE findings SET block = block + 1000",
        "UPDATE findings SET finding = replace(finding, 'Vault', 'Vaulx')",
        "UPDATE findings SET finding = x'00' WHERE block = 5",
        "UPDATE findings SET told = 1 WHERE block = 8",
        "INSERT INTO findings VALUES (5, '{}', 0)",
        "UPDATE meta SET value = '4 00' WHERE name = 'findings'",
        "UPDATE meta SET value = 'x' WHERE name = 'findings'",
        "DELETE FROM meta WHERE name = 'findings'",
    ],
)
@pytest.mark.parametrize("more", [False, True], ids=["at once", "later"])
def test_whatever_the_disk_changes_of_what_was_found_shows(
    archive: Archive, file: Path, statement: str, more: bool
) -> None:
    """Also when more is found before it is looked at."""
    archive.require_whole()
    archive.close()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)

    def look() -> None:
        with Archive(file) as again:
            if more:
                again.add([read(12, "7")], place(14))
                again.cut(place(11))
            again.require_whole()

    with pytest.raises(SetupError, match="--fresh reads everything again"):
        look()


def lie(method: str, _: Sequence[Any], answer: Any) -> Any:
    if method != "eth_getLogs":
        return answer
    return [{**log, "data": log["data"][:-1] + "f"} for log in answer if log["data"] != "0x"]


@shows("AUD-18")
def test_what_could_not_be_shown_is_told_by_the_next(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    happen(stage)
    seen: list[Audit] = []

    def show(done: Audit) -> None:
        seen.append(done)
        if len(seen) == 1:
            raise BrokenPipeError

    def look(change: Any = None) -> Audit:
        deployment = Deployment(node_of(stage, change), stage.deployment.record)
        return auditing.audit(
            deployment, quietly, block=None, fresh=False, receipts=True, show=show
        )

    with pytest.raises(BrokenPipeError):
        look(lie)
    done = look()
    assert told(done) == told(seen[0]) != []
    assert done is seen[1]
    assert told(look()) == told(audit(stage)) == []
