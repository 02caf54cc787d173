"""For pytest, in a worker's place: which test calls what, which come first, and how long they may.

`--mutation-record FILE` writes what each test called and how long it took. `--mutation-order FILE`
runs the `tests` that the file lists in its order, each for at most its seconds, none of the
`others`, and before these what it does not list; and `--mutation-end FILE` says which failed.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Generator
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import settings

from wellhead.chain import abi

#: Examples of a property test; the machines share them as always.
_EXAMPLES = 20
#: Seconds that a test may take that nobody knows.
_UNKNOWN = 300


class TimeLimit(BaseException):
    """A test ran too long. No `except Exception` of a test may catch it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mutation")
    group.addoption("--mutation-record", help="write what each test calls to this file")
    group.addoption("--mutation-order", help="run the tests of this file, in its order")
    group.addoption("--mutation-end", help="write to this file which test failed")


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile("mutate", settings.get_profile("pr"), max_examples=_EXAMPLES)
    settings.load_profile("mutate")
    if record := config.getoption("--mutation-record"):
        config.pluginmanager.register(Recorder(Path(record)))
    if order := config.getoption("--mutation-order"):
        end = Path(config.getoption("--mutation-end"))
        asked = json.loads(Path(order).read_text("utf-8"))
        config.pluginmanager.register(Judge(asked["tests"], set(asked["others"]), end))


class Recorder:
    """What each test called, and its seconds; and what is set up for several was called by its
    scope: a module, or "" for all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._called: set[str] = set()
        self._tests: dict[str, dict[str, Any]] = {}
        self._shared: dict[str, set[str]] = {}
        original = abi.Function.encode

        @wraps(original)
        def listening(function: abi.Function, *arguments: Any) -> str:
            self._called.add(function.name)
            return original(function, *arguments)

        abi.Function.encode = listening  # type: ignore[method-assign, assignment]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._called.clear()
        began = time.monotonic()
        result = yield
        took = round(time.monotonic() - began, 2)
        entry = self._tests.setdefault(item.nodeid, {})
        entry.update(seconds=took, calls=sorted(self._called))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        if fixturedef.scope == "function":
            return (yield)
        scope = "" if fixturedef.scope in ("session", "package") else request.node.nodeid
        outer, self._called = self._called, set()
        try:
            return (yield)
        finally:
            self._shared.setdefault(scope.split("::")[0], set()).update(self._called)
            self._called |= outer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._tests.setdefault(report.nodeid, {})["outcome"] = report.outcome

    def pytest_sessionfinish(self) -> None:
        shared = {scope: sorted(called) for scope, called in self._shared.items()}
        held = {"tests": self._tests, "shared": shared}
        self._path.write_text(json.dumps(held, indent=0), "utf-8")


class Judge:
    """Runs tests in an order and within limits, and tells which failed. What is neither among
    these nor among the others is new, and comes first."""

    def __init__(self, limits: dict[str, int], others: set[str], end: Path) -> None:
        self._limits = limits
        self._others = others
        self._end = end
        signal.signal(signal.SIGALRM, _over)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        rank = {name: at for at, name in enumerate(self._limits)}
        items[:] = [item for item in items if item.nodeid not in self._others]
        items.sort(key=lambda item: rank.get(item.nodeid, -1))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        yield from self._limited(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        yield from self._limited(item)

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        error = call.excinfo
        if error and not error.errisinstance(pytest.skip.Exception) and not self._end.exists():
            found = {"test": item.nodeid, "over": error.errisinstance(TimeLimit)}
            self._end.write_text(json.dumps(found), "utf-8")

    def _limited(self, item: pytest.Item) -> Generator[None, None, None]:
        signal.alarm(self._limits.get(item.nodeid, _UNKNOWN))
        try:
            return (yield)
        finally:
            signal.alarm(0)


def _over(_signal: int, _frame: FrameType | None) -> None:
    raise TimeLimit("a test ran longer than it may")
