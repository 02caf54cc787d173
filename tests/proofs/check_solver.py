"""What Halmos hears of its solver's command: integers say no more than `unsat`, Yices the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.solver import PORT

HERE = Path(__file__).parent
#: A product of numbers below 2^128 is none that wraps; and one that may.
SMALL = "(assert (bvult x (bvshl (_ bv1 256) (_ bv128 256))))(assert (bvult y (_ bv9 256)))"
WRAPS = "(assert (bvult ({0} x y) x))(assert (bvugt y (_ bv0 256)))"
DECLARED = "(declare-fun f_evm_bvmul_256 ((_ BitVec 256) (_ BitVec 256)) (_ BitVec 256))"


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    command = [sys.executable, str(HERE / "server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def said(port: str, folder: Path, asserted: str) -> subprocess.CompletedProcess[str]:
    path = folder / "query.smt2"
    declared = "(set-logic QF_AUFBV)" + DECLARED * ("f_evm" in asserted)
    declared += "".join(f"(declare-fun {name} () (_ BitVec 256))" for name in "xy")
    path.write_text(f"{declared}{asserted}(check-sat)(get-model)", "utf-8")
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, "-I", "-S", str(HERE / "solver.py"), str(path)],
        env={**os.environ, "PATH": tools, PORT: port},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("product", ["bvmul", "f_evm_bvmul_256"])
def test_what_integers_contradict_is_unsat(product: str, port: str, tmp_path: Path) -> None:
    assert said(port, tmp_path, SMALL + WRAPS.format(product)).stdout == "unsat\n"


def test_what_is_left_open_is_asked_again(port: str, tmp_path: Path) -> None:
    answer = said(port, tmp_path, WRAPS.format("f_evm_bvmul_256")).stdout
    assert answer.startswith("sat\n")
    assert "f_evm_" in answer  # to Halmos, a model that is not to be trusted


def test_a_counterexample_comes_from_yices(port: str, tmp_path: Path) -> None:
    answer = said(port, tmp_path, WRAPS.format("bvmul") + "(assert (= y (_ bv2 256)))").stdout
    assert answer.startswith("sat\n")
    assert "(define-fun x" in answer
    without = "(assert (bvult x y))(assert (bvult y (_ bv1 256)))"
    assert said(port, tmp_path, without).stdout.startswith("unsat\n")


def test_what_can_not_be_read_has_no_answer(port: str, tmp_path: Path) -> None:
    answer = said(port, tmp_path, "(assert (bvult (bvmul x y) z))(assert false)").stdout
    assert not answer.startswith(("sat", "unsat"))


def test_without_the_server_there_is_no_answer(port: str, tmp_path: Path) -> None:
    for other in ("1", ""):
        answer = said(other, tmp_path, SMALL + WRAPS.format("bvmul"))
        assert answer.returncode
        assert not answer.stdout
