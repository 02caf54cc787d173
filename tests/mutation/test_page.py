"""docs/mutation.md says what the last run found, and of each survivor why it could."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.core import COUNT, SEED
from tests.mutation.results import KILLED, SURVIVED, TIMED_OUT, read_summary

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutation.md"
_ROW = re.compile(r"^\| `(\w+-[0-9a-f]{8})` \| `(\S+:\d+)` \| (.+) \| (.+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return read_summary()


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


def test_the_page_explains_every_survivor_and_nothing_else(
    found: dict[str, Any], page: str
) -> None:
    survived = {m["id"]: m["at"] for m in found["mutants"] if m["outcome"] == SURVIVED}
    assert {row[0]: row[1] for row in _ROW.findall(page)} == survived


def test_the_page_has_the_figures(found: dict[str, Any], page: str) -> None:
    outcomes = found["outcomes"]
    judged = sum(outcomes.values())
    noticed = outcomes[KILLED] + outcomes[TIMED_OUT]
    assert f"{COUNT} mutants, with the seed {SEED}" in page
    assert f"**{noticed} of {judged}** mutants were noticed" in page
    assert f"`{found['sources'][:16]}`" in page
    for reason, number in found["skipped"].items():
        assert f"{number} {reason}" in page
    left = COUNT - judged
    assert (f"{left} are not judged yet" in page) == bool(left)


def test_the_results_are_those_of_the_draw(found: dict[str, Any]) -> None:
    assert (found["seed"], found["count"]) == (SEED, COUNT)
    assert len({mutant["id"] for mutant in found["mutants"]}) == len(found["mutants"]) <= COUNT
    for mutant in found["mutants"]:
        assert ("by" in mutant) == (mutant["outcome"] != SURVIVED)
