"""For pytest in the processes of the fuzz runner: counts examples and steps, writes down what fails
and what of the contracts was met, and replays what failed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import wraps
from inspect import getclosurevars
from pathlib import Path
from typing import Any

import pytest
from hypothesis import core
from hypothesis.stateful import RuleBasedStateMachine

from tests.support import exercised, fuzz_profiles
from tests.support.fuzz_findings import Finding

#: Names the finding that is to be replayed, and the seed of a round.
REPLAY, SEED = "WELLHEAD_FUZZ_REPLAY", "WELLHEAD_FUZZ_SEED"


class Progress:
    """Examples and steps so far, in a file of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts = {"examples": 0, "steps": 0}
        self._written = 0.0

    def count(self, what: str) -> None:
        self.counts[what] += 1
        if time.monotonic() > self._written + 1:
            self.write()

    def write(self) -> None:
        self._written = time.monotonic()
        _write(self.path, self.counts)


def pytest_configure(config: pytest.Config) -> None:
    fuzz_profiles.load()
    folder, own = fuzz_profiles.folder(), f"{os.getpid()}.json"
    progress = Progress(folder / "progress" / own)
    _listen(core.StateForActualGivenExecution, "execute_once", lambda: progress.count("examples"))
    _listen(RuleBasedStateMachine, "check_invariants", lambda: progress.count("steps"))
    config.add_cleanup(progress.write)
    config.add_cleanup(lambda: _write(folder / "met" / own, sorted(exercised.seen)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only what hypothesis draws examples for: the rest is the same in every round."""
    items[:] = [item for item in items if _targets(item)]
    for target in (target for item in items for target in _targets(item)):
        if path := os.environ.get(REPLAY):
            finding = Finding.read(Path(path))
            failure = (finding.version, finding.choices)
            target._hypothesis_internal_use_reproduce_failure = failure
        elif seed := os.environ.get(SEED):
            # Not pytest's option: with it hypothesis leaves its database alone.
            target._hypothesis_internal_use_seed = int(seed)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed and REPLAY not in os.environ:
        seed = os.environ.get(SEED, "")
        finding = Finding.of(report.nodeid, seed, report.longreprtext)
        name = "".join(c if c.isalnum() else "-" for c in report.nodeid.rpartition("::")[2])
        finding.write(fuzz_profiles.folder() / "findings" / f"{name}-{seed}.txt")


def _write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(document), "utf-8")
    scratch.replace(path)


def _targets(item: pytest.Item) -> list[Any]:
    """Where hypothesis looks for what it is to do: the test, or the machines that it is given; none
    for a test without examples."""
    assert isinstance(item, pytest.Function)
    given = list(item.callspec.params.values()) if hasattr(item, "callspec") else []
    if hasattr(item.cls, "runTest"):  # a machine's own TestCase
        given += getclosurevars(item.cls.runTest).nonlocals.values()
    machines: list[Any] = [
        kind for kind in given if isinstance(kind, type) and issubclass(kind, RuleBasedStateMachine)
    ]
    if machines or not getattr(item.obj, "is_hypothesis_test", False):
        return machines
    return [item.obj]


def _listen(kind: type, method: str, count: Callable[[], None]) -> None:
    original = getattr(kind, method)

    @wraps(original)
    def counting(*arguments: Any, **named: Any) -> Any:
        count()
        return original(*arguments, **named)

    setattr(kind, method, counting)
