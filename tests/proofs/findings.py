"""Slither on the contracts: every finding has an answer in slither.toml, every answer a finding."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.proofs.project import HERE, Project

ANSWERS = "slither.toml"
#: Libraries of others, and what only tests deploy: what is found there is left out. Slither's own
#: filter would leave out what is found in our contracts too, where it calls a library.
EXCLUDED = ("lib/", "contracts/testing/", "tests/")
#: What Slither says of a function that it then passes over.
_UNREAD = re.compile(r"Impossible to generate IR for (\w+\.\w+) \(([^#)]*)")


@dataclass(frozen=True)
class Finding:
    """What a detector found: the first thing that it names, as Contract.member."""

    detector: str
    where: str
    impact: str
    text: str

    @property
    def key(self) -> tuple[str, str]:
        return self.detector, self.where


def answers(root: Path) -> dict[tuple[str, str], str]:
    """Why a finding needs no change, by detector and place."""
    found = {}
    for entry in tomllib.loads((root / HERE / ANSWERS).read_text("utf-8"))["answer"]:
        for where in entry["where"]:
            key = (entry["detector"], where)
            if key in found:
                raise ValueError(f"{ANSWERS} answers {key} twice")
            found[key] = entry["why"]
    return found


def find(project: Project) -> tuple[list[Finding] | None, str]:
    """Slither's findings, None where it failed, and what it said."""
    report = project.folder / "slither.json"
    report.unlink(missing_ok=True)
    command = ["slither", ".", "--foundry-out-directory", "out-contracts", "--json", str(report)]
    command += ["--disable-color"]
    said = project.run(command, {"FOUNDRY_PROFILE": "contracts"}).stdout
    if not report.is_file():
        return None, said
    data = json.loads(report.read_text("utf-8"))
    if not data["success"]:
        return None, f"{said}\n{data['error']}"
    found = data["results"].get("detectors", [])
    findings = [_finding(f) for f in found if not _file(f).startswith(EXCLUDED)]
    unread = {m[1] for m in _UNREAD.finditer(said) if not m[2].startswith(EXCLUDED)}
    text = "Slither can not read it, and finds nothing in it"
    return findings + [Finding("unread", where, "Unknown", text) for where in sorted(unread)], said


def _file(data: dict[str, Any]) -> str:
    """Where the first thing stands that a finding names."""
    elements = data["elements"]
    return str(elements[0]["source_mapping"]["filename_relative"]) if elements else ""


def _finding(data: dict[str, Any]) -> Finding:
    text = " ".join(data["description"].split())
    where = _place(data["elements"][0]) if data["elements"] else "-"
    return Finding(data["check"], where, data["impact"], text)


def _place(element: dict[str, Any]) -> str:
    """Contract.function of a function or of a statement in it; what stands outside has no dot."""
    parent = element.get("type_specific_fields", {}).get("parent")
    if element["type"] in ("node", "variable") and parent and parent["type"] == "function":
        return _place(parent) + (f".{element['name']}" if element["type"] == "variable" else "")
    if parent and parent["type"] in ("contract", "struct"):
        return f"{_place(parent)}.{element['name']}"
    return str(element["name"])


def main(project: Project) -> bool:
    """Print what is open; whether nothing is."""
    found, said = find(project)
    if found is None:
        print(said, file=sys.stderr)
        print("Slither failed", file=sys.stderr)
        return False
    known = answers(project.root)
    open_findings = [f for f in found if f.key not in known]
    needless = sorted(set(known) - {f.key for f in found})
    for finding in open_findings:
        print(f"no answer: {finding.detector} {finding.where} ({finding.impact}): {finding.text}")
    for detector, where in needless:
        print(f"no such finding any more: {detector} {where}")
    places = {f.key for f in found}
    answered = len(places & set(known))
    print(f"Slither: {len(found)} findings at {len(places)} places, {answered} answered")
    return not open_findings and not needless
