"""`python -m tests.mutation`: judge the mutants that are not judged yet, and say what survived.

A run that was stopped goes on where it was; one after a change of the contracts begins anew, with
the test that noticed each mutant the last time.
"""

from __future__ import annotations

import argparse
import json
import math
import sys

from tests.mutation.core import COUNT
from tests.mutation.results import RESULTS, SURVIVED, Result, summary
from tests.mutation.run import Run, say
from wellhead import toolchain
from wellhead.sources import ToolchainError

#: Of a hundred mutants, how many the tests must notice.
_WANTED = 90


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--workers", type=int, default=2, help="at the same time (2)")
    parser.add_argument("--record", action="store_true", help="record anew what the tests call")
    parser.add_argument("--survivors", action="store_true", help="judge survivors again")
    parser.add_argument("--again", nargs="*", default=[], metavar="ID", help="judge these again")
    parser.add_argument(
        "--seconds",
        type=float,
        default=math.inf,
        help="of tests that are tried after the likely ones, for each mutant (all)",
    )
    asked = parser.parse_args(arguments)
    try:
        run = Run(toolchain.project_root())
        run.ledger.forget(set(asked.again))
        if asked.survivors:
            results = run.ledger.results.values()
            run.ledger.forget({result.id for result in results if result.outcome == SURVIVED})
        found = run.judge(run.record(anew=asked.record), asked.workers, asked.seconds)
    except ToolchainError as error:
        say(f"mutation: {error}")
        return 1
    told = summary(found, run.sources)
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return _tell(found, told["outcomes"])


def _tell(found: dict[str, Result], outcomes: dict[str, int]) -> int:
    """The survivors and the figures; 0 if all were judged and enough were noticed."""
    for result in found.values():
        if result.outcome == SURVIVED:
            say(f"{result.file}:{result.line}: {result.before} => {result.after} ({result.id})")
    judged = sum(outcomes.values())
    noticed = judged - outcomes[SURVIVED]
    say(f"{noticed} of {judged} mutants were noticed; {COUNT - judged} are not judged yet")
    return int(noticed * 100 < _WANTED * COUNT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
