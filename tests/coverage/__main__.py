"""Runs the tests on contracts with probes and reports what of the contracts they met."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.coverage.compiling import Build, build, folder
from tests.coverage.figures import Coverage
from tests.coverage.page import renew
from tests.coverage.plugin import HITS
from tests.coverage.report import show
from wellhead import toolchain
from wellhead.sources import ToolchainError

TESTS = ("tests/unit", "-n", "2", "--dist", "worksteal")
#: Of these, what can not hold with probes, and why.
LEFT_OUT = {
    "tests/unit/test_metadata_uri.py::test_it_is_cheap_enough_to_ask": "is about gas",
    "tests/unit/test_places.py::test_without_its_contracts_an_installed_package_says_so": (
        "looks for the contracts without probes"
    ),
    "tests/unit/test_properties_gas.py": "is about gas",
    "tests/unit/test_properties_walk.py": "is about gas",
}


def main() -> int:
    """0: enough was met. 1: not enough, or a test failed. 2: the contracts can not be compiled."""
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    parser.add_argument("--again", action="store_true", help="add to what the last run met")
    parser.add_argument("--report", action="store_true", help="run nothing, report again")
    parser.add_argument("--renew", action="store_true", help="renew the table of docs/coverage.md")
    parser.add_argument("pytest", nargs="*", help="tests to run, and options behind --")
    arguments = parser.parse_args()
    try:
        made = build()
    except ToolchainError as error:
        print(f"wellhead: error: {error}", file=sys.stderr)
        return 2
    if not (arguments.again or arguments.report):
        shutil.rmtree(folder() / HITS, ignore_errors=True)
    failed = 0 if arguments.report else run(arguments.pytest or list(TESTS))
    coverage = Coverage(made.points, met(made))
    show(coverage, source_line)
    if arguments.renew and not failed:
        renew(coverage.by_file())
    return 1 if failed or coverage.faults() else 0


def run(arguments: list[str]) -> int:
    """Run pytest with the probes; its exit code."""
    left_out = [f"--deselect={name}" for name in LEFT_OUT]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.coverage.plugin", *left_out]
    command += arguments
    return subprocess.run(command, cwd=toolchain.project_root(), check=False).returncode


def met(made: Build) -> set[int]:
    """What was met, by the processes that ran this build."""
    found: set[int] = set()
    for file in sorted((folder() / HITS).glob("*.json")):
        said = json.loads(file.read_text("utf-8"))
        if said["key"] == made.key:
            found.update(said["met"])
    return found


def source_line(file: str, line: int) -> str:
    return Path(toolchain.project_root(), file).read_text("utf-8").splitlines()[line - 1]


if __name__ == "__main__":
    sys.exit(main())
