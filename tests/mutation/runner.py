"""Runs pytest in a place, again and again, without importing everything anew each time."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from wellhead.sources import ToolchainError

_ALWAYS = ("-q", "-p", "no:cacheprovider", "-p", "tests.mutation.plugin")


class Runner:
    """The tests of one place."""

    def __init__(self, root: Path) -> None:
        self._root = root
        #: Processor seconds of all runs, with the nodes that they started.
        self.cpu = 0.0
        self._log = root.parent / f"{root.name}.log"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.ready"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us: what is under way is finished
        )

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, arguments: Sequence[str], limit: float) -> tuple[int | None, str]:
        """The exit code, None after the limit in seconds; and what pytest said."""
        # The folder is found from all arguments that are paths: say which it is.
        given = [*_ALWAYS, f"--rootdir={self._root}", *arguments]
        asked = json.dumps({"arguments": given, "log": str(self._log)})
        if self._process.stdin is None:
            raise ToolchainError("pytest has no pipes")
        self._process.stdin.write(asked.encode() + b"\n")
        self._process.stdin.flush()
        child = self._told(None)
        code = self._told(limit)
        if code is None:
            os.killpg(child or 0, signal.SIGKILL)
            self._told(None)
        self.cpu += (self._told(None) or 0) / 1000
        return code, self._log.read_text("utf-8", "replace")

    def _told(self, limit: float | None) -> int | None:
        """The next number, None if there is none in time."""
        stdout = self._process.stdout
        if stdout is None:
            raise ToolchainError("pytest has no pipes")
        ready, _, _ = select.select([stdout], [], [], limit)
        if not ready:
            return None
        # Unbuffered: of several lines at once the second would not be seen by select.
        line = bytearray()
        while not line.endswith(b"\n"):
            byte = os.read(stdout.fileno(), 1)
            if not byte:
                raise ToolchainError("pytest ended without an exit code")
            line += byte
        return int(line)
