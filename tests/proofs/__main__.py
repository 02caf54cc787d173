"""What `make prove` runs: the tests of the translation that proofs rest on, Halmos on the
harnesses of this folder, Slither on the contracts."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

from tests.proofs import findings, page, project, properties, selftest
from wellhead.toolchain import ToolchainError

#: Tests that need Z3, and so run in the tools' environment.
CHECKS = ("check_translation.py", "check_solver.py", "check_faults.py")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("--only", default="", help="properties whose name has this; nothing else")
    parser.add_argument("--slither", action="store_true", help="Slither alone")
    parser.add_argument("--selftest", action="store_true", help="break libraries, to be noticed")
    parser.add_argument("--renew", action="store_true", help="write the seconds into the page")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        if asked.selftest:
            return 0 if selftest.main(asked.only) else 1
        copy = project.copied()
        proved = True
        if not asked.slither:
            if not asked.only and not _translates(copy):
                return 1
            results, proved = properties.main(copy, asked.only)
            if asked.renew:
                page.renew(copy.root / "docs" / "proofs.md", results)
        answered = bool(asked.only) or findings.main(copy)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = time.monotonic() - began
        print(f"{took:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processors")
    except ToolchainError as error:
        print(f"prove: {error}", file=sys.stderr)
        return 1
    return 0 if proved and answered else 1


def _translates(copy: project.Project) -> bool:
    """Whether the translation of queries passes its tests."""
    pytest = [str(copy.python()), "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider"]
    command = [*pytest, *(str(project.HERE / check) for check in CHECKS)]
    return not subprocess.run(
        command, cwd=copy.root, env=copy.environment(), check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
