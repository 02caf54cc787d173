"""A whole run: draws, hands out, judges, keeps."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutation.core import CORE, COUNT, SEED, code_lines, quotas, read_sources, sources_hash
from tests.mutation.draw import Mutant, draw
from tests.mutation.order import Calls, Suite, read_calls
from tests.mutation.place import make_place
from tests.mutation.results import SURVIVED, Ledger, Result
from tests.mutation.runner import Runner
from tests.mutation.solc import Compiler
from tests.mutation.supply import Supply
from tests.mutation.syntax import nodes
from tests.mutation.worker import Worker
from wellhead import toolchain
from wellhead.sources import ToolchainError

#: Below the checkout's state folder: places, the record of the tests, the results so far.
FOLDER = toolchain.STATE / "mutate"
#: The fast suite. What calls no contract there is left out once that is recorded.
_SUITE = ("tests/unit", "tests/property")
#: Seconds that recording may take.
_RECORDING = 7200.0


@dataclass(frozen=True)
class Drawn:
    """The mutants of the sources as they are, and what mentions what in them."""

    sources: dict[str, str]
    mutants: dict[str, list[Mutant]]
    quotas: dict[str, int]
    calls: Calls


def drawn_from(sources: dict[str, str], trees: Mapping[str, Mapping[str, Any]]) -> Drawn:
    mutants = {name: draw(nodes(name, sources[name], dict(trees[name])), SEED) for name in CORE}
    lines = {name: code_lines(sources[name]) for name in CORE}
    return Drawn(sources, mutants, quotas(lines, COUNT), read_calls(trees.values()))


class Run:
    """Judges what is not judged yet, and keeps every result at once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        toolchain.artifacts(root)
        with Compiler(root) as compiler:
            self.drawn = drawn_from(read_sources(root), compiler.trees())
        self.sources = sources_hash(self.drawn.sources)
        self.ledger = Ledger(self._folder / "results.json", self.sources)

    def record(self, *, anew: bool) -> Suite:
        """What the tests call, from an earlier recording or a new one."""
        path = self._folder / "record.json"
        if anew or not path.is_file():
            say("recording what the tests call ...")
            place = make_place(self._root, self._folder / "record")
            with Runner(place.root) as runner:
                code, said = runner.run([f"--mutation-record={path}", *_SUITE], _RECORDING)
            shutil.rmtree(place.root, ignore_errors=True)
            if code:
                failed = [
                    n
                    for n, t in _read(path).get("tests", {}).items()
                    if t.get("outcome") == "failed"
                ]
                path.unlink(missing_ok=True)
                raise ToolchainError(
                    "the tests fail on the unchanged contracts: "
                    + (", ".join(failed) or said[-2000:])
                )
        return Suite.read(path)

    def judge(self, tests: Suite, workers: int, most: float) -> dict[str, Result]:
        """Judge all, by so many workers: what became of the chosen and of the replaced. Tests that
        nothing speaks for are tried for at most so many seconds."""
        ledger = self.ledger
        supply = Supply(self.drawn.mutants, self.drawn.quotas, ledger.results, ledger.forgotten)
        errors: list[BaseException] = []

        def work(number: int) -> None:
            try:
                self._work(number, supply, tests, most)
            except BaseException as error:
                errors.append(error)
                supply.stop()

        threads = [threading.Thread(target=work, args=(n + 1,)) for n in range(workers)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            say("stopping when what is under way is judged ...")
            supply.stop()
            for thread in threads:
                thread.join()
        if errors:
            raise errors[0]
        return supply.known()

    def _work(self, number: int, supply: Supply, tests: Suite, most: float) -> None:
        place = make_place(self._root, self._folder / str(number))
        with Compiler(self._root) as compiler, Runner(place.root) as runner:
            drawn = self.drawn
            worker = Worker(place, runner, compiler, drawn.sources, tests, drawn.calls, most)
            while (mutant := supply.take()) is not None:
                result = worker.judge(mutant, self.ledger.killers(mutant))
                self.ledger.add(result)
                supply.done(result)
                say(_line(result))
        shutil.rmtree(place.root, ignore_errors=True)


def _line(result: Result) -> str:
    outcome = result.outcome.upper() if result.outcome == SURVIVED else result.outcome
    what = f"{result.operator}: {result.before} => {result.after}"
    return f"{outcome:9} {result.id} {result.seconds:6.1f} s  {what}  {result.by}"


def _read(path: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return held


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
