"""Probes tell exactly what ran, reverted or not, and change nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.coverage import probes
from tests.coverage.compiling import compile_counted, solc
from tests.coverage.instrument import Point, Unsupported, instrument
from tests.coverage.plugin import TOUCHED
from tests.support.stage import GENESIS
from wellhead.chain import Anvil
from wellhead.chain.accounts import dev_account

FILE = "contracts/Sample.sol"
SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

error Refused();

function half(uint256 a) pure returns (uint256) {
    return a / 2; // \u00bd, so bytes and characters differ from here on
}

contract Sample {
    uint256 public kept;

    modifier notZero(uint256 a) {
        if (a == 0) revert Refused();
        _;
    }

    constructor(uint256 first) {
        kept = first;
    }

    function pick(uint256 a) external pure notZero(a) returns (uint256 b) {
        if (a > 10) b = 1;
        else if (a > 5 && a != 8) return half(a);
        else b = a == 2 ? 20 : 30;
    }

    function loop(uint256 n) external returns (uint256 sum) {
        uint256 last;
        for (uint256 i; i < n; ++i) {
            if (i == 3) break;
            sum += i;
        }
        do last++; while (last < n);
        kept = sum;
    }

    function ask(uint256 a) external view returns (bool) {
        require(a != 99, Refused());
        try this.pick(a) returns (uint256) {}
        catch {
            return false;
        }
        return true;
    }

    function raw(uint256 a) external view returns (uint256 b) {
        assembly {
            if gt(a, gas()) { revert(0, 0) }
            if lt(a, 5) { b := 7 }
        }
    }
}
"""


def standard_json(source: str) -> dict[str, Any]:
    optimizer = {"enabled": True, "runs": 1000}
    return {
        "language": "Solidity",
        "sources": {FILE: {"content": source}},
        "settings": {"optimizer": optimizer, "evmVersion": "cancun", "remappings": []},
    }


Compiled = tuple[dict[str, tuple[str, str]], list[Point]]


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_counted(standard_json(SOURCE), [FILE])


class Probed:
    """A deployed contract with probes; what its calls met."""

    def __init__(self, anvil: Anvil, compiled: Compiled) -> None:
        self.rpc = anvil.rpc
        self.points = {point.number: point for point in compiled[1]}
        self.sender = dev_account(0).address
        data = compiled[0]["Sample"][0] + encode(["uint256"], [4]).hex()
        self.made = self.rpc(
            "eth_sendTransactionSync", {"from": self.sender, "data": data, "gas": hex(10**7)}
        )

    def body(self, function: str, argument: int) -> dict[str, str]:
        data = keccak(text=f"{function}(uint256)")[:4] + encode(["uint256"], [argument])
        to = self.made["contractAddress"]
        return {"from": self.sender, "to": to, "data": "0x" + data.hex(), "gas": hex(10**7)}

    def answer(self, function: str, argument: int) -> int:
        return int(self.rpc("eth_call", self.body(function, argument), "latest"), 16)

    def met(self, function: str, argument: int) -> list[Point]:
        touched = self.rpc("debug_traceCall", self.body(function, argument), "latest", TOUCHED)
        return self.named(touched)

    def named(self, touched: dict[str, Any]) -> list[Point]:
        return [self.points[number] for number in sorted(probes.numbers_of(touched))]

    def lines(self, function: str, argument: int) -> set[int]:
        """The lines with a statement that ran."""
        return {p.line for p in self.met(function, argument) if not p.is_branch}

    def outcomes(self, function: str, argument: int) -> set[tuple[str, str]]:
        return {(p.text, p.outcome) for p in self.met(function, argument) if p.is_branch}


@pytest.fixture(scope="module")
def probed(compiled: Compiled) -> Iterator[Probed]:
    with Anvil(GENESIS) as anvil:
        yield Probed(anvil, compiled)


def line_of(text: str) -> int:
    (line,) = (n for n, one in enumerate(SOURCE.splitlines(), 1) if text in one)
    return line


def test_a_constructor_is_met_by_its_transaction(probed: Probed) -> None:
    touched = probed.rpc("debug_traceTransaction", probed.made["transactionHash"], TOUCHED)
    assert [(p.where, p.line) for p in probed.named(touched)] == [
        ("Sample.constructor", line_of("kept = first;"))
    ]


def test_every_branch_is_told_from_the_others(probed: Probed) -> None:
    zero, ten, five = ("a == 0", "false"), ("a > 10", "false"), ("a > 5", "false")
    assert probed.outcomes("pick", 11) == {zero, ("a > 10", "true")}
    assert probed.outcomes("pick", 7) == {zero, ten, ("a > 5", "true"), ("a != 8", "true")}
    assert probed.outcomes("pick", 8) == {
        *(zero, ten, ("a > 5", "true"), ("a != 8", "false"), ("a == 2", "false"))
    }
    assert probed.outcomes("pick", 2) == {zero, ten, five, ("a == 2", "true")}


def test_what_reverted_is_met_up_to_there(probed: Probed) -> None:
    assert probed.outcomes("pick", 0) == {("a == 0", "true")}
    assert probed.lines("pick", 0) == {line_of("revert Refused();")}
    assert probed.outcomes("ask", 99) == {("a != 99", "false")}


def test_statements_of_a_line_and_of_a_free_function_count(probed: Probed) -> None:
    first = line_of("if (a > 10) b = 1;")
    ran = {line_of("revert Refused()"), first, line_of("else if"), line_of("return a / 2;")}
    assert probed.lines("pick", 7) == ran
    of_first = [p for p in probed.points.values() if p.line == first and not p.is_branch]
    assert [p.text for p in of_first][1:] == ["b = 1"]
    assert "half" in {p.where.split(".")[1] for p in probed.met("pick", 7)}


def test_a_loop_that_is_not_entered_ends_at_once(probed: Probed) -> None:
    again = {("last < n", "false")}
    assert probed.outcomes("loop", 0) == {("i < n", "false"), *again}
    assert probed.outcomes("loop", 1) >= {("i < n", "true"), ("i == 3", "false")}
    stopped = probed.outcomes("loop", 9)
    assert ("i == 3", "true") in stopped
    assert ("i < n", "false") not in stopped
    assert ("last < n", "true") in stopped


def test_each_way_out_of_a_try_counts(probed: Probed) -> None:
    assert ("this.pick(a)", "success") in probed.outcomes("ask", 1)
    failed = probed.outcomes("ask", 0)  # reverted inside
    assert ("this.pick(a)", "failure") in failed
    assert ("a == 0", "true") in failed
    assert ("this.pick(a)", "success") not in failed


def test_a_condition_in_assembly_counts(probed: Probed) -> None:
    enough = ("gt(a, gas())", "false")
    assert probed.outcomes("raw", 4) == {enough, ("lt(a, 5)", "true")}
    assert probed.outcomes("raw", 5) == {enough, ("lt(a, 5)", "false")}
    assert probed.outcomes("raw", 2**255) == {("gt(a, gas())", "true")}


def test_probes_change_no_result(probed: Probed) -> None:
    picked = {argument: probed.answer("pick", argument) for argument in (11, 7, 2, 8)}
    assert picked == {11: 1, 7: 3, 2: 20, 8: 30}
    assert [probed.answer("ask", argument) for argument in (0, 1)] == [False, True]
    assert [probed.answer("raw", argument) for argument in (4, 5)] == [7, 0]
    assert probed.answer("loop", 9) == 0 + 1 + 2


def test_points_are_all_that_can_be_met(compiled: Compiled) -> None:
    points = compiled[1]
    assert len({p.number for p in points}) == len(points)
    statements = [p for p in points if not p.is_branch]
    declared = line_of("uint256 last;")
    assert declared not in {p.line for p in statements}
    assert len(statements) == 21
    assert len([p for p in points if p.is_branch]) == 2 * 12


def test_what_no_probe_can_tell_is_refused() -> None:
    source = SOURCE.replace("if lt(a, 5) { b := 7 }", "switch a case 5 { b := 7 }")
    with pytest.raises(Unsupported, match=r"Sample\.sol:\d+: YulSwitch"):
        compile_counted(standard_json(source), [FILE])


def test_only_addresses_of_probes_are_read() -> None:
    touched = [hex(probes.PREFIX + 3), hex(probes.PREFIX), "0x" + "ff" * 20, "0x" + "00" * 20]
    assert probes.numbers_of(touched) == {3}


def test_lines_stay_where_they_are() -> None:
    plain = solc({**standard_json(SOURCE), "settings": {"outputSelection": {"*": {"": ["ast"]}}}})
    texts, points = instrument({FILE: plain["sources"][FILE]["ast"]}, {FILE: SOURCE})
    probed = texts[FILE].splitlines()
    assert len(probed) == len(SOURCE.splitlines())
    for point in points:
        if not point.is_branch:
            assert probes.hit(point.number) in probed[point.line - 1]
