"""What became of each mutant: kept while a run goes on, so that the next goes on with it."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.mutation.core import COUNT, SEED
from tests.mutation.draw import Mutant

#: The committed figures of the last run.
RESULTS = Path(__file__).with_name("results.json")

#: A test failed; or one took longer than it may; or none noticed.
KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"
JUDGED = (KILLED, TIMED_OUT, SURVIVED)
#: No mutants: the compiler refuses, the code is the same, or no chain would take it.
SKIPPED = ("rejected", "same", "large")


@dataclass(frozen=True)
class Result:
    """One mutant and its end."""

    id: str
    file: str
    line: int
    function: str
    operator: str
    before: str
    after: str
    outcome: str
    #: The test that noticed it.
    by: str = ""
    seconds: float = 0.0
    #: Of processors, with the compiler's and the nodes'.
    cpu: float = 0.0

    @classmethod
    def of(
        cls,
        mutant: Mutant,
        outcome: str,
        by: str = "",
        seconds: float = 0.0,
        cpu: float = 0.0,
    ) -> Result:
        return cls(
            mutant.id,
            mutant.file,
            mutant.line,
            mutant.function,
            mutant.operator,
            mutant.before,
            mutant.after,
            outcome,
            by,
            round(seconds, 1),
            round(cpu, 1),
        )


class Ledger:
    """The results so far, in a file. Those of other sources only say which test to try first."""

    def __init__(self, path: Path, sources: str) -> None:
        self._path = path
        self._sources = sources
        self._lock = threading.Lock()
        self.results: dict[str, Result] = {}
        self.before: dict[str, Result] = {}
        self.forgotten: set[str] = set()
        if path.is_file():
            held = json.loads(path.read_text("utf-8"))
            found = {entry["id"]: Result(**entry) for entry in held["results"]}
            if held["sources"] == sources:
                self.results = found
            else:
                self.before = found

    def forget(self, ids: set[str]) -> None:
        """Have mutants judged again, before all others."""
        self.forgotten |= ids
        for name in ids & self.results.keys():
            self.before[name] = self.results.pop(name)

    def add(self, result: Result) -> None:
        """Keep a result."""
        with self._lock:
            self.results[result.id] = result
            held = {
                "sources": self._sources,
                "results": [asdict(entry) for entry in self.results.values()],
            }
            draft = self._path.with_suffix(".draft")
            draft.write_text(json.dumps(held, indent=1), "utf-8")
            draft.replace(self._path)

    def killers(self, mutant: Mutant) -> list[str]:
        """Tests that noticed it before, then those that noticed others in the same function."""
        known = [self.before.get(mutant.id), self.results.get(mutant.id)]
        with self._lock:
            others = [*self.results.values(), *self.before.values()]
        near = [r for r in others if (r.file, r.function) == (mutant.file, mutant.function)]
        return [result.by for result in (*known, *near) if result and result.by]


def summary(results: Mapping[str, Result], sources: str) -> dict[str, Any]:
    """What is committed: small, in the order of the sources, without what differs from run to
    run but the times' sums."""
    judged = sorted(
        (result for result in results.values() if result.outcome in JUDGED),
        key=lambda result: (result.file, result.line, result.id),
    )
    counts = Counter(result.outcome for result in results.values())
    return {
        "seed": SEED,
        "count": COUNT,
        "sources": sources,
        "outcomes": {outcome: counts[outcome] for outcome in JUDGED},
        "skipped": {reason: counts[reason] for reason in SKIPPED},
        "seconds": round(sum(result.seconds for result in judged)),
        "cpu_seconds": round(sum(result.cpu for result in judged)),
        "mutants": [
            {
                "id": result.id,
                "at": f"{result.file}:{result.line}",
                "operator": result.operator,
                "before": result.before,
                "after": result.after,
                "outcome": result.outcome,
                **({"by": result.by} if result.by else {}),
            }
            for result in judged
        ],
    }


def read_summary() -> dict[str, Any]:
    held: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    return held
