"""The page and the files that a run leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.coverage import __main__ as command
from tests.coverage import page
from tests.coverage.compiling import Build
from tests.coverage.figures import Count, Figures
from tests.coverage.money import UNREACHABLE
from tests.coverage.plugin import HITS
from wellhead import toolchain

PAGE = toolchain.project_root() / "docs" / "coverage.md"


def test_the_page_names_all_that_is_out_of_reach() -> None:
    section = PAGE.read_text("utf-8").partition("\n## Out of reach\n")[2]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{one.where}` | `{one.condition}` | {one.outcome} | {one.why} |" for one in UNREACHABLE
    ]
    assert ("There is none." in section) == (not UNREACHABLE)


def test_a_table_is_renewed_between_its_marks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    target = tmp_path / "docs" / "coverage.md"
    target.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n", "utf-8")
    monkeypatch.setattr(toolchain, "project_root", lambda: tmp_path)
    figures = {"contracts/Vault.sol": Figures(Count(1, 2), Count(3, 4), Count(3, 4))}
    page.renew(figures)
    first = target.read_text("utf-8")
    assert first.startswith(f"before\n{page.BEGIN}\n\n| source |")
    assert "\n| Vault.sol | 1/2 | 50.0 | 3/4 | 75.0 | 3/4 | 75.0 |\n" in first
    assert first.endswith(f"\n{page.END}\nafter\n")
    assert "old" not in first
    page.renew(figures)
    assert target.read_text("utf-8") == first


def test_only_what_this_build_met_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "folder", lambda: tmp_path)
    (tmp_path / HITS).mkdir()
    for name, key, met in (("a", "now", [1, 2]), ("b", "now", [2, 5]), ("c", "before", [9])):
        text = json.dumps({"key": key, "met": met})
        (tmp_path / HITS / f"{name}.json").write_text(text, "utf-8")
    assert command.met(Build("now", {}, [])) == {1, 2, 5}


def test_what_is_left_out_exists() -> None:
    for name in command.LEFT_OUT:
        file, _, test = name.partition("::")
        assert f"def {test}" in (toolchain.project_root() / file).read_text("utf-8")
