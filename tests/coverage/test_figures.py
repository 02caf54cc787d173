"""What counts as covered, and what is a fault."""

from __future__ import annotations

import pytest

from tests.coverage import figures
from tests.coverage.figures import Count, Coverage
from tests.coverage.instrument import Point
from tests.coverage.money import MONEY, Unreachable, moves_money
from tests.coverage.report import markdown

FILE = "contracts/Vault.sol"


def statement(number: int, line: int, where: str = "Vault.move") -> Point:
    return Point(FILE, line, number, where, "", f"statement {number}")


def condition(number: int, line: int, where: str = "Vault.move") -> list[Point]:
    outcomes = ("true", "false")
    return [Point(FILE, line, number + i, where, o, "a > b") for i, o in enumerate(outcomes)]


def coverage(points: list[Point], met: set[int]) -> Coverage:
    """Where everything can be reached."""
    return Coverage(points, met, [])


@pytest.fixture
def only_the_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MONEY", {"Vault": ("move",)})


def test_a_line_is_covered_when_all_its_statements_ran() -> None:
    points = [statement(1, 10), statement(2, 10), statement(3, 11)]
    assert coverage(points, {1, 3}).by_file()[FILE].lines == Count(1, 2)
    assert coverage(points, {1, 2, 3}).by_file()[FILE].lines == Count(2, 2)


def test_percentages_are_rounded_down() -> None:
    assert Count(1999, 2000).percent() == "99.9"
    assert Count(2000, 2000).percent() == "100.0"
    assert Count(0, 3).percent() == "0.0"
    assert Count().percent() == ""


@pytest.mark.usefixtures("only_the_vault")
def test_an_outcome_that_a_money_path_misses_is_a_fault() -> None:
    points = [statement(1, 10), *condition(2, 10)]
    assert coverage(points, {1, 2, 3}).faults() == []
    assert coverage(points, {1, 2}).faults() == ["1 outcomes on money paths were not met"]
    elsewhere = [statement(1, 10), *condition(2, 10, "CardText.fit"), statement(4, 11)]
    assert coverage(elsewhere, {1, 2, 4}).faults() == []
    assert [p.outcome for p in coverage(elsewhere, {1, 2, 4}).missed_branches()] == ["false"]


@pytest.mark.usefixtures("only_the_vault")
def test_too_few_lines_are_a_fault() -> None:
    points = [statement(number, number) for number in range(1, 1001)]
    assert coverage(points, set(range(1, 981))).faults() == []
    assert coverage(points, set(range(1, 980))).faults() == ["97.9 % of the lines ran; 98.0 % must"]


@pytest.mark.usefixtures("only_the_vault")
def test_what_is_out_of_reach_is_left_out_and_must_stay_so() -> None:
    points = [statement(1, 10), *condition(2, 10)]
    listed = [Unreachable("Vault.move", "a > b", "false", "as b is 0")]
    kept = Coverage(points, {1, 2}, listed)
    assert kept.faults() == []
    assert kept.by_file()[FILE].money == Count(1, 1)
    named = "Vault.move: a > b is false"
    assert Coverage(points, {1, 2, 3}, listed).faults() == [
        f"met, though it is listed as out of reach: {named}"
    ]
    assert Coverage([statement(1, 10)], {1}, listed).faults() == [
        f"no such outcome, though it is listed as out of reach: {named}"
    ]


@pytest.mark.usefixtures("only_the_vault")
def test_a_listed_function_must_exist() -> None:
    assert coverage([statement(1, 10, "Vault.moved")], {1}).faults() == [
        "no such function, though it is listed as a money path: Vault.move"
    ]


def test_money_paths_are_whole_contracts_or_named_functions() -> None:
    assert moves_money("Vault.anything")
    assert moves_money("CapacityRegistry.mint")
    assert not moves_money("CapacityRegistry.clock")
    assert not moves_money("CardText.fit")
    assert all(listed == ("*",) or "*" not in listed for listed in MONEY.values())


def test_the_table_ends_with_the_sum() -> None:
    points = [statement(1, 10), *condition(2, 10), *condition(4, 12, "CardText.fit")]
    *_, own, everything = markdown(coverage(points, {1, 2, 4}).by_file())
    assert own == "| Vault.sol | 1/1 | 100.0 | 2/4 | 50.0 | 1/2 | 50.0 |"
    assert everything == own.replace("Vault.sol", "all")
