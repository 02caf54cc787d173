"""What the fuzz runner found, as it is kept and shown."""

from __future__ import annotations

import re
from ast import literal_eval
from dataclasses import dataclass
from pathlib import Path

BLOB = re.compile(r"@reproduce_failure\('([^']+)', (b'[^']*'|b\"[^\"]*\")\)")
HEADER = ("test", "seed", "version", "blob")
COMMAND = ".venv/bin/python -m wellhead.toolchain exec python -m tests.property.fuzz"


@dataclass(frozen=True)
class Finding:
    """A test that failed: pytest's name of it, the seed of the round, hypothesis' version and its
    blob of the example (empty where there is none), and what pytest says, the steps included."""

    test: str
    seed: str
    version: str
    blob: str
    text: str

    @classmethod
    def of(cls, test: str, seed: str, text: str) -> Finding:
        """From what pytest says of a failure."""
        found = BLOB.search(text)
        version, blob = found.groups() if found else ("", "")
        return cls(test, seed, version, blob, text)

    @property
    def choices(self) -> bytes:
        """The blob itself."""
        value = literal_eval(self.blob)
        assert isinstance(value, bytes)
        return value

    def write(self, path: Path) -> None:
        lines = [f"{name:<8} {getattr(self, name)}" for name in HEADER]
        lines.append(f"{'replay':<8} {replay_of(self, path)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*lines, "", self.text, ""]), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Finding:
        head, _, text = path.read_text("utf-8").partition("\n\n")
        values = dict(line.partition(" ")[::2] for line in head.splitlines())
        test, seed, version, blob = (values[name].strip() for name in HEADER)
        return cls(test, seed, version, blob, text)


def replay_of(finding: Finding, path: Path) -> str:
    """The command that shows it again."""
    if finding.blob:
        return f"{COMMAND} --replay {path}"
    return f"{COMMAND} --hours 0.1 --seed {finding.seed} '{finding.test}'"
