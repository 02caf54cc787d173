"""What is kept between runs, and what is committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.__main__ import _tell
from tests.mutation.core import COUNT, SEED
from tests.mutation.draw import Mutant
from tests.mutation.operators import Change
from tests.mutation.results import Ledger, Result, summary


def _mutant(number: int, function: str = "f()") -> Mutant:
    change = Change("constant", 0, 1, "2")
    file = "contracts/Sample.sol"
    return Mutant(f"Sample-{number:08x}", file, number, function, 1, "constant", "1", "2", change)


def test_a_run_goes_on_where_the_last_one_was(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "results.json", "a")
    results = [
        Result.of(_mutant(1), "killed", "tests/unit/test_a.py::test_one", 2.5, 1.5),
        Result.of(_mutant(2), "survived", "", 99.0, 40.0),
    ]
    for result in results:
        ledger.add(result)
    again = Ledger(tmp_path / "results.json", "a")
    assert list(again.results.values()) == results
    again.forget({_mutant(2).id, "Sample-gone"})
    assert list(again.results.values()) == results[:1]
    assert _mutant(2).id in again.forgotten


def test_other_sources_only_leave_hints(tmp_path: Path) -> None:
    """First what noticed this mutant, then what noticed others in its function."""
    ledger = Ledger(tmp_path / "results.json", "a")
    for number, function, by in ((1, "f()", "one"), (2, "f()", "two"), (3, "g()", "three")):
        ledger.add(Result.of(_mutant(number, function), "killed", by))
    later = Ledger(tmp_path / "results.json", "b")
    assert later.results == {}
    assert list(dict.fromkeys(later.killers(_mutant(2)))) == ["two", "one"]
    assert later.killers(_mutant(4, "h()")) == []
    later.add(Result.of(_mutant(3, "g()"), "killed", "four"))
    assert list(dict.fromkeys(later.killers(_mutant(3, "g()")))) == ["three", "four"]


def _all(killed: int, survived: int) -> dict[str, Result]:
    ends = ["killed"] * killed + ["survived"] * survived + ["same", "rejected"]
    made = [Result.of(_mutant(n), end, "t" * (end == "killed"), 2, 1) for n, end in enumerate(ends)]
    return {result.id: result for result in reversed(made)}


def test_the_summary_has_the_judged_in_order_and_counts_the_rest() -> None:
    told = summary(_all(2, 1), "abc")
    mutants = told.pop("mutants")
    assert told == {
        "seed": SEED,
        "count": COUNT,
        "sources": "abc",
        "outcomes": {"killed": 2, "timed out": 0, "survived": 1},
        "skipped": {"rejected": 1, "same": 1, "large": 0},
        "seconds": 6,
        "cpu_seconds": 3,
    }
    assert [(mutant["at"], mutant["outcome"]) for mutant in mutants] == [
        ("contracts/Sample.sol:0", "killed"),
        ("contracts/Sample.sol:1", "killed"),
        ("contracts/Sample.sol:2", "survived"),
    ]


@pytest.mark.parametrize(
    ("killed", "survived", "code"), [(COUNT * 9 // 10, COUNT // 10, 0), (COUNT * 9 // 10 - 1, 0, 1)]
)
def test_nine_of_ten_must_be_noticed(
    killed: int, survived: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of all: what is not judged yet is not noticed."""
    found = _all(killed, survived)
    assert _tell(found, summary(found, "abc")["outcomes"]) == code
    said = capsys.readouterr().err.splitlines()
    left = COUNT - killed - survived
    assert len(said) == survived + 1
    assert said[-1] == (
        f"{killed} of {killed + survived} mutants were noticed; {left} are not judged yet"
    )
