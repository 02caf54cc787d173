"""A command line for the documentation: a local chain of its own, on which a second passes per
block, and on which every run says the same to the last character."""

from __future__ import annotations

import os
import random
import re
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

from tests.support.rehearsal import Rehearsal, rehearsing
from tests.support.stage import GENESIS
from wellhead import toolchain
from wellhead.actions import local
from wellhead.chain import Rpc
from wellhead.cli import cli

#: When the documentation's chain begins. Nodes take their time to start; the first block comes
#: START seconds later, however long that was.
BEGIN = int(datetime(2026, 6, 1, 8, 59, 30, tzinfo=UTC).timestamp())
START = 30
#: The reader's checkout. The real folder's name is as long: lines break in the same places.
SHOWN = "/home/you/wellhead"
#: Columns where a command has no table of its own width.
WIDTH, CHART_WIDTH = 110, 80


Start = Callable[[int, int], tuple[local.Node, Rpc]]


class PageError(Exception):
    """A command ended otherwise than the documentation says."""


class World:
    """Runs `wellhead ...` as a reader would in a fresh checkout."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._port = port
        self._live: Rehearsal | None = None

    def to_a_live_chain(self, stack: ExitStack) -> None:
        """What follows is on a chain that passes for a live one: the rehearsal of the tests. The
        folder gets its parameter file and the deployer's keystore."""
        patches = stack.enter_context(pytest.MonkeyPatch.context())
        patches.setattr("time.time", lambda: float(GENESIS + 60))
        self._live = stack.enter_context(rehearsing(self.folder, patches))
        shutil.copyfile(self._live.parameters(), self.folder / "sepolia.toml")
        shutil.copyfile(self._live.keyfile, self.folder / "deployer.json")

    def run(self, words: list[str], code: int = 0) -> str:
        """What a command shows; what it says on stderr only where it fails."""
        arguments = words[1:]
        if arguments[:1] == ["up"]:
            arguments += ["--port", str(self._port)]
        width = CHART_WIDTH if arguments[:1] == ["demo"] else WIDTH
        environment = {
            **{name: None for name in os.environ if name.startswith("WELLHEAD_")},
            "WELLHEAD_STATE": str(self.folder / ".wellhead"),
            "COLUMNS": str(width),
            "NO_COLOR": "1",
        }
        if self._live:
            environment |= self._live.wellhead.environment
        mixed = code != 0 or self._live is not None
        runner = CliRunner(mix_stderr=mixed, env=environment)
        ended = runner.invoke(
            cli, arguments, input="y\n", prog_name="wellhead", catch_exceptions=False
        )
        if ended.exit_code != code:
            said = f"{ended.stdout}{'' if mixed else ended.stderr}"
            named = " ".join(words)
            raise PageError(f"{named} ended with code {ended.exit_code}, not {code}:\n{said}")
        return self._as_shown(ended.stdout)

    def _as_shown(self, text: str) -> str:
        text = text.replace(str(self.folder), SHOWN).replace(f":{self._port}", ":8545")
        if self._live:
            text = text.replace(f"127.0.0.1:{self._live.node.port}", "sepolia.example")
        text = re.sub(r"\(process \d+\)", "(process 4711)", text)
        text = text.replace("[y/N] ", "[y/N] y\n")
        lines = [line.rstrip() for line in text.splitlines()]
        return "\n".join(line for line in lines if not line.endswith(" ...")).strip("\n")


@contextmanager
def world() -> Iterator[World]:
    """A fresh one; its chain, if any was started, ends with it."""
    folder = Path("/tmp") / secrets.token_hex(len(SHOWN))[: len(SHOWN) - 5]  # noqa: S108
    folder.mkdir(mode=0o700)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        anvil = folder / "node_modules" / "@foundry-rs" / "anvil" / "bin" / "anvil"
        anvil.parent.mkdir(parents=True)
        anvil.symlink_to(toolchain.anvil())
        stack.enter_context(chdir(folder))
        stack.enter_context(mock.patch.object(toolchain, "anvil", return_value=anvil))
        stack.enter_context(mock.patch.object(local, "start", _with_its_own_clock(local.start)))
        stack.enter_context(mock.patch("time.time", return_value=float(BEGIN + START)))
        there = World(folder, _free_port())
        stack.callback(there.run, ["wellhead", "down", "--forget"])
        yield there


def _with_its_own_clock(start: Start) -> Start:
    def started(port: int, now: int) -> tuple[local.Node, Rpc]:
        node, rpc = start(port, now - START)
        rpc("anvil_setBlockTimestampInterval", 1)
        rpc("evm_setNextBlockTimestamp", now)
        rpc("evm_mine")
        return node, rpc

    return started


def _free_port() -> int:
    """One that has as many digits as the usual one."""
    for port in random.sample(range(8600, 10_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PageError("no port is free")
