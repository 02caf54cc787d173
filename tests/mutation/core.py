"""Which contracts are mutated, how many mutants each gets, and what they import."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from wellhead.sources import ToolchainError, _strip, solidity_files

#: How many mutants a run judges, and what they are drawn with.
COUNT = 200
SEED = 1

CORE = (
    *(
        f"contracts/{name}.sol"
        for name in (
            "CapacityRegistry",
            "CapacityToken",
            "Compliance",
            "Contests",
            "LeaseChanges",
            "LeaseExchange",
            "LeaseMarket",
            "LeaseRecords",
            "MetricsOracle",
            "RevenueRouter",
            "Vault",
        )
    ),
    *(f"contracts/base/{name}.sol" for name in ("CashDesk", "LeaseBase", "LeaseState")),
    *(
        f"contracts/libraries/{name}.sol"
        for name in (
            "CapacityCalendar",
            "Holder",
            "HourFlags",
            "LeaseBook",
            "MarketClock",
            "PriceCurve",
            "RevenueIndex",
            "Samples",
            "ServiceLevel",
            "SweepPrice",
            "TokenAccount",
        )
    ),
)

_IMPORT = re.compile(r'\bimport\b[^;"\']*["\']([^"\']+)["\']')


def read_sources(root: Path) -> dict[str, str]:
    """The text of every file of contracts/, by its path in the checkout."""
    return {p.relative_to(root).as_posix(): p.read_text("utf-8") for p in solidity_files(root)}


def sources_hash(sources: Mapping[str, str]) -> str:
    """One hash over the contracts, those for tests left out."""
    digest = hashlib.sha256()
    for name in sorted(sources):
        if not name.startswith("contracts/testing/"):
            data = sources[name].encode()
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def code_lines(text: str) -> int:
    """Lines that hold more than a comment."""
    return sum(1 for line in _strip(text, strings=True).splitlines() if line.strip())


def quotas(lines: Mapping[str, int], count: int) -> dict[str, int]:
    """How many mutants each file gets: its share of the lines; what the floors leave goes to the
    largest remainders."""
    whole = sum(lines.values())
    if not whole:
        raise ToolchainError("there is nothing to mutate")
    found = {name: count * own // whole for name, own in lines.items()}
    rest = sorted(lines, key=lambda name: (-(count * lines[name] % whole), name))
    for name in rest[: count - sum(found.values())]:
        found[name] += 1
    return found


def importers(sources: Mapping[str, str], changed: str) -> set[str]:
    """The changed file and all that import it, directly or not."""
    direct = {name: imports(name, text) for name, text in sources.items()}
    found = {changed}
    while more := {n for n, names in direct.items() if n not in found and names & found}:
        found |= more
    return found


def imports(name: str, text: str, remapped: Mapping[str, str] | None = None) -> set[str]:
    """Files that a file imports; libraries' where their prefixes lead."""
    folder, found = posixpath.dirname(name), set()
    for path in _IMPORT.findall(_strip(text, strings=True)):
        if path.startswith("."):
            found.add(posixpath.normpath(posixpath.join(folder, path)))
        for prefix, target in (remapped or {}).items():
            if path.startswith(prefix):
                found.add(target + path.removeprefix(prefix))
    return found


def closure(direct: Mapping[str, set[str]], wanted: Iterable[str]) -> set[str]:
    """Files, and all that they import, directly or not."""
    found: set[str] = set()
    edge = set(wanted)
    while edge:
        found |= edge
        edge = {name for file in edge for name in direct[file]} - found
    return found
