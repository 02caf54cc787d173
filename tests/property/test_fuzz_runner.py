"""The fuzz runner finds a fault that was put there, tells it, and shows it again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest

from tests.property import fuzz
from tests.support import fuzz_profiles
from tests.support.fuzz_findings import COMMAND, Finding
from wellhead.places import state_folder
from wellhead.toolchain import project_root

FAULTY = """
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test


class Counter(RuleBasedStateMachine):
    total = 0

    @rule(amount=st.integers(0, 1000))
    def add(self, amount):
        self.total += amount
        assert self.total < 700, f"the total is {self.total}"


@pytest.mark.parametrize("machine", [Counter])
def test_machine(machine):
    run_state_machine_as_test(machine, settings=settings(max_examples=20))


@given(st.integers())
def test_sound(number):
    assert number == number


def test_without_examples():
    raise AssertionError("the same in every round")
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The runner's folder, with the faulty tests in it; pytest names only what is in the project
    in a way that can be used again."""
    parent = state_folder() / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="fuzz-", dir=parent) as made:
        monkeypatch.setenv(fuzz_profiles.FOLDER, made)
        Path(made, "test_faulty.py").write_text(FAULTY, "utf-8")
        yield Path(made)


def test_a_fault_is_found_and_shown_again(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    test = folder / "test_faulty.py"
    assert fuzz.main(["--hours", "0.0003", "--workers", "2", str(test)]) == 1
    told = capfd.readouterr().out
    # One round of each of the two tests: the machine's fails, and the other goes on.
    (path, *others) = sorted((folder / "findings").glob("*.txt"))
    assert not [other for other in others if "machine" not in other.name]
    assert f"finding: {path}" in told
    assert "the total is 700" in told
    # Made smaller: one step is enough.
    assert "state.add(amount=700)\n" in told
    counts = re.search(r"(\d+) rounds +([\d,]+) examples +([\d,]+) steps +(\d+) findings", told)
    assert counts is not None
    rounds, examples, steps, findings = (int(n.replace(",", "")) for n in counts.groups())
    assert rounds >= 2
    assert examples > 200
    assert steps > 0
    assert findings == 1 + len(others)
    # Hypothesis has kept the example, and tries it first the next time.
    assert list((folder / "examples").iterdir())
    finding = Finding.read(path)
    assert finding.test.endswith("test_faulty.py::test_machine[Counter]")
    # What is printed is a command that shows it again: the same failure, by the same step alone.
    (shown,) = set(re.findall(rf"{re.escape(COMMAND)} (--replay {re.escape(str(path))})", told))
    assert fuzz.main(shown.split()) == 1
    told = capfd.readouterr().out
    assert "the total is 700" in told
    assert told.count("state.add(") == 1
    # It is this example that is tried, and no other.
    test.write_text(FAULTY.replace("< 700", "!= 701"), "utf-8")
    assert fuzz.main(shown.split()) == 1
    assert "DidNotReproduce" in capfd.readouterr().out


@pytest.fixture
def sound(folder: Path) -> str:
    """The test that does not fail, as pytest names it."""
    return f"{(folder / 'test_faulty.py').relative_to(project_root())}::test_sound"


def test_nothing_found_is_no_failure(
    folder: Path, sound: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert fuzz.Runner(folder, [sound], workers=1).run(0.1) == 0
    assert " 0 findings" in capfd.readouterr().out


#: Meets a function of the contracts, and no other.
MEETING = """
from hypothesis import given, strategies as st
from tests.support.exercised import pytest_configure
from wellhead.chain.abi import functions_of


@given(st.integers(0, 2**64))
def test_meeting(amount):
    functions_of("Vault")["withdraw"].encode(["0x" + "11" * 20, "0x" + "22" * 20, amount])
"""


def test_what_no_round_met_is_told(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "conftest.py").write_text("from test_meeting import pytest_configure\n", "utf-8")
    test = folder / "test_meeting.py"
    test.write_text(MEETING, "utf-8")
    assert fuzz.main(["--hours", "0.0003", "--workers", "1", str(test)]) == 0
    (missed,) = re.findall(r"^never met: (.*)$", capfd.readouterr().out, re.MULTILINE)
    assert {"Vault.charge", "Vault.Withdrawn"} <= set(missed.split(", "))
    assert "Vault.withdraw" not in missed.split(", ")


def test_an_interruption_ends_the_rounds_and_tells(
    folder: Path, sound: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=interrupt)
    monkeypatch.setattr(fuzz, "time", clock)
    runner = fuzz.Runner(folder, [sound], workers=1)
    assert runner.run(3600) == 0
    assert not runner.running
    assert re.search(r"interrupted\n.* 1 rounds .* 0 findings\n", capfd.readouterr().out)


def test_what_can_not_be_run_is_a_finding_once(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert fuzz.Runner(folder, ["test_missing.py::test_it"], workers=1).run(3600) == 1
    told = capfd.readouterr().out
    assert "file or directory not found: test_missing.py::test_it" in told
    assert " 1 rounds " in told


def test_a_test_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(SystemExit, match="pytest finds no such tests"):
        fuzz.main([str(folder / "test_missing.py")])
