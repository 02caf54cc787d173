"""The installed `wellhead` as a process of its own, with almost nothing in its environment."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wellhead.cli import documents

WELLHEAD = Path(sys.executable).with_name("wellhead")


@dataclass(frozen=True)
class Program:
    """`wellhead` from a folder that has nothing to do with the project."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {"WELLHEAD_STATE": str(self.folder / "state"), **self.variables}

    def begin(self, *arguments: object, **others: Any) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [str(WELLHEAD), *map(str, arguments)],
            cwd="/",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **others},
        )

    def __call__(self, *arguments: object, code: int = 0) -> str:
        """A command that must end with this code; what it said on stdout."""
        process = self.begin(*arguments)
        said, warned = process.communicate(timeout=120)
        assert process.returncode == code, (arguments, said, warned)
        assert "Traceback" not in warned
        return said

    def json(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """The one document that a command prints; its schema is checked."""
        body = json.loads(self(*arguments, "--json", code=code))
        assert isinstance(body, dict)
        documents.check(body)
        return body

    def on_terminal(self, *arguments: object, width: int = 80, **variables: str) -> str:
        """All that a command writes when stdout and stderr are a terminal of this width."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        process = subprocess.Popen(
            [str(WELLHEAD), *map(str, arguments)],
            cwd="/",
            env={**self.environment, "TERM": "xterm-256color", **variables},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        written = b""
        while True:
            try:
                read = os.read(ours, 4096)
            except OSError:  # the other side is closed
                break
            if not read:
                break
            written += read
        os.close(ours)
        process.wait(timeout=60)
        return written.decode()


def program_on(folder: Path, deployment: Any, **variables: str) -> Program:
    """The program against a node of the tests."""
    program = Program(folder, {"WELLHEAD_RPC": deployment.rpc.url, **variables})
    deployment.save(folder / "state" / "deployments" / f"{deployment.chain_id}.json")
    return program
