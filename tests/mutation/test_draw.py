"""Which mutants are judged depends on the seed and on what they change, and on nothing else."""

from __future__ import annotations

import random

import pytest

from tests.mutation.core import (
    CORE,
    COUNT,
    code_lines,
    importers,
    quotas,
    read_sources,
    sources_hash,
)
from tests.mutation.draw import Mutant, draw
from tests.mutation.results import Result
from tests.mutation.solc import Compiler, Rejected, plain
from tests.mutation.supply import Supply
from tests.mutation.syntax import nodes
from wellhead import toolchain
from wellhead.sources import ToolchainError

_FILE = "contracts/Sample.sol"
_SAMPLE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

contract Sample {
    function first(uint256 a, uint256 b) public pure returns (uint256) {
        return a / b + (a << b) - 7;
    }

    function second(uint256 a, uint256 b) public pure returns (bool) {
        return a / b > b && a - b < 7 || a == 0;
    }
}
"""


def _drawn(compiler: Compiler, text: str, seed: int = 1) -> list[Mutant]:
    return draw(nodes(_FILE, text, compiler.trees({_FILE: text})[_FILE]), seed)


def test_the_draw_is_the_same_every_time(compiler: Compiler) -> None:
    drawn = _drawn(compiler, _SAMPLE)
    assert drawn == _drawn(compiler, _SAMPLE)
    assert len({mutant.id for mutant in drawn}) == len(drawn) > 10


def test_a_seed_decides_order_and_mistakes(compiler: Compiler) -> None:
    draws = [_drawn(compiler, _SAMPLE, seed) for seed in range(1, 9)]
    assert len({tuple(mutant.id for mutant in drawn) for drawn in draws}) == 8
    assert len({frozenset(mutant.id for mutant in drawn) for drawn in draws}) > 1


def test_a_node_has_one_mutant(compiler: Compiler) -> None:
    drawn = _drawn(compiler, _SAMPLE)
    numbers = [mutant for mutant in drawn if mutant.before == "7"]
    assert {(mutant.line, mutant.operator) for mutant in numbers} == {
        (6, "constant"),
        (10, "constant"),
    }
    assert len(numbers) == 2  # one up or one down


def test_an_edit_elsewhere_changes_neither_names_nor_order(compiler: Compiler) -> None:
    before = _drawn(compiler, _SAMPLE)
    comment, edited = "    /// New.\n    function second", _SAMPLE.replace("- 7;", "* 7;", 1)
    after = _drawn(compiler, edited.replace("    function second", comment))
    second = [mutant.id for mutant in before if mutant.function.startswith("second")]
    assert [m.id for m in after if m.function.startswith("second")] == second
    assert [m.line + 1 for m in before if m.id in second] == [
        m.line for m in after if m.id in second
    ]


def test_quotas_follow_the_lines() -> None:
    assert quotas({"a": 50, "b": 30, "c": 20}, 10) == {"a": 5, "b": 3, "c": 2}
    assert quotas({"a": 2, "b": 2, "c": 2}, 4) == {"a": 2, "b": 1, "c": 1}
    with pytest.raises(ToolchainError, match="nothing to mutate"):
        quotas({"a": 0}, 1)


def test_comments_and_blank_lines_are_no_code() -> None:
    assert code_lines("// a\n\nuint a; // b\n/* c\nd */ uint b;\n/* e */\n") == 2


def test_the_core_is_there_and_shares_all_mutants() -> None:
    sources = read_sources(toolchain.project_root())
    shares = quotas({name: code_lines(sources[name]) for name in CORE}, COUNT)
    assert sum(shares.values()) == COUNT
    assert min(shares.values()) >= 1


def test_importers_are_found_through_others() -> None:
    sources = {
        "contracts/A.sol": 'import {B} from "./base/B.sol";',
        "contracts/base/B.sol": 'import {C} from "../libraries/C.sol"; // import "./D.sol";',
        "contracts/base/D.sol": "",
        "contracts/libraries/C.sol": 'import {X} from "solady/X.sol";',
    }
    found = importers(sources, "contracts/libraries/C.sol")
    assert found == {"contracts/A.sol", "contracts/base/B.sol", "contracts/libraries/C.sol"}
    assert importers(sources, "contracts/base/D.sol") == {"contracts/base/D.sol"}


def test_the_hash_covers_what_is_deployed() -> None:
    sources = {"contracts/A.sol": "a", "contracts/testing/T.sol": "t"}
    same = sources_hash({**sources, "contracts/testing/T.sol": "u"})
    assert sources_hash(sources) == same != sources_hash({**sources, "contracts/A.sol": "b"})


def _supply(compiler: Compiler, quota: int, known: dict[str, Result]) -> Supply:
    return Supply({_FILE: _drawn(compiler, _SAMPLE)}, {_FILE: quota}, known)


@pytest.mark.parametrize("seed", range(5))
def test_who_is_faster_does_not_decide_what_is_judged(compiler: Compiler, seed: int) -> None:
    """Every third mutant is none: it is replaced, whoever finds out and when."""
    drawn, dice = _drawn(compiler, _SAMPLE), random.Random(seed)
    none = {mutant.id for mutant in drawn[::3]}
    supply, under_way = _supply(compiler, 5, {}), list[Mutant]()
    while True:
        # take() waits where what is under way may have to be replaced.
        if len(under_way) < 2 and (mutant := _take(supply, under_way)) is not None:
            under_way.append(mutant)
        elif under_way:
            mutant = under_way.pop(dice.randrange(len(under_way)))
            supply.done(Result.of(mutant, "same" if mutant.id in none else "killed"))
        else:
            break
    known = supply.known()
    judged = [m.id for m in drawn if m.id in known and known[m.id].outcome == "killed"]
    assert judged == [mutant.id for mutant in drawn if mutant.id not in none][:5]


def _take(supply: Supply, under_way: list[Mutant]) -> Mutant | None:
    if under_way and supply._next() is None:
        return None
    return supply.take()


def test_known_results_are_not_asked_for_again(compiler: Compiler) -> None:
    drawn = _drawn(compiler, _SAMPLE)
    known = {
        drawn[0].id: Result.of(drawn[0], "rejected"),
        drawn[1].id: Result.of(drawn[1], "survived"),
        drawn[9].id: Result.of(drawn[9], "killed"),  # of another draw
    }
    supply = _supply(compiler, 2, known)
    assert supply.take() == drawn[2]
    supply.done(Result.of(drawn[2], "killed"))
    assert supply.take() is None
    assert list(supply.known()) == [drawn[0].id, drawn[1].id, drawn[2].id]


def test_what_is_judged_again_comes_first(compiler: Compiler) -> None:
    drawn = _drawn(compiler, _SAMPLE)
    supply = Supply({_FILE: drawn}, {_FILE: 4}, {}, {drawn[2].id, "gone"})
    assert [supply.take() for _ in range(4)] == [drawn[2], drawn[0], drawn[1], drawn[3]]


def test_a_stopped_supply_hands_out_nothing(compiler: Compiler) -> None:
    supply = _supply(compiler, 2, {})
    supply.stop()
    assert supply.take() is None


def test_a_file_with_too_few_mutants_is_an_error(compiler: Compiler) -> None:
    with pytest.raises(ToolchainError, match=r"contracts/Sample\.sol has too few mutants"):
        _supply(compiler, 1000, {}).take()


def test_the_compiler_gives_what_was_built_and_tells_why_there_is_no_mutant(
    compiler: Compiler,
) -> None:
    file = "contracts/Vault.sol"
    text = read_sources(toolchain.project_root())[file]
    assert compiler.affected(file) == ["Vault"]
    assert compiler.compile({}, ["Vault"]) == compiler.built(["Vault"])
    with pytest.raises(Rejected, match="rejected"):
        compiler.mutant(file, text.replace("_spend(coin, amount);", "_spend(coin);"))
    with pytest.raises(Rejected, match="same"):
        compiler.mutant(file, text + "// More.\n")
    code = compiler.mutant(file, text.replace("_spend(coin, amount);", "{}"))
    assert plain(code["Vault"]["bytecode"]) != plain(compiler.built(["Vault"])["Vault"]["bytecode"])
