"""Judging one mutant: compile it into a place, run the tests there until one fails."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping

from tests.mutation.draw import Mutant
from tests.mutation.order import Calls, Suite
from tests.mutation.place import Place
from tests.mutation.results import KILLED, SURVIVED, TIMED_OUT, Result
from tests.mutation.runner import Runner
from tests.mutation.solc import Compiler, Rejected
from wellhead.sources import ToolchainError

#: What pytest says: all passed, some failed, none were found.
_PASSED, _FAILED, _NONE = 0, 1, 5
#: Seconds for all tests of a mutant; each test has its own limit as well.
_LIMIT = 3600.0


class Worker:
    """A place, a compiler, and what is known of the tests."""

    def __init__(
        self,
        place: Place,
        runner: Runner,
        compiler: Compiler,
        sources: Mapping[str, str],
        tests: Suite,
        calls: Calls,
        most: float,
    ) -> None:
        self._place = place
        self._runner = runner
        self._compiler = compiler
        self._sources = sources
        self._tests = tests
        self._calls = calls
        self._most = most

    def judge(self, mutant: Mutant, killers: Iterable[str] = ()) -> Result:
        """What becomes of a mutant."""
        began, used = time.monotonic(), self._cpu()
        text = mutant.change.apply(self._sources[mutant.file].encode())
        try:
            code = self._compiler.mutant(mutant.file, text)
        except Rejected as rejected:
            return Result.of(mutant, rejected.reason)
        self._place.put({mutant.file: text}, code)
        try:
            outcome, by = self._try(mutant, killers)
        finally:
            unchanged = {mutant.file: self._sources[mutant.file]}
            self._place.put(unchanged, self._compiler.built(list(code)))
        took = time.monotonic() - began
        return Result.of(mutant, outcome, by, took, self._cpu() - used)

    def _cpu(self) -> float:
        return self._compiler.cpu + self._runner.cpu

    def _try(self, mutant: Mutant, killers: Iterable[str]) -> tuple[str, str]:
        reaching = self._calls.distances(mutant.declared)
        first, rest = self._tests.order(reaching, killers, _words(mutant.file), self._most)
        unknown = self._tests.unknown(self._place.root)
        for tests, files in ((first, unknown), (rest, [])):
            outcome, by = self._run(tests, files)
            if outcome != SURVIVED:
                return outcome, by
        return SURVIVED, ""

    def _run(self, tests: Mapping[str, int], more: list[str]) -> tuple[str, str]:
        """Run these tests and all of these files."""
        root = self._place.root
        order, end = root.parent / f"{root.name}-order.json", root.parent / f"{root.name}-end.json"
        asked = {"tests": tests, "others": self._tests.others(tests)}
        order.write_text(json.dumps(asked), "utf-8")
        end.unlink(missing_ok=True)
        files = [*more, *dict.fromkeys(name.split("::")[0] for name in tests)]
        there = [name for name in files if (root / name).is_file()]
        if not there:
            return SURVIVED, ""
        code, said = self._runner.run(
            ["-x", f"--mutation-order={order}", f"--mutation-end={end}", *there], _LIMIT
        )
        if code is None:
            return TIMED_OUT, "all tests together"
        if code in (_PASSED, _NONE):
            return SURVIVED, ""
        if code != _FAILED or not end.is_file():
            raise ToolchainError(f"pytest ended with {code}\n{said[-2000:]}")
        found = json.loads(end.read_text("utf-8"))
        return (TIMED_OUT if found["over"] else KILLED), str(found["test"])


def _words(file: str) -> list[str]:
    """The words of a contract's name, as tests are named."""
    stem = file.rsplit("/", 1)[1].removesuffix(".sol")
    return [word.lower() for word in re.findall("[A-Z][a-z]+", stem)]
