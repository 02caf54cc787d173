"""A copy of the checkout for one worker, with a build of its own that mutants go into."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellhead import toolchain

#: What the tests need of a checkout, or look for.
_FOLDERS = ("bots", "contracts", "deployments", "docs", "scripts", "tests", "wellhead")
#: Installed, and only read: shared with the checkout.
_SHARED = (Path(".venv"), Path("node_modules"), toolchain.STATE / "solidity")


@dataclass(frozen=True)
class Place:
    """Where one worker runs the tests."""

    root: Path

    def put(self, sources: Mapping[str, str], types: Mapping[str, Mapping[str, Any]]) -> None:
        """Give files of contracts/ these texts and contract types this code, as if just built.

        `types` holds `bytecode` and `runtime_bytecode` by name.
        """
        manifest = self.root / toolchain.MANIFEST
        held = json.loads(manifest.read_text("utf-8"))
        for name, code in types.items():
            entry = held["contractTypes"][name]
            for key, value in (
                ("deploymentBytecode", code["bytecode"]),
                ("runtimeBytecode", code["runtime_bytecode"]),
            ):
                entry[key]["bytecode"] = value
        for name, text in sources.items():
            (self.root / name).write_text(text, "utf-8")
        manifest.write_text(json.dumps(held), "utf-8")
        self._stamp()

    def _stamp(self) -> None:
        stamp = self.root / toolchain.STATE / "build-stamp"
        stamp.write_text(str(toolchain._stamp(self.root)), "utf-8")


def make_place(checkout: Path, root: Path) -> Place:
    """Copy the checkout as it is now; what was there is gone."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    leave = shutil.ignore_patterns("__pycache__", ".cache")
    for name in _FOLDERS:
        shutil.copytree(checkout / name, root / name, ignore=leave)
    for path in checkout.iterdir():
        if path.is_file():
            shutil.copy2(path, root / path.name)
    (root / toolchain.STATE).mkdir()
    for shared in _SHARED:
        (root / shared).symlink_to(checkout / shared)
    (root / toolchain.MANIFEST).parent.mkdir()
    shutil.copy2(checkout / toolchain.MANIFEST, root / toolchain.MANIFEST)
    place = Place(root)
    place._stamp()
    return place
