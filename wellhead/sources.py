"""What contracts/ holds: its files, the types they declare, the library files they import."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from functools import lru_cache
from pathlib import Path

CONFIG = "ape-config.yaml"
LOCK_FILES = ("package-lock.json", "uv.lock")

# Import prefix -> (name in ape-config.yaml, where npm puts those sources).
DEPENDENCIES = {
    "@openzeppelin/contracts/": ("openzeppelin", Path("node_modules/@openzeppelin/contracts")),
    "solady/": ("solady", Path("node_modules/solady/src")),
}

_NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')', re.DOTALL)
_IMPORT = re.compile(r'\bimport\b[^;"\']*["\']([^"\']+)["\']')
_DECLARATION = re.compile(r"\b(?:contract|interface|library)\s+(\w+)\s*(?:\{|\b(?:is|layout)\b)")


class ToolchainError(RuntimeError):
    """A tool is missing, or the contracts did not compile to what the sources declare."""


def _strip(source: str, *, strings: bool) -> str:
    """The source without comments, and without string literals unless they are wanted."""
    return _NOISE.sub(lambda m: (m[1] or " ") if strings else " ", source)


def solidity_files(root: Path) -> list[Path]:
    """Our Solidity files, without ape's copies of the libraries."""
    contracts = root / "contracts"
    found = contracts.rglob("*.sol")
    return sorted(p for p in found if ".cache" not in p.relative_to(contracts).parts)


def declared_types(root: Path) -> dict[str, str]:
    """Name of each contract, interface and library in contracts/ -> its file (contracts/A.sol)."""
    types: dict[str, str] = {}
    for path in solidity_files(root):
        source_id = path.relative_to(root).as_posix()
        for name in _DECLARATION.findall(_strip(path.read_text("utf-8"), strings=False)):
            if name in types:
                raise ToolchainError(f"{name} is declared in {types[name]} and in {source_id}")
            types[name] = source_id
    return types


def build_hash(root: Path) -> str:
    """One hash over all that decides the bytecode: sources, configuration, locked versions."""
    paths = [*solidity_files(root), root / CONFIG, *(root / name for name in LOCK_FILES)]
    # Asked for at every call of a contract: files that look the same are not read again.
    stats = [path.stat() for path in paths]
    return _hash(
        root, tuple(zip(paths, ((s.st_mtime_ns, s.st_size, s.st_ino) for s in stats), strict=True))
    )


@lru_cache(maxsize=4)
def _hash(root: Path, files: tuple[tuple[Path, tuple[int, int, int]], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in files:
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def copy_dependencies(root: Path, target: Path) -> int:
    """Copy the library files that our sources import, directly or not, and no others to target."""
    shutil.rmtree(target, ignore_errors=True)
    for folder, _ in DEPENDENCIES.values():
        (target / folder).mkdir(parents=True)
    queue: list[tuple[Path, Path | None]] = [(path, None) for path in solidity_files(root)]
    done: set[Path] = set()
    while queue:
        path, copy = queue.pop()  # copy: where a library's file goes; None for our own
        if path in done:
            continue
        done.add(path)
        text = path.read_text("utf-8")
        if copy is not None:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, "utf-8")
        for name in _IMPORT.findall(_strip(text, strings=True)):
            wanted = _resolve(root, target, path, copy, name)
            if not wanted[0].is_file():
                raise ToolchainError(f"{path.relative_to(root)} imports {name}: no such file")
            queue.append(wanted)
    return sum(1 for _ in target.rglob("*.sol"))


def _resolve(
    root: Path, target: Path, path: Path, copy: Path | None, name: str
) -> tuple[Path, Path | None]:
    """The imported file, and where to copy it to if it is a library's."""
    if name.startswith("."):
        return (path.parent / name).resolve(), copy and Path(os.path.normpath(copy.parent / name))
    for prefix, (folder, origin) in DEPENDENCIES.items():
        if name.startswith(prefix):
            rest = name.removeprefix(prefix)
            return (root / origin / rest).resolve(), target / folder / rest
    raise ToolchainError(f"{path.relative_to(root)} imports {name}: not one of {[*DEPENDENCIES]}")
