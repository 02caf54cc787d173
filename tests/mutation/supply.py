"""Hands out mutants to the workers: those that turn out to be none are replaced by the next."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence

from tests.mutation.draw import Mutant
from tests.mutation.results import SKIPPED, Result
from wellhead.sources import ToolchainError


class Supply:
    """Each file's mutants in their order, until as many are judged as it gets.

    Never more are under way than a file still needs, so which mutants are judged in the end does
    not depend on who was faster.
    """

    def __init__(
        self,
        drawn: Mapping[str, Sequence[Mutant]],
        quotas: Mapping[str, int],
        known: Mapping[str, Result],
        first: Collection[str] = (),
    ) -> None:
        self._drawn = drawn
        self._quotas = quotas
        self._known = dict(known)
        self._first = frozenset(first)
        self._given: set[str] = set()
        self._condition = threading.Condition()
        self._stopped = False

    def take(self) -> Mutant | None:
        """The next to judge, when there may be one; None when there is none any more."""
        with self._condition:
            while not self._stopped:
                if (mutant := self._next()) is not None:
                    self._given.add(mutant.id)
                    return mutant
                if not self._given:
                    return None
                self._condition.wait()
            return None

    def done(self, result: Result) -> None:
        with self._condition:
            self._known[result.id] = result
            self._given.discard(result.id)
            self._condition.notify_all()

    def stop(self) -> None:
        """Hand out no more."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()

    def known(self) -> dict[str, Result]:
        """What became of all that were chosen or had to be replaced, and of no others."""
        with self._condition:
            found = {}
            for file in self._drawn:
                for mutant in self._met(file):
                    if mutant.id in self._known:
                        found[mutant.id] = self._known[mutant.id]
            return found

    def _next(self) -> Mutant | None:
        """One of those that come first, else from the file with the smallest part of its own."""
        waiting = []
        for file, quota in self._quotas.items():
            todo = [m for m in self._valid(file) if not self._has(m)]
            if todo:
                chosen = next((m for m in todo if m.id in self._first), todo[0])
                part = (quota - len(todo)) / quota
                waiting.append((chosen.id not in self._first, part, file, chosen))
        return min(waiting, key=lambda entry: entry[:3])[3] if waiting else None

    def _has(self, mutant: Mutant) -> bool:
        return mutant.id in self._known or mutant.id in self._given

    def _valid(self, file: str) -> list[Mutant]:
        return [m for m in self._met(file) if not self._is_skipped(m)]

    def _met(self, file: str) -> list[Mutant]:
        """A file's mutants up to where there are enough of them."""
        need = self._quotas[file]
        met: list[Mutant] = []
        for mutant in self._drawn[file]:
            if not need:
                return met
            met.append(mutant)
            need -= not self._is_skipped(mutant)
        if need:
            raise ToolchainError(f"{file} has too few mutants")
        return met

    def _is_skipped(self, mutant: Mutant) -> bool:
        return mutant.id in self._known and self._known[mutant.id].outcome in SKIPPED
