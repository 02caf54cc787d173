"""Halmos on every harness: each property must pass on all paths, and none may be left out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.project import HERE, Project
from tests.proofs.solver import PORT

OUTCOMES = ("PASS", "COUNTEREXAMPLE", "TIMEOUT", "STUCK", "REVERT ALL", "EXCEPTION")
#: Halmos names a failed build, or the like, by its own exit status alone.
MISSING = "NOT RUN"
_CONTRACT = re.compile(r"^(?:abstract )?contract (\w+)", re.MULTILINE)
_CHECK = re.compile(r"function (check_\w+)")


@dataclass(frozen=True)
class Result:
    """What came of a property."""

    contract: str
    name: str
    outcome: str
    paths: int = 0
    seconds: float = 0

    @property
    def passed(self) -> bool:
        return self.outcome == OUTCOMES[0]


def declared(folder: Path) -> list[tuple[str, str]]:
    """Contract and name of every property in the harnesses of a folder."""
    found = []
    for path in sorted(folder.glob("*.t.sol")):
        text = path.read_text("utf-8")
        starts = [(m.start(), m[1]) for m in _CONTRACT.finditer(text)]
        for match in _CHECK.finditer(text):
            contract = [name for start, name in starts if start < match.start()][-1]
            found.append((contract, match[1]))
    return found


def prove(project: Project, only: str = "") -> tuple[list[Result], str]:
    """The results of the properties whose contract or name has `only`, and what Halmos said."""
    wanted = [p for p in declared(project.folder / HERE) if only in f"{p[0]}.{p[1]}"]
    report = project.folder / "halmos.json"
    report.unlink(missing_ok=True)
    solver = f"{project.python()} -I -S {project.root / HERE / 'solver.py'}"
    contracts = "|".join(sorted({contract for contract, _ in wanted}))
    names = "|".join(sorted({name for _, name in wanted}))
    command = ["halmos", "--no-status", "--json-output", str(report), "--solver-command", solver]
    command += ["--match-contract", f"^({contracts})$", "--match-test", rf"^({names})\("]
    with _integers(project) as port:
        said = project.run(command, {PORT: port}).stdout
    results = _read(report) if report.is_file() else {}
    return [results.get(p, Result(*p, MISSING)) for p in wanted], said


@contextmanager
def _integers(project: Project) -> Iterator[str]:
    """The port of a server for queries with arithmetic."""
    command = [str(project.python()), str(project.root / HERE / "server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def _read(report: Path) -> dict[tuple[str, str], Result]:
    found = {}
    for place, tests in json.loads(report.read_text("utf-8"))["test_results"].items():
        contract = place.rsplit(":", 1)[1]
        for test in tests:
            name = test["name"].split("(")[0]
            outcome = OUTCOMES[test["exitcode"]]
            if test["num_bounded_loops"]:
                outcome = "LOOP CUT SHORT"
            paths, seconds = (test["num_paths"] or [0])[0], (test["time"] or [0])[0]
            found[contract, name] = Result(contract, name, outcome, paths, seconds)
    return found


def table(results: list[Result]) -> str:
    """Every property with its outcome, its paths and its seconds."""
    wide = max(len(f"{r.contract}.{r.name}") for r in results)
    lines = [f"{'property':{wide}}  {'outcome':14}  paths  seconds"]
    for result in results:
        name = f"{result.contract}.{result.name}"
        lines.append(f"{name:{wide}}  {result.outcome:14}  {result.paths:5}  {result.seconds:7.1f}")
    return "\n".join(lines)


def main(project: Project, only: str) -> tuple[list[Result], bool]:
    """Print the table; the results, and whether all passed."""
    results, said = prove(project, only)
    if not results:
        print(f"no property has {only!r} in its name", file=sys.stderr)
        return results, False
    passed = all(result.passed for result in results)
    if not passed:
        print(said, file=sys.stderr)
    print(table(results))
    print(f"{sum(r.passed for r in results)} of {len(results)} properties proved")
    return results, passed
