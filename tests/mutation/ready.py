"""In a place: a process that has imported what all tests import, and forks for every run of them.

A line of JSON in: `arguments` for pytest and a `log` for what it says. Three lines out: the number
of the process when it begins; its exit code when it ends, and its processor time in milliseconds.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys

#: Slow to import, and the same for every mutant: none reads the contracts when it is imported.
_IMPORTED = (
    "hypothesis.stateful",
    "tests.support.raw",
    "tests.support.reverts",
    "tests.support.stage",
    "wellhead.chain",
    "wellhead.oracle",
)


def main() -> None:
    import pytest

    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # no collection of a child's need look at all that again
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            os.setsid()  # with the nodes that it starts, so that all can be ended
            log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            for number in (1, 2):
                os.dup2(log, number)
            code = pytest.main(asked["arguments"])
            sys.stdout.flush()
            os._exit(int(code))
        _tell(child)
        _, status, used = os.wait4(child, 0)
        _tell(os.waitstatus_to_exitcode(status))
        _tell(round(1000 * (used.ru_utime + used.ru_stime)))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
