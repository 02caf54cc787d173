"""Which tests most likely notice a mutant: those that call what reaches its function."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

#: Seconds of tests that are tried first, and how many files they may come from.
_FIRST_SECONDS = 15.0
_FIRST_FILES = 8
#: Suite tried before those, that noticed others like it.
_KILLERS = 5
#: What a name is worth: less than any call.
_NAMED = 1e-6
#: Seconds that any test costs, beside its own.
_START = 0.1


@dataclass
class Calls:
    """Who mentions whom, by the numbers that the compiler gives to declarations."""

    callers: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    names: dict[int, str] = field(default_factory=dict)

    def distances(self, declared: int) -> dict[str, int]:
        """The names of all that reaches a declaration, and over how many calls at least."""
        found, edge = {declared: 0}, {declared}
        while edge:
            distance = max(found.values()) + 1
            edge = {c for called in edge for c in self.callers[called]} - found.keys()
            found |= dict.fromkeys(edge, distance)
        named: dict[str, int] = {}
        for number, distance in found.items():
            named.setdefault(self.names.get(number, ""), distance)
        return named


def read_calls(trees: Iterable[Mapping[str, Any]]) -> Calls:
    """What each function, modifier and state variable mentions. Who calls an interface's function
    may call all that implement it."""
    calls = Calls()
    for tree in trees:
        _read(tree, None, calls)
    return calls


def _read(node: Any, inside: int | None, calls: Calls) -> None:
    if isinstance(node, list):
        for entry in node:
            _read(entry, inside, calls)
    elif isinstance(node, dict):
        kind = node.get("nodeType")
        if kind in ("FunctionDefinition", "ModifierDefinition") or node.get("stateVariable"):
            inside = int(node["id"])
            calls.names[inside] = str(node["name"] or node.get("kind"))
            for base in (*node.get("baseFunctions", []), *node.get("baseModifiers", [])):
                calls.callers[inside].add(base)
        mentioned = node.get("referencedDeclaration")
        if inside is not None and isinstance(mentioned, int):
            calls.callers[mentioned].add(inside)
        for value in node.values():
            if isinstance(value, dict | list):
                _read(value, inside, calls)


class Suite:
    """What each test called and how long it took, as recorded on the unchanged contracts."""

    def __init__(self, recorded: Mapping[str, Mapping[str, Any]]) -> None:
        self._tests = {
            name: test
            for name, test in recorded["tests"].items()
            if test.get("calls") and "outcome" not in test
        }
        self._shared = {scope: set(calls) for scope, calls in recorded["shared"].items()}
        self._names = {*recorded["tests"]}
        self._known = {name.split("::")[0] for name in self._names}
        met = [call for test in self._tests.values() for call in set(test["calls"])]
        self._rare = {call: math.log(1 + len(self._tests) / met.count(call)) for call in set(met)}

    @classmethod
    def read(cls, path: Path) -> Suite:
        return cls(json.loads(path.read_text("utf-8")))

    def others(self, tests: Iterable[str]) -> list[str]:
        """The recorded tests that are not among these."""
        return sorted(self._names - {*tests})

    def unknown(self, root: Path) -> list[str]:
        """Files of tests that came after the recording."""
        found = (root / "tests" / "unit").glob("test_*.py")
        names = {path.relative_to(root).as_posix() for path in found}
        return sorted(names - self._known)

    def order(
        self,
        reaching: Mapping[str, int],
        killers: Iterable[str] = (),
        about: Collection[str] = (),
        most: float = math.inf,
    ) -> tuple[dict[str, int], dict[str, int]]:
        """The tests to try first and all others that may notice: each with its limit in seconds.

        `killers` are tests that noticed the same or a similar mutant before. Where nothing else
        speaks for a test, its file's name does if it has one of the words `about`. What calls
        nothing that reaches the function, nor has it called for it, can not notice. The others are
        cut where they would take more than `most` seconds.
        """
        scores = {
            name: self._score(test, reaching)
            + _NAMED * any(word in name.split("::")[0] for word in about)
            for name, test in self._tests.items()
        }
        files: dict[str, list[str]] = defaultdict(list)
        for name in self._tests:
            files[name.split("::")[0]].append(name)
        mean = {f: sum(scores[n] for n in names) / len(names) for f, names in files.items()}
        ranked = sorted(files, key=lambda file: (-mean[file], file))
        for names in files.values():
            names.sort(key=lambda name: -scores[name] / (_START + self._tests[name]["seconds"]))
        first = dict.fromkeys([n for n in dict.fromkeys(killers) if n in self._tests][:_KILLERS])
        seconds = 0.0
        for file in [f for f in ranked if f.startswith("tests/unit/")][:_FIRST_FILES]:
            for name in files[file]:
                if scores[name] and seconds < _FIRST_SECONDS:
                    seconds += self._tests[name]["seconds"]
                    first[name] = None
        rest = [
            name
            for file in ranked
            for name in files[file]
            if name not in first and self._may(name, reaching)
        ]
        took = accumulate(self._tests[name]["seconds"] for name in rest)
        rest = [name for name, seconds in zip(rest, took, strict=True) if seconds <= most]
        return ({n: self._limit(n) for n in first}, {n: self._limit(n) for n in rest})

    def _score(self, test: Mapping[str, Any], reaching: Mapping[str, int]) -> float:
        """The more, the rarer and the closer what it calls is."""
        met = [self._rare[c] / (1 + reaching[c]) for c in test["calls"] if c in reaching]
        return max(met, default=0.0)

    def _may(self, name: str, reaching: Mapping[str, int]) -> bool:
        """Whether a test, or what is set up for it, calls what reaches a function. Any may where
        none does by itself: a contract that is not ours may call back. Deploying counts for all.
        """
        if self._rare.keys().isdisjoint(reaching):
            return True
        called = {*self._tests[name]["calls"], "constructor"}
        for scope in ("", name.split("::")[0]):
            called |= self._shared.get(scope, set())
        return not called.isdisjoint(reaching)

    def _limit(self, name: str) -> int:
        """Generous: the machine may be busy."""
        seconds: float = self._tests[name]["seconds"]
        return 60 + 10 * math.ceil(seconds)
