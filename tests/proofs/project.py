"""The copy of the project that is proved, and the tools for it, all within `.wellhead/prove`.

Forge compiles nothing outside its project; and a copy can be broken, to see whether that shows.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wellhead.places import STATE
from wellhead.toolchain import ToolchainError, project_root

HERE = Path("tests/proofs")


@dataclass(frozen=True)
class Project:
    """A copy of contracts, libraries and harnesses."""

    root: Path  # of the checkout
    folder: Path

    def environment(self) -> dict[str, str]:
        """What the tools need to find each other, and to keep everything in here."""
        tools = self.root / STATE / "prove"
        system, machine = platform.system().lower(), platform.machine().lower()
        arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
        forge = tools / f"node_modules/@foundry-rs/forge-{system}-{arch}/bin/forge"
        compilers = sorted((self.root / STATE / "solc").glob("solc-v*"))
        if not forge.is_file() or not (tools / "venv/bin/halmos").is_file() or not compilers:
            raise ToolchainError("the tools are not installed: run `make prove`")
        forge.chmod(0o755)  # npm ran without install scripts
        home = tools / "home"
        temporary = tools / "tmp"
        for folder in (home, temporary):
            folder.mkdir(parents=True, exist_ok=True)
        rest = os.environ.get("PATH", os.defpath)
        env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        return {
            **env,
            "HOME": str(home),  # forge, Halmos and Slither keep caches there
            "FOUNDRY_DIR": str(home),
            "TMPDIR": str(temporary),
            "FOUNDRY_SOLC": str(compilers[-1]),
            "WELLHEAD_WARNINGS": str(tools / "warnings.txt"),
            "PATH": os.pathsep.join([str(forge.parent), str(tools / "venv/bin"), rest]),
        }

    def python(self) -> Path:
        return self.root / STATE / "prove/venv/bin/python"

    def run(
        self, command: list[str], more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a tool there; what it says is the result's output."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment(), **(more or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def copied(name: str = "project", changes: Mapping[str, tuple[str, str]] | None = None) -> Project:
    """A fresh copy, compiled files of the last one kept; with a text of some files replaced."""
    root = project_root()
    folder = root / STATE / "prove" / name
    copies = {
        "contracts": root / "contracts",
        "lib": root / STATE / "solidity",
        str(HERE): root / HERE,
    }
    for target, source in copies.items():
        shutil.rmtree(folder / target, ignore_errors=True)
        for path in sorted(source.rglob("*.sol")):
            if ".cache" not in path.relative_to(source).parts:
                copy = folder / target / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, copy)
    for configuration in ("foundry.toml", "halmos.toml"):
        shutil.copy2(root / HERE / configuration, folder / configuration)
    for file, (old, new) in (changes or {}).items():
        text = (folder / file).read_text("utf-8")
        if text.count(old) != 1:
            raise ToolchainError(f"{file} does not have {old!r} once")
        (folder / file).write_text(text.replace(old, new), "utf-8")
    return Project(root, folder)
