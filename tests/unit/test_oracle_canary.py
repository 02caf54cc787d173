"""Canaries: jobs with answers that are known, and whoever answers otherwise.

No GPU here: the gemm runs on a stand-in for torch and cupy that multiplies with numpy in FP32.
"""

from __future__ import annotations

import hashlib
import shlex
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.support.shows import shows
from wellhead.oracle.canary import (
    MOST_OUTPUT,
    SIDE,
    Answer,
    CanaryError,
    CanaryUnavailableError,
    Challenger,
    Kind,
    expected,
    matrices,
    run_job,
)
from wellhead.oracle.readings import Canary

NOW = 1_780_000_123

#: A machine that is asked, as a command.
JOB = (
    "from wellhead.oracle.canary import run_job; print(run_job('{kind}', {seed}).model_dump_json())"
)


def challenge(*command: str, kind: Kind = "checksum", timeout_s: float = 60.0) -> Canary:
    asked = Challenger(command, kind, "GPU-x", timeout_s, lambda: NOW, lambda: 4711)
    return asked.challenge()


def failed(job: str = "checksum") -> Canary:
    return Canary(NOW, "GPU-x", job, passed=False)


class Matrix:
    """As much of a tensor as the job asks of one, in FP32 like a GPU."""

    def __init__(self, rows: Any) -> None:
        self.rows = np.asarray(rows, dtype=np.float32)

    def cpu(self) -> Matrix:
        return self

    def get(self) -> Any:
        return self.rows

    def tolist(self) -> Any:
        return self.rows.tolist()


def multiply(a: Matrix, b: Matrix) -> Matrix:
    return Matrix(a.rows @ b.rows)


def torch(has_gpu: bool = True, error: float = 0.0) -> Any:
    def matmul(a: Matrix, b: Matrix) -> Matrix:
        made = multiply(a, b)
        made.rows[-1, -1] += error
        return made

    return SimpleNamespace(
        __name__="torch",
        cuda=SimpleNamespace(
            is_available=lambda: has_gpu, get_device_name=lambda number: "NVIDIA L4"
        ),
        float32="float32",
        tensor=lambda rows, dtype, device: Matrix(rows),
        matmul=matmul,
    )


class CUDARuntimeError(Exception):
    pass


def cupy(has_gpu: bool = True) -> Any:
    def properties(number: int) -> dict[str, bytes]:
        if not has_gpu:
            raise CUDARuntimeError("no device")
        return {"name": b"NVIDIA L4"}

    runtime = SimpleNamespace(getDeviceProperties=properties, CUDARuntimeError=CUDARuntimeError)
    return SimpleNamespace(
        __name__="cupy",
        cuda=SimpleNamespace(runtime=runtime),
        float32="float32",
        asarray=lambda rows, dtype: Matrix(rows),
        matmul=multiply,
    )


@pytest.mark.parametrize("seed", [0, 1, 4711, 2**64 - 1])
@pytest.mark.parametrize("library", [torch(), cupy()], ids=["torch", "cupy"])
def test_a_gpu_s_product_is_what_plain_python_expects(library: Any, seed: int) -> None:
    answer = run_job("gemm", seed, library)
    assert answer.answer == expected("gemm", seed)
    assert (answer.kind, answer.seed) == ("gemm", seed)
    assert answer.ran_on == f"{library.__name__} on NVIDIA L4"


def test_the_product_is_exact_even_in_tf32() -> None:
    """TF32 and BF16 keep integers up to 2^8, FP32 adds exactly up to 2^24."""
    for rows in matrices(1):
        assert (len(rows), {len(row) for row in rows}) == (SIDE, {SIDE})
        assert {entry for row in rows for entry in row} <= set(range(-128, 128))
    assert SIDE * 128 * 128 < 2**24


@shows("REP-9")
def test_one_wrong_entry_is_a_wrong_answer() -> None:
    assert run_job("gemm", 1, torch(error=1.0)).answer != expected("gemm", 1)


def test_answers_are_fixed_for_all_time() -> None:
    """Asker and answerer may run different releases."""
    assert expected("gemm", 1) == "0fdb54c5412c7f9457ea1a3b07f56b0bf3a6c9688046f3df8020224b0a23110e"
    assert (
        expected("checksum", 1)
        == "03295a4a7ffdb781af31ad48add554cee597074304a5be6f13f62cc995502d7b"
    )


def test_the_checksum_is_a_chain_that_can_not_be_cut_short() -> None:
    buffer = hashlib.shake_256(b"wellhead checksum 7").digest(2**20)
    chain = b""
    for _ in range(32):
        chain = hashlib.sha256(chain + buffer).digest()
    assert run_job("checksum", 7).answer == expected("checksum", 7) == chain.hex()
    assert expected("checksum", 8) != chain.hex()


@pytest.mark.parametrize("library", [torch(has_gpu=False), cupy(has_gpu=False)])
def test_without_a_gpu_there_is_no_gemm(library: Any) -> None:
    with pytest.raises(CanaryUnavailableError, match="a gemm needs a GPU"):
        run_job("gemm", 1, library)


def test_a_library_is_looked_for_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # not installed
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(CanaryUnavailableError):
        run_job("gemm", 1)
    monkeypatch.setitem(sys.modules, "torch", torch(has_gpu=False))
    monkeypatch.setitem(sys.modules, "cupy", cupy())
    assert run_job("gemm", 1).ran_on == "cupy on NVIDIA L4"
    monkeypatch.setitem(sys.modules, "torch", torch())
    assert run_job("gemm", 1).ran_on == "torch on NVIDIA L4"


def test_a_right_answer_passes() -> None:
    assert challenge(sys.executable, "-c", JOB) == Canary(
        NOW, "GPU-x", "checksum on cpu", passed=True
    )


def test_what_is_said_before_the_answer_does_not_matter_nor_how_it_is_laid_out() -> None:
    assert challenge("printf", "Welcome to node 7\n\n%s\n", said()).passed
    assert challenge("echo", said().replace(",", ",\n  ")).passed


def test_seed_and_kind_are_put_into_the_command() -> None:
    right = said().replace('"checksum"', '"{kind}"').replace("4711", "{seed}")
    assert challenge("echo", right).passed


def test_a_gemm_is_asked_for_in_the_same_way() -> None:
    said = Answer(kind="gemm", seed=4711, answer=expected("gemm", 4711), ran_on="torch on L4")
    found = challenge("echo", said.model_dump_json(), kind="gemm")
    assert found == Canary(NOW, "GPU-x", "gemm on torch on L4", passed=True)


def said(**changed: object) -> str:
    right = Answer(kind="checksum", seed=4711, answer=expected("checksum", 4711))
    return right.model_copy(update=changed).model_dump_json()


@pytest.mark.parametrize(
    "output",
    [
        said(answer="0" * 64),
        said(seed=4712, answer=expected("checksum", 4712)),
        said(kind="gemm", answer=expected("gemm", 4711)),
    ],
)
def test_a_wrong_answer_fails(output: str) -> None:
    assert challenge("echo", said()).passed
    assert challenge("echo", output) == failed()


@pytest.mark.parametrize(
    "output",
    [
        "",
        "ok",
        "{}",
        said(answer="yes"),
        said(ran_on="x" * 101),
        said(ran_on="\u001b[31mred"),
        said()[:-1],
    ],
)
def test_nonsense_fails(output: str) -> None:
    assert challenge("echo", output) == failed()


def test_a_command_that_fails_has_not_answered() -> None:
    assert challenge("sh", "-c", 'echo "$1"; exit 3', "", said()) == failed()
    assert challenge("sh", "-c", 'echo "$1"; exit 0', "", said()).passed


def test_whoever_says_too_much_is_cut_off() -> None:
    assert challenge("yes") == failed()
    most = MOST_OUTPUT - len(said()) - 2
    padded = 'head -c "$1" /dev/zero | tr "\\0" x; echo; echo "$2"'
    assert challenge("sh", "-c", padded, "", str(most), said()).passed
    assert not challenge("sh", "-c", padded, "", str(most + 1), said()).passed


@shows("REP-9")
def test_a_late_answer_fails_and_leaves_nothing_running(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = f"sleep 600 & echo $! >{shlex.quote(str(pid))}; wait"
    assert challenge("sh", "-c", program, timeout_s=1.0) == failed()
    stat = Path("/proc") / pid.read_text().strip() / "stat"
    for _ in range(200):
        # Gone, or dead and not yet waited for by whoever is its parent now.
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the job's own process is still there")


def test_a_job_that_says_nothing_more_and_does_not_end_is_late() -> None:
    program = 'echo "$1"; exec >&-; sleep 600'
    assert challenge("sh", "-c", program, "", said(), timeout_s=0.5) == failed()


def test_a_command_that_is_not_there_is_no_canary() -> None:
    with pytest.raises(CanaryError, match="no-such-command can not be run"):
        challenge("no-such-command")
