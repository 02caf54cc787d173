"""What is written where: terminals with and without colour, narrow ones, pipes, nothing at all."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.cli import Command, block_number, command_on
from tests.support.program import WELLHEAD, Program, program_on
from tests.support.stage import GENESIS, HOUR, Stage
from wellhead.chain import dev_account

NOW = GENESIS // HOUR
DAY = 24 * HOUR
HOLDER = dev_account(9).address
ESCAPE = "\x1b["


@pytest.fixture
def program(stage: Stage, tmp_path: Path) -> Program:
    stage.lease(stage.cluster(64), 16, NOW + 1, 4)
    return program_on(tmp_path, stage.deployment)


@pytest.fixture
def wellhead(stage: Stage, tmp_path: Path) -> Command:
    stage.lease(stage.cluster(64), 16, NOW + 1, 4)
    second = stage.lease(1, 8, NOW + 1, 4, stage.tenants[1])
    now, exchange = stage.now(), stage.deployment.exchange
    stage.market.send("approve", exchange.address, second, sender=stage.tenants[1])
    exchange.send("list", second, 10**8, 5 * 10**7, now, now + DAY, sender=stage.tenants[1])
    stage.market.send("setUser", 1, HOLDER, (NOW + 3) * HOUR, sender=stage.tenants[0])
    stage.cash.send("mint", stage.operator.address, 10**12, sender=stage.operator)
    return command_on(stage, tmp_path)


LEASE = ["--cluster", 1, "--units", 8, "--hours", 24]
LOOKS: list[list[object]] = [
    ["status"],
    ["doctor"],
    ["cluster", "list"],
    ["cluster", "show", 1],
    ["quote", *LEASE],
    ["lease", *LEASE, "--dry-run"],
    ["lease", "list"],
    ["lease", "show", 1],
    ["lease", "show", 2],
    ["lease", "extend", 1, "--hours", 4, "--dry-run"],
    ["lease", "cancel", 2, "--account", 6, "--dry-run"],
    ["lease", "split", 2, "--units", 3, "--account", 6, "--dry-run"],
    ["lease", "split", 2, "--at", "now+3", "--account", 6, "--dry-run"],
    ["lease", "transfer", 1, 7, "--dry-run"],
    ["lease", "user", 2, 9, "--account", 6, "--dry-run"],
    ["lease", "suspend", 1, "--notice", "0x" + "ab" * 32, "--dry-run"],
    ["lease", "offers"],
    ["lease", "sell", 1, "--price", 1000, "--to-price", 900, "--dry-run"],
    ["lease", "buy", 2, "--dry-run"],
    ["cluster", "bond", 1],
    ["cluster", "bond", 1, "--post", 1000, "--dry-run"],
    ["revenue", "show", "--account", 5],
    ["settle", "--cluster", 1, "--dry-run"],
    ["register", "--dry-run"],
    ["mint", "--cluster", 1, "--units", 1, "--dry-run"],
]


@pytest.mark.parametrize("command", LOOKS, ids=lambda words: " ".join(map(str, words)))
def test_sixty_columns_are_enough(wellhead: Command, command: list[object]) -> None:
    """Nothing is wider, and no word is lost that a wide terminal shows."""
    wellhead.environment["COLUMNS"] = "60"
    narrow = wellhead(*command)
    wellhead.environment["COLUMNS"] = "200"
    wide = wellhead(*command)
    assert narrow.code == wide.code
    assert narrow.stdout
    assert max(cell_len(line) for line in narrow.stdout.splitlines()) <= 60
    squeezed = "".join(narrow.stdout.split())
    for line in wide.stdout.splitlines():
        for word in line.split("  "):
            assert "".join(word.split()) in squeezed, word
    assert ESCAPE not in narrow.stdout + narrow.stderr


def test_pipes_get_no_colour_and_one_document(program: Program) -> None:
    process = program.begin("lease", "list", "--json", "-v")
    said, logged = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(json.loads(said)["leases"]) == 1
    assert f"node {program.variables['WELLHEAD_RPC']}" in logged
    assert ESCAPE not in said + logged


def test_terminals_get_colour_unless_they_do_not_want_it(program: Program) -> None:
    written = program.on_terminal("lease", "list")
    assert ESCAPE + "1m" in written
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        plain = program.on_terminal("lease", "list", width=60, **{name: value})
        coloured = [
            part for part in plain.split(ESCAPE)[1:] if part.lstrip("0123456789;")[0] == "m"
        ]
        assert coloured == []
        assert "lease 1" in plain
        assert max(cell_len(line) for line in plain.splitlines() if ESCAPE not in line) <= 60


def test_errors_are_plain_where_they_must_be(program: Program) -> None:
    plain = program.on_terminal("lease", "show", 9, NO_COLOR="1")
    assert plain.strip() == "error: There is no lease 9."


def test_a_question_needs_somebody_to_answer(stage: Stage, program: Program) -> None:
    before = block_number(stage)
    process = program.begin("lease", *LEASE)  # its stdin is empty
    said, asked = process.communicate(timeout=60)
    assert (process.returncode, said) == (2, "")
    assert "Lease 8 units for 24 hours" in asked
    assert "not confirmed: nothing was sent" in asked
    assert block_number(stage) == before


@pytest.mark.parametrize("closed", ["1", "2", "012"])
def test_streams_that_are_closed(program: Program, closed: str) -> None:
    """A daemon may have none of them."""
    shut = " ".join(f"{number}>&-" for number in closed)
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" "$@" {shut}', str(WELLHEAD), "lease", "list"],
        env=program.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ("" if "2" in closed else "reading leases ...\n")
    assert ("running" in done.stdout or "future" in done.stdout) is ("1" not in closed)


def test_a_reader_that_has_enough(program: Program) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = program.begin("lease", "list", "--json", stdout=writing)
    os.close(writing)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 141
    assert said == "reading leases ...\n"
