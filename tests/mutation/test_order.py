"""Which tests a mutant is tried on, and what a run of them tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.order import Suite, read_calls
from tests.mutation.place import make_place
from tests.mutation.runner import Runner
from tests.mutation.solc import Compiler
from wellhead import toolchain

_FILE = "contracts/Sample.sol"
_SAMPLE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

interface ISample {
    function served() external returns (uint256);
}

contract Sample is ISample {
    uint256 constant DAY = 24 hours;

    modifier checked() {
        _check();
        _;
    }

    function served() external checked returns (uint256) {
        return DAY;
    }

    function other() external pure {}

    function _check() private {}
}

contract Asking {
    constructor(ISample sample) {
        _ask(sample);
    }

    function ask(ISample sample) external {
        _ask(sample);
    }

    function _ask(ISample sample) private {
        sample.served();
    }
}
"""


@pytest.fixture(scope="module")
def reaching(compiler: Compiler) -> dict[str, dict[str, int]]:
    """What reaches each function of the sample, by the function's name."""
    calls = read_calls(compiler.trees({_FILE: _SAMPLE}).values())
    # Of two of one name the last: the contract's, not the interface's.
    return {name: calls.distances(number) for number, name in calls.names.items()}


def test_a_function_is_reached_through_modifiers_and_interfaces(
    reaching: dict[str, dict[str, int]],
) -> None:
    assert reaching["_check"] == {
        "_check": 0,
        "checked": 1,
        "served": 2,
        "_ask": 4,
        "ask": 5,
        "constructor": 5,
    }
    assert reaching["DAY"]["served"] == 1
    assert reaching["other"] == {"other": 0}
    assert "other" not in reaching["served"]


def _recorded(**more: Any) -> Suite:
    tests = {
        "tests/unit/test_a.py::test_others": {"calls": ["other"], "seconds": 0.5},
        "tests/unit/test_a.py::test_slow": {"calls": ["served"], "seconds": 9.0},
        "tests/unit/test_a.py::test_quick": {"calls": ["served"], "seconds": 0.1},
        "tests/unit/test_b.py::test_far": {"calls": ["ask", "other"], "seconds": 0.1},
        "tests/unit/test_c.py::test_no_chain": {"calls": [], "seconds": 0.1},
        "tests/property/test_d.py::test_all": {"calls": ["ask", "served"], "seconds": 30.0},
    }
    return Suite({"tests": tests, "shared": {"": ["register"], **more}})


def test_the_closest_and_quickest_come_first(reaching: dict[str, dict[str, int]]) -> None:
    first, rest = _recorded().order(reaching["other"])
    assert list(first) == ["tests/unit/test_b.py::test_far", "tests/unit/test_a.py::test_others"]
    assert rest == {}
    # All of them deploy, and what is deployed calls it: so any of them may notice.
    first, rest = _recorded().order(reaching["served"])
    assert list(first) == [
        "tests/unit/test_a.py::test_quick",
        "tests/unit/test_a.py::test_slow",
        "tests/unit/test_b.py::test_far",
    ]
    assert list(rest) == ["tests/property/test_d.py::test_all", "tests/unit/test_a.py::test_others"]


def test_what_noticed_it_before_comes_before_all(reaching: dict[str, dict[str, int]]) -> None:
    killers = ["tests/property/test_d.py::test_all", "tests/unit/test_gone.py::test_gone"]
    first, _ = _recorded().order(reaching["other"], killers)
    assert next(iter(first)) == "tests/property/test_d.py::test_all"
    assert len(first) == 3


def test_what_is_set_up_counts_for_its_tests(reaching: dict[str, dict[str, int]]) -> None:
    shared = {"tests/unit/test_a.py": ["other"]}
    _, rest = _recorded(**shared).order(reaching["other"])
    assert set(rest) == {"tests/unit/test_a.py::test_quick", "tests/unit/test_a.py::test_slow"}
    _, rest = _recorded(**{"": ["other"]}).order(reaching["other"])
    assert len(rest) == 3  # all but the two first


def test_where_nobody_calls_a_function_any_test_may_notice(
    reaching: dict[str, dict[str, int]],
) -> None:
    assert _recorded().order({"back": 0})[0] == {}
    assert len(_recorded().order({"back": 0})[1]) == 5


def test_names_decide_where_no_call_does() -> None:
    """As for what only a constructor does."""
    first, rest = _recorded().order({"constructor": 0}, about=["test_b", "test_z"])
    assert list(first) == ["tests/unit/test_b.py::test_far"]
    assert len(rest) == 4


def test_what_nothing_speaks_for_is_tried_for_so_long() -> None:
    _, rest = _recorded().order({"constructor": 0}, most=1.0)
    assert rest == {}
    _, rest = _recorded().order({"constructor": 0}, most=31.0)
    assert list(rest) == ["tests/property/test_d.py::test_all", "tests/unit/test_a.py::test_others"]


def test_limits_are_generous(reaching: dict[str, dict[str, int]]) -> None:
    first, rest = _recorded().order(reaching["served"])
    assert first["tests/unit/test_a.py::test_quick"] == 70
    assert rest["tests/property/test_d.py::test_all"] == 360


def test_tests_that_came_later_are_known_as_such(tmp_path: Path) -> None:
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    for name in ("test_a.py", "test_new.py", "helper.py"):
        (tmp_path / "tests" / "unit" / name).touch()
    assert _recorded().unknown(tmp_path) == ["tests/unit/test_new.py"]


_CONFTEST = "from hypothesis import settings\nsettings.register_profile('pr')\n"
_TESTS = """
import time
from wellhead.chain.contract import Contract
import pytest

@pytest.fixture(scope="module")
def made():
    _call("accrue")

def _call(name):
    from wellhead.chain.abi import functions_of
    functions_of("LeaseMarket")[name].encode([1])

def test_one(made):
    _call("ownerOf")

def test_two(made):
    _call("settle")

def test_false():
    assert not "true"

def test_endless():
    time.sleep(60)

def test_later():
    pass
"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("mutation") / "place"
    root.mkdir()
    for name in ("tests", "pyproject.toml"):
        (root / name).symlink_to(toolchain.project_root() / name)
    (root / "conftest.py").write_text(_CONFTEST, "utf-8")
    (root / "test_small.py").write_text(_TESTS, "utf-8")
    (root / "test_new.py").write_text("def test_new(): pass\n", "utf-8")
    with Runner(root) as runner:
        yield runner


def _ordered(runner: Runner, folder: Path, limits: dict[str, int]) -> tuple[Any, Any]:
    order, end = folder / "order.json", folder / "end.json"
    tests = {f"test_small.py::{name}": limit for name, limit in limits.items()}
    known = {f"test_small.py::test_{name}" for name in ("one", "two", "false", "endless")}
    asked = {"tests": tests, "others": sorted(known - tests.keys())}
    order.write_text(json.dumps(asked), "utf-8")
    given = ["-x", "-vv", f"--mutation-order={order}", f"--mutation-end={end}"]
    code, said = runner.run([*given, "test_new.py", "test_small.py"], 30)
    ended = [line.split() for line in said.splitlines() if line.startswith("test_")]
    ran = [words[0].split("::")[1] for words in ended if {*words} & {"PASSED", "FAILED"}]
    return (code, ran), json.loads(end.read_text("utf-8")) if end.is_file() else None


def test_tests_run_in_order_until_one_fails(runner: Runner, tmp_path: Path) -> None:
    """After those that nobody knows, in files old and new."""
    new = ["test_new", "test_later"]
    ended, found = _ordered(runner, tmp_path, {"test_two": 9, "test_one": 9})
    assert ended == (0, [*new, "test_two", "test_one"])
    assert found is None
    ended, found = _ordered(runner, tmp_path, {"test_two": 9, "test_false": 9, "test_one": 9})
    assert ended == (1, [*new, "test_two", "test_false"])
    assert found == {"test": "test_small.py::test_false", "over": False}


def test_a_test_that_takes_too_long_is_ended(runner: Runner, tmp_path: Path) -> None:
    ended, found = _ordered(runner, tmp_path, {"test_endless": 1})
    assert ended == (1, ["test_new", "test_later", "test_endless"])
    assert found == {"test": "test_small.py::test_endless", "over": True}


def test_all_together_have_a_limit(runner: Runner) -> None:
    code, _ = runner.run(["test_small.py::test_endless"], 2)
    assert code is None
    assert runner.run(["test_new.py"], 30)[0] == 0


def test_what_tests_call_is_recorded(runner: Runner, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    code, _ = runner.run(
        [f"--mutation-record={record}", "test_small.py", "-k", "one or two or false"], 30
    )
    assert code == 1
    held = json.loads(record.read_text("utf-8"))
    tests = {name.split("::")[1]: test for name, test in held["tests"].items()}
    assert tests["test_one"]["calls"] == ["accrue", "ownerOf"]
    assert tests["test_two"]["calls"] == ["settle"]
    assert tests["test_false"]["outcome"] == "failed"
    assert held["shared"] == {"test_small.py": ["accrue"]}


def test_a_place_takes_a_mutant_and_gives_it_back(compiler: Compiler, tmp_path: Path) -> None:
    """What is put there counts as built: no test compiles it anew."""
    checkout = toolchain.project_root()
    place = make_place(checkout, tmp_path / "place")
    file, unchanged = "contracts/Vault.sol", compiler.built(["Vault"])
    text = (checkout / file).read_text("utf-8")
    place.put(
        {file: text + "// A mutant.\n"}, {"Vault": {**unchanged["Vault"], "bytecode": "0x00"}}
    )
    assert toolchain.is_current(place.root)
    assert toolchain.read_artifacts(place.root)["Vault"]["bytecode"] == "0x00"
    assert (place.root / file).read_text("utf-8").endswith("// A mutant.\n")
    place.put({file: text}, unchanged)
    assert toolchain.is_current(place.root)
    assert toolchain.read_artifacts(place.root) == toolchain.read_artifacts(checkout)
    assert (checkout / file).read_text("utf-8") == text
