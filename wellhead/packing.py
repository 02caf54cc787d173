"""Packing what an installed package needs: done whenever a wheel or a source archive is built.

It needs nothing but Python's own library, and what the last compilation wrote.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wellhead import toolchain
from wellhead.packed import CONTRACTS, FOLDER, NODE_LOCK, NODE_PACKAGE, PACKAGES
from wellhead.sources import ToolchainError, build_hash

#: What is kept of the compiler's settings.
_SETTINGS = ("evmVersion", "optimizer", "viaIR")


def pack(root: Path, target: Path) -> list[Path]:
    """Write the files of `packed` to a folder, from a checkout's compilation or from what a source
    archive brought. ToolchainError unless that is what the sources and the lock files say."""
    package, lock = (json.loads((root / n).read_text("utf-8")) for n in (NODE_PACKAGE, NODE_LOCK))
    compact = json.dumps(_contracts(root), sort_keys=True, separators=(",", ":"))
    texts = {
        CONTRACTS: compact,
        NODE_PACKAGE: json.dumps(_slim(package), indent=2),
        NODE_LOCK: json.dumps(_slim_lock(lock), indent=2),
    }
    for name, text in texts.items():
        (target / name).write_text(text + "\n", "utf-8")
    return [target / name for name in texts]


def _contracts(root: Path) -> dict[str, Any]:
    brought = root / "wellhead" / FOLDER.name / CONTRACTS
    if brought.is_file():
        found: dict[str, Any] = json.loads(brought.read_text("utf-8"))
        if found["build_hash"] != build_hash(root):
            raise ToolchainError(f"{brought} was compiled from other sources than these")
        return found
    if not toolchain.is_current(root):
        raise ToolchainError("the contracts are not compiled as they are now: run `make setup`")
    manifest = json.loads((root / toolchain.MANIFEST).read_text("utf-8"))
    compiler = next(c for c in manifest["compilers"] if c["name"] == "solidity")
    settings = {name: compiler["settings"][name] for name in _SETTINGS}
    return {
        "build_hash": build_hash(root),
        "compiler": {"name": "solc", "version": compiler["version"], "settings": settings},
        "types": toolchain.read_artifacts(root),
    }


def _slim(package: dict[str, Any]) -> dict[str, Any]:
    """A package.json, or a lock file's root, with the needed packages only."""
    return {**package, "dependencies": {name: package["dependencies"][name] for name in PACKAGES}}


def _slim_lock(lock: dict[str, Any]) -> dict[str, Any]:
    wanted = tuple(f"node_modules/{name}" for name in PACKAGES)
    kept = {path: entry for path, entry in lock["packages"].items() if path.startswith(wanted)}
    return {**lock, "packages": {"": _slim(lock["packages"][""]), **kept}}
